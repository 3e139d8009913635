"""What web pages and documents disclose about AI: in their own fields, in schema.org's words.

All of it is voluntary and unsigned. A page's own statement is about the page. What it says of one
element or picture in it makes the page a composite, by the rule that holds for the components of a
credential. That AI was *not* used is somebody's word: it is reported, and states no origin.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Origin, Provenance, Strength
from credlabel.terms import origin_of_source_type

from ._foreign import plain
from ._source_type import stated_source_type
from ._yaml_map import read_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.hookspecs import Asset, Detector, Metadata
    from credlabel.model import Json

MAX_NODES: Final = 10_000
"""Values of a page's linked data that are looked at."""

_PLACES: Final = ("html:meta:", "ooxml:custom:", "odf:user:", "epub:", "pdf:")
_ATTRIBUTE: Final = "html:attribute:"
_LINKED_DATA: Final = "html:jsonld"
_FRONT_MATTER: Final = "markdown:front-matter"
_DISCLOSURE: Final = "aidisclosure"
_SOURCE_TYPE: Final = "digitalsourcetype"
_SPELLINGS: Final = (
    "ai_disclosure",
    "ai-disclosure",
    "aiDisclosure",
    "digital_source_type",
    "digital-source-type",
    "digitalSourceType",
)
_ORIGINS: Final = {
    "none": Origin.UNKNOWN,
    "aiassisted": Origin.EDITED_WITH_AI,
    "aimodified": Origin.EDITED_WITH_AI,
    "aigenerated": Origin.GENERATED,
    "aioriginated": Origin.GENERATED,
    "autonomous": Origin.GENERATED,
    "machinegenerated": Origin.GENERATED,
    "mixed": Origin.COMPOSITE,
}
_MACHINE_MADE: Final = frozenset(
    {Origin.GENERATED, Origin.EDITED_WITH_AI, Origin.SIMULATED, Origin.ALGORITHMIC}
)
_MEDIA: Final = frozenset({"ImageObject", "VideoObject", "AudioObject", "MediaObject"})
"""Types of linked data that describe something on the page, and not the page."""


class _Statement(NamedTuple):
    place: str
    says: str
    origin: Origin
    source_type: str = ""
    is_part: bool = False


class Disclosure:
    """Finds what pages and documents disclose."""

    name = "disclosure"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return one piece of evidence for each origin that is stated."""
        metadata = asset.metadata
        if not metadata:
            return []
        by_origin: dict[Origin, list[_Statement]] = {}
        for statement in dict.fromkeys(_statements(metadata)):
            by_origin.setdefault(_origin(statement), []).append(statement)
        record = _generator(metadata)
        return [_evidence(origin, found, record) for origin, found in by_origin.items()]


def _evidence(origin: Origin, found: list[_Statement], record: Provenance) -> Evidence:
    source_type = next((each.source_type for each in found if not each.is_part), "")
    details: Json = {
        "statements": [
            {"place": plain(each.place), "says": plain(each.says), "part": each.is_part}
            for each in found[:100]
        ]
    }
    return Evidence(
        detector=Disclosure.name,
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        origin=origin,
        details=details,
        provenance=Provenance(
            source_type=source_type, system=record.system, provider=record.provider
        ),
    )


def _origin(statement: _Statement) -> Origin:
    if statement.is_part:
        return Origin.COMPOSITE if statement.origin in _MACHINE_MADE else Origin.UNKNOWN
    return statement.origin


def _statements(metadata: Metadata) -> Iterator[_Statement]:
    for place, texts in metadata.items():
        if place == _LINKED_DATA:
            for text in texts:
                yield from _linked_data(text)
        elif place == _FRONT_MATTER:
            for text in texts:
                for key in _SPELLINGS:
                    yield from _statement(place, key, read_value(text, key))
        elif place.startswith((_ATTRIBUTE, *_PLACES)):
            for text in texts:
                is_part = place.startswith(_ATTRIBUTE)
                yield from _statement(place, place.rpartition(":")[2], text, is_part=is_part)


def _statement(place: str, name: str, text: str, *, is_part: bool = False) -> Iterator[_Statement]:
    match _bare(name):
        case bare if bare == _DISCLOSURE:
            origin = _ORIGINS.get(_bare(text[:100].strip()))
            if origin is not None:
                yield _Statement(place, text, origin, is_part=is_part)
        case bare if bare == _SOURCE_TYPE:
            uri = stated_source_type(text)
            if uri is not None:
                yield _Statement(place, text, origin_of_source_type(uri), uri, is_part)


def _linked_data(text: str) -> Iterator[_Statement]:
    """Yield what the linked data of a page states, of the page and of what is on it."""
    try:
        waiting: list[tuple[object, bool]] = [(json.loads(text), False)]
    except (ValueError, RecursionError):
        return
    seen = 0
    while waiting and seen < MAX_NODES:
        value, is_part = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting += [(item, is_part) for item in value[:MAX_NODES]]
        elif isinstance(value, dict):
            given = value.get("@type")
            types = given if isinstance(given, list) else [given]
            is_part = is_part or any(kind in _MEDIA for kind in types if isinstance(kind, str))
            stated = value.get("digitalSourceType")
            if isinstance(stated, str):
                yield from _statement(_LINKED_DATA, _SOURCE_TYPE, stated, is_part=is_part)
            waiting += [
                (item, is_part or key != "@graph") for key, item in value.items() if key != "@type"
            ]


def _generator(metadata: Metadata) -> Provenance:
    """Return the model and the provider that a page names beside its disclosure."""
    named = {"aimodel": "", "aiprovider": ""}
    for place, texts in metadata.items():
        name = _bare(place.rpartition(":")[2])
        if name in named and texts and place.startswith((_ATTRIBUTE, *_PLACES)):
            named[name] = named[name] or plain(texts[0].strip())
    return Provenance(system=named["aimodel"], provider=named["aiprovider"])


def _bare(name: str) -> str:
    """Return a name without what its spellings differ in.

    >>> _bare("AI-Disclosure") == _bare("ai_disclosure") == "aidisclosure"
    True
    """
    return name.lower().replace("-", "").replace("_", "")


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of disclosures."""
    return [Disclosure()]
