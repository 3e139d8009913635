"""``credlabel watch``: from the inbox into the archive, with an exit code and a line a file."""

import json
import os
import signal
import subprocess

import pytest

from credlabel import Scanner

QUICK = ("--settle", "0.1", "--jobs", "1")


@pytest.fixture
def places(workplace):
    for name in ("inbox", "archive"):
        (workplace / name).mkdir()
    return "inbox", "archive"


def test_once_moves_what_is_there_labelled_into_the_archive(cli, sample, places, workplace, tree):
    sample("hills.png", "inbox/hills.png")
    sample("hills.txt", "inbox/sub/hills.txt")
    done = cli("watch", *places, "--once", "--system", "Painter", *QUICK)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "2 labelled, 0 quarantined, 0 waiting"
    assert sorted(tree("archive")) == ["hills.png", "sub/hills.txt", "sub/hills.txt.c2pa"]
    for name in ("hills.png", "sub/hills.txt"):
        report = Scanner().scan(workplace / "archive" / name)
        assert report.verdict.integrity == "intact"
        assert report.evidence[0].provenance.system == "Painter"
    assert not [name for name in tree("inbox") if name.endswith((".png", ".txt"))]


def test_a_bad_file_goes_into_quarantine_with_its_reason(cli, sample, places, workplace, samples):
    data = samples["hills.jpg"].read_bytes()[:900]
    (workplace / "inbox" / "cut.jpg").write_bytes(data)
    sample("hills.png", "inbox/good.png")
    done = cli("watch", *places, "--once", "--quarantine", "bad", *QUICK)
    assert done.code == 3
    assert done.out.splitlines()[-1] == "1 labelled, 1 quarantined, 0 waiting"
    assert "cut short" in done.out
    assert (workplace / "archive" / "good.png").exists()
    (kept,) = (workplace / "bad").rglob("cut.jpg")
    assert kept.read_bytes() == data
    (reason,) = (workplace / "bad").rglob("reason.json")
    assert "cut short" in reason.read_text()
    assert isinstance(json.loads(reason.read_text()), dict)


def test_marks_that_were_asked_for_and_have_no_place_are_told(cli, sample, places):
    sample("hills.csv", "inbox/hills.csv")
    done = cli("watch", *places, "--once", "--marks", "aigc", "--provider", "P", *QUICK)
    assert done.code == 0
    assert done.out.splitlines() == [
        "labelled    hills.csv",
        "            Not marked with aigc. There is no place for metadata in text/csv.",
        "1 labelled, 0 quarantined, 0 waiting",
    ]


def test_json_is_a_line_a_file(cli_with_workers, sample, places):
    sample("hills.png", "inbox/hills.png")
    done = cli_with_workers("watch", *places, "--once", "--json", *QUICK)
    assert done.code == 0
    labelled, summary = done.lines
    assert (labelled["kind"], labelled["path"]) == ("labelled", "hills.png")
    assert (summary.pop("kind"), summary.pop("labelled")) == ("summary", 1)
    assert set(summary.values()) == {0}


def test_what_is_left_alone_is_counted(cli, sample, places, workplace):
    sample("hills.png", "inbox/hills.png")
    os.mkfifo(workplace / "inbox" / "pipe")
    done = cli("watch", *places, "--once", *QUICK)
    assert done.out.splitlines()[-1] == "1 labelled, 0 quarantined, 0 waiting, 1 left alone"


def test_an_empty_inbox_is_no_failure(cli, places):
    done = cli("watch", *places, "--once", *QUICK)
    assert (done.code, done.out) == (0, "0 labelled, 0 quarantined, 0 waiting\n")


@pytest.mark.parametrize("folders", [("nowhere", "archive"), ("inbox", "nowhere")])
def test_a_missing_folder_is_told_with_what_to_do(cli, places, workplace, folders):
    done = cli("watch", *folders, "--once", *QUICK)
    assert done.code == 4
    assert done.err.splitlines() == ["Error: nowhere is no directory.", "mkdir -p nowhere"]
    assert not (workplace / "nowhere").exists()


@pytest.mark.parametrize("folders", [("inbox", "inbox"), ("inbox", "inbox/archive")])
def test_inbox_and_archive_may_not_overlap(cli, sample, places, workplace, folders):
    (workplace / "inbox" / "archive").mkdir()
    sample("hills.png", "inbox/hills.png")
    done = cli("watch", *folders, "--once", *QUICK)
    assert done.code == 4
    assert "overlap" in done.err
    assert (workplace / "inbox" / "hills.png").exists()


def test_a_bad_signer_or_source_type_is_told_before_anything_is_moved(
    cli, sample, places, workplace
):
    sample("hills.png", "inbox/hills.png")
    assert cli("watch", *places, "--once", "--signer", "nope", *QUICK).code == 8
    assert cli("watch", *places, "--once", "--source-type", "nope", *QUICK).code == 4
    assert os.listdir(workplace / "inbox") == ["hills.png"]  # noqa: PTH208


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM]
)
def test_a_signal_ends_it_in_good_order(program_line, sample, places, workplace, number):
    process = subprocess.Popen(
        [*program_line, "watch", *places, *QUICK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "Watching inbox; Ctrl-C ends it.\n"
    sample("hills.png", "inbox/hills.png")
    assert process.stdout.readline().startswith("labelled ")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    assert Scanner().scan(workplace / "archive" / "hills.png").verdict.integrity == "intact"
