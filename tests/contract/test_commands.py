"""What a plugin that adds commands owes: it adds them, each explained, and does nothing else."""

from __future__ import annotations

import click
import credlabel_example
import pytest
from click.testing import CliRunner
from contracts import registry

from credlabel.cli import COMMANDS

ADDERS = [
    pytest.param(impl.function, id=impl.plugin_name)
    for impl in registry()._host.implementations("credlabel_commands")
]


def adds_commands(hook, capfd):
    """It adds at least one command, explained throughout, and prints nothing."""
    groups = []
    for _ in range(2):  # help is asked for more than once
        group = click.Group("credlabel")
        hook(cli=group)
        groups.append(group)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert list(groups[0].commands) == list(groups[1].commands)
    assert groups[0].commands
    assert groups[0].params == click.Group("credlabel").params
    assert not set(groups[0].commands) & set(COMMANDS)
    for name, command in groups[0].commands.items():
        assert name == name.lower()
        assert command.get_short_help_str()
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, parameter.name
        done = CliRunner().invoke(groups[0], [name, "--help"])
        assert done.exit_code == 0
        done = CliRunner().invoke(groups[0], [name, "--no-such-option"])
        assert done.exit_code == 2


def test_there_is_somebody_to_hold_to_it():
    assert [each.id for each in ADDERS] >= ["example"]


@pytest.mark.parametrize("hook", ADDERS)
def test_every_plugin_s_commands_are_in_order(hook, capfd):
    adds_commands(hook, capfd)


def test_the_example_s_command_works(tmp_path):
    group = click.Group()
    credlabel_example.credlabel_commands(cli=group)
    done = CliRunner().invoke(group, ["example", str(tmp_path / "a.exmp"), "--maker", "M"])
    assert (done.exit_code, done.output) == (0, "An EXMP file, made by M.\n")
    assert (tmp_path / "a.exmp").read_bytes() == credlabel_example.build("M")


# ---------------------------------------------------------------------------- it can fail


def fine(cli):
    cli.add_command(click.Command("fine", help="Do what is fine."))


def nothing(cli):
    pass


def chatty(cli):
    fine(cli)
    click.echo("hello from my plugin")


def unexplained(cli):
    cli.add_command(click.Command("unexplained"))


def unexplained_option(cli):
    option = click.Option(["--level"])
    cli.add_command(click.Command("fine", help="Do what is fine.", params=[option]))


def greedy(cli):
    cli.add_command(click.Command("scan", help="Do it better."))


def meddling(cli):
    fine(cli)
    cli.params.append(click.Option(["--mine"], help="Change every command."))


def test_a_good_one_passes(capfd):
    adds_commands(fine, capfd)


@pytest.mark.parametrize(
    "bad", [nothing, chatty, unexplained, unexplained_option, greedy, meddling]
)
def test_a_bad_one_is_noticed(bad, capfd):
    with pytest.raises(AssertionError):
        adds_commands(bad, capfd)
