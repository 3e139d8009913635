"""The command line as a whole: help, exit codes, terminals, and what every command has."""

import re
from importlib.metadata import EntryPoint, entry_points

import click
import pytest

import credlabel
from credlabel.cli import COMMANDS, DEBUG_VARIABLE, run
from credlabel.cli import cli as root
from credlabel.errors import ExitCode


def every_command(command=root, path=()):
    """Yield each command and group with the words that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from every_command(command.get_command(context, name), (*path, name))


ALL = {" ".join(path): command for path, command in every_command()}
PLAIN = {name: each for name, each in ALL.items() if not isinstance(each, click.Group)}
IN_SCHEMA_OR_SHELL = {"schema", "completion", "demo"}


def test_the_commands_are_those_of_the_contract():
    assert set(COMMANDS) == {
        *("label", "scan", "inspect", "verify", "coverage", "diff", "watch", "demo"),
        *("keys", "trust", "doctor", "plugins", "schema", "completion"),
    }
    assert {f"keys {name}" for name in ("init", "add", "list", "show")} <= PLAIN.keys()
    assert {f"trust {name}" for name in ("list", "add", "remove")} <= PLAIN.keys()


OPTIONS = {
    "label": "--out -o --in-place --force --on-existing --record-prompts --provenance "
    "--source-type --provider --system --system-version --model --prompt --prompt-file "
    "--simulator --source --filter --review --signer --timestamp --jobs --json --config",
    "scan": "--format -o --output --json --digest --fetch-remote --trust --trust-bundle "
    "--trust-timestamps --jobs --config",
    "inspect": "--fetch-remote --trust --trust-bundle --trust-timestamps --json --config",
    "verify": "--policy --profile --role --as-of --placed-on-market --monthly-users --signatory "
    "--exempt --clauses --fetch-remote --trust --trust-bundle --trust-timestamps --json --config",
    "coverage": "--profile --role --as-of --placed-on-market --monthly-users --signatory --exempt "
    "--list --json --csv -o --output --fetch-remote --trust --trust-bundle --trust-timestamps "
    "--jobs --config",
    "diff": "--fetch-remote --trust --trust-bundle --trust-timestamps --jobs --json --config",
    "watch": "--quarantine --once --provenance --system --model --signer --json --config",
    "demo": "--into",
    "doctor": "--signer --timestamp --json --config",
    "plugins": "--json --config",
    "keys init": "--name --algorithm",
    "trust add": "--purpose --source",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_options_of_the_contract_are_there(name):
    there = {option for parameter in ALL[name].params for option in parameter.opts}
    assert set(OPTIONS[name].split()) <= there


@pytest.mark.parametrize("name", ALL, ids=lambda name: name or "credlabel")
def test_help_reads_well_at_80_columns(cli, name):
    done = cli(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"Usage: credlabel {name}".strip())
    assert "\b" not in done.out
    assert not re.search(r"[a-z,:]\.\.\.$|…", done.out, re.MULTILINE), "a text is cut off"
    assert not [line for line in lines if line != line.rstrip()], "blanks at the end of a line"
    assert "-h" in ALL[name].context_settings.get("help_option_names", []) or (
        cli(*name.split(), "-h").out == done.out
    )


@pytest.mark.parametrize("name", PLAIN)
def test_every_option_and_command_is_explained(name):
    command = PLAIN[name]
    assert command.help
    assert command.get_short_help_str(80).endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith((".", "?")), parameter.name


@pytest.mark.parametrize("name", sorted(set(PLAIN) - IN_SCHEMA_OR_SHELL))
def test_json_is_everywhere(name):
    assert "--json" in {option for parameter in PLAIN[name].params for option in parameter.opts}


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "command",
    [
        *("keys list", "keys show development", "trust list", "doctor", "plugins"),
        *("schema report", "schema receipt", "schema provenance"),
    ],
)
def test_json_is_json_and_nothing_else(cli, command):
    done = cli(*command.split(), *(() if command.startswith("schema") else ("--json",)))
    assert (done.code, done.err) == (0, "")
    assert done.json is not None


def test_the_version_is_told(cli):
    assert cli("--version").out == f"credlabel {credlabel.__version__}\n"


def test_no_command_shows_the_help(cli):
    done = cli()
    assert done.code == 2
    for name in COMMANDS:
        assert re.search(rf"^  {name}  +[A-Z]", done.err, re.MULTILINE)


def test_the_program_is_installed_under_its_name():
    (point,) = entry_points(group="console_scripts", name="credlabel")
    assert isinstance(point, EntryPoint)
    assert point.value == "credlabel.cli:main"


# ---------------------------------------------------------------------------- bugs


def test_a_bug_is_admitted_without_a_trace(capfd, monkeypatch, workplace):
    monkeypatch.setattr("credlabel.cli.session.Session.keys", property(lambda _: 1 / 0))
    assert run(["keys", "list"]) == ExitCode.BUG
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Error: This is a bug in credlabel: ZeroDivisionError: division by zero",
        "Please report it. CREDLABEL_DEBUG=1 shows where it happened.",
    ]
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    with pytest.raises(ZeroDivisionError):
        run(["keys", "list"])


def test_a_fault_of_the_system_is_no_bug(cli, monkeypatch):
    def fail(_):
        raise OSError(5, "Input/output error", "/the/disk")

    monkeypatch.setattr("credlabel.cli.session.Session.keys", property(fail))
    done = cli("keys", "list")
    assert done.code == ExitCode.STORE
    assert done.err == "Error: The system is at fault: /the/disk: Input/output error.\n"


# ---------------------------------------------------------------------------- terminals

ESCAPE = "\x1b["


@pytest.mark.slow
def test_colour_is_for_terminals_only(terminal, program, labelled):
    for command in (["scan", labelled], ["verify", labelled], ["inspect", labelled / "hills.png"]):
        assert ESCAPE in terminal(*command).out
        assert ESCAPE not in program(*command).out
    seen = terminal("verify", "nowhere", "--policy", "nope").out
    assert "\x1b[31m" in seen
    assert ESCAPE not in program("verify", "nowhere", "--policy", "nope").err


@pytest.mark.slow
def test_progress_is_for_terminals_only_and_for_long_work(terminal, program, samples, workplace):
    (workplace / "src").mkdir()
    for number in range(25):
        (workplace / "src" / f"{number:02}.jpg").write_bytes(samples["hills.jpg"].read_bytes())
    with (workplace / "report.txt").open("wb") as report:
        seen = terminal("scan", "src", stdout=report)
    assert "scanning" in seen.out
    assert ESCAPE not in (workplace / "report.txt").read_text()
    assert "25 files" in (workplace / "report.txt").read_text()
    assert "scanning" in terminal("scan", "src").out
    done = program("scan", "src")
    assert "scanning" not in done.out + done.err
    assert "scanning" not in terminal("scan", "src/01.jpg").out


# ---------------------------------------------------------------------------- plugins' commands


def test_a_command_that_nobody_has_is_told(cli):
    done = cli("lable", "x.png")
    assert done.code == 2
    assert "No such command 'lable'" in done.err


def test_the_names_of_commands_need_no_work(program):
    """``--version`` loads neither c2pa nor the plugins."""
    import subprocess
    import sys

    code = (
        "import sys; from credlabel.cli import run; run(['--version']); "
        "print(sorted({'c2pa', 'PIL', 'pluggy', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
