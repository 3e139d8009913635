"""Every program in ``samples/`` runs and does what it says."""

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from credlabel import PluginRegistry, Scanner
from credlabel.hookspecs import Asset, Detector


@pytest.fixture
def run(root, tmp_path, fresh_home):
    """Run a sample in an empty folder; return what it printed."""

    def call(name, *arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-W", "error", root / "samples" / name, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout

    return call


def test_every_program_is_tested_and_listed(root):
    makers = {"make.py", "make_documents.py"}
    programs = {path.name for path in (root / "samples").glob("*.py")} - makers
    assert programs == {"label_generated.py", "gate_folder.py", "verify_upload.py"}
    listed = (root / "samples" / "README.md").read_text()
    assert all(f"`{name}`" in listed for name in (*programs, "plugin/"))


@pytest.mark.slow
def test_label_generated_and_verify_upload(run, tmp_path, samples):
    printed = run("label_generated.py", "generated")
    assert "sky.png embedded" in printed
    assert "sky.txt sidecar generated/sky.txt.c2pa" in printed
    report = Scanner().scan(tmp_path / "generated" / "sky.png")
    assert (report.verdict.origin, report.verdict.integrity) == ("generated", "intact")
    assert run("label_generated.py", "generated"), "it can be run twice"

    uploads = ["generated/sky.png", "generated/sky.txt"]
    printed = run("verify_upload.py", *uploads)
    assert printed.splitlines() == [f"accepted  {name}: generated" for name in uploads]
    (tmp_path / "generated" / "sky.txt").write_text("something else")
    shutil.copyfile(samples["hills.jpg"], tmp_path / "bare.jpg")
    printed = run("verify_upload.py", *uploads, "bare.jpg", code=1)
    assert [line.split()[0] for line in printed.splitlines()] == [
        "accepted",
        "rejected",
        "rejected",
    ]


@pytest.mark.slow
def test_gate_folder(run, tmp_path, samples):
    for name in ("inbox", "archive"):
        (tmp_path / name).mkdir()
    shutil.copyfile(samples["hills.png"], tmp_path / "inbox" / "hills.png")
    printed = run("gate_folder.py", "inbox", "archive")
    assert printed.splitlines()[-1] == "1 labelled, 0 in quarantine, with a reason each"
    assert Scanner().scan(tmp_path / "archive" / "hills.png").verdict.integrity == "intact"
    (tmp_path / "inbox" / "cut.jpg").write_bytes(samples["hills.jpg"].read_bytes()[:800])
    printed = run("gate_folder.py", "inbox", "archive", code=1)
    assert "quarantined cut.jpg" in printed
    assert os.listdir(tmp_path / "archive") == ["hills.png"]  # noqa: PTH208


# ---------------------------------------------------------------------------- the plugin


@pytest.fixture(scope="module")
def plugin(root):
    path = root / "samples" / "plugin" / "credlabel_generated_by.py"
    spec = importlib.util.spec_from_file_location("credlabel_generated_by", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "system"),
    [
        (b"Generated-by: Painter 3\nwords", "Painter 3"),
        (b"<!-- generated-by: Painter -->\n", "Painter -->"),
        (b"words\n# Generated-By:\tPainter\r\n", "Painter"),
        (b"It was not Generated-by: anybody", None),
        (b"Generated-by:\nPainter", None),
        (b"\xff\xfe Generated-by: \xff", "\ufffd"),
        (b"", None),
    ],
)
def test_the_plugin_reads_the_line(plugin, text, system):
    registry = PluginRegistry()
    registry.add(plugin, name="generated-by")
    (detector,) = registry.detectors
    assert isinstance(detector, Detector)
    subject = Asset("x.txt", "text/plain", len(text))
    found = [evidence.provenance.system for evidence in detector.detect(subject, io.BytesIO(text))]
    assert found == ([system] if system else [])


def test_the_plugin_leaves_other_files_alone(plugin):
    subject = Asset("x.png", "image/png", 0)
    assert not [*plugin.GeneratedBy().detect(subject, io.BytesIO(b"Generated-by: X"))]


@pytest.mark.slow
def test_the_plugin_s_readme_works_with_the_plugin_installed(root, tmp_path, monkeypatch):
    source = tmp_path / "plugin"
    shutil.copytree(root / "samples" / "plugin", source)
    target = tmp_path / "site"
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["credlabel"] == {"generated-by": "credlabel_generated_by"}
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    options = ["--no-build-isolation", "--disable-pip-version-check", "--target", target]
    subprocess.run([*pip, *options, source], check=True, capture_output=True)
    monkeypatch.setenv("PYTHONPATH", str(target))
    (tmp_path / "note.txt").write_text("Generated-by: Painter\n")
    credlabel = [sys.executable, "-c", "from credlabel.cli import main; main()"]

    def out(*arguments):
        command = [*credlabel, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    assert "detectors: generated-by" in out("plugins")
    row = out("scan", "note.txt").splitlines()[1]
    assert row.split() == ["generated", "none", "none", "metadata", "note.txt"]
    assert "asserted" in out("inspect", "note.txt")
