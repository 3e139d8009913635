"""IPTC's marks: the digital source type, the AI system used, the prompt, and the credit line.

IPTC Photo Metadata 2025.1. The digital source type decides; the AI properties and the credit lines
that Google and Apple write decide where there is none. ``algorithmicMedia`` and ``softwareImage``
are not AI: nothing was trained.

What is general in a file (its credit line, its date, its identifier) counts as the generator's
where the source type says that a machine made all of it; else it may be anybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from credlabel.hookspecs import hookimpl
from credlabel.model import Basis, Evidence, Layer, Model, Origin, Provenance, Strength
from credlabel.terms import origin_of_source_type, states_ai

from . import _iptc_properties as iptc
from ._camera import camera_claim
from ._fields import own_name
from ._foreign import plain, prompts_of
from ._iptc_marking import IptcMarker
from ._moments import moment_of
from ._source_type import stated_source_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.hookspecs import Asset, Detector, Metadata, MetadataMarker
    from credlabel.model import Json

MAX_STATED: Final = 100
"""Fields with a source type that are reported."""

_SOURCE_TYPE: Final = iptc.bare(iptc.SOURCE_TYPE)
_AI: Final = {
    iptc.bare(name): key
    for key, name in {
        "system": iptc.SYSTEM,
        "version": iptc.VERSION,
        "prompt": iptc.PROMPT,
        "prompt_writer": iptc.PROMPT_WRITER,
    }.items()
}
_CREDIT: Final = (
    # the whole line in lower case, what it says, who runs the system, the system
    ("made with google ai", Origin.GENERATED, "Google", "Google AI"),
    ("edited with google ai", Origin.EDITED_WITH_AI, "Google", "Google AI"),
    ("apple photos clean up", Origin.EDITED_WITH_AI, "Apple", "Apple Photos Clean Up"),
    ("apple image playground", Origin.GENERATED, "Apple", "Apple Image Playground"),
)
_MADE_WHOLE: Final = frozenset({Origin.GENERATED, Origin.ALGORITHMIC, Origin.SIMULATED})


class _Stated(NamedTuple):
    place: str
    says: str
    uri: str


class _Line(NamedTuple):
    """A credit line that names an AI."""

    text: str
    origin: Origin
    provider: str
    system: str


class Iptc:
    """Finds what IPTC's properties say about how a file came about."""

    name = "iptc"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return what they say: at most one piece of evidence for each source type stated."""
        metadata = asset.metadata
        if not metadata:
            return []
        stated = list(_source_types(metadata))
        given = _ai_properties(metadata)
        line = _credit(metadata)
        if not stated and not given and line is None:
            return []
        details: Json = {
            f"ai_{key}": plain(text) for key, text in given.items() if key != "prompt"
        }
        if iptc.names_nothing(given.get("system", "")):
            given.pop("system", None)
            given.pop("version", None)
        if stated:
            details["stated"] = [
                {"place": plain(each.place), "says": plain(each.says)}
                for each in stated[:MAX_STATED]
            ]
        if line is not None:
            details["credit"] = line.text
        camera = camera_claim(metadata)
        if camera:
            details["camera"] = camera
        conflicts = _conflicts(stated, given, line, camera)
        if conflicts:
            details["conflicts"] = conflicts
        uris = dict.fromkeys(each.uri for each in stated)
        return [self._evidence(uri, details, given, line, metadata) for uri in uris or ("",)]

    def _evidence(
        self,
        uri: str,
        details: Json,
        given: dict[str, str],
        line: _Line | None,
        metadata: Metadata,
    ) -> Evidence:
        origin = origin_of_source_type(uri)
        if not uri:
            is_named = given.keys() & {"system", "version"}
            origin = line.origin if line else Origin.GENERATED if is_named else Origin.UNKNOWN
        is_mark = bool(uri or given)
        is_whole = bool(uri) and origin in _MADE_WHOLE
        system = plain(given.get("system", ""))
        version = plain(given.get("version", ""))
        provider = _first(metadata, iptc.CREDIT) if is_whole and line is None else ""
        return Evidence(
            detector=self.name,
            kind=Layer.METADATA,
            strength=Strength.ASSERTED,
            basis=Basis.MARK if is_mark else Basis.DECLARATION,
            origin=origin,
            details={"source_type": uri, **details} if uri else details,
            provenance=Provenance(
                source_type=uri,
                provider=line.provider if line else plain(provider),
                system=system or (line.system if line else ""),
                system_version=version,
                # IPTC has one property for the engine and the model.
                models=(Model(name=system, version=version),) if system else (),
                prompts=prompts_of([given.get("prompt", "")]),
                created=moment_of(_first(metadata, iptc.CREATED)) if is_whole else None,
                identifier=plain(_first(metadata, iptc.IDENTIFIER)) if is_whole else "",
            ),
        )


def _source_types(metadata: Metadata) -> Iterator[_Stated]:
    """Yield the source types that the file states of itself, and not of its ingredients."""
    for place in _places(metadata, (_SOURCE_TYPE,)):
        for text in metadata[place]:
            uri = stated_source_type(text)
            if uri is not None:
                yield _Stated(place, text, uri)


def _ai_properties(metadata: Metadata) -> dict[str, str]:
    """Return what the AI properties say; XMP is heard before the container's own tags."""
    given: dict[str, str] = {}
    found = _places(metadata, tuple(_AI))
    for place in sorted(found, key=lambda place: not place.startswith("xmp:")):
        text = _first(metadata, place)
        if text:
            given.setdefault(_AI[own_name(place)], text)
    return given


def _places(metadata: Metadata, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the fields of these names, wherever but in documents."""
    for place in metadata:
        is_like = place.lower().endswith(names) and not place.startswith(iptc.DOCUMENTS)
        if is_like and own_name(place) in names:
            yield place


def _conflicts(
    stated: list[_Stated], given: dict[str, str], line: _Line | None, camera: str
) -> list[str]:
    """Return in words where the properties contradict each other, or the camera."""
    if not stated:
        if line and camera and line.origin is Origin.GENERATED:
            return [f"Exif says that a {camera} took it, but its credit line says: {line.text}."]
        return []
    first = stated[0]
    code = plain(first.uri.rpartition("/")[2])
    found = [
        f"{plain(first.place, 100)} says {code}, but {plain(each.place, 100)} says"
        f" {plain(each.uri.rpartition('/')[2])}."
        for each in {each.uri: each for each in reversed(stated)}.values()
        if each.uri != first.uri
    ]
    is_ai = any(states_ai(each.uri) for each in stated)
    if given.get("system") and not is_ai:
        found.append(
            f"Its digital source type says {code}, but {plain(given['system'], 100)} is named as"
            " the AI system used."
        )
    if line and not is_ai:
        found.append(
            f"Its digital source type says {code}, but its credit line says: {line.text}."
        )
    made = next((e for e in stated if origin_of_source_type(e.uri) in _MADE_WHOLE), None)
    if camera and made:
        found.append(
            f"Exif says that a {camera} took it, but its digital source type says"
            f" {made.uri.rpartition('/')[2]}."
        )
    return found


def _credit(metadata: Metadata) -> _Line | None:
    for place in (iptc.CREDIT, *iptc.SAME_AS_CREDIT):
        for text in metadata.get(place, ()):
            for line, origin, provider, system in _CREDIT:
                if text[:200].strip(" .\t\r\n").lower() == line:
                    return _Line(plain(text), origin, provider, system)
    return None


def _first(metadata: Metadata, place: str) -> str:
    return next((text.strip() for text in metadata.get(place, ()) if text.strip()), "")


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of IPTC's properties."""
    return [Iptc()]


@hookimpl
def credlabel_markers() -> list[MetadataMarker]:
    """Offer the marker that writes them."""
    return [IptcMarker()]
