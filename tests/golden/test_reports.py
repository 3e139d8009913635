"""Reports, word for word, but for what is another each time: identifiers, digests, sizes.

A difference is a change of what other programs read. If it is meant, write the files anew with
``WRITE_GOLDEN=1 pytest tests/golden`` and look at what changed.
"""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from making import (
    CAPTURED,
    anchors,
    created,
    definition,
    sample,
    sign,
    signer,
    with_remote_reference,
)

from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Model, Prompt, Provenance, Review
from credlabel.scan import Scanner, ScanSettings

FOLDER = Path(__file__).parent
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECORD = Provenance(
    provider="Acme",
    system="Painter",
    system_version="7",
    models=(Model(name="diffuser", version="3"),),
    prompts=(Prompt(text="hills at dawn"),),
    reviews=(Review(reviewer="Eva", outcome="accepted", time=NOON),),
)
LABELLER = Labeller(signer(), clock=lambda: NOON)
IDENTIFIER = re.compile(r"urn:c2pa:[0-9a-f-]{36}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def labelled(name, **options):
    made = LABELLER.label_bytes(sample(name), name=name, provenance=RECORD, **options)
    return made.data, made.sidecar


def tampered():
    data, _ = labelled("hills.jpg")
    return data[:-9] + b"x" + data[-8:], None


def twice():
    photo, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created(CAPTURED)))
    return LABELLER.label_bytes(photo, provenance=RECORD).data, None


def with_text():
    its = Labeller(signer(), settings=LabelSettings(prompts="text"), clock=lambda: NOON)
    return its.label_bytes(sample("hills.png"), provenance=RECORD).data, None


CASES = {
    "plain.png": lambda: (sample("hills.png"), None),
    "labelled.jpg": lambda: labelled("hills.jpg"),
    "labelled.mp4": lambda: labelled("hills.mp4"),
    "beside.txt": lambda: labelled("hills.txt"),
    "with-text.png": with_text,
    "photo-then-model.jpg": twice,
    "tampered.jpg": tampered,
    "remote.jpg": lambda: (
        with_remote_reference(sample("hills.jpg"), "https://example.com/m.c2pa"),
        None,
    ),
    "cut.pdf": lambda: (sample("hills.pdf")[:900], None),
    "empty.jpg": lambda: (b"", None),
}


def normal(text):
    """The report's JSON with each identifier replaced by its number in order of appearance."""
    seen = {}

    def number(match):
        kind = "urn:c2pa" if match.group().startswith("urn") else "sha256"
        return seen.setdefault(match.group(), f"<{kind} {len(seen) + 1}>")

    report = json.loads(IDENTIFIER.sub(number, text))
    report["subject"]["size"] = "<size>"
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("trust", ["trusted", "untrusted"])
@pytest.mark.parametrize("name", CASES)
def test_the_report_is_word_for_word_what_it_was(name, trust):
    settings = ScanSettings(trust=anchors()) if trust == "trusted" else ScanSettings()
    data, sidecar = CASES[name]()
    report = Scanner(settings).scan_bytes(data, name=name, sidecar=sidecar)
    made = normal(report.to_json().decode())
    path = FOLDER / f"{name}.{trust}.json"
    if trust == "trusted" and "signingCredential" not in made:
        return  # nobody signed it: one file is enough
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    names = {path.name.rsplit(".", 2)[0] for path in FOLDER.glob("*.json")}
    assert names == CASES.keys()
