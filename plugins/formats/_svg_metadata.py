"""What an SVG drawing says about itself: title, description, and RDF in ``metadata``."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from ._rdf import RdfLimitError, RdfReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._fields import Fields

MAX_REFERENCES: Final = 4096
"""To entities, where there are any. Each may stand for a kilobyte: more is not read."""

MAX_ELEMENTS: Final = 1_000_000
"""What follows so many is neither read nor changed. A map of a country has some 100,000."""

_BLOCK: Final = 1 << 16
_NAMES: Final = ("metadata", "title", "desc")
_LONGEST_END: Final = 1024  # of an end tag, from its local name on; white space may follow that
_MAX_DECLARATIONS: Final = 200  # of the outermost element, that are heeded


def read_drawing(data: bytes, refuse: Callable[..., None], fields: Fields) -> None:
    """Add ``svg:title``, ``svg:desc`` of the drawing as a whole, and RDF as XMP's names.

    ``refuse`` is told each entity that is declared, and raises where it is not safe.

    Raises:
        what ``refuse`` raises.
    """
    end = len(data) if b"\0" in data[:64] else max(data.rfind(name.encode()) for name in _NAMES)
    has_entities = data.count(b"&") > MAX_REFERENCES and b"ENTITY" in data.replace(b"\0", b"")
    if end < 0 or has_entities:  # nothing behind the last of those names has to be parsed
        return
    reader = _Reader(fields)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _BLOCK
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = refuse
    with contextlib.suppress(expat.ExpatError, RdfLimitError, LookupError, ValueError):
        parser.Parse(data[: end + _LONGEST_END], False)


class _Reader:
    """Passes on what is in ``metadata``, and keeps the title and description of the root."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._rdf = RdfReader(fields)
        self._declarations: dict[str, str] = {}  # of namespaces, by the root
        self._elements = 0
        self._depth = 0
        self._metadata_depth = 0  # the element's own; 0 outside
        self._texts: list[str] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open an element.

        Raises:
            RdfLimitError: there are too many.
        """
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise RdfLimitError
        self._depth += 1
        if self._metadata_depth:
            self._rdf.start(name, attributes)
            return
        local = name.rpartition(":")[2]
        if self._depth == 1:
            declared = [key for key in attributes if key.startswith("xmlns:")]
            self._declarations = {key: attributes[key] for key in declared[:_MAX_DECLARATIONS]}
        elif local == "metadata":
            self._metadata_depth = self._depth
            self._rdf.start(name, {**self._declarations, **attributes})
        elif self._depth == 2:
            self._texts = [] if local in _NAMES else None

    def text(self, text: str) -> None:
        """Take text of the element that was opened last."""
        if self._metadata_depth:
            self._rdf.text(text)
        elif self._texts is not None:
            self._texts.append(text)

    def end(self, name: str) -> None:
        """Close an element."""
        if self._metadata_depth:
            self._rdf.end(name)
            if self._metadata_depth == self._depth:
                self._metadata_depth = 0
        elif self._texts is not None and self._depth == 2:
            self._fields.add(f"svg:{name.rpartition(':')[2]}", "".join(self._texts).strip())
            self._texts = None
        self._depth -= 1
