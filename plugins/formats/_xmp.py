"""XMP packets: what they say, and whether they may point to a manifest store that lies elsewhere.

Reading a packet (ISO 16684-1) is bounded and forgiving: what comes before an error counts. A
document type is refused, so there are no entities to expand and nothing to fetch.

C2PA 2.5, section 11.8: the reference to a manifest store is the property ``dcterms:provenance``.
Prefixes are free in XML, so the local name decides. XML has no way to write an element's or
attribute's name but literally (a DTD is not allowed in XMP), so a packet without these letters
has no reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from ._rdf import RdfLimitError, RdfReader
from ._reading import read_at

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._fields import Fields

MAX_PACKET_BYTES: Final = 1 << 20
"""Larger packets are not searched: they count as doubt."""

MAX_PACKETS: Final = 16
"""In one place, one behind the other."""

GOES_ON: Final = (
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT],
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI],
)
"""What expat says when a packet is over and something follows that is none of it."""

_PROPERTY: Final = b"provenance"
_FORBIDDEN: Final = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")  # in XML
_BLANKS: Final = b"\0 \t\r\n"
_WIDE: Final = {1: ("utf-16-le", "utf-16-be"), 3: ("utf-32-le", "utf-32-be")}


def names_provenance(packet: bytes) -> bool:
    """Return whether ``packet`` may hold ``dcterms:provenance``, in UTF-8, UTF-16 or UTF-32."""
    return _PROPERTY in packet or (
        b"\0" in packet and _PROPERTY in packet.replace(b"\0", b"")  # wide characters
    )


def may_name_provenance_at(source: BinaryIO, offset: int, length: int) -> bool:
    """Return False only if the packet is there, whole, and holds no ``dcterms:provenance``."""
    if length > MAX_PACKET_BYTES:
        return True
    packet = read_at(source, offset, length)
    return len(packet) < length or names_provenance(packet)


def is_said_by(field: str, name: str) -> bool:
    """Return whether a field is the property ``name`` of XMP, ``xmp:…``, or something in it.

    A structure is told as ``NAME/FIELD``. In other places, a slash means nothing.

    >>> [is_said_by("xmp:a:b/c:d", name) for name in ("xmp:a:b/c:d", "xmp:a:b", "xmp:a", "png:a")]
    [True, True, False, False]
    """
    return field == name or (name.startswith("xmp:") and field.startswith(f"{name}/"))


def read_packet_at(source: BinaryIO, offset: int, length: int, fields: Fields) -> None:
    """Add what the packet of ``length`` bytes at ``offset`` says to ``fields``."""
    read_packet(read_at(source, offset, max(0, min(length, fields.room))), fields)


def read_packet(packet: bytes, fields: Fields) -> None:
    """Add what a packet, or several in a row, says to ``fields``, as ``xmp:prefix:name``."""
    packet = packet[: fields.room]
    fields.spend(len(packet))
    text = _in_utf8(packet)
    for _ in range(MAX_PACKETS):
        at = text.find(b"<")
        if at < 0:
            return
        end = _parse(text[at:], RdfReader(fields))
        if not end:
            return
        text = text[at + end :]


def _parse(text: bytes, reader: RdfReader) -> int:
    """Return where the next packet may begin, or 0 if there is none."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        return parser.ErrorByteIndex if error.code in GOES_ON else 0
    except RdfLimitError:
        return 0
    return 0


def _refuse(*_: object) -> None:
    raise RdfLimitError


def encoding_of(packet: bytes) -> tuple[str, int]:
    """Return a packet's codec, and where in it the first tag begins (for UTF-8: all of it)."""
    at = packet.find(b"<")
    zeros = packet[at + 1 : at + 4]
    codecs = _WIDE.get(len(zeros) - len(zeros.lstrip(b"\0")))
    if not codecs or at < 0:
        return "utf-8", 0
    width = 2 if codecs is _WIDE[1] else 4
    # Big-endian letters end with the byte that counts; alignment tells, as there is a BOM
    # or nothing before the first of them.
    is_big = at % width == width - 1
    return codecs[is_big], at - (width - 1) * is_big


def _in_utf8(packet: bytes) -> bytes:
    """Return a packet in UTF-8 as XML allows it, from UTF-8, UTF-16 or UTF-32 with damages."""
    codec, start = encoding_of(packet)
    if codec != "utf-8":
        packet = packet[start:].decode(codec, "replace").encode("utf-8", "replace")
    elif not packet.isascii():
        try:
            packet.decode()
        except UnicodeDecodeError:
            packet = packet.decode("utf-8", "replace").encode()
    packet = packet.strip(_BLANKS)
    return _FORBIDDEN.sub(b" ", packet) if _FORBIDDEN.search(packet) else packet
