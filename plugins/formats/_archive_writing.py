"""Writes an archive with entries changed or added; all others keep every byte, and their order.

PKWARE APPNOTE 6.3.10. A changed entry keeps name, date and method; a new one is deflated and comes
last. Offsets are the only thing that changes in the rest of the directory. The standard library's
``zipfile`` can only add entries, or pack all of them anew.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import AssetError, LimitExceededError
from credlabel.files import read_ranges

from ._archive import (
    CENTRAL,
    CENTRAL_BYTES,
    CRC_IN_CENTRAL,
    CRC_IN_LOCAL,
    HAS_DESCRIPTOR,
    LOCAL,
    LOCAL_BYTES,
    MAX_PADDING_BYTES,
)
from ._reading import read_at, size_of
from ._unpacking import DEFLATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ._archive import Archive, Entry

_MAX_ARCHIVE_BYTES: Final = 0xFFFFFFFF
_MAX_ENTRIES: Final = 0xFFFF
_MAX_TAIL_BYTES: Final = MAX_PADDING_BYTES + (1 << 18)
_WIDE: Final = b"\xff\xff\xff\xff"
_VERSION: Final = 20
"""2.0: entries in folders."""
_NEW_YEAR_1980: Final = 1 << 5 | 1
"""The earliest date there is, for want of one that would mean something."""


def write_archive(
    source: BinaryIO, sink: BinaryIO, archive: Archive, contents: Mapping[str, bytes]
) -> None:
    """Write ``source`` to ``sink``, with ``contents`` in the entries of these names.

    Limits: the result has less than 4 GiB, whatever ZIP64 could do.

    Raises:
        AssetError: the archive is too large, or its end is of a kind that is not written.
    """
    ending = _Ending(source, archive)
    room = sum(len(data) + (1 << 10) for data in contents.values())
    if size_of(source) + room > _MAX_ARCHIVE_BYTES:
        raise LimitExceededError("The document is too large to be changed.")
    if archive.has_gaps():
        raise AssetError("The document has bytes that belong to no entry, such as a program.")
    written = dict[str, bytes]()
    at = 0
    for entry in archive.by_place:
        data = contents.get(entry.name)
        renewed = None if data is None else renewal(entry, data)
        written[entry.name] = _record(entry, at, renewed)
        for block in _blocks(source, entry, renewed):
            sink.write(block)
            at += len(block)
    records = [written[entry.name] for entry in archive.entries]
    for name, data in contents.items():
        if name not in written:
            made = _new(name, data, at)
            sink.write(made.local)
            at += len(made.local)
            records.append(made.record)
    listing = b"".join(records)
    sink.write(listing + ending.made(len(records), at, len(listing)))


class _New(NamedTuple):
    """A new entry with its data, and its record in the directory."""

    local: bytes
    record: bytes


def _new(name: str, data: bytes, start: int) -> _New:
    packed = _deflated(data)
    head = struct.pack(
        "<HHHHHIII",
        *(_VERSION, 0, DEFLATED, 0, _NEW_YEAR_1980),
        *(zlib.crc32(data), len(packed), len(data)),
    )
    encoded = name.encode("ascii")
    lengths = struct.pack("<HH", len(encoded), 0)
    record = struct.pack("<4sH", CENTRAL, _VERSION) + head + lengths
    record += struct.pack("<HHHII", 0, 0, 0, 0, start)
    return _New(LOCAL + head + lengths + encoded + packed, record + encoded)


class Renewal(NamedTuple):
    """What changes in the headers of an entry whose data changes."""

    flags: bytes
    sizes: bytes
    """Checksum and lengths, packed and not."""
    packed: bytes


def renewal(entry: Entry, data: bytes) -> Renewal:
    """Return how an entry is written with other data in it, packed by the same method."""
    packed = _deflated(data) if entry.method == DEFLATED else data
    flags = (entry.flags & ~HAS_DESCRIPTOR).to_bytes(2, "little")
    return Renewal(flags, struct.pack("<III", zlib.crc32(data), len(packed), len(data)), packed)


def renewed_local(source: BinaryIO, entry: Entry, renewed: Renewal) -> bytes:
    """Return the entry with its new data, without extra field."""
    header = read_at(source, entry.start, entry.data - entry.start)
    fields = replaced(replaced(header, 6, renewed.flags), CRC_IN_LOCAL, renewed.sizes)
    return _without_extra(fields, LOCAL_BYTES, 26) + renewed.packed


def renewed_record(header: bytes, renewed: Renewal) -> bytes:
    """Return an entry's record in the directory for its new data, without extra field."""
    fields = replaced(replaced(header, 8, renewed.flags), CRC_IN_CENTRAL, renewed.sizes)
    return _without_extra(fields, CENTRAL_BYTES, 28)


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


def _blocks(source: BinaryIO, entry: Entry, renewed: Renewal | None) -> Iterator[bytes]:
    if renewed is None:
        yield from read_ranges(source, ((entry.start, entry.stop - entry.start),))
    else:
        yield renewed_local(source, entry, renewed)


def _record(entry: Entry, start: int, renewed: Renewal | None) -> bytes:
    """Return the entry's record in the directory, with ``start`` where its offset is (4.5.3)."""
    offset = start.to_bytes(4, "little")
    if renewed is not None:
        return renewed_record(replaced(entry.header, 42, offset), renewed)
    if entry.header[42:46] != _WIDE:
        return replaced(entry.header, 42, offset)
    at = CENTRAL_BYTES + int.from_bytes(entry.header[28:30], "little")
    while entry.header[at : at + 2] not in (b"\x01\0", b""):  # there: the offset came from it
        at += 4 + int.from_bytes(entry.header[at + 2 : at + 4], "little")
    at += 4 + 8 * sum(entry.header[place : place + 4] == _WIDE for place in (20, 24))
    return replaced(entry.header, at, start.to_bytes(8, "little"))


class _Ending:
    """What follows the directory: the end records, with the comment and what fills up the file.

    Raises:
        AssetError: something else stands there, such as a signature of the directory.
    """

    def __init__(self, source: BinaryIO, archive: Archive) -> None:
        self._directory = archive.directory
        self._start = self._directory.start + self._directory.length
        length = size_of(source) - self._start
        self._tail = read_at(source, self._start, min(length, _MAX_TAIL_BYTES + 1))
        self._end = self._directory.end - self._start
        mark, wide = self._tail[:4], self._tail[self._end - 20 : self._end - 16]
        is_known = self._end == 0
        if self._directory.is_zip64:
            size = int.from_bytes(self._tail[4:12], "little") + 12
            is_known = mark == b"PK\6\6" and wide == b"PK\6\7" and size + 20 == self._end
        if not is_known or len(self._tail) > _MAX_TAIL_BYTES:
            raise AssetError("The document's archive ends in a way that is not written here.")

    def made(self, entries: int, start: int, length: int) -> bytes:
        """Return it for a directory of so many entries and bytes at ``start``.

        Raises:
            LimitExceededError: they are too many.
        """
        tail = self._tail
        if self._directory.is_zip64:
            tail = replaced(tail, 24, struct.pack("<QQQQ", entries, entries, length, start))
            where = (start + length).to_bytes(8, "little")
            tail = replaced(tail, self._end - 12, where)
        elif entries >= _MAX_ENTRIES:
            raise LimitExceededError("The document's archive has too many entries.")
        for at, width, value in (
            (8, 2, entries),
            (10, 2, entries),
            (12, 4, length),
            (16, 4, start),
        ):
            place = self._end + at
            most = (1 << 8 * width) - 1  # which says that the number is in the record of ZIP64
            if tail[place : place + width] != most.to_bytes(width, "little"):
                tail = replaced(tail, place, min(value, most).to_bytes(width, "little"))
        return tail


def replaced(data: bytes, at: int, new: bytes) -> bytes:
    """Return ``data`` with ``new`` in the place of as many bytes at ``at``."""
    return data[:at] + new + data[at + len(new) :]


def _without_extra(header: bytes, fixed: int, at: int) -> bytes:
    """Return a header of ``fixed`` bytes and a name without its extra field.

    The lengths of both stand at ``at``.
    """
    name, extra = struct.unpack_from("<HH", header, at)
    stop = fixed + name
    return replaced(header[:stop], at + 2, bytes(2)) + header[stop + extra :]
