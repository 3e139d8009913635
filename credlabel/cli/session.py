"""What a command needs from its surroundings: configuration, trust, a signer, secrets.

The options that several commands share are declared here, once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import click
import msgspec

from credlabel.cli import COMMANDS
from credlabel.config import Config, load_config
from credlabel.errors import ConfigError, CredlabelError, SecretRequiredError
from credlabel.files import show
from credlabel.home import Home
from credlabel.keys import DEVELOPMENT, KeyStore
from credlabel.labelling import check_wishes
from credlabel.plugins import PluginRegistry
from credlabel.scan import ScanSettings
from credlabel.sidecar import find_asset
from credlabel.trust import TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sized

    from click.shell_completion import CompletionItem

    from credlabel.credentials import TrustAnchors
    from credlabel.hookspecs import Signer
    from credlabel.labelling import LabelSettings
    from credlabel.loading import Plugin
    from credlabel.model import Provenance

F = TypeVar("F", bound="Callable[..., Any]")

SECRET_VARIABLE: Final = "CREDLABEL_SECRET"  # noqa: S105 - the name of a variable
SECRET_HINT: Final = f"Use a terminal, or set {SECRET_VARIABLE}."
_WORTH_SHARING: Final = 3
"""Fewer files than this are done before a second worker has started."""

# Whether a path can be read is found out by reading it: one bad path is no reason to stop.
EXISTING: Final = click.Path(readable=False, path_type=Path)
FILE: Final = click.Path(dir_okay=False, readable=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, readable=False, path_type=Path)


def find_home() -> Home:
    """Return the user's home for keys, trust and state.

    Raises:
        ConfigError: the user has none, as service accounts may, and the environment names none.
    """
    try:
        return Home.find(os.environ)
    except RuntimeError as error:
        raise ConfigError(
            "There is no home directory to keep keys and trust in.",
            hint="Set CREDLABEL_HOME to a directory of your own.",
        ) from error


def now() -> datetime:
    """Return the time, for everything that is handed a clock."""
    return datetime.now(UTC)


@dataclass
class Session:
    """One run of a command: its configuration and what follows from it."""

    config_file: Path | None = None
    home: Home = field(default_factory=find_home)

    @cached_property
    def config(self) -> Config:
        """The configuration in force."""
        return load_config(self.home, given=self.config_file)

    @cached_property
    def plugins(self) -> PluginRegistry:
        """Every plugin that is installed and not disabled."""
        return PluginRegistry.load(self.config.plugins)

    def known_plugins(self) -> tuple[Plugin, ...]:
        """Return every plugin, once each was asked for its commands: some are refused for them."""
        self.plugins.commands(stage=click.Group, reserved=frozenset(COMMANDS))
        return self.plugins.plugins

    @property
    def keys(self) -> KeyStore:
        """The user's signing keys."""
        return KeyStore(self.home, clock=now)

    @property
    def trust_store(self) -> TrustStore:
        """The user's trust bundles."""
        return TrustStore(self.home, clock=now)

    def anchors(
        self,
        *,
        bundles: tuple[str, ...] = (),
        files: tuple[Path, ...] = (),
        timestamp_files: tuple[Path, ...] = (),
    ) -> TrustAnchors:
        """Return whom to trust: what the options name, else what the configuration says."""
        section = self.config.trust
        extra = (*map(Path, section.files), *files)
        extra_timestamps = (*map(Path, section.timestamp_files), *timestamp_files)
        return self.trust_store.anchors(
            bundles or section.bundles, extra_files=extra, extra_timestamp_files=extra_timestamps
        )

    def scan_settings(self, trust: TrustAnchors, **changes: Any) -> ScanSettings:
        """Return how to scan: by the configuration, trusting ``trust``, with ``changes``."""
        return ScanSettings(trust=trust, plugins=self.config.plugins, **changes)

    # ------------------------------------------------------------------ signing

    def label_settings(self, record: Provenance, **changes: Any) -> LabelSettings:
        """Return how to label: as the configuration says, and the options where they speak.

        Raises:
            ConfigError, PluginError: nothing can be labelled so, or not with this record.
        """
        settings = msgspec.structs.replace(
            self.config.label,
            **{key: value for key, value in changes.items() if value not in (None, "")},
        )
        check_wishes(settings, self.plugins, record)
        return settings

    def signer_uri(self, given: str, timestamp: str) -> str:
        """Return the signer's URI: a key's name or URI, or else the development key's.

        The development key is made, with a notice, when it is needed for the first time.
        """
        wanted = given or self.config.signing.signer
        if ":" in wanted:
            uri = wanted
        elif wanted:
            uri = self.keys.get(wanted).uri
        else:
            is_new = not any(entry.name == DEVELOPMENT for entry in self.keys.entries())
            entry = self.keys.ensure_development()
            if is_new:
                click.echo(
                    f"Made a development key in {entry.directory}: fine for trying things out; "
                    "nobody else trusts it.",
                    err=True,
                )
            uri = entry.uri
        authority = timestamp or self.config.signing.timestamp
        if authority:
            uri += ("&" if "?" in uri else "?") + "timestamp=" + quote(authority, safe="")
        return uri

    def open_signer(self, uri: str) -> tuple[Signer, dict[str, str]]:
        """Return the signer and the secrets that opening it took, for the workers."""
        secrets: dict[str, str] = {}

        def ask(name: str, prompt: str) -> str | None:
            answer = self.secret(name, prompt)
            if answer is not None:
                secrets[name] = answer
            return answer

        try:
            return self.plugins.open_signer(uri, secrets=ask), secrets
        except SecretRequiredError as error:
            raise SecretRequiredError(str(error), hint=SECRET_HINT) from error

    def secret(self, name: str, prompt: str) -> str | None:
        """Return a passphrase: a plugin's answer, or the variable's, or a person's; or None."""
        answer = self.plugins.secret(name, prompt) or os.environ.get(SECRET_VARIABLE)
        if answer is None and sys.stdin.isatty():
            answer = str(click.prompt(prompt, hide_input=True, err=True))
        return answer


# ---------------------------------------------------------------------------- shared options


def config_option(command: F) -> F:
    """Add ``--config``."""
    return click.option(
        "--config", "config_file", type=FILE, help="Read this file instead of credlabel.toml."
    )(command)


def trust_options(command: F) -> F:
    """Add the options that say whom to trust."""
    for option in (
        click.option(
            "--trust-timestamps",
            "timestamp_files",
            type=FILE,
            multiple=True,
            help="Trust the time-stamp authorities in this PEM file, too.",
        ),
        click.option(
            "--trust-bundle",
            "bundles",
            multiple=True,
            metavar="NAME",
            help="Trust only this stored bundle; may be repeated. All of them if left out.",
        ),
        click.option(
            "--trust",
            "trust_files",
            type=FILE,
            multiple=True,
            help="Trust the issuers in this PEM file, too.",
        ),
    ):
        command = option(command)
    return command


def fetch_option(command: F) -> F:
    """Add ``--fetch-remote``."""
    return click.option(
        "--fetch-remote",
        "hosts",
        multiple=True,
        metavar="HOST",
        help="Fetch credentials kept elsewhere, from this host only. Off by default.",
    )(command)


def jobs_option(command: F) -> F:
    """Add ``--jobs``."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Worker processes; one a core if not said.",
    )(command)


def signing_options(command: F) -> F:
    """Add the options that say who signs."""
    for option in (
        click.option(
            "--timestamp",
            default="",
            metavar="URL",
            help="Have labels time-stamped by this authority.",
        ),
        click.option(
            "--signer",
            default="",
            metavar="NAME|URI",
            help="Sign with this key, by its name in 'keys list' or its URI.",
        ),
    ):
        command = option(command)
    return command


def placement_options(command: F) -> F:
    """Add the options that say where credentials go, where embedding them has a price."""
    for option in (
        click.option(
            "--zip",
            "zip_placement",
            type=click.Choice(["auto", "embed", "sidecar"]),
            help="Where the credential of an office document, e-book or archive goes: into it, "
            "beside it, or into it unless it would grow too much (auto, the default).",
        ),
        click.option(
            "--text",
            "text_placement",
            type=click.Choice(["auto", "embed", "link", "sidecar"]),
            help="Where the credential of a text goes: into it, beside it, beside it with a link "
            "(web pages), or into it if the text is worth the length (auto, the default).",
        ),
    ):
        command = option(command)
    return command


def marks_option(command: F) -> F:
    """Add ``--marks``, which arrives as a tuple of names, or None where nothing is said."""
    return click.option(
        "--marks",
        callback=_names_in,
        metavar="NAMES|none",
        help="The unsigned marks to write into files besides, by name and with commas: 'iptc' "
        "(what platforms look for), 'disclosure' (documents, web pages, sound), 'aigc' (China), "
        "and what plugins add. iptc,disclosure if not said.",
    )(command)


def _names_in(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(filter(None, (name.strip() for name in value.split(","))))
    return () if names == ("none",) else names


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


# ---------------------------------------------------------------------------- work and words


def jobs_for(given: int | None, work: Sized) -> int | None:
    """Return how many workers to start: no more than there are files for."""
    return given or (1 if len(work) < _WORTH_SHARING else None)


def beside_sidecars(paths: Iterable[Path], what_happens: str) -> tuple[Path, ...]:
    """Return ``paths`` with the file for each sidecar that is named without it, and say so."""
    named = list(paths)
    found: list[Path] = []
    for path in named:
        asset = find_asset(path)
        if asset is None:
            found.append(path)
        elif not any(p in found or p in named for p in (asset, *asset.parents)):
            click.echo(
                f"{show(path)} is the sidecar of {show(asset)}, which is {what_happens}.", err=True
            )
            found.append(asset)
    return tuple(found)


def completing(
    names: Callable[[Session], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return what completes a parameter by ``names``; whatever goes wrong, by nothing."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - rarely needed

        try:
            return [CompletionItem(n) for n in sorted(names(Session())) if n.startswith(begun)]
        except (CredlabelError, OSError):
            return []

    return complete


def about(path: str, sentence: str) -> str:
    """Return a sentence about a file, which it begins with, once."""
    for name in (show(path), show(Path(path).name)):
        if name and sentence.startswith(name + " "):
            return show(path) + sentence[len(name) :]
    return f"{show(path)}: {sentence}"


def echo_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
