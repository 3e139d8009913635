"""The gate: what comes into an inbox goes, labelled, into an archive, exactly once.

``watcher`` is the way in. Below it, ``lookout`` says what to take, ``handoff`` works it off; they
stand on the places (``inbox``, ``claims``, ``archive``, ``quarantine``) and on small parts.
"""

from __future__ import annotations

from credlabel.watch.events import WatchEvent, WatchKind, WatchOutcome
from credlabel.watch.watcher import Watcher, WatchSettings

__all__ = ["WatchEvent", "WatchKind", "WatchOutcome", "WatchSettings", "Watcher"]
