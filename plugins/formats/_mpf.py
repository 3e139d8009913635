"""The index of the pictures in a JPEG (CIPA DC-007, Multi-Picture Format)."""

from __future__ import annotations

import struct
from typing import Final

from credlabel.errors import MalformedAssetError

MAX_TAGS: Final = 64

_ENTRIES: Final = 0xB002
_ENTRY_BYTES: Final = 16


def moved_index(index: bytes, *, grown: int, behind: int) -> bytes:
    """Return an index for a first picture that has ``grown`` by so many bytes.

    ``behind`` of them stand behind the index, and so move what its offsets, which count from its
    own beginning, lead to. An offset of zero is the first picture's.

    Raises:
        MalformedAssetError: it is damaged, so nobody can say what would become of the pictures.
    """
    made = bytearray(index)
    order = ">" if index[:2] == b"MM" else "<"
    try:
        at, length = _entries(index, order)
        for entry in range(at, at + length, _ENTRY_BYTES):
            size, offset = struct.unpack_from(order + "II", index, entry + 4)
            if offset:
                struct.pack_into(order + "I", made, entry + 8, offset + behind)
            else:
                struct.pack_into(order + "I", made, entry + 4, size + grown)
    except (ValueError, struct.error) as error:
        raise MalformedAssetError("The JPEG's index of its pictures is damaged.") from error
    return bytes(made)


def _entries(index: bytes, order: str) -> tuple[int, int]:
    """Return where the entries of the pictures stand, and their length in bytes."""
    (directory,) = struct.unpack_from(order + "I", index, 4)
    (count,) = struct.unpack_from(order + "H", index, directory)
    for number in range(min(count, MAX_TAGS)):
        tag, _, length, at = struct.unpack_from(order + "HHII", index, directory + 2 + 12 * number)
        if tag == _ENTRIES:
            if length % _ENTRY_BYTES or at + length > len(index):
                raise ValueError
            return at, length
    return 0, 0
