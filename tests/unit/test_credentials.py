"""What c2pa-python leaves open or gets wrong by default is settled: network, trust, errors."""

import errno
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from making import (
    CAPTURED,
    GENERATED,
    CallbackSigner,
    KeySigner,
    anchors,
    created,
    definition,
    expired_signer,
    identity,
    labelled,
    labeller,
    png_with_remote_reference,
    sample,
    sign,
    signer,
    with_remote_reference,
)

from credlabel import terms
from credlabel.credentials import Credentials, CredentialState, TrustAnchors
from credlabel.development import make_development_identity
from credlabel.errors import (
    MalformedAssetError,
    SecretRequiredError,
    SignerUnavailableError,
    SigningError,
    TimestampError,
    UnsupportedMediaTypeError,
)
from credlabel.hookspecs import LocalSigner, Signer
from credlabel.label import Labeller
from credlabel.manifest import claim_of
from credlabel.model import FindingKind, Provenance, Trust
from credlabel.scan import Scanner, ScanPool, ScanSettings
from credlabel.verdict import judge

CLAIM = claim_of(Provenance(source_type=GENERATED), title="t", edits=False)


def read(data, media_type="image/jpeg", *, store=None, **options):
    return Credentials(**options).read(
        io.BytesIO(data), media_type=media_type, manifest_store=store
    )


def codes(reading):
    return {finding.code for finding in reading.findings}


# ---------------------------------------------------------------------------- what it supports


def test_the_library_is_asked_what_it_supports():
    able = Credentials()
    wanted = ["jpeg", "png", "webp", "gif", "tiff", "avif", "heic", "heif", "jxl", "svg+xml"]
    assert (
        {f"image/{kind}" for kind in wanted}
        <= able.signable_types
        <= able.readable_types | {"application/epub+zip"} | able.signable_types
    )
    assert "application/pdf" in able.signable_types & able.readable_types
    assert "text/plain" not in able.signable_types
    assert terms.MANIFEST_STORE_TYPE not in able.signable_types | able.readable_types


# ---------------------------------------------------------------------------- trust


def test_untrusted_is_not_invalid():
    reading = read(labelled("hills.jpg").data)
    assert reading.state is CredentialState.VALID
    assert terms.UNTRUSTED in codes(reading)
    (failure,) = reading.failures
    assert failure.code == terms.UNTRUSTED
    assert judge([], reading).integrity.value == "intact"


def test_an_anchor_makes_trusted_and_somebody_elses_does_not():
    data = labelled("hills.jpg").data
    assert read(data, trust=anchors()).state is CredentialState.TRUSTED
    assert read(data, trust=anchors("others")).state is CredentialState.VALID


def test_a_time_stamp_authority_vouches_for_no_signer():
    # c2pa-rs takes any anchor for a signer's, whatever its kind.
    data = labelled("hills.jpg").data
    pem = anchors().signers
    as_authority = read(data, trust=TrustAnchors(timestamps=pem))
    assert as_authority.state is CredentialState.VALID
    assert judge([], as_authority).trust is Trust.UNTRUSTED
    with_others = read(data, trust=TrustAnchors(signers=anchors("others").signers, timestamps=pem))
    assert with_others.state is CredentialState.VALID
    on_both = read(data, trust=TrustAnchors(signers=pem, timestamps=pem))
    assert on_both.state is CredentialState.TRUSTED


def test_trust_does_not_heal_what_was_tampered_with():
    data = bytearray(labelled("hills.jpg").data)
    data[-100] ^= 1
    reading = read(bytes(data), trust=anchors())
    assert reading.state is CredentialState.INVALID
    assert "assertion.dataHash.mismatch" in codes(reading)
    assert judge([], reading).integrity.value == "tampered"


# ---------------------------------------------------------------------------- findings


def test_findings_are_the_standards_codes_with_one_plain_sentence_each():
    for data in (labelled("hills.jpg").data, labelled("hills.mp4").data):
        media_type = "image/jpeg" if data[:2] == b"\xff\xd8" else "video/mp4"
        for finding in read(data, media_type).findings:
            assert finding.code.count(".") >= 1
            assert finding.explanation


def test_a_missing_manifest_is_no_finding():
    reading = read(sample("hills.jpg"))
    assert (reading.state, reading.findings) == (CredentialState.ABSENT, ())
    assert not reading.is_present


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF", b"words"])
def test_what_can_not_be_parsed_is_said_to_be_just_that(data):
    reading = read(data)
    assert not reading.is_present
    assert reading.state in (CredentialState.UNREADABLE, CredentialState.ABSENT)


@pytest.mark.parametrize("store", [b"", b"x", bytes(500), b"\0\0\0\x08jumb"])
def test_a_sidecar_that_is_none_is_an_invalid_credential(store):
    for media_type in ("image/jpeg", "application/octet-stream"):
        reading = read(sample("hills.jpg"), media_type, store=store)
        assert reading.state is CredentialState.INVALID
        assert reading.is_detached
        assert codes(reading) == {"claim.malformed"}
        assert judge([], reading).integrity.value == "unverifiable"


def test_a_sidecar_of_another_file_does_not_fit():
    store = labelled("hills.txt").sidecar
    reading = read(b"other words", "application/octet-stream", store=store)
    assert "assertion.dataHash.mismatch" in codes(reading)


def test_an_ingredients_failure_is_information_about_this_file():
    data = bytearray(labelled("hills.jpg").data)
    data[-100] ^= 1  # tampered with, then labelled again
    again = labeller().label_bytes(bytes(data), provenance=Provenance(system="second"))
    reading = read(again.data)
    assert reading.state is CredentialState.VALID
    told = [f for f in reading.findings if f.code == "assertion.dataHash.mismatch"]
    assert told
    assert {f.kind for f in told} == {FindingKind.INFORMATIONAL}
    assert all(f.explanation.startswith("In an ingredient: ") for f in told)


# ---------------------------------------------------------------------------- the network


def planted(uri):
    """Files that name ``uri``: by XMP in JPEG and PNG, and as c2pa-rs itself writes it."""
    picture = sample("hills.jpg")
    claim = definition(created())
    remote, store = sign(picture, "image/jpeg", claim, remote=uri, embed=False)
    both, _ = sign(picture, "image/jpeg", claim, remote=uri)
    files = {
        "xmp.jpg": with_remote_reference(picture, uri),
        "xmp.png": png_with_remote_reference(sample("hills.png"), uri),
        "remote.jpg": remote,
        "both.jpg": both,
    }
    return files, store


def test_a_planted_address_is_not_called(host, tmp_path):
    files, _ = planted(host.uri)
    for name, data in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        report = Scanner().scan(path)
        if name == "both.jpg":
            assert report.verdict.integrity.value == "intact"
        else:
            (finding,) = report.findings
            assert (finding.code, finding.subject) == (terms.INACCESSIBLE, host.uri)
            assert report.verdict.integrity.value == "none"
        receipt = Labeller(signer()).label(path, tmp_path / f"out-{name}")
        assert receipt.relation.value == "edited"
    with ScanPool() as pool:
        reports = list(pool.scan((path, None) for path in sorted(tmp_path.iterdir())))
    assert len(reports) == 8
    assert host.calls == []


def test_the_canary_sings_when_the_network_is_on(host, monkeypatch):
    # The same files, read with a misspelt setting: somebody calls, so the test above can fail.
    files, _ = planted(host.uri)
    settings = Credentials()._settings([])
    settings["verify"]["remote_manifest_fetched"] = settings["verify"].pop("remote_manifest_fetch")
    del settings["core"]["allowed_network_hosts"]
    monkeypatch.setattr(Credentials, "_settings", lambda *_: settings)
    for name in ("xmp.jpg", "remote.jpg"):
        read(files[name])
    assert len(host.calls) == 2


def test_only_an_allowed_host_is_called(host):
    files, store = planted(host.uri)
    host.body = store
    for other in ("example.com", "127.0.0.1:1", "localhost"):
        reading = read(files["remote.jpg"], allowed_hosts=(other,))
        assert reading.state is CredentialState.REMOTE
        assert reading.remote_uri == host.uri
    assert host.calls == []
    reading = read(files["remote.jpg"], allowed_hosts=(host.name,))
    assert reading.state is CredentialState.VALID
    assert host.calls == ["/manifest.c2pa"]


@pytest.mark.parametrize(("status", "body"), [(404, b"no"), (200, b""), (302, b""), (500, b"x")])
def test_a_host_that_sends_nothing_of_use_leaves_it_inaccessible(host, status, body):
    files, _ = planted(host.uri)
    host.status, host.body = status, body
    reading = read(files["remote.jpg"], allowed_hosts=(host.name,))
    assert host.calls == ["/manifest.c2pa"]  # and no redirect followed
    assert reading.state is CredentialState.REMOTE
    assert reading.remote_uri == host.uri


def test_a_host_that_sends_another_manifest_convinces_nobody(host):
    files, _ = planted(host.uri)
    _, host.body = sign(sample("hills.png"), "image/png", definition(created()), embed=False)
    reading = read(files["remote.jpg"], allowed_hosts=(host.name,))
    assert reading.state is CredentialState.INVALID


# ---------------------------------------------------------------------------- signing


def sign_with(key, data=None, media_type="image/jpeg", sink=None, claim=CLAIM):
    sink = io.BytesIO() if sink is None else sink
    source = io.BytesIO(sample("hills.jpg") if data is None else data)
    Credentials().sign_embedded(source, sink, media_type=media_type, claim=claim, signer=key)
    return sink.getvalue()


def test_a_key_that_may_be_handed_over_makes_smaller_labels():
    local, remote = KeySigner(identity()), CallbackSigner(identity())
    assert isinstance(local, LocalSigner)
    assert isinstance(remote, Signer)
    assert not isinstance(remote, LocalSigner)
    small, large = sign_with(local), sign_with(remote)
    assert read(small).state is read(large).state is CredentialState.VALID
    assert len(small) - len(sample("hills.jpg")) < 6000
    assert len(large) - len(small) > 5000


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ed25519"])
def test_every_algorithm_of_ours_signs(algorithm):
    made = make_development_identity(algorithm=algorithm, name="a", now=datetime.now(UTC))

    class Key:
        timestamp_uri = None
        certificate_chain = made.chain_pem

        def private_key_pem(self):
            return made.key_pem

        def sign(self, data):
            raise AssertionError

    Key.algorithm = algorithm
    assert read(sign_with(Key())).state is CredentialState.VALID


def test_a_detached_credential_binds_every_byte_of_anything():
    for media_type, data in (
        ("text/plain", b"words"),
        ("application/octet-stream", bytes(range(256))),
        ("image/jpeg", sample("hills.jpg")),
        ("application/x-unheard-of", b"\0"),
    ):
        store = Credentials().sign_detached(
            io.BytesIO(data), media_type=media_type, claim=CLAIM, signer=signer()
        )
        kind = "application/octet-stream"
        assert read(data, kind, store=store).state is CredentialState.VALID
        for at in (0, len(data) // 2, len(data) - 1):
            changed = bytearray(data)
            changed[at] ^= 1
            assert read(bytes(changed), kind, store=store).state is CredentialState.INVALID


class Refusing(CallbackSigner):
    def __init__(self, refusal):
        super().__init__(identity())
        self.refusal = refusal

    def sign(self, data):
        raise self.refusal


def test_what_the_signer_says_is_what_the_caller_hears():
    own = SecretRequiredError("The PIN is missing.")
    with pytest.raises(SecretRequiredError) as caught:
        sign_with(Refusing(own))
    assert caught.value is own
    with pytest.raises(SignerUnavailableError, match="token removed"):
        sign_with(Refusing(RuntimeError("token removed")))


def test_a_refusal_is_forgotten_by_the_next_label():
    key = Refusing(SecretRequiredError("The PIN is missing."))
    credentials = Credentials()

    def go(data):
        credentials.sign_embedded(
            io.BytesIO(data),
            io.BytesIO(),
            media_type="image/png",
            claim=CLAIM,
            signer=key,
        )

    with pytest.raises(SecretRequiredError):
        go(sample("hills.png"))
    with pytest.raises(MalformedAssetError):
        go(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("answer", [b"", b"garbage", None, 5])
def test_a_signer_that_answers_nonsense_is_the_signers_fault(answer):
    class Nonsense(CallbackSigner):
        def sign(self, data):
            return answer

    try:
        data = sign_with(Nonsense(identity()))
    except SigningError:
        return
    assert read(data).state is CredentialState.INVALID  # and the labeller's read-back sees it


def test_an_expired_certificate_is_the_signers_fault():
    with pytest.raises(SignerUnavailableError, match="not valid at time of signing"):
        sign_with(expired_signer())


def test_a_key_of_another_certificate_is_the_signers_fault():
    class Mixed(KeySigner):
        def private_key_pem(self):
            return identity("others").key_pem

    with pytest.raises(SignerUnavailableError, match="signature"):
        Labeller(Mixed(identity())).label_bytes(sample("hills.jpg"))


@pytest.mark.parametrize("kind", [KeySigner, CallbackSigner])
def test_a_time_stamp_authority_that_is_down_is_named(kind):
    key = kind(identity())
    key.timestamp_uri = "http://127.0.0.1:1/"
    with pytest.raises(TimestampError):
        sign_with(key)


def test_a_bad_file_is_the_files_fault_and_an_unknown_kind_is_nobodys():
    with pytest.raises(MalformedAssetError):
        sign_with(signer(), b"no picture", "image/png")
    with pytest.raises(UnsupportedMediaTypeError):
        sign_with(signer(), b"words", "text/plain")


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EFBIG])
def test_a_disk_at_fault_is_not_the_files_fault(name, number):
    # c2pa-rs says "JPEG write error", which looks like a bad picture.
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(number, "the disk")

    media_type = {"j": "image/jpeg", "n": "image/png", "d": "application/pdf", "4": "video/mp4"}[
        {"jpg": "j", "png": "n", "pdf": "d", "mp4": "4"}[name[-3:]]
    ]
    with pytest.raises(OSError) as caught:
        sign_with(signer(), sample(name), media_type, Full())
    assert caught.value.errno == number


def test_one_object_may_serve_many_threads():
    credentials = Credentials(trust=anchors())
    pictures = [sample("hills.jpg"), labelled("hills.jpg").data]
    good = signer()
    bad = Refusing(SecretRequiredError("The PIN is missing."))

    def job(number):
        if number % 3 == 2:
            with pytest.raises(SecretRequiredError):
                credentials.sign_detached(
                    io.BytesIO(b"x"), media_type="text/plain", claim=CLAIM, signer=bad
                )
            return None
        if number % 3:
            return credentials.read(io.BytesIO(pictures[1]), media_type="image/jpeg").state
        sink = io.BytesIO()
        credentials.sign_embedded(
            io.BytesIO(pictures[0]),
            sink,
            media_type="image/jpeg",
            claim=CLAIM,
            signer=good,
        )
        return credentials.read(sink, media_type="image/jpeg").state

    with ThreadPoolExecutor(8) as threads:
        states = set(threads.map(job, range(120)))
    assert states == {None, CredentialState.TRUSTED}


def test_a_camera_stays_a_camera():
    data, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created(CAPTURED)))
    assert Scanner(ScanSettings(trust=anchors())).scan_bytes(data).verdict.origin == "captured"
