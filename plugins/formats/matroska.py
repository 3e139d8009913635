"""Matroska and WebM (RFC 9559): an EBML header and a segment of elements.

C2PA 2.5 has no place for a manifest store in Matroska, so credentials are kept beside the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._fields import Fields
from ._matroska_metadata import collect_matroska
from ._matroska_segment import (
    CLUSTER,
    TRACKS,
    doc_type,
    has_sound_only,
    is_sound_only,
    segment_of,
    walk,
)
from ._matroska_writing import write_tags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

_PLACES: Final = frozenset({"matroska"})


class Matroska:
    """Matroska and WebM files, by their tracks ``video/…``, or ``audio/…`` for sound alone."""

    media_types: tuple[str, ...] = ("video/matroska", "video/webm", "audio/matroska", "audio/webm")

    def accepts(self, head: bytes) -> str | None:
        """Return the media type for the document type that the EBML header names.

        If the tracks lie beyond ``head``, that is ``video/…`` until :meth:`refine_media_type`
        looks.
        """
        if head[:4] != b"\x1a\x45\xdf\xa3":
            return None
        kind = doc_type(head)
        return f"{'audio' if is_sound_only(head) else 'video'}/{kind}" if kind else None

    def refine_media_type(self, source: BinaryIO, media_type: str) -> str:
        """Return ``audio/…`` if the file has tracks of sound and none of pictures."""
        family, _, kind = media_type.partition("/")
        if family == "video" and has_sound_only(source):
            family = "audio"
        return f"{family}/{kind}"

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the segment is as long as it says, and its elements fill it.

        Of a recording that does not say how long it is, the last block has to be whole; cut
        exactly between two blocks, it can't be told from a shorter one.

        Raises:
            MalformedAssetError: an element is cut, or there are no tracks or no clusters.
        """
        try:
            kinds = {found.kind for found in walk(source, segment_of(source))}
        except MalformedAssetError:
            raise
        except AssetError as error:
            raise MalformedAssetError(str(error)) from error
        if not {TRACKS, CLUSTER} <= kinds:
            raise MalformedAssetError("The Matroska file is cut short: its content is missing.")

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the tags, the title and the names of the programs that wrote the file."""
        fields = Fields()
        collect_matroska(source, fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return ``matroska``, of which tags can be written."""
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the file with its tags changed.

        Raises:
            AssetError, LabelError: as :func:`write_tags`.
        """

        def write(wanted: Wanted) -> None:
            write_tags(source, sink, within("matroska", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the Matroska format."""
    return [Matroska()]
