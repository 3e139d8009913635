"""Boxes changed, added and removed, with the sizes around them and the offsets that move.

Boxes (ISO/IEC 14496-12) lie in one another, and tables of offsets in some point anywhere into the
file. A change is said once, with the boxes that it lies in; sizes and tables follow.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, MalformedAssetError

from ._splicing import Edit, splice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import BinaryIO

    from ._boxes import Box

MAX_ROUNDS: Final = 8
"""Of widening: wider numbers move what lies behind them. Two are the rule, if any."""

_HEADER: Final = 8
_LIMIT: Final = 1 << 32


def made_box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box with a body of ``parts``.

    Raises:
        CapacityError: it is 4 GiB or longer.
    """
    size = _HEADER + sum(map(len, parts))
    return b"".join((_size(size), kind, *parts))


def _size(size: int) -> bytes:
    if size >= _LIMIT:
        raise CapacityError("A part of the file would become longer than 4 GiB.")
    return size.to_bytes(4, "big")


class Moves:
    """Where the bytes of a file are once edits are done."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        moving = sorted((*edit[:2], len(edit.data)) for edit in edits)
        moving = [edit for edit in moving if edit[1] - edit[0] != edit[2]]
        self._starts = [start for start, _, _ in moving]
        self._ends = [end for _, end, _ in moving]
        self._shifts = [0, *accumulate(size - (end - start) for start, end, size in moving)]

    def __call__(self, offset: int) -> int:
        """Return where the byte at ``offset`` is; one behind an insertion moves with it.

        Raises:
            MalformedAssetError: it was replaced by bytes of another number.
        """
        passed = bisect_right(self._ends, offset)
        if passed < len(self._starts) and self._starts[passed] < offset:
            raise MalformedAssetError("The file is damaged: data and metadata overlap in it.")
        return offset + self._shifts[passed]


class Table(NamedTuple):
    """A box that says where something is, and what it becomes when that moves."""

    box: Box
    parents: tuple[Box, ...]
    moved: Callable[[Moves], bytes]
    """Return the whole box for the places that things have then."""


class Rewrite:
    """The changes to a file of boxes, collected before any is made.

    What is inserted at one place comes in the order in which it was said, but what lies in more
    boxes comes first: a box ends where its last child does.
    """

    def __init__(self) -> None:
        self._replaced: dict[tuple[int, int], bytes] = {}
        self._inserted: dict[int, list[tuple[int, bytes]]] = {}  # with minus the depth
        self._growth: dict[Box, int] = {}

    def replace(self, start: int, end: int, data: bytes, parents: Sequence[Box]) -> None:
        """Put ``data`` in place of the bytes from ``start`` to ``end``, which lie in ``parents``.

        Raises:
            MalformedAssetError: those are replaced already.
        """
        if start == end:
            self._inserted.setdefault(start, []).append((-len(parents), data))
        elif self._replaced.setdefault((start, end), data) is not data:
            raise MalformedAssetError("The file is damaged: parts of its metadata overlap.")
        for box in parents:
            self._growth[box] = self._growth.get(box, 0) + len(data) - (end - start)

    def insert(self, at: int, data: bytes, parents: Sequence[Box]) -> None:
        """Put ``data`` before the byte at ``at``."""
        self.replace(at, at, data, parents)

    def write(self, source: BinaryIO, sink: BinaryIO, tables: Sequence[Table]) -> None:
        """Write ``source`` to ``sink`` with all changes, and with ``tables`` that fit them.

        Raises:
            MalformedAssetError: what is changed overlaps with something else.
            CapacityError: a box or an offset gets too large for its notation.
        """
        contents = [b""] * len(tables)
        lengths = [table.box.end - table.box.start for table in tables]
        for _ in range(MAX_ROUNDS):
            moves = Moves(self._with(tables, [bytes(length) for length in lengths]))
            contents = [table.moved(moves) for table in tables]
            if lengths == (lengths := [len(content) for content in contents]):
                break
        else:
            raise MalformedAssetError("The file's tables of offsets can't be made to fit.")
        edits = sorted(self._with(tables, contents), key=lambda edit: edit[:2])
        for first, second in pairwise(edits):
            if first.end > second.start:
                raise MalformedAssetError("The file is damaged: parts of its metadata overlap.")
        splice(source, sink, edits)

    def _with(self, tables: Sequence[Table], contents: Sequence[bytes]) -> list[Edit]:
        """Return all edits with these contents of the tables, the sizes of boxes included."""
        edits = [Edit(*place, data) for place, data in self._replaced.items()]
        for at, added in self._inserted.items():
            ordered = sorted(added, key=itemgetter(0))
            edits.append(Edit(at, at, b"".join(data for _, data in ordered)))
        growth = dict(self._growth)
        for table, content in zip(tables, contents, strict=True):
            edits.append(Edit(table.box.start, table.box.end, content))
            more = len(content) - (table.box.end - table.box.start)
            for box in table.parents if more else ():
                growth[box] = growth.get(box, 0) + more
        edits += [_resized(box, more) for box, more in growth.items() if more]
        return [edit for edit in edits if edit.end > edit.start or edit.data]


def _resized(box: Box, more: int) -> Edit:
    """Return the edit of a box's size, which may be a large one, or none at all."""
    size = box.end - box.start + more
    if box.is_open_ended:
        return Edit(box.start, box.start, b"")
    if box.body - box.start > _HEADER:
        return Edit(box.start + _HEADER, box.body, size.to_bytes(8, "big"))
    return Edit(box.start, box.start + 4, _size(size))
