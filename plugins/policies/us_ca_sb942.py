"""California's AI Transparency Act (SB 942, as amended by AB 853): the latent disclosure.

Business and Professions Code 22757 to 22757.6. It is about pictures, video and sound, and about
providers with more than a million users a month. Large platforms have their duties from 2027.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Compliance, Layer, Role, Strength

from ._clauses import ClauseByClause, Rule, not_before
from ._evidence import CREDENTIAL, Kind, counts, detail, told, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from credlabel.model import Evidence, Situation

    from ._evidence import Answer, Case

OPERATIVE: Final = date(2026, 8, 2)
PLATFORMS: Final = date(2027, 1, 1)
MANY_USERS: Final = 1_000_000
LARGE_PLATFORM: Final = 2_000_000

_STATUTE: Final = "California Business and Professions Code, section 22757.3(b)"
_PLATFORM_STATUTE: Final = "California Business and Professions Code, section 22757.3.1"
_STANDARDS: Final = {CREDENTIAL: "C2PA", "iptc": "IPTC Photo Metadata"}
"""Standards of the whole industry, by the detectors of the marks that follow them."""


# ---------------------------------------------------------------------------- whom, and when


def _no_provider(case: Case) -> str:
    situation = case.situation
    if situation.role is not Role.PROVIDER:
        return f"It is for providers of AI systems, and not for a {situation.role}."
    return (
        _too_small(situation, MANY_USERS) or _other_kind(case) or not_before(OPERATIVE, situation)
    )


def _no_platform(case: Case) -> str:
    situation = case.situation
    if situation.role is not Role.PLATFORM:
        return f"It is for large online platforms, and not for a {situation.role}."
    return (
        _too_small(situation, LARGE_PLATFORM)
        or _other_kind(case)
        or not_before(PLATFORMS, situation)
    )


def _too_small(situation: Situation, threshold: int) -> str:
    users = situation.monthly_users
    if users is None or users > threshold:
        return ""
    return f"It is for those with more than {threshold:,} users a month."


def _other_kind(case: Case) -> str:
    if case.kind in (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO):
        return ""
    return "It is about pictures, video and sound only."


# ---------------------------------------------------------------------------- what is asked


def _says(case: Case, what: str, found: Callable[[Evidence], bool]) -> Answer:
    """Return whether some mark conveys ``what``, itself or behind a link."""
    for mark in case.marks:
        if found(mark):
            return Compliance.COMPLIANT, f"{told(mark, first=True)} conveys {what}."
    if not case.marks:
        return case.lack()
    if any(any(values(mark, "verify_uri")) for mark in case.marks):
        return (
            Compliance.INCONCLUSIVE,
            f"Its marks do not convey {what}; the page they link to may, and was not opened.",
        )
    return Compliance.NOT_FOUND, f"Its marks do not convey {what}."


def _provider(case: Case) -> Answer:
    return _says(case, "the name of the provider", _names_provider)


def _names_provider(mark: Evidence) -> bool:
    """Return whether a mark names the provider, or was signed in the name of somebody."""
    if any(values(mark, "provider")):
        return True
    from credlabel.certificates import DEVELOPMENT_ORGANIZATION  # noqa: PLC0415 - loads cryptography

    signed_for = detail(mark, "issuer") if mark.strength is Strength.SIGNED else ""
    return signed_for not in ("", DEVELOPMENT_ORGANIZATION)


def _system(case: Case) -> Answer:
    return _says(
        case,
        "the name and the version of the system",
        lambda mark: any(values(mark, "system")) and any(values(mark, "system_version")),
    )


def _time(case: Case) -> Answer:
    return _says(
        case,
        "the time of its creation",
        lambda mark: (
            any(values(mark, "created"))
            or (mark.strength is Strength.SIGNED and bool(detail(mark, "signed_at")))
        ),
    )


def _identifier(case: Case) -> Answer:
    return _says(
        case,
        "a unique identifier",
        lambda mark: (
            any(values(mark, "identifier"))
            or (mark.strength is Strength.SIGNED and bool(detail(mark, "manifest")))
        ),
    )


def _detectable(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    return Compliance.COMPLIANT, f"{told(case.marks[0], first=True)} was detected."


def _standard(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    for mark in case.marks:
        standard = _STANDARDS.get(mark.detector)
        if standard:
            why = f"{told(mark, first=True)} follows {standard}, a widely accepted standard."
            return Compliance.COMPLIANT, why
    return (
        Compliance.INCONCLUSIVE,
        f"Whether {told(case.marks[0])} follows a widely accepted standard is open.",
    )


def _permanent(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    if any(mark.kind is Layer.WATERMARK for mark in case.marks):
        return Compliance.INCONCLUSIVE, "How well the watermark survives is not seen in one file."
    return (
        Compliance.INCONCLUSIVE,
        "Metadata can be removed; whether anything firmer was feasible is not seen in a file.",
    )


def _kept(case: Case) -> Answer:
    """Return whether there is something: what was taken away is seen before and after."""
    if any(counts(e) for e in case.report.evidence):
        return Compliance.COMPLIANT, "Its provenance data is there."
    compliance, why = case.lack()
    if compliance is Compliance.NOT_FOUND:
        return (
            Compliance.INCONCLUSIVE,
            "It has no provenance data; 'credlabel diff' tells whether it had.",
        )
    return compliance, why


def _shown(_: Case) -> Answer:
    return Compliance.INCONCLUSIVE, "What a platform shows its users is not in the file."


# ---------------------------------------------------------------------------- the profile


class TransparencyAct(ClauseByClause):
    """Sections 22757.3(b) and 22757.3.1, clause by clause."""

    name = "us-ca-sb942"
    title = "California AI Transparency Act (SB 942, AB 853)"
    rules = (
        Rule(
            "22757.3(b)(1)(A)",
            "The latent disclosure conveys the name of the covered provider.",
            _STATUTE,
            _provider,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(1)(B)",
            "It conveys the name and the version number of the generating system.",
            _STATUTE,
            _system,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(1)(C)",
            "It conveys the time and date of the creation or alteration.",
            _STATUTE,
            _time,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(1)(D)",
            "It conveys a unique identifier.",
            _STATUTE,
            _identifier,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(2)",
            "It is detectable by the provider's detection tool.",
            _STATUTE,
            _detectable,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(3)",
            "It is consistent with widely accepted industry standards.",
            _STATUTE,
            _standard,
            _no_provider,
        ),
        Rule(
            "22757.3(b)(4)",
            "It is permanent or extraordinarily difficult to remove, as far as feasible.",
            _STATUTE,
            _permanent,
            _no_provider,
            is_decidable=False,
        ),
        Rule(
            "22757.3.1, kept",
            "A large platform does not knowingly strip provenance data or signatures.",
            _PLATFORM_STATUTE,
            _kept,
            _no_platform,
        ),
        Rule(
            "22757.3.1, shown",
            "It shows whether there is provenance data, of which system, and if it is signed.",
            _PLATFORM_STATUTE,
            _shown,
            _no_platform,
            is_decidable=False,
        ),
    )

    def marks(self, situation: Situation) -> tuple[str, ...]:  # noqa: ARG002 - the Protocol's
        """Return the marks that common readers know, beside the credential."""
        return ("iptc", "disclosure")

    def required(self, situation: Situation) -> frozenset[str]:
        """Return what the provider has to say; time and identifier come by themselves."""
        is_provider = situation.role is Role.PROVIDER
        return frozenset({"provider", "system", "system_version"} if is_provider else ())


@hookimpl
def credlabel_policies() -> Iterable[TransparencyAct]:
    """Return the profile."""
    return (TransparencyAct(),)
