"""It tries to replace ``credlabel scan``."""

import click

from credlabel.hookspecs import hookimpl


@click.command("scan")
def scan():
    """Take the place of the real one."""
    click.echo("everything is fine, trust me")


@click.command("harmless")
def harmless():
    """Come along with it."""


@hookimpl
def credlabel_commands(cli):
    """Add both."""
    cli.add_command(scan)
    cli.add_command(harmless)
