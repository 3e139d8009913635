"""``credlabel verify``: decide about files by policy, with an exit code."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import click

from credlabel.cli.scan import unread_reasons
from credlabel.cli.session import (
    EXISTING,
    Session,
    about,
    beside_sidecars,
    completing,
    config_option,
    fetch_option,
    jobs_for,
    json_option,
    trust_options,
)
from credlabel.cli.situation import (
    exempt_option,
    find_appraisers,
    profile_names,
    situation_options,
)
from credlabel.compliance import LACKING, is_failing
from credlabel.errors import AssetError, ExitCode, VerificationError
from credlabel.files import show
from credlabel.model import Compliance, FindingKind, Situation
from credlabel.scan import ScanPool
from credlabel.sidecar import assets_in
from credlabel.terms import INACCESSIBLE, UNTRUSTED
from credlabel.verify import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.exemptions import Declaration
    from credlabel.model import Assessment, Report

_WIDTH: Final = max(len(compliance) for compliance in Compliance)


@click.command(
    "verify",
    short_help="Pass or fail files by policy, with an exit code.",
    epilog="""\b
Examples:
  credlabel verify upload.jpg
  credlabel verify incoming/* --policy valid --policy disclosed
  credlabel verify press.png --policy trusted --trust C2PA-TRUST-LIST.pem
  credlabel verify out/ --profile eu-ai-act-50 --signatory --clauses
  credlabel verify out/ --profile us-ca-sb942 --as-of 2026-12-01

Exit codes: 0 every file passes, 1 some file does not, 3 some file could not be read, 6 none
could.
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    shell_complete=completing(lambda session: session.plugins.providers("credlabel_policies")),
    help="A policy that has to pass: valid (the default), trusted, disclosed, or a plugin's. "
    "If repeated, every one has to pass.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    shell_complete=completing(profile_names),
    help="A law or standard to hold the files to, such as eu-ai-act-50; may be repeated. "
    "Policies count beside it only if they are named.",
)
@situation_options
@exempt_option
@click.option("--clauses", is_flag=True, help="Say what becomes of each clause of a profile.")
@fetch_option
@trust_options
@json_option
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    policies: tuple[str, ...],
    profiles: tuple[str, ...],
    situation: Situation,
    exempt: tuple[Declaration, ...],
    clauses: bool,
    hosts: tuple[str, ...],
    trust_files: tuple[Path, ...],
    bundles: tuple[str, ...],
    timestamp_files: tuple[Path, ...],
    as_json: bool,
    config_file: Path | None,
) -> int:
    """Verify files: pass those that satisfy every policy.

    \b
    valid      the credential holds
    trusted    it holds, and its signer is on a trust list in use
    disclosed  the file says, signed or in its metadata, how it came about

    A profile goes through a law or standard clause by clause. It passes what has all that a file
    has to show; that is no legal advice. docs/profiles.md explains each.
    """  # noqa: D301 - click's mark, no backslash
    if not profiles and (exempt or clauses or situation != Situation()):
        raise click.UsageError("Only a --profile asks for whom, when, and what is exempt.")
    session = Session(config_file)
    names = policies or (() if profiles else session.config.verify.policies)
    verifier = Verifier(
        [
            *(session.plugins.policy(name) for name in names),
            *find_appraisers(session, profiles, situation, exempt),
        ]
    )
    trust = session.anchors(bundles=bundles, files=trust_files, timestamp_files=timestamp_files)
    assets = list(assets_in(beside_sidecars(paths, "verified")))
    if not assets:
        raise AssetError("There is no file to verify here.")
    failed = unread = 0
    with ScanPool(
        session.scan_settings(trust, allowed_hosts=hosts),
        limits=session.config.limits,
        workers=jobs_for(None, assets),
    ) as pool:
        for scanned in pool.scan(assets):
            is_unread = bool(unread_reasons(scanned))
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
                for decision in report.decisions if clauses and not is_unread else ():
                    for assessment in decision.assessments:
                        click.echo(_clause(assessment))
    if failed:
        return ExitCode.VERDICT_FAILED
    if unread == len(assets):
        return ExitCode.ASSET
    return ExitCode.INCOMPLETE if unread else ExitCode.DONE


def _sentence(report: Report, *, passed: bool) -> str:
    word = click.style("pass", fg="green") if passed else click.style("FAIL", fg="red", bold=True)
    decisions = [d for d in report.decisions if passed or not d.passed]
    are_several = len(report.decisions) > 1
    told = [f"{d.policy}: {d.reason}" if are_several else d.reason for d in decisions]
    reasons = unread_reasons(report) or told + _why(report, passed=passed)
    sentences = " ".join(dict.fromkeys(map(show, reasons)))
    return f"{word}  {about(report.subject.name, sentences)}"


def _clause(assessment: Assessment) -> str:
    """Return what becomes of a clause; one that fails nothing is marked as a remark."""
    word = assessment.compliance.value.ljust(_WIDTH)
    is_lacking = assessment.compliance in LACKING
    colour = "green" if assessment.compliance is Compliance.COMPLIANT else None
    if is_lacking:
        colour = "red" if is_failing(assessment) else "yellow"
    note = " (fails nothing)" if is_lacking and not is_failing(assessment) else ""
    return (
        f"      {click.style(word, fg=colour) if colour else word}"
        f"  {show(assessment.clause.identifier)}{note}: {show(assessment.reason)}"
    )


def _why(report: Report, *, passed: bool) -> list[str]:
    """Return the explanation of the first thing found wrong with a file that fails, if any is."""
    wrong = (
        f.explanation
        for f in report.findings
        if f.code == INACCESSIBLE or (f.kind is FindingKind.FAILURE and f.code != UNTRUSTED)
    )
    return [] if passed else list(itertools.islice(wrong, 1))
