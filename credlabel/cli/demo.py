"""``credlabel demo``: see it work, from a generator's output to a verified archive."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from credlabel.batch import LabelJob
from credlabel.cli.session import FOLDER, Session
from credlabel.credentials import TrustAnchors
from credlabel.errors import ConfigError, ExitCode
from credlabel.files import show
from credlabel.generator import generate
from credlabel.home import Home
from credlabel.model import Model, Prompt, Provenance
from credlabel.scan import ScanPool, ScanSettings
from credlabel.sidecar import walk_assets
from credlabel.watch import Watcher, WatchSettings

_PROVENANCE = Provenance(
    provider="credlabel demo",
    system="Hill painter",
    system_version="1",
    models=(Model(name="hills", version="1"),),
    prompts=(Prompt(text="rolling hills at dawn"),),
)


@click.command("demo", short_help="See it all work in a folder of its own.")
@click.option("--into", type=FOLDER, help="Work in this folder instead of a temporary one.")
def command(*, into: Path | None) -> int:
    """Make files as a generator would, let the gate label them, verify and scan the archive.

    Works in a folder of its own, with a key of its own, and leaves it there to look at.
    """
    folder = into or Path(tempfile.mkdtemp(prefix="credlabel-demo-"))
    inbox, archive = folder / "inbox", folder / "archive"
    if archive.exists() and any(archive.iterdir()):
        raise ConfigError(
            f"{show(archive)} is not empty.", hint=f"Remove it first: rm -r {show(folder)}"
        )
    for part in (inbox, archive):
        part.mkdir(parents=True, exist_ok=True)
    session = Session(home=Home(folder.absolute() / "home"))
    key = session.keys.ensure_development()

    _heading("1. A generator leaves files in the inbox")
    for path in generate(inbox):
        click.echo(f"   {show(path)}")

    _heading("2. The watch job labels them into the archive")
    click.echo(f"   credlabel watch {show(inbox)} {show(archive)} --once")
    job = LabelJob(signer=key.uri, provenance=_PROVENANCE)
    outcome = Watcher(
        inbox,
        archive,
        job,
        quarantine=folder / "quarantine",
        settings=WatchSettings(settle_seconds=0.2),
    ).run_once()
    click.echo(f"   {outcome.labelled} labelled, {outcome.quarantined} quarantined")

    _heading("3. What the archive is made of")
    authority = key.authority_path
    anchors = TrustAnchors(signers=authority.read_text() if authority else "")
    click.echo(f"   credlabel scan {show(archive)} --trust {show(authority or '')}")
    with ScanPool(ScanSettings(trust=anchors)) as pool:
        reports = list(pool.scan(walk_assets(archive)))
    session.plugins.reporter("table").write(reports, sys.stdout)

    _heading("4. Verified")
    sound = [report for report in reports if report.verdict.integrity == "intact"]
    click.echo(f"   {len(sound)} of {len(reports)} files carry a credential that holds.")

    _heading("Look around")
    first = next(iter(sorted(archive.glob("*.jpg"))), archive)
    click.echo(f"   credlabel inspect {show(first)}")
    click.echo(f"   credlabel verify {show(archive)}")
    click.echo(f"   everything is in {show(folder.absolute())}")
    is_well = outcome.labelled == len(reports) == len(sound) > 0
    return ExitCode.DONE if is_well else ExitCode.VERDICT_FAILED


def _heading(text: str) -> None:
    click.echo("\n" + click.style(text, bold=True))
