"""Write XMP into a GIF (XMP specification, part 3, 1.1.2): an application extension.

Its packet stands there whole and not in sub-blocks, before a trailer that leads whoever takes
its bytes for the lengths of sub-blocks to the end. All other blocks stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError

from ._gif_blocks import APPLICATION, COMMENT, blocks
from ._reading import read_at
from ._splicing import Edit, splice
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

MAX_PACKET_BYTES: Final = 1 << 22

_HEAD: Final = b"!\xff\x0bXMP DataXMP"
_TAIL: Final = b"\1" + bytes(range(255, -1, -1)) + b"\0"
_VERSION: Final = Edit(3, 6, b"89a")  # the first that has extensions


def write_xmp(source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]) -> None:
    """Copy a GIF so that the properties of ``changes``, without ``xmp:``, have these texts.

    Raises:
        MalformedAssetError: the blocks do not lead to the trailer, or the XMP is damaged.
    """
    edits = [_VERSION]
    has_packet = False
    place = 0
    end = 0
    for label, start, end in blocks(source):
        if label not in (APPLICATION, COMMENT):
            place = place or start
        elif label == APPLICATION and read_at(source, start, len(_HEAD)) == _HEAD:
            new = _updated(source, start, end, changes)
            edits.append(Edit(start, end, new))
            changes = dict.fromkeys(changes, ())  # one says it, and no other
            has_packet = True
    if not end:
        raise MalformedAssetError("The GIF is damaged: it holds no picture.")
    if not has_packet and (packet := updated_packet(None, changes)):
        # Behind the extensions that programs look for first: how often an animation repeats.
        edits.append(Edit(place or end, place or end, _HEAD + packet + _TAIL))
    splice(source, sink, edits)


def _updated(
    source: BinaryIO, start: int, end: int, changes: Mapping[str, tuple[str, ...]]
) -> bytes:
    """Return the extension with a packet in which ``changes`` are made.

    Raises:
        MalformedAssetError: it is no such extension, or too large.
    """
    body = start + len(_HEAD)
    if end - body > MAX_PACKET_BYTES:
        raise MalformedAssetError("The GIF's XMP is too large to be changed.")
    data = read_at(source, body, end - body)
    if not data.endswith(_TAIL):
        raise MalformedAssetError("The GIF's XMP does not end as it has to.")
    packet = updated_packet(data.removesuffix(_TAIL), changes)
    if b"\0" in packet:
        raise MalformedAssetError("The GIF's XMP is not in UTF-8, as it has to be.")
    return _HEAD + packet + _TAIL
