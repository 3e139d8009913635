"""A law as a table of clauses: which apply to a case, and what becomes of each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.compliance import decision
from credlabel.exemptions import CONFIGURATION, SOURCE_CODE, codes, reason
from credlabel.model import Assessment, Clause, Compliance, Exemption, Situation

from ._evidence import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.model import Decision, Report

    from ._evidence import Answer

READ: Final = date(2026, 11, 22)
"""The day on which the texts were compiled."""

_CONFIGURATION: Final = frozenset(
    {
        "application/graphql",
        "application/manifest+json",
        "application/toml",
        "application/yaml",
        "text/x-ini",
        "text/x-java-properties",
        "text/x-terraform",
    }
)
_CODE: Final = frozenset(
    {
        "application/javascript",
        "application/sql",
        "application/x-php",
        "application/xslt+xml",
        "text/css",
        "text/javascript",
        "text/jsx",
        "text/tsx",
    }
)
_NO_CODE: Final = frozenset(
    {"text/x-config", "text/x-log", "text/x-setext", "text/x-sgml", "text/x-vcard"}
)


class Rule(NamedTuple):
    """One clause, and how it is judged.

    ``excused`` returns why it is not applicable to a case, or nothing; it may look at the file's
    kind and at the situation, and at no evidence.
    """

    identifier: str
    requirement: str
    source: str
    judge: Callable[[Case], Answer]
    excused: Callable[[Case], str]
    is_primary: bool = True
    is_binding: bool = True
    is_decidable: bool = True
    binds_signatories: bool = False
    """Whether it binds those who signed it, and nobody else."""


class ClauseByClause:
    """What all profiles have in common. A profile names itself, its title and its rules."""

    name: str
    title: str
    rules: tuple[Rule, ...]

    def marks(self, situation: Situation) -> tuple[str, ...]:  # noqa: ARG002 - the Protocol's
        """Return the names of the markers whose marks a label needs."""
        return ()

    def required(self, situation: Situation) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return the fields of the record without which a label does not do."""
        return frozenset()

    def exemption(self, report: Report, situation: Situation) -> Exemption | None:  # noqa: ARG002 - the Protocol's
        """Return why nothing is asked for of such a file: what its media type tells."""
        code = code_of(report.subject.media_type)
        known = reason(code, self.name) if code in codes(self.name) else None
        return None if known is None else Exemption(code=known.code, reason=known.sentence)

    def assess(self, report: Report, situation: Situation) -> tuple[Assessment, ...]:
        """Return what becomes of each clause."""
        case = Case(report, situation)
        return tuple(_assessed(rule, case) for rule in self.rules)

    def decide(self, report: Report) -> Decision:
        """Decide for a provider, by the law as it will be."""
        situation = Situation()
        return decision(
            self.name, self.exemption(report, situation), self.assess(report, situation)
        )


def code_of(media_type: str) -> str:
    """Return the code of the exemption that a media type tells, or nothing.

    Data as JSON or XML is not among them: it may be configuration, and it may be a book. Nor is
    what is merely called ``.conf`` or ``.cfg``, which has no form of its own.

    >>> code_of("text/x-python"), code_of("application/toml"), code_of("text/html")
    ('source-code', 'markup-config', '')
    """
    if media_type in _CONFIGURATION:
        return CONFIGURATION
    is_code = media_type.startswith("text/x-") and media_type not in _NO_CODE
    return SOURCE_CODE if is_code or media_type in _CODE else ""


def not_before(start: date, situation: Situation, *, by: str = "") -> str:
    """Return why a duty that begins on ``start``, ``by`` some article, is none yet, or nothing."""
    if situation.as_of is None or situation.as_of >= start:
        return ""
    return f"It applies from {start.isoformat()}{f' ({by})' if by else ''}."


def _assessed(rule: Rule, case: Case) -> Assessment:
    excuse = rule.excused(case)
    compliance, why = (Compliance.NOT_APPLICABLE, excuse) if excuse else rule.judge(case)
    clause = Clause(
        identifier=rule.identifier,
        requirement=rule.requirement,
        source=rule.source,
        read=READ,
        is_primary=rule.is_primary,
        is_binding=case.situation.is_signatory if rule.binds_signatories else rule.is_binding,
        is_decidable=rule.is_decidable,
    )
    return Assessment(clause=clause, compliance=compliance, reason=why)
