"""Where in a text a manifest block goes, and what goes out with it when it is replaced.

C2PA 2.5, A.9.4: inside of front matter that is there, or else in the first line, or in the last
one if the first is taken. The block is put in, and taken out, without touching any other byte.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ._comments import HASH
from ._delimiters import exclusion, front_matter, may_have_front_matter
from ._text import without
from ._text_kind import Comment, Place, TextKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM: Final = b"\xef\xbb\xbf"
_HEADER_LINES: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?[#;][^\n]*+\n(?:#[^\n]*?coding[:=][^\n]*+\n)?"
)
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")


class Gap(NamedTuple):
    """A place in a text, the line ends that a block there needs, and the comment to write."""

    at: int
    before: bytes
    after: bytes
    comment: Comment

    def filled(self, data: bytes, line: bytes) -> Iterator[bytes]:
        """Yield the text with ``line`` in the gap."""
        yield data[: self.at]
        yield self.before + line + self.after
        yield data[self.at :]


class Layout(NamedTuple):
    """What the hard binding leaves out beside the line, and the digest of what it covers."""

    exclusion: tuple[int, int]
    sha256: bytes


def gap_in(data: bytes, kind: TextKind) -> Gap:
    """Return where the block goes in a text that has none."""
    eol = _eol_of(data)
    matter = front_matter(data) if kind.has_front_matter else None
    if matter:
        # One comment inside, and not three bare lines as in A.9.4.2, which are no YAML: whoever
        # reads the front matter could not any more. Both are found between the same delimiters.
        return Gap(matter[0], b"", eol, HASH)
    comment = kind.comments[0]
    blank = eol if kind.needs_blank_line else b""
    if kind.place is Place.AFTER_HEADER:
        found = _BLANK_LINE.search(data)
        if found:
            return Gap(found.end(), b"", eol + blank, comment)
    elif kind.place is Place.FIRST_LINE and not _is_first_line_taken(data, kind):
        return Gap(0, b"", eol + blank, comment)
    if kind.closed and kind.closed.search(data):
        header = _HEADER_LINES.match(data)
        if header:
            return Gap(header.end(), b"", eol, comment)
    if data.endswith(b"\n"):
        return Gap(len(data), blank, eol, comment)
    return Gap(len(data), eol + blank, b"", comment)


def layout(data: bytes, gap: Gap) -> Layout:
    """Return what the binding says once a line is in the gap, but for the line's own length."""
    whole = b"".join(gap.filled(data, b""))
    start = gap.at + len(gap.before)
    end = whole.find(b"\n", start) + 1 or len(whole)
    excluded = exclusion(whole, start, end)
    return Layout(excluded, hashlib.sha256(without(whole, (excluded,))).digest())


def extent(data: bytes, kind: TextKind, start: int, end: int) -> tuple[int, int]:
    """Return the extent of what was put into a text for the block in these lines."""
    if not start and data.startswith(_BOM):
        start = len(_BOM)
    if kind.needs_blank_line and end < len(data):
        end += _eol_at(data, end)
    elif kind.needs_blank_line:
        blank = start - _eol_before(data, start)
        start = blank if _eol_before(data, blank) else start
    if data[end - 1 : end] != b"\n":  # in the last line: the end of the one before was put in
        start -= _eol_before(data, start)
    return start, end


def _is_first_line_taken(data: bytes, kind: TextKind) -> bool:
    if data.startswith(_BOM) or (kind.reserved and kind.reserved.match(data)):
        return True
    return kind.has_front_matter and may_have_front_matter(data)


def _eol_of(data: bytes) -> bytes:
    """Return what ends the first line, and so all of them."""
    first = data.find(b"\n")
    return b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"


def _eol_before(data: bytes, at: int) -> int:
    """Return how long the line end just before an offset is, or 0."""
    if data[at - 1 : at] != b"\n":
        return 0
    return 2 if data[at - 2 : at] == b"\r\n" else 1


def _eol_at(data: bytes, at: int) -> int:
    """Return how long the line end at an offset is, or 0."""
    if data.startswith(b"\r\n", at):
        return 2
    return 1 if data.startswith(b"\n", at) else 0
