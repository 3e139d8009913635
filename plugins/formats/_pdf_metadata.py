"""What a PDF says about itself: its information dictionary and its XMP packet.

ISO 32000-2, 14.3: ``pdf:Producer`` and whatever else is in the dictionary, and ``xmp:…`` of the
catalogue's ``/Metadata``, not of single pictures. An encrypted file tells nothing.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._fields import Fields
from ._pdf_document import Document
from ._pdf_syntax import entries_of, name, reference
from ._pdf_text import text_in
from ._xmp import read_packet

if TYPE_CHECKING:
    from typing import BinaryIO

    from credlabel.hookspecs import Metadata

MAX_ENTRIES: Final = 256
"""Of the information dictionary; most have eight."""
MAX_APART: Final = 16
"""Of those, texts that are objects of their own."""


def read_metadata(source: BinaryIO) -> Metadata:
    """Return what the document says of itself. Never raises."""
    fields = Fields()
    with suppress(AssetError):
        document = Document(source)
        if not document.is_encrypted():
            with suppress(AssetError):  # many have none, and then the packet says it all
                _collect_information(document, fields)
            read_packet(document.metadata() or b"", fields)
    return fields.freeze()


def _collect_information(document: Document, fields: Fields) -> None:
    apart = 0
    information = entries_of(document.resolve(document.trailer.get(b"/Info")))
    for key, value in islice(information.items(), MAX_ENTRIES):
        apart += reference(value) is not None
        text = text_in(document.resolve(value)) if apart <= MAX_APART else ""
        fields.add(f"pdf:{name(key)[1:].decode('utf-8', 'replace')}", text)
