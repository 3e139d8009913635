"""PDF (ISO 32000-2): objects, found through the cross-reference at the end.

C2PA 2.5, A.4: the manifest store is an embedded file whose specification has the relationship
``/C2PA_Manifest``; a remote reference stands in the XMP packet of the catalogue's ``/Metadata``.

The store goes into an update at the end of the file (7.5.6), of which no byte changes. c2pa-rs
would write the file anew: without its earlier versions and its linearisation, with objects
unpacked and numbers rounded, and without any object that it can't read. It does the reading.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.files import read_ranges
from credlabel.hookspecs import Extraction, hookimpl
from credlabel.model import Finding, FindingKind

from ._changes import write_changes
from ._pdf import plan
from ._pdf_document import Document
from ._pdf_marking import PLACES, write_marks
from ._pdf_metadata import read_metadata
from ._pdf_update import carried_in
from ._pdf_witness import check_read_as_before
from ._pdf_writing import write
from ._reading import read_at, size_of
from ._store_entry import complement
from ._xmp import names_provenance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata, SignBinding

MEDIA_TYPE: Final = "application/pdf"

_DESCRIPTIONS: Final = "xmp:pdfaExtension:"
"""PDF/A describes its properties in further ones, of which there may be more afterwards."""

_TAIL: Final = 1 << 16
_END_REACH: Final = 2048
_BOM: Final = b"\xef\xbb\xbf"
_START: Final = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF")


class Pdf:
    """PDF documents."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``application/pdf`` for the header, which only white space may precede."""
        if head[:5] != b"%PDF-":
            if head[:1] not in (b"\n", b"\r", b" ", b"\xef"):
                return None
            head = head[:64].removeprefix(_BOM).lstrip()
        return MEDIA_TYPE if head[:5] == b"%PDF-" and head[5:6].isdigit() else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the file ends as a PDF does: a place in the file to start from, ``%%EOF``.

        Limits: the objects are not read. A file cut just behind the end of an earlier version of
        itself is that version, whole.

        Raises:
            MalformedAssetError: the header or the end is missing, or leads out of the file.
        """
        size = size_of(source)
        if self.accepts(read_at(source, 0, 1024)) is None:
            raise MalformedAssetError("The PDF is damaged: its header is missing.")
        tail = read_at(source, max(0, size - _TAIL), _TAIL).rstrip(b"\0\t\n\f\r ")
        end = tail.rfind(b"%%EOF", -_END_REACH)
        if end < 0:
            raise MalformedAssetError("The PDF is cut short: its end mark is missing.")
        # A linearised file says 0 at the end of its first part, so 0 means: only that part.
        starts = _START.findall(tail, 0, end + 5)
        if not starts or not 0 < int(starts[-1]) < size:
            raise MalformedAssetError("The PDF is cut short or damaged: its index is missing.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the catalogue names no manifest store, here or elsewhere.

        Only what the index leads to is read, however large the file. If the index is wrong
        anywhere, readers don't agree on what the catalogue is.
        """
        try:
            document = Document(source)
            packet = document.metadata()
            if carried_in(document) or document.is_encrypted():
                return True
            document.index.check_places()
        except AssetError:
            return True
        return packet is not None and names_provenance(packet)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return what in the document would suffer from a credential, or is not read safely."""
        try:
            plan(source)
        except AssetError as error:
            return str(error)
        return None

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return the manifest store, or why what is there is none."""
        try:
            document = Document(source)
            carried = carried_in(document)
            if carried is None:
                return None
            start, length = document.range_of(carried.stored)
        except AssetError as error:
            problem = Finding(code=error.code, kind=FindingKind.FAILURE, explanation=str(error))
            return Extraction(problem=problem)
        box = int.from_bytes(read_at(source, start, 4), "big")
        length = min(length, box or length)  # some fill up the stream behind the store
        return Extraction(store=read_at(source, start, length), exclusions=((start, length),))

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterable[bytes]:
        """Yield the file's bytes without ``exclusions``."""
        return read_ranges(source, complement(exclusions, size_of(source)))

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the information dictionary and the XMP packet of the document."""
        return read_metadata(source)

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return the information dictionary and XMP."""
        return PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write ``source``, and an update of it with the marks, to ``sink``.

        Raises:
            AssetError, LabelError: the document is signed, encrypted, not read safely, or claims
                to be something that such marks would keep it from being.
        """
        write = partial(write_marks, source, sink)
        following = (_DESCRIPTIONS,)
        write_changes(self, source, sink, changes, write, places=PLACES, following=following)

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write ``source``, and an update of it with a manifest store, to ``sink``.

        Raises:
            AssetError: the update would do harm, or the document is not read safely.
            LabelError: the store's length changes each time it is signed, or pypdf does not read
                the result as it reads ``source``.
        """
        document, update = plan(source)
        write(source, sink, document, update, sign)
        check_read_as_before(source, sink)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the PDF format."""
    return [Pdf()]
