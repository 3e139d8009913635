"""The file signer: it signs for real, and refuses in a sentence everything that it should."""

from __future__ import annotations

import copy
import io
import os
import pickle
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from credlabel_plugins.signers import file
from credlabel_plugins.signers.file import FileSignerProvider
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from PIL import Image

from credlabel import hookspecs
from credlabel.certificates import ALGORITHMS, load_private_key
from credlabel.credentials import Claim, Credentials, CredentialState, TrustAnchors
from credlabel.development import make_development_identity
from credlabel.errors import (
    SecretRequiredError,
    SignerUnavailableError,
    SigningError,
    SigningKeyNotFoundError,
)
from credlabel.home import Home
from credlabel.keys import KeyStore

NOW = datetime.now(UTC).replace(microsecond=0)
PASSPHRASE = "correct horse battery staple"


class CallbackOnly:
    """A signer that keeps its key to itself, as a key in hardware does."""

    timestamp_uri = None

    def __init__(self, signer):
        self.algorithm = signer.algorithm
        self.certificate_chain = signer.certificate_chain
        self.sign = signer.sign


def label(signer, identity):
    """Return a small PNG, labelled through the one module that talks to the library."""
    source_type = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    claim = Claim(
        definition={"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}
    )
    picture, signed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "PNG")
    picture.seek(0)
    Credentials().sign_embedded(
        picture, signed, media_type="image/png", claim=claim, signer=signer
    )
    return signed.getvalue()


class Vault:
    """Answers every question with one passphrase, and remembers the questions."""

    def __init__(self, answer=None):
        self.answer = answer
        self.asked = []

    def __call__(self, name, prompt):
        self.asked.append((name, prompt))
        return self.answer


@pytest.fixture(scope="module")
def identities():
    """Development identities by algorithm, each made once."""
    made = {}

    def get(algorithm="es256"):
        if algorithm not in made:
            made[algorithm] = make_development_identity(
                algorithm=algorithm, name=algorithm, now=NOW
            )
        return made[algorithm]

    return get


@pytest.fixture
def identity(identities):
    return identities()


@pytest.fixture
def provider():
    return FileSignerProvider()


def put(directory, identity, *, key="key.pem", chain="chain.pem"):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / key
    path.write_bytes(identity.key_pem)
    path.chmod(0o600)
    if chain:
        (directory / chain).write_bytes(identity.chain_pem)
    return path


def encrypted(identity):
    return load_private_key(identity.key_pem).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )


def refusal(provider, uri, secrets=None, *, kind=SignerUnavailableError):
    with pytest.raises(kind) as caught:
        provider.open(str(uri), secrets or Vault())
    assert isinstance(caught.value, SigningError)
    return caught.value


# ---------------------------------------------------------------------------- signing


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kind", ["local", "callback"])
def test_signs_to_state_trusted(identities, provider, tmp_path, algorithm, kind):
    identity = identities("ps256" if algorithm.startswith("ps") else algorithm)
    path = put(tmp_path, identity)
    signer = provider.open(f"file:{path}?algorithm={algorithm}", Vault())
    assert signer.algorithm == algorithm
    assert signer.certificate_chain == identity.chain_pem
    assert signer.timestamp_uri is None
    signed = label(signer if kind == "local" else CallbackOnly(signer), identity)
    credentials = Credentials(trust=TrustAnchors(signers=identity.authority_pem.decode()))
    reading = credentials.read(io.BytesIO(signed), media_type="image/png")
    assert reading.state is CredentialState.TRUSTED
    assert reading.active["signature_info"]["alg"].lower() == algorithm


def test_a_label_is_8_kb_smaller_than_through_a_callback(provider, identity, tmp_path):
    signer = provider.open(f"file:{put(tmp_path, identity)}", Vault())
    small, large = (len(label(each, identity)) for each in (signer, CallbackOnly(signer)))
    assert large - small > 8192


@pytest.mark.parametrize("algorithm", ["es256", "ps256", "ps512", "ed25519"])
def test_signatures_verify_with_the_certificate_s_key(identities, provider, tmp_path, algorithm):
    identity = identities("ps256" if algorithm.startswith("ps") else algorithm)
    signer = provider.open(f"file:{put(tmp_path, identity)}?algorithm={algorithm}", Vault())
    key = x509.load_pem_x509_certificate(signer.certificate_chain).public_key()
    signature = signer.sign(b"data")
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, b"data")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, b"data", ec.ECDSA(hashes.SHA256()))
    else:
        digest = hashes.SHA512() if algorithm == "ps512" else hashes.SHA256()
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        key.verify(signature, b"data", pss, digest)


def test_the_algorithm_is_inferred_from_the_key(identities, provider, tmp_path):
    for algorithm in ("es256", "es384", "es512", "ps256", "ed25519"):
        path = put(tmp_path / algorithm, identities(algorithm))
        assert provider.open(f"file:{path}", Vault()).algorithm == algorithm


def test_a_stored_key_opens_by_its_uri(provider, tmp_path):
    store = KeyStore(Home(tmp_path / "a b#c?d%é"), clock=lambda: NOW)
    entry = store.create_development()
    assert provider.open(entry.uri, Vault()).sign(b"data")


def test_a_refused_signature_is_a_signing_error(provider, identity, tmp_path):
    signer = provider.open(f"file:{put(tmp_path, identity)}", Vault())

    class Refuses(ec.EllipticCurvePrivateKey):
        def sign(self, *args):
            raise ValueError("no")

    for method in Refuses.__abstractmethods__:
        setattr(Refuses, method, None)
    Refuses.__abstractmethods__ = frozenset()
    signer._FileSigner__key = Refuses()
    with pytest.raises(SignerUnavailableError, match="The signing key refused to sign"):
        signer.sign(b"data")


# ---------------------------------------------------------------------------- the plugin


def test_the_hook_offers_the_file_scheme():
    (provider,) = file.credlabel_signers()
    assert provider.schemes == ("file",)
    assert isinstance(provider, hookspecs.SignerProvider)
    assert hasattr(file.credlabel_signers, "credlabel_impl")


def test_the_signer_fits_its_protocol(provider, identity, tmp_path):
    signer = provider.open(f"file:{put(tmp_path, identity)}", Vault())
    assert isinstance(signer, hookspecs.LocalSigner)


def test_the_key_is_handed_over_as_unencrypted_pkcs8(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    signer = provider.open(f"file:{path}", Vault(PASSPHRASE))
    assert signer.private_key_pem() == identity.key_pem
    assert identity.key_pem.startswith(b"-----BEGIN PRIVATE KEY-----")


# ---------------------------------------------------------------------------- where things are


def test_certificate_named_in_the_uri_wins(identities, provider, identity, tmp_path):
    path = put(tmp_path, identities("es384"))
    path.write_bytes(identity.key_pem)
    named = tmp_path / "my chain+1&2.pem"
    named.write_bytes(identity.chain_pem)
    signer = provider.open(f"file:{path}?certificate={quote(str(named))}", Vault())
    assert signer.certificate_chain == identity.chain_pem
    # '+' is a plus sign in a path, encoded or not
    plain = tmp_path / "a+b.pem"
    plain.write_bytes(identity.chain_pem)
    assert provider.open(f"file:{path}?certificate={plain}", Vault())


def test_chain_pem_comes_before_certificate_pem(identities, provider, identity, tmp_path):
    path = put(tmp_path, identity, chain="certificate.pem")
    assert provider.open(f"file:{path}", Vault()).certificate_chain == identity.chain_pem
    (tmp_path / "certificate.pem").write_bytes(identities("es384").chain_pem)
    (tmp_path / "chain.pem").write_bytes(identity.chain_pem)
    assert provider.open(f"file:{path}", Vault()).certificate_chain == identity.chain_pem


@pytest.mark.parametrize("key_first", [True, False])
def test_one_file_may_hold_both_and_the_key_stays_out_of_the_chain(
    identities, provider, identity, tmp_path, key_first
):
    parts = [identity.key_pem, identity.chain_pem + identity.authority_pem]
    path = put(tmp_path, identities("es384"))  # the chain beside it is not its own
    path.write_bytes(b"".join(parts if key_first else reversed(parts)))
    for uri in (f"file:{path}", f"file:{path}?certificate={path}"):
        signer = provider.open(uri, Vault())
        assert signer.certificate_chain == identity.chain_pem
        assert signer.sign(b"data")


@pytest.mark.parametrize("prefix", ["file:", "file://", "file://localhost", "FILE:"])
def test_absolute_paths_in_every_spelling(provider, identity, tmp_path, prefix):
    assert provider.open(f"{prefix}{put(tmp_path, identity)}", Vault())


def test_relative_and_percent_encoded_paths(provider, identity, tmp_path, monkeypatch):
    put(tmp_path / "my keys", identity, key="é#?.pem")
    monkeypatch.chdir(tmp_path)
    name = quote("é#?.pem")
    signer = provider.open(f"file:my%20keys/{name}?certificate=my%20keys/chain.pem", Vault())
    assert signer.certificate_chain == identity.chain_pem


def test_a_symbolic_link_to_a_private_key_is_fine(provider, identity, tmp_path):
    real = put(tmp_path / "real", identity)
    (tmp_path / "key.pem").symlink_to(real)
    (tmp_path / "chain.pem").symlink_to(tmp_path / "real" / "chain.pem")
    assert provider.open(f"file:{tmp_path / 'key.pem'}", Vault())


def test_the_time_stamp_authority_is_passed_on(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    for given, meant in (
        ("http://tsa.example/x", "http://tsa.example/x"),
        ("https%3A%2F%2Ftsa.example%2F%3Fa%3D1%26b", "https://tsa.example/?a=1&b"),
    ):
        assert provider.open(f"file:{path}?timestamp={given}", Vault()).timestamp_uri == meant


# ---------------------------------------------------------------------------- bad URIs


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("file:", "names no key file"),
        ("file:?algorithm=es256", "names no key file"),
        ("/path/key.pem", "names no key file"),
        ("pkcs11:/path/key.pem", "names no key file"),
        ("file://keys/key.pem", "names a machine: file keys are on this one"),
        ("file:/k.pem#x", "has a '#' in it: write %23"),
        ("file:/k%00.pem", "has a NUL character in it"),
        ("file:/k.pem?certificate=a%00", "has a NUL character in it"),
        ("file:/k.pem?colour=red", "has an unknown parameter, 'colour'"),
        ("file:/k.pem?hunter2", "has an unknown parameter."),
        ("file:/k.pem?algorithm=", "must give 'algorithm' one value"),
        ("file:/k.pem?algorithm", "must give 'algorithm' one value"),
        ("file:/k.pem?algorithm=es256&algorithm=es256", "must give 'algorithm' one value"),
        ("file://[/k.pem", "can't be parsed"),
    ],
)
def test_uris_that_can_t_be_meant(provider, uri, sentence):
    error = refusal(provider, uri)
    assert sentence in str(error)
    assert "file:/path/key.pem" in error.hint


@pytest.mark.parametrize(
    "uri",
    [
        "file:{path}?passphrase=hunter2",
        "file:{path}?PASSWORD=hunter2",
        "file:{path}?algorithm=es256&pin=hunter2",
        "file://me:hunter2@localhost{path}",
        "file:{path}?timestamp=http://me:hunter2@tsa.example/",
    ],
)
def test_secrets_in_a_uri_are_refused_and_not_repeated(provider, identity, tmp_path, uri):
    vault = Vault("hunter2")
    error = refusal(provider, uri.format(path=put(tmp_path, identity)), vault)
    assert "has a secret in it" in str(error)
    assert "hunter2" not in f"{error} {error.hint} {error.__cause__}"


@pytest.mark.parametrize("uri", ["", "tsa.example", "ftp://tsa.example", "http://", "http://[x"])
def test_time_stamp_authorities_that_can_t_be_meant(provider, identity, tmp_path, uri):
    error = refusal(provider, f"file:{put(tmp_path, identity)}?timestamp={uri}")
    assert "timestamp" in str(error) or "time-stamp authority's URI" in str(error)


def test_an_algorithm_that_the_key_can_t_serve(identities, provider, tmp_path):
    path = put(tmp_path / "ec", identities("es256"))
    error = refusal(provider, f"file:{path}?algorithm=es384")
    assert str(error) == "The signing key can't serve the algorithm 'es384'."
    assert error.hint == "Leave the algorithm out, or use: es256."
    path = put(tmp_path / "rsa", identities("ps256"))
    error = refusal(provider, f"file:{path}?algorithm=rs256")
    assert error.hint.endswith("use: ps256, ps384, ps512.")


# ---------------------------------------------------------------------------- bad key files


def test_a_missing_key(provider, tmp_path):
    error = refusal(provider, f"file:{tmp_path}/key.pem", kind=SigningKeyNotFoundError)
    assert str(error) == f"There is no signing key at {tmp_path}/key.pem."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o666])
def test_a_key_that_others_can_read_is_refused(provider, identity, tmp_path, mode):
    path = put(tmp_path, identity)
    path.chmod(mode)
    error = refusal(provider, f"file:{path}")
    assert str(error) == f"The signing key {path} can be read by others (mode {mode:04o})."
    assert error.hint == f"Run: chmod 600 '{path}'"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_that_only_its_owner_can_read_is_fine(provider, identity, tmp_path, mode):
    path = put(tmp_path, identity)
    path.chmod(mode)
    assert provider.open(f"file:{path}", Vault())


def test_another_user_s_key_is_refused(provider, identity, tmp_path, monkeypatch):
    path = put(tmp_path, identity)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    error = refusal(provider, f"file:{path}")
    assert str(error) == f"The signing key {path} belongs to another user."
    assert "chown" in error.hint


def test_what_is_no_file_is_refused_and_never_hangs(provider, tmp_path):
    (tmp_path / "directory").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("directory", "pipe"):
        assert "is not a file" in str(refusal(provider, f"file:{tmp_path / name}"))
    (tmp_path / "plain").write_text("")
    assert "can't be read: Not a directory" in str(refusal(provider, f"file:{tmp_path}/plain/k"))


def test_huge_files_are_refused_unread(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    for huge in (tmp_path / "chain.pem", path):
        with huge.open("r+b") as sink:
            sink.truncate(file.MAX_FILE_BYTES + 1)
        error = refusal(provider, f"file:{path}")
        assert str(error) == f"{huge} is too large for a key or certificate."


def test_a_certificate_in_the_key_s_place(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    path.write_bytes(identity.chain_pem)
    assert "holds no private key in PEM form" in str(refusal(provider, f"file:{path}"))


# ---------------------------------------------------------------------------- passphrases


def test_an_encrypted_key_asks_once_and_signs(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    vault = Vault(PASSPHRASE)
    signer = provider.open(f"file:{path}", vault)
    assert vault.asked == [(f"file:{path}", f"Passphrase for the signing key {path}")]
    signer.sign(b"one")
    signer.sign(b"two")
    assert len(vault.asked) == 1


def test_the_secret_s_name_does_not_depend_on_the_directory(
    provider, identity, tmp_path, monkeypatch
):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    monkeypatch.chdir(tmp_path)
    vault = Vault(PASSPHRASE)
    provider.open("file:key.pem", vault)
    assert vault.asked[0][0] == f"file:{path}"


def test_an_open_key_asks_for_nothing(provider, identity, tmp_path):
    vault = Vault(PASSPHRASE)
    provider.open(f"file:{put(tmp_path, identity)}", vault)
    assert vault.asked == []


def test_without_a_passphrase(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    error = refusal(provider, f"file:{path}", kind=SecretRequiredError)
    assert str(error).startswith(f"The signing key {path} is encrypted, and its passphrase")
    assert "credlabel_secret" in error.hint


@pytest.mark.parametrize("wrong", ["", "wrong horse", "x" * 4096])
def test_a_wrong_passphrase_is_said_and_not_repeated(provider, identity, tmp_path, wrong):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    error = refusal(provider, f"file:{path}", Vault(wrong))
    assert "the passphrase is wrong" in str(error)
    if wrong:
        assert wrong not in f"{error} {error.hint} {error.__cause__}"


def test_the_signer_never_shows_or_gives_away_the_key(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    path.write_bytes(encrypted(identity))
    signer = provider.open(f"file:{path}", Vault(PASSPHRASE))
    shown = f"{signer!r} {signer} {signer.certificate_chain!r}"
    assert repr(signer) == "<FileSigner es256>"
    assert PASSPHRASE not in shown
    assert "PRIVATE" not in shown
    assert identity.key_pem.split(b"\n")[1].decode() not in shown
    assert not hasattr(signer, "__dict__")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="A signer holds a private key"):
            pickle.dumps(signer, protocol)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="A signer holds a private key"):
            duplicate(signer)


# ---------------------------------------------------------------------------- bad certificates


def test_no_certificate_anywhere(provider, identity, tmp_path):
    path = put(tmp_path, identity, chain="")
    error = refusal(provider, f"file:{path}")
    assert str(error) == f"There is no signing certificate beside the key {path}."
    assert "?certificate=PATH" in error.hint
    error = refusal(provider, f"file:{path}?certificate={tmp_path}/nothing.pem")
    assert "nothing.pem can't be read: No such file or directory." in str(error)


def test_a_certificate_of_another_key(identities, provider, identity, tmp_path):
    path = put(tmp_path, identity)
    (tmp_path / "chain.pem").write_bytes(identities("es384").chain_pem)
    assert "do not belong together" in str(refusal(provider, f"file:{path}"))


def test_a_key_in_the_certificate_s_place(provider, identity, tmp_path):
    path = put(tmp_path, identity)
    (tmp_path / "chain.pem").write_bytes(identity.key_pem)
    error = refusal(provider, f"file:{path}")
    assert "There is a private key where a certificate is needed" in str(error)
    assert identity.key_pem.split(b"\n")[1].decode() not in str(error)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(366, "The signing certificate expired on"), (-1, "The signing certificate is not valid be")],
)
def test_certificates_outside_their_time(identity, tmp_path, days, sentence):
    provider = FileSignerProvider(clock=lambda: NOW + timedelta(days=days))
    error = refusal(provider, f"file:{put(tmp_path, identity)}")
    assert sentence in str(error)


def test_profile_problems_are_listed(provider, identity, tmp_path):
    key = load_private_key(identity.key_pem)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "me")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = put(tmp_path, identity)
    (tmp_path / "chain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    error = refusal(provider, f"file:{path}")
    for problem in ("self-signed", "no key usage", "no extended key usage", "no authority key id"):
        assert problem in str(error)
    assert "credlabel keys init" in error.hint
