"""The ``iloc`` box (ISO/IEC 14496-12, 8.11.3): where items lie, read, moved and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from credlabel.errors import (
    CapacityError,
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)

from ._box_editing import made_box
from ._items import MAX_INDEX_BYTES, MAX_ITEMS, Numbers
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from ._box_editing import Moves
    from ._boxes import Box

_IN_FILE: Final = 0
_IN_INDEX: Final = 1  # in the ``idat`` box
_LARGE_NUMBERS: Final = 2  # the version with items beyond 65,535
_MAX_SHORT: Final = 0xFFFF


class Piece(NamedTuple):
    """An extent: where a part of an item begins, from the item's base, and how long it is."""

    number: int
    offset: int
    length: int


class Place(NamedTuple):
    """Where one item lies."""

    item: int
    method: int
    reference: int
    """To the data, 0 if they are in this file."""
    base: int
    pieces: tuple[Piece, ...]

    @property
    def origin(self) -> int | None:
        """What its offsets count from: 0 the file, 1 the ``idat`` box, None something else."""
        method = self.method & 15
        return method if not self.reference and method in (_IN_FILE, _IN_INDEX) else None


class ItemPlaces:
    """The places of all items, as an ``iloc`` box has them."""

    def __init__(
        self, head: bytes, widths: tuple[int, ...], places: tuple[Place, ...], tail: bytes
    ) -> None:
        self._head = head
        self._widths = widths  # of offset, length, base and index
        self._tail = tail
        self.places = places

    @classmethod
    def read(cls, source: BinaryIO, box: Box) -> Self:
        """Return what ``box`` says.

        Raises:
            MalformedAssetError: it breaks off. LimitExceededError: it is too large.
        """
        length = box.end - box.body
        if length > MAX_INDEX_BYTES:
            raise LimitExceededError("The file has too large an index of items.")
        numbers = Numbers(read_at(source, box.body, length))
        head = numbers.number(4).to_bytes(4, "big")
        version = head[0]
        packed = numbers.number(2)
        widths = (packed >> 12, packed >> 8 & 15, packed >> 4 & 15, packed & 15 if version else 0)
        if version > _LARGE_NUMBERS:
            raise MalformedAssetError("The file has an index of items of an unknown version.")
        long = 4 if version == _LARGE_NUMBERS else 2
        places, total = list[Place](), 0
        for _ in range(numbers.number(long)):
            item = numbers.number(long)
            method = numbers.number(2) if version else 0
            reference, base = numbers.number(2), numbers.number(widths[2])
            count = numbers.number(2)
            total += count + 1
            if total > MAX_ITEMS:
                raise LimitExceededError(f"The file has more than {MAX_ITEMS} pieces.")
            pieces = tuple(
                Piece(
                    numbers.number(widths[3]), numbers.number(widths[0]), numbers.number(widths[1])
                )
                for _ in range(count)
            )
            places.append(Place(item, method, reference, base, pieces))
        return cls(head, widths, tuple(places), numbers.rest())

    @property
    def is_usual(self) -> bool:
        """Whether all offsets count from the file, or all from a base that is not 0.

        Where extents are numbered, have a base in version 1, or are named by a data reference, it
        is unusual, too.
        """
        version = self._head[0]
        if any(place.reference for place in self.places):
            return False
        if not self._widths[2]:
            return not self._widths[3]
        is_plain = version != 1 and not self._widths[3]
        return is_plain and all(place.base for place in self.places if place.origin == _IN_FILE)

    def moved(self, moves: Moves, inner: int | None) -> Iterable[Place]:
        """Yield every place where it then is; ``inner`` is where the ``idat`` box has its body.

        The base moves where all pieces do alike; otherwise each piece's own offset.

        Raises:
            UnsupportedMediaTypeError: an item is named by a data reference (8.11.3). Programs
                disagree on which file that is: most pass over it, and take it to be this one.
        """
        for place in self.places:
            if place.reference:
                raise UnsupportedMediaTypeError(
                    "The file's index of items refers to other files, so nothing can be moved."
                )
            start = (0, inner)[place.origin] if place.origin is not None else None
            if start is None:
                yield place
                continue
            begin = start and moves(start)
            old = [place.base + piece.offset for piece in place.pieces]
            new = [moves(start + offset) - begin for offset in old]
            shifts = {after - before for before, after in zip(old, new, strict=True)} or {0}
            shift = shifts.pop()
            if not shifts and (place.base + shift > 0 or not shift) and self._moves_base(place):
                yield place._replace(base=place.base + shift)
                continue
            base = place.base if place.base <= min(new) else 0
            pieces = zip(place.pieces, new, strict=True)
            yield place._replace(
                base=base,
                pieces=tuple(piece._replace(offset=at - base) for piece, at in pieces),
            )

    def place_of(self, item: int, start: int, length: int) -> Place:
        """Return the place of an item in one piece in the file, in the form that is usual here.

        c2pa-rs 0.91 adds to the base, where there is one, and takes 0 for none.
        """
        base = start if self._widths[2] else 0
        return Place(item, _IN_FILE, 0, base, (Piece(0, start - base, length),))

    def _moves_base(self, place: Place) -> bool:
        """Return whether an item is written with a base, or has nothing to move."""
        return bool(self._widths[2] and (place.base or not self._widths[0])) or not place.pieces

    def written(self, places: Sequence[Place]) -> bytes:
        """Return the box with ``places``, its numbers as wide as before or as needed.

        Raises:
            CapacityError: the number of an item or of items is too large for the box's version.
        """
        pieces = [piece for place in places for piece in place.pieces]
        widths = [
            _width(self._widths[0], (piece.offset for piece in pieces)),
            _width(self._widths[1], (piece.length for piece in pieces)),
            _width(self._widths[2], (place.base for place in places)),
            self._widths[3],
        ]
        version = self._head[0]
        long = 4 if version == _LARGE_NUMBERS else 2
        if max(len(places), *(place.item for place in places)) > (1 << 8 * long) - 1:
            raise CapacityError("The file has too many items for one more.")
        parts = [
            self._head,
            bytes((widths[0] << 4 | widths[1], widths[2] << 4 | widths[3])),
            len(places).to_bytes(long, "big"),
        ]
        for place in places:
            parts += [
                place.item.to_bytes(long, "big"),
                place.method.to_bytes(2, "big") if version else b"",
                place.reference.to_bytes(2, "big"),
                place.base.to_bytes(widths[2], "big"),
                len(place.pieces).to_bytes(2, "big"),
            ]
            for piece in place.pieces:
                parts += [
                    piece.number.to_bytes(widths[3], "big"),
                    piece.offset.to_bytes(widths[0], "big"),
                    piece.length.to_bytes(widths[1], "big"),
                ]
        return made_box(b"iloc", *parts, self._tail)


def _width(present: int, numbers: Iterable[int]) -> int:
    """Return how many bytes all numbers fit into: as many as before, or 4, or 8."""
    most = max(numbers, default=0)
    return next(width for width in (present, 4, 8) if most < 1 << 8 * width)
