"""What clause by clause amounts to: which clauses fail a file, who is exempt, and the decision.

A clause fails a file if it binds, was read at its source, can be shown by a file, and the file
does not show it. Anything less is told, and fails nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from credlabel.errors import ConfigError
from credlabel.exemptions import REGISTER, codes, reason
from credlabel.model import Assessment, Compliance, Decision, Exemption, Origin
from credlabel.triage import speaks_of_ai

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credlabel.exemptions import Declaration, Reason
    from credlabel.hookspecs import Profile
    from credlabel.model import Clause, Report, Situation

LACKING: Final = frozenset(
    {Compliance.NOT_COMPLIANT, Compliance.NOT_FOUND, Compliance.INCONCLUSIVE}
)
_MOST_NAMED: Final = 3


def is_demand(clause: Clause) -> bool:
    """Return whether a clause can fail a file at all."""
    return clause.is_binding and clause.is_primary and clause.is_decidable


def is_failing(assessment: Assessment) -> bool:
    """Return whether this clause alone keeps the file from passing."""
    return is_demand(assessment.clause) and assessment.compliance in LACKING


def decision(
    policy: str, exemption: Exemption | None, assessments: Sequence[Assessment]
) -> Decision:
    """Return the decision of the policy called ``policy``; it names the clauses that fail."""
    if exemption is not None:
        sentence = f"Exempt as {exemption.code}: {exemption.reason}"
        return Decision(
            policy=policy, passed=True, reason=sentence, assessments=tuple(assessments)
        )
    failing = [a for a in assessments if is_failing(a)]
    return Decision(
        policy=policy,
        passed=not failing,
        reason=_failure(failing) if failing else _praise(assessments),
        assessments=tuple(assessments),
    )


def why_nothing(assessments: Sequence[Assessment]) -> str:
    """Return why none of the clauses applies, in sentences: each reason that one has, once."""
    return " ".join(dict.fromkeys(a.reason for a in assessments)) or "It has no clauses."


def _failure(failing: Sequence[Assessment]) -> str:
    first, *others = failing
    sentence = f"{first.clause.identifier}: {first.compliance}. {first.reason}"
    if not others:
        return sentence
    named = "; ".join(f"{a.clause.identifier}: {a.compliance}" for a in others[:_MOST_NAMED])
    more = f"; and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return f"{sentence} Also {named}{more}."


def _praise(assessments: Sequence[Assessment]) -> str:
    counts = Counter(a.compliance for a in assessments)
    if counts[Compliance.NOT_APPLICABLE] == len(assessments):
        return f"Nothing is asked for. {why_nothing(assessments)}"
    lacking = [
        f"{a.clause.identifier}: {a.compliance}"
        for a in assessments
        if a.compliance in (Compliance.NOT_COMPLIANT, Compliance.NOT_FOUND)
    ]
    sentence = "It has all that a file has to show."
    return f"{sentence} Beyond that, {'; '.join(lacking)}." if lacking else sentence


class Appraiser:
    """A profile for one situation, with the exemptions that were declared: a policy like others.

    Args:
        profile: the law or standard.
        situation: whom it is applied to, and when.
        declared: exemptions; the first that covers a file counts. Codes that are no reasons under
            this profile are passed over, so that one configuration serves several; so are those
            that can be none for the file's kind of content.
    """

    def __init__(
        self, profile: Profile, situation: Situation, declared: Iterable[Declaration] = ()
    ) -> None:
        self.name = profile.name
        self.profile = profile
        self.situation = situation
        self._declared = tuple(declared)

    def exemption(self, report: Report) -> Exemption | None:
        """Return why nothing at all is asked for of a file, or None."""
        declaration, known = self._declaration(report)
        if declaration is None or known is None or known.clauses:
            return self.profile.exemption(report, self.situation)
        sentence = declaration.note.strip() or known.sentence
        sentence = sentence if sentence.endswith((".", "!", "?")) else sentence + "."
        if known.is_about_origin and _says_otherwise(report):
            sentence += f" The file itself says otherwise: {report.verdict.origin}."
        return Exemption(code=known.code, reason=sentence)

    def assess(self, report: Report) -> tuple[Assessment, ...]:
        """Return what becomes of each clause; those that an exemption lifts are not applicable."""
        _, known = self._declaration(report)
        assessments = self.profile.assess(report, self.situation)
        if known is None or not known.clauses:
            return assessments
        return tuple(
            Assessment(
                clause=assessment.clause,
                compliance=Compliance.NOT_APPLICABLE,
                reason=f"Exempt as {known.code}: {known.sentence}",
            )
            if assessment.clause.identifier in known.clauses
            else assessment
            for assessment in assessments
        )

    def decide(self, report: Report) -> Decision:
        """Pass what is exempt, and what lacks nothing."""
        return decision(self.name, self.exemption(report), self.assess(report))

    def _declaration(self, report: Report) -> tuple[Declaration | None, Reason | None]:
        for declaration in self._declared:
            known = reason(declaration.code, self.name)
            if known is None or not known.fits(report.subject.media_type):
                continue
            if declaration.covers(report.subject.name):
                return declaration, known
        return None, None


def _says_otherwise(report: Report) -> bool:
    """Return whether the evidence that decides says that AI, or a simulation, took part."""
    origin = report.verdict.origin
    return origin is Origin.SIMULATED or any(
        e.origin is origin and speaks_of_ai(e) for e in report.evidence
    )


def check_declared(
    declared: Iterable[Declaration], profiles: Sequence[Profile] | None = None
) -> None:
    """Refuse codes that are no reasons, under one of ``profiles`` at least if they are given.

    Raises:
        ConfigError: there is one: it would exempt nothing, in silence.
    """
    known = {entry.code for entry in REGISTER}
    if profiles is not None:
        known = {code for profile in profiles for code in codes(profile.name)}
    for declaration in declared:
        if declaration.code not in known:
            raise ConfigError(
                f"{declaration.code!r} is no reason to exempt a file"
                f"{'' if profiles is None else ' here'}.",
                hint=f"The register has: {', '.join(sorted(known))}.",
            )
