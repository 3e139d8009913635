"""Follows what goes on from one line of YAML to the next: quotes, brackets, block scalars.

Only so much that no text in them is taken for a key. YAML 1.2.2, chapters 6 to 8; like libyaml,
and unlike the standard, it lets a quoted text go on at the margin.
"""

from __future__ import annotations

import re
from typing import Final

BLANK: Final = " \t"

_START: Final = re.compile(
    r"[ \t]*+(?:(?P<quote>['\"])|(?P<open>[\[{])|(?P<next>[\]},])"
    r"|(?P<block>[|>][-+0-9]*+(?:[ \t]++(?:#.*)?)?$)|(?P<item>[-?](?=[ \t]|$))"
    r"|(?P<property>[&!*][^ \t,\[\]{}]*+)|)"
)
# A hash begins a comment at the beginning of a line and after a blank.
_PLAIN: Final = re.compile(r"(?:[^:#]++|:(?![ \t]|$)|(?<=[^ \t])#)*+")
_PLAIN_IN_FLOW: Final = re.compile(r"(?:[^:#,\[\]{}]++|:(?![ \t,\[\]{}]|$)|(?<=[^ \t,\[\]{}])#)*+")
_COLON: Final = re.compile(r"[ \t]*+:")
_CLOSING: Final = {
    '"': re.compile(r"(?:[^\"\\]++|\\.)*+\""),
    "'": re.compile(r"(?:[^']++|'')*+'"),
}


class Scanner:
    """The state between two lines."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._is_plain = False
        self._block: int | None = None
        self._parent = -1
        """The column of the key or the hyphen that a value belongs to."""
        self._begin = 0
        """The column where a value began that may turn out to be a key."""

    @property
    def is_open(self) -> bool:
        """Whether something is begun that has an end of its own."""
        return bool(self._quote or self._depth)

    def is_inside(self, line: str) -> bool:
        """Return whether ``line``, the next one, goes on with something at its first column."""
        if self._block is not None:
            return not line.strip() or indent_of(line) > self._block
        return self.is_open

    def feed(self, line: str) -> None:
        """Go on by one line, which is without its end."""
        if self._block is not None and self.is_inside(line):
            return
        self._block = None
        if not line.strip():
            return
        at = 0
        if self._is_plain and indent_of(line) > self._parent:
            at = self._plain(line, 0)
        self._is_plain = False
        while at < len(line):
            at = self._value(line, at)

    def _value(self, line: str, at: int) -> int:
        """Return where the next thing begins; this one is a value, a key, or a mark."""
        if self._quote:
            close = _CLOSING[self._quote].match(line, at)
            if close is None:
                return len(line)
            self._quote = ""
            return self._past_colon(line, close.end())
        found = _START.match(line, at)
        kind, end = (found.lastgroup, found.end()) if found else (None, at)
        begin = end - 1
        if kind == "quote":
            self._quote, self._begin = line[begin], begin
        elif kind == "open":
            self._depth += 1
        elif kind == "next" and self._depth:
            self._depth -= line[begin] != ","
        elif kind == "block" and not self._depth:
            self._block = self._parent
        elif kind == "item" and not self._depth:
            self._parent = begin
        elif kind in {None, "next", "block", "item"}:
            self._begin = end
            return self._plain(line, end)
        return end

    def _plain(self, line: str, at: int) -> int:
        found = (_PLAIN_IN_FLOW if self._depth else _PLAIN).match(line, at)
        end = found.end() if found else at
        if line[end : end + 1] == "#":
            return len(line)
        self._is_plain = at < end == len(line) and not self._depth
        return self._past_colon(line, end)

    def _past_colon(self, line: str, at: int) -> int:
        """Return where a value may begin, if what precedes is a key."""
        colon = _COLON.match(line, at)
        if colon is None:
            return at
        if not self._depth:
            self._parent = self._begin
        return colon.end()


def indent_of(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip(BLANK))
