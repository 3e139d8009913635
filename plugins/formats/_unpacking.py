"""What is in the entries of an archive: unpacked whole and checked, or as far as it goes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, LimitExceededError, MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._archive import Entry

STORED: Final = 0
DEFLATED: Final = 8


def beginning(packed: bytes, method: int, most: int) -> bytes | None:
    """Return up to ``most`` bytes of what was packed; None if it is broken, or in a rare way."""
    if method == DEFLATED:
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
        except zlib.error:
            return None
    return packed[:most] if method == STORED else None


def unpacked(source: BinaryIO, entry: Entry, what: str, most: int) -> bytes:
    """Return all that is in an entry, which is ``what`` to the user.

    Raises:
        AssetError: it is longer than ``most`` bytes, broken, or packed in a rare way.
    """
    if max(entry.size, entry.packed) > most:
        raise LimitExceededError(f"The document's {what} is too large.")
    if entry.method not in (STORED, DEFLATED):
        raise AssetError(f"The document's {what} is compressed in a rare way.")
    data = beginning(read_at(source, entry.data, entry.packed), entry.method, most)
    if data is None or len(data) != entry.size or zlib.crc32(data) != entry.crc:
        raise MalformedAssetError(f"The document's {what} is broken.")
    return data
