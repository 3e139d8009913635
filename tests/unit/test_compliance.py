"""What assessments amount to, and what exemptions do to them."""

from __future__ import annotations

from datetime import date

import pytest
from cases import credential, iptc, report

from credlabel.compliance import (
    Appraiser,
    check_declared,
    decision,
    is_failing,
    why_nothing,
)
from credlabel.errors import ConfigError
from credlabel.exemptions import Declaration
from credlabel.model import (
    Assessment,
    Clause,
    Compliance,
    Exemption,
    Origin,
    Provenance,
    Situation,
)
from credlabel.plugins import PluginRegistry
from credlabel.terms import IPTC

LACKING = ["not compliant", "not found", "inconclusive"]


def clause(identifier="1", **changes):
    values = {"is_primary": True, "is_binding": True, **changes}
    return Clause(
        identifier=identifier,
        requirement="It is so.",
        source="a text",
        read=date(2026, 1, 1),
        **values,
    )


def assessment(compliance, identifier="1", **changes):
    return Assessment(
        clause=clause(identifier, **changes), compliance=Compliance(compliance), reason="Because."
    )


@pytest.fixture(scope="module")
def profile():
    return PluginRegistry.load().policy("eu-ai-act-50")


@pytest.mark.parametrize("compliance", Compliance)
def test_what_fails_a_file(compliance):
    assert is_failing(assessment(compliance)) is (compliance.value in LACKING)


@pytest.mark.parametrize("compliance", LACKING)
@pytest.mark.parametrize("flag", ["is_primary", "is_binding", "is_decidable"])
def test_what_can_only_warn(compliance, flag):
    assert not is_failing(assessment(compliance, **{flag: False}))
    decided = decision(
        "law", None, [assessment("compliant"), assessment(compliance, "2", **{flag: False})]
    )
    assert decided.passed
    assert ("2" in decided.reason) is (compliance != "inconclusive")


def test_the_reason_names_the_first_clauses_that_fail():
    found = [assessment("compliant", "0"), *(assessment("not found", str(n)) for n in range(1, 7))]
    decided = decision("law", None, found)
    assert not decided.passed
    assert decided.reason == (
        "1: not found. Because. Also 2: not found; 3: not found; 4: not found; and 2 more."
    )
    assert decided.assessments == tuple(found)
    assert decision("law", None, found[:2]).reason == "1: not found. Because."


def test_what_is_exempt_passes_and_what_is_asked_for_nothing_says_so():
    found = [assessment("not found")]
    decided = decision("law", Exemption(code="captions", reason="Out of scope."), found)
    assert (decided.passed, decided.reason) == (True, "Exempt as captions: Out of scope.")
    nothing = decision("law", None, [assessment("not applicable")])
    assert (nothing.passed, nothing.reason) == (True, "Nothing is asked for. Because.")


def test_why_nothing_applies_is_told_whole_and_each_reason_once():
    reasons = ["It is for others.", "It is about pictures.", "It is for others."]
    found = [
        Assessment(clause=clause(str(n)), compliance=Compliance.NOT_APPLICABLE, reason=why)
        for n, why in enumerate(reasons)
    ]
    assert why_nothing(found) == "It is for others. It is about pictures."
    assert decision("law", None, found).reason == (
        "Nothing is asked for. It is for others. It is about pictures."
    )
    assert why_nothing([]) == "It has no clauses."


@pytest.mark.parametrize("note", ["Ours", "Ours.", "Ours!", " Whose? "])
def test_a_note_ends_once(profile, note):
    declared = [Declaration(pattern="*", code="captions", note=note)]
    sentence = Appraiser(profile, Situation(), declared).exemption(report()).reason
    assert sentence.rstrip(".!?") + sentence[-1] == sentence
    assert sentence[-1] in ".!?"


@pytest.mark.parametrize(
    ("media_type", "is_short"),
    [
        ("text/plain", True),
        ("application/pdf", True),
        ("application/x-subrip", True),
        ("image/png", False),
        ("audio/mpeg", False),
        ("video/mp4", False),
    ],
)
def test_only_text_is_a_short_text(profile, media_type, is_short):
    declared = [Declaration(pattern="*", code="short-text")]
    appraiser = Appraiser(profile, Situation(is_signatory=True), declared)
    found = {a.clause.identifier: a for a in appraiser.assess(report(media_type=media_type))}
    lifted = found["Code 1.1.2"].compliance is Compliance.NOT_APPLICABLE
    assert lifted is is_short


def test_a_declaration_that_does_not_fit_leaves_room_for_the_next(profile):
    declared = [
        Declaration(pattern="*", code="short-text"),
        Declaration(pattern="*", code="closed-loop"),
    ]
    assert Appraiser(profile, Situation(), declared).exemption(report()).code == "closed-loop"


def test_a_declared_exemption(profile):
    declared = [
        Declaration(pattern="b*", code="captions", note="Subtitles"),
        Declaration(pattern="*.png", code="closed-loop"),
    ]
    appraiser = Appraiser(profile, Situation(), declared)
    assert appraiser.exemption(report(name="x/b.png")) == Exemption(
        code="captions", reason="Subtitles."
    )
    assert appraiser.exemption(report(name="a.png")).code == "closed-loop"
    assert appraiser.exemption(report(name="a.jpg")) is None
    assert appraiser.decide(report(name="a.png")).passed
    assert not appraiser.decide(report(name="a.jpg")).passed


def test_reasons_of_other_laws_exempt_nothing(profile):
    law = PluginRegistry.load().policy("us-ca-sb942")
    declared = [Declaration(pattern="*", code="captions")]
    assert Appraiser(law, Situation(), declared).exemption(report()) is None
    assert Appraiser(profile, Situation(), declared).exemption(report()) is not None


def test_a_file_that_says_otherwise_is_told(profile):
    appraiser = Appraiser(profile, Situation(), [Declaration(pattern="*", code="not-generated")])
    assert "otherwise" not in appraiser.exemption(report()).reason
    assert appraiser.exemption(report(iptc())).reason.endswith(
        "The file itself says otherwise: generated."
    )
    part = iptc(origin=Origin.COMPOSITE)
    assert appraiser.exemption(report(part)).reason.endswith("says otherwise: composite.")
    neutral = Provenance(source_type=IPTC + "compositeCapture")
    capture = iptc(origin=Origin.COMPOSITE, provenance=neutral)
    assert "otherwise" not in appraiser.exemption(report(capture)).reason


def test_a_reason_may_lift_single_clauses(profile):
    appraiser = Appraiser(
        profile,
        Situation(is_signatory=True),
        [Declaration(pattern="*.txt", code="short-text")],
    )
    about = report(credential(), media_type="text/plain", name="a.txt")
    assert appraiser.exemption(about) is None
    found = {a.clause.identifier: a for a in appraiser.assess(about)}
    assert found["Code 1.1.2"].compliance is Compliance.NOT_APPLICABLE
    assert found["Code 1.1.2"].reason.startswith("Exempt as short-text: ")
    assert found["Art. 50(2), marked"].compliance is Compliance.COMPLIANT
    assert appraiser.decide(about).passed
    other = {a.clause.identifier: a for a in appraiser.assess(report(credential()))}
    assert other["Code 1.1.2"].compliance is Compliance.NOT_FOUND


def test_what_the_file_tells_exempts_without_a_declaration(profile):
    appraiser = Appraiser(profile, Situation())
    assert appraiser.exemption(report(media_type="text/x-python")).code == "source-code"


def test_a_code_that_exempts_nothing_is_refused(profile):
    check_declared([Declaration(pattern="*", code="captions")], [profile])
    with pytest.raises(ConfigError, match="'caption' is no reason"):
        check_declared([Declaration(pattern="*", code="caption")])
    law = PluginRegistry.load().policy("us-ca-sb942")
    check_declared([Declaration(pattern="*", code="captions")])
    with pytest.raises(ConfigError, match="here"):
        check_declared([Declaration(pattern="*", code="captions")], [law])
