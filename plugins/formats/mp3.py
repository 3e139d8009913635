"""MP3 (MPEG-1, 2 and 2.5, layer III): an ID3v2 tag or none, then frames, then tags of old.

C2PA 2.5, A.3: the manifest store is in a ``GEOB`` frame of the ID3v2 tag, a remote reference in
the XMP packet of a ``PRIV`` frame.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import write_changes
from ._fields import Fields
from ._id3 import end_of_tags, may_carry_credential, tag_length
from ._id3_metadata import collect_tags
from ._id3_rewriting import rewriting_objection
from ._id3_writing import write_tags
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

MEDIA_TYPE: Final = "audio/mpeg"
MAX_FRAMES: Final = 10_000_000
"""Three days of sound."""
MAX_JUNK_BYTES: Final = 1 << 16
"""Between two frames, or before the first: players look for the next frame, and so do we."""
MAX_TAILS: Final = 4
"""Tags after the last frame."""
MAX_LOST: Final = 16
"""How often the frames may be lost and found again."""

_PLACES: Final = frozenset({"id3", "xmp"})
_WINDOW: Final = 1 << 18
_HEADER: Final = 4
# Kilobits a second by index (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3).
_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES: Final = (44100, 48000, 32000)
_SAME: Final = 0xFFFE0C00  # sync, version, layer and sampling rate don't change within a file
_ID3V1_BYTES, _ENHANCED_BYTES = 128, 227
_APE_HEADER_BYTES: Final = 32


class Mp3:
    """MP3 sound. Frames of free bit rate, which say no length, are not recognised."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``audio/mpeg`` for an ID3v2 tag before MP3 frames, or for two frames in a row.

        What follows a tag longer than ``head`` can't be seen, and is taken to be MP3; a FLAC file
        behind such a tag goes as MP3 until :meth:`refine_media_type` looks.
        """
        if head[:3] == b"ID3":
            start = tag_length(head)
            follows = head[start : start + _HEADER]
            if not start or (len(follows) == _HEADER and not _may_follow_tag(follows)):
                return None
            return MEDIA_TYPE
        if head[:1] != b"\xff":
            return None
        first = int.from_bytes(head[:_HEADER], "big")
        length = _frame_length(first)
        if not length or len(head) < length:
            return None
        second = int.from_bytes(head[length : length + _HEADER], "big")
        is_alone = len(head) == length
        return (
            MEDIA_TYPE if is_alone or (_frame_length(second) and _alike(first, second)) else None
        )

    def refine_media_type(self, source: BinaryIO, media_type: str) -> str:
        """Return ``audio/flac`` if that is what lies behind the tag, however long the tag is."""
        is_flac = read_at(source, end_of_tags(source), _HEADER) == b"fLaC"
        return "audio/flac" if is_flac else media_type

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the frames reach, each whole, to the end or to an ID3v1, APE or lyrics tag.

        A Xing or Info header's count of bytes is checked too. Limit: without one, a file cut
        exactly between two frames is a whole, shorter piece of sound.

        Raises:
            MalformedAssetError: the tag or the last frame is cut, or there are no frames.
        """
        size = size_of(source)
        start = end_of_tags(source)
        if start >= size:
            raise MalformedAssetError("The MP3 is cut short: it ends within its tag.")
        first, end = _walk(source, start, size)
        promised = _promised_bytes(read_at(source, first, 256))
        if first + promised > end:
            raise MalformedAssetError("The MP3 is cut short: it should be longer by its header.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no ID3v2 tag at the start holds a credential."""
        return may_carry_credential(source)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return a sentence if c2pa-rs, which writes the first ID3v2 tag anew, could damage it."""
        return rewriting_objection(source)

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the texts of the ID3v2 tags at the start; those at the end repeat them."""
        fields = Fields()
        collect_tags(source, fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return ``id3``, of which texts can be written, and ``xmp``."""
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the file with its ID3v2 tag changed, or with one where it has none.

        Sound, and tags at the end, stay byte for byte.

        Raises:
            AssetError, LabelError: as :func:`write_tags`.
        """
        write = partial(write_tags, source, sink)
        write_changes(self, source, sink, changes, write, places=_PLACES)


def _may_follow_tag(data: bytes) -> bool:
    header = int.from_bytes(data, "big")
    return bool(_frame_length(header)) or data[:3] == b"ID3" or not data.strip(b"\0")


def _alike(first: int, second: int) -> bool:
    return (first ^ second) & _SAME == 0


def _frame_length(header: int) -> int:
    """Return the length of the frame that the 32-bit ``header`` begins, or 0 if it is none."""
    version, layer = header >> 19 & 3, header >> 17 & 3
    rate, samples = header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or version == 1 or layer != 1 or rate in (0, 15) or samples == 3:
        return 0
    if header & 3 == 2:  # the reserved emphasis
        return 0
    padding = header >> 9 & 1
    if version == 3:
        return 144_000 * _RATES_1[rate] // _SAMPLES[samples] + padding
    halved = _SAMPLES[samples] >> (1 if version == 2 else 2)
    return 72_000 * _RATES_2[rate] // halved + padding


def _walk(source: BinaryIO, at: int, size: int) -> tuple[int, int]:
    """Return where the first frame begins and the last one ends."""
    first = pattern = -1
    window, base, lost = b"", at, 0
    for _ in range(MAX_FRAMES):
        if at - base + _HEADER > len(window):
            base, window = at, read_at(source, at, _WINDOW)
        header = int.from_bytes(window[at - base : at - base + _HEADER], "big")
        length = _frame_length(header)
        if length and (pattern < 0 or _alike(header, pattern)):
            if at + length > size:
                raise MalformedAssetError("The MP3 is cut short: its last frame breaks off.")
            if first < 0:
                first, pattern = at, header
            at += length
            continue
        if first >= 0 and _is_tail(source, at, size):
            return first, at
        lost += 1
        at = _next_frame(source, at, pattern)
        if at < 0 or lost > MAX_LOST:
            raise MalformedAssetError("The MP3 is cut short or damaged: its frames break off.")
    raise MalformedAssetError(f"The MP3 has more than {MAX_FRAMES} frames.")


def _is_tail(source: BinaryIO, at: int, size: int, *, tags: int = MAX_TAILS) -> bool:
    """Return whether nothing, padding or a whole tag of another kind follows at ``at``."""
    rest, length = read_at(source, at, MAX_JUNK_BYTES), size - at
    if rest.startswith(b"TAG"):
        return length == _ID3V1_BYTES + (_ENHANCED_BYTES if rest.startswith(b"TAG+") else 0)
    tag = 0
    if rest.startswith(b"APETAGEX"):  # the length counts the footer, but not the header
        tag = _APE_HEADER_BYTES + int.from_bytes(rest[12:16], "little")
    elif rest.startswith(b"LYRICSBEGIN"):
        end = max(rest.find(b"LYRICS200"), rest.find(b"LYRICSEND"))
        tag = end + len(b"LYRICS200") if end > 0 else length + 1
    elif rest.startswith(b"ID3"):
        tag = tag_length(rest)
    if not tag:
        return not rest.strip(b"\0")
    return tag <= length and tags > 0 and _is_tail(source, at + tag, size, tags=tags - 1)


def _next_frame(source: BinaryIO, at: int, pattern: int) -> int:
    """Return where two alike frames follow each other again, or -1."""
    junk = read_at(source, at, MAX_JUNK_BYTES)
    found = junk.find(b"\xff", 1)
    while found >= 0:
        header = int.from_bytes(junk[found : found + _HEADER], "big")
        length = _frame_length(header)
        if length and (pattern < 0 or _alike(header, pattern)):
            second = int.from_bytes(read_at(source, at + found + length, _HEADER), "big")
            if _frame_length(second) and _alike(header, second):
                return at + found
        found = junk.find(b"\xff", found + 1)
    return -1


def _promised_bytes(frame: bytes) -> int:
    """Return how many bytes a Xing or Info header says that the frames take, or 0."""
    for name in (b"Xing", b"Info"):
        at = frame.find(name, _HEADER, 48)  # its place depends on version and channels
        if at >= 0 and frame[at + 7] & 2:
            place = at + 8 + (4 if frame[at + 7] & 1 else 0)
            return int.from_bytes(frame[place : place + 4], "big")
    return 0


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the MP3 format."""
    return [Mp3()]
