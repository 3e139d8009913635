"""The configuration file ``credlabel.toml``: every section, every key, with its default.

It is looked for in the current directory, then in ``$CREDLABEL_HOME``; ``--config`` names another.
What decides whom to believe, or publishes what a person typed, is not taken from the current
directory: that file may be anybody's.
A key that is not known is refused, because a misspelt one would be ignored in silence. Options on
the command line win over the file.
"""

from __future__ import annotations

import tomllib
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from credlabel.errors import ConfigError
from credlabel.exemptions import Declaration  # noqa: TC001 - a field's type, read at run time
from credlabel.files import show
from credlabel.labelling import LabelSettings
from credlabel.model import Provenance
from credlabel.plugins import PluginSettings
from credlabel.sandbox import Limits
from credlabel.watch import WatchSettings

if TYPE_CHECKING:
    from credlabel.home import Home

FILE_NAME: Final = "credlabel.toml"
_BELIEF: Final = "decides whom to believe"
_DECISIVE: Final = {
    "trust": ("[trust]", _BELIEF),
    "verify": ("[verify]", _BELIEF),
    "exemptions": ("[exemptions]", _BELIEF),
    "signing": ("[signing]", _BELIEF),
    "plugins": ("[plugins]", _BELIEF),
    "label.prompts": ("prompts under [label]", "would let everyone read your prompts"),
}
"""What a file lying in the current directory, perhaps unpacked there, may not say, and why."""
MAX_BYTES: Final = 1 << 20

T = TypeVar("T")


class SigningSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[signing]``: who signs. ``signer`` is a key's name or URI; empty: the development key."""

    signer: str = ""
    timestamp: str = ""


class TrustSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[trust]``: whom to trust.

    ``bundles`` are stored bundles, all of them when left out; ``files`` and ``timestamp_files``
    are PEM files.
    """

    bundles: tuple[str, ...] | None = None
    files: tuple[str, ...] = ()
    timestamp_files: tuple[str, ...] = ()


class VerifySection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[verify]``: the policies that have to pass. An empty list passes nothing."""

    policies: tuple[str, ...] = ("valid",)


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Each section may be left out."""

    provenance: Provenance = Provenance()
    label: LabelSettings = LabelSettings()
    signing: SigningSection = SigningSection()
    trust: TrustSection = TrustSection()
    verify: VerifySection = VerifySection()
    exemptions: tuple[Declaration, ...] = ()
    watch: WatchSettings = WatchSettings()
    limits: Limits = Limits()
    plugins: PluginSettings = PluginSettings()


def load_config(home: Home, *, given: Path | None = None) -> Config:
    """Return the configuration in force: ``given``, else the file found, else the defaults.

    Raises:
        ConfigError: the file can't be read or says something that is not understood.
    """
    if given is not None:
        return read_toml(given, Config)
    here = Path(FILE_NAME)
    if here.is_file():
        config = read_toml(here, Config)
        for place, (name, reason) in _DECISIVE.items():
            said = attrgetter(place)
            if said(config) != said(Config()):
                raise ConfigError(
                    f"{FILE_NAME} in the current directory may not say {name}: it may be "
                    f"anybody's, and that {reason}.",
                    hint=f"If it is yours: --config {FILE_NAME}, or keep it at "
                    f"{show(home.config_file)}.",
                )
        return config
    return read_toml(home.config_file, Config) if home.config_file.is_file() else Config()


def read_toml(path: Path, kind: type[T]) -> T:
    """Return the value that a TOML (or, by its ending, JSON) file holds, checked against ``kind``.

    Raises:
        ConfigError: it can't be read, or does not say a ``kind``.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{show(path)} can't be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{show(path)} is too large to be a configuration.")
    try:
        raw: Any
        if path.suffix == ".json":
            raw = msgspec.json.decode(data)
        else:
            raw = tomllib.loads(data.decode("utf-8"))
        return msgspec.convert(raw, kind)
    except (
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        msgspec.MsgspecError,
        RecursionError,
    ) as error:
        raise ConfigError(
            f"{show(path)}: {error}", hint="Every key is described in the README."
        ) from error
