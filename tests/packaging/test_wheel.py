"""The wheel: built without a network, whole, and working where nothing else of ours is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from credlabel import __version__

pytestmark = pytest.mark.slow  # builds a wheel and installs it

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PARTS = ("credlabel", "plugins", "pyproject.toml", "README.md", "LICENSE")


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, since building leaves things in the source."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        part = REPOSITORY / name
        if part.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(part, source / name, ignore=ignored)
        else:
            shutil.copy(part, source)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", out, source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def machine(wheel, tmp_path_factory):
    """Install it into a new environment that has our dependencies, and not our source."""
    root = tmp_path_factory.mktemp("machine")
    venv.create(root, with_pip=False)
    python = root / "bin" / "python"
    options = ["--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *options, wheel)
    # A path in a .pth file is searched last, and the .pth files in it are not followed: an
    # editable installation there stays out of sight.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(root)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return root


def test_it_holds_both_packages_and_nothing_else(wheel):
    assert wheel.name == f"credlabel-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"credlabel-{__version__}.dist-info/METADATA").decode()
        points = archive.read(f"credlabel-{__version__}.dist-info/entry_points.txt").decode()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"credlabel", "credlabel_plugins", f"credlabel-{__version__}.dist-info"}
    for folder, package in (("credlabel", "credlabel"), ("plugins", "credlabel_plugins")):
        ours = {
            package + "/" + path.relative_to(REPOSITORY / folder).as_posix()
            for path in (REPOSITORY / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert ours == {name for name in names if name.startswith(package + "/")}
    assert f"credlabel-{__version__}.dist-info/licenses/LICENSE" in names
    assert "License-Expression: Apache-2.0" in metadata
    assert "formats.png = credlabel_plugins.formats.png" in points
    assert "credlabel = credlabel.cli:main" in points


def test_it_works_where_it_is_installed(machine, tmp_path):
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    here = {"cwd": tmp_path, "env": environ}
    for package in ("credlabel", "credlabel_plugins"):
        code = f"import {package}; print({package}.__file__)"
        path = run(machine / "bin" / "python", "-c", code, **here).strip()
        assert Path(path).is_relative_to(machine)
    credlabel = machine / "bin" / "credlabel"
    assert run(credlabel, "--version", **here) == f"credlabel {__version__}\n"
    listed = run(credlabel, "plugins", **here)
    assert "refused" not in listed
    for name in PROJECT["project"]["entry-points"]["credlabel"]:
        assert f"{name}  (credlabel {__version__})\n" in listed


def test_it_labels_and_scans_where_it_is_installed(machine, samples, tmp_path):
    here = {"cwd": tmp_path, "env": {**os.environ, "CREDLABEL_HOME": str(tmp_path / "home")}}
    credlabel = machine / "bin" / "credlabel"
    run(credlabel, "label", samples["hills.png"], "--out", "out", **here)
    scanned = run(credlabel, "scan", "out", "--format", "csv", **here)
    assert ",generated,signed,intact,untrusted,credential metadata," in scanned
