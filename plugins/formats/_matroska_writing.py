"""Matroska and WebM files with changed tags: sound, pictures and every other element stay.

Elements are found by their distance from the beginning of the segment, so nothing may move that
is named so. New tags (a file may have several elements of them: RFC 9559, 5.1.8) go

1. into a void before the first cluster, if there is one as long;
2. or right before the first cluster, where nothing behind it is named by its place;
3. or into a void behind it, or else behind everything, and into the index of elements, without
   which players would look for them in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError

from ._ebml import CHECKSUM, VOID, Element, budget, fitted, header_at, size_field
from ._matroska_index import Index
from ._matroska_segment import CLUSTER, CUES, TAGS, read_master, segment_of, walk
from ._matroska_tags import Texts, changed_tags
from ._reading import read_at
from ._splicing import Edit, splice

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._matroska_segment import Segment

MAX_OTHERS: Final = 10_000
"""Elements beside clusters, which there should be ten of."""

_POSITION: Final = 0xA7
_LOOK: Final = 64
"""Bytes at the beginning of a cluster, where it may say its place."""


def write_tags(source: BinaryIO, sink: BinaryIO, changes: dict[str, tuple[str, ...]]) -> None:
    """Write ``source`` with the tags of ``changes`` as they say.

    Raises:
        MalformedAssetError, LimitExceededError: the file is damaged, or has too many elements.
        CapacityError: there is no place for new tags that players would find.
        LabelError: a tag can't be called so.
    """
    texts = Texts(changes)
    layout = _layout(source)
    segment = layout.segment
    edits = []
    left = budget()
    gone: list[Element] = []
    for found in layout.tags:
        data = read_master(source, found)
        changed = changed_tags(data, texts, left)
        if changed.data != data:
            edits.append(Edit(found.start, found.end, changed.data))
        if changed.is_empty:
            gone.append(found)
    end = segment.end
    if gone and gone[-1].end == end:  # there is nothing left behind which it would be a gap
        edits.pop()
        end = gone[-1].start
    index = Index(source, layout.others, segment.body, left)
    for found in gone:
        index.remove(found.start)
    added = _placed(texts.new_tags(), layout, index, end)
    edits += added.edits
    if added.tail or end < segment.end:
        edits.append(Edit(end, segment.end, added.tail))
    edits += index.edits()
    grown = end - segment.end + len(added.tail) + added.inserted
    if grown and not segment.is_open:
        edits.append(_resized(source, segment, grown))
    edits += _without_checksum(source, segment)
    splice(source, sink, edits)


class _Layout(NamedTuple):
    """The elements of a segment that matter here."""

    segment: Segment
    tags: tuple[Element, ...]
    others: tuple[Element, ...]
    """All but clusters and tags."""
    first_cluster: int
    """Where it begins, or -1."""
    is_placed: bool
    """Whether clusters are named by their places."""


def _layout(source: BinaryIO) -> _Layout:
    segment = segment_of(source)
    tags: list[Element] = []
    others: list[Element] = []
    first, is_placed, end = -1, False, segment.body
    for found in walk(source, segment):
        end = found.end
        if found.kind == CLUSTER:
            first = found.start if first < 0 else first
            is_placed = is_placed or _says_place(read_at(source, found.body, _LOOK))
            continue
        (tags if found.kind == TAGS else others).append(found)
        if len(tags) + len(others) > MAX_OTHERS:
            raise LimitExceededError(f"The Matroska file has over {MAX_OTHERS} voids and tags.")
    is_placed = is_placed or any(found.kind == CUES for found in others)
    if segment.is_open:
        segment = segment._replace(end=end)  # what follows is none of it
    return _Layout(segment, tuple(tags), tuple(others), first, is_placed)


def _says_place(start: bytes) -> bool:
    """Return whether a cluster says its place, as it may in one of its first elements."""
    at = 0
    while found := header_at(start, at):
        if found[0] == _POSITION:
            return True
        at = found[2] + max(0, found[1])
    return False


class _Placed(NamedTuple):
    edits: list[Edit]
    tail: bytes
    inserted: int


def _placed(new: bytes, layout: _Layout, index: Index, end: int) -> _Placed:
    """Return the edits that put ``new`` somewhere, and what comes to the segment's end."""
    if not new:
        return _Placed([], b"", 0)
    first = layout.first_cluster
    gaps = [
        (found, made)
        for found in layout.others
        if found.kind == VOID and (made := fitted(new, found.end - found.start)) is not None
    ]
    for found, made in gaps:
        if found.end <= first and not index.takes(found):
            return _Placed([Edit(found.start, found.end, made)], b"", 0)
    if first >= 0 and not layout.is_placed and not index.reaches(first):
        return _Placed([Edit(first, first, new)], b"", len(new))
    for found, made in gaps:
        if found.end > first and not index.may_take(found):
            tail = index.add(TAGS, found.start, end)
            return _Placed([Edit(found.start, found.end, made)], tail, 0)
    return _Placed([], new + index.add(TAGS, end, end + len(new)), 0)


def _resized(source: BinaryIO, segment: Segment, grown: int) -> Edit:
    """Return the segment's size changed; if it takes more bytes, all moves, and no distances."""
    width = segment.body - segment.size_at
    found = header_at(read_at(source, segment.size_at - 4, 12), 0)
    size = found[1] if found else 0
    return Edit(segment.size_at, segment.body, size_field(size + grown, width))


def _without_checksum(source: BinaryIO, segment: Segment) -> list[Edit]:
    """Return the edit that voids a checksum of the whole segment, if it has one."""
    found = header_at(read_at(source, segment.body, 12), 0)
    if found is None or found[:2] != (CHECKSUM, 4):
        return []
    return [Edit(segment.body, segment.body + 1, bytes([VOID]))]
