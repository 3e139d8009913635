"""GB 45438-2025: one implicit label, in the standard's form, where the guides have it."""

from __future__ import annotations

from datetime import date

import pytest
from cases import LABEL, aigc, credential, iptc, outcomes, report
from credlabel_plugins.policies.cn_gb45438 import ImplicitLabel

from credlabel.model import Role, Situation

PROFILE = ImplicitLabel()
PROVIDER = Situation()
PLATFORM = Situation(role=Role.PLATFORM)


def of(about, situation=PROVIDER):
    return outcomes(PROFILE, about, situation)


def test_a_good_label_passes():
    about = report(aigc())
    found = of(about)
    assert found.pop("Annex E, propagator") == "not applicable"
    assert set(found.values()) == {"compliant"}
    assert PROFILE.decide(about).passed


def test_no_other_mark_does():
    for about in (report(), report(credential(), iptc())):
        found = of(about)
        assert set(found.values()) == {"not found", "not applicable"}
        assert not PROFILE.decide(about).passed


@pytest.mark.parametrize(
    ("label", "clause", "outcome"),
    [
        (aigc(conflicts=["They differ."]), "6.1 c)", "not compliant"),
        (aigc(places=["png:AIGC", "xmp:TC260:AIGC"]), "6.1 c)", "not compliant"),
        (aigc(without=["ReservedCode2"]), "Annex E, keys", "not compliant"),
        (aigc(order=[*reversed(LABEL)]), "Annex E, keys", "not compliant"),
        (aigc(order=[*LABEL, "Extra"]), "Annex E, keys", "compliant"),
        (aigc(Label="2"), "Annex E, Label", "compliant"),
        (aigc(Label="AIGC"), "Annex E, Label", "not compliant"),
        (aigc(types={"Label": "number"}), "Annex E, Label", "not compliant"),
        (aigc(ContentProducer=""), "Annex E, ContentProducer", "not compliant"),
        (aigc(ContentProducer="Acme"), "Annex E, ContentProducer", "compliant"),
        (aigc(ProduceID=""), "Annex E, ProduceID", "not compliant"),
    ],
)
def test_what_the_standard_asks_for(label, clause, outcome):
    assert of(report(label))[clause] == outcome
    assert PROFILE.decide(report(label)).passed is (outcome == "compliant")


@pytest.mark.parametrize(
    ("label", "clause"),
    [
        (aigc(ContentProducer="Acme"), "TC260-PG-20252A"),
        (aigc(ContentProducer="公司"), "Annex E j)"),
        (aigc(ContentProducer="Acme Ltd"), "Annex E j)"),
        (aigc(PropagateID="another"), "Annex E, note 1"),
        (aigc(places=["exif:ImageDescription"]), "TC260 format guides"),
    ],
)
def test_what_only_warns(label, clause):
    assert of(report(label))[clause] == "not compliant"
    assert PROFILE.decide(report(label)).passed


def test_integrity_data_may_hold_quotes():
    data = '{"SecurityData":{"Type":"TC260PG"}}'
    assert of(report(aigc(ReservedCode1=data)))["Annex E j)"] == "compliant"


@pytest.mark.parametrize(
    ("media_type", "place"),
    [
        ("image/jpeg", "xmp:TC260:AIGC"),
        ("image/heic", "xmp:TC260:AIGC"),
        ("video/mp4", "mp4:AIGC"),
        ("audio/mp4", "mp4:AIGC"),
        ("audio/wav", "riff:AIGC"),
        ("audio/mpeg", "id3:TXXX:AIGC"),
        ("audio/flac", "vorbis:AIGC"),
        ("application/pdf", "pdf:AIGC"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "ooxml:custom:AIGC",
        ),
        ("text/markdown", "markdown:AIGC"),
    ],
)
def test_each_format_has_its_place(media_type, place):
    clause = "TC260 format guides"
    assert of(report(aigc(places=[place]), media_type=media_type))[clause] == "compliant"
    elsewhere = aigc(places=["gif:comment"])
    assert of(report(elsewhere, media_type=media_type))[clause] == "not compliant"


@pytest.mark.parametrize("media_type", ["text/html", "application/epub+zip"])
def test_no_place_is_wrong_where_no_guide_names_one(media_type):
    about = report(aigc(places=["html:meta:aigc"]), media_type=media_type)
    assert of(about)["TC260 format guides"] == "inconclusive"
    assert PROFILE.decide(about).passed


def test_a_platform_fills_in_its_pair():
    clause = "Annex E, propagator"
    empty = report(aigc(ContentPropagator="", PropagateID=""))
    assert of(empty, PLATFORM)[clause] == "not compliant"
    assert of(report(aigc(ContentPropagator="", PropagateID="7")), PLATFORM)[clause] != "compliant"
    assert of(report(aigc()), PLATFORM)[clause] == "compliant"
    assert of(report(), PLATFORM)[clause] == "not found"
    assert of(report(aigc()), PLATFORM)["Annex E, note 1"] == "not applicable"
    assert PROFILE.decide(empty).passed


@pytest.mark.parametrize(
    ("about", "situation"),
    [
        (report(), Situation(as_of=date(2025, 8, 31))),
        (report(), Situation(role=Role.DEPLOYER)),
        (report(media_type="text/plain"), PROVIDER),
    ],
)
def test_where_nothing_is_asked(about, situation):
    assert set(of(about, situation).values()) == {"not applicable"}


def test_it_is_in_force_since_september_2025():
    assert of(report(), Situation(as_of=date(2025, 9, 1)))["6.1 c)"] == "not found"


def test_its_marks():
    assert PROFILE.marks(PROVIDER) == ("aigc",)
    assert PROFILE.required(PROVIDER) == {"provider", "identifier"}
    assert PROFILE.marks(PLATFORM) == ("aigc-propagator",)
    assert PROFILE.required(PLATFORM) == frozenset()
