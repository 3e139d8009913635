"""TIFF 6.0 and BigTIFF, and the camera formats built on them: DNG, NEF, ARW.

A file is a chain of directories (IFDs), some with sub-directories; every value that does not fit
into its entry lies at an offset. C2PA 2.5, A.3: the manifest store is the value of tag 0xCD41, a
remote reference stands in the XMP packet, tag 700.
"""

from __future__ import annotations

import contextlib
import struct
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from . import _exif
from ._fields import Fields
from ._iptc import read_iim, read_resources
from ._reading import read_at, size_of
from ._xmp import may_name_provenance_at, read_packet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

_SEVERAL_PAGES: Final = (
    "The TIFF has several pages, and embedding would add one that can't be opened."
)

MAX_DIRECTORIES: Final = 10_000
"""One a page."""
MAX_SUB_DIRECTORIES: Final = 64
"""Of one directory."""
MAX_ENTRIES: Final = 4096
"""In one directory. TIFF 6.0 and its descendants define some 600 tags."""
MAX_ENTRIES_IN_ALL: Final = 1_000_000
MAX_STRIPS: Final = 8_000_000
"""Strips or tiles of all pictures: a picture of ten million lines, or 4 million tiles."""

_TIFF, _DNG, _NEF, _ARW = (
    "image/tiff",
    "image/x-adobe-dng",
    "image/x-nikon-nef",
    "image/x-sony-arw",
)

_SUBFILE_TYPE, _STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 254, 273, 279, 324, 325
_MAKE, _SUB_IFDS, _EXIF, _GPS = 271, 330, 34665, 34853
_THUMBNAIL, _THUMBNAIL_SIZE = 513, 514
_XMP, _DNG_VERSION, _C2PA = 700, 50706, 0xCD41
_IIM, _PHOTOSHOP = 33723, 34377
_SPEAKING: Final = frozenset((*_exif.NAMES, _XMP, _IIM, _PHOTOSHOP, _GPS))

# Bytes a value of each type takes (TIFF 6.0, section 2; BigTIFF adds 16 to 18; 13 is IFD).
_WIDTHS: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
_UNSIGNED: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


class _Layout(NamedTuple):
    """What depends on byte order and on classic or BigTIFF."""

    order: str
    first: int  # offset of the first directory
    total: str  # struct formats of a directory's count of entries, an entry, a pointer
    entry: str
    pointer: str


class _Entry(NamedTuple):
    kind: int
    number: int  # of values
    field: bytes  # the value, or the offset of a longer one


_Directory = dict[int, _Entry]


class Tiff:
    """TIFF pictures of any number of pages, and raw pictures of Adobe, Nikon and Sony."""

    media_types: tuple[str, ...] = (_TIFF, _DNG, _NEF, _ARW)

    def accepts(self, head: bytes) -> str | None:
        """Return the media type by the header and, for raw pictures, the first directory.

        A raw picture whose first directory lies beyond ``head`` goes as ``image/tiff``. Canon's
        CR2 is left to others: rewriting it as a TIFF would move data that the camera's maker
        notes point to.
        """
        if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") or head[8:10] == b"CR":
            return None
        return _media_type(BytesIO(head))

    def refine_media_type(self, source: BinaryIO, media_type: str) -> str:
        """Return the media type by the first directory, wherever in the file it lies.

        c2pa-rs moves it to the end of what it signs, out of sight of ``accepts``.
        """
        return _media_type(source) if media_type == _TIFF else media_type

    def check_whole(self, source: BinaryIO) -> None:
        """Return if all directories, values and strips or tiles lie within the file.

        Bytes that no directory points to may be missing or added; neither shows.

        Raises:
            MalformedAssetError: a directory, a value or picture data lies beyond the end.
        """
        size = size_of(source)
        strips = 0
        try:
            for layout, directory in _walk(source):
                for entry in directory.values():
                    _check_value(layout, entry, size)
                for offsets, sizes in (
                    (_STRIPS, _STRIP_SIZES),
                    (_TILES, _TILE_SIZES),
                    (_THUMBNAIL, _THUMBNAIL_SIZE),
                ):
                    pair = directory.get(offsets), directory.get(sizes)
                    strips += sum(entry.number for entry in pair if entry)
                    if strips > MAX_STRIPS:
                        raise MalformedAssetError("The TIFF is in more pieces than are read.")
                    _check_data(source, layout, *pair, size)
        except struct.error as error:
            raise MalformedAssetError("The TIFF is cut short: a directory breaks off.") from error

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no directory or sub-directory holds a credential."""
        try:
            for layout, directory in _walk(source):
                if _C2PA in directory:
                    return True
                xmp = directory.get(_XMP)
                if xmp and may_name_provenance_at(source, _value_at(layout, xmp), xmp.number):
                    return True
        except (struct.error, MalformedAssetError):
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return tags, XMP, IPTC-IIM and Exif of all pages, as far as they can be read."""
        fields = Fields()
        with contextlib.suppress(struct.error, MalformedAssetError):
            for layout, directory in _walk(source):
                for tag in sorted(_SPEAKING & directory.keys()):
                    _read_value(source, layout, directory[tag], tag, fields)
                if not fields.room:
                    break
        return fields.freeze()

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why embedding would add a page that is none, or None.

        c2pa-rs puts the credential into the directory of a single page. To several pages it
        appends a directory with the credential and nothing else, and readers that count or go
        through the pages fail there. Sub-directories are no pages.
        """
        try:
            layout = _layout(read_at(source, 0, 16))
            _, following = _directory_at(source, layout, layout.first)
        except (struct.error, MalformedAssetError):
            return None  # nothing is embedded into what can't be read
        return _SEVERAL_PAGES if following else None


def _media_type(source: BinaryIO) -> str:
    try:
        layout, directory = next(_walk(source))
    except (struct.error, MalformedAssetError):
        return _TIFF
    if _DNG_VERSION in directory:
        return _DNG
    make, preview = directory.get(_MAKE), directory.get(_SUBFILE_TYPE)
    if not make or not preview or _SUB_IFDS not in directory or not any(preview.field):
        return _TIFF
    # A preview comes first and the raw picture in a sub-directory: no edited TIFF is so.
    is_inline = make.number <= len(make.field)
    name = make.field if is_inline else read_at(source, _value_at(layout, make), 8)
    kinds = ((b"NIKON", _NEF), (b"SONY", _ARW))
    return next((kind for start, kind in kinds if name.upper().startswith(start)), _TIFF)


def _layout(head: bytes) -> _Layout:
    order = "<" if head[:2] == b"II" else ">"
    if head[2:4] in (b"*\0", b"\0*"):
        (first,) = struct.unpack_from(order + "I", head, 4)
        return _Layout(order, first, order + "H", order + "HHI4s", order + "I")
    if head[2:4] not in (b"+\0", b"\0+"):
        raise MalformedAssetError("The file is no TIFF.")
    (first,) = struct.unpack_from(order + "Q", head, 8)
    return _Layout(order, first, order + "Q", order + "HHQ8s", order + "Q")


def _parse(layout: _Layout, data: bytes) -> tuple[_Directory, int]:
    """Return the directory that ``data`` begins with, and the offset of the next one."""
    (count,) = struct.unpack_from(layout.total, data)
    if not 0 < count <= MAX_ENTRIES:
        raise MalformedAssetError("The TIFF is damaged: a directory is empty or too large.")
    start = struct.calcsize(layout.total)
    end = start + count * struct.calcsize(layout.entry)
    (following,) = struct.unpack_from(layout.pointer, data, end)
    entries = struct.iter_unpack(layout.entry, data[start:end])
    return {tag: _Entry(kind, number, field) for tag, kind, number, field in entries}, following


def _directory_at(source: BinaryIO, layout: _Layout, at: int) -> tuple[_Directory, int]:
    """Return the directory at an offset, and the offset of the next one."""
    count_length = struct.calcsize(layout.total)
    (count,) = struct.unpack(layout.total, read_at(source, at, count_length))
    length = count_length + min(count, MAX_ENTRIES) * struct.calcsize(layout.entry) + 8
    return _parse(layout, read_at(source, at, length))


def _walk(source: BinaryIO) -> Iterator[tuple[_Layout, _Directory]]:
    """Yield every directory: those of the chain, their sub-directories, and Exif and GPS."""
    layout = _layout(read_at(source, 0, 16))
    pending, seen, entries = [layout.first], set[int](), 0
    while pending:
        at = pending.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        if len(seen) > MAX_DIRECTORIES or entries > MAX_ENTRIES_IN_ALL:
            raise MalformedAssetError("The TIFF has more directories than are read.")
        directory, following = _directory_at(source, layout, at)
        entries += len(directory)
        yield layout, directory
        pending.append(following)
        for tag in (_SUB_IFDS, _EXIF, _GPS):
            if tag in directory:
                if directory[tag].number > MAX_SUB_DIRECTORIES:
                    raise MalformedAssetError("The TIFF has more sub-directories than are read.")
                pending.extend(_numbers(source, layout, directory[tag]))
    if not seen:
        raise MalformedAssetError("The TIFF is damaged: it has no directory.")


def _length(entry: _Entry) -> int:
    return entry.number * (_WIDTHS[entry.kind] if entry.kind < len(_WIDTHS) else 0)


def _value_at(layout: _Layout, entry: _Entry) -> int:
    """Return where the value of ``entry`` lies, which must not be in the entry itself."""
    offset: int = struct.unpack(layout.pointer, entry.field)[0]
    return offset


def _numbers(source: BinaryIO, layout: _Layout, entry: _Entry) -> tuple[int, ...]:
    """Return the values of an entry of unsigned numbers."""
    code, length = _UNSIGNED.get(entry.kind), _length(entry)
    if not code:
        raise MalformedAssetError("The TIFF is damaged: an offset or length is no number.")
    inline = length <= len(entry.field)
    data = entry.field[:length] if inline else read_at(source, _value_at(layout, entry), length)
    return struct.unpack(f"{layout.order}{entry.number}{code}", data)


def _read_value(
    source: BinaryIO, layout: _Layout, entry: _Entry, tag: int, fields: Fields
) -> None:
    """Add what the value of a tag in ``_SPEAKING`` says."""
    length = _length(entry)
    if tag in _exif.NAMES and entry.kind not in _exif.TEXTUAL:
        return
    if length <= len(entry.field):
        value = entry.field[:length]
    else:
        value = read_at(source, _value_at(layout, entry), min(length, fields.room))
        fields.spend(len(value))
    if tag == _XMP:
        read_packet(value, fields)
    elif tag == _IIM:
        read_iim(value, fields)
    elif tag == _PHOTOSHOP:
        read_resources(value, fields)
    elif tag == _GPS:
        if _exif.LATITUDE in _directory_at(source, layout, _value_at(layout, entry))[0]:
            _exif.add_gps(fields)
    else:
        _exif.add_value(fields, tag, value, layout.order)


def _check_value(layout: _Layout, entry: _Entry, size: int) -> None:
    length = _length(entry)
    if length > len(entry.field) and _value_at(layout, entry) + length > size:
        raise MalformedAssetError("The TIFF is cut short: a value lies beyond its end.")


def _check_data(
    source: BinaryIO, layout: _Layout, offsets: _Entry | None, sizes: _Entry | None, size: int
) -> None:
    """Return if strips, tiles or a thumbnail lie within the file."""
    if not offsets:
        return
    starts = _numbers(source, layout, offsets)
    lengths = _numbers(source, layout, sizes) if sizes else (1,) * len(starts)
    if any(start + length > size for start, length in zip(starts, lengths, strict=False)):
        raise MalformedAssetError("The TIFF is cut short: picture data lies beyond its end.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the TIFF format."""
    return [Tiff()]
