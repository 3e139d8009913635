"""What Samsung's phones write behind a JPEG about editing it: two of the trailer's blocks.

Undocumented; the layout is the one that ExifTool reads. At the end of the file stand a directory
(``SEFH``, a version, the number of blocks, and for each two numbers of its kind, the distance from
the directory back to the block, and its length), the directory's length and ``SEFT``. A block has
the two numbers, the length of its name, the name, and its content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._reading import read_at, size_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from ._fields import Fields

MAX_BLOCKS: Final = 1000
MAX_BYTES: Final = 1 << 20
"""Of a block that is read; those with pictures and films are longer, and not of interest."""

_NAMES: Final = frozenset({b"PEg_Info", b"PhotoEditor_Re_Edit_Data"})
_KINDS: Final = frozenset({b"\x00\x00\x91\x0d", b"\x00\x00\xa1\x0b"})
"""The numbers that blocks of these names have."""
_FRAME: Final = 8
_LONGEST_DIRECTORY: Final = 12 + 12 * MAX_BLOCKS


def collect_trailer(source: BinaryIO, fields: Fields) -> None:
    """Add the texts of such blocks as ``samsung:NAME``. Never raises; mostly one small read."""
    end = size_of(source) - _FRAME
    frame = read_at(source, end, _FRAME) if end > 0 else b""
    length = int.from_bytes(frame[:4], "little")
    if frame[4:] != b"SEFT" or not 12 <= length <= min(end, _LONGEST_DIRECTORY):
        return
    start = end - length
    directory = read_at(source, start, length)
    if not directory.startswith(b"SEFH"):
        return
    for at in range(12, length - 11, 12):
        if directory[at : at + 4] in _KINDS:
            back = int.from_bytes(directory[at + 4 : at + 8], "little")
            size = int.from_bytes(directory[at + 8 : at + 12], "little")
            if _FRAME <= size <= min(back, MAX_BYTES, fields.room):
                _add(read_at(source, start - back, size), fields)


def _add(block: bytes, fields: Fields) -> None:
    length = int.from_bytes(block[4:8], "little")
    name = block[_FRAME : _FRAME + length]
    if name in _NAMES:
        text = block[_FRAME + length :].decode("utf-8", "replace")
        fields.add(f"samsung:{name.decode()}", text)
