"""The items of a ``meta`` box (ISO/IEC 14496-12, 8.11): pictures, XMP and Exif in HEIF files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._boxes import Box, walk
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_ITEMS: Final = 100_000
"""Extents of a HEIF picture: one a tile."""
MAX_INDEX_BYTES: Final = 64 << 20
"""Of the item index."""
MAX_ENTRY_BYTES: Final = 1024
"""Of an item's name and media type."""


class Item(NamedTuple):
    """What the directory of items says of one."""

    number: int
    is_protected: bool
    kind: bytes
    media_type: bytes  # of a ``mime`` item
    encoding: bytes


def children_of_meta(source: BinaryIO, box: Box) -> dict[bytes, Box]:
    """Return the boxes in a ``meta`` box, which QuickTime writes without a version."""
    versionless = read_at(source, box.body + 4, 4) == b"hdlr"
    start = box.body if versionless else box.body + 4
    return {child.kind: child for child in walk(source, start, box.end)}


class Numbers:
    """Big-endian numbers, one after the other, out of a box that may be too short for them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, width: int) -> int:
        """Return the next ``width`` bytes as a number."""
        field = self._data[self._at : self._at + width]
        if len(field) < width:
            raise MalformedAssetError("The file is damaged: its item index breaks off.")
        self._at += width
        return int.from_bytes(field, "big")

    def rest(self) -> bytes:
        """Return the bytes that are left."""
        return self._data[self._at :]


def extents(source: BinaryIO, box: Box) -> Iterator[tuple[int, int, int, int]]:
    """Yield item, construction method, offset and length of all extents of an ``iloc`` box.

    Items in other files (a data reference) are left out. ISO/IEC 14496-12, 8.11.3.
    """
    numbers = Numbers(read_at(source, box.body, min(box.end - box.body, MAX_INDEX_BYTES)))
    version = numbers.number(4) >> 24
    widths = numbers.number(2)
    offset_width, length_width = widths >> 12, widths >> 8 & 15
    base_width, index_width = widths >> 4 & 15, widths & 15 if version else 0
    total = 0
    for _ in range(numbers.number(4 if version == 2 else 2)):
        item = numbers.number(4 if version == 2 else 2)
        method = numbers.number(2) & 15 if version else 0
        reference = numbers.number(2)
        base = numbers.number(base_width)
        pieces = numbers.number(2)
        total += pieces + 1
        if total > MAX_ITEMS:
            raise MalformedAssetError(f"The file has more than {MAX_ITEMS} pieces.")
        for _ in range(pieces):
            numbers.number(index_width)
            offset = base + numbers.number(offset_width)
            length = numbers.number(length_width)
            if not reference:
                yield item, method, offset, length


def entries(source: BinaryIO, box: Box) -> Iterator[Item]:
    """Yield the items that an ``iinf`` box lists, those of its version 2 and 3."""
    start = box.body + (8 if read_at(source, box.body, 1) != b"\0" else 6)
    for entry in walk(source, start, box.end):
        # Version and flags, item, protection, type; then name, media type and its encoding.
        data = read_at(source, entry.body, min(entry.end - entry.body, MAX_ENTRY_BYTES))
        width = 4 if data[:1] == b"\3" else 2
        kind = data[6 + width : 10 + width]
        media_type = encoding = b""
        if kind == b"mime":
            _, media_type, encoding, *_ = [*data[10 + width :].split(b"\0"), b"", b"", b""]
        yield Item(
            int.from_bytes(data[4 : 4 + width], "big"),
            data[4 + width : 6 + width] != b"\0\0",
            kind,
            media_type,
            encoding,
        )
