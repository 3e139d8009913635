"""The parts of a document in a ZIP archive, unpacked to be edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import AssetError

from ._archive import read_archive
from ._archive_writing import write_archive
from ._protection import protection_in
from ._unpacking import unpacked

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_PART_BYTES: Final = 8 << 20
"""Of an entry that is changed, before."""


class Parts:
    """The entries of an archive by name, whatever its case; unpacked when they are asked for.

    Raises:
        AssetError: the document is signed, encrypted or protected, or not read safely.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._archive = read_archive(source)
        entries = self._archive.entries
        if any(entry.is_encrypted for entry in entries):
            raise AssetError("The document is encrypted, and a mark in it would not be.")
        if problem := protection_in(entry.name for entry in entries):
            raise AssetError(problem)
        self._entries = {entry.name.lower(): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise AssetError("The document has two entries whose names differ only in case.")
        self._changed: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        """Whether the archive has such an entry."""
        return name.lower() in self._entries

    def get(self, name: str) -> bytes:
        """Return what is in the entry, with all changes so far.

        Raises:
            AssetError: there is none, or it can't be unpacked.
        """
        entry = self._entries.get(name.lower())
        if entry is None:
            raise AssetError(f"The document has no {name!a:.80}.")
        if entry.name in self._changed:
            return self._changed[entry.name]
        return unpacked(self._source, entry, ascii(entry.name)[:80], MAX_PART_BYTES)

    def put(self, name: str, data: bytes) -> None:
        """Change the entry of this name, or add one."""
        entry = self._entries.get(name.lower())
        self._changed[entry.name if entry else name] = data

    def write(self, sink: BinaryIO) -> None:
        """Write the archive with all changes to ``sink``.

        Raises:
            AssetError: it can't be done.
        """
        write_archive(self._source, sink, self._archive, self._changed)
