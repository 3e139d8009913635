"""What evidence amounts to: a verdict on separate axes, with contradictions listed.

Evidence is never averaged: the strongest states the origin, and weaker evidence that says
something else becomes a conflict in words. No evidence is ``unknown``, never "human-made".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.manifest import (
    actions_of,
    history_of,
    input_sha256_of,
    object_in,
    objects_in,
    provenance_of,
)
from credlabel.model import (
    Basis,
    Evidence,
    Integrity,
    Json,
    Layer,
    Origin,
    Provenance,
    Strength,
    Triage,
    Trust,
    Verdict,
)
from credlabel.origin import origin_of_store

if TYPE_CHECKING:
    from collections.abc import Sequence

CREDENTIAL_DETECTOR: Final = "c2pa"
_ORDER: Final = {Strength.SIGNED: 0, Strength.ASSERTED: 1, Strength.INFERRED: 2}


# IPTC has no word for what was simulated: its word for what an algorithm made is none against it.
_COMPATIBLE: Final = frozenset({(Origin.SIMULATED, Origin.ALGORITHMIC)})
_SYNTHETIC: Final = frozenset({Origin.GENERATED, Origin.EDITED_WITH_AI})

_NOTHING: Final = Verdict(
    origin=Origin.UNKNOWN, strength=None, integrity=Integrity.NONE, trust=Trust.NONE, marks=()
)


def credential_evidence(reading: CredentialReading) -> Evidence:
    """Return what a credential that was found says, as strong as its state allows.

    A credential that does not verify proves nothing: what it says is merely asserted.
    """
    is_sound = reading.state in (CredentialState.VALID, CredentialState.TRUSTED)
    provenance = provenance_of(reading)
    return Evidence(
        detector=CREDENTIAL_DETECTOR,
        kind=Layer.CREDENTIAL,
        strength=Strength.SIGNED if is_sound else Strength.ASSERTED,
        origin=origin_of_store(reading.store),
        details=_details(reading, provenance),
        provenance=provenance,
    )


def judge(evidence: Sequence[Evidence], reading: CredentialReading) -> Verdict:
    """Return the verdict over all evidence about a file whose credential read as ``reading``."""
    if not evidence and reading.state is CredentialState.ABSENT:  # as with most files there are
        return _NOTHING
    speaking = sorted(
        (e for e in evidence if e.origin is not Origin.UNKNOWN),
        key=lambda e: (_ORDER[e.strength], bool(_covered(e))),  # the more particular word first
    )
    strongest = speaking[0] if speaking else None
    marks = {e.kind for e in evidence}
    if reading.is_present and reading.is_detached:
        marks.add(Layer.SIDECAR)
    return Verdict(
        origin=strongest.origin if strongest else Origin.UNKNOWN,
        strength=strongest.strength if strongest else None,
        integrity=_integrity(reading),
        trust=_trust(reading),
        marks=tuple(layer for layer in Layer if layer in marks) if marks else (),
        conflicts=(*_conflicts(speaking), *_told(evidence)),
        triage=_triage(evidence),
    )


def _integrity(reading: CredentialReading) -> Integrity:
    match reading.state:
        case CredentialState.VALID | CredentialState.TRUSTED:
            return Integrity.INTACT
        case CredentialState.ABSENT | CredentialState.REMOTE:
            return Integrity.NONE
        case CredentialState.INVALID if any(
            finding.code in terms.TAMPERING for finding in reading.failures
        ):
            return Integrity.TAMPERED
    return Integrity.UNVERIFIABLE


def _trust(reading: CredentialReading) -> Trust:
    if not reading.is_present:
        return Trust.NONE
    is_trusted = any(finding.code == terms.TRUSTED for finding in reading.findings)
    return Trust.TRUSTED if is_trusted else Trust.UNTRUSTED


def _conflicts(speaking: Sequence[Evidence]) -> tuple[str, ...]:
    if not speaking:
        return ()
    first = speaking[0]
    return tuple(
        f"{first.detector} ({first.strength}) says {first.origin}, "
        f"but {other.detector} ({other.strength}) says {other.origin}."
        for other in speaking[1:]
        if not _agree(first, other)
    )


def _agree(first: Evidence, other: Evidence) -> bool:
    return (
        other.origin is first.origin
        or (first.origin, other.origin) in _COMPATIBLE
        or first.origin in _covered(other)
        or other.origin in _covered(first)
    )


def _covered(evidence: Evidence) -> tuple[str, ...]:
    """Return the origins for which a mark has one word, if it has."""
    covered = evidence.details.get("covers")
    return tuple(map(str, covered)) if isinstance(covered, list) else ()


def _told(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the contradictions that detectors have seen within what they read."""
    found = []
    for each in evidence:
        told = each.details.get("conflicts")
        found += [str(sentence) for sentence in told] if isinstance(told, list) else []
    return tuple(dict.fromkeys(found))


def _triage(evidence: Sequence[Evidence]) -> Triage | None:
    """Return the best reason there is to take content for machine-made."""
    found = []
    for each in evidence:
        if each.origin not in _SYNTHETIC:
            continue
        if each.basis is Basis.TRACE or each.strength is Strength.INFERRED:
            found.append(Triage.SUSPECTED)
        elif each.basis is Basis.DECLARATION:
            found.append(Triage.POSSIBLE)
        else:
            found.append(Triage.GENERATED)
    return min(found, default=None)


def _details(reading: CredentialReading, provenance: Provenance) -> Json:
    active = reading.active
    signature = object_in(active, "signature_info")
    generators = objects_in(active, "claim_generator_info")
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
        "system": provenance.system or _earlier_system(reading),
        "input_sha256": input_sha256_of(reading) or None,
        "history": [
            {"manifest": label, **msgspec.to_builtins(provenance_of(earlier))}
            for label, earlier in history_of(reading)
        ]
        or None,
    }
    return {key: value for key, value in details.items() if value is not None}


def _earlier_system(reading: CredentialReading) -> str | None:
    """Return the generator named by the first manifest of the history that names one."""
    manifests = object_in(reading.store, "manifests")
    for manifest in (object_in(manifests, label) for label in manifests):
        for action in actions_of(manifest):
            agent = action.get("softwareAgent")
            name = agent.get("name") if isinstance(agent, dict) else agent
            if isinstance(name, str) and name:
                return name
    return None
