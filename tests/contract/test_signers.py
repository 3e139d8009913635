"""What a SignerProvider owes: it opens, signs, tells why not, and keeps the key to itself."""

from __future__ import annotations

import gc
import io
import pickle
from datetime import UTC, datetime

import pytest
from contracts import providers
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from credlabel import Labeller
from credlabel.certificates import ALGORITHMS, algorithm_of, has_private_key, load_private_key
from credlabel.credentials import Credentials, CredentialState
from credlabel.errors import SigningError
from credlabel.hookspecs import LocalSigner, Signer
from credlabel.profile import profile_problems

PROVIDERS = providers("credlabel_signers")
DIGESTS = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def no_secrets(name, prompt):
    return None


@pytest.fixture
def uri_of(dev_key):
    """Tell, for each scheme, a signer that the tests may use: a new scheme needs a line here."""
    uris = {"file": dev_key.uri}

    def find(provider):
        known = [uris[scheme] for scheme in provider.schemes if scheme in uris]
        assert known, f"the contract suite knows no signer of {provider.schemes}: add one"
        return known[0]

    return find


def verify(signer, signature, data):
    """Raise unless the certificate's key made the signature."""
    key = x509.load_pem_x509_certificate(signer.certificate_chain).public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, data)
        return
    digest = DIGESTS[signer.algorithm[2:]]
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return
    size = (key.key_size + 7) // 8
    if len(signature) == 2 * size and signature[:1] != b"\x30":  # r and s, one after the other
        r, s = (int.from_bytes(part) for part in (signature[:size], signature[size:]))
        signature = utils.encode_dss_signature(r, s)
    key.verify(signature, data, ec.ECDSA(digest))


def signs(signer):
    """What it signs verifies by its certificate, and the certificate may sign credentials."""
    assert isinstance(signer, Signer)
    assert signer.algorithm in ALGORITHMS
    assert profile_problems(signer.certificate_chain, now=datetime.now(UTC)) == ()
    assert algorithm_of(signer.certificate_chain)[:2] == signer.algorithm[:2]
    assert signer.timestamp_uri is None or signer.timestamp_uri.startswith(("http:", "https:"))
    for data in (b"", b"data", bytes(100_000)):
        verify(signer, signer.sign(data), data)


def hides(signer):
    """Nothing that shows or copies a signer shows or copies its key."""
    shown = f"{signer!r} {signer!s} {signer.__dict__ if hasattr(signer, '__dict__') else ''}"
    assert "PRIVATE" not in shown
    assert not has_private_key(signer.certificate_chain)
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.dumps(signer)
    if isinstance(signer, LocalSigner):
        pem = signer.private_key_pem()
        assert load_private_key(pem)
        body = "".join(pem.decode().split("\n")[1:-2])
        assert body[:40] not in shown
        assert not any(pem in each for each in gc.get_referents(signer) if isinstance(each, bytes))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_opens_and_signs(provider, uri_of):
    signs(provider.open(uri_of(provider), no_secrets))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_hides_the_key(provider, uri_of):
    hides(provider.open(uri_of(provider), no_secrets))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_its_labels_are_trusted_by_who_trusts_its_issuer(provider, uri_of, samples, dev_trust):
    signer = provider.open(uri_of(provider), no_secrets)
    made = Labeller(signer).label_bytes(samples["hills.png"].read_bytes(), name="hills.png")
    reading = Credentials(trust=dev_trust).read(io.BytesIO(made.data), media_type="image/png")
    assert reading.state is CredentialState.TRUSTED


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("rest", ["", "/no/such/thing", "?", "?x=1", "//", "#", "%00", "\n", "é"])
def test_a_uri_that_names_nothing_is_a_signing_error_in_a_sentence(provider, rest):
    for scheme in provider.schemes:
        with pytest.raises(SigningError) as caught:
            provider.open(f"{scheme}:{rest}", no_secrets)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("parameter", ["passphrase", "pin", "password"])
def test_a_secret_in_a_uri_is_refused_and_not_repeated(provider, uri_of, parameter):
    uri = uri_of(provider)
    uri += ("&" if "?" in uri else "?") + f"{parameter}=hunter2"
    with pytest.raises(SigningError) as caught:
        provider.open(uri, no_secrets)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


# ---------------------------------------------------------------------------- it can fail


class Forwarding:
    """A signer that is as good as the one it forwards to."""

    def __init__(self, signer):
        self.inner = signer
        self.algorithm = signer.algorithm
        self.certificate_chain = signer.certificate_chain
        self.timestamp_uri = signer.timestamp_uri

    def sign(self, data):
        return self.inner.sign(data)


class SignsSomethingElse(Forwarding):
    def sign(self, data):
        return self.inner.sign(data + b"!")


class WrongAlgorithm(Forwarding):
    def __init__(self, signer):
        super().__init__(signer)
        self.algorithm = "ps256"


class ShowsItsKey(Forwarding):
    def __repr__(self):
        return self.inner.private_key_pem().decode()


class KeepsItsKeyInTheOpen(Forwarding):
    def __init__(self, signer):
        super().__init__(signer)
        self.pem = signer.private_key_pem()


class Copied(Forwarding):
    def __reduce__(self):
        return (Forwarding, ())


def test_a_good_signer_passes(dev_signer):
    signs(Forwarding(dev_signer))
    hides(Forwarding(dev_signer))


@pytest.mark.parametrize("bad", [SignsSomethingElse, WrongAlgorithm])
def test_a_signer_that_does_not_sign_is_noticed(bad, dev_signer):
    with pytest.raises((AssertionError, InvalidSignature)):
        signs(bad(dev_signer))


@pytest.mark.parametrize("bad", [ShowsItsKey, KeepsItsKeyInTheOpen, Copied])
def test_a_signer_that_does_not_hide_is_noticed(bad, dev_signer):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        hides(bad(dev_signer))
