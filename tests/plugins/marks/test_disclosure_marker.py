"""Disclosures as they are written: where there is a place for them, in that place's own words."""

import json
from datetime import UTC, datetime

import pytest
from credlabel_plugins.marks.disclosure import Disclosure, DisclosureMarker
from credlabel_plugins.marks.iptc import Iptc

from credlabel.model import Basis, Model, Origin, Provenance, Simulator
from credlabel.terms import ALGORITHMIC_MEDIA, EDITED_BY_MODEL, IPTC, SOURCE_TYPES

AI = IPTC + "trainedAlgorithmicMedia"
SCHEMA = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
RECORD = Provenance(
    source_type=AI,
    provider="Acme",
    system="Painter",
    system_version="3",
    created=datetime(2026, 11, 22, 8, tzinfo=UTC),
    identifier="urn:7",
)
HTML = ("html:meta", "html:root", "html:jsonld")
STATEMENT = {
    "@context": "https://schema.org",
    "@type": "WebPage",
    "digitalSourceType": SCHEMA,
    "creator": {
        "@type": "SoftwareApplication",
        "name": "Painter",
        "softwareVersion": "3",
        "provider": {"@type": "Organization", "name": "Acme"},
    },
    "dateCreated": "2026-11-22T08:00:00Z",
    "identifier": "urn:7",
}


@pytest.fixture
def write(mark):
    def ask(metadata, record=RECORD, *, places):
        return mark(DisclosureMarker(), metadata, record, places=places)[0]

    return ask


def of_iptc(prefix):
    return {
        f"{prefix}DigitalSourceType": (AI,),
        f"{prefix}AISystemUsed": ("Painter",),
        f"{prefix}AISystemVersionUsed": ("3",),
    }


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (
            {"ooxml:custom", "ooxml:core"},
            {
                **of_iptc("ooxml:custom:"),
                "ooxml:core:created": ("2026-11-22T08:00:00Z",),
                "ooxml:core:identifier": ("urn:7",),
                "ooxml:core:creator": ("Acme",),
            },
        ),
        ({"odf:user", "odf"}, of_iptc("odf:user:")),
        (
            {"epub:meta"},
            {
                "epub:meta:schema:digitalSourceType": (SCHEMA,),
                "epub:meta:Iptc4xmpExt:AISystemUsed": ("Painter",),
                "epub:meta:Iptc4xmpExt:AISystemVersionUsed": ("3",),
                "epub:meta:dcterms:created": ("2026-11-22T08:00:00Z",),
            },
        ),
        ({"pdf", "xmp"}, {**of_iptc("pdf:"), "pdf:Creator": ("Painter 3",)}),
        ({"id3"}, of_iptc("id3:TXXX:")),
        ({"id3:TXXX", "xmp"}, of_iptc("id3:TXXX:")),
        ({"flv"}, of_iptc("flv:")),
        ({"riff", "xmp"}, {"riff:ISFT": ("Painter 3",)}),
        *(
            (
                {place},
                {
                    f"{place}:DIGITALSOURCETYPE": (AI,),
                    f"{place}:AISYSTEMUSED": ("Painter",),
                    f"{place}:AISYSTEMVERSIONUSED": ("3",),
                },
            )
            for place in ("vorbis", "matroska")
        ),
        (
            set(HTML),
            {
                "html:meta:ai-disclosure": ("ai-generated",),
                "html:root:ai-disclosure": ("ai-generated",),
                "html:root:ai-model": ("Painter",),
                "html:root:ai-provider": ("Acme",),
                "html:jsonld": (json.dumps(STATEMENT, separators=(",", ":")),),
            },
        ),
        ({"xmp", "png", "mp4", "markdown"}, {}),
        (set(), {}),
    ],
)
def test_every_place_has_its_own_names(write, places, expected):
    assert write({}, places=places) == expected


@pytest.mark.parametrize("places", [{"ooxml:custom"}, {"odf:user"}, {"epub:meta"}, {"pdf"}, HTML])
def test_what_is_written_is_found_again(mark, one, places):
    _, after = mark(DisclosureMarker(), {}, RECORD, places=places)
    evidence = one(Disclosure(), after)
    assert (evidence.origin, evidence.basis) == (Origin.GENERATED, Basis.MARK)
    assert "conflicts" not in evidence.details
    found = evidence.provenance
    assert (found.source_type, found.system, found.system_version) == (AI, "Painter", "3")
    if places == HTML:
        assert found == RECORD


@pytest.mark.parametrize("places", [{"id3"}, {"vorbis"}, {"matroska"}, {"flv"}])
def test_what_is_written_into_tags_is_found_again_by_another(mark, one, detect, places):
    _, after = mark(DisclosureMarker(), {}, RECORD, places=places)
    found = one(Iptc(), after).provenance
    assert (found.source_type, found.system, found.system_version) == (AI, "Painter", "3")
    assert detect(Disclosure(), after) == []


@pytest.mark.parametrize("code", SOURCE_TYPES)
@pytest.mark.parametrize("places", [HTML, {"epub:meta"}, {"pdf"}])
def test_every_source_type_is_found_again(mark, one, code, places):
    record = Provenance(source_type=code)
    _, after = mark(DisclosureMarker(), {}, record, places=places)
    assert one(Disclosure(), after).provenance.source_type == SOURCE_TYPES[code][0] + code


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("trainedAlgorithmicMedia", "ai-generated"),
        ("trainedAlgorithmicData", "ai-generated"),
        ("compositeWithTrainedAlgorithmicMedia", "ai-assisted"),
        ("compositeSynthetic", "mixed"),
    ],
)
def test_a_page_says_how_far_ai_took_part(write, code, word):
    fields = write({}, Provenance(source_type=code), places={"html:meta", "html:root"})
    assert fields == dict.fromkeys(("html:meta:ai-disclosure", "html:root:ai-disclosure"), (word,))


def test_mathematics_has_a_source_type_and_no_words_about_ai(write):
    record = Provenance(
        source_type=ALGORITHMIC_MEDIA, provider="Acme", simulators=(Simulator(name="Blender"),)
    )
    fields = write({"markdown:a": "b"}, record, places=(*HTML, "markdown", "pdf"))
    (text,) = fields.pop("html:jsonld")
    assert json.loads(text) == {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "digitalSourceType": "https://schema.org/AlgorithmicMediaDigitalSource",
    }
    assert fields == {
        "markdown:digital_source_type": (ALGORITHMIC_MEDIA,),
        "pdf:DigitalSourceType": (ALGORITHMIC_MEDIA,),
        "pdf:Creator": ("Blender",),
    }


def test_nothing_is_written_without_a_source_type(write):
    assert write({}, Provenance(system="Painter"), places=(*HTML, "pdf", "riff")) == {}


# ---------------------------------------------------------------------------- what is there


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("pdf:Creator", "pdf"),
        ("riff:ISFT", "riff"),
        ("ooxml:core:creator", "ooxml:core"),
        ("ooxml:core:created", "ooxml:core"),
        ("ooxml:core:identifier", "ooxml:core"),
        ("epub:meta:dcterms:created", "epub:meta"),
    ],
)
def test_what_the_file_says_is_kept(write, name, place):
    assert name in write({}, places={place})
    assert name not in write({name: "x"}, places={place})


def test_only_what_a_machine_made_whole_gets_an_author(write):
    record = Provenance(source_type=EDITED_BY_MODEL, provider="Acme", system="Painter")
    assert write({}, record, places={"ooxml:core", "riff"}) == {}
    assert "pdf:Creator" not in write({}, record, places={"pdf"})
    record = Provenance(source_type=AI, models=(Model(name="m", version="2"),))
    assert write({}, record, places={"ooxml:core"}) == {"ooxml:core:creator": ("m 2",)}


def test_another_statement_is_replaced_in_the_spelling_that_it_has(write):
    metadata = {
        "html:meta:aidisclosure": "none",
        "html:meta:description": "x",
        "html:root:aimodel": "Other",
        "html:attribute:aidisclosure": "none",
    }
    assert write(metadata, places={"html:meta", "html:root"}) == {
        "html:meta:aidisclosure": ("ai-generated",),
        "html:root:ai-disclosure": ("ai-generated",),
        "html:root:aimodel": ("Painter",),
        "html:root:ai-provider": ("Acme",),
    }


def test_of_several_spellings_one_is_left(write):
    metadata = {"odf:user:digital-source-type": "print", "odf:user:DigitalSourceType": "print"}
    fields = write(metadata, places={"odf:user"})
    assert fields["odf:user:digital-source-type"] == ()
    assert fields["odf:user:DigitalSourceType"] == (AI,)


def test_a_source_type_that_is_right_stays_as_it_is_spelt(write):
    metadata = {"ooxml:custom:digital_source_type": "trained_algorithmic_media"}
    fields = write(metadata, places={"ooxml:custom"})
    assert fields["ooxml:custom:digital_source_type"] == ("trained_algorithmic_media",)
    assert "ooxml:custom:DigitalSourceType" not in fields


def test_the_version_of_another_system_does_not_stay(write):
    metadata = {"pdf:AISystemUsed": "Other", "pdf:AISystemVersionUsed": "9"}
    record = Provenance(source_type=AI, system="Painter")
    assert write(metadata, record, places={"pdf"})["pdf:AISystemVersionUsed"] == ()


@pytest.mark.parametrize("spelling", ["ai-{}", "ai{}"])
def test_the_provider_of_another_system_does_not_stay(write, spelling):
    model, provider = (f"html:root:{spelling.format(name)}" for name in ("model", "provider"))
    record = Provenance(source_type=AI, system="Painter")
    other = {model: "Other", provider: "Acme"}
    assert write(other, record, places={"html:root"})[provider] == ()
    same = {model: "Painter", provider: "Acme"}
    assert provider not in write(same, record, places={"html:root"})


def test_a_statement_about_the_page_that_says_more_stays(write):
    text = json.dumps(STATEMENT, separators=(",", ":"))
    nobody = Provenance(source_type=AI)
    assert write({"html:jsonld": text}, nobody, places=HTML)["html:jsonld"] == (text,)
    other = Provenance(source_type=AI, system="Other")
    assert write({"html:jsonld": text}, other, places=HTML)["html:jsonld"] != (text,)


# ---------------------------------------------------------------------------- front matter


def test_front_matter_that_is_there_says_it(mark, one):
    metadata = {"markdown:front-matter": "title: x", "markdown:title": "x"}
    fields, after = mark(DisclosureMarker(), metadata, RECORD, places={"markdown"})
    assert fields == {
        "markdown:digital_source_type": (AI,),
        "markdown:ai_disclosure": ("ai-generated",),
    }
    assert one(Disclosure(), after).provenance.source_type == AI


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"markdown:front-matter": "AIGC:\n  Label: '1'", "markdown:AIGC": '{"Label":"1"}'},
        {"markdown:front-matter": "[package]\nname = 1"},
    ],
)
def test_a_text_without_front_matter_of_its_own_gets_none(write, metadata):
    assert write(metadata, places={"markdown"}) == {}


def test_front_matter_keeps_its_spelling(write):
    metadata = {"markdown:front-matter": "ai-disclosure: none", "markdown:ai-disclosure": "none"}
    fields = write(metadata, places={"markdown"})
    assert fields["markdown:ai-disclosure"] == ("ai-generated",)
    assert "markdown:ai_disclosure" not in fields


# ---------------------------------------------------------------------------- linked data


ARTICLE = '{"@type": "Article", "headline": "x"}'


def linked(write, texts, record=RECORD):
    return write({"html:jsonld": texts}, record, places=HTML)["html:jsonld"]


def test_linked_data_of_others_stay_as_they_are(write):
    texts = (ARTICLE, "{broken", '{"@context":"https://schema.org","@type":"WebPage"}')
    found = linked(write, texts)
    assert found[:-1] == texts
    assert json.loads(found[-1]) == STATEMENT


def test_an_earlier_statement_of_ours_is_replaced(write):
    (earlier,) = linked(write, ())
    record = Provenance(source_type=EDITED_BY_MODEL, system="Painter")
    found = linked(write, (earlier, ARTICLE), record)
    assert found[0] == ARTICLE
    assert len(found) == 2
    assert "CompositeWithTrained" in found[1]


def test_the_same_statement_keeps_its_date(write):
    (earlier,) = linked(write, ())
    record = Provenance(
        source_type=AI,
        provider="Acme",
        system="Painter",
        system_version="3",
        created=datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert linked(write, (earlier, ARTICLE), record) == (earlier, ARTICLE)
    assert linked(write, (earlier, earlier, ARTICLE), record) == (earlier, ARTICLE)


def test_a_name_cannot_end_the_script(write, mark, one):
    record = Provenance(source_type=AI, system="</script><!-- & \"'")
    _, after = mark(DisclosureMarker(), {}, record, places=HTML)
    assert "<" not in after["html:jsonld"][0]
    assert one(Disclosure(), after).provenance.system == record.system
