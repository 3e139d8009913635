"""HTML: a manifest store in a ``script`` element of the head, or the name of its place in a link.

C2PA 2.5, A.7. Bytes are bound as they are stored, in whatever encoding in which markup is ASCII.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import LimitExceededError, MalformedAssetError
from credlabel.hookspecs import Extraction, hookimpl

from . import _wrapper
from ._changes import write_changes
from ._fields import Fields
from ._fitting import LABEL_BYTES, fitted
from ._head import Element, Head, read_head
from ._html_metadata import collect_from_page
from ._html_writing import PLACES, rewritten
from ._reading import size_of
from ._searching import mentions, problem, too_long_to_search
from ._text import (
    MAX_TEXT_BYTES,
    encoding_objection,
    length_objection,
    price_of_label,
    read_text,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata, SignBinding

    from ._changes import Wanted

MEDIA_TYPE: Final = "text/html"
SEVERAL: Final = "credlabel.html.several-manifests"
BROKEN: Final = "credlabel.html.broken-manifest"

_STORE_TYPE: Final = b"application/c2pa"
_RELATION: Final = b"c2pa-manifest"
_HINT: Final = b"c2pa"
_BEGINNING: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<!--.*?-->\s*+)*+<(?:!doctype\s+html|html|head|body)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
_SPACE: Final = b"\t\n\f\r "
# Encodings in which bytes below 128 can mean something else than ASCII (WHATWG Encoding, 4.2).
_NOT_ASCII_LIKE: Final = re.compile(
    rb"charset\s*+=\s*+[\"']?+\s*+(utf-7|utf-16|utf-32|iso-2022|hz-gb|x-user-defined|csiso2022)",
    re.IGNORECASE,
)
_WIDE_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


class Html:
    """Pages in HTML syntax; XHTML is XML, and structured text."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)
    suffixes: Final = {".html": MEDIA_TYPE, ".htm": MEDIA_TYPE}
    family = "text"

    def accepts(self, head: bytes) -> str | None:
        """Return ``text/html`` if a document type or an outermost element says so."""
        return MEDIA_TYPE if _BEGINNING.match(head) else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return: every sequence of bytes is a page, and end tags may be left out."""

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the name that every association has in it is nowhere.

        Nor is there a wrapper (A.8), none of whose bytes has a case.
        """
        return mentions(source, (_HINT, _wrapper.BEGINNING), is_lowered=True)

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the page's ``meta`` elements, JSON-LD, and attributes about AI."""
        fields = Fields()
        if size_of(source) <= MAX_TEXT_BYTES:
            collect_from_page(read_text(source), fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return the places of elements in the head, and of attributes of the root."""
        return PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the page so that it says ``changes``; all other bytes are as they were.

        Raises:
            AssetError: the page is too long, in UTF-16, or has no head.
            LabelError: it is a piece of a page, or can't say that.
        """

        def write(wanted: Wanted) -> None:
            objection = length_objection(source)
            if objection:
                raise LimitExceededError(objection)
            data = read_text(source)
            head = read_head(data)
            objection = _objection(data, head)
            if objection:
                raise MalformedAssetError(objection)
            sink.write(rewritten(data, head, wanted))

        write_changes(self, source, sink, changes, write, places=PLACES)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why this page can't have an element for a credential, or None."""
        objection = length_objection(source)
        if objection:
            return objection
        data = _wrapper.without_wrappers(read_text(source))
        return _objection(data, read_head(data))

    def embedding_price(self, source: BinaryIO, name: str) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return why *auto* writes a sidecar: the element would dwarf the page."""
        return price_of_label(size_of(source), LABEL_BYTES)

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return the store, or the reference to one, in the document's head (A.7.1.4).

        Or else in an A.8 wrapper: the page may have been a text, or have one in it.
        """
        if not self.may_carry_credential(source):
            return None
        if size_of(source) > MAX_TEXT_BYTES:
            return too_long_to_search()
        data = read_text(source)
        found = _associations(read_head(data))
        if len(found) > 1:
            return problem(SEVERAL, _SEVERAL)
        return _carried_by(found[0]) if found else _wrapper.find(data)

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterator[bytes]:
        """Yield the rest of the bytes as they are (A.7.1.3); around a wrapper, normalised.

        Raises:
            AssetError: the page is too long, or the exclusions are not within it.
        """
        yield from _wrapper.bound_around(read_text(source), exclusions)

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write the page with a script element as the last one of its head.

        So nothing before it moves, and the encoding is declared where browsers look for it.

        Raises:
            CapacityError: no two stores are of one length, nor nearly.
            AssetError: there is no head, or the page is too long.
        """
        data, at = _prepared(source)

        def exclusion_for(length: int) -> tuple[int, int]:
            return at, len(_script(bytes(length)))

        store = fitted(exclusion_for, hashlib.sha256(data).digest(), sign)
        sink.writelines((data[:at], _script(store), data[at:]))

    def link(self, source: BinaryIO, sink: BinaryIO, reference: str) -> None:
        """Write the page with a link to ``reference`` as the last element of its head.

        Raises:
            AssetError: there is no head, or the page is too long.
        """
        data, at = _prepared(source)
        target = html.escape(reference).encode("ascii", "xmlcharrefreplace")
        element = b'<link rel="c2pa-manifest" href="' + target + b'" type="application/c2pa">'
        sink.writelines((data[:at], element, data[at:]))


def _script(store: bytes) -> bytes:
    return b'<script type="application/c2pa">' + base64.b64encode(store) + b"</script>"


def _prepared(source: BinaryIO) -> tuple[bytes, int]:
    """Return the page without its associations, and where one goes."""
    data = _wrapper.without_wrappers(read_text(source))
    ranges = [(one.start, one.end - one.start) for one in _associations(read_head(data))]
    data = without(data, ranges)
    head = read_head(data)
    objection = _objection(data, head)
    if objection:
        raise MalformedAssetError(objection)
    return data, head.end


def _objection(data: bytes, head: Head) -> str | None:
    if data.startswith(_WIDE_BOMS) or b"\0" in data:
        return encoding_objection(data)
    if _NOT_ASCII_LIKE.search(data[: head.end]):
        return "The page is in an encoding in which markup is not ASCII: convert it to UTF-8."
    if not head.is_read:
        return "The head of the page has too many elements, or never ends."
    if not head.is_document:
        return "The page is a fragment, or begins with something that is not HTML: it has no head."
    return None


def _associations(head: Head) -> list[Element]:
    """Return the elements that hold a store or refer to one; no others count (A.7.1)."""
    return [element for element in head.elements if _is_association(element)]


def _is_association(element: Element) -> bool:
    if element.name == b"script":
        return element.attributes.get(b"type", b"").strip(_SPACE).lower() == _STORE_TYPE
    return _RELATION in element.attributes.get(b"rel", b"").lower().split()


def _carried_by(element: Element) -> Extraction:
    if element.name == b"link":
        reference = _text_of(element.attributes.get(b"href", b""))
        return Extraction(reference=reference) if reference else problem(BROKEN, _BROKEN)
    store = _store_in(element)
    if not store:
        return problem(BROKEN, _BROKEN)
    return Extraction(store, ((element.start, element.end - element.start),))


def _store_in(element: Element) -> bytes:
    """Return the store in a script, or nothing if there is none, or something beside it.

    The binding leaves the whole element out: another attribute could be anybody's, who wants the
    page's scripts or styles to do something with it.
    """
    if not element.is_whole or len(element.attributes) > 1:
        return b""
    try:
        return binascii.a2b_base64(element.content.strip(_SPACE), strict_mode=True)
    except binascii.Error:
        return b""


def _text_of(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace")).strip("\t\n\f\r ")


_SEVERAL: Final = (
    "The head of the page has more than one C2PA credential. C2PA 2.5 (A.7.1) then treats the file"
    " as having none; its version 2.4 calls it manifest.html.multipleManifests."
)
_BROKEN: Final = (
    "The element for a C2PA credential in the head of the page is cut short or damaged, or has"
    " attributes that the credential can't cover. C2PA 2.5 (A.7) finds no credential in it."
)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the HTML format."""
    return [Html()]
