"""The directories of a TIFF file: entries by tag, whose longer values lie at offsets."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_DIRECTORIES: Final = 10_000
"""One a page."""
MAX_SUB_DIRECTORIES: Final = 64
"""Of one directory."""
MAX_ENTRIES: Final = 4096
"""In one directory. TIFF 6.0 and its descendants define some 600 tags."""
MAX_ENTRIES_IN_ALL: Final = 1_000_000

SUB_IFDS, EXIF, GPS, XMP = 330, 34665, 34853, 700

# Bytes a value of each type takes (TIFF 6.0, section 2; BigTIFF adds 16 to 18; 13 is IFD).
_WIDTHS: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
_UNSIGNED: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


class Layout(NamedTuple):
    """What depends on byte order and on classic or BigTIFF."""

    order: str
    first: int  # offset of the first directory
    total: str  # struct formats of a directory's count of entries, an entry, a pointer
    entry: str
    pointer: str


class Entry(NamedTuple):
    """What a directory says about one tag."""

    kind: int
    number: int  # of values
    field: bytes  # the value, or the offset of a longer one
    at: int  # where the entry itself is


class Directory(dict[int, Entry]):
    """The entries of a directory by tag; the last, where a tag is there several times."""

    repeats_tags = False


def layout_of(head: bytes) -> Layout:
    """Return the layout that a file's first 16 bytes tell.

    Raises:
        struct.error: they are too few. MalformedAssetError: they are of no TIFF.
    """
    order = "<" if head[:2] == b"II" else ">"
    if head[2:4] in (b"*\0", b"\0*"):
        (first,) = struct.unpack_from(order + "I", head, 4)
        return Layout(order, first, order + "H", order + "HHI4s", order + "I")
    if head[2:4] not in (b"+\0", b"\0+"):
        raise MalformedAssetError("The file is no TIFF.")
    (first,) = struct.unpack_from(order + "Q", head, 8)
    return Layout(order, first, order + "Q", order + "HHQ8s", order + "Q")


def directory_at(source: BinaryIO, layout: Layout, at: int) -> tuple[Directory, int]:
    """Return the directory at an offset, and the offset of the next one.

    Raises:
        struct.error: it is cut short. MalformedAssetError: it is empty or too large.
    """
    start = struct.calcsize(layout.total)
    (count,) = struct.unpack(layout.total, read_at(source, at, start))
    if not 0 < count <= MAX_ENTRIES:
        raise MalformedAssetError("The TIFF is damaged: a directory is empty or too large.")
    width = struct.calcsize(layout.entry)
    data = read_at(source, at + start, count * width + struct.calcsize(layout.pointer))
    (following,) = struct.unpack_from(layout.pointer, data, count * width)
    entries = struct.iter_unpack(layout.entry, data[: count * width])
    directory = Directory(
        (tag, Entry(kind, number, field, at + start + index * width))
        for index, (tag, kind, number, field) in enumerate(entries)
    )
    directory.repeats_tags = len(directory) < count
    return directory, following


def walk(source: BinaryIO) -> Iterator[tuple[Layout, Directory]]:
    """Yield every directory: those of the chain, their sub-directories, and Exif and GPS.

    Raises:
        struct.error: one is cut short. MalformedAssetError: one is damaged, or there are too many.
    """
    layout = layout_of(read_at(source, 0, 16))
    pending, seen, entries = [layout.first], set[int](), 0
    while pending:
        at = pending.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        if len(seen) > MAX_DIRECTORIES or entries > MAX_ENTRIES_IN_ALL:
            raise MalformedAssetError("The TIFF has more directories than are read.")
        directory, following = directory_at(source, layout, at)
        entries += len(directory)
        yield layout, directory
        pending.append(following)
        for tag in (SUB_IFDS, EXIF, GPS):
            if tag in directory:
                if directory[tag].number > MAX_SUB_DIRECTORIES:
                    raise MalformedAssetError("The TIFF has more sub-directories than are read.")
                pending.extend(numbers(source, layout, directory[tag]))
    if not seen:
        raise MalformedAssetError("The TIFF is damaged: it has no directory.")


def value_length(entry: Entry) -> int:
    """Return how many bytes the value of ``entry`` has; none if its type is unknown."""
    return entry.number * (_WIDTHS[entry.kind] if entry.kind < len(_WIDTHS) else 0)


def value_at(layout: Layout, entry: Entry) -> int:
    """Return where the value of ``entry`` lies, which must not be in the entry itself."""
    offset: int = struct.unpack(layout.pointer, entry.field)[0]
    return offset


def numbers(source: BinaryIO, layout: Layout, entry: Entry) -> tuple[int, ...]:
    """Return the values of an entry of unsigned numbers.

    Raises:
        struct.error: they are cut short. MalformedAssetError: they are none.
    """
    code = _UNSIGNED.get(entry.kind)
    if not code:
        raise MalformedAssetError("The TIFF is damaged: an offset or length is no number.")
    return struct.unpack(f"{layout.order}{entry.number}{code}", read_value(source, layout, entry))


def read_value(source: BinaryIO, layout: Layout, entry: Entry) -> bytes:
    """Return the value of ``entry``, whose length the caller has found reasonable; or less."""
    length = value_length(entry)
    if length <= len(entry.field):
        return entry.field[:length]
    return read_at(source, value_at(layout, entry), length)
