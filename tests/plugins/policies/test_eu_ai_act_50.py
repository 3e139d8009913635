"""Article 50 and the Code: who has to, from when, and what a file shows of it."""

from __future__ import annotations

from datetime import date

import pytest
from cases import RECORD, aigc, credential, iptc, outcomes, report, trace, watermark
from credlabel_plugins.policies.eu_ai_act_50 import AiAct

from credlabel.credentials import CredentialState
from credlabel.model import Basis, Layer, Origin, Provenance, Role, Situation, Strength
from credlabel.terms import IPTC

PROFILE = AiAct()
PROVIDER = Situation()
SIGNATORY = Situation(is_signatory=True)
MARKED, DETECTABLE = "Art. 50(2), marked", "Art. 50(2), detectable"


def of(about, situation=PROVIDER):
    return outcomes(PROFILE, about, situation)


def why(about, identifier=MARKED, situation=PROVIDER):
    found = PROFILE.assess(about, situation)
    return next(a.reason for a in found if a.clause.identifier == identifier)


# ---------------------------------------------------------------------------- Article 50(2)


@pytest.mark.parametrize("mark", [credential(), iptc(), aigc()], ids=lambda mark: mark.detector)
def test_any_mark_that_says_so_marks_a_file(mark):
    about = report(mark)
    assert of(about)[MARKED] == of(about)[DETECTABLE] == "compliant"
    assert PROFILE.decide(about).passed


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (report(), "not found"),
        (report(credential(is_sound=False), tampered=True), "not compliant"),
        (report(credential(is_sound=False)), "inconclusive"),
        (report(state=CredentialState.REMOTE), "inconclusive"),
        (report(state=CredentialState.UNREADABLE), "inconclusive"),
        (report(watermark(strength=Strength.INFERRED)), "inconclusive"),
        (report(trace()), "not found"),
        (report(iptc(basis=Basis.DECLARATION)), "not found"),
        (report(credential(origin=Origin.CAPTURED)), "not found"),
        (report(credential(origin=Origin.ALGORITHMIC)), "not found"),
    ],
    ids=[
        "nothing",
        "tampered",
        "broken",
        "remote",
        "unreadable",
        "guess",
        "trace",
        "declaration",
        "captured",
        "algorithmic",
    ],
)
def test_what_marks_nothing(about, expected):
    assert of(about)[MARKED] == of(about)[DETECTABLE] == expected
    decision = PROFILE.decide(about)
    assert not decision.passed
    assert decision.reason.startswith(f"{MARKED}: {expected}. ")


@pytest.mark.parametrize("origin", [Origin.GENERATED, Origin.EDITED_WITH_AI, Origin.COMPOSITE])
def test_what_ai_edited_or_is_part_of_is_marked_too(origin):
    assert of(report(credential(origin=origin)))[MARKED] == "compliant"


@pytest.mark.parametrize("code", ["composite", "compositeCapture", "virtualRecording"])
def test_a_composite_of_recordings_is_no_mark_of_ai(code):
    record = Provenance(source_type=IPTC + code)
    about = report(iptc(origin=Origin.COMPOSITE, provenance=record))
    assert of(about)[MARKED] == "not found"


def test_a_broken_credential_hides_no_other_mark():
    about = report(credential(is_sound=False), iptc(), tampered=True)
    assert of(about)[MARKED] == "compliant"
    assert of(about, SIGNATORY)["Code 1.1.1"] == "not compliant"


def test_an_untrusted_signer_is_told_and_is_no_failure():
    assert "no trust list" in why(report(credential()))
    assert "no trust list" not in why(report(credential(), state=CredentialState.TRUSTED))
    assert "anybody could have written" in why(report(iptc()))


def test_that_a_credential_lies_beside_the_file_is_told():
    assert "beside the file" in why(report(credential(location="sidecar")))


def test_nobody_fails_for_what_no_file_shows():
    about = report(credential())
    assert of(about)["Art. 50(2), reliable"] == of(about)["Code 1.2"] == "inconclusive"
    assert PROFILE.decide(about).passed


# ---------------------------------------------------------------------------- whom, and when


@pytest.mark.parametrize(
    ("as_of", "placed", "applies"),
    [
        (date(2026, 8, 1), None, False),
        (date(2026, 8, 2), None, True),
        (date(2026, 8, 2), date(2026, 8, 2), True),
        (date(2026, 8, 2), date(2026, 8, 1), False),
        (date(2026, 12, 1), date(2025, 1, 1), False),
        (date(2026, 12, 2), date(2025, 1, 1), True),
        (None, date(2025, 1, 1), True),
    ],
)
def test_earlier_systems_have_until_december(as_of, placed, applies):
    situation = Situation(as_of=as_of, placed_on_market=placed)
    assert of(report(), situation)[MARKED] == ("not found" if applies else "not applicable")


def test_a_deployer_is_asked_for_what_machines_do_not_read():
    found = of(report(credential()), Situation(role=Role.DEPLOYER))
    assert found.pop("Art. 50(4)") == "inconclusive"
    assert set(found.values()) == {"not applicable"}
    assert of(report(credential()))["Art. 50(4)"] == "not applicable"


def test_a_platform_is_asked_for_nothing():
    assert set(of(report(), Situation(role=Role.PLATFORM)).values()) == {"not applicable"}


# ---------------------------------------------------------------------------- the Code


def test_the_code_binds_who_signed_it():
    for situation in (PROVIDER, SIGNATORY):
        for each in PROFILE.assess(report(), situation):
            is_code = each.clause.identifier.startswith("Code")
            assert each.clause.is_binding is (situation.is_signatory or not is_code)


def test_two_layers_are_metadata_and_a_watermark():
    assert of(report(credential(), watermark()))["Code 1.1"] == "compliant"
    assert of(report(credential(), iptc()))["Code 1.1"] == "not found"
    assert of(report(watermark()))["Code 1.1"] == "not found"
    guess = watermark(strength=Strength.INFERRED)
    assert of(report(credential(), guess))["Code 1.1"] == "inconclusive"


def test_a_fingerprint_is_no_layer():
    fingerprint = watermark().__class__(
        detector="index",
        kind=Layer.FINGERPRINT,
        strength=Strength.ASSERTED,
        origin=Origin.GENERATED,
    )
    assert of(report(credential(), fingerprint))["Code 1.1"] == "not found"


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/pdf", "not found"),
        ("text/html", "not found"),
        ("audio/mpeg", "not found"),
        ("text/plain", "not applicable"),
        ("text/markdown", "not applicable"),
    ],
)
def test_text_in_a_container_needs_two_layers_and_free_text_one(media_type, expected):
    assert of(report(credential(), media_type=media_type))["Code 1.1"] == expected


def test_metadata_are_signed_and_time_stamped():
    assert of(report(credential()))["Code 1.1.1"] == "compliant"
    assert of(report(credential(signed_at=None)))["Code 1.1.1"] == "not found"
    assert of(report(iptc()))["Code 1.1.1"] == "not found"
    assert of(report(iptc(), media_type="text/plain"))["Code 1.1.1"] == "not applicable"


def test_a_very_short_text_needs_no_watermark():
    short = report(credential(), media_type="text/plain", size=199)
    assert of(short)["Code 1.1.2"] == "not applicable"
    longer = report(credential(), media_type="text/plain", size=200)
    assert of(longer)["Code 1.1.2"] == "not found"
    assert "short-text" in why(longer, "Code 1.1.2")
    assert of(report(watermark(), media_type="text/plain"))["Code 1.1.2"] == "compliant"
    picture = report(credential(), size=10)
    assert of(picture)["Code 1.1.2"] == "not found"


def test_a_signpost_is_asked_for_from_february():
    before, after = (Situation(as_of=date(2027, 2, day)) for day in (1, 2))
    assert of(report(credential()), before)["Code 3.4(c)"] == "not applicable"
    assert of(report(credential()), after)["Code 3.4(c)"] == "compliant"
    silent = credential(provenance=Provenance(source_type=RECORD.source_type))
    assert of(report(silent), after)["Code 3.4(c)"] == "inconclusive"


def test_a_signatory_passes_with_both_layers_only():
    both = report(credential(), watermark())
    assert not any(
        a.clause.is_binding and a.clause.is_decidable and a.compliance == "not found"
        for a in PROFILE.assess(both, SIGNATORY)
    )
    assert of(report(credential()), SIGNATORY)["Code 1.1.2"] == "not found"


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (credential(), "It is detected by a standard that anybody can implement: C2PA."),
        (watermark(), "The unsigned mark mark was detected; whether anybody can detect it is not"),
    ],
)
def test_only_what_follows_a_published_standard_is_said_to(mark, why):
    detectable = PROFILE.assess(report(mark), PROVIDER)[1]
    assert detectable.compliance == "compliant"
    assert why in detectable.reason


# ---------------------------------------------------------------------------- exemptions


@pytest.mark.parametrize(
    ("media_type", "code"),
    [
        ("text/x-python", "source-code"),
        ("application/sql", "source-code"),
        ("text/css", "source-code"),
        ("application/yaml", "markup-config"),
        ("text/x-terraform", "markup-config"),
        ("text/x-ini", "markup-config"),
        ("text/x-config", None),  # whatever is called .conf
        ("text/x-vcard", None),
        ("application/json", None),
        ("application/xml", None),
        ("text/html", None),
        ("text/x-log", None),
        ("text/plain", None),
    ],
)
def test_code_and_configuration_are_out_of_scope(media_type, code):
    found = PROFILE.exemption(report(media_type=media_type), PROVIDER)
    assert (found and found.code) == code
    assert PROFILE.decide(report(media_type=media_type)).passed is (code is not None)


def test_its_marks():
    assert PROFILE.marks(PROVIDER) == ("iptc", "disclosure")
    assert PROFILE.required(PROVIDER) == frozenset()
