"""Whether and how an archive takes a manifest store: what stands in the way, and what changes.

C2PA 2.5, A.6.3. Every reason to leave an archive as it is is a sentence for the user, whose
credential then goes beside the file.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import AssetError, LimitExceededError

from ._archive import Archive, Entry, read_archive
from ._content_types import CONTENT_TYPES, MAX_BYTES, declared
from ._protection import protection_in
from ._reading import read_at
from ._text import normalized
from ._unpacking import unpacked

if TYPE_CHECKING:
    from typing import BinaryIO

STORE_NAME: Final = "META-INF/content_credential.c2pa"
MAX_STORE_BYTES: Final = 32 << 20

_MAX_ARCHIVE_BYTES: Final = 0xFFFFFFFF - MAX_STORE_BYTES
_MAX_ENTRIES: Final = 0xFFFE
_OPEN_DOCUMENT: Final = (b"application/vnd.oasis.opendocument.", b"application/vnd.sun.xml.")
_LIST: Final = CONTENT_TYPES.lower()


class Plan(NamedTuple):
    """What an archive becomes: ``kept`` in order of place, and what replaces its content types."""

    archive: Archive
    kept: tuple[Entry, ...]
    content_types: bytes | None


def plan(source: BinaryIO) -> Plan:
    """Return how to put a store into an archive.

    Raises:
        AssetError: it should not be done; the message is a sentence for the user.
    """
    archive = read_archive(source)
    directory = archive.directory
    if (
        directory.is_zip64
        or directory.entries > _MAX_ENTRIES
        or directory.end > _MAX_ARCHIVE_BYTES
    ):
        raise LimitExceededError("The archive is too large: not every verifier reads ZIP64.")
    if archive.has_gaps():
        raise AssetError("The archive has bytes that belong to no entry, such as a program.")
    if any(entry.is_encrypted for entry in archive.entries):
        raise AssetError("The archive is encrypted, and the credential would not be.")
    if _is_open_document(source, archive):
        raise AssetError("LibreOffice would take the document for damaged.")
    _check_names(archive)
    if problem := protection_in(entry.name for entry in archive.entries):
        raise AssetError(problem)
    kept = tuple(entry for entry in archive.by_place if entry.name != STORE_NAME)
    if any(entry.name.lower() == STORE_NAME.lower() for entry in kept):
        raise AssetError("The archive has an entry that is called almost like a credential.")
    return Plan(archive, kept, _new_content_types(source, archive))


def _check_names(archive: Archive) -> None:
    """Return if no two entries are one file on any computer.

    Some fold case, some compose accents; and no folder has a file and a folder of one name.

    Raises:
        AssetError: two are, or a name has too many combining marks to be compared.
    """
    folded = sorted((_folded(entry.name), entry.name) for entry in archive.entries)
    for (first, name), (second, other) in itertools.pairwise(folded):
        one, two = first.rstrip("\0"), second.rstrip("\0")
        is_within = not name.endswith("/") and second.startswith(f"{first}\0")
        if one == two or is_within:
            raise AssetError(
                f"The archive has two entries, {name!a:.80} and {other!a:.80}, that some programs"
                " would unpack as one."
            )


def _folded(name: str) -> str:
    """Return a name as computers compare it that are not particular about case or accents.

    With NUL, which no name has, for a slash: so a folder's entries are sorted next to it.
    """
    if not name.isascii():
        once = b"".join(normalized(name.encode())).decode().casefold()
        return b"".join(normalized(once.encode())).decode().replace("/", "\0")
    return name.lower().replace("/", "\0")


def _is_open_document(source: BinaryIO, archive: Archive) -> bool:
    """Return whether the archive says of itself that it is one, of whatever kind and version."""
    return any(
        entry.name == "mimetype"
        and read_at(source, entry.data, min(entry.packed, 64)).startswith(_OPEN_DOCUMENT)
        for entry in archive.entries
    )


def is_list(entry: Entry) -> bool:
    """Return whether the entry is the list of content types; their names have no case."""
    return entry.name.lower() == _LIST


def _new_content_types(source: BinaryIO, archive: Archive) -> bytes | None:
    """Return the new list of content types, or None if the archive needs none."""
    xml = content_types_of(source, archive)
    return None if xml is None else declared(xml)


def content_types_of(source: BinaryIO, archive: Archive) -> bytes | None:
    """Return the list of content types, unpacked, or None if the archive has none.

    Raises:
        AssetError: it is not whole, or not in one piece, or too large.
    """
    found = [e for e in archive.entries if e.name.lower().startswith(_LIST)]
    if not found:
        return None
    entry = found[0]
    if len(found) > 1 or not is_list(entry):
        raise AssetError("The document's list of content types is in several pieces.")
    return unpacked(source, entry, "list of content types", MAX_BYTES)
