"""IPTC's properties: what counts, in which spelling, and what is not AI."""

from datetime import UTC, datetime

import pytest
from credlabel_plugins.marks.iptc import Iptc

from credlabel.model import Basis, Origin
from credlabel.terms import IPTC, SOURCE_TYPES

TYPE = "xmp:Iptc4xmpExt:DigitalSourceType"
AI = IPTC + "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    "spelling",
    [
        AI,
        AI.replace("http://", "https://"),
        AI + "/",
        "trainedAlgorithmicMedia",
        "digsrctype:trainedAlgorithmicMedia",
        "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
        "trained_algorithmic_media",
        f"  {AI}\n",
    ],
)
def test_every_spelling_of_a_source_type_is_its_uri(one, spelling):
    evidence = one(Iptc(), {TYPE: spelling})
    assert evidence.origin is Origin.GENERATED
    assert evidence.provenance.source_type == AI
    assert evidence.details["source_type"] == AI


@pytest.mark.parametrize("code", SOURCE_TYPES)
def test_a_source_type_states_its_origin(one, code):
    assert one(Iptc(), {TYPE: code}).origin is SOURCE_TYPES[code][1]


@pytest.mark.parametrize("code", ["algorithmicMedia", "softwareImage", "dataDrivenMedia"])
def test_what_nothing_was_trained_for_is_not_ai(one, code):
    assert one(Iptc(), {TYPE: IPTC + code}).origin is Origin.ALGORITHMIC


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {TYPE: "https://exiftool.org"},
        {TYPE: ""},
        {TYPE: "http://example.com/trainedAlgorithmicMedia"},
        {"xmp:xmpMM:Ingredients/Iptc4xmpExt:DigitalSourceType": AI},
        {"xmp:photoshop:Credit": "Phil Harvey"},
        {"iptc:2:110": "Made with love"},
        {"iptc:2:110": "Not made with Google AI at all"},
        {"xmp:photoshop:Credit": 'Slides about "Edited with Google AI"'},
        {"xmp:dc:description": AI},
        {"xmp:Iptc4xmpExt:AIPromptWriterName": "  "},
        {"html:meta:digitalSourceType": AI},  # another detector's
    ],
)
def test_anything_else_says_nothing(detect, metadata):
    assert detect(Iptc(), metadata) == []


def test_a_container_may_have_a_field_of_that_name(one):
    assert one(Iptc(), {"vorbis:DIGITALSOURCETYPE": AI}).origin is Origin.GENERATED


def test_all_ai_properties_are_told(one):
    evidence = one(
        Iptc(),
        {
            TYPE: AI,
            "xmp:Iptc4xmpExt:AISystemUsed": "Painter",
            "xmp:Iptc4xmpExt:AISystemVersionUsed": "3",
            "xmp:Iptc4xmpExt:AIPromptInformation": "a duck",
            "xmp:Iptc4xmpExt:AIPromptWriterName": "Ann",
        },
    )
    record = evidence.provenance
    assert (record.system, record.system_version) == ("Painter", "3")
    assert [(model.name, model.version) for model in record.models] == [("Painter", "3")]
    assert [prompt.text for prompt in record.prompts] == ["a duck"]
    assert len(record.prompts[0].sha256) == 64
    assert evidence.details["ai_prompt_writer"] == "Ann"
    assert "a duck" not in str(evidence.details)  # a prompt is private: it stands in one place


def test_a_system_without_a_source_type_is_generation(one):
    assert one(Iptc(), {"xmp:Iptc4xmpExt:AISystemUsed": "Painter"}).origin is Origin.GENERATED


@pytest.mark.parametrize("text", ["none", "No", "No AI used", "n/a", "N.A.", "-", "None (film)"])
def test_a_system_that_was_not_there_is_reported_and_states_no_origin(one, text):
    denied = {"xmp:Iptc4xmpExt:AISystemUsed": text, "xmp:Iptc4xmpExt:AISystemVersionUsed": "-"}
    evidence = one(Iptc(), denied)
    assert (evidence.origin, evidence.basis) == (Origin.UNKNOWN, Basis.DECLARATION)
    assert evidence.details["ai_system"] == text
    assert evidence.provenance.system == ""
    captured = one(Iptc(), {TYPE: IPTC + "digitalCapture", **denied})
    assert "conflicts" not in captured.details


@pytest.mark.parametrize("text", ["Nova", "No.1 Painter", "NaN-Diffusion", "Noai"])
def test_a_system_may_begin_like_a_denial(one, text):
    assert one(Iptc(), {"xmp:Iptc4xmpExt:AISystemUsed": text}).origin is Origin.GENERATED


def test_a_prompt_alone_states_no_origin(one):
    evidence = one(Iptc(), {"xmp:Iptc4xmpExt:AIPromptInformation": "a duck"})
    assert evidence.origin is Origin.UNKNOWN


@pytest.mark.parametrize("place", ["xmp:photoshop:Credit", "iptc:2:110"])
@pytest.mark.parametrize(
    ("line", "origin", "provider"),
    [
        ("Made with Google AI", Origin.GENERATED, "Google"),
        ("Edited with Google AI", Origin.EDITED_WITH_AI, "Google"),
        ("Apple Photos Clean Up", Origin.EDITED_WITH_AI, "Apple"),
        ("Apple Image Playground", Origin.GENERATED, "Apple"),
    ],
)
def test_a_credit_line_decides_where_nothing_else_does(one, place, line, origin, provider):
    evidence = one(Iptc(), {place: line})
    assert evidence.origin is origin
    assert evidence.provenance.provider == provider
    assert evidence.details["credit"] == line


def test_a_source_type_decides_over_a_credit_line(one):
    metadata = {TYPE: "humanEdits", "xmp:photoshop:Credit": "Made with Google AI"}
    evidence = one(Iptc(), metadata)
    assert evidence.origin is Origin.HUMAN_MADE
    assert evidence.details["credit"] == "Made with Google AI"


def test_two_source_types_contradict_each_other(detect):
    found = detect(Iptc(), {TYPE: [AI, "digitalCapture", AI]})
    assert [evidence.origin for evidence in found] == [Origin.GENERATED, Origin.CAPTURED]
    for evidence in found:
        assert evidence.details["conflicts"] == [
            f"{TYPE} says trainedAlgorithmicMedia, but {TYPE} says digitalCapture."
        ]


@pytest.mark.parametrize(
    ("metadata", "conflict"),
    [
        (
            {TYPE: AI, "exif:Make": "Canon", "exif:Model": "EOS 5D", "exif:LensModel": "50mm"},
            (
                "Exif says that a Canon EOS 5D took it, but its digital source type says"
                " trainedAlgorithmicMedia."
            ),
        ),
        (
            {TYPE: "digitalCapture", "xmp:Iptc4xmpExt:AISystemUsed": "Painter"},
            (
                "Its digital source type says digitalCapture, but Painter is named as the AI"
                " system used."
            ),
        ),
        (
            {TYPE: "humanEdits", "iptc:2:110": "Made with Google AI"},
            (
                "Its digital source type says humanEdits, but its credit line says: Made with"
                " Google AI."
            ),
        ),
        (
            {
                "iptc:2:110": "Made with Google AI",
                "exif:Make": "Canon",
                "exif:Model": "EOS 5D",
                "exif:LensModel": "50mm",
            },
            (
                "Exif says that a Canon EOS 5D took it, but its credit line says: Made with Google"
                " AI."
            ),
        ),
    ],
)
def test_a_contradiction_names_both_sides(one, metadata, conflict):
    assert one(Iptc(), metadata).details["conflicts"] == [conflict]


@pytest.mark.parametrize(
    "stated", ["compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "digitalCapture"]
)
def test_a_camera_contradicts_no_edit(one, stated):
    assert "conflicts" not in one(Iptc(), CAMERA | {TYPE: stated}).details


def test_each_source_type_is_told_as_it_stands(one):
    metadata = {TYPE: AI.replace("http:", "https:"), "vorbis:DIGITALSOURCETYPE": f"{AI} "}
    assert one(Iptc(), metadata).details["stated"] == [
        {"place": TYPE, "says": AI.replace("http:", "https:")},
        {"place": "vorbis:DIGITALSOURCETYPE", "says": f"{AI} "},
    ]


GENERAL = {
    "xmp:photoshop:Credit": "Acme",
    "xmp:xmp:CreateDate": "2026-11-22T10:00:00+02:00",
    "xmp:xmpMM:DocumentID": "urn:7",
}


def test_what_is_general_is_the_generators_if_it_made_all_of_it(one):
    record = one(Iptc(), GENERAL | {TYPE: AI}).provenance
    assert (record.provider, record.identifier) == ("Acme", "urn:7")
    assert record.created == datetime(2026, 11, 22, 8, tzinfo=UTC)
    edited = one(Iptc(), GENERAL | {TYPE: "compositeWithTrainedAlgorithmicMedia"}).provenance
    assert (edited.provider, edited.identifier, edited.created) == ("", "", None)


@pytest.mark.parametrize(
    "text",
    ["2026-11-22", "2026-11-22T10:00:00", "2026-13-22T10:00Z", "0001-01-01T00:00+23:59", "now"],
)
def test_a_date_without_offset_or_sense_is_none(one, text):
    assert one(Iptc(), {TYPE: AI, "xmp:xmp:CreateDate": text}).provenance.created is None


@pytest.mark.parametrize(
    ("metadata", "basis"),
    [
        ({TYPE: AI}, Basis.MARK),
        ({"xmp:Iptc4xmpExt:AISystemUsed": "Painter"}, Basis.MARK),
        ({"iptc:2:110": "Made with Google AI"}, Basis.DECLARATION),
    ],
)
def test_a_credit_line_is_a_declaration(one, metadata, basis):
    assert one(Iptc(), metadata).basis is basis


@pytest.mark.parametrize(
    "place", ["vorbis:AISYSTEMUSED", "id3:TXXX:AISystemUsed", "flv:aisystemused"]
)
def test_the_ai_properties_are_found_in_tags(one, place):
    assert one(Iptc(), {place: "Painter"}).provenance.system == "Painter"
    both = {place: "Painter", "xmp:Iptc4xmpExt:AISystemUsed": "Writer"}
    assert one(Iptc(), both).provenance.system == "Writer"


CAMERA = {"exif:Make": "Canon", "exif:Model": "EOS R5", "exif:DateTimeOriginal": "2026:01:01"}


def test_a_camera_is_shown_beside_the_claim_and_is_no_evidence(detect, one):
    assert detect(Iptc(), CAMERA) == []
    assert one(Iptc(), CAMERA | {TYPE: AI}).details["camera"] == "Canon EOS R5"


def test_a_prompt_in_a_cameras_field_is_no_camera(one):
    metadata = CAMERA | {TYPE: AI, "exif:Make": 'prompt:{"1": {}}'}
    assert "camera" not in one(Iptc(), metadata).details
