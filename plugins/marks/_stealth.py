"""Texts hidden in the lowest bits of a picture's pixels: what NovelAI and its kin put there.

The bits run down the columns, from the left: of the alpha channel, or of red, green and blue. A
signature says which, then come the length in bits and the text, as it is or packed with gzip.

To decode every picture of an archive just for this would cost too much. In a PNG the first bytes
of a row can be had without decoding the rest of it: whatever the filter, its first pixel depends
on the first pixel of the row above alone. So eight rows are unpacked, which rules out nearly
everything, and only a picture that has the whole signature is decoded. A WebP has no such way in:
it is decoded if it has an alpha channel and nothing else told where it came from.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PIXELS: Final = 16_777_216
"""Largest picture that is decoded."""
MAX_PIXELS_IN_DOUBT: Final = 4_194_304
"""Largest picture that is decoded before anything is known about it."""
MAX_TEXT_BYTES: Final = 1_048_576

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {2: 3, 6: 4}
"""Colour types of 8-bit PNGs that can hold such a text, and their channels."""
_MAX_CHUNKS: Final = 1000
_MAX_PACKED: Final = 4_194_304
"""Most bytes of the packed picture that are read to unpack its first rows."""
_MAX_ROW: Final = 524_288
_SIGNATURE_BYTES: Final = 15
_LENGTH_BITS: Final = 32
_FORMS: Final = {
    # signature: the channels it is in, whether the text is packed
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
_BEGINNING: Final = b"stealth_"
_LOWEST_BIT: Final = bytes(0x30 | (value & 1) for value in range(256))
"""Turns a byte into the digit that is its lowest bit."""
_ALPHA_FLAG: Final = 0x10


def stealth_text(source: BinaryIO, media_type: str, *, is_in_doubt: bool) -> str:
    """Return the text that is hidden in a picture, or nothing.

    ``is_in_doubt`` says that nothing is known about the picture yet, which makes it worth decoding
    one in which the signature can't be looked for otherwise. Never raises.
    """
    source.seek(0)
    if media_type == "image/png":
        return _read(source) if _png_may_hold_text(source) else ""
    if media_type == "image/webp" and is_in_doubt and _webp_has_alpha(source.read(30)):
        return _read(source, MAX_PIXELS_IN_DOUBT)
    return ""


# ---------------------------------------------------------------------------- the cheap look


class _Header(NamedTuple):
    width: int
    height: int
    channels: int


def _png_may_hold_text(source: BinaryIO) -> bool:
    """Return whether the first column begins as the signature does."""
    head = source.read(33)
    if len(head) < 33 or not head.startswith(_PNG) or head[12:16] != b"IHDR":
        return False
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", head[16:29])
    if depth != 8 or interlace or colour not in _CHANNELS or not width * height:
        return False
    header = _Header(width, height, _CHANNELS[colour])
    pixels = _first_column(source, header)
    return bool(pixels) and any(
        _begins(bits, header.height) for bits in _bits_of(pixels, header.channels)
    )


def _first_column(source: BinaryIO, header: _Header) -> list[bytes]:
    """Return the first pixels of the first eight rows, or of fewer in a small picture."""
    row = 1 + header.width * header.channels
    if row > _MAX_ROW:
        return []
    rows = min(8, header.height)
    unpacked = _unpack(source, row * rows)
    pixels = []
    above = bytes(header.channels)
    for at in range(0, len(unpacked) - row + 1, row):
        raw = unpacked[at + 1 : at + 1 + header.channels]
        # None and Sub take nothing from above; Up and Paeth take all of it, Average half.
        if unpacked[at] in (2, 4):
            raw = bytes((a + b) & 0xFF for a, b in zip(raw, above, strict=True))
        elif unpacked[at] == 3:
            raw = bytes((a + b // 2) & 0xFF for a, b in zip(raw, above, strict=True))
        pixels.append(raw)
        above = raw
    return pixels


def _unpack(source: BinaryIO, size: int) -> bytes:
    """Return the first ``size`` bytes of the filtered rows, or what there is of them."""
    inflater = zlib.decompressobj()
    unpacked = bytearray()
    budget = _MAX_PACKED
    for chunk in _data_chunks(source):
        while chunk > 0 and budget > 0 and len(unpacked) < size:
            packed = source.read(min(chunk, 16_384))
            if not packed:
                return bytes(unpacked)
            chunk -= len(packed)  # noqa: PLW2901 - what is left of it
            budget -= len(packed)
            try:
                unpacked += inflater.decompress(packed, size - len(unpacked))
            except zlib.error:
                return bytes(unpacked)
        if budget <= 0 or len(unpacked) >= size:
            break
    return bytes(unpacked)


def _data_chunks(source: BinaryIO) -> Iterator[int]:
    """Yield the lengths of the chunks with picture data, the source standing at each."""
    for _ in range(_MAX_CHUNKS):
        start = source.tell()
        head = source.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        length = int.from_bytes(head[:4])
        if head[4:] == b"IDAT":
            yield length
        source.seek(start + 12 + length)


def _bits_of(pixels: list[bytes], channels: int) -> Iterator[str]:
    """Yield the bits, as digits, that the pixels hold in either way."""
    if channels == 4:
        yield "".join(str(pixel[3] & 1) for pixel in pixels)
    yield "".join(str(value & 1) for pixel in pixels for value in pixel[:3])


def _begins(bits: str, height: int) -> bool:
    """Return whether these bits begin the signature; more of a small picture decides later."""
    expected = "".join(f"{byte:08b}" for byte in _BEGINNING)
    return expected.startswith(bits[: len(expected)]) and len(bits) >= min(8, height)


def _webp_has_alpha(head: bytes) -> bool:
    if head[12:16] == b"VP8X":
        return bool(head[20:21] and head[20] & _ALPHA_FLAG)
    return head[12:16] == b"VP8L" and len(head) > 24 and bool(head[24] & _ALPHA_FLAG)


# ---------------------------------------------------------------------------- the text


def _read(source: BinaryIO, max_pixels: int = MAX_PIXELS) -> str:
    """Return the text, decoding the picture."""
    from PIL import Image  # noqa: PLC0415 - most files are done with before

    source.seek(0)
    try:
        with Image.open(source, formats=("PNG", "WEBP")) as picture:
            if not 0 < picture.width * picture.height <= max_pixels:
                return ""
            turned = picture.convert("RGBA").transpose(Image.Transpose.TRANSPOSE)
            has_alpha = "A" in picture.getbands()
            planes = {"A": turned.getchannel("A").tobytes()} if has_alpha else {}
            planes["RGB"] = turned.convert("RGB").tobytes()
    except Exception:  # noqa: BLE001 - whatever a decoder makes of hostile bytes
        return ""
    for channels, plane in planes.items():
        text = _decode(plane.translate(_LOWEST_BIT), channels)
        if text:
            return text
    return ""


def _decode(bits: bytes, channels: str) -> str:
    """Return the text that the bits hold, given as digits."""
    at = _SIGNATURE_BYTES * 8
    form = _FORMS.get(_bytes_of(bits[:at]))
    if form is None or form[0] != channels:
        return ""
    size = int.from_bytes(_bytes_of(bits[at : at + _LENGTH_BITS]))
    at += _LENGTH_BITS
    if size > MAX_TEXT_BYTES * 8:
        return ""
    payload = _bytes_of(bits[at : at + size])
    if form[1]:
        try:
            payload = zlib.decompressobj(31).decompress(payload, MAX_TEXT_BYTES)
        except zlib.error:
            return ""
    return payload.decode("utf-8", "replace")


def _bytes_of(bits: bytes) -> bytes:
    whole = bits[: len(bits) // 8 * 8]
    return int(whole, 2).to_bytes(len(whole) // 8) if whole else b""
