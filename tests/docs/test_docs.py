"""``docs/`` is complete and up to date."""

import importlib.util
import inspect
import re
import tomllib
from importlib.metadata import metadata

import click
import pytest

from credlabel import errors, hookspecs
from credlabel.cli import COMMANDS, cli


@pytest.fixture(scope="session")
def build(root):
    spec = importlib.util.spec_from_file_location("docs_build", root / "docs" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_generated_is_up_to_date(build):
    for path, text in build.outputs().items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale: run 'make docs'"


def test_the_builder_writes_what_is_stale(build, monkeypatch, tmp_path, capsys):
    (tmp_path / "architecture.md").write_text(f"before\n{build.BEGIN}old\n{build.END}after\n")
    monkeypatch.setattr(build, "DOCS", tmp_path)
    monkeypatch.setattr(build, "ROOT", build.ROOT)
    text = build.outputs()[tmp_path / "architecture.md"]
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| `errors` | Every exception credlabel raises" in text


def test_every_command_and_option_is_in_commands(docs):
    page = docs["commands.md"]
    context = click.Context(cli)

    def check(command, path):
        assert f"## credlabel {path}\n" in page
        if isinstance(command, click.Group):
            for name, below in command.commands.items():
                check(below, f"{path} {name}")
            return
        section = page.partition(f"## credlabel {path}\n")[2].partition("\n## ")[0]
        for param in command.params:
            if isinstance(param, click.Option):
                for option in param.opts:
                    assert f"`{option}" in section, (path, option)
                assert param.help in section, (path, param.name)

    for name in COMMANDS:
        check(cli.get_command(context, name), name)


def hooks():
    return [name for name in vars(hookspecs) if name.startswith("credlabel_")]


@pytest.mark.parametrize("name", hooks())
def test_every_hook_is_explained_with_its_signature(docs, name):
    page = docs["plugins.md"]
    parameters = inspect.signature(getattr(hookspecs, name)).parameters
    (heading,) = re.findall(rf"^## {name}\((.*)\) → .+$", page, re.MULTILINE)
    assert [part.partition(":")[0].strip() for part in heading.split(",") if part] == [*parameters]
    assert f"| `{name}` |" in page


def test_every_protocol_method_of_a_provider_is_named(docs):
    page = docs["plugins.md"]
    for name, kind in vars(hookspecs).items():
        if not (inspect.isclass(kind) and getattr(kind, "_is_protocol", False)):
            continue
        if kind.__module__ != hookspecs.__name__:
            continue
        for member in vars(kind):
            if not member.startswith("_"):
                assert member in page, (name, member)


def test_the_python_blocks_of_the_plugin_page_compile_and_their_providers_pass(docs):
    """Every class in the page's examples that looks like a provider is one."""
    namespace = {"MyDetector": object, "VaultSigner": object}
    for block in docs["plugins.md"].blocks("python"):
        exec(compile(block, "plugins.md", "exec"), namespace)
    assert isinstance(namespace["Exmp"](), hookspecs.Format)
    assert isinstance(namespace["VaultSigners"](), hookspecs.SignerProvider)
    assert isinstance(namespace["NotTampered"](), hookspecs.Policy)
    assert isinstance(namespace["Names"](), hookspecs.Reporter)
    group = click.Group()
    namespace["credlabel_commands"](group)
    assert list(group.commands) == ["hello"]


def error_classes():
    return sorted(
        (name, kind)
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.CredlabelError)
    )


@pytest.mark.parametrize(("name", "kind"), error_classes())
def test_every_error_is_in_the_tree_with_its_code(docs, name, kind):
    (line,) = re.findall(
        rf"^.*\b{name}\b.*$", docs["architecture.md"].blocks("text")[0], re.MULTILINE
    )
    assert name in errors.__doc__
    if kind.__bases__[0] in (errors.CredlabelError, Exception):
        assert re.search(rf" {int(kind.exit_code)} ", line)


def test_every_run_time_dependency_is_explained_with_its_licence(docs, root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    rows = {
        row.split(" | ")[0].strip("| ").lower(): row.split(" | ")
        for row in docs["dependencies.md"].splitlines()
        if row.startswith("| ")
    }
    names = {re.split(r"[<>=\[]", text)[0] for text in project["dependencies"]}
    assert rows.keys() - {"library"} == names
    for name in names:
        about = metadata(name)
        licence = about.get("License-Expression") or about.get("License")
        said = rows[name][2]
        assert {part.strip() for part in re.split(r"\bor\b|\bOR\b", licence)} == {
            part.strip() for part in said.split(" or ")
        }, name


def test_the_layers_are_the_enforced_ones(docs, root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["id"] == "layers")
    shown = re.findall(r"^\| (\d+) \| `(\w+)` \|", docs["architecture.md"], re.MULTILINE)
    assert {name for _, name in shown} == {name for row in layers for name in row.split(" | ")}
    order = {name: int(number) for number, name in shown}
    assert order["cli"] > order["watch"] > order["label"] > order["scan"] > order["errors"]
