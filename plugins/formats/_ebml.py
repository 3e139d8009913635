"""EBML (RFC 8794): the elements of which Matroska files are made, walked, read and written."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

CHECKSUM: Final = 0xBF
"""CRC-32 of what follows it in its parent; the first child, or none (RFC 8794, 11.3.1)."""
VOID: Final = 0xEC
"""Bytes that mean nothing (RFC 8794, 11.3.2)."""
MAX_CHILDREN: Final = 300_000
"""Elements in tags, indexes and tracks that are looked at in one file."""
UNKNOWN: Final = -1
"""The size of an element that ends where something begins that it can't hold."""
MIN_VOID_BYTES: Final = 2

_HEADER: Final = 12


class Element(NamedTuple):
    """One element: where it, its body and the next one begin."""

    kind: int
    start: int
    body: int
    end: int
    """``UNKNOWN`` if the element does not say how long it is."""


def header_at(data: bytes | bytearray, at: int) -> tuple[int, int, int] | None:
    """Return an element's kind, size and where its body begins; None if there is none."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    if not first or width > 4:
        return None
    kind = int.from_bytes(data[at : at + width], "big")
    at += width
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    if not first or at + width > len(data):
        return None
    field = 1 << (7 * width)
    size = int.from_bytes(data[at : at + width], "big") - field
    return kind, UNKNOWN if size == field - 1 else size, at + width


def read_element(source: BinaryIO, at: int) -> Element | None:
    """Return the element at ``at``, or None if there is none."""
    found = header_at(read_at(source, at, _HEADER), 0)
    if found is None:
        return None
    kind, size, body = found
    return Element(kind, at, at + body, UNKNOWN if size == UNKNOWN else at + body + size)


def budget() -> Iterator[int]:
    """Return how many elements may be looked at in metadata: one is taken for each."""
    return iter(range(MAX_CHILDREN))


def children(data: bytes, start: int, end: int, left: Iterator[int]) -> Iterator[Element]:
    """Yield the elements that fill ``data`` from ``start`` to ``end``.

    Raises:
        MalformedAssetError: one reaches beyond the end, or does not say how long it is.
        LimitExceededError: nothing is left of the budget.
    """
    at = start
    while at < end:
        if next(left, None) is None:
            raise LimitExceededError(f"The file has over {MAX_CHILDREN} elements of metadata.")
        found = header_at(data, at)
        if found is None or found[1] == UNKNOWN or found[2] + found[1] > end:
            raise MalformedAssetError("The file is damaged: an element reaches beyond its parent.")
        kind, size, body = found
        yield Element(kind, at, body, body + size)
        at = body + size


# ---------------------------------------------------------------------------- writing


def number(value: int) -> bytes:
    """Return an unsigned integer in as few bytes as it takes."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def size_field(size: int, width: int = 1) -> bytes:
    """Return a size in at least ``width`` bytes; all ones are not for use: they mean unknown."""
    while size >= (1 << 7 * width) - 1:
        width += 1
    return (size | 1 << 7 * width).to_bytes(width, "big")


def element(kind: int, body: bytes, *, width: int = 1) -> bytes:
    """Return an element whose size takes at least ``width`` bytes."""
    return number(kind) + size_field(len(body), width) + body


def void(length: int) -> bytes:
    """Return an element of ``length`` bytes, at least two, that means nothing."""
    width = 1
    while length - 1 - width >= (1 << 7 * width) - 1:
        width += 1
    body = length - 1 - width
    return bytes([VOID]) + size_field(body, width) + bytes(body)


def fitted(data: bytes, length: int) -> bytes | None:
    """Return elements made to take ``length`` bytes, or None if they are too long.

    Behind them is nothing, or a void; for a single byte, the first one's size gets wider.
    """
    room = length - len(data)
    if room < 0:
        return None
    if room == 0:
        return data
    if room >= MIN_VOID_BYTES:
        return data + void(room)
    found = header_at(data, 0)
    if found is None or found[1] == UNKNOWN:
        return None
    kind, size, body = found
    width = body - len(number(kind))
    return number(kind) + size_field(size, width + 1) + data[body:] if width < 8 else None


def set_checksum(data: bytearray, body: int, end: int) -> None:
    """Set the checksum of the parent whose body this is right, if it has one."""
    found = header_at(data, body)
    if found is not None and found[:2] == (CHECKSUM, 4):
        start = found[2] + 4
        data[found[2] : start] = zlib.crc32(data[start:end]).to_bytes(4, "little")
