"""How PDF objects are spelt, as far as c2pa-rs can read them (ISO 32000-2, 7.2 and 7.3).

It drops an object that it can't read, whole and without a word, where viewers make the best of it.
It goes along with less than is allowed: longer whole numbers, names without a letter, and strings
or arrays nested a hundred deep are none of its.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 48
"""Of arrays and dictionaries in each other."""


def _string(depth: int) -> bytes:
    """Return the expression for a string in parentheses with ``depth`` more pairs in it."""
    inner = rb"|" + _string(depth - 1) if depth else b""
    return rb"\((?:[^()\\]++|\\." + inner + rb")*+\)"


_APART: Final = rb"(?=[\0\s()<>\[\]/%]|\Z)"
_TOKEN: Final = re.compile(
    rb"(?:[\0\s]++|%[^\r\n]*+)*+(?:"
    rb"(/(?:#[0-9A-Fa-f]{2}|[^\0\s()<>\[\]{}/%#])++)"
    rb"|(<<|\[)|(>>|\])"
    rb"|((?:\d{1,10}+\s++\d{1,5}+\s++R|[+-]?(?:\d{1,18}+(?:\.\d*+)?|\.\d++)|true|false|null)"
    + _APART
    + rb"|<[0-9A-Fa-f\0\s]*+>|"
    + _string(16)
    + rb"))",
    re.DOTALL,
)
_BLANK: Final = re.compile(rb"(?:[\0\s]++|%[^\r\n]*+)*+")
_NAME, _OPEN, _CLOSE = 1, 2, 3


def objects_in(data: bytes, start: int) -> tuple[int, int]:
    """Return how many objects follow each other from ``start``, and where no other begins.

    The number is -1 if one is not whole there.
    """
    is_dictionary, count = False, 0
    outer = list[tuple[bool, int]]()
    scan = _TOKEN.scanner(data, start)  # type: ignore[attr-defined]
    end = start
    while found := scan.match():
        end = found.end()
        kind = found.lastindex
        if kind == _CLOSE:
            is_match = outer and is_dictionary == (data[end - 1 : end] == b">")
            if not is_match or (is_dictionary and count % 2):
                return -1, end
            is_dictionary, count = outer.pop()
            continue
        if is_dictionary and kind != _NAME and count % 2 == 0:
            return -1, end  # a key has to be a name
        count += 1
        if kind == _OPEN:
            if len(outer) == MAX_DEPTH:
                return -1, end
            outer.append((is_dictionary, count))
            is_dictionary, count = data[end - 1 : end] == b"<", 0
    blank = _BLANK.match(data, end)
    return -1 if outer else count, blank.end() if blank else end
