"""The tables of offsets in films and pictures, and what they become when data move.

ISO/IEC 14496-12: chunks (``stco``, ``co64``) and auxiliary data (``saio``) of samples, items
(``iloc``), and of fragments the base of the data (``tfhd``), the random access index (``tfra``)
and the segment index (``sidx``). Offsets that count from a fragment's beginning need nothing: the
fragment moves as a whole.
"""

from __future__ import annotations

import contextlib
import struct
from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import (
    CapacityError,
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)

from ._box_editing import Moves, Table, made_box
from ._boxes import walk
from ._item_places import ItemPlaces
from ._items import children_of_meta
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from ._boxes import Box

    _Reader = Callable[[BinaryIO, Box, tuple[Box, ...]], Callable[[Moves], bytes]]

MAX_TABLES_BYTES: Final = 64 << 20
"""Of all tables together. A film that changes tracks 60 times a second lasts 77 hours."""

_INSIDE: Final = {
    b"moov": (b"trak", b"meta", b"cmov"),
    b"trak": (b"mdia", b"meta"),
    b"mdia": (b"minf",),
    b"minf": (b"stbl",),
    b"stbl": (b"stco", b"co64", b"saio"),
    b"moof": (b"traf", b"meta"),
    b"traf": (b"tfhd", b"meta"),
    b"mfra": (b"tfra",),
}
_OUTSIDE: Final = (b"moov", b"moof", b"mfra", b"sidx", b"meta")
_LETTERS: Final = {4: "I", 8: "Q"}
_BLOCK: Final = 1 << 18
_LIMITS: Final = {4: (1 << 32) - 1, 8: (1 << 64) - 1}


def offset_tables(source: BinaryIO, boxes: Iterable[Box]) -> list[Table]:
    """Return every table below ``boxes``, a file's outermost.

    Raises:
        MalformedAssetError: a box reaches beyond the one that it lies in, or a table breaks off.
        LimitExceededError: the tables are too large.
    """
    tables, total = list[Table](), 0
    for parents, box in find_tables(source, boxes):
        total += box.end - box.start
        if total > MAX_TABLES_BYTES:
            raise LimitExceededError("The file's tables of offsets are too large.")
        tables.append(Table(box, parents, _READERS[box.kind](source, box, parents)))
    return tables


def find_tables(source: BinaryIO, boxes: Iterable[Box]) -> Iterator[tuple[tuple[Box, ...], Box]]:
    """Yield every table below ``boxes``, a file's outermost, behind those that it lies in.

    Raises:
        MalformedAssetError: a box reaches beyond the one that it lies in.
    """
    return _found(source, (), (box for box in boxes if box.kind in _OUTSIDE))


def _found(
    source: BinaryIO, parents: tuple[Box, ...], boxes: Iterable[Box]
) -> Iterator[tuple[tuple[Box, ...], Box]]:
    """Yield tables with the boxes that they lie in, the outermost first."""
    for box in boxes:
        inside = (*parents, box)
        if box.kind == b"meta":
            if index := children_of_meta(source, box).get(b"iloc"):
                yield inside, index
        elif wanted := _INSIDE.get(box.kind):
            children = walk(source, box.body, box.end)
            yield from _found(source, inside, (each for each in children if each.kind in wanted))
        else:
            yield parents, box


def _content(source: BinaryIO, box: Box) -> bytes:
    return read_at(source, box.start, box.end - box.start)


class _Patch:
    """A copy of a box in which numbers are exchanged for others of their width."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)

    def number(self, at: int, width: int) -> int:
        """Return the number at ``at``."""
        if at + width > len(self.content):
            raise MalformedAssetError("The file is damaged: one of its indexes breaks off.")
        return int.from_bytes(self.content[at : at + width], "big")

    def put(self, at: int, width: int, number: int) -> None:
        """Write a number at ``at``."""
        if not 0 <= number <= _LIMITS[width]:
            raise CapacityError("The file has an index whose numbers are too small for its size.")
        self.content[at : at + width] = number.to_bytes(width, "big")

    def move(self, at: int, width: int, moves: Moves) -> None:
        """Exchange the offset at ``at`` for where its byte is then."""
        self.put(at, width, moves(self.number(at, width)))


# ---------------------------------------------------------------------------- whole films


def _chunks(source: BinaryIO, box: Box, parents: tuple[Box, ...]) -> Callable[[Moves], bytes]:
    """Return how a track's chunk offsets move: in 64 bits where 32 do no longer do."""
    own = keeps_samples(source, parents[-2])
    return partial(_moved_chunks, _content(source, box), box, own)


def _moved_chunks(content: bytes, box: Box, own: frozenset[bool], moves: Moves) -> bytes:
    if own == {False}:
        return content  # all samples are in other files
    body = box.body - box.start
    width = 8 if box.kind == b"co64" else 4
    start = body + 8
    end = start + int.from_bytes(content[body + 4 : start], "big") * width
    if end > len(content):
        raise MalformedAssetError("The file is damaged: its index breaks off.")
    for new_width in (width, 8):
        numbers = bytearray()
        with contextlib.suppress(struct.error):  # they do no longer fit
            for at in range(start, end, _BLOCK):
                block = content[at : min(end, at + _BLOCK)]
                old = struct.unpack(f">{len(block) // width}{_LETTERS[width]}", block)
                form = f">{len(old)}{_LETTERS[new_width]}"
                numbers += struct.pack(form, *map(moves, old))
            break
    if numbers == content[start:end]:
        return content
    if False in own:
        raise UnsupportedMediaTypeError(
            "The film has samples in other files as well, so that its own can't be moved."
        )
    if new_width == width:
        return content[:start] + numbers + content[end:]
    return made_box(b"co64", content[body:start], bytes(numbers), content[end:])


def keeps_samples(source: BinaryIO, media: Box) -> frozenset[bool]:
    """Return for the data references below a ``minf`` box whether they are to the file itself."""
    return frozenset(
        read_at(source, entry.body + 3, 1) == b"\1"
        for information in walk(source, media.body, media.end)
        if information.kind == b"dinf"
        for references in walk(source, information.body, information.end)
        if references.kind == b"dref"
        for entry in walk(source, references.body + 8, references.end)
    )


def _auxiliary(source: BinaryIO, box: Box, _parents: object) -> Callable[[Moves], bytes]:
    content, body = _content(source, box), box.body - box.start

    def moved(moves: Moves) -> bytes:
        patch = _Patch(content)
        width = 8 if patch.number(body, 1) else 4
        start = body + (12 if patch.number(body + 1, 3) & 1 else 4)
        for number in range(patch.number(start, 4)):
            patch.move(start + 4 + number * width, width, moves)
        return bytes(patch.content)

    return moved


def _compressed(source: BinaryIO, box: Box, _parents: object) -> Callable[[Moves], bytes]:
    content, last = _content(source, box), size_of(source) - 1

    def moved(moves: Moves) -> bytes:
        if moves(last) != last:
            raise UnsupportedMediaTypeError(
                "The film's index is compressed, so that nothing in the film can be moved."
            )
        return content

    return moved


# ---------------------------------------------------------------------------- fragments


def _base(source: BinaryIO, box: Box, _parents: object) -> Callable[[Moves], bytes]:
    content, body = _content(source, box), box.body - box.start

    def moved(moves: Moves) -> bytes:
        patch = _Patch(content)
        if patch.number(body + 1, 3) & 1:
            patch.move(body + 8, 8, moves)
        return bytes(patch.content)

    return moved


def _random_access(source: BinaryIO, box: Box, _parents: object) -> Callable[[Moves], bytes]:
    content, body = _content(source, box), box.body - box.start

    def moved(moves: Moves) -> bytes:
        patch = _Patch(content)
        width = 8 if patch.number(body, 1) else 4
        lengths = patch.number(body + 8, 4)
        step = 2 * width + sum((lengths >> shift & 3) + 1 for shift in (0, 2, 4))
        for number in range(patch.number(body + 12, 4)):
            patch.move(body + 16 + number * step + width, width, moves)
        return bytes(patch.content)

    return moved


def _segments(source: BinaryIO, box: Box, _parents: object) -> Callable[[Moves], bytes]:
    content, body = _content(source, box), box.body - box.start

    def moved(moves: Moves) -> bytes:
        patch = _Patch(content)
        width = 8 if patch.number(body, 1) else 4
        at = body + 12 + width  # after the earliest time
        first = box.end + patch.number(at, width)  # counts from the end of the box
        patch.put(at, width, moves(first) - moves(box.start) - (box.end - box.start))
        return bytes(patch.content)

    return moved


# ---------------------------------------------------------------------------- items


def _items(source: BinaryIO, box: Box, parents: tuple[Box, ...]) -> Callable[[Moves], bytes]:
    content, index = _content(source, box), ItemPlaces.read(source, box)
    inner = children_of_meta(source, parents[-1]).get(b"idat")

    def moved(moves: Moves) -> bytes:
        places = tuple(index.moved(moves, inner.body if inner else None))
        return content if places == index.places else index.written(places)

    return moved


_READERS: Final[dict[bytes, _Reader]] = {
    b"stco": _chunks,
    b"co64": _chunks,
    b"saio": _auxiliary,
    b"cmov": _compressed,
    b"tfhd": _base,
    b"tfra": _random_access,
    b"sidx": _segments,
    b"iloc": _items,
}
