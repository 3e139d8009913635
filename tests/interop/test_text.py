"""Credentials in plain text: ours are read by four independent codecs, theirs are read by us.

c2patxt and encypher-c2pa verify signature and hard binding; c2pa-text and c2pa-unstructured-text
find the manifest store.
"""

import datetime as dt
import functools
import hashlib
import io
import json
import os
import unicodedata
from pathlib import Path

import c2pa_text
import c2pa_unstructured_text
import c2patxt
import encypher_c2pa
import pytest
from credlabel_plugins.formats import _text, _wrapper
from credlabel_plugins.formats.text import PlainText
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID
from making import (
    CallbackSigner,
    anchors,
    created,
    definition,
    identity,
    labeller,
    read,
    scanner,
    signer,
)

from credlabel.credentials import Claim, Credentials
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.terms import TRAINED_ALGORITHMIC_MEDIA

pytestmark = pytest.mark.interop

FOLDER = Path(
    os.environ.get("CREDLABEL_INTEROP")
    or Path(__file__).resolve().parents[3] / "shared" / "interop"
)
INDEX = FOLDER / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
TEXTS = [row for row in ROWS if row["path"].startswith("files/text-")]
COUNT = 14

FORM = PlainText()
STORE = bytes(range(256)) * 3
WORDS = "Grüße, 世界! שלום 👩‍👩‍👧\n" * 20
KINDS = {
    "words": WORDS,
    "one letter": "a",
    "no last newline": WORDS.rstrip(),
    "CRLF": WORDS.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + WORDS,
    "not in form C": unicodedata.normalize("NFD", WORDS),
    "an emoji with a selector last": WORDS + "❤\ufe0f",
    "a marker last": WORDS + "\ufeff",
}
SEVERAL = "credlabel.text.several-wrappers"
BROKEN = "credlabel.text.broken-wrapper"


@functools.cache
def labelled(kind):
    labeller = Labeller(signer(), settings=LabelSettings(text="embed"))
    made = labeller.label_bytes(KINDS[kind].encode(), name="a.txt")
    assert made.sidecar is None
    return made.data.decode()


def report(text):
    return scanner().scan_bytes(text.encode(), name="a.txt")


def store_of(text):
    return FORM.extract(io.BytesIO(text.encode())).store


def enc(text):
    found = encypher_c2pa.verify(
        text.encode(),
        "text/plain",
        trust_pem=anchors().signers,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    return found["integrity"], found["hard_binding"], found["validation_state"]


@functools.cache
def theirs(text, *, has_key_id=True):
    """A text with a credential by c2patxt, which signs with Ed25519 only."""
    key = ed25519.Ed25519PrivateKey.generate()
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    never = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    usage = dict.fromkeys((*others, *never), False)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")]),
            critical=False,
        )
    )
    if has_key_id:
        key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = builder.add_extension(key_id, critical=False)
    return c2patxt.embed(
        text,
        c2patxt.Signer(private_key=key, certificates=(builder.sign(key, None),)),
        c2patxt.Disclosure(media_type="text/plain", model_type=c2patxt.ModelType.GENERIC),
    )


# ---------------------------------------------------------------------------- ours, read by them


@pytest.mark.parametrize("kind", KINDS)
def test_verifiers_accept_ours(kind):
    text = labelled(kind)
    assert c2patxt.verify(text).state is c2patxt.Provenance.VALID
    assert enc(text) == ("valid", "match", "Trusted")


@pytest.mark.parametrize("kind", KINDS)
def test_codecs_find_the_store_in_ours(kind):
    text = labelled(kind)
    place = len(KINDS[kind].encode())
    assert c2patxt.extract(text) is not None
    store, start, length = c2pa_text.find_wrapper_info(text)
    assert (store, start, length) == (store_of(text), place, len(text.encode()) - place)
    found = c2pa_unstructured_text.extract(text)
    assert (found["payload"], found["start"], found["length"]) == (store, start, length)


@pytest.mark.parametrize("kind", KINDS)
def test_we_all_hash_the_same(kind):
    text = labelled(kind)
    data = io.BytesIO(text.encode())
    found = FORM.extract(data)
    theirs = c2pa_unstructured_text.compute_data_hash(text)
    assert tuple(theirs["exclusions"]) == found.exclusions
    blocks = b"".join(FORM.bound_bytes(data, found.exclusions))
    assert hashlib.sha256(blocks).digest() == theirs["hash"]


def test_verifiers_reject_ours_where_we_do():
    text, n = labelled("words"), len(WORDS)
    for changed, verdict in {
        "x" + text[1:]: "tampered",
        text + "\n": "tampered",
        text + "\ufe0f": "unverifiable",
        text[n:] + WORDS: "unverifiable",
        text + text[n:]: "unverifiable",
        text[:-100]: "unverifiable",
    }.items():
        assert report(changed).verdict.integrity == verdict
        assert c2patxt.verify(changed).state is c2patxt.Provenance.INVALID
        assert enc(changed)[0] == "invalid"


def test_the_wrapper_of_every_codec_is_the_same():
    ours = _wrapper.encode(STORE).decode()
    assert c2pa_text.encode_wrapper(STORE) == ours
    assert c2pa_unstructured_text.encode(STORE) == ours


def padded_behind(selectors):
    """WORDS with a credential that is padded as in C2PA 2.5, A.8.5: behind the store."""
    credentials, claim = Credentials(), Claim(definition=definition(created()))
    place, digest = len(WORDS.encode()), hashlib.sha256(WORDS.encode()).digest()
    length = len(selectors.encode())
    for _ in range(100):  # until chance has it that the store is encoded in as many bytes
        binding = {"exclusions": ((place, length),), "sha256": digest}
        wrapper = _wrapper.encode(credentials.sign_binding(claim, signer=signer(), **binding))
        if len(wrapper) + len(selectors.encode()) == length:
            return WORDS + wrapper.decode() + selectors
        length = len(wrapper) + len(selectors.encode())
    raise AssertionError


def test_why_padding_is_inside_of_the_store_and_not_behind_it():
    # Once both verifiers read what the standard wants, one signature less will do.
    assert enc(padded_behind("")) == ("valid", "match", "Trusted")
    for selectors, by_enc in (("\ufe00" * 20, "valid"), ("\U000e0155" * 20, "invalid")):
        text = padded_behind(selectors)
        assert report(text).verdict.integrity == "intact"
        assert c2pa_unstructured_text.extract(text)["payload"] == store_of(text)
        assert c2patxt.verify(text).state is c2patxt.Provenance.INVALID
        assert enc(text)[0] == by_enc


def test_a_key_that_never_leaves_signs_a_label_of_the_same_size():
    made = Labeller(CallbackSigner(identity("tests"))).label_bytes(
        (WORDS * 20).encode(), name="a.txt"
    )
    assert made.sidecar is None
    text = made.data.decode()
    assert c2patxt.verify(text).state is c2patxt.Provenance.VALID
    assert enc(text) == ("valid", "match", "Trusted")
    assert abs(len(store_of(text)) - len(store_of(labelled("words")))) < 50


# ---------------------------------------------------------------------------- theirs, read by us


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "not in form C"])
def test_we_accept_theirs(kind):
    found = report(theirs(KINDS[kind]))
    assert found.verdict.integrity == "intact"
    assert found.evidence[0].provenance.source_type == TRAINED_ALGORITHMIC_MEDIA


def test_theirs_that_was_decomposed_on_the_way_is_unverifiable():
    # The hash still matches, which is of form C; the place, as stored, is another.
    text = unicodedata.normalize("NFD", theirs(WORDS))
    found = report(text)
    assert found.verdict.integrity == "unverifiable"
    assert "assertion.dataHash.malformed" in {f.code for f in found.findings}
    assert c2patxt.verify(text).state is c2patxt.Provenance.INVALID


@pytest.mark.parametrize("has_key_id", [True, False])
def test_a_signer_that_certified_itself_needs_no_authority_s_key_id(has_key_id):
    # C2PA 2.5, 13.5.1, asks for one where another authority has issued; c2pa-rs, always
    found = report(theirs(WORDS, has_key_id=has_key_id))
    assert (found.verdict.integrity, found.verdict.trust) == ("intact", "untrusted")
    assert "signingCredential.invalid" not in {f.code for f in found.findings}


@pytest.mark.parametrize(
    "embed",
    [
        lambda: c2pa_text.embed_manifest(WORDS, STORE),
        lambda: c2pa_unstructured_text.embed(WORDS, STORE),
        lambda: WORDS + c2pa_unstructured_text.encode_padded(STORE),
        lambda: WORDS + c2pa_text.encode_wrapper_padded(STORE, 4000),
    ],
)
def test_we_find_the_store_in_theirs(embed):
    data = embed().encode()
    found = _wrapper.find(data)
    place = len(WORDS.encode())
    assert (found.store, found.exclusions) == (STORE, ((place, len(data) - place),))


# ---------------------------------------------------------------------------- other people's files


def by_kind(start):
    rows = [row for row in TEXTS if row["kind"].startswith(start)]
    return pytest.mark.parametrize(
        "row", rows or [None], ids=[r["path"][6:] for r in rows] or None
    )


def test_the_files_are_those_that_these_tests_were_written_for(interop):
    assert len(TEXTS) == COUNT


@by_kind("text-wire-ok")
def test_the_vectors_hold_the_stated_payload(interop, row):
    data = (FOLDER / row["path"]).read_bytes()
    found = FORM.extract(io.BytesIO(data))
    assert found.store == bytes.fromhex(row["expect"]["payload_hex"])
    assert c2pa_unstructured_text.locate_all(data.decode()) == list(found.exclusions)
    assert report(data.decode()).verdict.integrity == "unverifiable"  # the payload is no store


@by_kind("text-valid")
def test_what_the_peer_calls_valid_is_bound_as_it_was_signed(interop, row):
    found = report((FOLDER / row["path"]).read_text(encoding="utf-8"))
    codes = {f.code for f in found.findings if f.kind == "failure"}
    assert codes == {"signingCredential.untrusted"}
    assert "assertion.dataHash.match" in {f.code for f in found.findings}
    assert (found.verdict.integrity, found.verdict.trust) == ("intact", "untrusted")
    assert found.verdict.origin == "generated"


PROBLEMS = {
    "bom-first": {"assertion.dataHash.malformed", "assertion.dataHash.mismatch"},
    "crlf": {"assertion.dataHash.malformed", "assertion.dataHash.mismatch"},
    "trailing-emoji-vs": {"assertion.dataHash.malformed"},
    "truncated-wrapper": {BROKEN},
}


@by_kind("text-tampered")
def test_what_was_done_to_them_is_told(interop, row):
    found = report((FOLDER / row["path"]).read_bytes().decode())
    codes = {f.code for f in found.findings if f.kind == "failure"}
    expected = PROBLEMS[Path(row["path"]).stem]
    assert codes - {"signingCredential.untrusted"} == expected
    is_changed = "assertion.dataHash.mismatch" in expected
    assert found.verdict.integrity == ("tampered" if is_changed else "unverifiable")


@by_kind("text-no-wrapper")
def test_a_stripped_text_has_none(interop, row):
    found = report((FOLDER / row["path"]).read_text(encoding="utf-8"))
    assert (found.verdict.integrity, found.findings) == ("none", ())


def test_several_are_told_as_peers_tell_them():
    text = labelled("words") + labelled("one letter")
    (finding,) = report(text).findings
    assert finding.code == SEVERAL
    with pytest.raises(ValueError, match=r"manifest\.text\.multipleWrappers"):
        c2pa_unstructured_text.extract(text)


# ---------------------------------------------------------------------------- why own code


def test_what_is_too_costly_to_normalise_is_not():
    # c2pa-text normalises whatever comes, in square time; c2patxt stops at 30 marks
    with pytest.raises(c2patxt.TextNormalizationError):
        theirs("a" + "\u0301\u0323" * 20)
    assert _text.normalization_objection(("a" + "\u0301\u0323" * 20).encode()) is None
    assert _text.normalization_objection(("a" + "\u0301\u0323" * 90).encode())


@pytest.mark.interop
def test_texts_of_a_peer_are_labelled_with_their_history(interop):
    """What a peer signed with a throw-away certificate becomes the parent, sound or not."""
    paths = sorted((interop / "files" / "text-peer-made").glob("*.txt"))
    relabelled = 0
    for path in paths:
        if "truncated" in path.name or "stripped" in path.name:
            continue
        made = labeller().label_bytes(path.read_bytes(), name=path.name)
        reading = read(made.data, name=path.name)
        assert reading.state.value == "valid", path.name
        assert len(reading.store["manifests"]) == 2
        relabelled += 1
    assert relabelled == 7
