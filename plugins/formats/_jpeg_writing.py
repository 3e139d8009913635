"""Write XMP into a JPEG (XMP specification, part 3, clause 1.1.3); all other segments stay.

A packet is an APP1 segment of at most 64 KiB, and what does not fit may stand in further ones, as
"extended XMP", which the packet names by its MD5. Where the segments move pictures that follow
in the file, their index (CIPA DC-007, Multi-Picture Format) is kept right.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, MalformedAssetError

from ._fields import Fields
from ._jpeg_metadata import EXTENDED_XMP, HAS_EXTENDED_XMP, MAX_SEGMENTS, XMP
from ._mpf import moved_index
from ._reading import read_at
from ._splicing import Edit, splice
from ._xmp import read_packet
from ._xmp_packets import Room
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

MAX_PACKET_BYTES: Final = 65_502
"""By the specification, 1.1.3.1."""

MAX_EXTENDED_BYTES: Final = 1 << 22

_APP0, _APP1, _APP2, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xDA, 0xD9
_EXIF: Final = b"Exif\0"
_MPF: Final = b"MPF\0"
_PIECE: Final = 65_400  # of extended XMP in a segment, as the specification has it
_GUID: Final = HAS_EXTENDED_XMP.removeprefix("xmp:")


class _Segment(NamedTuple):
    marker: int
    start: int
    body: int
    end: int
    name: bytes  # what its body begins with

    def is_called(self, marker: int, name: bytes) -> bool:
        return self.marker == marker and self.name.startswith(name)


def write_xmp(source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]) -> None:
    """Copy a JPEG so that the properties of ``changes``, without ``xmp:``, have these texts.

    Raises:
        MalformedAssetError: no chain of segments leads to the picture, or its XMP is damaged.
        CapacityError: the packet would need more than one segment.
        LimitExceededError: there are more packets than are changed.
    """
    segments = list(_segments(source))
    changes = dict(changes)
    packets = [segment for segment in segments if segment.is_called(_APP1, XMP)]
    room = Room()
    for segment in packets:
        room.take(segment.end - segment.start)
    edits = _extended_edits(source, segments, changes)
    for segment in packets:
        old = read_at(source, segment.body + len(XMP), segment.end - segment.body - len(XMP))
        new = updated_packet(old, changes)
        if new != old:
            edits.append(Edit(segment.start, segment.end, _packet_segment(new)))
        changes = dict.fromkeys(changes, ())  # one says it, and no other
    if not packets:
        at = _behind_head(segments)
        new = updated_packet(None, changes)
        if new:
            edits.append(Edit(at, at, _packet_segment(new)))
    for segment in segments:
        if segment.is_called(_APP2, _MPF):
            edits += _index_edits(source, segment, edits)
    splice(source, sink, edits)


def _segments(source: BinaryIO) -> Iterator[_Segment]:
    """Yield the segments before the first scan.

    Raises:
        MalformedAssetError: something else stands between them, or there are too many.
    """
    at = 2
    for _ in range(MAX_SEGMENTS):
        head = read_at(source, at, 4 + len(EXTENDED_XMP))
        if len(head) < 4:
            raise MalformedAssetError("The JPEG is cut short: it ends before its picture begins.")
        marker = head[1]
        if head[0] == 0xFF and marker in (_SOS, _EOI):
            return
        if head[:2] == b"\xff\xff":
            at += 1  # a fill byte
            continue
        end = at + 2 + int.from_bytes(head[2:4], "big")
        if head[0] != 0xFF or marker < 0xC0 or 0xD0 <= marker <= 0xD8 or end < at + 4:
            raise MalformedAssetError(f"The JPEG is damaged: no segment begins at byte {at}.")
        yield _Segment(marker, at, at + 4, end, head[4:])
        at = end
    raise MalformedAssetError(f"The JPEG has more than {MAX_SEGMENTS} segments.")


def _behind_head(segments: list[_Segment]) -> int:
    """Return where a packet goes: behind JFIF's and Exif's segments, which have to come first."""
    heads = [each.end for each in segments if each.marker == _APP0 or each.is_called(_APP1, _EXIF)]
    return max(heads, default=2)


def _packet_segment(packet: bytes) -> bytes:
    """Return the segment of a packet.

    Raises:
        CapacityError: it is longer than a segment may be.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise CapacityError(
            f"The XMP of a JPEG has {MAX_PACKET_BYTES} bytes of room, and with the mark it would "
            f"need {len(packet)}."
        )
    return _app1(XMP + packet)


def _app1(body: bytes) -> bytes:
    return b"\xff\xe1" + (2 + len(body)).to_bytes(2, "big") + body


def _extended_edits(
    source: BinaryIO, segments: list[_Segment], changes: dict[str, tuple[str, ...]]
) -> list[Edit]:
    """Return edits that take properties out of the extended XMP; note its new name in ``changes``.

    Only what the packet names counts, as for the reader.

    Raises:
        MalformedAssetError: the extended XMP would change, but is not whole.
    """
    fields = Fields()
    for segment in segments:
        if segment.is_called(_APP1, XMP):
            body = read_at(source, segment.body, segment.end - segment.body)
            read_packet(body[len(XMP) :], fields)
    guid = fields.first(HAS_EXTENDED_XMP).encode()
    found = []
    pieces: dict[int, bytes] = {}
    total = 0
    for segment in segments if guid else ():
        if segment.is_called(_APP1, EXTENDED_XMP):
            body = read_at(source, segment.body, segment.end - segment.body)
            at = len(EXTENDED_XMP)  # GUID, length of the whole, offset, piece
            if body[at : at + 32] == guid:
                found.append(segment)
                pieces[int.from_bytes(body[at + 36 : at + 40], "big")] = body[at + 40 :]
                total += len(body)
    if not found or total > MAX_EXTENDED_BYTES:
        return []  # what is too long for the reader tells nothing, so nothing twice
    old = b"".join(pieces[offset] for offset in sorted(pieces))
    new = updated_packet(old, dict.fromkeys(changes, ()))
    if new == old:
        return []
    name = hashlib.md5(new, usedforsecurity=False).hexdigest().upper()
    changes[_GUID] = (name,)
    head = EXTENDED_XMP + name.encode() + len(new).to_bytes(4, "big")
    made = b"".join(
        _app1(head + offset.to_bytes(4, "big") + new[offset : offset + _PIECE])
        for offset in range(0, len(new), _PIECE)
    )
    first, *rest = found
    return [
        Edit(first.start, first.end, made),
        *(Edit(segment.start, segment.end, b"") for segment in rest),
    ]


def _index_edits(source: BinaryIO, segment: _Segment, edits: list[Edit]) -> list[Edit]:
    """Return edits of an index of pictures that ``edits`` move."""
    grown = sum(len(edit.data) - (edit.end - edit.start) for edit in edits)
    behind = sum(
        len(edit.data) - (edit.end - edit.start) for edit in edits if edit.start > segment.start
    )
    if not grown and not behind:
        return []
    at = segment.body + len(_MPF)
    index = read_at(source, at, segment.end - at)
    return [Edit(at, segment.end, moved_index(index, grown=grown, behind=behind))]
