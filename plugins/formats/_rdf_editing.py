"""Changes simple properties in RDF/XML, and leaves every other byte where it is."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from credlabel.errors import LabelError, MalformedAssetError

from ._namespaces import PREFIXES
from ._rdf import attribute_name
from ._rdf_places import attributes_in, with_blanks_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._rdf_places import Element, Occurrence, Places

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_WRAPPERS: Final = frozenset(("x:xmpmeta", "x:xapmeta"))
_URIS: Final = {prefix: uri for uri, prefix in reversed(PREFIXES.items())}
_LOCAL_NAME: Final = re.compile(r"[^\W\d][\w.-]*")
_IN_TEXT: Final = {"\r": "&#13;"}
_IN_VALUE: Final = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;", "'": "&#39;"}


def edited(text: bytes, places: Places, changes: Mapping[str, str]) -> bytes:
    """Return ``text`` in which each property of ``changes`` says that, or is no more if empty.

    Raises:
        MalformedAssetError: it holds no RDF. LabelError: a property can't be written.
    """
    edits = _Edits(text, places)
    missing = {name: value for name, value in changes.items() if value}
    for occurrence in places.occurrences:
        value = missing.get(occurrence.name)
        if value is not None and edits.put(occurrence, value):
            del missing[occurrence.name]
        else:
            edits.remove(occurrence)
    edits.add(missing)
    edits.drop_emptied()
    return edits.applied()


class _Edits:
    """Replacements to make in a text, by where they begin."""

    def __init__(self, text: bytes, places: Places) -> None:
        self._text = text
        self._places = places
        self._edits: list[tuple[int, int, str]] = []
        self._touched: dict[Element, list[tuple[int, int]]] = defaultdict(list)  # removals in it
        self._kept: set[Element] = set()  # with a property that is put there

    def put(self, occurrence: Occurrence, value: str) -> bool:
        """Replace what a property says where it stands; return whether that can be.

        The attributes of its element go: they make it a structure, or are parts of that.
        """
        element = occurrence.element
        if occurrence.attribute:
            _, start, end = occurrence.attribute
            self._edits.append((start, end - 1, escape(value, _IN_VALUE)))
            self._kept.add(element)
            return True
        if occurrence.is_node:
            return False  # a text there is no RDF
        self._edits += [
            (start, end, "")
            for name, (start, _, end) in attributes_in(self._text, element)
            if not _is_xml(name)
        ]
        made = escape(value, _IN_TEXT)
        if element.is_empty_tag:
            made = f">{made}</{element.raw_name}>"
            self._edits.append((element.end - 2, element.end, made))
        else:
            self._edits.append((element.head, element.tail, made))
        return True

    def remove(self, occurrence: Occurrence) -> None:
        """Take a property out with the blanks before it."""
        element = occurrence.element
        owner: Element | None = element
        if occurrence.attribute:
            start, _, end = occurrence.attribute
        elif occurrence.is_node and any(not _is_xml(name) for name in element.attributes):
            start, end = element.head, element.tail  # the attributes are other properties
        else:
            start, end = with_blanks_before(self._text, element.start), element.end
            owner = element.parent
        self._edits.append((start, end, ""))
        if owner:
            self._touched[owner].append((start, end))

    def drop_emptied(self) -> None:
        """Remove the descriptions that say nothing any more."""
        for node in self._places.nodes:
            removed = self._touched.get(node)
            if removed and node.name == "rdf:Description" and self._is_void(node, removed):
                start = with_blanks_before(self._text, node.start)
                self._edits.append((start, node.end, ""))

    def _is_void(self, node: Element, removed: list[tuple[int, int]]) -> bool:
        if node in self._kept:
            return False
        at = node.head
        for start, end in sorted(removed):
            if start >= node.head:
                if self._text[at:start].strip():
                    return False
                at = end
        if self._text[at : node.tail].strip():
            return False
        attributes = {attribute_name(node.scope, name) for name in node.attributes}
        gone = sum(start < node.head for start, _ in removed)
        return len(attributes - {"", "rdf:about"}) <= gone

    def add(self, values: Mapping[str, str]) -> None:
        """Add properties to the last description, or to a new one behind it.

        Raises:
            MalformedAssetError: there is no RDF to add them to. LabelError: a name can't be one.
        """
        if not values:
            return
        if not self._places.rdf:
            self._add_rdf(values)
            return
        rdf = self._places.rdf[0]
        nodes = [node for node in self._places.nodes if node.parent is rdf]
        about = next((a for a in map(_about, nodes) if a is not None), "")
        last = nodes[-1] if nodes else None
        if last and (
            last.name != "rdf:Description" or last.is_empty_tag or (_about(last) or "") != about
        ):
            last = None
        here: dict[str, str] = {}
        anew: dict[str, str] = {}
        for name, value in values.items():
            prefix = name.partition(":")[0]
            is_declared = last and last.scope.get(prefix) == f"{prefix}:"
            (here if is_declared else anew)[name] = value
        if last and here:
            self._insert(last, "".join(_elements({name: name for name in here}, here)))
            self._kept.add(last)
        if anew:
            has_rdf = rdf.scope.get("rdf") == "rdf:"
            self._insert(rdf, _description(about, anew, declare_rdf=not has_rdf))

    def _add_rdf(self, values: Mapping[str, str]) -> None:
        root = self._places.roots[0] if self._places.roots else None
        if root is None or root.name not in _WRAPPERS:
            raise MalformedAssetError("Its XMP packet holds no RDF, which XMP is written in.")
        inner = _description("", values, declare_rdf=False)
        self._insert(root, f'\n <rdf:RDF xmlns:rdf="{_RDF}">{inner}\n </rdf:RDF>')

    def _insert(self, element: Element, made: str) -> None:
        """Insert behind the last child of ``element``."""
        if element.is_empty_tag:
            made = f">{made}\n</{element.raw_name}>"
            self._edits.append((element.end - 2, element.end, made))
        else:
            self._edits.append((element.children_end, element.children_end, made))

    def applied(self) -> bytes:
        """Return the text with all replacements made.

        Raises:
            MalformedAssetError: they touch each other, which no sound packet leads to.
        """
        encoding = "ascii" if self._places.is_foreign else "utf-8"
        parts: list[bytes] = []
        at = 0
        for start, end, made in sorted(self._edits, key=lambda edit: (edit[0], -edit[1])):
            if end <= at and not made:
                continue  # it went with the whole description
            if start < at:
                raise MalformedAssetError("Its XMP packet has properties within each other.")
            parts += (self._text[at:start], made.encode(encoding, "xmlcharrefreplace"))
            at = end
        return b"".join((*parts, self._text[at:]))


def _is_xml(attribute: str) -> bool:
    """Return whether an attribute says nothing, but how to read what is said."""
    return attribute.startswith(("xmlns", "xml:"))


def _about(node: Element) -> str | None:
    """Return what a description is about, if it says so."""
    for name, value in node.attributes.items():
        if attribute_name(node.scope, name) == "rdf:about":
            return value
    return None


def _description(about: str, values: Mapping[str, str], *, declare_rdf: bool) -> str:
    """Return a new description with its namespaces, on lines of its own."""
    namespaces = {"rdf": _RDF} if declare_rdf else {}
    written = {}
    for name in values:
        uri, prefix, local = _parts(name)
        if not prefix:
            known = [each for each, other in namespaces.items() if other == uri]
            prefix = known[0] if known else f"ns{len(namespaces) + 1}"
        namespaces[prefix] = uri
        written[name] = f"{prefix}:{local}"
    declared = "".join(
        f' xmlns:{prefix}="{escape(uri, _IN_VALUE)}"' for prefix, uri in namespaces.items()
    )
    return "".join(
        (
            f'\n  <rdf:Description rdf:about="{escape(about, _IN_VALUE)}"{declared}>',
            *_elements(written, values),
            "\n  </rdf:Description>",
        )
    )


def _elements(written: Mapping[str, str], values: Mapping[str, str]) -> Iterable[str]:
    for name, value in values.items():
        _parts(name)  # may it be one at all
        yield f"\n   <{written[name]}>{escape(value, _IN_TEXT)}</{written[name]}>"


def _parts(name: str) -> tuple[str, str, str]:
    """Return the namespace, usual prefix and local name of a property to write.

    Raises:
        LabelError: it has none that is known, or it can't be a simple property's.
    """
    if name.startswith("{"):
        uri, _, local = name[1:].partition("}")
        prefix = ""
        if uri in PREFIXES:
            uri = ""  # that is not what it is called
    else:
        prefix, _, local = name.partition(":")
        uri = _URIS.get(prefix, "")
    if not uri or uri == _RDF or not _LOCAL_NAME.fullmatch(local):
        raise LabelError(f"XMP can't hold a simple property called {name!r}.")
    return uri, prefix, local
