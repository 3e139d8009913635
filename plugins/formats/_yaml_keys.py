r"""The keys at the outermost level of a YAML section: which lines each has, and what it says.

No more of YAML 1.2 than that, so nothing can grow: quotes, brackets and block scalars are followed
only to tell a key from text that looks like one. Told are plain and quoted values of one line, and
maps of such, as the text of a JSON object of strings. What is in no such form has lines, and no
text. The work is linear.

>>> [(key.name, key.text) for key in read_keys("a: 'it''s'\nAIGC:\n  Label: '1'\n").keys]
[('a', "it's"), ('AIGC', '{"Label":"1"}')]
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from ._yaml_scan import BLANK, Scanner, indent_of

MAX_LENGTH: Final = 1 << 18
"""Characters of a section that is looked into; a tenth of a second's work, and real ones have a
thousandth of it."""

_BREAKS: Final = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
"""What ends a line for some versions of YAML and not for others."""
_DOUBLE: Final = r"\"((?:[^\"\\]++|\\.)*+)\""
_SINGLE: Final = r"'((?:[^']++|'')*+)'"
_PLAIN: Final = r"([^\s\-?:,\[\]{}#&*!|>'\"%@`](?:[^:#]++|:(?![ \t]|$)|(?<![ \t])#)*+)"
_KEY: Final = re.compile(rf"(?:{_DOUBLE}[ \t]*+|{_SINGLE}[ \t]*+|{_PLAIN}):(?=[ \t]|$)")
_QUOTED: Final = re.compile(rf"(?:{_DOUBLE}|{_SINGLE})(?:[ \t]++(?:#.*)?)?")
_IN_FLOW: Final = r"([^\s\-?:,\[\]{}#&*!|>'\"%@`][^:#,\[\]{}]*+)"
_PAIR: Final = re.compile(
    rf"[ \t]*+(?:{_DOUBLE}|{_SINGLE}|{_IN_FLOW})[ \t]*+:[ \t]++"
    rf"(?:{_DOUBLE}|{_SINGLE}|{_IN_FLOW}?+)[ \t]*+([,}}])"
)
_NOTHING: Final = re.compile(r"[ \t]*+(?:#.*)?")
_NOT_PLAIN: Final = re.compile(r"[\[{&*!|>%@`\]},]|[-?](?:[ \t]|$)|.*?:(?:[ \t]|$)")
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPES: Final = {
    **dict(zip('0abtnvfre "/\\\t', '\0\a\b\t\n\v\f\r\x1b "/\\\t', strict=True)),
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_BEGIN_CREDENTIAL: Final = "-----BEGIN C2PA MANIFEST-----"
_END_CREDENTIAL: Final = "-----END C2PA MANIFEST-----"


class Key(NamedTuple):
    """A key with all of its lines, from ``start`` to ``end``."""

    name: str
    start: int
    end: int
    text: str | None


class Keys(NamedTuple):
    """The keys of a section, in its order."""

    keys: tuple[Key, ...]
    problem: str
    """Why no key can be changed or added without doubt; or nothing."""


def read_keys(section: str) -> Keys:
    """Return the keys of a section. Never raises."""
    if len(section) > MAX_LENGTH:
        return Keys((), "it is too long")
    return _Reader(section).read()


class _Reader:
    """Reads one section line by line."""

    def __init__(self, section: str) -> None:
        self._section = section
        self._scanner = Scanner()
        self._found: list[Key] = []
        self._is_credential = False
        self._problem = ""

    def read(self) -> Keys:
        if _BREAKS.search(self._section):
            self._problem = "it has unusual line breaks"
        at = 0
        for line in self._section.split("\n"):
            end = min(at + len(line) + 1, len(self._section))
            self._read_line(line.removesuffix("\r"), at, end)
            at = end
        if self._scanner.is_open or self._is_credential:
            self._problem = self._problem or "something in it is never closed"
        keys = tuple(key._replace(text=self._text(key)) for key in self._found)
        return Keys(keys, self._problem)

    def _read_line(self, line: str, start: int, end: int) -> None:
        if self._is_credential or line.startswith(_BEGIN_CREDENTIAL):  # C2PA 2.5, A.9.4.2
            self._is_credential = _END_CREDENTIAL not in line
            return
        key = _KEY.match(line)
        is_inside = self._scanner.is_inside(line)
        if key and not is_inside:
            self._found.append(Key(_name(key), start, end, None))
        elif key:
            self._problem = (
                self._problem or "something in quotes or brackets goes on at the margin"
            )
        elif is_inside or line[:1] in {" ", "\t"} or line[:2] in {"-", "- "}:
            if self._found:
                self._found[-1] = self._found[-1]._replace(end=end)
            elif not _NOTHING.fullmatch(line):
                self._problem = self._problem or "it begins with something that has no key"
        elif not _NOTHING.fullmatch(line):
            self._problem = self._problem or f"it has a line without a key, {line[:40]!a}"
        self._scanner.feed(line)

    def _text(self, key: Key) -> str | None:
        first, *rest = self._section[key.start : key.end].replace("\r\n", "\n").split("\n")
        found = _KEY.match(first)
        value = first[found.end() :] if found else ""
        rest = [line for line in rest if not _NOTHING.fullmatch(line)]
        if not rest:
            return _in_one_line(value)
        return _map(rest) if _NOTHING.fullmatch(value) else None


def _name(key: re.Match[str]) -> str:
    return _chosen(key[1], key[2], key[3]) or key[1] or ""


def _in_one_line(value: str) -> str | None:
    value = value.strip(BLANK)
    return _object_text(value) or _flow_map(value) if value[:1] == "{" else _scalar(value)


def _scalar(value: str) -> str | None:
    """Return a value of one line without its quotes, or without the comment behind it."""
    value = value.strip(BLANK)
    if _NOTHING.fullmatch(value):
        return ""
    if value[0] in {"'", '"'}:
        quoted = _QUOTED.fullmatch(value)
        if quoted is None:
            return None
        return _chosen(quoted[1], quoted[2], None)
    plain = re.split(r"[ \t]#", value, maxsplit=1)[0].rstrip(BLANK)
    return None if _NOT_PLAIN.match(plain) else plain


def _unescaped(text: str) -> str | None:
    """Return what stands between double quotes, or None if that is no text (5.7)."""
    if any(found[4] and found[4] not in _ESCAPES for found in _ESCAPE.finditer(text)):
        return None
    try:
        made = _ESCAPE.sub(
            lambda found: (
                _ESCAPES[found[4]] if found[4] else chr(int(found[found.lastindex or 0], 16))
            ),
            text,
        )
        made.encode()
    except (ValueError, OverflowError):  # beyond Unicode, or half a character
        return None
    return made


def _map(lines: list[str]) -> str | None:
    """Return the map that lines make, all of one indent; None if they make something else."""
    made: dict[str, str] = {}
    indent = lines[0][: indent_of(lines[0])]
    for line in lines:
        found = _KEY.match(line, len(indent))
        if not indent or not line.startswith(indent) or not found or _name(found) in made:
            return None
        text = _in_one_line(line[found.end() :])
        if text is None:
            return None
        made[_name(found)] = text
    return text_of(made)


def _object_text(value: str) -> str | None:
    """Return the map that stands in one line, if it is JSON as well."""
    try:
        made = json.loads(value, parse_int=str, parse_float=str)
        json.dumps(made, ensure_ascii=False).encode()  # no half characters
    except (ValueError, RecursionError):
        return None
    if not isinstance(made, dict) or not all(isinstance(each, str) for each in made.values()):
        return None
    return text_of(made)


def _flow_map(value: str) -> str | None:
    """Return the map that stands in braces, of plain and quoted values (YAML 1.2.2, 7.4.2)."""
    made: dict[str, str] = {}
    at = 1
    while found := _PAIR.match(value, at):
        name, text = _chosen(found[1], found[2], found[3]), _chosen(found[4], found[5], found[6])
        if name is None or text is None or name in made:
            return None
        made[name] = text
        at = found.end()
        if found[7] == "}":
            return text_of(made) if _NOTHING.fullmatch(value, at) else None
    return None


def _chosen(double: str | None, single: str | None, plain: str | None) -> str | None:
    """Return what one of three ways to write a text stands for, or None if that is no text."""
    if double is not None:
        return _unescaped(double)
    return single.replace("''", "'") if single is not None else (plain or "").rstrip(BLANK)


def text_of(made: dict[str, str]) -> str:
    """Return a map as the text of a JSON object: of many spellings the one that is told."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))
