"""``credlabel trust``: keep named bundles of certificates whose signatures are trusted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

import click

from credlabel.cli.session import FILE, Session, completing, echo_json, json_option
from credlabel.errors import ConfigError
from credlabel.files import show, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.trust import TrustBundle


@click.group("trust", short_help="Say whose signatures are trusted.")
def command() -> None:
    """Keep named bundles of certificates whose signatures are trusted.

    Trust in signers and trust in time-stamp authorities are kept apart.
    """


@command.command(
    "add",
    short_help="Store a bundle of certificates.",
    epilog="""\b
Examples:
  credlabel trust add studio
  credlabel trust add c2pa C2PA-TRUST-LIST.pem
  credlabel trust add c2pa-tsa C2PA-TSA-TRUST-LIST.pem --purpose timestamp
""",
)
@click.argument("name")
@click.argument("file", type=FILE, required=False)
@click.option(
    "--purpose",
    type=click.Choice(["signer", "timestamp"]),
    default="signer",
    show_default=True,
    help="Whom the bundle vouches for.",
)
@click.option("--source", default="", help="Where the bundle came from, to remember it by.")
@json_option
def add(
    *,
    name: str,
    file: Path | None,
    purpose: Literal["signer", "timestamp"],
    source: str,
    as_json: bool,
) -> None:
    """Store the certificates of a PEM FILE as the bundle NAME.

    Without FILE it is the authority of your own development key NAME that is stored.
    """
    session = Session()
    origin = text_of(file) if file else f"key {name}"
    place = file or _authority(session, name)
    try:
        pem = place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{show(place)} can't be read: {error.strerror}.") from error
    bundle = session.trust_store.add(name, pem, purpose=purpose, source=source or origin)
    if as_json:
        echo_json(bundle)
        return
    whom = "Signers" if purpose == "signer" else "Time-stamp authorities"
    click.echo(f"Stored {name!r}, {_certificates(bundle)}.")
    click.echo(f"{whom} that it vouches for are trusted from now on.")


def _authority(session: Session, name: str) -> Path:
    """Return the certificate that vouches for the key ``name``.

    Raises:
        ConfigError: there is no such key, or its authority's certificate was not kept.
    """
    for entry in session.keys.entries():
        if entry.name == name and entry.authority_path:
            return entry.authority_path
        if entry.name == name:
            raise ConfigError(
                f"The key {name!r} was imported without its authority's certificate.",
                hint=f"Name its file: credlabel trust add {name} FILE.pem",
            )
    raise ConfigError(
        f"There is no key called {name!r} whose certificate could be trusted.",
        hint=f"Name the file to trust: credlabel trust add {shlex.quote(show(name))} FILE.pem",
    )


@command.command("remove")
@click.argument(
    "name",
    shell_complete=completing(lambda session: [b.name for b in session.trust_store.bundles()]),
)
@json_option
def remove(*, name: str, as_json: bool) -> None:
    """Forget the bundle NAME."""
    Session().trust_store.remove(name)
    if as_json:
        echo_json({"removed": name})
    else:
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
            f"{show(bundle.name):<20} {bundle.purpose:<10} {_certificates(bundle):<17} "
            f"{bundle.added:%Y-%m-%d}  sha256:{bundle.sha256[:16]}…  {show(bundle.source)}"
        )


def _certificates(bundle: TrustBundle) -> str:
    return f"{bundle.certificates} certificate{'s' if bundle.certificates != 1 else ''}"
