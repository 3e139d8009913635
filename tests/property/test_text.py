"""Any text that is labelled reads as labelled, and any change that a reader could see is noticed.

A change that normalization form C undoes is none: it can't be seen, and the standard leaves it
out of the hash (C2PA 2.5, A.8.6.3).
"""

import functools
import io
import random
import unicodedata

import pytest
from credlabel_plugins.formats import _text, _wrapper
from credlabel_plugins.formats.text import PlainText
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from making import scanner, signer
from signing import FakeSign

from credlabel.label import Labeller
from credlabel.labelling import LabelSettings

FORM = PlainText()
ODD = [
    "\ufeff",
    "\ufe0f",
    "\ufe00",
    "\U000e0100",
    "\r\n",
    "e\u0301",
    "\u0301",
    "👩\u200d👩",
    "\u1100\u1161",
]
PIECES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from([*ODD, "plain text"])
)
TEXTS = st.lists(PIECES, max_size=20).map("".join)
STORES = st.binary(min_size=1, max_size=400)


@functools.cache
def labeller():
    return Labeller(signer(), settings=LabelSettings(text="embed"))


def embedded(text, store):
    sink, sign = io.BytesIO(), FakeSign(store=store)
    FORM.embed(io.BytesIO(text.encode()), sink, sign)
    return sink.getvalue(), sign


@given(TEXTS, STORES)
@example("", b"\0")
@example("\ufeff", b"\xff" * 9)
def test_what_is_embedded_is_found_and_taken_out_again(text, store):
    data, sign = embedded(text, store)
    found = FORM.extract(io.BytesIO(data))
    assert (found.store, found.problem) == (sign.made[-1], None)
    assert found.store.startswith(store)
    assert found.exclusions == sign.calls[-1][0]
    assert _wrapper.without_wrappers(data) == text.encode()
    assert embedded(data.decode(), store)[0] == data


@given(STORES, TEXTS, TEXTS)
def test_a_wrapper_is_found_at_any_place(store, before, after):
    wrapper = _wrapper.encode(store)
    data = before.encode() + wrapper + after.encode()
    found = _wrapper.find(data)
    ((start, length),) = found.exclusions
    assert found.store == store
    assert start == len(before.encode())
    assert data[start : start + length].startswith(wrapper)


@given(st.binary(max_size=300), st.lists(st.sampled_from([_wrapper.BEGINNING, b"\xef\xbb\xbf"])))
def test_any_bytes_are_read_without_an_error(noise, marks):
    data = noise.join(marks) + noise
    found = FORM.extract(io.BytesIO(data))
    assert found is None or found.store or found.problem
    assert found is None or FORM.may_carry_credential(io.BytesIO(data))
    FORM.embedding_objection(io.BytesIO(data))


@given(TEXTS, st.integers(4, 40))
def test_normalising_by_blocks_is_normalising(text, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "_BLOCK", block)
        normal = b"".join(_text.normalized(text.encode()))
    assert normal.decode() == unicodedata.normalize("NFC", text)


@settings(max_examples=25, deadline=None)
@given(TEXTS.filter(bool))  # credlabel labels no empty files
@example("\ufeffBOM\r\n")
@example("ends in ❤\ufe0f")
def test_any_text_is_labelled_and_kept(text):
    made = labeller().label_bytes(text.encode(), name="a.txt")
    assert made.sidecar is None
    assert made.data.startswith(text.encode())
    assert scanner().scan_bytes(made.data, name="a.txt").verdict.integrity == "intact"
    assert _wrapper.without_wrappers(made.data) == text.encode()


@settings(max_examples=40, deadline=None)
@given(TEXTS.filter(bool), st.data())
def test_no_text_is_intact_with_another_character_in_it(text, data):
    wrapped = labeller().label_bytes(text.encode(), name="a.txt").data.decode()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(categories=["L", "N", "P", "S"]))
    changed = text[:at] + other + text[at + 1 :]
    assume(unicodedata.normalize("NFC", changed) != unicodedata.normalize("NFC", text))
    report = scanner().scan_bytes((changed + wrapped[len(text) :]).encode(), name="a.txt")
    assert report.verdict.integrity == "tampered"


@functools.cache
def labelled():
    text = "Grüße, 世界! e\u0301 👍\n" * 20
    return text, labeller().label_bytes(text.encode(), name="a.txt").data.decode()[len(text) :]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3))
def test_any_change_that_can_be_seen_is_noticed(data, new):
    text, wrapper = labelled()
    at = data.draw(st.integers(0, len(text)))
    end = min(len(text), at + data.draw(st.integers(0, 3)))
    changed = text[:at] + new + text[end:]
    assume(unicodedata.normalize("NFC", changed) != unicodedata.normalize("NFC", text))
    report = scanner().scan_bytes((changed + wrapper).encode(), name="a.txt")
    assert report.verdict.integrity == "tampered"


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 479), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=2)
)
def test_what_is_added_behind_the_wrapper_is_noticed(seed, new):
    text, wrapper = labelled()
    report = scanner().scan_bytes((text + wrapper + new).encode(), name="a.txt")
    assert report.verdict.integrity in ("tampered", "unverifiable")


def test_any_flipped_bit_in_the_wrapper_changes_nothing_that_is_said():
    rng = random.Random(3)
    text, wrapper = labelled()
    whole = scanner().scan_bytes((text + wrapper).encode(), name="a.txt").verdict
    for _ in range(60):
        at = rng.randrange(len(wrapper))
        other = chr(ord(wrapper[at]) ^ 1)
        changed = text + wrapper[:at] + other + wrapper[at + 1 :]
        verdict = scanner().scan_bytes(changed.encode(), name="a.txt").verdict
        assert verdict.integrity != "intact" or verdict == whole
