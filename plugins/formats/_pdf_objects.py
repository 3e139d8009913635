"""Objects of a PDF where they are in the file, and what is in their streams (ISO 32000-2, 7.3).

Nothing is repaired. All that is read or unpacked is counted, so a hostile file takes no longer
than a large one.
"""

from __future__ import annotations

import re
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._pdf_syntax import DAMAGED, Reference, end_of, entries_of, integer, items_of, name, skip
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_FILE_BYTES: Final = 4 << 30
MAX_BYTES: Final = 8 << 20
"""Of objects read or unpacked, in all."""
MAX_OBJECT_BYTES: Final = 1 << 20
"""Without its stream."""
TOO_LARGE: Final = "The PDF is too large or involved to put a credential at its end safely."

_SHORT: Final = 1 << 12
_OBJECT: Final = re.compile(
    rb"[\0\t\n\f\r ]*+0*(\d{1,10})[\0\t\n\f\r ]+0*(\d{1,5})[\0\t\n\f\r ]+obj\b"
)
_AFTER_OBJECT: Final = re.compile(rb"(?:endobj|stream)\b")
_STREAM: Final = re.compile(rb"stream(?:\r\n|\n)")
_STREAM_END: Final = re.compile(rb"(?:\r\n|\r|\n)?endstream\b")
_UP: Final = b"\2"
_FROM_PNG: Final = 10
_MAX_COLUMNS: Final = 64


class Stored(NamedTuple):
    """An object as it is written, and where its stream begins, if it has one."""

    value: bytes
    stream: int | None


class Objects:
    """Reads objects from their places in a file.

    Raises:
        LimitExceededError: the file is too large.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.size = size_of(source)
        self._spent = 0
        if self.size > MAX_FILE_BYTES:
            raise LimitExceededError(TOO_LARGE)

    def spend(self, count: int) -> None:
        """Count bytes that were read.

        Raises:
            LimitExceededError: there were too many.
        """
        self._spent += count
        if self._spent > MAX_BYTES:
            raise LimitExceededError(TOO_LARGE)

    def name_at(self, offset: int) -> Reference | None:
        """Return which object begins at ``offset``, if one does."""
        found = _OBJECT.match(read_at(self.source, offset, 64))
        return Reference(int(found[1]), int(found[2])) if found else None

    def object_at(self, offset: int, wanted: Reference | None = None) -> Stored:
        """Return the object at ``offset``, which has to be the one that is ``wanted``.

        Raises:
            AssetError: it is not there.
        """
        found = _OBJECT.match(read_at(self.source, offset, 64))
        if not found or wanted not in (None, (int(found[1]), int(found[2]))):
            raise MalformedAssetError(DAMAGED)
        value, end = self.value_at(offset + found.end(), _AFTER_OBJECT)
        stream = _STREAM.match(read_at(self.source, end, 16))
        return Stored(value, end + stream.end() if stream else None)

    def value_at(self, offset: int, after: re.Pattern[bytes]) -> tuple[bytes, int]:
        """Return the value at ``offset``, and where the word is that comes ``after`` it.

        Raises:
            AssetError: it is none, or too long, or something else follows.
        """
        for room in (_SHORT, MAX_OBJECT_BYTES):  # most are short
            data = read_at(self.source, offset, room)
            start = skip(data, 0)
            try:
                end = end_of(data, start)
            except MalformedAssetError:
                continue
            word = skip(data, end)
            if after.match(data, word):
                self.spend(word)
                return data[start:end], offset + word
        raise MalformedAssetError(DAMAGED)

    def range_of(self, stored: Stored, length: bytes) -> tuple[int, int]:
        """Return where the bytes of an object's stream begin, and how many they are.

        Raises:
            AssetError: it has none, or one of another length.
        """
        count = integer(length)
        if stored.stream is None or not _STREAM_END.match(
            read_at(self.source, stored.stream + count, 16)
        ):
            raise MalformedAssetError(DAMAGED)
        return stored.stream, count

    def unpacked(self, stored: Stored, entries: dict[bytes, bytes]) -> bytes:
        """Return what is in an object's stream; ``entries`` are of its dictionary.

        Raises:
            AssetError: that is too much, or packed in a way that index and metadata never are.
        """
        start, length = self.range_of(stored, entries.get(b"/Length", b""))
        self.spend(length)
        data = read_at(self.source, start, length)
        filters, settings = (_only(entries.get(key)) for key in (b"/Filter", b"/DecodeParms"))
        if filters != b"null":
            if name(filters) != b"/FlateDecode":
                raise MalformedAssetError(DAMAGED)
            data = _inflated(data)
            if settings != b"null":
                data = _unpredicted(data, entries_of(settings))
            self.spend(len(data))
        return data


def _only(value: bytes | None) -> bytes:
    """Return the only object in an array, or the object that is in none."""
    items = items_of(value) if value and value[:1] == b"[" else [value or b"null"]
    if len(items) > 1:
        raise MalformedAssetError(DAMAGED)
    return items[0] if items else b"null"


def _inflated(data: bytes) -> bytes:
    try:
        inflater = zlib.decompressobj()
        made = inflater.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise MalformedAssetError(DAMAGED) from error
    if inflater.unconsumed_tail:
        raise LimitExceededError(TOO_LARGE)
    if not inflater.eof:
        raise MalformedAssetError(DAMAGED)
    return made


def _unpredicted(data: bytes, settings: dict[bytes, bytes]) -> bytes:
    """Return rows in full that each say how they differ from the one above (7.4.4.4).

    Raises:
        MalformedAssetError: it is another prediction, which is none for an index.
    """
    predictor, columns = (integer(settings.get(key, b"1")) for key in (b"/Predictor", b"/Columns"))
    if predictor == 1:
        return data
    others = (settings.get(b"/Colors", b"1"), settings.get(b"/BitsPerComponent", b"8"))
    width = columns + 1
    if predictor < _FROM_PNG or others != (b"1", b"8") or not 0 < columns <= _MAX_COLUMNS:
        raise MalformedAssetError(DAMAGED)
    if len(data) % width or data[::width].strip(_UP):
        raise MalformedAssetError(DAMAGED)
    rows = bytearray(len(data) // width * columns)
    for column in range(columns):
        summed = accumulate(data[column + 1 :: width], lambda above, more: (above + more) & 0xFF)
        rows[column::columns] = bytes(summed)
    return bytes(rows)
