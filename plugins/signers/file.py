"""Keys in PEM files: ``file:/path/key.pem?certificate=/path/chain.pem&timestamp=http://…``.

Everything but the path may be left out:

* ``certificate``: the signing certificate and its intermediates. Otherwise the certificates in
  the key file itself, or ``chain.pem``, or ``certificate.pem``, beside the key.
* ``algorithm``: one that the key can serve; otherwise the usual one for the key.
* ``timestamp``: the RFC 3161 time-stamp authority to ask; otherwise none.

Paths are percent-encoded where a URI needs it, and may be relative: ``file:keys/key.pem`` counts
from the current directory. A URI holds no secret: it stands in configurations and logs.

As ssh does, this refuses a key that anybody else can read. An encrypted key's passphrase is asked
for when the signer is opened, used once, and not kept. The key itself is held in memory and handed
to the core, which lets c2pa-rs sign with it: a label made through a callback is 9 kB larger.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from credlabel import certificates, profile
from credlabel.errors import (
    SecretRequiredError,
    SignerUnavailableError,
    SigningKeyNotFoundError,
)
from credlabel.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from credlabel.certificates import PrivateKey
    from credlabel.hookspecs import Secrets, Signer, SignerProvider

MAX_FILE_BYTES: Final = 1024 * 1024
CERTIFICATE_FILES: Final = ("chain.pem", "certificate.pem")

_PARAMETERS: Final = frozenset({"certificate", "algorithm", "timestamp"})
_SECRETS: Final = frozenset({"passphrase", "password", "passwd", "pass", "pin", "secret", "key"})
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_HASHES: Final = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


@hookimpl
def credlabel_signers() -> Iterable[SignerProvider]:
    """Return the provider of ``file:`` signers."""
    return [FileSignerProvider()]


class FileSigner:
    """A key in memory, checked to belong to its certificate; it never shows itself.

    It is a :class:`~credlabel.hookspecs.LocalSigner`: :meth:`private_key_pem` is the one way by
    which the key leaves it, and only the core calls that. Neither ``repr`` nor ``pickle`` do.

    Attributes:
        algorithm: the C2PA signing algorithm.
        certificate_chain: PEM, the signing certificate first, no root.
        timestamp_uri: the time-stamp authority to ask, or None.
    """

    __slots__ = ("__key", "algorithm", "certificate_chain", "timestamp_uri")

    def __init__(
        self,
        key: PrivateKey,
        *,
        algorithm: str,
        certificate_chain: bytes,
        timestamp_uri: str | None,
    ) -> None:
        self.__key = key
        self.algorithm = algorithm
        self.certificate_chain = certificate_chain
        self.timestamp_uri = timestamp_uri

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``; ECDSA as DER, RSA as PSS with a salt of hash length.

        Raises:
            SignerUnavailableError: cryptography refuses.
        """
        key = self.__key
        try:
            if isinstance(key, ed25519.Ed25519PrivateKey):
                return key.sign(data)
            digest = _HASHES[self.algorithm[2:]]
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key.sign(data, ec.ECDSA(digest))
            pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
            return key.sign(data, pss, digest)
        except ValueError as error:
            raise SignerUnavailableError("The signing key refused to sign.") from error

    def private_key_pem(self) -> bytes:
        """Return the private key, unencrypted, as PKCS#8 PEM: for the core, to sign with."""
        return certificates.encode_private_key(self.__key)

    def __repr__(self) -> str:
        return f"<FileSigner {self.algorithm}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer holds a private key: open it where it is needed.")


class FileSignerProvider:
    """Opens the ``file:`` scheme: a PEM key on this machine.

    Args:
        clock: tells the time, aware; a certificate that is not valid now is refused.
    """

    schemes: tuple[str, ...] = ("file",)

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock

    def open(self, uri: str, secrets: Secrets) -> Signer:
        """Return the signer for the key that ``uri`` names, ready and known to be usable.

        Raises:
            SigningKeyNotFoundError: there is no such file.
            SecretRequiredError: the key is encrypted, and ``secrets`` has no passphrase.
            SignerUnavailableError: the URI, the key file, the certificate or the algorithm can't
                be used; the message says why.
        """
        path, parameters = _parse(uri)
        key_pem = _read_key(path)
        key = _load(key_pem, path, secrets)
        algorithm = _algorithm(parameters.get("algorithm"), key)
        chain_pem = _read_chain(parameters.get("certificate"), key_pem, path)
        return FileSigner(
            key,
            algorithm=algorithm,
            certificate_chain=profile.require_signing_chain(chain_pem, key=key, now=self._clock()),
            timestamp_uri=_timestamp(parameters.get("timestamp")),
        )


# ---------------------------------------------------------------------------- the URI


def _parse(uri: str) -> tuple[Path, dict[str, str]]:
    """Return the key's path and the parameters; nothing of the URI gets into an error but names.

    A URI that has a secret in it is refused, so it must not be repeated in a message either.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise _bad_uri("The signer URI can't be parsed.") from error
    if "@" in parts.netloc:
        raise _secret_in_uri()
    if parts.netloc not in ("", "localhost"):
        raise _bad_uri("The signer URI names a machine: file keys are on this one.")
    if parts.fragment:
        raise _bad_uri("The signer URI has a '#' in it: write %23 for one in a file name.")
    parameters: dict[str, str] = {}
    for part in parts.query.split("&") if parts.query else ():
        name, equals, value = part.partition("=")
        if name.lower() in _SECRETS:
            raise _secret_in_uri()
        if name not in _PARAMETERS:
            called = f", {name!r}" if equals else ""  # without "=" it may be a value
            raise _bad_uri(f"The signer URI has an unknown parameter{called}.")
        if name in parameters or not value:
            raise _bad_uri(f"The signer URI must give {name!r} one value.")
        parameters[name] = _decoded(value)
    path = _decoded(parts.path)
    if parts.scheme != "file" or not path:
        raise _bad_uri("The signer URI names no key file.")
    return Path(path), parameters


def _decoded(text: str) -> str:
    raw = unquote_to_bytes(text)
    if b"\0" in raw:
        raise _bad_uri("The signer URI has a NUL character in it.")
    return os.fsdecode(raw)


def _bad_uri(message: str) -> SignerUnavailableError:
    return SignerUnavailableError(
        message, hint="Write file:/path/key.pem, or file:/path/key.pem?certificate=/path/chain.pem"
    )


def _secret_in_uri() -> SignerUnavailableError:
    return SignerUnavailableError(
        "The signer URI has a secret in it, which would end up in logs.",
        hint="Leave it out: the passphrase is asked for. Change it if it was real.",
    )


def _timestamp(uri: str | None) -> str | None:
    if uri is None:
        return None
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise _bad_uri("The time-stamp authority's URI can't be parsed.") from error
    if "@" in parts.netloc:
        raise _secret_in_uri()
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _bad_uri("The time-stamp authority's URI must begin with http:// or https://.")
    return uri


# ---------------------------------------------------------------------------- the key


def _algorithm(wanted: str | None, key: PrivateKey) -> str:
    usual = certificates.algorithm_of(key)
    if wanted is None or wanted == usual:
        return usual
    possible = ("ps256", "ps384", "ps512") if usual.startswith("ps") else (usual,)
    if wanted not in possible:
        raise SignerUnavailableError(
            f"The signing key can't serve the algorithm {wanted!r}.",
            hint=f"Leave the algorithm out, or use: {', '.join(possible)}.",
        )
    return wanted


def _load(key_pem: bytes, path: Path, secrets: Secrets) -> PrivateKey:
    try:
        return certificates.load_private_key(key_pem)
    except SecretRequiredError as error:
        place = path.absolute()
        passphrase = secrets(f"file:{place}", f"Passphrase for the signing key {place}")
        if passphrase is None:
            raise SecretRequiredError(
                f"The signing key {path} is encrypted, and its passphrase was not given.",
                hint="Give it when asked, or let a plugin answer credlabel_secret.",
            ) from error
    return certificates.load_private_key(
        key_pem, passphrase=passphrase.encode("utf-8", "surrogateescape")
    )


def _read_key(path: Path) -> bytes:
    """Return the bytes of a key file that is its owner's alone, checked on the open file."""
    try:
        # Not blocking: a pipe in the key's place must not hang the program.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _refuse_exposed(path, os.fstat(handle))
            with os.fdopen(handle, "rb", closefd=False) as source:
                return _bounded(source.read(MAX_FILE_BYTES + 1), path)
        finally:
            os.close(handle)
    except FileNotFoundError as error:
        raise SigningKeyNotFoundError(
            f"There is no signing key at {path}.", hint="Check the path in the signer URI."
        ) from error
    except OSError as error:
        raise SignerUnavailableError(
            f"The signing key {path} can't be read: {error.strerror}."
        ) from error


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SignerUnavailableError(f"The signing key {path} is not a file.")
    if status.st_uid != os.geteuid():
        raise SignerUnavailableError(
            f"The signing key {path} belongs to another user.",
            hint=f"Run credlabel as its owner, or: chown \"$USER\" '{path}'",
        )
    if status.st_mode & _OTHERS:
        raise SignerUnavailableError(
            f"The signing key {path} can be read by others "
            f"(mode {stat.S_IMODE(status.st_mode):04o}).",
            hint=f"Run: chmod 600 '{path}'",
        )


def _read_chain(certificate: str | None, key_pem: bytes, key_path: Path) -> bytes:
    if certificate is not None:
        return _read_certificates(Path(certificate))
    if b"-----BEGIN CERTIFICATE-----" in key_pem:
        return key_pem
    for name in CERTIFICATE_FILES:
        if (beside := key_path.with_name(name)).is_file():
            return _read_certificates(beside)
    raise SignerUnavailableError(
        f"There is no signing certificate beside the key {key_path}.",
        hint="Name it in the signer URI (?certificate=PATH), or put chain.pem there.",
    )


def _read_certificates(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return _bounded(source.read(MAX_FILE_BYTES + 1), path)
    except OSError as error:
        raise SignerUnavailableError(
            f"The signing certificate {path} can't be read: {error.strerror}."
        ) from error


def _bounded(data: bytes, path: Path) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise SignerUnavailableError(f"{path} is too large for a key or certificate.")
    return data
