"""What generators left in other people's files is found, told apart, and never made up."""

import json
import os
import time
from pathlib import Path

import pytest

from credlabel.model import Layer, Origin, Strength
from credlabel.scan import Scanner

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
