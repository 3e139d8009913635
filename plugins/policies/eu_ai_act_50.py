"""Article 50 of the EU's AI Act, and the Code of Practice on marking AI-generated content.

Article 50(2) is the provider's, 50(4) the deployer's. The Code binds who signed it; to everybody
else it is what to measure oneself against (Guidelines C(2026) 5054, 148).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from credlabel.exemptions import ARTICLE_50, CODE
from credlabel.hookspecs import hookimpl
from credlabel.model import Compliance, Layer, Role, Strength, Trust

from ._clauses import ClauseByClause, Rule, not_before
from ._evidence import CREDENTIAL, Kind, detail, layer_of, told, values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Situation

    from ._evidence import Answer, Case

APPLIES: Final = date(2026, 8, 2)
APPLIES_TO_EARLIER: Final = date(2026, 12, 2)
"""Article 111(4): for systems placed on the market before :data:`APPLIES`."""
SIGNPOST: Final = date(2027, 2, 2)
_MIN_TOKENS: Final = 200
_STANDARDS: Final = {
    CREDENTIAL: "C2PA",
    "iptc": "IPTC Photo Metadata",
    "aigc": "GB 45438-2025",
}
"""Published standards, by the detectors of the marks that follow them (Guidelines, 76)."""


# ---------------------------------------------------------------------------- whom, and when


def _no_provider(case: Case) -> str:
    situation = case.situation
    if situation.role is not Role.PROVIDER:
        return f"It is for providers of AI systems, and not for a {situation.role}."
    placed = situation.placed_on_market
    if placed is not None and placed < APPLIES:
        return not_before(APPLIES_TO_EARLIER, situation, by="Art. 111(4)")
    return not_before(APPLIES, situation)


def _no_deployer(case: Case) -> str:
    if case.situation.role is not Role.DEPLOYER:
        return f"It is for deployers of AI systems, and not for a {case.situation.role}."
    return not_before(APPLIES, case.situation)


def _no_layers(case: Case) -> str:
    return _no_provider(case) or (
        "It is free-form text or data, for which one layer will do."
        if case.kind in (Kind.TEXT, Kind.OTHER)
        else ""
    )


def _no_metadata(case: Case) -> str:
    return _no_provider(case) or (
        "Plain text is no format that supports metadata."
        if case.media_type == "text/plain"
        else ""
    )


def _no_watermark(case: Case) -> str:
    is_short = case.kind is Kind.TEXT and case.report.subject.size < _MIN_TOKENS
    return _no_provider(case) or (
        f"It is shorter than {_MIN_TOKENS} bytes, and so than as many tokens." if is_short else ""
    )


def _no_signpost(case: Case) -> str:
    return _no_provider(case) or not_before(SIGNPOST, case.situation)


# ---------------------------------------------------------------------------- what is asked


def _marked(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    mark = case.marks[0]
    if mark.strength is not Strength.SIGNED:
        why = f"{told(mark, first=True)} says so; anybody could have written or can remove it."
    elif case.report.verdict.trust is Trust.TRUSTED:
        why = f"{told(mark, first=True)} says so, signed by somebody on a trust list in use."
    else:
        why = f"{told(mark, first=True)} says so, signed by somebody on no trust list in use."
    return Compliance.COMPLIANT, why


def _detectable(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    for mark in case.marks:
        standard = _STANDARDS.get(mark.detector)
        if standard:
            why = f"It is detected by a standard that anybody can implement: {standard}."
            return Compliance.COMPLIANT, f"{told(mark, first=True)} was detected. {why}"
    why = "whether anybody can detect it is not seen in a file."
    return Compliance.COMPLIANT, f"{told(case.marks[0], first=True)} was detected; {why}"


def _reliable(case: Case) -> Answer:
    if not case.marks:
        return case.lack()
    return (
        Compliance.INCONCLUSIVE,
        "How well a mark survives is measured over many files and never seen in one.",
    )


def _disclosed(_: Case) -> Answer:
    return (
        Compliance.INCONCLUSIVE,
        "A deployer discloses to people; marks for machines do not decide it (Guidelines, 117).",
    )


def _two_layers(case: Case) -> Answer:
    layers = {layer_of(mark) for mark in case.marks} - {Layer.FINGERPRINT}
    if len(layers) > 1:
        return Compliance.COMPLIANT, f"It is marked in two layers: {', '.join(sorted(layers))}."
    if not layers:
        return case.lack()
    if case.guesses(Layer.WATERMARK):
        return (
            Compliance.INCONCLUSIVE,
            "One layer marks it; a watermark is only guessed at.",
        )
    return Compliance.NOT_FOUND, f"It is marked in one layer only, {layers.pop()}."


def _signed_and_stamped(case: Case) -> Answer:
    if not case.signed:
        compliance, why = case.lack()
        is_unsigned = case.marks and compliance is Compliance.NOT_FOUND
        return compliance, "None of its marks is signed." if is_unsigned else why
    if any(detail(mark, "signed_at") for mark in case.signed):
        return Compliance.COMPLIANT, "Its credential is signed and time-stamped."
    return (
        Compliance.NOT_FOUND,
        "Its credential is signed but not time-stamped (credlabel label --timestamp).",
    )


def _watermarked(case: Case) -> Answer:
    if any(mark.kind is Layer.WATERMARK for mark in case.marks):
        return Compliance.COMPLIANT, "It is watermarked."
    if case.guesses(Layer.WATERMARK):
        return Compliance.INCONCLUSIVE, "A watermark is only guessed at."
    short = (
        f" Text under {_MIN_TOKENS} tokens needs none: declare it as short-text."
        if case.kind is Kind.TEXT
        else ""
    )
    return Compliance.NOT_FOUND, f"No watermark was found.{short}"


def _retained(_: Case) -> Answer:
    return (
        Compliance.INCONCLUSIVE,
        "Whether marks were kept is seen before and after ('credlabel diff'), never in one file.",
    )


def _signposted(case: Case) -> Answer:
    for mark in case.marks:
        if any(values(mark, "verify_uri")):
            return (
                Compliance.COMPLIANT,
                f"{told(mark, first=True)} says where to have it checked.",
            )
    return (
        Compliance.INCONCLUSIVE,
        "It does not say where to have it checked; the other three ways are not in the file.",
    )


# ---------------------------------------------------------------------------- the profile


class AiAct(ClauseByClause):
    """Article 50 and the Code's first section, clause by clause."""

    name = "eu-ai-act-50"
    title = "EU AI Act, Article 50, with the Code of Practice on marking"
    rules = (
        Rule(
            "Art. 50(2), marked",
            "The output is marked in a machine-readable format as generated or manipulated.",
            ARTICLE_50,
            _marked,
            _no_provider,
        ),
        Rule(
            "Art. 50(2), detectable",
            "The output is detectable as artificially generated or manipulated.",
            ARTICLE_50,
            _detectable,
            _no_provider,
        ),
        Rule(
            "Art. 50(2), reliable",
            "The solution is effective, interoperable, robust and reliable, as far as feasible.",
            ARTICLE_50,
            _reliable,
            _no_provider,
            is_decidable=False,
        ),
        Rule(
            "Art. 50(4)",
            "Deep fakes, and texts on matters of public interest, are disclosed as such.",
            ARTICLE_50,
            _disclosed,
            _no_deployer,
        ),
        Rule(
            "Code 1.1",
            "Sound, pictures, video and text in containers have two layers of marking.",
            CODE,
            _two_layers,
            _no_layers,
            binds_signatories=True,
        ),
        Rule(
            "Code 1.1.1",
            "What the metadata says of the origin is digitally signed and time-stamped.",
            CODE,
            _signed_and_stamped,
            _no_metadata,
            binds_signatories=True,
        ),
        Rule(
            "Code 1.1.2",
            "It has an imperceptible watermark, except for text of less than 200 tokens.",
            CODE,
            _watermarked,
            _no_watermark,
            binds_signatories=True,
        ),
        Rule(
            "Code 1.2",
            "Marks that the input had are retained.",
            CODE,
            _retained,
            _no_provider,
            is_decidable=False,
            binds_signatories=True,
        ),
        Rule(
            "Code 3.4(c)",
            "It says which detection solution to use, or is found by one of three other ways.",
            CODE,
            _signposted,
            _no_signpost,
            is_decidable=False,
            binds_signatories=True,
        ),
    )

    def marks(self, situation: Situation) -> tuple[str, ...]:  # noqa: ARG002 - the Protocol's
        """Return the marks that common readers know, beside the credential."""
        return ("iptc", "disclosure")


@hookimpl
def credlabel_policies() -> Iterable[AiAct]:
    """Return the profile."""
    return (AiAct(),)
