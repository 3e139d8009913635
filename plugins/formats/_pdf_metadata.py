"""What a PDF says about itself: its information dictionary and its XMP packet.

ISO 32000-2, 14.3: ``pdf:Producer`` and whatever else is in the dictionary, and ``xmp:…`` of the
catalogue's ``/Metadata``, not of single pictures. An encrypted file tells nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from ._fields import Fields
from ._pdf_lookup import PdfObjects
from ._pdf_values import reference_in, text_in
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
    objects = PdfObjects(source)
    if b"Encrypt" not in objects.trailer:
        _collect_information(objects, fields)
        catalogue = objects.dictionary(objects.trailer.get(b"Root", b""))
        read_packet(objects.stream(catalogue.get(b"Metadata", b"")), fields)
    return fields.freeze()


def _collect_information(objects: PdfObjects, fields: Fields) -> None:
    information = objects.dictionary(objects.trailer.get(b"Info", b""))
    apart = 0
    for name, value in islice(information.items(), MAX_ENTRIES):
        apart += reference_in(value) is not None
        text = text_in(objects.value(value)) if apart <= MAX_APART else ""
        fields.add(f"pdf:{name.decode('utf-8', 'replace')}", text)
