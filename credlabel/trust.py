"""Whom the user trusts: named trust bundles, each kept with its digest and where it came from.

A bundle is a PEM file of certificates, such as the C2PA trust list, the time-stamp list, or the
``ca.pem`` of a colleague's development key::

    <home>/trust/<name>.pem     as it was given, byte for byte
    <home>/trust/<name>.json    its purpose, source, date and SHA-256: the bundle exists when
                                this does

Trust is never taken silently: a bundle whose bytes have changed since it was added is an error
that names the file, not a smaller or larger circle of trust. The digest guards against accidents
and half-done updates, not against somebody who can write to the directory.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from datetime import date, datetime  # noqa: TC003 - msgspec resolves annotations at run time
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from credlabel import certificates
from credlabel.credentials import TrustAnchors
from credlabel.errors import ConfigError, SignerUnavailableError
from credlabel.files import sync_directory, write_private
from credlabel.model import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from credlabel.home import Home

Purpose = Literal["signer", "timestamp"]

MAX_BUNDLE_BYTES: Final = 16 * 1024 * 1024

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class TrustBundle(Answer, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about one stored bundle; its certificates are in the file of its name.

    Attributes:
        name: what the user calls it.
        purpose: ``signer`` for issuers of signing certificates, ``timestamp`` for those of
            time-stamp authorities.
        source: where it was had from: a URL, a path, a person.
        added: the day, in UTC.
        sha256: the digest of the PEM file's bytes, in lower-case hexadecimal.
        certificates: how many there are in it.
    """

    name: str
    purpose: Purpose
    source: str
    added: date
    sha256: str
    certificates: int


class TrustStore:
    """The trust bundles below one home, checked against their digests whenever they are read.

    Args:
        home: whose trust.
        clock: tells the time, aware; for the day on which a bundle is added.
    """

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock

    def add(
        self, name: str, pem: bytes, *, purpose: Purpose = "signer", source: str
    ) -> TrustBundle:
        """Store ``pem`` as the bundle ``name``; storing the same again changes nothing.

        Raises:
            ConfigError: it holds no certificate, or a private key; there is another bundle by
                that name; or it can't be written.
        """
        self._check_name(name)
        if purpose not in ("signer", "timestamp"):
            raise ConfigError(
                f"A trust bundle can't be for {purpose!r}.", hint="Use 'signer' or 'timestamp'."
            )
        count = self._count(pem, f"The trust bundle {name!r}")
        bundle = TrustBundle(
            name=name,
            purpose=purpose,
            source=source,
            added=self._clock().date(),
            sha256=hashlib.sha256(pem).hexdigest(),
            certificates=count,
        )
        with self._locked():
            if self._record(name).exists():
                there = self._read(name)[0]
                if (there.sha256, there.purpose) == (bundle.sha256, bundle.purpose):
                    return there
                raise ConfigError(
                    f"There is another trust bundle called {name!r} already.",
                    hint="Remove it first, or choose another name.",
                )
            self._put(self._pem(name), pem)
            self._put(self._record(name), msgspec.json.encode(bundle))
        return bundle

    def remove(self, name: str) -> None:
        """Forget the bundle ``name``, also if its file was changed.

        Raises:
            ConfigError: there is none, or it can't be removed.
        """
        self._check_name(name)
        with self._locked():
            try:
                self._record(name).unlink()
            except FileNotFoundError as error:
                raise self._unknown(name) from error
            self._pem(name).unlink(missing_ok=True)
            sync_directory(self._home.trust)

    def bundles(self) -> tuple[TrustBundle, ...]:
        """Return what is known about each stored bundle, sorted by name.

        Raises:
            ConfigError: a bundle was changed, is damaged or can't be read; the message names the
                file.
        """
        return tuple(self._read(name)[0] for name in self._names())

    def anchors(
        self,
        names: Sequence[str] | None = None,
        *,
        extra_files: Sequence[Path] = (),
        extra_timestamp_files: Sequence[Path] = (),
    ) -> TrustAnchors:
        """Return the certificates of the bundles ``names`` (None: of all), as PEM text.

        ``extra_files`` are PEM files of issuers of signing certificates, trusted this once;
        ``extra_timestamp_files`` those of time-stamp authorities. Only the certificate blocks are
        returned, without the text between them, in a fixed order.

        Raises:
            ConfigError: there is no bundle by one of the names, or one can't be used as it is.
        """
        texts: dict[Purpose, list[str]] = {"signer": [], "timestamp": []}
        for name in self._names() if names is None else names:
            bundle, pem = self._read(name)
            texts[bundle.purpose].append(_blocks(pem))
        texts["signer"] += map(self._extra, extra_files)
        texts["timestamp"] += map(self._extra, extra_timestamp_files)
        return TrustAnchors(
            signers="".join(texts["signer"]), timestamps="".join(texts["timestamp"])
        )

    def _extra(self, path: Path) -> str:
        pem = self._bytes(path)
        self._count(pem, f"The trust file {path}")
        return _blocks(pem)

    # ------------------------------------------------------------------ on disk

    def _names(self) -> list[str]:
        try:
            records = [path for path in self._home.trust.iterdir() if path.suffix == ".json"]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(self._home.trust, error) from error
        return sorted(path.stem for path in records if _NAME.fullmatch(path.stem))

    def _read(self, name: str) -> tuple[TrustBundle, bytes]:
        self._check_name(name)
        record, file = self._record(name), self._pem(name)
        if not record.exists():
            raise self._unknown(name)
        try:
            bundle = msgspec.json.decode(self._bytes(record), type=TrustBundle)
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"The record of a trust bundle, {record}, is damaged: {error}.",
                hint=f"Remove the bundle {name!r} and add it again.",
            ) from error
        pem = self._bytes(file)
        if hashlib.sha256(pem).hexdigest() != bundle.sha256 or bundle.name != name:
            raise ConfigError(
                f"The trust bundle {file} is not what was added on {bundle.added}: it was "
                "changed since.",
                hint=f"If you know why, remove the bundle {name!r} and add it again.",
            )
        return bundle, pem

    def _put(self, path: Path, data: bytes) -> None:
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)  # from a run that was killed: the lock is ours
        write_private(fresh, data)
        fresh.replace(path)
        sync_directory(path.parent)

    def _bytes(self, path: Path) -> bytes:
        try:
            with path.open("rb") as source:
                data = source.read(MAX_BUNDLE_BYTES + 1)
        except OSError as error:
            raise _unusable(path, error) from error
        if len(data) > MAX_BUNDLE_BYTES:
            raise ConfigError(f"{path} is too large for a trust bundle.")
        return data

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store against other writers; what the disk refuses becomes a ConfigError."""
        directory = self._home.make_private(self._home.trust)
        try:
            handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)
        except OSError as error:
            raise _unusable(directory, error) from error

    def _record(self, name: str) -> Path:
        return self._home.trust / f"{name}.json"

    def _pem(self, name: str) -> Path:
        return self._home.trust / f"{name}.pem"

    # ------------------------------------------------------------------ refusals

    def _count(self, pem: bytes, called: str) -> int:
        if certificates.has_private_key(pem):
            raise ConfigError(
                f"{called} holds a private key.",
                hint="A trust bundle is made of certificates only: keep the key to yourself.",
            )
        if len(pem) > MAX_BUNDLE_BYTES:
            raise ConfigError(f"{called} is too large.")
        try:
            return len(certificates.describe_chain(pem, now=self._clock()))
        except SignerUnavailableError as error:
            raise ConfigError(f"{called} can't be used. {error}", hint=error.hint) from error

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"A trust bundle can't be called {name!r}.",
                hint="Use up to 64 letters, digits, dots, hyphens and underscores, "
                "a letter or digit first.",
            )

    def _unknown(self, name: str) -> ConfigError:
        there = ", ".join(self._names())
        return ConfigError(
            f"There is no trust bundle called {name!r}.",
            hint=f"There is: {there}." if there else "There are none yet.",
        )


def _blocks(pem: bytes) -> str:
    # Base64 between two marks: whatever else a list has in it stays behind.
    return "".join(block.decode("ascii", "replace") + "\n" for block in _BLOCK.findall(pem))


def _unusable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path} can't be used: {error.strerror}.")
