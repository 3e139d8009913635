"""``Watcher``: settle, label, publish, recover: what comes into an inbox goes into an archive.

The directory listing is the truth, and events only wake whoever lists. A watcher that loses
events, or dies, costs at most one rescan interval; of a burst of 50,000 files the library alone
was measured to lose 85 %. What is in hand is in directories, too (see ``claims``), so the process
may be killed at any moment: the next one carries on.

The one module that imports watchdog, and only to watch: ``run_once`` does without.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import warnings
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from credlabel.batch import LabelPool
from credlabel.errors import ConfigError
from credlabel.files import show
from credlabel.plugins import PluginRegistry
from credlabel.watch.archive import Archive
from credlabel.watch.claims import Claims
from credlabel.watch.events import WatchEvent, WatchKind, WatchOutcome
from credlabel.watch.handoff import HandOff
from credlabel.watch.inbox import STATE_DIRECTORY, TEMPORARY_PATTERNS
from credlabel.watch.lookout import Lookout
from credlabel.watch.patience import Patience, Waiting
from credlabel.watch.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.batch import LabelJob
    from credlabel.sandbox import Limits

_log = logging.getLogger(__name__)

_ONCE_ATTEMPTS: Final = 3
_ONCE_RETRY_SECONDS: Final = 1.0
_NAP_SECONDS: Final = 0.2
"""How long a stop may go unnoticed: a signal sets an event, and only one can be waited for."""


class WatchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to watch. Seconds throughout.

    Attributes:
        settle_seconds: a file is taken when it has not changed for so long.
        rescan_seconds: how often to list the inbox when nothing seems to happen.
        retry_seconds, retry_limit_seconds: the first and the longest pause after a failure of
            the system; each pause is twice the one before.
        lock_seconds: how long to wait for the workers of a killed watcher to finish.
        workers: how many processes label; the number of usable cores by default.
        temporary_patterns: names of files that are not finished, as shells match them.
        polling: do without the system's events, for network shares, which have none.
    """

    settle_seconds: float = 2.0
    rescan_seconds: float = 30.0
    retry_seconds: float = 5.0
    retry_limit_seconds: float = 300.0
    lock_seconds: float = 5.0
    workers: int | None = None
    temporary_patterns: tuple[str, ...] = TEMPORARY_PATTERNS
    polling: bool = False


class Watcher:
    """Takes every file that comes to rest in an inbox, labelled, into an archive, exactly once.

    A name in the archive always denotes a complete file whose label was read back; nothing there
    is ever replaced. A file that can't be labelled goes into quarantine with the reason; while
    the system is at fault, files wait. Only one process can watch an inbox.

    Args:
        inbox: the directory that files come into; the path below it is kept in the archive.
        archive: where labelled files go. Neither may be inside the other.
        job: who signs, and what the labels say.
        quarantine: where files at fault go; outside inbox and archive.
        settings: how patient to be.
        limits: what a worker may use.
        clock, monotonic: tell the time of day, and durations.
        on_event: hears of every file, in this thread.

    Example::

        watcher = Watcher(inbox, archive, job, quarantine=quarantine)
        outcome = watcher.run_once()
    """

    def __init__(  # noqa: PLR0913 - the places, the clocks and the job are all injected
        self,
        inbox: Path,
        archive: Path,
        job: LabelJob,
        *,
        quarantine: Path,
        settings: WatchSettings | None = None,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        on_event: Callable[[WatchEvent], None] = lambda _: None,
    ) -> None:
        self._inbox = Path(inbox).absolute()
        self._archive = Path(archive).absolute()
        self._quarantine = Path(quarantine).absolute()
        self._job = job
        self._settings = settings or WatchSettings()
        self._limits = limits
        self._clock = clock
        self._monotonic = monotonic
        self._on_event = on_event

    def run(self, stop: threading.Event) -> WatchOutcome:
        """Watch until ``stop`` is set; the files in hand are finished.

        Raises:
            ConfigError: the places can't be used, or another process watches the inbox.
        """
        return self._run(stop, once=False)

    def run_once(self, stop: threading.Event | None = None) -> WatchOutcome:
        """Work off what is in the inbox now, waiting for it to settle, and return.

        A system at fault is tried a few times; then what is left is given back (``held``).

        Raises:
            ConfigError: as :meth:`run`.
        """
        return self._run(stop or threading.Event(), once=True)

    def _run(self, stop: threading.Event, *, once: bool) -> WatchOutcome:
        self._check_places()
        claims = Claims(self._inbox, clock=self._clock)
        waiting = Waiting(self._patience(once=once), self._monotonic)
        report = _Counting(self._on_event, self._job)
        with contextlib.ExitStack() as stack:
            wait_seconds = self._settings.lock_seconds
            lock = stack.enter_context(claims.lock(wait_seconds=wait_seconds))
            handoff = stack.enter_context(
                HandOff(
                    claims,
                    stack.enter_context(self._opened_archive()),
                    Quarantine(self._quarantine, clock=self._clock),
                    hire=lambda: LabelPool(
                        self._job,
                        limits=self._limits,
                        workers=self._settings.workers,
                        inherit=(lock,),
                    ),
                    waiting=waiting,
                    report=report,
                )
            )
            lookout = Lookout(
                self._inbox,
                waiting,
                settle_seconds=self._settings.settle_seconds,
                rescan_seconds=self._settings.rescan_seconds,
                patterns=self._settings.temporary_patterns,
                monotonic=self._monotonic,
                report=report,
            )
            alarm = Alarm(self._inbox)
            if not (once or self._settings.polling):
                stack.enter_context(alarm)
            while not stop.is_set():
                alarm.reset()
                lookout.look()
                if handoff.work(lookout.more, stop):
                    continue
                if once and _is_finished(lookout, handoff, waiting):
                    break
                self._sleep(lookout, waiting, alarm, stop)
            held = waiting.names | (lookout.remaining if once else frozenset())
            held |= handoff.give_back()
        return report.outcome(held=len(held))

    def _patience(self, *, once: bool) -> Patience:
        first = self._settings.retry_seconds
        return Patience(
            first=min(first, _ONCE_RETRY_SECONDS) if once else first,
            longest=self._settings.retry_limit_seconds,
        )

    def _opened_archive(self) -> Archive:
        archive = Archive(self._archive, scan=self._job.scan, limits=self._limits)
        try:
            archive.make()
        except OSError as error:
            raise ConfigError(f"{show(self._archive)} can't be made: {error.strerror}.") from error
        return archive

    def _sleep(
        self, lookout: Lookout, waiting: Waiting, alarm: Alarm, stop: threading.Event
    ) -> None:
        """Wait until something is due or has happened, and at least for a fair pause."""
        due = lookout.due_at if waiting.due_at is None else min(lookout.due_at, waiting.due_at)
        until = max(due, lookout.earliest)
        while not stop.is_set():
            now = self._monotonic()
            if now >= until or (alarm.has_rung and now >= lookout.earliest):
                return
            (stop if alarm.has_rung else alarm).wait(min(until - now, _NAP_SECONDS))

    def _check_places(self) -> None:
        if not self._inbox.is_dir():
            raise ConfigError(f"The inbox {show(self._inbox)} is no directory.")
        inbox, archive, quarantine = (
            path.resolve() for path in (self._inbox, self._archive, self._quarantine)
        )
        hint = "Inbox, archive and quarantine are three directories, none inside another."
        if _overlap(inbox, archive):
            raise ConfigError("Inbox and archive overlap.", hint=hint)
        if _overlap(archive, quarantine):
            raise ConfigError("Archive and quarantine overlap.", hint=hint)
        ours = inbox / STATE_DIRECTORY  # no listing looks in there
        if _overlap(inbox, quarantine) and ours not in quarantine.parents:
            raise ConfigError("Inbox and quarantine overlap.", hint=hint)


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents


def _is_finished(lookout: Lookout, handoff: HandOff, waiting: Waiting) -> bool:
    """Whether everything that was there has arrived somewhere, or has been tried often enough."""
    if not waiting.is_given_up(_ONCE_ATTEMPTS):
        return False
    return waiting.is_blocked or (handoff.is_idle and lookout.remaining <= waiting.names)


class _Counting:
    """Counts events on their way to whoever listens."""

    def __init__(self, listener: Callable[[WatchEvent], None], job: LabelJob) -> None:
        self._listener = listener
        self._job = job
        self._counts: Counter[WatchKind] = Counter()
        self._plugins: PluginRegistry | None = None

    def __call__(self, event: WatchEvent) -> None:
        self._counts[event.kind] += 1
        self._listener(event)
        if event.kind in (WatchKind.QUARANTINED, WatchKind.HELD):
            # Plugins heard of what was labelled in the worker that did it.
            if self._plugins is None:
                self._plugins = PluginRegistry.load(self._job.scan.plugins)
            self._plugins.event(msgspec.to_builtins(event))

    def outcome(self, *, held: int) -> WatchOutcome:
        count = self._counts
        return WatchOutcome(
            labelled=count[WatchKind.LABELLED],
            resumed=count[WatchKind.RESUMED],
            quarantined=count[WatchKind.QUARANTINED],
            held=held,
            left=count[WatchKind.LEFT],
        )


class Alarm:
    """Rings when something happens in the inbox, as far as the system tells; a context manager.

    It may miss anything: an observer that can't start, overflows or dies only makes things slower.
    """

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._bell = threading.Event()
        self._observer: Any = None

    def __enter__(self) -> Self:
        # Directories that come and go while they are added make it warn, with a dump of all it
        # watches: here nothing is added that the next listing would not find.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        self._overheard = _Overheard(self._bell)
        logging.getLogger("watchdog").addHandler(self._overheard)
        self._start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
        logging.getLogger("watchdog").removeHandler(self._overheard)

    @property
    def has_rung(self) -> bool:
        """Whether something has happened since it was reset."""
        return self._bell.is_set()

    def wait(self, seconds: float) -> None:
        """Return when it rings, or after so many seconds."""
        self._bell.wait(seconds)

    def reset(self) -> None:
        """Forget that it has rung, and wake up an observer that has died."""
        self._bell.clear()
        if self._observer is not None and not self._observer.is_alive():
            _log.warning("the observer of %s has died; starting another", show(self._inbox))
            self._start()

    def _start(self) -> None:
        from watchdog.events import (  # noqa: PLC0415 - run_once does without
            DirCreatedEvent,
            DirMovedEvent,
            FileClosedEvent,
            FileCreatedEvent,
            FileMovedEvent,
            FileSystemEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer  # noqa: PLC0415

        ours = str(self._inbox / STATE_DIRECTORY)
        bell = self._bell

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                # What is moved into work is no news, what is moved out of it is.
                if not str(event.dest_path or event.src_path).startswith(ours):
                    bell.set()

        observer = Observer()
        kinds = [FileCreatedEvent, FileClosedEvent, FileMovedEvent, DirCreatedEvent, DirMovedEvent]
        observer.schedule(Handler(), str(self._inbox), recursive=True, event_filter=kinds)
        try:
            observer.start()
        except OSError as error:
            _log.warning("no events from %s: %s", show(self._inbox), error.strerror)
            self._observer = None
        else:
            self._observer = observer


class _Overheard(logging.Handler):
    """Takes watchdog's log, which is how it tells of an overflow, as a reason to look."""

    def __init__(self, bell: threading.Event) -> None:
        super().__init__(logging.WARNING)
        self._bell = bell

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - that there is one will do
        self._bell.set()
