"""Reads from an untrusted binary stream, bounded whatever offsets the file names."""

from __future__ import annotations

from io import SEEK_END
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_OFFSET: Final = 1 << 42
"""4 TiB. File systems refuse to seek much further, and no such offset is in earnest."""


def size_of(source: BinaryIO) -> int:
    """Return how many bytes ``source`` has; leaves it at its end."""
    return source.seek(0, SEEK_END)


def read_at(source: BinaryIO, offset: int, count: int) -> bytes:
    """Return up to ``count`` bytes from ``offset``; fewer, or none, where the file ends.

    ``count`` must be bounded by the caller: the buffer is reserved before anything is read.
    """
    if not 0 <= offset <= MAX_OFFSET:
        return b""
    source.seek(offset)
    return source.read(count)


def is_zero_from(source: BinaryIO, offset: int, *, max_bytes: int) -> bool:
    """Return whether nothing but zero bytes, and at most ``max_bytes``, follow ``offset``."""
    rest = read_at(source, offset, max_bytes + 1)
    return len(rest) <= max_bytes and not rest.strip(b"\0")
