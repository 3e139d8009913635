"""The files in ``samples/documents`` can be made again, and those that are programs run."""

import importlib
import os
import shutil
import subprocess
import sys

import pytest
from making import labeller

from credlabel.model import Tier

KINDS = (
    "adoc c cpp css csv docm docx dotx epub go h html ini java js json jsonl log lua md odp ods "
    "odt pdf php pptx py r rb rs rst sh sql srt svg tex toml ts tsv ttml txt vtt xhtml xlsx xml "
    "yaml zip"
)
LINES = """Barrow Top   386 m  ###
Alder Rigg   638 m  ######
Ember Law    701 m  #######
Dun Fell     273 m  ##
Curlew Hill  873 m  ########
highest: Curlew Hill, 873 m
mean: 574.2 m
climb: 915 m in 4 h 43 min
"""
RUNS = {
    "hills.py": (sys.executable, "{}"),
    "hills.sh": ("sh", "{}"),
    "hills.js": ("node", "{}"),
    "hills.rb": ("ruby", "-w", "{}"),
    "hills.php": ("php", "{}"),
    "hills.lua": ("lua", "{}"),
    "hills.r": ("Rscript", "{}"),
    "hills.java": ("java", "{}"),
    "hills.go": ("go", "run", "{}"),
    "hills.sql": ("sqlite3", ":memory:", ".read {}"),
    "hills.c": ("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", "out", "{}"),
    "hills.cpp": ("c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-o", "out", "{}"),
    "hills.rs": ("rustc", "-D", "warnings", "-o", "out", "{}"),
}
QUICK = ("hills.py", "hills.sh")


@pytest.fixture(scope="module")
def folder(root):
    return root / "samples" / "documents"


@pytest.fixture(scope="module")
def maker(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "samples"))
        yield importlib.import_module("make_documents")
    for name in ("make", "make_documents"):
        sys.modules.pop(name, None)


def test_there_is_one_of_every_kind(folder, maker):
    names = {path.name for path in folder.iterdir()}
    assert names == {f"hills.{kind}" for kind in KINDS.split()} | {"hills-plain.md"}
    assert names == maker.everything().keys() | maker.BY_HAND
    assert all(path.stat().st_size < 60_000 for path in folder.iterdir())
    assert os.access(folder / "hills.sh", os.X_OK)


def test_text_is_long_enough_for_a_label(folder, maker):
    for path in folder.iterdir():
        if path.suffix[1:] not in maker.CHECKS or path.name in maker.BY_HAND:
            assert len(path.read_text("utf-8")) >= 1500, path.name


def test_the_same_bytes_are_made_again(folder, maker):
    for name, content in maker.everything().items():
        assert (folder / name).read_bytes() == content, name


def check_runs(folder, tmp_path, name):
    """The program prints the eight lines, as it is and with a label."""
    if not shutil.which(RUNS[name][0]):
        pytest.skip(f"{RUNS[name][0]} is not installed")
    labelled = tmp_path / "labelled" / name
    receipt = labeller().label(folder / name, labelled)
    assert receipt.tier is Tier.EMBEDDED
    if name == "hills.c":
        labeller().label(folder / "hills.h", labelled.with_name("hills.h"))
    for path in (folder / name, labelled):
        command = [word.format(path) for word in RUNS[name]]
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        assert made.stderr == ""
        if "out" in command:
            made = subprocess.run([tmp_path / "out"], capture_output=True, text=True, check=True)
        assert made.stdout == LINES


@pytest.mark.parametrize("name", QUICK)
def test_programs_run(folder, tmp_path, name):
    check_runs(folder, tmp_path, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RUNS.keys() - set(QUICK)))
def test_programs_in_other_languages_run(folder, tmp_path, name):
    check_runs(folder, tmp_path, name)
