"""``credlabel diff``: which marks a pipeline lost, invalidated, changed or gained."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import click
import msgspec

from credlabel.cli.progress import Progress
from credlabel.cli.session import (
    EXISTING,
    Session,
    about,
    config_option,
    fetch_option,
    jobs_for,
    jobs_option,
    json_option,
    trust_options,
)
from credlabel.comparison import HARM, Comparison, Fate, Pairs, compare
from credlabel.errors import AssetError, ExitCode
from credlabel.files import show
from credlabel.model import Basis, encode
from credlabel.reports import SavedReports, paired_names
from credlabel.scan import ScanPool
from credlabel.sidecar import find_sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from credlabel.comparison import Change
    from credlabel.sandbox import Limits
    from credlabel.scan import ScanSettings

_COLOURS: Final = {Fate.LOST: "red", Fate.INVALIDATED: "red", Fate.CHANGED: "yellow"}
_WIDTH: Final = max(len(fate) for fate in Fate)
_MOST_ALONE: Final = 20
_DATA: Final = (".csv", ".json", ".jsonl")
"""The endings of reports, whose formats carry no mark themselves."""


@click.command(
    "diff",
    short_help="Show which marks a pipeline lost or broke.",
    epilog="""\b
Examples:
  credlabel diff original.jpg resized.jpg
  credlabel diff before/ after/
  credlabel scan site/ --format jsonl -o before.jsonl
  credlabel diff before.jsonl after.jsonl --json

Exit codes: 0 every mark is still there, 1 some mark was lost or invalidated, 3 some file could
not be read, 6 none could.
""",
)
@click.argument("before", type=EXISTING)
@click.argument("after", type=EXISTING)
@fetch_option
@jobs_option
@trust_options
@json_option
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    before: Path,
    after: Path,
    hosts: tuple[str, ...],
    jobs: int | None,
    trust_files: tuple[Path, ...],
    bundles: tuple[str, ...],
    timestamp_files: tuple[Path, ...],
    as_json: bool,
    config_file: Path | None,
) -> int:
    """Compare the marks of two files, of two folders, or of two reports that 'scan' wrote.

    \b
    lost         a mark is gone, unsays that AI took part, or made way for
                 an unrelated credential
    invalidated  the credential was intact and does not hold any more
    changed      it says something else, or says it elsewhere
    gained       a mark is new

    Files of two folders belong together by their path below them; those in one folder only are
    named. Traces that generators leave are told as well; losing them is no fault.
    """  # noqa: D301 - click's mark, no backslash
    session = Session(config_file)
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    settings = session.scan_settings(trust, allowed_hosts=hosts, digest="never")
    for path in (before, after):
        if not path.exists():
            raise AssetError(f"{show(path)} does not exist.")
    are_saved = [path.is_file() and SavedReports.are_in(path) for path in (before, after)]
    work: _Saved | _Files
    if all(are_saved):
        work = _Saved(before, after)
    elif any(are_saved):
        raise click.UsageError("One of the two is a report of 'credlabel scan'; both have to be.")
    elif _is_bare_data(before) and _is_bare_data(after):
        raise click.UsageError(
            f"{show(before)} and {show(after)} carry no marks, and hold no reports of files as "
            "'credlabel scan --format jsonl' writes them."
        )
    else:
        work = _Files(before, after, settings, session.config.limits, jobs)
    if not work.total:
        raise AssetError("No file is on both sides, so there is nothing to compare.")
    summary = _Summary(as_json=as_json)
    with Progress("comparing", total=work.total) as progress:
        for comparison in work.comparisons():
            progress.advance()
            summary.add(comparison)
    summary.end(work.only_before, work.only_after)
    return summary.exit_code()


def _is_bare_data(path: Path) -> bool:
    """Return whether a file is empty, or data that has no place for a mark but beside it."""
    return (
        path.is_file()
        and (not path.stat().st_size or path.suffix.lower() in _DATA)
        and find_sidecar(path) is None
    )


class _Files:
    """Two files, or the files of two folders, which are scanned."""

    def __init__(
        self, before: Path, after: Path, settings: ScanSettings, limits: Limits, jobs: int | None
    ) -> None:
        if before.is_dir() is not after.is_dir():
            raise click.UsageError("Compare two files or two folders, not one with the other.")
        pairs = Pairs(before, after)
        self.total = len(pairs.both)
        self.only_before, self.only_after = pairs.only_before, pairs.only_after
        self._assets = [asset for pair in pairs.both for asset in pair]
        self._settings, self._limits = settings, limits
        self._workers = jobs_for(jobs, self._assets)

    def comparisons(self) -> Iterator[Comparison]:
        with ScanPool(self._settings, limits=self._limits, workers=self._workers) as pool:
            reports = pool.scan(self._assets)
            for old in reports:
                yield compare(old, next(reports))


class _Saved:
    """Two files of reports, which are read."""

    def __init__(self, before: Path, after: Path) -> None:
        self._before, self._after = SavedReports(before), SavedReports(after)
        ours, theirs = self._before.names(), self._after.names()
        self._pairs = paired_names(ours, theirs)
        self.total = len(self._pairs)
        known = {name for name, _ in self._pairs}, {name for _, name in self._pairs}
        self.only_before = [name for name in ours if name not in known[0]]
        self.only_after = [name for name in theirs if name not in known[1]]

    def comparisons(self) -> Iterator[Comparison]:
        olds = self._before.read([name for name, _ in self._pairs])
        news = self._after.read([name for _, name in self._pairs])
        for old, new in zip(olds, news, strict=True):
            yield compare(old, new)


class _Summary:
    """Prints the files that changed, and the sums."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._fates: Counter[Fate] = Counter()
        self._traces = self._files = self._harmed = self._unread = 0
        self._lead = '{"files":[\n'

    def add(self, comparison: Comparison) -> None:
        self._files += 1
        self._harmed += comparison.is_harmed
        self._unread += bool(comparison.unread)
        for change in comparison.changes:
            if change.basis is Basis.TRACE and change.fate in HARM:
                self._traces += 1
            else:
                self._fates[change.fate] += 1
        if self._as_json:
            if comparison.changes or comparison.unread:
                click.echo(self._lead + encode(comparison).decode(), nl=False)
                self._lead = ",\n"
            return
        if comparison.unread:
            click.echo(about(comparison.after, show(comparison.unread)), err=True)
        if comparison.changes:
            click.echo(click.style(show(comparison.after), bold=True))
        for change in comparison.changes:
            click.echo("  " + _line(change))

    def end(self, only_before: list[str], only_after: list[str]) -> None:
        if self._as_json:
            sums = {
                "compared": self._files,
                "harmed": self._harmed,
                "unread": self._unread,
                **{fate.value: self._fates[fate] for fate in Fate},
                "traces": self._traces,
            }
            start = '{"files":[' if self._lead != ",\n" else "\n"
            rest = {"only_before": only_before, "only_after": only_after, "sums": sums}
            click.echo(start + "],\n" + msgspec.json.encode(rest).decode()[1:])
            return
        for names, where in ((only_before, "before"), (only_after, "after")):
            for name in names[:_MOST_ALONE]:
                click.echo(f"{show(name)}: only {where}, so not compared.")
            if len(names) > _MOST_ALONE:
                click.echo(f"{len(names) - _MOST_ALONE:,} more files: only {where}.")
        counts = ", ".join(f"{self._fates[fate]:,} {fate}" for fate in Fate)
        word = "file" if self._files == 1 else "files"
        click.echo(f"{self._files:,} {word} compared, {self._harmed:,} harmed. Marks: {counts}.")
        if self._traces:
            click.echo(f"Traces of generators that are gone, which is no fault: {self._traces:,}.")

    def exit_code(self) -> ExitCode:
        if self._harmed:
            return ExitCode.VERDICT_FAILED
        if self._unread == self._files:
            return ExitCode.ASSET
        return ExitCode.INCOMPLETE if self._unread else ExitCode.DONE


def _line(change: Change) -> str:
    word = change.fate.value.ljust(_WIDTH)
    colour = _COLOURS.get(change.fate, "green")
    if change.fate in HARM and not change.is_harm:
        colour = "bright_black"
    where = f"{change.layer} ({show(change.detector)})"
    kind = "" if change.basis is Basis.MARK else f", a {change.basis}"
    return f"{click.style(word, fg=colour)}  {where}{kind}: {show(change.explanation)}"
