"""Changes what an OpenDocument file says about itself in ``meta.xml``.

OpenDocument 1.3, part 3, 4.3: fields of its own, and those that users name. Encrypted entries are
plain ones to ZIP, so the manifest tells whether there are any (part 2, 3.4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, LabelError, MalformedAssetError

from ._changes import within
from ._xml_editing import Editing, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._document_parts import Parts

    Texts = Mapping[str, tuple[str, ...]]

PLACES: Final = frozenset({"odf:user", "odf"})

_BASE: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE: Final = _BASE + "office:1.0"
_META: Final = _BASE + "meta:1.0"
_MANIFEST: Final = _BASE + "manifest:1.0"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_META_PART: Final = "meta.xml"
_MANIFEST_PART: Final = "META-INF/manifest.xml"
_WHAT: Final = "meta.xml"
_ENCRYPTED: Final = b"encryption-data"
_USER: Final = "user:"
_FIELDS: Final = {
    **dict.fromkeys(("title", "description", "subject", "creator", "language"), (_DC, "dc")),
    **dict.fromkeys(("initial-creator", "creation-date", "generator"), (_META, "meta")),
}
_NEW: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<office:document-meta xmlns:office="{_OFFICE}" xmlns:meta="{_META}" xmlns:dc="{_DC}"'
    ' office:version="%s"><office:meta/></office:document-meta>'
)
_FIRST_VERSION: Final = "1.1"
"""Of a manifest that names none (part 2, 4.4)."""


def edit_odf(parts: Parts, changes: Texts) -> None:
    """Change the fields ``odf:…`` and ``odf:user:…`` in the document's ``meta.xml``.

    Raises:
        AssetError, LabelError: it can't be done without damage.
    """
    manifest = parts.get(_MANIFEST_PART)
    if _ENCRYPTED in manifest:
        raise AssetError("The document is encrypted, and a mark in it would not be.")
    fields = within("odf", changes)
    if _META_PART in parts:
        xml = parts.get(_META_PART)
    else:
        listed = Editing(manifest, "manifest")
        version = listed.root.attributes.get(f"{_MANIFEST} version", _FIRST_VERSION)
        xml = (_NEW % version).encode()
        parts.put(_MANIFEST_PART, _listed(listed))
    parts.put(_META_PART, _with_fields(xml, fields))


def _listed(manifest: Editing) -> bytes:
    """Return the manifest with ``meta.xml`` in it."""
    path = Name(_MANIFEST, "full-path", "manifest")
    full = f"{path.uri} {path.local}"
    if all(each.attributes.get(full) != _META_PART for each in manifest.elements):
        attributes = {path: _META_PART, Name(_MANIFEST, "media-type", "manifest"): "text/xml"}
        entry = Name(_MANIFEST, "file-entry", "manifest")
        made = manifest.element(manifest.root, entry, attributes=attributes.items())
        manifest.append(manifest.root, made)
    return manifest.edited()


def _with_fields(xml: bytes, changes: Texts) -> bytes:
    """Return ``meta.xml`` with ``changes``; a field is there once at the most."""
    editing = Editing(xml, _WHAT)
    meta = editing.child(editing.root, f"{_OFFICE} meta")
    if editing.root.name != f"{_OFFICE} document-meta" or meta is None:
        raise MalformedAssetError("The document's meta.xml has no fields, or is another file.")
    key = Name(_META, "name", "meta")
    for name, texts in changes.items():
        is_user = name.startswith(_USER)
        if is_user:
            tag, called = Name(_META, "user-defined", "meta"), name.removeprefix(_USER)
            attributes = {key: called, Name(_META, "value-type", "meta"): "string"}
        elif name in _FIELDS:
            uri, prefix = _FIELDS[name]
            tag, called, attributes = Name(uri, name, prefix), None, {}
        else:
            raise LabelError(f"OpenDocument has no field of one text called {name!a:.80}.")
        there = [
            each
            for each in editing.children(meta)
            if each.name == f"{tag.uri} {tag.local}"
            and (called is None or each.attributes.get(f"{key.uri} {key.local}") == called)
        ]
        made = b""
        if texts:
            text = editing.text(texts[0])
            made = editing.element(meta, tag, text, attributes.items())
        if there:
            editing.replace(there[0], made)
        elif made:
            editing.append(meta, made)
        for other in there[1:]:
            editing.replace(other, b"")
    return editing.edited()
