"""Sections of a Markdown text that hold data about it, in YAML or TOML, and what their keys say.

TC260-PG-20258A, 6.5: a map ``AIGC:`` in the front matter. Language models write it elsewhere, too:
at the end of the text, or in a fenced block, which counts where it is the first or the last thing
in the text. In between it is an example in somebody's prose.

Names: ``markdown:front-matter`` for each section as it is written; ``markdown:name`` for each key
at the outermost level of a front matter in YAML, and ``markdown:AIGC`` for labels elsewhere, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ._delimiters import front_matter
from ._yaml_keys import MAX_LENGTH, read_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._fields import Fields

MAX_BYTES: Final = 64 << 10
"""Of a section that is not front matter; the seven keys take less than 1 kB."""
LABEL: Final = "AIGC"
SECTION: Final = "front-matter"
"""What no key is told as: the name of the sections themselves."""

_BOM: Final = b"\xef\xbb\xbf"
_YAML: Final = b"---"
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


class Section(NamedTuple):
    """What is between the fences of a section, or without fences; and whether it is the first."""

    start: int
    end: int
    is_first: bool


def yaml_matter(data: bytes) -> tuple[int, int] | None:
    """Return where a front matter in YAML begins and ends, without its fences."""
    return front_matter(data) if data.removeprefix(_BOM).startswith(_YAML) else None


def body_start(data: bytes) -> int:
    """Return where the text begins, behind a front matter, or behind a byte order mark."""
    matter = front_matter(data)
    if matter:
        return data.find(b"\n", matter[1]) + 1 or len(data)
    return len(_BOM) if data.startswith(_BOM) else 0


def elsewhere(data: bytes) -> Iterator[Section]:
    """Yield the sections besides the front matter that may hold a label. Never raises."""
    start = body_start(data)
    fence = _FIRST_FENCE.match(data[start : start + MAX_BYTES])
    if fence and _HAS_KEY.search(fence[2]):
        yield Section(start + fence.start(2), start + fence.end(2), is_first=True)
        start += fence.end()
    start = max(start, len(data) - MAX_BYTES)
    last = _LAST.search(data, start) if data.find(_WORD, start) >= 0 else None
    if last:
        yield Section(*last.span(), is_first=False)


def label_in(data: bytes, section: Section) -> str | None:
    """Return the label that a section holds, as the text of a JSON object, or None."""
    keys = read_keys(_text(data[section.start : section.end])).keys
    found = (key.text for key in keys if key.name == LABEL)
    return next((text for text in found if text and text.startswith("{")), None)


def collect_from_text(data: bytes, fields: Fields) -> None:
    """Add what the sections of a text say. Never raises."""
    matter = front_matter(data)
    others = list(elsewhere(data))
    if matter:
        fields.add(f"markdown:{SECTION}", _text(data[slice(*matter)]))
    for section in others:
        fields.add(f"markdown:{SECTION}", _text(data[section.start : section.end]))
    matter = yaml_matter(data)
    if matter and matter[1] - matter[0] <= 4 * MAX_LENGTH:
        for key in read_keys(data[slice(*matter)].decode("utf-8", "replace")).keys:
            if key.text and key.name != SECTION:
                fields.add(f"markdown:{key.name}", key.text)
    for section in others:
        fields.add(f"markdown:{LABEL}", label_in(data, section) or "")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
