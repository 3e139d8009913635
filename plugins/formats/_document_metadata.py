"""What documents in ZIP archives say about themselves, in entries of their own.

- OOXML (ISO/IEC 29500-2, 11; 29500-1, 15.2.12): ``ooxml:core:creator``,
  ``ooxml:app:Application``, ``ooxml:custom:name``;
- OpenDocument (1.3, part 3, 4.3): ``odf:generator``, ``odf:creator``, ``odf:user:name``;
- EPUB (3.3, 5.5): ``epub:title``, ``epub:creator``, ``epub:generator``, ``epub:meta:property``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._archive import read_archive
from ._flat_xml import read_leaves
from ._reading import read_at
from ._unpacking import beginning

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._archive import Entry
    from ._fields import Fields

MAX_PART_BYTES: Final = 8 << 20
"""Of an entry, unpacked; what is longer is cut."""
MAX_PARTS: Final = 8
"""Entries looked into."""

_RELATIONSHIPS: Final = "_rels/.rels"
_CONTAINER: Final = "meta-inf/container.xml"
_ODF_META: Final = "meta.xml"
# Where programs put the parts; the relationships may say otherwise.
_USUAL: Final = {
    "docprops/core.xml": "core",
    "docprops/app.xml": "app",
    "docprops/custom.xml": "custom",
}
_BY_RELATIONSHIP: Final = {
    "core-properties": "core",
    "extended-properties": "app",
    "extendedproperties": "app",  # of ISO/IEC 29500 strict
    "custom-properties": "custom",
    "customproperties": "custom",
}
_OOXML_ROOTS: Final = frozenset(("coreProperties", "Properties"))
_EPUB_METADATA: Final = frozenset(("metadata", "dc-metadata", "x-metadata"))

NAMES: Final = (*_USUAL, _RELATIONSHIPS, _CONTAINER, _ODF_META)
"""In lower case. An archive that lists none of them has nothing to tell."""


def collect_from_archive(source: BinaryIO, fields: Fields) -> None:
    """Add what the document says, of whichever kind it is. Never raises."""
    try:
        archive = read_archive(source)
    except AssetError:
        return
    parts = _Parts(source, {entry.name.lower(): entry for entry in archive.entries})
    _collect_ooxml(parts, fields)
    _collect_odf(parts, fields)
    _collect_epub(parts, fields)


class _Parts:
    """The entries of an archive by name, in any case, unpacked within limits."""

    def __init__(self, source: BinaryIO, entries: dict[str, Entry]) -> None:
        self._source = source
        self._entries = entries
        self._left = MAX_PARTS

    def read(self, name: str) -> bytes:
        """Return an entry's bytes; none if it is not there, or not to be unpacked."""
        entry = self._entries.get(name.lower())
        if entry is None or entry.is_encrypted or not self._left:
            return b""
        self._left -= 1
        data = read_at(self._source, entry.data, min(entry.packed, MAX_PART_BYTES))
        return beginning(data, entry.method, MAX_PART_BYTES) or b""


def _collect_ooxml(parts: _Parts, fields: Fields) -> None:
    for name, kind in _ooxml_parts(parts).items():
        for leaf in read_leaves(parts.read(name)).found:
            if leaf.parent == "property" and kind == "custom":
                fields.add(f"ooxml:custom:{leaf.parent_attributes.get('name', '')}", leaf.text)
            elif leaf.parent in _OOXML_ROOTS and kind != "custom":
                fields.add(f"ooxml:{kind}:{leaf.name}", leaf.text)


def _ooxml_parts(parts: _Parts) -> dict[str, str]:
    """Return which entries hold properties, and of which kind; some programs relate them not."""
    found = dict[str, str]()
    for leaf in read_leaves(parts.read(_RELATIONSHIPS)).found:
        relationship = leaf.attributes.get("Type", "").lower().rpartition("/")[2]
        if relationship in _BY_RELATIONSHIP:
            target = leaf.attributes.get("Target", "").lower().lstrip("/")
            found[target] = _BY_RELATIONSHIP[relationship]
    return found | _USUAL


def _collect_odf(parts: _Parts, fields: Fields) -> None:
    root, leaves = read_leaves(parts.read(_ODF_META))
    for leaf in leaves if root == "document-meta" else ():
        if leaf.name == "user-defined":
            fields.add(f"odf:user:{leaf.attributes.get('name', '')}", leaf.text)
        elif leaf.parent == "meta":
            fields.add(f"odf:{leaf.name}", leaf.text)


def _collect_epub(parts: _Parts, fields: Fields) -> None:
    for rootfile in read_leaves(parts.read(_CONTAINER)).found:
        package = read_leaves(parts.read(rootfile.attributes.get("full-path", "")))
        for leaf in package.found if package.root == "package" else ():
            if leaf.parent in _EPUB_METADATA:
                _add_epub(leaf.name, leaf.attributes, leaf.text, fields)


def _add_epub(name: str, attributes: dict[str, str], text: str, fields: Fields) -> None:
    """Add one fact: EPUB 2 has ``<meta name content>``, EPUB 3 ``<meta property>text``."""
    if name != "meta":
        fields.add(f"epub:{name}", text)
        return
    key = attributes.get("property") or attributes.get("name", "")
    place = "epub:generator" if key == "generator" else f"epub:meta:{key}"
    fields.add(place, text if "property" in attributes else attributes.get("content", ""))
