"""The entry that holds a manifest store: found, bound and written (C2PA 2.5, A.6.2 and A.6.3).

Nothing is unpacked: every entry keeps its bytes, compressed as it is. Only an OPC package's list
of content types gets a new element, and an earlier store is left out.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, Final

from credlabel.errors import LabelError, MalformedAssetError
from credlabel.files import read_ranges
from credlabel.hookspecs import ExtractedCollection

from ._archive import (
    CENTRAL,
    CRC_IN_CENTRAL,
    CRC_IN_LOCAL,
    END,
    LOCAL,
    LOCAL_BYTES,
    Archive,
    Entry,
)
from ._archive_writing import Renewal, renewal, renewed_local, renewed_record, replaced
from ._padding import MAX_SIGNATURES, SLACK, of_length
from ._planning import (
    MAX_STORE_BYTES,
    STORE_NAME,
    Plan,
    is_list,
    plan,
)
from ._reading import read_at, size_of
from ._unpacking import STORED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import SignBinding

_LIKELY_STORE_BYTES: Final = 1 << 14
_VERSION: Final = 20
"""2.0: entries in folders."""
_NEW_YEAR_1980: Final = 1 << 5 | 1
"""The earliest date there is; the standard asks for none, or for when the archive was made."""


def store_in(archive: Archive) -> Entry | None:
    """Return the entry with the manifest store, or None.

    Raises:
        MalformedAssetError: it is not stored as the standard has it.
    """
    for entry in archive.entries:
        if entry.name == STORE_NAME:
            if entry.method != STORED or entry.flags or entry.packed > MAX_STORE_BYTES:
                raise MalformedAssetError(
                    "The archive's credential is compressed, encrypted or too large."
                )
            return entry
    return None


def exclusions_of(entry: Entry) -> tuple[tuple[int, int], ...]:
    """Return what a hash over the file has to leave out: the store and its two checksums."""
    return (
        (entry.start + CRC_IN_LOCAL, 4),
        (entry.data, entry.packed),
        (entry.central + CRC_IN_CENTRAL, 4),
    )


def collection_of(source: BinaryIO, archive: Archive, store: Entry) -> ExtractedCollection:
    """Return the ranges that a collection hash covers: A.6.2.1 for entries, A.6.2.2 the rest.

    An entry is bound with its local header and data descriptor. A folder, whose name ends with a
    slash, need not be: c2pa-rs lists some, without the slash. The directory is bound up to the end
    of the file, but for the store's checksum.
    """
    crc = store.central + CRC_IN_CENTRAL
    start, end = archive.directory.start, size_of(source)
    return ExtractedCollection(
        store=read_at(source, store.data, store.packed),
        entries={
            entry.name: ((entry.start, entry.stop - entry.start),)
            for entry in archive.entries
            if entry.name != STORE_NAME
        },
        directory=((start, crc - start), (crc + 4, end - crc - 4)),
    )


def complement(exclusions: tuple[tuple[int, int], ...], size: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, length) ranges of a file that ``exclusions``, in order, leave."""
    at = 0
    for start, length in exclusions:
        yield at, start - at
        at = start + length
    yield at, size - at


def write(source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
    """Write ``source`` with a manifest store to ``sink``, in place of an earlier one.

    Raises:
        AssetError: it should not be done.
        LabelError: the store's length changes each time it is signed.
    """
    planned = plan(source)
    hashed = hashlib.sha256()
    renewed = _renewed(planned)
    places, at = dict[str, int](), 0
    for entry in planned.kept:
        places[entry.name] = at
        for block in _entry_bytes(source, entry, renewed):
            sink.write(block)
            hashed.update(block)
            at += len(block)
    length = _LIKELY_STORE_BYTES
    for _ in range(MAX_SIGNATURES):
        start = at + LOCAL_BYTES + len(STORE_NAME)
        local = _local_header(length)
        listing, central = _listing(planned, renewed, places, at, length)
        bound = hashed.copy()
        bound.update(_without(local, CRC_IN_LOCAL))
        bound.update(_without(listing, central + CRC_IN_CENTRAL))
        store = sign(
            exclusions=(
                (at + CRC_IN_LOCAL, 4),
                (start, length),
                (start + length + central + CRC_IN_CENTRAL, 4),
            ),
            sha256=bound.digest(),
        )
        fitted = of_length(store, length, sign)
        if fitted:
            crc = zlib.crc32(fitted).to_bytes(4, "little")
            sink.write(replaced(local, CRC_IN_LOCAL, crc))
            sink.write(fitted)
            sink.write(replaced(listing, central + CRC_IN_CENTRAL, crc))
            return
        length = len(store) if length == _LIKELY_STORE_BYTES else len(store) + SLACK
    raise LabelError("The credential's length changes each time it is signed.")


def _renewed(planned: Plan) -> Renewal | None:
    if planned.content_types is None:
        return None
    entry = next(entry for entry in planned.kept if is_list(entry))
    return renewal(entry, planned.content_types)


def _entry_bytes(source: BinaryIO, entry: Entry, renewed: Renewal | None) -> Iterator[bytes]:
    """Yield the entry as it is, or the list of content types anew, without extra field."""
    if renewed is None or not is_list(entry):
        yield from read_ranges(source, ((entry.start, entry.stop - entry.start),))
        return
    yield renewed_local(source, entry, renewed)


def _listing(
    planned: Plan, renewed: Renewal | None, places: dict[str, int], at: int, length: int
) -> tuple[bytes, int]:
    """Return the new directory with its end record, and where in it the store's header is."""
    headers = []
    for entry in planned.archive.entries:
        if entry.name == STORE_NAME:
            continue
        header = replaced(entry.header, 42, places[entry.name].to_bytes(4, "little"))
        if renewed is not None and is_list(entry):
            header = renewed_record(header, renewed)
        headers.append(header)
    listing = b"".join(headers)
    central = len(listing)
    listing += _central_header(at, length)
    start = at + LOCAL_BYTES + len(STORE_NAME) + length
    count, comment = len(planned.kept) + 1, planned.archive.directory.comment
    end = struct.pack("<4s4xHHIIH", END, count, count, len(listing), start, len(comment))
    return listing + end + comment, central


def _local_header(length: int) -> bytes:
    name = STORE_NAME.encode()
    return (
        struct.pack(
            "<4sHHHHHIIIHH",
            *(LOCAL, _VERSION, 0, STORED, 0, _NEW_YEAR_1980),
            *(0, length, length, len(name), 0),
        )
        + name
    )


def _central_header(at: int, length: int) -> bytes:
    name = STORE_NAME.encode()
    return (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            *(CENTRAL, _VERSION, _VERSION, 0, STORED, 0, _NEW_YEAR_1980),
            *(0, length, length, len(name), 0, 0, 0, 0, 0, at),
        )
        + name
    )


def _without(data: bytes, at: int) -> bytes:
    """Return ``data`` without the checksum at ``at``."""
    return data[:at] + data[at + 4 :]
