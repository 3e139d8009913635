"""The options that say how content came to be, shared by ``label`` and ``watch``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from credlabel import terms
from credlabel.cli.session import FILE
from credlabel.config import read_toml
from credlabel.errors import ConfigError
from credlabel.files import show
from credlabel.model import (
    Filter,
    Model,
    Prompt,
    Provenance,
    Review,
    Simulator,
    SourceReference,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--provenance",
        "provenance_file",
        type=FILE,
        help="Say what this record in TOML or JSON says; the options below win over it.",
    ),
    click.option(
        "--source-type",
        metavar="CODE|URI",
        help="Digital source type, as an IPTC code or URI; trainedAlgorithmicMedia if not said.",
    ),
    click.option("--provider", help="Who runs the system that generated the content."),
    click.option("--system", help="The system that generated the content."),
    click.option("--system-version", help="Its version."),
    click.option(
        "--model",
        "models",
        multiple=True,
        metavar="NAME[@VERSION]",
        help="A model that took part.",
    ),
    click.option("--prompt", "prompts", multiple=True, help="A prompt; recorded as its digest."),
    click.option(
        "--prompt-file",
        "prompt_files",
        multiple=True,
        type=FILE,
        help="A file with a prompt; - is standard input.",
    ),
    click.option(
        "--simulator", "simulators", multiple=True, metavar="NAME[@VERSION]", help="A simulator."
    ),
    click.option(
        "--source", "sources", multiple=True, metavar="NAME|URI", help="Source data that went in."
    ),
    click.option(
        "--filter", "filters", multiple=True, metavar="NAME[@VERSION]", help="A filter applied."
    ),
    click.option(
        "--review", "reviews", multiple=True, metavar="WHO[=OUTCOME]", help="A human review."
    ),
)


def provenance_options(command: F) -> F:
    """Add the options that describe how content came to be; they arrive as ``**said``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def provenance_from(defaults: Provenance, said: dict[str, Any]) -> Provenance:
    """Return the record that the options say: flags over the file over the configuration.

    Raises:
        ConfigError: a file can't be used.
    """
    record = defaults
    if said["provenance_file"]:
        given = read_toml(said["provenance_file"], Provenance)
        record = _over(record, msgspec.structs.asdict(given))
    flags: dict[str, Any] = {
        name: said[name]
        for name in ("source_type", "provider", "system", "system_version")
        if said[name]
    }
    _check_source_type(flags.get("source_type") or record.source_type)
    flags["models"] = tuple(Model(name=n, version=v) for n, v in _split(said["models"], "@"))
    flags["prompts"] = (
        *(Prompt(text=text) for text in said["prompts"]),
        *(Prompt(text=_read(path)) for path in said["prompt_files"]),
    )
    flags["simulators"] = tuple(
        Simulator(name=n, version=v) for n, v in _split(said["simulators"], "@")
    )
    flags["sources"] = tuple(
        SourceReference(name=s, uri=s if "://" in s else "") for s in said["sources"]
    )
    flags["filters"] = tuple(Filter(name=n, version=v) for n, v in _split(said["filters"], "@"))
    flags["reviews"] = tuple(
        Review(reviewer=n, outcome=v) for n, v in _split(said["reviews"], "=")
    )
    return _over(record, flags)


def _check_source_type(value: str) -> None:
    """Refuse at once what would be refused for every file."""
    if value and terms.source_type_uri(value) is None:
        raise ConfigError(
            f"{show(value)!r} is no digital source type.",
            hint="Use a code such as trainedAlgorithmicMedia, or its full URI.",
        )


def _over(record: Provenance, said: dict[str, Any]) -> Provenance:
    """Return ``record`` with everything that ``said`` says; what it leaves empty stays."""
    return msgspec.structs.replace(record, **{k: v for k, v in said.items() if v})


def _split(values: tuple[str, ...], mark: str) -> list[tuple[str, str]]:
    pairs = []
    for value in values:
        if not value.strip(mark + " "):
            raise ConfigError(f"{show(value)!r} names nothing.")
        name, _, rest = value.rpartition(mark) if mark == "@" else value.partition(mark)
        if not name and mark == "@":  # a name that begins with @, and no version
            name, rest = value, ""
        pairs.append((name, rest))
    return pairs


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"The prompt file {show(path)} can't be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The prompt file {show(path)} is no text.", hint="It has to be UTF-8."
        ) from error
