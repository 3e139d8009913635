"""FLAC (RFC 9639): metadata blocks, then frames; perhaps behind an ID3v2 tag.

FLAC itself has no ID3, but C2PA 2.5, A.3 puts the manifest store into a ``GEOB`` frame of an ID3v2
tag before it, and a remote reference into the XMP packet of a ``PRIV`` frame, as in MP3.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._fields import Fields
from ._flac_writing import MAX_BLOCKS, MAX_COMMENT_BLOCKS, write_comments
from ._id3 import end_of_tags, may_carry_credential, tag_length
from ._id3_metadata import collect_tags
from ._id3_rewriting import rewriting_objection
from ._reading import read_at, size_of
from ._vorbis import collect_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

MEDIA_TYPE: Final = "audio/flac"
MAX_FRAME_BYTES: Final = 1 << 21
"""65,535 samples of eight channels of 32 bits, uncompressed."""
MAX_CANDIDATES: Final = 20_000
"""Places near the end that look like a frame's first two bytes."""
MAX_CHECKSUM_BYTES: Final = 2 * MAX_FRAME_BYTES
"""Summed up over candidates whose header is sound by chance, as in one of some thousand files."""

_PLACES: Final = frozenset({"vorbis"})
_MARK: Final = b"fLaC"
_VORBIS_COMMENT: Final = 4
_SYNC: Final = re.compile(rb"\xff[\xf8\xf9]")
_STREAMINFO_BYTES: Final = 34
_ID3V1_BYTES: Final = 128
_TAG_HEADER: Final = 10


class Flac:
    """FLAC sound in its own container; Ogg FLAC is another format."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``audio/flac`` if the FLAC marker and STREAMINFO begin the file, or follow ID3.

        Behind an ID3v2 tag longer than ``head`` a FLAC file can't be told from an MP3, which it
        then goes as; the MP3 format refines that.
        """
        start = tag_length(head) if head[:3] == b"ID3" else 0
        is_flac = head[start : start + 8] == _MARK + b"\0\0\0\x22" or (
            head[start : start + 8] == _MARK + b"\x80\0\0\x22"  # STREAMINFO is the only block
        )
        return MEDIA_TYPE if is_flac else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the metadata is complete and a whole frame ends the file.

        The last frame's two checksums are checked, and its sample numbers against STREAMINFO's
        total. Limits: frames before the last are not looked at; where the total is unknown (the
        encoder wrote into a pipe), a file cut exactly between two frames passes.

        Raises:
            MalformedAssetError: a metadata block or the last frame is cut short or missing.
        """
        size = size_of(source)
        start = end_of_tags(source)
        if read_at(source, start, 4) != _MARK:
            raise MalformedAssetError("The FLAC file is cut short: it ends within its tag.")
        at = start + 4
        info = read_at(source, at + 4, _STREAMINFO_BYTES)
        for _ in range(MAX_BLOCKS):
            header = read_at(source, at, 4)
            at += 4 + int.from_bytes(header[1:], "big")
            if len(header) < 4 or at > size:
                raise MalformedAssetError("The FLAC file is cut short: it ends in its metadata.")
            if header[0] & 0x80:
                break
        else:
            raise MalformedAssetError(f"The FLAC file has more than {MAX_BLOCKS} metadata blocks.")
        stream = _stream(info)
        if stream.total == 0 and at == size:
            return  # silence of no length
        if not _ends_in_frame(source, at, size, stream):
            raise MalformedAssetError("The FLAC file is cut short: its last frame is missing.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no ID3v2 tag at the start holds a credential."""
        return may_carry_credential(source)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return a sentence if the ID3v2 tag before the sound could be damaged; as for MP3.

        c2pa-rs refuses a file with several tags before the sound.
        """
        if end_of_tags(source) != tag_length(read_at(source, 0, _TAG_HEADER)):
            return "Several ID3 tags stand before the sound, where a credential could go into one."
        return rewriting_objection(source)

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the Vorbis comments, and the texts of an ID3v2 tag before the sound."""
        fields = Fields()
        collect_tags(source, fields)
        for block in islice(_comment_blocks(source), MAX_COMMENT_BLOCKS):
            collect_comments(block, fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return ``vorbis`` only: FLAC has no XMP and no ID3 of its own."""
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the file with its Vorbis comments changed; a tag before it stays.

        Raises:
            AssetError, LabelError: as :func:`write_comments`.
        """

        def write(wanted: Wanted) -> None:
            write_comments(source, sink, end_of_tags(source), within("vorbis", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)


def _comment_blocks(source: BinaryIO) -> Iterator[bytes]:
    """Yield the metadata blocks that hold Vorbis comments, as far as they are there."""
    at = end_of_tags(source)
    is_last = read_at(source, at, 4) != _MARK
    at += 4
    for _ in range(MAX_BLOCKS):
        header = read_at(source, at, 4)
        if is_last or len(header) < 4:
            return
        length = int.from_bytes(header[1:], "big")
        if header[0] & 0x7F == _VORBIS_COMMENT:
            yield read_at(source, at + 4, length)
        at += 4 + length
        is_last = bool(header[0] & 0x80)


class _Stream(NamedTuple):
    """What STREAMINFO says (RFC 9639, 8.2)."""

    block_size: int
    max_frame: int
    total: int  # samples; 0: unknown


def _stream(info: bytes) -> _Stream:
    smallest, largest = int.from_bytes(info[:2], "big"), int.from_bytes(info[2:4], "big")
    rate = int.from_bytes(info[10:13], "big") >> 4
    if not 16 <= smallest <= largest or not rate:
        raise MalformedAssetError(
            "The FLAC file is damaged: its stream information is impossible."
        )
    return _Stream(
        block_size=largest,
        max_frame=int.from_bytes(info[7:10], "big"),
        total=int.from_bytes(info[13:18], "big") & 0xFFFFFFFFF,
    )


def _ends_in_frame(source: BinaryIO, start: int, size: int, stream: _Stream) -> bool:
    """Return whether a sound frame with the last samples reaches to the end of the file.

    Zeros behind it do no harm, not even to the checksum; an ID3v1 tag is stepped over.
    """
    if read_at(source, max(start, size - _ID3V1_BYTES), 3) == b"TAG":
        size -= _ID3V1_BYTES
    reach = min(stream.max_frame or MAX_FRAME_BYTES, MAX_FRAME_BYTES) + _ID3V1_BYTES
    data = read_at(source, max(start, size - reach), reach)[: min(reach, size - start)]
    places = deque((found.start() for found in _SYNC.finditer(data)), MAX_CANDIDATES)
    summed = 0
    for at in reversed(places):
        header = _frame_header(data[at : at + 16], stream.block_size)
        if header and (not stream.total or header[0] + header[1] >= stream.total):
            summed += len(data) - at
            if summed > MAX_CHECKSUM_BYTES:
                break
            if _crc(data[at:], _CRC16, 16) == 0:
                return True
    return False


def _frame_header(data: bytes, block_size: int) -> tuple[int, int] | None:
    """Return the first sample's number and the count of samples of the frame at ``data``.

    RFC 9639, 9.1. None if it is no frame header, by its reserved bits or its checksum.
    """
    if len(data) < 6 or data[3] & 1 or data[2] >> 4 == 0 or data[2] & 15 == 15:
        return None
    ones = 8 - (data[4] ^ 0xFF).bit_length()  # as in UTF-8: how long the number is
    at = 5 + max(0, ones - 1)
    if ones in (1, 8):
        return None
    number = data[4] & (0x7F >> ones)
    for byte in data[5:at]:
        number = number << 6 | byte & 0x3F
    code = data[2] >> 4
    if code in (6, 7):
        width = code - 5
        samples = int.from_bytes(data[at : at + width], "big") + 1
        at += width
    elif code == 1:
        samples = 192
    else:
        samples = 576 << (code - 2) if code < 6 else 256 << (code - 8)
    at += {12: 1, 13: 2, 14: 2}.get(data[2] & 15, 0)
    if at >= len(data) or _crc(data[: at + 1], _CRC8, 8):
        return None
    is_variable = data[1] & 1
    return number if is_variable else number * block_size, samples


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """Return the remainders of all bytes, for a checksum taken most significant bit first."""
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        table.append(value)
    return tuple(table)


_CRC8: Final = _table(0x07, 8)
_CRC16: Final = _table(0x8005, 16)


def _crc(data: bytes, table: tuple[int, ...], bits: int) -> int:
    """Return the checksum of ``data``; zero if ``data`` ends in its own checksum."""
    value, shift, mask = 0, bits - 8, (1 << bits) - 1
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> shift ^ byte]
    return value


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the FLAC format."""
    return [Flac()]
