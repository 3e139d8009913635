"""PDF objects as they are spelt (ISO 32000-2, 7.3): dictionaries taken apart, strings as text.

Values stay bytes until somebody asks what they mean.
"""

from __future__ import annotations

import re
from typing import Final

MAX_TOKENS: Final = 20_000
"""Of a dictionary with all that is in it."""

_NESTED: Final = 16
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


def _string(depth: int) -> bytes:
    """Return the expression for a string in parentheses with ``depth`` more pairs in it."""
    inner = rb"|" + _string(depth - 1) if depth else b""
    return rb"\((?:[^()\\]++|\\." + inner + rb")*+\)"


_TOKEN: Final = re.compile(
    rb"(?:[\0\s]++|%[^\r\n]*+)*+(?:(<<|\[)|(>>|\])|("
    rb"\d{1,10}+\s++\d{1,5}+\s++R(?![^\0\s()<>\[\]{}/%])|/?[^\0\s()<>\[\]{}/%]++|/"
    rb"|<[^<>]*+>|" + _string(_NESTED) + rb"))",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))|\r\n?", re.DOTALL)
_HEX_NAME: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]")
_REFERENCE: Final = re.compile(rb"(\d+)\s+\d+\s+R")


def dictionary_at(data: bytes, start: int) -> tuple[dict[bytes, bytes], int]:
    """Return the values in the dictionary at ``start`` by name, and where it ends.

    It is empty, and ends at -1, if it is not whole. Names are without ``/``.
    """
    found, key, depth, begin, at = dict[bytes, bytes](), b"", 0, 0, start
    for _ in range(MAX_TOKENS):
        token = _TOKEN.match(data, at)
        if token is None or (at == start and token[1] != b"<<"):
            break
        at = token.end()
        if token[1]:
            depth += 1
            begin = token.start(1) if depth == 2 else begin
            continue
        if token[2]:
            depth -= 1
            if not depth:
                return found, at
        value = token[3] or data[begin:at]
        if depth > 1:
            continue
        if key:
            found[key] = value
            key = b""
        elif value.startswith(b"/"):
            key = _name(value)
    return {}, -1


def _name(token: bytes) -> bytes:
    return _HEX_NAME.sub(lambda code: bytes([int(code[1], 16)]), token[1:])


def value_at(data: bytes, start: int) -> bytes:
    """Return the first token at ``start``; nothing if there is none."""
    token = _TOKEN.match(data, start)
    return (token[3] or b"") if token else b""


def reference_in(value: bytes) -> int | None:
    """Return the number of the object that a value refers to, or None if it is no reference."""
    found = _REFERENCE.fullmatch(value)
    return int(found[1]) if found else None


def number_in(value: bytes) -> int:
    """Return a value that is a whole number of reasonable size; -1 for any other."""
    return int(value) if value.isdigit() and len(value) < 16 else -1


def numbers_in(value: bytes) -> list[int]:
    """Return the whole numbers in an array; none if it holds anything else."""
    words = value.strip(b"[]\0\t\n\f\r ").split()
    numbers = [number_in(word) for word in words]
    return [] if -1 in numbers else numbers


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
