"""Reports that were saved, read back: what ``scan --format json`` or ``jsonl`` wrote to a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel.errors import ConfigError
from credlabel.files import show
from credlabel.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_LINE: Final = 64 << 20
"""Bytes of a line from which on it is no report of any file."""
_decoder: Final = msgspec.json.Decoder(Report)


class SavedReports:
    """The reports in a file, by the names of the files that they are about.

    Only names are kept in memory, with the place of each report in the file.

    Raises:
        ConfigError: a line of it is no report.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, int] = {}
        with path.open("rb") as stream:
            place = 0
            for number, line in enumerate(iter(lambda: stream.readline(_MAX_LINE), b""), 1):
                if len(line) == _MAX_LINE:
                    raise ConfigError(f"{show(path)}, line {number}: this is too long a line.")
                text = _object_in(line)
                if text:
                    self._places[self._decode(text, number).subject.name] = place
                place += len(line)

    @staticmethod
    def are_in(path: Path) -> bool:
        """Return whether a file holds reports, by its first."""
        try:
            with path.open("rb") as stream:
                for _ in range(3):
                    text = _object_in(stream.readline(_MAX_LINE))
                    if text:
                        _decoder.decode(text)
                        return True
        except (OSError, msgspec.MsgspecError, RecursionError):
            return False
        return False

    def names(self) -> list[str]:
        """Return the names of the files, in the order of the reports."""
        return list(self._places)

    def read(self, names: list[str]) -> Iterator[Report]:
        """Yield the reports of these names, one at a time."""
        with self._path.open("rb") as stream:
            for name in names:
                stream.seek(self._places[name])
                yield _decoder.decode(_object_in(stream.readline()))

    def _decode(self, text: bytes, number: int) -> Report:
        try:
            return _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ConfigError(
                f"{show(self._path)}, line {number}: this is no report: {error}",
                hint="Reports are written by 'credlabel scan --format jsonl'.",
            ) from error


def _object_in(line: bytes) -> bytes:
    """Return the object on a line of JSON Lines, or of an array with an element a line."""
    text = line.strip().removesuffix(b",")
    return b"" if text in (b"", b"[", b"]", b"[]") else text


def paired_names(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Return which names mean one file: the same, or the same below the folder of each list."""
    there = set(after)
    same = [(name, name) for name in before if name in there]
    if same:
        return same
    ours, theirs = _shortened(before), _shortened(after)
    return [(name, theirs[short]) for short, name in ours.items() if short in theirs]


def _shortened(names: list[str]) -> dict[str, str]:
    folder = _common_folder(names)
    return {name[len(folder) :]: name for name in names}


def _common_folder(names: list[str]) -> str:
    """Return what the folders of all names begin with, with its slash."""
    try:
        common = os.path.commonpath([os.path.dirname(name) for name in names])  # noqa: PTH120 - text
    except ValueError:  # none at all, or some are absolute and others are not
        return ""
    return common.rstrip("/") + "/" if common else ""
