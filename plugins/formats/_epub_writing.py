"""Changes what an e-book's package document says about the book, in its ``meta`` elements.

EPUB 3.3, 5.5.3: ``<meta property="schema:digitalSourceType">…</meta>``, whose prefix is one of the
reserved ones (appendix D.1) or declared in the package's ``prefix``, where the namespaces of XMP
serve as they are. EPUB 2 (OPF 2.0.1, 2.2) has ``<meta name="…" content="…"/>`` for whatever name,
which EPUB 3 allows as well (5.5.7.1) and which is how names without a prefix are written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, LabelError, LimitExceededError, MalformedAssetError

from ._changes import within
from ._namespaces import PREFIXES
from ._xml_editing import Editing, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._document_parts import Parts
    from ._xml_editing import Element

    Texts = Mapping[str, tuple[str, ...]]

PLACES: Final = frozenset({"epub:meta"})
MAX_PACKAGES: Final = 4
"""Renditions of one book; most have one."""

_CONTAINER: Final = "META-INF/container.xml"
_OPF: Final = "http://www.idpf.org/2007/opf"
_PACKAGE_TYPE: Final = "application/oebps-package+xml"
_WHAT: Final = "package document"
_RESERVED: Final = {
    "a11y": "http://www.idpf.org/epub/vocab/package/a11y/#",
    "dcterms": "http://purl.org/dc/terms/",
    "marc": "http://id.loc.gov/vocabulary/",
    "media": "http://www.idpf.org/epub/vocab/overlays/#",
    "onix": "http://www.editeur.org/ONIX/book/codelists/current.html#",
    "rendition": "http://www.idpf.org/vocab/rendition/#",
    "schema": "http://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_URIS: Final = {prefix: uri for uri, prefix in reversed(PREFIXES.items())} | _RESERVED
_PREFIXED: Final = re.compile(r"([A-Za-z_][\w.-]*):([A-Za-z_][\w.-]*)", re.ASCII)
_DECLARATION: Final = re.compile(r"(\S+):\s+(\S+)")
_TOLD_APART: Final = "generator"
"""A name that reading tells as ``epub:generator``."""


def edit_epub(parts: Parts, changes: Texts) -> None:
    """Change the fields ``epub:meta:…`` in each package document of the book.

    Raises:
        AssetError, LabelError: it can't be done without damage.
    """
    container = Editing(parts.get(_CONTAINER), "container")
    packages = {
        each.attributes.get("full-path", ""): None
        for each in container.elements
        if each.local == "rootfile" and each.attributes.get("media-type") == _PACKAGE_TYPE
    }
    if len(packages) > MAX_PACKAGES:
        raise LimitExceededError("The book has too many package documents.")
    if not packages:
        raise MalformedAssetError("The book's container names no package document.")
    fields = within("epub:meta", changes)
    for package in packages:
        parts.put(package, _Package(parts.get(package)).changed(fields))


class _Package:
    """A package document (EPUB 3.3, 5.4).

    Raises:
        AssetError: it is not of version 2 or 3.
    """

    def __init__(self, xml: bytes) -> None:
        self._editing = Editing(xml, _WHAT)
        root = self._editing.root
        self._version = root.attributes.get("version", "")[:2]
        found = self._editing.child(root, f"{_OPF} metadata")
        if root.name != f"{_OPF} package" or self._version not in ("2.", "3.") or found is None:
            raise MalformedAssetError("The book's package document is of an unknown version.")
        self._metadata = found
        self._listed = self._editing.children(found)
        if any(each.local == "dc-metadata" for each in self._listed):
            raise AssetError("The book's package document has its metadata in an old form.")
        declared = root.attributes.get("prefix", "")
        self._prefixes = dict(_DECLARATION.findall(declared))
        self._declared = [declared] if declared else []

    def changed(self, changes: Texts) -> bytes:
        """Return the package document with ``changes``.

        Raises:
            LabelError: there is no way to write one.
        """
        before = len(self._declared)
        for name, texts in changes.items():
            self._change(name, texts)
        if len(self._declared) > before:
            joined = " ".join(self._declared)
            self._editing.set_attribute(self._editing.root, "prefix", joined)
        return self._editing.edited()

    def _change(self, name: str, texts: tuple[str, ...]) -> None:
        there = [each for each in self._listed if each.local == "meta" and _called(each) == name]
        if name == _TOLD_APART or any("refines" in each.attributes for each in there):
            raise LabelError(f"The book's field {name!a:.80} is not one to be changed.")
        made = self._made(name, texts[0]) if texts else b""
        if there:
            self._editing.replace(there[0], made)
        elif made:
            self._editing.append(self._metadata, made)
        for other in there[1:]:
            self._editing.replace(other, b"")

    def _made(self, name: str, text: str) -> bytes:
        meta = Name(_OPF, "meta")
        found = _PREFIXED.fullmatch(name)
        if self._version == "2." or not found:
            said = {Name("", "name"): name, Name("", "content"): text}
            return self._editing.element(self._metadata, meta, attributes=said.items())
        self._declare(found[1])
        said = {Name("", "property"): name}
        inside = self._editing.text(text)
        return self._editing.element(self._metadata, meta, inside, said.items())

    def _declare(self, prefix: str) -> None:
        """Have a prefix declared, if it isn't, and isn't reserved.

        Raises:
            LabelError: nobody knows what it means, or it means something else here.
        """
        uri = _URIS.get(prefix, "")
        there = self._prefixes.get(prefix)
        if prefix in _RESERVED if there is None else there == uri:
            return
        if not uri or there is not None:
            raise LabelError(f"The prefix {prefix!a:.40} means something else in this book.")
        self._prefixes[prefix] = uri
        self._declared.append(f"{prefix}: {uri}")


def _called(meta: Element) -> str:
    return meta.attributes.get("property") or meta.attributes.get("name", "")
