"""Marks in a PDF: entries of its information dictionary, and properties in its XMP packet.

ISO 32000-2, 14.3. Both go into an update at the end of the file (7.5.6), of which no byte changes;
what else is in the dictionary, the packet and the catalogue stays. The packet is not compressed,
so programs that know nothing of PDF find it, and has both names of its kind: ExifTool passes over
a stream without ``/Subtype /XML``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LabelError, MalformedAssetError

from ._changes import check_single, within
from ._pdf import checked_document
from ._pdf_archival import check_marks, described
from ._pdf_document import NULL
from ._pdf_syntax import DAMAGED, Reference, dictionary, entries_of, name, reference
from ._pdf_witness import check_marked
from ._pdf_writing import append
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from ._pdf_document import Document

    Texts = Mapping[str, tuple[str, ...]]

PLACES: Final = frozenset({"xmp", "pdf"})
MAX_STRING_BYTES: Final = 32_767
"""Of a string (ISO 32000-1, annex C, and a rule of PDF/A)."""

MAX_NAME_BYTES: Final = 127
"""Of a name; the same annex."""

_NOT_REGULAR: Final = re.compile(rb"[^!-~]|[#()<>\[\]{}/%]")
_TO_ESCAPE: Final = re.compile(rb"[()\\\r\n]")
_OF_STREAM: Final = frozenset(
    {
        *(b"/Type", b"/Subtype", b"/Length", b"/Filter", b"/DecodeParms"),
        *(b"/F", b"/FFilter", b"/FDecodeParms", b"/DL"),
    }
)


def write_marks(source: BinaryIO, sink: BinaryIO, changes: Texts) -> None:
    """Write ``source``, and an update of it with ``changes``, to ``sink``.

    Raises:
        AssetError, LabelError: it can't be done without harm, or pypdf does not read it back.
    """
    document = checked_document(source)
    check_single(changes)
    said, properties = within("pdf", changes), within("xmp", changes)
    packet = document.metadata()
    check_marks(document, packet, said, properties)
    update = _Update(document)
    if said:
        update.change_information(said)
    packet = update.change_packet(packet, properties) if properties else None
    append(source, sink, document, update.objects, trailer=update.trailer)
    check_marked(source, sink, {key: texts[0] for key, texts in said.items() if texts}, packet)


class _Update:
    """The objects that change, and what changes in the trailer."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.objects: dict[Reference, bytes] = {}
        self.trailer: dict[bytes, bytes] = {}

    def change_information(self, changes: Texts) -> None:
        """Change entries of the information dictionary (14.3.3), or add one."""
        value = self._document.trailer.get(b"/Info", NULL)
        resolved = self._document.resolve(value)
        entries = {} if resolved == NULL else entries_of(resolved)
        spelt = {name(key): key for key in entries}
        for called, texts in changes.items():
            key = b"/" + called.encode()
            value_of = _string(texts[0]) if texts else b""
            entries[spelt.get(key, _as_name(called))] = value_of  # none leaves the key out
        at = reference(value) if resolved != NULL else None
        self.objects[at or self._new("/Info")] = dictionary(entries)

    def change_packet(self, packet: bytes | None, changes: Texts) -> bytes:
        """Change properties in the catalogue's packet (14.3.2), or add one; return it."""
        root = reference(self._document.trailer[b"/Root"])
        catalogue = self._document.root()
        updated = described(updated_packet(packet, changes), changes)
        at = reference(catalogue.get(b"/Metadata", NULL)) if packet is not None else None
        kept = entries_of(self._document.load(at).value) if at else {}
        if at is None:
            if not root:
                raise MalformedAssetError(DAMAGED)
            at = self._new()
            self.objects[root] = dictionary({**catalogue, b"/Metadata": bytes(at)})
        entries = {
            b"/Type": b"/Metadata",
            b"/Subtype": b"/XML",
            **{key: value for key, value in kept.items() if key not in _OF_STREAM},
            b"/Length": b"%d" % len(updated),
        }
        self.objects[at] = b"%s\nstream\n%s\nendstream" % (dictionary(entries), updated)
        return updated

    def _new(self, key: str = "") -> Reference:
        """Return a number for a new object, to which the trailer refers as ``key``."""
        taken = [at.number + 1 for at in self.objects]
        made = Reference(max([self._document.index.next_number, *taken]), 0)
        if key:
            self.trailer[key.encode()] = bytes(made)
        return made


def _as_name(text: str) -> bytes:
    """Return a name as it is written (7.3.5).

    Raises:
        LabelError: it is too long.
    """
    encoded = text.encode()
    if not 0 < len(encoded) <= MAX_NAME_BYTES:
        raise LabelError(f"A PDF can't have a field called {text!a:.80}.")
    return b"/" + _NOT_REGULAR.sub(lambda found: b"#%02X" % found[0][0], encoded)


def _string(text: str) -> bytes:
    """Return a text string as it is written (7.9.2.2): in ASCII, or in UTF-16.

    Raises:
        CapacityError: it is too long.
    """
    if text.isascii():
        encoded = text.encode("ascii")
        made = b"(%s)" % _TO_ESCAPE.sub(_escaped, encoded)
    else:
        encoded = b"\xfe\xff" + text.encode("utf-16-be")
        made = b"<%s>" % encoded.hex().upper().encode()
    if len(encoded) > MAX_STRING_BYTES:
        raise CapacityError("The text for the PDF's information dictionary is too long.")
    return made


def _escaped(found: re.Match[bytes]) -> bytes:
    return {b"\r": b"\\r", b"\n": b"\\n"}.get(found[0], b"\\" + found[0])
