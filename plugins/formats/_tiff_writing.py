"""Writes the XMP packet of a TIFF: the value of tag 700 in the first directory.

Nothing in the file moves, so offsets that nobody knows of (in maker notes, in the private
directories of camera makers) stay right. A packet that got no longer stays where it is; a longer
one goes to the end of the file. A first directory without one is copied to the end with the new
entry in its place by number, and the header points there; what is left behind is unused.

The XMP specification, part 3, allows the types BYTE and UNDEFINED. TC260-PG-20259A names the
second, which libtiff, Pillow and ExifTool read alike, so that is what a new entry gets.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, MalformedAssetError

from ._reading import read_at, size_of
from ._splicing import Edit, splice
from ._tiff_directories import (
    MAX_ENTRIES,
    XMP,
    Entry,
    Layout,
    layout_of,
    read_value,
    value_at,
    value_length,
    walk,
)
from ._xmp_packets import Room
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

_BYTE_WIDE: Final = (1, 2, 6, 7)  # types of values
_UNDEFINED: Final = 7


_Span = tuple[int, int]
"""Where bytes begin in the file, and where they end."""


class _Place(NamedTuple):
    """An entry for a packet, and whether it is the first directory's."""

    entry: Entry
    is_first: bool


def _overlapping(spans: Iterable[_Span]) -> set[_Span]:
    """Return the spans that have bytes in common with another: pages may share a packet."""
    found = set[_Span]()
    furthest = (0, 0)
    for span in sorted(spans):
        if span[0] < furthest[1]:
            found |= {span, furthest}
        furthest = max(furthest, span, key=itemgetter(1))
    return found


def rewrite(source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]) -> None:
    """Write ``source`` to ``sink`` with the XMP properties of ``changes`` in the first directory.

    They are taken out of the packets of all other directories.

    Raises:
        AssetError, LabelError: it can't be done.
    """
    try:
        rewriting = _Rewriting(source)
        rewriting.update(changes)
        edits = rewriting.finish()
    except struct.error as error:
        raise MalformedAssetError("The TIFF is cut short: a directory breaks off.") from error
    splice(source, sink, edits)


class _Rewriting:
    """Collects what has to be done to the bytes of one file."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._layout: Layout = layout_of(read_at(source, 0, 16))
        self._size = size_of(source)
        self._end = self._size  # of the file that it gets
        self._appended: list[bytes] = []
        self._edits: list[Edit] = []

    def update(self, changes: Mapping[str, tuple[str, ...]]) -> None:
        """Change the packets that are there, or make one for the first directory."""
        places = [
            _Place(directory[XMP], is_first=not number)
            for number, (_, directory) in enumerate(walk(self._source))
            if XMP in directory
        ]
        room = Room()
        for place in places:
            room.take(value_length(place.entry))
        width = struct.calcsize(self._layout.entry)
        shared = _overlapping(
            [self._span(entry) for entry, _ in places]
            + [(entry.at, entry.at + width) for entry, _ in places]
        )
        if not any(place.is_first for place in places) and any(changes.values()):
            self._add_entry(updated_packet(None, changes))
        for entry, is_first in places:
            packet = read_value(self._source, self._layout, entry)
            new = updated_packet(packet, changes if is_first else dict.fromkeys(changes, ()))
            if new != packet:
                fits = len(new) <= len(packet) and self._span(entry) not in shared
                self._replace(entry, new, self._span(entry) if fits else None)

    def finish(self) -> list[Edit]:
        """Return all edits."""
        return [*self._edits, Edit(self._size, self._size, b"".join(self._appended))]

    def _span(self, entry: Entry) -> _Span:
        """Return where a packet begins and ends; within the entry itself if it is so short."""
        length = value_length(entry)
        is_inline = length <= len(entry.field)
        start = entry.at if is_inline else value_at(self._layout, entry)
        return start, start + length

    def _replace(self, entry: Entry, new: bytes, span: _Span | None) -> None:
        """Put a packet in place of another, or at the end, and say so in its entry."""
        if span:
            start, end = span
            self._edits.append(Edit(start, end, new.ljust(end - start)))
        else:
            start = self._append(new)
        made = self._entry(start, len(new), entry.kind if entry.kind in _BYTE_WIDE else _UNDEFINED)
        self._edits.append(Edit(entry.at, entry.at + len(made), made))

    def _add_entry(self, packet: bytes) -> None:
        """Append a packet and a first directory with an entry for it."""
        layout = self._layout
        start, width = struct.calcsize(layout.total), struct.calcsize(layout.entry)
        pointer = struct.calcsize(layout.pointer)
        (count,) = struct.unpack(layout.total, read_at(self._source, layout.first, start))
        if count >= MAX_ENTRIES:
            raise CapacityError("The first directory of the TIFF is full.")
        data = read_at(self._source, layout.first + start, count * width + pointer)
        entries = [data[at : at + width] for at in range(0, count * width, width)]
        tags: list[int] = [struct.unpack_from(layout.order + "H", entry)[0] for entry in entries]
        before = next((at for at, tag in enumerate(tags) if tag > XMP), count)
        entries.insert(before, self._entry(self._append(packet), len(packet), _UNDEFINED))
        first = self._append(
            struct.pack(layout.total, count + 1) + b"".join(entries) + data[count * width :]
        )
        # The pointer is the last of what the header holds.
        at = 4 if pointer == 4 else 8
        self._edits.append(Edit(at, at + pointer, self._packed(layout.pointer, first)))

    def _entry(self, start: int, length: int, kind: int) -> bytes:
        field = self._packed(self._layout.pointer, start)
        return self._packed(self._layout.entry, XMP, kind, length, field)

    def _packed(self, form: str, *values: int | bytes) -> bytes:
        try:
            return struct.pack(form, *values)
        except struct.error as error:
            raise CapacityError("The TIFF would get longer than 4 GB, its limit.") from error

    def _append(self, data: bytes) -> int:
        """Append ``data`` where an offset of this file may point to, and return that offset."""
        blanks = -self._end % struct.calcsize(self._layout.pointer)
        self._appended += [bytes(blanks), data]
        start = self._end + blanks
        self._end = start + len(data)
        return start
