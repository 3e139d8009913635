"""``credlabel completion``: the script that lets a shell complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(
    "completion",
    short_help="Let your shell complete commands and options.",
    epilog="""\b
Examples, each for the start-up file of its shell:
  eval "$(credlabel completion bash)"
  eval "$(credlabel completion zsh)"
  credlabel completion fish | source
""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, *, shell: str) -> None:
    """Print the completion script for a SHELL."""
    kind = get_completion_class(shell)
    if kind is not None:
        root = context.find_root().command
        click.echo(kind(root, {}, "credlabel", "_CREDLABEL_COMPLETE").source())
