"""How far a law or standard is met by many files: counts, by layer, by format and by clause.

Reports are counted as they arrive and not kept, so a million files take no more memory than ten.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.compliance import decision, is_failing, why_nothing
from credlabel.model import Answer, Assessment, Clause, Compliance, Decision, Exemption, Situation
from credlabel.scan import UNREADABLE, UNVERIFIED

if TYPE_CHECKING:
    from credlabel.compliance import Appraiser
    from credlabel.model import Report

NO_LAYER: Final = "none"
"""The layer of files that carry no mark."""
NOT_APPLICABLE: Final = "not-applicable"
"""The reason code of files of which no clause asks anything."""


class Standing(StrEnum):
    """What becomes of a file. ``exempt``: nothing is asked of it."""

    MARKED = "marked"
    EXEMPT = "exempt"
    FAILING = "failing"
    UNREAD = "unread"


class Tally(Answer, frozen=True, kw_only=True):
    """How many files there are of each standing."""

    files: int = 0
    marked: int = 0
    exempt: int = 0
    failing: int = 0
    unread: int = 0


class ClauseTally(Answer, frozen=True, kw_only=True):
    """What became of one clause, over all files that were read and are not exempt."""

    clause: Clause
    compliant: int = 0
    not_compliant: int = 0
    not_found: int = 0
    inconclusive: int = 0
    not_applicable: int = 0


class Coverage(Answer, frozen=True, kw_only=True):
    """The counts. A file with marks in several layers is counted under each of them."""

    profile: str
    title: str
    situation: Situation
    total: Tally
    layers: dict[str, Tally]
    formats: dict[str, Tally]
    exemptions: dict[str, int]
    clauses: tuple[ClauseTally, ...]


class Entry(NamedTuple):
    """What becomes of one file, and by which clause if it fails."""

    standing: Standing
    decision: Decision
    exemption: Exemption | None = None
    failing: Assessment | None = None


class Counter:
    """Counts files under one profile.

    Args:
        appraiser: the profile, for one situation, with the exemptions declared.
    """

    def __init__(self, appraiser: Appraiser) -> None:
        self._appraiser = appraiser
        self._total = _Counts()
        self._layers: dict[str, _Counts] = {}
        self._formats: dict[str, _Counts] = {}
        self._exemptions: dict[str, int] = {}
        self._clauses: dict[Clause, dict[Compliance, int]] = {}

    def add(self, report: Report) -> Entry:
        """Count one file and return what becomes of it."""
        entry = appraise(self._appraiser, report)
        layers = report.verdict.marks or (NO_LAYER,)
        media_type = report.subject.media_type or "unknown"
        for counts in (
            self._total,
            self._formats.setdefault(media_type, _Counts()),
            *(self._layers.setdefault(str(layer), _Counts()) for layer in layers),
        ):
            counts.add(entry.standing)
        if entry.exemption is not None:
            code = entry.exemption.code
            self._exemptions[code] = self._exemptions.get(code, 0) + 1
        elif entry.standing is not Standing.UNREAD:
            for assessment in entry.decision.assessments:
                outcomes = self._clauses.setdefault(assessment.clause, {})
                outcomes[assessment.compliance] = outcomes.get(assessment.compliance, 0) + 1
        return entry

    def coverage(self) -> Coverage:
        """Return the counts of all files so far."""
        profile = self._appraiser.profile
        return Coverage(
            profile=profile.name,
            title=profile.title,
            situation=self._appraiser.situation,
            total=self._total.tally(),
            layers={name: self._layers[name].tally() for name in sorted(self._layers)},
            formats={name: self._formats[name].tally() for name in sorted(self._formats)},
            exemptions={code: self._exemptions[code] for code in sorted(self._exemptions)},
            clauses=tuple(
                ClauseTally(
                    clause=clause,
                    compliant=outcomes.get(Compliance.COMPLIANT, 0),
                    not_compliant=outcomes.get(Compliance.NOT_COMPLIANT, 0),
                    not_found=outcomes.get(Compliance.NOT_FOUND, 0),
                    inconclusive=outcomes.get(Compliance.INCONCLUSIVE, 0),
                    not_applicable=outcomes.get(Compliance.NOT_APPLICABLE, 0),
                )
                for clause, outcomes in self._clauses.items()
            ),
        )


def appraise(appraiser: Appraiser, report: Report) -> Entry:
    """Return what becomes of one file. One that could not be read is neither met nor failed."""
    exemption = appraiser.exemption(report)
    assessments = appraiser.assess(report)
    decided = decision(appraiser.name, exemption, assessments)
    if any(finding.code in (UNREADABLE, UNVERIFIED) for finding in report.findings):
        return Entry(Standing.UNREAD, decided)
    if exemption is not None:
        return Entry(Standing.EXEMPT, decided, exemption)
    if not decided.passed:
        return Entry(Standing.FAILING, decided, failing=next(filter(is_failing, assessments)))
    if all(a.compliance is Compliance.NOT_APPLICABLE for a in assessments):
        exemption = Exemption(code=NOT_APPLICABLE, reason=why_nothing(assessments))
        return Entry(Standing.EXEMPT, decided, exemption)
    return Entry(Standing.MARKED, decided)


class _Counts:
    """A tally that grows."""

    def __init__(self) -> None:
        self._by_standing = dict.fromkeys(Standing, 0)

    def add(self, standing: Standing) -> None:
        self._by_standing[standing] += 1

    def tally(self) -> Tally:
        counts = {standing.value: count for standing, count in self._by_standing.items()}
        return Tally(files=sum(counts.values()), **counts)
