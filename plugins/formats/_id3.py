"""ID3v2 tags at the start of a file: their length, and whether one may carry a credential.

C2PA puts the manifest store into a ``GEOB`` frame whose media type is ``application/c2pa`` (or
the older ``application/x-c2pa-manifest-store``), and a remote reference into the XMP packet of a
``PRIV`` frame owned by ``XMP``. MP3 and FLAC files share this.
"""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, Final, NamedTuple

from ._reading import read_at
from ._xmp import may_name_provenance_at

MAX_TAGS: Final = 8
"""Stacked one after the other; tools that only ever prepend make such files."""
MAX_FRAMES: Final = 10_000
MAX_UNSYNCHRONISED_BYTES: Final = 1 << 20
MAX_PADDING_BYTES: Final = 1 << 20

_HEADER: Final = 10
_UNSYNCHRONISED: Final = 0x80
_EXTENDED: Final = 0x40
_FOOTER: Final = 0x10
_LOOK: Final = 64
# Frame flags that hide the content: compression and encryption (ID3v2.3, 3.3.1; 2.4, 4.1.2).
_OPAQUE: Final = {2: 0, 3: 0xC0, 4: 0x0C}


class TagBody(NamedTuple):
    """Where the frames of a tag are, in a stream in which their headers can be read."""

    source: BinaryIO
    start: int
    end: int
    version: int
    is_unsynchronised: bool
    """The content of each frame is (version 4); in earlier ones that is undone here."""


def syncsafe(field: bytes) -> int:
    """Return the 28-bit number in four bytes of seven bits each, or -1 if it is none."""
    value = 0
    for byte in field:
        if byte > 0x7F:
            return -1
        value = value << 7 | byte
    return value


def tag_length(head: bytes) -> int:
    """Return the length of the ID3v2 tag that ``head`` begins with, all told; 0 if none does."""
    if head[:3] != b"ID3" or len(head) < _HEADER or not 2 <= head[3] <= 4:
        return 0
    body = syncsafe(head[6:10])
    if body < 0:
        return 0
    has_footer = head[3] == 4 and head[5] & _FOOTER
    return _HEADER + body + (_HEADER if has_footer else 0)


def end_of_tags(source: BinaryIO) -> int:
    """Return where the ID3v2 tags at the start of the file end, even if the file ends before."""
    at = 0
    for _ in range(MAX_TAGS):
        length = tag_length(read_at(source, at, _HEADER))
        if not length:
            break
        at += length
    return at


def tag_body(
    source: BinaryIO, start: int, head: bytes, *, max_unsynchronised: int
) -> TagBody | None:
    """Return where the frames are of the tag at ``start``, whose header is ``head``.

    None if the tag is unsynchronised as a whole, and longer than is read for that.
    """
    version, flags = head[3], head[5]
    at, end = start + _HEADER, start + _HEADER + syncsafe(head[6:10])
    is_unsynchronised = bool(flags & _UNSYNCHRONISED)
    if version < 4 and is_unsynchronised:  # the scheme then covers frame headers too
        if end - at > max_unsynchronised:
            return None
        body = read_at(source, at, end - at).replace(b"\xff\0", b"\xff")
        source, at, end = BytesIO(body), 0, len(body)
    if flags & _EXTENDED and version > 2:
        field = read_at(source, at, 4)
        at += int.from_bytes(field, "big") + 4 if version == 3 else max(syncsafe(field), 6)
    return TagBody(source, at, end, version, version == 4 and is_unsynchronised)


def may_carry_credential(source: BinaryIO) -> bool:
    """Return False only if no ID3v2 tag at the start of the file carries a credential."""
    at = 0
    for _ in range(MAX_TAGS):
        head = read_at(source, at, _HEADER)
        if head[:3] != b"ID3":
            return False
        length = tag_length(head)
        if not length or _tag_may_carry(source, at, head):
            return True
        at += length
    return True


def _frame_may_carry(source: BinaryIO, name: bytes, body: int, length: int) -> bool:
    look = read_at(source, body, min(length, _LOOK))
    if name != b"PRIV":
        return b"c2pa" in look.lower()  # the media type, which stands first
    return b"XMP\0" in look and may_name_provenance_at(source, body, length)


def _is_padding(source: BinaryIO, at: int, end: int) -> bool:
    """Return whether the tag ends in zeros; if not, the walk over its frames went astray."""
    length = end - at
    if length > MAX_PADDING_BYTES:
        return False
    rest = read_at(source, at, length)
    return len(rest) == length and not rest.strip(b"\0")


def _tag_may_carry(source: BinaryIO, start: int, head: bytes) -> bool:
    body = tag_body(source, start, head, max_unsynchronised=MAX_UNSYNCHRONISED_BYTES)
    return body is None or _frames_may_carry(body.source, body.start, body.end, body.version)


def _frames_may_carry(source: BinaryIO, at: int, end: int, version: int) -> bool:
    id_length, header_length = (3, 6) if version == 2 else (4, 10)
    for _ in range(MAX_FRAMES):
        if end - at < header_length:
            return at > end
        header = read_at(source, at, header_length)
        name = header[:id_length]
        if not name.strip(b"\0"):
            return not _is_padding(source, at, end)
        field = header[id_length : id_length * 2]
        length = syncsafe(field) if version == 4 else int.from_bytes(field, "big")
        body = at + header_length
        if len(header) < header_length or not name.isalnum() or not 0 <= length <= end - body:
            return True
        if name in (b"GEOB", b"GEO", b"PRIV") and (
            (version > 2 and header[9] & _OPAQUE[version])
            or _frame_may_carry(source, name, body, length)
        ):
            return True
        at = body + length
    return True
