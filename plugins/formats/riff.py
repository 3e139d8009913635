"""RIFF: WebP pictures, WAV sound, AVI films; chunks in one outermost ``RIFF`` chunk.

C2PA 2.5, A.3: the manifest store is a ``C2PA`` chunk of the outermost level, a remote reference
stands in the XMP packet (``XMP `` in WebP; ``_PMX`` in WAV and AVI by the XMP specification,
though c2pa-rs writes ``XMP `` there too). AVI files over 1 GB go on in further ``RIFF`` chunks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import write_changes
from ._exif import decoded, read_exif
from ._fields import Fields
from ._reading import read_at, size_of
from ._riff_chunks import (
    XMP_KINDS,
    Chunk,
    CutShortError,
    chunks_within,
    is_filled,
    text_name,
    walk,
)
from ._riff_writing import rewrite
from ._xmp import may_name_provenance_at, read_packet_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

_WEBP: Final = "image/webp"
_MEDIA_TYPES: Final = {b"WEBP": _WEBP, b"WAVE": "audio/wav", b"AVI ": "video/avi"}
_PLACES: Final = frozenset({"xmp"})
# What a file must hold to be more than an envelope; one of each group.
_ESSENTIAL: Final = {
    b"WEBP": ((b"VP8 ", b"VP8L", b"ANMF"),),
    b"WAVE": ((b"fmt ",), (b"data",)),
    b"AVI ": ((b"LIST",),),
}


class Riff:
    """WebP, WAV and AVI files. RF64, for WAV files over 4 GB, is not RIFF to c2pa-rs nor here."""

    media_types: tuple[str, ...] = tuple(_MEDIA_TYPES.values())

    def accepts(self, head: bytes) -> str | None:
        """Return the media type for the form that stands in the RIFF header."""
        return _MEDIA_TYPES.get(head[8:12]) if head[:4] == b"RIFF" else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the file is as long as it says and its chunks fill it; more may follow.

        A length of zero or of all ones, as left behind by programs that write into a pipe or are
        still writing, is refused: it can't be told from a file cut short.

        Raises:
            MalformedAssetError: the file ends too early or its chunks contradict its length.
        """
        form = read_at(source, 8, 4)
        kinds = {chunk.kind for chunk in walk(source, size_of(source))}
        if not all(any(kind in kinds for kind in group) for group in _ESSENTIAL.get(form, ())):
            name = form.decode("latin-1").strip()
            raise MalformedAssetError(f"The {name} file is damaged: its content is missing.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no chunk of the outermost level holds a credential.

        A file that is cut short is judged by the chunks that are there.
        """
        try:
            for kind, body, length, _ in walk(source, size_of(source)):
                if kind == b"C2PA" or (
                    kind in XMP_KINDS and may_name_provenance_at(source, body, length)
                ):
                    return True
        except CutShortError:
            return False
        except MalformedAssetError:
            return True
        return False

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return a sentence if c2pa-rs would move, drop or change something; or None.

        It puts the credential into the first part of a film, and so would move all others, while
        OpenDML's index says where each frame is. It drops what lies behind the only part, and
        changes lists that are not filled with chunks.
        """
        size = size_of(source)
        length = int.from_bytes(read_at(source, 4, 4), "little")
        end = 8 + length + (length & 1)
        if read_at(source, end, 4) == b"RIFF":
            return "The film is in several parts, and its index says where in the file they are."
        if size > end:
            return "Something follows the file's own end, and embedding would drop it."
        if not is_filled(source, size):
            return "The file's chunks do not fill what they are in, and embedding would change it."
        return None

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return XMP, Exif (WebP), the texts of ``LIST INFO`` and a bare AIGC label.

        Lengths that contradict the header's are no obstacle.
        """
        fields = Fields()
        size = size_of(source)
        for chunk in chunks_within(source, 12, size):
            if not fields.room:
                break
            _read(source, chunk, fields, size)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP, and for sound and films the texts of ``LIST INFO`` and the AIGC label."""
        if media_type not in self.media_types:
            return frozenset()
        return _PLACES if media_type == _WEBP else _PLACES | {"riff"}

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write a copy of the file in which the fields are, and no sample moves where it must not.

        The index of a film may say where in the file its frames are, so nothing up to its last
        frame or index moves: what finds no room in an empty ``JUNK`` chunk goes behind them.

        Raises:
            AssetError, LabelError: as the seam says.
        """
        form = read_at(source, 8, 4)
        places = self.writable_places(_MEDIA_TYPES.get(form, ""))
        write = partial(rewrite, source, sink, form)
        write_changes(self, source, sink, changes, write, places=places)


def _read(source: BinaryIO, chunk: Chunk, fields: Fields, size: int) -> None:
    """Add what a chunk of the outermost level says."""
    kind, body, length, _ = chunk
    if kind == b"LIST":
        end = min(body + length, size)
        if read_at(source, body, 4) == b"INFO":
            for inner in chunks_within(source, body + 4, end):
                if not fields.room:
                    return
                _read_text(source, inner, fields)
    elif kind in XMP_KINDS:
        read_packet_at(source, body, length, fields)
    elif kind == b"EXIF":
        read_exif(read_at(source, body, min(length, fields.room)), fields)
    elif kind == b"AIGC":
        _read_text(source, chunk, fields)


def _read_text(source: BinaryIO, chunk: Chunk, fields: Fields) -> None:
    text = read_at(source, chunk.body, min(chunk.length, fields.room))
    fields.add(f"riff:{text_name(chunk.kind)}", decoded(text.partition(b"\0")[0]).strip())


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the RIFF format."""
    return [Riff()]
