"""The AIGC label: every place and spelling in which it is found, and what it may not claim."""

import json

import pytest
from credlabel_plugins.marks.aigc import Aigc

from credlabel.model import Origin

CODE = "001191110102MACQD9K64018705"
LABEL = {
    "Label": "1",
    "ContentProducer": CODE,
    "ProduceID": "98ae6b12-23e2",
    "ReservedCode1": "r1",
    "ContentPropagator": CODE,
    "PropagateID": "98ae6b12-23e2",
    "ReservedCode2": "r2",
}
TEXT = json.dumps(LABEL)
WRAPPED = json.dumps({"AIGC": LABEL})
STRUCTURE = {f"xmp:TC260:AIGC/TC260:{key}": value for key, value in LABEL.items()}


@pytest.mark.parametrize(
    "metadata",
    [
        {"xmp:TC260:AIGC": TEXT},
        {"xmp:{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC": TEXT},
        {"png:AIGC": TEXT},
        {"jpeg:AIGC": TEXT},
        {"jpeg:AIGC": "AIGC" + TEXT},
        {"exif:UserComment": WRAPPED},
        {"exif:ImageDescription": WRAPPED},
        {"mp4:AIGC": TEXT},
        {"id3:TXXX:AIGC": TEXT},
        {"vorbis:AIGC": TEXT},
        {"riff:AIGC": TEXT},
        {"ooxml:custom:AIGC": TEXT},
        {"pdf:AIGC": WRAPPED},
        {"html:meta:aigc": TEXT},
        {"png:AIGC": json.dumps(TEXT)},  # encoded twice
        {"png:AIGC": json.dumps({"AIGC": TEXT})},
        {"png:AIGC": json.dumps(LABEL | {"Label": 1})},
        {"markdown:AIGC": TEXT},
        STRUCTURE,
    ],
)
def test_the_label_is_found_in_every_place(one, metadata):
    evidence = one(Aigc(), metadata)
    assert evidence.origin is Origin.GENERATED
    assert {key: evidence.details[key] for key in LABEL} == LABEL
    assert evidence.details["meaning"] == "generated"
    assert evidence.details["covers"] == ["generated", "edited-with-ai", "composite"]
    assert evidence.provenance.identifier == LABEL["ProduceID"]
    assert evidence.provenance.provider == "ByteDance (Doubao)"
    assert evidence.details["ContentProducerCode"] == {
        "credit_code": "91110102MACQD9K640",
        "service": "generation",
        "model": "8705",
    }
    assert "conflicts" not in evidence.details


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"png:AIGC": "yes"},
        {"png:AIGC": "{}"},
        {"png:AIGC": '{"title": "about AIGC"}'},
        {"png:AIGC": '{"Label": ""}'},
        {"png:AIGC": '{"Label": '},
        {"png:AIGC": "[1]"},
        {"png:AIGC": '{"Label": {"a": null}, "AIGC": 1}'.replace('{"a": null}', "null")},
        {"png:Comment": TEXT},  # not under the name, nor wrapped in it
        {"xmp:dc:description": "What the AIGC label of GB 45438 looks like"},
        {"markdown:AIGC": "everything about it"},
        {"markdown:about": "AIGC", "markdown:Label": "1"},
    ],
)
def test_the_name_alone_means_nothing(detect, metadata):
    assert detect(Aigc(), metadata) == []


@pytest.mark.parametrize(
    ("stated", "meaning"),
    [("2", "possibly generated"), ("3", "suspected to be generated"), ("9", "not a value of")],
)
def test_a_platforms_suspicion_states_no_origin(one, stated, meaning):
    evidence = one(Aigc(), {"png:AIGC": json.dumps(LABEL | {"Label": stated})})
    assert evidence.origin is Origin.UNKNOWN
    assert "covers" not in evidence.details
    assert evidence.details["meaning"].startswith(meaning)
    assert evidence.details["Label"] == stated


def test_minimax_spells_its_label_and_its_name(one):
    text = '{"Label":"AIGC","ContentProducer":"Minimax Agent AI","ProduceID":"x"}'
    evidence = one(Aigc(), {"markdown:AIGC": text})
    assert evidence.origin is Origin.GENERATED
    assert evidence.provenance.provider == "Minimax Agent AI"
    assert "ContentProducerCode" not in evidence.details


def test_a_code_that_nobody_knows_is_the_provider(one):
    code = "001191440300MA5XXXXX0X10001"
    assert (
        one(
            Aigc(), {"png:AIGC": json.dumps({"Label": "1", "ContentProducer": code})}
        ).provenance.provider
        == code
    )


def test_tencents_other_schema_counts_whole(one, detect):
    whole = {"ServiceProvider": "t", "ServiceUser": "u", "Time": "now", "ContentId": "c"}
    evidence = one(Aigc(), {"exif:ImageDescription": json.dumps(whole)})
    assert evidence.origin is Origin.GENERATED
    assert (evidence.provenance.provider, evidence.provenance.identifier) == ("t", "c")
    del whole["ContentId"]
    assert detect(Aigc(), {"exif:ImageDescription": json.dumps(whole)}) == []


def test_one_label_in_two_places_is_one(one):
    evidence = one(Aigc(), {"xmp:TC260:AIGC": TEXT, "png:AIGC": [WRAPPED, TEXT]})
    assert evidence.details["places"] == ["xmp:TC260:AIGC", "png:AIGC"]
    assert "conflicts" not in evidence.details


def test_two_different_labels_contradict_the_standard(detect):
    other = json.dumps(LABEL | {"Label": "3"})
    found = detect(Aigc(), {"xmp:TC260:AIGC": TEXT, "png:AIGC": other})
    assert [evidence.origin for evidence in found] == [Origin.GENERATED, Origin.UNKNOWN]
    for evidence in found:
        (conflict,) = evidence.details["conflicts"]
        assert conflict.startswith(f"xmp:TC260:AIGC says Label 1, ContentProducer {CODE}, ")
        assert f", but png:AIGC says Label 3, ContentProducer {CODE}, " in conflict


def test_a_signature_is_never_said_to_be_valid(one):
    signed = LABEL | {"ReservedCode1": json.dumps({"SecurityData": {"Type": "TC260PG"}})}
    details = one(Aigc(), {"png:AIGC": json.dumps(signed)}).details
    assert details["SecurityData"] == "present in ReservedCode1, not verified"
    as_object = LABEL | {"ReservedCode2": {"SecurityData": {}}}
    details = one(Aigc(), {"png:AIGC": json.dumps(as_object)}).details
    assert details["SecurityData"] == "present in ReservedCode2, not verified"


def test_the_order_of_the_keys_and_what_is_no_text_are_told(one):
    label = {"X": 1, "ProduceID": "7", "Label": 1, "ReservedCode1": {"a": 1}, "PropagateID": None}
    details = one(Aigc(), {"png:AIGC": json.dumps(label)}).details
    assert details["order"] == ["X", "ProduceID", "Label", "ReservedCode1", "PropagateID"]
    assert details["types"] == {
        "Label": "number",
        "ReservedCode1": "object",
        "PropagateID": "null",
    }
    assert "types" not in one(Aigc(), {"png:AIGC": TEXT}).details


def test_a_front_matter_that_is_told_twice_has_one_label(one):
    evidence = one(Aigc(), {"markdown:front-matter": f"AIGC: {TEXT}", "markdown:AIGC": TEXT})
    assert evidence.details["places"] == ["markdown:AIGC"]


@pytest.mark.parametrize("place", ["matroska:AIGC", "flv:AIGC", "odf:user:AIGC", "markdown:AIGC"])
def test_the_label_is_found_in_further_places(one, place):
    assert one(Aigc(), {place: TEXT}).details["places"] == [place]


def test_many_labels_are_reported_up_to_a_limit(detect):
    many = [json.dumps(LABEL | {"ProduceID": str(number)}) for number in range(1000)]
    assert len(detect(Aigc(), {"png:AIGC": many})) == 16
