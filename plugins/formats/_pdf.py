"""What speaks against a credential inside a PDF, though one could be put at its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._pdf_archival import archival_claim
from ._pdf_document import NULL, Document
from ._pdf_syntax import entries_of, integer
from ._pdf_update import Update, update_of
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

SIGNED: Final = (
    "The PDF is digitally signed, and a credential inside would count as a change after signing."
)
ENCRYPTED: Final = "The PDF is encrypted, and embedding would need its key."

_BLOCK: Final = 4 << 20
_OVERLAP: Final = 64
_APPEND_ONLY: Final = 2
_SIGNATURE: Final = re.compile(rb"/ByteRange[\0\s]*+[\[\d%]")


def plan(source: BinaryIO) -> tuple[Document, Update]:
    """Return the document, and what to write to its end so that it has a manifest store.

    Raises:
        AssetError: it should not be done; the message says why.
    """
    document = checked_document(source)
    part = _closed_archival_part(document)
    if part:
        raise AssetError(f"The PDF is PDF/A-{part}, and a label inside would end its conformance.")
    return document, update_of(document)


def checked_document(source: BinaryIO) -> Document:
    """Return the document, if anything at all may be written to its end.

    Raises:
        AssetError: it is signed, encrypted or not read safely.
    """
    document = Document(source)
    if document.is_encrypted():
        raise AssetError(ENCRYPTED)
    document.index.check_places()
    if _is_signed(source, document):
        raise AssetError(SIGNED)
    return document


def _is_signed(source: BinaryIO, document: Document) -> bool:
    """Return whether there is a signature, even of an earlier version of the file.

    A signature counts the bytes that it covers in its ``/ByteRange`` (ISO 32000-2, 12.8.1), so its
    dictionary can't be packed. An update leaves those bytes alone, but validators then tell of
    changes after signing, and a certified document may forbid them (12.8.2.2).
    """
    form = document.resolve(document.root().get(b"/AcroForm"))
    if form != NULL:
        flags = document.resolve(entries_of(form).get(b"/SigFlags"))
        if flags != NULL and integer(flags) & _APPEND_ONLY:
            return True
    return any(_SIGNATURE.search(block) for block in _blocks(source, document.size))


def _blocks(source: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the file in blocks that overlap, so that no short word is cut in all of them."""
    for offset in range(0, size, _BLOCK):
        block = read_at(source, offset, _BLOCK + _OVERLAP)
        if b"/ByteRange" in block:
            yield block


def _closed_archival_part(document: Document) -> str:
    """Return the part of ISO 19005 that forbids our attachment in this document, or nothing.

    Part 1 allows no attached file (ISO 19005-1, 6.1.11), part 2 only PDF/A files (ISO 19005-2,
    6.8), part 4 only as 4f and 4e (ISO 19005-4, 6.9, annexes A and B). Part 3 allows any that
    names its media type, both names and relationship, and is in an ``/AF`` (ISO 19005-3, 6.8).
    """
    part, level = archival_claim(document.metadata())
    is_open = part in ("", "3") or (part == "4" and level in ("E", "F"))
    return "" if is_open else part
