"""XML in which each fact is one element: told as a list of elements without children.

Names are without their prefixes, as the documents that are read so mix nothing up. A DTD is
refused, and with it every entity; what comes before a mistake stands.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, NamedTuple
from xml.parsers import expat

MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 50_000
"""Of a document. A book of a thousand chapters lists some 3000."""


class Leaf(NamedTuple):
    """An element with nothing but text in it."""

    name: str
    attributes: dict[str, str]
    text: str
    parent: str
    parent_attributes: dict[str, str]


class Leaves(NamedTuple):
    """What a document holds; ``root`` is empty if there is none."""

    root: str
    found: list[Leaf]


class _LimitError(Exception):
    """The document goes beyond a limit, or has a DTD."""


def read_leaves(xml: bytes) -> Leaves:
    """Return the elements without children, in the document's order. Never raises."""
    reader = _Reader()
    # The last two: an encoding that nobody knows.
    with suppress(expat.ExpatError, _LimitError, ValueError, LookupError):
        reader.read(xml)
    return Leaves(reader.root, reader.found)


class _Reader:
    """Takes the events of an XML parser."""

    def __init__(self) -> None:
        self.root = ""
        self.found: list[Leaf] = []
        self._stack: list[tuple[str, dict[str, str]]] = [("", {})]
        self._text: list[str] = []
        self._is_leaf = False
        self._elements = 0

    def read(self, xml: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text_part
        parser.StartDoctypeDeclHandler = _refuse
        parser.Parse(xml, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._stack) > MAX_DEPTH:
            raise _LimitError
        named = {_local(key): value for key, value in attributes.items()}
        self._stack.append((_local(name), named))
        self.root = self.root or _local(name)
        self._is_leaf = True
        self._text = []

    def _end(self, _name: str) -> None:
        name, attributes = self._stack.pop()
        if self._is_leaf:
            self.found.append(Leaf(name, attributes, "".join(self._text), *self._stack[-1]))
        self._is_leaf = False

    def _text_part(self, text: str) -> None:
        if self._is_leaf:
            self._text.append(text)


def _refuse(*_about: object) -> None:
    raise _LimitError


def _local(name: str) -> str:
    return name.rpartition(":")[2]
