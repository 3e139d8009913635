"""Changes the properties of an OOXML document: custom ones, and the core's of every package.

ISO/IEC 29500-1, 22.3 (custom), 29500-2, 8.3 (core). A part that is missing is added, with its
content type and a relationship of the package, without which Office would not look at it.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import AssetError, LabelError, MalformedAssetError

from ._changes import within
from ._content_types import CONTENT_TYPES
from ._xml_editing import Editing, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._document_parts import Parts
    from ._xml_editing import Element

    Texts = Mapping[str, tuple[str, ...]]

PLACES: Final = frozenset({"ooxml:custom", "ooxml:core"})

_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/"
_STRICT: Final = "http://purl.oclc.org/ooxml/officeDocument/"
_TYPES: Final = _PACKAGE + "content-types"
_RELATED: Final = _PACKAGE + "relationships"
_CORE: Final = _PACKAGE + "metadata/core-properties"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_RELATIONSHIPS: Final = "_rels/.rels"
_LIST: Final = "list of content types"
_USER_DEFINED: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set of properties that users may name (22.3.2.1)."""
_PIDS: Final = range(2, 1 << 31)
"""Numbers that a property may have: 0 and 1 mean something else (22.3.2.2); Office has 31 bits."""
_PID: Final = re.compile(r"0*([0-9]{1,10})")
_DATE: Final = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?"
)
"""W3CDTF, as Office has it; it takes a document for damaged that has anything else there."""
_DATES: Final = ("created", "modified")
_OF_CORE: Final = {
    **dict.fromkeys(
        ("creator", "title", "subject", "description", "identifier", "language"), (_DC, "dc")
    ),
    **dict.fromkeys(_DATES, (_DCTERMS, "dcterms")),
    **dict.fromkeys(
        ("category", "contentStatus", "keywords", "lastModifiedBy", "version"), (_CORE, "cp")
    ),
}


class _Kind(NamedTuple):
    """A part that holds properties."""

    usual: str
    content_type: str
    relationships: tuple[str, ...]
    """The types of relationship that lead to it."""
    what: str


_CUSTOM_PART: Final = _Kind(
    "docProps/custom.xml",
    "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    (_OFFICE + "relationships/custom-properties", _STRICT + "relationships/customProperties"),
    "list of custom properties",
)
_CORE_PART: Final = _Kind(
    "docProps/core.xml",
    "application/vnd.openxmlformats-package.core-properties+xml",
    (_RELATED + "/metadata/core-properties", _STRICT + "relationships/metadata/core-properties"),
    "list of core properties",
)


def edit_ooxml(parts: Parts, changes: Texts) -> None:
    """Change the properties, ``ooxml:custom:…`` and ``ooxml:core:…``, in the parts they are in.

    Raises:
        AssetError, LabelError: it can't be done without damage.
    """
    if custom := within("ooxml:custom", changes):
        part, xml = _part(parts, _CUSTOM_PART)
        parts.put(part, _with_custom(xml, custom))
    if core := within("ooxml:core", changes):
        part, xml = _part(parts, _CORE_PART)
        parts.put(part, _with_core(xml, core))


# ---------------------------------------------------------------------------- the package


def _part(parts: Parts, kind: _Kind) -> tuple[str, bytes]:
    """Return the name of the part, related and with its type declared, and what is in it.

    Raises:
        AssetError: the package is not in order, or has several of the kind.
    """
    relations = Editing(parts.get(_RELATIONSHIPS), "list of relationships")
    found = [
        relation.attributes.get("Target", "").lstrip("/")
        for relation in relations.children(relations.root)
        if relation.attributes.get("Type") in kind.relationships
    ]
    part = found[0] if found else kind.usual
    is_there = part in parts
    if len(found) > 1 or (found and not is_there):
        raise MalformedAssetError(f"The document's {kind.what} is missing or there several times.")
    if part.lower() != kind.usual.lower() and kind.usual in parts:
        raise AssetError(f"The document has a second {kind.what}, which nothing refers to.")
    is_strict = any(
        relation.attributes.get("Type", "").startswith(_STRICT)
        for relation in relations.children(relations.root)
    )
    if not found:
        parts.put(_RELATIONSHIPS, _related(relations, kind, part, is_strict=is_strict))
    if typed := _typed(parts.get(CONTENT_TYPES), kind, part):
        parts.put(CONTENT_TYPES, typed)
    if is_there:
        return part, parts.get(part)
    return part, (_new_custom(is_strict=is_strict) if kind is _CUSTOM_PART else _NEW_CORE)


def _related(relations: Editing, kind: _Kind, part: str, *, is_strict: bool) -> bytes:
    """Return the package's relationships with one that leads to the part."""
    taken = {relation.attributes.get("Id", "") for relation in relations.elements}
    number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    is_custom = kind is _CUSTOM_PART
    relations.append(
        relations.root,
        relations.element(
            relations.root,
            Name(_RELATED, "Relationship"),
            attributes={
                Name("", "Id"): f"rId{number}",
                Name("", "Type"): kind.relationships[is_custom and is_strict],
                Name("", "Target"): part,
            }.items(),
        ),
    )
    return relations.edited()


def _typed(xml: bytes, kind: _Kind, part: str) -> bytes | None:
    """Return the list of content types with the part's in it, or None if it is."""
    listed = Editing(xml, _LIST)
    if listed.root.name != f"{_TYPES} Types":
        raise MalformedAssetError(f"The document's {_LIST} is another file.")
    for override in listed.children(listed.root):
        if override.attributes.get("PartName", "").lower() == f"/{part.lower()}":
            if override.attributes.get("ContentType") != kind.content_type:
                raise MalformedAssetError(
                    f"The document's {kind.what} is said to be another file."
                )
            return None
    listed.append(
        listed.root,
        listed.element(
            listed.root,
            Name(_TYPES, "Override"),
            attributes={
                Name("", "PartName"): f"/{part}",
                Name("", "ContentType"): kind.content_type,
            }.items(),
        ),
    )
    return listed.edited()


# ---------------------------------------------------------------------------- properties

_HEADER: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
_NEW_CORE: Final = (
    _HEADER
    + (
        f'<cp:coreProperties xmlns:cp="{_CORE}" xmlns:dc="{_DC}" xmlns:dcterms="{_DCTERMS}"'
        f' xmlns:xsi="{_XSI}"/>'
    ).encode()
)


def _new_custom(*, is_strict: bool) -> bytes:
    base, name = (_STRICT, "customProperties") if is_strict else (_OFFICE, "custom-properties")
    spaces = f'xmlns="{base}{name}" xmlns:vt="{base}docPropsVTypes"'
    return _HEADER + f"<Properties {spaces}/>".encode()


def _with_custom(xml: bytes, changes: Texts) -> bytes:
    """Return the custom properties with ``changes``; one that is changed keeps its number."""
    editing = Editing(xml, _CUSTOM_PART.what)
    uri, _, local = editing.root.name.rpartition(" ")
    if local != "Properties" or not uri.startswith((_OFFICE, _STRICT)):
        raise MalformedAssetError(f"The document's {_CUSTOM_PART.what} is another file.")
    listed = editing.children(editing.root)
    taken = {_pid(each) for each in listed}
    free = (pid for pid in count(_PIDS.start) if pid not in taken)
    for name, texts in changes.items():
        alike = [each for each in listed if _called(each).casefold() == name.casefold()]
        if any(_called(each) != name for each in alike):
            # Office takes the two for one (MS-OLEPS, 2.18.1).
            raise LabelError(f"The document has a property like {name!a:.80}, in another case.")
        kept = alike[0] if alike else None
        made = b""
        if texts:
            pid = (_pid(kept) if kept else 0) or next(free)
            made = _property(editing, uri, name, pid, texts[0])
        if kept:
            editing.replace(kept, made)
        elif made:
            editing.append(editing.root, made)
        for other in alike[1:]:
            editing.replace(other, b"")
    return editing.edited()


def _called(each: Element) -> str:
    return each.attributes.get("name", "")


def _pid(each: Element) -> int:
    """Return a property's number, or 0 if it has none that it may have."""
    found = _PID.fullmatch(each.attributes.get("pid", ""))
    return int(found[1]) if found and int(found[1]) in _PIDS else 0


def _property(editing: Editing, uri: str, name: str, pid: int, text: str) -> bytes:
    base = uri.rpartition("/")[0]
    value = editing.element(
        editing.root, Name(f"{base}/docPropsVTypes", "lpwstr", "vt"), editing.text(text)
    )
    attributes = {
        Name("", "fmtid"): _USER_DEFINED,
        Name("", "pid"): str(pid),
        Name("", "name"): name,
    }
    return editing.element(editing.root, Name(uri, "property"), value, attributes.items())


def _with_core(xml: bytes, changes: Texts) -> bytes:
    """Return the core properties with ``changes``; each is there once at the most."""
    editing = Editing(xml, _CORE_PART.what)
    if editing.root.name != f"{_CORE} coreProperties":
        raise MalformedAssetError(f"The document's {_CORE_PART.what} is another file.")
    for name, texts in changes.items():
        if name not in _OF_CORE:
            raise LabelError(f"Documents have no core property that is called {name!a:.80}.")
        if name in _DATES and texts and not _DATE.fullmatch(texts[0]):
            raise LabelError(
                f"The core property {name} takes a date such as 2026-11-23T10:00:00Z."
            )
        uri, prefix = _OF_CORE[name]
        full = f"{uri} {name}"
        there = [each for each in editing.children(editing.root) if each.name == full]
        text = editing.text(texts[0]) if texts else b""
        if there and text:
            editing.fill(there[0], text)
        elif text:
            kind = {Name(_XSI, "type", "xsi"): "dcterms:W3CDTF"} if name in _DATES else {}
            made = editing.element(editing.root, Name(uri, name, prefix), text, kind.items())
            editing.append(editing.root, made)
        for other in there[bool(text) :]:
            editing.replace(other, b"")
    return editing.edited()
