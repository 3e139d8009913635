"""What the chunks of a PNG, before and behind the picture, say about it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from ._exif import decoded, read_exif
from ._iptc import read_iim, read_resources
from ._xmp import read_packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._fields import Fields

MAX_KEYWORD: Final = 79
"""Bytes, by the standard."""

MAX_RATIO: Final = 1032
"""Deflate makes nothing smaller than by this factor."""

XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
RAW_PROFILE: Final = b"Raw profile type "
"""What the keywords of texts begin with that hold binary metadata, as ImageMagick writes them."""

_XMP_NAME: Final = b"http://ns.adobe.com/xap/1.0/\0"


def _read_text(body: bytes, fields: Fields) -> None:
    """Read tEXt: a keyword and Latin-1, which is often UTF-8 after all."""
    keyword, _, text = body.partition(b"\0")
    _add(keyword, text, fields)


def _read_compressed(body: bytes, fields: Fields) -> None:
    """Read zTXt: a keyword, a method and compressed Latin-1."""
    keyword, _, text = body.partition(b"\0")
    _add(keyword, _inflated(text[1:], fields), fields)


def _read_international(body: bytes, fields: Fields) -> None:
    """Read iTXt: a keyword, whether compressed, a method, a language, the keyword in it, UTF-8."""
    keyword, _, rest = body.partition(b"\0")
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    _add(keyword, _inflated(text, fields) if rest[:1] == b"\1" else text, fields)


def _inflated(data: bytes, fields: Fields) -> bytes:
    """Return ``data`` inflated as far as it is sound, and as there is room."""
    if not fields.room:
        return b""
    try:
        text = zlib.decompressobj().decompress(data, fields.room)
    except zlib.error:  # damaged, but only after it may have taken its time
        fields.spend(min(fields.room, len(data) * MAX_RATIO))
        return b""
    fields.spend(len(text))
    return text


def _add(keyword: bytes, text: bytes, fields: Fields) -> None:
    if keyword == XMP_KEYWORD:
        read_packet(text, fields)
    elif keyword.startswith(RAW_PROFILE):
        _read_profile(keyword.removeprefix(RAW_PROFILE), text, fields)
    elif len(keyword) <= MAX_KEYWORD:
        fields.add("png:" + decoded(keyword), decoded(text))


def _read_profile(kind: bytes, text: bytes, fields: Fields) -> None:
    """Add what a profile says that ImageMagick wrote: its name, its length, hexadecimal digits."""
    fields.spend(len(text))
    try:
        _, _, digits = text.decode("ascii").strip().split("\n", 2)
        data = bytes.fromhex(digits)
    except ValueError:
        return
    if kind in (b"exif", b"APP1", b"app1"):
        if data.startswith(_XMP_NAME):
            read_packet(data[len(_XMP_NAME) :], fields)
        else:
            read_exif(data, fields)
    elif kind == b"xmp":
        read_packet(data, fields)
    elif kind in (b"iptc", b"8bim"):
        if data[:1] == b"\x1c":
            read_iim(data, fields)
        else:
            read_resources(data.removeprefix(b"Photoshop 3.0\0"), fields)


KINDS: Final[dict[bytes, Callable[[bytes, Fields], None]]] = {
    b"tEXt": _read_text,
    b"zTXt": _read_compressed,
    b"iTXt": _read_international,
    b"eXIf": read_exif,
}
"""What reads the bodies of the chunks that say something."""
