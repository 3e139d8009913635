"""ZIP archives and the document formats made of them: OOXML, OpenDocument, EPUB, OpenXPS.

C2PA 2.5, A.3: the manifest store is the entry ``META-INF/content_credential.c2pa``. An archive
has no place for XMP, so there is no remote reference. Every archive gets a sidecar for now:
c2pa-rs can embed only where all entries are stored uncompressed, and independent verifiers reject
the result.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._reading import is_zero_from, read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format

MAX_ENTRIES: Final = 1_000_000
MAX_DIRECTORY_BYTES: Final = 64 << 20
MAX_CONTENT_TYPES_BYTES: Final = 1 << 16
"""Of ``[Content_Types].xml``, uncompressed, to find out what a document is."""
MAX_PADDING_BYTES: Final = 1 << 20

_ZIP: Final = "application/x-zip"
_ODF: Final = "application/vnd.oasis.opendocument."
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_MS: Final = "application/vnd.ms-"
_DOCX, _XLSX, _PPTX = (
    f"{_OOXML}wordprocessingml.document",
    f"{_OOXML}spreadsheetml.sheet",
    f"{_OOXML}presentationml.presentation",
)
_OXPS: Final = "application/oxps"

# Contents of the entry "mimetype" (EPUB OCF 3.3, 4.2; OpenDocument 1.3, part 2, 3.3).
_BY_MIMETYPE: Final = {
    kind.encode(): kind
    for kind in (
        "application/epub+zip",
        *(
            f"{_ODF}{name}{suffix}"
            for name in ("text", "spreadsheet", "presentation", "graphics")
            for suffix in ("", "-template")
        ),
    )
}
# The main part's content type, lower-cased and without ".main+xml", and the document's.
_BY_CONTENT_TYPE: Final = {
    **{
        kind.encode(): kind
        for kind in (
            _DOCX,
            _XLSX,
            _PPTX,
            f"{_OOXML}wordprocessingml.template",
            f"{_OOXML}spreadsheetml.template",
            f"{_OOXML}presentationml.template",
            f"{_OOXML}presentationml.slideshow",
        )
    },
    f"{_MS}word.document.macroenabled".encode(): f"{_MS}word.document.macroenabled.12",
    f"{_MS}excel.sheet.macroenabled".encode(): f"{_MS}excel.sheet.macroenabled.12",
    f"{_MS}powerpoint.presentation.macroenabled".encode(): (
        f"{_MS}powerpoint.presentation.macroenabled.12"
    ),
    f"{_MS}word.template.macroenabledtemplate".encode(): f"{_MS}word.template.macroenabled.12",
    f"{_MS}excel.template.macroenabled".encode(): f"{_MS}excel.template.macroenabled.12",
    f"{_MS}powerpoint.template.macroenabled".encode(): (
        f"{_MS}powerpoint.template.macroenabled.12"
    ),
}
# Folders that only one kind of document has, for want of the content types.
_BY_NAME: Final = ((b"word/", _DOCX), (b"xl/", _XLSX), (b"ppt/", _PPTX))

_LOCAL, _CENTRAL, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_END_64, _LOCATOR_64 = b"PK\6\6", b"PK\6\7"
_END_BYTES: Final = 22
_MAX_COMMENT_BYTES: Final = 0xFFFF
_STORE_NAME: Final = b"meta-inf/content_credential.c2pa"
_DEFLATED: Final = 8


class Zip:
    """ZIP archives, office documents and e-books.

    A plain archive goes as ``application/x-zip``, the only name that c2pa-rs knows for it.
    """

    media_types: tuple[str, ...] = (
        _ZIP,
        *_BY_CONTENT_TYPE.values(),
        *_BY_MIMETYPE.values(),
        _OXPS,
    )

    def accepts(self, head: bytes) -> str | None:
        """Return the media type by the entries that ``head`` shows."""
        if head[:4] != _LOCAL:
            return _ZIP if head[:4] == _END and len(head) >= _END_BYTES else None
        names, at = list[bytes](), 0
        while at >= 0:  # bounded by the head
            length = int.from_bytes(head[at + 26 : at + 28], "little")
            name = head[at + 30 : at + 30 + length]
            if name == b"mimetype" and not names:
                return _by_mimetype(head)
            if name == b"[Content_Types].xml":
                kind = _by_content_types(head, at)
                if kind:
                    return kind
            names.append(name)
            at = head.find(_LOCAL, at + 30)
        if b"[Content_Types].xml" in names:
            for folder, kind in _BY_NAME:
                if any(name.startswith(folder) for name in names):
                    return kind
        if any(name.lower().endswith(b".fdseq") for name in names):
            return _OXPS
        return _ZIP

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the archive's directory is whole and its entries lie before it.

        Raises:
            MalformedAssetError: the directory is missing, breaks off or contradicts itself.
        """
        directory = _find_directory(source)
        at, end = directory.start, directory.start + directory.length
        for _ in range(min(directory.entries, MAX_ENTRIES)):
            header = read_at(source, at, 46)
            local = int.from_bytes(header[42:46], "little")
            if header[:4] != _CENTRAL or (local >= directory.start and local != 0xFFFFFFFF):
                break
            at += 46 + sum(
                int.from_bytes(header[place : place + 2], "little") for place in (28, 30, 32)
            )
        else:
            if at == end:
                return
        raise MalformedAssetError("The archive is damaged: its directory contradicts itself.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the archive's directory lists no manifest store."""
        try:
            directory = _find_directory(source)
        except MalformedAssetError:
            return True
        if directory.length > MAX_DIRECTORY_BYTES:
            return True
        listing = read_at(source, directory.start, directory.length)
        return len(listing) < directory.length or _STORE_NAME in listing.lower()

    def embedding_objection(self, source: BinaryIO) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return why archives get a sidecar."""
        return "A credential inside an archive is not yet readable by every verifier."


class _Directory(NamedTuple):
    start: int
    length: int
    entries: int


def _by_mimetype(head: bytes) -> str:
    length = int.from_bytes(head[22:26], "little")
    extra = int.from_bytes(head[28:30], "little")
    start = 38 + extra
    return _BY_MIMETYPE.get(head[start : start + length].strip().lower(), _ZIP)


def _by_content_types(head: bytes, at: int) -> str | None:
    """Return the media type by what ``[Content_Types].xml`` says of the main part."""
    method = int.from_bytes(head[at + 8 : at + 10], "little")
    extra = int.from_bytes(head[at + 28 : at + 30], "little")
    data = head[at + 49 + extra :]
    if method == _DEFLATED:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_CONTENT_TYPES_BYTES)
        except zlib.error:
            return None
    text = data.lower()
    for kind, media_type in _BY_CONTENT_TYPE.items():
        if kind + b".main+xml" in text:
            return media_type
    return None


def _find_directory(source: BinaryIO) -> _Directory:
    """Return where the central directory lies, by the end record (APPNOTE 6.3.10, 4.3.16)."""
    size = size_of(source)
    reach = min(size, _END_BYTES + _MAX_COMMENT_BYTES)
    tail = read_at(source, size - reach, reach)
    at = tail.rfind(_END)
    while at >= 0:
        record = tail[at : at + _END_BYTES]
        start = size - reach + at
        comment = int.from_bytes(record[20:22], "little")
        stop = start + _END_BYTES + comment
        if len(record) == _END_BYTES and (
            stop == size
            or (stop < size and is_zero_from(source, stop, max_bytes=MAX_PADDING_BYTES))
        ):
            return _checked(source, start, record)
        at = tail.rfind(_END, 0, at)
    raise MalformedAssetError("The archive is cut short: its directory is missing.")


def _checked(source: BinaryIO, end: int, record: bytes) -> _Directory:
    disks, entries = record[4:8], int.from_bytes(record[10:12], "little")
    length, start = (int.from_bytes(record[at : at + 4], "little") for at in (12, 16))
    locator = read_at(source, end - 20, 20) if end >= 20 else b""
    if locator[:4] == _LOCATOR_64:
        end = int.from_bytes(locator[8:16], "little")
        record = read_at(source, end, 56)
        if record[:4] != _END_64 or len(record) < 56:
            raise MalformedAssetError("The archive is damaged: its end record is missing.")
        disks = record[16:24]
        entries, length, start = (
            int.from_bytes(record[at : at + 8], "little") for at in (32, 40, 48)
        )
    if disks.strip(b"\0"):
        raise MalformedAssetError("The archive is one volume of several.")
    if start + length > end or (entries and read_at(source, start, 4) != _CENTRAL):
        raise MalformedAssetError(
            "The archive is damaged: its directory is not where it should be."
        )
    return _Directory(start, length, entries)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the ZIP format."""
    return [Zip()]
