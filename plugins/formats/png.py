"""PNG (W3C, third edition), still and animated: a chain of chunks from IHDR to IEND.

C2PA 2.5, A.3: the manifest store is a ``caBX`` chunk; a remote reference stands in the XMP packet,
an ``iTXt`` chunk. Either may stand anywhere before IEND, so the probe walks the whole chain, by
the chunks' headers alone.
"""

from __future__ import annotations

import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import write_changes
from ._fields import Fields
from ._png_metadata import KINDS
from ._png_writing import MAX_CHUNKS, write_texts
from ._reading import read_at, size_of
from ._xmp import MAX_PACKET_BYTES, names_provenance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

MEDIA_TYPE: Final = "image/png"
_PLACES: Final = frozenset({"xmp", "png"})
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"


class Png:
    """PNG pictures and animations. ``image/apng`` goes as ``image/png``, as in c2pa-rs."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``image/png`` for the PNG signature."""
        return MEDIA_TYPE if head[:8] == _SIGNATURE else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the chunks reach from a sound IHDR over IDAT to IEND; more may follow.

        Raises:
            MalformedAssetError: the chain of chunks breaks off or does not follow the standard.
        """
        size = size_of(source)
        header = read_at(source, 0, 33)
        if len(header) < 33:
            raise MalformedAssetError("The PNG is cut short: it ends within its header.")
        if header[8:16] != b"\0\0\0\rIHDR" or zlib.crc32(header[12:29]) != int.from_bytes(
            header[29:33], "big"
        ):
            raise MalformedAssetError("The PNG is damaged: it does not begin with a sound header.")
        at, has_data = 33, False
        for _ in range(MAX_CHUNKS):
            chunk = read_at(source, at, 8)
            end = at + 12 + int.from_bytes(chunk[:4], "big")
            kind = chunk[4:]
            if len(chunk) < 8 or end > size:
                raise MalformedAssetError("The PNG is cut short: its end chunk is missing.")
            if not kind.isalpha():
                raise MalformedAssetError(f"The PNG is damaged: no chunk begins at byte {at}.")
            if kind == b"IEND":
                break
            has_data = has_data or kind == b"IDAT"
            at = end
        else:
            raise MalformedAssetError(f"The PNG has more than {MAX_CHUNKS} chunks.")
        if not has_data:
            raise MalformedAssetError("The PNG is damaged: it holds no picture.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no chunk up to IEND holds a credential.

        A compressed XMP packet is doubt: the XMP specification does not allow one.
        """
        source.seek(0)
        if source.read(8) != _SIGNATURE:
            return True
        for _ in range(MAX_CHUNKS):
            header = source.read(8)
            kind = header[4:]
            if kind == b"IEND":
                return False
            if len(header) < 8 or kind == b"caBX":
                return True
            length = header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3]
            if kind == b"iTXt" and length > len(_XMP_KEYWORD):
                keyword = source.read(len(_XMP_KEYWORD))
                length -= len(keyword)
                if keyword == _XMP_KEYWORD:
                    if length > MAX_PACKET_BYTES:
                        return True
                    text = source.read(length)
                    if text[:1] != b"\0" or names_provenance(text):
                        return True
                    length = 0
            source.seek(length + 4, 1)
        return True

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return texts by keyword, XMP and Exif, from chunks before and behind the picture."""
        fields = Fields()
        source.seek(8)
        for _ in range(MAX_CHUNKS):
            header = source.read(8)
            kind = header[4:]
            if len(header) < 8 or kind == b"IEND" or not fields.room:
                break
            length = header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3]
            if kind in KINDS:
                body = source.read(min(length, fields.room))
                KINDS[kind](body, fields)
                length -= len(body)
            source.seek(length + 4, 1)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP's, and that of the texts by keyword."""
        return _PLACES if media_type in self.media_types else frozenset()

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write ``source`` to ``sink`` with ``changes`` in its texts and its XMP.

        Raises:
            AssetError, LabelError: its chunks or its XMP are damaged, or a text can't be one.
        """
        write = partial(write_texts, source, sink)
        write_changes(self, source, sink, changes, write, places=_PLACES)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the PNG format."""
    return [Png()]
