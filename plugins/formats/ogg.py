"""Ogg (RFC 3533): Vorbis, Opus, FLAC, Speex and Theora in pages, perhaps side by side.

C2PA 2.5 has no place for a manifest store in Ogg, so credentials are kept beside the file.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._fields import Fields
from ._ogg_pages import FIRST, LAST, checksum_of, walk_pages
from ._ogg_streams import codecs, comments_in, headers, media_type_of
from ._ogg_writing import write_comments
from ._reading import read_at, size_of
from ._vorbis import collect_comments

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted
    from ._ogg_pages import Page

_PLACES: Final = frozenset({"vorbis"})
_CHECKSUM: Final = slice(22, 26)


class Ogg:
    """Ogg files: ``audio/ogg`` for sound alone, ``video/ogg`` with pictures (RFC 5334).

    Opus and FLAC in Ogg have no media type of their own (RFC 7845, 9).
    """

    media_types: tuple[str, ...] = ("audio/ogg", "video/ogg", "application/ogg")

    def accepts(self, head: bytes) -> str | None:
        """Return the media type for the codecs that the first pages name."""
        if head[:5] != b"OggS\0" or not head[5:6] or not head[5] & FIRST:
            return None
        found = codecs(BytesIO(head))
        return media_type_of(found) if found else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the pages follow each other to where every stream says that it ends.

        Of the last page, the checksum is checked. A recording that was broken off, and so says
        no end, can't be told from a file cut short.

        Raises:
            MalformedAssetError: a page is cut, or a stream has no end.
        """
        size = size_of(source)
        begun: set[int] = set()
        last = None
        for page in walk_pages(source):
            if page.end > size:
                raise MalformedAssetError("The Ogg file is cut short: it ends within a page.")
            if page.flags & FIRST:
                begun.add(page.serial)
            if page.flags & LAST:
                begun.discard(page.serial)
            last = page
        if last is None or begun:
            raise MalformedAssetError(
                "The Ogg file is cut short: it does not reach the end of each of its streams."
            )
        if not _is_sound(source, last):
            raise MalformedAssetError("The Ogg file is damaged: its last page is not what it was.")

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the comments of every stream; of a chain, those of its first file."""
        fields = Fields()
        try:
            for header in headers(source):
                comments = comments_in(header)
                if comments is not None:
                    collect_comments(comments, fields)
        except AssetError:
            pass  # what was read before counts
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return ``vorbis``: Ogg has no other place for what is to be said of a file."""
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the file with the comments of its first stream of sound changed.

        Raises:
            AssetError, LabelError: as :func:`write_comments`.
        """

        def write(wanted: Wanted) -> None:
            write_comments(source, sink, within("vorbis", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)


def _is_sound(source: BinaryIO, page: Page) -> bool:
    """Return whether the page's checksum is right."""
    data = bytearray(read_at(source, page.start, page.end - page.start))
    data[_CHECKSUM] = bytes(4)
    return checksum_of(bytes(data)) == page.checksum


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the Ogg format."""
    return [Ogg()]
