"""The AIGC label as it is written: one a file, in its place, by the producer and the platform."""

import json

import msgspec
import pytest
from credlabel_plugins.marks.aigc import Aigc, AigcMarker, AigcPropagatorMarker

from credlabel.errors import ConfigError, LabelError
from credlabel.hookspecs import Asset
from credlabel.model import Basis, Evidence, Layer, Origin, Provenance, Strength
from credlabel.terms import ALGORITHMIC_MEDIA, EDITED_BY_MODEL, IPTC

CODE = "001191110102MACQD9K64018705"
OTHER = "001191310104MACE0YX63918020"
RECORD = Provenance(source_type=IPTC + "trainedAlgorithmicMedia", provider=CODE, identifier="id-1")
TEXT = (
    f'{{"Label":"1","ContentProducer":"{CODE}","ProduceID":"id-1","ReservedCode1":"",'
    f'"ContentPropagator":"{CODE}","PropagateID":"id-1","ReservedCode2":""}}'
)
XMP = "xmp:TC260:AIGC"
LONG = "x" * 3000


def label(**values):
    return json.loads(TEXT) | {name: str(value) for name, value in values.items()}


@pytest.fixture
def write(mark):
    def ask(metadata, record=RECORD, *, places=("xmp", "png", "jpeg"), marker=None, **options):
        return mark(marker or AigcMarker(), metadata, record, places=places, **options)[0]

    return ask


def test_the_label_is_written_and_found_again(mark, one):
    fields, after = mark(AigcMarker(), {}, RECORD, places={"xmp"})
    assert fields == {XMP: (TEXT,)}
    evidence = one(Aigc(), after)
    assert evidence.origin is Origin.GENERATED
    assert (evidence.provenance.provider, evidence.provenance.identifier) == (
        "ByteDance (Doubao)",
        "id-1",
    )
    assert evidence.details["order"] == list(label())
    assert "types" not in evidence.details


@pytest.mark.parametrize(
    ("media_type", "places", "place"),
    [
        ("image/jpeg", {"xmp"}, XMP),
        ("image/png", {"png", "xmp"}, XMP),
        ("image/tiff", {"xmp"}, XMP),
        ("image/heic", {"xmp", "mp4"}, XMP),
        ("video/mp4", {"xmp", "mp4"}, "mp4:AIGC"),
        ("video/mp4", {"xmp"}, XMP),
        ("video/quicktime", {"xmp", "mp4"}, "mp4:AIGC"),
        ("audio/mp4", {"xmp", "mp4"}, "mp4:AIGC"),
        ("video/x-matroska", {"matroska"}, "matroska:AIGC"),
        ("video/webm", {"matroska"}, "matroska:AIGC"),
        ("video/avi", {"riff", "xmp"}, "riff:AIGC"),
        ("video/x-flv", {"flv"}, "flv:AIGC"),
        ("audio/wav", {"riff", "xmp"}, "riff:AIGC"),
        ("audio/mpeg", {"id3", "xmp"}, "id3:TXXX:AIGC"),
        ("audio/mpeg", {"id3:TXXX", "xmp"}, "id3:TXXX:AIGC"),
        ("audio/flac", {"vorbis"}, "vorbis:AIGC"),
        ("audio/ogg", {"vorbis"}, "vorbis:AIGC"),
        ("application/pdf", {"pdf", "xmp"}, "pdf:AIGC"),
        ("text/markdown", {"markdown"}, "markdown:AIGC"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            {"ooxml:custom", "ooxml:core"},
            "ooxml:custom:AIGC",
        ),
        ("application/vnd.oasis.opendocument.text", {"odf", "odf:user"}, "odf:user:AIGC"),
        ("application/epub+zip", {"epub:meta"}, "epub:meta:TC260:AIGC"),
        ("text/html", {"html:meta", "html:root", "html:jsonld"}, "html:meta:aigc"),
        ("image/svg+xml", {"xmp"}, XMP),
    ],
)
def test_the_label_stands_where_the_guides_want_it(mark, one, media_type, places, place):
    fields, after = mark(AigcMarker(), {}, RECORD, places=places, media_type=media_type)
    assert fields == {place: (TEXT,)}
    assert one(Aigc(), after).details["places"] == [place]


@pytest.mark.parametrize("media_type", ["text/plain", "application/zip", "image/jpeg"])
def test_where_there_is_no_place_there_is_no_label(write, media_type):
    assert write({}, places={"ooxml:core"}, media_type=media_type) == {}


@pytest.mark.parametrize("code", ["digitalCapture", "humanEdits", "composite", ""])
def test_what_no_model_made_gets_no_label(write, code):
    record = Provenance(source_type=code, provider="A B", identifier="id-1")
    assert write({}, record) == {}
    assert write({}, Provenance(source_type=ALGORITHMIC_MEDIA, provider=CODE)) == {}


@pytest.mark.parametrize("code", [EDITED_BY_MODEL, "compositeSynthetic"])
def test_what_a_model_made_in_part_is_labelled(write, code):
    record = Provenance(source_type=code, provider=CODE, identifier="id-1")
    assert write({}, record) == {XMP: (TEXT,)}


@pytest.mark.parametrize(
    ("name", "text", "rest"),
    [
        ("png:AIGC", json.dumps(label(ContentProducer=OTHER)), ()),
        ("png:AIGC", json.dumps({"AIGC": label(ContentProducer=OTHER)}), ()),
        ("png:Comment", json.dumps({"AIGC": label(ContentProducer=OTHER)}), ()),
        (
            "png:Comment",
            json.dumps({"a": "ä", "AIGC": label(ContentProducer=OTHER)}),
            (json.dumps({"a": "ä"}),),
        ),
        ("jpeg:AIGC", "AIGC" + json.dumps(label(ContentProducer=OTHER)), ()),
        ("xmp:{http://example.com/a/}AIGC", json.dumps(label(ContentProducer=OTHER)), ()),
    ],
)
def test_a_label_elsewhere_is_replaced_by_the_one_in_its_place(write, name, text, rest):
    assert write({name: text, "png:Title": "x"}) == {name: rest, XMP: (TEXT,)}


def test_others_of_its_name_stay_where_the_label_was(write):
    texts = ["about AIGC", json.dumps(label(ContentProducer=OTHER)), "more"]
    assert write({"png:AIGC": texts})["png:AIGC"] == ("about AIGC", "more")
    texts = [json.dumps(label(ContentProducer=OTHER)), json.dumps(label(Label=2)), "more"]
    assert write({"png:AIGC": texts})["png:AIGC"] == ("more",)


def test_a_structure_becomes_one_text(write):
    there = {f"{XMP}/TC260:{key}": value for key, value in label(ProduceID="8").items() if value}
    marker = AigcMarker()
    asset = Asset("a", "image/jpeg", 1, read=lambda: {key: (v,) for key, v in there.items()})
    (text,) = marker.fields(asset, frozenset({"xmp"}), RECORD)[XMP]
    assert json.loads(text) == label(ProduceID="8")
    with pytest.raises(LabelError):
        write({name.replace("xmp:TC260", "x:TC260"): text for name, text in there.items()})


def test_a_record_of_nobody_leaves_the_label_to_who_made_the_content(write):
    nobody = Provenance(source_type=RECORD.source_type)
    assert write({}, nobody) == {}
    assert write({XMP: TEXT}, nobody) == {}


def test_another_producers_label_is_replaced_whole(write):
    there = label(ContentProducer=OTHER, ReservedCode1="theirs", ContentPropagator="p")
    assert write({XMP: json.dumps(there)}) == {XMP: (TEXT,)}


def test_ones_own_label_stays_as_it_is(write):
    there = json.dumps(
        label(ProduceID="8", ReservedCode1=LONG, ContentPropagator=OTHER, PropagateID="9"),
        indent=1,
    )
    assert write({XMP: there}) == {XMP: (there,)}


def test_ones_own_label_is_completed_and_brought_to_its_place(write):
    there = {"ContentProducer": CODE, "Label": 2, "ProduceID": "8", "ReservedCode1": LONG}
    (text,) = write({"png:AIGC": json.dumps(there)})[XMP]
    assert json.loads(text) == label(ProduceID="8", PropagateID="8", ReservedCode1=LONG)
    assert list(json.loads(text)) == list(label())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("exif:UserComment", json.dumps({"AIGC": label(ContentProducer=OTHER)})),
        ("riff:AIGC", json.dumps(label())),
        (
            "exif:ImageDescription",
            '{"ServiceProvider":"t","ServiceUser":"u","Time":"now","ContentId":"c"}',
        ),
    ],
)
def test_there_is_no_second_label_beside_one_that_cannot_be_replaced(write, name, text):
    with pytest.raises(LabelError, match=rf"label in {name}, .* another one in {XMP}\."):
        write({name: text}, places={"xmp", "markdown"})
    with pytest.raises(LabelError):
        write({name: text}, places={"xmp", "markdown"}, marker=AigcPropagatorMarker())


def test_a_front_matter_that_is_told_twice_is_no_second_place(write):
    there = {"markdown:front-matter": f"AIGC: {TEXT}", "markdown:AIGC": TEXT}
    fields = write(there, places={"markdown"}, media_type="text/markdown")
    assert fields == {"markdown:AIGC": (TEXT,)}


@pytest.mark.parametrize("marker", [AigcMarker(), AigcPropagatorMarker()])
@pytest.mark.parametrize("text", ["", "Acme Inc", "阿里", "a\\b", "a\nb", "ä", "a\x7f"])
def test_letters_that_a_label_cannot_hold_are_the_users_to_change(write, marker, text):
    for name in ("provider", "identifier"):
        said = {"provider": CODE, "identifier": "1"} | {name: text}
        record = Provenance(source_type=EDITED_BY_MODEL, **said)
        with pytest.raises(ConfigError) as error:
            write({XMP: TEXT.replace(CODE, OTHER)}, record, marker=marker)
        assert error.value.hint


def test_a_quotation_mark_is_escaped(write):
    record = Provenance(source_type=EDITED_BY_MODEL, provider='A"B!~[]', identifier="1")
    (text,) = write({}, record)[XMP]
    assert '"A\\"B!~[]"' in text
    assert json.loads(text)["ContentProducer"] == 'A"B!~[]'


# ---------------------------------------------------------------------------- the platform


PLATFORM = Provenance(provider=OTHER, identifier="p-1")
PROPAGATED = {"ContentPropagator": OTHER, "PropagateID": "p-1"}


def evidence(origin, basis=Basis.MARK, strength=Strength.ASSERTED, source_type=""):
    return Evidence(
        detector="x",
        kind=Layer.METADATA,
        strength=strength,
        origin=origin,
        basis=basis,
        provenance=Provenance(source_type=source_type),
    )


@pytest.fixture
def propagate(write):
    def ask(metadata, *found, places=("xmp", "png"), record=PLATFORM):
        marker = AigcPropagatorMarker()
        return write(metadata, record, places=places, marker=marker, evidence=found)

    return ask


def test_a_platform_adds_its_own_and_keeps_the_producers(propagate):
    there = label(Label=3, ProduceID="8", ReservedCode1=LONG, ReservedCode2="old")
    (text,) = propagate({XMP: json.dumps(there)})[XMP]
    assert json.loads(text) == there | PROPAGATED | {"ReservedCode2": ""}
    assert list(json.loads(text)) == list(label())


def test_a_platforms_own_addition_stays_as_it_is(propagate):
    there = json.dumps(label(ContentPropagator=OTHER, PropagateID="9", ReservedCode2="r"))
    assert propagate({XMP: there}) == {XMP: (there,)}


def test_a_platform_brings_the_label_to_its_place(propagate):
    fields = propagate({"png:AIGC": TEXT})
    assert fields["png:AIGC"] == ()
    assert json.loads(fields[XMP][0]) == label() | PROPAGATED


def test_of_several_labels_the_one_that_states_generation_is_kept(propagate):
    fields = propagate({XMP: json.dumps(label(Label=3)), "png:AIGC": json.dumps(label(Label=1))})
    assert fields["png:AIGC"] == ()
    assert json.loads(fields[XMP][0])["Label"] == "1"


def test_tencents_label_becomes_the_standards(propagate):
    there = '{"ServiceProvider":"t","ServiceUser":"u","Time":"now","ContentId":"c"}'
    fields = propagate({"png:Description": there})
    assert fields["png:Description"] == ()
    assert json.loads(fields[XMP][0]) == PROPAGATED | {
        "Label": "1",
        "ContentProducer": "t",
        "ProduceID": "c",
        "ReservedCode1": "",
        "ReservedCode2": "",
    }


@pytest.mark.parametrize(
    ("found", "stated"),
    [
        ([evidence(Origin.GENERATED)], "1"),
        ([evidence(Origin.EDITED_WITH_AI, strength=Strength.SIGNED)], "1"),
        ([evidence(Origin.COMPOSITE)], "1"),
        ([evidence(Origin.COMPOSITE, source_type="compositeSynthetic")], "1"),
        ([evidence(Origin.GENERATED, Basis.DECLARATION)], "2"),
        ([evidence(Origin.GENERATED, Basis.TRACE)], "3"),
        ([evidence(Origin.GENERATED, strength=Strength.INFERRED)], "3"),
        (
            [
                evidence(Origin.GENERATED, Basis.TRACE),
                evidence(Origin.GENERATED),
                evidence(Origin.GENERATED, Basis.DECLARATION),
            ],
            "1",
        ),
        (
            [evidence(Origin.GENERATED, Basis.TRACE), evidence(Origin.CAPTURED)],
            "3",
        ),
    ],
)
def test_what_has_no_label_is_judged_by_what_speaks_of_ai(propagate, found, stated):
    (text,) = propagate({}, *found)[XMP]
    expected = PROPAGATED | {"Label": stated, "ContentProducer": "", "ProduceID": ""}
    assert json.loads(text).items() >= expected.items()
    assert list(json.loads(text)) == list(label())


@pytest.mark.parametrize(
    "found",
    [
        (),
        (evidence(Origin.CAPTURED), evidence(Origin.HUMAN_MADE, Basis.TRACE)),
        (evidence(Origin.ALGORITHMIC), evidence(Origin.SIMULATED), evidence(Origin.UNKNOWN)),
        (evidence(Origin.COMPOSITE, source_type="compositeCapture"),),
        (msgspec.structs.replace(evidence(Origin.GENERATED), kind=Layer.CREDENTIAL),),  # broken
    ],
)
def test_where_nothing_speaks_of_ai_there_is_no_label(propagate, found):
    assert propagate({}, *found, record=Provenance()) == {}


def test_a_platform_has_no_place_either_where_there_is_none(propagate):
    assert propagate({}, evidence(Origin.GENERATED), places=()) == {}
