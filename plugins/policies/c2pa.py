"""Policies about credentials: *valid*, *trusted* and *disclosed*.

Each demands evidence that is there: a report with less of it never passes where one with more
does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Decision, Integrity, Layer, Origin, Strength, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Evidence, Report

_BROKEN: Final = {
    Integrity.NONE: "It carries no credential.",
    Integrity.TAMPERED: "It is not what was signed.",
    Integrity.UNVERIFIABLE: "Its credential could not be verified.",
}


def _decision(policy: str, problem: str, praise: str) -> Decision:
    return Decision(policy=policy, passed=not problem, reason=problem or praise)


class Valid:
    """Passes what carries a credential that holds: signature, binding and assertions."""

    name = "valid"

    def decide(self, report: Report) -> Decision:
        """Pass what is intact."""
        problem = _BROKEN.get(report.verdict.integrity, "")
        return _decision(self.name, problem, "Its credential holds.")


class Trusted:
    """Passes what *valid* passes, if its signer is on a trust list in use."""

    name = "trusted"

    def decide(self, report: Report) -> Decision:
        """Pass what is intact and signed by somebody trusted."""
        problem = _BROKEN.get(report.verdict.integrity, "")
        if not problem and report.verdict.trust is not Trust.TRUSTED:
            problem = "Its signer is on no trust list in use."
        return _decision(self.name, problem, "Its credential holds, and its signer is trusted.")


class Disclosed:
    """Passes what says how it came about: in a credential that holds, or in its metadata.

    A credential that does not hold discloses nothing, and hides nothing either: a file passes
    neither because of it nor in spite of it. A guess (*inferred* evidence) discloses nothing.
    """

    name = "disclosed"

    def decide(self, report: Report) -> Decision:
        """Pass an origin that is signed, or asserted by anything but a broken credential."""
        stated = [e for e in report.evidence if e.origin is not Origin.UNKNOWN and _counts(e)]
        problem = "" if stated else "Nothing in it that holds says how it came about."
        origin = stated[0].origin.value if stated else ""
        return _decision(self.name, problem, f"It says how it came about: {origin}.")


def _counts(evidence: Evidence) -> bool:
    if evidence.strength is Strength.ASSERTED:
        return evidence.kind is not Layer.CREDENTIAL
    return evidence.strength is Strength.SIGNED


@hookimpl
def credlabel_policies() -> Iterable[Valid | Trusted | Disclosed]:
    """Return the three policies."""
    return (Valid(), Trusted(), Disclosed())
