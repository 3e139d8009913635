"""California's latent disclosure: what it conveys, for whom, and from when."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from cases import RECORD, aigc, credential, iptc, outcomes, report
from credlabel_plugins.policies.us_ca_sb942 import TransparencyAct

from credlabel.certificates import DEVELOPMENT_ORGANIZATION
from credlabel.compliance import decision
from credlabel.model import Origin, Provenance, Role, Situation

PROFILE = TransparencyAct()
PROVIDER = Situation()
PLATFORM = Situation(role=Role.PLATFORM)
A, B, C, D = (f"22757.3(b)(1)({letter})" for letter in "ABCD")


def of(about, situation=PROVIDER):
    return outcomes(PROFILE, about, situation)


def saying(**changes):
    """Return a record that has ``changes``, and no link."""
    return msgspec.structs.replace(RECORD, **{"verify_uri": "", **changes})


def test_a_label_that_says_it_all_passes():
    for about in (report(credential()), report(iptc())):
        assert PROFILE.decide(about).passed
        assert of(about)["22757.3(b)(4)"] == "inconclusive"


@pytest.mark.parametrize(
    ("clause", "changes"),
    [
        (A, {"provider": ""}),
        (B, {"system": ""}),
        (B, {"system_version": ""}),
        (C, {"created": None}),
        (D, {"identifier": ""}),
    ],
)
def test_what_is_left_out_is_missed(clause, changes):
    bare = {"issuer": None, "signed_at": None, "manifest": None}
    silent = report(credential(provenance=saying(**changes), **bare))
    assert of(silent)[clause] == "not found"
    assert not PROFILE.decide(silent).passed
    linked = report(
        credential(provenance=saying(verify_uri="https://a.example", **changes), **bare)
    )
    assert of(linked)[clause] == "inconclusive"
    assert not PROFILE.decide(linked).passed


def test_a_credential_says_by_itself_who_when_and_which():
    about = report(credential(provenance=saying(provider="", created=None, identifier="")))
    found = of(about)
    assert found[A] == found[C] == found[D] == "compliant"


def test_a_development_certificate_names_no_provider():
    nobody = saying(provider="")
    trial = report(credential(provenance=nobody, issuer=DEVELOPMENT_ORGANIZATION))
    assert of(trial)[A] == "not found"
    told = report(credential(issuer=DEVELOPMENT_ORGANIZATION))
    assert of(told)[A] == "compliant"


def test_a_platform_is_told_its_own_reason():
    about = PROFILE.assess(report(media_type="text/html"), PLATFORM)
    assert "pictures, video and sound" in decision("law", None, about).reason


def test_what_is_merely_asserted_gets_nothing_from_a_broken_credential():
    about = report(credential(is_sound=False), tampered=True)
    assert of(about)[A] == of(about)["22757.3(b)(2)"] == "not compliant"


def test_name_and_version_are_of_one_mark():
    about = report(
        iptc(provenance=saying(system="")), credential(provenance=saying(system_version=""))
    )
    assert of(about)[B] == "not found"


def test_the_history_of_a_credential_counts():
    earlier = [{"manifest": "urn:c2pa:1", "system": "Painter", "system_version": "2"}]
    edited = credential(
        origin=Origin.EDITED_WITH_AI,
        provenance=saying(system="", system_version=""),
        history=earlier,
    )
    assert of(report(edited))[B] == "compliant"


def test_a_national_standard_is_not_surely_the_industrys():
    assert of(report(aigc()))["22757.3(b)(3)"] == "inconclusive"
    assert of(report(iptc()))["22757.3(b)(3)"] == "compliant"


@pytest.mark.parametrize(
    ("situation", "is_asked"),
    [
        (PROVIDER, True),
        (Situation(monthly_users=1_000_001), True),
        (Situation(monthly_users=1_000_000), False),
        (Situation(as_of=date(2026, 8, 1)), False),
        (Situation(as_of=date(2026, 8, 2)), True),
        (Situation(role=Role.DEPLOYER), False),
        (PLATFORM, False),
    ],
)
def test_large_providers_are_asked_since_august(situation, is_asked):
    assert (of(report(), situation)[A] == "not found") is is_asked


@pytest.mark.parametrize("media_type", ["text/plain", "application/pdf", "text/html"])
def test_text_is_not_asked_for(media_type):
    assert set(of(report(media_type=media_type)).values()) == {"not applicable"}


@pytest.mark.parametrize("media_type", ["image/png", "video/mp4", "audio/mpeg"])
def test_pictures_video_and_sound_are(media_type):
    assert of(report(media_type=media_type))[A] == "not found"


@pytest.mark.parametrize(
    ("situation", "is_asked"),
    [
        (PLATFORM, True),
        (Situation(role=Role.PLATFORM, monthly_users=2_000_000), False),
        (Situation(role=Role.PLATFORM, as_of=date(2026, 12, 31)), False),
        (Situation(role=Role.PLATFORM, as_of=date(2027, 1, 1)), True),
        (PROVIDER, False),
    ],
)
def test_large_platforms_are_asked_from_2027(situation, is_asked):
    assert (of(report(), situation)["22757.3.1, kept"] != "not applicable") is is_asked


def test_a_platform_keeps_what_is_there():
    clause = "22757.3.1, kept"
    assert of(report(), PLATFORM)[clause] == "inconclusive"
    assert of(report(credential(origin=Origin.CAPTURED)), PLATFORM)[clause] == "compliant"
    broken = report(credential(is_sound=False), tampered=True)
    assert of(broken, PLATFORM)[clause] == "not compliant"


def test_its_marks():
    assert PROFILE.required(PROVIDER) == {"provider", "system", "system_version"}
    assert PROFILE.required(PLATFORM) == frozenset()
    assert PROFILE.marks(PROVIDER) == ("iptc", "disclosure")
    assert Provenance.__struct_fields__[:2] == ("source_type", "provider")
