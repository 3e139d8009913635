"""JPEG XL (ISO/IEC 18181-2): a container of boxes, or a naked codestream.

C2PA 2.5, A.3: the manifest store is a ``jumb`` box of the container, a remote reference stands in
its ``xml `` box; either may be wrapped, compressed, in a ``brob`` box. A naked codestream has
room for neither.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._boxes import walk
from ._brotli import inflated
from ._changes import within, write_changes
from ._exif import read_item
from ._fields import Fields
from ._jxl_writing import write_container
from ._reading import is_zero_from, read_at, size_of
from ._xmp import MAX_PACKET_BYTES, may_name_provenance_at, names_provenance, read_packet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._boxes import Box
    from ._changes import Wanted

MEDIA_TYPE: Final = "image/jxl"
MAX_PADDING_BYTES: Final = 1 << 20

_PLACES: Final = frozenset({"xmp"})
_CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
_CODESTREAM: Final = b"\xff\x0a"
_LAST_PART: Final = 0x80


class Jxl:
    """JPEG XL pictures. c2pa-rs can embed into the container only."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``image/jxl`` for the container's signature box, or the codestream's two bytes.

        The standard gives a codestream no longer signature than these two.
        """
        is_jxl = head[:2] == _CODESTREAM or head[:12] == _CONTAINER
        return MEDIA_TYPE if is_jxl else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the container's boxes fill the file and the codestream is among them, whole.

        Limits: where the codestream's box reaches "to the end of the file", and in a naked
        codestream, only decoding would show whether the end is missing; such files pass.

        Raises:
            MalformedAssetError: a box breaks off, or the codestream is missing.
        """
        head = read_at(source, 0, len(_CONTAINER))
        if head != _CONTAINER:
            if head[:2] != _CODESTREAM or len(head) < len(_CONTAINER):
                raise MalformedAssetError("The file is no JPEG XL picture.")
            return
        end, parts, is_complete = 0, 0, False
        for box in walk(source, 0, size_of(source)):
            if box.is_open_ended and box.kind == b"\0\0\0\0":
                break
            end = box.end
            if box.kind == b"jxlc":
                is_complete = box.end > box.body
            elif box.kind == b"jxlp":
                parts += 1
                is_complete = bool(read_at(source, box.body, 1) >= bytes([_LAST_PART]))
        if not is_complete:
            raise MalformedAssetError("The JPEG XL file is cut short: its picture is missing.")
        if not is_zero_from(source, end, max_bytes=MAX_PADDING_BYTES):
            raise MalformedAssetError("The JPEG XL file is damaged: no box is at its end.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no box holds a credential, or an XMP packet refers to one."""
        head = read_at(source, 0, 12)
        if head != _CONTAINER:
            return head[:2] != _CODESTREAM
        try:
            for box in walk(source, 0, size_of(source)):
                length = box.end - box.body
                if (
                    box.kind == b"jumb"
                    or (box.kind == b"xml " and may_name_provenance_at(source, box.body, length))
                    or (box.kind == b"brob" and _compressed_may_refer(source, box))
                ):
                    return True
        except MalformedAssetError:
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the container's XMP and Exif, compressed (``brob``) or not."""
        fields = Fields()
        if read_at(source, 0, len(_CONTAINER)) == _CONTAINER:
            with contextlib.suppress(MalformedAssetError):
                for box in walk(source, 0, size_of(source)):
                    if box.kind in (*_READERS, b"brob"):
                        _read_box(source, box, fields)
                    if not fields.room:
                        break
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - one it has
        """Return ``xmp``."""
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write a container to ``sink`` whose XMP says ``changes``; a codestream is refused.

        There is no place for it, and a container around it would make it another file.
        """

        def write(wanted: Wanted) -> None:
            if read_at(source, 0, len(_CONTAINER)) != _CONTAINER:
                raise CapacityError(
                    "The JPEG XL picture is a naked codestream, which has no room for metadata."
                )
            self.check_whole(source)
            write_container(source, sink, within("xmp", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why a naked codestream gets a sidecar."""
        if read_at(source, 0, len(_CONTAINER)) == _CONTAINER:
            return None
        return "The JPEG XL picture is a naked codestream, which has no room for a credential."


def _compressed_may_refer(source: BinaryIO, box: Box) -> bool:
    """Return whether a compressed box is the credential, or XMP that may refer to one."""
    length = box.end - box.body
    data = read_at(source, box.body, min(length, MAX_PACKET_BYTES))
    if data[:4] != b"xml " or len(data) < length:
        return data[:4] in (b"jumb", b"xml ")
    packet = inflated(data[4:], MAX_PACKET_BYTES)
    return not packet.is_whole or names_provenance(packet.data)


def _read_box(source: BinaryIO, box: Box, fields: Fields) -> None:
    """Add what a box says, which may hold another one compressed."""
    data = read_at(source, box.body, min(box.end - box.body, fields.room))
    kind = box.kind
    if kind == b"brob":
        kind, data = data[:4], data[4:]
        if kind not in _READERS:
            return
        room = fields.room
        data = inflated(data, room).data
        fields.spend(len(data) if data else room)  # what is broken was work as well
    _READERS[kind](data, fields)


_READERS: Final = {b"xml ": read_packet, b"Exif": read_item}


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the JPEG XL format."""
    return [Jxl()]
