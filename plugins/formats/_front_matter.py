"""Sections of a Markdown text that hold data about it, in YAML or TOML, as they are written.

TC260-PG-20258A, 6.5: a map ``AIGC:`` in the front matter. Language models write it elsewhere, too:
at the end of the text, or in a fenced block, which counts where it is the first or the last thing
in the text. In between it is an example in somebody's prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ._delimiters import front_matter

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 64 << 10
"""Of a section that is not front matter; the seven keys take less than 1 kB."""

_BOM: Final = b"\xef\xbb\xbf"
_WORD: Final = b"AIGC"
_KEY: Final = rb"[\"']?AIGC[\"']?[ \t]*+:"
_HAS_KEY: Final = re.compile(rb"^" + _KEY, re.MULTILINE)
_FIRST_FENCE: Final = re.compile(
    rb"\s*+(`{3,}+|~{3,}+)[^\n`]*+\n(.*?)^[ ]{0,3}\1[`~]*+[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
# The key, lines that are indented or blank, and nothing after them but what closes a section.
_LAST: Final = re.compile(
    rb"^" + _KEY + rb"[^\n]*+(?:\n[ \t]++[^\s][^\n]*+|\n[ \t\r]*+(?=\n|\Z))*+"
    rb"(?=\s*+(?:(?:---|\.\.\.|`{3,}+|~{3,}+)\s*+){0,3}\Z)",
    re.MULTILINE,
)


def sections(data: bytes) -> Iterator[str]:
    """Yield the sections of a text that tell of it, in its order. Never raises."""
    matter = front_matter(data)
    start = 0
    if matter:
        start = matter[1]
        yield _text(data[slice(*matter)])
    else:
        fence = _FIRST_FENCE.match(data.removeprefix(_BOM)[:MAX_BYTES])
        if fence and _HAS_KEY.search(fence[2]):
            start = fence.end()
            yield _text(fence[2])
    start = max(start, len(data) - MAX_BYTES)
    last = _LAST.search(data, start) if data.find(_WORD, start) >= 0 else None
    if last:
        yield _text(last[0])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
