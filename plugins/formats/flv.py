"""FLV (Adobe Flash Video 10.1, annex E): tags with sound, pictures and script data.

C2PA 2.5 has no place for a manifest store in FLV, so credentials are kept beside the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.hookspecs import hookimpl

from ._amf import budget, number_at, string_at
from ._changes import within, write_changes
from ._fields import Fields
from ._flv_tags import LIVE_XML, METADATA, PICTURES, SOUND, XMP, scripts, walk_tags
from ._flv_writing import write_metadata
from ._reading import size_of
from ._xmp import read_packet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted
    from ._flv_tags import Script

MEDIA_TYPE: Final = "video/x-flv"

_PLACES: Final = frozenset({"flv"})
_RESERVED: Final = 0xFA
"""Bits of the header's flags that are zero."""


class Flv:
    """FLV films, also those with sound alone."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``video/x-flv`` if the file begins with a header of version 1."""
        is_flv = head[:4] == b"FLV\1" and len(head) >= 9 and not head[4] & _RESERVED
        return MEDIA_TYPE if is_flv and head[5:9] >= b"\0\0\0\x09" else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if tags fill the file, and it is no shorter than its metadata says.

        Cut exactly between two tags, a file that does not say its size can't be told from a
        shorter one.

        Raises:
            MalformedAssetError: a tag is cut, or there is neither sound nor a picture.
        """
        try:
            kinds = {tag.kind & 0x1F for tag in walk_tags(source)}
        except MalformedAssetError:
            raise
        except AssetError as error:
            raise MalformedAssetError(str(error)) from error
        if not kinds & {SOUND, PICTURES} or _said_size(source) > size_of(source):
            raise MalformedAssetError("The FLV file is cut short: its content is missing.")

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the texts of ``onMetaData``, and what an XMP packet says."""
        fields = Fields()
        seen: set[str] = set()
        try:
            for script in scripts(source, budget()):
                if script.name not in seen:
                    seen.add(script.name)
                    _collect(script, fields)
        except AssetError:
            pass  # what was read before counts
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return ``flv``, properties of ``onMetaData``.

        XMP has a tag of its own (``onXMPData``), which is read and not written: FFmpeg and what is
        made with it take it for a stream of data, the first one if it stands where it belongs.
        """
        return _PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the file with properties of ``onMetaData`` changed.

        Raises:
            AssetError, LabelError: as :func:`write_metadata`.
        """

        def write(wanted: Wanted) -> None:
            write_metadata(source, sink, within("flv", wanted))

        write_changes(self, source, sink, changes, write, places=_PLACES)


def _said_size(source: BinaryIO) -> float:
    """Return how long the file is by its metadata, or 0."""
    try:
        for script in scripts(source, budget()):
            for found in script.properties:
                if script.name == METADATA and found.name == "filesize":
                    return number_at(script.data, found.value) or 0
    except AssetError:
        pass  # damaged metadata is not what tells a whole file
    return 0


def _collect(script: Script, fields: Fields) -> None:
    for found in script.properties:
        text = string_at(script.data, found.value)
        if text is None or not fields.room:
            continue
        if script.name == METADATA:
            fields.add(f"flv:{found.name}", text)
        elif script.name == XMP and found.name == LIVE_XML:
            read_packet(text.encode("utf-8", "replace"), fields)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the FLV format."""
    return [Flv()]
