"""PDF (ISO 32000-2): objects, found through the cross-reference at the end.

C2PA 2.5, A.4: the manifest store is an embedded file whose specification has the relationship
``/C2PA_Manifest``; a remote reference stands in the XMP packet of the catalogue's ``/Metadata``.

c2pa-rs rewrites the file to embed. That breaks a digital signature, fails on an encrypted file
and loses parts of a damaged one (see :mod:`._pdf`). It ends the conformance of a PDF/A: part 1
allows no attached file (ISO 19005-1, 6.1.11), part 2 only PDF/A files (ISO 19005-2, 6.8), part 4
only as 4f or 4e (ISO 19005-4, 6.9), and where any is allowed, as in part 3, its stream has to name
its media type (ISO 19005-3, 6.8; ISO 32000-2, table 44), which c2pa-rs does elsewhere.
"""

from __future__ import annotations

import io
import logging
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from . import _pdf_metadata
from ._pdf import COORDINATES, DAMAGED, MEASURED, blocks, objection_of
from ._reading import read_at, size_of
from ._xmp import names_provenance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

MEDIA_TYPE: Final = "application/pdf"
MAX_PROBE_BYTES: Final = 64 << 20
"""Larger files are left to the reader."""
MAX_METADATA: Final = 64
"""XMP packets looked at: pictures and fonts may have their own."""

_TAIL: Final = 1 << 16
_END_REACH: Final = 2048
_BOM: Final = b"\xef\xbb\xbf"
_START: Final = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF")
# What we search for, and what hides it: objects packed into streams, encryption...
_DOUBTS: Final = (b"C2PA_Manifest", b"/ObjStm", b"/Encrypt")
# ...and a name with a letter, digit or underscore written as #xx, as nobody has reason to.
_ESCAPED: Final = re.compile(
    rb"/[!-.0-~]{0,40}?#(?:3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])"
)
_METADATA: Final = re.compile(rb"/Metadata\b")
_METADATA_TYPE: Final = re.compile(rb"/Type\s*/Metadata\b")
_METADATA_REFERENCE: Final = re.compile(rb"/Metadata\s+0*(\d{1,10})\s+0*(\d{1,5})\s+R\b")
_OBJECT: Final = re.compile(rb"obj\b")
_OBJECT_NAME: Final = re.compile(rb"\b0*(\d{1,10})\s+0*(\d{1,5})\s+\Z")
_MAX_DICTIONARY: Final = 4096
_SUSPECTS: Final = (b"/ByteRange", b"/Encrypt", b"/SigFlags")

_UNREADABLE: Final = (
    "The PDF may be signed or encrypted, but its structure could not be read to be sure."
)


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
        """Return False only if no object can be a manifest store or name a remote one.

        Names stand in plain bytes unless objects are packed into object streams, which most
        programs of today do: such files are doubt, and so are encrypted ones.
        """
        size = size_of(source)
        if size > MAX_PROBE_BYTES:
            return True
        data = read_at(source, 0, size)
        return (
            b"%%EOF" not in data[-_END_REACH:]
            or any(doubt in data for doubt in _DOUBTS)
            or bool(_ESCAPED.search(data))
            or _metadata_may_refer(data)
        )

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the information dictionary's texts and what the document's XMP packet says."""
        return _pdf_metadata.read_metadata(source)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why embedding would break the file or lose a part of it, or None.

        What can't be read at all is an objection, too.
        """
        is_suspect = is_measured = False
        for block in blocks(source):
            is_suspect = is_suspect or any(word in block for word in _SUSPECTS)
            is_measured = is_measured or COORDINATES in block
        try:
            from pypdf import PdfReader  # noqa: PLC0415 - 0.2 s, and reading needs it not

            _silence()
            whole = _from_its_header(source)
            reader = PdfReader(whole, strict=True)
            objection = objection_of(whole, reader)
        except Exception:  # noqa: BLE001 - whatever a hostile file makes pypdf raise
            return _UNREADABLE if is_suspect else DAMAGED
        return objection or (MEASURED if is_measured else None)


def _silence() -> None:
    """Keep what pypdf thinks of a file from the error stream, unless the application logs."""
    logger = logging.getLogger("pypdf")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _from_its_header(source: BinaryIO) -> BinaryIO:
    """Return the file without what precedes its header, as from there all offsets count."""
    start = max(0, read_at(source, 0, 1024).find(b"%PDF-"))
    if not start:
        source.seek(0)
        return source
    return io.BytesIO(read_at(source, start, size_of(source)))


def _metadata_may_refer(data: bytes) -> bool:
    """Return False only if every XMP packet is plain and names no remote manifest."""
    references = _METADATA_REFERENCE.findall(data)
    types = _METADATA_TYPE.findall(data)
    if len(_METADATA.findall(data)) != len(references) + len(types):
        return True  # written in a way that we don't know
    wanted = set(references)
    if len(wanted) > MAX_METADATA:
        return True
    found = set[tuple[bytes, bytes]]()
    for keyword in _OBJECT.finditer(data) if wanted else ():
        name = _OBJECT_NAME.search(data, max(0, keyword.start() - 32), keyword.start())
        if name and (name[1], name[2]) in wanted:  # each version that updates have left behind
            found.add((name[1], name[2]))
            start = data.find(b"stream", keyword.end(), keyword.end() + _MAX_DICTIONARY)
            end = data.find(b"endstream", start)
            dictionary = data[keyword.end() : start]
            if start < 0 or end < 0 or b"/F" in dictionary:  # a filter, or in another file
                return True
            if names_provenance(data[start:end]):
                return True
    return found != wanted


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the PDF format."""
    return [Pdf()]
