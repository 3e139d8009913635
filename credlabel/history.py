"""The earlier credentials that a manifest store holds, and which of them held when they were used.

Whoever opens or places a file records in its ingredient how that file's credential verified then
(C2PA 2.5, section 15.12). Afterwards nobody can check that any more: the bytes it was bound to are
gone. So an earlier credential that did not hold vouches for nothing, whoever signs after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel import terms
from credlabel.manifest import object_in, objects_in

if TYPE_CHECKING:
    from credlabel.credentials import CredentialReading
    from credlabel.model import Json

MAX_HISTORY: Final = 32
"""Most earlier manifests whose records are read from one store."""


@dataclass(frozen=True)
class Earlier:
    """An earlier credential of a file.

    Attributes:
        label: its manifest's, in the store.
        reading: the file's, as if this manifest were the active one.
        held: whether it and every later one verified when it became history.
    """

    label: str
    reading: CredentialReading
    held: bool


def history_of(reading: CredentialReading) -> list[Earlier]:
    """Return the earlier credentials of a file, the nearest first, at most ``MAX_HISTORY``."""
    manifests = object_in(reading.store, "manifests")
    active = reading.store.get("active_manifest")
    held = {active if isinstance(active, str) else "": True}
    order = list(held)
    for label in order:  # grows while it is walked: nearest first
        for ingredient in objects_in(object_in(manifests, label), "ingredients"):
            earlier = ingredient.get("active_manifest")
            if isinstance(earlier, str) and earlier in manifests and earlier not in held:
                held[earlier] = held[label] and has_held(ingredient)
                order.append(earlier)
        if len(order) > MAX_HISTORY:
            break
    return [
        Earlier(
            label=label,
            reading=msgspec.structs.replace(
                reading, store={**reading.store, "active_manifest": label}
            ),
            held=held[label],
        )
        for label in order[1 : MAX_HISTORY + 1]
    ]


def has_held(ingredient: Json) -> bool:
    """Return whether an ingredient's credential verified when it was taken in.

    Nothing speaks against it if nothing was recorded, if its signer was merely untrusted, or if
    an identity that others assert within it (CAWG) failed.
    """
    results = object_in(ingredient, "validation_results")
    recorded = [
        *objects_in(object_in(results, "activeManifest"), "failure"),
        *(
            failure
            for delta in objects_in(results, "ingredientDeltas")
            for failure in objects_in(object_in(delta, "validationDeltas"), "failure")
        ),
        # Before version 3 of the ingredient, one list of everything.
        *(s for s in objects_in(ingredient, "validation_status") if s.get("success") is not True),
    ]
    codes = {str(status.get("code")) for status in recorded} - {terms.UNTRUSTED}
    return all(code.startswith("cawg.") for code in codes)
