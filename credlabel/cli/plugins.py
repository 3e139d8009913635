"""``credlabel plugins``: what is loaded, what each offers, and what was refused."""

from __future__ import annotations

import click

from credlabel.cli.session import Session, config_option, echo_json, json_option
from credlabel.files import show
from credlabel.hookspecs import PROJECT


@click.command("plugins")
@json_option
@config_option
def command(*, as_json: bool, config_file: object) -> None:
    """List the plugins: what is loaded, what each offers, and what was refused and why."""
    plugins = Session(config_file).plugins.plugins  # type: ignore[arg-type]
    if as_json:
        echo_json(plugins)
        return
    for plugin in plugins:
        origin = f"{plugin.distribution} {plugin.version}".strip()
        click.echo(f"{click.style(show(plugin.name), bold=True)}  ({origin or 'unpackaged'})")
        if plugin.refused:
            click.echo(click.style(f"  refused: {show(plugin.refused)}", fg="red"))
        for hook, keys in plugin.offers.items():
            click.echo(f"  {hook.removeprefix(PROJECT + '_')}: {', '.join(map(show, keys))}")
