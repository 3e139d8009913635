"""What Matroska and WebM files say about themselves: their tags, and a few fields beside them.

``matroska:NAME`` is a tag, whatever part of the file it is about, with its name in upper case as
the standard has it (RFC 9559, 5.1.8.1.2.1; a tag in another is ``matroska:NAME/INNER``);
``matroska:Title``, ``matroska:MuxingApp`` and ``matroska:WritingApp`` are fields of the segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._ebml import budget, children
from ._matroska_segment import INFO, TAGS, read_master, segment_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ._ebml import Element
    from ._fields import Fields

TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
MAX_DEPTH: Final = 8
"""Of tags in tags."""
MAX_ELEMENTS: Final = 500_000
"""Clusters, or blocks in clusters of unknown length, behind which tags are still found."""

_INFO: Final = {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"}


def collect_matroska(source: BinaryIO, fields: Fields) -> None:
    """Add what the file says, as far as it is sound. Never raises."""
    left = budget()
    try:
        segment = segment_of(source, is_whole=False)
        for found in walk(source, segment, max_elements=MAX_ELEMENTS):
            if found.kind in {INFO, TAGS} and fields.room:
                data = read_master(source, found)
                _collect(data, found._replace(body=found.body - found.start), fields, left)
    except AssetError:
        return  # what was read before counts


def _collect(data: bytes, found: Element, fields: Fields, left: Iterator[int]) -> None:
    """Add what one element of the segment says."""
    for child in children(data, found.body, len(data), left):
        if found.kind == INFO and child.kind in _INFO:
            fields.add(f"matroska:{_INFO[child.kind]}", text_of(data, child))
        elif found.kind == TAGS and child.kind == TAG:
            _collect_tags(data, child, "", MAX_DEPTH, fields, left)


def _collect_tags(
    data: bytes, parent: Element, path: str, depth: int, fields: Fields, left: Iterator[int]
) -> None:
    name, texts, inner = path, [], []
    for child in children(data, parent.body, parent.end, left):
        if child.kind == TAG_NAME:
            name = path + text_of(data, child).upper()
        elif child.kind == TAG_STRING:
            texts.append(text_of(data, child))
        elif child.kind == SIMPLE_TAG:
            inner.append(child)
    if name and fields.room:
        fields.add_all(f"matroska:{name}", texts)
    for child in inner if depth else ():
        _collect_tags(data, child, f"{name}/" if name else "", depth - 1, fields, left)


def text_of(data: bytes, found: Element) -> str:
    """Return a text; a NUL ends it (RFC 8794, 13)."""
    return data[found.body : found.end].partition(b"\0")[0].decode("utf-8", "replace")
