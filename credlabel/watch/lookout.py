"""Looks at the inbox: what has come, what has settled, what may be claimed, when to look again."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from credlabel.files import show
from credlabel.watch.events import WatchEvent, WatchKind
from credlabel.watch.inbox import Listing, list_inbox
from credlabel.watch.settle import Settler, has_writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from credlabel.watch.inbox import Arrival
    from credlabel.watch.patience import Waiting

_log = logging.getLogger(__name__)

_BATCH: Final = 64
_PAUSE_SHARE: Final = 10.0
"""A listing that took a second is not repeated for so many."""
_PAUSE_SECONDS: Final = 0.1
_REFRESH_SECONDS: Final = 1.0
_NOTHING: Final = Listing(arrivals={}, left={})


class Lookout:
    """Knows an inbox from its listings.

    Args:
        inbox: the directory.
        waiting: what must not be claimed now.
        settle_seconds, rescan_seconds, patterns: see ``WatchSettings``.
        monotonic: a clock that never jumps.
        report: hears of what is left alone, once.
    """

    def __init__(
        self,
        inbox: Path,
        waiting: Waiting,
        *,
        settle_seconds: float,
        rescan_seconds: float,
        patterns: tuple[str, ...],
        monotonic: Callable[[], float],
        report: Callable[[WatchEvent], None],
    ) -> None:
        self._inbox = inbox
        self._waiting = waiting
        self._settle_seconds = settle_seconds
        self._rescan_seconds = rescan_seconds
        self._patterns = patterns
        self._monotonic = monotonic
        self._report = report
        self._settler: Settler[str] = Settler(settle_seconds)
        self._listing = _NOTHING
        self._settled: deque[str] = deque()
        self._left: set[str] = set()
        self._first: set[str] | None = None
        self._is_gone = False
        self._has_skipped = False
        self._cost = 0.0
        self._looked_at = 0.0

    def look(self) -> None:
        """List the inbox."""
        began = self._monotonic()
        try:
            self._listing = list_inbox(self._inbox, self._patterns)
        except OSError as error:
            self._listing = _NOTHING
            if not self._is_gone:
                _log.error("%s can't be listed: %s", show(self._inbox), error.strerror)
            self._is_gone = True
        else:
            self._is_gone = False
        arrivals = self._listing.arrivals
        self._looked_at = now = self._monotonic()
        self._cost = now - began
        settled = self._settler.observe({key: a.states for key, a in arrivals.items()}, now)
        self._settled = deque(settled)
        self._has_skipped = False
        names = {name for arrival in arrivals.values() for name in arrival.assets}
        self._first = names if self._first is None else self._first & names
        self._tell_left()

    def _tell_left(self) -> None:
        left = self._listing.left
        for name in sorted(left.keys() - self._left):
            _log.info("%s is left alone: %s", show(name), left[name])
            self._report(WatchEvent(kind=WatchKind.LEFT, path=name, sentence=left[name]))
        self._left = set(left)

    @property
    def remaining(self) -> frozenset[str]:
        """Which of the files seen at the first look were there at all looks since."""
        return frozenset(self._first or ())

    def more(self) -> list[Arrival]:
        """Return the next files to claim: settled the longest, and not open for writing.

        In the course of a long run it looks again, so that nothing waits for the end of it.
        """
        now = self._monotonic()
        patience = max(self._settle_seconds / 2, 2 * _PAUSE_SHARE * self._cost, _REFRESH_SECONDS)
        if now - self._looked_at >= patience:
            self.look()
        batch: list[Arrival] = []
        while self._settled and len(batch) < _BATCH:
            key = self._settled.popleft()
            arrival = self._listing.arrivals[key]
            if any(self._waiting.is_waiting(name) for name in arrival.assets):
                self._has_skipped = True
            elif any(has_writer(self._inbox / name) for name in arrival.names):
                self._settler.disturb(key, now)
            else:
                batch.append(arrival)
        return batch

    @property
    def earliest(self) -> float:
        """Before when another look would be a waste, whatever happens."""
        return self._looked_at + max(_PAUSE_SECONDS, _PAUSE_SHARE * self._cost)

    @property
    def due_at(self) -> float:
        """When to look again at the latest."""
        due = [self._looked_at + self._rescan_seconds]
        if self._settler.next_at is not None:
            due.append(self._settler.next_at)
        if self._has_skipped or self._is_gone:
            due.append(self._looked_at + self._settle_seconds)
        return min(due)
