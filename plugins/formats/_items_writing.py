"""XMP among the items of a HEIF picture (ISO/IEC 23008-12, A.3), changed or added.

A packet that no other item shares is exchanged where it lies; any other, and a new one, comes
into an ``mdat`` box of its own behind the index, so that whatever follows keeps its distance to
the end of the file (films within photographs are found by that).
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError

from ._box_editing import Table, made_box
from ._boxes import walk
from ._item_places import ItemPlaces, Piece, Place
from ._items import children_of_meta, entries
from ._reading import read_at
from ._xmp_packets import Packet, Room

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from ._box_editing import Moves, Rewrite
    from ._boxes import Box

MAX_REFERENCES_BYTES: Final = 4 << 20

_RDF: Final = b"application/rdf+xml"
_ENTRY: Final = b"mime\0" + _RDF + b"\0"
_MAX_SHORT: Final = (1 << 16) - 1


class Pictures:
    """The items of a HEIF file, and what becomes of the XMP among them.

    Args:
        source: the file.
        boxes: its outermost boxes.
        index: the ``meta`` box among them.
        rewrite: takes the changes.

    Raises:
        MalformedAssetError: the index contradicts itself. LimitExceededError: it is too large.
    """

    def __init__(
        self, source: BinaryIO, boxes: Sequence[Box], index: Box, rewrite: Rewrite
    ) -> None:
        inner = children_of_meta(source, index)
        if not {b"iinf", b"iloc", b"pitm"} <= inner.keys() or index.is_open_ended:
            raise MalformedAssetError("The file's index of pictures is incomplete.")
        self._source, self._index, self._rewrite, self._inner = source, index, rewrite, inner
        self._media = [box for box in boxes if box.kind == b"mdat"]
        self._data = inner.get(b"idat")
        primary = inner[b"pitm"]
        width = 2 if read_at(source, primary.body, 1) == b"\0" else 4
        self._primary = int.from_bytes(read_at(source, primary.body + 4, width), "big")
        self._listed = tuple(entries(source, inner[b"iinf"]))
        self._places = ItemPlaces.read(source, inner[b"iloc"])
        self._place_of = {place.item: place for place in self._places.places}
        if len(self._place_of) < len(self._places.places):
            raise MalformedAssetError("The file's index of pictures has an item twice.")
        self._room = Room()
        self._lengths: dict[int, int] = {}  # of packets that stay where they are
        self._behind: dict[int, bytes] = {}  # packets that come behind the index

    def packets(self) -> tuple[Packet | None, list[Packet]]:
        """Return the primary picture's XMP packet, if there is one, and those of others.

        Raises:
            CapacityError: one is compressed or encrypted. LimitExceededError: one is too long.
            MalformedAssetError: one is not where it should be.
        """
        found = [item for item in self._listed if item.media_type == _RDF]
        targets: dict[int, set[int]] = {}
        for number, target in self._descriptions() if found else ():
            targets.setdefault(number, set()).add(target)
        main, others = None, list[Packet]()
        # Some programs do not say which picture it is that a packet describes.
        for item in sorted(found, key=lambda item: item.number not in targets):
            if item.encoding or item.is_protected:
                raise CapacityError("The picture's XMP is compressed or encrypted.")
            packet = Packet(self._read(item.number), partial(self._replace, item.number))
            if main is None and self._primary in targets.get(item.number, (self._primary,)):
                main = packet
            else:
                others.append(packet)
        return main, others

    def add(self, packet: bytes) -> None:
        """Put a packet into the file that describes the primary picture.

        Raises:
            CapacityError: there are too many items.
        """
        number = self._free_number()
        directory = self._inner[b"iinf"]
        width = 2 if read_at(self._source, directory.body, 1) == b"\0" else 4
        at = directory.body + 4
        count = int.from_bytes(read_at(self._source, at, width), "big") + 1
        if count >> 8 * width:
            raise CapacityError("The file has too many items for one more.")
        self._rewrite.replace(at, at + width, count.to_bytes(width, "big"), ())
        entry = made_box(b"infe", b"\2\0\0\0", number.to_bytes(2, "big"), b"\0\0", _ENTRY)
        self._rewrite.insert(directory.end, entry, (self._index, directory))
        self._describe(number)
        self._behind[number] = packet

    def finish(self, tables: Sequence[Table]) -> list[Table]:
        """Return the file's tables of offsets with one that tells where the packets are."""
        if self._behind:
            media = made_box(b"mdat", *self._behind.values())
            self._rewrite.insert(self._index.end, media, ())
        index = self._inner[b"iloc"]
        mine = Table(index, (self._index,), self._moved)
        return [mine if table.box == index else table for table in tables]

    def _moved(self, moves: Moves) -> bytes:
        """Return the ``iloc`` box; of packets behind the index the last ends where that goes on.

        What follows the index follows them then.
        """
        places = {
            place.item: place
            for place in self._places.moved(moves, self._data.body if self._data else None)
        }
        for item, length in self._lengths.items():
            piece = places[item].pieces[0]._replace(length=length)
            places[item] = places[item]._replace(pieces=(piece,))
        at = moves(self._index.end) - sum(map(len, self._behind.values()))
        for item, packet in self._behind.items():
            places[item] = self._places.place_of(item, at, len(packet))
            at += len(packet)
        return self._places.written(tuple(places.values()))

    # ------------------------------------------------------------------ packets

    def _range(self, place: Place, piece: Piece) -> tuple[int, int]:
        """Return where a piece begins and ends in the file; nowhere, if it is not in there."""
        if place.origin is None or (place.origin and not self._data):
            return 0, 0
        start = place.base + piece.offset
        if place.origin and self._data:
            start += self._data.body
        return start, start + piece.length

    def _read(self, item: int) -> bytes:
        place = self._place_of.get(item)
        if not place:
            return b""
        if place.origin is None:
            raise CapacityError("The picture's XMP is not in the file itself.")
        ranges = [self._range(place, piece) for piece in place.pieces]
        length = sum(end - start for start, end in ranges)
        self._room.take(length)
        data = b"".join(read_at(self._source, start, end - start) for start, end in ranges)
        if len(data) < length:
            raise MalformedAssetError("The file is cut short: its XMP is missing.")
        return data

    def _replace(self, item: int, packet: bytes) -> None:
        """Put a packet in place of another where that lies, or else behind the index."""
        place = self._place_of.get(item)
        parents = self._parents_of(place) if place else None
        if place and parents:
            self._rewrite.replace(*self._range(place, place.pieces[0]), packet, parents)
            self._lengths[item] = len(packet)
        else:
            self._behind[item] = packet

    def _parents_of(self, place: Place) -> tuple[Box, ...] | None:
        """Return the boxes around a packet in one piece which nobody shares, or None."""
        if len(place.pieces) != 1:
            return None
        start, end = self._range(place, place.pieces[0])
        if start == end or place.item in self._shared:
            return None
        if place.origin and self._data:
            return (self._index, self._data) if end <= self._data.end else None
        return next(((box,) for box in self._media if box.body <= start and end <= box.end), None)

    @cached_property
    def _shared(self) -> frozenset[int]:
        """The items that share bytes with others, or with themselves."""
        ranges = sorted(
            (*self._range(place, piece), place.item)
            for place in self._places.places
            for piece in place.pieces
        )
        shared = set[int]()
        reach = holder = 0  # how far any piece goes up to here, and whose it is
        for start, end, item in ranges:
            if start < min(reach, end):
                shared |= {item, holder}
            if end > reach:
                reach, holder = end, item
        return frozenset(shared)

    # ------------------------------------------------------------------ the index

    def _descriptions(self) -> Iterator[tuple[int, int]]:
        """Yield the items that describe others, with these (8.11.12: ``cdsc``)."""
        references = self._inner.get(b"iref")
        if not references:
            return
        if references.end - references.body > MAX_REFERENCES_BYTES:
            raise LimitExceededError("The file has too many references between pictures.")
        width = 2 if read_at(self._source, references.body, 1) == b"\0" else 4
        for box in walk(self._source, references.body + 4, references.end):
            if box.kind == b"cdsc":
                data = read_at(self._source, box.body, box.end - box.body)
                item = int.from_bytes(data[:width], "big")
                for at in range(width + 2, len(data) - width + 1, width):
                    yield item, int.from_bytes(data[at : at + width], "big")

    def _describe(self, item: int) -> None:
        """Say that an item describes the primary picture."""
        references = self._inner.get(b"iref")
        if references:
            is_short = read_at(self._source, references.body, 1) == b"\0"
        else:
            is_short = self._primary <= _MAX_SHORT
        width = 2 if is_short else 4
        if self._primary >> 8 * width:
            raise MalformedAssetError("The file's index of pictures contradicts itself.")
        reference = made_box(
            b"cdsc",
            item.to_bytes(width, "big"),
            b"\0\1",
            self._primary.to_bytes(width, "big"),
        )
        if references:
            self._rewrite.insert(references.end, reference, (self._index, references))
        else:
            made = made_box(b"iref", b"\0\0\0\0" if is_short else b"\1\0\0\0", reference)
            self._rewrite.insert(self._index.end, made, (self._index,))

    def _free_number(self) -> int:
        """Return a number that neither an item nor a group of items has."""
        taken = {item.number for item in self._listed} | self._place_of.keys()
        if groups := self._inner.get(b"grpl"):
            taken |= {
                int.from_bytes(read_at(self._source, box.body + 4, 4), "big")
                for box in walk(self._source, groups.body, groups.end)
            }
        number = max(taken, default=0) + 1
        if number > _MAX_SHORT:
            number = next((n for n in range(1, _MAX_SHORT + 1) if n not in taken), 0)
        if not number:
            raise CapacityError("The file has too many items for one more.")
        return number
