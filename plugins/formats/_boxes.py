"""The boxes of ISO base media files (ISO/IEC 14496-12, 4.2), walked without reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_BOXES: Final = 100_000
"""In one parent. A film in two-second fragments of three boxes each lasts 18 hours."""

_HEADER: Final = 8
_LARGE_HEADER: Final = 16


class Box(NamedTuple):
    """One box: its type, and where it, its body and the next box begin."""

    kind: bytes
    start: int
    body: int
    end: int
    is_open_ended: bool = False  # size 0: to the end of the file, wherever that is


def walk(source: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes that lie between ``start`` and ``end``; together they fill it.

    Fewer than eight bytes at the end are left over in silence: QuickTime ends some lists of atoms
    with a 32-bit zero.

    Raises:
        MalformedAssetError: a box reaches beyond ``end``, or there are more than ``MAX_BOXES``.
    """
    at = start
    for _ in range(MAX_BOXES):
        if end - at < _HEADER:
            return
        header = read_at(source, at, _LARGE_HEADER)
        size = int.from_bytes(header[:4], "big")
        kind = header[4:8]
        body = at + _HEADER
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
            body = at + _LARGE_HEADER
        is_open_ended = size == 0
        stop = end if is_open_ended else at + size
        if len(header) < _HEADER or stop < body or stop > end:
            name = kind.decode("latin-1")
            raise MalformedAssetError(
                f"The file is cut short or damaged: its {name!r} box reaches beyond the end."
            )
        yield Box(kind, at, body, stop, is_open_ended)
        at = stop
    raise MalformedAssetError(f"The file has more than {MAX_BOXES} boxes in a row.")
