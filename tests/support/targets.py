"""What is fuzzed: plain functions of bytes that raise if, and only if, there is a bug."""

import msgspec
from making import labeller, scanner

from credlabel.errors import AssetError, LabelError, SigningError
from credlabel.model import Integrity, Origin, Provenance, Report, Strength

SECOND = Provenance(system="second")


def fuzz_scan(data):
    """Any bytes give a report that is the same each time and claims nothing without evidence."""
    report = scanner().scan_bytes(data)
    text = report.to_json()
    assert text == scanner().scan_bytes(data).to_json()
    assert msgspec.json.decode(text, type=Report) == report
    verdict = report.verdict
    if not report.evidence:
        assert verdict.origin is Origin.UNKNOWN
        assert verdict.integrity is not Integrity.INTACT
    if verdict.strength is Strength.SIGNED:
        assert verdict.integrity is Integrity.INTACT
    beside = scanner().scan_bytes(b"words", name="a.txt", sidecar=data)
    assert beside.verdict.integrity is not Integrity.INTACT


def fuzz_label(data):
    """Any bytes are labelled soundly or refused in a sentence; nothing is signed unread."""
    try:
        made = labeller().label_bytes(data, provenance=SECOND)
    except (AssetError, LabelError, SigningError) as error:
        assert str(error).strip()  # noqa: PT017 - a refusal is one of two right answers
        return
    report = scanner().scan_bytes(made.data, sidecar=made.sidecar)
    assert report.verdict.integrity is Integrity.INTACT
    assert report.evidence[0].provenance.system == "second"
    if made.sidecar is not None:
        assert (made.data == data) == (not made.receipt.metadata)
