"""The tags of FLV files (Adobe Flash Video 10.1, annex E): sound, pictures, and script data.

Script data is a name and an object: ``onMetaData`` with properties of the file, ``onXMPData`` with
an XMP packet as its property ``liveXML`` (XMP specification, part 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._amf import end_of_value, properties, string_at
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ._amf import Property

MAX_TAGS: Final = 4_000_000
"""Ten hours of pictures and sound."""
MAX_LOOK: Final = 64
"""Tags among which script data is looked for: it stands at the beginning."""

METADATA, XMP = "onMetaData", "onXMPData"
LIVE_XML: Final = "liveXML"
SCRIPT: Final = 18
SOUND, PICTURES = 8, 9
TAG_HEADER: Final = 11
TRAILER: Final = 4
"""Behind each tag, and before the first, is how long it was."""

_MIN_HEADER: Final = 9
_FILTERED: Final = 0x20


class Tag(NamedTuple):
    """One tag: its type, where it is, and where its trailer ends."""

    kind: int
    start: int
    end: int

    @property
    def body(self) -> tuple[int, int]:
        """Where its content is, and how long."""
        start = self.start + TAG_HEADER
        return start, self.end - TRAILER - start


def first_tag(source: BinaryIO) -> int:
    """Return where the first tag begins.

    Raises:
        MalformedAssetError: the header is cut short.
    """
    header = read_at(source, 0, _MIN_HEADER)
    start = int.from_bytes(header[5:9], "big")
    if header[:3] != b"FLV" or len(header) < _MIN_HEADER or start < _MIN_HEADER:
        raise MalformedAssetError("The FLV file is damaged: its header is cut short.")
    return start + TRAILER


def walk_tags(source: BinaryIO) -> Iterator[Tag]:
    """Yield the tags, which fill the file.

    Raises:
        MalformedAssetError: one is cut short.
        LimitExceededError: there are more than ``MAX_TAGS``.
    """
    at, size = first_tag(source), size_of(source)
    for _ in range(MAX_TAGS):
        if at == size:
            return
        header = read_at(source, at, TAG_HEADER)
        end = at + TAG_HEADER + int.from_bytes(header[1:4], "big") + TRAILER
        if len(header) < TAG_HEADER or end > size:
            raise MalformedAssetError("The FLV file is cut short: it ends within a tag.")
        yield Tag(header[0], at, end)
        at = end
    raise LimitExceededError(f"The FLV file has more than {MAX_TAGS} tags.")


class Script(NamedTuple):
    """Script data: its name, and the properties that it has."""

    tag: Tag
    data: bytes
    name: str
    value: int
    """Where the object begins in ``data``."""
    properties: tuple[Property, ...]


def scripts(source: BinaryIO, left: Iterator[int]) -> Iterator[Script]:
    """Yield the script data at the beginning of the file that is a name and an object.

    Raises:
        MalformedAssetError, LimitExceededError: it is damaged, or too much.
    """
    for number, tag in enumerate(walk_tags(source)):
        if number == MAX_LOOK:
            return
        if tag.kind & ~_FILTERED != SCRIPT:
            continue
        data = read_at(source, *tag.body)
        name = string_at(data, 0)
        if name not in {METADATA, XMP}:
            continue
        if tag.kind & _FILTERED:
            raise MalformedAssetError("The FLV file's metadata is encrypted.")
        value = end_of_value(data, 0, left)
        yield Script(tag, data, name, value, tuple(properties(data, value, left)))
