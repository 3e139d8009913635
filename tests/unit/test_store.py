"""Manifest stores as they are laid out: padding comes and goes, and nothing else changes."""

from __future__ import annotations

import functools
import hashlib
import io
import random
import time

import c2pa
import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from jumbf import box, cose_sign1, parts_of, superbox, with_cose
from making import (
    CallbackSigner,
    created,
    definition,
    identity,
    mutations,
    sample,
    signer,
)

from credlabel import terms
from credlabel.credentials import Claim, Credentials, DataBinding, Parent, repadded
from credlabel.credentials.signing import NativeSigner
from credlabel.credentials.store import signing_chain

COUNTS = (0, 1, 23, 24, 255, 256, 5000)
BOUND = b"The bytes that are bound."
BINDING = DataBinding(((3, 4),), lambda ranges: [BOUND])
SIGNERS = {"key": signer, "callback": lambda: CallbackSigner(identity("other"))}
CREDENTIALS = Credentials()


def bound_store(made_by, parent=None):
    action = {"action": "c2pa.edited"} if parent else created()
    return CREDENTIALS.sign_binding(
        Claim(definition=definition(action)),
        signer=made_by,
        exclusions=BINDING.exclusions,
        sha256=hashlib.sha256(BOUND).digest(),
        parent=parent,
    )


@functools.cache
def store(who, generations=1):
    """A store over BOUND; with two generations, the earlier one is by the other signer."""
    if generations == 1:
        return bound_store(SIGNERS[who]())
    before = store("callback" if who == "key" else "key")
    return bound_store(
        SIGNERS[who](),
        Parent(
            store=before,
            reading=CREDENTIALS.read_bound(before, BINDING),
            media_type="text/plain",
        ),
    )


STORES = pytest.mark.parametrize(
    ("who", "generations"), [("key", 1), ("callback", 1), ("key", 2), ("callback", 2)]
)


def described(name, count):
    """How many bytes a padding takes by RFC 8949: its name, how long it is, and its zeros."""
    if not count:
        return 0
    return 1 + len(name) + (1 if count < 24 else 2 if count < 256 else 3) + count


# ---------------------------------------------------------------------------- padding


@STORES
@pytest.mark.parametrize("count", COUNTS)
def test_a_padded_store_is_as_long_as_it_should_be_and_valid(who, generations, count):
    plain = store(who, generations)
    made = repadded(plain, count)
    assert len(made) == len(plain) + described("pad", count)
    assert int.from_bytes(made[:4], "big") == len(made)
    reading = CREDENTIALS.read_bound(made, BINDING)
    assert reading.state == "valid"
    assert {f.code for f in reading.failures} == {terms.UNTRUSTED}
    assert reading == CREDENTIALS.read_bound(plain, BINDING)
    assert parts_of(made)[1].get("pad", b"") == bytes(count)


@pytest.mark.parametrize("second", COUNTS)
@pytest.mark.parametrize("first", COUNTS)
def test_two_paddings_add_up(first, second):
    plain = store("key")
    made = repadded(plain, first, second)
    assert len(made) == len(plain) + described("pad", first) + described("pad2", second)
    assert CREDENTIALS.read_bound(made, BINDING).state == "valid"


@STORES
def test_padding_is_replaced_and_nothing_else_changes(who, generations):
    plain = store(who, generations)
    assert repadded(plain) == plain
    made = repadded(plain, 300, 30)
    assert repadded(made) == plain
    assert repadded(made, 7) == repadded(plain, 7)
    before, after = parts_of(plain), parts_of(made)
    assert set(after[1]) - set(before[1]) == {"pad", "pad2"}
    assert [before[at] for at in (0, 2, 3)] == [after[at] for at in (0, 2, 3)]
    start = plain.rindex(b"cbor\xd2") - 4
    lengths = [at for at in range(start) if plain[at] != made[at]]
    assert len(lengths) <= 9  # the lengths of the boxes around it, no more than three bytes each


@pytest.mark.parametrize(("who", "room"), [("key", 900), ("callback", 9000)])
def test_what_the_library_leaves_room_for_is_taken_out(who, room):
    picture, sink = io.BytesIO(sample("hills.png")), io.BytesIO()
    with c2pa.Builder(definition(created())) as builder:
        builder.set_no_embed()
        raw = bytes(builder.sign(NativeSigner(SIGNERS[who]()).native, "image/png", picture, sink))
    plain = repadded(raw)
    assert len(raw) - len(plain) > room
    assert parts_of(raw)[1]["pad"]
    assert not set(parts_of(plain)[1]) & {"pad", "pad2"}
    for each in (raw, plain, repadded(plain, 256)):
        reading = CREDENTIALS.read(picture, media_type="image/png", manifest_store=each)
        assert reading.state == "valid"
        assert {f.code for f in reading.failures} == {terms.UNTRUSTED}


def test_an_earlier_generation_keeps_its_padding():
    """The new claim has hashed it: taking it out would break the ingredient."""
    before = repadded(store("key"), 700)
    parent = Parent(
        store=before,
        reading=CREDENTIALS.read_bound(before, BINDING),
        media_type="text/plain",
    )
    plain = bound_store(SIGNERS["callback"](), parent)
    assert plain.count(bytes(700)) == 1
    assert repadded(plain, 900).count(bytes(700)) == 2
    assert CREDENTIALS.read_bound(repadded(plain, 900), BINDING).state == "valid"


# ---------------------------------------------------------------------------- the chain


def ders(pem):
    return tuple(each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(pem))


@STORES
def test_the_chain_is_that_of_the_active_signer(who, generations):
    expected = ders(SIGNERS[who]().certificate_chain)
    assert signing_chain(store(who, generations)) == expected
    assert signing_chain(repadded(store(who, generations), 500)) == expected


def test_two_signers_are_told_apart():
    assert signing_chain(store("key")) != signing_chain(store("callback"))


@pytest.mark.parametrize("key", [33, "x5chain"])
def test_a_chain_is_one_certificate_or_a_list_under_either_name(key):
    assert signing_chain(with_header({key: b"one"})) == (b"one",)
    assert signing_chain(with_header({key: [b"one", b"two"]})) == (b"one", b"two")
    assert signing_chain(with_header({key: [b"one", 2, None, "three"]})) == (b"one",)
    for none in (None, 5, "text", {}, []):
        assert signing_chain(with_header({key: none})) == ()
    assert signing_chain(with_header({})) == ()


# ---------------------------------------------------------------------------- hostile bytes


def with_header(protected):
    return with_cose(cose_sign1(protected))


def answers(data):
    """Any bytes have a chain or none, and can be padded or not."""
    chain = signing_chain(data)
    assert isinstance(chain, tuple)
    assert all(isinstance(each, bytes) for each in chain)
    try:
        made = repadded(data, 9)
    except ValueError:
        return
    assert repadded(made, 9) == made


PROTECTED = [
    b"",
    b"\x21" * 40,  # a byte string that has the key in it, and is shorter
    cbor2.dumps(b"!" * 20),
    cbor2.dumps([33]),
    cbor2.dumps("x5chain"),
    cbor2.dumps(33),
    cbor2.dumps(None),
    b"\xa1\x18\x21",
    b"\x81" * 5000,
]


@pytest.mark.parametrize("protected", PROTECTED)
def test_a_header_that_is_none_has_no_chain(protected):
    data = with_cose(cbor2.dumps(cbor2.CBORTag(18, [protected, {}, None, b""])))
    assert signing_chain(data) == ()
    answers(data)


@pytest.mark.parametrize(
    "cose",
    [
        b"",
        b"\xd2",
        b"\xd2\x84",
        cbor2.dumps([b"", {}, None, b""]),
        cbor2.dumps(cbor2.CBORTag(17, [b"", {}, None, b""])),
        cbor2.dumps(cbor2.CBORTag(18, [b"", {}, None])),
        cbor2.dumps(cbor2.CBORTag(18, [b"", [], None, b""])),
        cbor2.dumps(cbor2.CBORTag(18, {})),
        b"\xd2\x9f" + b"\x9f" * 9000,
        b"\xd2\x5b" + b"\xff" * 8,
        b"\xd2\x84\x40\xa1\x01\xd8\x24\x62\x68\x4c\x40\x40",  # an e-mail
        b"\xd2\x84\x40\xa1\x01\xd8\x23\x62((\x40\x40",  # a regular expression
        b"\xd8\x1c\x81\xd8\x1d\x00",  # an array in itself
    ],
)
def test_a_signature_that_is_none_is_no_signature(cose):
    data = with_cose(cose)
    assert signing_chain(data) == ()
    with pytest.raises(ValueError, match="signature"):
        repadded(data, 1)


@pytest.mark.parametrize("tag", [b"\xd8\x1e\x82", b"\xc4\x82", b"\xc5\x82"])
def test_numbers_that_take_for_ever_to_work_out_are_not(tag):
    big = random.Random(1).randbytes(1 << 20)
    number = b"\xc2\x5a" + len(big).to_bytes(4, "big") + big
    data = with_cose(b"\xd2\x84\x40\xa1\x01" + tag + number + number + b"@@")
    began = time.perf_counter()
    assert signing_chain(data) == ()
    with pytest.raises(ValueError, match="CBOR"):
        repadded(data, 1)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"jumb",
        superbox(b"c2pa"),
        superbox(b"else", superbox(b"m", superbox(b"c2pa.signature", box(b"cbor", b"")))),
        superbox(b"c2pa", superbox(b"m")),
        superbox(b"c2pa", superbox(b"m", superbox(b"c2pa.claim", box(b"cbor", b"\xd2")))),
        superbox(b"c2pa", superbox(b"m", superbox(b"c2pa.signature"))),
        box(b"jumb", b""),
        box(b"jumb", box(b"jumd", b"")),
        (1).to_bytes(4, "big") + b"jumb" + bytes(8),
        with_header({33: b"one"})[:-1],
        b"x" + with_header({33: b"one"}),
    ],
)
def test_what_is_no_store_is_none(data):
    assert signing_chain(data) == ()
    with pytest.raises(ValueError, match="no signature"):
        repadded(data)


def test_a_store_is_read_from_its_last_manifest():
    old, new = (
        superbox(who, superbox(b"c2pa.signature", box(b"cbor", cose_sign1({33: who}))))
        for who in (b"old", b"new")
    )
    data = superbox(b"c2pa", old, new)
    assert signing_chain(data) == (b"new",)
    assert old in repadded(data, 50)
    assert repadded(data, 50).startswith((len(data) + 56).to_bytes(4, "big") + b"jumb")


def test_damaged_stores_are_padded_or_refused_and_nothing_else():
    rng = random.Random(5)
    for whole in (store("key"), store("callback", 2)):
        at = whole.rindex(b"cbor\xd2") - 60
        for damaged in mutations(whole, rng, 150):
            answers(damaged)
        for damaged in mutations(whole[at:], rng, 150):
            answers(whole[:at] + damaged)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 5))
def test_any_bytes_answer(noise, place):
    cose = cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({33: b"one"}), {"x": 1}, None, b"s"]))
    answers(
        (
            noise,
            with_cose(noise),
            with_cose(b"\xd2\x84" + noise),
            with_cose(b"\xd2\x84" + cbor2.dumps(noise) + b"\xa0\x40\x40"),
            with_cose(b"\xd2\x84\x40\xa1\x01" + noise + b"\x40\x40"),
            with_cose(cose[: len(noise)] + noise + cose[len(noise) :]),
        )[place]
    )
