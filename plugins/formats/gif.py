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

from ._exif import decoded
from ._fields import Fields
from ._reading import read_at, size_of
from ._xmp import may_name_provenance_at, read_packet_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

MEDIA_TYPE: Final = "image/gif"
MAX_BLOCKS: Final = 1_000_000
"""Every frame of an animation takes two."""
MAX_BYTES: Final = 1 << 30
"""Of the whole file. Animations of 100 MB are rare."""

_SMALL_WINDOW: Final = 1 << 9  # most extensions fit
_LARGE_WINDOW: Final = 1 << 16
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_APPLICATION, _COMMENT = 0xFF, 0xFE


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
        pictures = sum(label == _IMAGE for label, _, _ in _blocks(source))
        if not pictures:
            raise MalformedAssetError("The GIF is damaged: it holds no picture.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no application extension holds a credential."""
        try:
            for label, start, end in _blocks(source):
                if label == _APPLICATION:
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
            for label, start, end in _blocks(source):
                if label == _COMMENT:
                    fields.add("gif:comment", decoded(_joined(source, start + 2, end, fields)))
                elif label == _APPLICATION and read_at(source, start + 3, 8) == b"XMP Data":
                    # No sub-blocks: the packet stands whole, before a trailer that ends them.
                    read_packet_at(source, start + 14, end - start - 14, fields)
                if not fields.room:
                    break
        return fields.freeze()


def _joined(source: BinaryIO, start: int, end: int, fields: Fields) -> bytes:
    """Return what the sub-blocks from ``start`` to ``end`` hold."""
    data = read_at(source, start, min(end - start, fields.room))
    parts, at = [], 0
    while at < len(data):
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


def _blocks(source: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Yield every block before the trailer: its label or introducer, its start and its end."""
    if size_of(source) > MAX_BYTES:
        raise MalformedAssetError(f"The GIF is larger than {MAX_BYTES >> 20} MiB.")
    screen = read_at(source, 0, 13)
    if len(screen) < 13:
        raise MalformedAssetError("The GIF is cut short: it ends within its header.")
    at = 13 + _colour_table_length(screen[10])
    for _ in range(MAX_BLOCKS):
        head = read_at(source, at, 10)
        introducer = head[0] if head else -1
        if introducer == _TRAILER:
            return
        if introducer == 0:  # decoders skip these, and some encoders leave them
            at += 1
            continue
        if introducer == _EXTENSION and len(head) > 1:
            label, body = head[1], at + 2
        elif introducer == _IMAGE and len(head) == 10:
            label, body = _IMAGE, at + 11 + _colour_table_length(head[9])
        elif introducer in (-1, _EXTENSION, _IMAGE):
            raise MalformedAssetError("The GIF is cut short: its trailer is missing.")
        else:
            raise MalformedAssetError(f"The GIF is damaged: no block begins at byte {at}.")
        end = _end_of_sub_blocks(source, body)
        yield label, at, end
        at = end
    raise MalformedAssetError(f"The GIF has more than {MAX_BLOCKS} blocks.")


def _colour_table_length(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _end_of_sub_blocks(source: BinaryIO, at: int) -> int:
    """Return where the chain of sub-blocks at ``at`` ends, behind its empty one."""
    window_size = _SMALL_WINDOW
    while window := read_at(source, at, window_size):
        window_size = _LARGE_WINDOW
        length = len(window)
        step = 0
        while step < length:
            count = window[step]
            if not count:
                return at + step + 1
            step += count + 1
        at += step
    raise MalformedAssetError("The GIF is cut short: its picture breaks off.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the GIF format."""
    return [Gif()]
