"""Every sample document, labelled: accepted by each independent verifier that knows its kind."""

from __future__ import annotations

import io

import c2pa_html
import c2pa_structured_text
import c2pa_text
import c2patxt
import encypher_c2pa
import pytest
from making import ROOT, anchors, labeller, scanner, signer

from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Model, Provenance, Tier

DOCUMENTS = sorted(path.name for path in (ROOT / "samples" / "documents").iterdir())
SIDECARS = {
    *("hills.csv", "hills.tsv", "hills.json", "hills.jsonl", "hills.log", "hills.srt"),
    *("hills.xml", "hills.xhtml", "hills.ttml", "hills.odt", "hills.ods", "hills.odp"),
    "hills.zip",
}
BY_THE_COMMENT: set[str] = {
    # Kinds of text that encypher-c2pa has no name for. It looks for the delimiters, whatever the
    # language, and so it is asked as if these were Python.
    *("hills.c", "hills.cpp", "hills.go", "hills.h", "hills.ini", "hills.java", "hills.lua"),
    *("hills.php", "hills.r", "hills.rb", "hills.rs", "hills.sh", "hills.sql", "hills.tex"),
    "hills.ts",
    *("hills.adoc", "hills.rst", "hills.vtt"),
}
UNKNOWN = {"hills.jsonl", "hills.log", "hills.srt", "hills.ttml"}
"""It knows no such media type, and they have no comments to look into."""
DIFFERENT = {
    # It wants an A.8 wrapper to be left out even if the manifest is external (14.5.3 has none to
    # leave out), and does not know C2PA's own digital source type trainedAlgorithmicData.
    "hills.csv": {"assertion.action.malformed", "assertion.dataHash.malformed"},
    "hills.tsv": {"assertion.action.malformed", "assertion.dataHash.malformed"},
    "hills.json": {"assertion.action.malformed", "assertion.dataHash.malformed"},
}
RECORD = Provenance(system="Painter", models=(Model(name="painter", version="3"),))
AGREED = ("valid", "match", "Trusted", frozenset())


def made(name, record=RECORD, **settings):
    data = (ROOT / "samples" / "documents" / name).read_bytes()
    its = Labeller(signer(), settings=LabelSettings(**settings)) if settings else labeller()
    return its.label_bytes(data, name=name, provenance=record)


def judged(labelled, media_type):
    report = encypher_c2pa.verify(
        labelled.data,
        media_type,
        manifest_store=labelled.sidecar,
        trust_pem=anchors().signers,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    failures = frozenset(f["code"] for f in report["validation_results"]["failure"])
    return report["integrity"], report["hard_binding"], report["validation_state"], failures


def asked_as(name, labelled):
    kind = labelled.receipt.media_type
    if name in BY_THE_COMMENT:
        return "text/x-python"
    return "application/zip" if kind == "application/x-zip" else kind


def test_there_is_one_of_every_kind():
    assert len(DOCUMENTS) >= 45
    assert {*SIDECARS, *BY_THE_COMMENT, *UNKNOWN, *DIFFERENT} <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_the_readme_says_is_embedded_is(name):
    labelled = made(name)
    tier = Tier.SIDECAR if name in SIDECARS else Tier.EMBEDDED
    assert labelled.receipt.tier is tier, labelled.receipt.reason
    report = scanner().scan_bytes(labelled.data, name=name, sidecar=labelled.sidecar)
    assert (report.verdict.integrity.value, report.verdict.origin.value) == ("intact", "generated")


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if n not in UNKNOWN | DIFFERENT.keys()])
def test_encypher_agrees(name):
    labelled = made(name)
    assert judged(labelled, asked_as(name, labelled)) == AGREED


@pytest.mark.parametrize("name", DIFFERENT)
def test_where_encypher_differs_it_differs_as_explained(name):
    labelled = made(name)
    integrity, binding, _, failures = judged(labelled, labelled.receipt.media_type)
    assert (integrity, binding, failures) == ("invalid", "unknown", DIFFERENT[name])


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_what_encypher_does_not_know_it_says(name):
    labelled = made(name)
    with pytest.raises(ValueError, match="unsupported"):
        judged(labelled, labelled.receipt.media_type)


@pytest.mark.parametrize("name", ["hills.docx", "hills.epub", "hills.zip"])
def test_encypher_agrees_on_archives_embedded_into_by_wish(name):
    labelled = made(name, zip="embed")
    assert labelled.receipt.tier is Tier.EMBEDDED
    assert judged(labelled, asked_as(name, labelled)) == AGREED


def test_encypher_agrees_on_a_page_that_names_its_sidecar():
    labelled = made("hills.html", text="link")
    assert b'href="hills.html.c2pa"' in labelled.data
    assert judged(labelled, "text/html") == AGREED


STRUCTURED = sorted(
    {"hills.css", "hills.js", "hills.md", "hills.py", "hills.toml", "hills.yaml"} | BY_THE_COMMENT
)


@pytest.mark.parametrize("name", STRUCTURED)
def test_two_more_readers_find_the_same_store_and_leave_out_the_same_bytes(name):
    labelled = made(name)
    found = (
        scanner().plugins.format_of(labelled.receipt.media_type).extract(io.BytesIO(labelled.data))
    )
    text = labelled.data.decode()
    assert c2pa_structured_text.manifest_exclusion(text) == found.exclusions[0]
    assert c2pa_text.extract_structured(text).manifest == found.store


def test_two_more_readers_agree_on_the_page():
    labelled = made("hills.html")
    found = scanner().plugins.format_of("text/html").extract(io.BytesIO(labelled.data))
    theirs = c2pa_html.extract(labelled.data)
    assert theirs["store"] == found.store
    assert ((theirs["start"], theirs["length"]),) == found.exclusions


def test_two_more_readers_agree_on_the_text():
    # c2patxt fails whatever has ingredients, by its own word, and so models, prompts and history.
    labelled = made("hills.txt", Provenance(system="Painter"))
    found = scanner().plugins.format_of("text/plain").extract(io.BytesIO(labelled.data))
    text = labelled.data.decode()
    assert c2patxt.verify(text).state is c2patxt.Provenance.VALID
    assert c2pa_text.extract_manifest(text)[0] == found.store
