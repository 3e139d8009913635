"""Any bytes whatever give a report, the same each time; nothing stops a scan."""

import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import SAMPLES, labelled, mutations, read, sample, scanner

from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Origin, Report, Strength
from credlabel.plugins import PluginRegistry
from credlabel.sandbox import Limits
from credlabel.scan import Scanner, ScanPool, ScanSettings
from credlabel.sidecar import walk_assets

NAMES = sorted(path.name for path in SAMPLES.iterdir())


def codes(report):
    return [finding.code for finding in report.findings if finding.kind == "failure"]


def verdict(report):
    v = report.verdict
    return v.origin.value, v.integrity.value, v.trust.value


NOTHING = ("unknown", "none", "none")
UNKNOWN = ("unknown", "unverifiable", "none")
OURS = ("generated", "intact", "untrusted")


# ---------------------------------------------------------------------------- what is found


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_recognised_unmarked_and_then_labelled(name):
    plain = scanner().scan_bytes(sample(name), name=name)
    assert verdict(plain) == NOTHING
    assert plain.findings == plain.evidence == ()
    assert plain.subject.digest is None
    made = labelled(name)
    report = scanner().scan_bytes(made.data, name=name, sidecar=made.sidecar)
    assert verdict(report) == OURS
    assert report.verdict.strength is Strength.SIGNED
    layers = {Layer.CREDENTIAL} | ({Layer.SIDECAR} if made.sidecar else set())
    layers |= {Layer.METADATA} if made.receipt.metadata else set()
    assert set(report.verdict.marks) == layers
    assert report.verdict.conflicts == ()
    assert report.subject.media_type == plain.subject.media_type
    assert report.subject.size == len(made.data)


@pytest.mark.parametrize("name", NAMES)
def test_the_shortcut_changes_no_answer(name):
    slow = Scanner(ScanSettings(precheck=False))
    made = labelled(name)
    for data, side in ((sample(name), None), (made.data, made.sidecar)):
        assert slow.scan_bytes(data, name=name, sidecar=side) == scanner().scan_bytes(
            data, name=name, sidecar=side
        )


@pytest.mark.parametrize(
    ("digest", "expected"),
    [("auto", (False, True)), ("always", (True, True)), ("never", (False, False))],
)
def test_the_digest_is_there_when_it_was_asked_for(digest, expected):
    its = Scanner(ScanSettings(digest=digest))
    for data, is_there in zip((b"words", labelled("hills.jpg").data), expected, strict=True):
        report = its.scan_bytes(data)
        assert (report.subject.digest is not None) == is_there
        assert (b'"digest"' in report.to_json()) == is_there


def test_an_embedded_credential_wins_over_a_sidecar():
    made, other = labelled("hills.jpg"), labelled("hills.txt").sidecar
    report = scanner().scan_bytes(made.data, sidecar=other)
    assert verdict(report) == OURS
    assert Layer.SIDECAR not in report.verdict.marks


def test_a_sidecar_serves_where_nothing_is_embedded(tmp_path):
    made = labelled("hills.txt")
    (tmp_path / "a.txt").write_bytes(made.data)
    (tmp_path / "a.c2pa").write_bytes(labelled("hills.csv").sidecar)
    assert scanner().scan(tmp_path / "a.txt").verdict.integrity == "tampered"
    (tmp_path / "a.txt.c2pa").write_bytes(made.sidecar)  # looked for first
    assert verdict(scanner().scan(str(tmp_path / "a.txt"))) == OURS
    (tmp_path / "a.txt").write_bytes(made.data + b"!")
    assert scanner().scan(tmp_path / "a.txt").verdict.integrity == "tampered"


def test_a_manifest_store_without_its_file_proves_nothing():
    report = scanner().scan_bytes(labelled("hills.txt").sidecar, name="a.txt.c2pa")
    assert report.subject.media_type == "application/c2pa"
    assert codes(report) == ["credlabel.sidecar.orphan"]
    assert verdict(report) == NOTHING


@pytest.mark.parametrize("make", ["folder", "circle", "huge"])
def test_a_sidecar_that_can_not_be_read_hides_no_embedded_credential(tmp_path, monkeypatch, make):
    side = tmp_path / "side"
    match make:
        case "folder":
            side.mkdir()
        case "circle":
            side.symlink_to(side)
        case "huge":
            side.write_bytes(b"x")
            monkeypatch.setattr("credlabel.sidecar.MAX_SIDECAR_BYTES", 0)
    (tmp_path / "marked.jpg").write_bytes(labelled("hills.jpg").data)
    (tmp_path / "plain.jpg").write_bytes(sample("hills.jpg"))
    assert verdict(scanner().scan_asset(tmp_path / "marked.jpg", side)) == OURS
    report = scanner().scan_asset(tmp_path / "plain.jpg", side)
    assert codes(report) == ["credlabel.sidecar.unreadable"]
    assert verdict(report) == UNKNOWN  # there may be a credential in it
    assert report.subject.media_type == "image/jpeg"


def test_an_empty_file_is_a_file():
    report = scanner().scan_bytes(b"", name="a.jpg")
    assert verdict(report) == NOTHING
    assert report.subject.size == 0
    assert [finding.code for finding in report.findings] == ["credlabel.asset.empty"]


def test_a_name_makes_no_media_type():
    assert (
        scanner().scan_bytes(sample("hills.png"), name="a.jpg").subject.media_type == "image/png"
    )


# ---------------------------------------------------------------------------- any bytes


def check(data, name=""):
    report = scanner().scan_bytes(data, name=name)
    assert report == scanner().scan_bytes(data, name=name)
    text = report.to_json()
    assert msgspec.json.decode(text, type=Report) == report
    assert report.subject.size == len(data)
    if not report.evidence:
        assert report.verdict.origin is Origin.UNKNOWN
    return report


@given(st.binary(max_size=3000), st.text(max_size=10))
def test_any_bytes_give_a_report(data, name):
    assert check(data, name).verdict.integrity in ("none", "unverifiable")


HEADS = [sample(name)[:size] for name in NAMES for size in (4, 12, 32)]


@given(st.sampled_from(HEADS), st.binary(max_size=500))
def test_any_bytes_after_a_promising_beginning_give_a_report(head, rest):
    assert check(head + rest).verdict.integrity != "intact"


@pytest.mark.parametrize("name", NAMES)
def test_damaged_samples_give_reports(name):
    rng = random.Random(name)
    for source in (sample(name), labelled(name).data):
        for damaged in mutations(source, rng, 15):
            check(damaged, name)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 5000), st.integers(0, 7))
def test_any_sidecar_gives_a_report(junk, at, bit):
    made = labelled("hills.txt")
    broken = bytearray(made.sidecar)
    broken[at % len(broken)] ^= 1 << bit
    for side in (junk, bytes(broken)):
        report = scanner().scan_bytes(made.data, name="a.txt", sidecar=side)
        assert report.to_json()
        read(made.data, name="a.txt", sidecar=side)


# ---------------------------------------------------------------------------- files of all kinds


def zoo(root):
    """Everything a folder may hold, and what each must come to."""
    marked = labelled("hills.jpg").data
    raw = Path(os.fsdecode(b"\xff\xfe undecodable.jpg"))
    files = {
        Path("marked.jpg"): OURS,
        Path("plain.png"): NOTHING,
        Path("empty.jpg"): NOTHING,
        Path("new\nline.jpg"): OURS,
        Path("sub/deep/marked.jpg"): OURS,
        Path("text.txt"): OURS,
        Path("orphan.c2pa"): NOTHING,
        Path("-dash.jpg"): OURS,
        Path("n" * 255): NOTHING,
        raw: OURS,
    }
    for path in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(marked)
    (root / "plain.png").write_bytes(sample("hills.png"))
    (root / "empty.jpg").write_bytes(b"")
    (root / ("n" * 255)).write_bytes(b"words")
    text = labelled("hills.txt")
    (root / "text.txt").write_bytes(text.data)
    (root / "text.txt.c2pa").write_bytes(text.sidecar)
    (root / "orphan.c2pa").write_bytes(text.sidecar)
    os.mkfifo(root / "fifo.jpg")
    (root / "circle.jpg").symlink_to(root / "circle.jpg")
    (root / "zero.jpg").symlink_to("/dev/zero")
    (root / "link.jpg").symlink_to("marked.jpg")
    (root / "up").symlink_to(root)
    files |= {
        Path("fifo.jpg"): UNKNOWN,
        Path("circle.jpg"): UNKNOWN,
        Path("zero.jpg"): UNKNOWN,
        Path("link.jpg"): OURS,
    }
    return files


@pytest.mark.timeout(60)
def test_a_folder_of_everything_is_scanned(tmp_path):
    expected = zoo(tmp_path)
    assets = list(walk_assets(tmp_path))
    with ScanPool(workers=2, batch=3) as pool:
        reports = list(pool.scan(assets))
        assert reports == list(pool.scan(assets))  # deterministic
    assert reports == [scanner().scan_asset(path, side) for path, side in assets]
    found = {
        path.relative_to(tmp_path): report
        for (path, _), report in zip(assets, reports, strict=True)
    }
    assert {path: verdict(report) for path, report in found.items()} == expected
    for path, report in found.items():
        assert report.to_json()
        if expected[path] == UNKNOWN:
            assert codes(report) == ["credlabel.asset.unreadable"]
    assert found[Path(os.fsdecode(b"\xff\xfe undecodable.jpg"))].subject.name.endswith(
        r"\xff\xfe undecodable.jpg"
    )


@pytest.mark.parametrize("path", [".", "/", "", "missing", "a\0b", "/dev/zero", "n" * 300, "~"])
def test_any_path_gives_a_report(path):
    report = scanner().scan(path)
    assert codes(report) == ["credlabel.asset.unreadable"]
    assert verdict(report) == UNKNOWN
    assert report.findings[0].explanation.endswith(".")


def test_without_permission_there_is_a_report(tmp_path):
    if os.geteuid() != 0:
        pytest.fail("this test has to be root, to become nobody")
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed" / "a.jpg").write_bytes(b"x")
    (tmp_path / "closed.jpg").write_bytes(b"x")
    (tmp_path / "closed.jpg").chmod(0)
    (tmp_path / "open.txt").write_bytes(b"x")
    code = """
        import os, sys
        from pathlib import Path
        from credlabel.scan import Scanner
        from credlabel.sidecar import walk_assets
        scanner = Scanner()
        os.chdir(sys.argv[1])
        os.setgid(65534)
        os.setuid(65534)
        for path in (*(p for p, _ in walk_assets(Path("."))), Path("closed/a.jpg")):
            report = scanner.scan(path)
            print(path, [f.code for f in report.findings], report.verdict.integrity.value)
            assert all("denied" in f.explanation for f in report.findings)
    """
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    refused = "['credlabel.asset.unreadable'] unverifiable"
    assert done.stdout.splitlines() == [
        f"closed {refused}",
        f"closed.jpg {refused}",
        "open.txt [] none",
        f"closed/a.jpg {refused}",
    ]


# ---------------------------------------------------------------------------- the pool


def test_a_hostile_label_can_not_stop_the_pool(tmp_path):
    # A digest of three bytes was evidence that the worker could write and the master not read.
    from making import created, definition, sign

    prompt = {
        "title": "p",
        "relationship": "inputTo",
        "instance_id": "ni:///sha-256;AAAA",
        "data_types": [{"type": "c2pa.types.generator.prompt"}],
    }
    data, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created(), ingredients=[prompt]))
    for name, content in (("a.jpg", data), ("b.jpg", labelled("hills.jpg").data)):
        (tmp_path / name).write_bytes(content)
    with ScanPool(workers=1) as pool:
        reports = list(pool.scan(walk_assets(tmp_path)))
    assert [verdict(report) for report in reports] == [OURS, OURS]


def test_an_answer_that_can_not_be_read_is_a_finding(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"x")

    def map_to_junk(items, sizes):
        return ((item, b"\xc1") for item in items)

    with ScanPool(workers=1) as pool:
        monkeypatch.setattr(pool._pool, "map", map_to_junk)
        (report,) = pool.scan([(tmp_path / "a.txt", None)])
    assert codes(report) == ["credlabel.scan.unverified"]


@pytest.mark.slow
def test_a_file_that_is_too_much_for_a_worker_is_could_not_verify(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x")
    with (tmp_path / "b.png").open("wb") as sparse:
        sparse.write(labelled("hills.png").data[:60])
        sparse.truncate(200_000_000_000)
    (tmp_path / "c.jpg").write_bytes(labelled("hills.jpg").data)
    limits = Limits(seconds=2.0, seconds_per_gigabyte=0)
    with ScanPool(ScanSettings(digest="always"), limits=limits, workers=2, batch=1) as pool:
        reports = list(pool.scan(walk_assets(tmp_path)))
    assert verdict(reports[0]) == NOTHING
    assert codes(reports[1]) == ["credlabel.scan.unverified"]
    assert verdict(reports[1]) == UNKNOWN
    assert "too long" in reports[1].findings[0].explanation
    assert verdict(reports[2]) == OURS


def test_large_files_are_given_time_in_proportion(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"12345")
    (tmp_path / "b.txt").write_bytes(b"1")
    seen = []

    def map_and_see(items, sizes):
        seen.extend(map(sizes, items))
        return iter(())

    with ScanPool(workers=1) as pool:
        monkeypatch.setattr(pool._pool, "map", map_and_see)
        list(pool.scan(walk_assets(tmp_path)))
    assert seen == [5, 1]


# ---------------------------------------------------------------------------- other people's code


class Plugin:
    """Detectors: one that works, one that raises, one that raises after it found something."""

    class Finds:
        name = "finds"

        def detect(self, subject, source):
            assert source.tell() == 0
            source.read(5)
            return [
                Evidence(
                    detector=self.name,
                    kind=Layer.METADATA,
                    strength=Strength.ASSERTED,
                    origin=Origin.GENERATED,
                )
            ]

    class Raises(Finds):
        name = "raises"

        def detect(self, subject, source):
            raise ZeroDivisionError("badly written")

    class Stumbles(Finds):
        name = "stumbles"

        def detect(self, subject, source):
            yield from super().detect(subject, source)
            raise KeyError("x")

    @hookimpl
    def credlabel_detectors(self):
        return [self.Finds(), self.Raises(), self.Stumbles()]


def test_a_detector_that_raises_is_a_finding_and_silences_nobody(monkeypatch):
    load = PluginRegistry.load

    def load_with_ours(*args, **options):
        registry = load(*args, **options)
        registry.add(Plugin(), name="ours")
        return registry

    monkeypatch.setattr(PluginRegistry, "load", staticmethod(load_with_ours))
    report = Scanner().scan_bytes(b"words")
    assert [e.detector for e in report.evidence] == ["finds", "stumbles"]
    assert codes(report) == ["credlabel.detector.failed"] * 2
    assert "raises" in report.findings[0].explanation
    assert "badly written" in report.findings[0].explanation
    assert report.verdict.origin is Origin.GENERATED
    assert report.verdict.strength is Strength.ASSERTED
    assert report.subject.digest is not None  # it carries a mark
