"""The archive: the names in it denote complete, labelled, verified files, and are never replaced.

This tells, for a file that was to be published under a name that is taken, what that means: it was
published before a crash, or publishing was cut short, or somebody else's file has the name. The
files are read in a worker, since they may be somebody else's.
"""

from __future__ import annotations

import contextlib
import os
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from credlabel.errors import AssetError
from credlabel.evidence import CREDENTIAL_DETECTOR
from credlabel.files import TEMPORARY_PREFIX, make_directories, sync_directory
from credlabel.model import Integrity, Layer
from credlabel.scan import UNVERIFIED, ScanPool
from credlabel.sidecar import find_sidecar, sidecar_path
from credlabel.watch.moves import digest_of
from credlabel.watch.settle import has_writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from credlabel.model import Report
    from credlabel.sandbox import Limits
    from credlabel.scan import ScanSettings

_STALE_SECONDS: Final = 3600.0


class Standing(StrEnum):
    """What is in the archive where a file is to go.

    ``free``: nothing. ``published``: this very file, labelled and sound. ``half``: a sidecar made
    for this very file, without the file. ``taken``: something else. ``unclear``: what is there
    could not be read, for now.
    """

    FREE = "free"
    PUBLISHED = "published"
    HALF = "half"
    TAKEN = "taken"
    UNCLEAR = "unclear"


class Archive:
    """The archive directory; a context manager, since it may start a worker.

    Args:
        root: the directory.
        scan: how credentials are read.
        limits: what the reading worker may use.
    """

    def __init__(self, root: Path, *, scan: ScanSettings, limits: Limits | None = None) -> None:
        self.root = root
        self._pool = ScanPool(scan, limits=limits, workers=1, batch=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.__exit__(*exc)

    def place(self, name: str) -> Path:
        """Return where the file with this path relative to the inbox goes."""
        return self.root / name

    def is_free(self, name: str) -> bool:
        """Return whether nothing is in the way of publishing, be it a sidecar or a directory."""
        place = self.place(name)
        if self.leads_elsewhere(name):
            return False
        if os.path.lexists(place) or os.path.lexists(sidecar_path(place)):
            return False
        here = place.parent
        while here != self.root and not os.path.lexists(here):
            here = here.parent
        return here.is_dir()

    def leads_elsewhere(self, name: str) -> bool:
        """Return whether a directory on the way to the place, below the root, is a symbolic link.

        Nothing is published through one: it would land outside the archive.
        """
        here = self.place(name).parent
        while here != self.root:
            if here.is_symlink():
                return True
            here = here.parent
        return False

    def standing(self, name: str, source: Path) -> tuple[Standing, bool]:
        """Return what is in the place of ``source``, and whether its credential is a sidecar's."""
        is_elsewhere = self.leads_elsewhere(name)
        if is_elsewhere or self.is_free(name):
            return (Standing.TAKEN if is_elsewhere else Standing.FREE), False
        place = self.place(name)
        try:
            expected = digest_of(source)
        except AssetError:  # it may not be read, so it can't be published either
            return Standing.TAKEN, False
        if _is_regular(place):
            report = self._read(place, find_sidecar(place))
            return _standing(report, place, expected), Layer.SIDECAR in report.verdict.marks
        if os.path.lexists(place) or not _is_regular(sidecar_path(place)):
            return Standing.TAKEN, False
        # Its credential names the bytes that it was made from; whether it verifies against them
        # is another matter, since marks may have been added to them.
        report = self._read(source, sidecar_path(place))
        if _input_sha256(report) == expected and Layer.SIDECAR in report.verdict.marks:
            return Standing.HALF, True
        return (Standing.UNCLEAR if _is_unclear(report) else Standing.TAKEN), True

    def drop_sidecar(self, name: str) -> None:
        """Remove the sidecar of a file that is not there, durably."""
        beside = sidecar_path(self.place(name))
        beside.unlink(missing_ok=True)
        sync_directory(beside.parent)

    def sweep(self, names: Iterable[str]) -> None:
        """Remove the unfinished files of dead workers from where these names go.

        A draft that some process still has open is another program's, and stays.
        """
        ours = (name for name in names if not self.leads_elsewhere(name))
        for folder in {self.root, *(self.place(name).parent for name in ours)}:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                with os.scandir(folder) as entries:
                    drafts = [e.path for e in entries if e.name.startswith(TEMPORARY_PREFIX)]
                for path in drafts:
                    if _is_abandoned(path):
                        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                            os.unlink(path)  # noqa: PTH108 - a listing's text

    @contextlib.contextmanager
    def probing(self) -> Iterator[Path]:
        """Yield a hidden name to publish something under, which is removed afterwards."""
        self.make()
        place = self.place(f"{TEMPORARY_PREFIX}probe-{os.getpid()}.txt")
        self._remove(place)
        try:
            yield place
        finally:
            self._remove(place)

    def _remove(self, place: Path) -> None:
        for path in (place, sidecar_path(place)):
            path.unlink(missing_ok=True)

    def make(self) -> None:
        """Make the directory, if there is none."""
        make_directories(self.root)

    def _read(self, path: Path, sidecar: Path | None) -> Report:
        (report,) = self._pool.scan([(path, sidecar)])
        return report


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _standing(report: Report, place: Path, expected: str) -> Standing:
    if _is_unclear(report):
        return Standing.UNCLEAR
    if report.verdict.integrity is not Integrity.INTACT:
        return Standing.TAKEN
    # Content that had this very label already is published as it is.
    if _input_sha256(report) == expected or digest_of(place) == expected:
        return Standing.PUBLISHED
    return Standing.TAKEN


def _input_sha256(report: Report) -> str:
    for evidence in report.evidence:
        if evidence.detector == CREDENTIAL_DETECTOR:
            return str(evidence.details.get("input_sha256", ""))
    return ""


def _is_unclear(report: Report) -> bool:
    return any(finding.code == UNVERIFIED for finding in report.findings)


def _is_abandoned(path: str) -> bool:
    """Return whether no process has the draft open; if that can't be told, whether it is old."""
    try:
        changed = os.lstat(path).st_ctime
    except FileNotFoundError:
        return False
    is_open = has_writer(path)
    return time.time() - changed > _STALE_SECONDS if is_open is None else not is_open
