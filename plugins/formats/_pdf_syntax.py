"""How PDF objects are spelt (ISO 32000-2, 7.2 and 7.3): where one ends, and what is in it.

Values stay the bytes that they are, so that writing a changed dictionary changes nothing else in
it. What is not spelt by the rules is an error, where viewers would make the best of it: no two of
them make the same.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from credlabel.errors import MalformedAssetError

MAX_DEPTH: Final = 64
"""Of arrays and dictionaries in each other."""
DAMAGED: Final = (
    "The PDF is not quite in order, and a credential at its end could hide what viewers repair."
)

_WHITE: Final = rb"\0\t\n\f\r "
_ENDS: Final = rb"(?=[" + _WHITE + rb"()<>\[\]{}/%]|\Z)"
_BLANK: Final = re.compile(rb"(?:[" + _WHITE + rb"]++|%[^\r\n]*+)*+")
_NAME: Final = rb"/(?:#[0-9A-Fa-f]{2}|[^" + _WHITE + rb"()<>\[\]{}/%#])*+" + _ENDS
_ATOM: Final = (
    rb"\d{1,10}+[" + _WHITE + rb"]++\d{1,5}+[" + _WHITE + rb"]++R" + _ENDS + rb""
    rb"|[+-]?(?:\d++\.?\d*+|\.\d++)" + _ENDS + rb"|(?:true|false|null)" + _ENDS + rb""
    rb"|<[0-9A-Fa-f" + _WHITE + rb"]*+>|" + _NAME
)
_TOKEN: Final = re.compile(rb"(<<|\[)|(>>|\])|(\()|(" + _ATOM + rb")")
_ATOMS: Final = re.compile(rb"(?:(?:[" + _WHITE + rb"]++|%[^\r\n]*+)*+(?:" + _ATOM + rb"))*+")
_OPEN, _CLOSE, _STRING = 1, 2, 3
_PAIRS: Final = {b"[": b"]", b"<<": b">>"}
_IN_STRING: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_REFERENCE: Final = re.compile(rb"0*(\d{1,10})[" + _WHITE + rb"]+0*(\d{1,5})[" + _WHITE + rb"]+R")
_INTEGER: Final = re.compile(rb"\+?\d{1,15}")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
# A letter, digit or underscore written as #xx, as nobody has reason to.
_NEEDLESS: Final = re.compile(rb"#(?:3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])")
_STRING_PART: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n?|\n)|(.))|\r\n?", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Reference(NamedTuple):
    """The number and generation of an indirect object."""

    number: int
    generation: int

    def __bytes__(self) -> bytes:
        """Return the reference as it is written."""
        return b"%d %d R" % self


def skip(data: bytes, at: int) -> int:
    """Return where white space and comments from ``at`` on end."""
    found = _BLANK.match(data, at)
    return found.end() if found else at


def end_of(data: bytes, at: int) -> int:
    """Return where the object ends that begins at ``at``.

    Raises:
        MalformedAssetError: none does.
    """
    outer = list[bytes]()
    is_first = True
    while is_first or outer:
        run = _ATOMS.match(data, at) if outer else None  # all at once, for speed
        at = run.end() if run else at
        found = _TOKEN.match(data, skip(data, at))
        if not found:
            raise MalformedAssetError(DAMAGED)
        at = found.end()
        if found.lastindex == _OPEN:
            outer.append(found[0])
        elif found.lastindex == _STRING:
            at = _string_end(data, at)
        elif found.lastindex == _CLOSE and (not outer or _PAIRS[outer.pop()] != found[0]):
            raise MalformedAssetError(DAMAGED)
        if len(outer) > MAX_DEPTH:
            raise MalformedAssetError(DAMAGED)
        is_first = False
    return at


def _string_end(data: bytes, at: int) -> int:
    depth = 1
    for found in _IN_STRING.finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    raise MalformedAssetError(DAMAGED)


def items_of(array: bytes) -> list[bytes]:
    """Return the objects in an array.

    Raises:
        MalformedAssetError: it is none.
    """
    if array[:1] != b"[":
        raise MalformedAssetError(DAMAGED)
    return _inside(array, 1, len(array) - 1)


def entries_of(dictionary: bytes) -> dict[bytes, bytes]:
    """Return the entries of a dictionary; keys have the slash.

    Raises:
        MalformedAssetError: it is none, or one that readers may understand differently: a key is
            there twice, or in disguise.
    """
    if dictionary[:2] != b"<<":
        raise MalformedAssetError(DAMAGED)
    parts = _inside(dictionary, 2, len(dictionary) - 2)
    keys = parts[::2]
    if len(parts) % 2 or len(set(keys)) < len(keys):
        raise MalformedAssetError(DAMAGED)
    if any(key[:1] != b"/" or _NEEDLESS.search(key) for key in keys):
        raise MalformedAssetError(DAMAGED)
    return dict(zip(keys, parts[1::2], strict=True))


def _inside(data: bytes, at: int, stop: int) -> list[bytes]:
    found = []
    while (at := skip(data, at)) < stop:
        end = end_of(data, at)
        found.append(data[at:end])
        at = end
    return found


def array(items: list[bytes]) -> bytes:
    """Return an array as it is written."""
    return b"[%s]" % b" ".join(items)


def dictionary(entries: dict[bytes, bytes]) -> bytes:
    """Return a dictionary as it is written; an empty value leaves its key out."""
    return b"<<\n%s>>" % b"".join(b"%s %s\n" % entry for entry in entries.items() if entry[1])


def reference(value: bytes) -> Reference | None:
    """Return the reference that ``value`` is, or None."""
    found = _REFERENCE.fullmatch(value)
    return Reference(int(found[1]), int(found[2])) if found else None


def integer(value: bytes) -> int:
    """Return the number that ``value`` is, not negative.

    Raises:
        MalformedAssetError: it is none.
    """
    if not _INTEGER.fullmatch(value):
        raise MalformedAssetError(DAMAGED)
    return int(value)


def name(value: bytes) -> bytes:
    """Return a name with its slash and without escapes; other objects as they are."""
    if value[:1] != b"/":
        return value
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), value)


def string(value: bytes) -> bytes | None:
    """Return what a string says (7.3.4), or None if ``value`` is no string."""
    if value[:1] == b"(":
        return _STRING_PART.sub(_unescaped, value[1:-1])
    if value[:1] == b"<" and value[:2] != b"<<":
        digits = b"".join(value[1:-1].translate(None, b"\0\f").split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return None


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, line_end, letter = found.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if line_end:
        return b""
    return _LETTERS.get(letter, letter) if letter else b"\n"
