"""FLV files with changed metadata: the tags with sound and pictures stay, and only move.

The index of key frames in ``onMetaData`` counts from the beginning of the file, so its positions
move with the tags, and so do the size of the file and the place of the last key frame. What else
a program may have counted stays: ``datasize`` is of sound and pictures in some programs, and of
all tags in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError

from ._amf import (
    ARRAY,
    END,
    LIST,
    budget,
    end_of_value,
    inside,
    number_at,
    properties,
    written_number,
    written_property,
    written_string,
)
from ._flv_tags import METADATA, SCRIPT, TAG_HEADER, TRAILER, first_tag, scripts
from ._reading import read_at, size_of
from ._splicing import Edit, splice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ._flv_tags import Script

    Texts = Mapping[str, tuple[str, ...]]

_MAX_BODY: Final = (1 << 24) - 1
_MAX_SHORT: Final = 0xFFFF
_MAX_FFMPEG: Final = 1023
"""Where FFmpeg finds a longer text, it gives up: so such texts come behind all the others."""
_INDEX, _POSITIONS = "keyframes", "filepositions"
_SIZE, _LAST_KEY_FRAME = "filesize", "lastkeyframelocation"


def write_metadata(source: BinaryIO, sink: BinaryIO, fields: Texts) -> None:
    """Write ``source`` with properties of ``onMetaData`` changed.

    Raises:
        MalformedAssetError, LimitExceededError: the script data is damaged, or too much.
        CapacityError: a property is to have several texts, or the tag gets too long.
    """
    _check(fields)
    left = budget()
    metadata = next((each for each in scripts(source, left) if each.name == METADATA), None)
    start = first_tag(source)
    at, end = (metadata.tag.start, metadata.tag.end) if metadata else (start, start)
    body = _changed(metadata, fields)
    growth = TAG_HEADER + len(body) + TRAILER - (end - at)
    if metadata:
        body = _moved(body, end, growth, size_of(source), left)
    splice(source, sink, [Edit(at, end, _tag(source, at, end, body))])


def _check(fields: Texts) -> None:
    """Return if ``onMetaData`` can hold the texts: one each, and each short."""
    for name, texts in fields.items():
        if len(texts) > 1:
            raise CapacityError(
                f"The property {name!a:.80} of an FLV file can have one text only."
            )
        if any(len(part.encode()) > _MAX_SHORT for part in (name, *texts)):
            raise CapacityError(f"The text for {name!a:.80} is too long for an FLV file: 64 KiB.")


def _tag(source: BinaryIO, at: int, end: int, body: bytes) -> bytes:
    """Return a tag with this body; as far as there was one, its header stays."""
    if len(body) > _MAX_BODY:
        raise CapacityError("The metadata would be longer than an FLV tag can be: 16 MiB.")
    header = read_at(source, at, TAG_HEADER) if end > at else bytes([SCRIPT]) + bytes(10)
    size = len(body)
    made = header[:1] + size.to_bytes(3, "big") + header[4:] + body
    return made + len(made).to_bytes(TRAILER, "big")


def _changed(script: Script | None, changes: Texts) -> bytes:
    """Return script data with properties changed; with new ones at the end of the object."""
    data = script.data if script else written_string(METADATA) + bytes([ARRAY]) + bytes(4) + END
    value = script.value if script else len(written_string(METADATA))
    listed = script.properties if script else ()
    waiting = dict(changes)
    parts = []
    at, count = 0, 0
    for found in listed:
        if found.name not in changes:
            continue
        is_last = any(len(text.encode()) > _MAX_FFMPEG for text in changes[found.name])
        texts = () if is_last else waiting.pop(found.name, ())
        count += len(texts) - 1
        parts += [data[at : found.start], *(written_property(found.name, text) for text in texts)]
        at = found.end
    end = listed[-1].end if listed else inside(data, value)
    new = [written_property(name, text) for name, texts in waiting.items() for text in texts]
    made = bytearray(b"".join((*parts, data[at:end], *new, data[end:])))
    if data[value] == ARRAY:  # which says about how many there are
        said = int.from_bytes(data[value + 1 : value + 5], "big")
        made[value + 1 : value + 5] = max(0, said + count + len(new)).to_bytes(4, "big")
    return bytes(made)


def _moved(data: bytes, end: int, growth: int, size: int, left: Iterator[int]) -> bytes:
    """Return metadata whose places are right when what lies behind ``end`` has moved."""
    made = bytearray(data)

    def move(at: int) -> None:
        old = number_at(data, at)
        if old is not None and old == old // 1:
            made[at : at + 9] = written_number(old + (growth if end <= old else 0))

    value = 3 + int.from_bytes(data[1:3], "big")
    for found in list(properties(data, value, left)):
        if found.name == _SIZE and number_at(data, found.value) == size:
            made[found.value : found.end] = written_number(size + growth)
        elif found.name == _LAST_KEY_FRAME:
            move(found.value)
        elif found.name == _INDEX and data[found.value] != LIST:
            for inner in list(properties(data, found.value, left)):
                if inner.name == _POSITIONS and data[inner.value] == LIST:
                    at = inner.value + 5
                    while at < inner.end:
                        move(at)
                        at = end_of_value(data, at, left)
    return bytes(made)
