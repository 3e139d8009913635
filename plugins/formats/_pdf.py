"""What rewriting a PDF would damage, by the file's structure.

To embed, c2pa-rs reads every object and writes a new file of those that it could read. It says
nothing about the others: of a file whose index is wrong by some bytes, which every viewer repairs,
whole pages are missing afterwards. So only files whose index and streams are in order may be
rewritten, and only if their objects are spelt as c2pa-rs can read them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ._pdf_syntax import objects_in
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from pypdf import PdfReader

MAX_SEARCH_BYTES: Final = 4 << 30
MAX_OBJECTS: Final = 200_000
"""Looked at. A thousand pages take some ten thousand."""
MAX_PACKED_BYTES: Final = 32 << 20
"""Unpacked from object streams in all."""
MAX_DICTIONARY: Final = 1 << 20
"""Bytes of an object without its stream."""

SIGNED: Final = "The PDF is digitally signed, and embedding would break that signature."
ENCRYPTED: Final = "The PDF is encrypted, and embedding would need its key."
DAMAGED: Final = (
    "The PDF is not quite in order, and rewriting it could lose parts that viewers still show."
)
TOO_LARGE: Final = "The PDF has too many objects to be sure that embedding would break none."
ATTACHED: Final = "The PDF lists its attachments in a form that embedding would break."
MEASURED: Final = "The PDF has geographic coordinates, and embedding would round them."

COORDINATES: Final = b"/GPTS"
_BLOCK: Final = 4 << 20
_OVERLAP: Final = 1024
_NEAR: Final = 512
_TAIL: Final = 1 << 16
_SHORT: Final = 1 << 12
_APPEND_ONLY: Final = 2
_SIGNATURE: Final = b"/ByteRange"
_CLAIM: Final = re.compile(rb"pdfaid:part\s*(?:>|=\s*[\"'])\s*(\w)")
_NAMED: Final = re.compile(rb"\s{0,8}0*(\d{1,10})\s+0*(\d{1,5})\s+obj\b")
_OBJECT: Final = re.compile(rb"\b0*(\d{1,10})\s+\d{1,5}\s+obj\b")
_LENGTH: Final = re.compile(rb"/Length\s+(\d{1,12})(?:\s+(\d{1,5})\s+(R)\b)?")
_NUMBER: Final = re.compile(rb"\s{0,8}\d+\s+\d+\s+obj\s+(\d{1,12})\b")
_STREAM: Final = re.compile(rb"stream(?:\r\n|\n|\r)")
_END: Final = re.compile(rb"\s{0,8}endstream\b")


class _Place(NamedTuple):
    """Where an object is."""

    offset: int
    number: int
    generation: int


def objection_of(source: BinaryIO, reader: PdfReader) -> str:
    """Return why the document must not be rewritten, or the empty string.

    Limits: pypdf parses few objects, and those only after all were found to be apart from each
    other: it takes minutes for some hostile ones.

    Raises:
        Exception: whatever pypdf raises at a malformed file.
    """
    return next(filter(None, _objections(source, reader)), "")


def _objections(source: BinaryIO, reader: PdfReader) -> Iterator[str]:
    """Yield what speaks against rewriting, the empty string for what does not."""
    places = _places(reader)  # before it repairs any, as it does when it misses an object
    yield ENCRYPTED if reader.is_encrypted else ""
    yield TOO_LARGE if len(places) + len(reader.xref_objStm) > MAX_OBJECTS else ""
    yield DAMAGED if _is_incomplete(source, reader) or _goes_on(source) else ""
    sizes = [after.offset - place.offset for place, after in pairwise(places)]
    for place, size in zip(places, [*sizes, MAX_DICTIONARY], strict=False):
        yield _object_objection(source, reader, place, min(size, MAX_DICTIONARY))
    root = _entry(reader.trailer, "/Root")
    flags = _entry(_entry(root, "/AcroForm"), "/SigFlags") or 0
    yield SIGNED if int(flags) & _APPEND_ONLY else ""
    part = _archival_part(root)
    yield f"The PDF is PDF/A-{part}, and a label inside would end its conformance." if part else ""
    yield "" if _has_plain_attachments(root) else ATTACHED
    yield _packed_objection(reader)


def blocks(source: BinaryIO) -> Iterator[bytes]:
    """Yield the file in blocks that overlap, so that no short word is cut in all of them."""
    for offset in range(0, min(size_of(source), MAX_SEARCH_BYTES), _BLOCK):
        yield read_at(source, offset, _BLOCK + _OVERLAP)


def _archival_part(root: Any) -> str:
    """Return the part of ISO 19005 that the document claims to follow, or the empty string."""
    metadata = _entry(root, "/Metadata")
    if metadata is None:
        return ""
    packet = metadata.get_data().replace(b"\0", b"")  # in UTF-16 every other byte
    found = _CLAIM.search(packet)
    return found[1].decode("latin-1") if found else ""


def _has_plain_attachments(root: Any) -> bool:
    """Return whether c2pa-rs can add an entry to the lists of attachments.

    It takes the tree of names (ISO 32000-2, 7.9.6) for one list: to a root with ``/Kids`` it adds
    ``/Names``, which a root can't have both, and where neither is, something that is no list.
    """
    names = _entry(root, "/Names")
    tree = _entry(names, "/EmbeddedFiles")
    is_plain = tree is None or isinstance(_entry(tree, "/Names"), list)
    return is_plain and isinstance(_entry(root, "/AF") or [], list)


def _entry(thing: Any, key: str) -> Any:
    """Return what ``key`` means in a dictionary, if there is one, or None."""
    value = None if thing is None else thing.get(key)
    return None if value is None else value.get_object()


def _is_incomplete(source: BinaryIO, reader: PdfReader) -> bool:
    """Return whether there are objects that no part of the index, as it was read, speaks of.

    Part of an index need not list itself.
    """
    known = {number for listed in reader.xref.values() for number in listed}
    known |= reader.xref_objStm.keys()
    known |= {number for listed in reader.xref_free_entry.values() for number in listed}
    size: Any = reader.trailer["/Size"]
    missing = set(range(1, min(int(size), MAX_OBJECTS))) - known
    return bool(missing) and any(
        int(found[1]) in missing and b"/XRef" not in block[found.end() : found.end() + _NEAR]
        for block in blocks(source)
        for found in _OBJECT.finditer(block)
    )


def _goes_on(source: BinaryIO) -> bool:
    """Return whether objects follow the end, of an update cut short: c2pa-rs might take them."""
    tail = read_at(source, max(0, size_of(source) - _TAIL), _TAIL)
    return bool(_OBJECT.search(tail, max(0, tail.rfind(b"%%EOF"))))


def _places(reader: PdfReader) -> list[_Place]:
    """Return where each object is that is in no stream, in this order."""
    return sorted(
        _Place(offset, number, generation)
        for generation, listed in reader.xref.items()
        for number, offset in listed.items()
    )


def _object_objection(source: BinaryIO, reader: PdfReader, place: _Place, size: int) -> str:
    """Return what speaks against rewriting this object: not legible at its place, or a signature.

    A signature covers bytes of the file, which its ``/ByteRange`` counts (ISO 32000-2, 12.8.1), so
    it can't be packed. ``size`` is how far it is to the next object.
    """
    for room in (min(size, _SHORT), size):  # most are short, or have a stream soon
        head = read_at(source, place.offset, room)
        name = _NAMED.match(head)
        if not name or (int(name[1]), int(name[2])) != place[1:]:
            return DAMAGED
        count, end = objects_in(head, name.end())
        stream = _STREAM.match(head, end)
        if stream or head.startswith(b"endobj", end):
            break
    else:
        return DAMAGED
    if _SIGNATURE in head[:end]:
        return SIGNED
    is_sound = count in {0, 1} and (
        not stream
        or any(
            _END.match(read_at(source, place.offset + stream.end() + length, 32))
            for length in _lengths(source, reader, head[:end])
        )
    )
    return "" if is_sound else DAMAGED


def _lengths(source: BinaryIO, reader: PdfReader, dictionary: bytes) -> Iterator[int]:
    """Yield what a stream's dictionary says of its length; one within it may speak of another."""
    for found in _LENGTH.finditer(dictionary):
        value, generation, is_reference = found.groups()
        if not is_reference:
            yield int(value)
            continue
        number = int(value)
        offset = reader.xref.get(int(generation), {}).get(number)
        if offset is not None:
            there = _NUMBER.match(read_at(source, offset, 64))
            if there:
                yield int(there[1])
        elif number in reader.xref_objStm:
            packed: Any = reader.get_object(number)
            yield int(packed)


def _packed_objection(reader: PdfReader) -> str:
    """Return what speaks against rewriting the objects that are packed into streams."""
    total = 0
    for number in {packed for packed, _ in reader.xref_objStm.values()}:
        stream: Any = reader.get_object(number)
        data = stream.get_data()
        total += len(data)
        if total > MAX_PACKED_BYTES:
            return TOO_LARGE
        if COORDINATES in data:
            return MEASURED
        count, end = objects_in(data, int(stream["/First"]))
        if count < int(stream["/N"]) or end < len(data):
            return DAMAGED
    return ""
