"""IPTC's marks: the digital source type, the AI system used, the prompt, and the credit line.

IPTC Photo Metadata 2025.1. The digital source type decides; the AI properties and the credit lines
that Google and Apple write decide where there is none. ``algorithmicMedia`` and ``softwareImage``
are not AI: nothing was trained.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Model, Origin, Provenance, Strength
from credlabel.terms import origin_of_source_type

from ._camera import camera_claim
from ._fields import own_name
from ._foreign import plain, prompts_of
from ._source_type import stated_source_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.hookspecs import Asset, Detector, Metadata
    from credlabel.model import Json

_EXT: Final = "xmp:Iptc4xmpExt:"
_SOURCE_TYPE: Final = "digitalsourcetype"
_DOCUMENTS: Final = ("html:", "markdown:", "ooxml:", "odf:", "epub:", "pdf:")
"""Where marks/disclosure.py looks."""
_PROPERTIES: Final = {
    "system": f"{_EXT}AISystemUsed",
    "version": f"{_EXT}AISystemVersionUsed",
    "prompt": f"{_EXT}AIPromptInformation",
    "prompt_writer": f"{_EXT}AIPromptWriterName",
}
_CREDITS: Final = ("xmp:photoshop:Credit", "iptc:2:110")
_CREDIT: Final = (
    (re.compile(r"made with google ai", re.IGNORECASE), Origin.GENERATED, "Google", "Google AI"),
    (
        re.compile(r"edited with google ai", re.IGNORECASE),
        Origin.EDITED_WITH_AI,
        "Google",
        "Google AI",
    ),
    (
        re.compile(r"apple photos clean up", re.IGNORECASE),
        Origin.EDITED_WITH_AI,
        "Apple",
        "Apple Photos Clean Up",
    ),
    (
        re.compile(r"apple image playground", re.IGNORECASE),
        Origin.GENERATED,
        "Apple",
        "Apple Image Playground",
    ),
)


class Iptc:
    """Finds what IPTC's properties say about how a file came about."""

    name = "iptc"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return what they say: at most one piece of evidence for each source type stated."""
        metadata = asset.metadata
        if not metadata:
            return []
        given = {
            key: text for key, place in _PROPERTIES.items() if (text := _first(metadata, place))
        }
        stated = dict.fromkeys(_source_types(metadata))
        credit = _credit(metadata)
        if not stated and not given and credit is None:
            return []
        details: Json = {
            f"ai_{key}": plain(text) for key, text in given.items() if key != "prompt"
        }
        provider = system = ""
        origin = Origin.GENERATED if given.keys() & {"system", "version"} else Origin.UNKNOWN
        if credit is not None:
            line, origin, provider, system = credit
            details["credit"] = line
        camera = camera_claim(metadata)
        if camera:
            details["camera"] = camera
        record = Provenance(
            provider=provider,
            system=plain(given.get("system", "")) or system,
            system_version=plain(given.get("version", "")),
            models=_models(given),
            prompts=prompts_of([given.get("prompt", "")]),
        )
        if not stated:
            return [self._evidence(origin, details, record)]
        if len(stated) > 1:
            details["conflict"] = "The file states more than one digital source type."
        return [
            self._evidence(origin_of_source_type(uri), details, record, source_type=uri)
            for uri in stated
        ]

    def _evidence(
        self, origin: Origin, details: Json, record: Provenance, *, source_type: str = ""
    ) -> Evidence:
        return Evidence(
            detector=self.name,
            kind=Layer.METADATA,
            strength=Strength.ASSERTED,
            origin=origin,
            details={"source_type": source_type, **details} if source_type else details,
            provenance=Provenance(
                source_type=source_type,
                provider=record.provider,
                system=record.system,
                system_version=record.system_version,
                models=record.models,
                prompts=record.prompts,
            ),
        )


def _source_types(metadata: Metadata) -> Iterator[str]:
    """Yield the source types that the file states of itself, and not of its ingredients."""
    for place, texts in metadata.items():
        if own_name(place) == _SOURCE_TYPE and not place.startswith(_DOCUMENTS):
            for text in texts:
                uri = stated_source_type(text)
                if uri is not None:
                    yield uri


def _credit(metadata: Metadata) -> tuple[str, Origin, str, str] | None:
    for place in _CREDITS:
        for text in metadata.get(place, ()):
            for pattern, origin, provider, system in _CREDIT:
                if pattern.search(text[:1000]):
                    return plain(text), origin, provider, system
    return None


def _models(given: dict[str, str]) -> tuple[Model, ...]:
    """IPTC has one property for the engine and the model, so it names the model as well."""
    name = plain(given.get("system", ""))
    return (Model(name=name, version=plain(given.get("version", ""))),) if name else ()


def _first(metadata: Metadata, place: str) -> str:
    return next((text.strip() for text in metadata.get(place, ()) if text.strip()), "")


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of IPTC's properties."""
    return [Iptc()]
