"""``credlabel coverage``: how far the files of a folder meet a law or standard."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import click

from credlabel.cli.counts import Listed, writer_for
from credlabel.cli.progress import Progress
from credlabel.cli.scan import opened, refuse_scanned, unread_reasons
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
from credlabel.cli.situation import (
    exempt_option,
    find_appraisers,
    profile_names,
    situation_options,
)
from credlabel.coverage import Counter, Standing
from credlabel.errors import AssetError, ExitCode
from credlabel.scan import ScanPool
from credlabel.sidecar import assets_in

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.coverage import Entry, Tally
    from credlabel.exemptions import Declaration
    from credlabel.model import Report, Situation


@click.command(
    "coverage",
    short_help="Count how far files meet a law or standard.",
    epilog="""\b
Examples:
  credlabel coverage out/ --profile eu-ai-act-50
  credlabel coverage out/ --profile eu-ai-act-50 --signatory --list
  credlabel coverage site/ --profile eu-ai-act-50 --exempt '*.srt=captions'
  credlabel coverage out/ --profile us-ca-sb942 --monthly-users 9000 --json
  credlabel coverage out/ --profile cn-gb45438 --role platform --csv

Exit codes: 0 nothing fails, 1 some file fails, 3 some file could not be read, 6 none could.
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--profile",
    "profile_name",
    required=True,
    metavar="NAME",
    shell_complete=completing(profile_names),
    help="The law or standard: eu-ai-act-50, cn-gb45438, us-ca-sb942, iptc-2025.1, or a plugin's.",
)
@situation_options
@exempt_option
@click.option(
    "--list", "is_listed", is_flag=True, help="Name the files that fail, and their first clause."
)
@click.option("--json", "form", flag_value="json", help="Print JSON, for programs.")
@click.option(
    "--csv", "form", flag_value="csv", help="Print CSV: the counts, or with --list the files."
)
@click.option("-o", "--output", type=FILE, help="Write to this file.")
@fetch_option
@jobs_option
@trust_options
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    profile_name: str,
    situation: Situation,
    exempt: tuple[Declaration, ...],
    is_listed: bool,
    form: str | None,
    output: Path | None,
    hosts: tuple[str, ...],
    jobs: int | None,
    trust_files: tuple[Path, ...],
    bundles: tuple[str, ...],
    timestamp_files: tuple[Path, ...],
    config_file: Path | None,
) -> int:
    """Count how many files are marked as a law or standard asks, in all, by layer and by format.

    \b
    marked   it has all that a file has to show
    exempt   nothing is asked of it: by type, by --exempt, or in this situation
    failing  some clause is not complied with, not found, or can't be decided
    unread   it could not be read

    Clauses are counted over files that are not exempt. A file is counted under each layer that it
    is marked in. No legal advice.
    """  # noqa: D301 - click's mark, no backslash
    session = Session(config_file)
    (appraiser,) = find_appraisers(session, [profile_name], situation, exempt)
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    named = assets_in(beside_sidecars(paths, "counted"))
    # Named twice, or itself and by its folder, a file is counted once.
    assets = list({os.path.abspath(asset[0]): asset for asset in named}.values())  # noqa: PTH100 - links count
    if not assets:
        raise AssetError("There is no file to count here.")
    if output:
        refuse_scanned(output, assets)
    counter = Counter(appraiser)
    with (
        ScanPool(
            session.scan_settings(trust, allowed_hosts=hosts, digest="never"),
            limits=session.config.limits,
            workers=jobs_for(jobs, assets),
        ) as pool,
        Progress("counting", total=len(assets)) as progress,
        opened(output) as out,
    ):
        writer = writer_for(form, out, is_listed=is_listed)
        for report in pool.scan(assets):
            progress.advance()
            entry = counter.add(report)
            if entry.standing is Standing.UNREAD:
                for why in itertools.islice(unread_reasons(report), 1):
                    click.echo(about(report.subject.name, why), err=True)
            if entry.standing in (Standing.FAILING, Standing.UNREAD) and is_listed:
                writer.row(_listed(report, entry))
        coverage = counter.coverage()
        writer.end(coverage)
        out.flush()
    return _exit_code(coverage.total)


def _exit_code(total: Tally) -> ExitCode:
    if total.failing:
        return ExitCode.VERDICT_FAILED
    if total.unread == total.files:
        return ExitCode.ASSET
    return ExitCode.INCOMPLETE if total.unread else ExitCode.DONE


def _listed(report: Report, entry: Entry) -> Listed:
    failing = entry.failing
    return Listed(
        name=report.subject.name,
        media_type=report.subject.media_type,
        standing=entry.standing,
        clause=failing.clause.identifier if failing else "",
        compliance=failing.compliance if failing else "",
        reason=failing.reason if failing else next(iter(unread_reasons(report)), ""),
    )
