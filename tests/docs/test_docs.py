"""``docs/`` is complete and up to date."""

import importlib.util
import inspect
import io
import re
import tomllib
from importlib.metadata import metadata

import click
import pytest
from cases import credential, iptc, report, trace, watermark

from credlabel import errors, hookspecs
from credlabel.cli import COMMANDS, cli
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.model import (
    Basis,
    Compliance,
    Origin,
    Provenance,
    Situation,
    Strength,
    Triage,
)
from credlabel.verdict import judge


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
    (tmp_path / "architecture.md").write_text(
        f"before\n{build.BEGIN}earlier text\n{build.END}after\n"
    )
    monkeypatch.setattr(build, "DOCS", tmp_path)
    monkeypatch.setattr(build, "ROOT", build.ROOT)
    text = build.outputs()[tmp_path / "architecture.md"]
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "earlier text" not in text
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
    assert isinstance(namespace["CommentedExmp"](), hookspecs.MetadataWriter)
    assert isinstance(namespace["MadeBy"](), hookspecs.MetadataMarker)
    assert isinstance(namespace["Slogan"](), hookspecs.Detector)
    assert isinstance(namespace["HouseRules"](), hookspecs.Profile)
    assert isinstance(namespace["VaultSigners"](), hookspecs.SignerProvider)
    assert isinstance(namespace["NotTampered"](), hookspecs.Policy)
    assert isinstance(namespace["Names"](), hookspecs.Reporter)
    group = click.Group()
    namespace["credlabel_commands"](group)
    assert list(group.commands) == ["hello"]
    check_writer(namespace["CommentedExmp"]())
    check_detector(namespace["Slogan"]())
    check_profile(namespace["HouseRules"]())
    asset = hookspecs.Asset("a.docx", "x/y", 1)
    fields = namespace["MadeBy"]().fields
    assert fields(asset, frozenset({"xmp"}), Provenance(system="Painter")) == {}
    assert fields(asset, frozenset({"ooxml:custom"}), Provenance(system="Painter")) == {
        "ooxml:custom:MadeBy": ("Painter",)
    }


def check_writer(form):
    plain = b"EXMP\0\0content PMXE"
    changes = {"exmp:comment": ("Maler & Söhne",)}
    assert form.read_metadata(io.BytesIO(plain)) == form.read_metadata(io.BytesIO(b"EXMP")) == {}
    assert form.writable_places("application/x-exmp") == {"exmp"}
    made = plain
    for _ in range(2):
        sink = io.BytesIO()
        form.write_metadata(io.BytesIO(made), sink, changes)
        made = sink.getvalue()
        assert form.read_metadata(sink) == changes
    sink = io.BytesIO()
    form.write_metadata(io.BytesIO(made), sink, {"exmp:comment": ()})
    assert sink.getvalue() == plain
    for bad in (
        {"exmp:other": ("a",)},
        {"exmp:comment": ("a", "b")},
        {"exmp:comment": ("\n",)},
        {"exmp:comment": ("a" * 70_000,)},
    ):
        with pytest.raises(errors.LabelError):
            form.write_metadata(io.BytesIO(plain), io.BytesIO(), bad)
    with pytest.raises(errors.AssetError):
        form.write_metadata(io.BytesIO(made[:-1]), io.BytesIO(), changes)


def check_detector(detector):
    told = {"pdf:Subject": ("Made by machines",), "pdf:Keywords": ("by hand",)}
    asset = hookspecs.Asset("a.pdf", "application/pdf", 1, read=lambda: told)
    (evidence,) = detector.detect(asset, io.BytesIO())
    assert (evidence.basis, len(evidence.details["conflicts"])) == (Basis.DECLARATION, 1)
    assert set(evidence.details["covers"]) <= {origin.value for origin in Origin}
    reading = CredentialReading(state=CredentialState.ABSENT)
    verdict = judge([evidence], reading)
    assert verdict.conflicts == tuple(evidence.details["conflicts"])
    assert verdict.triage == Triage.POSSIBLE
    assert not [*detector.detect(hookspecs.Asset("a", "text/plain", 1), io.BytesIO())]


def check_profile(profile):
    for found, outcome in (
        ([], Compliance.NOT_FOUND),
        ([iptc()], Compliance.COMPLIANT),
        ([trace()], Compliance.NOT_FOUND),
        ([credential()], Compliance.COMPLIANT),
        ([credential(is_sound=False)], Compliance.NOT_FOUND),
        ([watermark(strength=Strength.INFERRED)], Compliance.NOT_FOUND),
    ):
        (assessment,) = profile.assess(report(*found), Situation())
        assert assessment.compliance is outcome, found
        assert profile.decide(report(*found)).passed is (outcome is Compliance.COMPLIANT)


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
        for row in docs["dependencies.md"].partition("\n## ")[0].splitlines()
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
