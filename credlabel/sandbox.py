"""Run work over untrusted bytes in worker processes with limits; a crash or a hang is a result.

The pool supervises its workers itself: ``multiprocessing.Pool`` waits for ever and
``ProcessPoolExecutor`` gives up when a worker is killed. Here a dead or silent worker is replaced,
its batch is tried again piece by piece, and the one item that kills is answered with the reason.

Processes, not threads: c2pa-rs calls back into Python for every read, so threads are slower than
one process.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections import deque
from itertools import islice
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

_EXIT_SECONDS: Final = 0.5
_OUT_OF_MEMORY: Final = 71


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one worker may use. Seconds are of wall clock, for the items handed over at once."""

    seconds: float = 20.0
    seconds_per_gigabyte: float = 60.0
    memory_bytes: int = 3 << 30
    open_files: int = 256


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for an item whose worker died or went silent; ``process`` was its number."""

    reason: str
    process: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Makes, inside the worker, the function that does the work.

    ``prepare(*arguments)`` is called once in each worker, before the limits apply; both must be
    picklable. It returns the function that is called with each item.
    """

    prepare: Callable[..., Callable[[Any], Any]]
    arguments: tuple[Any, ...] = ()


class _Worker:
    """One process and the pipe to it.

    A plain child interpreter rather than ``multiprocessing``'s: that one runs the caller's main
    script again, which surprises whoever calls this library from a script.
    """

    def __init__(self, job: Job, limits: Limits, inherit: tuple[int, ...]) -> None:
        self.pipe, theirs = connection.Pipe()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from credlabel.sandbox import serve; serve({theirs.fileno()})"
        )
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno(), *inherit],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.pipe.send((job, limits))
        self.batch: _Batch[Any] | None = None
        self.deadline = 0.0

    @property
    def number(self) -> int:
        """The number of the process."""
        return self._process.pid

    def end(self, *, patience_seconds: float) -> str:
        """End the process for good, after waiting for what it has in hand; say how it ended."""
        with contextlib.suppress(OSError):
            self.pipe.close()
        try:
            code = self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "it took too long"
        if code < 0:
            return f"it was ended by {_signal_name(-code)}"
        return "it ran out of memory" if code == _OUT_OF_MEMORY else "it failed"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return f"signal {number}"


class _Batch(msgspec.Struct, Generic[T]):
    """Consecutive items that travel together, from ``start`` in the order of submission."""

    start: int
    items: list[T]
    seconds: float


class WorkerPool(Generic[T, R]):
    """A pool of supervised workers; a context manager.

    Args:
        job: what the workers do.
        workers: how many processes; the number of usable cores by default.
        limits: what each may use.
        batch: how many items travel together; the more, the less it costs to hand them over.
        inherit: descriptors that the workers hold open as long as they live, such as a lock's.
        patience_seconds: how long a worker may go on with what it has in hand when the pool ends.
    """

    def __init__(
        self,
        job: Job,
        *,
        workers: int | None = None,
        limits: Limits | None = None,
        batch: int = 1,
        inherit: tuple[int, ...] = (),
        patience_seconds: float = _EXIT_SECONDS,
    ) -> None:
        self._job = job
        self._patience_seconds = patience_seconds
        self._inherit = inherit
        self._count = workers or len(os.sched_getaffinity(0))
        self._limits = limits or Limits()
        self._batch = batch
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._is_mapping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._idle:
            worker.end(patience_seconds=_EXIT_SECONDS)
        self._idle.clear()
        self._end_busy()

    def _end_busy(self) -> None:
        for worker in self._busy:
            worker.end(patience_seconds=self._patience_seconds)
        self._busy.clear()

    def map(
        self, items: Iterable[T], *, sizes: Callable[[T], int] | None = None
    ) -> Iterator[tuple[T, R | Failure]]:
        """Yield each item with its answer, in the order of ``items``, as soon as it is there.

        One call at a time: another may begin when this one's iterator has ended or was closed.

        ``sizes`` gives an item's bytes, so that large ones are given more time. Memory is
        bounded: no more than a few batches a worker are under way or waiting.
        """
        if self._is_mapping:  # the answers of the two would get mixed up
            raise RuntimeError("a worker pool answers one call of map at a time")
        self._is_mapping = True
        try:
            yield from self._map(iter(items), sizes)
        finally:
            self._is_mapping = False
            self._end_busy()  # the caller stopped asking

    def _map(
        self, source: Iterator[T], sizes: Callable[[T], int] | None
    ) -> Iterator[tuple[T, R | Failure]]:
        waiting: deque[_Batch[T]] = deque()
        done: dict[int, list[tuple[T, R | Failure]]] = {}
        submitted = answered = 0
        window = self._count * self._batch * 8
        exhausted = False
        while True:
            while not exhausted and submitted - answered < window and len(waiting) < self._count:
                chunk = list(islice(source, self._batch))
                exhausted = len(chunk) < self._batch
                if chunk:
                    waiting.append(_Batch(submitted, chunk, self._allowed(chunk, sizes)))
                    submitted += len(chunk)
            self._hand_out(waiting)
            if self._busy:
                self._gather(waiting, done)
            while answered in done:
                ready = done.pop(answered)
                answered += len(ready)
                yield from ready
            if exhausted and answered == submitted:
                return

    def _allowed(self, chunk: list[T], sizes: Callable[[T], int] | None) -> float:
        extra = sum(map(sizes, chunk)) / 1e9 if sizes else 0.0
        return self._limits.seconds + extra * self._limits.seconds_per_gigabyte

    def _hand_out(self, waiting: deque[_Batch[T]]) -> None:
        while waiting and len(self._busy) < self._count:
            worker = self._idle.pop() if self._idle else self._hire()
            worker.batch = waiting.popleft()
            worker.deadline = time.monotonic() + worker.batch.seconds
            self._busy.append(worker)
            with contextlib.suppress(OSError):  # it died: its closed pipe is found below
                worker.pipe.send(worker.batch.items)

    def _hire(self) -> _Worker:
        return _Worker(self._job, self._limits, self._inherit)

    def _gather(
        self, waiting: deque[_Batch[T]], done: dict[int, list[tuple[T, R | Failure]]]
    ) -> None:
        nearest = min(worker.deadline for worker in self._busy)
        pipes = {worker.pipe: worker for worker in self._busy}
        ready = connection.wait(pipes, max(0.0, nearest - time.monotonic()))
        for pipe in ready:
            worker = pipes[pipe]  # type: ignore[index]
            self._busy.remove(worker)
            batch = worker.batch
            if batch is None:  # pragma: no branch
                continue
            try:
                answers = worker.pipe.recv()
            except (EOFError, OSError):
                reason = worker.end(patience_seconds=_EXIT_SECONDS)
                self._recover(batch, Failure(reason=reason, process=worker.number), waiting, done)
            else:
                self._idle.append(worker)
                done[batch.start] = list(zip(batch.items, answers, strict=True))
        now = time.monotonic()
        for worker in [w for w in self._busy if w.deadline <= now and w.pipe not in ready]:
            self._busy.remove(worker)
            if worker.batch is not None:
                worker.end(patience_seconds=0.0)
                late = Failure(reason="it took too long", process=worker.number)
                self._recover(worker.batch, late, waiting, done)

    def _recover(
        self,
        batch: _Batch[T],
        failure: Failure,
        waiting: deque[_Batch[T]],
        done: dict[int, list[tuple[T, R | Failure]]],
    ) -> None:
        """Put a lost batch back in halves, or answer its only item with the reason."""
        if len(batch.items) == 1:
            done[batch.start] = [(batch.items[0], failure)]
            return
        middle = len(batch.items) // 2
        waiting.appendleft(_Batch(batch.start + middle, batch.items[middle:], batch.seconds))
        waiting.appendleft(_Batch(batch.start, batch.items[:middle], batch.seconds))


def serve(descriptor: int) -> None:
    """Answer batches from the pipe until it closes; the main function of a worker."""
    for meant_for_parent in (signal.SIGINT, signal.SIGTERM):  # the closed pipe ends the worker
        signal.signal(meant_for_parent, signal.SIG_IGN)
    pipe: Connection = connection.Connection(descriptor)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        job, limits = pipe.recv()
        work = job.prepare(*job.arguments)
        _lower(resource.RLIMIT_AS, limits.memory_bytes)
        _lower(resource.RLIMIT_NOFILE, limits.open_files)
        _lower(resource.RLIMIT_CORE, 0)
        while True:
            items = pipe.recv()
            try:
                answers = [work(item) for item in items]
            except MemoryError:
                os._exit(_OUT_OF_MEMORY)  # this process is in no state to go on
            pipe.send(answers)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard),) * 2)
