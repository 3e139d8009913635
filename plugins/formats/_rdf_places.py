"""Where in the bytes of RDF/XML its simple properties stand, so that they can be changed there.

What counts as a property is the reader's to say (:mod:`._rdf`); this adds the places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from ._fields import Fields
from ._rdf import RdfReader, attribute_name, element_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

_TAG: Final = re.compile(rb"""<(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_BLANKS: Final = b" \t\r\n"


@dataclass(eq=False)
class Element:
    """An element: ``start`` … ``head`` is its start tag, ``tail`` … ``end`` its end tag."""

    parent: Element | None
    raw_name: str
    name: str
    scope: Mapping[str, str]
    attributes: Mapping[str, str]
    start: int
    head: int
    tail: int = 0
    end: int = 0
    children_end: int = 0  # where its last child ends, or ``head``

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is one tag, which begins and ends it."""
        return self.tail == self.end


@dataclass(eq=False)
class Occurrence:
    """A place that says a property: an element, or an attribute of one."""

    name: str
    element: Element
    attribute: tuple[int, int, int] | None = None
    """Where, if it is one (see :func:`attributes_in`)."""
    is_node: bool = False
    """An element where only nodes may stand."""


@dataclass
class Places:
    """Everything that changing properties has to know, in the order of the document."""

    roots: list[Element] = field(default_factory=list)
    """The outermost elements, of each document that there is."""
    rdf: list[Element] = field(default_factory=list)
    """The elements ``rdf:RDF``."""
    nodes: list[Element] = field(default_factory=list)
    """What stands in ``rdf:RDF``: descriptions."""
    occurrences: list[Occurrence] = field(default_factory=list)
    is_foreign: bool = False
    """Whether the text says that it is in another encoding than UTF-8."""


class Locator(RdfReader):
    """Notes in ``places`` where the properties called ``names`` stand.

    ``names`` are without ``xmp:``; ``text`` is UTF-8, of which ``base`` and on is parsed.
    """

    def __init__(self, text: bytes, base: int, names: Container[str], places: Places) -> None:
        super().__init__(Fields())
        self._bytes = text
        self._base = base
        self._names = names
        self._places = places
        self._parser = expat.ParserCreate("utf-8")
        self._open: list[Element] = []
        self.is_over = False
        """Whether the outermost element has been closed."""

    def parse(self, refuse: Callable[..., None]) -> None:
        """Parse what the base begins, up to the end.

        Raises:
            ExpatError: it is no sound XML, or something follows it. RdfLimitError: there is too
            much of it. Whatever ``refuse``, called for a document type, raises.
        """
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = refuse
        parser.XmlDeclHandler = self._declared
        parser.Parse(self._bytes[self._base :], True)

    @property
    def error_at(self) -> int:
        """Where, from the base, parsing came to an end with an error."""
        return self._parser.ErrorByteIndex

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._places.is_foreign |= (encoding or "utf-8").lower() != "utf-8"

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open an element; raises as the reader does."""
        above = self._stack[-1]
        super().start(name, attributes)
        frame = self._stack[-1]
        at = self._base + self._parser.CurrentByteIndex
        tag = _TAG.match(self._bytes, at)
        head = tag.end() if tag else at  # always: expat has read it
        parent = self._open[-1] if self._open else None
        full = element_name(frame.scope, name)
        element = Element(parent, name, full, frame.scope, attributes, at, head)
        element.children_end = head
        self._open.append(element)
        if parent is None:
            self._places.roots.append(element)
        if not above.is_inside:
            if frame.is_inside:
                self._places.rdf.append(element)
            return
        if parent and parent.name == "rdf:RDF":
            self._places.nodes.append(element)
        if not frame.path:
            self._note_attributes(element)
        elif not above.path and frame.path in self._names:
            self._places.occurrences.append(Occurrence(frame.path, element))

    def _note_attributes(self, element: Element) -> None:
        for name, place in attributes_in(self._bytes, element):
            full = attribute_name(element.scope, name)
            if full in self._names:
                self._places.occurrences.append(Occurrence(full, element, place))

    def end(self, name: str) -> None:
        """Close the element that was opened last."""
        frame = self._stack[-1]
        is_leaf = self._is_leaf
        element = self._open.pop()
        at = self._base + self._parser.CurrentByteIndex
        if at == element.head and self._bytes[at - 2 : at] == b"/>":
            element.tail = element.end = at
        else:
            element.tail = at
            element.end = self._bytes.index(b">", at) + 1
        if element.parent:
            element.parent.children_end = element.end
        else:
            self.is_over = True
        if is_leaf and frame.is_inside and not frame.path and frame.name in self._names:
            self._places.occurrences.append(Occurrence(frame.name, element, is_node=True))
        super().end(name)


def attributes_in(text: bytes, element: Element) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield the attributes of an element, as they are written there, with their places.

    That is where each begins with the blanks before it, its value begins and it ends.
    """
    at = element.start
    for found in _ATTRIBUTE.finditer(text[at : element.head]):
        value = found.start(2) if found[2] is not None else found.start(3)
        yield found[1].decode(), (at + found.start(), at + value, at + found.end())


def with_blanks_before(text: bytes, start: int) -> int:
    """Return where the blanks begin that stand before ``start``."""
    while start and text[start - 1] in _BLANKS:
        start -= 1
    return start
