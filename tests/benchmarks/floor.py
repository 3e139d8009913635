"""The loops that credlabel is measured against, and how rounds become a figure."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from typing import TYPE_CHECKING

import c2pa
from corpus import bare_context, bare_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ProcessPoolExecutor
    from pathlib import Path


def rate(work: Callable[[], object], count: int) -> float:
    """Return how many of ``count`` things a second ``work`` does."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def compare(rounds: int, *sides: Callable[[], float]) -> list[float]:
    """Return the median of each side's figures over alternating rounds."""
    figures = [[side() for side in sides] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*figures, strict=True)]


def read_states(paths: Sequence[Path]) -> None:
    """Ask the library for the validation state of each file, in this process."""
    context = bare_context()
    for path in paths:
        try:
            with path.open("rb") as stream, c2pa.Reader("image/jpeg", stream, None, context) as r:
                r.get_validation_state()
        except c2pa.C2paError:
            pass


def read_and_hash(paths: Sequence[str]) -> None:
    """Read each file whole and hash it."""
    for path in paths:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - the floor is bare
            hashlib.sha256(stream.read()).hexdigest()


def in_two(
    work: Callable[[Sequence[str]], None], paths: Sequence[Path], pool: ProcessPoolExecutor
) -> None:
    """Let two processes do half the paths each."""
    names = [str(path) for path in paths]
    list(pool.map(work, (names[0::2], names[1::2])))


class BareLabeller:
    """What a careful user of c2pa-python does by hand: sign into a temporary file with
    ``verify_after_sign``, fsync, rename, fsync of the directory.
    """

    def __init__(self, key: Path) -> None:
        self._context = bare_context()
        self._manifest = bare_manifest()
        self._signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(
                b"es256", (key.parent / "chain.pem").read_bytes(), key.read_bytes(), None
            )
        )

    def label(self, source: Path, target: Path) -> None:
        """Label one file durably."""
        draft = target.with_name("." + target.name)
        with source.open("rb") as reading, draft.open("w+b") as writing:
            with c2pa.Builder(self._manifest, context=self._context) as builder:
                builder.sign(self._signer, "image/jpeg", reading, writing)
            writing.flush()
            os.fsync(writing.fileno())
        draft.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
