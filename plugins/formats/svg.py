"""SVG (W3C SVG 2): XML whose root element is ``svg`` in the SVG namespace.

C2PA 2.5, A.3: the manifest store is a ``c2pa:manifest`` element in ``metadata``, a remote
reference stands in the XMP packet in ``metadata``.
"""

from __future__ import annotations

import contextlib
import math
import re
from io import BytesIO
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from credlabel.errors import (
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)
from credlabel.hookspecs import hookimpl

from ._changes import within, write_changes
from ._fields import Fields
from ._reading import read_at, size_of
from ._splicing import splice
from ._svg_metadata import MAX_ELEMENTS, read_drawing
from ._svg_writing import edits_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata

    from ._changes import Wanted

MEDIA_TYPE: Final = "image/svg+xml"
MAX_BYTES: Final = 64 << 20
"""Larger drawings are not read; those that make it to a screen are much smaller."""
MAX_DEPTH: Final = 1024
MAX_ENTITIES: Final = 256
MAX_ENTITY_CHARACTERS: Final = 1024
"""Adobe Illustrator declares an entity for each of its namespaces; none is longer than a URI."""
MAX_EXPANDED: Final = 64 << 20
"""Characters that all references to entities may stand for."""
MAX_PROLOGUE_PARTS: Final = 32

_BLOCK: Final = 1 << 16
_PLACES: Final = frozenset({"xmp"})
_ROOT: Final = "http://www.w3.org/2000/svg svg"
_BOM: Final = b"\xef\xbb\xbf"
_HAS_BOM: Final = "The SVG begins with a byte order mark, which embedding would drop."
_ROOT_TAG: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s/>]")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE\s+(?:[A-Za-z_][\w.-]*:)?svg[\s>\[]")
_ENCODING: Final = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]*)""")
# References to entities that a drawing declares itself.
_REFERENCE: Final = re.compile(rb"&(?!#|amp;|lt;|gt;|quot;|apos;)")
# Encodings in which an ASCII letter is that byte and no other, so that a search is sound.
_ASCII_LIKE: Final = (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-", b"windows-125")


class Svg:
    """SVG drawings, uncompressed."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return ``image/svg+xml`` if the first element or the document type is ``svg``.

        What may stand before it is skipped: a byte order mark, the XML declaration, comments,
        processing instructions. A drawing inside an HTML page is no SVG file.
        """
        if head[:1] not in (b"<", b"\xef", b"\n", b"\r", b" ", b"\t") or b"svg" not in head:
            return None
        at = len(_BOM) if head.startswith(_BOM) else 0
        for _ in range(MAX_PROLOGUE_PARTS):
            while head[at : at + 1].isspace():
                at += 1
            if head.startswith(b"<?", at):
                end = head.find(b"?>", at) + 2
            elif head.startswith(b"<!--", at):
                end = head.find(b"-->", at + 4) + 3
            else:
                found = _ROOT_TAG.match(head, at) or _DOCTYPE.match(head, at)
                return MEDIA_TYPE if found else None
            if end < at + 4:  # not found: the prologue is longer than the head
                return None
            at = end
        return None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the file is well-formed XML with an SVG root element.

        Entities are accepted if they are short and refer to no others, as Illustrator writes
        them; external entities and entities within entities are refused, and so many references
        to them that reading would take its time.

        Raises:
            MalformedAssetError: the XML is not well-formed, breaks off, or is too large or deep.
        """
        _Watch().check(source)

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why embedding would change the drawing, or None.

        c2pa-rs drops the byte order mark; all else it keeps.
        """
        return _HAS_BOM if read_at(source, 0, len(_BOM)) == _BOM else None

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the text can't hold a manifest element or a remote reference.

        The names ``manifest`` and ``provenance`` can't be written but literally in element and
        attribute names, unless entities are declared or the encoding is not ASCII's superset;
        both are doubt. So a search through the text is a proof of absence.
        """
        size = size_of(source)
        if size > MAX_BYTES:
            return True
        data = read_at(source, 0, size)
        if b"manifest" in data or b"provenance" in data:
            return True
        if (
            b"<!ENTITY" in data
            or b"\0" in data[:4096]
            or data[:1] not in (b"<", b"\xef", b"\n", b" ")
        ):
            return True
        declared = _ENCODING.match(data.removeprefix(_BOM)[:256])
        return bool(declared and not declared[1].lower().startswith(_ASCII_LIKE))

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the drawing's title and description, and the RDF in its ``metadata``."""
        fields = Fields()
        if size_of(source) <= MAX_BYTES:
            data = read_at(source, 0, MAX_BYTES)
            watch = _Watch()
            with contextlib.suppress(MalformedAssetError):
                read_drawing(data, watch.entity, fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return XMP."""
        return _PLACES if media_type == MEDIA_TYPE else frozenset()

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write a copy of the drawing in which the RDF of its ``metadata`` has the fields.

        Raises:
            AssetError, LabelError: as the seam says.
        """

        def write(wanted: Wanted) -> None:
            data = read_at(source, 0, MAX_BYTES)
            _Watch(MAX_ELEMENTS).check(BytesIO(data))
            splice(source, sink, edits_for(data, _encoding_of(data), within("xmp", wanted)))

        write_changes(self, source, sink, changes, write, places=_PLACES)


def _encoding_of(data: bytes) -> str:
    """Return the encoding of a drawing in which ASCII characters are single bytes.

    Raises:
        UnsupportedMediaTypeError: they are not, or it is none that is known.
    """
    declared = _ENCODING.match(data.removeprefix(_BOM)[:256])
    name = declared[1].decode().lower() if declared else "utf-8"
    is_known = name.encode().startswith(_ASCII_LIKE) and b"\0" not in data[:4096]
    if not is_known or (data.startswith(_BOM) and name != "utf-8"):
        raise UnsupportedMediaTypeError("The SVG is not in UTF-8, and so it is not changed.")
    return name


class _Watch:
    """Stops the parser at the first thing that is no SVG or costs too much."""

    def __init__(self, max_elements: float = math.inf) -> None:
        self._max_elements = max_elements
        self._elements = 0
        self._depth = 0
        self._entities = 0
        self._longest = 0
        self._references = 0

    def check(self, source: BinaryIO) -> None:
        """Return if the file is well-formed, and nothing in it has to be stopped at.

        Raises:
            MalformedAssetError, LimitExceededError: something has.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.EntityDeclHandler = self.entity
        try:
            for offset in range(0, MAX_BYTES, _BLOCK):
                block = read_at(source, offset, _BLOCK)
                parser.Parse(block, len(block) < _BLOCK)
                self.references(block)
                if len(block) < _BLOCK:
                    return
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            raise MalformedAssetError(
                f"The SVG is cut short or damaged: {problem} in line {error.lineno}."
            ) from error
        except (LookupError, ValueError) as error:  # encodings that Python can't map
            raise MalformedAssetError("The SVG is in an unknown character encoding.") from error
        raise MalformedAssetError(f"The SVG is larger than {MAX_BYTES >> 20} MiB.")

    def start(self, name: str, _attributes: object) -> None:
        """Check the root element's name, the depth and the number of elements."""
        if not self._depth and name != _ROOT:
            raise MalformedAssetError("The file is no SVG: its root element is another.")
        self._elements += 1
        if self._elements > self._max_elements:
            raise LimitExceededError(
                f"The SVG has more than {self._max_elements} elements, too many to change it."
            )
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MalformedAssetError(f"The SVG has elements nested deeper than {MAX_DEPTH}.")

    def end(self, _name: str) -> None:
        """Count the way up."""
        self._depth -= 1

    def entity(
        self,
        _name: str,
        is_parameter: bool,  # noqa: FBT001 - expat's signature
        value: str | None,
        _base: str | None,
        _system: str | None,
        _public: str | None,
        _notation: str | None,
    ) -> None:
        """Refuse entities that reach out, or that could blow up."""
        self._entities += 1
        if (
            is_parameter
            or value is None
            or "&" in value
            or len(value) > MAX_ENTITY_CHARACTERS
            or self._entities > MAX_ENTITIES
        ):
            raise MalformedAssetError("The SVG declares entities that are not safe to expand.")
        self._longest = max(self._longest, len(value))

    def references(self, block: bytes) -> None:
        """Count the references to entities, and refuse more than can be expanded in no time."""
        self._references += len(_REFERENCE.findall(block.replace(b"\0", b"")))
        if self._references * self._longest > MAX_EXPANDED:
            raise MalformedAssetError("The SVG refers to its entities too often to expand them.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the SVG format."""
    return [Svg()]
