"""The inbox: what lies in it, each file with its sidecars, and how to pass over the rest.

The listing is the truth. A file and the sidecars that belong to it by the standard's search order
are one *arrival*: they settle together and are claimed together. Symbolic links, pipes and devices
are left alone, and so is what its name marks as unfinished.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel.files import TEMPORARY_PREFIX
from credlabel.terms import SIDECAR_SUFFIX
from credlabel.watch.settle import FileState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STATE_DIRECTORY: Final = ".credlabel"
"""What is ours in an inbox; no listing looks into it."""

TEMPORARY_PATTERNS: Final = ("*.part", "*.crdownload", "*.tmp", "*~", ".*.sw?", ".~lock*")
"""How programs call files that they have not finished."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Files that belong together: paths relative to the inbox, and their state when listed.

    Nearly always one asset and no sidecar. Several assets share ``x.c2pa`` if they differ by
    their suffix alone; ``sidecars`` have the order in which they are looked for.
    """

    assets: tuple[str, ...]
    sidecars: tuple[str, ...]
    states: tuple[FileState, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The files in the order in which they are claimed: what makes it whole comes last."""
        return (*self.sidecars, *self.assets)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the inbox: arrivals by key, and the names left alone with the reason."""

    arrivals: dict[str, Arrival]
    left: dict[str, str]


def list_inbox(root: Path, patterns: Iterable[str] = TEMPORARY_PATTERNS) -> Listing:
    """Return what lies under ``root``, sorted by path.

    Raises:
        OSError: ``root`` itself can't be listed. A directory below it that can't be is left.
    """
    is_unfinished = re.compile(
        "|".join(fnmatch.translate(p) for p in (*patterns, TEMPORARY_PREFIX + "*"))
    ).match
    listing = Listing(arrivals={}, left={})
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise
            if not isinstance(error, FileNotFoundError):
                listing.left[folder] = f"the directory can't be listed: {error.strerror}"
            continue
        prefix = f"{folder}/" if folder else ""
        below, states = _sorted_out(
            (entry for entry in found if not is_unfinished(entry.name)), prefix, listing.left
        )
        folders.extend(reversed(below))
        for arrival in _arrivals(prefix, states, listing.left):
            listing.arrivals[arrival.assets[0]] = arrival
    return listing


def sidecars_of(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of ``names``, in one directory, are sidecars of the asset ``name``.

    >>> sidecars_of("x.png", {"x.c2pa", "x.png.c2pa", "y.c2pa"})
    ('x.png.c2pa', 'x.c2pa')

    Where there is a file ``x``, ``x.c2pa`` is the sidecar of that file alone.

    >>> sidecars_of("x.png", {"x", "x.c2pa", "x.png.c2pa"})
    ('x.png.c2pa',)
    """
    there = names if isinstance(names, set | dict) else set(names)
    stem = Path(name).stem
    own, shared = name + SIDECAR_SUFFIX, stem + SIDECAR_SUFFIX
    offered = (own,) if stem in there else (own, shared)  # without a suffix, these are the same
    return tuple(n for n in dict.fromkeys(offered) if n != name and n in there)


def is_sidecar_name(name: str) -> bool:
    """Whether a file called ``name`` is a sidecar, and so is never labelled itself."""
    return name.endswith(SIDECAR_SUFFIX) and name != SIDECAR_SUFFIX


def _sorted_out(
    entries: Iterable[os.DirEntry[str]], prefix: str, left: dict[str, str]
) -> tuple[list[str], dict[str, FileState]]:
    """Return the directories, and the state of each file; the rest is left."""
    below: list[str] = []
    states: dict[str, FileState] = {}
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if path != STATE_DIRECTORY:
                below.append(path)
        elif entry.is_file(follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError):
                states[entry.name] = FileState.of(entry.stat(follow_symlinks=False))
        else:
            left[path] = _kind(entry)
    return below, states


def _arrivals(
    prefix: str, states: dict[str, FileState], left: dict[str, str]
) -> Iterator[Arrival]:
    """Yield the arrivals of one directory; a sidecar without a file is left."""
    groups: dict[str, list[str]] = {}
    members: dict[str, dict[str, None]] = {}
    orphans = {name for name in states if is_sidecar_name(name)}
    has_sidecars = bool(orphans)
    for name in states:
        if is_sidecar_name(name):
            continue
        beside = sidecars_of(name, states) if has_sidecars else ()
        # What may be shared comes last in the search order, and so makes the group.
        key = beside[-1] if beside else name
        groups.setdefault(key, []).append(name)
        members.setdefault(key, {}).update(dict.fromkeys(beside))
        orphans.difference_update(beside)
    for key, assets in groups.items():
        sidecars = tuple(members[key])
        yield Arrival(
            assets=tuple(prefix + name for name in assets),
            sidecars=tuple(prefix + name for name in sidecars),
            states=tuple(states[name] for name in (*sidecars, *assets)),
        )
    for name in orphans:
        left[prefix + name] = "it is a sidecar whose file is not there"


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "it is a symbolic link"
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return "it can't be looked at"
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return f"it is {kinds.get(stat.S_IFMT(mode), 'a device')}"
