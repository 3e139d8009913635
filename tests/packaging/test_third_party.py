"""A third party's distribution, really installed: its good parts work, the bad harm nobody."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # pip and a process for each question
EXAMPLE = Path(__file__).resolve().parents[1] / "example_plugin"
CREDLABEL = Path(sys.executable).with_name("credlabel")
BROKEN = {
    "broken.command": "It may not replace the command 'scan'.",
    "broken.contract": "Guesser is no Detector: it lacks detect.",
    "broken.import": "It can't be imported: ModuleNotFoundError: No module named "
    "'a_library_that_nobody_has'",
    "broken.spelling": "It implements 'credlabel_detektors', and there is no such hook; "
    "is 'credlabel_detectors' meant?",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the example with pip, without a network, into a folder of its own."""
    source = tmp_path_factory.mktemp("source") / "example_plugin"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    shutil.copytree(EXAMPLE, source, ignore=ignored)  # building leaves things in the source
    target = tmp_path_factory.mktemp("site")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--no-compile"]
    command = [sys.executable, "-m", "pip", "install", "-q", *options, "--target", target, source]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def credlabel(installed, tmp_path):
    """The program, in a folder of its own, with the example installed."""

    def run(*arguments, **variables):
        return subprocess.run(
            [CREDLABEL, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed), "PYTHONWARNINGS": "", **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def verdicts(done):
    """Return what a scan with ``--format jsonl`` said, by file."""
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(report["subject"]["name"]).name: report for report in reports}


# ---------------------------------------------------------------------------- what it adds


def test_everything_is_listed_with_what_it_offers_or_why_not(credlabel):
    done = credlabel("plugins", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = {each["name"]: each for each in json.loads(done.stdout)}
    example = found["example"]
    assert (example["distribution"], example["version"]) == ("credlabel-example", "1.2.3")
    assert example["refused"] == ""
    assert example["offers"] == {
        "credlabel_formats": ["application/x-exmp"],
        "credlabel_detectors": ["exmp"],
        "credlabel_commands": ["example"],
    }
    assert {name: each["refused"] for name, each in found.items() if each["refused"]} == BROKEN
    assert found["broken.contract"]["offers"] == {}  # not even its sound half
    assert found["broken.conflict"]["offers"] == {
        "credlabel_formats": ["image/png", "application/x-other"]
    }
    bundled = [each for each in found.values() if each["distribution"] == "credlabel"]
    assert len(bundled) >= 17


def test_the_list_is_readable_too(credlabel):
    done = credlabel("plugins")
    assert (done.returncode, done.stderr) == (0, "")
    assert "example  (credlabel-example 1.2.3)\n  formats: application/x-exmp\n" in done.stdout
    for reason in BROKEN.values():
        assert f"  refused: {reason}\n" in done.stdout


def test_its_command_makes_a_file_that_its_detector_reads(credlabel):
    done = credlabel("example", "made.exmp", "--maker", "Painter 3")
    assert (done.returncode, done.stdout) == (0, "An EXMP file, made by Painter 3.\n")
    done = credlabel("scan", "made.exmp", "--format", "jsonl", "--digest", "never")
    assert (done.returncode, done.stderr) == (0, "")
    report = verdicts(done)["made.exmp"]
    assert report["subject"]["media_type"] == "application/x-exmp"
    (evidence,) = report["evidence"]
    assert evidence["detector"] == "exmp"
    assert evidence["strength"] == "asserted"
    assert evidence["details"] == {"made_by": "Painter 3"}
    assert report["verdict"]["origin"] == "generated"
    assert report["verdict"]["integrity"] == "none"  # nobody signed that


def test_its_format_decides_what_is_whole(credlabel, tmp_path):
    credlabel("example", "made.exmp")
    whole = (tmp_path / "made.exmp").read_bytes()
    (tmp_path / "cut.exmp").write_bytes(whole[:-5])
    done = credlabel("label", "made.exmp", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "made.exmp").read_bytes() == whole  # its label is beside it
    assert (tmp_path / "out" / "made.exmp.c2pa").is_file()
    done = credlabel("label", "cut.exmp", "--out", "out")
    assert done.returncode == 6
    assert "The EXMP file is cut short: its end chunk is missing." in done.stderr


# ---------------------------------------------------------------------------- what it breaks


def test_the_built_in_command_is_still_the_built_in_one(credlabel, samples, tmp_path):
    shutil.copy(samples["hills.jpg"], tmp_path)
    done = credlabel("scan", "hills.jpg")
    assert done.returncode == 0
    assert "trust me" not in done.stdout
    assert "hills.jpg" in done.stdout
    done = credlabel("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Take the place of the real one" not in done.stdout
    assert "Write an EXMP file" in done.stdout
    assert "harmless" not in done.stdout  # refused together with the other


def test_doctor_names_what_was_refused_and_finds_no_problem_in_it(credlabel):
    checks = json.loads(credlabel("doctor", "--json").stdout)
    refused = {
        each["name"]: each["state"] for each in checks if each["name"].startswith("Plugin ")
    }
    assert refused == {f"Plugin {name}": "warning" for name in BROKEN}


def test_a_conflict_stops_only_who_needs_the_contested_type(credlabel, samples, tmp_path):
    for name in ("hills.jpg", "hills.png", "hills.txt"):
        shutil.copy(samples[name], tmp_path)
    (tmp_path / "some.other").write_bytes(b"OTHR")
    credlabel("example", "made.exmp")
    done = credlabel(
        "scan", "hills.jpg", "hills.txt", "made.exmp", "some.other", "--format", "jsonl"
    )
    assert (done.returncode, done.stderr) == (0, "")
    kinds = {name: report["subject"]["media_type"] for name, report in verdicts(done).items()}
    assert kinds == {
        "hills.jpg": "image/jpeg",
        "hills.txt": "text/plain",
        "made.exmp": "application/x-exmp",
        "some.other": "application/x-other",  # the one who is in conflict, about another type
    }
    for command in (
        ("scan", "hills.png"),
        ("scan", "hills.jpg", "hills.png", "--format", "csv"),
        ("inspect", "hills.png"),
        ("verify", "hills.png"),
        ("label", "hills.png", "--out", "out"),
    ):
        done = credlabel(*command)
        assert done.returncode == 5, command
        assert "The plugins broken.conflict and formats.png both offer 'image/png'." in done.stderr
        assert 'prefer = { "image/png" = "NAME" }' in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "hills.png").exists()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('prefer = { "image/png" = "formats.png" }', 6),
        ('prefer = { "image/png" = "broken.conflict" }', 6),
        ('disabled = ["broken.conflict"]', 6),
        ('prefer = { "image/png" = "example" }', 5),
    ],
)
def test_the_configuration_resolves_it(credlabel, samples, tmp_path, settings, code):
    (tmp_path / "credlabel.toml").write_text(f"[plugins]\n{settings}\n")
    shutil.copy(samples["hills.png"], tmp_path)
    (tmp_path / "cut.png").write_bytes(samples["hills.png"].read_bytes()[:300])
    chosen = ("--config", "credlabel.toml")
    done = credlabel("scan", "hills.png", "--format", "csv", *chosen)
    if code == 5:
        assert done.returncode == 5
        return
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["media_type"] == "image/png"
    done = credlabel("label", "cut.png", "--out", "out", *chosen)
    assert done.returncode == code
    # The bundled format knows that it is cut; the other lets c2pa-rs find out, or not.
    is_bundled = "broken.conflict" not in settings or "disabled" in settings
    assert ("its end chunk is missing" in done.stderr) == is_bundled


def test_the_trace_shows_every_hook_call(credlabel):
    done = credlabel("plugins", "--json", CREDLABEL_TRACE_PLUGINS="1")
    assert json.loads(done.stdout)
    assert "example: credlabel_formats() = [<credlabel_example.Exmp object at" in done.stderr
    assert "example: credlabel_detectors() = [<credlabel_example.MadeBy object at" in done.stderr
    assert "example: credlabel_commands(cli=<Group None>) = None" in done.stderr
    assert "formats.png: credlabel_formats() = [<" in done.stderr
    assert credlabel("plugins", "--json").stderr == ""
