"""``credlabel keys``: make, import, list and show signing keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credlabel.certificates import describe_chain
from credlabel.cli.session import (
    FILE,
    SECRET_HINT,
    Session,
    completing,
    echo_json,
    json_option,
    now,
)
from credlabel.errors import ConfigError, SecretRequiredError
from credlabel.files import show
from credlabel.profile import profile_problems

if TYPE_CHECKING:
    from pathlib import Path

    from credlabel.keys import KeyEntry

_ALGORITHMS = ["es256", "es384", "ps256", "ed25519"]


@click.group("keys", short_help="Make, import, list and show signing keys.")
def command() -> None:
    """Make, import, list and show signing keys."""


@command.command(
    "init",
    short_help="Make a development key.",
    epilog="\b\nExample:\n  credlabel keys init --name studio\n",
)
@click.option("--name", default="development", show_default=True, help="What to call the key.")
@click.option(
    "--algorithm",
    type=click.Choice(_ALGORITHMS),
    default="es256",
    show_default=True,
    help="How the key signs.",
)
@json_option
def init(*, name: str, algorithm: str, as_json: bool) -> None:
    """Make a development key with a certificate of its own: for trying things out only."""
    entry = Session().keys.create_development(name, algorithm=algorithm)
    if as_json:
        echo_json(_summary(entry))
        return
    click.echo(f"Made the key {name!r} in {show(entry.directory)}.")
    click.echo("It is for development: nobody else trusts its certificate.")
    if entry.authority_path:
        click.echo("To trust it on this machine:")
        click.echo(f"  credlabel trust add {name}")


@command.command(
    "add",
    short_help="Import a key and its certificates.",
    epilog="\b\nExample:\n  credlabel keys add press key.pem chain.pem\n",
)
@click.argument("name")
@click.argument("key", type=FILE)
@click.argument("chain", type=FILE)
@json_option
def add(*, name: str, key: Path, chain: Path, as_json: bool) -> None:
    """Import a private KEY and its certificate CHAIN (PEM, the signing certificate first).

    An encrypted key is stored encrypted: its passphrase is asked for now, and whenever it signs.
    """
    session = Session()
    key_pem, chain_pem = _bytes(key), _bytes(chain)
    try:
        entry = session.keys.add(name, key_pem, chain_pem)
    except SecretRequiredError as error:
        place = key.absolute()
        prompt = f"Passphrase for the signing key {show(place)}"
        passphrase = session.secret(f"file:{place}", prompt)
        if passphrase is None:
            raise SecretRequiredError(str(error), hint=SECRET_HINT) from error
        secret = passphrase.encode("utf-8", "surrogateescape")
        entry = session.keys.add(name, key_pem, chain_pem, passphrase=secret)
    if as_json:
        echo_json(_summary(entry))
    else:
        click.echo(f"Imported the key {name!r} into {show(entry.directory)}.")


@command.command("list")
@json_option
def list_keys(*, as_json: bool) -> None:
    """List the keys there are."""
    entries = Session().keys.entries()
    if as_json:
        echo_json([_summary(entry) for entry in entries])
    elif not entries:
        click.echo("There are no keys. 'credlabel keys init' makes one for development.")
    for entry in () if as_json else entries:
        kind = "development" if entry.is_development else "imported"
        click.echo(f"{show(entry.name):<20} {kind:<12} {entry.uri}")


@command.command("show", short_help="Show a key's certificates.")
@click.argument(
    "name", shell_complete=completing(lambda session: [e.name for e in session.keys.entries()])
)
@json_option
def show_key(*, name: str, as_json: bool) -> None:
    """Show one key's certificates, and what is wrong with them if anything is."""
    entry = Session().keys.get(name)
    chain = entry.chain_path.read_bytes()
    infos = describe_chain(chain, now=now())
    problems = profile_problems(chain, now=now())
    if as_json:
        echo_json({**_summary(entry), "certificates": infos, "problems": problems})
        return
    click.echo(click.style(show(entry.name), bold=True))
    click.echo(f"  uri          {entry.uri}")
    for info in infos:
        click.echo(f"  subject      {show(info.subject)}")
        click.echo(f"  issuer       {show(info.issuer)}")
        click.echo(f"  valid        {info.not_before:%Y-%m-%d} to {info.not_after:%Y-%m-%d}")
        click.echo(f"  fingerprint  sha256:{info.fingerprint}")
    for problem in problems:
        click.echo(click.style(f"  ! {problem}", fg="red"))
    if not problems:
        click.echo("  Its certificate can sign content credentials.")


def _summary(entry: KeyEntry) -> dict[str, object]:
    return {"name": entry.name, "uri": entry.uri, "is_development": entry.is_development}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{show(path)} can't be read: {error.strerror}.") from error
