"""The development identity: it really signs, it fits the profile, and it owns up to what it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ObjectIdentifier
from pki import CA_KEY, DAY, EMAIL, NOW, issue, sign_and_read, usage

from credlabel.certificates import (
    ALGORITHMS,
    days_left,
    describe_chain,
    has_private_key,
    load_private_key,
)
from credlabel.development import is_development, make_development_identity
from credlabel.errors import ConfigError, SignerUnavailableError
from credlabel.profile import profile_problems, require_signing_chain


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="unit", now=NOW)


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
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    ours, theirs = (
        each.public_key().public_bytes(serialization.Encoding.DER, form) for each in (key, anchor)
    )
    assert ours != theirs
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
