"""Where files go that can't be labelled: each in a directory of its own, with the reason to read.

::

    QUARANTINE/20270131T120000Z-4c1d9b0e6a2f/holiday.jpg
    QUARANTINE/20270131T120000Z-4c1d9b0e6a2f/reason.json

The reason is written first, and the file itself moves last. So a directory with a reason is a
decision that was made: if a crash came in between, :meth:`Quarantine.finish` carries it out.
"""

from __future__ import annotations

import contextlib
import shutil
from datetime import UTC
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel._version import __version__
from credlabel.errors import AssetError
from credlabel.files import Draft, make_directories, show, sync_directory
from credlabel.model import Answer
from credlabel.watch.moves import Moves, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

REASON_FILE: Final = "reason.json"


class Reason(Answer, frozen=True, kw_only=True):
    """Why a file is in quarantine, for a person to read.

    Attributes:
        time: when it was put there (UTC).
        path: where it was found; unprintable characters are escaped.
        code, sentence, hint: what is wrong with it, and what to do.
        sha256: of its bytes; empty if they can't be read.
        credlabel: the version that decided.
    """

    time: str
    path: str
    code: str
    sentence: str
    hint: str
    sha256: str
    credlabel: str = __version__


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file: a stable code, a sentence, what to do about it."""

    code: str
    sentence: str
    hint: str = ""


COLLISION: Final = Complaint(
    code="credlabel.watch.collision",
    sentence="The archive has another file by this name, and nothing there is ever overwritten.",
    hint="Rename it and put it into the inbox again, or throw it away.",
)
UNUSED_SIDECAR: Final = Complaint(
    code="credlabel.watch.sidecar",
    sentence="This credential lay beside a file that has one inside, which wins.",
    hint="Its file is labelled and in the archive; throw this away unless you miss it there.",
)


class Quarantine:
    """The quarantine directory; it is made when it is first needed.

    Args:
        root: the directory; it may be on another file system, at the price of a copy.
        clock: tells the time, aware.
    """

    def __init__(self, root: Path, *, clock: Callable[[], datetime]) -> None:
        self._root = root
        self._clock = clock
        self._begun: dict[str, Path] = {}

    def put(
        self,
        file: Path,
        *,
        identifier: str,
        found: Path,
        complaint: Complaint,
        sidecars: Iterable[Path] = (),
        shared: Iterable[Path] = (),
    ) -> Path:
        """Move a file and its sidecars here, durably, with the reason; return the directory.

        ``identifier`` tells this case from all others, ``found`` is where the file was found, and
        ``shared`` are sidecars that another file still needs: they are copied.

        Raises:
            OSError: the file is where it was, or the case can be finished later.
        """
        now = self._clock().astimezone(UTC)
        folder = self._begun.setdefault(
            identifier, self._root / f"{now:%Y%m%dT%H%M%SZ}-{identifier}"
        )
        reason = Reason(
            time=now.isoformat(timespec="seconds"),
            path=show(found),
            code=complaint.code,
            sentence=complaint.sentence,
            hint=complaint.hint,
            sha256=_digest(file),
        )
        make_directories(folder)
        with Draft(folder / REASON_FILE) as draft:
            draft.stream.write(msgspec.json.format(msgspec.json.encode(reason), indent=2) + b"\n")
            draft.take_default_mode()
            draft.sync()
            draft.publish(replace=True)
        sync_directory(folder)
        moves = Moves()
        for side in shared:
            with contextlib.suppress(FileExistsError):
                moves.copy(side, folder / side.name)
        self._fill(folder, file, sidecars, moves)
        del self._begun[identifier]
        return folder

    def begun(self) -> dict[str, Path]:
        """Return the directory of each case by its identifier."""
        try:
            return {folder.name.rpartition("-")[2]: folder for folder in self._root.iterdir()}
        except FileNotFoundError:
            return {}

    def finish(self, folder: Path, file: Path, sidecars: Iterable[Path] = ()) -> Reason | None:
        """Carry out what a crash interrupted; None if nothing had been decided yet.

        Raises:
            OSError: it can't be, for now.
        """
        try:
            reason = msgspec.json.decode((folder / REASON_FILE).read_bytes(), type=Reason)
        except (FileNotFoundError, msgspec.DecodeError):
            # The directory was made, and no more: what was decided is to be decided again.
            if not (folder / _kept_name(file)).exists():
                shutil.rmtree(folder, ignore_errors=True)
            return None
        moves = Moves()
        for path in (*sidecars, file):
            kept = folder / _kept_name(path)
            if kept.exists() and path.exists() and digest_of(kept) == digest_of(path):
                path.unlink()  # the copy to another file system was made; this was to follow
        self._fill(folder, file, sidecars, moves)
        return reason

    def _fill(self, folder: Path, file: Path, sidecars: Iterable[Path], moves: Moves) -> None:
        for path in (*sidecars, file):
            with contextlib.suppress(FileNotFoundError):  # it is here already
                moves.move(path, folder / _kept_name(path))
        moves.sync()


def _kept_name(path: Path) -> str:
    return path.name if path.name != REASON_FILE else f"{REASON_FILE}.original"


def _digest(path: Path) -> str:
    try:
        return digest_of(path)
    except AssetError:  # it may not be read; a disk that fails is not the file's fault
        return ""
