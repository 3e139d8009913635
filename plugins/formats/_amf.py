"""AMF0, the notation of the properties in FLV files: found in their places, and written."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES: Final = 200_000
"""An index has two numbers for each key frame."""
MAX_DEPTH: Final = 16

NUMBER, STRING, OBJECT, ARRAY, LIST, LONG_STRING = 0, 2, 3, 8, 10, 12
END: Final = b"\0\0\x09"
"""What ends an object (AMF0, 2.11)."""

# Bytes behind the mark of a type that has always as many.
_FIXED: Final = {NUMBER: 8, 1: 1, 5: 0, 6: 0, 7: 2, 11: 10, 13: 0}
_LONG: Final = (LONG_STRING, 15)
_MAX_SHORT: Final = 0xFFFF


class Property(NamedTuple):
    """A property of an object: where it begins, where its value does, and where both end."""

    name: str
    start: int
    value: int
    end: int


def budget() -> Iterator[int]:
    """Return how many values may be looked at; one is taken for each."""
    return iter(range(MAX_VALUES))


def properties(data: bytes, at: int, left: Iterator[int], depth: int = 0) -> Iterator[Property]:
    """Yield the properties of the object whose value begins at ``at``, up to what ends it.

    Raises:
        MalformedAssetError, LimitExceededError: it is damaged, or has too many.
    """
    at = inside(data, at)
    while data[at : at + 3] != END:
        length = int.from_bytes(data[at : at + 2], "big")
        value = at + 2 + length
        end = end_of_value(data, value, left, depth + 1)
        yield Property(data[at + 2 : value].decode("utf-8", "replace"), at, value, end)
        at = end


def inside(data: bytes, at: int) -> int:
    """Return where the properties of an object begin."""
    kind = data[at] if at < len(data) else -1
    if kind == OBJECT:
        return at + 1
    if kind == ARRAY:
        return at + 5
    raise MalformedAssetError("The FLV file is damaged: its metadata is no list of properties.")


def end_of_value(data: bytes, at: int, left: Iterator[int], depth: int = 0) -> int:
    """Return where the value at ``at`` ends.

    Raises:
        MalformedAssetError, LimitExceededError: it is damaged, or has too much in it.
    """
    if next(left, None) is None or depth > MAX_DEPTH:
        raise LimitExceededError("The FLV file has too much metadata.")
    kind = data[at] if at < len(data) else -1
    if kind in _FIXED:
        end = at + 1 + _FIXED[kind]
    elif kind == STRING:
        end = at + 3 + int.from_bytes(data[at + 1 : at + 3], "big")
    elif kind in _LONG:
        end = at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")
    elif kind == LIST:
        end = at + 5
        for _ in range(int.from_bytes(data[at + 1 : at + 5], "big")):
            end = end_of_value(data, end, left, depth + 1)
    else:
        end = at
        for inner in properties(data, at, left, depth):
            end = inner.end
        end = (end if end > at else inside(data, at)) + len(END)
    if end > len(data):
        raise MalformedAssetError("The FLV file is damaged: its metadata is cut short.")
    return end


def string_at(data: bytes, at: int) -> str | None:
    """Return the text whose value begins at ``at``, or None if it is no text."""
    kind = data[at] if at < len(data) else -1
    if kind == STRING:
        start, length = at + 3, int.from_bytes(data[at + 1 : at + 3], "big")
    elif kind == LONG_STRING:
        start, length = at + 5, int.from_bytes(data[at + 1 : at + 5], "big")
    else:
        return None
    return data[start : start + length].decode("utf-8", "replace")


def number_at(data: bytes, at: int) -> float | None:
    """Return the number whose value begins at ``at``, or None if it is none."""
    if data[at : at + 1] != bytes([NUMBER]) or len(data) < at + 9:
        return None
    (found,) = struct.unpack_from(">d", data, at + 1)
    return float(found)


def written_number(value: float) -> bytes:
    """Return a number as a value."""
    return bytes([NUMBER]) + struct.pack(">d", value)


def written_string(text: str) -> bytes:
    """Return a text as a value."""
    data = text.encode()
    if len(data) > _MAX_SHORT:
        return bytes([LONG_STRING]) + len(data).to_bytes(4, "big") + data
    return bytes([STRING]) + len(data).to_bytes(2, "big") + data


def written_property(name: str, text: str) -> bytes:
    """Return a property that is a text."""
    data = name.encode()
    return len(data).to_bytes(2, "big") + data + written_string(text)
