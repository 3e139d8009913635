"""The README does what it says: every block runs, parses, or names what is there."""

import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

import credlabel
from credlabel.cli import COMMANDS, cli
from credlabel.config import Config
from credlabel.errors import ExitCode
from credlabel.exemptions import Declaration
from credlabel.model import Provenance


@pytest.fixture
def workplace(tmp_path, monkeypatch, samples, readme, root):
    """A folder with what the README's examples work on."""
    (tmp_path / "renders" / "sub").mkdir(parents=True)
    shutil.copyfile(samples["hills.png"], tmp_path / "sunset.png")
    shutil.copyfile(samples["hills.jpg"], tmp_path / "renders" / "one.jpg")
    shutil.copyfile(samples["hills.txt"], tmp_path / "renders" / "sub" / "two.txt")
    shutil.copyfile(samples["hills.txt"], tmp_path / "report.txt")
    shutil.copytree(root / "samples" / "documents", tmp_path / "samples" / "documents")
    (record,) = [block for block in readme.blocks("toml") if block.startswith("# record.toml")]
    (tmp_path / "record.toml").write_text(record)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def credlabel_on_path(tmp_path_factory, monkeypatch):
    """``credlabel`` as a command of the shell, from this environment."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "credlabel"
    program.write_text(f"#!{sys.executable}\nfrom credlabel.cli import main\nmain()\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.mark.enable_socket  # doctor listens on loopback, to see whether anything is fetched
@pytest.mark.parametrize(
    "is_home_named", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["named", "default"]
)
def test_the_shell_blocks_run_in_order(
    readme, workplace, fresh_home, credlabel_on_path, monkeypatch, is_home_named
):
    if not is_home_named:
        monkeypatch.delenv("CREDLABEL_HOME")
        monkeypatch.setenv("HOME", str(fresh_home.parent))
        monkeypatch.setenv("XDG_DATA_HOME", str(fresh_home.parent))
    blocks = readme.blocks("sh")
    assert len(blocks) >= 6
    for block in blocks:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (workplace / "labelled" / "sunset.png").exists()
    assert (workplace / "archive" / "sub" / "two.txt.c2pa").exists()
    assert (workplace / "report.jsonl").exists()
    assert (fresh_home / "keys" / "studio" / "ca.pem").exists()


def test_the_python_blocks_run(readme, workplace, fresh_home, capsys):
    blocks = readme.blocks("python")
    assert blocks
    for number, block in enumerate(blocks):
        script = workplace / f"block{number}.py"
        script.write_text(block)
        runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out
    for promised in re.findall(r"^print\(.*\)  # (.*)$", "\n".join(blocks), re.MULTILINE):
        assert promised in printed


def test_the_record_is_a_record_and_fills_every_list_of_it(readme):
    (text,) = [block for block in readme.blocks("toml") if block.startswith("# record.toml")]
    record = msgspec.convert(tomllib.loads(text), Provenance)
    said = {
        field.name
        for field in msgspec.structs.fields(Provenance)
        if getattr(record, field.name) != field.default
    }
    assert said == {field.name for field in msgspec.structs.fields(Provenance)} - {"created"}


def defaults(kind):
    """Return the sections and keys of a configuration type, with their defaults."""
    found = {}
    for field in msgspec.structs.fields(kind):
        value = field.default
        if value is msgspec.NODEFAULT:
            value = field.default_factory()
        found[field.name] = value
    return found


def test_the_configuration_lists_exactly_every_key_with_its_default(readme):
    (text,) = [block for block in readme.blocks("toml") if block.startswith("# credlabel.toml")]
    shown = tomllib.loads(text)
    msgspec.convert(shown, Config)
    commented = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    (exemption,) = shown["exemptions"]
    assert exemption.keys() == set(Declaration.__struct_fields__)
    for section, default in defaults(Config).items():
        if section == "exemptions":  # there are none; the example is above
            continue
        keys = defaults(type(default))
        if section == "provenance":
            assert shown[section].keys() <= keys.keys()
            continue
        left_out = {key for key, value in keys.items() if value is None}
        assert left_out <= commented, f"[{section}]: keys without a default are shown commented"
        assert shown[section].keys() == keys.keys() - left_out, section
        for key, value in shown[section].items():
            assert value == msgspec.json.decode(msgspec.json.encode(keys[key])), (section, key)
    assert shown.keys() == defaults(Config).keys()


def test_other_toml_is_a_record_or_a_configuration(readme, docs):
    for page in (readme, *docs.values()):
        for block in page.blocks("toml"):
            data = tomllib.loads(block)
            if "project" not in data:
                kind = Provenance if "source_type" in data else Config
                msgspec.convert(data, kind)


def test_console_blocks_name_commands_and_targets_that_exist(readme, docs, root):
    targets = set(re.findall(r"^([a-z][\w-]*):", (root / "Makefile").read_text(), re.MULTILINE))
    context = click.Context(cli)
    lines = [
        line.removeprefix("$ ").split()
        for page in (readme, *docs.values())
        for block in page.blocks("console")
        for line in block.splitlines()
    ]
    assert lines
    for line in lines:
        match line:
            case ["make", target]:
                assert target in targets
            case ["credlabel", name, *rest]:
                command = cli.get_command(context, name)
                assert command is not None, name
                while isinstance(command, click.Group):
                    command = command.commands[rest.pop(0)]
                known = {option for param in command.params for option in param.opts}
                assert {word for word in rest if word.startswith("-")} <= known
            case ["eval", start, *_]:
                assert start == '"$(credlabel'
            case [".", script]:
                assert script == ".venv/bin/activate"
            case _:
                pytest.fail(f"unknown: {line}")


def test_words_in_backticks_that_look_like_options_exist(readme):
    known = {"--help", "--version"}
    context = click.Context(cli)

    def collect(command):
        known.update(option for param in command.params for option in param.opts)
        for below in getattr(command, "commands", {}).values():
            collect(below)

    for name in COMMANDS:
        collect(cli.get_command(context, name))
    for code in re.findall(r"`([^`\n]+)`", readme):
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)) <= known, code


def test_every_exit_code_is_explained(readme):
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", readme, re.MULTILINE))
    assert {int(code) for code in table} == set(ExitCode)


def test_every_environment_variable_is_mentioned(readme, root):
    used = set()
    for folder in ("credlabel", "plugins"):
        for path in (root / folder).rglob("*.py"):
            used |= set(re.findall(r"\bCREDLABEL_[A-Z_]+\b", path.read_text("utf-8")))
    assert len(used) >= 4
    for name in used:
        assert name in readme, name


def test_every_verdict_value_is_listed(readme):
    from credlabel.model import Integrity, Layer, Origin, Trust

    rows = dict(
        re.findall(r"^\| (origin|integrity|trust|marks) \| (.+) \|$", readme, re.MULTILINE)
    )
    for axis, kind in (("origin", Origin), ("integrity", Integrity), ("trust", Trust)):
        assert rows[axis].split(", ") == [value.value for value in kind]
    assert rows["marks"].split(", ") == [layer.value for layer in Layer]


def test_links_resolve(readme, docs, root):
    for base, page in ((root, readme), *((root / "docs", page) for page in docs.values())):
        for target in re.findall(r"\]\(([^)]+)\)", page):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            assert (base / path).exists(), target
            if anchor:
                text = (base / path).read_text() if path else page
                headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
                assert anchor in {
                    re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings
                }


def test_files_named_in_the_text_are_there(readme, docs, root):
    for page in (readme, *docs.values()):
        for name in re.findall(r"`((?:credlabel|plugins|samples|tests|docs)/[\w./-]*)`", page):
            assert (root / name).exists(), name


def test_the_version_of_the_library_is_the_one_that_is_meant(readme):
    from importlib.metadata import version

    assert f"c2pa-python {version('c2pa-python')}" in readme


def test_lines_are_short(readme, docs):
    for name, page in {"README.md": readme, **docs}.items():
        if name == "commands.md":  # generated
            continue
        for line in page.splitlines():
            assert len(line) <= 100 or line.startswith("|"), f"{name}: {line}"


def test_nothing_says_where_or_with_what_it_was_written(readme, docs, root):
    pages = [readme, *docs.values(), (root / "CHANGELOG.md").read_text()]
    pages += [path.read_text() for path in (root / "samples").glob("**/*.md")]
    for page in pages:
        assert not re.search(r"/work/|/tmp/v\b|\bissues? (show|\d)|helper|session\b", page)


def test_the_public_names_are_sorted_and_there():
    assert list(credlabel.__all__) == sorted(credlabel.__all__)
    for name in credlabel.__all__:
        assert getattr(credlabel, name) is not None
    assert Path(credlabel.__file__).with_name("py.typed").exists()
