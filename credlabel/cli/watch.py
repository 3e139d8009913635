"""``credlabel watch``: the gate from an inbox to an archive."""

from __future__ import annotations

import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec

from credlabel.batch import LabelJob
from credlabel.cli.provenance import provenance_from, provenance_options
from credlabel.cli.session import (
    FOLDER,
    Session,
    config_option,
    json_option,
    marks_option,
    placement_options,
    signing_options,
)
from credlabel.cli.situation import label_profile_options, situation_of
from credlabel.cli.unwritten import asked_marks, unwritten
from credlabel.errors import ConfigError, ExitCode
from credlabel.files import show, text_of
from credlabel.watch import Watcher

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.watch import WatchEvent, WatchOutcome


@click.command(
    "watch",
    short_help="Label what arrives in an inbox into an archive.",
    epilog="""\b
Examples:
  credlabel watch inbox/ archive/
  credlabel watch inbox/ archive/ --once --system Painter --model painter@3.1
  credlabel watch inbox/ archive/ --quarantine refused/ --signer studio
""",
)
@click.argument("inbox", type=FOLDER)
@click.argument("archive", type=FOLDER)
@click.option(
    "--quarantine", type=FOLDER, help="Where files at fault go; ARCHIVE.quarantine if not said."
)
@click.option("--once", is_flag=True, help="Process what is there, and exit.")
@click.option("--settle", type=click.FloatRange(min=0), help="Seconds a file has to lie still.")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Worker processes; one a core if not said."
)
@label_profile_options
@marks_option
@placement_options
@provenance_options
@signing_options
@json_option
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    inbox: Path,
    archive: Path,
    quarantine: Path | None,
    once: bool,
    settle: float | None,
    jobs: int | None,
    profile: str | None,
    role: str | None,
    marks: tuple[str, ...] | None,
    text_placement: str | None,
    zip_placement: str | None,
    signer: str,
    timestamp: str,
    as_json: bool,
    config_file: Path | None,
    **said: Any,
) -> int:
    """Label every file that arrives in INBOX into ARCHIVE, so that none gets there unmarked.

    A file that lies still is claimed, labelled into the archive, read back, and only then removed
    from the inbox. A file at fault goes into the quarantine with the reason; when the system is
    at fault, files wait. Ctrl-C and SIGTERM finish the files in hand.

    With --once the exit code is 3 if anything was quarantined or had to wait.
    """
    session = Session(config_file)
    for folder in (inbox, archive):
        if not folder.is_dir():
            raise ConfigError(f"{show(folder)} is no directory.", hint=f"mkdir -p {show(folder)}")
    provenance = provenance_from(session.config.provenance, said)
    uri = session.signer_uri(signer, timestamp)
    _, secrets = session.open_signer(uri)
    label_settings = session.label_settings(
        provenance,
        text=text_placement,
        zip=zip_placement,
        marks=marks,
        profile=profile,
        situation=situation_of(session.config.label, role),
    )
    asked = asked_marks(label_settings, session.plugins)
    job = LabelJob(
        signer=uri,
        secrets=secrets,
        provenance=provenance,
        settings=label_settings,
        scan=session.scan_settings(session.anchors()),
    )
    changes = {"settle_seconds": settle, "workers": jobs}
    settings = msgspec.structs.replace(
        session.config.watch, **{k: v for k, v in changes.items() if v is not None}
    )
    refused = quarantine or archive.with_name(archive.name + ".quarantine")
    watcher = Watcher(
        inbox,
        archive,
        job,
        quarantine=refused,
        settings=settings,
        limits=session.config.limits,
        on_event=_echo_json if as_json else partial(_tell, asked=asked),
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if not once:
        click.echo(f"Watching {show(inbox)}; Ctrl-C ends it.", err=True)
        watcher.run(stop)
        return ExitCode.DONE
    outcome = watcher.run_once(stop)
    if as_json:
        click.echo(msgspec.json.encode({"kind": "summary", **msgspec.structs.asdict(outcome)}))
    else:
        click.echo(_summary(outcome))
    is_clean = not outcome.quarantined and not outcome.held
    return ExitCode.DONE if is_clean else ExitCode.INCOMPLETE


def _summary(outcome: WatchOutcome) -> str:
    counts = [
        f"{outcome.labelled} labelled",
        f"{outcome.quarantined} quarantined",
        f"{outcome.held} waiting",
    ]
    if outcome.resumed:
        counts.append(f"{outcome.resumed} in the archive already")
    if outcome.left:
        counts.append(f"{outcome.left} left alone")
    return ", ".join(counts)


def _echo_json(event: WatchEvent) -> None:
    """Print one event as a line of JSON."""
    named = msgspec.structs.replace(event, path=text_of(event.path))
    click.echo(msgspec.json.encode(named))


def _tell(event: WatchEvent, *, asked: tuple[str, ...]) -> None:
    """Print one event as a line, and below it what to do, and which marks are missing and why."""
    colour = {"labelled": "green", "quarantined": "red", "held": "yellow"}.get(event.kind)
    reason = f"  ({show(event.sentence)})" if event.sentence else ""
    click.echo(f"{click.style(f'{event.kind:<12}', fg=colour)}{show(event.path)}{reason}")
    missing = unwritten(event.receipt, asked) if event.receipt else []
    for sentence in filter(None, (show(event.hint), *missing)):
        click.echo(" " * 12 + sentence)
