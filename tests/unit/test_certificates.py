"""Certificates: the development identity really signs; every broken certificate is explained."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from credlabel import certificates
from credlabel.certificates import (
    ALGORITHMS,
    algorithm_of,
    days_left,
    describe_chain,
    has_private_key,
    is_development,
    load_private_key,
    make_development_identity,
    private_key_pem,
    profile_problems,
    require_signing_chain,
)
from credlabel.errors import ConfigError, SecretRequiredError, SignerUnavailableError

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
PEM = serialization.Encoding.PEM
P256 = ec.generate_private_key(ec.SECP256R1())
CA_KEY = ec.generate_private_key(ec.SECP384R1())
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


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="unit", now=NOW)


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
    return certificates._key_usage(*uses)


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


# ---------------------------------------------------------------------------- development


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_development_identity_signs_to_state_trusted(algorithm):
    made = make_development_identity(algorithm=algorithm, name="unit", now=NOW)
    store = sign_and_read(made, algorithm, made.authority_pem)
    assert store["validation_state"] == "Trusted"
    assert profile_problems(made.chain_pem, now=NOW) == ()


def test_without_its_anchor_it_is_only_valid(identity):
    other = make_development_identity(name="unit", now=NOW)
    store = sign_and_read(identity, "es256", other.authority_pem)
    assert store["validation_state"] == "Valid"


def test_two_authorities_of_one_name_can_both_be_anchors(identity):
    other = make_development_identity(name="unit", now=NOW)
    anchors = other.authority_pem + identity.authority_pem
    assert sign_and_read(identity, "es256", anchors)["validation_state"] == "Trusted"


def test_names_say_development_wherever_they_are_shown(identity):
    (leaf,) = describe_chain(identity.chain_pem, now=NOW)
    (anchor,) = describe_chain(identity.authority_pem, now=NOW)
    assert "CN=credlabel development signer (not for production)" in leaf.subject
    assert "CN=credlabel development CA" in leaf.issuer
    assert leaf.issuer == anchor.subject == anchor.issuer
    store = sign_and_read(identity, "es256", identity.authority_pem)
    shown = store["manifests"][store["active_manifest"]]["signature_info"]
    assert "development" in shown["issuer"]
    assert "development" in shown["common_name"]


def test_leaf_and_authority_carry_the_extensions_of_the_profile(identity):
    leaf = x509.load_pem_x509_certificate(identity.chain_pem)
    anchor = x509.load_pem_x509_certificate(identity.authority_pem)
    found = leaf.extensions
    key_usage = found.get_extension_for_class(x509.KeyUsage)
    assert key_usage.critical
    assert key_usage.value == usage("digital_signature")
    purposes = found.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [EMAIL, ObjectIdentifier("1.3.6.1.4.1.62558.2.1")]
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca
    above = anchor.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    below = found.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert below.key_identifier == above.digest
    found.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert isinstance(anchor.public_key().curve, ec.SECP384R1)
    assert anchor.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    constraints = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    leaf.verify_directly_issued_by(anchor)


def test_the_authority_s_key_is_not_kept(identity):
    key = load_private_key(identity.key_pem)
    with pytest.raises(SignerUnavailableError, match="do not belong together"):
        require_signing_chain(identity.chain_pem, key=CA_KEY, now=NOW)
    anchor = x509.load_pem_x509_certificate(identity.authority_pem)
    assert certificates._spki(key.public_key()) != certificates._spki(anchor.public_key())
    assert identity.key_pem.count(b"BEGIN") == 1
    assert not has_private_key(identity.chain_pem + identity.authority_pem)


def test_repr_keeps_the_key_to_itself(identity):
    body = identity.key_pem.split(b"\n")[1].decode()
    assert body not in repr(identity)
    assert "PRIVATE" not in repr(identity)


def test_it_lasts_as_long_as_was_asked():
    made = make_development_identity(name="unit", now=NOW, days=10)
    (leaf,) = describe_chain(made.chain_pem, now=NOW)
    assert (leaf.not_before, leaf.not_after) == (NOW - timedelta(hours=1), NOW + 10 * DAY)
    assert days_left(made.chain_pem, now=NOW) == 10
    assert describe_chain(made.authority_pem, now=NOW)[0].not_after > leaf.not_after


def test_is_development_knows_its_own(identity):
    assert is_development(identity.chain_pem)
    assert not is_development(issue())
    with pytest.raises(SignerUnavailableError):
        is_development(b"")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": ""}, "must have 1 to 64 printable characters"),
        ({"name": "x" * 65}, "must have 1 to 64 printable characters"),
        ({"name": "a\nb"}, "must have 1 to 64 printable characters"),
        ({"name": "x", "days": 0}, "lasts 1 to 3650 days"),
        ({"name": "x", "days": 3651}, "lasts 1 to 3650 days"),
        ({"name": "x", "algorithm": "rs256"}, "There is no signing algorithm 'rs256'"),
    ],
)
def test_impossible_wishes_are_config_errors(options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make_development_identity(now=NOW, **options)


# ---------------------------------------------------------------------------- description


def test_describe_chain_says_what_is_in_it():
    inter_key = rsa.generate_private_key(65537, 2048)
    leaf = issue(issuer="inter", issuer_key=inter_key, ekus=(EMAIL, certificates.CLAIM_SIGNING))
    chain = leaf + b"some text\n" + authority(inter_key, subject="inter")
    first, second = describe_chain(chain, now=NOW)
    assert (first.subject, first.issuer) == ("CN=leaf", "CN=inter")
    assert (first.key_type, first.signature_algorithm) == ("P-256", "sha384WithRSAEncryption")
    assert first.key_purposes == ("1.3.6.1.5.5.7.3.4", "1.3.6.1.4.1.62558.2.1")
    parsed = x509.load_pem_x509_certificate(leaf)
    assert first.serial == f"{parsed.serial_number:x}"
    assert first.fingerprint == parsed.fingerprint(hashes.SHA256()).hex()
    assert (first.is_authority, second.is_authority) == (False, True)
    assert (first.days_left, second.key_type) == (30, "RSA 2048")
    assert (second.subject, second.key_purposes) == ("CN=inter", ())


def test_days_left_is_that_of_the_first_to_end_and_goes_below_zero():
    chain = issue(end=NOW + 30 * DAY) + authority(CA_KEY, end=NOW + 7 * DAY)
    assert days_left(chain, now=NOW) == 7
    assert days_left(chain, now=NOW + 8 * DAY) == -1
    assert days_left(chain, now=NOW + timedelta(hours=1)) == 6


@pytest.mark.parametrize("pem", [b"", b"junk", b"\xff" * 100])
def test_describing_nothing_is_refused(pem):
    with pytest.raises(SignerUnavailableError, match="no certificate in PEM form"):
        describe_chain(pem, now=NOW)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_certificates_never_raise_anything_foreign(data):
    der = bytearray(
        x509.load_pem_x509_certificate(issue_once()).public_bytes(serialization.Encoding.DER)
    )
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    pem = as_pem(bytes(der))
    profile_problems(pem, now=NOW)
    for reads in (describe_chain, days_left):
        try:
            reads(pem, now=NOW)
        except SignerUnavailableError as error:
            assert "can't be read" in str(error)  # noqa: PT017


_ONCE = []


def issue_once():
    if not _ONCE:
        _ONCE.append(issue())
    return _ONCE[0]


# ---------------------------------------------------------------------------- the profile


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
OTHER_CURVE = ec.generate_private_key(ec.SECP256K1())
SHORT_RSA = rsa.generate_private_key(65537, 1024)
DSA = dsa.generate_private_key(2048)
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
        broken = certificates.DevelopmentIdentity(
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


# ---------------------------------------------------------------------------- keys


def test_algorithm_of_keys_certificates_and_pem(identity):
    made = {
        "es256": P256,
        "es384": CA_KEY,
        "es512": ec.generate_private_key(ec.SECP521R1()),
        "ps256": rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    for algorithm, key in made.items():
        certificate = issue(key)
        assert algorithm_of(key) == algorithm
        assert algorithm_of(key.public_key()) == algorithm
        assert algorithm_of(certificate) == algorithm
        assert algorithm_of(x509.load_pem_x509_certificate(certificate)) == algorithm
    assert algorithm_of(identity.key_pem) == "es256"
    assert (
        algorithm_of(
            identity.key_pem
            + made["es384"]
            .private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            .replace(b"PRIVATE KEY", b"OTHER THING")
            + issue(made["ed25519"])
        )
        == "ed25519"
    )


@pytest.mark.parametrize("key", [OTHER_CURVE, DSA], ids=["secp256k1", "dsa"])
def test_keys_that_can_t_sign_credentials(key):
    with pytest.raises(SignerUnavailableError, match="can't be signed with a key of this kind"):
        algorithm_of(key)
    pem = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(SignerUnavailableError, match="can't be signed with a key of this kind"):
        load_private_key(pem)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_encrypted_keys_need_their_passphrase(form):
    pem = encrypted(P256, b"open sesame", getattr(serialization.PrivateFormat, form))
    with pytest.raises(SecretRequiredError, match="its passphrase was not given"):
        load_private_key(pem)
    for wrong in (b"", b"sesame"):
        with pytest.raises(SignerUnavailableError, match="the passphrase is wrong, or") as caught:
            load_private_key(pem, passphrase=wrong)
        assert "sesame" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    loaded = load_private_key(pem, passphrase=b"open sesame")
    assert loaded.private_numbers() == P256.private_numbers()


def test_a_needless_passphrase_is_ignored(identity):
    assert load_private_key(identity.key_pem, passphrase=b"x")


def test_the_key_is_found_among_other_blocks(identity):
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    mixed = parameters + identity.chain_pem + identity.key_pem + identity.authority_pem
    assert private_key_pem(mixed) == identity.key_pem
    assert load_private_key(mixed)


def test_unclear_or_unreadable_keys_are_refused(identity):
    with pytest.raises(SignerUnavailableError, match="holds 2 private keys"):
        load_private_key(identity.key_pem * 2)
    with pytest.raises(SignerUnavailableError, match="no private key in PEM form"):
        load_private_key(identity.chain_pem)
    lines = identity.key_pem.splitlines(keepends=True)
    with pytest.raises(SignerUnavailableError, match="damaged, or of an unknown kind") as caught:
        load_private_key(lines[0] + lines[2] + lines[-1])
    assert caught.value.__cause__ is not None
    ssh = P256.private_bytes(
        PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    with pytest.raises(SignerUnavailableError) as caught:
        load_private_key(ssh)
    assert "ssh-keygen -p -m PKCS8" in caught.value.hint
