"""The vocabularies: every term by code and by URI, nobody else's under the same name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credlabel import terms
from credlabel.model import Origin


@pytest.mark.parametrize("code", terms.SOURCE_TYPES)
def test_every_source_type_is_known_by_code_and_by_both_schemes(code):
    prefix, origin = terms.SOURCE_TYPES[code]
    uri = prefix + code
    assert uri.startswith("http://")
    for given_as in (code, uri, uri.replace("http:", "https:"), uri + "/"):
        assert terms.source_type_uri(given_as) == uri
        assert terms.origin_of_source_type(given_as) is origin


@pytest.mark.parametrize(
    "term",
    [
        "",
        "/",
        "generated",
        "TrainedAlgorithmicMedia",
        "http://example.com/digitalsourcetype/trainedAlgorithmicMedia",
        terms.C2PA + "trainedAlgorithmicMedia",  # IPTC's code under C2PA's prefix
        "x" + terms.TRAINED_ALGORITHMIC_MEDIA,
        "https://https://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    ],
)
def test_a_foreign_term_states_nothing(term):
    assert terms.source_type_uri(term) is None
    assert terms.origin_of_source_type(term) is Origin.UNKNOWN


@given(st.text())
def test_no_term_is_a_problem(term):
    assert isinstance(terms.origin_of_source_type(term), Origin)


def test_what_a_model_made_is_generated_and_mathematics_is_not():
    origin = terms.origin_of_source_type
    assert (
        origin("trainedAlgorithmicMedia") is origin("trainedAlgorithmicData") is Origin.GENERATED
    )
    assert origin("algorithmicMedia") is Origin.ALGORITHMIC
    assert origin("digitalCapture") is Origin.CAPTURED
    assert origin("screenCapture") is Origin.UNKNOWN  # of what?


def test_every_explanation_is_a_sentence():
    for code, sentence in terms.EXPLANATIONS.items():
        assert sentence[0].isupper(), code
        assert sentence.endswith("."), code


def test_every_claim_signing_purpose_is_among_the_key_usages():
    # Without these two, real credentials of 2026 read as invalid.
    assert {"1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.36"} < set(terms.SIGNING_EKUS)


def test_no_trust_code_says_tampered():
    assert terms.UNTRUSTED not in terms.TAMPERING
    assert not any("signingCredential" in code for code in terms.TAMPERING)
