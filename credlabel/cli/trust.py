"""``credlabel trust``: keep named bundles of certificates whose signatures are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credlabel.cli.session import FILE, Session, echo_json, json_option
from credlabel.errors import ConfigError
from credlabel.files import show

if TYPE_CHECKING:
    from pathlib import Path


@click.group("trust")
def command() -> None:
    """Keep named bundles of certificates whose signatures are trusted.

    Trust in signers and trust in time-stamp authorities are kept apart.
    """


@command.command("add", epilog="\b\nExample:\n  credlabel trust add c2pa C2PA-TRUST-LIST.pem\n")
@click.argument("name")
@click.argument("file", type=FILE)
@click.option(
    "--purpose",
    type=click.Choice(["signer", "timestamp"]),
    default="signer",
    show_default=True,
    help="Whom the bundle vouches for.",
)
@click.option("--source", default="", help="Where the bundle came from, to remember it by.")
def add(*, name: str, file: Path, purpose: str, source: str) -> None:
    """Store the certificates of a PEM FILE as the bundle NAME."""
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{show(file)} can't be read: {error.strerror}.") from error
    bundle = Session().trust_store.add(name, pem, purpose=purpose, source=source or str(file))
    click.echo(f"Stored {name!r}: {bundle.certificates} certificates to trust as {purpose}s.")


@command.command("remove")
@click.argument("name")
def remove(*, name: str) -> None:
    """Forget the bundle NAME."""
    Session().trust_store.remove(name)
    click.echo(f"Removed {name!r}.")


@command.command("list")
@json_option
def list_bundles(*, as_json: bool) -> None:
    """List the stored bundles with source, date and digest."""
    bundles = Session().trust_store.bundles()
    if as_json:
        echo_json(bundles)
        return
    if not bundles:
        click.echo("Nobody is trusted yet. 'credlabel trust add NAME FILE.pem' stores a bundle.")
    for bundle in bundles:
        click.echo(
            f"{show(bundle.name):<20} {bundle.purpose:<10} {bundle.certificates:>4} certificates  "
            f"{bundle.added:%Y-%m-%d}  sha256:{bundle.sha256[:16]}…  {show(bundle.source)}"
        )
