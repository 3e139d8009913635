"""Gate a folder: what a generator drops into the inbox reaches the archive only with a label.

    python samples/gate_folder.py INBOX ARCHIVE

This works off what is there and returns; ``watcher.run(stop)`` goes on until an event is set.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from credlabel import Model, Provenance, Watcher
from credlabel.batch import LabelJob
from credlabel.home import Home
from credlabel.keys import KeyStore
from credlabel.watch import WatchSettings


def main(inbox: Path, archive: Path) -> int:
    """Label every file of ``inbox`` into ``archive``; return how many were refused."""
    keys = KeyStore(Home.find(os.environ), clock=lambda: datetime.now(UTC))
    job = LabelJob(
        signer=keys.ensure_development().uri,
        provenance=Provenance(system="Painter", models=(Model(name="painter", version="3.1"),)),
    )
    watcher = Watcher(
        inbox,
        archive,
        job,
        quarantine=archive.with_name(archive.name + ".quarantine"),
        settings=WatchSettings(settle_seconds=0.5),  # how long a file has to lie still
        on_event=lambda event: print(event.kind.value, event.path, event.sentence),
    )
    outcome = watcher.run_once()
    print(f"{outcome.labelled} labelled, {outcome.quarantined} in quarantine, with a reason each")
    return outcome.quarantined


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
