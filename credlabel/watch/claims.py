"""The files in hand: claimed by a rename into the inbox's work directory, found after a crash.

A claimed file keeps its path relative to the inbox below the directory of its batch::

    INBOX/a/x.png        →  INBOX/.credlabel/work/20270131T120000-8f3a-1/a/x.png
    INBOX/a/x.png.c2pa   →  INBOX/.credlabel/work/20270131T120000-8f3a-1/a/x.png.c2pa

So the directories alone say what is in hand: there is no other record that could contradict them.
A sidecar moves before its file, in either direction to *work*, and after it on the way back: a
file in *work* has its sidecars with it, and a sidecar alone there is one to give back.

A rename keeps the inode, so a writer that still has the file open, or knows it by another hard
link, can change it while it is labelled. That is noticed (:meth:`Claims.is_untouched`): before
anything is removed, what was read is compared with what is there.

It is long because every step of taking, finding again and letting go has to fit the others.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel.errors import ConfigError
from credlabel.files import TEMPORARY_PREFIX, show, sync_directory
from credlabel.watch.inbox import STATE_DIRECTORY, is_sidecar_name, sidecars_of
from credlabel.watch.moves import Moves, digest_of
from credlabel.watch.settle import FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from credlabel.watch.inbox import Arrival

_WORK, _LOCK, _PROBE = "work", "lock", "probe.txt"
_LOCK_STEP: Final = 0.05
_VANISHED: Final = (errno.ENOENT, errno.ENOTDIR)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One file in hand: its batch, its path relative to the inbox, its sidecars', its state."""

    batch: str
    name: str
    sidecars: tuple[str, ...]
    state: FileState

    @property
    def identifier(self) -> str:
        """A name for this claim that is the same after a crash, and no other claim's ever."""
        return hashlib.sha256(os.fsencode(f"{self.batch}\0{self.name}")).hexdigest()[:12]


class Claims:
    """What is in hand of one inbox.

    Args:
        inbox: the directory that files are taken from.
        clock: names the batches.

    Attributes:
        is_incomplete: something is in hand that no call has returned; :meth:`recover` will.
    """

    def __init__(self, inbox: Path, *, clock: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._state = inbox / STATE_DIRECTORY
        self._work = self._state / _WORK
        self._clock = clock
        self._count = 0
        self._shared: dict[tuple[str, str], int] = {}
        self.is_incomplete = False

    # ------------------------------------------------------------------ alone

    @contextlib.contextmanager
    def lock(self, *, wait_seconds: float) -> Iterator[int]:
        """Keep other processes from working on this inbox; yields the lock's descriptor.

        Workers inherit the descriptor, so the lock outlives a killed daemon until the last of
        its workers has finished what it was doing; that is waited for.

        Raises:
            ConfigError: another process works on it, the directory can't be made, or what is
                there may be another user's.
        """
        try:
            handle = self._open_lock()
        except OSError as error:
            raise ConfigError(
                f"{show(self._inbox)} can't be worked in: {error.strerror}.",
                hint="The user who watches a folder must be allowed to write in it.",
            ) from error
        try:
            deadline = time.monotonic() + wait_seconds
            while not _locks(handle):
                if time.monotonic() >= deadline:
                    holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
                    raise ConfigError(
                        f"{show(self._inbox)} is watched already, by process {holder or '?'}.",
                        hint="End that one first, or choose another inbox.",
                    )
                time.sleep(_LOCK_STEP)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
            yield handle
        finally:
            os.close(handle)

    def probe_file(self) -> Path:
        """Return a file with a few harmless bytes, for trying out whether labelling works.

        It is made anew, so that nothing is written through a link that has its name.

        Raises:
            ConfigError: the directory is not ours. OSError: it can't be written to.
        """
        with self._opened_state() as state:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_PROBE, dir_fd=state)
            flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC
            handle = os.open(_PROBE, flags, 0o600, dir_fd=state)
            with os.fdopen(handle, "wb") as stream:
                stream.write(b"This is labelled to see whether labelling works.\n")
        return self._state / _PROBE

    def _open_lock(self) -> int:
        """Make the directories and the lock file, and return the descriptor of the latter."""
        with contextlib.suppress(FileExistsError):
            self._state.mkdir(mode=0o700)
            sync_directory(self._inbox)
        with self._opened_state() as state:
            with contextlib.suppress(FileExistsError):
                os.mkdir(_WORK, mode=0o700, dir_fd=state)
                os.fsync(state)
            self._check(os.stat(_WORK, dir_fd=state, follow_symlinks=False), self._work)
            os.fchmod(state, 0o700)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            handle = os.open(_LOCK, flags, 0o600, dir_fd=state)
            seen = os.fstat(handle)
            if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid():
                os.close(handle)
                raise _distrust(self._state / _LOCK, "is no file of this user's")
            return handle

    @contextlib.contextmanager
    def _opened_state(self) -> Iterator[int]:
        """Yield a descriptor of our directory, which nobody can put another one in place of."""
        self._check(self._state.lstat(), self._state)
        handle = os.open(self._state, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._check(os.fstat(handle), self._state)  # what was opened, if it was exchanged
            yield handle
        finally:
            os.close(handle)

    @staticmethod
    def _check(seen: os.stat_result, path: Path) -> None:
        """Return if this is a directory that is ours, and that nobody else can prepare."""
        if stat.S_ISLNK(seen.st_mode):
            raise _distrust(path, "is a symbolic link")
        if not stat.S_ISDIR(seen.st_mode):
            raise _distrust(path, "is no directory")
        if seen.st_uid != os.geteuid():
            raise _distrust(path, "belongs to another user")
        if seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _distrust(path, "may be written to by other users")

    # ------------------------------------------------------------------ taking

    def path(self, claim: Claim) -> Path:
        """Return where the claimed file lies."""
        return self._work / claim.batch / claim.name

    def found(self, claim: Claim) -> Path:
        """Return where it was found, in the inbox."""
        return self._inbox / claim.name

    def sidecars(self, claim: Claim) -> tuple[Path, ...]:
        """Return where its sidecars lie, in the order in which they are looked for."""
        return tuple(self._work / claim.batch / name for name in claim.sidecars)

    def take(
        self, arrivals: Iterable[Arrival]
    ) -> tuple[list[Claim], list[tuple[Arrival, OSError]]]:
        """Claim what has not changed since it was listed; return the claims, and what resisted.

        Durable on return. What has vanished or changed meanwhile is not claimed, without a word:
        the next listing knows better.

        Raises:
            OSError: the work directory itself is at fault.
        """
        batch = self._new_batch()
        moves = Moves(self._work / batch, mode=0o700)
        claims: list[Claim] = []
        resisted: list[tuple[Arrival, OSError]] = []
        for arrival in arrivals:
            try:
                claims += self._take_one(batch, arrival, moves)
            except OSError as error:
                if error.errno not in _VANISHED:
                    resisted.append((arrival, error))
                self._put_back(batch, arrival.names, moves)
        moves.sync()
        if not claims:
            self._prune({self._work / batch})
        return claims, resisted

    def _take_one(self, batch: str, arrival: Arrival, moves: Moves) -> list[Claim]:
        root = self._work / batch
        for name in arrival.names:
            moves.move(self._inbox / name, root / name)
        states = {name: FileState.of((root / name).lstat()) for name in arrival.names}
        before = dict(zip(arrival.names, arrival.states, strict=True))
        if not all(state.is_same_content(before[name]) for name, state in states.items()):
            raise FileNotFoundError(errno.ENOENT, "changed since it was listed")
        claims = [
            Claim(
                batch=batch,
                name=name,
                sidecars=sidecars_among(name, arrival.sidecars),
                state=states[name],
            )
            for name in arrival.assets
        ]
        self._count_sidecars(claims)
        return claims

    def _new_batch(self) -> str:
        self._count += 1
        stamp = self._clock().strftime("%Y%m%dT%H%M%S")
        batch = f"{stamp}-{secrets.token_hex(4)}-{self._count}"
        (self._work / batch).mkdir(mode=0o700)
        return batch

    def _count_sidecars(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            for name in claim.sidecars:
                key = claim.batch, name
                self._shared[key] = self._shared.get(key, 0) + 1

    # ------------------------------------------------------------------ after a crash

    def recover(self) -> list[Claim]:
        """Return everything in *work*, as the directories have it; may be called at any time.

        Removes unfinished copies and empty directories, and gives back sidecars without a file.
        """
        self._shared.clear()
        self.is_incomplete = False
        claims: list[Claim] = []
        emptied: set[Path] = set()
        for folder, _, files in os.walk(self._work):
            here = Path(folder)
            emptied.add(here)
            if here == self._work:
                continue
            batch, *rest = here.relative_to(self._work).parts
            prefix = "".join(f"{part}/" for part in rest)
            names = {name for name in files if not name.startswith(TEMPORARY_PREFIX)}
            for name in set(files) - names:
                (here / name).unlink()  # a copy that was not finished: its original is there
            assets = sorted(name for name in names if not is_sidecar_name(name))
            beside = {name: sidecars_of(name, names) for name in assets}
            claims += [
                Claim(
                    batch=batch,
                    name=prefix + name,
                    sidecars=tuple(prefix + side for side in beside[name]),
                    state=FileState.of((here / name).lstat()),
                )
                for name in assets
            ]
            orphans = names - set(assets) - {side for sides in beside.values() for side in sides}
            moves = Moves()
            self._put_back(batch, [prefix + name for name in sorted(orphans)], moves)
            moves.sync()
        self._count_sidecars(claims)
        self._prune(emptied)
        return claims

    # ------------------------------------------------------------------ letting go

    def is_untouched(self, claim: Claim, *, source_sha256: str) -> bool:
        """Return whether the claimed file still has the bytes that were read from it.

        Told by its state; for one that has other names, or whose state is another, by its digest.
        """
        path = self.path(claim)
        seen = path.lstat()
        if seen.st_nlink == 1 and FileState.of(seen) == claim.state:
            return True
        return digest_of(path) == source_sha256

    def has_changed(self, claim: Claim) -> bool:
        """Return whether the file was written to (or has gone) since it was claimed."""
        try:
            return not FileState.of(self.path(claim).lstat()).is_same_content(claim.state)
        except FileNotFoundError:
            return True

    def is_last(self, claim: Claim, sidecar: str) -> bool:
        """Whether no other file in hand needs this sidecar of the claim."""
        return self._shared.get((claim.batch, sidecar), 0) <= 1

    def release(self, claims: Iterable[Claim]) -> None:
        """Remove files whose labelled copies are on disk, durably; sidecars go first.

        Raises:
            OSError: some may still be there; they are found again by :meth:`recover`.
        """
        touched: set[Path] = set()
        for claim in claims:
            path = self.path(claim)
            for name in self._drop_sidecars(claim):
                (self._work / claim.batch / name).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            touched.add(path.parent)
        for folder in self._prune(touched):
            sync_directory(folder)

    def forget(self, claims: Iterable[Claim]) -> None:
        """Take note that these files were moved elsewhere, and remove empty directories."""
        touched = set()
        for claim in claims:
            self._drop_sidecars(claim)
            touched.add(self.path(claim).parent)
        for folder in self._prune(touched):
            sync_directory(folder)

    def give_back(self, claims: Iterable[Claim]) -> None:
        """Move files back to where they were in the inbox, durably.

        Nothing there is replaced: where a newer file has the name, the claimed one stays in hand
        (``is_incomplete`` tells).
        """
        kept = False
        moves = Moves()
        touched = set()
        for claim in claims:
            root = self._work / claim.batch
            try:
                moves.move(root / claim.name, self._inbox / claim.name)
            except FileNotFoundError:
                pass
            except OSError:
                kept = True
                continue
            # With the last that needs it: of one that is shared, the others go back, too, or are
            # labelled with it; then it is in their credentials.
            self._put_back(claim.batch, self._drop_sidecars(claim), moves)
            touched.add((root / claim.name).parent)
        moves.sync()
        self._prune(touched)
        self.is_incomplete = self.is_incomplete or kept

    def _put_back(self, batch: str, names: Iterable[str], moves: Moves) -> None:
        for name in reversed(tuple(names)):  # the file, then its sidecars
            try:
                moves.move(self._work / batch / name, self._inbox / name)
            except FileNotFoundError:  # it was not taken yet
                pass
            except OSError:
                self.is_incomplete = True

    def _drop_sidecars(self, claim: Claim) -> list[str]:
        """Return the sidecars that no other file in hand needs, after counting this one out."""
        free = []
        for name in claim.sidecars:
            key = claim.batch, name
            left = self._shared.pop(key, 1) - 1
            if left > 0:
                self._shared[key] = left
            else:
                free.append(name)
        return free

    def _prune(self, touched: Iterable[Path]) -> set[Path]:
        """Remove what is empty of these directories and those above them; return what remains."""
        remaining = set()
        for folder in sorted(touched, key=lambda path: len(path.parts), reverse=True):
            here = folder
            while here != self._work:
                try:
                    here.rmdir()
                except OSError:
                    break
                here = here.parent
            remaining.add(here)
        return {folder for folder in remaining if folder.is_dir()}


def sidecars_among(name: str, sidecars: Iterable[str]) -> tuple[str, ...]:
    """Return which of ``sidecars``, relative to the inbox like ``name``, are of ``name``."""
    folder, slash, last = name.rpartition("/")
    there = {side.rpartition("/")[2] for side in sidecars}
    return tuple(folder + slash + side for side in sidecars_of(last, there))


def _distrust(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{show(path)} {what}, so it is not used.",
        hint="See what is in it, and remove it: credlabel makes its own.",
    )


def _locks(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
