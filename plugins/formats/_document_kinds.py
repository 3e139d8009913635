"""What kind of document a ZIP archive is, by its first entries or its list of content types."""

from __future__ import annotations

from typing import Final

from ._archive import END, END_BYTES, LOCAL
from ._unpacking import beginning

MAX_CONTENT_TYPES_BYTES: Final = 1 << 16
"""Of ``[Content_Types].xml``, uncompressed, to find out what a document is."""

PLAIN: Final = "application/x-zip"
_ODF: Final = "application/vnd.oasis.opendocument."
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_MS: Final = "application/vnd.ms-"
_DOCX, _XLSX, _PPTX = (
    f"{_OOXML}wordprocessingml.document",
    f"{_OOXML}spreadsheetml.sheet",
    f"{_OOXML}presentationml.presentation",
)
_OXPS: Final = "application/oxps"
_EPUB: Final = "application/epub+zip"

# Contents of the entry "mimetype" (EPUB OCF 3.3, 4.2; OpenDocument 1.3, part 2, 3.3).
_BY_MIMETYPE: Final = {
    kind.encode(): kind
    for kind in (
        _EPUB,
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

MEDIA_TYPES: Final = (PLAIN, *_BY_CONTENT_TYPE.values(), *_BY_MIMETYPE.values(), _OXPS)


def kind_by_head(head: bytes) -> str | None:
    """Return the media type by the entries that ``head`` shows."""
    if head[:4] != LOCAL:
        return PLAIN if head[:4] == END and len(head) >= END_BYTES else None
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
        at = head.find(LOCAL, at + 30)
    if b"[Content_Types].xml" in names:
        for folder, kind in _BY_NAME:
            if any(name.startswith(folder) for name in names):
                return kind
    if any(name.lower().endswith(b".fdseq") for name in names):
        return _OXPS
    return PLAIN


def _by_mimetype(head: bytes) -> str:
    length = int.from_bytes(head[22:26], "little")
    extra = int.from_bytes(head[28:30], "little")
    start = 38 + extra
    return _BY_MIMETYPE.get(head[start : start + length].strip().lower(), PLAIN)


def _by_content_types(head: bytes, at: int) -> str | None:
    """Return the media type by what ``[Content_Types].xml`` says of the main part."""
    method = int.from_bytes(head[at + 8 : at + 10], "little")
    extra = int.from_bytes(head[at + 28 : at + 30], "little")
    data = beginning(head[at + 49 + extra :], method, MAX_CONTENT_TYPES_BYTES)
    return kind_by_content_types(data or b"")


def kind_by_content_types(content_types: bytes) -> str | None:
    """Return the media type of the main part that ``[Content_Types].xml`` names, or None."""
    text = content_types.lower()
    for kind, media_type in _BY_CONTENT_TYPE.items():
        if kind + b".main+xml" in text:
            return media_type
    return None


def is_office_open(media_type: str) -> bool:
    """Return whether documents of this type are OOXML."""
    return media_type.startswith((_OOXML, _MS))


def is_open_document(media_type: str) -> bool:
    """Return whether documents of this type are OpenDocument."""
    return media_type.startswith(_ODF)


def is_ebook(media_type: str) -> bool:
    """Return whether documents of this type are EPUB."""
    return media_type == _EPUB
