"""When a file has come to rest: unchanged for a while, and nobody has it open for writing.

:class:`Settler` is pure: it is given what a listing saw and what the time is. A file that goes on
changing is waited for, and never given up on. The time is that of a monotonic clock, so setting
the system's clock settles nothing early. Size, times and inode are compared together, because each
alone has been seen to miss a change (an inode is used again, a time has a granularity).
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

K = TypeVar("K")
_SETTLED: Final = float("-inf")


class FileState(NamedTuple):
    """What changes when somebody writes to a file, or puts another in its place."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, seen: os.stat_result) -> FileState:
        """Return the state that ``seen`` shows."""
        return cls(seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)

    def is_same_content(self, other: FileState) -> bool:
        """Whether nothing but the name can have changed: a rename touches the ctime alone."""
        return self[:3] == other[:3]


class Settler(Generic[K]):
    """Tells which of the things listed have stayed the same for ``settle_seconds``.

    >>> settler = Settler(2.0)
    >>> settler.observe({"a": 1}, now=10.0), settler.next_at
    ([], 12.0)
    >>> settler.observe({"a": 1, "b": 7}, now=12.5)
    ['a']
    """

    def __init__(self, settle_seconds: float) -> None:
        self._seconds = settle_seconds
        self._seen: dict[K, tuple[Hashable, float]] = {}
        self._now = _SETTLED

    def observe(self, listing: Mapping[K, Hashable], now: float) -> list[K]:
        """Take in a complete listing of keys and states; return what has settled, oldest first.

        What is no longer listed is forgotten.
        """
        before, self._seen, self._now = self._seen, {}, now
        for key, state in listing.items():
            known = before.get(key)
            is_same = known is not None and known[0] == state
            self._seen[key] = known if known is not None and is_same else (state, now)
        settled = [key for key, (_, since) in self._seen.items() if self._is_over(since)]
        return sorted(settled, key=lambda key: self._seen[key][1])

    def disturb(self, key: K, now: float) -> None:
        """Let the waiting for ``key`` begin again, although it looks the same."""
        if key in self._seen:
            self._seen[key] = (self._seen[key][0], now)

    @property
    def next_at(self) -> float | None:
        """When the next of what had not settled at the last look can have; None if nothing."""
        waiting = [since for _, since in self._seen.values() if not self._is_over(since)]
        return min(waiting) + self._seconds if waiting else None

    def _is_over(self, since: float) -> bool:
        return self._now >= since + self._seconds


def has_writer(path: Path | str) -> bool | None:
    """Return whether some process has the file open for writing; None where that can't be told.

    A read lease is granted only if none has; it is asked for and given back at once. Leases don't
    work on other people's files (without the privilege) and on network file systems.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # A process that opens the file in between breaks the lease, which is told by a signal:
        # the usual one, SIGIO, ends a process that does not expect it. SIGURG is ignored.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    finally:
        os.close(handle)
    return False
