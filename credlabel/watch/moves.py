"""Move files between directories so that nothing is replaced, lost, or gone before it has arrived.

A power cut after :meth:`Moves.sync` finds the files where they were moved to; one before it finds
each where it was or where it was going.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from credlabel.files import (
    Draft,
    copy_bytes,
    open_source,
    rename_without_replacing,
    sha256,
    sync_directory,
)

if TYPE_CHECKING:
    from pathlib import Path


class Moves:
    """A number of moves that are synced together, each directory once.

    Args:
        fresh: directories made just now, by the caller: their names are synced, too.
        mode: of the directories that are made on the way.
    """

    def __init__(self, *fresh: Path, mode: int = 0o777) -> None:
        self._mode = mode
        self._known = set(fresh)
        self._targets = dict.fromkeys(folder.parent for folder in fresh)
        self._sources: dict[Path, None] = {}

    def move(self, source: Path, target: Path) -> None:
        """Move one file; its directory is made if there is none.

        To another file system the file is copied: synced and compared, and then the original is
        removed. A crash in between leaves it in both places.

        Raises:
            FileExistsError: there is something at ``target``. OSError: nothing was moved.
        """
        if target.parent not in self._known:
            self._make(target.parent)
        try:
            rename_without_replacing(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.copy(source, target)
            source.unlink()
        self._targets[target.parent] = None
        self._sources[source.parent] = None

    def copy(self, source: Path, target: Path) -> None:
        """Copy one file, durably and whole or not at all, with its attributes.

        Raises:
            FileExistsError: there is something at ``target``. OSError: nothing was copied.
        """
        if target.parent not in self._known:
            self._make(target.parent)
        with open_source(source) as stream, Draft(target) as draft:
            copy_bytes(stream, draft.stream)
            draft.take_attributes(source)
            draft.sync()
            if sha256(draft.stream) != sha256(stream):
                raise OSError(errno.EIO, "The copy is not like the original", os.fspath(target))
            draft.publish()
        sync_directory(target.parent)

    def sync(self) -> None:
        """Force the new names to disk, and after them the absence of the old ones."""
        for folder in dict.fromkeys((*self._targets, *self._sources)):
            with contextlib.suppress(FileNotFoundError):
                sync_directory(folder)
        self._targets.clear()
        self._sources.clear()

    def _make(self, folder: Path) -> None:
        missing = []
        here = folder
        while here not in self._known and not here.is_dir():
            missing.append(here)
            here = here.parent
        for new in reversed(missing):
            new.mkdir(mode=self._mode, exist_ok=True)
            self._targets[new.parent] = None
        self._known.update((folder, *missing))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in lower-case hexadecimal."""
    with open_source(path) as source:
        return sha256(source)
