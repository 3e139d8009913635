"""What pages and documents disclose: of themselves, and of what is in them."""

import json

import pytest
from credlabel_plugins.marks.disclosure import Disclosure

from credlabel.model import Basis, Origin
from credlabel.terms import IPTC

AI = IPTC + "trainedAlgorithmicMedia"
SCHEMA = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("none", Origin.UNKNOWN),
        ("ai-assisted", Origin.EDITED_WITH_AI),
        ("ai-modified", Origin.EDITED_WITH_AI),
        ("ai-generated", Origin.GENERATED),
        ("AI-Generated ", Origin.GENERATED),
        ("autonomous", Origin.GENERATED),
        ("machine-generated", Origin.GENERATED),
        ("mixed", Origin.COMPOSITE),
    ],
)
def test_a_page_discloses_itself(one, value, origin):
    evidence = one(Disclosure(), {"html:meta:ai-disclosure": value})
    assert evidence.origin is origin
    assert evidence.details["statements"] == [
        {"place": "html:meta:ai-disclosure", "says": value, "part": False}
    ]


@pytest.mark.parametrize("name", ["ai-disclosure", "aidisclosure"])
def test_an_element_makes_the_page_a_composite(detect, name):
    found = detect(Disclosure(), {f"html:attribute:{name}": ["ai-generated", "none"]})
    assert [evidence.origin for evidence in found] == [Origin.COMPOSITE, Origin.UNKNOWN]


def test_a_model_that_was_not_there_is_not_named(one):
    page = {"html:meta:ai-disclosure": "ai-assisted", "html:attribute:ai-model": "none"}
    assert one(Disclosure(), page).provenance.system == ""


def test_model_and_provider_are_named(one):
    page = {
        "html:meta:ai-disclosure": "ai-generated",
        "html:attribute:ai-model": "m-1",
        "html:attribute:aiprovider": "Acme",
    }
    record = one(Disclosure(), page).provenance
    assert (record.system, record.provider) == ("m-1", "Acme")


@pytest.mark.parametrize(
    "metadata",
    [
        {"markdown:digital_source_type": AI},
        {"markdown:title": "x", "markdown:digitalSourceType": "trainedAlgorithmicMedia"},
        {"ooxml:custom:digitalSourceType": AI},
        {"odf:user:Digital-Source-Type": AI},
        {"epub:meta:digitalSourceType": SCHEMA},
        {"pdf:DigitalSourceType": AI},
        {"html:meta:schema:digitalSourceType": SCHEMA},
    ],
)
def test_documents_state_a_source_type(one, metadata):
    evidence = one(Disclosure(), metadata)
    assert evidence.origin is Origin.GENERATED
    assert evidence.provenance.source_type == AI


def test_front_matter_discloses(one):
    evidence = one(Disclosure(), {"markdown:ai_disclosure": "ai-assisted"})
    assert evidence.origin is Origin.EDITED_WITH_AI


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "Article", "digitalSourceType": SCHEMA},
        [{"@type": "Person"}, {"@type": ["Article", "Report"], "digitalSourceType": AI}],
        {"@graph": [{"@type": "NewsArticle", "digitalSourceType": SCHEMA}]},
    ],
)
def test_linked_data_is_about_the_page(one, data):
    assert one(Disclosure(), {"html:jsonld": json.dumps(data)}).origin is Origin.GENERATED


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "ImageObject", "digitalSourceType": SCHEMA},
        {"@type": "Article", "image": {"@type": "ImageObject", "digitalSourceType": SCHEMA}},
        {"@type": "Article", "hasPart": [{"@type": "Clip", "digitalSourceType": SCHEMA}]},
    ],
)
def test_linked_data_about_a_picture_make_the_page_a_composite(one, data):
    evidence = one(Disclosure(), {"html:jsonld": json.dumps(data)})
    assert evidence.origin is Origin.COMPOSITE
    assert evidence.provenance.source_type == ""


def test_a_captured_picture_says_nothing_of_the_page(one):
    data = {"@type": "ImageObject", "digitalSourceType": "digitalCapture"}
    assert one(Disclosure(), {"html:jsonld": json.dumps(data)}).origin is Origin.UNKNOWN


def test_contradictions_are_kept_apart(detect):
    page = {"html:meta:ai-disclosure": "ai-generated", "pdf:DigitalSourceType": "digitalCapture"}
    found = detect(Disclosure(), page)
    assert {evidence.origin for evidence in found} == {Origin.GENERATED, Origin.CAPTURED}
    assert [evidence.basis for evidence in found] == [Basis.DECLARATION, Basis.MARK]


@pytest.mark.parametrize(
    ("metadata", "conflicts"),
    [
        (
            {"html:meta:ai-disclosure": "none", "pdf:DigitalSourceType": AI},
            [f"html:meta:ai-disclosure says none, but pdf:DigitalSourceType says {AI}."],
        ),
        (
            {"html:root:ai-disclosure": "none", "html:attribute:ai-disclosure": "autonomous"},
            [
                (
                    "html:root:ai-disclosure says none, but html:attribute:ai-disclosure says of a"
                    " part autonomous."
                )
            ],
        ),
        (
            {
                "html:root:ai-disclosure": "ai-generated",
                "html:jsonld": '{"digitalSourceType":"print"}',
            },
            ["html:root:ai-disclosure says ai-generated, but html:jsonld says print."],
        ),
        ({"html:root:ai-disclosure": "mixed", "html:meta:ai-disclosure": "ai-assisted"}, []),
        ({"html:root:ai-disclosure": "none", "pdf:DigitalSourceType": "print"}, []),
        ({"html:root:ai-disclosure": "mixed", "html:attribute:ai-disclosure": "none"}, []),
    ],
)
def test_a_contradiction_names_both_sides(detect, metadata, conflicts):
    for evidence in detect(Disclosure(), metadata):
        assert evidence.details.get("conflicts", []) == conflicts


def test_the_page_itself_may_say_it_at_its_root(one):
    page = {"html:root:ai-disclosure": "ai-generated", "html:root:ai-model": "m-1"}
    evidence = one(Disclosure(), page)
    assert (evidence.origin, evidence.basis) == (Origin.GENERATED, Basis.DECLARATION)
    assert evidence.provenance.system == "m-1"
    assert evidence.details["statements"][0]["part"] is False


def test_front_matter_that_is_told_twice_is_one_statement(one):
    metadata = {
        "markdown:front-matter": f"digital_source_type: {AI}\ntitle: x",
        "markdown:digital_source_type": AI,
        "markdown:title": "x",
    }
    assert [each["place"] for each in one(Disclosure(), metadata).details["statements"]] == [
        "markdown:digital_source_type"
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"html:meta:ai-disclosure": "see our policy"},
        {"html:meta:description": "ai-generated"},
        {"html:meta:tdm-reservation": "1"},  # a right, not an origin
        {"html:jsonld": "{"},
        {"html:jsonld": "[" * 100_000},
        {"html:jsonld": '{"digitalSourceType": ["x"]}'},
        {"markdown:notes": '{"ai_disclosure":"ai-generated"}'},
        {"xmp:Iptc4xmpExt:DigitalSourceType": AI},  # another detector's
    ],
)
def test_anything_else_says_nothing(detect, metadata):
    assert detect(Disclosure(), metadata) == []
