"""All evidence of a folder, against ExifTool listing the same folder: both as commands.

Two kinds of folder, told apart because neither stands for the other. *Made* are 1,000 files of
every format at the sizes of files in use (:mod:`mix`), every second one labelled: an archive that
is being marked. *Others'* are other people's files as they are, each once, where that folder is
there: credentials of many makers, traces of generators, damaged files. They are a few hundred, so
that starting weighs heavily; five copies of each make the thousand files of the target.

Both sides pay for starting, as whoever types the command does. The ratio depends on what the files
cost ExifTool: little for a file with an ordinary header, much for the large credentials of others,
which it takes apart in Perl. It verifies none of them, and digests nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from corpus import job
from floor import compare, rate
from mix import fill

from credlabel.batch import Errand, LabelPool, Refusal

_ROUNDS = 3
_COPIES = 5
_REPOSITORY = Path(__file__).parents[2]
_INTEROP = Path(os.environ.get("CREDLABEL_INTEROP", _REPOSITORY.parent / "shared" / "interop"))


def measure(folder: Path, scale: float) -> None:
    """Print the table; without ExifTool, say so."""
    if shutil.which("exiftool") is None:
        print("all evidence: not measured, as there is no exiftool")
        return
    made = folder / "made"
    _label_half(fill(made, int(1_000 * scale)), folder / "home")
    print("all evidence, files a second   files       MB   credlabel   exiftool   ratio")
    _row("made", made)
    if (_INTEROP / "files").is_dir():
        _row("others'", _INTEROP / "files")
        copies = folder / "copies"
        for number in range(_COPIES):
            shutil.copytree(_INTEROP / "files", copies / str(number))
        _row(f"others', {_COPIES} copies", copies)


def _row(name: str, files: Path) -> None:
    found = [path for path in files.rglob("*") if path.is_file() and path.suffix != ".c2pa"]

    def ours() -> float:
        return rate(lambda: _run("credlabel", "scan", "--json", "--jobs", "2", files), len(found))

    def theirs() -> float:
        return rate(lambda: _run("exiftool", "-r", "-json", files), len(found))

    mine, listed = compare(_ROUNDS, ours, theirs)
    size = sum(path.stat().st_size for path in found) / 1e6
    rates = f"{mine:11,.0f} {listed:10,.0f} {mine / listed:7.1f}"
    print(f"{name:<28} {len(found):7,} {size:8,.0f} {rates}")


def _label_half(paths: list[Path], home: Path) -> None:
    """Label every second file of each format in place."""
    errands = [
        Errand(source=str(path), destination=str(path), replace=True)
        for path in paths
        if int(path.stem) % 2
    ]
    with LabelPool(job(home)) as pool:
        for errand, answer in pool.label(errands):
            if isinstance(answer, Refusal):
                raise SystemExit(f"{errand.source}: {answer.message}")


def _run(*command: str | Path) -> None:
    # Either ends with a code of its own for files that are damaged.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
