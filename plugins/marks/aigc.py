"""The Chinese AIGC label (GB 45438-2025), in all places and spellings that are found.

The label is a JSON object under a name that holds ``AIGC``, in whatever place the container has
for it. Such a name alone means nothing: the label counts with a field that the standard knows.

``Label`` 1 says that content is generated. 2 and 3 say that a platform holds it for possibly
generated, or suspects so: that is somebody's opinion, not the generator's word, so it is reported,
and states no origin. What the reserved fields hold is reported as present, and never as valid: no
published formula verifies all of what is found, and the keys are nobody's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Origin, Provenance, Strength

from ._fields import without_namespaces
from ._foreign import object_of, plain
from ._yaml_map import read_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.hookspecs import Asset, Detector, Metadata
    from credlabel.model import Json

MAX_LABELS: Final = 16
"""Different labels of one file that are reported; the standard allows one."""

_KEY: Final = "AIGC"
_FRONT_MATTER: Final = "markdown:front-matter"
_FIELDS: Final = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
_SERVICE: Final = ("ServiceProvider", "ServiceUser", "Time", "ContentId")
"""Another schema, of Tencent Cloud: it has no label, and is written on what is generated."""
_MEANING: Final = {"1": "generated", "2": "possibly generated", "3": "suspected to be generated"}
_CODE: Final = re.compile(r"0011([0-9A-Z]{18})([12])([0-9A-Z]{4})")
"""A producer's code (TC260-PG-20252A): organisation, its credit code, service, model."""
_SERVICES: Final = {"1": "generation", "2": "propagation"}
_PRODUCERS: Final = {
    "91110102MACQD9K640": "ByteDance (Doubao)",
    "91310104MACE0YX639": "MiniMax",
}
"""Who has a credit code, as far as files with a stated origin tell."""


class _Label(NamedTuple):
    values: Json
    """The known fields that it has, as texts."""
    places: list[str]


class Aigc:
    """Finds the label, wherever it is."""

    name = "aigc"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:  # noqa: ARG002 - the Protocol's
        """Return what each different label says; several of them contradict the standard."""
        labels: dict[str, _Label] = {}
        for place, found in _candidates(asset.metadata):
            values = _known(found)
            if values:
                same = labels.setdefault(json.dumps(values), _Label(values, []))
                if place not in same.places:
                    same.places.append(place)
            if len(labels) == MAX_LABELS:
                break
        conflict = len(labels) > 1
        return [self._evidence(label, conflict=conflict) for label in labels.values()]

    def _evidence(self, label: _Label, *, conflict: bool) -> Evidence:
        values = label.values
        details: Json = {"places": [plain(place) for place in label.places], **values}
        stated = values.get("Label", "")
        is_generated = _states_generation(values)
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
        signed = [name for name in ("ReservedCode1", "ReservedCode2") if _is_signed(values, name)]
        if signed:
            details["SecurityData"] = f"present in {' and '.join(signed)}, not verified"
        if conflict:
            details["conflict"] = "The file has several AIGC labels; the standard allows one."
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


def _candidates(metadata: Metadata) -> Iterator[tuple[str, Json]]:
    """Yield every object that stands where a label may, with its place."""
    fields: dict[str, Json] = {}
    for place, texts in metadata.items():
        if place == _FRONT_MATTER:
            for text in texts:
                yield place, read_map(text, _KEY)
        elif _KEY in place.upper() and _KEY in without_namespaces(place).upper():
            base, slash, field = without_namespaces(place).partition("/")
            if slash:  # a structure of XMP
                fields.setdefault(base, {})[field.rpartition(":")[2]] = texts[0]
                continue
            for text in texts:
                found = object_of(text.strip().removeprefix(_KEY))
                if found is not None:
                    yield place, _unwrapped(found) or found
        else:
            for text in texts:
                if text[:1] == "{" and (f'"{_KEY}"' in text or _SERVICE[0] in text):
                    found = object_of(text) or {}
                    yield place, _unwrapped(found) or _other_schema(found)
    yield from fields.items()


def _unwrapped(found: Json) -> Json:
    """Return what stands in an object under the name AIGC: an object, or its text."""
    inner = found.get(_KEY)
    inner = object_of(inner) if isinstance(inner, str) else inner
    return inner if isinstance(inner, dict) else {}


def _other_schema(found: Json) -> Json:
    """Return an object in a field without the name, if it is whole."""
    return found if all(name in found for name in _SERVICE) else {}


def _known(found: Json) -> Json:
    """Return the fields that a standard knows, in its order; none if there is nothing in them."""
    values: Json = {}
    for name in (*_FIELDS, *_SERVICE):
        value = found.get(name)
        if isinstance(value, dict):
            value = json.dumps(value)
        if name in found:
            values[name] = plain(value).strip()
    return values if any(values.values()) else {}


def _states_generation(values: Json) -> bool:
    """Return whether the label says so: in the standard's way, MiniMax's, or Tencent's."""
    if "Label" in values:
        return values["Label"].upper() in {"1", _KEY}
    return all(name in values for name in _SERVICE)


def _producer(values: Json) -> str:
    given: str = values.get("ContentProducer") or values.get("ServiceProvider", "")
    code = _CODE.fullmatch(given)
    return _PRODUCERS.get(code[1], given) if code else given


def _is_signed(values: Json, name: str) -> bool:
    return "SecurityData" in values.get(name, "")


@hookimpl
def credlabel_detectors() -> list[Detector]:
    """Offer the detector of the AIGC label."""
    return [Aigc()]
