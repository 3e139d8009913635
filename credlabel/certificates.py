"""What certificates and private keys in PEM say: whose they are, how long they last, what they do.

All of it works on PEM bytes. What the cryptography library raises is translated here into
:mod:`credlabel.errors`, and no message holds key material. Whether a certificate may sign content
credentials is :mod:`credlabel.profile`'s affair; making one, :mod:`credlabel.development`'s. The
helpers at the end are theirs: nobody else is handed that library's objects.
"""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 - msgspec resolves annotations at run time
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from credlabel.errors import SecretRequiredError, SignerUnavailableError
from credlabel.model import Answer

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
"""The elliptic curves that a key may be on, and what people call them."""
_CURVE_ALGORITHMS: Final = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
RSA_ALGORITHMS: Final = ("ps256", "ps384", "ps512")
"""The C2PA signing algorithms that any RSA key can serve, the usual one first."""
ALGORITHMS: Final = (*_CURVE_ALGORITHMS.values(), *RSA_ALGORITHMS, "ed25519")
"""The C2PA signing algorithms that a key can be for."""
DEVELOPMENT_ORGANIZATION: Final = "credlabel development (not for production)"
"""In whose name development certificates are made out: nobody's."""
CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
"""The key purpose of signing C2PA claims."""

SIGNATURES: Final = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: "ecdsa-with-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: "ecdsa-with-SHA512",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "sha256WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA384: "sha384WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA512: "sha512WithRSAEncryption",
    SignatureAlgorithmOID.RSASSA_PSS: "RSASSA-PSS",
    SignatureAlgorithmOID.ED25519: "Ed25519",
}
"""How an issuer may sign a certificate by the profile: exactly these."""

_CERTIFICATE_MARK: Final = b"-----BEGIN CERTIFICATE-----"
_PRIVATE_KEY_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END \1-----\n?", re.DOTALL
)
FOREIGN_ERRORS: Final = (
    ValueError,
    TypeError,
    KeyError,  # a name in a string of no known kind
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for bytes that it can't make sense of."""
_NAMES: Final = {NameOID.SERIAL_NUMBER: "serialNumber"}


class CertificateInfo(Answer, frozen=True, kw_only=True):
    """What one certificate says, for a person or a program to look at.

    Attributes:
        subject, issuer: distinguished names as RFC 4514 text.
        serial: lower-case hexadecimal.
        key_type: such as ``P-256``, ``RSA 3072``, ``Ed25519``.
        signature_algorithm: how the issuer signed it; the OID if it has no common name.
        key_purposes: the extended key usages as OIDs; empty if there are none.
        fingerprint: the SHA-256 of the certificate's DER bytes, in lower-case hexadecimal.
        is_authority: it may issue certificates, so it is not a signing certificate.
        days_left: whole days until it ends; negative when it has.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_type: str
    signature_algorithm: str
    key_purposes: tuple[str, ...]
    fingerprint: str
    is_authority: bool
    days_left: int


def describe_chain(pem: bytes, *, now: datetime) -> tuple[CertificateInfo, ...]:
    """Return what each certificate in ``pem`` says, in their order; text between is skipped.

    Raises:
        SignerUnavailableError: ``pem`` holds no certificate, or one that can't be read.
    """
    return tuple(_describe(certificate, now) for certificate in load_certificates(pem))


def days_left(chain_pem: bytes, *, now: datetime) -> int:
    """Return the whole days until the first certificate of the chain ends; negative after.

    Raises:
        SignerUnavailableError: ``chain_pem`` holds no certificate, or one that can't be read.
    """
    return min(info.days_left for info in describe_chain(chain_pem, now=now))


def _describe(certificate: x509.Certificate, now: datetime) -> CertificateInfo:
    oid = certificate.signature_algorithm_oid
    return CertificateInfo(
        subject=certificate.subject.rfc4514_string(_NAMES),
        issuer=certificate.issuer.rfc4514_string(_NAMES),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_type=key_type(public_key_of(certificate)),
        signature_algorithm=SIGNATURES.get(oid, oid.dotted_string),
        key_purposes=key_purposes(certificate),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        is_authority=is_authority(certificate),
        days_left=(certificate.not_valid_after_utc - now).days,
    )


# ---------------------------------------------------------------------------- keys


def algorithm_of(key: PrivateKey | PublicKey | x509.Certificate | bytes) -> str:
    """Return the C2PA signing algorithm that a key, or a certificate's key, is for.

    Bytes are PEM: the first certificate's key, or else the private key in them. An RSA key can
    serve ps256, ps384 and ps512: the answer is ps256.

    Raises:
        SignerUnavailableError: content credentials can't be signed with such a key.
        SecretRequiredError: the PEM holds an encrypted private key.
    """
    subject: object = key
    if isinstance(key, bytes):
        subject = load_certificates(key)[0] if _CERTIFICATE_MARK in key else load_private_key(key)
    if isinstance(subject, x509.Certificate):
        subject = public_key_of(subject)
    if isinstance(subject, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(subject, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return RSA_ALGORITHMS[0]
    curve = getattr(getattr(subject, "curve", None), "name", "")
    if curve in _CURVE_ALGORITHMS:
        return _CURVE_ALGORITHMS[curve]
    raise SignerUnavailableError(
        "Content credentials can't be signed with a key of this kind.",
        hint="Use a P-256, P-384, P-521, Ed25519 or RSA key (RSA of 2048 bits or more).",
    )


def has_private_key(pem: bytes) -> bool:
    """Return whether there is a private key, of any kind and even a damaged one, in ``pem``."""
    return b"PRIVATE KEY-----" in pem


def private_key_pem(pem: bytes) -> bytes:
    """Return the one private key block of ``pem``, without the certificates or text around it.

    Raises:
        SignerUnavailableError: there is none, or there are several.
    """
    blocks = [match.group() for match in _PRIVATE_KEY_BLOCK.finditer(pem)]
    if len(blocks) > 1:
        raise SignerUnavailableError(
            f"The key file holds {len(blocks)} private keys, and it is not clear which to use.",
            hint="Put each key into a file of its own.",
        )
    if not blocks:
        raise SignerUnavailableError(
            "The key file holds no private key in PEM form.",
            hint="A PEM file begins with '-----BEGIN PRIVATE KEY-----'; "
            "'openssl pkey -inform DER -in KEY -out key.pem' converts a DER file.",
        )
    return blocks[0]


def load_private_key(pem: bytes, *, passphrase: bytes | None = None) -> PrivateKey:
    """Return the private key in ``pem``; ``passphrase`` is looked at only if it is encrypted.

    Raises:
        SecretRequiredError: it is encrypted and there is no passphrase.
        SignerUnavailableError: the passphrase is wrong, or there is no usable key.
    """
    block = private_key_pem(pem)
    try:
        key = serialization.load_pem_private_key(block, password=None)
    except TypeError as error:  # cryptography's way to say that a passphrase is needed
        if passphrase is None:
            raise SecretRequiredError(
                "The signing key is encrypted, and its passphrase was not given."
            ) from error
        try:
            key = serialization.load_pem_private_key(block, password=passphrase)
        except FOREIGN_ERRORS as wrong:
            raise SignerUnavailableError(
                "The signing key can't be decrypted: the passphrase is wrong, or the file is "
                "damaged."
            ) from wrong
    except FOREIGN_ERRORS as error:
        raise SignerUnavailableError(
            "The private key can't be read: it is damaged, or of an unknown kind.",
            hint="'openssl pkey -in KEY -out key.pem' rewrites a key in the usual form; for an "
            "OpenSSH key, 'ssh-keygen -p -m PKCS8 -f KEY' does.",
        ) from error
    algorithm_of(key)  # type: ignore[arg-type]  # the check is what it is called for
    return key  # type: ignore[return-value]


def encode_private_key(key: PrivateKey) -> bytes:
    """Return ``key`` as PKCS#8 PEM, not encrypted: for its owner and for nobody else."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


# ---------------------------------------------------------------------------- reading X.509


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates in ``pem``, at least one, each known to be readable throughout.

    Raises:
        SignerUnavailableError: there is none, or one can't be read; the hint says what to do.
    """
    if _CERTIFICATE_MARK not in pem:
        raise _no_certificate(pem)
    try:
        found = x509.load_pem_x509_certificates(pem)
        for each in found:  # cryptography reads these only when asked: ask here, once
            _ = (each.subject.rfc4514_string(), each.issuer.rfc4514_string(), each.version)
            _ = (each.extensions, each.not_valid_before_utc, each.not_valid_after_utc)
    except FOREIGN_ERRORS as error:
        raise SignerUnavailableError(
            "The certificate can't be read: it is damaged or incomplete.",
            hint="Copy it again from where it was issued.",
        ) from error
    return found


def _no_certificate(pem: bytes) -> SignerUnavailableError:
    if has_private_key(pem):
        what = "There is a private key where a certificate is needed."
        hint = "Give the certificate here, and keep the private key to yourself."
    elif b"-----BEGIN CERTIFICATE REQUEST-----" in pem:
        what = "There is a certificate request where a certificate is needed."
        hint = "Send it to a certificate authority, and give the certificate that comes back."
    elif pem[:1] == b"\x30":  # an ASN.1 SEQUENCE
        what = "The certificate is in DER form, and PEM is needed."
        hint = "Run: openssl x509 -inform DER -in CERTIFICATE -out chain.pem"
    else:
        what = "There is no certificate in PEM form."
        hint = "A PEM certificate begins with '-----BEGIN CERTIFICATE-----'."
    return SignerUnavailableError(what, hint=hint)


def extension_of(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """Return the certificate's extension of that kind, or None."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def key_purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the certificate's extended key usages as OIDs; none if it has no such extension."""
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    return tuple(oid.dotted_string for oid in usage) if usage is not None else ()


def is_authority(certificate: x509.Certificate) -> bool:
    """Return whether the certificate may issue others."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def public_key_of(certificate: x509.Certificate) -> object:
    """Return the certificate's key, or None if it is of a kind that nobody here knows."""
    try:
        return certificate.public_key()
    except FOREIGN_ERRORS:
        return None


def key_type(key: object) -> str:
    """Return what people call a public key's kind: such as ``P-256`` or ``RSA 3072``."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "another kind"
