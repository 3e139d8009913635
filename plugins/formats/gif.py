"""GIF (87a and 89a): blocks from the screen descriptor to the trailer.

C2PA 2.5, A.3: the manifest store is an application extension ``C2PA_GIF``, a remote reference
stands in the XMP packet, an application extension ``XMP Data``. c2pa-rs looks for the store only
before the first picture, but for XMP everywhere; the probe looks for both everywhere.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._exif import decoded
from ._fields import Fields
from ._gif_blocks import APPLICATION, COMMENT, IMAGE, blocks
from ._gif_writing import write_xmp
from ._reading import read_at
from ._xmp import may_name_provenance_at, read_packet_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

MEDIA_TYPE: Final = "image/gif"
_PLACES: Final = frozenset({"xmp"})


class Gif:
    """GIF pictures and animations."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``image/gif`` for either of the two signatures."""
        return MEDIA_TYPE if head[:6] in (b"GIF89a", b"GIF87a") else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the blocks reach to the trailer and there is a picture; more may follow.

        Raises:
            MalformedAssetError: the blocks break off, or something else stands between them.
        """
        pictures = sum(label == IMAGE for label, _, _ in blocks(source))
        if not pictures:
            raise MalformedAssetError("The GIF is damaged: it holds no picture.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no application extension holds a credential."""
        try:
            for label, start, end in blocks(source):
                if label == APPLICATION:
                    name = read_at(source, start + 2, 12)  # its length, then 8 + 3 letters
                    if name[1:5] == b"C2PA" or (
                        name[1:9] == b"XMP Data"
                        and may_name_provenance_at(source, start, end - start)
                    ):
                        return True
        except MalformedAssetError:
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return XMP and comments, as far as the blocks are sound."""
        fields = Fields()
        with contextlib.suppress(MalformedAssetError):
            for label, start, end in blocks(source):
                if label == COMMENT:
                    fields.add("gif:comment", decoded(_joined(source, start + 2, end, fields)))
                elif label == APPLICATION and read_at(source, start + 3, 8) == b"XMP Data":
                    # No sub-blocks: the packet stands whole, before a trailer that ends them.
                    read_packet_at(source, start + 14, end - start - 14, fields)
                if not fields.room:
                    break
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP's."""
        return _PLACES if media_type in self.media_types else frozenset()

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write ``source`` to ``sink`` with ``changes`` in its XMP.

        Raises:
            AssetError, LabelError: its blocks or its XMP are damaged, or a text can't be one.
        """

        def write(wanted: Wanted) -> None:
            write_xmp(source, sink, within("xmp", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)


def _joined(source: BinaryIO, start: int, end: int, fields: Fields) -> bytes:
    """Return what the sub-blocks from ``start`` to ``end`` hold."""
    data = read_at(source, start, min(end - start, fields.room))
    parts, at = [], 0
    while at < len(data):
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the GIF format."""
    return [Gif()]
