"""Writes an update to the end of a PDF (ISO 32000-2, 7.5.6): the file itself stays as it is.

The manifest store is bound by ``c2pa.hash.data`` over the whole file without the store's own
bytes: the file as it was, the objects added, and the index that leads to them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LabelError

from ._padding import MAX_SIGNATURES, SLACK, of_length
from ._pdf_syntax import Reference, array, dictionary, items_of, string

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from credlabel.hookspecs import SignBinding

    from ._pdf_document import Document
    from ._pdf_update import Update

_BLOCK: Final = 1 << 20
_LIKELY_STORE_BYTES: Final = 1 << 14
_OF_SECTION: Final = {
    *(b"/Type", b"/Size", b"/Prev", b"/XRefStm", b"/W", b"/Index"),
    *(b"/Length", b"/Filter", b"/DecodeParms", b"/F", b"/FFilter", b"/FDecodeParms", b"/DL"),
}
"""Entries that each section of an index has for itself (7.5.5 and 7.5.8.2)."""
_ROW: Final = (1, 5, 2)


class _Parts(NamedTuple):
    """An update around the manifest store."""

    head: bytes
    tail: bytes


def write(
    source: BinaryIO, sink: BinaryIO, document: Document, update: Update, sign: SignBinding
) -> None:
    """Write ``source``, then the update with a manifest store, to ``sink``.

    Raises:
        LabelError: the store's length changes each time it is signed.
    """
    hashed, line = _copied(source, sink)
    ending = _Ending(document, update.next_number, identifier=hashed.digest()[:16])
    length = _LIKELY_STORE_BYTES
    for _ in range(MAX_SIGNATURES):
        parts = _parts(document, update, ending, line, length)
        bound = hashed.copy()
        bound.update(parts.head)
        bound.update(parts.tail)
        start = document.size + len(parts.head)
        store = sign(exclusions=((start, length),), sha256=bound.digest())
        fitted = of_length(store, length, sign)
        if fitted:
            sink.write(parts.head)
            sink.write(fitted)
            sink.write(parts.tail)
            return
        length = len(store) if length == _LIKELY_STORE_BYTES else len(store) + SLACK
    raise LabelError("The credential's length changes each time it is signed.")


def append(
    source: BinaryIO,
    sink: BinaryIO,
    document: Document,
    objects: Mapping[Reference, bytes],
    *,
    trailer: Mapping[bytes, bytes],
) -> None:
    """Write ``source``, then an update with ``objects``, to ``sink``.

    ``trailer`` has entries that the trailer gets besides those that it has.
    """
    hashed, line = _copied(source, sink)
    made, places = _written(objects, document.size, line)
    following = max([document.index.next_number, *(each.number + 1 for each in objects)])
    ending = _Ending(document, following, identifier=hashed.digest()[:16], trailer=trailer)
    sink.write(made + ending.made(places, document.size + len(made)))


def _copied(source: BinaryIO, sink: BinaryIO) -> tuple[hashlib._Hash, bytes]:
    """Copy the file; return its digest, and the end of its last line, if that is missing."""
    hashed = hashlib.sha256()
    source.seek(0)
    last = b""
    while block := source.read(_BLOCK):
        sink.write(block)
        hashed.update(block)
        last = block[-1:]
    return hashed, b"" if last in (b"\n", b"\r") else b"\n"


def _written(
    objects: Mapping[Reference, bytes], size: int, line: bytes
) -> tuple[bytes, dict[Reference, int]]:
    """Return objects as they follow a file of ``size`` bytes, and where each is."""
    made, places = bytearray(line), dict[Reference, int]()
    for number, body in sorted(objects.items()):
        places[number] = size + len(made)
        made += b"%d %d obj\n%s\nendobj\n" % (*number, body)
    return bytes(made), places


def _parts(
    document: Document, update: Update, ending: _Ending, line: bytes, length: int
) -> _Parts:
    """Return what precedes a manifest store of ``length`` bytes, and what follows it."""
    head, places = _written(update.objects, document.size, line)
    places[update.stream] = document.size + len(head)
    entries = {
        b"/Type": b"/EmbeddedFile",
        b"/Subtype": b"/application#2Fc2pa",  # ISO 32000-2, table 44
        b"/Params": b"<</Size %d>>" % length,
        b"/Length": b"%d" % length,
    }
    head += b"%d %d obj\n%s\nstream\n" % (*update.stream, dictionary(entries))
    end = b"\nendstream\nendobj\n"
    return _Parts(head, end + ending.made(places, document.size + len(head) + length + len(end)))


class _Ending:
    """Makes the index of an update and what follows it, wherever the objects come to be."""

    def __init__(
        self,
        document: Document,
        next_number: int,
        *,
        identifier: bytes,
        trailer: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self._document = document
        self._next_number = next_number
        self._identifier = identifier
        self._added = trailer or {}

    def made(self, places: dict[Reference, int], start: int) -> bytes:
        """Return the index at ``start`` of objects at ``places``, and the end of the file."""
        make = self._stream if self._document.index.sections[0].rows is not None else self._table
        return make(places, start) + b"startxref\n%d\n%%%%EOF\n" % start

    def _trailer(self, size: int) -> dict[bytes, bytes]:
        """Return the entries of the last trailer, but for those of its section (7.5.6)."""
        kept = {
            key: value for key, value in self._document.trailer.items() if key not in _OF_SECTION
        }
        if b"/ID" in kept:
            kept[b"/ID"] = self._with_identifier(kept[b"/ID"])
        previous = self._document.index.sections[0].start
        return {b"/Size": b"%d" % size, **kept, **self._added, b"/Prev": b"%d" % previous}

    def _with_identifier(self, value: bytes) -> bytes:
        """Return the file's identifiers with a new second one, as 14.4 asks for."""
        value = self._document.resolve(value)
        items = items_of(value) if value[:1] == b"[" else []
        if len(items) != 2 or string(items[0]) is None:
            return value
        return array([items[0], b"<%s>" % self._identifier.hex().encode()])

    def _table(self, places: dict[Reference, int], _: int) -> bytes:
        # The head of the list of free objects stays what it is: pypdf warns of a table without it.
        made = bytearray(b"xref\n0 1\n%010d 65535 f \n" % self._document.index.entry(0).first)
        for run in _runs(sorted(places)):
            made += b"%d %d\n" % (run[0].number, len(run))
            for number in run:
                made += b"%010d %05d n \n" % (places[number], number.generation)
        entries = self._trailer(self._next_number)
        return bytes(made) + b"trailer\n" + dictionary(entries) + b"\n"

    def _stream(self, places: dict[Reference, int], start: int) -> bytes:
        own = Reference(self._next_number, 0)
        places = {**places, own: start}
        index, rows = list[bytes](), bytearray()
        for run in _runs(sorted(places)):
            index += [b"%d" % run[0].number, b"%d" % len(run)]
            for number in run:
                for value, width in zip((1, places[number], number.generation), _ROW, strict=True):
                    rows += value.to_bytes(width, "big")
        entries = {
            b"/Type": b"/XRef",
            **self._trailer(own.number + 1),
            b"/W": array([b"%d" % width for width in _ROW]),
            b"/Index": array(index),
            b"/Length": b"%d" % len(rows),
        }
        return b"%d %d obj\n%s\nstream\n%s\nendstream\nendobj\n" % (
            *(*own, dictionary(entries), bytes(rows)),
        )


def _runs(numbers: list[Reference]) -> list[list[Reference]]:
    """Return the numbers in groups that follow each other."""
    runs = list[list[Reference]]()
    for number in numbers:
        if runs and runs[-1][-1].number + 1 == number.number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
