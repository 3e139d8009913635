"""What generators left in other people's files is found, told apart, and never made up."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from credlabel_plugins.marks.aigc import AigcMarker
from credlabel_plugins.marks.disclosure import DisclosureMarker
from credlabel_plugins.marks.iptc import IptcMarker

from credlabel.errors import AssetError, LabelError
from credlabel.hookspecs import Asset, MetadataWriter
from credlabel.model import Basis, Layer, Origin, Provenance, Strength
from credlabel.scan import Scanner
from credlabel.terms import TRAINED_ALGORITHMIC_MEDIA

pytestmark = pytest.mark.interop

FOLDER = Path(
    os.environ.get("CREDLABEL_INTEROP")
    or Path(__file__).resolve().parents[3] / "shared" / "interop"
)
INDEX = FOLDER / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
MARKED = [row for row in ROWS if row["kind"] in ("ai-metadata", "ai-china-aigc")]
UNMARKED = [row for row in ROWS if row["kind"].startswith(("negative", "ai-no-marker"))]
MALFORMED = [row for row in ROWS if row["kind"] == "malformed"]

NAMES = {  # as the authors of the files write them, and as the generators call themselves
    "sd-webui": "Stable Diffusion web UI or compatible",
    "comfyui": "ComfyUI",
    "forge-classic": "Forge Classic",
    "forge-neo": "Forge Neo",
    "novelai": "NovelAI",
    "reforge": "reForge",
    "sd-next": "SD.Next",
    "tensorart": "Tensor.Art",
    "doubao": "ByteDance (Doubao)",
}
OTHERWISE = {
    # Its authors expect the program whose syntax it is in; it says "Version: ComfyUI".
    "files/sd-metadata/comfyui-comfy-image-saver.webp": "ComfyUI",
    # Other programs of the time wrote such a line, too.
    "files/sd-parsers/invokeai_dream1.png": "InvokeAI or compatible",
}
MILLISECONDS = 20
"""For one of these files, credential and all, on a slow machine."""


@pytest.fixture(scope="module")
def scan(interop):
    scanner = Scanner()
    return lambda row: scanner.scan(FOLDER / row["path"])


def by_path(rows):
    return pytest.mark.parametrize(
        "row", rows or [None], ids=[row["path"][6:] for row in rows] or None
    )


def test_the_index_is_the_one_these_tests_were_written_for(interop):
    assert (len(MARKED), len(UNMARKED), len(MALFORMED)) == (21, 110, 30)
    assert {row["path"] for row in MARKED} > OTHERWISE.keys()


@by_path(MARKED)
def test_what_a_machine_made_is_said_to_be(scan, row):
    report = scan(row)
    assert report.verdict.origin is Origin.GENERATED
    assert report.verdict.strength is Strength.ASSERTED
    assert report.verdict.marks == (Layer.METADATA,)
    assert report.verdict.conflicts == ()


@by_path([row for row in MARKED if row["expect"].get("generator")])
def test_the_generator_is_named(scan, row):
    (evidence,) = scan(row).evidence
    stated = row["expect"]["generator"]
    expected = OTHERWISE.get(row["path"]) or NAMES.get(stated, stated)
    record = evidence.provenance
    assert expected in (record.system, record.provider)


@by_path([row for row in MARKED if row["kind"] == "ai-metadata"])
def test_prompt_model_and_seed_are_told(scan, row):
    (evidence,) = scan(row).evidence
    assert all(len(prompt.text) > 3 for prompt in evidence.provenance.prompts)
    assert evidence.provenance.prompts
    assert evidence.provenance.models or "dream" in row["path"]
    assert evidence.details["settings"]["seed"].lstrip("-").isdigit()
    assert evidence.basis is Basis.TRACE


@by_path([row for row in MARKED if row["kind"] == "ai-china-aigc"])
def test_the_chinese_label_is_told_whole(scan, row):
    (evidence,) = scan(row).evidence
    assert evidence.detector == "aigc"
    assert evidence.details["Label"] == "1"
    assert evidence.details["places"] == ["xmp:TC260:AIGC"]
    assert evidence.details["ContentProducerCode"]["service"] == "generation"
    assert evidence.provenance.identifier == evidence.details["ProduceID"]


@by_path(UNMARKED)
def test_what_has_no_mark_is_not_said_to_have_one(scan, row):
    report = scan(row)
    assert [evidence for evidence in report.evidence if evidence.kind is Layer.METADATA] == []
    assert not any(finding.code == "credlabel.detector.failed" for finding in report.findings)


@by_path(MALFORMED)
def test_what_is_broken_has_no_mark_either(scan, row):
    report = scan(row)
    assert report.evidence == ()
    assert not any(finding.code == "credlabel.detector.failed" for finding in report.findings)


def test_reading_them_is_quick(scan):
    began = time.perf_counter()
    for row in MARKED:
        scan(row)
    assert (time.perf_counter() - began) * 1000 / len(MARKED) < MILLISECONDS


# ---------------------------------------------------------------------------- writing

MARKERS = (IptcMarker(), DisclosureMarker(), AigcMarker())
RECORD = Provenance(
    source_type=TRAINED_ALGORITHMIC_MEDIA,
    provider="001191110102MAD55U9H0F10002",
    system="Painter",
    identifier="p-1",
)
UNWRITABLE = ("JXL.jxl", "Pentax.avi", "RIFF.avi")
"""A codestream without a container, and two films of which the ends were cut off."""


@pytest.fixture(scope="module")
def marked(interop):
    """Write all marks into a real file: its format, what it said before, and the bytes."""
    scanner = Scanner()

    def write(row):
        data = (FOLDER / row["path"]).read_bytes()
        name = Path(row["path"]).name
        media_type = scanner.identify(io.BytesIO(data), name)
        form = scanner.plugins.format_of(media_type)
        if not isinstance(form, MetadataWriter):
            return None
        before = form.read_metadata(io.BytesIO(data))
        asset = Asset(name, media_type, len(data), read=lambda: before)
        fields = {}
        for marker in MARKERS:
            fields |= marker.fields(asset, form.writable_places(media_type), RECORD)
        sink = io.BytesIO()
        form.write_metadata(io.BytesIO(data), sink, fields)
        after = dict(form.read_metadata(io.BytesIO(sink.getvalue())))
        expected = before | {key: texts for key, texts in fields.items() if texts}
        expected.pop("markdown:front-matter", None)  # the whole of what is written key by key
        assert after.items() >= expected.items()
        return scanner.scan_bytes(sink.getvalue(), name=name)

    return write


@by_path(UNMARKED)
def test_marks_are_written_into_real_files_and_found_again(marked, row):
    is_encrypted = row["kind"] == "negative-pdf-encrypted" and "unencrypted" not in row["path"]
    if is_encrypted or row["path"].endswith(UNWRITABLE):
        with pytest.raises((AssetError, LabelError)):
            marked(row)
        return
    report = marked(row)
    found = [each for each in report.evidence if each.kind is Layer.METADATA] if report else []
    assert all(evidence.origin is Origin.GENERATED for evidence in found)
    assert len([each for each in found if each.detector == "aigc"]) <= 1
    for evidence in found:
        for conflict in evidence.details.get("conflicts", []):
            assert conflict.startswith("Exif says that")


def test_another_producers_label_is_replaced(marked):
    (row,) = [row for row in MARKED if row["kind"] == "ai-china-aigc"]
    (label,) = [each for each in marked(row).evidence if each.detector == "aigc"]
    assert label.details["ContentProducer"] == RECORD.provider
    assert label.details["places"] == ["xmp:TC260:AIGC"]
