"""The texts in ID3v2 tags, by frame: what MP3 and FLAC files say about themselves.

Read as other programs write them, not only as the standard has it: lengths in the other of the two
notations, texts in another encoding than they claim.

Names are those of the frames: ``id3:TSSE``, and with the description that a frame has,
``id3:TXXX:description`` (TXXX is ID3's own name for a text of any kind: ID3v2.4, 4.2.6),
``id3:COMM:description``; a comment without description is ``id3:COMM``. Frames of version 2.2 have
the names of the later ones.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from ._fields import MAX_VALUE
from ._id3 import MAX_FRAMES, MAX_TAGS, syncsafe, tag_body, tag_length
from ._reading import read_at
from ._xmp import read_packet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ._fields import Fields
    from ._id3 import TagBody

MAX_UNSYNCHRONISED_BYTES: Final = 16 << 20
MAX_READ_BYTES: Final = 32 << 20
"""Of all frames with text, as they are and unpacked."""
MAX_TEXTS: Final = 1000
"""In one frame."""

_MAX_FRAME_BYTES: Final = 2 * MAX_VALUE + 1024
_ID: Final = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]?")
_WANTED: Final = re.compile(rb"T[A-Z0-9]{2,3}|W(?!XX)[A-Z0-9]{2,3}|COMM?|PRIV")
_URL: Final = b"W"
# ID3v2.2, 4, to ID3v2.3, 4: frames that are of interest to tell origin. Others keep their names.
LATER_NAMES: Final = {
    b"COM": "COMM",
    b"TAL": "TALB",
    b"TCM": "TCOM",
    b"TCO": "TCON",
    b"TCR": "TCOP",
    b"TEN": "TENC",
    b"TP1": "TPE1",
    b"TP2": "TPE2",
    b"TPB": "TPUB",
    b"TSS": "TSSE",
    b"TT1": "TIT1",
    b"TT2": "TIT2",
    b"TT3": "TIT3",
    b"TXX": "TXXX",
    b"TYE": "TYER",
    b"WAF": "WOAF",
    b"WAR": "WOAR",
    b"WAS": "WOAS",
    b"WCP": "WCOP",
    b"WPB": "WPUB",
}


def collect_tags(source: BinaryIO, fields: Fields) -> None:
    """Add the texts of the ID3v2 tags that the stream begins with. Never raises."""
    at, left = 0, MAX_READ_BYTES
    for _ in range(MAX_TAGS):
        head = read_at(source, at, 10)
        length = tag_length(head)
        if not length:
            return
        body = tag_body(source, at, head, max_unsynchronised=MAX_UNSYNCHRONISED_BYTES)
        for frame in walk_frames(body) if body else ():
            if not _WANTED.fullmatch(frame.name):
                continue
            content, spent = frame_content(frame, left)
            left -= spent
            if left <= 0 or not fields.room:
                return
            _collect(frame.name, content, fields)
        at += length


class Frame(NamedTuple):
    """One frame of a tag: where its content is."""

    tag: TagBody
    name: bytes
    flags: int
    """The second byte of them, on the format; no version before 2.3 has any."""
    head: int
    start: int
    length: int


def walk_frames(tag: TagBody) -> Iterator[Frame]:
    """Yield the frames, up to where the tag makes no sense any more."""
    id_length, header_length = (3, 6) if tag.version == 2 else (4, 10)
    at = tag.start
    for _ in range(MAX_FRAMES):
        header = read_at(tag.source, at, header_length)
        name = header[:id_length]
        start = at + header_length
        if start > tag.end or len(header) < header_length or not _ID.fullmatch(name):
            return
        length = _length(tag, start, header[id_length : 2 * id_length])
        if not 0 <= length <= tag.end - start:
            return
        yield Frame(tag, name, 0 if tag.version == 2 else header[9], at, start, length)
        at = start + length


def _length(tag: TagBody, start: int, field: bytes) -> int:
    """Return how long a frame is, in the notation that leads to another frame.

    Version 4 has seven bits in a byte, version 3 eight; but iTunes, for one, mixed them up.
    """
    plain = int.from_bytes(field, "big")
    if tag.version == 2 or plain < 0x80:
        return plain
    safe = syncsafe(field)
    said, other = (safe, plain) if tag.version == 4 else (plain, safe)
    is_other = not _leads_on(tag, start, said) and _leads_on(tag, start, other)
    return other if is_other else said


def _leads_on(tag: TagBody, start: int, length: int) -> bool:
    """Return whether a frame, padding or nothing follows one of this length."""
    at = start + length
    if length < 0 or at >= tag.end:
        return length >= 0 and at == tag.end
    name = read_at(tag.source, at, min(4, tag.end - at))
    return not name.strip(b"\0") or _ID.fullmatch(name) is not None


def frame_content(frame: Frame, left: int) -> tuple[bytes, int]:
    """Return what a frame holds, unpacked, and how much of ``left`` bytes reading it has taken.

    Nothing if it is encrypted; cut where it is longer than any text may be.
    """
    limit = min(left, _MAX_FRAME_BYTES)
    data, is_packed = _stored(frame, limit)
    content = _unpacked(data, limit) if is_packed else data
    # What turns out to be damaged has taken as long as if it were whole.
    return content, len(content) if content or not is_packed else limit


def _stored(frame: Frame, limit: int) -> tuple[bytes, bool]:
    """Return the frame's content, none if it is encrypted, and whether it is compressed."""
    data = read_at(frame.tag.source, frame.start, min(frame.length, limit))
    flags = frame.flags
    if frame.tag.version == 3:  # ID3v2.3, 3.3.1
        is_packed, is_encrypted = bool(flags & 0x80), bool(flags & 0x40)
        data = data[(4 if is_packed else 0) + (1 if flags & 0x20 else 0) :]
    else:  # ID3v2.4, 4.1.2; no version before has flags
        is_packed, is_encrypted = bool(flags & 0x08), bool(flags & 0x04)
        data = data[(1 if flags & 0x40 else 0) + (4 if flags & 0x01 else 0) :]
        if flags & 0x02 or frame.tag.is_unsynchronised:
            data = data.replace(b"\xff\0", b"\xff")
    return (b"", False) if is_encrypted else (data, is_packed)


def _unpacked(data: bytes, limit: int) -> bytes:
    """Return inflated data, as far as the limit; nothing if it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _collect(name: bytes, content: bytes, fields: Fields) -> None:
    """Add what a frame says."""
    if name == b"PRIV":
        owner, _, packet = content.partition(b"\0")
        if owner == b"XMP":
            read_packet(packet, fields)
        return
    place, texts = frame_texts(name, content)
    fields.add_all(place, texts)


def frame_texts(name: bytes, content: bytes) -> tuple[str, list[str]]:
    """Return the name of the field that a frame is, ``id3:…``, and its texts."""
    place = "id3:" + LATER_NAMES.get(name, name.decode("ascii").rstrip("\0 "))
    if name.startswith(_URL):
        return place, [content.partition(b"\0")[0].decode("latin-1")]
    is_comment = place == "id3:COMM"
    texts = _texts(content[:1], content[4 if is_comment else 1 :])  # after a comment's language
    if (is_comment or place == "id3:TXXX") and len(texts) > 1:
        description = texts.pop(0)
        place += f":{description}" if description else ""
    return place, texts


def _texts(encoding: bytes, data: bytes) -> list[str]:
    """Return the first texts in a frame: NUL is between them, and may be at the end."""
    texts = _decoded(encoding, data).split("\0", MAX_TEXTS)
    return [text.lstrip("\ufeff") for text in texts[:MAX_TEXTS]]


def _decoded(encoding: bytes, data: bytes) -> str:
    if encoding in {b"\1", b"\2"}:
        # Without a byte order mark, version 4 has big-endian; most that forget it have little.
        is_big = data[:2] == b"\xfe\xff" or (
            data[:2] != b"\xff\xfe" and (encoding == b"\2" or data[:1] == b"\0")
        )
        codec = "utf-16-be" if is_big else "utf-16-le"
        return data[: len(data) & ~1].decode(codec, "replace")
    try:
        return data.decode()  # also where Latin-1 is claimed: that makes no sense as UTF-8
    except UnicodeDecodeError:
        return data.decode("utf-8" if encoding == b"\3" else "latin-1", "replace")
