"""Writes XMP, the texts of ``LIST INFO`` and the bare AIGC label into RIFF files.

XMP is the chunk ``XMP `` in WebP, and ``_PMX`` in WAV and AVI (XMP specification, part 3).
The AIGC label is a text of ``LIST INFO`` in AVI (TC260-PG-20257A), and a chunk of the outermost
level in WAV (TC260-PG-202510A).

The index of a film (``idx1`` of some programs, ``indx`` of OpenDML always) counts from the
beginning of the file. So nothing moves up to the end of the last frame or index: there, a chunk
changes its length at the cost of an empty ``JUNK`` chunk that follows it, or else what is new
goes behind the frames. Sound and pictures have nothing that counts so.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LabelError, LimitExceededError, MalformedAssetError

from ._changes import within
from ._reading import read_at, size_of
from ._riff_chunks import HEADER, XMP_KINDS, Chunk, walk
from ._riff_info import Info, chunk_of, parsed
from ._splicing import Edit, splice
from ._webp_header import announce_xmp
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

MAX_CHUNK_BYTES: Final = 4 << 20
"""Of a packet or list that is changed, and of free space that is used."""

MAX_METADATA_CHUNKS: Final = 500
"""That may have to change. There is one of each kind, if that."""

_MAX_LENGTH: Final = 0xFFFF_FFFF
_FREE: Final = b"JUNK"
_CHANGING: Final = (*XMP_KINDS, b"AIGC", b"LIST")
_LABEL: Final = "AIGC"
_PICTURES: Final = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L", b"EXIF")
_NAME_BYTES: Final = 4

_Texts = dict[str, tuple[str, ...]]


def rewrite(source: BinaryIO, sink: BinaryIO, form: bytes, changes: _Texts) -> None:
    """Write ``source``, a RIFF file of this form, to ``sink`` with the fields of ``changes``.

    Raises:
        AssetError, LabelError: it can't be done.
    """
    rewriting = _Rewriting(source, form)
    texts = within("riff", changes)
    for name in texts:
        if not (name.isascii() and name.isprintable() and len(name) <= _NAME_BYTES):
            raise LabelError(f"{name} is no name for a text in RIFF: those have four letters.")
    if form == b"WAVE" and _LABEL in texts:
        rewriting.write_label(texts[_LABEL])
        texts[_LABEL] = ()
    if texts:
        rewriting.write_texts(texts)
    if packet := within("xmp", changes):
        rewriting.write_packet(packet)
    splice(source, sink, rewriting.finish())


class _Rewriting:
    """Collects what has to be done to the bytes of one file."""

    def __init__(self, source: BinaryIO, form: bytes) -> None:
        self._source = source
        self._form = form
        self._edits: list[Edit] = []
        self._added: list[bytes] = []
        self._chunks = tuple(walk(source, size_of(source)))
        if not self._chunks:
            raise MalformedAssetError("The file is damaged: its content is missing.")
        if sum(chunk.kind in _CHANGING for chunk in self._chunks) > MAX_METADATA_CHUNKS:
            raise LimitExceededError("The file has too many lists or packets of metadata.")
        self._used: set[Chunk] = set()  # free space that is taken
        fixed = [at for at, chunk in enumerate(self._chunks) if self._is_fixed(chunk)]
        self._last_fixed = max(fixed, default=-1)

    # ------------------------------------------------------------------ what is written

    def write_label(self, texts: tuple[str, ...]) -> None:
        """Write the AIGC label as chunks of the outermost level."""
        new = b"".join(chunk_of(_LABEL.encode(), text.encode()) for text in texts)
        self._write(new)

    def write_texts(self, texts: _Texts) -> None:
        """Write texts of ``LIST INFO``, and none of these names anywhere else."""
        if self._form != b"WAVE" and _LABEL in texts:
            self._write(b"")
        wanted = {name: values for name, values in texts.items() if values}
        for at, chunk in enumerate(self._chunks):
            if chunk.kind != b"LIST" or self._read(chunk, 4) != b"INFO":
                continue
            info = parsed(self._whole(chunk)[4:])
            if info.rest and info.names() & texts.keys():
                raise MalformedAssetError("The file is damaged: its list of texts breaks off.")
            if wanted and not info.rest and self._replace(at, _updated(info, texts)):
                wanted = {}
            elif info.names() & texts.keys():
                self._replace(at, _as_is(info.without(texts)))
        if wanted and not self._fill(_updated(Info((), b""), wanted)):
            self._added.append(Info((), b"").updated(wanted))

    def write_packet(self, changes: _Texts) -> None:
        """Update the XMP packet, or make one; take the properties out of any further packet."""
        kind = b"XMP " if self._form == b"WEBP" else b"_PMX"
        is_written = False
        for at, chunk in enumerate(self._chunks):
            if chunk.kind not in XMP_KINDS:
                continue
            packet = self._whole(chunk)
            is_ours = chunk.kind == kind and not is_written
            wanted = changes if is_ours else dict.fromkeys(changes, ())
            new = updated_packet(packet, wanted)
            is_written |= is_ours
            if new == packet or self._replace(at, _spaced(chunk.kind, new)):
                continue
            self._replace(at, _as_is(b""))
            self._added.append(chunk_of(chunk.kind, new))
        if not is_written and any(changes.values()):
            self._added.append(chunk_of(kind, updated_packet(None, changes)))
            is_written = True
        if is_written and self._form == b"WEBP":
            announcement = announce_xmp(self._source, self._chunks[0])
            self._edits += [announcement] if announcement else []

    def _write(self, new: bytes) -> None:
        """Write ``new`` in place of labels of the outermost level, or behind all others."""
        for at, chunk in enumerate(self._chunks):
            if chunk.kind == b"AIGC" and self._replace(at, _as_is(new)):
                new = b""
        if new:
            self._added.append(new)

    # ------------------------------------------------------------------ where it is written

    def _replace(self, at: int, make: Callable[[int], bytes]) -> bool:
        """Put chunks in place of the chunk number ``at``; return whether they have room there.

        ``make`` returns them, with so many bytes more than they need.
        """
        chunk = self._chunks[at]
        end = min(chunk.end, self._end_of(chunk.part))
        new = make(0)
        if at < self._last_fixed:
            free = self._free_from(at + 1) if new else []
            end = free[-1].end if free else end
            fitted = _fitted(make, end - chunk.start)
            if fitted is None:
                return False
            new = fitted
            self._used.update(free)
        self._edits.append(Edit(chunk.start, end, new))
        return True

    def _fill(self, make: Callable[[int], bytes]) -> bool:
        """Put a chunk into free space before the frames of a film; return whether it fits."""
        at = 1
        while at < self._last_fixed and not self._is_movie(self._chunks[at]):
            free = self._free_from(at)
            if free and (new := _fitted(make, free[-1].end - free[0].start)):
                self._used.update(free)
                self._edits.append(Edit(free[0].start, free[-1].end, new))
                return True
            at += max(1, len(free))
        return False

    def finish(self) -> list[Edit]:
        """Return all edits, with those of the lengths in the headers.

        Raises:
            CapacityError: the file would get too long for the format.
        """
        if self._added:
            self._add(b"".join(self._added))
        parts = list(dict.fromkeys(chunk.part for chunk in self._chunks))
        grown = dict.fromkeys(parts, 0)
        for edit in self._edits:
            part = parts[bisect_left(parts, edit.start) - 1]
            grown[part] += len(edit.data) - (edit.end - edit.start)
        lengths = []
        for part in parts:
            length = self._end_of(part) - part - HEADER + grown[part]
            if length > _MAX_LENGTH:
                raise CapacityError("The file would get longer than 4 GB, which is RIFF's limit.")
            lengths.append(Edit(part + 4, part + HEADER, length.to_bytes(4, "little")))
        return self._edits + lengths

    def _add(self, new: bytes) -> None:
        """Insert chunks behind what can't move; in a WebP, behind the picture and its Exif."""
        part = self._chunks[max(self._last_fixed, 0)].part
        before = [chunk for chunk in self._chunks if chunk.part == part]
        if self._form == b"WEBP":
            before = [chunk for chunk in before if chunk.kind in _PICTURES] or before
        last = before[-1]
        at = min(last.end, self._end_of(part))
        is_unpadded = at < last.end and all(edit.start != last.start for edit in self._edits)
        self._edits.append(Edit(at, at, b"\0" * is_unpadded + new))

    # ------------------------------------------------------------------ what is there

    def _is_fixed(self, chunk: Chunk) -> bool:
        """Return whether the file may say where this chunk is."""
        if self._form != b"AVI " or chunk.kind in (*XMP_KINDS, _FREE, b"AIGC", b"C2PA"):
            return False
        return chunk.kind != b"LIST" or self._read(chunk, 4) != b"INFO"

    def _is_movie(self, chunk: Chunk) -> bool:
        return chunk.kind == b"LIST" and self._read(chunk, 4) == b"movi"

    def _free_from(self, at: int) -> list[Chunk]:
        """Return the chunks from number ``at`` that are empty space, in a row and not taken."""
        found: list[Chunk] = []
        for number in range(at, self._last_fixed):
            chunk = self._chunks[number]
            start = found[0].start if found else chunk.start
            if (
                chunk.kind != _FREE
                or chunk in self._used
                or chunk.end - start > MAX_CHUNK_BYTES
                or self._read(chunk, chunk.length).strip(b"\0")
            ):
                break
            found.append(chunk)
        return found

    def _end_of(self, part: int) -> int:
        return part + HEADER + int.from_bytes(read_at(self._source, part + 4, 4), "little")

    def _read(self, chunk: Chunk, count: int) -> bytes:
        return read_at(self._source, chunk.body, min(chunk.length, count))

    def _whole(self, chunk: Chunk) -> bytes:
        if chunk.length > MAX_CHUNK_BYTES:
            raise LimitExceededError("The file has metadata too long to be changed.")
        return self._read(chunk, chunk.length)


def _fitted(make: Callable[[int], bytes], space: int) -> bytes | None:
    """Return chunks that fill ``space`` bytes to the last one, or None if they don't fit."""
    for extra in (0, 2, 4, 6):
        new = make(extra)
        left = space - len(new)
        if not left:
            return new
        if left >= HEADER:
            return new + chunk_of(_FREE, bytes(left - HEADER))
    return None


def _as_is(new: bytes) -> Callable[[int], bytes]:
    return lambda _extra: new


def _updated(info: Info, texts: Mapping[str, tuple[str, ...]]) -> Callable[[int], bytes]:
    return lambda extra: info.updated(texts, extra)


def _spaced(kind: bytes, packet: bytes) -> Callable[[int], bytes]:
    return lambda extra: chunk_of(kind, packet + b" " * extra)
