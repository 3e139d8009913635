"""Certificates and keys: what they say is read right, and nothing damaged raises anything odd."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
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
    encrypted,
    issue,
)

from credlabel import certificates
from credlabel.certificates import (
    algorithm_of,
    days_left,
    describe_chain,
    encode_private_key,
    has_private_key,
    load_private_key,
    private_key_pem,
)
from credlabel.development import make_development_identity
from credlabel.errors import SecretRequiredError, SignerUnavailableError
from credlabel.profile import profile_problems


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="unit", now=NOW)


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


def test_an_encoded_key_loads_as_the_same_key_without_a_passphrase():
    for key in (P256, CA_KEY, ed25519.Ed25519PrivateKey.generate()):
        pem = encode_private_key(key)
        assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
        assert has_private_key(pem)
        assert load_private_key(pem).public_key() == key.public_key()
