"""``credlabel scan``: say of every file where it came from, as far as the evidence goes."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from credlabel.cli.progress import Progress
from credlabel.cli.session import EXISTING, FILE, Session, config_option, trust_options
from credlabel.errors import AssetError, ExitCode
from credlabel.files import Draft, show
from credlabel.scan import UNREADABLE, UNVERIFIED, ScanPool
from credlabel.sidecar import assets_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.model import Report


@click.command(
    "scan",
    epilog="""\b
Examples:
  credlabel scan downloads/
  credlabel scan corpus/ --format jsonl -o corpus.jsonl
  credlabel scan incoming/ --trust C2PA-TRUST-LIST.pem --digest always
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--format", "report_format", default="table", show_default=True, help="How to report."
)
@click.option("-o", "--output", type=FILE, help="Write the report to this file.")
@click.option(
    "--digest",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Compute SHA-256 of what carries a mark, of every file, or of none.",
)
@click.option(
    "--fetch-remote",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Fetch credentials kept elsewhere, from this host only. Off by default.",
)
@click.option("--no-precheck", is_flag=True, help="Ask the C2PA library about every file.")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Worker processes; one a core if not said."
)
@trust_options
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    report_format: str,
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
    reporter = session.plugins.reporter(report_format)
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    settings = session.scan_settings(
        trust, digest=digest, allowed_hosts=hosts, precheck=not no_precheck
    )
    missing = [path for path in paths if not path.exists() and not path.is_symlink()]
    assets = list(assets_in(path for path in paths if path not in missing))
    counts: Counter[str] = Counter()
    with (
        ScanPool(settings, limits=session.config.limits, workers=jobs_for(jobs, assets)) as pool,
        Progress("scanning", total=len(assets)) as progress,
        opened(output) as out,
    ):
        reporter.write(counted(pool.scan(assets), progress, counts), out)
    for path in missing:
        complaint = AssetError(f"{show(path)} does not exist.")
        click.echo(f"{click.style('Error: ', fg='red')}{complaint}", err=True)
    if missing and not assets:
        return ExitCode.ASSET
    return ExitCode.INCOMPLETE if missing or counts["unprocessed"] else ExitCode.DONE


def jobs_for(given: int | None, assets: list[tuple[Path, Path | None]]) -> int | None:
    """Return how many workers to start: no more than there are files for."""
    return given or (1 if len(assets) < 3 else None)


def counted(
    reports: Iterable[Report], progress: Progress, counts: Counter[str]
) -> Iterator[Report]:
    """Pass reports through, counting those about files that could not be looked into."""
    for report in reports:
        progress.advance()
        if any(finding.code in (UNREADABLE, UNVERIFIED) for finding in report.findings):
            counts["unprocessed"] += 1
        yield report


@contextlib.contextmanager
def opened(output: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or a file that appears whole when the report is done."""
    if output is None:
        yield sys.stdout  # as it is now: with a progress bar, it writes above the bar
        return
    with Draft(output) as draft:
        draft.take_default_mode()
        with open(
            draft.stream.fileno(), "w", encoding="utf-8", newline="", closefd=False
        ) as text:
            yield text
        draft.sync()
        draft.publish(replace=True)
