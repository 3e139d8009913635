"""The head of an HTML document, as a browser sees it: its elements and where it ends, in bytes.

HTML Living Standard, 13.2: the tokenizer, and the tree construction up to the end of the head.
What is not markup there is passed over as a browser does: comments, scripts, styles, titles,
templates, ``noscript``. The work is linear, and bounded by :data:`MAX_PARTS`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_PARTS: Final = 100_000
"""Tags and attributes read; real heads have some hundred."""

_SPACES: Final = re.compile(rb"[\t\n\f\r ]*+")
_TAG: Final = re.compile(rb"<(/?)([A-Za-z][^\t\n\f\r />]*+)")
_ATTRIBUTE: Final = re.compile(
    rb"[\t\n\f\r /]*+"
    rb"(=?[^\t\n\f\r />=]*+)"
    rb"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"([^\"]*+)\"|'([^']*+)'|(?![\"'])([^\t\n\f\r >]*+)))?"
)
_VALUE: Final = re.compile(rb"[\t\n\f\r ]*+=")
_DECLARATION: Final = re.compile(rb"<(?:[!?]|/(?![A-Za-z]).)", re.DOTALL)
_COMMENT_END: Final = re.compile(rb"--!?>")
_SCRIPT_PARTS: Final = re.compile(rb"<!--|-->|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE)
RAW: Final = {
    name: re.compile(rb"</" + name + rb"(?=[\t\n\f\r />])", re.IGNORECASE)
    for name in b"title style noframes noscript textarea xmp iframe noembed".split()
}
_VOID: Final = frozenset((b"base", b"basefont", b"bgsound", b"link", b"meta"))
_RAW_IN_HEAD: Final = frozenset((b"title", b"style", b"noframes", b"noscript", b"script"))
_CLOSES_HEAD: Final = frozenset((b"head", b"body", b"html", b"br"))
_OUTLINE: Final = frozenset((b"html", b"head", b"body", b"frameset"))


class Element(NamedTuple):
    """A ``script`` or ``link`` element of the head."""

    name: bytes
    start: int
    end: int
    """Past its end tag, or past its only tag."""
    content: bytes
    attributes: dict[bytes, bytes]
    is_whole: bool
    """Its end tag is there, and bare."""


class Head(NamedTuple):
    """What the beginning of a document has in its head, written or implied."""

    elements: tuple[Element, ...]
    end: int
    """Where one more element would still be in the head, as its last."""
    is_document: bool
    """Something before that end tells a document from a piece of one."""
    is_read: bool
    """The head comes to an end: within :data:`MAX_PARTS`, and not inside of an element."""


class _Tag(NamedTuple):
    name: bytes
    start: int
    end: int
    is_end: bool
    attributes: dict[bytes, bytes]


def read_head(data: bytes) -> Head:
    """Return what is in the document's head. Never raises, whatever the bytes."""
    return _HeadReader(data).read()


class _HeadReader:
    """Reads one document from its beginning to the end of its head."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self._parts = 0
        self._elements: list[Element] = []
        self._is_document = False
        self._has_head = False
        self._is_cut = False

    def read(self) -> Head:
        while self._parts < MAX_PARTS:
            self._at = _past_spaces(self._data, self._at)
            end = self._at
            if not self._step():
                return Head(tuple(self._elements), end, self._is_document, not self._is_cut)
        return Head(tuple(self._elements), self._at, self._is_document, is_read=False)

    def _step(self) -> bool:
        """Read one comment or element; return False at what ends the head."""
        data, at = self._data, self._at
        self._parts += 1
        if _DECLARATION.match(data, at):
            self._is_document |= data[at : at + 9].lower() == b"<!doctype"
            self._at = self._reached(past_declaration(data, at))
            return True
        tag = self._tag(at)
        if tag is None:
            return False
        self._is_document |= not tag.is_end and tag.name in _OUTLINE
        if tag.is_end:
            if tag.name in _CLOSES_HEAD:
                return False
            self._at = tag.end  # a parse error, and ignored
            return True
        if tag.name == b"head" and self._has_head:
            self._at = tag.end
            return True
        return self._element(tag)

    def _element(self, tag: _Tag) -> bool:
        if tag.name in _VOID:
            self._keep(tag, tag.end, b"", is_whole=True)
            self._at = tag.end
        elif tag.name in _RAW_IN_HEAD:
            self._at = self._past_raw(tag)
        elif tag.name == b"template":
            self._at = self._past_template(tag.end)
        elif tag.name in (b"html", b"head"):
            self._has_head |= tag.name == b"head"
            self._at = tag.end
        else:
            return False
        return True

    def _keep(self, tag: _Tag, end: int, content: bytes, *, is_whole: bool) -> None:
        self._is_document |= tag.name in (b"title", b"meta")
        if tag.name in (b"script", b"link"):
            element = Element(tag.name, tag.start, end, content, tag.attributes, is_whole)
            self._elements.append(element)

    def _past_raw(self, tag: _Tag) -> int:
        """Pass over an element whose content is no markup, and keep it if it is a script."""
        data = self._data
        close = script_end(data, tag.end) if tag.name == b"script" else _raw_end(data, tag)
        end_tag = self._tag(close) if close < len(data) else None
        end = end_tag.end if end_tag else self._reached(-1)
        is_bare = data[close:end].lower() == b"</" + tag.name + b">"
        self._keep(tag, end, data[tag.end : close], is_whole=is_bare)
        return end

    def _reached(self, at: int) -> int:
        """Return an offset; of a negative one, remember that the text ends before it."""
        self._is_cut |= at < 0
        return at if at >= 0 else len(self._data)

    def _past_template(self, at: int) -> int:
        """Return where a template ends that begins at ``at``; templates in it end with it."""
        data, depth = self._data, 1
        while depth and self._parts < MAX_PARTS:
            at = data.find(b"<", at)
            if at < 0:
                return self._reached(-1)
            self._parts += 1
            if _DECLARATION.match(data, at):
                at = self._reached(past_declaration(data, at))
                continue
            tag = self._tag(at)
            if tag is None:  # "<" by itself; or the text ends within a tag, and there is no more
                at = len(data) if _TAG.match(data, at) else at + 1
            elif tag.name == b"template":
                at, depth = tag.end, depth - 1 if tag.is_end else depth + 1
            elif tag.name == b"script" and not tag.is_end:
                at = script_end(data, tag.end)
            elif tag.name in RAW and not tag.is_end:
                at = _raw_end(data, tag)
            else:
                at = tag.end
        return at

    def _tag(self, at: int) -> _Tag | None:
        """Return the tag at ``at``, or None if there is none, or it doesn't end."""
        data = self._data
        found = _TAG.match(data, at)
        if found is None:
            return None
        attributes: dict[bytes, bytes] = {}
        place = found.end()
        while self._parts < MAX_PARTS:
            part = _ATTRIBUTE.match(data, place)
            if part is None or part.end() >= len(data):
                return None
            name = part[1].lower()
            if name and name not in attributes:  # the first of a name counts
                attributes[name] = part[2] or part[3] or part[4] or b""
            place = part.end()
            if data[place] == 0x3E:
                return _Tag(found[2].lower(), at, place + 1, bool(found[1]), attributes)
            if _VALUE.match(data, place):
                return None  # its quote is never closed
            self._parts += 1
        self._is_cut = True
        return None


def _past_spaces(data: bytes, at: int) -> int:
    found = _SPACES.match(data, at)
    return found.end() if found else at


def past_declaration(data: bytes, at: int) -> int:
    """Return where a comment ends, or what is taken for one, or a document type; -1 if nowhere."""
    if not data.startswith(b"<!--", at):
        return data.find(b">", at) + 1 or -1
    found = _COMMENT_END.search(data, at + 2)  # "<!-->" is a comment
    if found and found.end() - found.start() == 4 and found.start() < at + 4:
        found = _COMMENT_END.search(data, at + 4)  # but "<!--!>" is not
    return found.end() if found else -1


def _raw_end(data: bytes, tag: _Tag) -> int:
    found = RAW[tag.name].search(data, tag.end)
    return found.start() if found else len(data)


def script_end(data: bytes, at: int) -> int:
    """Return where a script's end tag begins (13.2.5.15 and what follows, 4.12.1.3)."""
    is_escaped = is_nested = False
    while found := _SCRIPT_PARTS.search(data, at):
        at = found.end()
        if found[0] == b"<!--":
            is_escaped = True
            at = found.start() + 2  # "<!-->" opens and closes
        elif found[0] == b"-->":
            is_escaped = is_nested = False
        elif found[1]:
            if not is_nested:
                return found.start()
            is_nested = False
        else:
            is_nested = is_escaped
    return len(data)
