"""Certificates made to measure, right but for what a test asks; c2pa-rs as their judge."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
PEM = serialization.Encoding.PEM
P256 = ec.generate_private_key(ec.SECP256R1())
CA_KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_CURVE = ec.generate_private_key(ec.SECP256K1())
DSA = dsa.generate_private_key(2048)
MANIFEST = {
    "claim_generator_info": [{"name": "credlabel-test"}],
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "created": True,
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/"
                        "trainedAlgorithmicMedia",
                    }
                ],
                "allActionsIncluded": True,
            },
        }
    ],
}


def sign_and_read(identity, algorithm, anchors):
    """Sign a picture with c2pa-rs itself and return what it says about the result."""
    picture, signed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "PNG")
    picture.seek(0)
    context = c2pa.Context.from_dict(
        {
            "verify": {"remote_manifest_fetch": False},
            "core": {"allowed_network_hosts": []},
            "builder": {"thumbnail": {"enabled": False}},
            "trust": {"user_anchors": anchors.decode()},
        }
    )
    info = c2pa.C2paSignerInfo(algorithm.encode(), identity.chain_pem, identity.key_pem, None)
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(MANIFEST, context=context) as builder:
        builder.sign(signer, "image/png", picture, signed)
    signed.seek(0)
    with c2pa.Reader("image/png", signed, context=context) as reader:
        return json.loads(reader.json())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(*uses):
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{use: use in uses for use in every.split()})


def issue(
    key=P256,
    *,
    subject="leaf",
    issuer="ca",
    issuer_key=CA_KEY,
    ekus=(EMAIL,),
    uses=("digital_signature",),
    aki=True,
    ski=True,
    ca=False,
    start=NOW - DAY,
    end=NOW + 30 * DAY,
    digest=None,
    extra=(),
):
    """Return a certificate as PEM that is right but for what the arguments say."""
    builder = (
        x509.CertificateBuilder(name(issuer), name(subject), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        constraints = x509.BasicConstraints(ca=ca, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    if uses:
        builder = builder.add_extension(usage(*uses), critical=True)
    if ekus:
        builder = builder.add_extension(x509.ExtendedKeyUsage(ekus), critical=False)
    if aki:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    if ski:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    for extension in extra:
        builder = builder.add_extension(extension, critical=True)
    if digest is None and not isinstance(issuer_key, ed25519.Ed25519PrivateKey):
        digest = hashes.SHA384()
    return builder.sign(issuer_key, digest).public_bytes(PEM)


def as_pem(der):
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def sequence(content):
    size = len(content)
    head = b"\x30\x81" if size < 256 else b"\x30\x82" + bytes([size >> 8])
    return head + bytes([size & 0xFF]) + content


def authority(key, **options):
    defaults = {"ca": True, "uses": ("key_cert_sign",), "ekus": ()}
    return issue(key, **(defaults | options))


def encrypted(key, passphrase, form=serialization.PrivateFormat.PKCS8):
    cipher = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(PEM, form, cipher)
