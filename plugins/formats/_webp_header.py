"""The header of an extended WebP file, which says that there is an XMP packet.

WebP Container Specification (RFC 9649), 2.7: a file with anything beside its picture begins with
a ``VP8X`` chunk. Simple files have none, so one is made: canvas and transparency stand in the
picture's own header (RFC 6386, 9.1; RFC 9649, 3.4).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError

from ._reading import read_at
from ._splicing import Edit

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._riff_chunks import Chunk

_ALPHA: Final = 0x10
_XMP: Final = 0x04
_BODY_BYTES: Final = 10  # of a VP8X chunk
_START_CODE: Final = b"\x9d\x01\x2a"  # of a key frame
_SIGNATURE: Final = 0x2F  # of a lossless picture


def announce_xmp(source: BinaryIO, first: Chunk) -> Edit | None:
    """Return what has to be done for the file's header to announce XMP; None if it does.

    ``first`` is the file's first chunk.

    Raises:
        MalformedAssetError: the file begins neither with a header nor with a picture.
    """
    if first.kind == b"VP8X" and first.length >= _BODY_BYTES:
        flags = read_at(source, first.body, 1)[0]
        return None if flags & _XMP else Edit(first.body, first.body + 1, bytes([flags | _XMP]))
    head = read_at(source, first.body, min(first.length, _BODY_BYTES))
    if first.kind == b"VP8 " and head[3:6] == _START_CODE and len(head) == _BODY_BYTES:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 6))
        flags = _XMP
    elif first.kind == b"VP8L" and head[:1] == bytes([_SIGNATURE]) and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _XMP | (_ALPHA if bits >> 28 & 1 else 0)
    else:
        raise MalformedAssetError("The WebP file is damaged: it begins with no picture.")
    if not width or not height:
        raise MalformedAssetError("The WebP file is damaged: its picture has no size.")
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    header = struct.pack("<4sII", b"VP8X", _BODY_BYTES, flags) + sides
    return Edit(first.start, first.start, header)
