"""Files that nobody in this project made get the verdict that their authors or peers state."""

import json
import os
import time
from pathlib import Path

import pytest
from making import labeller

from credlabel.credentials import TrustAnchors
from credlabel.errors import AssetError
from credlabel.model import FindingKind, Origin, Strength
from credlabel.scan import Scanner, ScanPool, ScanSettings

pytestmark = pytest.mark.interop

FOLDER = Path(
    os.environ.get("CREDLABEL_INTEROP")
    or Path(__file__).resolve().parents[3] / "shared" / "interop"
)
INDEX = FOLDER / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
SECONDS = 60

VERDICTS = {"none": {"none"}, "valid": {"intact"}, "invalid": {"tampered", "unverifiable"}}

NO_ERROR = {
    # c2pa-rs's authors expect an error of their own ID3 reader. Version 0.91.3 has none, neither
    # have players: the compressed tag is skipped and the sound is whole.
    "files/malformed/id3v23_compression_underflow.mp3",
}

COUNTS = {  # so that a lost file or a changed index is noticed
    "c2pa": 28,
    "text": 14,
    "negative": 107,
    "malformed": 30,
}


def trust():
    return TrustAnchors(
        signers=(FOLDER / "trust" / "C2PA-TRUST-LIST.pem").read_text(),
        timestamps=(FOLDER / "trust" / "C2PA-TSA-TRUST-LIST.pem").read_text(),
    )


@pytest.fixture(scope="module")
def reports(interop):
    """Every file through the pool in one go, as the command line does it."""
    began = time.monotonic()
    with ScanPool(ScanSettings(trust=trust())) as pool:
        found = list(pool.scan((FOLDER / row["path"], None) for row in ROWS))
    assert time.monotonic() - began < SECONDS
    assert len(found) == len(ROWS)
    return {row["path"]: report for row, report in zip(ROWS, found, strict=True)}


def by_path(rows):
    return pytest.mark.parametrize(
        "row", rows or [None], ids=[r["path"][6:] for r in rows] or None
    )


def test_the_index_is_the_one_these_tests_were_written_for(interop):
    kinds = [row["kind"] for row in ROWS]
    assert {start: sum(kind.startswith(start) for kind in kinds) for start in COUNTS} == COUNTS
    paths = {row["path"] for row in ROWS}
    assert paths >= NO_ERROR


@by_path(ROWS)
def test_every_file_gets_its_stated_verdict(reports, row):
    report = reports[row["path"]]
    got = report.verdict.integrity.value
    stated = VERDICTS[row["expect"]["credential"]]
    if "error" in row["expect"] and got == "unverifiable":
        # "a clear error and a plain none are both right"
        (failure,) = [f for f in report.findings if f.kind is FindingKind.FAILURE]
        assert len(failure.explanation) > 20
    else:
        assert got in stated
    if got == "intact":
        assert row["expect"]["credential"] == "valid"


@by_path([row for row in ROWS if row["kind"].startswith("negative")])
def test_what_no_machine_made_is_not_said_to_be(reports, row):
    report = reports[row["path"]]
    assert report.verdict.origin not in (
        Origin.GENERATED,
        Origin.EDITED_WITH_AI,
        Origin.COMPOSITE,
        Origin.SIMULATED,
        Origin.ALGORITHMIC,
    )
    assert report.evidence == ()


@by_path([row for row in ROWS if row["expect"].get("ai") == "yes"])
def test_what_a_model_made_is_found(reports, row):
    verdict = reports[row["path"]].verdict
    assert verdict.origin in (Origin.GENERATED, Origin.EDITED_WITH_AI)
    is_signed = row["expect"]["credential"] == "valid"
    assert verdict.strength is (Strength.SIGNED if is_signed else Strength.ASSERTED)


@by_path([row for row in ROWS if row["expect"].get("error") == "yes"])
def test_where_an_error_is_expected_there_is_one(reports, row):
    report = reports[row["path"]]
    failures = [f for f in report.findings if f.kind is FindingKind.FAILURE]
    if row["path"] in NO_ERROR:
        assert not failures
        return
    # By the scan, or where the walk of the container finds that no credential can be in it,
    # by whoever wants to put one in.
    if not failures:
        with pytest.raises(AssetError):
            labeller().label_bytes((FOLDER / row["path"]).read_bytes())


@by_path([row for row in ROWS if row["expect"].get("remote_manifest")])
def test_a_credential_kept_elsewhere_is_reported_as_such(reports, row):
    report = reports[row["path"]]
    (finding,) = report.findings
    assert finding.code == "manifest.inaccessible"
    assert finding.subject.startswith("http")
    assert report.verdict.marks == ()


@by_path([row for row in ROWS if row["expect"].get("credential_official")])
def test_the_official_lists_make_trusted_what_they_should(reports, row):
    path = FOLDER / row["path"]
    assert reports[row["path"]].verdict.trust == row["expect"]["credential_official"] == "trusted"
    signers = trust().signers
    alone = Scanner(ScanSettings(trust=TrustAnchors(signers=signers))).scan(path)
    assert alone.verdict.trust == "trusted"
    # Their authority is on the time-stampers' list, too: that alone must not do.
    stampers = Scanner(ScanSettings(trust=TrustAnchors(timestamps=signers))).scan(path)
    assert (stampers.verdict.trust, stampers.verdict.integrity) == ("untrusted", "intact")
    nobody = Scanner().scan(path)
    assert (nobody.verdict.trust, nobody.verdict.integrity) == ("untrusted", "intact")


def test_nobody_else_is_trusted(reports):
    trusted = {path for path, report in reports.items() if report.verdict.trust == "trusted"}
    assert trusted == {r["path"] for r in ROWS if r["expect"].get("credential_official")}


@by_path([row for row in ROWS if row["expect"].get("failure")])
def test_an_invalid_credential_says_so_by_the_standards_code(reports, row):
    # c2pa-rs stops at the first of the failures that their authors list.
    codes = {f.code for f in reports[row["path"]].findings if f.kind is FindingKind.FAILURE}
    assert codes & set(row["expect"]["failure"])


def test_a_failure_of_cawg_alone_breaks_nothing(reports):
    rows = [row for row in ROWS if row.get("cawg_only_failure")]
    assert rows
    for row in rows:
        assert reports[row["path"]].verdict.integrity == "intact"


def test_a_second_time_says_the_same(interop, reports):
    scanner = Scanner(ScanSettings(trust=trust()))
    for row in ROWS:
        report = reports[row["path"]]
        assert scanner.scan(FOLDER / row["path"]).to_json() == report.to_json()


@pytest.mark.parametrize("precheck", [True, False])
def test_the_walk_of_the_container_hides_no_credential(interop, reports, precheck):
    scanner = Scanner(ScanSettings(trust=trust(), precheck=precheck))
    for row in ROWS:
        ours, theirs = reports[row["path"]].verdict, scanner.scan(FOLDER / row["path"]).verdict
        if ours != theirs:  # the walk may spare an error, and never anything else
            assert (ours.integrity, theirs.integrity) == ("none", "unverifiable"), row["path"]
            assert row["expect"]["credential"] == "none"


@by_path([row for row in ROWS if row["kind"] == "malformed" or "pdf" in row["kind"]])
def test_labelling_them_works_or_is_refused_in_a_sentence(interop, row):
    data = (FOLDER / row["path"]).read_bytes()
    name = Path(row["path"]).name
    try:
        made = labeller().label_bytes(data, name=name)
    except AssetError as error:
        assert len(str(error)) > 20  # noqa: PT017
        return
    report = Scanner().scan_bytes(made.data, name=name, sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"


@by_path([row for row in ROWS if row["expect"]["credential"] == "valid" and row["kind"][0] == "c"])
def test_labelling_keeps_what_others_signed(interop, row):
    data = (FOLDER / row["path"]).read_bytes()
    made = labeller().label_bytes(data)
    report = Scanner().scan_bytes(made.data)
    before = Scanner().scan_bytes(data)
    assert report.verdict.integrity == "intact"
    manifests = (r.evidence[0].details["manifests"] for r in (report, before))
    after, earlier = manifests
    assert after == earlier + 1
    assert made.receipt.relation == "edited"
