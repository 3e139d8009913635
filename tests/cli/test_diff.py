"""``credlabel diff``: what a pipeline did to marks, with an exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from cases import credential, iptc, report
from PIL import Image

from credlabel.model import Origin, encode


@pytest.fixture
def after(labelled):
    """Return a copy of the labelled files."""
    shutil.copytree(labelled, "after")
    return Path("after")


def tamper(path):
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


@pytest.mark.slow
def test_what_is_untouched_is_unharmed(cli, labelled, after):
    done = cli("diff", labelled, after)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "3 files compared, 0 harmed. Marks: 0 lost, 0 invalidated, 0 changed, 0 gained.\n"
    )


def test_what_was_stripped_or_broken_is_told_and_fails(cli, labelled, after):
    Image.open(labelled / "hills.png").save(after / "hills.png")
    tamper(after / "sub/hills.txt")
    done = cli("diff", labelled, after)
    assert done.code == 1
    assert "after/hills.png\n  lost         credential (c2pa): It was intact.\n" in done.out
    assert "invalidated  credential (c2pa): It was intact and is tampered." in done.out
    assert "3 files compared, 2 harmed" in done.out


@pytest.mark.slow
def test_two_files_whatever_their_names(cli, labelled):
    done = cli("diff", labelled / "hills.png", labelled / "bare.jpg")
    assert done.code == 1
    assert "lost" in done.out
    assert cli("diff", labelled / "bare.jpg", labelled / "hills.png").code == 0


@pytest.mark.slow
def test_a_lost_sidecar_is_a_lost_mark(cli, labelled, after):
    (after / "sub/hills.txt.c2pa").unlink()
    done = cli("diff", labelled / "sub", after / "sub")
    assert done.code == 1
    assert "after/sub/hills.txt\n  lost         credential" in done.out


@pytest.mark.slow
def test_files_on_one_side_only_are_told_and_no_fault(cli, labelled, after):
    (after / "hills.png").rename(after / "renamed.png")
    done = cli("diff", labelled, after)
    assert done.code == 0
    assert "labelled/hills.png: only before, so not compared.\n" in done.out
    assert "after/renamed.png: only after, so not compared.\n" in done.out


@pytest.mark.slow
def test_json_tells_what_changed_and_the_sums(cli, labelled, after):
    assert cli("diff", labelled, after, "--json").json["files"] == []
    tamper(after / "hills.png")
    (after / "bare.jpg").unlink()
    done = cli("diff", labelled, after, "--json")
    (file,) = done.json["files"]
    assert file["before"] == "labelled/hills.png"
    assert [each["fate"] for each in file["changes"]] == ["invalidated"]
    assert done.json["only_before"] == ["labelled/bare.jpg"]
    assert done.json["sums"] == {
        "compared": 2,
        "harmed": 1,
        "unread": 0,
        "lost": 0,
        "invalidated": 1,
        "changed": 0,
        "gained": 0,
        "traces": 0,
    }


@pytest.mark.slow
@pytest.mark.parametrize("forms", [("json", "jsonl"), ("jsonl", "json")])
def test_reports_that_were_saved(cli, labelled, after, forms):
    tamper(after / "hills.png")
    live = cli("diff", labelled, after)
    for folder, form in zip((labelled, after), forms, strict=True):
        assert cli("scan", folder, "--format", form, "-o", f"{folder}.{form}").code == 0
    saved = cli("diff", f"labelled.{forms[0]}", f"after.{forms[1]}")
    assert (saved.code, saved.out) == (live.code, live.out) == (1, live.out)


@pytest.mark.slow
def test_a_file_that_can_not_be_read_is_told(cli, labelled, after):
    (after / "hills.png").unlink()
    (after / "hills.png").symlink_to("hills.png")
    done = cli("diff", labelled, after)
    assert done.code == 3
    assert "after/hills.png" in done.err
    done = cli("diff", labelled, after, "--json")
    assert done.json["sums"]["unread"] == 1


@pytest.mark.parametrize(
    ("names", "code", "complaint"),
    [
        (("labelled", "nothing"), 6, "nothing does not exist"),
        (("labelled", "labelled/hills.png"), 2, "not one with the other"),
        (("labelled/sub", "empty"), 6, "both sides"),
        (("report.jsonl", "labelled/hills.png"), 2, "both have to be"),
        (("report.jsonl", "report.csv"), 2, "both have to be"),
        (("report.csv", "report.csv"), 2, "report.csv and report.csv carry no marks, and hold no"),
        (("none.jsonl", "none.jsonl"), 2, "hold no reports of files"),
        (("other.json", "none.jsonl"), 2, "hold no reports of files"),
    ],
)
def test_what_is_refused(cli, labelled, workplace, names, code, complaint):
    (workplace / "empty").mkdir()
    (workplace / "none.jsonl").touch()
    (workplace / "other.json").write_text('{"a": 1}')
    (workplace / "report.csv").write_text("name,media_type,size\na.png,image/png,7\n")
    cli("scan", labelled, "--format", "jsonl", "-o", "report.jsonl")
    done = cli("diff", *names)
    assert done.code == code
    assert complaint in done.err


def test_data_with_a_sidecar_are_files_like_others(cli, workplace):
    for name in ("a.csv", "b.csv"):
        (workplace / name).write_text("x,y\n")
    (workplace / "a.csv.c2pa").write_bytes(b"nothing of use")
    assert "1 file compared" in cli("diff", "a.csv", "b.csv").out


# ---------------------------------------------------------------------------- reports of strangers


@pytest.fixture
def saved(workplace):
    """Write one report to a file."""

    def save(name, about):
        (workplace / name).write_bytes(encode(about) + b"\n")
        return name

    return save


def test_a_mark_that_unsays_ai_fails_as_a_lost_one(cli, saved):
    before = saved("before.jsonl", report(iptc()))
    after = saved("after.jsonl", report(iptc(origin=Origin.HUMAN_MADE)))
    done = cli("diff", before, after)
    assert done.code == 1
    assert "lost         metadata (iptc): It said generated, and says human-made." in done.out
    assert cli("diff", after, before).code == 0


def test_what_strangers_wrote_into_a_report_commands_no_terminal(cli, saved):
    evil = msgspec.structs.replace(iptc(), detector="\x1b[32mevil\n")
    done = cli("diff", saved("one.jsonl", report(evil)), saved("two.jsonl", report()))
    assert r"lost         metadata (\x1b[32mevil\n)" in done.out
    assert "\x1b" not in done.out


def test_a_history_of_anything_in_a_report_is_no_bug(cli, saved):
    before = saved("before.jsonl", report(credential()))
    odd = credential(manifest="other", manifests="9", history=[7, None, "x", {"manifest": 1}])
    done = cli("diff", before, saved("after.jsonl", report(odd)))
    assert done.code == 1
    assert "Another credential took its place" in done.out
