"""Where credlabel keeps what is the user's own: keys, trust bundles, state and configuration.

One directory holds it all, so that one backup, one mount or one ``rm`` is enough::

    <root>/credlabel.toml      the configuration
    <root>/keys/<name>/        signing keys (credlabel.keys)
    <root>/trust/              trust bundles (credlabel.trust)
    <root>/state/              journals and what the watcher has to remember

Nothing here looks at the disk before it is asked to: a :class:`Home` is a value, and making one
neither reads nor creates anything. What is created is for its owner alone, whatever the umask
says: directories 0700, files 0600.
"""

from __future__ import annotations

import contextlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credlabel.errors import ConfigError
from credlabel.files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "CREDLABEL_HOME"

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Home:
    """The directory of one user's keys, trust, state and configuration.

    >>> Home(Path("/srv/credlabel")).config_file.as_posix()
    '/srv/credlabel/credlabel.toml'

    Attributes:
        root: the directory; it need not exist.
    """

    root: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Home:
        """Return the home that ``$CREDLABEL_HOME`` names, else the platform's usual place.

        A relative path is taken from the current directory, now: a later change of directory
        does not move the home. An empty variable counts as unset. The usual place is the user
        data directory of platformdirs (``$XDG_DATA_HOME`` or ``~/.local/share``, then
        ``credlabel``), which is read from the process's own environment.

        >>> Home.find({"CREDLABEL_HOME": "/srv/credlabel"}).root.as_posix()
        '/srv/credlabel'

        Raises:
            ConfigError: the variable begins with ``~`` and there is no such user.
        """
        chosen = environ.get(VARIABLE, "")
        if chosen:
            try:
                return cls(Path(chosen).expanduser().absolute())
            except RuntimeError as error:
                raise ConfigError(
                    f"The home directory that {VARIABLE} names can't be found: {chosen!r}.",
                    hint=f"Set {VARIABLE} to an absolute path.",
                ) from error
        import platformdirs  # noqa: PLC0415 - most runs name their home, or need none

        return cls(platformdirs.user_data_path("credlabel", appauthor=False))

    @property
    def keys(self) -> Path:
        """The directory of signing keys, one directory each."""
        return self.root / "keys"

    @property
    def trust(self) -> Path:
        """The directory of trust bundles."""
        return self.root / "trust"

    @property
    def state(self) -> Path:
        """The directory of journals and other things to remember between runs."""
        return self.root / "state"

    @property
    def config_file(self) -> Path:
        """The configuration file."""
        return self.root / "credlabel.toml"

    def make_private(self, directory: Path) -> Path:
        """Make sure that ``directory``, the home or below it, exists and only its owner writes it.

        Whatever is missing on the way is created 0700. A directory that is there already keeps
        its mode: it is the user's choice who may look into it.

        Raises:
            ConfigError: it can't be made, or group or others may write into it, which would let
                them put their own key or trust anchor in the place of the user's.
            ValueError: ``directory`` is not below the home.
        """
        if directory != self.root and self.root not in directory.parents:
            raise ValueError(f"{directory} is not inside {self.root}")
        missing: list[Path] = []
        try:
            here = directory
            while not here.is_dir():  # ends: "/" and "." always are
                missing.append(here)
                here = here.parent
            for path in reversed(missing):
                # Somebody else may be making the same one: then theirs is as good.
                with contextlib.suppress(FileExistsError):
                    path.mkdir(mode=0o700)
                    sync_directory(path.parent)
            mode = directory.stat().st_mode
        except OSError as error:
            raise ConfigError(
                f"The directory {directory} can't be made: {error.strerror}.",
                hint=f"Set {VARIABLE} to a directory that you may write to.",
            ) from error
        if not stat.S_ISDIR(mode):
            raise ConfigError(
                f"{directory} is in the way: a directory is needed there.",
                hint=f"Move it away, or set {VARIABLE} to another directory.",
            )
        if mode & _OTHERS_WRITE:
            raise ConfigError(
                f"The directory {directory} can be written to by other users.",
                hint=f"Run: chmod go-w '{directory}'",
            )
        return directory
