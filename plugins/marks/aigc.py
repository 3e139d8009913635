"""The Chinese AIGC label (GB 45438-2025), in all places and spellings that are found.

``Label`` 1 says that content is generated. 2 and 3 say that a platform holds it for possibly
generated, or suspects so: that is somebody's opinion, not the generator's word, so it is reported,
and states no origin. What the reserved fields hold is reported as present, and never as valid: no
published formula verifies all of what is found, and the keys are nobody's.

Label 1 does not tell what was generated from what a model edited: it contradicts neither.

Two markers write it: ``aigc`` for who generates content, ``aigc-propagator`` for a platform.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Origin, Provenance, Strength

from ._aigc_label import labels_in, states_generation
from ._aigc_marking import AigcMarker, AigcPropagatorMarker
from ._foreign import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.hookspecs import Asset, Detector, MetadataMarker
    from credlabel.model import Json

MAX_LABELS: Final = 16
"""Different labels of one file that are reported; the standard allows one."""
MAX_KEYS: Final = 32

_MEANING: Final = {"1": "generated", "2": "possibly generated", "3": "suspected to be generated"}
_COVERED: Final = (Origin.GENERATED, Origin.EDITED_WITH_AI, Origin.COMPOSITE)
"""What ``Label`` 1 is put on: the standard has one word for what AI generated or synthesised."""
_CODE: Final = re.compile(r"0011([0-9A-Z]{18})([12])([0-9A-Z]{4})")
"""A producer's code (TC260-PG-20252A): organisation, its credit code, service, model."""
_SERVICES: Final = {"1": "generation", "2": "propagation"}
_PRODUCERS: Final = {
    "91110102MACQD9K640": "ByteDance (Doubao)",
    "91310104MACE0YX639": "MiniMax",
}
"""Who has a credit code, as far as files with a stated origin tell."""
_JSON_TYPES: Final = {dict: "object", list: "array", bool: "boolean", type(None): "null"}


class _Label(NamedTuple):
    values: Json
    """The known fields that it has, as texts."""
    raw: Json
    """As it stands in the first place."""
    places: list[str]


class Aigc:
    """Finds the label, wherever it is."""

    name = "aigc"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return what each different label says; several of them contradict the standard."""
        labels: dict[str, _Label] = {}
        for found in labels_in(asset.metadata):
            same = labels.setdefault(json.dumps(found.values), _Label(found.values, found.raw, []))
            if found.name not in same.places:
                same.places.append(found.name)
            if len(labels) == MAX_LABELS:
                break
        conflicts = _conflicts(list(labels.values()))
        return [self._evidence(label, conflicts) for label in labels.values()]

    def _evidence(self, label: _Label, conflicts: list[str]) -> Evidence:
        values = {name: plain(value) for name, value in label.values.items()}
        details: Json = {"places": [plain(place) for place in label.places], **values}
        stated = values.get("Label", "")
        is_generated = states_generation(label.values)
        if is_generated:
            details["covers"] = [origin.value for origin in _COVERED]
        if stated:
            details["meaning"] = _MEANING.get(stated, "not a value of the standard")
        for who in ("ContentProducer", "ContentPropagator"):
            code = _CODE.fullmatch(values.get(who, ""))
            if code:
                details[f"{who}Code"] = {
                    "credit_code": code[1],
                    "service": _SERVICES[code[2]],
                    "model": code[3],
                }
        details["order"] = [plain(key) for key in label.raw][:MAX_KEYS]
        types = {
            key: _JSON_TYPES.get(type(label.raw.get(key)), "number")
            for key in values
            if not isinstance(label.raw.get(key), str)
        }
        if types:
            details["types"] = types
        signed = [
            name
            for name in ("ReservedCode1", "ReservedCode2")
            if "SecurityData" in label.values.get(name, "")
        ]
        if signed:
            details["SecurityData"] = f"present in {' and '.join(signed)}, not verified"
        if conflicts:
            details["conflicts"] = conflicts
        return Evidence(
            detector=self.name,
            kind=Layer.METADATA,
            strength=Strength.ASSERTED,
            origin=Origin.GENERATED if is_generated else Origin.UNKNOWN,
            details=details,
            provenance=Provenance(
                provider=_producer(values),
                identifier=values.get("ProduceID") or values.get("ContentId", ""),
            ),
        )


def _conflicts(labels: list[_Label]) -> list[str]:
    """Return in words where labels differ: each from the first."""
    return [
        f"{_said_by(labels[0])}, but {_said_by(other)}; a file may have one AIGC label."
        for other in labels[1:]
    ]


def _said_by(label: _Label) -> str:
    said = ", ".join(
        f"{name} {plain(label.values[name], 100)}"
        for name in ("Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")
        if label.values.get(name)
    )
    return f"{plain(label.places[0], 100)} says {said or 'nothing of the standard'}"


def _producer(values: Json) -> str:
    given: str = values.get("ContentProducer") or values.get("ServiceProvider", "")
    code = _CODE.fullmatch(given)
    return _PRODUCERS.get(code[1], given) if code else given


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of the AIGC label."""
    return [Aigc()]


@hookimpl
def credlabel_markers() -> list[MetadataMarker]:
    """Offer the producer's marker and the platform's."""
    return [AigcMarker(), AigcPropagatorMarker()]
