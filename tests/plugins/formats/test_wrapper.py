"""The wrapper of a credential in plain text: its bytes, finding it, making it fit."""

import functools
import hashlib
import time

import pytest
from credlabel_plugins.formats import _text, _wrapper
from credlabel_plugins.formats._padding import MAX_SIGNATURES
from credlabel_plugins.formats._wrapper import (
    BEGINNING,
    bound,
    encode,
    find,
    signed,
    without_wrappers,
)
from making import created, definition, signer
from signing import FakeSign

from credlabel.credentials import Claim, Credentials, repadded
from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError

STORE = bytes(range(256)) * 2
TEXT = "Grüße, 世界 👩‍👩‍👧\r\nlast line".encode()
MARKER = "\ufeff".encode()
LOW, HIGH = "\ufe00".encode(), "\U000e01ef".encode()
SECONDS = 2


def runs(found):
    return found.exclusions if found else None


# ---------------------------------------------------------------------------- the bytes


def test_the_encoding_is_that_of_the_standard():
    # C2PA 2.5, A.8.3: the examples of the mapping, and the magic as it spells it out
    wrapper = encode(b"\x00\x0f\x10\xff").decode()
    assert wrapper[0] == "\ufeff"
    assert wrapper[1:9] == (
        "\U000e0133\U000e0122\U000e0140\U000e0131\U000e0144\U000e0148\U000e0144\ufe00"
    )
    assert wrapper[9:14] == "\ufe01\ufe00\ufe00\ufe00\ufe04"
    assert wrapper[14:].encode() == bytes.fromhex("efb880 efb88f f3a08480 f3a087af")


@pytest.mark.parametrize("place", [0, 9, len(TEXT)])
def test_a_wrapper_is_found_wherever_it_stands(place):
    wrapper = encode(STORE)
    data = TEXT[:place] + wrapper + TEXT[place:]
    found = find(data)
    assert (found.store, found.problem) == (STORE, None)
    assert found.exclusions == ((place, len(wrapper)),)
    assert without_wrappers(data) == TEXT
    assert b"".join(bound(data, found.exclusions)) == TEXT


@pytest.mark.parametrize("padding", [LOW, LOW * 50, HIGH, "\ufe00\U000e0100\ufe0f".encode() * 9])
def test_a_padded_wrapper_is_read_and_left_out_whole(padding):
    # C2PA 2.5, A.8.5: others may pad behind the store, whatever the content
    data = TEXT + encode(STORE) + padding
    assert find(data).store == STORE
    assert runs(find(data)) == ((len(TEXT), len(encode(STORE) + padding)),)
    assert without_wrappers(data + TEXT) == TEXT * 2


def test_a_selector_typed_after_the_wrapper_is_in_its_range():
    data = TEXT + encode(STORE) + "\ufe0f!".encode()
    assert find(data).store == STORE
    assert runs(find(data)) == ((len(TEXT), len(encode(STORE)) + 3),)


# ---------------------------------------------------------------------------- what is no wrapper


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MARKER,
        MARKER * 3 + TEXT,
        TEXT + MARKER + LOW * 500,
        TEXT + MARKER + HIGH * 500,
        LOW * 500,
        encode(STORE)[3:],  # no marker
        encode(STORE)[:30],  # less than the magic
        TEXT + MARKER + TEXT + encode(STORE)[3:],
        encode(STORE).decode().encode("utf-16"),
    ],
)
def test_what_only_resembles_a_wrapper_is_passed_over(data):
    assert find(data) is None
    assert without_wrappers(data) == data


@pytest.mark.parametrize("noise", [MARKER, MARKER + LOW * 40, BEGINNING, BEGINNING + HIGH * 9])
def test_a_wrapper_is_found_among_what_resembles_one(noise):
    wrapper = encode(STORE)
    for data, place in ((noise + wrapper, len(noise)), (wrapper + TEXT + noise, 0)):
        assert find(data).store == STORE
        assert runs(find(data)) == ((place, len(wrapper)),)


@pytest.mark.parametrize(
    "broken",
    [
        BEGINNING,
        encode(STORE)[:-4],
        encode(STORE)[:45],
        encode(b""),
        BEGINNING + "\ufe02".encode() + encode(STORE)[len(BEGINNING) + 3 :],  # another version
        BEGINNING + "\ufe01".encode() + HIGH * 4 + LOW * 100,  # declares 4 GiB
        encode(STORE)[:500] + b"!" + encode(STORE)[500:],
    ],
)
def test_remains_of_a_wrapper_are_a_finding(broken):
    found = find(TEXT + broken)
    assert (found.store, found.exclusions) == (b"", ())
    assert found.problem.code == "credlabel.text.broken-wrapper"
    assert found.problem.kind == "failure"
    assert "manifest.text.corruptedWrapper" in found.problem.explanation


@pytest.mark.parametrize("count", [2, 3, 40])
def test_several_wrappers_count_as_none(count):
    data = (TEXT + encode(STORE)) * count + encode(STORE)[:-4]
    found = find(data)
    assert (found.store, found.exclusions) == (b"", ())
    assert found.problem.code == "credlabel.text.several-wrappers"
    assert f"{count} credentials" in found.problem.explanation
    assert "manifest.text.multipleWrappers" in found.problem.explanation
    assert without_wrappers(data) == TEXT * count


# ---------------------------------------------------------------------------- what is bound


def test_what_is_bound_is_the_rest_as_one_text_in_form_c():
    before, after = b"cafe", "\u0301 au lait".encode()
    wrapper = encode(STORE)
    data = before + wrapper + after
    assert b"".join(bound(data, ((4, len(wrapper)),))) == "café au lait".encode()


@pytest.mark.parametrize(
    "exclusions",
    [((0, 99),), ((-1, 2),), ((0, -1),), ((2, 2), (3, 1)), ((2, 1), (0, 1)), ((1, 1),)],
)
def test_ranges_that_are_none_of_the_text_are_refused(exclusions):
    with pytest.raises(MalformedAssetError):
        b"".join(bound("ü!".encode(), exclusions))


# ---------------------------------------------------------------------------- making it fit


def fits(wrapper, sign):
    """The wrapper is as long as was signed, and holds the last store, without padding behind."""
    exclusions, sha256 = sign.calls[-1]
    assert exclusions == ((len(TEXT), len(wrapper)),)
    assert sha256 == hashlib.sha256(TEXT).digest()
    assert wrapper == encode(find(wrapper).store)
    assert find(wrapper).store == sign.made[-1]


@pytest.mark.parametrize("length", [600, 2300, 3400, 70_000])
def test_the_store_names_the_length_of_its_own_wrapper(length):
    for seed in range(20):
        sign = FakeSign(length=length, seed=seed)
        fits(signed(TEXT, sign), sign)
        assert len(sign.calls) == 2


def test_stores_that_differ_in_length_as_those_with_a_time_stamp_do_fit_too():
    counts = []
    for seed in range(40):
        sign = FakeSign(length=6000, jitter=8, seed=seed)
        fits(signed(TEXT, sign), sign)
        counts.append(len(sign.calls))
    assert max(counts) <= 4
    assert sum(counts) < 100


def test_a_store_of_the_length_that_was_guessed_needs_one_signature(monkeypatch):
    sign = FakeSign(store=STORE)
    monkeypatch.setattr(_wrapper, "_FIRST_GUESS", len(encode(STORE)))
    assert signed(TEXT, sign) == encode(STORE)
    assert len(sign.calls) == 1


@functools.cache
def real_store(seed):
    """A store as the library signs it."""
    claim = Claim(definition=definition(created()))
    binding = {"exclusions": ((seed, 8000),), "sha256": bytes(32)}
    return Credentials().sign_binding(claim, signer=signer(), **binding)


class Repads:
    """Pads real stores as the core does."""

    @staticmethod
    def padded(store, *counts):
        return repadded(store, *counts)


@pytest.mark.parametrize("lacking", range(100, 181))
def test_padding_makes_up_for_whatever_chance_takes(lacking):
    for store, sign in (
        (FakeSign(seed=lacking)(exclusions=(), sha256=b""), FakeSign()),
        (real_store(lacking % 3), Repads),
    ):
        length = len(encode(store)) + lacking
        wrapper = _wrapper._fitted(store, length, sign)
        assert len(wrapper) == length
        assert wrapper == encode(find(wrapper).store)


@pytest.mark.parametrize("lacking", [-9, -1, 1, 2, 19, 2 * _wrapper._SLACK + 1, 100_000])
def test_what_padding_can_t_make_up_is_signed_again(lacking):
    sign = FakeSign()
    store = sign(exclusions=(), sha256=b"")
    assert _wrapper._fitted(store, len(encode(store)) + lacking, sign) is None


def test_a_store_that_always_grows_is_given_up():
    sign = FakeSign(growth=500)
    with pytest.raises(CapacityError):
        signed(TEXT, sign)
    assert len(sign.calls) == MAX_SIGNATURES


def test_what_is_signed_is_the_normalised_text():
    sign, same = FakeSign(), FakeSign()
    signed("e\u0301".encode(), sign)
    signed("\u00e9".encode(), same)
    assert sign.calls[0][1] == same.calls[0][1] == hashlib.sha256("é".encode()).digest()
    assert sign.calls[0][0][0][0] == 3  # the place is that in the text as stored


def test_a_text_that_takes_too_long_to_normalise_is_not_signed():
    sign = FakeSign()
    with pytest.raises(LimitExceededError):
        signed(("a" + "\u0301\u0323" * 1000).encode(), sign)
    assert not sign.calls


# ---------------------------------------------------------------------------- hostile


HOSTILE = {
    "markers": lambda n: MARKER * (4 * n),
    "selectors": lambda n: MARKER + LOW * 2 * n + HIGH * n,
    "short candidates": lambda n: (MARKER + LOW * 12) * (n // 3),
    "beginnings": lambda n: BEGINNING * (n // 8),
    "broken": lambda n: (BEGINNING + "\ufe01".encode() + HIGH * 4) * (n // 8),
    "one long broken": lambda n: BEGINNING + "\ufe01".encode() + HIGH * 4 + LOW * 3 * n,
    "stores": lambda n: encode(b"\xde\xad") * (n // 16),
    "one long store": lambda n: encode(bytes(n) + b"\xff" * n),
}


def seconds(make, count):
    data = make(count)
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        found = find(data)
        rest = without_wrappers(data)
        best = min(best, time.perf_counter() - start)
        _text.normalization_objection(rest)
    assert found is None or found.problem or found.store
    return best


@pytest.mark.parametrize("name", HOSTILE)
def test_finding_takes_time_in_proportion_to_the_text(name):
    count = 20_000
    once, often = (seconds(HOSTILE[name], each) for each in (count, count * 8))
    assert often < 40 * once + 0.01  # the square would be 64 times
    assert often < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_the_largest_hostile_text_is_read_in_seconds(name):
    make = HOSTILE[name]
    data = make(100_000)
    data = make(100_000 * _text.MAX_TEXT_BYTES // len(data))[: _text.MAX_TEXT_BYTES]
    start = time.perf_counter()
    find(data)
    assert time.perf_counter() - start < 20
