"""Writes the XMP and the tags of films and pictures in ISO base media files.

XMP stands, by the XMP specification part 3, in a top-level ``uuid`` box (MP4) or in
``moov/udta/XMP_`` (QuickTime), and by ISO/IEC 23008-12 among a picture's items. What grows may
move everything behind it: the tables of offsets follow, and media data are copied as they are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError

from ._box_editing import Rewrite, made_box
from ._box_offsets import offset_tables
from ._boxes import walk
from ._changes import within
from ._items import children_of_meta
from ._items_writing import Pictures
from ._reading import read_at, size_of
from ._tags_writing import change_tags, remove_texts
from ._xmp_packets import Packet, Room, change_packets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

    from ._boxes import Box

    Texts = Mapping[str, tuple[str, ...]]

_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def write_boxes(source: BinaryIO, sink: BinaryIO, changes: Texts, *, is_quicktime: bool) -> None:
    """Write a whole file to ``sink`` with ``changes`` to its fields ``xmp:…`` and ``mp4:…``.

    Raises:
        MalformedAssetError: its boxes contradict each other.
        CapacityError, LimitExceededError, UnsupportedMediaTypeError: it can't be changed.
        LabelError: a text can't be written.
    """
    _File(source, is_quicktime=is_quicktime).write(sink, changes)


class _File:
    """A file's outermost boxes, and the changes to it."""

    def __init__(self, source: BinaryIO, *, is_quicktime: bool) -> None:
        self._source = source
        self._is_quicktime = is_quicktime
        self._boxes = list(_sound(walk(source, 0, size_of(source))))
        self._movie = next((box for box in self._boxes if box.kind == b"moov"), None)
        inside = list(_sound(self._children(self._movie))) if self._movie else []
        if any(box.kind == b"cmov" for box in inside):
            self._movie = None  # compressed
        self._levels: list[tuple[tuple[Box, ...], list[Box]]] = [((), self._boxes)]
        if self._movie:
            self._levels.insert(0, ((self._movie,), inside))
        self._rewrite, self._room = Rewrite(), Room()
        self._user_data = b""  # to be added

    def write(self, sink: BinaryIO, changes: Texts) -> None:
        pictures = self._pictures()
        if xmp := within("xmp", changes):
            self._change_xmp(xmp, pictures)
        if tags := within("mp4", changes):
            self._change_tags(tags)
        self._add_user_data()
        tables = offset_tables(self._source, self._boxes)
        if pictures:
            tables = pictures.finish(tables)
        self._rewrite.write(self._source, sink, tables)

    def _children(self, box: Box) -> Iterator[Box]:
        return walk(self._source, box.body, box.end)

    def _pictures(self) -> Pictures | None:
        for box in self._boxes:
            if box.kind == b"meta" and b"pitm" in children_of_meta(self._source, box):
                return Pictures(self._source, self._boxes, box, self._rewrite)
        return None

    # ------------------------------------------------------------------ XMP

    def _change_xmp(self, changes: Texts, pictures: Pictures | None) -> None:
        users, texts = self._film_packets()
        if pictures:
            main, others = pictures.packets()
            change_packets(changes, main, others + users + texts, add=pictures.add)
        elif self._is_quicktime and self._movie:
            packets = texts + users
            main = next(iter(packets), None)
            change_packets(changes, main, packets[1:], add=self._add_text)
        else:
            packets = users + texts
            main = next(iter(packets), None)
            change_packets(changes, main, packets[1:], add=self._add_user_box)

    def _film_packets(self) -> tuple[list[Packet], list[Packet]]:
        """Return the packets in ``uuid`` boxes, and those in user data."""
        users, texts = list[Packet](), list[Packet]()
        for parents, boxes in self._levels:
            for box in boxes:
                if box.kind == b"uuid" and read_at(self._source, box.body, len(_XMP)) == _XMP:
                    users.append(self._packet(box.body + len(_XMP), (*parents, box)))
                elif box.kind == b"udta":
                    texts += [
                        self._packet(child.body, (*parents, box, child))
                        for child in self._children(box)
                        if child.kind == b"XMP_"
                    ]
        return users, texts

    def _packet(self, start: int, parents: tuple[Box, ...]) -> Packet:
        end = parents[-1].end
        self._room.take(end - start)
        data = read_at(self._source, start, end - start)
        return Packet(data, partial(self._rewrite.replace, start, end, parents=parents))

    def _add_text(self, packet: bytes) -> None:
        self._user_data += made_box(b"XMP_", packet)

    def _add_user_box(self, packet: bytes) -> None:
        """Add a ``uuid`` box at the end, if nothing has to be there, or else near the index."""
        last = self._boxes[-1]
        if last.kind == b"mfra":  # is found by the size that the file's last bytes tell
            at = last.start
        elif not last.is_open_ended:
            at = last.end
        else:
            index = self._movie or self._boxes[0]
            at = index.start if index.is_open_ended else index.end
        self._rewrite.insert(at, made_box(b"uuid", _XMP, packet), ())

    # ------------------------------------------------------------------ tags

    def _change_tags(self, changes: Texts) -> None:
        metas: list[tuple[Box, ...]] = []
        for parents, boxes in self._levels:
            for box in boxes:
                if box.kind == b"meta":
                    metas.append((*parents, box))
                elif box.kind == b"udta":
                    inside = (*parents, box)
                    remove_texts(self._source, changes, inside, self._rewrite)
                    metas += [
                        (*inside, child) for child in self._children(box) if child.kind == b"meta"
                    ]
        self._user_data += change_tags(self._source, changes, metas, self._rewrite)

    def _add_user_data(self) -> None:
        """Add what is new to the film's user data, at their end, or as the first there are."""
        if not self._user_data:
            return
        if not self._movie:
            raise MalformedAssetError("The film has no index, or a compressed one, for tags.")
        parents: Sequence[Box] = (self._movie,)
        last, data = self._movie.body, self._user_data
        for box in _sound(self._children(self._movie)):
            last = box.end
            if box.kind == b"udta":
                parents = (self._movie, box)
                last = max((each.end for each in _sound(self._children(box))), default=box.body)
                break
        else:
            data = made_box(b"udta", data)
        self._rewrite.insert(last, data, parents)


def _sound(boxes: Iterator[Box]) -> Iterator[Box]:
    """Yield boxes up to eight or more zero bytes, which are padding or QuickTime's terminator."""
    for box in boxes:
        if box.is_open_ended and box.kind == b"\0\0\0\0":
            return
        yield box
