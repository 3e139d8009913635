"""ID3v2 tags with some of their fields changed: what MP3 files say about themselves, written.

A tag is changed frame by frame; every other frame stays byte for byte, in its place, and so does
the tag's version. As long as its padding suffices, the tag keeps its length. A file that has none
gets one of version 2.4.

The XMP packet is in a ``PRIV`` frame that is owned by ``XMP`` (XMP specification, part 3). Of
ID3's own frames, texts can be written: ``id3:TXXX:description`` and ``id3:TIT2``.
"""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, LabelError, LimitExceededError, MalformedAssetError

from ._changes import within
from ._fields import Fields
from ._id3 import MAX_TAGS, end_of_tags, syncsafe, tag_body, tag_length
from ._id3_metadata import (
    LATER_NAMES,
    MAX_READ_BYTES,
    frame_content,
    frame_texts,
    walk_frames,
)
from ._reading import read_at
from ._splicing import Edit, splice
from ._xmp import read_packet
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from ._id3 import TagBody
    from ._id3_metadata import Frame

    Texts = Mapping[str, tuple[str, ...]]

MAX_TAGS_BYTES: Final = 64 << 20
"""Of all tags together; they are held in memory. Pictures in them take a few MiB."""

_MAX_BODY: Final = (1 << 28) - 1
_HEADER: Final = 10
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_TEXT: Final = re.compile(r"T[A-Z0-9]{3}|TXXX:.+", re.DOTALL)
_FALSE_SYNC: Final = re.compile(rb"\xff(?=[\0\xe0-\xff]|\Z)")
_EARLIER: Final = {later: earlier for earlier, later in LATER_NAMES.items()}
_XMP_OWNER: Final = b"XMP\0"
_ROOM: Final = 10
"""Padding of a tag that grew. ExifTool, for one, wants a frame's header to fit behind the last."""
_EMPTY: Final = b"ID3\4\0\0\0\0\0\0"


def write_tags(source: BinaryIO, sink: BinaryIO, changes: Texts) -> None:
    """Write ``source`` to ``sink`` with the fields of ``changes``, ``id3:…`` and ``xmp:…``.

    Where several tags are stacked, what is new goes into the first, and what a change replaces is
    taken out of all of them.

    Raises:
        MalformedAssetError: a tag does not follow its own structure, or is cut short.
        LimitExceededError, CapacityError: a tag is or would be too long, or can't hold a field.
        LabelError: there is no such frame, or its text would not read back.
    """
    for name in within("id3", changes):
        if not _TEXT.fullmatch(name):
            raise LabelError(f"id3:{name} is no text frame: only those can be written.")
    end = end_of_tags(source)
    if end > MAX_TAGS_BYTES:
        raise LimitExceededError(f"The ID3 tag is longer than {MAX_TAGS_BYTES >> 20} MiB.")
    data = read_at(source, 0, end)
    if len(data) < end:
        raise MalformedAssetError("The file is cut short: it ends within its ID3 tag.")
    draft = _Draft(changes)
    tags: list[bytes] = _split(data) or [_EMPTY]
    made = b"".join(draft.rewrite(tag, is_first=not at) for at, tag in enumerate(tags))
    splice(source, sink, [Edit(0, end, made)])


def _split(data: bytes) -> list[bytes]:
    tags: list[bytes] = []
    at = 0
    while at < len(data) and len(tags) < MAX_TAGS:
        length = tag_length(data[at : at + _HEADER])
        tags.append(data[at : at + length])
        at += length
    return tags


class _Piece(NamedTuple):
    """One frame as it is written: its header and content, without unsynchronisation before 2.4."""

    name: bytes
    data: bytes


class _Draft:
    """What is left to be written while one tag after the other is gone through."""

    def __init__(self, changes: Texts) -> None:
        self._id3 = {f"id3:{name}": texts for name, texts in within("id3", changes).items()}
        self._xmp = within("xmp", changes)
        self._left = MAX_READ_BYTES

    def rewrite(self, tag: bytes, *, is_first: bool) -> bytes:
        """Return ``tag`` with the changes; in the first one, with what is new."""
        body = tag_body(BytesIO(tag), 0, tag[:_HEADER], max_unsynchronised=MAX_TAGS_BYTES)
        if body is None:
            raise LimitExceededError("The ID3 tag is too long to be changed.")
        old, end = _pieces(body)
        self._check_rest(body, end)
        new: list[_Piece] = []
        waiting = dict(self._id3) if is_first else {}
        has_packet = False
        for frame, piece in old:
            place, packet = self._look(frame)
            if place in self._id3:
                new += _text_frames(body, place, waiting.pop(place, ()))
            elif packet is not None and self._xmp:
                made = updated_packet(packet, self._wanted_xmp(first=not has_packet and is_first))
                has_packet = True
                new.append(piece if made == packet else _new(body, b"PRIV", _XMP_OWNER + made))
            else:
                new.append(piece)
        for place, texts in waiting.items():
            new += _text_frames(body, place, texts)
        if is_first and not has_packet and any(self._xmp.values()):
            if body.version == 2:
                raise CapacityError("The file's ID3 tag is of version 2.2, which holds no XMP.")
            new.append(_new(body, b"PRIV", _XMP_OWNER + updated_packet(None, self._xmp)))
        if new == [piece for _, piece in old]:
            return tag
        return _assembled(tag, body, b"".join(piece.data for piece in new))

    def _wanted_xmp(self, *, first: bool) -> Texts:
        """Return what the first packet is to say; any further one says nothing of it."""
        return self._xmp if first else dict.fromkeys(self._xmp, ())

    def _look(self, frame: Frame) -> tuple[str, bytes | None]:
        """Return the name of the field that a frame is, and the XMP packet that it holds."""
        if frame.name != b"PRIV" and frame.name[:1] != b"T":
            return "", None
        content, spent = frame_content(frame, self._left)
        self._left -= spent
        if self._left <= 0:
            raise LimitExceededError("The ID3 tag holds too much text to be changed.")
        if frame.name == b"PRIV":
            owner, _, packet = content.partition(b"\0")
            return "", packet if owner == b"XMP" and _tells(packet) else None
        return frame_texts(frame.name, content)[0], None

    def _check_rest(self, body: TagBody, end: int) -> None:
        """Return if nothing but padding follows the frames."""
        if read_at(body.source, end, max(0, body.end - end)).strip(b"\0") or end > body.end:
            raise MalformedAssetError(
                "The ID3 tag is damaged: it holds something that is no frame, and stays as it is."
            )


def _tells(packet: bytes) -> bool:
    """Return whether a packet says anything: what is empty or broken is left alone."""
    fields = Fields()
    read_packet(packet, fields)
    return bool(fields.freeze()) or b"<" in packet


def _pieces(body: TagBody) -> tuple[list[tuple[Frame, _Piece]], int]:
    """Return the frames with their bytes, and where they end."""
    found = []
    end = body.start
    for frame in walk_frames(body):
        end = frame.start + frame.length
        data = read_at(body.source, frame.head, end - frame.head)
        found.append((frame, _Piece(frame.name, data)))
    return found, end


# ---------------------------------------------------------------------------- frames


def _text_frames(body: TagBody, place: str, texts: tuple[str, ...]) -> list[_Piece]:
    """Return the frame for one field, or none where it has no texts.

    Several texts have NUL between them: version 2.4 has it so, and readers know it of others.
    """
    if not texts:
        return []
    name, _, description = place.removeprefix("id3:").partition(":")
    parts = [description, *texts] if name == "TXXX" else list(texts)
    encoding, encoded = _encoded(body.version, parts)
    content = encoding + (b"\0\0" if encoding == b"\1" else b"\0").join(encoded)
    if body.version == 2:
        earlier = _EARLIER.get(name)
        if earlier is None:
            raise CapacityError(f"The file's ID3 tag is of version 2.2, which has no {name}.")
        return [_new(body, earlier, content)]
    return [_new(body, name.encode(), content)]


def _encoded(version: int, parts: list[str]) -> tuple[bytes, list[bytes]]:
    """Return the mark of an encoding that the version has, and the texts in it."""
    if version == 4:
        return b"\3", [part.encode() for part in parts]
    if all(part.isascii() for part in parts):
        return b"\0", [part.encode() for part in parts]
    return b"\1", [b"\xff\xfe" + part.encode("utf-16-le") for part in parts]


def _new(body: TagBody, name: bytes, content: bytes) -> _Piece:
    """Return a frame of the tag's version, without flags but the one that the tag needs."""
    flags = b"\0\0"
    if body.is_unsynchronised and _FALSE_SYNC.search(content):  # version 4: each frame for itself
        content, flags = _unsynchronised(content), b"\0\2"
    if len(content) > (0xFFFFFF if body.version == 2 else _MAX_BODY):
        raise CapacityError("The text is longer than an ID3 tag can be.")
    size = len(content)
    if body.version == 2:
        return _Piece(name, name + size.to_bytes(3, "big") + content)
    field = _in_sevens(size) if body.version == 4 else size.to_bytes(4, "big")
    return _Piece(name, name + field + flags + content)


# ---------------------------------------------------------------------------- the tag


def _assembled(tag: bytes, body: TagBody, frames: bytes) -> bytes:
    """Return the tag with other frames, of the same length if its padding allows."""
    version, flags = tag[3], tag[5]
    has_footer = bool(version == 4 and flags & _FOOTER)
    length = syncsafe(tag[6:10])
    is_whole = bool(version < 4 and flags & _UNSYNCHRONISED)  # and undone in the body
    start = 0 if is_whole else _HEADER
    extended = read_at(body.source, start, body.start - start)
    used = len(_unsynchronised(extended + frames) if is_whole else extended + frames)
    room = 0 if has_footer else length - used if used <= length else _ROOM
    content = _updated_extended(extended, version, frames, room) + frames
    content = (_unsynchronised(content) if is_whole else content) + bytes(room)
    if len(content) > _MAX_BODY:
        raise CapacityError("The ID3 tag would be longer than one can be.")
    header = tag[3:6] + _in_sevens(len(content))
    return b"ID3" + header + content + (b"3DI" + header if has_footer else b"")


def _updated_extended(header: bytes, version: int, frames: bytes, padding: int) -> bytes:
    """Return the extended header with its count of padding and its checksum set right."""
    if not header:
        return header
    made = bytearray(header)
    if version == 3:  # ID3v2.3, 3.2
        if len(made) not in (10, 14):
            raise MalformedAssetError("The ID3 tag's extended header is damaged.")
        made[6:10] = padding.to_bytes(4, "big")
        if len(made) == 14:
            made[10:14] = zlib.crc32(frames).to_bytes(4, "big")
        return bytes(made)
    at = 6  # ID3v2.4, 3.2: each flag has its own data, behind the byte that says how much
    if len(made) < at or made[4] != 1:
        raise MalformedAssetError("The ID3 tag's extended header is damaged.")
    if made[5] & 0x10:
        raise CapacityError("The ID3 tag restricts what it may hold, so it stays as it is.")
    if made[5] & 0x40:
        at += 1
    if made[5] & 0x20:
        if made[at : at + 1] != b"\5" or len(made) < at + 6:
            raise MalformedAssetError("The ID3 tag's extended header is damaged.")
        checksum = zlib.crc32(frames + bytes(padding))
        made[at + 1 : at + 6] = bytes(checksum >> shift & 0x7F for shift in (28, 21, 14, 7, 0))
    return bytes(made)


def _unsynchronised(data: bytes) -> bytes:
    """Return ``data`` with a NUL after each byte that could begin the sync of a sound frame."""
    return _FALSE_SYNC.sub(b"\xff\0", data)


def _in_sevens(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
