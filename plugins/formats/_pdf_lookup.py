"""Single objects of a PDF, found through its index in bounded time, whatever the file.

ISO 32000-2, 7.5. Of a table only the rows in question are read, of a stream as much as
:data:`MAX_BYTES`. pypdf, which reads the whole index first, takes half a minute for a file of
18 kB that packs two million rows. Encryption is not undone, a damaged index not repaired.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from ._pdf_values import dictionary_at, number_in, numbers_in, reference_in, value_at
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

MAX_BYTES: Final = 64 << 20
"""Read and unpacked in all."""
MAX_STREAM_BYTES: Final = 16 << 20
"""Of one stream, unpacked."""
MAX_SECTIONS: Final = 64
"""Of the index: one for each time that the file was updated."""
MAX_SUBSECTIONS: Final = 4096
MAX_LIST_BYTES: Final = 1 << 18
"""In which an object stream says where its objects are; most have some hundred."""
MAX_OBJECT_BYTES: Final = 8 << 20
"""Of one object without its stream."""

_SHORT: Final = 4096
_TAIL: Final = 2048
_START: Final = re.compile(rb"startxref\s+(\d{1,15})\s")
_NAMED: Final = re.compile(rb"[\0\s]{0,32}(\d{1,10})\s+\d{1,5}\s+obj\b")
_TABLE: Final = re.compile(rb"\s{0,32}xref\s{0,32}")
_SUBSECTION: Final = re.compile(rb"\s{0,32}(\d{1,10})\s+(\d{1,10})[ \t]*(?:\r\n|\n|\r)")
_TRAILER: Final = re.compile(rb"\s{0,32}trailer\s{0,32}")
_ROW: Final = re.compile(rb"(\d{10}) \d{5} n")
_ROW_BYTES: Final = 20
_STREAM: Final = re.compile(rb"[\0\s]{0,32}stream(?:\r\n|\n|\r)")
_UNPACKED: Final = (b"", b"null", b"[]")
_DEFLATED: Final = re.compile(rb"\[?\s*/(?:FlateDecode|Fl)\s*\]?")
_IN_FILE, _IN_STREAM = 1, 2
_UP: Final = b"\2"


class _Object(NamedTuple):
    """An object: ``data`` from ``start`` on. ``offset`` is that of ``data``, -1 in a stream."""

    data: bytes
    start: int
    offset: int


class _Section(Protocol):
    """A part of the index."""

    def place_of(self, number: int) -> tuple[int, int] | None:
        """Return (1, offset) or (2, number of the stream) of an object, None if it's not here."""


class PdfObjects:
    """The objects of one file. No method raises, whatever the bytes: what is damaged is empty.

    Attributes:
        trailer: the values of the trailer, the latest first, by name.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.trailer: dict[bytes, bytes] = {}
        self._source = source
        self._left = MAX_BYTES
        self._header_at = max(0, self._read(0, 1024, absolute=True).find(b"%PDF-"))
        self._sections: list[_Section] = []
        self._packed: dict[int, tuple[bytes, dict[int, int]]] = {}
        self._read_index()

    def dictionary(self, value: bytes) -> dict[bytes, bytes]:
        """Return a dictionary, or the one that ``value`` refers to."""
        number = reference_in(value)
        if number is None:
            return dictionary_at(value, 0)[0]
        found = self._object(number)
        return dictionary_at(found.data, found.start)[0] if found else {}

    def value(self, value: bytes) -> bytes:
        """Return a simple value, or the one that ``value`` refers to."""
        number = reference_in(value)
        if number is None:
            return value
        found = self._object(number)
        return value_at(found.data, found.start) if found else b""

    def stream(self, value: bytes) -> bytes:
        """Return what is in the stream that ``value`` refers to, unpacked."""
        number = reference_in(value)
        found = None if number is None else self._object(number)
        return self._stream(found)[1] if found else b""

    # ------------------------------------------------------------------ reading

    def _read(self, offset: int, count: int, *, absolute: bool = False) -> bytes:
        data = read_at(
            self._source,
            offset if absolute else offset + self._header_at,
            max(0, min(count, self._left)),
        )
        self._left -= len(data)
        return data

    def _object(self, number: int) -> _Object | None:
        kind, at = self._place_of(number)
        if kind == _IN_STREAM:
            return self._in(at, number)
        return self._object_at(at, number) if kind == _IN_FILE else None

    def _place_of(self, number: int) -> tuple[int, int]:
        return next((place for s in self._sections if (place := s.place_of(number))), (0, 0))

    def _object_at(self, offset: int, number: int | None) -> _Object | None:
        """Return the object at ``offset`` if it has that number, or any."""
        for room in (_SHORT, MAX_OBJECT_BYTES):  # most are short, or have a stream soon
            data = self._read(offset, room)
            name = _NAMED.match(data)
            if not name or (number is not None and int(name[1]) != number):
                return None
            found = _Object(data, name.end(), offset)
            _, end = dictionary_at(data, name.end())
            is_whole = end >= 0 or value_at(data, name.end())
            if is_whole or len(data) < room:
                return found
        return None

    def _in(self, number: int, wanted: int) -> _Object | None:
        """Return the object ``wanted`` out of the object stream ``number`` (7.5.7)."""
        if number not in self._packed:
            kind, at = self._place_of(number)
            stream = self._object_at(at, number) if kind == _IN_FILE else None
            entries, data = self._stream(stream) if stream else ({}, b"")
            first = max(0, number_in(entries.get(b"First", b"")))
            words = numbers_in(data[: min(first, MAX_LIST_BYTES)])
            places = {n: first + at for n, at in zip(words[::2], words[1::2], strict=False)}
            self._packed[number] = data, places
        data, places = self._packed[number]
        return _Object(data, places[wanted], -1) if wanted in places else None

    def _stream(self, found: _Object) -> tuple[dict[bytes, bytes], bytes]:
        """Return a stream's dictionary and what is in it; nothing if it is packed otherwise."""
        entries, end = dictionary_at(found.data, found.start)
        begin = _STREAM.match(found.data, end) if end >= 0 else None
        if not begin or found.offset < 0:
            return entries, b""
        length = self._length(entries.get(b"Length", b""))
        start = found.offset + begin.end()
        if length < 0:
            data = self._read(start, MAX_STREAM_BYTES).partition(b"endstream")[0]
        else:
            data = self._read(start, min(length, MAX_STREAM_BYTES))
        packing = entries.get(b"Filter", b"")
        if packing in _UNPACKED:
            return entries, data
        return entries, self._inflated(data) if _DEFLATED.fullmatch(packing) else b""

    def _length(self, value: bytes) -> int:
        """Return a stream's length, -1 if it can't be had; it may be in the file, not packed."""
        number = reference_in(value)
        if number is None:
            return number_in(value)
        kind, at = self._place_of(number)
        found = self._object_at(at, number) if kind == _IN_FILE else None
        return number_in(value_at(found.data, found.start)) if found else -1

    def _inflated(self, data: bytes) -> bytes:
        limit = max(1, min(MAX_STREAM_BYTES, self._left))
        try:
            unpacked = zlib.decompressobj().decompress(data, limit)
        except zlib.error:
            self._left -= limit  # it may have taken as long as if it were whole
            return b""
        self._left -= len(unpacked)
        return unpacked

    # ------------------------------------------------------------------ the index

    def _read_index(self) -> None:
        size = size_of(self._source)
        tail = self._read(max(0, size - _TAIL), _TAIL, absolute=True)
        starts = _START.findall(tail)
        waiting, seen = [int(starts[-1])] if starts else [], set[int]()
        while waiting and len(seen) < MAX_SECTIONS:
            offset = waiting.pop(0)
            if offset in seen:
                continue
            seen.add(offset)
            trailer = self._read_section(offset)
            self.trailer = trailer | self.trailer
            # A table's companion comes before the index of the earlier version (7.5.8.4).
            for name in (b"XRefStm", b"Prev"):
                further = number_in(trailer.get(name, b""))
                if further > 0:
                    waiting.append(further)

    def _read_section(self, offset: int) -> dict[bytes, bytes]:
        """Keep a part of the index; return its trailer."""
        head = _TABLE.match(self._read(offset, 80))
        if head:
            return self._read_table(offset + head.end())
        found = self._object_at(offset, None)
        if not found:
            return {}
        entries, data = self._stream(found)
        if entries.get(b"Type") == b"/XRef" and data:
            parameters = self.dictionary(entries.get(b"DecodeParms", b"").strip(b"[]\0\t\n\r "))
            self._sections.append(_StreamSection(entries, parameters, data))
            return entries
        return {}

    def _read_table(self, at: int) -> dict[bytes, bytes]:
        """Keep a table; return its trailer (7.5.4, 7.5.5)."""
        subsections = list[tuple[int, int, int]]()
        for _ in range(MAX_SUBSECTIONS):
            data = self._read(at, 80)
            found = _SUBSECTION.match(data)
            if not found:
                break
            first, count, at = int(found[1]), int(found[2]), at + found.end()
            subsections.append((first, count, at))
            at += count * _ROW_BYTES
        else:
            return {}
        self._sections.append(_Table(self._read, subsections))
        for room in (_SHORT, MAX_OBJECT_BYTES):
            data = self._read(at, room)
            begin = _TRAILER.match(data)
            entries, end = dictionary_at(data, begin.end()) if begin else ({}, 0)
            if end >= 0:
                return entries
        return {}


class _Table:
    """A part of the index in rows of 20 bytes, which stay in the file."""

    def __init__(
        self, read: Callable[[int, int], bytes], subsections: list[tuple[int, int, int]]
    ) -> None:
        self._read = read
        self._subsections = subsections  # first number, count, offset of the rows

    def place_of(self, number: int) -> tuple[int, int] | None:
        for first, count, at in self._subsections:
            if first <= number < first + count:
                row = _ROW.match(self._read(at + (number - first) * _ROW_BYTES, _ROW_BYTES))
                return (_IN_FILE, int(row[1])) if row else None
        return None


class _StreamSection:
    """A part of the index in a stream (7.5.8), perhaps with differences in place of rows."""

    def __init__(
        self, entries: dict[bytes, bytes], parameters: dict[bytes, bytes], data: bytes
    ) -> None:
        widths = numbers_in(entries.get(b"W", b""))
        self._widths = widths if len(widths) == 3 and 0 < sum(widths) <= 32 else []
        size = number_in(entries.get(b"Size", b""))
        index = numbers_in(entries.get(b"Index", b"")) or [0, size]
        self._subsections = list(zip(index[::2], index[1::2], strict=False))
        predictor = number_in(parameters.get(b"Predictor", b"1"))
        columns = number_in(parameters.get(b"Columns", b"1"))
        self._has_differences = predictor >= 10
        if predictor not in {1, *range(10, 16)} or (
            self._has_differences and columns != sum(self._widths)
        ):
            self._widths = []
        self._data = data

    def place_of(self, number: int) -> tuple[int, int] | None:
        before = 0
        for first, count in self._subsections:
            if first <= number < first + count:
                return self._place(before + number - first) if self._widths else None
            before += count
        return None

    def _place(self, index: int) -> tuple[int, int] | None:
        row = self._row(index)
        if len(row) < sum(self._widths):
            return None
        kind_width, place_width, _ = self._widths
        kind = int.from_bytes(row[:kind_width], "big") if kind_width else _IN_FILE
        place = int.from_bytes(row[kind_width : kind_width + place_width], "big")
        return (kind, place) if kind in {_IN_FILE, _IN_STREAM} else None

    def _row(self, index: int) -> bytes:
        """Return a row, summing up the differences before it (PNG, 9.2: none, sub and up)."""
        width = sum(self._widths)
        if not self._has_differences:
            return self._data[index * width : (index + 1) * width]
        stride = width + 1
        rows = self._data[: (index + 1) * stride]
        base = max(0, len(rows[::stride].rstrip(_UP)) - 1)  # the last that is no difference upward
        tag = rows[base * stride : base * stride + 1]
        if len(rows) < (index + 1) * stride or tag not in {b"\0", b"\1", _UP}:
            return b""
        rows = rows[base * stride :]
        sums = [sum(rows[1 + column :: stride]) for column in range(width)]
        if tag == b"\1":  # each byte of the base is a difference, too: to the one on its left
            for column in range(1, width):
                sums[column] += sum(rows[1 : 1 + column])
        return bytes(total & 0xFF for total in sums)
