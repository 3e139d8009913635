"""Runs a watcher once: what the crash tests kill. Arguments: root, signer."""

import sys
from pathlib import Path

from credlabel.batch import LabelJob
from credlabel.model import Provenance
from credlabel.watch import Watcher, WatchSettings


def main():
    root, signer = Path(sys.argv[1]), sys.argv[2]
    Watcher(
        root / "inbox",
        root / "archive",
        LabelJob(signer=signer, provenance=Provenance(system="Painter")),
        quarantine=root / "quarantine",
        settings=WatchSettings(settle_seconds=0.0, retry_seconds=0.05, lock_seconds=20, workers=1),
    ).run_once()


if __name__ == "__main__":
    main()
