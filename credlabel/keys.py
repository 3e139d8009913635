"""The user's signing keys: each in a private directory of its own, there as a whole or not at all.

The layout is made for other tools as much as for this one::

    <home>/keys/<name>/key.pem      the private key, 0600
    <home>/keys/<name>/chain.pem    the signing certificate, then its intermediates
    <home>/keys/<name>/ca.pem       development keys only: the authority to trust

A key is written into a directory beside its place, synced, and renamed into it. ``rename`` does
not replace a directory with files in it, so no key is ever overwritten and, of two processes that
make one at once, the second finds the first's and uses that. What a killed run left half made is
removed by a later one. Nothing here signs, and nothing here decrypts for later: the ``file``
signer opens a key by its :attr:`KeyEntry.uri`.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from credlabel import certificates, development, profile
from credlabel.errors import ConfigError, SignerUnavailableError, SigningKeyNotFoundError
from credlabel.files import sync_directory, write_private

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from credlabel.home import Home

KEY_FILE: Final = "key.pem"
CHAIN_FILE: Final = "chain.pem"
AUTHORITY_FILE: Final = "ca.pem"
DEVELOPMENT: Final = "development"
"""The name of the development key, unless another is asked for."""

STALE_SECONDS: Final = 3600
"""A half-made key older than this belongs to no run at work: making one takes a second."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HALF_MADE: Final = re.compile(rf"\.{_NAME.pattern}-[a-z0-9_]{{8}}")  # as mkdtemp names them
_FILES: Final = frozenset({KEY_FILE, CHAIN_FILE, AUTHORITY_FILE})


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A stored signing key: its name and where its parts lie, never what is in them.

    >>> entry = KeyEntry(name="press", directory=Path("/k/press"), is_development=False)
    >>> entry.uri
    'file:/k/press/key.pem'

    Attributes:
        name: what the user calls it.
        directory: where its files are.
        is_development: the certificate was made by credlabel, for trying things out: nobody
            but its maker has a reason to trust it.
        has_authority: the authority's certificate was kept with it.
    """

    name: str
    directory: Path
    is_development: bool
    has_authority: bool = False

    @property
    def key_path(self) -> Path:
        """The private key."""
        return self.directory / KEY_FILE

    @property
    def chain_path(self) -> Path:
        """The signing certificate and its intermediates."""
        return self.directory / CHAIN_FILE

    @property
    def authority_path(self) -> Path | None:
        """The certificate that a verifier needs as its trust anchor, if it was kept."""
        return self.directory / AUTHORITY_FILE if self.has_authority else None

    @property
    def uri(self) -> str:
        """The signer URI that opens this key."""
        return "file:" + quote(bytes(self.key_path))


class KeyStore:
    """The signing keys below one home; none is ever overwritten or left half written.

    Args:
        home: whose keys.
        clock: tells the time, aware; for validity checks and new certificates.
    """

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock

    # ------------------------------------------------------------------ looking

    def entries(self) -> tuple[KeyEntry, ...]:
        """Return the stored keys, sorted by name; a directory that lacks a part is left out.

        Raises:
            ConfigError: the key directory can't be listed.
        """
        try:
            names = sorted(path.name for path in self._home.keys.iterdir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self._home.keys, error) from error
        found = (self._entry(name) for name in names if _NAME.fullmatch(name))
        return tuple(entry for entry in found if entry is not None)

    def get(self, name: str) -> KeyEntry:
        """Return the key called ``name``.

        Raises:
            SigningKeyNotFoundError: there is none; the hint lists those that there are.
            ConfigError: no key can have that name, or the key directory can't be read.
        """
        entry = self._entry(_checked(name))
        if entry is None:
            there = ", ".join(each.name for each in self.entries())
            raise SigningKeyNotFoundError(
                f"There is no signing key called {name!r}.",
                hint=f"There is: {there}."
                if there
                else "There are none yet: 'credlabel keys init' makes a development key.",
            )
        return entry

    # ------------------------------------------------------------------ making

    def create_development(self, name: str = DEVELOPMENT, *, algorithm: str = "es256") -> KeyEntry:
        """Make a development key called ``name`` with a certificate for a year.

        If another process makes one of that name at the same time, both return the same key.

        Raises:
            ConfigError: there is one by that name already, the name or the algorithm can't be,
                or the key can't be written.
        """
        self._refuse_existing(_checked(name))
        return self._make_development(name, algorithm)

    def ensure_development(self, name: str = DEVELOPMENT, *, algorithm: str = "es256") -> KeyEntry:
        """Return the key called ``name``, after making it a development key if there is none.

        Raises:
            ConfigError: as :meth:`create_development`, but not for a key that is there.
        """
        return self._entry(_checked(name)) or self._make_development(name, algorithm)

    def add(
        self, name: str, key_pem: bytes, chain_pem: bytes, *, passphrase: bytes | None = None
    ) -> KeyEntry:
        """Store a key that the user has from elsewhere, after checking that it can sign.

        An encrypted key stays encrypted; its passphrase is used only to check that it belongs to
        the certificate.

        Raises:
            SignerUnavailableError: the key or its certificate can't sign content credentials.
            SecretRequiredError: the key is encrypted and ``passphrase`` is None.
            ConfigError: there is a key by that name already, or it can't be written.
        """
        self._refuse_existing(_checked(name))
        key = certificates.load_private_key(key_pem, passphrase=passphrase)
        chain = profile.require_signing_chain(chain_pem, key=key, now=self._clock())
        files = {KEY_FILE: certificates.private_key_pem(key_pem), CHAIN_FILE: chain}
        if not self._install(name, files):
            raise _exists(name)
        return self.get(name)

    def _make_development(self, name: str, algorithm: str) -> KeyEntry:
        identity = development.make_development_identity(
            algorithm=algorithm, name=name, now=self._clock()
        )
        self._install(  # if it lost a race, the winner's key is there, and as good
            name,
            {
                KEY_FILE: identity.key_pem,
                CHAIN_FILE: identity.chain_pem,
                AUTHORITY_FILE: identity.authority_pem,
            },
        )
        return self.get(name)

    def _install(self, name: str, files: Mapping[str, bytes]) -> bool:
        """Put ``files`` into the directory ``name``, all or none; False if it is taken."""
        place = self._home.keys / name
        try:
            parent = self._home.make_private(self._home.keys)
            self._clear_half_made(parent)
            # mkdtemp makes it 0700; the dot keeps it out of entries()
            fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=parent))
            try:
                for file_name, data in files.items():
                    write_private(fresh / file_name, data)
                sync_directory(fresh)
                fresh.rename(place)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)  # after the rename there is none
            sync_directory(parent)
        except OSError as error:
            if self._entry(name) is not None:
                return False
            raise _unusable(place, error) from error
        return True

    def _clear_half_made(self, parent: Path) -> None:
        """Remove what interrupted runs left, as far as it is surely that: only our own files."""
        for path in parent.iterdir():
            if not _HALF_MADE.fullmatch(path.name):
                continue
            with contextlib.suppress(OSError):  # another run may be removing it, too
                seen = path.lstat()
                age = self._clock().timestamp() - seen.st_mtime
                if not stat.S_ISDIR(seen.st_mode) or age <= STALE_SECONDS:
                    continue
                if {each.name for each in path.iterdir()} <= _FILES:
                    shutil.rmtree(path)

    def _refuse_existing(self, name: str) -> None:
        if (self._home.keys / name).exists():
            raise _exists(name)

    def _entry(self, name: str) -> KeyEntry | None:
        directory = self._home.keys / name
        try:
            chain = (directory / CHAIN_FILE).read_bytes()
            if not (directory / KEY_FILE).is_file():
                return None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unusable(directory, error) from error
        try:
            is_development = development.is_development(chain)
        except SignerUnavailableError:
            is_development = False  # it can't sign either: opening it says why
        return KeyEntry(
            name=name,
            directory=directory,
            is_development=is_development,
            has_authority=(directory / AUTHORITY_FILE).is_file(),
        )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"A signing key can't be called {name!r}.",
            hint="Use up to 64 letters, digits, dots, hyphens and underscores, "
            "a letter or digit first.",
        )
    return name


def _exists(name: str) -> ConfigError:
    return ConfigError(
        f"There is a signing key called {name!r} already, and keys are never overwritten.",
        hint="Use that one, choose another name, or move its directory away.",
    )


def _unusable(path: os.PathLike[str], error: OSError) -> ConfigError:
    return ConfigError(f"The signing key directory {path} can't be used: {error.strerror}.")
