"""How long the program takes to say its version, against an empty Python program."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

_RUNS = 15


def _seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure(_folder: Path, _scale: float) -> None:
    """Print the table."""
    beside = Path(sys.executable).with_name("credlabel")
    program = str(beside) if beside.exists() else str(shutil.which("credlabel"))
    rows = {
        "python3 -c pass": (sys.executable, "-c", "pass"),
        "credlabel --version": (program, "--version"),
        "import credlabel": (sys.executable, "-c", "import credlabel"),
        "credlabel --help": (program, "--help"),
    }
    for command in rows.values():
        _seconds(*command)
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(_RUNS):
        for name, command in rows.items():
            times[name].append(_seconds(*command))
    floor = statistics.median(times["python3 -c pass"])
    print("start-up                       ms   x python3 -c pass")
    for name, values in times.items():
        value = statistics.median(values)
        print(f"{name:<24} {value * 1e3:8.1f}   {value / floor:6.1f}")
