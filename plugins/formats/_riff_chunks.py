"""The chunks of a RIFF file: a kind of four letters, a length, a body, and a byte of padding.

Multimedia Programming Interface and Data Specifications 1.0 (Microsoft and IBM, 1991), chapter 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_CHUNKS: Final = 200_000
"""An animated WebP has one a frame."""
MAX_NESTED_CHUNKS: Final = 1_000_000
"""Of all levels: a film has some for each of its frames."""
MAX_DEPTH: Final = 30
"""Of lists in one another."""
HEADER: Final = 8
"""Bytes before a chunk's body."""
XMP_KINDS: Final = (b"XMP ", b"_PMX")


class CutShortError(MalformedAssetError):
    """The file ends before it should; every chunk up to there has been seen."""


class Chunk(NamedTuple):
    """A chunk and the place of its body."""

    kind: bytes
    body: int
    length: int
    part: int = 0
    """Where the ``RIFF`` chunk begins that it is in."""

    @property
    def start(self) -> int:
        """Where its header begins."""
        return self.body - HEADER

    @property
    def end(self) -> int:
        """Where it ends, padding included."""
        return self.body + self.length + (self.length & 1)


def walk(source: BinaryIO, size: int) -> Iterator[Chunk]:
    """Yield the chunks of the outermost level, through every ``RIFF`` chunk of the file.

    Raises:
        MalformedAssetError: lengths contradict each other or the file's.
    """
    at = part = 0
    end = -1  # of the RIFF chunk that we are in
    for _ in range(MAX_CHUNKS):
        header = read_at(source, at, HEADER)
        kind = header[:4]
        if at >= end:
            if end > size:
                raise CutShortError("The file is cut short: its last byte is missing.")
            if at and kind != b"RIFF":
                return  # the end, or something appended
            end = at + HEADER + int.from_bytes(header[4:], "little")
            if kind != b"RIFF" or end < at + 12:
                raise MalformedAssetError(
                    "The file is unfinished: it should be longer than it says."
                )
            part = at
            at += 12
            continue
        if at >= size:
            raise CutShortError("The file is cut short: it should be longer by its header.")
        if end - at < HEADER:
            at = end  # a padding byte that nobody counted
            continue
        length = int.from_bytes(header[4:], "little")
        if at + HEADER + length > end:
            raise MalformedAssetError(
                f"The file is damaged: its chunk at byte {at} reaches beyond the end."
            )
        yield Chunk(kind, at + HEADER, length, part)
        if at + HEADER + length > size:
            raise CutShortError("The file is cut short: it ends within a chunk.")
        at += HEADER + length + (length & 1)
    raise MalformedAssetError(f"The file has more than {MAX_CHUNKS} chunks.")


def is_filled(source: BinaryIO, size: int) -> bool:
    """Return whether chunks of all levels fill one RIFF chunk, and that fills the file.

    A program that takes such a file apart down to the lists and puts it together again, as
    c2pa-rs does, gets the same bytes; of any other file it drops or changes something.
    """
    length = int.from_bytes(read_at(source, 4, 4), "little")
    if size - HEADER - length not in (0, length & 1):
        return False
    at, ends = 12, [size]
    for _ in range(MAX_NESTED_CHUNKS):
        while ends and at == ends[-1]:
            ends.pop()
        if not ends:
            return True
        header = read_at(source, at, HEADER)
        chunk = Chunk(header[:4], at + HEADER, int.from_bytes(header[4:], "little"))
        padding = read_at(source, chunk.body + chunk.length, 1) if chunk.length & 1 else b"\0"
        if len(header) < HEADER or chunk.end > ends[-1] or padding != b"\0":
            return False
        at = chunk.end
        if chunk.kind in (b"RIFF", b"seqt"):  # which hold chunks in one place, and none in another
            return False
        if chunk.kind == b"LIST":
            if chunk.length < len(chunk.kind) or len(ends) > MAX_DEPTH:
                return False
            ends.append(chunk.body + chunk.length)
            at = chunk.body + len(chunk.kind)
    return False


def chunks_within(source: BinaryIO, at: int, end: int) -> Iterator[Chunk]:
    """Yield chunks for as long as there are any, whatever the lengths of those around them."""
    for _ in range(MAX_CHUNKS):
        header = read_at(source, at, HEADER)
        if len(header) < HEADER or at + HEADER > end:
            return
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        if kind == b"RIFF":  # a further part of a long film
            at += 12
            continue
        yield Chunk(kind, at + HEADER, length)
        at += HEADER + length + (length & 1)


def text_name(kind: bytes) -> str:
    """Return the name of the text that a chunk holds."""
    return kind.decode("latin-1").rstrip()
