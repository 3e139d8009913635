"""Scanning folders in two workers, against the library on each file in one process."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Literal

from corpus import folder_of, job, jpeg
from floor import compare, in_two, rate, read_and_hash, read_states

from credlabel import ScanPool, ScanSettings
from credlabel.batch import Errand, LabelPool
from credlabel.sidecar import walk_assets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = 3
_SAMPLE = 3000
"""Files that the slow floor is timed on; it takes as long for each."""


def measure(folder: Path, scale: float) -> None:
    """Print the table."""
    unmarked = folder_of(folder / "unmarked", jpeg(100_000), int(20_000 * scale))
    signed_count = int(5_000 * scale)
    with LabelPool(job(folder / "home")) as pool:
        errands = (
            Errand(source=str(p), destination=str(folder / "signed" / p.relative_to(folder)))
            for p in unmarked[:signed_count]
        )
        for _ in pool.label(errands):
            pass
    print("scan, files a second        Reader x1   hash x2    ours x2   ours/Reader   ours/hash")
    with ProcessPoolExecutor(2) as executor:
        for name, root, digest in (
            ("unmarked, no digests", folder / "unmarked", "never"),
            ("unmarked, --digest auto", folder / "unmarked", "auto"),
            ("unmarked, with digests", folder / "unmarked", "always"),
            ("signed, no digests", folder / "signed", "never"),
            ("signed, --digest auto", folder / "signed", "auto"),
        ):
            _row(name, root, digest, executor)


def _row(
    name: str,
    root: Path,
    digest: Literal["auto", "always", "never"],
    executor: ProcessPoolExecutor,
) -> None:
    paths = [path for path, _ in walk_assets(root)]
    sample = paths[:_SAMPLE]
    with ScanPool(ScanSettings(digest=digest), workers=2) as pool:
        for _ in pool.scan((path, None) for path in itertools.islice(paths, 400)):
            pass  # steady state: the workers are up

        def ours() -> float:
            return rate(lambda: sum(1 for _ in pool.scan(walk_assets(root))), len(paths))

        sides: tuple[Callable[[], float], ...] = (
            lambda: rate(lambda: read_states(sample), len(sample)),
            lambda: rate(lambda: in_two(read_and_hash, paths, executor), len(paths)),
            ours,
        )
        reader, hashing, mine = compare(_ROUNDS, *sides)
    print(
        f"{name:<26} {reader:10,.0f} {hashing:10,.0f} {mine:10,.0f} "
        f"{mine / reader:12.2f} {mine / hashing:11.2f}"
    )
