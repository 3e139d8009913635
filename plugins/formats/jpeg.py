"""JPEG (ISO/IEC 10918-1): segments up to the first scan, then entropy-coded data.

C2PA 2.5, A.3: the manifest store lies in APP11 segments before the first scan, a remote reference
in the XMP packet of an APP1 segment. The probe reads some 4 KiB of a picture, however large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._jpeg_metadata import HAS_EXTENDED_XMP, read_segments
from ._jpeg_writing import write_xmp
from ._reading import read_at, size_of
from ._xmp import may_name_provenance_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

MEDIA_TYPE: Final = "image/jpeg"
_PLACES: Final = frozenset({"xmp"})
MAX_SEGMENTS: Final = 4096
"""Before the first scan. An ICC profile or a manifest store takes one for each 64 KiB."""
MAX_MARKERS: Final = 1_000_000
"""In the entropy-coded data: ten scans of a progressive picture have some forty."""

_BLOCK: Final = 4096
_LOOK: Final = 40  # a segment's header and the longest name that an APP1 segment begins with
_XMP: Final = b"http://ns.adobe.com/xap/1.0/"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/"
_APP1, _APP11, _SOS = 0xE1, 0xEB, 0xDA
_WINDOW: Final = 1 << 20
_TAIL: Final = 1 << 16
# A marker in entropy-coded data: not a stuffed zero, a restart (D0-D7) or a fill byte.
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class Jpeg:
    """JPEG pictures, whatever is appended to them (MPF pictures, motion-photo films, zeros)."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``image/jpeg`` for a start-of-image marker followed by a further marker."""
        return MEDIA_TYPE if head[:3] == b"\xff\xd8\xff" else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the picture has its end-of-image marker.

        If the file ends with the marker (zero bytes apart), that will do; otherwise the
        entropy-coded data is searched for it, because much may be appended to a JPEG.

        Raises:
            MalformedAssetError: the marker is missing, or a segment is damaged.
        """
        scan = _first_scan(source)
        size = size_of(source)
        tail = read_at(source, max(scan, size - _TAIL), _TAIL)
        if not tail.rstrip(b"\0").endswith(b"\xff\xd9"):
            _find_end_of_image(source, scan)

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the segments before the first scan hold no credential.

        Any APP11 segment counts, and so does extended XMP, which may be cut anywhere. c2pa-rs
        looks no further than the first scan either.
        """
        source.seek(0)
        block = source.read(_BLOCK)
        if block[:3] != b"\xff\xd8\xff":
            return True
        start, at = 0, 2  # where the block begins in the file, and where we are in the block
        for _ in range(MAX_SEGMENTS):
            if at + _LOOK > len(block):
                start += at
                at = 0
                source.seek(start)
                block = source.read(_BLOCK)
                if len(block) < 4:
                    return True
            marker = block[at + 1]
            if marker == _SOS:
                return block[at] != 0xFF
            if block[at] != 0xFF or marker == _APP11 or not _has_length(marker):
                return True  # also a fill byte: rare enough to leave to the reader
            length = block[at + 2] << 8 | block[at + 3]
            if length < 2 or (
                marker == _APP1
                and _app1_may_refer(source, block[at + 4 : at + _LOOK], start + at + 4, length - 2)
            ):
                return True
            at += 2 + length
        return True

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return XMP, also extended, Exif, IPTC-IIM, comments and bare AIGC labels."""
        return read_segments(source)

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP's."""
        return _PLACES if media_type in self.media_types else frozenset()

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write ``source`` to ``sink`` with ``changes`` in its XMP.

        Raises:
            AssetError, LabelError: its segments or its XMP are damaged, or there is no room.
        """

        def write(wanted: Wanted) -> None:
            write_xmp(source, sink, within("xmp", wanted))

        following = (HAS_EXTENDED_XMP,)
        write_changes(self, source, sink, changes, write, places=_PLACES, following=following)


def _app1_may_refer(source: BinaryIO, name: bytes, body: int, length: int) -> bool:
    """Return whether an APP1 segment is an XMP packet that may name a remote manifest."""
    return name.startswith(_EXTENDED_XMP) or (
        name.startswith(_XMP) and may_name_provenance_at(source, body, length)
    )


def _has_length(marker: int) -> bool:
    return marker >= 0xC0 and not 0xD0 <= marker <= 0xD9 and marker != 0xFF


def _first_scan(source: BinaryIO) -> int:
    """Return where the entropy-coded data of the first scan begins."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        header = read_at(source, at, 4)
        if len(header) < 4:
            raise MalformedAssetError("The JPEG is cut short: it ends before its picture begins.")
        if header[:2] == b"\xff\xff":
            at += 1
            continue
        length = header[2] << 8 | header[3]
        if header[0] != 0xFF or not _has_length(header[1]) or length < 2:
            raise MalformedAssetError(f"The JPEG is damaged: no segment begins at byte {at}.")
        at += 2 + length
        if header[1] == _SOS:
            return at
    raise MalformedAssetError(
        f"The JPEG has more than {MAX_SEGMENTS} segments before its picture."
    )


def _find_end_of_image(source: BinaryIO, at: int) -> None:
    """Return if an end-of-image marker ends the scans that follow ``at``."""
    window, start = b"", at
    for _ in range(MAX_MARKERS):
        # Take a fresh window when this one is used up; one byte overlaps, for a split marker.
        while not (found := _MARKER.search(window, max(at - start, 0))):
            start = max(at, start + max(len(window) - 1, 0))
            at = start
            window = read_at(source, start, _WINDOW)
            if len(window) < 2:
                raise MalformedAssetError("The JPEG is cut short: its end marker is missing.")
        at = start + found.start()
        marker = found.group()[1]
        if marker == 0xD9:
            return
        if not _has_length(marker):
            at += 2  # junk in the data, which decoders step over
            continue
        at += 2 + max(2, int.from_bytes(read_at(source, at + 2, 2), "big"))
    raise MalformedAssetError(f"The JPEG has more than {MAX_MARKERS} markers in its picture.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the JPEG format."""
    return [Jpeg()]
