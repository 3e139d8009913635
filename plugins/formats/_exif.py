"""Exif (CIPA DC-008) and TIFF 6.0 tags that say who or what made a picture, as texts.

Numbers, thumbnails, maker notes and places are left out: of GPS it is only told that it is there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._fields import Fields

MAX_ENTRIES: Final = 4096
"""In one directory."""

EXIF_IFD: Final = 0x8769
GPS_IFD: Final = 0x8825
_DIRECTORIES: Final = (EXIF_IFD, GPS_IFD)
LATITUDE: Final = 2
"""The tag, among GPS's own."""

_USER_COMMENT: Final = 0x9286
_XP: Final = range(0x9C9B, 0x9CA0)
_COPYRIGHT: Final = 0x8298

NAMES: Final = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    _COPYRIGHT: "Copyright",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    _USER_COMMENT: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA420: "ImageUniqueID",
    0xA433: "LensMake",
    0xA434: "LensModel",
    # Exif 3.0
    0xA436: "ImageTitle",
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
    0xA43A: "RAWDevelopingSoftware",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
}
"""Of the tags that are read, in whichever directory they are; GPS apart."""

TEXTUAL: Final = (1, 2, 7, 129)
"""Types of values that may be texts: BYTE, ASCII, UNDEFINED, and UTF-8 of Exif 3.0."""
_SAMPLE: Final = 8192
_PREFIX: Final = b"Exif\0"
_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}


def read_exif(block: bytes, fields: Fields) -> None:
    """Add what a block of Exif says, with or without the ``Exif`` that JPEG begins it with.

    Values that lie outside the block are left out, and so are directories beyond the first of
    their kind: a block could refer to one a thousand times.
    """
    block = block[: fields.room]
    fields.spend(len(block))
    if block.startswith(_PREFIX):
        block = block[6:]
    order = _ORDERS.get(block[:4])
    if order:
        try:
            _read_directory(block, order, 4, fields)
        except struct.error:
            return  # a directory breaks off


def read_item(item: bytes, fields: Fields) -> None:
    """Add what an Exif item of HEIF or an Exif box of JPEG XL says: an offset stands before."""
    read_exif(item[4 + int.from_bytes(item[:4], "big") :], fields)


def _read_directory(block: bytes, order: str, pointer: int, fields: Fields) -> None:
    """Add the entries of the directory whose offset stands at ``pointer``; Exif's as well."""
    (start,) = struct.unpack_from(order + "I", block, pointer)
    (count,) = struct.unpack_from(order + "H", block, start)
    end = start + 2 + 12 * min(count, MAX_ENTRIES, (len(block) - start - 2) // 12)
    at = start + 2
    followed = set[int]()
    for tag, kind, length, offset in struct.iter_unpack(order + "HHII", block[at:end]):
        if tag in NAMES:
            if kind in TEXTUAL:
                value_at = at + 8 if length <= 4 else offset
                add_value(fields, tag, block[value_at : value_at + length], order)
        elif tag in _DIRECTORIES and tag not in followed:
            followed.add(tag)
            if tag == GPS_IFD:
                _note_place(block, order, offset, fields)
            elif pointer == 4:
                _read_directory(block, order, at + 8, fields)
        at += 12


def _note_place(block: bytes, order: str, start: int, fields: Fields) -> None:
    """Say whether there is a latitude among GPS's entries, which many programs leave empty."""
    (count,) = struct.unpack_from(order + "H", block, start)
    tags = block[start + 2 : start + 2 + 12 * min(count, MAX_ENTRIES)]
    latitude = LATITUDE.to_bytes(2, "little" if order == "<" else "big")
    if any(tags[at : at + 2] == latitude for at in range(0, len(tags), 12)):
        add_gps(fields)


def add_value(fields: Fields, tag: int, value: bytes, order: str) -> None:
    """Add the value of a tag in ``NAMES``; ``order`` is the file's, ``<`` or ``>``."""
    value = value[: fields.room]
    fields.spend(len(value))
    if tag == _USER_COMMENT:
        text = _comment(value, order)
    elif tag in _XP:
        text = value.decode("utf-16-le", "replace").partition("\0")[0]
    elif tag == _COPYRIGHT:  # the photographer's and the editor's
        text = "\n".join(part for part in decoded(value).split("\0")[:2] if part.strip())
    else:
        text = decoded(value).partition("\0")[0]
    fields.add(f"exif:{NAMES[tag]}", text.strip())


def add_gps(fields: Fields) -> None:
    """Say that the picture tells where it was taken, but not where."""
    fields.add("exif:GPSInfo", "present")


def decoded(text: bytes) -> str:
    """Return text that should be ASCII: as UTF-8, which is usual, or else as Latin-1."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _comment(value: bytes, order: str) -> str:
    """Return a user comment, which says in its first eight bytes how it is written.

    Programs disagree about the order of the bytes in UTF-16, write UTF-8 under its name, or
    leave the eight bytes out.
    """
    charset, text = value[:8], value[8:]
    if charset == b"UNICODE\0":
        return _wide(text, order) if b"\0" in text or not text.isascii() else decoded(text)
    if charset == b"JIS\0\0\0\0\0":
        return text.decode("iso2022_jp", "replace").rstrip("\0")
    if charset not in (b"ASCII\0\0\0", bytes(8)):
        text = value
    # A text of letters would have no NULs, were it not UTF-16.
    is_wide = text[:_SAMPLE].rstrip(b"\0").count(0) > len(text[:_SAMPLE]) // 4
    return _wide(text, order) if is_wide else decoded(text).partition("\0")[0]


def _wide(text: bytes, order: str) -> str:
    """Return UTF-16 by its byte order mark, or else by which of the two bytes varies less.

    That is the high one in all alphabets; if neither, the file's own order decides.
    """
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").partition("\0")[0]
    sample = text[:_SAMPLE].rstrip(b"\0")
    even, odd = len(set(sample[::2])), len(set(sample[1::2]))
    is_big = order == ">" if even == odd else even < odd
    return text.decode("utf-16-be" if is_big else "utf-16-le", "replace").partition("\0")[0]
