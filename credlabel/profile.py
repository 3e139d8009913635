"""The C2PA certificate profile in plain words: what keeps a certificate from signing, and why.

The library says only "the certificate is invalid", and only after it was asked to sign. Here each
breach of the profile (C2PA specification 2.5, 13.5.1) is a sentence that says what to do about it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from credlabel import terms
from credlabel.certificates import (
    CLAIM_SIGNING,
    CURVES,
    FOREIGN_ERRORS,
    SIGNATURES,
    PublicKey,
    extension_of,
    is_authority,
    key_purposes,
    key_type,
    load_certificates,
    public_key_of,
)
from credlabel.errors import SignerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from credlabel.certificates import PrivateKey

_MIN_RSA_BITS: Final = 2048
_EXCLUSIVE_EKUS: Final = {
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "OCSPSigning",
}
_SIGNING_EKUS: Final = frozenset(terms.SIGNING_EKUS) - _EXCLUSIVE_EKUS.keys()
_ASK: Final = "ask the issuer for one with"
_DEVELOP: Final = "make a development key with 'credlabel keys init'"


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
    chain = _without_root(load_certificates(chain_pem))
    if _public_bytes(chain[0].public_key()) != _public_bytes(key.public_key()):
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
        chain = _without_root(load_certificates(chain_pem))
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


def is_sound_self_signed(certificate_der: bytes) -> bool:
    """Return whether a certificate is self-signed, and breaks the profile in nothing else.

    The authority key identifier is asked for only where another authority has issued (C2PA 2.5,
    13.5.1). When it was valid is another question. Never raises for what the bytes contain.
    """
    try:
        leaf = x509.load_der_x509_certificate(certificate_der)
        then = leaf.not_valid_before_utc
        return (
            leaf.subject == leaf.issuer
            and _issued(leaf, leaf)
            and not [*_key_problems(leaf, "It"), *_common_problems(leaf, "It", then)]
        )
    except FOREIGN_ERRORS:
        return False


def _leaf_problems(leaf: x509.Certificate, called: str) -> Iterator[str]:
    if leaf.subject == leaf.issuer:
        yield (
            f"{called} is self-signed, so no verifier can trust it: have one issued by a "
            f"certificate authority, or {_DEVELOP}."
        )
    if extension_of(leaf, x509.AuthorityKeyIdentifier) is None:
        yield f"{called} has no authority key identifier: {_ASK} that extension."
    yield from _key_problems(leaf, called)


def _key_problems(leaf: x509.Certificate, called: str) -> Iterator[str]:
    """Yield what keeps a certificate's key from signing claims, whoever issued it."""
    if is_authority(leaf):
        yield (
            "The first certificate is a certificate authority's (cA is true): put the signing "
            "certificate first, or ask the issuer for one that is no authority."
        )
    usage = extension_of(leaf, x509.KeyUsage)
    if usage is None:
        yield f"{called} has no key usage: {_ASK} digitalSignature."
    elif not usage.digital_signature:
        yield f"{called} has no digitalSignature in its key usage: {_ASK} that."
    elif usage.key_cert_sign and not is_authority(leaf):
        yield f"{called} has keyCertSign in its key usage, for authorities only: {_ASK}out it."
    yield from _purpose_problems(frozenset(key_purposes(leaf)), called)


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
    if not is_authority(certificate):
        yield f"{called} is not a certificate authority's (cA is false): {advice}"
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is None or not usage.key_cert_sign:
        yield f"{called} has no keyCertSign in its key usage: {advice}"
    if extension_of(certificate, x509.SubjectKeyIdentifier) is None:
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
    key = public_key_of(certificate)
    kind = key_type(key)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        yield f"{called} has a key too short ({kind}): make one of {_MIN_RSA_BITS} bits or more."
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in CURVES:
        yield f"{called} has a key on a curve that is not allowed ({kind}): make a P-256 key."
    if not isinstance(key, PublicKey):
        yield f"{called} has a key of a kind that is not allowed ({kind}): make a P-256 key."
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            yield (
                f"{called} has a critical extension that verifiers do not know "
                f"({extension.oid.dotted_string}): {_ASK}out it."
            )


def _without_root(chain: list[x509.Certificate]) -> list[x509.Certificate]:
    return [chain[0], *(each for each in chain[1:] if each.subject != each.issuer)]


def _signed_with_sha2(certificate: x509.Certificate) -> bool:
    if certificate.signature_algorithm_oid not in SIGNATURES:
        return False
    try:  # RSASSA-PSS names its hash apart from its OID; Ed25519 has none to name
        algorithm = certificate.signature_hash_algorithm
    except FOREIGN_ERRORS:
        return False
    return isinstance(algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None)


def _issued(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (*FOREIGN_ERRORS, InvalidSignature):
        return False
    return True


def _public_bytes(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[no-any-return]
