"""Which evidence speaks of AI, and how a platform has to label content for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credlabel.model import Basis, Layer, Strength, Triage
from credlabel.terms import origin_states_ai, source_type_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Evidence


def speaks_of_ai(evidence: Evidence) -> bool:
    """Return whether evidence says that a trained model made the content, or some of it."""
    stated = evidence.provenance.source_type if evidence.provenance else ""
    return origin_states_ai(evidence.origin, source_type_uri(stated) or "")


def is_broken(evidence: Evidence) -> bool:
    """Return whether evidence is a credential that does not hold, which proves nothing."""
    return evidence.kind is Layer.CREDENTIAL and evidence.strength is not Strength.SIGNED


def triage(evidence: Iterable[Evidence]) -> Triage | None:
    """Return the best reason there is to take content for machine-made, or None."""
    spoken = (e for e in evidence if speaks_of_ai(e) and not is_broken(e))
    return min(map(_reason, spoken), default=None)


def _reason(evidence: Evidence) -> Triage:
    if evidence.basis is Basis.TRACE or evidence.strength is Strength.INFERRED:
        return Triage.SUSPECTED
    return Triage.POSSIBLE if evidence.basis is Basis.DECLARATION else Triage.GENERATED
