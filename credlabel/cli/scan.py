"""``credlabel scan``: say of every file where it came from, as far as the evidence goes."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

import click

from credlabel.cli import complain
from credlabel.cli.progress import Progress
from credlabel.cli.session import (
    EXISTING,
    FILE,
    Session,
    about,
    beside_sidecars,
    completing,
    config_option,
    fetch_option,
    jobs_for,
    jobs_option,
    trust_options,
)
from credlabel.errors import ExitCode, StoreError
from credlabel.files import Draft, show
from credlabel.scan import UNREADABLE, UNVERIFIED, ScanPool
from credlabel.sidecar import assets_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from credlabel.model import Report

_MOST_COMPLAINTS: Final = 20


@click.command(
    "scan",
    short_help="Say of every file where it came from.",
    epilog="""\b
Examples:
  credlabel scan downloads/
  credlabel scan corpus/ --format jsonl -o corpus.jsonl
  credlabel scan incoming/ --trust C2PA-TRUST-LIST.pem --digest always

Exit codes: 0 done, 3 some file could not be read, 6 none could.
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--format",
    "report_format",
    default="table",
    metavar="FORMAT",
    shell_complete=completing(lambda session: session.plugins.providers("credlabel_reporters")),
    help="How to report: table (the default), json, jsonl, csv, or a plugin's.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=FILE, help="Write the report to this file.")
@click.option(
    "--digest",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Compute SHA-256 of what carries a mark, of every file, or of none.",
)
@fetch_option
@click.option(
    "--no-precheck",
    is_flag=True,
    help="Ask the C2PA library about files, too, that plainly hold no credential. Slow.",
)
@jobs_option
@trust_options
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    report_format: str,
    as_json: bool,
    output: Path | None,
    digest: str,
    hosts: tuple[str, ...],
    no_precheck: bool,
    jobs: int | None,
    trust_files: tuple[Path, ...],
    bundles: tuple[str, ...],
    timestamp_files: tuple[Path, ...],
    config_file: Path | None,
) -> int:
    """Scan files and folders: what carries which mark, whether it holds, and who signed.

    No mark means unknown, never human-made. Files are read in worker processes with limits; one
    that can't be read is reported, and the scan goes on.
    """
    session = Session(config_file)
    reporter = session.plugins.reporter("json" if as_json else report_format)
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    settings = session.scan_settings(
        trust, digest=digest, allowed_hosts=hosts, precheck=not no_precheck
    )
    missing = [path for path in paths if not os.path.lexists(path)]
    if len(missing) == len(paths):
        _tell([f"{show(path)} does not exist." for path in missing])
        return ExitCode.ASSET
    there = [path for path in paths if path not in missing]
    assets = list(assets_in(beside_sidecars(there, "scanned")))
    if output:
        refuse_scanned(output, assets)
    unread: list[str] = []
    with (
        ScanPool(settings, limits=session.config.limits, workers=jobs_for(jobs, assets)) as pool,
        Progress("scanning", total=len(assets)) as progress,
        opened(output) as out,
    ):
        reporter.write(_watched(pool.scan(assets), progress, unread), out)
        out.flush()
    _tell([*(f"{show(path)} does not exist." for path in missing), *unread])
    if not (missing or unread):
        return ExitCode.DONE
    return ExitCode.ASSET if len(unread) == len(assets) else ExitCode.INCOMPLETE


def refuse_scanned(output: Path, assets: Iterable[tuple[Path, Path | None]]) -> None:
    """Refuse to write the report over what it is about.

    Raises:
        click.UsageError: ``output`` is, or leads to, one of the files or their sidecars.
    """
    place = _identity(output)
    if place is None or not os.path.isfile(output):  # noqa: PTH113 - it never raises
        return
    for pair in assets:
        for path in pair:
            if path and _identity(path) == place:
                raise click.UsageError(
                    f"The report would be written over {show(path)}, which is scanned; "
                    "name another file with -o."
                )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - once a file, of a million
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _watched(reports: Iterable[Report], progress: Progress, unread: list[str]) -> Iterator[Report]:
    """Pass reports through, noting why files could not be looked into."""
    for report in reports:
        progress.advance()
        name = report.subject.name
        unread.extend(about(name, reason) for reason in unread_reasons(report))
        yield report


def unread_reasons(report: Report) -> list[str]:
    """Return why the file could not be looked into, in sentences; nothing if it could."""
    return [f.explanation for f in report.findings if f.code in (UNREADABLE, UNVERIFIED)]


def _tell(complaints: list[str]) -> None:
    """Print what could not be read, as far as anybody wants to read that."""
    for complaint in complaints[:_MOST_COMPLAINTS]:
        complain(complaint)
    if len(complaints) > _MOST_COMPLAINTS:
        left = len(complaints) - _MOST_COMPLAINTS
        click.echo(f"{left:,} more files could not be read; --format jsonl says why.", err=True)


@contextlib.contextmanager
def opened(output: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or a file that appears whole when the report is done."""
    if output is None:
        yield sys.stdout  # as it is now: with a progress bar, it writes above the bar
        return
    if output.exists() and not output.is_file():  # a device or a pipe is written to, not replaced
        with output.open("w", encoding="utf-8", newline="") as text:
            yield text
        return
    try:
        draft = Draft(output)
    except OSError as error:
        raise StoreError(f"{show(output)} can't be written: {error.strerror}.") from error
    with draft:
        draft.take_default_mode()
        with open(draft.stream.fileno(), "w", encoding="utf-8", newline="", closefd=False) as text:
            yield text
        draft.sync()
        draft.publish(replace=True)
