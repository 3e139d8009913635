"""What credlabel signs is accepted by a verifier that shares no code with the one it signs by."""

import io

import encypher_c2pa
import pytest
from making import SAMPLES, anchors, labelled, labeller, sample, signer, with_remote_reference

from credlabel.imprint import Imprinter
from credlabel.model import Filter, Model, Prompt, Provenance, Review, Simulator, SourceReference

NAMES = sorted(path.name for path in SAMPLES.iterdir())
AGREED = ("valid", "match", "Trusted", frozenset())

TEXT = "assertion.dataHash.malformed"
DATA = "assertion.action.malformed"
DIFFERENT = {
    # To encypher-c2pa 1.7.1, a binding of plain text has to leave out a text wrapper (A.8), even
    # if the manifest is an external one, which by 14.5.3 and A.3.17 has nothing to leave out. The
    # very same manifest store matches when the file is called text/markdown: see below.
    "hills.txt": {TEXT},
    # It knows no http://c2pa.org/digitalsourcetype/ but "empty", so "trainedAlgorithmicData" is
    # no registered value to it. It is one by C2PA's own list.
    "hills.csv": {TEXT, DATA},
    "hills.json": {TEXT, DATA},
}
UNKNOWN_TYPES = {"hills.bin", "hills.flv", "hills.mkv", "hills.webm", "hills.zip"}
"""Their media types are none that it verifies: it says so, and nothing else."""

RICH = Provenance(
    provider="Acme",
    system="Painter",
    models=(Model(name="diffuser", version="3"),),
    prompts=(Prompt(text="hills"),),
    simulators=(Simulator(name="s"),),
    sources=(SourceReference(name="d", uri="https://example.com/d"),),
    filters=(Filter(name="f"),),
    reviews=(Review(reviewer="Eva"),),
)


def judged(data, media_type, sidecar=None):
    report = encypher_c2pa.verify(
        data,
        media_type,
        manifest_store=sidecar,
        trust_pem=anchors().signers,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    failures = frozenset(f["code"] for f in report["validation_results"]["failure"])
    return report["integrity"], report["hard_binding"], report["validation_state"], failures


def of(made):
    return judged(made.data, made.receipt.media_type, made.sidecar)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in UNKNOWN_TYPES | DIFFERENT.keys()])
def test_every_format_is_accepted(name):
    assert of(labelled(name)) == AGREED


@pytest.mark.parametrize("name", DIFFERENT)
def test_where_it_differs_it_differs_as_explained(name):
    integrity, binding, _, failures = of(labelled(name))
    assert (integrity, binding, failures) == ("invalid", "unknown", DIFFERENT[name])
    made = labelled(name)
    _, binding, _, failures = judged(made.data, "text/markdown", made.sidecar)
    assert (binding, failures) == ("match", DIFFERENT[name] - {TEXT})
    media = Provenance(source_type="trainedAlgorithmicMedia")
    again = labeller().label_bytes(sample(name), name=name, provenance=media)
    assert judged(again.data, "text/markdown", again.sidecar) == AGREED


@pytest.mark.parametrize("name", sorted(UNKNOWN_TYPES))
def test_what_it_does_not_verify_it_says(name):
    with pytest.raises(ValueError, match="unsupported MIME type"):
        of(labelled(name))


def test_it_is_not_easily_pleased():
    made = labelled("hills.jpg")
    damaged = made.data[:-9] + b"x" + made.data[-8:]
    assert judged(damaged, "image/jpeg")[:2] == ("invalid", "mismatch")


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.md"])
def test_a_full_record_is_accepted(name):
    made = labeller().label_bytes(sample(name), name=name, provenance=RICH)
    assert of(made) == AGREED


@pytest.mark.parametrize("name", [n for n in NAMES if n not in UNKNOWN_TYPES | DIFFERENT.keys()])
def test_a_second_generation_is_accepted(name):
    first = labelled(name)
    sink = io.BytesIO()
    done = Imprinter(signer()).imprint(
        io.BytesIO(first.data), sink, name=name, provenance=RICH, sidecar=first.sidecar
    )
    assert judged(sink.getvalue(), first.receipt.media_type, done.store) == AGREED


def test_a_label_over_a_remote_reference_is_accepted():
    data = with_remote_reference(sample("hills.jpg"), "https://example.com/m.c2pa")
    assert of(labeller().label_bytes(data)) == AGREED
