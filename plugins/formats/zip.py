"""ZIP archives and the document formats made of them: OOXML, OpenDocument, EPUB, OpenXPS.

C2PA 2.5, A.6: the manifest store is the entry ``META-INF/content_credential.c2pa``. An archive has
no place for XMP, so there is no remote reference.

The store is bound by ``c2pa.hash.data`` over the whole file without it. A.6.2.1 asks for
``c2pa.hash.collection.data``, but on that one no two programs agree: c2pa-rs 0.91.3 writes, and
reads, its ``uris`` as a map where the schema (17.8) has a list, and hashes nothing but archives
without compression; encypher-c2pa 1.7.1 says ``assertion.collectionHash.malformed`` to the map,
c2pa-rs can't decode the list. Both accept the data hash, over any archive, and so entries stay as
they are. It covers more, too: all bytes but those of the store and its two checksums.

OpenDocument files get a sidecar: LibreOffice opens none from version 1.2 on that has something in
``META-INF`` but manifest and signatures (``ZipPackageFolder::LookForUnexpectedODF12Streams``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.files import read_ranges
from credlabel.hookspecs import ExtractedCollection, Extraction, hookimpl
from credlabel.model import Finding, FindingKind

from ._archive import (
    CENTRAL,
    MAX_DIRECTORY_BYTES,
    find_directory,
    read_archive,
)
from ._changes import write_changes
from ._content_types import CONTENT_TYPES
from ._document_kinds import MEDIA_TYPES, PLAIN, kind_by_content_types, kind_by_head
from ._document_metadata import NAMES, collect_from_archive
from ._document_writing import places_of, write_fields
from ._fields import Fields
from ._planning import STORE_NAME, content_types_of, plan
from ._reading import read_at, size_of
from ._store_entry import collection_of, complement, exclusions_of, store_in, write
from ._text import MAX_LABEL_RATIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata, SignBinding

MAX_WALKED_ENTRIES: Final = 1_000_000
"""Whose records in the directory are walked through, to see whether it is whole."""

TYPICAL_LABEL_BYTES: Final = 3_500
"""The store of a label that names system, model and prompt, without history, and its headers."""
_HEAD_BYTES: Final = 4096
"""As many as :meth:`Zip.accepts` is given."""


class Zip:
    """ZIP archives, office documents and e-books.

    A plain archive goes as ``application/x-zip``, the only name that c2pa-rs knows for it.
    """

    family = "zip"

    media_types: tuple[str, ...] = MEDIA_TYPES

    def accepts(self, head: bytes) -> str | None:
        """Return the media type by the entries that ``head`` shows."""
        return kind_by_head(head)

    def refine_media_type(self, source: BinaryIO, media_type: str) -> str:
        """Return the media type of a document whose list of content types is not at its head.

        LibreOffice writes it near the end.
        """
        if media_type != PLAIN or not self._lists(source, CONTENT_TYPES):
            return media_type
        try:
            content_types = content_types_of(source, read_archive(source))
        except AssetError:
            return media_type
        return kind_by_content_types(content_types or b"") or media_type

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the archive's directory is whole and its entries lie before it.

        Raises:
            MalformedAssetError: the directory is missing, breaks off or contradicts itself.
        """
        directory = find_directory(source)
        at, end = directory.start, directory.start + directory.length
        for _ in range(min(directory.entries, MAX_WALKED_ENTRIES)):
            header = read_at(source, at, 46)
            local = int.from_bytes(header[42:46], "little")
            if header[:4] != CENTRAL or (local >= directory.start and local != 0xFFFFFFFF):
                break
            at += 46 + sum(
                int.from_bytes(header[place : place + 2], "little") for place in (28, 30, 32)
            )
        else:
            if at == end:
                return
        raise MalformedAssetError("The archive is damaged: its directory contradicts itself.")

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the archive's directory lists no manifest store."""
        return self._lists(source, STORE_NAME)

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the properties of an office document, and what an e-book's package says."""
        fields = Fields()
        if self._lists(source, *NAMES):
            collect_from_archive(source, fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return the places of this kind of document; none in a plain archive."""
        return places_of(media_type)

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the document with its properties changed; all other entries keep every byte.

        A credential in it stays as it is, and does not fit any more.

        Raises:
            AssetError, LabelError: the document is signed, encrypted, protected or not in order,
                or a field can't be written.
        """
        media_type = self._media_type(source)
        write = partial(write_fields, source, sink, media_type)
        write_changes(self, source, sink, changes, write, places=places_of(media_type))

    def _media_type(self, source: BinaryIO) -> str:
        kind = self.accepts(read_at(source, 0, _HEAD_BYTES)) or PLAIN
        return self.refine_media_type(source, kind)

    def _lists(self, source: BinaryIO, *names: str) -> bool:
        """Return False only if the archive's directory has none of the names in it."""
        try:
            directory = find_directory(source)
        except MalformedAssetError:
            return True
        if directory.length > MAX_DIRECTORY_BYTES:
            return True
        listing = read_at(source, directory.start, directory.length)
        lowered = listing.lower()
        return len(listing) < directory.length or any(
            name.lower().encode() in lowered for name in names
        )

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return what in the archive would suffer from a new entry, or is not read safely."""
        try:
            plan(source)
        except AssetError as error:
            return str(error)
        return None

    def embedding_price(self, source: BinaryIO, name: str) -> str | None:  # noqa: ARG002
        """Return why an archive is left alone that is plain, or small next to the credential.

        A document's programs pass over the entry. But whoever unpacks an archive finds it among
        the files, pip installs what is in a wheel, and NumPy loads all that is in a ``.npz``. A
        credential may be ten times as long as the archive, as it may for a text.
        """
        if self._media_type(source) == PLAIN:
            return (
                "Whoever unpacks the archive would find the credential among its files:"
                " --zip embed puts it inside all the same."
            )
        size = size_of(source)
        if size * MAX_LABEL_RATIO >= TYPICAL_LABEL_BYTES:
            return None
        return (
            f"The credential would add {TYPICAL_LABEL_BYTES / 1000:.1f} kB to an archive of {size}"
            f" bytes, more than {MAX_LABEL_RATIO} times as much: --zip embed puts it inside all"
            " the same."
        )

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return the manifest store, or why the entry of that name is none."""
        try:
            entry = store_in(read_archive(source))
        except AssetError as error:
            problem = Finding(code=error.code, kind=FindingKind.FAILURE, explanation=str(error))
            return Extraction(problem=problem) if self.may_carry_credential(source) else None
        if entry is None:
            return None
        store = read_at(source, entry.data, entry.packed)
        return Extraction(store=store, exclusions=exclusions_of(entry))

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterable[bytes]:
        """Yield the file's bytes without ``exclusions``."""
        return read_ranges(source, complement(exclusions, size_of(source)))

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write ``source`` with a manifest store to ``sink``; entries stay compressed as they are.

        Raises:
            AssetError: an entry more would do harm, or the archive is not read safely.
            LabelError: the store's length changes each time it is signed.
        """
        write(source, sink, sign)

    def extract_collection(self, source: BinaryIO) -> ExtractedCollection | None:
        """Return the manifest store with the ranges that a collection hash covers (A.6.2).

        The keys are the entries' names as they are, not percent-encoded; folders end with "/".

        Raises:
            AssetError: the archive contradicts itself, or the store is not plainly stored.
        """
        archive = read_archive(source)
        entry = store_in(archive)
        return None if entry is None else collection_of(source, archive, entry)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the ZIP format."""
    return [Zip()]
