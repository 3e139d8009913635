"""TIFF 6.0 and BigTIFF, and the camera formats built on them: DNG, NEF, ARW.

A file is a chain of directories (IFDs), some with sub-directories; every value that does not fit
into its entry lies at an offset. C2PA 2.5, A.3: the manifest store is the value of tag 0xCD41, a
remote reference stands in the XMP packet, tag 700.
"""

from __future__ import annotations

import contextlib
import struct
from io import BytesIO
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from . import _exif
from ._changes import within, write_changes
from ._fields import Fields
from ._iptc import read_iim, read_resources
from ._reading import read_at, size_of
from ._tiff_directories import (
    GPS,
    SUB_IFDS,
    XMP,
    Entry,
    Layout,
    directory_at,
    layout_of,
    numbers,
    value_at,
    value_length,
    walk,
)
from ._tiff_writing import rewrite
from ._xmp import may_name_provenance_at, read_packet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

_SEVERAL_PAGES: Final = (
    "The TIFF has several pages, and embedding would add one that can't be opened."
)

_REPEATS_TAGS: Final = (
    "The TIFF has a tag twice in one directory, and embedding would leave out one of the two."
)

MAX_STRIPS: Final = 8_000_000
"""Strips or tiles of all pictures: a picture of ten million lines, or 4 million tiles."""

_TIFF, _DNG, _NEF, _ARW = (
    "image/tiff",
    "image/x-adobe-dng",
    "image/x-nikon-nef",
    "image/x-sony-arw",
)

_SUBFILE_TYPE, _STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 254, 273, 279, 324, 325
_MAKE = 271
_THUMBNAIL, _THUMBNAIL_SIZE = 513, 514
_DNG_VERSION, _C2PA = 50706, 0xCD41
_IIM, _PHOTOSHOP = 33723, 34377
_PLACES: Final = frozenset({"xmp"})
_SPEAKING: Final = frozenset((*_exif.NAMES, XMP, _IIM, _PHOTOSHOP, GPS))


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
            for layout, directory in walk(source):
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
            for layout, directory in walk(source):
                if _C2PA in directory:
                    return True
                xmp = directory.get(XMP)
                if xmp and may_name_provenance_at(source, value_at(layout, xmp), xmp.number):
                    return True
        except (struct.error, MalformedAssetError):
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return tags, XMP, IPTC-IIM and Exif of all pages, as far as they can be read."""
        fields = Fields()
        with contextlib.suppress(struct.error, MalformedAssetError):
            for layout, directory in walk(source):
                for tag in sorted(_SPEAKING & directory.keys()):
                    _read_value(source, layout, directory[tag], tag, fields)
                if not fields.room:
                    break
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP, whatever the kind of picture."""
        return _PLACES if media_type in self.media_types else frozenset()

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write a copy of the file in which the XMP fields are, and in which nothing moved.

        Raises:
            AssetError, LabelError: as the seam says.
        """

        def write(wanted: Wanted) -> None:
            rewrite(source, sink, within("xmp", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why embedding would add a page that is none or lose something, or None.

        c2pa-rs puts the credential into the directory of a single page. To several pages it
        appends a directory with the credential and nothing else, and readers that count or go
        through the pages fail there. Sub-directories are no pages. Of a tag that is in a directory
        twice it writes the last, where many readers take the first.
        """
        try:
            layout = layout_of(read_at(source, 0, 16))
            _, following = directory_at(source, layout, layout.first)
            if following:
                return _SEVERAL_PAGES
            loses = any(directory.repeats_tags for _, directory in walk(source))
        except (struct.error, MalformedAssetError):
            return None  # nothing is embedded into what can't be read
        return _REPEATS_TAGS if loses else None


def _media_type(source: BinaryIO) -> str:
    try:
        layout, directory = next(walk(source))
    except (struct.error, MalformedAssetError):
        return _TIFF
    if _DNG_VERSION in directory:
        return _DNG
    make, preview = directory.get(_MAKE), directory.get(_SUBFILE_TYPE)
    if not make or not preview or SUB_IFDS not in directory or not any(preview.field):
        return _TIFF
    # A preview comes first and the raw picture in a sub-directory: no edited TIFF is so.
    is_inline = make.number <= len(make.field)
    name = make.field if is_inline else read_at(source, value_at(layout, make), 8)
    kinds = ((b"NIKON", _NEF), (b"SONY", _ARW))
    return next((kind for start, kind in kinds if name.upper().startswith(start)), _TIFF)


def _read_value(source: BinaryIO, layout: Layout, entry: Entry, tag: int, fields: Fields) -> None:
    """Add what the value of a tag in ``_SPEAKING`` says."""
    length = value_length(entry)
    if tag in _exif.NAMES and entry.kind not in _exif.TEXTUAL:
        return
    if length <= len(entry.field):
        value = entry.field[:length]
    else:
        value = read_at(source, value_at(layout, entry), min(length, fields.room))
        fields.spend(len(value))
    if tag == XMP:
        read_packet(value, fields)
    elif tag == _IIM:
        read_iim(value, fields)
    elif tag == _PHOTOSHOP:
        read_resources(value, fields)
    elif tag == GPS:
        places, _ = directory_at(source, layout, value_at(layout, entry))
        fields.spend(sum(len(each.field) for each in places.values()))  # pages may share them
        if _exif.LATITUDE in places:
            _exif.add_gps(fields)
    else:
        _exif.add_value(fields, tag, value, layout.order)


def _check_value(layout: Layout, entry: Entry, size: int) -> None:
    length = value_length(entry)
    if length > len(entry.field) and value_at(layout, entry) + length > size:
        raise MalformedAssetError("The TIFF is cut short: a value lies beyond its end.")


def _check_data(
    source: BinaryIO, layout: Layout, offsets: Entry | None, sizes: Entry | None, size: int
) -> None:
    """Return if strips, tiles or a thumbnail lie within the file."""
    if not offsets:
        return
    starts = numbers(source, layout, offsets)
    lengths = numbers(source, layout, sizes) if sizes else (1,) * len(starts)
    if any(start + length > size for start, length in zip(starts, lengths, strict=False)):
        raise MalformedAssetError("The TIFF is cut short: picture data lies beyond its end.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the TIFF format."""
    return [Tiff()]
