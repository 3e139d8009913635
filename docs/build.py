"""Write what is generated in ``docs/``: all of ``commands.md``, the layers in ``architecture.md``.

    make docs

The text of ``commands.md`` is the commands' own help, so that nothing is said twice.
"""

# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import ast
import inspect
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from credlabel.cli import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
BEGIN: Final = "<!-- layers: written by docs/build.py -->\n"
END: Final = "<!-- end of layers -->\n"


def main() -> None:
    """Write every generated text that is not up to date."""
    for path, text in outputs().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")  # noqa: T201 - a script


def outputs() -> dict[Path, str]:
    """Return what each generated file has to hold."""
    architecture = DOCS / "architecture.md"
    before, _, rest = architecture.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return {
        DOCS / "commands.md": "\n".join(commands()) + "\n",
        architecture: before + BEGIN + "\n".join(layers()) + "\n" + END + after,
    }


# ---------------------------------------------------------------------------- commands


def commands() -> Iterator[str]:
    """Yield the lines of ``commands.md``."""
    yield "# Commands"
    yield ""
    yield "Written by `make docs` from the commands themselves: `credlabel COMMAND --help` says"
    yield "the same. Plugins may add commands of their own. Exit codes are in the README."
    context = click.Context(cli, info_name="credlabel")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            yield from _command(command, context, name)


def _command(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield ""
    yield f"## {context.command_path}"
    yield ""
    yield from _prose(command.help or "")
    if isinstance(command, click.Group):
        for below in sorted(command.commands):
            yield from _command(command.commands[below], context, below)
        return
    arguments = [_argument(p) for p in command.params if isinstance(p, click.Argument)]
    yield ""
    yield "```console"
    yield " ".join([f"$ {context.command_path}", "[OPTIONS]", *arguments])
    yield "```"
    options = [p for p in command.params if isinstance(p, click.Option)]
    if options:
        yield ""
        yield from map(_option, options)
    examples, notes = _epilog(command.epilog or "")
    if examples:
        yield ""
        yield "```console"
        yield from (f"$ {line}" for line in examples)
        yield "```"
    if notes:
        yield ""
        yield notes


def _prose(text: str) -> Iterator[str]:
    r"""Yield help as Markdown: a paragraph that click leaves as it is (``\b``) is a block."""
    for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
        if number:
            yield ""
        if paragraph.startswith("\b"):
            yield "```text"
            yield from paragraph.splitlines()[1:]
            yield "```"
        else:
            yield from paragraph.splitlines()


def _epilog(text: str) -> tuple[list[str], str]:
    """Return the examples and the remarks of an epilog."""
    examples = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("  ", "\b", "Example")) and line.strip()
    ]
    return examples, "\n".join(kept)


def _argument(argument: click.Argument) -> str:
    if isinstance(argument.type, click.Choice):
        return "{" + "|".join(map(str, argument.type.choices)) + "}"
    name = (argument.name or "").upper()
    name = f"{name}..." if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _option(option: click.Option) -> str:
    value = ""
    if not option.is_flag:
        value = " " + (option.metavar or _kind(option.type))
    more = ""
    if option.multiple and "repeated" not in (option.help or ""):
        more = " May be repeated."
    if option.show_default:
        more += f" Default: `{option.default}`."
    names = ", ".join(f"`{name}{value}`" for name in option.opts)
    return f"- {names}: {option.help}{more}"


def _kind(kind: click.ParamType) -> str:
    if isinstance(kind, click.Choice):
        return "[" + "|".join(map(str, kind.choices)) + "]"
    if isinstance(kind, click.Path):
        return "FILE" if not kind.dir_okay else "DIR" if not kind.file_okay else "PATH"
    return "NUMBER" if isinstance(kind, click.IntRange | click.FloatRange) else "TEXT"


# ---------------------------------------------------------------------------- layers


def layers() -> Iterator[str]:
    """Yield the table of the core's layers, as import-linter enforces them, lowest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    enforced = next(each["layers"] for each in contracts if each["id"] == "layers")
    yield "| layer | module | what it is |"
    yield "|---|---|---|"
    for number, layer in enumerate(reversed(enforced)):
        for name in sorted(layer.split(" | ")):
            yield f"| {number} | `{name}` | {_first_line(name)} |"


def _first_line(module: str) -> str:
    path = ROOT / "credlabel" / f"{module}.py"
    if not path.exists():
        path = ROOT / "credlabel" / module / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.partition("\n")[0].replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    main()
