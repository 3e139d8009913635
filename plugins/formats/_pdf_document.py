"""A PDF as its index has it: objects by their numbers, and those that they refer to.

Only what is asked for is read, so a large file takes no longer than a small one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._pdf_index import PACKED, PLAIN, Index
from ._pdf_objects import TOO_LARGE, Objects, Stored
from ._pdf_syntax import DAMAGED, Reference, end_of, entries_of, integer, name, reference, skip

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_LOADS: Final = 5_000
"""Objects read."""
NULL: Final = b"null"


class _Pack(NamedTuple):
    """A stream with objects in it (ISO 32000-2, 7.5.7)."""

    data: bytes
    first: int
    listed: tuple[bytes, ...]
    """Number and place of each object, in turn."""


class Document:
    """A PDF whose index is in order.

    Raises:
        AssetError: it is not, or is too large.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._objects = Objects(source)
        self.index = Index(self._objects)
        self.size = self._objects.size
        self.trailer = self.index.trailer
        self._loads = 0
        self._packs: dict[int, _Pack | None] = {}

    def load(self, wanted: Reference) -> Stored:
        """Return the object of this number; ``null`` if there is none (7.3.10).

        Raises:
            AssetError: it is not where the index says, or too much was read already.
        """
        self._loads += 1
        if self._loads > MAX_LOADS:
            raise LimitExceededError(TOO_LARGE)
        kind, first, second = self.index.entry(wanted.number)
        if kind == PLAIN and second == wanted.generation:
            return self._objects.object_at(first, wanted)
        if kind == PACKED and not wanted.generation:
            return Stored(self._unpack(first, second, wanted.number), None)
        return Stored(NULL, None)

    def _unpack(self, stream: int, place: int, number: int) -> bytes:
        if stream not in self._packs:
            self._packs[stream] = None
            stored = self.load(Reference(stream, 0))
            data = self.unpacked(stored)
            first = integer(entries_of(stored.value).get(b"/First", b""))
            self._packs[stream] = _Pack(data, first, tuple(data[:first].split()))
        pack = self._packs[stream]
        if pack is None:  # its length is in itself
            raise MalformedAssetError(DAMAGED)
        listed = pack.listed[2 * place : 2 * place + 2]
        if len(listed) != 2 or integer(listed[0]) != number:
            raise MalformedAssetError(DAMAGED)
        start = skip(pack.data, pack.first + integer(listed[1]))
        end = end_of(pack.data, start)
        self._objects.spend(end - start)
        return pack.data[start:end]

    def resolve(self, value: bytes | None) -> bytes:
        """Return what ``value`` is or refers to; ``null`` for None.

        Raises:
            AssetError: as :meth:`load`.
        """
        found = reference(value) if value else None
        value = self.load(found).value if found else value
        if value and reference(value):  # one may not refer to another
            raise MalformedAssetError(DAMAGED)
        return value or NULL

    def range_of(self, stored: Stored) -> tuple[int, int]:
        """Return where the bytes of an object's stream begin, and how many they are.

        Raises:
            AssetError: it has none, or one of another length.
        """
        length = self.resolve(entries_of(stored.value).get(b"/Length"))
        return self._objects.range_of(stored, length)

    def unpacked(self, stored: Stored) -> bytes:
        """Return what is in an object's stream.

        Raises:
            AssetError: that is too much, or packed in a way that index and metadata never are.
        """
        entries = entries_of(stored.value)
        wanted = (b"/Length", b"/Filter", b"/DecodeParms")
        return self._objects.unpacked(
            stored, {key: self.resolve(entries.get(key)) for key in wanted}
        )

    # ------------------------------------------------------------------ what every document has

    def root(self) -> dict[bytes, bytes]:
        """Return the entries of the catalogue (7.7.2).

        Raises:
            AssetError: there is none, or it has no pages.
        """
        root = entries_of(self.resolve(self.trailer.get(b"/Root")))
        pages = entries_of(self.resolve(root.get(b"/Pages")))
        kinds = [name(entries.get(b"/Type", b"")) for entries in (root, pages)]
        if kinds != [b"/Catalog", b"/Pages"] or b"/Kids" not in pages or b"/Parent" in pages:
            raise MalformedAssetError(DAMAGED)
        return root

    def metadata(self) -> bytes | None:
        """Return the document's own XMP packet (14.3.2), or None.

        Raises:
            AssetError: it can't be read.
        """
        value = self.root().get(b"/Metadata", NULL)
        if self.resolve(value) == NULL:
            return None
        found = reference(value)
        if not found:
            raise MalformedAssetError(DAMAGED)
        return self.unpacked(self.load(found))

    def is_encrypted(self) -> bool:
        """Return whether any version of the document is."""
        return any(
            section.trailer.get(b"/Encrypt", NULL) != NULL for section in self.index.sections
        )
