"""Writes the AIGC label: the producer's, and what a platform adds to it.

GB 45438-2025, 6.1: a file has one label. So one that is there is replaced, wherever it stands; and
where it can't be taken away, there is no second.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import ConfigError, LabelError
from credlabel.files import show
from credlabel.terms import states_ai
from credlabel.triage import triage

from ._aigc_label import FIELDS, KEY, json_text, labels_in, place_for, states_generation
from ._foreign import object_of
from ._saying import is_writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credlabel.hookspecs import Asset, Metadata
    from credlabel.model import Json, Provenance

    from ._aigc_label import Found

GENERATED: Final = "1"
SUSPECTED: Final = "3"

_ALLOWED: Final = re.compile(r"[!-\[\]-~]+")
"""Annex E, j: 0x21, 0x23 to 0x5B, 0x5D to 0x7E, and quotation marks, which JSON escapes."""


class AigcMarker:
    """Writes the label of who generated the content.

    At first, the propagator is the producer (Annex E, note 1). The producer's own label on the
    file stays as it is.
    """

    name = "aigc"
    required = frozenset({"provider", "identifier"})

    def fields(self, asset: Asset, places: frozenset[str], provenance: Provenance) -> Metadata:
        """Return the label; none for content that is not said to be a model's, nor without place.

        Where the record does not say whose model, somebody else generated the content, and the
        label is theirs to write.

        Raises:
            LabelError: a label stands where it can't be replaced.
            ConfigError: the provider or the identifier has letters that a label can't hold.
        """
        place = place_for(asset.media_type, places)
        if not place or not states_ai(provenance.source_type):
            return {}
        if not (provenance.provider or provenance.identifier):
            return {}
        producer, identifier = _producer_of(provenance)
        found = list(labels_in(asset.metadata))
        own = [label for label in found if label.values.get("ContentProducer") == producer]
        before = _best(own, place).values if own else {}
        identifier = before.get("ProduceID") or identifier
        label = {
            "Label": GENERATED,
            "ContentProducer": producer,
            "ProduceID": identifier,
            "ReservedCode1": before.get("ReservedCode1", ""),
            "ContentPropagator": before.get("ContentPropagator") or producer,
            "PropagateID": before.get("PropagateID") or identifier,
            "ReservedCode2": before.get("ReservedCode2", ""),
        }
        return _written(asset.metadata, places, place, label, found)


class AigcPropagatorMarker:
    """Writes what a platform adds: its own name and number, and a label where there is none.

    Measures for Labeling AI-Generated Content, Art. 6: content that has an implicit label is
    generated (1); content that somebody declares to be may be (2); content with traces of
    generation is suspected to be (3).
    """

    name = "aigc-propagator"
    required = frozenset({"provider", "identifier"})

    def fields(self, asset: Asset, places: frozenset[str], provenance: Provenance) -> Metadata:
        """Return the label; none for content in which nothing speaks of AI, nor without place.

        Raises:
            LabelError: a label stands where it can't be replaced.
            ConfigError: the provider or the identifier has letters that a label can't hold.
        """
        place = place_for(asset.media_type, places)
        found = list(labels_in(asset.metadata)) if place else []
        label: dict[str, str] = dict.fromkeys(FIELDS, "")
        if found:
            label |= _as_label(_best(found, place).values)
        elif place:
            reason = triage(asset.evidence)
            label["Label"] = str(reason.value) if reason else ""
        if not any(label.values()):
            return {}
        propagator, identifier = _producer_of(provenance)
        if label["ContentPropagator"] != propagator or not label["PropagateID"]:
            label |= {
                "ContentPropagator": propagator,
                "PropagateID": identifier,
                "ReservedCode2": "",
            }
        return _written(asset.metadata, places, place, label, found)


def _producer_of(record: Provenance) -> tuple[str, str]:
    """Return the provider and the identifier, in letters that a label can hold."""
    if not _ALLOWED.fullmatch(record.provider):
        raise ConfigError(
            f"The AIGC label can't name the provider {show(record.provider)!r}: it holds ASCII"
            " letters, digits and punctuation, without spaces.",
            hint="Give the provider's code of 27 letters and digits: --provider 0011...",
        )
    if not _ALLOWED.fullmatch(record.identifier):
        raise ConfigError(
            f"The AIGC label can't hold the identifier {show(record.identifier)!r}.",
            hint="Use ASCII letters, digits and punctuation, without spaces.",
        )
    return record.provider, record.identifier


def _best(found: list[Found], place: str) -> Found:
    """Return which of several labels counts: one that states generation, then the place."""
    return min(found, key=lambda each: (not states_generation(each.values), each.name != place))


def _as_label(values: Json) -> dict[str, str]:
    """Return the standard's fields, also of a label in Tencent's other schema."""
    label: dict[str, str] = {name: values[name] for name in FIELDS if name in values}
    label.setdefault("Label", GENERATED if states_generation(values) else SUSPECTED)
    label.setdefault("ContentProducer", values.get("ServiceProvider", ""))
    label.setdefault("ProduceID", values.get("ContentId", ""))
    return label


def _written(
    metadata: Metadata,
    places: frozenset[str],
    place: str,
    label: Mapping[str, str],
    found: list[Found],
) -> Metadata:
    """Return the changes after which ``label``, in its place, is the only one in the file."""
    changes: dict[str, tuple[str, ...]] = {}
    for each in found:
        if each.name == place:
            continue
        if not is_writable(each.name, places):
            raise LabelError(
                f"The file has an AIGC label in {each.name}, where it can't be changed, and it"
                f" must not have another one in {place}."
            )
        texts = changes.get(each.name, metadata.get(each.name, ()))
        rest = _without_label(each)
        kept = ((rest,) if text == each.text else (text,) for text in texts)
        changes[each.name] = tuple(text for some in kept for text in some if text)
    changes[place] = (_text_of(label, metadata.get(place, ())),)
    return changes


def _text_of(label: Mapping[str, str], existing: tuple[str, ...]) -> str:
    """Return the label as text; as it stands there if that is the same."""
    if len(existing) == 1:
        found = object_of(existing[0])
        if found is not None and list(found.items()) == list(label.items()):
            return existing[0]
    return json.dumps(label, ensure_ascii=False, separators=(",", ":"))


def _without_label(found: Found) -> str:
    """Return what else stands in the field: other keys of an object in which the label is one."""
    whole = object_of(found.text) or {}
    rest = {key: value for key, value in whole.items() if key != KEY}
    return json_text(rest) if rest and KEY in whole else ""
