"""Labelling one file in process, durably, against the bare sequence of calls."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from corpus import PROVENANCE, job, jpeg
from floor import BareLabeller

from credlabel import Labeller, PluginRegistry


def measure(folder: Path, scale: float) -> None:
    """Print the table."""
    uri = job(folder / "home").signer
    bare = BareLabeller(Path(uri.removeprefix("file:")))
    ours = Labeller(PluginRegistry.load().open_signer(uri), provenance=PROVENANCE)
    print("label, in process, durable     bare ms   ours ms   ratio   added bytes")
    for size, rounds in ((100_000, 300), (1_000_000, 150), (10_000_000, 20)):
        source = folder / f"{size}.jpg"
        source.write_bytes(jpeg(size))
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(max(5, int(rounds * scale))):
            start = time.perf_counter()
            bare.label(source, folder / f"bare-{size}-{number}.jpg")
            middle = time.perf_counter()
            receipt = ours.label(source, folder / f"ours-{size}-{number}.jpg")
            times[1].append(time.perf_counter() - middle)
            times[0].append(middle - start)
        added = Path(receipt.output).stat().st_size - source.stat().st_size
        floor, mine = (statistics.median(column) * 1e3 for column in times)
        name = f"JPEG of {size / 1e6:g} MB"
        print(f"{name:<30} {floor:7.2f}   {mine:7.2f}   {mine / floor:5.2f}   {added:11,}")
