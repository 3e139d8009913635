"""TrustStore: what is trusted is what was added, byte for byte, or an error says otherwise."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import threading
from datetime import UTC, date, datetime

import c2pa
import msgspec
import pytest
from PIL import Image

from credlabel.credentials import TrustAnchors
from credlabel.development import make_development_identity
from credlabel.errors import ConfigError
from credlabel.home import Home
from credlabel.trust import MAX_BUNDLE_BYTES, TrustBundle, TrustStore

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def store(home):
    return TrustStore(home, clock=lambda: NOW)


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="unit", now=datetime.now(UTC))


@pytest.fixture(scope="module")
def other():
    return make_development_identity(name="other", now=datetime.now(UTC))


# ---------------------------------------------------------------------------- adding


def test_a_bundle_is_kept_byte_for_byte_with_its_record(home, store, identity):
    pem = b"Subject: my friend\r\n" + identity.authority_pem
    bundle = store.add("friend", pem, source="by hand")
    assert bundle == TrustBundle(
        name="friend",
        purpose="signer",
        source="by hand",
        added=date(2026, 11, 22),
        sha256=hashlib.sha256(pem).hexdigest(),
        certificates=1,
    )
    assert (home.trust / "friend.pem").read_bytes() == pem
    record = json.loads((home.trust / "friend.json").read_text())
    assert list(record) == ["name", "purpose", "source", "added", "sha256", "certificates"]
    assert record["added"] == "2026-11-22"
    assert stat.S_IMODE(home.trust.stat().st_mode) == 0o700
    assert stat.S_IMODE((home.trust / "friend.pem").stat().st_mode) == 0o600
    assert store.bundles() == (bundle,)


def test_adding_the_same_again_changes_nothing(home, store, identity):
    first = store.add("friend", identity.authority_pem, source="one")
    later = TrustStore(home, clock=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    assert later.add("friend", identity.authority_pem, source="two") == first


def test_another_bundle_of_that_name_is_refused(store, identity, other):
    store.add("friend", identity.authority_pem, source="one")
    for pem, purpose in ((other.authority_pem, "signer"), (identity.authority_pem, "timestamp")):
        with pytest.raises(ConfigError, match="another trust bundle called 'friend'") as caught:
            store.add("friend", pem, purpose=purpose, source="two")
        assert "Remove it first" in caught.value.hint
    assert store.anchors().signers == identity.authority_pem.decode()


def test_what_is_no_trust_bundle_is_refused(home, store, identity):
    for pem, sentence in (
        (b"", "The trust bundle 'x' can't be used. There is no certificate in PEM form."),
        (identity.key_pem, "The trust bundle 'x' holds a private key."),
        (identity.authority_pem + identity.key_pem, "The trust bundle 'x' holds a private key."),
        (identity.authority_pem[:300], "The certificate can't be read: it is damaged"),
        (identity.authority_pem + b" " * MAX_BUNDLE_BYTES, "The trust bundle 'x' is too large."),
    ):
        with pytest.raises(ConfigError) as caught:
            store.add("x", pem, source="here")
        assert sentence in str(caught.value)
        assert identity.key_pem.split(b"\n")[1].decode() not in str(caught.value)
    with pytest.raises(ConfigError, match="can't be for 'everything'") as caught:
        store.add("x", identity.authority_pem, purpose="everything", source="here")
    assert caught.value.hint == "Use 'signer' or 'timestamp'."
    assert not home.root.exists()


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".x", "a b", "x" * 65])
def test_names_that_are_no_plain_file_are_refused(home, store, identity, name):
    for act in (
        lambda: store.add(name, identity.authority_pem, source="here"),
        lambda: store.remove(name),
        lambda: store.anchors([name]),
    ):
        with pytest.raises(ConfigError, match="A trust bundle can't be called"):
            act()
    assert not home.root.exists()


def test_a_full_disk_leaves_no_bundle(home, store, identity, monkeypatch):
    def full(path, data):
        if path.name.startswith(".friend.json"):
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr("credlabel.trust.write_private", full)
    with pytest.raises(ConfigError, match="can't be used: No space left on device"):
        store.add("friend", identity.authority_pem, source="here")
    assert store.bundles() == ()
    assert store.anchors() == TrustAnchors()


def test_what_a_killed_run_left_behind_is_no_trust(home, store, identity, other):
    home.make_private(home.trust)
    (home.trust / "friend.pem").write_bytes(other.authority_pem)
    (home.trust / ".friend.pem.new").write_bytes(b"half")
    (home.trust / ".friend.json.new").write_bytes(b"half")
    assert store.bundles() == ()
    store.add("friend", identity.authority_pem, source="here")
    assert store.anchors().signers == identity.authority_pem.decode()


def test_two_writers_at_once_leave_one_sound_bundle(home, identity, other):
    barrier = threading.Barrier(8)
    refused = []

    def add(pem):
        store = TrustStore(home, clock=lambda: NOW)
        barrier.wait(timeout=30)
        try:
            store.add("friend", pem, source="here")
        except ConfigError as error:
            refused.append(str(error))

    pems = [identity.authority_pem, other.authority_pem] * 4
    threads = [threading.Thread(target=add, args=(pem,)) for pem in pems]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 4
    assert all("another trust bundle called 'friend'" in each for each in refused)
    assert len(TrustStore(home, clock=lambda: NOW).bundles()) == 1


# ---------------------------------------------------------------------------- reading


def test_nothing_stored_is_nobody_trusted(home, store):
    assert store.bundles() == ()
    assert store.anchors() == TrustAnchors(signers="", timestamps="")
    assert not home.root.exists()


def test_purposes_are_kept_apart_and_order_is_fixed(store, identity, other):
    store.add("zeta", identity.authority_pem, source="here")
    store.add("alpha", other.authority_pem, source="here")
    store.add("clock", other.authority_pem, purpose="timestamp", source="here")
    assert [bundle.name for bundle in store.bundles()] == ["alpha", "clock", "zeta"]
    one, two = identity.authority_pem.decode(), other.authority_pem.decode()
    assert store.anchors() == TrustAnchors(signers=two + one, timestamps=two)
    assert store.anchors(["zeta"]) == TrustAnchors(signers=one)
    assert store.anchors([]) == TrustAnchors()


def test_an_unknown_name_lists_what_there_is(store, identity):
    with pytest.raises(ConfigError, match="no trust bundle called 'x'") as caught:
        store.anchors(["x"])
    assert caught.value.hint == "There are none yet."
    store.add("friend", identity.authority_pem, source="here")
    with pytest.raises(ConfigError) as caught:
        store.anchors(["friend", "x"])
    assert caught.value.hint == "There is: friend."


def test_extra_files_are_trusted_this_once(store, identity, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(b"Subject: x\n" + identity.authority_pem + b"trailing")
    pem = identity.authority_pem.decode()
    assert store.anchors([], extra_files=[path]) == TrustAnchors(signers=pem)
    assert store.anchors([], extra_timestamp_files=[path]) == TrustAnchors(timestamps=pem)
    assert store.bundles() == ()


def test_extra_files_that_can_t_be_used_are_named(store, identity, tmp_path):
    missing, key, junk = (tmp_path / name for name in ("missing", "key", "junk"))
    key.write_bytes(identity.key_pem)
    junk.write_bytes(b"junk")
    for path, sentence in (
        (missing, f"{missing} can't be used: No such file or directory."),
        (key, f"The trust file {key} holds a private key."),
        (junk, f"The trust file {junk} can't be used. There is no certificate in PEM form."),
    ):
        with pytest.raises(ConfigError) as caught:
            store.anchors(extra_files=[path])
        assert str(caught.value) == sentence


@pytest.mark.parametrize("change", ["append", "swap", "rename"])
def test_a_changed_bundle_is_an_error_that_names_the_file(home, store, identity, other, change):
    store.add("friend", identity.authority_pem, source="here")
    name = "friend"
    if change == "append":
        with (home.trust / "friend.pem").open("ab") as sink:
            sink.write(other.authority_pem)
    elif change == "swap":
        (home.trust / "friend.pem").write_bytes(other.authority_pem)
    else:
        name = "foe"
        (home.trust / "friend.pem").rename(home.trust / "foe.pem")
        (home.trust / "friend.json").rename(home.trust / "foe.json")
    for act in (store.bundles, store.anchors, lambda: store.anchors([name])):
        with pytest.raises(ConfigError, match="is not what was added on 2026-11-22") as caught:
            act()
        assert str(home.trust / f"{name}.pem") in str(caught.value)
        assert "remove the bundle" in caught.value.hint


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b"\xff", b'{"name": "friend", "x": 1}'])
def test_a_damaged_record_is_an_error_that_names_the_file(home, store, identity, record):
    store.add("friend", identity.authority_pem, source="here")
    (home.trust / "friend.json").write_bytes(record)
    with pytest.raises(ConfigError, match="is damaged") as caught:
        store.bundles()
    assert str(home.trust / "friend.json") in str(caught.value)


def test_a_missing_or_huge_file_is_an_error_that_names_it(home, store, identity):
    store.add("friend", identity.authority_pem, source="here")
    pem = home.trust / "friend.pem"
    with pem.open("r+b") as sink:
        sink.truncate(MAX_BUNDLE_BYTES + 1)
    with pytest.raises(ConfigError, match="too large for a trust bundle") as caught:
        store.bundles()
    assert str(pem) in str(caught.value)
    pem.unlink()
    with pytest.raises(ConfigError, match="No such file") as caught:
        store.bundles()
    assert str(pem) in str(caught.value)


def test_a_file_in_the_directory_s_place(home, store):
    home.root.mkdir()
    home.trust.write_text("")
    with pytest.raises(ConfigError, match="can't be used: Not a directory"):
        store.bundles()


# ---------------------------------------------------------------------------- removing


def test_removed_is_forgotten_and_the_name_is_free(home, store, identity, other):
    store.add("friend", identity.authority_pem, source="here")
    (home.trust / "friend.pem").write_bytes(b"changed")  # even then
    store.remove("friend")
    assert store.bundles() == ()
    assert not (home.trust / "friend.pem").exists()
    store.add("friend", other.authority_pem, source="here")
    with pytest.raises(ConfigError, match="no trust bundle called 'foe'") as caught:
        store.remove("foe")
    assert caught.value.hint == "There is: friend."


# ---------------------------------------------------------------------------- for real


def trusted(identity, anchors):
    """Return what c2pa-rs says about a picture that it signed with ``identity``."""
    picture, signed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "PNG")
    picture.seek(0)
    listed = [
        {"trust_anchors": pem, "trust_kind": kind, "trust_uri": f"urn:{kind}"}
        for pem, kind in ((anchors.signers, "manifest"), (anchors.timestamps, "tsa"))
        if pem
    ]
    context = c2pa.Context.from_dict(
        {
            "verify": {"remote_manifest_fetch": False},
            "core": {"allowed_network_hosts": []},
            "builder": {"thumbnail": {"enabled": False}},
            "trust": {"anchors": listed},
        }
    )
    info = c2pa.C2paSignerInfo(b"es256", identity.chain_pem, identity.key_pem, None)
    manifest = {
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": "http://cv.iptc.org/newscodes/"
                            "digitalsourcetype/trainedAlgorithmicMedia",
                        }
                    ]
                },
            }
        ]
    }
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest, context=context) as builder:
        builder.sign(signer, "image/png", picture, signed)
    signed.seek(0)
    with c2pa.Reader("image/png", signed, context=context) as reader:
        return reader.get_validation_state()


@pytest.mark.interop
def test_the_official_lists_are_taken_and_given_to_the_library(home, identity, interop):
    lists = interop / "trust"
    store = TrustStore(home, clock=lambda: datetime.now(UTC))
    signers = (lists / "C2PA-TRUST-LIST.pem").read_bytes()
    timestamps = (lists / "C2PA-TSA-TRUST-LIST.pem").read_bytes()
    assert store.add("c2pa", signers, source="c2pa.org").certificates == 30
    added = store.add("c2pa-tsa", timestamps, purpose="timestamp", source="c2pa.org")
    assert added.certificates == 22
    anchors = store.anchors()
    assert anchors.signers.count("BEGIN CERTIFICATE") == 30
    assert anchors.timestamps.count("BEGIN CERTIFICATE") == 22
    assert "Subject" not in anchors.signers + anchors.timestamps
    assert trusted(identity, anchors) == "Valid"
    store.add("me", identity.authority_pem, source="here")
    assert trusted(identity, store.anchors()) == "Trusted"


def test_a_stored_development_anchor_makes_its_signer_trusted(store, identity, other):
    store.add("me", identity.authority_pem, source="here")
    store.add("not-me", other.authority_pem, source="here")
    assert trusted(identity, store.anchors(["not-me"])) == "Valid"
    assert trusted(identity, store.anchors(["me"])) == "Trusted"
    assert trusted(identity, store.anchors()) == "Trusted"


def test_bundles_are_values_with_a_fixed_key_order(store, identity):
    bundle = store.add("me", identity.authority_pem, source="here")
    assert msgspec.json.decode(msgspec.json.encode(bundle), type=TrustBundle) == bundle
