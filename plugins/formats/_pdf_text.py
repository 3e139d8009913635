"""Text strings of a PDF as text (ISO 32000-2, 7.9.2.2): in PDFDocEncoding, UTF-16 or UTF-8."""

from __future__ import annotations

import re
from typing import Final

# PDFDocEncoding where it is not Latin-1 (ISO 32000-2, annex D.3).
_BY_CODE: Final = {
    **dict(
        zip(range(0x18, 0x20), "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc", strict=True)
    ),
    **dict(
        zip(
            range(0x80, 0x9F),
            "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c"
            "\u201d\u2018\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142"
            "\u0153\u0161\u017e",
            strict=True,
        )
    ),
    0xA0: "\u20ac",
}
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))|\r\n?", re.DOTALL)
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]")


def text_in(value: bytes) -> str:
    """Return what a string says (ISO 32000-2, 7.9.2.2); nothing if the value is no string."""
    if value.startswith(b"("):
        data = _ESCAPED.sub(_unescaped, value[1:-1])
    elif value.startswith(b"<") and not value.startswith(b"<<"):
        digits = _NOT_HEX.sub(b"", value)
        data = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    else:
        return ""
    for mark, codec in (
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe", "utf-16-le"),  # against the standard
        (b"\xef\xbb\xbf", "utf-8"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    try:
        return data.decode()  # against the standard, where it is not ASCII
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_BY_CODE)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 0xFF])
    if found[2]:
        return b""
    return _ESCAPES.get(found[3], found[3]) if found[3] else b"\n"
