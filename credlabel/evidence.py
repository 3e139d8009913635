"""What the credential of a file says, as evidence: as strong as its state allows, and no stronger.

A credential that does not verify proves nothing: what it says is merely asserted. So is what a
sound one passes on from an earlier one that did not hold.
"""

from __future__ import annotations

from typing import Final

import msgspec

from credlabel.credentials import CredentialReading, CredentialState
from credlabel.history import Earlier, history_of
from credlabel.manifest import (
    actions_of,
    input_sha256_of,
    object_in,
    objects_in,
    provenance_of,
)
from credlabel.model import Evidence, Json, Layer, Origin, Provenance, Strength
from credlabel.origin import MACHINE_MADE, asserted_origin, origin_of_store

CREDENTIAL_DETECTOR: Final = "c2pa"


def credential_evidence(reading: CredentialReading) -> list[Evidence]:
    """Return what a credential says: the credential first, then what it merely passes on."""
    if not reading.is_present:
        return []
    provenance = provenance_of(reading)
    told = asserted_origin(reading.store)
    if reading.state not in (CredentialState.VALID, CredentialState.TRUSTED):
        return [_evidence(reading, Strength.ASSERTED, told, provenance)]
    vouched = origin_of_store(reading.store)
    if vouched is told or vouched in MACHINE_MADE:
        return [_evidence(reading, Strength.SIGNED, vouched, provenance)]
    # An earlier credential that did not hold says otherwise, or is all that says anything.
    return [
        _evidence(reading, Strength.SIGNED, Origin.UNKNOWN, provenance),
        Evidence(
            detector=CREDENTIAL_DETECTOR,
            kind=Layer.CREDENTIAL,
            strength=Strength.ASSERTED,
            origin=told,
            details={"location": "history", "state": CredentialState.INVALID.value},
        ),
    ]


def _evidence(
    reading: CredentialReading, strength: Strength, origin: Origin, provenance: Provenance
) -> Evidence:
    return Evidence(
        detector=CREDENTIAL_DETECTOR,
        kind=Layer.CREDENTIAL,
        strength=strength,
        origin=origin,
        details=_details(reading, provenance),
        provenance=provenance,
    )


def _details(reading: CredentialReading, provenance: Provenance) -> Json:
    active = reading.active
    signature = object_in(active, "signature_info")
    generators = objects_in(active, "claim_generator_info")
    history = history_of(reading)
    details: Json = {
        "location": "sidecar" if reading.is_detached else "embedded",
        "state": reading.state.value,
        "manifest": reading.store.get("active_manifest"),
        "manifests": len(object_in(reading.store, "manifests")),
        "title": active.get("title"),
        "claim_generator": active.get("claim_generator")
        or next((g.get("name") for g in generators), None),
        "signer": signature.get("common_name"),
        "issuer": signature.get("issuer"),
        "algorithm": signature.get("alg"),
        "signed_at": signature.get("time"),
        "system": provenance.system or _earlier_system(reading, history),
        "input_sha256": input_sha256_of(reading) or None,
        "history": [
            {
                "manifest": each.label,
                "held": each.held,
                **msgspec.to_builtins(provenance_of(each.reading)),
            }
            for each in history
        ]
        or None,
    }
    return {key: value for key, value in details.items() if value is not None}


def _earlier_system(reading: CredentialReading, history: list[Earlier]) -> str | None:
    """Return the generator named by the first manifest that names one, those that held first."""
    manifests = object_in(reading.store, "manifests")
    failed = {each.label for each in history if not each.held}
    for label in sorted(manifests, key=lambda label: label in failed):
        for action in actions_of(object_in(manifests, label)):
            agent = action.get("softwareAgent")
            name = agent.get("name") if isinstance(agent, dict) else agent
            if isinstance(name, str) and name:
                return name
    return None
