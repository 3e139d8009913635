"""The index of elements at the beginning of a Matroska file (SeekHead), and changes to it.

The index and the voids right behind it are one place, in which the index may grow. If it does not
suffice, a second index at the end of the file takes what is too much (RFC 9559, 5.1.1: there may
be two, and the first names the second).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError

from ._ebml import CHECKSUM, VOID, Element, children, element, fitted, number, set_checksum, void
from ._matroska_segment import CUES, SEEK_HEAD, read_master
from ._splicing import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_ROOM: Final = 256
"""Behind a second index, for a dozen more entries."""

_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC


class _Entry(NamedTuple):
    kind: int
    position: int
    data: bytes


class _Head:
    """One SeekHead with the voids behind it."""

    def __init__(self, source: BinaryIO, found: Element, end: int, left: Iterator[int]) -> None:
        data = read_master(source, found)
        self.start, self.end = found.start, end
        self.entries: list[_Entry] = []
        self.has_checksum = False
        for child in children(data, found.body - found.start, len(data), left):
            if child.kind == CHECKSUM:
                self.has_checksum = True
            elif child.kind != VOID:
                self.entries.append(_entry_of(data, child, left))
        self.is_changed = False

    def made(self, entries: list[_Entry]) -> bytes | None:
        """Return the place with other entries in it, or None if they are too many."""
        length = self.end - self.start
        return fitted(self.element(entries), length) if entries else void(length)

    def element(self, entries: list[_Entry]) -> bytes:
        """Return an index with these entries, and with a checksum if this one has one."""
        checksum = element(CHECKSUM, bytes(4)) if self.has_checksum else b""
        body = bytearray(checksum + b"".join(entry.data for entry in entries))
        set_checksum(body, 0, len(body))
        return element(SEEK_HEAD, bytes(body))


class Index:
    """The indexes of a file, of which none, one or two are there."""

    def __init__(
        self, source: BinaryIO, elements: tuple[Element, ...], base: int, left: Iterator[int]
    ) -> None:
        self._base = base
        self._heads: list[_Head] = []
        for at, found in enumerate(elements):
            if found.kind == SEEK_HEAD:
                end = found.end
                for other in islice(elements, at + 1, None):
                    if other.kind != VOID or other.start != end:
                        break
                    end = other.end
                self._heads.append(_Head(source, found, end, left))

    def takes(self, found: Element) -> bool:
        """Return whether a void is part of the place of an index that is to be changed."""
        return any(head.is_changed and head.start < found.start < head.end for head in self._heads)

    def may_take(self, found: Element) -> bool:
        """Return whether a void is part of an index's place."""
        return any(head.start < found.start < head.end for head in self._heads)

    def reaches(self, place: int) -> bool:
        """Return whether an entry names something from ``place`` on."""
        return any(
            entry.position + self._base >= place for head in self._heads for entry in head.entries
        )

    def remove(self, place: int) -> None:
        """Take out what names the element at ``place``."""
        for head in self._heads:
            left = [entry for entry in head.entries if entry.position + self._base != place]
            head.is_changed = head.is_changed or left != head.entries
            head.entries = left

    def add(self, kind: int, place: int, tail: int) -> bytes:
        """Name an element; return a second index to be put at ``tail``, if it takes one.

        Raises:
            CapacityError: there is no index, or no room in it.
        """
        new = _entry(kind, place - self._base)
        for head in self._heads:
            if head.made([*head.entries, new]) is not None:
                head.entries.append(new)
                head.is_changed = True
                return b""
        if len(self._heads) != 1:  # two are allowed
            raise CapacityError(
                "The Matroska file has no index with room in which new tags could be named."
            )
        return self._split(self._heads[0], new, tail)

    def _split(self, head: _Head, new: _Entry, tail: int) -> bytes:
        """Move entries to a second index; those that players need for seeking stay first."""
        kept = [_entry(SEEK_HEAD, tail - self._base)]
        moved = []
        for entry in sorted(head.entries, key=lambda entry: entry.kind != CUES):
            if head.made([*kept, entry]) is not None:
                kept.append(entry)
            else:
                moved.append(entry)
        if head.made(kept) is None:
            raise CapacityError("The Matroska file's index has no room to name a second one.")
        head.entries = kept
        head.is_changed = True
        return head.element([*moved, new]) + void(_ROOM)

    def edits(self) -> list[Edit]:
        """Return the edits that make the indexes what they are to be."""
        return [
            Edit(head.start, head.end, head.made(head.entries) or b"")
            for head in self._heads
            if head.is_changed
        ]


def _entry_of(data: bytes, found: Element, left: Iterator[int]) -> _Entry:
    kind, position = 0, -1
    if found.kind == _SEEK:
        for field in children(data, found.body, found.end, left):
            if field.kind == _SEEK_ID:
                kind = int.from_bytes(data[field.body : field.end], "big")
            elif field.kind == _SEEK_POSITION:
                position = int.from_bytes(data[field.body : field.end], "big")
    return _Entry(kind, position, data[found.start : found.end])


def _entry(kind: int, position: int) -> _Entry:
    """Return an entry; its position takes eight bytes at the most."""
    fields = element(_SEEK_ID, number(kind)) + element(_SEEK_POSITION, number(position))
    return _Entry(kind, position, element(_SEEK, fields))
