"""The named texts of a file, wherever the container has them, with those wrapped in others.

Generators of pictures name their texts alike (``parameters``, ``prompt``, ``workflow``), but each
container has other places for them: a PNG has texts by name, a JPEG only comments, so the names
are written inside of them, as a JSON object or before a colon. Here they are all alike.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ._foreign import object_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.hookspecs import Metadata
    from credlabel.model import Json

MAX_FIELDS: Final = 1000
"""Fields of one file that are looked at."""

_WRAPPING: Final = frozenset(
    {
        "comm",
        "comment",
        "description",
        "icmt",
        "imagedescription",
        "make",
        "model",
        "usercomment",
        "©cmt",
    }
)
"""Fields in which others may be wrapped."""
_WRAPPED: Final = frozenset(
    {
        "comment",
        "description",
        "extrametadata",
        "generation_data",
        "invokeai_metadata",
        "parameters",
        "parameters-json",
        "prompt",
        "smproj",
        "software",
        "source",
        "workflow",
    }
)
_NAMESPACE: Final = re.compile(r"\{[^}]*+\}")
_COMMENT: Final = "id3:COMM"
_QUICKTIME: Final = "com.apple.quicktime."
_LABELLED: Final = re.compile(r"\s*([A-Za-z][\w-]{0,31})\s*:\s*(?=\{)")


class Field:
    """One text of a file: its name in lower case, its place, and what it holds.

    ``value`` is the text, or where it came out of JSON, whatever stood there.
    """

    def __init__(self, name: str, place: str, value: object) -> None:
        self.name = name
        self.place = place
        self._value = value

    @property
    def text(self) -> str:
        """Return the text, or nothing where there is none."""
        return self._value if isinstance(self._value, str) else ""

    @cached_property
    def object(self) -> Json | None:
        """Return the JSON object that the field holds, or None."""
        return self._value if isinstance(self._value, dict) else object_of(self.text)


class Fields:
    """All named texts of a file."""

    def __init__(self, metadata: Metadata) -> None:
        self._by_name: dict[str, list[Field]] = {}
        self._count = 0
        for place, texts in metadata.items():
            name = own_name(place)
            for text in texts if name else ():
                field = Field(name, place, text)
                self._add(field)
                self._unwrap(field)

    def named(self, *names: str) -> Iterator[Field]:
        """Yield the fields of these names, in the order of the names."""
        for name in names:
            yield from self._by_name.get(name, ())

    def text(self, name: str) -> str:
        """Return the first text of this name, or nothing."""
        return next((field.text for field in self.named(name)), "")

    def _add(self, field: Field) -> None:
        if self._count < MAX_FIELDS:
            self._count += 1
            self._by_name.setdefault(field.name, []).append(field)

    def _unwrap(self, field: Field) -> None:
        if field.name not in _WRAPPING:
            return
        labelled = _LABELLED.match(field.text)
        if labelled:
            name = labelled[1].lower()
            if name in _WRAPPED:
                self._add(Field(name, field.place, field.text[labelled.end() :]))
            return
        for key, value in (field.object or {}).items():
            name = key.lower()
            if name in _WRAPPED and isinstance(value, (str, dict)):
                self._add(Field(name, f"{field.place}/{name}", value))


def without_namespaces(place: str) -> str:
    """Return a place without the URIs of namespaces, which hold anything."""
    return _NAMESPACE.sub("", place) if "{" in place else place


def own_name(place: str) -> str:
    """Return the name at the end of ``PLACE:NAME``, in lower case; a comment's is ``comm``.

    The fields of a structure have none: they are about something else, such as an ingredient.

    >>> own_name("xmp:dc:description"), own_name("xmp:{http://example.com/}Tool")
    ('description', 'tool')
    >>> own_name("xmp:xmpMM:DerivedFrom/xmp:CreatorTool")
    ''
    """
    if place.startswith(_COMMENT):
        return "comm"
    name = without_namespaces(place)
    return "" if "/" in name else name.rpartition(":")[2].removeprefix(_QUICKTIME).lower()
