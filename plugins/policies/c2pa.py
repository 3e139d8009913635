"""Policies about credentials: *valid*, *trusted* and *disclosed*.

Each demands evidence that is there: a report with less of it never passes where one with more
does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Decision, Integrity, Origin, Strength, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Report

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
        problem = _BROKEN.get(report.verdict.integrity, "")
        return _decision(self.name, problem, "Its credential holds.")


class Trusted:
    """Passes what *valid* passes, if its signer is on a trust list in use."""

    name = "trusted"

    def decide(self, report: Report) -> Decision:
        problem = _BROKEN.get(report.verdict.integrity, "")
        if not problem and report.verdict.trust is not Trust.TRUSTED:
            problem = "Its signer is on no trust list in use."
        return _decision(self.name, problem, "Its credential holds, and its signer is trusted.")


class Disclosed:
    """Passes what says, signed or in its metadata, how it came about, and is not tampered with.

    A guess (*inferred* evidence) discloses nothing.
    """

    name = "disclosed"

    def decide(self, report: Report) -> Decision:
        verdict = report.verdict
        problem = ""
        if verdict.integrity in (Integrity.TAMPERED, Integrity.UNVERIFIABLE):
            problem = _BROKEN[verdict.integrity]
        elif verdict.origin is Origin.UNKNOWN or verdict.strength is None:
            problem = "Nothing in it says how it came about."
        elif verdict.strength is Strength.INFERRED:
            problem = "How it came about is only a guess."
        return _decision(self.name, problem, f"It says how it came about: {verdict.origin.value}.")


@hookimpl
def credlabel_policies() -> Iterable[Valid | Trusted | Disclosed]:
    """Return the three policies."""
    return (Valid(), Trusted(), Disclosed())
