"""IPTC's mark as it is written: what, over what, and what is found again."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from credlabel_plugins.marks.iptc import Iptc, IptcMarker

from credlabel.model import Model, Prompt, Provenance, Simulator
from credlabel.terms import ALGORITHMIC_MEDIA, EDITED_BY_MODEL, IPTC, SOURCE_TYPES

AI = IPTC + "trainedAlgorithmicMedia"
EXT = "xmp:Iptc4xmpExt:"
TYPE = f"{EXT}DigitalSourceType"
RECORD = Provenance(
    source_type=AI,
    provider="Acme",
    system="Painter",
    system_version="3",
    prompts=(Prompt(text="a duck\r\n<on> & 'in' \"water\"\t鴨"),),
    created=datetime(2026, 11, 22, 10, tzinfo=timezone(timedelta(hours=2))),
    identifier="urn:uuid:7",
)
WRITTEN = {
    TYPE: (AI,),
    f"{EXT}AISystemUsed": ("Painter",),
    f"{EXT}AISystemVersionUsed": ("3",),
    f"{EXT}AIPromptInformation": ("a duck\n<on> & 'in' \"water\" 鴨",),
    "xmp:xmp:CreatorTool": ("Painter 3",),
    "xmp:photoshop:Credit": ("Acme",),
    "xmp:xmp:CreateDate": ("2026-11-22T08:00:00Z",),
    "xmp:xmpMM:DocumentID": ("urn:uuid:7",),
}


@pytest.fixture
def write(mark):
    def ask(metadata, record=RECORD, places=("xmp",)):
        return mark(IptcMarker(), metadata, record, places=places)[0]

    return ask


def test_the_record_is_written_and_found_again(mark, one):
    fields, after = mark(IptcMarker(), {}, RECORD, places={"xmp", "png"})
    assert fields == WRITTEN
    found = one(Iptc(), after).provenance
    for name in ("source_type", "provider", "system", "system_version", "created", "identifier"):
        assert getattr(found, name) == getattr(RECORD, name), name
    assert found.prompts[0].text == WRITTEN[f"{EXT}AIPromptInformation"][0]


def test_other_properties_are_left_alone_and_what_is_said_is_kept(write):
    kept = {
        "xmp:xmp:CreatorTool": "Photoshop",
        "xmp:photoshop:Credit": "Jane Doe",
        "xmp:xmp:CreateDate": "2001-01-01",
        "xmp:xmpMM:DocumentID": "xmp.did:1",
        "xmp:dc:title": "x",
    }
    assert write(kept).keys() == WRITTEN.keys() - kept.keys()


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("exif:Software", "xmp:xmp:CreatorTool"),
        ("exif:DateTimeOriginal", "xmp:xmp:CreateDate"),
        ("exif:DateTimeDigitized", "xmp:xmp:CreateDate"),
        ("iptc:2:110", "xmp:photoshop:Credit"),
    ],
)
def test_what_the_file_says_in_another_place_is_said(write, there, missing):
    assert write({there: "x"}).keys() == WRITTEN.keys() - {missing}


def test_another_source_type_is_replaced_wherever_it_is_in_xmp(write):
    metadata = {
        TYPE: ["digitalCapture", AI],
        "xmp:Iptc4xmpCore:DigitalSourceType": "digitalCapture",
        "xmp:{http://example.com/}DigitalSourceType": "trainedAlgorithmicMedia",
        "xmp:xmpMM:DerivedFrom/Iptc4xmpExt:DigitalSourceType": "digitalCapture",
        "png:DigitalSourceType": "digitalCapture",
    }
    fields = write(metadata)
    assert fields[TYPE] == fields["xmp:Iptc4xmpCore:DigitalSourceType"] == (AI,)
    assert not fields.keys() & (metadata.keys() - {TYPE, "xmp:Iptc4xmpCore:DigitalSourceType"})


def test_a_spelling_becomes_the_uri(write):
    assert write({TYPE: AI.replace("http:", "https:")})[TYPE] == (AI,)
    assert write({}, Provenance(source_type="trainedAlgorithmicMedia")) == {TYPE: (AI,)}


def test_the_version_of_another_system_does_not_stay(write):
    there = {f"{EXT}AISystemUsed": "Other", f"{EXT}AISystemVersionUsed": "9"}
    record = Provenance(source_type=AI, system="Painter")
    assert write(there, record)[f"{EXT}AISystemVersionUsed"] == ()
    same = there | {f"{EXT}AISystemUsed": "Painter"}
    assert f"{EXT}AISystemVersionUsed" not in write(same, record)


def test_the_model_is_named_for_want_of_a_system(write):
    record = Provenance(source_type=AI, models=(Model(name="m", version="2"), Model(name="n")))
    assert write({}, record) == {
        TYPE: (AI,),
        f"{EXT}AISystemUsed": ("m",),
        f"{EXT}AISystemVersionUsed": ("2",),
        "xmp:xmp:CreatorTool": ("m 2",),
    }


def test_the_version_of_a_model_is_not_that_of_the_system(write):
    record = Provenance(source_type=AI, system="Painter", models=(Model(name="m", version="2"),))
    assert write({}, record) == {
        TYPE: (AI,),
        f"{EXT}AISystemUsed": ("Painter",),
        "xmp:xmp:CreatorTool": ("Painter",),
    }


def test_the_digest_of_a_prompt_is_no_prompt(write):
    record = Provenance(source_type=AI, prompts=(Prompt(sha256="0" * 64), Prompt(text=" \n ")))
    assert write({}, record) == {TYPE: (AI,)}


def test_several_prompts_are_one_text_and_a_huge_one_is_left_out(write):
    record = Provenance(source_type=AI, prompts=(Prompt(text="a"), Prompt(text="b")))
    assert write({}, record)[f"{EXT}AIPromptInformation"] == ("a\n\nb",)
    record = Provenance(source_type=AI, prompts=(Prompt(text="ä" * 8193),))
    assert write({}, record) == {TYPE: (AI,)}


@pytest.mark.parametrize("code", SOURCE_TYPES)
def test_an_ai_system_is_only_named_where_ai_took_part(write, code):
    takes_part = {
        "trainedAlgorithmicMedia",
        "trainedAlgorithmicData",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
    }
    fields = write({}, Provenance(source_type=code, system="Painter", prompts=RECORD.prompts))
    assert fields[TYPE] == (SOURCE_TYPES[code][0] + code,)
    assert (f"{EXT}AISystemUsed" in fields) is (code in takes_part)
    assert (f"{EXT}AIPromptInformation" in fields) is (code in takes_part)


@pytest.mark.parametrize("code", ["compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"])
def test_what_made_a_part_is_not_the_tool_of_the_whole(write, code):
    record = Provenance(source_type=code, system="Adobe Firefly")
    assert write({}, record).keys() == {TYPE, f"{EXT}AISystemUsed"}


def test_a_simulation_names_its_program_and_no_ai(write):
    simulators = (Simulator(name="Blender", version="5"),)
    record = Provenance(source_type=ALGORITHMIC_MEDIA, simulators=simulators)
    assert write({}, record) == {
        TYPE: (ALGORITHMIC_MEDIA,),
        "xmp:xmp:CreatorTool": ("Blender 5",),
    }


@pytest.mark.parametrize(
    ("record", "places"),
    [(RECORD, {"png", "xmpx"}), (Provenance(system="Painter"), {"xmp"}), (RECORD, set())],
)
def test_nothing_is_written_without_a_source_type_or_a_place(write, record, places):
    assert write({TYPE: AI}, record, places) == {}


def test_letters_that_xml_cannot_hold_are_left_out(write):
    record = Provenance(source_type=EDITED_BY_MODEL, system="\0Pain\x07ter\ufffe\n3 ")
    assert write({}, record)[f"{EXT}AISystemUsed"] == ("Pain ter  3",)


def test_a_moment_is_the_same_in_every_zone(write):
    record = Provenance(source_type=AI, created=datetime(2026, 1, 1, 2, 3, 4, 500, tzinfo=UTC))
    assert write({}, record)["xmp:xmp:CreateDate"] == ("2026-01-01T02:03:04.000500Z",)
