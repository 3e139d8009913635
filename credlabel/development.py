"""The development identity: an authority and a signing certificate, made in a second, for trials.

It fits the C2PA certificate profile (specification 2.5, 13.5.1), so that signing works right after
installing; its names say *development*, so that nobody takes it for more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from credlabel.certificates import (
    ALGORITHMS,
    CLAIM_SIGNING,
    DEVELOPMENT_ORGANIZATION,
    RSA_ALGORITHMS,
    PrivateKey,
    encode_private_key,
    load_certificates,
)
from credlabel.errors import ConfigError

DEVELOPMENT_AUTHORITY: Final = "credlabel development CA"
DEVELOPMENT_SIGNER: Final = "credlabel development signer (not for production)"
_AUTHORITY_DAYS: Final = 3650  # outlives its leaf, so that time-stamped files stay trusted
_CLOCK_SKEW: Final = timedelta(hours=1)  # a verifier's clock may be behind ours


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
        key_pem=encode_private_key(key),
        chain_pem=leaf.public_bytes(serialization.Encoding.PEM),
        authority_pem=authority.public_bytes(serialization.Encoding.PEM),
    )


def is_development(chain_pem: bytes) -> bool:
    """Return whether the signing certificate was made by :func:`make_development_identity`.

    Raises:
        SignerUnavailableError: there is no certificate in ``chain_pem``.
    """
    names = load_certificates(chain_pem)[0].issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return DEVELOPMENT_AUTHORITY in {name.value for name in names}


def _new_key(algorithm: str) -> PrivateKey:
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in RSA_ALGORITHMS:
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
        NameOID.ORGANIZATION_NAME: DEVELOPMENT_ORGANIZATION,
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
