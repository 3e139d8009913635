"""``credlabel demo``: see it work, from a generator's output to a verified archive."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

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
_MARKER: Final = ".credlabel-demo"
"""The file by which a folder is known to be a demo's, whose parts may be cleared."""

_PARTS: Final = ("inbox", "archive", "quarantine")


@click.command("demo", short_help="See it all work in a folder of its own.")
@click.option("--into", type=FOLDER, help="Work in this folder instead of a temporary one.")
def command(*, into: Path | None) -> int:
    """Make files as a generator would, let the gate label them, verify and scan the archive.

    Works in a folder of its own, with a key of its own, and leaves it there to look at. In the
    folder of an earlier demo, that one's files are replaced.
    """
    folder = into or Path(tempfile.mkdtemp(prefix="credlabel-demo-"))
    _make_ready(folder)
    inbox, archive, quarantine = (folder / part for part in _PARTS)
    home = folder / "home"
    session = Session(home=Home(home.absolute()))
    key = session.keys.ensure_development()

    _heading("1. A generator leaves files in the inbox")
    made = generate(inbox)
    click.echo(click.wrap_text(", ".join(show(path.name) for path in made), 80, "   ", "   "))

    _heading("2. The watch job labels them into the archive")
    _suggest("watch", inbox, archive, "--once")
    job = LabelJob(signer=key.uri, provenance=_PROVENANCE)
    outcome = Watcher(
        inbox,
        archive,
        job,
        quarantine=quarantine,
        settings=WatchSettings(settle_seconds=0.2),
    ).run_once()
    click.echo(f"   {outcome.labelled} labelled, {outcome.quarantined} quarantined")

    _heading("3. What the archive is made of")
    authority = key.authority_path
    trust: tuple[str | Path, ...] = ()
    if authority:
        trust = ("--trust", home / authority.relative_to(home.absolute()))
    anchors = TrustAnchors(signers=authority.read_text() if authority else "")
    _suggest("scan", archive, *trust)
    with ScanPool(ScanSettings(trust=anchors)) as pool:
        reports = list(pool.scan(walk_assets(archive)))
    session.plugins.reporter("table").write(reports, sys.stdout)
    sound = [report for report in reports if report.verdict.integrity == "intact"]
    click.echo(f"{len(sound)} of {len(reports)} files carry a credential that holds.")

    _heading("Look around")
    _suggest("inspect", next(iter(sorted(archive.glob("*.jpg"))), archive), *trust)
    _suggest("verify", archive, "--policy", "trusted", *trust)
    click.echo(f"   everything is in {show(folder.absolute())}")
    is_well = outcome.labelled == len(reports) == len(sound) > 0
    return ExitCode.DONE if is_well else ExitCode.VERDICT_FAILED


def _make_ready(folder: Path) -> None:
    """Make the demo's directories, empty; what an earlier demo left in them is removed.

    Raises:
        ConfigError: there is something in them that no demo has made.
    """
    marker = folder / _MARKER
    for part in (folder / name for name in _PARTS):
        if part.is_symlink() or (part.exists() and not part.is_dir()):
            raise ConfigError(f"{show(part)} is in the way: the demo needs a directory there.")
        if marker.is_file() and part.exists():
            shutil.rmtree(part)
        elif part.exists() and any(part.iterdir()):
            raise ConfigError(
                f"{show(part)} is not empty.",
                hint="Name another folder with --into.",
            )
    for name in _PARTS[:2]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    marker.touch()


def _heading(text: str) -> None:
    click.echo("\n" + click.style(text, bold=True))


def _suggest(*words: str | Path) -> None:
    """Print a command as it can be typed here."""
    line = " ".join(shlex.quote(show(word)) for word in (_program(), *words))
    click.echo(f"   {line}")


def _program() -> str:
    """Return what to type for this program: its name, or its path where that is not enough."""
    started = Path(sys.argv[0])
    if shutil.which("credlabel") is None and started.name == "credlabel":
        return str(started)
    return "credlabel"
