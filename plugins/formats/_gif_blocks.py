"""The blocks of a GIF (87a and 89a), from the screen descriptor to the trailer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError

from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_BLOCKS: Final = 1_000_000
"""Every frame of an animation takes two."""
MAX_BYTES: Final = 1 << 30
"""Of the whole file. Animations of 100 MB are rare."""

IMAGE, APPLICATION, COMMENT = 0x2C, 0xFF, 0xFE
"""What blocks are told by: an introducer, or an extension's label."""

_EXTENSION, _TRAILER = 0x21, 0x3B
_SMALL_WINDOW: Final = 1 << 9  # most extensions fit
_LARGE_WINDOW: Final = 1 << 16


def blocks(source: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Yield every block before the trailer: its label or introducer, its start and its end."""
    if size_of(source) > MAX_BYTES:
        raise MalformedAssetError(f"The GIF is larger than {MAX_BYTES >> 20} MiB.")
    screen = read_at(source, 0, 13)
    if len(screen) < 13:
        raise MalformedAssetError("The GIF is cut short: it ends within its header.")
    at = 13 + _colour_table_length(screen[10])
    for _ in range(MAX_BLOCKS):
        head = read_at(source, at, 10)
        introducer = head[0] if head else -1
        if introducer == _TRAILER:
            return
        if introducer == 0:  # decoders skip these, and some encoders leave them
            at += 1
            continue
        if introducer == _EXTENSION and len(head) > 1:
            label, body = head[1], at + 2
        elif introducer == IMAGE and len(head) == 10:
            label, body = IMAGE, at + 11 + _colour_table_length(head[9])
        elif introducer in (-1, _EXTENSION, IMAGE):
            raise MalformedAssetError("The GIF is cut short: its trailer is missing.")
        else:
            raise MalformedAssetError(f"The GIF is damaged: no block begins at byte {at}.")
        end = _end_of_sub_blocks(source, body)
        yield label, at, end
        at = end
    raise MalformedAssetError(f"The GIF has more than {MAX_BLOCKS} blocks.")


def _colour_table_length(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _end_of_sub_blocks(source: BinaryIO, at: int) -> int:
    """Return where the chain of sub-blocks at ``at`` ends, behind its empty one."""
    window_size = _SMALL_WINDOW
    while window := read_at(source, at, window_size):
        window_size = _LARGE_WINDOW
        length = len(window)
        step = 0
        while step < length:
            count = window[step]
            if not count:
                return at + step + 1
            step += count + 1
        at += step
    raise MalformedAssetError("The GIF is cut short: its picture breaks off.")
