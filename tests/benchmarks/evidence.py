"""All evidence of mixed files, against ExifTool listing the same folder: both as commands.

A third of the files are unmarked, a third are labelled, a third have the traces of generators or
metadata of their own: other people's files, where that folder is there, else samples.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import job
from floor import compare, rate

from credlabel.batch import Errand, LabelPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ROUNDS = 3
_REPOSITORY = Path(__file__).parents[2]
_INTEROP = Path(os.environ.get("CREDLABEL_INTEROP", _REPOSITORY.parent / "shared" / "interop"))


def measure(folder: Path, scale: float) -> None:
    """Print the table; without ExifTool, say so."""
    if shutil.which("exiftool") is None:
        print("all evidence: not measured, as there is no exiftool")
        return
    count = int(1_000 * scale)
    files = folder / "files"
    _fill(files, count, folder / "home")
    found = [path for path in files.rglob("*") if path.is_file() and path.suffix != ".c2pa"]

    def ours() -> float:
        return rate(lambda: _run("credlabel", "scan", "--json", "--jobs", "2", files), len(found))

    def theirs() -> float:
        return rate(lambda: _run("exiftool", "-r", "-json", files), len(found))

    mine, listed = compare(_ROUNDS, ours, theirs)
    size = sum(path.stat().st_size for path in found)
    print(f"all evidence, {len(found)} mixed files of {size / 1e6:.0f} MB, files a second")
    print(f"{'credlabel scan --json':<26} {mine:10,.0f}")
    print(f"{'exiftool -r -json':<26} {listed:10,.0f}")
    print(f"{'ratio':<26} {mine / listed:10.1f}")


def _fill(files: Path, count: int, home: Path) -> None:
    samples = sorted((_REPOSITORY / "samples" / "files").iterdir())
    documents = sorted((_REPOSITORY / "samples" / "documents").iterdir())
    others = [
        path
        for path in sorted((_INTEROP / "files").rglob("*"))
        if path.is_file() and path.suffix != ".c2pa"
    ] or documents
    third = count // 3
    _copy(islice(cycle([*samples, *documents]), third), files / "unmarked")
    _copy(islice(cycle(others), count - 2 * third), files / "others")
    with LabelPool(job(home)) as pool:
        errands = [
            Errand(source=str(path), destination=str(files / "labelled" / name))
            for path, name in _numbered(islice(cycle(samples), third))
        ]
        for _ in pool.label(errands):
            pass


def _numbered(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for number, path in enumerate(paths):
        yield path, f"{number:04d}-{path.name}"


def _copy(paths: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path, name in _numbered(paths):
        shutil.copyfile(path, folder / name)


def _run(*command: str | Path) -> None:
    # Either ends with a code of its own for files that are damaged.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
