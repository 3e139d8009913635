"""``credlabel label``: label files, each into a new file or in place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from credlabel.batch import Errand, LabelJob, LabelPool, Refusal
from credlabel.cli.progress import Progress
from credlabel.cli.provenance import provenance_from, provenance_options
from credlabel.cli.session import (
    EXISTING,
    FILE,
    FOLDER,
    Session,
    about,
    config_option,
    jobs_for,
    jobs_option,
    json_option,
    marks_option,
    placement_options,
    signing_options,
)
from credlabel.cli.situation import label_profile_options, situation_of
from credlabel.cli.unwritten import asked_marks, unwritten
from credlabel.errors import ExitCode
from credlabel.files import show, text_of
from credlabel.model import Receipt, Relation, Tier, encode
from credlabel.sidecar import find_asset, find_sidecar, walk_assets

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(
    "label",
    short_help="Label files with a signed content credential.",
    epilog="""\b
Examples:
  credlabel label sunset.png --out labelled/
  credlabel label renders/ --out archive/ --system Painter --model painter@3.1
  credlabel label report.txt -o report-labelled.txt --provenance record.toml
  credlabel label page.pdf --in-place --review "Ann Lee=approved"
  credlabel label clip.mp4 --out marked/ --profile cn-gb45438 --provider Acme
""",
)
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option("--out", "out", type=FOLDER, help="Write the labelled files into this folder.")
@click.option("-o", "output", type=FILE, help="Write the one labelled file here.")
@click.option("--in-place", is_flag=True, help="Replace each file by its labelled version.")
@click.option("--force", is_flag=True, help="Replace files that exist already.")
@click.option(
    "--on-existing",
    type=click.Choice(["update", "skip", "refuse"]),
    help="A file that has credentials: keep them as history under the new label (update, the "
    "default), leave it as it is (skip), or refuse it.",
)
@click.option(
    "--record-prompts",
    type=click.Choice(["digest", "text"]),
    help="Record prompts by digest (the default) or as text that everyone can read.",
)
@label_profile_options
@marks_option
@placement_options
@provenance_options
@signing_options
@jobs_option
@json_option
@config_option
def command(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    out: Path | None,
    output: Path | None,
    in_place: bool,
    force: bool,
    on_existing: str | None,
    record_prompts: str | None,
    profile: str | None,
    role: str | None,
    marks: tuple[str, ...] | None,
    text_placement: str | None,
    zip_placement: str | None,
    signer: str,
    timestamp: str,
    jobs: int | None,
    as_json: bool,
    config_file: Path | None,
    **said: Any,
) -> int:
    """Label files: embed a signed content credential that says how they came to be.

    The source is never written to. A file in which no credential can be embedded, or where that
    would destroy something, gets a sidecar NAME.c2pa. A folder keeps its structure.
    """
    session = Session(config_file)
    if sum(map(bool, (out, output, in_place))) != 1:
        raise click.UsageError(
            "Say where the labelled files go: --out DIR, -o FILE, or --in-place."
        )
    if output and (len(paths) != 1 or os.path.isdir(paths[0])):  # noqa: PTH112 - never raises
        raise click.UsageError("-o takes exactly one file; use --out DIR for more.")
    errands = list(_errands(paths, out=out, output=output, force=force))
    if not in_place:
        _refuse_clashes(errands)
    provenance = provenance_from(session.config.provenance, said)
    uri = session.signer_uri(signer, timestamp)
    _, secrets = session.open_signer(uri)  # a bad key is told at once, not once a file
    settings = session.label_settings(
        provenance,
        on_existing=on_existing,
        prompts=record_prompts,
        text=text_placement,
        zip=zip_placement,
        marks=marks,
        profile=profile,
        situation=situation_of(session.config.label, role),
    )
    asked = asked_marks(settings, session.plugins)
    job = LabelJob(
        signer=uri,
        secrets=secrets,
        provenance=provenance,
        settings=settings,
        scan=session.scan_settings(session.anchors()),
    )
    refusals = []
    with (
        LabelPool(job, limits=session.config.limits, workers=jobs_for(jobs, errands)) as pool,
        Progress("labelling", total=len(errands)) as progress,
    ):
        for errand, answer in pool.label(errands):
            progress.advance()
            if isinstance(answer, Refusal):
                refusals.append(answer)
                _complain(errand, answer, as_json=as_json)
            elif as_json:
                click.echo(encode(answer))
            else:
                click.echo(_sentence(answer, errand.destination))
                _warn(errand.destination, unwritten(answer, asked))
    if not errands:
        click.echo("There is nothing to label here.", err=True)
    return _exit_code(refusals, len(errands))


def _errands(
    paths: tuple[Path, ...], *, out: Path | None, output: Path | None, force: bool
) -> Iterator[Errand]:
    """Yield what to label where; sidecars travel with their files."""
    for path in paths:
        if out and os.path.realpath(path) == os.path.realpath(out):
            raise click.UsageError(
                f"{show(path)} would be labelled into itself; if that is meant, --in-place."
            )
        if find_asset(path):
            continue
        if not os.path.isdir(path):  # noqa: PTH112 - it never raises
            target = output or (out / path.name if out else path)
            yield Errand(source=str(path), destination=str(target), replace=force)
            continue
        for file, _ in walk_assets(path):
            if out and Path(os.path.realpath(file.parent)).is_relative_to(os.path.realpath(out)):
                continue  # what an earlier run has put there
            # The folder itself is what is found if it can't be listed.
            below = file.relative_to(path) if file != path else Path(path.name)
            target = out / below if out else file
            yield Errand(source=str(file), destination=str(target), replace=force)


def _refuse_clashes(errands: list[Errand]) -> None:
    """Refuse what would be written over its own source, or over another file's label.

    Raises:
        click.UsageError: the paths and the destination do not go together.
    """
    taken: dict[str, str] = {}
    for errand in errands:
        if os.path.isdir(errand.source):  # noqa: PTH112 - one that can't be listed: told later
            continue
        destination = os.path.realpath(errand.destination)
        if os.path.realpath(errand.source) == destination:
            raise click.UsageError(
                f"{show(errand.source)} would be written over itself; "
                "if that is meant, --in-place."
            )
        sidecar = find_sidecar(Path(errand.source))
        if sidecar and os.path.realpath(sidecar) == destination:
            raise click.UsageError(
                f"{show(errand.source)} would be written over its own sidecar {show(sidecar)}."
            )
        if os.path.lexists(destination) and not os.path.isfile(destination):  # noqa: PTH113
            raise click.UsageError(f"{show(errand.destination)} is there, and is no file.")
        other = taken.setdefault(destination, errand.source)
        if os.path.realpath(other) != os.path.realpath(errand.source):
            raise click.UsageError(
                f"{show(other)} and {show(errand.source)} would both become "
                f"{show(errand.destination)}; label them one after the other."
            )


def _sentence(receipt: Receipt, output: str) -> str:
    verb = {
        Relation.CREATED: click.style("labelled ", fg="green"),
        Relation.EDITED: click.style("updated  ", fg="green"),
        Relation.UNCHANGED: click.style("unchanged", fg="yellow"),
    }[receipt.relation]
    line = f"{verb}  {show(output)}"
    if receipt.tier is Tier.SIDECAR and receipt.relation is not Relation.UNCHANGED:
        line += f"  + {show(Path(receipt.sidecar).name)}"
    return f"{line}  ({receipt.reason})" if receipt.reason else line


def _warn(output: str, sentences: list[str]) -> None:
    for sentence in sentences:
        mark = click.style("warning  ", fg="yellow")
        click.echo(f"{mark}  {about(output, sentence)}", err=True)


def _complain(errand: Errand, refusal: Refusal, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            msgspec.json.encode(
                {
                    "source": text_of(errand.source),
                    "code": refusal.code,
                    "error": refusal.message,
                    "hint": refusal.hint,
                }
            )
        )
        return
    mark = click.style("refused  ", fg="red")
    click.echo(f"{mark}  {about(errand.source, show(refusal.message))}", err=True)
    if refusal.hint:
        click.echo(f"           {show(refusal.hint)}", err=True)


def _exit_code(refusals: list[Refusal], total: int) -> int:
    """Return the refusals' own code if nothing worked and they agree; else 3 for *some failed*."""
    codes = {refusal.exit_code for refusal in refusals}
    if not codes:
        return ExitCode.DONE
    if len(refusals) == total and len(codes) == 1:
        return codes.pop()
    return ExitCode.INCOMPLETE
