"""How markers say a record in fields: which texts, in which form, and where they may stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.model import Origin
from credlabel.terms import origin_of_source_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.hookspecs import Metadata
    from credlabel.model import Provenance

_UNWRITABLE: Final = ("markdown:front-matter",)
"""Read as a whole, and written key by key."""
_UNSAYABLE: Final = re.compile(
    r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
"""What XML 1.0 can't hold, or readers don't give back."""


def states_whole(source_type: str) -> bool:
    """Return whether a source type says that a machine made all of the content.

    What made only a part is not the program, nor the author, of the whole; and where it said that
    it is, a generator's name there would be read as that.
    """
    return origin_of_source_type(source_type) in (Origin.GENERATED, Origin.ALGORITHMIC)


def system_of(record: Provenance) -> str:
    """Return the name of the system, or of the first model."""
    return said(record.system) or said(next((model.name for model in record.models), ""))


def version_of(record: Provenance) -> str:
    """Return the version of what ``system_of`` names: a model's is not that of a system."""
    if said(record.system):
        return said(record.system_version)
    return said(next((model.version for model in record.models), ""))


def tool_of(record: Provenance) -> str:
    """Return the program that made the content, with its version: the generator or simulator."""
    named = said(record.system), said(record.system_version)
    if not named[0]:
        makers = [(model.name, model.version) for model in record.models]
        makers += [(simulator.name, simulator.version) for simulator in record.simulators]
        named = next(((said(name), said(version)) for name, version in makers), ("", ""))
    return " ".join(part for part in named if part) if named[0] else ""


def said(text: str) -> str:
    r"""Return a name as every container gives it back: in one line, without controls.

    >>> said(" Acme\tPainter\0 ")
    'Acme Painter'
    """
    return said_in_lines(text).replace("\n", " ")


def said_in_lines(text: str) -> str:
    r"""Return a text as every container gives it back: lines end in ``\n``, no other controls.

    >>> said_in_lines("a\r\nb")
    'a\nb'
    """
    return _UNSAYABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_writable(name: str, places: frozenset[str]) -> bool:
    """Return whether a field ``PLACE:NAME`` is in one of the places that a format can write."""
    if name in _UNWRITABLE:
        return False
    return any(name == place or name.startswith(f"{place}:") for place in places)


def where_absent(
    metadata: Metadata, name: str, text: str, *, also: Iterable[str] = ()
) -> Metadata:
    """Return the field if the file says nothing there yet, nor in the places of ``also``.

    What the file says already in the same words is returned as well.
    """
    texts = (text,)
    if not text or any(metadata.get(place) for place in also):
        return {}
    return {name: texts} if metadata.get(name, texts) == texts else {}
