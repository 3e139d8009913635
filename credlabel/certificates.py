"""X.509 for content credentials: the development identity, and what a signing certificate must be.

Three things live here, because they have to agree about one profile, the C2PA certificate profile
(specification 2.5, 13.5.1):

* :func:`make_development_identity` makes a certificate authority and a signing certificate that
  fit it, so that signing works a second after installing. Their names say *development*.
* :func:`profile_problems` says in plain words what keeps a certificate from being used, and what
  to do about it. The library says only "the certificate is invalid", after it was asked to sign.
* :func:`describe_chain` tells what is in a chain: whose it is, and how long it lasts.

All of it works on PEM bytes. What cryptography raises is translated here into
:mod:`credlabel.errors`, and no message holds key material. The module is long because no other
core module may know that library: a good third of it is the profile's sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from credlabel import terms
from credlabel.errors import ConfigError, SecretRequiredError, SignerUnavailableError
from credlabel.model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DEVELOPMENT_AUTHORITY: Final = "credlabel development CA"
DEVELOPMENT_SIGNER: Final = "credlabel development signer (not for production)"
_DEVELOPMENT_ORGANIZATION: Final = "credlabel development (not for production)"
_AUTHORITY_DAYS: Final = 3650  # outlives its leaf, so that time-stamped files stay trusted
_CLOCK_SKEW: Final = timedelta(hours=1)  # a verifier's clock may be behind ours

_MIN_RSA_BITS: Final = 2048
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_CURVE_ALGORITHMS: Final = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_RSA_ALGORITHMS: Final = ("ps256", "ps384", "ps512")
ALGORITHMS: Final = (*_CURVE_ALGORITHMS.values(), *_RSA_ALGORITHMS, "ed25519")
"""The C2PA signing algorithms that a key can be for."""

_SIGNATURES: Final = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: "ecdsa-with-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: "ecdsa-with-SHA512",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "sha256WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA384: "sha384WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA512: "sha512WithRSAEncryption",
    SignatureAlgorithmOID.RSASSA_PSS: "RSASSA-PSS",
    SignatureAlgorithmOID.ED25519: "Ed25519",
}  # exactly those that the profile allows
_EXCLUSIVE_EKUS: Final = {
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "OCSPSigning",
}
_SIGNING_EKUS: Final = frozenset(terms.SIGNING_EKUS) - _EXCLUSIVE_EKUS.keys()
_CERTIFICATE_MARK: Final = b"-----BEGIN CERTIFICATE-----"
_PRIVATE_KEY_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END \1-----\n?", re.DOTALL
)
_FOREIGN_ERRORS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

_ASK: Final = "ask the issuer for one with"
_DEVELOP: Final = "make a development key with 'credlabel keys init'"


# ---------------------------------------------------------------------------- development


@dataclass(frozen=True, slots=True)
class DevelopmentIdentity:
    """A signing key with its certificate and the authority's, for trying things out.

    The authority's private key exists nowhere: it was thrown away when the one certificate was
    issued, so trusting ``authority_pem`` trusts this one signer and nobody else, ever.

    Attributes:
        key_pem: the signer's private key, PKCS #8, not encrypted. Never shown by ``repr``.
        chain_pem: the signing certificate.
        authority_pem: the authority's certificate: what a verifier takes as its trust anchor.
    """

    key_pem: bytes = field(repr=False)
    chain_pem: bytes
    authority_pem: bytes


def make_development_identity(
    *, algorithm: str = "es256", name: str, now: datetime, days: int = 365
) -> DevelopmentIdentity:
    """Make a certificate authority and one signing certificate that validators accept.

    The leaf carries the key purposes emailProtection *and* C2PA claim signing: verifiers with
    the default configuration of c2pa-rs ask for the first, the conformance program for the
    second.

    Args:
        algorithm: one of :data:`ALGORITHMS`. The authority is always P-384.
        name: told apart by it, in the names' organizational unit; 1 to 64 printable characters.
        now: an aware time; the certificates are valid from one hour before.
        days: how long the signing certificate lasts, 1 to 3650.

    Raises:
        ConfigError: one of these is not so.
    """
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise ConfigError("A development key's name must have 1 to 64 printable characters.")
    if not 1 <= days <= _AUTHORITY_DAYS:
        raise ConfigError(f"A development certificate lasts 1 to {_AUTHORITY_DAYS} days.")
    authority_key = ec.generate_private_key(ec.SECP384R1())
    key = _new_key(algorithm)
    authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    # Validators look an issuer up by name: two authorities must never share one.
    issuer = _name(DEVELOPMENT_AUTHORITY, name, serial=authority_id.digest.hex()[:16])
    builder = x509.CertificateBuilder(issuer).not_valid_before(now - _CLOCK_SKEW)
    authority = (
        builder.subject_name(issuer)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_after(now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(authority_id, critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING])
    leaf = (
        builder.subject_name(_name(DEVELOPMENT_SIGNER, name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(key_id, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    return DevelopmentIdentity(
        key_pem=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        chain_pem=leaf.public_bytes(serialization.Encoding.PEM),
        authority_pem=authority.public_bytes(serialization.Encoding.PEM),
    )


def is_development(chain_pem: bytes) -> bool:
    """Return whether the signing certificate was made by :func:`make_development_identity`.

    Raises:
        SignerUnavailableError: there is no certificate in ``chain_pem``.
    """
    names = _certificates(chain_pem)[0].issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return DEVELOPMENT_AUTHORITY in {name.value for name in names}


def _new_key(algorithm: str) -> PrivateKey:
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in _RSA_ALGORITHMS:
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    curves = {"es256": ec.SECP256R1(), "es384": ec.SECP384R1(), "es512": ec.SECP521R1()}
    if algorithm not in curves:
        raise ConfigError(
            f"There is no signing algorithm {algorithm!r}.",
            hint=f"Choose one of: {', '.join(ALGORITHMS)}.",
        )
    return ec.generate_private_key(curves[algorithm])


def _name(common_name: str, unit: str, *, serial: str = "") -> x509.Name:
    parts = {
        NameOID.ORGANIZATION_NAME: _DEVELOPMENT_ORGANIZATION,
        NameOID.ORGANIZATIONAL_UNIT_NAME: unit,
        NameOID.COMMON_NAME: common_name,
        NameOID.SERIAL_NUMBER: serial,
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items() if value])


def _key_usage(*uses: str) -> x509.KeyUsage:
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{use: use in uses for use in every.split()})


# ---------------------------------------------------------------------------- description


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
    return tuple(_describe(certificate, now) for certificate in _certificates(pem))


def days_left(chain_pem: bytes, *, now: datetime) -> int:
    """Return the whole days until the first certificate of the chain ends; negative after.

    Raises:
        SignerUnavailableError: ``chain_pem`` holds no certificate, or one that can't be read.
    """
    return min(info.days_left for info in describe_chain(chain_pem, now=now))


def _describe(certificate: x509.Certificate, now: datetime) -> CertificateInfo:
    oid = certificate.signature_algorithm_oid
    return CertificateInfo(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_type=_key_type(_public_key(certificate)),
        signature_algorithm=_SIGNATURES.get(oid, oid.dotted_string),
        key_purposes=_key_purposes(certificate),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        is_authority=_is_authority(certificate),
        days_left=(certificate.not_valid_after_utc - now).days,
    )


def _key_type(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "another kind"


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
        subject = _certificates(key)[0] if _CERTIFICATE_MARK in key else load_private_key(key)
    if isinstance(subject, x509.Certificate):
        subject = _public_key(subject)
    if isinstance(subject, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(subject, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return _RSA_ALGORITHMS[0]
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
        except _FOREIGN_ERRORS as wrong:
            raise SignerUnavailableError(
                "The signing key can't be decrypted: the passphrase is wrong, or the file is "
                "damaged."
            ) from wrong
    except _FOREIGN_ERRORS as error:
        raise SignerUnavailableError(
            "The private key can't be read: it is damaged, or of an unknown kind.",
            hint="'openssl pkey -in KEY -out key.pem' rewrites a key in the usual form; for an "
            "OpenSSH key, 'ssh-keygen -p -m PKCS8 -f KEY' does.",
        ) from error
    algorithm_of(key)  # type: ignore[arg-type]  # the check is what it is called for
    return key  # type: ignore[return-value]


# ---------------------------------------------------------------------------- the profile


def require_signing_chain(chain_pem: bytes, *, key: PrivateKey, now: datetime) -> bytes:
    """Return the chain as a signature carries it, once it is sure that ``key`` can sign with it.

    What is returned is PEM of certificates only, whatever stood around them, the signing
    certificate first, and without the root, which every verifier has to have by itself.

    Raises:
        SignerUnavailableError: the certificate breaks the profile (the message lists how), or it
            belongs to another key.
    """
    problems = profile_problems(chain_pem, now=now)
    if problems:
        raise SignerUnavailableError(
            "The signing certificate can't be used: " + " ".join(problems),
            hint=f"Get a certificate for signing content credentials, or {_DEVELOP}.",
        )
    chain = _without_root(_certificates(chain_pem))
    if _spki(chain[0].public_key()) != _spki(key.public_key()):
        raise SignerUnavailableError(
            "The signing key and the signing certificate do not belong together.",
            hint="Give the certificate that was issued for this key, first in its file.",
        )
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)


def profile_problems(chain_pem: bytes, *, now: datetime) -> tuple[str, ...]:
    """Return what keeps a chain from signing content credentials: sentences; none if nothing.

    Each says what is wrong and what to do. Bytes that hold no certificate are a problem like
    any other; this never raises for what they contain. A root in the chain is passed over: it is
    not sent along.
    """
    try:
        chain = _without_root(_certificates(chain_pem))
    except SignerUnavailableError as error:
        return (f"{error} {error.hint}".strip(),)
    found = list(_leaf_problems(chain[0], "The signing certificate"))
    found += _common_problems(chain[0], "The signing certificate", now)
    for number, (lower, upper) in enumerate(pairwise(chain), start=2):
        called = f"Certificate {number} of the chain"
        found += _authority_problems(upper, called)
        found += _common_problems(upper, called, now)
        if not _issued(lower, upper):
            found.append(
                f"{called} did not issue the one before it: put the signing certificate first, "
                "then after each certificate the one that issued it."
            )
    return tuple(found)


def _leaf_problems(leaf: x509.Certificate, called: str) -> Iterator[str]:
    if leaf.subject == leaf.issuer:
        yield (
            f"{called} is self-signed, so no verifier can trust it: have one issued by a "
            f"certificate authority, or {_DEVELOP}."
        )
    if _is_authority(leaf):
        yield (
            "The first certificate is a certificate authority's (cA is true): put the signing "
            "certificate first, or ask the issuer for one that is no authority."
        )
    usage = _extension(leaf, x509.KeyUsage)
    if usage is None:
        yield f"{called} has no key usage: {_ASK} digitalSignature."
    elif not usage.digital_signature:
        yield f"{called} has no digitalSignature in its key usage: {_ASK} that."
    elif usage.key_cert_sign and not _is_authority(leaf):
        yield f"{called} has keyCertSign in its key usage, for authorities only: {_ASK}out it."
    if _extension(leaf, x509.AuthorityKeyIdentifier) is None:
        yield f"{called} has no authority key identifier: {_ASK} that extension."
    yield from _purpose_problems(frozenset(_key_purposes(leaf)), called)


def _purpose_problems(purposes: frozenset[str], called: str) -> Iterator[str]:
    wanted = f"{_ASK} emailProtection or C2PA claim signing ({CLAIM_SIGNING.dotted_string})."
    if not purposes:
        yield f"{called} has no extended key usage: {wanted}"
    elif ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string in purposes:
        yield f"{called} has anyExtendedKeyUsage, which is not allowed: {wanted}"
    elif not purposes & _SIGNING_EKUS:
        listed = ", ".join(sorted(purposes))
        yield f"{called} has an extended key usage for other things ({listed}): {wanted}"
    for oid, what in _EXCLUSIVE_EKUS.items():
        if oid in purposes and len(purposes) > 1:
            yield f"{called} mixes {what} with other extended key usages: {_ASK}out {what}."


def _authority_problems(certificate: x509.Certificate, called: str) -> Iterator[str]:
    advice = "ask the issuer for the right intermediate certificate."
    if not _is_authority(certificate):
        yield f"{called} is not a certificate authority's (cA is false): {advice}"
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not usage.key_cert_sign:
        yield f"{called} has no keyCertSign in its key usage: {advice}"
    if _extension(certificate, x509.SubjectKeyIdentifier) is None:
        yield f"{called} has no subject key identifier: {advice}"


def _common_problems(certificate: x509.Certificate, called: str, now: datetime) -> Iterator[str]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        yield f"{called} expired on {end:%Y-%m-%d}: renew it."
    if now < start:
        yield (
            f"{called} is not valid before {start:%Y-%m-%d %H:%M} UTC: wait, or set this "
            "machine's clock right."
        )
    if certificate.version is not x509.Version.v3:
        yield f"{called} is not an X.509 version 3 certificate: ask the issuer for one."
    if not _signed_with_sha2(certificate):
        yield (
            f"{called} was signed by its issuer in a way that is not allowed "
            f"({certificate.signature_algorithm_oid.dotted_string}): {_ASK} SHA-256 or better."
        )
    key = _public_key(certificate)
    kind = _key_type(key)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        yield f"{called} has a key too short ({kind}): make one of {_MIN_RSA_BITS} bits or more."
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        yield f"{called} has a key on a curve that is not allowed ({kind}): make a P-256 key."
    if not isinstance(key, PublicKey):
        yield f"{called} has a key of a kind that is not allowed ({kind}): make a P-256 key."
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            yield (
                f"{called} has a critical extension that verifiers do not know "
                f"({extension.oid.dotted_string}): {_ASK}out it."
            )


# ---------------------------------------------------------------------------- reading X.509


def _certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates in ``pem``, at least one, each known to be readable throughout."""
    if _CERTIFICATE_MARK not in pem:
        raise _no_certificate(pem)
    try:
        found = x509.load_pem_x509_certificates(pem)
        for each in found:  # cryptography reads these only when asked: ask here, once
            _ = (each.subject.rfc4514_string(), each.issuer.rfc4514_string(), each.version)
            _ = (each.extensions, each.not_valid_before_utc, each.not_valid_after_utc)
    except _FOREIGN_ERRORS as error:
        raise SignerUnavailableError(
            "The certificate can't be read: it is damaged or incomplete.",
            hint="Copy it again from where it was issued.",
        ) from error
    return found


def _without_root(chain: list[x509.Certificate]) -> list[x509.Certificate]:
    return [chain[0], *(each for each in chain[1:] if each.subject != each.issuer)]


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


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _key_purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    return tuple(oid.dotted_string for oid in usage) if usage is not None else ()


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _public_key(certificate: x509.Certificate) -> object:
    """Return the certificate's key, or None if it is of a kind that nobody here knows."""
    try:
        return certificate.public_key()
    except _FOREIGN_ERRORS:
        return None


def _signed_with_sha2(certificate: x509.Certificate) -> bool:
    if certificate.signature_algorithm_oid not in _SIGNATURES:
        return False
    try:  # RSASSA-PSS names its hash apart from its OID; Ed25519 has none to name
        algorithm = certificate.signature_hash_algorithm
    except _FOREIGN_ERRORS:
        return False
    return isinstance(algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None)


def _issued(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (*_FOREIGN_ERRORS, InvalidSignature):
        return False
    return True


def _spki(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[no-any-return]
