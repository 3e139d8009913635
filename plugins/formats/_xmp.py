"""Whether an XMP packet may point to a manifest store that lies elsewhere.

C2PA 2.5, section 11.8: the reference is the property ``dcterms:provenance``. Prefixes are free in
XML, so the local name decides. XML has no way to write an element's or attribute's name but
literally (a DTD is not allowed in XMP), so a packet without these letters has no reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._reading import read_at

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_PACKET_BYTES: Final = 1 << 20
"""Larger packets are not searched: they count as doubt."""

_PROPERTY: Final = b"provenance"


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
