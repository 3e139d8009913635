"""What the segments of a JPEG before its first scan say about the picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ._exif import decoded, read_exif
from ._fields import Fields
from ._iptc import read_resources
from ._reading import read_at
from ._samsung_trailer import collect_trailer
from ._xmp import read_packet

if TYPE_CHECKING:
    from typing import BinaryIO

    from credlabel.hookspecs import Metadata

MAX_SEGMENTS: Final = 4096

XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
"""What an APP1 segment begins with that holds a packet, or a piece of one that is longer."""
HAS_EXTENDED_XMP: Final = "xmp:xmpNote:HasExtendedXMP"
"""The MD5 of that longer one."""

_BLOCK: Final = 1 << 13
_LONGEST: Final = 1 << 16
_APP0, _APP1, _APP2, _APP11, _APP13, _APP15 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEF
_COM, _SOS, _EOI = 0xFE, 0xDA, 0xD9
_EXIF: Final = b"Exif\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_KEY: Final = "AIGC"
_AIGC: Final = b"AIGC{"
_LOOK: Final = 4 + len(_AIGC)  # a segment's header, and what a label in it begins with
_TAKEN: Final = (_COM, _APP2, _APP11)
"""Segments that are somebody else's, but for those that begin with a label."""
_DECODER: Final = json.JSONDecoder()


def read_segments(source: BinaryIO) -> Metadata:
    """Return what the segments say. C2PA's own (APP11), colour profiles and pictures are left."""
    segments = _Segments()
    start, at = 0, 2  # where the block begins in the file, and where we are in the block
    block = read_at(source, 0, _BLOCK)
    for _ in range(MAX_SEGMENTS):
        if at + _LOOK > len(block):
            start += at
            at = 0
            block = read_at(source, start, _BLOCK)
            if len(block) < 4:
                break
        marker = block[at + 1]
        if block[at] != 0xFF or marker in (_SOS, _EOI) or not segments.fields.room:
            break
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + (block[at + 2] << 8 | block[at + 3])
        if _may_say_something(marker, block[at + 4 : at + _LOOK]):
            if end > len(block):
                start += at
                block = read_at(source, start, _LONGEST + 2)
                at, end = 0, end - at
            segments.add(marker, block[at + 4 : end])
        at = end
    collect_trailer(source, segments.fields)
    return segments.freeze()


def _may_say_something(marker: int, beginning: bytes) -> bool:
    if marker in (_APP2, _APP11):
        return beginning.startswith((b"{", _AIGC))
    return marker == _COM or _APP0 <= marker <= _APP15


class _Segments:
    """Puts together what comes in pieces."""

    def __init__(self) -> None:
        self.fields = Fields()
        self._exif: list[bytes] = []
        self._photoshop: list[bytes] = []
        self._extended: dict[bytes, dict[int, bytes]] = {}  # pieces by GUID and offset

    def add(self, marker: int, body: bytes) -> None:
        """Take the body of a segment: APP0 to APP15, or a comment."""
        if marker == _APP1 and body.startswith(XMP):
            read_packet(body[len(XMP) :], self.fields)
        elif marker == _APP1 and body.startswith(EXTENDED_XMP):
            at = len(EXTENDED_XMP)  # GUID, length of the whole, offset, piece
            offset = int.from_bytes(body[at + 36 : at + 40], "big")
            self._extended.setdefault(body[at : at + 32], {})[offset] = body[at + 40 :]
            self.fields.spend(len(body))
        else:
            if marker == _COM:
                self.fields.add("jpeg:comment", decoded(body))
            elif marker == _APP1 and body.startswith(_EXIF):
                # A block over 64 KiB goes on in a segment that begins without TIFF's header.
                if not self._exif or body[6:8] not in (b"II", b"MM"):
                    self._exif.append(body[6:])
                    self.fields.spend(len(body))
            elif marker == _APP13 and body.startswith(_PHOTOSHOP):
                self._photoshop.append(body[len(_PHOTOSHOP) :])
                self.fields.spend(len(body))
            self.fields.add("jpeg:AIGC", _bare_label(marker, body))

    def freeze(self) -> Metadata:
        """Return everything, what came in pieces included."""
        if self._exif:
            read_exif(b"".join(self._exif), self.fields)
        if self._photoshop:
            read_resources(b"".join(self._photoshop), self.fields)
        if self._extended:
            pieces = self._extended.get(self.fields.first(HAS_EXTENDED_XMP).encode(), {})
            read_packet(b"".join(pieces[offset] for offset in sorted(pieces)), self.fields)
        return self.fields.freeze()


def _bare_label(marker: int, body: bytes) -> str:
    """Return the label in a segment, as JSON; nothing if there is none.

    It stands behind its name, which may stand behind something else in a segment that nobody else
    uses; or it is all that the segment holds. A comment that is JSON is a text of its own.
    """
    if body[:1] == b"{" and marker != _COM:
        return _whole_label(decoded(body).rstrip("\0"))
    at = body.find(_AIGC)
    if at < 0 or (at and marker in _TAKEN):
        return ""
    return _first_object(decoded(body[at + len(_KEY) :]))


def _whole_label(text: str) -> str:
    """Return ``text`` if it is a JSON object with a label in it, or else nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return text if _KEY in found else ""


def _first_object(text: str) -> str:
    """Return the JSON object that a text begins with; all of it up to a NUL if that is none."""
    try:
        return text[: _DECODER.raw_decode(text)[1]]
    except (ValueError, RecursionError):
        return text.partition("\0")[0]
