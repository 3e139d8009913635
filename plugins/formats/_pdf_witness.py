"""A second opinion on a changed PDF: pypdf has to read it as it reads the original.

What is appended was worked out from the file's index by code of our own. pypdf, which shares none
of it, has to find the same pages, and what is new: the credential among the attachments, or the
marks. Or else nothing is written. Documents that it can't read in the first place are none that
it can judge.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from credlabel.errors import ReadBackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from pypdf import PdfReader

_RELATIONSHIP: Final = "/C2PA_Manifest"


def check_read_as_before(source: BinaryIO, labelled: BinaryIO) -> None:
    """Return if pypdf finds the pages of ``source`` in ``labelled``, and one credential more.

    Raises:
        ReadBackError: it does not.
    """
    _check(source, labelled, _has_credential)


def check_marked(
    source: BinaryIO, marked: BinaryIO, said: Mapping[str, str], packet: bytes | None
) -> None:
    """Return if pypdf finds the pages of ``source`` in ``marked``, and what was written.

    That is: the entries ``said`` of the information dictionary, and the XMP packet, if any.

    Raises:
        ReadBackError: it does not.
    """

    def has_marks(reader: PdfReader) -> bool:
        root: Any = reader.root_object
        there: Any = (reader.metadata or {}) if said else {}
        return all(there.get(f"/{key}") == text for key, text in said.items()) and (
            packet is None or root["/Metadata"].get_object().get_data() == packet
        )

    _check(source, marked, has_marks)


def _check(source: BinaryIO, changed: BinaryIO, has_news: Callable[[PdfReader], bool]) -> None:
    before = _opened(source)
    if before is None:
        return
    after = _opened(changed)
    if after is None or _pages(after) != _pages(before) or not _finds(has_news, after):
        raise ReadBackError(
            "The labelled PDF does not read as the original does.",
            hint="The document's structure may be damaged; a PDF program can save it anew.",
        )


def _opened(stream: BinaryIO) -> PdfReader | None:
    from pypdf import PdfReader  # noqa: PLC0415 - 0.2 s, and reading needs it not

    logger = logging.getLogger("pypdf")
    if not logger.handlers:  # what it thinks of a file is for whoever asks for it
        logger.addHandler(logging.NullHandler())
    stream.seek(0)
    try:
        reader = PdfReader(stream)
        _pages(reader)
    except Exception:  # noqa: BLE001 - whatever a damaged file makes it raise
        return None
    return reader


def _finds(has_news: Callable[[PdfReader], bool], reader: PdfReader) -> bool:
    try:
        return has_news(reader)
    except Exception:  # noqa: BLE001 - as above: it stumbles over what is no dictionary, say
        return False


def _pages(reader: PdfReader) -> int:
    root: Any = reader.root_object
    return int(root["/Pages"]["/Count"])


def _has_credential(reader: PdfReader) -> bool:
    root: Any = reader.root_object
    files = root["/AF"].get_object() if "/AF" in root else []
    return any(each.get_object().get("/AFRelationship") == _RELATIONSHIP for each in files)
