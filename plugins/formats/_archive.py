"""The directory of a ZIP archive, read strictly: it means the same to every reader, or is refused.

PKWARE APPNOTE 6.3.10. The standard library's ``zipfile`` is no help here. It takes archives whose
directory and local headers disagree, with two entries of one name or with entries that overlap; it
cuts names at a NUL, moves all offsets if something stands in front, and reads a directory of any
size into memory. A signature over such a file would cover what each program sees differently.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._reading import is_zero_from, read_at, size_of

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_ENTRIES: Final = 100_000
"""That are read one by one: two seconds' work. Office documents have some hundred."""
MAX_DIRECTORY_BYTES: Final = 64 << 20
MAX_PADDING_BYTES: Final = 1 << 20

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
LOCAL_BYTES: Final = 30
CENTRAL_BYTES: Final = 46
END_BYTES: Final = 22
CRC_IN_LOCAL, CRC_IN_CENTRAL = 14, 16
HAS_DESCRIPTOR: Final = 1 << 3
"""A flag: checksum and lengths follow the data."""

_END_64, _LOCATOR_64 = b"PK\6\6", b"PK\6\7"
_DESCRIPTOR: Final = b"PK\7\x08"
_MAX_COMMENT_BYTES: Final = 0xFFFF
_WIDE: Final = 0xFFFFFFFF
"""In a field of 32 bits: the number is in the extra field of ZIP64."""
_ZIP64: Final = 1
_UNICODE_PATH: Final = 0x7075
"""Another name, which Info-ZIP's programs prefer (APPNOTE 4.6.9): version, checksum, UTF-8."""
_ENCRYPTED: Final = 1 | 1 << 6 | 1 << 13
_UTF_8: Final = 1 << 11
_UNSAFE_NAME: Final = re.compile(r"[/\\]|[A-Za-z]:|.*([\\\0]|//|(^|/)\.\.?(/|$))", re.DOTALL)


class Directory(NamedTuple):
    """Where the list of entries is: ``start`` and ``length`` in bytes, ``end`` the end record."""

    start: int
    length: int
    entries: int
    end: int
    comment: bytes
    is_zip64: bool


class Entry(NamedTuple):
    """One file in the archive; ``start`` to ``data`` its header, ``data`` to ``stop`` its bytes.

    ``stop`` is behind the data descriptor, if there is one. ``header`` is its whole record in the
    directory, which begins at ``central``. ``packed`` and ``size`` are lengths in bytes.
    """

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    start: int
    data: int
    stop: int
    central: int
    header: bytes

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed to read it."""
        return bool(self.flags & _ENCRYPTED)


class Archive(NamedTuple):
    """A whole archive: its entries in the order of the directory."""

    entries: tuple[Entry, ...]
    directory: Directory

    @property
    def by_place(self) -> list[Entry]:
        """The entries in the order in which they lie in the file."""
        return sorted(self.entries, key=lambda entry: entry.start)

    def has_gaps(self) -> bool:
        """Whether bytes before the directory belong to no entry."""
        at = 0
        for entry in self.by_place:
            if entry.start != at:
                return True
            at = entry.stop
        return at != self.directory.start


def read_archive(source: BinaryIO) -> Archive:
    """Return the archive that every reader would see.

    Raises:
        MalformedAssetError: it contradicts itself, or has names that lead out of a folder.
        LimitExceededError: it has more entries than are read.
    """
    directory = find_directory(source)
    if directory.entries > MAX_ENTRIES or directory.length > MAX_DIRECTORY_BYTES:
        raise LimitExceededError(
            f"The archive has {directory.entries} entries; more than {MAX_ENTRIES} are not read."
        )
    listing = read_at(source, directory.start, directory.length)
    entries, at, names = list[Entry](), 0, set[str]()
    for _ in range(directory.entries):
        length = CENTRAL_BYTES + sum(_number(listing, at + place, 2) for place in (28, 30, 32))
        header = listing[at : at + length]
        if len(header) < length or header[:4] != CENTRAL:
            raise _damaged("its directory contradicts itself")
        entry = _entry(source, header, directory.start + at)
        if entry.name in names:
            raise MalformedAssetError(f"The archive has two entries called {entry.name!a:.80}.")
        names.add(entry.name)
        entries.append(entry)
        at += length
    if at != directory.length:
        raise _damaged("its directory contradicts itself")
    archive = Archive(tuple(entries), directory)
    _check_places(archive)
    return archive


def find_directory(source: BinaryIO) -> Directory:
    """Return where the directory lies, by the end record (APPNOTE 4.3.16).

    Raises:
        MalformedAssetError: there is none, or it is not where it should be.
    """
    size = size_of(source)
    reach = min(size, END_BYTES + _MAX_COMMENT_BYTES)
    tail = read_at(source, size - reach, reach)
    found, at = list[int](), tail.rfind(END)
    while at >= 0:
        stop = size - reach + at + END_BYTES + _number(tail, at + 20, 2)
        if at + END_BYTES <= reach and (
            stop == size
            or (stop < size and is_zero_from(source, stop, max_bytes=MAX_PADDING_BYTES))
        ):
            found.append(at)
        at = tail.rfind(END, 0, at)
    if not found:
        raise MalformedAssetError("The archive is cut short: its directory is missing.")
    if len(found) > 1:  # one in the comment of another: each reader takes the one it likes
        raise _damaged("it has two directories")
    at = found[0]
    record = tail[at : at + END_BYTES]
    comment = tail[at + END_BYTES :][: _number(record, 20, 2)]
    return _directory(source, size - reach + at, record, comment)


def _directory(source: BinaryIO, end: int, record: bytes, comment: bytes) -> Directory:
    disks, entries = record[4:8], _number(record, 10, 2)
    length, start = _number(record, 12, 4), _number(record, 16, 4)
    limit = end
    locator = read_at(source, end - 20, 20) if end >= 20 else b""
    is_zip64 = locator[:4] == _LOCATOR_64
    if is_zip64:
        limit = _number(locator, 8, 8)
        record = read_at(source, limit, 56)
        if record[:4] != _END_64 or len(record) < 56:
            raise _damaged("its end record is missing")
        disks = record[16:24]
        entries, length, start = (_number(record, at, 8) for at in (32, 40, 48))
    if disks.strip(b"\0"):
        raise MalformedAssetError("The archive is one volume of several.")
    if start + length > limit or (entries and read_at(source, start, 4) != CENTRAL):
        raise _damaged("its directory is not where it should be")
    return Directory(start, length, entries, end, comment, is_zip64)


def _entry(source: BinaryIO, header: bytes, central: int) -> Entry:
    flags, method, crc = _number(header, 8, 2), _number(header, 10, 2), _number(header, 16, 4)
    raw = header[CENTRAL_BYTES : CENTRAL_BYTES + _number(header, 28, 2)]
    name = _name(raw, flags)
    extra = _fields(header[CENTRAL_BYTES + len(raw) :][: _number(header, 30, 2)])
    narrow = tuple(_number(header, at, 4) for at in (24, 20, 42))
    size, packed, start = _widened(narrow, extra)
    local = read_at(source, start, LOCAL_BYTES)
    beside = read_at(source, start + LOCAL_BYTES, len(raw) + _number(local, 28, 2))
    data = start + LOCAL_BYTES + len(raw) + _number(local, 28, 2)
    sizes = crc, packed, size
    said = tuple(_number(local, at, 4) for at in (14, 18, 22))
    is_same = local[:4] == LOCAL and _number(local, 8, 2) == method
    is_same = is_same and (_number(local, 6, 2) ^ flags) & (_ENCRYPTED | HAS_DESCRIPTOR) == 0
    is_same = is_same and _number(local, 26, 2) == len(raw)
    is_same = is_same and beside.startswith(raw)
    stop = data + packed
    if flags & HAS_DESCRIPTOR:
        stop += _descriptor_length(source, stop, sizes)
    elif _WIDE not in said[1:]:
        is_same = is_same and said == sizes
    if not is_same or (size and name.endswith("/")):
        raise _damaged(f"its directory contradicts the entry {name!a:.80}")
    for field, value in (*extra, *_fields(beside[len(raw) :])):
        if field == _UNICODE_PATH and value[5:] != name.encode():
            raise MalformedAssetError(f"The archive has an entry with two names: {name!a:.80}.")
    return Entry(name, method, flags, crc, packed, size, start, data, stop, central, header)


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF_8 else "cp437")
    except UnicodeDecodeError as error:
        raise _damaged("the name of an entry is no text") from error
    if not name or _UNSAFE_NAME.match(name):
        raise MalformedAssetError(f"The archive has an entry with an unsafe name: {name!a:.80}.")
    return name


def _fields(extra: bytes) -> list[tuple[int, bytes]]:
    """Return the fields that an extra field consists of (APPNOTE 4.5.1), as (ID, content)."""
    found, at = list[tuple[int, bytes]](), 0
    while at + 4 <= len(extra):
        length = _number(extra, at + 2, 2)
        found.append((_number(extra, at, 2), extra[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def _widened(narrow: tuple[int, ...], extra: list[tuple[int, bytes]]) -> tuple[int, ...]:
    """Return the numbers that did not fit from the extra field of ZIP64 (APPNOTE 4.5.3)."""
    wide = next((value for field, value in reversed(extra) if field == _ZIP64), b"")
    found, at = list[int](), 0
    for number in narrow:
        is_wide = number == _WIDE and at + 8 <= len(wide)
        found.append(_number(wide, at, 8) if is_wide else number)
        at += 8 * is_wide
    return tuple(found)


def _descriptor_length(source: BinaryIO, at: int, sizes: tuple[int, ...]) -> int:
    """Return how long the data descriptor is: with or without a signature, of 32 or 64 bits."""
    found = read_at(source, at, 24)
    for mark in (_DESCRIPTOR, b""):
        for width in (4, 8):
            body = found[len(mark) :]
            said = _number(body, 0, 4), _number(body, 4, width), _number(body, 4 + width, width)
            length = len(mark) + 4 + 2 * width
            if found.startswith(mark) and len(found) >= length and said == sizes:
                return length
    raise _damaged("its directory contradicts a data descriptor")


def _check_places(archive: Archive) -> None:
    at = 0
    for entry in archive.by_place:
        if entry.start < at:
            raise _damaged(f"the entry {entry.name!a:.80} overlaps another")
        at = entry.stop
    if at > archive.directory.start:
        raise _damaged("an entry reaches into its directory")


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")


def _damaged(reason: str) -> MalformedAssetError:
    return MalformedAssetError(f"The archive is damaged: {reason}.")
