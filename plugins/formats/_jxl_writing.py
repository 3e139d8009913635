"""Writes the XMP of JPEG XL containers (ISO/IEC 18181-2): boxes ``xml ``, also compressed ones.

A picture that was a JPEG may hold what it needs to become that file again (``jbrd``). If that is
its XMP as well, the first ``xml `` box is taken for it: with another packet, the JPEG comes back
changed, or not at all. So this one stays as it is, and what is to be said comes into a further box
behind it, which libjxl passes over then.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from credlabel.errors import CapacityError, MalformedAssetError

from ._box_editing import Rewrite, made_box
from ._boxes import walk
from ._brotli import inflated
from ._fields import MAX_VALUE
from ._jpeg_reconstruction import MAX_HEAD_BYTES, takes_xmp
from ._reading import read_at, size_of
from ._xmp_packets import Packet, Room, change_packets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from ._boxes import Box


def write_container(
    source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]
) -> None:
    """Write a whole container to ``sink`` whose XMP says ``changes``.

    Raises:
        MalformedAssetError: its XMP is broken, or the picture is missing.
        CapacityError, LimitExceededError, LabelError: its XMP can't be changed.
    """
    boxes = list(walk(source, 0, size_of(source)))
    found = [box for box in boxes if box.kind == b"xml " or _is_compressed(source, box)]
    picture = next((box for box in boxes if box.kind in (b"jxlc", b"jxlp")), None)
    if picture is None:
        raise MalformedAssetError("The JPEG XL file is cut short: its picture is missing.")
    rewrite = Rewrite()
    room = Room()
    packets = [Packet(_content(source, box, room), partial(_put, rewrite, box)) for box in found]
    kept = []
    if packets and any(box.kind == b"jbrd" and _takes_xmp(source, box) for box in boxes):
        kept = [packets.pop(0)._replace(replace=_refuse)]
    main = next(iter(packets), None)
    at = found[-1].end if found else picture.start
    change_packets(changes, main, kept + packets[1:], add=partial(_add, rewrite, at))
    rewrite.write(source, sink, [])


def _is_compressed(source: BinaryIO, box: Box) -> bool:
    return box.kind == b"brob" and read_at(source, box.body, 4) == b"xml "


def _takes_xmp(source: BinaryIO, box: Box) -> bool:
    return takes_xmp(read_at(source, box.body, min(box.end - box.body, MAX_HEAD_BYTES)))


def _content(source: BinaryIO, box: Box, room: Room) -> bytes:
    room.take(box.end - box.body)
    data = read_at(source, box.body, box.end - box.body)
    if box.kind == b"xml ":
        return data
    found = inflated(data[4:], MAX_VALUE)
    if not found.is_whole:
        raise MalformedAssetError("The picture's compressed XMP is broken, or too large.")
    room.take(len(found.data))
    return found.data


def _put(rewrite: Rewrite, box: Box, packet: bytes) -> None:
    """Put a packet in place of a box, as it is: compressing it would say nothing more."""
    rewrite.replace(box.start, box.end, made_box(b"xml ", packet), ())


def _add(rewrite: Rewrite, at: int, packet: bytes) -> None:
    rewrite.insert(at, made_box(b"xml ", packet), ())


def _refuse(_packet: bytes) -> None:
    raise CapacityError(
        "The picture can become the JPEG again that it was made from, for which its XMP has to "
        "stay as it is."
    )
