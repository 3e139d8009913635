"""ISO base media files (ISO/IEC 14496-12): MP4, M4A, M4V, QuickTime, HEIF, HEIC, AVIF, CR3.

C2PA 2.5, A.5: the manifest store is in a top-level ``uuid`` box D8FEC3D6-…; a remote reference
stands in the XMP packet: a top-level ``uuid`` box (films), ``moov/udta/XMP_`` (QuickTime) or an
item of type ``application/rdf+xml`` (HEIF). c2pa-rs reads only the first of the three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._bmff_embedding import moving_objection
from ._bmff_metadata import read_boxes
from ._bmff_writing import write_boxes
from ._boxes import Box, walk
from ._changes import write_changes
from ._items import children_of_meta, entries, extents
from ._reading import is_zero_from, read_at, size_of
from ._xmp import MAX_PACKET_BYTES, may_name_provenance_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

MAX_INDEX_BYTES: Final = 64 << 20
"""Of one list of chunk offsets."""
MAX_PADDING_BYTES: Final = 1 << 20
MAX_HEAD_BYTES: Final = 4096

_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")

_MP4, _MOV, _HEIC, _HEIF, _AVIF, _CR3 = (
    "video/mp4",
    "video/quicktime",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/x-canon-cr3",
)
_BRANDS: Final = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), _HEIC),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), _HEIC),
    b"qt  ": _MOV,
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), "audio/mp4"),
    **dict.fromkeys((b"M4V ", b"M4VH", b"M4VP"), "video/x-m4v"),
    b"crx ": _CR3,
    **dict.fromkeys((b"isom", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"mmp4"), _MP4),
    **dict.fromkeys((b"XAVC", b"F4V ", b"f4v ", b"NDSC", b"NDSM", b"3gp1"), _MP4),
    **dict.fromkeys((b"iso%d" % n for n in range(2, 10)), _MP4),
    **dict.fromkeys((b"3g%c%d" % (c, n) for c in b"pg" for n in range(2, 10)), _MP4),
    **dict.fromkeys((b"3gg6", b"3gh9", b"3gr6", b"3gs6", b"cmfc", b"cmf2"), _MP4),
}
_GENERIC_PICTURE: Final = (b"mif1", b"msf1", b"mif2")
_CLASSIC_FIRST: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


class Bmff:
    """ISO base media files with a film or pictures in them; no lone fragments (``styp``)."""

    media_types: tuple[str, ...] = tuple(dict.fromkeys((*_BRANDS.values(), _HEIF)))

    def accepts(self, head: bytes) -> str | None:
        """Return the media type by brand; of classic QuickTime files by their first boxes."""
        kind = head[4:8]
        if kind != b"ftyp":
            return _MOV if kind in _CLASSIC_FIRST and _is_classic(head) else None
        major = head[8:12]
        if major in _BRANDS:
            return _BRANDS[major]
        end = min(int.from_bytes(head[:4], "big"), 256, len(head))
        brands = [head[at : at + 4] for at in range(16, end - 3, 4)]
        known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        if major in _GENERIC_PICTURE:
            return next((kind for kind in known if kind in (_AVIF, _HEIC)), _HEIF)
        return known[0] if known else _HEIF if _GENERIC_PICTURE[0] in brands else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if boxes fill the file, there is an index, and what it points to is there.

        Limits: a fragmented film cut exactly between two fragments is a whole, shorter film, and
        if the last box says "to the end of the file" only its beginning is checked.

        Raises:
            MalformedAssetError: a box, the index or the data that it points to is missing.
        """
        size = size_of(source)
        kinds: list[bytes] = []
        end = 0
        for box in walk(source, 0, size):
            if box.is_open_ended and box.kind == b"\0\0\0\0":
                break  # eight zero bytes: no box, but padding
            kinds.append(box.kind)
            end = box.end
            if box.kind == b"moov":
                _check_chunks(source, box, size)
            elif box.kind == b"meta":
                _check_items(source, box, size)
        if not is_zero_from(source, end, max_bytes=MAX_PADDING_BYTES):
            raise MalformedAssetError("The file is cut short or damaged: no box is at its end.")
        if b"moov" not in kinds and b"meta" not in kinds:
            raise MalformedAssetError(
                "The file is cut short, or still being recorded: its index is missing."
            )
        kinds.reverse()
        if b"moof" in kinds and b"mdat" not in kinds[: kinds.index(b"moof")]:
            raise MalformedAssetError("The file is cut short: its last fragment has no data.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no box that may hold a credential does."""
        try:
            for box in walk(source, 0, size_of(source)):
                if _MAY_REFER.get(box.kind, _never)(source, box):
                    return True
        except MalformedAssetError:
            return True
        return False

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return a film's tags, and XMP and Exif of films and pictures."""
        return read_boxes(source)

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return ``xmp``, and ``mp4`` for films; nothing for Canon's raw pictures.

        These tell in boxes of their own where others are.
        """
        if media_type == _CR3:
            return frozenset()
        is_picture = media_type in (_HEIC, _HEIF, _AVIF)
        return frozenset(("xmp",) if is_picture else ("xmp", "mp4"))

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write a film or picture to ``sink`` with fields changed; media data are copied."""
        media_type = self.accepts(read_at(source, 0, MAX_HEAD_BYTES)) or ""
        places = self.writable_places(media_type)

        def write(wanted: Wanted) -> None:
            self.check_whole(source)
            write_boxes(source, sink, wanted, is_quicktime=media_type == _MOV)

        write_changes(self, source, sink, changes, write, places=places)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why a film of the old kind gets a sidecar, or a file with an unusual index.

        c2pa-rs refuses the one; of the other, it moves the data without telling the index right.
        """
        if read_at(source, 4, 4) != b"ftyp":
            return (
                "The film is QuickTime of the old kind, which credentials can't be embedded into."
            )
        return moving_objection(source)


def _is_classic(head: bytes) -> bool:
    """Return whether ``head`` is the start of a QuickTime file from before there was ``ftyp``.

    Four letters at the fifth byte are little to go by, so what follows has to fit as well.
    """
    size, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if kind == b"moov":
        return head[12:16] in (b"mvhd", b"cmov", b"rmra", b"prfl") and size >= 16
    if kind == b"mdat":  # too long to look behind; the size at least must not be text
        return size == 1 or (size >= 8 and not head[:4].isascii()) or 8 <= size < 1 << 29
    return size >= 8 and head[size + 4 : size + 8] in _CLASSIC_FIRST


def _children(source: BinaryIO, box: Box, kind: bytes) -> Iterator[Box]:
    return (child for child in walk(source, box.body, box.end) if child.kind == kind)


def _descend(source: BinaryIO, box: Box, *path: bytes) -> Iterator[Box]:
    """Yield every box that lies under ``box`` by ``path``."""
    if not path:
        yield box
        return
    for child in _children(source, box, path[0]):
        yield from _descend(source, child, *path[1:])


def _check_chunks(source: BinaryIO, movie: Box, size: int) -> None:
    """Return if every track's chunks of samples begin within the file."""
    for media in _descend(source, movie, b"trak", b"mdia", b"minf"):
        for references in _descend(source, media, b"dinf", b"dref"):
            # QuickTime films may keep their samples in other files: flag 1 of an entry says no.
            entries = walk(source, references.body + 8, references.end)
            if not all(read_at(source, entry.body + 3, 1) == b"\1" for entry in entries):
                break
        else:
            for kind, width in ((b"stco", 4), (b"co64", 8)):
                for table in _descend(source, media, b"stbl", kind):
                    count = int.from_bytes(read_at(source, table.body + 4, 4), "big")
                    length = count * width
                    data = read_at(source, table.body + 8, min(length, MAX_INDEX_BYTES))
                    if len(data) < length or table.body + 8 + length > table.end:
                        raise MalformedAssetError("The file is damaged: its index breaks off.")
                    last = max(
                        (data[at : at + width] for at in range(0, length, width)), default=b""
                    )
                    if int.from_bytes(last, "big") >= size:
                        raise MalformedAssetError("The file is cut short: its data is missing.")


def _check_items(source: BinaryIO, box: Box, size: int) -> None:
    """Return if every item that lies in the file lies within it."""
    index = children_of_meta(source, box).get(b"iloc")
    if index:
        for _, method, offset, length in extents(source, index):
            if method == 0 and offset + length > size:
                raise MalformedAssetError("The file is cut short: picture data is missing.")


def _never(_source: BinaryIO, _box: Box) -> bool:
    return False


def _always(_source: BinaryIO, _box: Box) -> bool:
    return True


def _user_box_may_refer(source: BinaryIO, box: Box) -> bool:
    """Return whether a ``uuid`` box is the C2PA box, or XMP that may name a remote manifest."""
    user_type = read_at(source, box.body, 16)
    return user_type == _C2PA or (
        user_type == _XMP
        and may_name_provenance_at(source, box.body + 16, box.end - box.body - 16)
    )


def _movie_may_refer(source: BinaryIO, movie: Box) -> bool:
    """Return whether the XMP packet in QuickTime's user data may name a remote manifest."""
    return any(
        may_name_provenance_at(source, box.body, box.end - box.body)
        for box in _descend(source, movie, b"udta", b"XMP_")
    )


def _items_may_refer(source: BinaryIO, box: Box) -> bool:
    """Return whether an XMP packet among a HEIF picture's items may name a remote manifest."""
    boxes = children_of_meta(source, box)
    wanted = _xmp_items(source, boxes.get(b"iinf"))
    if not wanted:
        return wanted is None
    if b"iloc" not in boxes:
        return True
    found = set[int]()
    for item, method, offset, size in extents(source, boxes[b"iloc"]):
        if item in wanted:
            if method or item in found or may_name_provenance_at(source, offset, size):
                return True  # in pieces, or within another box, is doubt
            found.add(item)
    return found != wanted


def _xmp_items(source: BinaryIO, box: Box | None) -> set[int] | None:
    """Return the items that are plain XMP packets, by an ``iinf`` box, or None in doubt."""
    if not box:
        return set()
    length = box.end - box.body
    listing = read_at(source, box.body, min(length, MAX_PACKET_BYTES))
    if len(listing) < length:
        return None
    if b"application/rdf+xml" not in listing:
        return set()
    items = set[int]()
    for item in entries(source, box):
        if item.media_type == b"application/rdf+xml":
            if item.encoding or item.is_protected:
                return None  # compressed or encrypted
            items.add(item.number)
    return items or None  # the media type must stand somewhere


_MAY_REFER: Final = {
    b"uuid": _user_box_may_refer,
    b"moov": _movie_may_refer,
    b"meta": _items_may_refer,
    b"jumb": _always,
}


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the ISO base media format."""
    return [Bmff()]
