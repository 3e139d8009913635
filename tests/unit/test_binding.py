"""Hard bindings that the library can't check, and its conclusions, drawn as it draws them."""

from __future__ import annotations

import base64
import collections
import functools
import hashlib
import io
import zipfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jumbf import cose_sign1, signed_again, with_cose
from making import created, definition, scanner, sign, signer
from pki import DAY, NOW, P256, issue

from credlabel import terms
from credlabel.credentials import (
    Claim,
    CollectionBinding,
    Credentials,
    DataBinding,
    TrustAnchors,
)
from credlabel.credentials.binding import rebound
from credlabel.credentials.results import excused, state_of
from credlabel.errors import LimitExceededError
from credlabel.hookspecs import ExtractedCollection

TEXT = b"some words and a label and more words"
RANGE = ((15, 12),)
REST = TEXT[:15] + TEXT[27:]


def encoded(data, algorithm="sha256"):
    return base64.b64encode(hashlib.new(algorithm, data).digest()).decode()


def data_hash(**changes):
    return {
        "exclusions": [{"start": 15, "length": 12}],
        "alg": "sha256",
        "hash": encoded(REST),
    } | changes


def bytes_of(ranges):
    yield TEXT[:15]
    yield TEXT[27:]


BINDING = DataBinding(RANGE, bytes_of)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_the_bytes_that_were_signed_match(algorithm):
    data = data_hash(alg=algorithm, hash=encoded(REST, algorithm))
    assert list(BINDING.check(data, "sha256")) == ["assertion.dataHash.match"]


def test_the_claim_s_algorithm_counts_where_the_assertion_names_none():
    data = data_hash(hash=encoded(REST, "sha384"))
    del data["alg"]
    assert list(BINDING.check(data, "sha384")) == ["assertion.dataHash.match"]
    assert list(BINDING.check(data, "sha256")) == ["assertion.dataHash.mismatch"]


def test_a_hash_as_a_list_of_numbers_is_read_too():
    data = data_hash(hash=list(hashlib.sha256(REST).digest()))
    assert list(BINDING.check(data, "sha256")) == ["assertion.dataHash.match"]


@pytest.mark.parametrize(
    "exclusions",
    [[], None, [{"start": 14, "length": 12}], [{"start": 15, "length": 11}], [{}], "x", [7]],
)
def test_a_credential_that_is_not_where_it_was_signed_is_malformed(exclusions):
    found = BINDING.check(data_hash(exclusions=exclusions), "sha256")
    assert list(found) == ["assertion.dataHash.malformed"]


def test_moved_and_changed_is_both():
    found = BINDING.check(data_hash(exclusions=[], hash=encoded(b"else")), "sha256")
    assert list(found) == ["assertion.dataHash.malformed", "assertion.dataHash.mismatch"]


@pytest.mark.parametrize("digest", ["", "!!", None, 7, [], [999], ["a"], {"a": 1}])
def test_what_is_no_hash_never_matches(digest):
    assert "assertion.dataHash.mismatch" in BINDING.check(data_hash(hash=digest), "sha256")


@pytest.mark.parametrize("algorithm", ["md5", "shake_128", "", None, 5, "sha-256"])
def test_an_algorithm_that_the_standard_does_not_allow_is_not_used(algorithm):
    assert list(BINDING.check(data_hash(alg=algorithm), "sha256")) == ["algorithm.unsupported"]


def test_bytes_that_can_t_be_had_are_no_verdict_about_them():
    def refuse(ranges):
        raise LimitExceededError("Too many marks.")
        yield

    assert DataBinding(RANGE, refuse).check(data_hash(), "sha256") == {
        "general.error": "Too many marks."
    }


# ---------------------------------------------------------------------------- collections


def collection(**changes):
    return {
        "alg": "sha256",
        "uris": [
            {"uri": "a%20b.txt", "hash": encoded(b"some")},
            {"uri": "c", "hash": encoded(b"wordsand")},
        ],
        "zip_central_directory_hash": encoded(b"label"),
    } | changes


COLLECTION = CollectionBinding(
    io.BytesIO(TEXT),
    ExtractedCollection(
        store=b"x",
        entries={"a b.txt": ((0, 4),), "c": ((5, 5), (11, 3))},
        directory=((17, 5),),
    ),
    "application/x-zip",
)


def test_an_archive_whose_entries_are_those_signed_matches():
    assert list(COLLECTION.check(collection(), "sha256")) == ["assertion.collectionHash.match"]


def test_the_map_that_the_library_writes_is_read_as_well():
    uris = {item["uri"].replace("%20", " "): item for item in collection()["uris"]}
    data = collection(uris={uri: {"hash": item["hash"], "size": 1} for uri, item in uris.items()})
    assert list(COLLECTION.check(data, "sha256")) == ["assertion.collectionHash.match"]


def test_a_folder_that_c2pa_rs_adds_and_does_not_list_is_no_difference():
    entries = {**COLLECTION.collection.entries, "META-INF/": ((0, 1),)}
    found = COLLECTION._replace(collection=COLLECTION.collection._replace(entries=entries))
    assert list(found.check(collection(), "sha256")) == ["assertion.collectionHash.match"]
    more = {**COLLECTION.collection.entries, "META-INF": ((0, 1),)}
    found = COLLECTION._replace(collection=COLLECTION.collection._replace(entries=more))
    assert list(found.check(collection(), "sha256")) == [
        "assertion.collectionHash.incorrectItemCount"
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uris": collection()["uris"][:1]}, "incorrectItemCount"),
        ({"uris": [*collection()["uris"], {"uri": "d", "hash": ""}]}, "incorrectItemCount"),
        ({"uris": []}, "incorrectItemCount"),
        ({"uris": None}, "malformed"),
        ({"uris": [7]}, "malformed"),
        ({"uris": [{"hash": ""}]}, "malformed"),
        ({"zip_central_directory_hash": None}, "malformed"),
        ({"zip_central_directory_hash": encoded(b"else")}, "mismatch"),
        (
            {"uris": [collection()["uris"][0], {"uri": "c", "hash": encoded(b"else")}]},
            "mismatch",
        ),
    ],
)
def test_an_archive_that_was_changed_does_not(change, code):
    found = COLLECTION.check(collection(**change), "sha256")
    assert list(found) == [f"assertion.collectionHash.{code}"]


def test_an_archive_bound_with_an_unknown_algorithm_is_not_judged():
    assert list(COLLECTION.check(collection(alg="md5"), "sha256")) == ["algorithm.unsupported"]


# ---------------------------------------------------------------------------- the library's word


def results(*failed, passed=("claimSignature.validated", "claimSignature.insideValidity")):
    return {
        "activeManifest": {
            "success": [{"code": code} for code in passed],
            "failure": [{"code": code} for code in failed],
        }
    }


def test_conclusions_follow_the_standard():
    assert state_of(results()) == "Valid"
    assert state_of(results(terms.UNTRUSTED)) == "Valid"
    assert state_of(results("assertion.missing")) == "Invalid"
    assert state_of(results(passed=())) == "Invalid"
    assert state_of({}) == "Invalid"
    trusted = results(
        passed=("claimSignature.validated", "claimSignature.insideValidity", terms.TRUSTED)
    )
    assert state_of(trusted) == "Trusted"
    delta = {"validationDeltas": {"failure": [{"code": "claimSignature.mismatch"}]}}
    assert state_of({**trusted, "ingredientDeltas": [delta]}) == "Invalid"


@pytest.mark.interop
def test_conclusions_are_the_library_s_own_on_everybody_s_files(interop):
    """Whatever the library concludes about other people's files, we conclude from its results."""
    listed = (interop / "trust" / "C2PA-TRUST-LIST.pem").read_text()
    seen = collections.Counter()
    for trust in (TrustAnchors(), TrustAnchors(signers=listed)):
        credentials = Credentials(trust=trust)
        for path in sorted((interop / "files").rglob("*.*")):
            with path.open("rb") as source:
                kind = scanner().identify(source, path.name)
                store = credentials.read(source, media_type=kind).store
            if store:
                state = store["validation_state"]
                assert state_of(store["validation_results"]) == state, path
                seen[state] += 1
    assert min(seen["Valid"], seen["Invalid"], seen["Trusted"]) >= 2


def test_a_store_bound_in_another_way_keeps_the_library_s_word():
    store = {"active_manifest": "m", "validation_results": {"activeManifest": {}}}
    detailed = {"manifests": {"m": {"assertion_store": {"c2pa.hash.boxes": {}}, "claim": {}}}}
    assert rebound(store, detailed, BINDING) is store


@pytest.mark.parametrize(
    "detailed",
    [
        {},
        {"manifests": None},
        {"manifests": {}},
        {"manifests": {"m": None}},
        {"manifests": {"m": {}}},
        {"manifests": {"m": {"assertion_store": None}}},
        {"manifests": {"m": {"assertion_store": {"c2pa.hash.data": None}}}},
        {"manifests": {"m": {"assertion_store": {"c2pa.hash.data": [1]}}}},
        {"manifests": {"other": {"assertion_store": {"c2pa.hash.data": data_hash()}}}},
    ],
)
def test_where_the_library_shows_nothing_its_word_stands(detailed):
    store = {"active_manifest": "m", "validation_results": {"activeManifest": {}}}
    assert rebound(store, detailed, BINDING) is store


@pytest.mark.parametrize(
    "store",
    [
        {},
        {"active_manifest": "m"},
        {"active_manifest": "m", "validation_results": None},
        {"active_manifest": "m", "validation_results": {"ingredientDeltas": []}},
    ],
)
def test_where_the_library_concludes_nothing_neither_do_we(store):
    detailed = {"manifests": {"m": {"assertion_store": {"c2pa.hash.data": data_hash()}}}}
    assert rebound(store, detailed, BINDING) is store


def test_only_the_word_on_this_very_assertion_is_replaced():
    here = "self#jumbf=/c2pa/m/c2pa.assertions/c2pa.hash.data"
    elsewhere = "self#jumbf=/c2pa/other/c2pa.assertions/c2pa.hash.data"
    mismatch = "assertion.dataHash.mismatch"
    store = {
        "active_manifest": "m",
        "validation_results": {
            "activeManifest": {
                "success": [{"code": "claimSignature.validated", "url": "s"}],
                "informational": [],
                "failure": [
                    {"code": mismatch, "url": here},
                    {"code": mismatch, "url": elsewhere},
                    {"code": "assertion.missing", "url": here},
                ],
            }
        },
    }
    assertion = {"c2pa.hash.data": data_hash()}
    detailed = {"manifests": {"m": {"assertion_store": assertion, "claim": {}}}}
    active = rebound(store, detailed, BINDING)["validation_results"]["activeManifest"]
    assert [(e["code"], e["url"]) for e in active["failure"]] == [
        (mismatch, elsewhere),
        ("assertion.missing", here),
    ]
    assert active["success"][-1]["code"] == "assertion.dataHash.match"


def test_a_signature_over_a_binding_of_our_own_reads_as_bound():
    credentials, sha256 = Credentials(), hashlib.sha256(REST).digest()
    store = credentials.sign_binding(
        Claim(definition=definition(created())), signer=signer(), exclusions=RANGE, sha256=sha256
    )
    assert credentials.read_bound(store, BINDING).state.value == "valid"
    changed = DataBinding(RANGE, lambda ranges: [b"else"])
    reading = credentials.read_bound(store, changed)
    assert reading.state.value == "invalid"
    assert "assertion.dataHash.mismatch" in {f.code for f in reading.failures}


# ---------------------------------------------------------------------------- self-signed


UNFIT = "signingCredential.invalid"
SELF = {"subject": "me", "issuer": "me", "issuer_key": P256}


def der(**options):
    certificate = x509.load_pem_x509_certificate(issue(**options))
    return certificate.public_bytes(Encoding.DER)


@functools.cache
def bound_store():
    return Credentials().sign_binding(
        Claim(definition=definition(created())),
        signer=signer(),
        exclusions=RANGE,
        sha256=hashlib.sha256(REST).digest(),
    )


def signed_by(*certificates, binding=BINDING):
    """What a store reads as that is signed with our key and these certificates for it."""
    return Credentials().read_bound(signed_again(bound_store(), certificates, P256), binding)


@pytest.mark.parametrize("options", [{}, {"aki": False}, {"ca": None, "aki": False}])
def test_a_self_signed_certificate_is_valid_and_untrusted(options):
    # C2PA 2.5, 13.5.1: an authority key identifier is for those that an authority has issued
    reading = signed_by(der(**SELF, **options))
    assert reading.state == "valid"
    assert {finding.code for finding in reading.failures} == {terms.UNTRUSTED}
    assert "claimSignature.validated" in {finding.code for finding in reading.findings}


@pytest.mark.parametrize(
    "options",
    [
        SELF | {"ekus": ()},
        SELF | {"uses": ()},
        SELF | {"ca": True},
        {"subject": "me", "issuer": "me"},  # by another key: it only says that it is self-signed
        {"subject": "me", "issuer": "ca"},
        {"subject": "me", "issuer": "ca", "issuer_key": P256},
    ],
)
def test_a_certificate_that_is_unfit_for_another_reason_too_stays_unfit(options):
    reading = signed_by(der(aki=False, **options))
    assert reading.state == "invalid"
    assert UNFIT in {finding.code for finding in reading.failures}


def test_nor_is_one_excused_that_comes_with_others():
    reading = signed_by(der(aki=False, **SELF), der(ca=True))
    assert reading.state == "invalid"
    assert UNFIT in {finding.code for finding in reading.failures}


def test_what_else_is_wrong_stays_wrong():
    leaf = der(aki=False, **SELF)
    changed = DataBinding(RANGE, lambda ranges: [b"else"])
    reading = signed_by(leaf, binding=changed)
    assert reading.state == "invalid"
    assert {f.code for f in reading.failures} == {terms.UNTRUSTED, "assertion.dataHash.mismatch"}
    expired = signed_by(der(aki=False, end=NOW - DAY / 2, **SELF))
    assert expired.state == "invalid"
    broken = signed_again(bound_store(), [leaf], P256)
    broken = broken[:-1] + bytes([broken[-1] ^ 1])
    reading = Credentials().read_bound(broken, BINDING)
    assert reading.state == "invalid"
    assert "claimSignature.mismatch" in {f.code for f in reading.failures}


def unfit(*others):
    return {"validation_results": results(UNFIT, *others), "validation_state": "Invalid"}


def test_results_are_left_alone_where_there_is_nothing_to_excuse():
    good = with_cose(cose_sign1({33: der(aki=False, **SELF)}))
    excusable = unfit(terms.UNTRUSTED)
    found = excused(excusable, good)
    assert found["validation_state"] == "Valid"
    assert [e["code"] for e in found["validation_results"]["activeManifest"]["failure"]] == [
        terms.UNTRUSTED
    ]
    assert excusable == unfit(terms.UNTRUSTED)  # they were not changed in place
    for store in (
        {},
        {"validation_results": None},
        {"validation_results": {"activeManifest": None}},
        {"validation_results": results(terms.UNTRUSTED)},
        {"validation_results": results()},
        unfit(),  # without the word on trust, it would be trusted
    ):
        assert excused(store, good) is store
    for other in (
        b"",
        with_cose(b""),
        with_cose(cose_sign1({})),
        with_cose(cose_sign1({33: [der(aki=False, **SELF)] * 2})),
        with_cose(cose_sign1({33: b"no certificate"})),
        with_cose(cose_sign1({33: der(aki=False)})),
    ):
        assert excused(excusable, other) is excusable
    assert excused(unfit(terms.UNTRUSTED, "x"), good)["validation_state"] == "Invalid"


@pytest.mark.interop
def test_a_peer_s_throw_away_certificate_is_excused(interop):
    paths = sorted((interop / "files" / "text-peer-made").glob("signed-*.txt"))
    assert len(paths) == 4
    for path in paths:
        verdict = scanner().scan(path).verdict
        assert (verdict.integrity, verdict.trust) == ("intact", "untrusted")


def test_a_store_that_the_library_does_not_know_is_no_absence():
    """A store was there: whoever labels over it must not lose it in silence."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"a")
    _, store = sign(packed.getvalue(), "application/x-zip", definition(created()), embed=False)
    reading = Credentials().read_bound(store, BINDING)
    assert reading.state.value == "invalid"
    assert [finding.code for finding in reading.failures] == ["general.error"]
