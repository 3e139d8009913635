"""What an HTML page says about itself: ``meta`` elements, JSON-LD, and attributes about AI.

HTML Living Standard, 13.2.5: tags are told apart as a browser does, so nothing counts that is in
comments, scripts, values or text. The work is linear: a page that breaks off within a tag or a
comment ends there.

Names: ``html:meta:name`` of ``name`` or ``property``, ``html:attribute:ai-disclosure`` and its
like wherever in the page, both in lower case, and ``html:jsonld`` for each such script.
"""

from __future__ import annotations

import codecs
import html
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ._head import RAW, past_declaration, script_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._fields import Fields

MAX_TAGS: Final = 300_000
"""Read of a page; half a second's work."""
ATTRIBUTES: Final = (
    b"ai-disclosure",
    b"aidisclosure",
    b"ai-model",
    b"aimodel",
    b"ai-provider",
    b"aiprovider",
)
"""Both spellings that were proposed to WICG and WHATWG."""

_MARKS: Final = frozenset(ATTRIBUTES)
_MARK: Final = re.compile(b"|".join(ATTRIBUTES), re.IGNORECASE)
_JSON_LD: Final = b"application/ld+json"
_HINTS: Final = (b"<meta", b"ld+json", *ATTRIBUTES)
_NAME: Final = rb"=?[^\t\n\f\r />=]++|="
_EQUALS: Final = rb"[\t\n\f\r ]*+="
_VALUE: Final = rb"\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\t\n\f\r >]*+"
_ATTRIBUTE: Final = re.compile(
    rb"(" + _NAME + rb")(?:" + _EQUALS + rb"[\t\n\f\r ]*+(" + _VALUE + rb"))?"
)
# A tag with a quote that is never closed is none, and not looked into again.
_TAG: Final = re.compile(
    rb"<(/?)([A-Za-z][^\t\n\f\r />]*+)((?:[\t\n\f\r /]++|(?:" + _NAME + rb")"
    rb"(?:" + _EQUALS + rb"[\t\n\f\r ]*+(?:" + _VALUE + rb")|(?!" + _EQUALS + rb")))*+)>"
)
_OPENING: Final = re.compile(rb"<(?=[A-Za-z!?/])")
_NAMED: Final = re.compile(rb"</?[A-Za-z]")
_WIDE: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class _StartTag(NamedTuple):
    """A start tag: ``attributes`` as they are written, ``content`` that of a script."""

    name: bytes
    attributes: bytes
    content: bytes


def collect_from_page(data: bytes, fields: Fields) -> None:
    """Add what the page says. Never raises."""
    for bom, codec in _WIDE:
        if data.startswith(bom):
            data = data[len(bom) :].decode(codec, "replace").encode()
    lowered = data.lower()
    hints = [hint for hint in _HINTS if hint in lowered]  # which is faster than from the end
    last = max((lowered.rfind(hint) for hint in hints), default=-1)
    has_marks = not _MARKS.isdisjoint(hints)
    for tag in _start_tags(data, last):
        if not fields.room:
            return
        if tag.name == b"meta":
            _add_meta(_attributes(tag), fields)
        elif tag.content and _is_json_ld(tag):
            fields.add("html:jsonld", tag.content.decode("utf-8", "replace"))
        if has_marks and _MARK.search(tag.attributes):
            found = _attributes(tag)
            for name in found.keys() & _MARKS:
                fields.add(f"html:attribute:{name.decode()}", found[name])


def _start_tags(data: bytes, last: int) -> Iterator[_StartTag]:
    """Yield the start tags of a page that begin up to ``last``; not those after too many."""
    at = 0
    for _ in range(MAX_TAGS):
        opening = _OPENING.search(data, at, last + 2)
        if opening is None:
            return
        at = opening.start()
        tag = _TAG.match(data, at)
        if tag is None:
            at = -1 if _NAMED.match(data, at) else past_declaration(data, at)
            if at < 0:
                return  # the page ends before this does
            continue
        at, name, content = tag.end(), tag[2].lower(), b""
        if tag[1]:
            continue
        if name == b"script":
            end = script_end(data, at)
            at, content = end, data[at:end]
        elif name in RAW:
            close = RAW[name].search(data, at)
            at = close.start() if close else len(data)
        yield _StartTag(name, tag[3], content)


def _attributes(tag: _StartTag) -> dict[bytes, str]:
    """Return the attributes by name in lower case; the first of a name counts."""
    found = dict[bytes, str]()
    for part in _ATTRIBUTE.finditer(tag.attributes):
        value = part[2] or b""
        value = value[1:-1] if value[:1] in {b'"', b"'"} else value
        found.setdefault(part[1].lower(), html.unescape(value.decode("utf-8", "replace")))
    return found


def _add_meta(attributes: dict[bytes, str], fields: Fields) -> None:
    content = attributes.get(b"content", "")
    for key in (b"name", b"property"):
        name = attributes.get(key, "").strip().lower()
        if name:
            fields.add(f"html:meta:{name}", content)


def _is_json_ld(tag: _StartTag) -> bool:
    media_type = _attributes(tag).get(b"type", "").partition(";")[0]
    return media_type.strip().lower().encode() == _JSON_LD
