"""The wrapper of a credential in plain text: its bytes, finding it, making it fit."""

import random
import time

import pytest
from credlabel_plugins.formats import _text, _wrapper
from credlabel_plugins.formats._wrapper import (
    BEGINNING,
    bound,
    encode,
    find,
    padded,
    padded_length,
    signed,
    without_wrappers,
)

from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError

STORE = bytes(range(256)) * 2
TEXT = "Grüße, 世界 👩‍👩‍👧\r\nlast line".encode()
MARKER = "\ufeff".encode()
LOW, HIGH = "\ufe00".encode(), "\U000e01ef".encode()
SECONDS = 2


class Signs:
    """What the core's callback does to lengths: a store with a random part, which is counted."""

    def __init__(self, *, is_costly=False, size=3200, seed=1, growth=0):
        self.is_costly = is_costly
        self.calls = []
        self._rng = random.Random(seed)
        self._size, self._growth = size, growth

    def __call__(self, *, exclusions, sha256):
        self.calls.append((exclusions, sha256))
        named = b"".join(number.to_bytes(8, "big") for pair in exclusions for number in pair)
        constant = b"A" * (self._size + self._growth * len(self.calls))
        return named + sha256 + constant + self._rng.randbytes(96)


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


def test_a_padded_wrapper_is_read_and_left_out_whole():
    wrapper = padded(STORE, padded_length(len(STORE)))
    assert len(wrapper) == padded_length(len(STORE)) > len(encode(STORE))
    assert find(TEXT + wrapper).store == STORE
    assert runs(find(TEXT + wrapper)) == ((len(TEXT), len(wrapper)),)


@pytest.mark.parametrize("more", range(14))
def test_padding_reaches_every_length_but_those_that_no_selectors_add_up_to(more):
    wrapper = padded(STORE, len(encode(STORE)) + more)
    if more in {1, 2, 5}:
        assert wrapper is None
    else:
        assert len(wrapper) == len(encode(STORE)) + more
        assert find(wrapper).store == STORE


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


@pytest.mark.parametrize("seed", range(30))
def test_the_store_names_the_length_of_its_own_wrapper(seed):
    sign = Signs(seed=seed)
    wrapper = signed(TEXT, sign)
    exclusions, sha256 = sign.calls[-1]
    assert exclusions == ((len(TEXT), len(wrapper)),)
    assert wrapper == encode(find(wrapper).store)  # no padding
    assert find(wrapper).store[16:48] == sha256
    assert len(sign.calls) <= _wrapper.MAX_TRIES + 1


def test_it_fits_after_a_few_signatures():
    counts = []
    for seed in range(40):
        sign = Signs(seed=seed)
        signed(TEXT, sign)
        counts.append(len(sign.calls))
    assert sum(counts) / len(counts) < 25


def test_a_store_with_a_long_history_fits_too():
    sign = Signs(size=300_000)
    wrapper = signed(TEXT, sign)
    assert sign.calls[-1][0] == ((len(TEXT), len(wrapper)),)
    assert len(sign.calls) < 60


def test_where_signatures_are_costly_two_of_them_and_padding_do():
    sign = Signs(is_costly=True)
    wrapper = signed(TEXT, sign)
    assert len(sign.calls) == 2
    assert sign.calls[-1][0] == ((len(TEXT), len(wrapper)),)
    assert len(wrapper) == padded_length(len(find(wrapper).store))
    assert wrapper.startswith(encode(find(wrapper).store))


def test_a_length_that_chance_never_meets_is_padded(monkeypatch):
    monkeypatch.setattr(_wrapper, "MAX_TRIES", 0)
    sign = Signs()
    wrapper = signed(TEXT, sign)
    assert len(wrapper) == padded_length(len(find(wrapper).store))
    assert sign.calls[-1][0] == ((len(TEXT), len(wrapper)),)


def test_a_store_that_always_grows_is_given_up():
    sign = Signs(is_costly=True, growth=5000)
    with pytest.raises(CapacityError):
        signed(TEXT, sign)
    assert len(sign.calls) <= 5


def test_what_is_signed_is_the_normalised_text():
    sign, same = Signs(is_costly=True), Signs(is_costly=True)
    signed("e\u0301".encode(), sign)
    signed("\u00e9".encode(), same)
    assert sign.calls[0][1] == same.calls[0][1]
    assert sign.calls[0][0][0][0] == 3  # the place is that in the text as stored


def test_a_text_that_takes_too_long_to_normalise_is_not_signed():
    sign = Signs()
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
