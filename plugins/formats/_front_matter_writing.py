"""Writes keys into the YAML front matter of a Markdown text, and leaves all else as it is.

TC260-PG-20258A, 6.5: a label is a map, of two blanks' indent and in single quotes. A key that is
there is replaced with all its lines; a new one is the last. There is one label in a file (GB
45438-2025, 6.1 c), so those that language models put elsewhere go, where that breaks nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import LabelError

from ._delimiters import DELIMITER, front_matter, may_have_front_matter
from ._front_matter import (
    LABEL,
    SECTION,
    body_start,
    elsewhere,
    label_in,
    yaml_matter,
)
from ._text import without
from ._yaml_keys import read_keys, text_of

if TYPE_CHECKING:
    from credlabel.hookspecs import Metadata

    from ._front_matter import Section

PLACES: Final = frozenset({"markdown"})

_PREFIX: Final = "markdown:"
_FIRST_FIELD: Final = "Label"
"""Of every label; what is called like one, and has none, is something else."""
_RULES: Final = (b"---", b"...")
_FENCE: Final = re.compile(rb"[ ]{0,3}(`{3,}+|~{3,}+)[^`]*+\Z")
# What is a text, and not a number or a truth, to any version of YAML.
_PLAIN_NAME: Final = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z_][\w.-]*")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def misplaced(data: bytes, changes: Metadata) -> dict[str, tuple[str, ...]]:
    """Return the label of ``changes`` where the text has one elsewhere, whatever that says."""
    name = _PREFIX + LABEL
    return {name: changes[name]} if name in changes and _labels(data) else {}


def rewritten(data: bytes, changes: Metadata, *, reserved: re.Pattern[bytes] | None) -> bytes:
    """Return the text so that it says ``changes``, and all else as before.

    ``reserved`` matches the beginning of a text that has to stay the first thing in it.

    Raises:
        LabelError: there is no place for keys, or none where a change would surely be understood.
    """
    wanted = dict[str, str]()
    for name, texts in changes.items():
        key = name.removeprefix(_PREFIX)
        if key in (name, SECTION, "") or len(texts) > 1:
            raise LabelError(
                f"A front matter has no place for {name!a:.80} with {len(texts)} texts."
            )
        wanted[key] = "".join(texts)
    made = data
    if LABEL in wanted:
        _check_labels(data)
        for section in reversed(_labels(data)):
            made = without(made, (_extent(made, section),))
    matter = front_matter(made)
    return _changed(made, matter, wanted) if matter else _headed(made, wanted, reserved)


def _headed(data: bytes, wanted: dict[str, str], reserved: re.Pattern[bytes] | None) -> bytes:
    """Return a text that has no front matter with one."""
    if may_have_front_matter(data):
        raise LabelError(
            "The text begins with a line that is a fence, or a rule, but with no front matter."
        )
    start = body_start(data)
    if reserved and reserved.match(data, start):
        raise LabelError(
            "The text begins with what may be a title block, or data: it has to stay in front."
        )
    eol = _line_end(data)
    lines = "".join(_lines(name, text, eol) for name, text in wanted.items() if text)
    fence = "---" + eol
    return data[:start] + f"{fence}{lines}{fence}".encode() * bool(lines) + data[start:]


def _changed(data: bytes, matter: tuple[int, int], wanted: dict[str, str]) -> bytes:
    """Return a text with other keys in its front matter; without it, if none are left."""
    if not yaml_matter(data):
        raise LabelError("The front matter is in TOML: labels are put into YAML only.")
    start, end = matter
    section = data[start:end].decode()
    found = read_keys(section)
    if found.problem:
        raise LabelError(
            f"The front matter is in no YAML that can be changed without doubt: {found.problem}."
        )
    eol, left = _line_end(data), dict(wanted)
    parts, at = list[str](), 0
    for key in found.keys:
        if key.name not in wanted:
            continue
        text = left.pop(key.name, "")
        is_same = text and text == key.text
        made = section[key.start : key.end] if is_same else _lines(key.name, text, eol)
        parts += (section[at : key.start], made)
        at = key.end
    parts.append(section[at:])
    parts += (_lines(name, text, eol) for name, text in left.items())
    made = "".join(parts)
    if made or not section:
        return data[:start] + made.encode() + data[end:]
    return data[: data.index(b"---")] + data[data.find(b"\n", end) + 1 or len(data) :]


# ---------------------------------------------------------------------------- YAML


def _lines(name: str, text: str, eol: str) -> str:
    """Return the lines of a key; none for no text."""
    if not text:
        return ""
    key = _name(name)
    entries = _map_of(text)
    if entries is None and name == LABEL:
        raise LabelError("The label is no JSON object of texts, written without blanks.")
    if not entries:
        return f"{key}: {_quoted(text)}{eol}"
    inner = (f"  {_name(entry)}: {_quoted(value)}{eol}" for entry, value in entries.items())
    return f"{key}:{eol}{''.join(inner)}"


def _map_of(text: str) -> dict[str, str] | None:
    """Return the map that the text of a JSON object stands for, if it would be told like that."""
    try:
        made = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(made, dict) or not all(isinstance(each, str) for each in made.values()):
        return None
    return made if text_of(made) == text else None


def _name(name: str) -> str:
    return name if name.isascii() and _PLAIN_NAME.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """Return a text in single quotes, or in double ones if something in it has to be escaped."""
    if text.isprintable() and not DELIMITER.search(text.encode("utf-8", "replace")):
        return "'" + text.replace("'", "''") + "'"
    # A delimiter of credentials, as it is, would count as one.
    escaped = "".join(
        _ESCAPES.get(one) or (one if one.isprintable() else _escape(one)) for one in text
    )
    return '"' + escaped.replace(" C2PA MANIFEST-", " C2PA MANIFEST\\x2D") + '"'


def _escape(character: str) -> str:
    code = ord(character)
    return (
        f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}" if code < 65536 else f"\\U{code:08X}"
    )


def _line_end(data: bytes) -> str:
    """Return what ends the first line, and so all of them."""
    first = data.find(b"\n")
    return "\r\n" if first > 0 and data[first - 1 : first] == b"\r" else "\n"


# ---------------------------------------------------------------------------- labels elsewhere


def _check_labels(data: bytes) -> None:
    """Return if what every label in the text says is known, so that it may be replaced.

    Raises:
        LabelError: one is in a form that is not understood.
    """
    matter = yaml_matter(data)
    sections = [matter] if matter else []
    sections += [(section.start, section.end) for section in elsewhere(data)]
    for start, end in sections:
        text = data[start:end].decode("utf-8", "replace")
        for key in read_keys(text).keys:
            is_told = key.name != LABEL or key.text is not None
            if not is_told and _FIRST_FIELD in text[key.start : key.end]:
                raise LabelError(
                    "The text has an AIGC label in a form that is not understood, and must not"
                    " have another one."
                )


def _labels(data: bytes) -> list[Section]:
    return [section for section in elsewhere(data) if label_in(data, section)]


def _extent(data: bytes, section: Section) -> tuple[int, int]:
    """Return (start, length) of a label besides the front matter, with its fences.

    Raises:
        LabelError: something else would go with it, or mean something else without it.
    """
    fail = LabelError(
        "The text has an AIGC label outside of its front matter, which can't be taken out without"
        " changing more: take it out by hand."
    )
    lines = data[section.start : section.end].splitlines()
    keys = read_keys("\n".join(line.decode() for line in lines if line.strip() not in _RULES))
    if keys.problem or [key.name for key in keys.keys] != [LABEL]:
        raise fail
    floor = body_start(data)
    if section.is_first:
        start = max(data.rfind(b"\n", 0, section.start - 1) + 1, floor)
        return start, (data.find(b"\n", section.end) + 1 or len(data)) - start
    start = section.start
    for closer in data[section.end :].split():
        above = _line_before(data, start)
        opener = data[above:start].rstrip()
        fence = _FENCE.match(opener)
        is_pair = closer.startswith(fence[1]) if fence else closer in _RULES and opener == b"---"
        if above == start or above < floor or not is_pair:
            raise fail
        start = above
    if data.startswith(b"---", start) and data[_line_before(data, start) : start].strip():
        raise fail  # what is above the line is a heading
    return start, len(data) - start


def _line_before(data: bytes, start: int) -> int:
    """Return where the line before the one at ``start`` begins."""
    return data.rfind(b"\n", 0, max(start - 1, 0)) + 1
