"""The traces that generators leave in their files: parameters, graphs, names, hidden texts.

What all fields of a file say becomes one piece of evidence: they mostly repeat each other, in the
ways of the programs that a file went through. The most telling field is heard first. Everything
here is *asserted*: anybody can type it, and nothing of it is a statistical guess.

A generator's own parameters, its graph, or its name in a field where programs sign all say that
content was generated; if they tell that an existing picture was worked on, edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from credlabel.hookspecs import hookimpl
from credlabel.model import Basis, Evidence, Layer, Origin, Provenance, Strength

from ._a1111 import a1111_traces
from ._camera import camera_claim
from ._comfyui import comfyui_traces
from ._dialects import dialect_traces
from ._fields import Fields
from ._foreign import models_of, object_of, plain, prompts_of
from ._names import name_traces
from ._novelai import novelai_traces
from ._samsung import samsung_traces
from ._stealth import stealth_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.hookspecs import Asset, Detector, Metadata
    from credlabel.model import Json

    from ._trace import Trace

_HIDDEN = "pixels"
"""The place of what is hidden in the lowest bits of a picture."""


class Generators:
    """Finds the traces of generators."""

    name = "generators"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:
        """Return what they amount to: one piece of evidence, or none."""
        metadata = asset.metadata
        traces = traces_in(metadata) if metadata else []
        text = stealth_text(source, asset.media_type, is_in_doubt=not traces)
        if text:
            traces += traces_in(_hidden(text))
        return [_evidence(traces, metadata)] if traces else []


def traces_in(metadata: Metadata) -> list[Trace]:
    """Return what every field says that a generator wrote, the most telling first."""
    fields = Fields(metadata)
    return [
        *dialect_traces(fields),
        *novelai_traces(fields),
        *a1111_traces(fields),
        *comfyui_traces(fields),
        *samsung_traces(fields),
        *name_traces(metadata, fields),
    ]


def _hidden(text: str) -> Metadata:
    """Return a hidden text as the fields that it stands for."""
    found = object_of(text)
    if found is None:
        return {f"{_HIDDEN}:parameters": (text,)}
    named = {key: value for key, value in found.items() if isinstance(value, str)}
    return {f"{_HIDDEN}:{key}": (value,) for key, value in named.items()}


def _evidence(traces: list[Trace], metadata: Metadata) -> Evidence:
    settings: dict[str, str] = {}
    for trace in traces:
        for key, value in trace.settings.items():
            settings.setdefault(key, plain(value))
    main = next((trace for trace in traces if trace.system), traces[0])
    system = main.system or main.guess
    systems = dict.fromkeys(trace.system for trace in traces if trace.system)
    origin = _origin(traces)
    camera = camera_claim(metadata)
    negative = prompts_of(_first(trace.negative_prompts for trace in traces))
    details: Json = {
        "system": system,
        "basis": main.basis,
        "places": list(dict.fromkeys(plain(trace.place) for trace in traces)),
        "systems": list(systems) if len(systems) > 1 else [],
        "settings": settings,
        "negative_prompts": [prompt.text or prompt.sha256 for prompt in negative],
        "camera": camera,
        "conflicts": _conflicts(camera, main, origin),
    }
    return Evidence(
        detector=Generators.name,
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        basis=Basis.TRACE,
        origin=origin,
        details={key: value for key, value in details.items() if value},
        provenance=Provenance(
            provider=plain(_provider(traces, main)),
            system=plain(system),
            system_version=plain(main.version),
            models=models_of(_first(trace.models for trace in traces)),
            prompts=prompts_of(_first(trace.prompts for trace in traces)),
            identifier=plain(next((t.identifier for t in traces if t.identifier), "")),
        ),
    )


def _provider(traces: list[Trace], main: Trace) -> str:
    """Return who runs the system; not who runs another program that the file went through."""
    same = (trace for trace in traces if trace.system in ("", main.system))
    return next((trace.provider for trace in same if trace.provider), "")


def _conflicts(camera: str, main: Trace, origin: Origin) -> list[str]:
    """Return in words that a camera and a generator both claim a picture as theirs.

    A generator that says that it worked on an existing picture contradicts no camera.
    """
    if not camera or origin is not Origin.GENERATED:
        return []
    maker = plain(main.system or main.guess, 100) or "a generator"
    place = plain(main.place, 100)
    return [f"Exif says that a {camera} took it, but {place} says that {maker} made it."]


def _first(texts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the texts of the first trace that has any: the others repeat them."""
    return next((each for each in texts if any(text.strip() for text in each)), ())


def _origin(traces: list[Trace]) -> Origin:
    """Return the most particular origin: that a picture was edited is not said without reason."""
    origins = {trace.origin for trace in traces}
    for origin in (Origin.EDITED_WITH_AI, Origin.GENERATED):
        if origin in origins:
            return origin
    return Origin.UNKNOWN


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of generators' traces."""
    return [Generators()]
