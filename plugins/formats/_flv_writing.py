"""FLV files with changed script data: the tags with sound and pictures stay, and only move.

The index of key frames in ``onMetaData`` counts from the beginning of the file, so its positions
move with the tags, and so do the size of the file and the place of the last key frame. What else
a program may have counted stays: ``datasize`` is of sound and pictures in some programs, and of
all tags in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, MalformedAssetError

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
from ._flv_tags import LIVE_XML, METADATA, SCRIPT, TAG_HEADER, TRAILER, XMP, first_tag, scripts
from ._reading import read_at, size_of
from ._splicing import Edit, splice_in_order
from ._xmp_writing import updated_packet

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


def write_scripts(source: BinaryIO, sink: BinaryIO, fields: Texts, xmp: Texts) -> None:
    """Write ``source`` with properties of ``onMetaData``, and its XMP packet, changed.

    Raises:
        MalformedAssetError, LimitExceededError: the script data is damaged, or too much.
        CapacityError: a property is to have several texts, or a tag gets too long.
        LabelError: the packet can't say it.
    """
    _check(fields)
    left = budget()
    found: dict[str, Script] = {}
    for script in scripts(source, left):
        found.setdefault(script.name, script)
    start = first_tag(source)
    bodies: dict[str, tuple[int, int, bytes]] = {}
    metadata = found.get(METADATA)
    if fields or metadata:
        bodies[METADATA] = _place(metadata, start, _changed(metadata, METADATA, fields))
    packet = found.get(XMP)
    if xmp:
        place = metadata.tag.end if metadata else start
        bodies[XMP] = _place(packet, place, _with_packet(packet, xmp))
    moves = [(end, _grown(at, end, body)) for at, end, body in bodies.values()]
    if metadata:
        at, end, body = bodies[METADATA]
        bodies[METADATA] = at, end, _moved(body, moves, size_of(source), left)
    edits = [Edit(at, end, _tag(source, at, end, body)) for at, end, body in bodies.values()]
    splice_in_order(source, sink, sorted(edits, key=lambda edit: edit.start))


def _check(fields: Texts) -> None:
    """Return if ``onMetaData`` can hold the texts: one each, and each short."""
    for name, texts in fields.items():
        if len(texts) > 1:
            raise CapacityError(
                f"The property {name!a:.80} of an FLV file can have one text only."
            )
        if any(len(part.encode()) > _MAX_SHORT for part in (name, *texts)):
            raise CapacityError(f"The text for {name!a:.80} is too long for an FLV file: 64 KiB.")


def _place(script: Script | None, new: int, body: bytes) -> tuple[int, int, bytes]:
    return (script.tag.start, script.tag.end, body) if script else (new, new, body)


def _tag(source: BinaryIO, at: int, end: int, body: bytes) -> bytes:
    """Return a tag with this body; as far as there was one, its header stays."""
    if len(body) > _MAX_BODY:
        raise CapacityError("The metadata would be longer than an FLV tag can be: 16 MiB.")
    header = read_at(source, at, TAG_HEADER) if end > at else bytes([SCRIPT]) + bytes(10)
    size = len(body)
    made = header[:1] + size.to_bytes(3, "big") + header[4:] + body
    return made + len(made).to_bytes(TRAILER, "big")


def _grown(at: int, end: int, body: bytes) -> int:
    """Return by how many bytes the tag gets longer, or how long it is if it is new."""
    return TAG_HEADER + len(body) + TRAILER - (end - at)


def _changed(script: Script | None, name: str, changes: Texts) -> bytes:
    """Return script data with properties changed; with new ones at the end of the object."""
    data = script.data if script else written_string(name) + bytes([ARRAY]) + bytes(4) + END
    value = script.value if script else len(written_string(name))
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


def _with_packet(script: Script | None, xmp: Texts) -> bytes:
    """Return script data whose XMP packet says the changes."""
    old = None
    for found in script.properties if script else ():
        if script and found.name == LIVE_XML:
            old = script.data[found.value : found.end]
            old = old[3:] if old[:1] == b"\2" else old[5:]
            break
    try:
        made = updated_packet(old, xmp).decode()
    except UnicodeDecodeError as error:
        raise MalformedAssetError("The FLV file's XMP packet is in no UTF-8.") from error
    return _changed(script, XMP, {LIVE_XML: (made,)})


def _moved(data: bytes, moves: list[tuple[int, int]], size: int, left: Iterator[int]) -> bytes:
    """Return metadata whose places are those after everything has moved."""
    made = bytearray(data)

    def move(at: int) -> None:
        old = number_at(data, at)
        if old is not None and old == old // 1:
            new = old + sum(by for end, by in moves if end <= old)
            made[at : at + 9] = written_number(new)

    value = 3 + int.from_bytes(data[1:3], "big")
    for found in list(properties(data, value, left)):
        if found.name == _SIZE and number_at(data, found.value) == size:
            made[found.value : found.end] = written_number(size + sum(by for _, by in moves))
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
