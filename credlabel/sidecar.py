"""Credentials that lie beside their file: where they are written, and how they are found again.

A sidecar of ``image.jpg`` is written to ``image.jpg.c2pa``. It is looked for there and then at
``image.c2pa``, the search order of C2PA 2.5, section 11.8. An embedded credential wins over both.
Where there is a file ``image``, though, ``image.c2pa`` is the sidecar of that file alone.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from credlabel.errors import LimitExceededError
from credlabel.files import TEMPORARY_PREFIX, open_source, show
from credlabel.terms import SIDECAR_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_SIDECAR_BYTES: Final = 64 << 20
"""A larger sidecar is refused unread; real ones have a few kilobytes to a few megabytes."""


def sidecar_path(asset: Path) -> Path:
    """Return where the sidecar of ``asset`` is written."""
    return asset.with_name(asset.name + SIDECAR_SUFFIX)


def find_sidecar(asset: Path) -> Path | None:
    """Return the sidecar of ``asset`` by the standard's search order, or None."""
    if not asset.name:  # "." and "/" are no files
        return None
    beside = sidecar_path(asset)
    if os.path.isfile(beside):  # noqa: PTH113 - it never raises
        return beside
    shared = asset.with_suffix(SIDECAR_SUFFIX)
    if shared in (asset, beside) or not os.path.isfile(shared):  # noqa: PTH113 - likewise
        return None
    return None if os.path.isfile(asset.with_suffix("")) else shared  # noqa: PTH113 - likewise


def find_referred(asset: Path, reference: str) -> Path | None:
    """Return the file beside ``asset`` that a relative ``reference`` names, or None.

    Only a plain name with the ending of a sidecar will do: a file can't make us open others.
    """
    name = unquote(reference)
    if not _is_sidecar_name(name) or "/" in name or "\0" in name or ":" in name:
        return None
    beside = asset.with_name(name)
    return beside if os.path.isfile(beside) else None  # noqa: PTH113 - it never raises


def find_asset(path: Path) -> Path | None:
    """Return the file whose sidecar ``path`` is, or None if it is no sidecar or stands alone."""
    if not _is_sidecar_name(path.name):
        return None
    asset = path.with_suffix("")
    if os.path.isfile(asset):  # noqa: PTH113 - it never raises
        return asset
    siblings = sorted(path.parent.glob(glob.escape(path.stem) + ".*"))
    return next(
        (
            s
            for s in siblings
            if s.stem == path.stem and s.suffix != SIDECAR_SUFFIX and os.path.isfile(s)  # noqa: PTH113 - likewise
        ),
        None,
    )


def read_sidecar(path: Path) -> bytes:
    """Return the bytes of a sidecar.

    Raises:
        AssetError: it can't be read. LimitExceededError: it is too large to be one.
    """
    with open_source(path) as source:
        store = source.read(MAX_SIDECAR_BYTES + 1)
    if len(store) > MAX_SIDECAR_BYTES:
        raise LimitExceededError(f"{show(path)} is too large to be a manifest store.")
    return store


def assets_in(paths: Iterable[Path]) -> Iterator[tuple[Path, Path | None]]:
    """Yield every file that ``paths`` name or contain, each with its sidecar.

    A sidecar that is named beside its file (as by ``*`` in a shell) comes with it.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - it never raises
            yield from walk_assets(path)
        elif find_asset(path) is None:
            yield path, find_sidecar(path)


def walk_assets(root: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield every file under ``root`` with its sidecar, depth first, sorted by name.

    A sidecar comes with its file and not by itself, unless its file is missing. Symbolic links to
    directories are not followed, so a loop of links ends. A directory that can't be listed is
    yielded itself, for whoever opens it to say why.
    """
    listings = [_list(root)]  # a stack, since directories nest deeper than Python recurses
    while listings:
        found = next(listings[-1], None)
        if found is None:
            listings.pop()
        elif isinstance(found, Path):
            listings.append(_list(found))
        else:
            yield found


def _list(folder: Path) -> Iterator[Path | tuple[Path, Path | None]]:
    """Yield what is in one directory: directories as paths, files with their sidecars."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield folder, None
        return
    folders = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
    names = {entry.name for entry in entries} - folders
    stems = {name.rpartition(".")[0] for name in names if not _is_sidecar_name(name)}
    for entry in entries:
        name = entry.name
        if name.startswith(TEMPORARY_PREFIX):
            continue
        if name in folders:
            yield Path(entry.path)
        elif _is_sidecar_name(name):
            asset = name[: -len(SIDECAR_SUFFIX)]
            if asset not in names and asset not in stems:
                yield Path(entry.path), None
        elif not (entry.is_symlink() and os.path.isdir(entry.path)):  # noqa: PTH112 - never raises
            yield Path(entry.path), _listed_sidecar(folder, name, names)


def _is_sidecar_name(name: str) -> bool:
    return name.endswith(SIDECAR_SUFFIX) and name != SIDECAR_SUFFIX


def _listed_sidecar(folder: Path, name: str, names: set[str]) -> Path | None:
    if name + SIDECAR_SUFFIX in names:
        return folder / (name + SIDECAR_SUFFIX)
    stem = name.rpartition(".")[0]
    if not stem or stem in names or stem + SIDECAR_SUFFIX not in names:
        return None
    return folder / (stem + SIDECAR_SUFFIX)
