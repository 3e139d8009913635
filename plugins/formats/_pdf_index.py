"""The index of a PDF: where each object is (ISO 32000-2, 7.5.4, 7.5.5 and 7.5.8).

An update at the end of the file is safe only where all readers read the file alike: through the
index, and not by searching for objects as they do where that is damaged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._pdf_objects import TOO_LARGE, Objects
from ._pdf_syntax import DAMAGED, entries_of, integer, items_of, name
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SECTIONS: Final = 1024
"""Each update of the file has one or two."""
MAX_RUNS: Final = 10_000
"""Of successive numbers, in all sections."""
MAX_OBJECTS: Final = 500_000
"""Looked for. A thousand pages take some ten thousand."""
MAX_NUMBER: Final = 1 << 23
"""An object's (ISO 32000-1, annex C)."""

_TAIL: Final = 1024  # where viewers look for the end (ISO 32000-1, annex H, note 18)
_START: Final = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,15})[\0\t\n\f\r ]+%%EOF")
_ANY_OBJECT: Final = re.compile(rb"\b\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj\b")
_TABLE: Final = re.compile(rb"[\0\t\n\f\r ]*+(xref\b)?")
_RUN: Final = re.compile(rb"[\0\t\n\f\r ]*+(\d{1,10}) +(\d{1,10}) *(?:\r\n|\r|\n)")
_TRAILER: Final = re.compile(rb"[\0\t\n\f\r ]*+trailer\b")
_AFTER_TRAILER: Final = re.compile(rb"startxref\b")
_ROW: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_ROW_BYTES: Final = 20
_FIELDS: Final = 3
_MAX_WIDTH: Final = 64

FREE, PLAIN, PACKED = 0, 1, 2


class Entry(NamedTuple):
    """What the index says of one object."""

    kind: int
    """FREE, PLAIN at the offset ``first``, or PACKED in the stream ``first``, ``second`` in it."""
    first: int
    second: int


class Section(NamedTuple):
    """One section of the index."""

    start: int
    trailer: dict[bytes, bytes]
    runs: tuple[tuple[int, int, int], ...]
    """(first number, how many, where their rows are)."""
    widths: tuple[int, ...]
    rows: bytes | None
    """Of an index in a stream; a table is read where it is."""

    @property
    def hides(self) -> bool:
        """Whether what is free here may be in the section that follows (7.5.8.4)."""
        return self.rows is None and b"/XRefStm" in self.trailer


class Index:
    """The index of a document, newest section first.

    Raises:
        AssetError: it is not in order, or too large.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.sections = self._read_sections()
        self.trailer = self.sections[0].trailer
        sizes = [integer(section.trailer.get(b"/Size", b"")) for section in self.sections]
        ends = [first + count for section in self.sections for first, count, _ in section.runs]
        self.next_number = max(sizes + ends)
        if self.next_number > MAX_NUMBER:
            raise LimitExceededError(TOO_LARGE)

    # ------------------------------------------------------------------ reading it

    def _read_sections(self) -> list[Section]:
        source, size = self._objects.source, self._objects.size
        if read_at(source, 0, 5) != b"%PDF-":  # some count offsets from the header
            raise MalformedAssetError(DAMAGED)
        tail = read_at(source, max(0, size - _TAIL), _TAIL)
        starts = list(_START.finditer(tail))
        if not starts or _ANY_OBJECT.search(tail, starts[-1].end()):
            raise MalformedAssetError(DAMAGED)  # the latter of an update cut short
        found, start = list[Section](), int(starts[-1][1])
        while start or not found:
            section = self._read_section(start)
            found.append(section)
            if section.hides:
                found.append(self._read_section(integer(section.trailer[b"/XRefStm"])))
            if len({other.start for other in found}) < len(found):
                raise MalformedAssetError(DAMAGED)
            if len(found) > MAX_SECTIONS or sum(len(one.runs) for one in found) > MAX_RUNS:
                raise LimitExceededError(TOO_LARGE)
            start = integer(section.trailer.get(b"/Prev", b"0"))
        return found

    def _read_section(self, start: int) -> Section:
        table = _TABLE.match(read_at(self._objects.source, start, 64))
        if not table or not table[1]:
            return self._read_stream(start + (table.end() if table else 0))
        at = start + table.end()
        runs = list[tuple[int, int, int]]()
        while found := _RUN.match(read_at(self._objects.source, at, 64)):
            first, count = int(found[1]), int(found[2])
            runs.append((first, count, at + found.end()))
            at += found.end() + count * _ROW_BYTES
            if at > self._objects.size or len(runs) > MAX_RUNS:
                raise MalformedAssetError(DAMAGED)
        trailer = _TRAILER.match(read_at(self._objects.source, at, 64))
        if not trailer:
            raise MalformedAssetError(DAMAGED)
        value, _ = self._objects.value_at(at + trailer.end(), _AFTER_TRAILER)
        return Section(start + table.start(1), entries_of(value), tuple(runs), (_ROW_BYTES,), None)

    def _read_stream(self, start: int) -> Section:
        stored = self._objects.object_at(start)
        trailer = entries_of(stored.value)
        if name(trailer.get(b"/Type", b"")) != b"/XRef":
            raise MalformedAssetError(DAMAGED)
        rows = self._objects.unpacked(stored, trailer)
        widths = tuple(integer(width) for width in items_of(trailer.get(b"/W", b"")))
        index = trailer.get(b"/Index") or b"[0 %s]" % trailer.get(b"/Size", b"")
        numbers = [integer(number) for number in items_of(index)]
        width = sum(widths)
        if len(widths) != _FIELDS or len(numbers) % 2 or not 0 < width <= _MAX_WIDTH:
            raise MalformedAssetError(DAMAGED)
        runs, at = list[tuple[int, int, int]](), 0
        for first, count in zip(numbers[::2], numbers[1::2], strict=True):
            runs.append((first, count, at))
            at += count * width
        if at > len(rows):
            raise MalformedAssetError(DAMAGED)
        return Section(start, trailer, tuple(runs), widths, rows)

    # ------------------------------------------------------------------ asking it

    def entry(self, number: int) -> Entry:
        """Return what the newest section says that speaks of the object.

        Raises:
            MalformedAssetError: that is nothing by the rules.
        """
        is_hidden = False
        for section in self.sections:
            for first, count, place in section.runs:
                if first <= number < first + count:
                    entry = next(self._rows(section, place, number - first, 1))
                    if entry.kind != FREE or not section.hides:
                        return entry
                    is_hidden = True
            if is_hidden and not section.hides:
                break
        return Entry(FREE, 0, 0)

    def check_places(self) -> None:
        """Return if every object is where the index says, in each of its sections.

        Some readers repair an index that is wrong in places. c2pa-rs takes what it finds there for
        what that calls itself: for the catalogue, if only a digit of its number is cut off.

        Raises:
            AssetError: an object is not at its place, or there are too many.
        """
        if sum(run[1] for section in self.sections for run in section.runs) > MAX_OBJECTS:
            raise LimitExceededError(TOO_LARGE)
        for offset, number, generation in sorted(self._places()):
            if self._objects.name_at(offset) != (number, generation):
                raise MalformedAssetError(DAMAGED)

    def _places(self) -> Iterator[tuple[int, int, int]]:
        """Yield offset, number and generation of each object that is in no stream."""
        for section in self.sections:
            for first, count, place in section.runs:
                for number, entry in enumerate(self._rows(section, place, 0, count), first):
                    if entry.kind == PLAIN:
                        yield entry.first, number, entry.second

    def _rows(self, section: Section, place: int, row: int, count: int) -> Iterator[Entry]:
        """Yield what some successive rows of a section say (7.5.4 and 7.5.8.3)."""
        width = sum(section.widths)
        start, room = place + row * width, count * width
        if section.rows is None:
            data = read_at(self._objects.source, start, room)
            for at in range(0, room, width):
                found = _ROW.fullmatch(data, at, at + width)
                if not found:
                    raise MalformedAssetError(DAMAGED)
                yield Entry(PLAIN if found[3] == b"n" else FREE, int(found[1]), int(found[2]))
            return
        kind, first, _ = section.widths
        for at in range(start, start + room, width):
            ends = (at, at + kind, at + kind + first, at + width)
            fields = [section.rows[ends[n] : ends[n + 1]] for n in range(_FIELDS)]
            numbers = [int.from_bytes(field, "big") for field in fields]
            yield Entry(numbers[0] if kind else PLAIN, numbers[1], numbers[2])
