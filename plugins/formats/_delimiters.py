"""The manifest block: a manifest store, or where it is, between two delimiters in a comment.

C2PA 2.5, A.9. The hard binding leaves out the whole line, so nothing may stand in it but the
comment: or else whoever changes a labelled file could hide code in that line. For the same reason
the comment has to be one of its language's own: ``/*`` without its end would silence the rest.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ._comments import HASH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._text_kind import Comment

_BEGIN: Final = b"-----BEGIN C2PA MANIFEST-----"
_END: Final = b"-----END C2PA MANIFEST-----"
DELIMITER: Final = re.compile(rb"-----(?:BEGIN|END) C2PA MANIFEST-----")
NAME: Final = b" C2PA MANIFEST-----"
"""What both delimiters have in them. Where these bytes are not, there is no block."""

_BOM: Final = b"\xef\xbb\xbf"
_DATA: Final = b"data:application/c2pa;base64,"
_BLANKS: Final = b" \t\r\n"  # 14.5.2.4
# The binding leaves the reference out, so anybody can write another one. Out of these characters
# no end of a comment can be made, and none of what tools look for in comments: they want "@", "#",
# "*", or a word and a colon, and SQL*Plus even takes "&" for a variable.
_URI: Final = re.compile(
    rb"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:[/?][A-Za-z0-9._~/%?=+,-]*)?"
    rb"|[A-Za-z0-9][A-Za-z0-9._~/%-]*\.c2pa"
)
_TOLD_TO_LINTERS: Final = re.compile(rb"nolint|nosonar|nosem|_excl_", re.IGNORECASE)
_ENCODING: Final = re.compile(rb"coding[:=]", re.IGNORECASE)  # PEP 263; Ruby's has no case
_MAX_PREFIX: Final = 64
_FENCE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(---|\+\+\+)[ \t]*\r?\n")
_FENCE_END: Final = {
    b"---": re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE),
    b"+++": re.compile(rb"^\+\+\+[ \t]*\r?$", re.MULTILINE),
}
_KEY: Final = re.compile(rb"[ \t]*(?:#|\[|-----BEGIN |[\w\"'.\-]++[^\n:=]{0,200}+[:=])")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}[ \t\r\n]*\Z")
_FIRST_LINES: Final = re.compile(rb"(?:[^\n]*\n){3}")


class Block(NamedTuple):
    """What stands between two delimiters, or what adjoins one that is alone."""

    start: int
    end: int
    """Past the line's end, if the block is a comment of its own; else the delimiters' extent."""
    reference: bytes
    is_comment: bool
    """Nothing else is in its lines but a comment, or the front matter."""
    is_in_place: bool
    """It stands where a block belongs: among the first lines, in the last, in front matter."""
    is_paired: bool = True
    is_inert: bool = True
    """No interpreter would take anything in its lines for the encoding of its source."""

    @property
    def store(self) -> bytes:
        """The manifest store that the block holds, or nothing."""
        return _decoded(self.reference)

    @property
    def is_store(self) -> bool:
        """Whether the block holds what begins like a manifest store."""
        return self.store[4:8] == b"jumb"

    @property
    def is_data(self) -> bool:
        """Whether the block means to hold a store, damaged as it may be."""
        return self.reference[: len(_DATA)].lower() == _DATA

    @property
    def is_reference(self) -> bool:
        """Whether the block names a place where its store is."""
        is_uri = _URI.fullmatch(self.reference) is not None
        return is_uri and not _TOLD_TO_LINTERS.search(self.reference)


# ---------------------------------------------------------------------------- reading


def front_matter(data: bytes) -> tuple[int, int] | None:
    """Return where the lines of a text's front matter begin and end, without its fences."""
    fence = _FENCE.match(data)
    end = _FENCE_END[fence[1]].search(data, fence.end()) if fence else None
    if not fence or not end:
        return None
    # A rule across the page is three hyphens, too; it is no fence if no key follows.
    is_empty = fence.end() == end.start()
    return (fence.end(), end.start()) if is_empty or _KEY.match(data, fence.end()) else None


def may_have_front_matter(data: bytes) -> bool:
    """Return whether the first line could be a fence for somebody."""
    return _FENCE.match(data) is not None


def blocks(
    data: bytes, comments: Iterable[Comment], matter: tuple[int, int] | None
) -> Iterator[Block]:
    """Yield every pair of delimiters and every single one, in order, in linear time.

    ``matter`` is the extent of the front matter, in which ``#`` is a comment as well.
    """
    place = _Places(data, tuple(comments), matter)
    begin = -1
    for found in DELIMITER.finditer(data):
        if found[0] == _BEGIN:
            if begin >= 0:
                yield place.alone(begin, begin + len(_BEGIN))
            begin = found.start()
        elif begin >= 0:
            yield place.pair(begin, found.end())
            begin = -1
        else:
            yield place.alone(found.start(), found.end())
    if begin >= 0:
        yield place.alone(begin, begin + len(_BEGIN))


def has_store(data: bytes) -> bool:
    """Return whether a block with a manifest store is anywhere, whatever is around it."""
    return NAME in data and any(
        block.is_paired and block.is_store for block in blocks(data, (), None)
    )


class _Places:
    """Judges where in the text delimiters stand, and what is around them."""

    def __init__(
        self, data: bytes, comments: tuple[Comment, ...], matter: tuple[int, int] | None
    ) -> None:
        self._data = data
        self._comments = comments
        self._matter = matter or (0, 0)
        first = _FIRST_LINES.match(data)
        self._first_lines_end = first.end() if first else len(data)
        self._last_line = data.rfind(b"\n", 0, len(data.rstrip(_BLANKS))) + 1

    def alone(self, start: int, end: int) -> Block:
        """Return a delimiter without its partner, with what is left of a store beside it."""
        if self._data.startswith(_BEGIN, start):
            beside = self._data[end : end + _MAX_PREFIX].strip(_BLANKS)
        else:
            before = self._data[max(0, start - _MAX_PREFIX) : start]
            beside = _DATA if _BASE64.search(before) else b""
        in_place = self._is_in_place(start)
        return Block(start, end, beside, is_comment=False, is_in_place=in_place, is_paired=False)

    def pair(self, begin: int, end: int) -> Block:
        between = self._data[begin + len(_BEGIN) : end - len(_END)]
        in_place = self._is_in_place(begin)
        line = self._line(begin, end, between)
        start, stop = line or (begin, end)
        # Neither would be bound: anybody could add it.
        has_mark = not start and self._data.startswith(_BOM)
        return Block(
            *(start, stop, between.strip(_BLANKS), line is not None, in_place),
            is_inert=not has_mark and not _ENCODING.search(between),
        )

    def _is_in_place(self, at: int) -> bool:
        start, end = self._matter
        return at < self._first_lines_end or at >= self._last_line or start <= at < end

    def _line(self, begin: int, end: int, between: bytes) -> tuple[int, int] | None:
        """Return the extent of the lines of a block that has them to itself."""
        data = self._data
        reach = max(0, begin - _MAX_PREFIX)
        start = data.rfind(b"\n", reach, begin) + 1
        if not start and reach:
            return None
        indented = data[start:begin].removeprefix(b"" if start else _BOM)
        before = indented.rstrip(b" \t")  # indented, it could be of a YAML text, or be code
        stop = data.find(b"\n", end, end + _MAX_PREFIX) + 1
        if not stop and end + _MAX_PREFIX < len(data):
            return None
        stop = stop or len(data)
        after = data[end:stop].strip(b" \t\n").removesuffix(b"\r").rstrip(b" \t")
        is_in_matter = self._matter[0] <= begin and end <= self._matter[1]
        if between.count(b"\n"):
            is_lined = is_in_matter and _is_lined(between) and not before + after
        elif b"\r" in between:  # which ends a line, and the comment, for some languages
            is_lined = False
        elif is_in_matter:
            is_lined = (before, after) == HASH[:2]
        else:
            is_lined = self._is_comment(before, after, is_apart=indented[-1:] in (b" ", b"\t"))
        return (start, stop) if is_lined else None

    def _is_comment(self, before: bytes, after: bytes, *, is_apart: bool) -> bool:
        return any(
            (before, after) == comment[:2] and (is_apart or not comment.needs_blank)
            for comment in self._comments
        )


def _is_lined(between: bytes) -> bool:
    """Return whether the delimiters end and begin a line each (A.9.4.2)."""
    lines = between.split(b"\n")
    return len(lines) == 3 and not lines[0].strip(_BLANKS) and not lines[2].strip(b" \t")


def _decoded(reference: bytes) -> bytes:
    if reference[: len(_DATA)].lower() != _DATA:
        return b""
    try:
        return binascii.a2b_base64(memoryview(reference)[len(_DATA) :], strict_mode=True)
    except binascii.Error:
        return b""


def exclusion(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return (start, length) of what the hard binding leaves out for a block's lines (A.9.5.1).

    At the end of a file that is the newline before them as well: the line feed alone, since the
    standard says *character*; a carriage return before it is bound.
    """
    if end == len(data) and start > 0:
        start -= 1
    return start, end - start


# ---------------------------------------------------------------------------- writing


def line_of(store: bytes, comment: Comment) -> bytes:
    """Return the block for ``store`` as one comment, without a line's end."""
    parts = (comment.prefix, _BEGIN, _DATA + base64.b64encode(store), _END, comment.suffix)
    return b" ".join(part for part in parts if part)
