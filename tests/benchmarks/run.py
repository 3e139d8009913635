"""Measure credlabel against the floor, in one run, as ratios.

    python tests/benchmarks/run.py            everything, some minutes
    python tests/benchmarks/run.py label scan only these
    python tests/benchmarks/run.py --scale 0.1   a tenth of the files, for a first look

Each table names its floor: what the same bytes cost when one calls the C2PA library, or reads and
hashes, by hand. Both sides alternate within one run, so that a slow moment slows both; the median
of the rounds is quoted.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import warnings
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import evidence
import labelling
import scanning
import startup
import texts
import watching

SUITES = {
    "startup": startup.measure,
    "label": labelling.measure,
    "scan": scanning.measure,
    "text": texts.measure,
    "evidence": evidence.measure,
    "watch": watching.measure,
}


def main() -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="which to run")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the files to work on")
    parser.add_argument("--folder", type=Path, help="where to put the files (kept)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"Python {platform.python_version()}, c2pa-python {metadata.version('c2pa-python')}, "
        f"{platform.system()} {platform.release()}, {len(os.sched_getaffinity(0))} cores\n"
    )
    folder = options.folder or Path(tempfile.mkdtemp(prefix="credlabel-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.suites or SUITES:
            part = folder / name
            part.mkdir(exist_ok=True)
            SUITES[name](part, options.scale)
            print()
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
