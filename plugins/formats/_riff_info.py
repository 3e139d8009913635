"""The list ``INFO`` of a RIFF file: texts by names of four letters, each in a chunk of its own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from ._riff_chunks import HEADER, text_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def chunk_of(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its padding."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


class Info(NamedTuple):
    """What is in a list: each chunk as it is, with its name."""

    pieces: tuple[tuple[str, bytes], ...]
    rest: bytes
    """What follows them, which should be nothing."""

    def names(self) -> set[str]:
        """Return the names that it has, or that a reader may believe it has."""
        return {name for name, _ in self.pieces} | {text_name(self.rest[:4])}

    def without(self, names: Iterable[str]) -> bytes:
        """Return the whole list without the texts of these names; nothing if none is left."""
        kept = b"".join(piece for name, piece in self.pieces if name not in names)
        return chunk_of(b"LIST", b"INFO" + kept + self.rest) if kept or self.rest else b""

    def updated(self, changes: Mapping[str, tuple[str, ...]], extra: int = 0) -> bytes:
        """Return the whole list with the texts of ``changes``, in place of those that it has.

        ``extra`` NULs, an even number, follow the one that ends the last of these texts.
        """
        new = {name: _texts(name, texts) for name, texts in changes.items()}
        written = [pieces for pieces in new.values() if pieces]
        if extra and written:
            written[-1][-1] = _stretched(written[-1][-1], extra)
        made: list[bytes] = []
        for name, piece in self.pieces:
            made += [piece] if name not in changes else new.pop(name, ())
        for pieces in new.values():
            made += pieces
        body = b"".join(made) + self.rest
        return chunk_of(b"LIST", b"INFO" + body) if body else b""


def parsed(body: bytes) -> Info:
    """Return what the list with this body, from its first chunk on, holds."""
    pieces = []
    at = 0
    while at + HEADER <= len(body):
        length = int.from_bytes(body[at + 4 : at + HEADER], "little")
        end = at + HEADER + length
        if end > len(body):
            break
        padded = body[at:end] + (body[end : end + 1] or b"\0") * (length & 1)
        pieces.append((text_name(body[at : at + 4]), padded))
        at = end + (length & 1)
    return Info(tuple(pieces), body[at:])


def _texts(name: str, texts: Iterable[str]) -> list[bytes]:
    kind = name.encode("latin-1").ljust(4)
    return [chunk_of(kind, text.encode() + b"\0") for text in texts]


def _stretched(chunk: bytes, extra: int) -> bytes:
    (length,) = struct.unpack_from("<I", chunk, 4)
    return chunk_of(chunk[:4], chunk[HEADER : HEADER + length] + bytes(extra))
