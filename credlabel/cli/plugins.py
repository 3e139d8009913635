"""``credlabel plugins``: what is loaded, what each offers, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credlabel.cli.session import Session, config_option, echo_json, json_option
from credlabel.files import show
from credlabel.hookspecs import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


@click.command("plugins", short_help="List the plugins: loaded, refused, and what each offers.")
@json_option
@config_option
def command(*, as_json: bool, config_file: Path | None) -> None:
    """List the plugins: what is loaded, what each offers, and what was refused and why."""
    plugins = Session(config_file).known_plugins()
    if as_json:
        echo_json(plugins)
        return
    for plugin in plugins:
        origin = f"{plugin.distribution} {plugin.version}".strip()
        click.echo(f"{click.style(show(plugin.name), bold=True)}  ({origin or 'unpackaged'})")
        if plugin.refused:
            click.echo(click.style(f"  refused: {show(plugin.refused)}", fg="red"))
        for hook, keys in plugin.offers.items():
            offered = ", ".join(map(show, keys)) or "yes"
            line = f"{hook.removeprefix(PROJECT + '_')}: {offered}"
            click.echo(click.wrap_text(line, 100, "  ", "    "))
