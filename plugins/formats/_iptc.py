"""IPTC-IIM (version 4.2) data sets, bare or in the image resources of Photoshop, as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._exif import decoded, read_exif
from ._xmp import read_packet

if TYPE_CHECKING:
    from ._fields import Fields

MAX_DATA_SETS: Final = 10_000
MAX_RESOURCES: Final = 4096

_MARKER: Final = 0x1C
_ENVELOPE, _APPLICATION = 1, 2
_CODED_CHARACTER_SET: Final = 90
_UTF_8: Final = b"\x1b%G"
_BINARY: Final = (0, 200, 201, 202)  # the record's version, and a preview
_RESOURCES: Final = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")
_IIM_RESOURCE, _EXIF_RESOURCE, _XMP_RESOURCE = 0x0404, 0x0422, 0x0424


def read_iim(data: bytes, fields: Fields) -> None:
    """Add the data sets of record 2 (the picture's), as ``iptc:2:116``."""
    if data[:1] != b"\x1c" and data[3:4] == b"\x1c":
        # TIFF writers declare numbers of 32 bits, and swap them.
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    at, is_utf_8 = 0, False
    for _ in range(MAX_DATA_SETS):
        head = data[at : at + 5]
        if len(head) < 5 or head[0] != _MARKER:
            return
        length = head[3] << 8 | head[4]
        at += 5
        if length & 0x8000:  # extended: so many bytes of length follow
            width = length & 0x7FFF
            if width > 4:
                return
            length = int.from_bytes(data[at : at + width], "big")
            at += width
        value = data[at : at + length]
        at += length
        record, number = head[1], head[2]
        if record == _ENVELOPE and number == _CODED_CHARACTER_SET:
            is_utf_8 = value == _UTF_8
        elif record == _APPLICATION and number not in _BINARY:
            text = value.decode("utf-8", "replace") if is_utf_8 else decoded(value)
            fields.add(f"iptc:2:{number}", text.strip())


def read_resources(data: bytes, fields: Fields) -> None:
    """Add what Photoshop's image resources hold: IIM, Exif, XMP."""
    at = 0
    for _ in range(MAX_RESOURCES):
        if data[at : at + 4] not in _RESOURCES or len(data) < at + 12:
            return
        kind = data[at + 4] << 8 | data[at + 5]
        at += 6 + (data[at + 6] + 2 & ~1)  # behind a name of even length, its own included
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 4 + length]
        if kind == _IIM_RESOURCE:
            read_iim(body, fields)
        elif kind == _EXIF_RESOURCE:
            read_exif(body, fields)
        elif kind == _XMP_RESOURCE:
            read_packet(body, fields)
        at += 4 + length + (length & 1)
