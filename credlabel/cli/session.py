"""What a command needs from its surroundings: configuration, trust, a signer, secrets.

The options that several commands share are declared here, once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import click
import msgspec

from credlabel.config import Config, load_config
from credlabel.credentials import TrustAnchors
from credlabel.errors import SecretRequiredError
from credlabel.home import Home
from credlabel.keys import KeyStore
from credlabel.plugins import PluginRegistry
from credlabel.scan import ScanSettings
from credlabel.trust import TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.hookspecs import Signer

F = TypeVar("F", bound="Callable[..., Any]")

SECRET_VARIABLE: Final = "CREDLABEL_SECRET"  # noqa: S105 - the name of a variable
EXISTING: Final = click.Path(exists=False, path_type=Path)
FILE: Final = click.Path(dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


def now() -> datetime:
    """Return the time, for everything that is handed a clock."""
    return datetime.now(UTC)


@dataclass
class Session:
    """One run of a command: its configuration and what follows from it."""

    config_file: Path | None = None
    home: Home = field(default_factory=lambda: Home.find(os.environ))

    @cached_property
    def config(self) -> Config:
        return load_config(self.home, given=self.config_file)

    @cached_property
    def plugins(self) -> PluginRegistry:
        return PluginRegistry.load(self.config.plugins)

    @property
    def keys(self) -> KeyStore:
        return KeyStore(self.home, clock=now)

    @property
    def trust_store(self) -> TrustStore:
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
        return ScanSettings(trust=trust, plugins=self.config.plugins, **changes)

    # ------------------------------------------------------------------ signing

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
            is_new = not any(entry.is_development for entry in self.keys.entries())
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
            answer = self.plugins.secret(name, prompt) or os.environ.get(SECRET_VARIABLE)
            if answer is None and click.get_text_stream("stdin").isatty():
                answer = str(click.prompt(prompt, hide_input=True, err=True))
            if answer is not None:
                secrets[name] = answer
            return answer

        try:
            return self.plugins.open_signer(uri, secrets=ask), secrets
        except SecretRequiredError as error:
            raise SecretRequiredError(
                str(error), hint=error.hint or f"Set {SECRET_VARIABLE}, or use a terminal."
            ) from error


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
            help="Trust only this stored bundle (all of them when left out).",
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


def signing_options(command: F) -> F:
    """Add the options that say who signs."""
    for option in (
        click.option(
            "--timestamp", default="", help="Have labels time-stamped by this authority (a URL)."
        ),
        click.option(
            "--signer", default="", help="Sign with this key: a name of 'keys list', or a URI."
        ),
    ):
        command = option(command)
    return command


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def echo_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
