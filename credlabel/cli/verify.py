"""``credlabel verify``: decide about files by policy, with an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credlabel.cli.scan import jobs_for
from credlabel.cli.session import EXISTING, Session, config_option, json_option, trust_options
from credlabel.errors import ExitCode, VerificationError
from credlabel.files import show
from credlabel.scan import UNREADABLE, UNVERIFIED, ScanPool
from credlabel.sidecar import assets_in
from credlabel.verify import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.model import Report


@click.command(
    "verify",
    epilog="""\b
Examples:
  credlabel verify upload.jpg
  credlabel verify incoming/* --policy valid --policy disclosed
  credlabel verify press.png --policy trusted --trust C2PA-TRUST-LIST.pem
\b
Exit codes: 0 every file passes, 1 some file does not, 3 some file could not be read.
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="A policy that has to pass: valid (the default), trusted, disclosed, or a plugin's.",
)
@trust_options
@json_option
@config_option
def command(
    *,
    paths: tuple[Path, ...],
    policies: tuple[str, ...],
    trust_files: tuple[Path, ...],
    bundles: tuple[str, ...],
    timestamp_files: tuple[Path, ...],
    as_json: bool,
    config_file: Path | None,
) -> int:
    """Verify files: pass those that satisfy every policy.

    valid: the credential holds. trusted: and its signer is on a trust list. disclosed: the file
    says, signed or in its metadata, how it came about.
    """
    session = Session(config_file)
    names = policies or session.config.verify.policies
    verifier = Verifier([session.plugins.policy(name) for name in names])
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    assets = list(assets_in(paths))
    failed = unread = 0
    with ScanPool(
        session.scan_settings(trust),
        limits=session.config.limits,
        workers=jobs_for(None, assets),
    ) as pool:
        for scanned in pool.scan(assets):
            is_unread = any(f.code in (UNREADABLE, UNVERIFIED) for f in scanned.findings)
            try:
                report, passed = verifier.check(scanned), True
            except VerificationError as error:
                report, passed = error.report, False
            unread += is_unread
            failed += not passed and not is_unread
            if as_json:
                click.echo(report.to_json())
            else:
                click.echo(_sentence(report, passed=passed))
    if failed:
        return ExitCode.VERDICT_FAILED
    if unread == len(assets):
        return ExitCode.ASSET
    return ExitCode.INCOMPLETE if unread else ExitCode.DONE


def _sentence(report: Report, *, passed: bool) -> str:
    word = click.style("pass", fg="green") if passed else click.style("FAIL", fg="red", bold=True)
    decisions = [d for d in report.decisions if passed or not d.passed]
    unread = [f.explanation for f in report.findings if f.code in (UNREADABLE, UNVERIFIED)]
    reasons = unread or list(dict.fromkeys(d.reason for d in decisions))
    return f"{word}  {show(report.subject.name)}: {' '.join(reasons)}"
