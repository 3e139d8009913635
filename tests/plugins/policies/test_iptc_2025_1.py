"""IPTC's properties to the letter."""

from __future__ import annotations

import msgspec
import pytest
from cases import RECORD, URI, credential, iptc, outcomes, report
from credlabel_plugins.policies.iptc_2025_1 import PhotoMetadata

from credlabel.model import Basis, Prompt, Provenance, Situation

PROFILE = PhotoMetadata()
SPELLING = "DigitalSourceType, URI"


def of(about):
    return outcomes(PROFILE, about, Situation())


def test_all_properties_are_there():
    assert of(report(iptc())) == {
        "DigitalSourceType": "compliant",
        SPELLING: "compliant",
        "AISystemUsed": "compliant",
        "AISystemVersionUsed": "compliant",
        "AIPromptInformation": "not applicable",
    }


@pytest.mark.parametrize("about", [report(), report(credential())])
def test_a_credential_is_no_property(about):
    assert of(about)["DigitalSourceType"] == of(about)[SPELLING] == "not found"
    assert not PROFILE.decide(about).passed


@pytest.mark.parametrize(
    "says",
    [
        "trainedAlgorithmicMedia",
        URI.replace("http:", "https:"),
        URI + "/",
        "digsrctype:trainedAlgorithmicMedia",
    ],
)
def test_another_spelling_is_not_to_the_letter(says):
    about = report(iptc(says=says))
    assert of(about)["DigitalSourceType"] == "compliant"
    assert of(about)[SPELLING] == "not compliant"
    assert not PROFILE.decide(about).passed


def test_another_place_is_not_to_the_letter():
    assert of(report(iptc(place="png:DigitalSourceType")))[SPELLING] == "not compliant"


def test_a_spelling_that_is_not_told_is_not_judged():
    silent = msgspec.structs.replace(iptc(), details={})
    assert of(report(silent))[SPELLING] == "inconclusive"


def test_a_credit_line_is_no_source_type():
    line = iptc(basis=Basis.DECLARATION, provenance=Provenance(system="Google AI"))
    assert set(of(report(line)).values()) == {"not found", "not applicable"}


def test_what_is_recommended_only_warns():
    about = report(iptc(provenance=Provenance(source_type=URI)))
    assert of(about)["AISystemUsed"] == of(about)["AISystemVersionUsed"] == "not found"
    assert PROFILE.decide(about).passed


def test_a_prompt_may_be_there():
    record = msgspec.structs.replace(RECORD, prompts=(Prompt(text="hills"),))
    assert of(report(iptc(provenance=record)))["AIPromptInformation"] == "compliant"


@pytest.mark.parametrize("media_type", ["text/plain", "application/pdf", "audio/mpeg"])
def test_it_is_about_pictures_and_video(media_type):
    assert set(of(report(media_type=media_type)).values()) == {"not applicable"}
    assert of(report(media_type="video/mp4"))["DigitalSourceType"] == "not found"


def test_its_marks():
    assert PROFILE.marks(Situation()) == ("iptc",)
    assert PROFILE.required(Situation()) == frozenset()
