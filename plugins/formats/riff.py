"""RIFF: WebP pictures, WAV sound, AVI films; chunks in one outermost ``RIFF`` chunk.

C2PA 2.5, A.3: the manifest store is a ``C2PA`` chunk of the outermost level, a remote reference
stands in the XMP packet (``XMP `` in WebP; ``_PMX`` in WAV and AVI by the XMP specification,
though c2pa-rs writes ``XMP `` there too). AVI files over 1 GB go on in further ``RIFF`` chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._exif import decoded, read_exif
from ._fields import Fields
from ._reading import read_at, size_of
from ._xmp import may_name_provenance_at, read_packet_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

MAX_CHUNKS: Final = 200_000
"""An animated WebP has one a frame."""

_MEDIA_TYPES: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/avi"}
_XMP: Final = (b"XMP ", b"_PMX")
# What a file must hold to be more than an envelope; one of each group.
_ESSENTIAL: Final = {
    b"WEBP": ((b"VP8 ", b"VP8L", b"ANMF"),),
    b"WAVE": ((b"fmt ",), (b"data",)),
    b"AVI ": ((b"LIST",),),
}


class _Chunk(NamedTuple):
    kind: bytes
    body: int
    length: int


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
        kinds = {chunk.kind for chunk in _walk(source, size_of(source))}
        if not all(any(kind in kinds for kind in group) for group in _ESSENTIAL.get(form, ())):
            name = form.decode("latin-1").strip()
            raise MalformedAssetError(f"The {name} file is damaged: its content is missing.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no chunk of the outermost level holds a credential.

        A file that is cut short is judged by the chunks that are there.
        """
        try:
            for kind, body, length in _walk(source, size_of(source)):
                if kind == b"C2PA" or (
                    kind in _XMP and may_name_provenance_at(source, body, length)
                ):
                    return True
        except _CutShortError:
            return False
        except MalformedAssetError:
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return XMP, Exif (WebP), the texts of ``LIST INFO`` and a bare AIGC label.

        Lengths that contradict the header's are no obstacle.
        """
        fields = Fields()
        size = size_of(source)
        for chunk in _chunks(source, 12, size):
            if not fields.room:
                break
            _read(source, chunk, fields, size)
        return fields.freeze()


class _CutShortError(MalformedAssetError):
    """The file ends before it should; every chunk up to there has been seen."""


def _walk(source: BinaryIO, size: int) -> Iterator[_Chunk]:
    """Yield the chunks of the outermost level, through every ``RIFF`` chunk of the file."""
    at = 0
    end = -1  # of the RIFF chunk that we are in
    for _ in range(MAX_CHUNKS):
        header = read_at(source, at, 8)
        kind = header[:4]
        if at >= end:
            if end > size:
                raise _CutShortError("The file is cut short: its last byte is missing.")
            if at and kind != b"RIFF":
                return  # the end, or something appended
            end = at + 8 + int.from_bytes(header[4:], "little")
            if kind != b"RIFF" or end < at + 12:
                raise MalformedAssetError(
                    "The file is unfinished: it should be longer than it says."
                )
            at += 12
            continue
        if at >= size:
            raise _CutShortError("The file is cut short: it should be longer by its header.")
        if end - at < 8:
            at = end  # a padding byte that nobody counted
            continue
        length = int.from_bytes(header[4:], "little")
        if at + 8 + length > end:
            raise MalformedAssetError(
                f"The file is damaged: its chunk at byte {at} reaches beyond the end."
            )
        yield _Chunk(kind, at + 8, length)
        if at + 8 + length > size:
            raise _CutShortError("The file is cut short: it ends within a chunk.")
        at += 8 + length + (length & 1)
    raise MalformedAssetError(f"The file has more than {MAX_CHUNKS} chunks.")


def _chunks(source: BinaryIO, at: int, end: int) -> Iterator[_Chunk]:
    """Yield chunks for as long as there are any, whatever the lengths of those around them."""
    for _ in range(MAX_CHUNKS):
        header = read_at(source, at, 8)
        if len(header) < 8 or at + 8 > end:
            return
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        if kind == b"RIFF":  # a further part of a long film
            at += 12
            continue
        yield _Chunk(kind, at + 8, length)
        at += 8 + length + (length & 1)


def _read(source: BinaryIO, chunk: _Chunk, fields: Fields, size: int) -> None:
    """Add what a chunk of the outermost level says."""
    kind, body, length = chunk
    if kind == b"LIST":
        end = min(body + length, size)
        if read_at(source, body, 4) == b"INFO":
            for inner in _chunks(source, body + 4, end):
                if not fields.room:
                    return
                _read_text(source, inner, fields)
    elif kind in _XMP:
        read_packet_at(source, body, length, fields)
    elif kind == b"EXIF":
        read_exif(read_at(source, body, min(length, fields.room)), fields)
    elif kind == b"AIGC":
        _read_text(source, chunk, fields)


def _read_text(source: BinaryIO, chunk: _Chunk, fields: Fields) -> None:
    text = read_at(source, chunk.body, min(chunk.length, fields.room))
    name = chunk.kind.decode("latin-1").rstrip()
    fields.add(f"riff:{name}", decoded(text.partition(b"\0")[0]).strip())


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the RIFF format."""
    return [Riff()]
