"""A watch job from inbox to archive, against a bare loop of sign and fsync on two processes."""

from __future__ import annotations

import shutil
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import folder_of, job, jpeg
from floor import BareLabeller, rate

from credlabel.watch import Watcher, WatchSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS = 3


def _bare(key: str, pairs: Sequence[tuple[str, str]]) -> None:
    labeller = BareLabeller(Path(key))
    for source, target in pairs:
        labeller.label(Path(source), Path(target))


def measure(folder: Path, scale: float) -> None:
    """Print the table."""
    count = int(2_000 * scale)
    data = jpeg(100_000)
    work = job(folder / "home")
    key = work.signer.removeprefix("file:")
    floors, mine = [], []
    with ProcessPoolExecutor(2) as executor:
        for number in range(_ROUNDS):
            inbox, archive, bare = (folder / f"{n}-{number}" for n in ("inbox", "archive", "bare"))
            sources = folder_of(inbox, data, count)
            archive.mkdir()
            pairs = []
            for source in sources:
                target = bare / source.relative_to(inbox)
                target.parent.mkdir(parents=True, exist_ok=True)
                pairs.append((str(source), str(target)))
            floors.append(
                rate(
                    lambda halves=(pairs[0::2], pairs[1::2]): list(
                        executor.map(_bare, (key, key), halves)
                    ),
                    count,
                )
            )
            watcher = Watcher(
                inbox,
                archive,
                work,
                quarantine=folder / "quarantine",
                settings=WatchSettings(settle_seconds=0.0, workers=2),
            )
            mine.append(rate(watcher.run_once, count))
            done = sum(1 for path in archive.rglob("*.jpg"))
            if done != count:
                raise SystemExit(f"only {done} of {count} files arrived")
            for used in (inbox, archive, bare):
                shutil.rmtree(used)
    floor, ours = statistics.median(floors), statistics.median(mine)
    print("watch, 100 kB JPEGs, durable    bare x2 files/s   ours files/s   ratio")
    print(
        f"{count:,} files from inbox to archive {floor:14,.0f} {ours:14,.0f} {ours / floor:7.2f}"
    )
