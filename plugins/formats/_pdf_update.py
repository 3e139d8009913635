"""What a label changes in a PDF: the catalogue, and the lists of attachments (C2PA 2.5, A.4).

The file specification of the manifest store is named in the catalogue's ``/AF``, where readers
look for it, and in the tree of names ``/EmbeddedFiles``, as A.4.2.1 asks for. Where there is an
earlier store, the new one takes its place, with the same object numbers, and nothing else changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import AssetError, MalformedAssetError

from ._pdf_document import NULL, Document
from ._pdf_syntax import (
    DAMAGED,
    Reference,
    array,
    dictionary,
    entries_of,
    items_of,
    name,
    reference,
    string,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._pdf_objects import Stored

STORE_NAME: Final = b"content_credential.c2pa"
MAX_TREE_DEPTH: Final = 16

ATTACHED: Final = "The PDF lists its attachments in a form to which none can be added safely."
SEVERAL: Final = "The PDF has more than one credential, or one that is not where readers look."

_RELATIONSHIP: Final = b"/C2PA_Manifest"


class Carried(NamedTuple):
    """The manifest store that a document has."""

    specification: Reference
    stream: Reference
    stored: Stored


class Update(NamedTuple):
    """What is written to the end of a document."""

    objects: dict[Reference, bytes]
    stream: Reference
    """The manifest store's."""
    next_number: int


def carried_in(document: Document) -> Carried | None:
    """Return the document's manifest store, found as c2pa-rs finds it, or None.

    Raises:
        AssetError: there are several, or it is somewhere else.
    """
    associated = document.root().get(b"/AF")
    listed = document.resolve(associated)
    items = _items(listed) if listed[:1] == b"[" else [associated or NULL]
    stores = [item for item in items if _is_store(document, item)]
    if not stores:
        return None
    specification = reference(stores[0])
    root = reference(document.trailer[b"/Root"])
    if len(stores) > 1 or specification in (None, root) or listed[:1] != b"[":
        raise AssetError(SEVERAL)
    files = entries_of(document.resolve(stores[0])).get(b"/EF")
    stream = reference(entries_of(document.resolve(files)).get(b"/F", b""))
    stored = document.load(stream) if stream else None
    if not stream or not stored or stored.stream is None:
        raise AssetError(SEVERAL)
    return Carried(specification, stream, stored)


def _is_store(document: Document, item: bytes) -> bool:
    value = document.resolve(item)
    if value[:2] != b"<<":
        return False
    relationship = document.resolve(entries_of(value).get(b"/AFRelationship"))
    return name(relationship) == _RELATIONSHIP


def _items(value: bytes) -> list[bytes]:
    return [] if value == NULL else items_of(value)


def update_of(document: Document) -> Update:
    """Return what has to be written so that the document has a manifest store, and only one.

    Raises:
        AssetError: it can't be done without harm.
    """
    carried = carried_in(document)
    if carried:
        body = _specification(carried.stream)
        return Update({carried.specification: body}, carried.stream, document.index.next_number)
    at = document.index.next_number
    stream, specification = Reference(at, 0), Reference(at + 1, 0)
    root = reference(document.trailer[b"/Root"])
    entries = document.root()
    if not root:
        raise MalformedAssetError(DAMAGED)
    listed = document.resolve(entries.get(b"/AF"))
    if listed[:2] == b"<<":  # one alone
        listed = array([entries[b"/AF"]])
    entries[b"/AF"] = array([*_items(listed), bytes(specification)])
    names = _Names(document, specification)
    entries[b"/Names"] = names.in_place(entries.get(b"/Names"), names.with_files)
    changed = {root: dictionary(entries), specification: _specification(stream), **names.changed}
    return Update(changed, stream, at + 2)


def _specification(stream: Reference) -> bytes:
    """Return the file specification (7.11.3) of the manifest store.

    ISO 19005-3, 6.8, asks for both names and the relationship, ISO 14289-1, 7.11, for both names.
    """
    store_name = b"(%s)" % STORE_NAME
    return dictionary(
        {
            b"/Type": b"/Filespec",
            b"/F": store_name,
            b"/UF": store_name,
            b"/AFRelationship": _RELATIONSHIP,
            b"/Desc": b"(Content Credentials)",
            b"/EF": b"<</F %s/UF %s>>" % (bytes(stream), bytes(stream)),
        }
    )


class _Names:
    """Adds one name to the tree of embedded files (7.9.6), keeping it in order."""

    def __init__(self, document: Document, specification: Reference) -> None:
        self._document = document
        self._pair = [b"(%s)" % STORE_NAME, bytes(specification)]
        self.changed: dict[Reference, bytes] = {}

    def in_place(self, value: bytes | None, change: Callable[[bytes], bytes]) -> bytes:
        """Return ``value`` changed; of a reference, the object that it refers to is changed."""
        found = reference(value) if value else None
        made = change(self._document.resolve(value))
        if not found or self._document.resolve(value) == NULL:
            return made
        self.changed[found] = made
        return bytes(found)

    def with_files(self, value: bytes) -> bytes:
        """Return the dictionary of names with the name added to its embedded files."""
        entries = _entries(value)
        entries[b"/EmbeddedFiles"] = self.in_place(entries.get(b"/EmbeddedFiles"), self._with_name)
        return dictionary(entries)

    def _with_name(self, value: bytes, depth: int = 0) -> bytes:
        """Return a node of the tree with the name added to it, or to one below."""
        entries = _entries(value)
        if depth > MAX_TREE_DEPTH or (b"/Kids" in entries and b"/Names" in entries):
            raise AssetError(ATTACHED)
        if b"/Kids" in entries:
            entries[b"/Kids"] = self.in_place(
                entries[b"/Kids"], lambda kids: self._with_kid(kids, depth)
            )
        else:
            entries[b"/Names"] = self.in_place(entries.get(b"/Names"), self._with_pair)
        if depth:
            first, last = self._limits(entries)
            mine = self._pair[0]
            least = mine if _key(first) > STORE_NAME else first
            most = mine if _key(last) < STORE_NAME else last
            entries[b"/Limits"] = array([least, most])
        return dictionary(entries)

    def _with_kid(self, value: bytes, depth: int) -> bytes:
        """Return the nodes below, with the name added to the last one that begins before it."""
        kids = items_of(value)
        if not kids:
            raise AssetError(ATTACHED)
        chosen = 0
        for place, kid in enumerate(kids):
            first = self._limits(_entries(self._document.resolve(kid)))[0]
            if _key(first) <= STORE_NAME:
                chosen = place
        if not reference(kids[chosen]):
            raise AssetError(ATTACHED)
        self.in_place(kids[chosen], lambda node: self._with_name(node, depth + 1))
        return value

    def _limits(self, entries: dict[bytes, bytes]) -> tuple[bytes, bytes]:
        limits = [self._document.resolve(limit) for limit in self._limit_items(entries)]
        if len(limits) != 2:
            raise AssetError(ATTACHED)
        return limits[0], limits[1]

    def _limit_items(self, entries: dict[bytes, bytes]) -> list[bytes]:
        return _items(self._document.resolve(entries.get(b"/Limits")))

    def _with_pair(self, value: bytes) -> bytes:
        items = _items(value)
        keys = [_key(self._document.resolve(key)) for key in items[::2]]
        if len(items) % 2 or STORE_NAME in keys:
            raise AssetError(ATTACHED)
        place = next((n for n, key in enumerate(keys) if key > STORE_NAME), len(keys))
        return array([*items[: 2 * place], *self._pair, *items[2 * place :]])


def _entries(value: bytes) -> dict[bytes, bytes]:
    return {} if value == NULL else entries_of(value)


def _key(value: bytes) -> bytes:
    found = string(value)
    if found is None:
        raise AssetError(ATTACHED)
    return found
