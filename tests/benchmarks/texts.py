"""Texts: labelling one in memory, verifying and scanning folders of them."""

from __future__ import annotations

import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import c2pa
from corpus import bare_context, folder_of, job
from floor import compare, in_two, rate, read_and_hash

from credlabel import Labeller, ScanPool, ScanSettings, Verifier
from credlabel.plugins import PluginRegistry
from credlabel.sidecar import walk_assets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credlabel.hookspecs import CredentialExtractor

_ROUNDS = 3
_SIZE = 10_000
_WORDS = ("rolling", "hills", "at", "dawn", "seen", "from", "a", "road", "that", "nobody", "takes")
_LABELLED = 300
_COUNT = 10_000


def text(seed: int) -> bytes:
    """Return a text of ``_SIZE`` bytes, plain letters with a few that are not ASCII."""
    chance = random.Random(seed)
    words = " ".join(chance.choices(_WORDS, k=_SIZE // 3)).encode()
    return words[: _SIZE - 5] + "\u00e9\u2013".encode()


def measure(folder: Path, scale: float) -> None:
    """Print the tables."""
    labeller = _labeller(folder)
    _label(labeller, int(_LABELLED * scale) or 10)
    count = int(_COUNT * scale)
    plain = folder / "plain"
    folder_of(plain, text(0), count, suffix=".txt")
    signed = folder / "signed"
    folder_of(signed, labeller.label_bytes(text(0), name="a.txt").data, count, suffix=".txt")
    with ProcessPoolExecutor(2) as executor:
        _verify(signed, executor)
        _scan(plain, executor)


def _labeller(folder: Path) -> Labeller:
    made = job(folder / "home")
    return Labeller(PluginRegistry.load().open_signer(made.signer), provenance=made.provenance)


def _label(labeller: Labeller, count: int) -> None:
    print("label a text of 10 kB in memory, ms       median      90 %")
    for name in ("a.txt", "a.md", "a.py", "a.html"):
        data = [text(seed) for seed in range(count)]
        if name.endswith("html"):
            data = [b"<!doctype html><head><title>a</title></head>" + one for one in data]
        labeller.label_bytes(data[0], name=name)  # the library is loaded
        took = []
        for one in data:
            start = time.perf_counter()
            labeller.label_bytes(one, name=name)
            took.append((time.perf_counter() - start) * 1e3)
        ninth = statistics.quantiles(took, n=10)[8]
        print(f"{name:<38} {statistics.median(took):9.1f} {ninth:9.1f}")


def _verify(root: Path, executor: ProcessPoolExecutor) -> None:
    """Verify every text, in two processes; the floor reads the bare stores, of no file at all."""
    paths = [path for path, _ in walk_assets(root)]
    extractor: CredentialExtractor = PluginRegistry.load().format_of("text/plain")  # type: ignore[assignment]
    with paths[0].open("rb") as source:
        store = extractor.extract(source).store  # type: ignore[union-attr]
    verifier = Verifier([PluginRegistry.load().policy("valid")])

    def ours() -> float:
        with ScanPool(ScanSettings(digest="never"), workers=2) as pool:
            assets = ((path, None) for path in paths)
            return rate(lambda: [verifier.check(one) for one in pool.scan(assets)], len(paths))

    def floor() -> float:
        halves = [(store, len(paths) // 2)] * 2
        return rate(lambda: list(executor.map(_read_stores, halves)), len(paths))

    reader, mine = compare(_ROUNDS, floor, ours)
    print(
        f"\nverify labelled texts, a second   Reader x2 {reader:8,.0f}   ours x2 {mine:8,.0f}"
        f"   ours/Reader {mine / reader:.2f}"
    )


def _read_stores(what: tuple[bytes, int]) -> None:
    import io

    store, count = what
    context = bare_context()
    for _ in range(count):
        with c2pa.Reader("text/plain", io.BytesIO(), store, context) as reader:
            reader.json()


def _scan(root: Path, executor: ProcessPoolExecutor) -> None:
    """Scan unmarked texts, in two processes; the floor reads and hashes them, in two as well."""
    paths: Sequence[Path] = [path for path, _ in walk_assets(root)]
    for digest in ("auto", "always"):
        with ScanPool(ScanSettings(digest=digest), workers=2) as pool:  # type: ignore[arg-type]
            assets = [(path, None) for path in paths]
            for _ in pool.scan(iter(assets[:400])):
                pass  # steady state: the workers are up

            def ours(pool: ScanPool = pool) -> float:
                return rate(lambda: sum(1 for _ in pool.scan(walk_assets(root))), len(paths))

            hashing, mine = compare(
                _ROUNDS,
                lambda: rate(lambda: in_two(read_and_hash, paths, executor), len(paths)),
                ours,
            )
        print(
            f"scan unmarked texts, a second     hash x2   {hashing:8,.0f}   ours x2 {mine:8,.0f}"
            f"   ours/hash   {mine / hashing:.2f}  (--digest {digest})"
        )
