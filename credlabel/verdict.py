"""What evidence amounts to: a verdict on separate axes, with contradictions listed.

Evidence is never averaged: the strongest states the origin, and weaker evidence that says
something else becomes a conflict in words. No evidence is ``unknown``, never "human-made".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.model import (
    Evidence,
    Integrity,
    Layer,
    Origin,
    Strength,
    Trust,
    Verdict,
)
from credlabel.triage import triage

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDER: Final = {Strength.SIGNED: 0, Strength.ASSERTED: 1, Strength.INFERRED: 2}


# IPTC has no word for what was simulated: its word for what an algorithm made is none against it.
_COMPATIBLE: Final = frozenset({(Origin.SIMULATED, Origin.ALGORITHMIC)})

_NOTHING: Final = Verdict(
    origin=Origin.UNKNOWN, strength=None, integrity=Integrity.NONE, trust=Trust.NONE, marks=()
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
        triage=triage(evidence),
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
