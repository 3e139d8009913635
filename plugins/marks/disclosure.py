"""What web pages and documents disclose about AI: in their own fields, in schema.org's words.

All of it is unsigned, and a page's words are voluntary: a declaration. A digital source type is a
mark. A page's own statement is about the page. What it says of one element or picture in it makes
the page a composite, by the rule that holds for the components of a credential. That AI was *not*
used is somebody's word: it is reported, and states no origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from credlabel.hookspecs import hookimpl
from credlabel.model import Basis, Evidence, Layer, Origin, Provenance, Strength
from credlabel.terms import origin_of_source_type

from . import _disclosure_fields as disclosure
from ._disclosure_marking import DisclosureMarker
from ._foreign import plain
from ._iptc_properties import names_nothing
from ._linked_data import generator_in, source_types_in
from ._moments import moment_of
from ._source_type import stated_source_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.hookspecs import Asset, Detector, Metadata, MetadataMarker
    from credlabel.model import Json

MAX_STATEMENTS: Final = 100
"""Statements of one origin that are reported."""

_MACHINE_MADE: Final = frozenset(
    {Origin.GENERATED, Origin.EDITED_WITH_AI, Origin.SIMULATED, Origin.ALGORITHMIC}
)
_PARTLY: Final = frozenset({Origin.EDITED_WITH_AI, Origin.COMPOSITE})
"""Origins that say much the same of a page."""
_NAMED: Final = {
    **dict.fromkeys(disclosure.SYSTEM, "system"),
    **dict.fromkeys(disclosure.VERSION, "version"),
    **dict.fromkeys(disclosure.PROVIDER, "provider"),
}


class _Statement(NamedTuple):
    place: str
    says: str
    origin: Origin
    source_type: str = ""
    is_part: bool = False

    @property
    def is_denial(self) -> bool:
        """Return whether it says that AI took no part."""
        return not self.source_type and self.origin is Origin.UNKNOWN


class Disclosure:
    """Finds what pages and documents disclose."""

    name = "disclosure"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return one piece of evidence for each origin that is stated."""
        metadata = asset.metadata
        if not metadata:
            return []
        statements = list(dict.fromkeys(_statements(metadata)))
        if not statements:
            return []
        by_origin: dict[Origin, list[_Statement]] = {}
        for statement in statements:
            by_origin.setdefault(_origin(statement), []).append(statement)
        conflicts = _conflicts(statements)
        record = _generator(metadata)
        return [_evidence(origin, found, record, conflicts) for origin, found in by_origin.items()]


def _evidence(
    origin: Origin, found: list[_Statement], record: dict[str, str], conflicts: list[str]
) -> Evidence:
    stated = (each.source_type for each in found if each.source_type and not each.is_part)
    source_type = next(stated, "")
    details: Json = {
        "statements": [
            {"place": plain(each.place), "says": plain(each.says), "part": each.is_part}
            for each in found[:MAX_STATEMENTS]
        ]
    }
    if conflicts:
        details["conflicts"] = conflicts
    is_mark = any(each.source_type for each in found)
    return Evidence(
        detector=Disclosure.name,
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        basis=Basis.MARK if is_mark else Basis.DECLARATION,
        origin=origin,
        details=details,
        provenance=Provenance(
            source_type=source_type,
            provider=record["provider"],
            system=record["system"],
            system_version=record["version"],
            created=moment_of(record["created"]),
            identifier=record["identifier"],
        ),
    )


def _origin(statement: _Statement) -> Origin:
    if statement.is_part:
        return Origin.COMPOSITE if statement.origin in _MACHINE_MADE else Origin.UNKNOWN
    return statement.origin


def _statements(metadata: Metadata) -> Iterator[_Statement]:
    for place, texts in metadata.items():
        if place == disclosure.LINKED_DATA:
            for text in texts:
                for said in source_types_in(text):
                    yield from _statement(
                        place, disclosure.SOURCE_TYPE, said.text, is_part=said.is_part
                    )
        elif place.startswith((disclosure.PART, *disclosure.PLACES)):
            for text in texts:
                is_part = place.startswith(disclosure.PART)
                yield from _statement(place, place, text, is_part=is_part)


def _statement(place: str, name: str, text: str, *, is_part: bool = False) -> Iterator[_Statement]:
    match disclosure.bare(name):
        case disclosure.DISCLOSURE:
            origin = disclosure.WORDS.get(disclosure.bare(text[:100].strip()))
            if origin is not None:
                yield _Statement(place, text, origin, is_part=is_part)
        case disclosure.SOURCE_TYPE:
            uri = stated_source_type(text)
            if uri is not None:
                yield _Statement(place, text, origin_of_source_type(uri), uri, is_part)


def _conflicts(statements: list[_Statement]) -> list[str]:
    """Return in words where statements about the page contradict each other.

    A page that denies what it says of a part of it contradicts itself as well.
    """
    found = []
    page = [each for each in statements if not each.is_part]
    for first in page[:1]:
        found += [_but(first, other) for other in page[1:] if _contradict(first, other)]
    denial = next((each for each in page if each.is_denial), None)
    part = next(
        (each for each in statements if each.is_part and each.origin in _MACHINE_MADE), None
    )
    if denial and part:
        found.append(_but(denial, part))
    return found


def _contradict(first: _Statement, other: _Statement) -> bool:
    origins = {first.origin, other.origin}
    if first.is_denial or other.is_denial:
        return len(origins) > 1 and bool(origins & (_MACHINE_MADE | _PARTLY))
    return len(origins) > 1 and Origin.UNKNOWN not in origins and origins != _PARTLY


def _but(first: _Statement, other: _Statement) -> str:
    where = (
        f"{plain(other.place, 100)} says of a part" if other.is_part else plain(other.place, 100)
    )
    says = "" if other.is_part else " says"
    return (
        f"{plain(first.place, 100)} says {plain(first.says.strip(), 100)}, but"
        f" {where}{says} {plain(other.says.strip(), 100)}."
    )


def _generator(metadata: Metadata) -> dict[str, str]:
    """Return the system and the provider that are named beside the disclosure."""
    named = dict.fromkeys(("system", "version", "provider", "created", "identifier"), "")
    for text in metadata.get(disclosure.LINKED_DATA, ()):
        for key, value in generator_in(text).items():
            named[key] = named[key] or value
    for prefixes in (disclosure.PLACES, (disclosure.PART,)):
        for place, texts in metadata.items():
            role = _NAMED.get(disclosure.bare(place)) if place.startswith(prefixes) else None
            text = plain(texts[0].strip()) if role and texts else ""
            if role and not names_nothing(text):
                named[role] = named[role] or text
    return named


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of disclosures."""
    return [Disclosure()]


@hookimpl
def credlabel_markers() -> list[MetadataMarker]:
    """Offer the marker that writes them."""
    return [DisclosureMarker()]
