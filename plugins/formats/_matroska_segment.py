"""The segment of a Matroska or WebM file (RFC 9559): its elements, without the sound and pictures.

A file is an EBML header and a segment. A recording that is still being made, or was broken off,
may have a segment and clusters that don't say how long they are; a cluster then ends where an
element begins that stands beside clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import AssetError, LimitExceededError, MalformedAssetError

from ._ebml import UNKNOWN, Element, budget, children, header_at, read_element
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_ELEMENTS: Final = 2_000_000
"""Clusters, or blocks in clusters of unknown length: seven hours of pictures and sound."""
MAX_MASTER_BYTES: Final = 16 << 20
"""Of an element that is read as a whole: tags, tracks, an index."""

MAX_IN_HEAD: Final = 100
"""Elements at the beginning of a file among which its tracks are looked for."""
MAX_BEFORE_TRACKS: Final = 1000

EBML, SEGMENT = 0x1A45DFA3, 0x18538067
SEEK_HEAD, INFO, TRACKS, CLUSTER = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675
CUES, ATTACHMENTS, CHAPTERS, TAGS = 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367
_DOC_TYPE: Final = 0x4282
_BESIDE_CLUSTERS: Final = frozenset(
    (SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, ATTACHMENTS, CHAPTERS, TAGS, EBML, SEGMENT)
)
_TRACK_ENTRY, _TRACK_TYPE = 0xAE, 0x83
_PICTURES, _SOUND = 1, 2
_KINDS: Final = {b"matroska": "matroska", b"webm": "webm"}


class Segment(NamedTuple):
    """The first segment of a file."""

    size_at: int
    """Where its size stands."""
    body: int
    end: int
    """Where it ends, or where the file does."""
    is_open: bool
    """Whether it does not say how long it is."""


def doc_type(head: bytes) -> str:
    """Return ``matroska`` or ``webm``, or nothing if the file is neither."""
    found = header_at(head, 0)
    if found is None or found[0] != EBML or found[1] == UNKNOWN:
        return ""
    at, end = found[2], min(found[2] + found[1], len(head))
    for _ in range(MAX_IN_HEAD):
        inner = header_at(head, at) if at < end else None
        if inner is None or inner[1] == UNKNOWN:
            return ""
        kind, size, body = inner
        if kind == _DOC_TYPE:
            return _KINDS.get(head[body : body + size].rstrip(b"\0"), "")
        at = body + size
    return ""


def segment_of(source: BinaryIO, *, is_whole: bool = True) -> Segment:
    """Return the first segment, which may be cut short if ``is_whole`` is not asked for.

    Raises:
        MalformedAssetError: there is none, or it is cut short.
    """
    size = size_of(source)
    header = read_element(source, 0)
    found = read_element(source, header.end) if header and header.kind == EBML else None
    if header is None or found is None or found.kind != SEGMENT:
        raise MalformedAssetError("The Matroska file is damaged: it has no segment.")
    is_open = found.end == UNKNOWN
    if is_whole and found.end > size:
        raise MalformedAssetError("The Matroska file is cut short: it should be longer.")
    return Segment(found.start + 4, found.body, size if is_open else min(size, found.end), is_open)


def walk(
    source: BinaryIO, segment: Segment, *, max_elements: int = MAX_ELEMENTS
) -> Iterator[Element]:
    """Yield the segment's elements, each with its end, wherever that is written.

    Raises:
        MalformedAssetError: one reaches beyond the end.
        LimitExceededError: there are more than ``max_elements``.
    """
    at = segment.body
    left = max_elements
    while at < segment.end:
        left -= 1
        found = read_element(source, at)
        if found is not None and segment.is_open and found.kind in {EBML, SEGMENT}:
            return  # another file begins
        if found is not None and found.end == UNKNOWN and found.kind == CLUSTER:
            end, left = _end_of_cluster(source, found.body, segment, left)
            found = found._replace(end=end)
        if found is None or found.end == UNKNOWN or found.end > segment.end:
            raise MalformedAssetError(
                "The Matroska file is cut short or damaged: an element reaches beyond the end."
            )
        if left < 0:
            raise LimitExceededError("The Matroska file has too many elements.")
        yield found
        at = found.end


def _end_of_cluster(source: BinaryIO, at: int, segment: Segment, left: int) -> tuple[int, int]:
    """Return where a cluster of unknown length ends, and how many elements may still follow."""
    while at < segment.end and left >= 0:
        left -= 1
        found = read_element(source, at)
        if found is not None and found.kind in _BESIDE_CLUSTERS:
            break
        if found is None or found.end == UNKNOWN:
            return segment.end + 1, left  # beyond the end, so damaged
        at = found.end
    return at, left


def read_master(source: BinaryIO, found: Element) -> bytes:
    """Return an element with its header, to be walked with :func:`children`.

    Raises:
        LimitExceededError: it is longer than ``MAX_MASTER_BYTES``.
    """
    if found.end - found.start > MAX_MASTER_BYTES:
        raise LimitExceededError("The Matroska file has too much metadata in one element.")
    return read_at(source, found.start, found.end - found.start)


def is_sound_only(data: bytes) -> bool:
    """Return whether a file that begins with ``data`` has tracks of sound, and none of pictures.

    False if that can't be seen: the tracks are not whole in ``data``, or too many.
    """
    header = header_at(data, 0)
    found = header_at(data, header[2] + header[1]) if header and header[1] != UNKNOWN else None
    at = found[2] if found and found[0] == SEGMENT else len(data)
    for _ in range(MAX_IN_HEAD):
        found = header_at(data, at)
        if found is None or found[0] == CLUSTER or found[1] == UNKNOWN:
            return False
        kind, size, body = found
        if kind == TRACKS:
            return body + size <= len(data) and _are_sound(
                data, body, body + size, iter(range(MAX_IN_HEAD))
            )
        at = body + size
    return False


def has_sound_only(source: BinaryIO) -> bool:
    """Return whether a file has tracks of sound and none of pictures. Never raises."""
    try:
        for found in walk(source, segment_of(source), max_elements=MAX_BEFORE_TRACKS):
            if found.kind == TRACKS:
                data = read_master(source, found)
                return _are_sound(data, found.body - found.start, len(data), budget())
            if found.kind == CLUSTER:
                return False
    except AssetError:
        pass
    return False


def _are_sound(data: bytes, start: int, end: int, left: Iterator[int]) -> bool:
    """Return whether some of these tracks are sound, and none pictures."""
    has_sound = False
    try:
        for entry in children(data, start, end, left):
            for field in children(data, entry.body, entry.end, left):
                if entry.kind == _TRACK_ENTRY and field.kind == _TRACK_TYPE:
                    kind = int.from_bytes(data[field.body : field.end], "big")
                    has_sound = has_sound or kind == _SOUND
                    if kind == _PICTURES:
                        return False
                    break
    except AssetError:
        return False
    return has_sound
