"""Copies with some ranges of bytes replaced: everything else stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from credlabel.errors import MalformedAssetError
from credlabel.files import read_ranges

from ._reading import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO


class Edit(NamedTuple):
    """The bytes from ``start`` to ``end`` become ``data``; an empty range is an insertion."""

    start: int
    end: int
    data: bytes


def splice(source: BinaryIO, sink: BinaryIO, edits: Iterable[Edit]) -> None:
    """Copy ``source`` to ``sink`` with ``edits`` done, in blocks; no two edits may overlap."""
    splice_in_order(source, sink, _sorted(edits))


def splice_in_order(source: BinaryIO, sink: BinaryIO, edits: Iterable[Edit]) -> None:
    """Do the same with edits that come in the file's order, however many there are.

    They may be found in ``source`` as they are needed.
    """
    at = 0
    for edit in edits:
        sink.writelines(read_ranges(source, [(at, edit.start - at)]))
        sink.write(edit.data)
        at = edit.end
    sink.writelines(read_ranges(source, [(at, max(0, size_of(source) - at))]))


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return ``data`` with ``edits`` done.

    Raises:
        MalformedAssetError: two of them are of the same bytes.
    """
    parts, at = list[bytes](), 0
    for edit in _sorted(edits):
        if edit.start < at:
            raise MalformedAssetError("What has to change in the file overlaps.")
        parts += (data[at : edit.start], edit.data)
        at = edit.end
    return b"".join((*parts, data[at:]))


def _sorted(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in the file's order; what is inserted in one place stays in that of giving."""
    return sorted(edits, key=lambda edit: edit[:2])
