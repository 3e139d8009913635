"""The certificate profile: every breach is explained, and what c2pa-rs refuses we refuse first."""

from __future__ import annotations

import random
from datetime import timedelta

import c2pa
import making
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from pki import (
    CA_KEY,
    DAY,
    DSA,
    EMAIL,
    NOW,
    OTHER_CURVE,
    P256,
    PEM,
    as_pem,
    authority,
    issue,
    name,
    sequence,
    sign_and_read,
)

from credlabel.development import DevelopmentIdentity, make_development_identity
from credlabel.errors import SignerUnavailableError
from credlabel.profile import (
    is_sound_self_signed,
    profile_problems,
    require_signing_chain,
)


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="unit", now=NOW)


def test_a_good_chain_has_no_problems():
    assert profile_problems(issue(), now=NOW) == ()
    inter_key = ec.generate_private_key(ec.SECP256R1())
    chain = issue(issuer="inter", issuer_key=inter_key) + authority(inter_key, subject="inter")
    assert profile_problems(chain, now=NOW) == ()


def test_a_root_in_the_chain_is_no_problem_and_is_not_sent():
    root = authority(CA_KEY, subject="ca", aki=False, ski=False, digest=hashes.SHA384())
    leaf = issue()
    assert profile_problems(leaf + root, now=NOW) == ()
    assert require_signing_chain(b"text\n" + leaf + root, key=P256, now=NOW) == leaf


UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")
SHORT_RSA = rsa.generate_private_key(65537, 1024)
TIME, OCSP = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING
ANY, CLIENT = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        ({"ekus": ()}, ["has no extended key usage: ask the issuer for one with emailProtection"]),
        ({"ekus": (ANY,)}, ["has anyExtendedKeyUsage, which is not allowed: ask"]),
        ({"ekus": (EMAIL, ANY)}, ["has anyExtendedKeyUsage, which is not allowed: ask"]),
        ({"ekus": (CLIENT,)}, ["for other things (1.3.6.1.5.5.7.3.2): ask"]),
        ({"ekus": (TIME,)}, ["for other things (1.3.6.1.5.5.7.3.8): ask"]),
        ({"ekus": (EMAIL, TIME)}, ["mixes timeStamping with other extended key usages: ask"]),
        ({"ekus": (EMAIL, OCSP)}, ["mixes OCSPSigning with other extended key usages: ask"]),
        ({"uses": ()}, ["has no key usage: ask the issuer for one with digitalSignature"]),
        ({"uses": ("key_agreement",)}, ["has no digitalSignature in its key usage: ask"]),
        (
            {"uses": ("digital_signature", "key_cert_sign")},
            ["has keyCertSign in its key usage, for authorities only: ask the issuer for one wi"],
        ),
        ({"aki": False}, ["has no authority key identifier: ask"]),
        ({"ca": True}, ["is a certificate authority's (cA is true): put the signing"]),
        ({"end": NOW - timedelta(hours=1)}, ["expired on", ": renew it."]),
        ({"start": NOW + DAY}, ["is not valid before", "set this machine's clock right."]),
        ({"key": SHORT_RSA}, ["has a key too short (RSA 1024): make one of 2048 bits or more."]),
        ({"key": OTHER_CURVE}, ["a curve that is not allowed (secp256k1): make a P-256 key."]),
        ({"key": DSA}, ["has a key of a kind that is not allowed (another kind): make a P-256"]),
        ({"digest": hashes.SHA3_256()}, ["in a way that is not allowed", "SHA-256 or better."]),
        (
            {"extra": (UNKNOWN,)},
            ["extension that verifiers do not know (1.2.3.4): ask the issuer"],
        ),
    ],
)
def test_each_breach_is_one_sentence_with_advice(options, sentences):
    problems = profile_problems(issue(**options), now=NOW)
    assert len(problems) == 1
    for sentence in sentences:
        assert sentence in problems[0]
    assert problems[0].endswith(".")


@pytest.mark.parametrize("ca", [True, False])
def test_a_self_signed_leaf_is_named_so(ca):
    pem = issue(subject="me", issuer="me", issuer_key=P256, ca=ca)
    problems = profile_problems(pem, now=NOW)
    assert "is self-signed, so no verifier can trust it" in problems[0]
    assert "credlabel keys init" in problems[0]


def test_no_basic_constraints_no_ski_and_long_validity_are_fine():
    pem = issue(ca=None, ski=False, end=NOW + 3650 * DAY)
    assert profile_problems(pem, now=NOW) == ()


@pytest.mark.parametrize("oid", ["1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"])
def test_other_signing_purposes_are_fine(oid):
    assert profile_problems(issue(ekus=(ObjectIdentifier(oid),)), now=NOW) == ()


def test_version_1_certificates_are_too_old():
    leaf = issue(ekus=(), uses=(), aki=False, ski=False, ca=None)
    modern = x509.load_pem_x509_certificate(leaf)
    der, body = modern.public_bytes(serialization.Encoding.DER), modern.tbs_certificate_bytes
    version = b"\xa0\x03\x02\x01\x02"
    fields = body[body.index(version) + len(version) :]
    rest = der[der.index(body) + len(body) :]
    problems = profile_problems(as_pem(sequence(sequence(fields) + rest)), now=NOW)
    sentence = "The signing certificate is not an X.509 version 3 certificate: ask the issuer"
    assert any(each.startswith(sentence) for each in problems)


def test_an_unknown_digest_in_an_rsa_pss_signature_is_not_allowed():
    key = rsa.generate_private_key(65537, 2048)
    sha256 = hashes.SHA256()
    good = (
        x509.CertificateBuilder(name("ca"), name("leaf"), P256.public_key(), 1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .sign(key, sha256, rsa_padding=padding.PSS(padding.MGF1(sha256), 32))
        .public_bytes(serialization.Encoding.DER)
    )
    oid = bytes.fromhex("608648016503040201")
    sentence = "in a way that is not allowed (1.2.840.113549.1.1.10)"
    for der, expected in ((good, False), (good.replace(oid, oid[:-1] + b"\x7f"), True)):
        problems = profile_problems(as_pem(der), now=NOW)
        assert any(sentence in each for each in problems) is expected


def test_all_breaches_are_listed_not_only_the_first():
    problems = profile_problems(
        issue(ekus=(), uses=(), aki=False, end=NOW - timedelta(hours=1)), now=NOW
    )
    assert len(problems) == 4


def test_intermediates_out_of_order():
    upper, lower = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    leaf = issue(issuer="lower", issuer_key=lower)
    low = authority(lower, subject="lower", issuer="upper", issuer_key=upper)
    high = authority(upper, subject="upper", issuer="ca")
    assert profile_problems(leaf + low + high, now=NOW) == ()
    assert profile_problems(leaf + high + low, now=NOW) == tuple(
        f"Certificate {number} of the chain did not issue the one before it: put the signing "
        "certificate first, then after each certificate the one that issued it."
        for number in (2, 3)
    )
    reverse = profile_problems(high + low + leaf, now=NOW)
    assert any("first certificate is a certificate authority's" in each for each in reverse)


def test_a_broken_intermediate_is_told_by_its_number():
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = issue(issuer="inter", issuer_key=key)
    inter = issue(key, subject="inter", ca=False, ski=False, end=NOW - timedelta(hours=1))
    problems = " ".join(profile_problems(leaf + inter, now=NOW))
    assert "Certificate 2 of the chain is not a certificate authority's" in problems
    assert "Certificate 2 of the chain has no keyCertSign" in problems
    assert "Certificate 2 of the chain has no subject key identifier" in problems
    assert "Certificate 2 of the chain expired on" in problems


def test_bytes_that_are_no_certificate_are_explained(identity):
    der = x509.load_pem_x509_certificate(issue()).public_bytes(serialization.Encoding.DER)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name("me"))
        .sign(P256, hashes.SHA256())
        .public_bytes(PEM)
    )
    cases = {
        identity.key_pem: "There is a private key where a certificate is needed. Give the",
        request: "There is a certificate request where a certificate is needed. Send it",
        der: "The certificate is in DER form, and PEM is needed. Run: openssl x509",
        b"": "There is no certificate in PEM form. A PEM certificate begins with",
        issue()[:200]: "The certificate can't be read: it is damaged or incomplete. Copy it",
    }
    for pem, sentence in cases.items():
        (problem,) = profile_problems(pem, now=NOW)
        assert problem.startswith(sentence)
        assert identity.key_pem.split(b"\n")[1].decode() not in problem


def test_the_profile_agrees_with_the_library(identity):
    """What c2pa-rs refuses to sign with, we refuse first."""
    for options in ({"ekus": ()}, {"uses": ()}, {"aki": False}, {"ekus": (EMAIL, TIME)}):
        broken = DevelopmentIdentity(
            key_pem=P256.private_bytes(
                PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            chain_pem=issue(**options),
            authority_pem=b"",
        )
        with pytest.raises(c2pa.C2paError, match="certificate is invalid"):
            sign_and_read(broken, "es256", identity.authority_pem)
        assert profile_problems(broken.chain_pem, now=NOW)


def test_require_signing_chain_lists_every_problem():
    with pytest.raises(SignerUnavailableError, match="can't be used: The signing") as caught:
        require_signing_chain(issue(ekus=(), aki=False), key=P256, now=NOW)
    assert "no extended key usage" in str(caught.value)
    assert "no authority key identifier" in str(caught.value)
    assert "credlabel keys init" in caught.value.hint


# ---------------------------------------------------------------------------- self-signed


SELF = {"subject": "me", "issuer": "me", "issuer_key": P256, "aki": False}


def as_der(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"aki": True},
        {"ca": None},
        {"ski": False},
        {"end": NOW - timedelta(hours=1)},  # when it was valid is another question
        {"start": NOW + DAY},
        {"ekus": (ObjectIdentifier("1.3.6.1.4.1.62558.2.1"),)},
    ],
)
def test_a_self_signed_certificate_may_be_sound(options):
    assert is_sound_self_signed(as_der(issue(**SELF | options)))


@pytest.mark.parametrize(
    "options",
    [
        {"issuer": "ca"},
        {"issuer_key": CA_KEY},  # it names itself, but another key has signed it
        {"ca": True},
        {"ekus": ()},
        {"ekus": (ANY,)},
        {"ekus": (CLIENT,)},
        {"ekus": (EMAIL, TIME)},
        {"uses": ()},
        {"uses": ("key_agreement",)},
        {"uses": ("digital_signature", "key_cert_sign")},
        {"key": SHORT_RSA, "issuer_key": SHORT_RSA},
        {"key": OTHER_CURVE, "issuer_key": OTHER_CURVE},
        {"digest": hashes.SHA3_256()},
        {"extra": (UNKNOWN,)},
    ],
)
def test_one_that_breaks_the_profile_in_anything_else_is_not_sound(options):
    assert not is_sound_self_signed(as_der(issue(**SELF | options)))


def test_no_bytes_make_that_question_fail():
    whole = as_der(issue(**SELF))
    rng = random.Random(4)
    for damaged in (b"", b"0", whole[:-1], issue(**SELF), *making.mutations(whole, rng, 500)):
        assert is_sound_self_signed(damaged) in (True, False)
    assert not is_sound_self_signed(whole[:-1])
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    assert not is_sound_self_signed(flipped)
