"""The architecture holds: layers, imports, sizes, the public names, types and style."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import grimp
import pytest

import credlabel

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
OURS = ("credlabel", "credlabel_plugins")
MODULES = sorted(
    path.relative_to(REPOSITORY)
    for folder in ("credlabel", "plugins")
    for path in (REPOSITORY / folder).rglob("*.py")
)
MAX_LINES, MAX_LINES_UNEXPLAINED = 600, 400


def run(*command, **options):
    return subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False, **options
    )


def tool(name):
    return str(Path(sys.executable).with_name(name))


# ---------------------------------------------------------------------------- who imports what


def test_every_import_contract_is_kept():
    done = run(tool("lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ('    "origin",\n', "", "credlabel.origin"),  # exhaustive: a module that is not listed
        (
            '    "label | probe | verify",\n    "imprint",\n',
            '    "imprint",\n    "label | probe | verify",\n',
            "credlabel.imprint",
        ),
        ('allowed_importers = ["credlabel.credentials"]', "allowed_importers = []", "c2pa"),
        (
            '"credlabel.cli", "credlabel_plugins.reporters"',
            '"credlabel_plugins.reporters"',
            "click",
        ),
    ],
)
def test_a_contract_that_is_broken_is_noticed(tmp_path, was, becomes, complaint):
    text = (REPOSITORY / "pyproject.toml").read_text()
    assert was in text
    config = tmp_path / "pyproject.toml"
    config.write_text(text.replace(was, becomes))
    done = run(tool("lint-imports"), "--no-cache", "--config", str(config))
    assert done.returncode == 1
    assert complaint in done.stdout


def test_every_library_has_a_contract_and_is_declared():
    graph = grimp.build_graph(
        *OURS, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    used = {
        imported
        for module in graph.modules
        if module.partition(".")[0] == "credlabel"
        for imported in graph.find_modules_directly_imported_by(module)
        if graph.is_module_squashed(imported) and imported not in sys.stdlib_module_names
    }
    protected = {
        module
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    }
    assert used
    assert used <= protected
    requires = {line.partition(">")[0].strip() for line in PROJECT["project"]["dependencies"]}
    providers = metadata.packages_distributions()
    for library in protected:
        assert requires & {name.lower() for name in providers[library]}, library


def test_plugins_know_only_the_seam_and_what_lies_below_it():
    graph = grimp.build_graph(*OURS, exclude_type_checking_imports=True, cache_dir=None)
    known = {
        imported.removeprefix("credlabel.")
        for module in graph.modules
        if module.partition(".")[0] == "credlabel_plugins"
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.partition(".")[0] == "credlabel"
    }
    assert known <= {
        "certificates",
        "compliance",
        "errors",
        "exemptions",
        "files",
        "hookspecs",
        "model",
        "profile",
        "terms",
        "triage",
    }


def test_the_core_never_names_a_bundled_plugin():
    for path in (REPOSITORY / "credlabel").rglob("*.py"):
        assert "credlabel_plugins" not in path.read_text(), path


# ---------------------------------------------------------------------------- the modules


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_module_is_too_long(path):
    text = (REPOSITORY / path).read_text()
    count = len(text.splitlines())
    assert count <= MAX_LINES
    if count > MAX_LINES_UNEXPLAINED:
        words = (ast.get_docstring(ast.parse(text)) or "").replace(",", " ").split()
        assert {"long", "lines"} & set(words), "its docstring does not say why it is so long"


def prints(path):
    """Return the lines of a module on which something is printed."""
    found = []
    for node in ast.walk(ast.parse((REPOSITORY / path).read_text())):
        called = node.func if isinstance(node, ast.Call) else None
        is_print = isinstance(called, ast.Name) and called.id == "print"
        is_stdout = isinstance(node, ast.Attribute) and node.attr in ("stdout", "__stdout__")
        if is_print or is_stdout:
            found.append(node.lineno)
    return found


def test_nothing_is_printed_outside_the_command_line():
    assert len(MODULES) > 40
    printing = [path for path in MODULES if prints(path)]
    assert [path for path in printing if path.parts[:2] != ("credlabel", "cli")] == []
    assert printing  # the command line does


@pytest.mark.parametrize("folder", ["credlabel", "plugins"])
def test_both_packages_say_that_they_are_typed(folder):
    assert (REPOSITORY / folder / "py.typed").is_file()
    package = {"plugins": "credlabel_plugins"}.get(folder, folder)
    assert PROJECT["tool"]["setuptools"]["package-data"][package] == ["py.typed"]


def test_every_package_and_plugin_is_declared():
    setuptools = PROJECT["tool"]["setuptools"]
    folders = {str(path.parent) for path in MODULES}
    packages = {folder.replace("/", ".") for folder in folders}
    names = {
        "credlabel_plugins" + package.removeprefix("plugins")
        if package.partition(".")[0] == "plugins"
        else package
        for package in packages
    }
    assert names == set(setuptools["packages"])
    plugins = {
        path.with_suffix("").as_posix().replace("/", ".").removeprefix("plugins.")
        for path in MODULES
        if path.parts[0] == "plugins" and not path.name.startswith("_")
    }
    declared = PROJECT["project"]["entry-points"]["credlabel"]
    assert {name: f"credlabel_plugins.{name}" for name in plugins} == declared


# ---------------------------------------------------------------------------- the public names


def test_the_public_names_are_sorted_and_those_of_the_table():
    assert list(credlabel.__all__) == sorted(credlabel.__all__)
    assert set(credlabel.__all__) == set(credlabel._HOME_OF) | {"__version__"}
    assert dir(credlabel) == list(credlabel.__all__)


def test_type_checkers_see_the_names_where_the_table_has_them():
    tree = ast.parse((REPOSITORY / "credlabel" / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module.removeprefix("credlabel.")
        for node in block.body
        for alias in node.names
    }
    assert seen == credlabel._HOME_OF


@pytest.mark.parametrize("name", credlabel.__all__)
def test_every_public_name_is_there_and_described(name):
    value = getattr(credlabel, name)
    assert isinstance(value, str) or value.__doc__


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'Lable'"):
        credlabel.Lable  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import credlabel", set()),
        ("import credlabel; credlabel.__version__, dir(credlabel)", set()),
        ("import credlabel.hookspecs", set()),
        ("import credlabel; credlabel.Provenance", {"msgspec"}),
        ("import credlabel; credlabel.Labeller", {"c2pa", "msgspec"}),
    ],
)
def test_what_is_not_needed_is_not_loaded(statement, loaded):
    heavy = {"c2pa", "PIL", "msgspec", "click", "rich", "cryptography", "watchdog", "pypdf"}
    code = f"import sys; {statement}; print(*sorted({heavy} & set(sys.modules)))"
    done = run(sys.executable, "-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == loaded


# ---------------------------------------------------------------------------- style


def test_types_are_right():
    done = run(tool("mypy"), "--no-error-summary")
    assert done.returncode == 0, done.stdout


def test_style_is_right():
    done = run(tool("ruff"), "check", "--output-format", "concise")
    assert done.returncode == 0, done.stdout


def test_layout_is_right():
    done = run(tool("ruff"), "format", "--check")
    assert done.returncode == 0, done.stdout
