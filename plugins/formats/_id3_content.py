"""What is in a frame of an ID3v2 tag, taken strictly: anything in doubt is a ValueError.

Texts are in one of four encodings, by number: Latin-1, UTF-16 with a byte order mark, UTF-16 with
the high byte first, UTF-8 (ID3v2.4, 4). The last two are of version 2.4, but read in earlier ones.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Final

MAX_STRING_BYTES: Final = 1 << 16
"""Of a description or another text that something follows in its frame."""
MAX_TEXT_BYTES: Final = 4 << 20
"""Of a text at the end of its frame, which is decoded."""
LATIN: Final = 0

_UTF16, _UTF16_BE = 1, 2
_WIDE: Final = (_UTF16, _UTF16_BE)
_CODECS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_BYTE_ORDER_MARKS: Final = (BOM_UTF16_BE, BOM_UTF16_LE)
_C1: Final = re.compile(rb"[\x80-\x9f]")


def terminator(encoding: int) -> bytes:
    """Return what ends a text in an encoding."""
    return b"\0\0" if encoding in _WIDE else b"\0"


class Content:
    """The content of a frame, taken piece by piece. ValueError means that it has no such piece."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def has_more(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise ValueError
        return self._data[start : self._at]

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)

    def encoding(self) -> int:
        """Return the number of the encoding, which the next byte is."""
        encoding = self.take(1)[0]
        if encoding >= len(_CODECS):
            raise ValueError
        return encoding

    def string(self, encoding: int = LATIN) -> bytes:
        """Return the bytes up to a terminator, and step over that."""
        mark = terminator(encoding)
        start = self._at
        end = self._data.find(mark, start, start + MAX_STRING_BYTES)
        while end > start and (end - start) % len(mark):
            end = self._data.find(mark, end + 1, start + MAX_STRING_BYTES)
        if end < 0:
            raise ValueError
        taken = self.take(end - start)
        self.take(len(mark))
        return taken


def decoded(data: bytes, encoding: int) -> str:
    """Return a text that is in its encoding without doubt, and so stays the same in another."""
    if len(data) > MAX_TEXT_BYTES or (encoding in _WIDE and len(data) % 2):
        raise ValueError
    if encoding == _UTF16 and data and not data.startswith(_BYTE_ORDER_MARKS):
        raise ValueError
    if encoding == LATIN and not data.isascii() and _is_doubtful(data):
        raise ValueError
    text = data.decode(_CODECS[encoding])
    if "\ufeff" in text or "\ufffe" in text:  # a mark between texts, which means nothing there
        raise ValueError
    return text


def _is_doubtful(data: bytes) -> bool:
    """Return whether text in Latin-1 may be in another encoding: UTF-8, or one of Windows."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return _C1.search(data) is not None
    return True
