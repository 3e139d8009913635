"""XML changed in places: every byte elsewhere stays, as no XML writer would leave it.

Namespaces count, prefixes don't: new elements take the prefixes that the document has, or declare
their own. A document type is refused, and with it every entity. So are encodings in which ASCII
characters are not single bytes; where the encoding is not UTF-8, others are written as references.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.parsers import expat

from credlabel.errors import AssetError, LimitExceededError, MalformedAssetError

from ._splicing import Edit, spliced

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 50_000
"""As many as reading goes through."""
MAX_NAMESPACES: Final = 256
"""In scope at once."""

_LIMITS: Final = (MAX_ELEMENTS, MAX_DEPTH, MAX_NAMESPACES)
_DECLARED: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)"
)
_SINGLE_BYTES: Final = re.compile(rb"us-ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
_TAG: Final = re.compile(
    # Possessive: a name or a value may be as long as the whole document.
    rb"""<(?P<name>[^\s<>"'/]++)(?:[^<>"'/]|"[^"]*+"|'[^']*+'|/(?!>))*+(?P<empty>/?)>"""
)
_END_TAG: Final = re.compile(rb"</[^<>]*+>")
_SPECIAL: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_IN_ATTRIBUTE: Final = {**_SPECIAL, "\n": "&#10;", "\t": "&#9;"}


class Element(NamedTuple):
    """An element: ``start`` to ``inside`` its tag, ``close`` to ``end`` the end tag.

    Names are ``URI local``, or ``local`` without a namespace. ``scope`` has the URIs by prefix.
    ``place`` is its own in the list of elements.
    """

    place: int
    name: str
    attributes: dict[str, str]
    scope: dict[str, str]
    start: int
    inside: int
    close: int
    end: int
    text: str
    """Of an element with nothing but text in it."""

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(" ")[2]


class Name(NamedTuple):
    """A name in a namespace, and the prefix that is usual for it."""

    uri: str
    local: str
    prefix: str = ""


class Editing:
    """An XML document being edited.

    Args:
        xml: the document.
        what: what it is to the user: "The document's ... is broken."

    Raises:
        AssetError: it is not well-formed, or not of a kind that is edited here.
    """

    def __init__(self, xml: bytes, what: str) -> None:
        self._xml = xml
        self._what = what
        found = _DECLARED.match(xml)
        encoding = found[1].lower() if found else b"utf-8"
        self._is_utf8 = encoding in (b"utf-8", b"utf8")
        if b"\0" in xml[:4] or not (self._is_utf8 or _SINGLE_BYTES.fullmatch(encoding)):
            raise AssetError(f"The document's {what} is not in UTF-8.")
        reader = _Reader(xml, what)
        self.elements = reader.elements
        self._children = reader.children
        self._edits: list[Edit] = []
        self._added: dict[int, list[bytes]] = {}

    # ------------------------------------------------------------------ looking

    @property
    def root(self) -> Element:
        """The outermost element."""
        return self.elements[0]

    def children(self, parent: Element) -> list[Element]:
        """Return the elements directly in ``parent``."""
        return [self.elements[place] for place in self._children[parent.place]]

    def child(self, parent: Element, name: str) -> Element | None:
        """Return the first element of this name directly in ``parent``, or None."""
        return next((found for found in self.children(parent) if found.name == name), None)

    # ------------------------------------------------------------------ changing

    def element(
        self,
        within: Element,
        name: Name,
        inside: bytes = b"",
        attributes: Iterable[tuple[Name, str]] = (),
        *,
        declaring: Iterable[Name] = (),
    ) -> bytes:
        """Return an element as it is written ``within`` another, with ``inside`` in it.

        ``declaring`` has names whose prefixes are declared in it, for what is inside.
        """
        declared = {key.prefix: key.uri for key in declaring}
        tag = self._prefixed(within, name, declared, is_attribute=False)
        written = "".join(
            f' {self._prefixed(within, key, declared, is_attribute=True)}="{_attribute(value)}"'
            for key, value in attributes
        )
        spaces = "".join(
            f' xmlns{":" if prefix else ""}{prefix}="{_attribute(uri)}"'
            for prefix, uri in declared.items()
        )
        start = self._encoded(f"<{tag}{spaces}{written}>")
        return start + inside + self._encoded(f"</{tag}>")

    def text(self, text: str) -> bytes:
        """Return ``text`` as it is written between tags."""
        return self._encoded("".join(_SPECIAL.get(each, each) for each in text))

    def append(self, parent: Element, made: bytes) -> None:
        """Add what was made as the last thing in ``parent``."""
        self._added.setdefault(parent.place, []).append(made)

    def replace(self, element: Element, made: bytes) -> None:
        """Put what was made, or nothing, in the place of ``element``."""
        self._edits.append(Edit(element.start, element.end, made))

    def fill(self, element: Element, inside: bytes) -> None:
        """Put ``inside`` in the place of what is in ``element``, whose tag stays."""
        if element.inside < element.end:
            self._edits.append(Edit(element.inside, element.close, inside))
        else:
            self._edits.append(self._opened(element, inside))

    def set_attribute(self, element: Element, name: str, value: str) -> None:
        """Give ``element`` an attribute without namespace, in place of the one that it has."""
        tag = self._xml[element.start : element.inside]
        made = self._encoded(f'{name}="{_attribute(value)}"')
        # Values before it are skipped whole: they may look like attributes.
        found = re.match(
            rb"""<[^\s"'/>]++(?:\s++(?!%s[\s=])[^\s"'=]++\s*+=\s*+(?:"[^"]*+"|'[^']*+'))*+\s++"""
            rb"""(?P<old>%s\s*+=\s*+(?:"[^"]*+"|'[^']*+'))""" % ((name.encode(),) * 2),
            tag,
        )
        if found:
            start, end = (element.start + at for at in found.span("old"))
            self._edits.append(Edit(start, end, made))
        else:
            at = element.start + (_tag(tag).end("name"))
            self._edits.append(Edit(at, at, b" " + made))

    def edited(self) -> bytes:
        """Return the document with all changes."""
        edits = list(self._edits)
        for place, added in self._added.items():
            element, made = self.elements[place], b"".join(added)
            if element.inside < element.end:
                edits.append(Edit(element.close, element.close, made))
            else:
                edits.append(self._opened(element, made))
        return spliced(self._xml, edits)

    def _opened(self, element: Element, inside: bytes) -> Edit:
        """Return the edit that puts ``inside`` into an element without end tag."""
        tag = _tag(self._xml[element.start : element.end])["name"]
        slash = element.end - 2
        return Edit(slash, element.end, b">%s</%s>" % (inside, tag))

    def _prefixed(
        self, within: Element, name: Name, declared: dict[str, str], *, is_attribute: bool
    ) -> str:
        if not name.uri and is_attribute:
            return name.local
        for prefix, uri in {**within.scope, **declared}.items():
            if uri == name.uri and (prefix or not is_attribute):
                return f"{prefix}:{name.local}" if prefix else name.local
        declared[name.prefix] = name.uri
        return f"{name.prefix}:{name.local}" if name.prefix else name.local

    def _encoded(self, text: str) -> bytes:
        return text.encode() if self._is_utf8 else text.encode("ascii", "xmlcharrefreplace")


class _Reader:
    """Takes the events of an XML parser."""

    def __init__(self, xml: bytes, what: str) -> None:
        self._xml = xml
        self._what = what
        self.elements: list[Element] = []
        self.children: list[list[int]] = []
        """The places of the elements directly in each."""
        self._open: list[int] = []
        self._scopes: list[dict[str, str]] = [{}]
        self._new: dict[str, str] = {}
        self._text: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._refuse
        try:
            self._parser.Parse(xml, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self._broken() from error

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self._new[prefix or ""] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        tag = _TAG.match(self._xml, at)
        if not tag:
            raise self._broken()
        scope = {**self._scopes[-1], **self._new} if self._new else self._scopes[-1]
        self._new = {}
        counts = (len(self.elements), len(self._open), len(scope))
        if any(n >= most for n, most in zip(counts, _LIMITS, strict=True)):
            raise LimitExceededError(f"The document's {self._what} is too large or involved.")
        self._scopes.append(scope)
        place = len(self.elements)
        if self._open:
            self.children[self._open[-1]].append(place)
        self._open.append(place)
        self.children.append([])
        self._text.clear()
        end = tag.end()
        self.elements.append(
            Element(place, name, attributes, scope, at, end, end, end if tag["empty"] else 0, "")
        )

    def _end(self, _name: str) -> None:
        place = self._open.pop()
        self._scopes.pop()
        element = self.elements[place]
        if element.end:
            return
        close = self._parser.CurrentByteIndex
        tag = _END_TAG.match(self._xml, close)
        if not tag:
            raise self._broken()
        text = "".join(self._text) if place == len(self.elements) - 1 else ""
        self.elements[place] = element._replace(close=close, end=tag.end(), text=text)

    def _refuse(self, *_: object) -> None:
        raise MalformedAssetError(f"The document's {self._what} has a document type.")

    def _broken(self) -> MalformedAssetError:
        return MalformedAssetError(f"The document's {self._what} is broken.")


def _tag(tag: bytes) -> re.Match[bytes]:
    found = _TAG.match(tag)
    if not found:  # it was found before
        raise MalformedAssetError("The document's XML is broken.")
    return found


def _attribute(value: str) -> str:
    return "".join(_IN_ATTRIBUTE.get(each, each) for each in value)
