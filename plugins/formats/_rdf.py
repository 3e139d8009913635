"""RDF/XML, as XMP and SVG hold it, told as flat names and texts.

Properties become names: ``dc:creator``, ``xmpMM:History/stEvt:softwareAgent``. Arrays
(``rdf:Bag``, ``rdf:Seq``, ``rdf:Alt``), nodes and ``rdf:value`` add nothing to a name, attributes
count as the elements that they are short for. XMP specification, part 1 (ISO 16684-1), clause 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ._fields import MAX_NAME, MAX_TOTAL
from ._namespaces import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._fields import Fields

MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 200_000
"""Of a packet. The longest editing histories have some 10,000."""
MAX_NAMESPACES: Final = 256
"""In scope at once."""
MAX_DECLARATIONS: Final = 20_000
"""Of namespaces; some writers repeat them for every property."""

_TRANSPARENT: Final = frozenset(("rdf:li", "rdf:value"))
_CONTAINERS: Final = frozenset(("rdf:Description", "rdf:Bag", "rdf:Seq", "rdf:Alt"))


class RdfLimitError(Exception):
    """The RDF goes beyond a limit; what was read so far stands."""


class _Frame(NamedTuple):
    """An open element."""

    scope: dict[str, str]  # what prefixes mean
    is_inside: bool = False  # of rdf:RDF
    holds_properties: bool = False  # rather than nodes
    path: str = ""  # that the names of its properties begin with
    name: str = ""  # that it has itself, if it holds nothing but text


class RdfReader:
    """Takes the events of an XML parser without namespaces; adds to ``fields``.

    Whatever is outside ``rdf:RDF`` is passed over. Prefixes that nobody declared stand for
    themselves.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._stack = [_Frame({})]
        self._text: list[str] = []
        self._is_leaf = False
        self._elements = 0
        self._declarations = 0
        self._characters = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open an element.

        Raises:
            RdfLimitError: there are too many, too deep, or the fields are full.
        """
        parent = self._stack[-1]
        self._elements += 1
        if (
            len(self._stack) > MAX_DEPTH
            or self._elements > MAX_ELEMENTS
            or (parent.is_inside and not self._fields.room)
        ):
            raise RdfLimitError
        scope = self._declare(parent.scope, attributes)
        full = element_name(scope, name)
        path = parent.path
        self._text = []
        self._is_leaf = True
        if not parent.is_inside:
            if full == "x:xmpmeta" and "x:xmptk" in attributes:  # the program that wrote it
                self._add("x:xmptk", attributes["x:xmptk"])
            frame = _Frame(scope, is_inside=full == "rdf:RDF")
        elif parent.holds_properties:
            if full not in _TRANSPARENT:
                path = _joined(path, full)
            is_node = self._add_attributes(path, attributes, scope)
            frame = _Frame(scope, is_inside=True, holds_properties=is_node, path=path, name=path)
        else:
            self._add_attributes(path, attributes, scope)
            # A typed node with nothing but text is no RDF, but a property written in haste.
            name = path if full in _CONTAINERS else _joined(path, full)
            frame = _Frame(scope, is_inside=True, holds_properties=True, path=path, name=name)
        self._stack.append(frame)

    def text(self, text: str) -> None:
        """Take text of the element that was opened last.

        Raises:
            RdfLimitError: there is more in all than any fields could hold.
        """
        if self._is_leaf and self._stack[-1].is_inside:
            self._text.append(text)
            self._characters += len(text)
            if self._characters > MAX_TOTAL:
                raise RdfLimitError

    def end(self, _name: str) -> None:
        """Close the element that was opened last."""
        frame = self._stack.pop()
        if self._is_leaf and frame.is_inside:
            self._add(frame.name, "".join(self._text))
        self._is_leaf = False

    def _declare(self, scope: dict[str, str], attributes: Mapping[str, str]) -> dict[str, str]:
        """Return the scope with the namespaces that an element declares."""
        new = scope
        for name, value in attributes.items():
            if name.startswith("xmlns"):
                if new is scope:
                    new = scope.copy()
                prefix = PREFIXES.get(value)
                new[name[6:]] = f"{prefix}:" if prefix else f"{{{value[:MAX_NAME]}}}"
                self._declarations += 1
                if self._declarations > MAX_DECLARATIONS or len(new) > MAX_NAMESPACES:
                    raise RdfLimitError
        return new

    def _add_attributes(
        self, path: str, attributes: Mapping[str, str], scope: dict[str, str]
    ) -> bool:
        """Add what attributes are short for; return whether they make the element a node."""
        is_node = False
        for name, value in attributes.items():
            full = attribute_name(scope, name)
            if full.startswith("rdf:"):
                if full in ("rdf:resource", "rdf:value"):
                    self._add(path, value)
                elif full == "rdf:parseType":
                    is_node = value == "Resource"
            elif full:
                self._add(_joined(path, full), value)
        return is_node

    def _add(self, path: str, text: str) -> None:
        if path:
            self._fields.add(f"xmp:{path}", text.strip())


def attribute_name(scope: Mapping[str, str], name: str) -> str:
    """Return an attribute's name with the usual prefix; nothing for those of XML itself.

    Without a prefix is how RDF's own were written before 2004.
    """
    if ":" not in name:
        return "" if name == "xmlns" else f"rdf:{name}"
    return "" if name.startswith("xml") else element_name(scope, name)


def element_name(scope: Mapping[str, str], name: str) -> str:
    """Return an element's name with the usual prefix."""
    prefix, _, local = name.rpartition(":")
    return scope.get(prefix, f"{prefix}:" if prefix else "") + local


def _joined(path: str, name: str) -> str:
    """Return the name of a part; one that is too long stays so, and is left out in the end."""
    return f"{path}/{name}"[: MAX_NAME + 1] if path else name[: MAX_NAME + 1]
