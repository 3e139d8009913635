"""The command line: commands, progress, exit codes. Only here is anything printed.

One module a command. A command's module is imported when the command is run, so that
``credlabel --version`` does not wait for what it does not need.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from credlabel._version import __version__
from credlabel.errors import CredlabelError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "label": "label",
    "scan": "scan",
    "inspect": "inspect",
    "verify": "verify",
    "coverage": "coverage",
    "diff": "diff",
    "watch": "watch",
    "demo": "demo",
    "keys": "keys",
    "trust": "trust",
    "doctor": "doctor",
    "plugins": "plugins",
    "schema": "schema",
    "completion": "completion",
}
"""Every built-in command and the module of this package it lives in."""

DEBUG_VARIABLE: Final = "CREDLABEL_DEBUG"
_INTERRUPTED: Final = 130


class LazyGroup(click.Group):
    """A group whose built-in commands are imported on use, and which plugins may extend."""

    def list_commands(self, ctx: click.Context | None) -> list[str]:  # noqa: ARG002 - click's
        """Return the built-in commands in the order a newcomer meets them, then the plugins'."""
        self._ask_plugins()
        return [*COMMANDS, *sorted(set(self.commands) - set(COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name; plugins are asked only for one that is not built in."""
        if cmd_name in COMMANDS:
            module = import_module(f"credlabel.cli.{COMMANDS[cmd_name]}")
            command: click.Command = module.command
            return command
        self._ask_plugins()
        return self.commands.get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; that nobody reads its output any more is no failure of it."""
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()  # here, where what goes wrong still has a name
        except BrokenPipeError:
            return ExitCode.DONE
        return outcome

    def _ask_plugins(self) -> None:
        if not self.commands:
            from credlabel.cli.session import Session  # noqa: PLC0415 - slow, rarely needed
            from credlabel.plugins import PluginRegistry  # noqa: PLC0415

            try:
                plugins = Session().plugins
            except CredlabelError:  # the help has to come, whatever the configuration says
                plugins = PluginRegistry.load()
            self.commands.update(plugins.commands(stage=click.Group, reserved=frozenset(COMMANDS)))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with 'credlabel demo'; 'credlabel COMMAND --help' explains each command.",
)
@click.version_option(__version__, prog_name="credlabel", message="%(prog)s %(version)s")
def cli() -> None:
    """Label what machines make, and find out where any file came from."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; the entry point of the program."""
    _open_standard_streams()
    code = run(arguments)
    _discard_unwritable_output()
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - a way out an error
    """Run the command line and return its exit code; no error leaves it as a trace."""
    try:
        outcome: Any = cli.main(arguments, prog_name="credlabel", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CredlabelError as error:
        complain(str(error), error.hint)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        from credlabel.files import show  # noqa: PLC0415 - slow, rarely needed

        where = f"{show(os.fsdecode(error.filename))}: " if error.filename else ""
        complain(f"The system is at fault: {where}{error.strerror or error}.")
        return ExitCode.STORE
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        complain(
            f"This is a bug in credlabel: {type(error).__name__}: {error}",
            f"Please report it. {DEBUG_VARIABLE}=1 shows where it happened.",
        )
        return ExitCode.BUG
    return int(outcome) if isinstance(outcome, int) else ExitCode.DONE


def complain(message: str, hint: str = "") -> None:
    """Print an error, and what to do about it, to standard error."""
    from credlabel.files import show  # noqa: PLC0415 - slow, rarely needed

    click.echo(click.style("Error: ", fg="red", bold=True) + show(message), err=True)
    if hint:
        click.echo(show(hint), err=True)


def _open_standard_streams() -> None:
    """Give closed standard streams to nobody, before a file of ours takes their place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - as long as we live
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal can't show is no bug
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_unwritable_output() -> None:
    """Drop output that can't be written: Python would complain of it once more at its exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
