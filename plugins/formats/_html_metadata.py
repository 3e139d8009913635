"""What an HTML page says about itself: ``meta`` elements, JSON-LD, and attributes about AI.

HTML Living Standard, 13.2.5: tags are told apart as a browser does, so nothing counts that is in
comments, scripts, templates, values or text. The work is linear: a page that breaks off within a
tag or a comment ends there.

Names: ``html:meta:name`` of ``name`` or ``property``, ``html:root:ai-disclosure`` and its like of
the ``html`` element, which speaks for the page, and ``html:attribute:ai-disclosure`` of any other,
all in lower case; and ``html:jsonld`` for each such script.
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
MARKS: Final = frozenset(
    (b"ai-disclosure", b"aidisclosure", b"ai-model", b"aimodel", b"ai-provider", b"aiprovider")
)
"""Both spellings that were proposed to WICG and WHATWG."""

_MARK: Final = re.compile(b"|".join(MARKS), re.IGNORECASE)
_JSON_LD: Final = b"application/ld+json"
_ESCAPED: Final = re.compile(r"<\\(?:((?i:/script))|u0021(--))")
_HINTS: Final = (b"<meta", b"ld+json", *MARKS)
_NAME: Final = rb"=?[^\t\n\f\r />=]++|="
_EQUALS: Final = rb"[\t\n\f\r ]*+="
_VALUE: Final = rb"\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\t\n\f\r >]*+"
ATTRIBUTE: Final = re.compile(
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


class StartTag(NamedTuple):
    """A start tag: ``attributes`` as they are written, ``content`` that of a script."""

    name: bytes
    start: int
    end: int
    attributes: bytes
    """All between the name and the ``>`` before ``end``."""
    content: bytes


def collect_from_page(data: bytes, fields: Fields) -> None:
    """Add what the page says. Never raises."""
    for bom, codec in _WIDE:
        if data.startswith(bom):
            data = data[len(bom) :].decode(codec, "replace").encode()
    lowered = data.lower()
    hints = [hint for hint in _HINTS if hint in lowered]  # which is faster than from the end
    last = max((lowered.rfind(hint) for hint in hints), default=-1)
    has_marks = not MARKS.isdisjoint(hints)
    for tag in start_tags(data, last):
        if not fields.room:
            return
        if tag.name == b"meta":
            found = attributes_of(tag)
            for name in meta_names(found):
                fields.add(f"html:meta:{name}", found.get(b"content", ""))
        elif tag.content and is_json_ld(tag):
            fields.add("html:jsonld", text_of_script(tag))
        if has_marks and _MARK.search(tag.attributes):
            _add_marks(tag, fields)


def start_tags(data: bytes, last: int) -> Iterator[StartTag]:
    """Yield the start tags of a page that begin up to ``last``; not those after too many."""
    at = depth = 0
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
        if name == b"template":
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if tag[1]:
            continue
        if name == b"script":
            end = script_end(data, at)
            at, content = end, data[at:end]
        elif name in RAW:
            close = RAW[name].search(data, at)
            at = close.start() if close else len(data)
        if not depth:
            yield StartTag(name, tag.start(), tag.end(), tag[3], content)


def attributes_of(tag: StartTag) -> dict[bytes, str]:
    """Return the attributes by name in lower case; the first of a name counts."""
    found = dict[bytes, str]()
    for part in ATTRIBUTE.finditer(tag.attributes):
        value = part[2] or b""
        value = value[1:-1] if value[:1] in {b'"', b"'"} else value
        found.setdefault(part[1].lower(), html.unescape(value.decode("utf-8", "replace")))
    return found


def meta_names(attributes: dict[bytes, str]) -> list[str]:
    """Return what a ``meta`` element's content is called: once, or twice."""
    given = (attributes.get(key, "").strip().lower() for key in (b"name", b"property"))
    return [name for name in given if name]


def is_json_ld(tag: StartTag) -> bool:
    """Return whether a start tag is that of linked data."""
    media_type = attributes_of(tag).get(b"type", "").partition(";")[0]
    return tag.name == b"script" and media_type.strip().lower().encode() == _JSON_LD


def text_of_script(tag: StartTag) -> str:
    """Return linked data as it is meant: with what would end the script, which is escaped."""
    text = tag.content.decode("utf-8", "replace")
    return _ESCAPED.sub(lambda found: f"<{found[1] or '!' + found[2]}", text)


def _add_marks(tag: StartTag, fields: Fields) -> None:
    """Add the attributes about AI; of several ``html`` tags the first that has one counts."""
    found = attributes_of(tag)
    for name in found.keys() & MARKS:
        place = f"html:{'root' if tag.name == b'html' else 'attribute'}:{name.decode()}"
        if tag.name != b"html" or not fields.first(place):
            fields.add(place, found[name])
