"""Vorbis comments, ``NAME=text`` (RFC 9639, 8.6): what FLAC and Ogg files say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._fields import Fields

MAX_COMMENTS: Final = 100_000

PICTURES: Final = frozenset(("METADATA_BLOCK_PICTURE", "COVERART"))
"""Names of comments that hold a picture in base64, and are not for reading."""


def collect_comments(block: bytes, fields: Fields) -> None:
    """Add the comments of a whole block as ``vorbis:NAME``, in upper case. Never raises."""
    at = 4 + int.from_bytes(block[:4], "little")  # past the name of the encoder
    count = int.from_bytes(block[at : at + 4], "little")
    at += 4
    for _ in range(min(count, MAX_COMMENTS)):
        end = at + 4 + int.from_bytes(block[at : at + 4], "little")
        if at + 4 > len(block) or end > len(block) or not fields.room:
            return
        name, equals, text = block[at + 4 : end].partition(b"=")
        place = name.decode("ascii", "replace").upper()
        if place and equals and place not in PICTURES:
            fields.add(f"vorbis:{place}", text.decode("utf-8", "replace"))
        at = end
