"""Why a credential must not be embedded into some films and pictures.

c2pa-rs puts a ``uuid`` box behind ``ftyp``, or in place of the one that is there, and so moves
what follows. Of the tables that say where something is in the file, 0.91 keeps most right, and not
these. (Offsets in ``sidx`` count from behind it, and it is moved with what it points to.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._box_offsets import find_tables, keeps_samples
from ._boxes import walk
from ._item_places import ItemPlaces
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from ._boxes import Box

MAX_CREDENTIAL_BYTES: Final = 16 << 20
"""By which everything may move."""

_LIMIT: Final = 1 << 32
_CREDENTIAL: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_BEFORE_CREDENTIAL: Final = frozenset(
    (b"ftyp", b"free", b"skip", b"wide", b"uuid", b"moov", b"meta")
)


def moving_objection(source: BinaryIO) -> str | None:
    """Return a sentence if c2pa-rs would move something without telling each index right."""
    try:
        boxes = tuple(walk(source, 0, size_of(source)))
        if _moves_what_is_before(source, boxes):
            return "Its credential stands behind data, which an update of it would take for moved."
        for parents, table in find_tables(source, boxes):
            kind = "picture" if table.kind == b"iloc" else "film"
            if _DAMAGES.get(table.kind, _keeps)(source, table, parents):
                return f"The {kind}'s index has a form that embedding a credential would damage."
    except AssetError:
        return "The file's boxes contradict each other, so that none of them can be moved."
    return None


def _moves_what_is_before(source: BinaryIO, boxes: tuple[Box, ...]) -> bool:
    """Return whether a credential is behind data: offsets grow by as much as it does."""
    kinds = set[bytes]()
    for box in boxes:
        if box.kind == b"uuid" and read_at(source, box.body, 16) == _CREDENTIAL:
            return not kinds <= _BEFORE_CREDENTIAL
        kinds.add(box.kind)
    return False


def _keeps(_source: BinaryIO, _table: Box, _parents: tuple[Box, ...]) -> bool:
    return False


def _loses(_source: BinaryIO, _table: Box, _parents: tuple[Box, ...]) -> bool:
    return True  # it can't look into what is compressed


def _is_narrow(source: BinaryIO) -> bool:
    """Return whether 32 bits may not do for where something is then."""
    return size_of(source) + MAX_CREDENTIAL_BYTES > _LIMIT


def _damages_chunks(source: BinaryIO, table: Box, parents: tuple[Box, ...]) -> bool:
    """Return whether offsets would be too large, or are to samples in other files."""
    if read_at(source, table.body + 4, 4) == bytes(4):
        return False  # there are none
    is_outgrown = table.kind == b"stco" and _is_narrow(source)
    return is_outgrown or False in keeps_samples(source, parents[-2])


def _damages_auxiliary(source: BinaryIO, table: Box, _parents: tuple[Box, ...]) -> bool:
    return read_at(source, table.body, 1) == b"\0" and _is_narrow(source)


def _damages_access(source: BinaryIO, table: Box, _parents: tuple[Box, ...]) -> bool:
    """Return whether a random access index has entries: each is set to the last fragment."""
    return read_at(source, table.body + 12, 4) != bytes(4)


def _damages_items(source: BinaryIO, table: Box, parents: tuple[Box, ...]) -> bool:
    """Return whether an index of items is not kept right.

    What has a base of 0 is added to twice, version 1 is misread where it has bases and any version
    where it has numbers, data references are passed over, and so are the indexes of tracks, as
    sequences of pictures have them.
    """
    index = ItemPlaces.read(source, table)
    is_outermost = len(parents) == 1 and parents[0].kind == b"meta"
    return not index.is_usual or bool(index.places and not is_outermost)


_DAMAGES: Final[dict[bytes, Callable[[BinaryIO, Box, tuple[Box, ...]], bool]]] = {
    b"cmov": _loses,
    b"stco": _damages_chunks,
    b"co64": _damages_chunks,
    b"saio": _damages_auxiliary,
    b"tfra": _damages_access,
    b"iloc": _damages_items,
}
