r"""Reads one map of plain values out of a YAML front matter: no more of YAML than that.

A tolerant reader of what is found in the wild: any indent, quoted or plain values, a map in one
line in braces. It knows no anchors, no tags, no nesting, so nothing can grow.

>>> read_map("AIGC:\n    Label: '1'\n    ProduceID: a-b # mine\ntitle: x", "AIGC")
{'Label': '1', 'ProduceID': 'a-b'}
"""

from __future__ import annotations

import re
from typing import Final

from ._foreign import object_of

MAX_LINES: Final = 1000
MAX_ENTRIES: Final = 100

_LINE: Final = re.compile(r"([ \t]*)([\w-]+|\"[\w-]+\"|'[\w-]+')[ \t]*:(?:[ \t]+(.*))?$")
_FLOW: Final = re.compile(r"(?<![\w-])([\w-]++)[\"']?[ \t]*:[ \t]*(\"[^\"]*\"|'[^']*'|[^,}]*)")


def read_map(text: str, key: str) -> dict[str, object]:
    """Return the entries of the map called ``key``, in its order; empty if there is none."""
    entries: dict[str, object] = {}
    indent: int | None = None
    for line in text.splitlines()[:MAX_LINES]:
        found = _LINE.match(line[:10_000].rstrip())
        depth = len(found[1]) if found else len(line) - len(line.lstrip())
        if indent is not None and line.strip() and depth <= indent:
            break
        if found is None:
            continue
        name, value = found[2].strip("\"'"), (found[3] or "").strip()
        if indent is not None:
            entries[name] = scalar(value)
            if len(entries) == MAX_ENTRIES:
                break
        elif name == key:
            indent = depth
            if value and not value.startswith("#"):
                return _in_one_line(value)
    return entries


def read_value(text: str, key: str) -> str:
    """Return the plain value of ``key`` at the outermost level, or nothing."""
    for line in text.splitlines()[:MAX_LINES]:
        found = _LINE.match(line[:10_000].rstrip())
        if found and not found[1] and found[2].strip("\"'") == key:
            return scalar((found[3] or "").strip())
    return ""


def keys(text: str) -> list[str]:
    r"""Return the keys at the outermost level.

    >>> keys("title: x\nAIGC:\n  Label: '1'")
    ['title', 'AIGC']
    """
    lines = (_LINE.match(line[:10_000].rstrip()) for line in text.splitlines()[:MAX_LINES])
    return [found[2].strip("\"'") for found in lines if found and not found[1]]


def scalar(value: str) -> str:
    """Return a value without its quotes, or without the comment behind it."""
    if value[:1] in {"'", '"'}:
        quote = value[0]
        end = value.rfind(quote)
        inner = value[1:end] if end else value[1:]
        return inner.replace("''", "'") if quote == "'" else inner.replace('\\"', '"')
    return "" if value.startswith("#") else value.partition(" #")[0].rstrip()


def _in_one_line(value: str) -> dict[str, object]:
    value = value if value.startswith("{") else scalar(value)
    whole = object_of(value)
    if whole is not None:
        return whole
    if not value.startswith("{"):
        return {}
    pairs = _FLOW.findall(value)[:MAX_ENTRIES]
    return {name: scalar(given.strip()) for name, given in pairs}
