"""What PDF/A (ISO 19005) asks of marks, so that a document that claims to be one stays one.

Parts 1 to 3 want every property in the XMP packet described in it, but for those of XMP's own
namespaces (part 1, 6.7.8; parts 2 and 3, 6.6.2.3); the description is a property, too. Part 1 asks
for the same texts in both places, where a text has two (6.7.3). Part 4 describes nothing, and has
no information dictionary (6.1.3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import LabelError

from ._namespaces import PREFIXES
from ._pdf_document import NULL
from ._pdf_syntax import entries_of, name
from ._xml_editing import Editing, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._pdf_document import Document
    from ._xml_editing import Element

    Texts = Mapping[str, tuple[str, ...]]

_CLAIM: Final = re.compile(rb"pdfaid:(part|conformance)\s*(?:>|=\s*[\"'])\s*(\w)")
_DESCRIBED_PARTS: Final = ("1", "2", "3")
_PREDEFINED: Final = frozenset(
    ("dc", "xmp", "xmpMM", "xmpRights", "xmpBJ", "xmpTPg", "pdf", "photoshop", "tiff", "exif")
)
"""XMP's own namespaces, as of 2004 and 2005, as far as anybody marks anything in them."""
_SAME: Final = {
    "Title": "dc:title",
    "Author": "dc:creator",
    "Subject": "dc:description",
    "Keywords": "pdf:Keywords",
    "Creator": "xmp:CreatorTool",
    "Producer": "pdf:Producer",
    "CreationDate": "xmp:CreateDate",
    "ModDate": "xmp:ModifyDate",
}
"""Entries of the information dictionary that are in the XMP packet as well."""
_BASE: Final = "http://www.aiim.org/pdfa/ns/"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DESCRIPTION, _BAG, _SEQ, _LI, _PARSE, _ABOUT = (
    Name(_RDF, local, "rdf") for local in ("Description", "Bag", "Seq", "li", "parseType", "about")
)
_WHAT: Final = "XMP packet"
_OLD: Final = "The document describes its properties for PDF/A in a form that is not changed here."
_URIS: Final = {prefix: uri for uri, prefix in reversed(PREFIXES.items())}


def archival_claim(packet: bytes | None) -> tuple[str, str]:
    """Return the part of ISO 19005 and the level that a document claims to conform to, if any."""
    found = dict(_CLAIM.findall((packet or b"").replace(b"\0", b"")))  # in UTF-16 every other byte
    part, level = (found.get(key, b"").decode("latin-1") for key in (b"part", b"conformance"))
    return part, level


def check_marks(document: Document, packet: bytes | None, said: Texts, properties: Texts) -> None:
    """Return if a document may have these entries and properties, and still be what it claims.

    The claim is in its ``packet``.

    Raises:
        LabelError: it may not.
    """
    part, _ = archival_claim(packet)
    if part == "4" and said:
        raise LabelError("PDF/A-4 has no information dictionary: the PDF would no longer conform.")
    if part != "1":
        return
    value = document.resolve(document.trailer.get(b"/Info"))
    there = {name(key)[1:].decode("latin-1") for key in entries_of(value)} if value != NULL else ()
    for key, same in _SAME.items():
        if key in said or (same in properties and key in there):
            raise LabelError(f"PDF/A-1 wants {key} and {same} alike: the PDF would not conform.")


def described(packet: bytes, changes: Texts) -> bytes:
    """Return a packet with the properties described that were written into it.

    Raises:
        LabelError, AssetError: the descriptions that are there can't be added to.
    """
    part, _ = archival_claim(packet)
    written = [tuple(key.split(":", 1)) for key, texts in changes.items() if texts]
    wanted = [key for key in written if len(key) == 2 and key[0] not in _PREDEFINED]
    if part not in _DESCRIBED_PARTS or not wanted:
        return packet
    editing = Editing(packet.rstrip(b"\0"), _WHAT)
    described = _Descriptions(editing)
    for prefix in dict.fromkeys(key[0] for key in wanted):
        described.add(prefix, [local for other, local in wanted if other == prefix])
    return described.finish()


def _name(of: str, local: str) -> Name:
    end = "" if of == "Extension" else "#"
    path = "extension/" if of == "Extension" else of.lower()
    return Name(f"{_BASE}{path}{end}", local, f"pdfa{of}")


_INNER: Final = (_name("Schema", ""), _name("Property", ""))


class _Descriptions:
    """The descriptions of properties in a packet (part 1, 6.7.8)."""

    def __init__(self, editing: Editing) -> None:
        self._editing = editing
        self._bag = self._one(_full(_name("Extension", "schemas")), _full(_BAG))
        self._made: list[bytes] = []

    def add(self, prefix: str, names: list[str]) -> None:
        """Describe the properties of one namespace, those that are not described yet."""
        uri = _URIS.get(prefix)
        if uri is None:
            raise LabelError(f"PDF/A wants {prefix}: described, and its namespace is unknown.")
        schema = self._schema(uri)
        if schema is None:
            self._made.append(self._new_schema(prefix, uri, names))
            return
        listed = self._editing.child(schema, _full(_name("Schema", "property")))
        rows = self._editing.child(listed, _full(_SEQ)) if listed else None
        if rows is None:
            raise LabelError(_OLD)
        there = {self._text(row, _name("Property", "name")) for row in self._rows(rows)}
        for name_of in names:
            if name_of not in there:
                self._editing.append(rows, self._property(rows, name_of))

    def finish(self) -> bytes:
        """Return the packet with everything that was added."""
        made = b"".join(self._made)
        if made and self._bag:
            self._editing.append(self._bag, made)
        elif made:
            rdf = next((e for e in self._editing.elements if e.name == f"{_RDF} RDF"), None)
            if rdf is None:
                raise LabelError(_OLD)
            bag = self._editing.element(rdf, _BAG, made)
            schemas = self._editing.element(rdf, _name("Extension", "schemas"), bag)
            about = next(
                (
                    each.attributes[_full(_ABOUT)]
                    for each in self._editing.children(rdf)
                    if _full(_ABOUT) in each.attributes
                ),
                "",
            )
            node = self._editing.element(rdf, _DESCRIPTION, schemas, [(_ABOUT, about)])
            self._editing.append(rdf, node)
        return self._editing.edited()

    # ------------------------------------------------------------------ what is there

    def _one(self, outer: str, inner: str) -> Element | None:
        """Return the only such element in the only such other, or None if there is none."""
        found = [each for each in self._editing.elements if each.name == outer]
        if not found:
            return None
        inside = self._editing.child(found[0], inner)
        if len(found) > 1 or inside is None:
            raise LabelError(_OLD)
        return inside

    def _rows(self, rows: Element) -> list[Element]:
        """Return the structures in an array, whichever way they are written (ISO 16684-1, 7)."""
        found = []
        for row in self._editing.children(rows):
            node = self._editing.child(row, _full(_DESCRIPTION))
            found.append(node or row)
        return found

    def _text(self, structure: Element, name_of: Name) -> str:
        field = self._editing.child(structure, _full(name_of))
        text = field.text if field else structure.attributes.get(_full(name_of), "")
        return text.strip()

    def _schema(self, uri: str) -> Element | None:
        for row in self._rows(self._bag) if self._bag else ():
            if self._text(row, _name("Schema", "namespaceURI")) == uri:
                return row
        return None

    # ------------------------------------------------------------------ what is new

    def _fields(self, of: str, within: Element, texts: Mapping[str, str]) -> bytes:
        return b"".join(
            self._editing.element(within, _name(of, key), self._editing.text(text))
            for key, text in texts.items()
        )

    def _new_schema(self, prefix: str, uri: str, names: list[str]) -> bytes:
        within = _with_prefixes(self._bag or self._editing.root)
        rows = b"".join(self._property(within, each) for each in names)
        sequence = self._editing.element(within, _SEQ, rows)
        inside = self._fields(
            "Schema",
            within,
            {"schema": f"{prefix} schema", "namespaceURI": uri, "prefix": prefix},
        ) + self._editing.element(within, _name("Schema", "property"), sequence)
        return self._row(within, inside, declaring=_INNER)

    def _property(self, within: Element, local: str) -> bytes:
        about = "How the document came about: " + local
        texts = {"name": local, "valueType": "Text", "category": "external", "description": about}
        return self._row(within, self._fields("Property", within, texts))

    def _row(self, within: Element, inside: bytes, declaring: tuple[Name, ...] = ()) -> bytes:
        parsed = [(_PARSE, "Resource")]
        return self._editing.element(within, _LI, inside, parsed, declaring=declaring)


def _with_prefixes(element: Element) -> Element:
    """Return an element as it would be if the prefixes of descriptions were declared in it."""
    return element._replace(scope=element.scope | {each.prefix: each.uri for each in _INNER})


def _full(name_of: Name) -> str:
    return f"{name_of.uri} {name_of.local}"
