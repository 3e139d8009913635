"""What a CredentialCarrier owes: what it embeds it finds again, bound as it was signed."""

from __future__ import annotations

import hashlib
import io
import random

import pytest
from contracts import has
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signing import FakeSign

from credlabel.errors import AssetError
from credlabel.hookspecs import (
    CredentialCarrier,
    CredentialExtractor,
    CredentialLink,
    CredentialProbe,
    EmbeddingGuard,
    EmbeddingPrice,
    Extraction,
    Format,
    TextKinds,
)

CARRIERS = has(CredentialCarrier)
EXTRACTORS = has(CredentialExtractor)


def own(form, files):
    """Return the samples of this format into which a credential may be put."""
    return [
        each.data
        for each in files
        if each.kind in form.media_types
        and not (
            isinstance(form, EmbeddingGuard) and form.embedding_objection(io.BytesIO(each.data))
        )
    ]


def embedded(form, data, sign):
    """Return ``data`` with a store in it, after looking whether that is what it should be."""
    source, sink = io.BytesIO(data), io.BytesIO()
    source.seek(len(data) // 2)
    form.embed(source, sink, sign)
    assert source.getvalue() == data
    out = sink.getvalue()
    found = form.extract(io.BytesIO(out))
    assert found is not None
    assert found.store in sign.made
    assert found.problem is None
    exclusions, sha256 = sign.calls[-1]
    assert found.exclusions == exclusions
    assert sha256 == digest(form, out, exclusions)
    if isinstance(form, CredentialProbe):
        assert form.may_carry_credential(io.BytesIO(out))
    return out


def digest(form, data, exclusions):
    total = hashlib.sha256()
    for block in form.bound_bytes(io.BytesIO(data), exclusions):
        total.update(block)
    return total.digest()


def outside(data, ranges):
    """Return the bytes that are not in ``ranges``."""
    kept, at = b"", 0
    for start, length in ranges:
        assert at <= start
        assert length > 0
        kept += data[at:start]
        at = start + length
    assert at <= len(data)
    return kept + data[at:]


def test_somebody_carries():
    assert len(CARRIERS) >= 3
    assert len(EXTRACTORS) > len(CARRIERS)


@pytest.mark.parametrize("form", CARRIERS)
def test_what_is_embedded_is_found_again_bound_as_signed(form, files):
    mine = own(form, files)
    if isinstance(form, EmbeddingGuard) and not mine:  # it objects to all that there are
        assert any(each.kind in form.media_types for each in files)
    for data in mine:
        sign = FakeSign()
        embedded(form, data, sign)
        assert len(sign.calls) <= 3  # a key service, or a time-stamp authority, may be asked


@pytest.mark.parametrize("form", CARRIERS)
def test_stores_that_differ_in_length_are_embedded_all_the_same(form, files):
    for data in own(form, files)[:2]:
        for seed in range(5):
            sign = FakeSign(length=3000, jitter=8, seed=seed)
            embedded(form, data, sign)
            assert len(sign.calls) <= 5


@pytest.mark.parametrize("form", CARRIERS)
def test_embedding_again_replaces_and_changes_nothing_else(form, files):
    for data in own(form, files):
        once = embedded(form, data, FakeSign())
        twice = embedded(form, once, FakeSign(length=4000))
        assert digest(form, once, form.extract(io.BytesIO(once)).exclusions) == digest(
            form, twice, form.extract(io.BytesIO(twice)).exclusions
        ) or not isinstance(form, TextKinds)


@pytest.mark.parametrize("form", CARRIERS)
def test_the_binding_covers_every_byte_outside_what_is_excluded(form, files):
    for data in own(form, files):
        out = embedded(form, data, FakeSign())
        exclusions = form.extract(io.BytesIO(out)).exclusions
        assert outside(out, exclusions)
        excluded = {i for start, length in exclusions for i in range(start, start + length)}
        whole = digest(form, out, exclusions)
        step = max(1, len(out) // 40)
        for at in (i for i in range(0, len(out), step) if i not in excluded and out[i] < 0x80):
            changed = out[:at] + bytes([out[at] ^ 1]) + out[at + 1 :]
            assert digest(form, changed, exclusions) != whole, at


@pytest.mark.parametrize("form", EXTRACTORS)
def test_unlabelled_samples_carry_nothing(form, files):
    for each in files:
        if each.kind in form.media_types:
            assert form.extract(io.BytesIO(each.data)) is None


@pytest.mark.parametrize("form", EXTRACTORS)
@settings(max_examples=60, deadline=None)
@example(data=b"")
@example(data=b"\xef\xbb\xbf")
@example(data="\ufeff\U000e0133\U000e0122".encode() * 9)
@example(data=b"-----BEGIN C2PA MANIFEST----- x -----END C2PA MANIFEST-----")
@example(data=b'<head><script type="application/c2pa">AAAA</script>')
@example(data=b'<head><link rel="c2pa-manifest" href="a.c2pa">')
@example(data=b"PK\5\6" + bytes(18))
@given(data=st.binary(max_size=300))
def test_extracting_answers_for_any_bytes(form, data):
    found = form.extract(io.BytesIO(data))
    assert found is None or isinstance(found, Extraction)
    if found is not None:
        outside(data, found.exclusions)
        assert found.store or found.reference or found.problem
        if found.problem:
            assert not found.store
            assert found.problem.explanation.endswith(".")


@pytest.mark.parametrize("form", CARRIERS)
def test_a_damaged_label_is_never_worse_than_a_problem(form, files):
    chance = random.Random(2)
    for data in own(form, files):
        out = embedded(form, data, FakeSign())
        for _ in range(30):
            at = chance.randrange(len(out))
            cut = out[:at] + out[at + chance.randrange(1, 9) :]
            found = form.extract(io.BytesIO(cut))
            assert found is None or isinstance(found, Extraction)
            if found is not None and found.exclusions:
                try:
                    digest(form, cut, found.exclusions)
                except AssetError as error:
                    assert str(error)  # noqa: PT017 - it is allowed to say so


@pytest.mark.parametrize("form", has(EmbeddingPrice))
def test_a_price_is_a_sentence_or_nothing(form, files):
    assert form.family in ("text", "zip")
    for each in files:
        if each.kind in form.media_types:
            for name in ("", "a", "a.txt", "Makefile", each.name):
                price = form.embedding_price(io.BytesIO(each.data), name)
                assert price is None or price.endswith(".")


@pytest.mark.parametrize("form", has(TextKinds))
def test_endings_lead_to_types_of_the_format(form):
    assert isinstance(form, Format)
    for suffix, kind in form.suffixes.items():
        assert suffix == suffix.lower()
        assert suffix.startswith(".")
        assert kind in form.media_types


@pytest.mark.parametrize("form", has(CredentialLink))
def test_a_link_is_found_and_replaced(form, files):
    for data in own(form, files):
        sink, again = io.BytesIO(), io.BytesIO()
        form.link(io.BytesIO(data), sink, "a%20b.html.c2pa")
        found = form.extract(io.BytesIO(sink.getvalue()))
        assert found == Extraction(reference="a%20b.html.c2pa", exclusions=found.exclusions)
        form.link(sink, again, "c.html.c2pa")
        assert form.extract(again).reference == "c.html.c2pa"
        assert len(again.getvalue()) < len(sink.getvalue())


# ---------------------------------------------------------------------------- it can fail


class Trailer:
    """A format whose label is the last line."""

    media_types = ("x/trailer",)

    def accepts(self, head):
        return None

    def check_whole(self, source):
        pass

    def extract(self, source):
        source.seek(0)
        text, mark, store = source.read().partition(b"\nLABEL ")
        return Extraction(store, ((len(text), len(mark + store)),)) if store else None

    def bound_bytes(self, source, exclusions):
        source.seek(0)
        return [outside(source.read(), exclusions)]

    def embed(self, source, sink, sign):
        source.seek(0)
        text = source.read().partition(b"\nLABEL ")[0]
        length, sha256 = 0, hashlib.sha256(text).digest()
        for _ in range(2):
            store = sign(exclusions=((len(text), length),), sha256=sha256)
            length = len(store) + 7
        sink.write(text + b"\nLABEL " + store)


class ForgetsTheBinding(Trailer):
    def bound_bytes(self, source, exclusions):
        return [b""]


class WritesToTheSource(Trailer):
    def embed(self, source, sink, sign):
        super().embed(source, sink, sign)
        source.write(b"!")


class ExcludesTooMuch(Trailer):
    def extract(self, source):
        found = super().extract(source)
        return found and Extraction(found.store, ((0, sum(found.exclusions[0])),))


def test_a_good_carrier_passes():
    assert isinstance(Trailer(), CredentialCarrier)
    assert embedded(Trailer(), b"some text", FakeSign()).startswith(b"some text\nLABEL ")


@pytest.mark.parametrize("bad", [ForgetsTheBinding, WritesToTheSource, ExcludesTooMuch])
def test_a_bad_carrier_is_noticed(bad):
    with pytest.raises(AssertionError):
        embedded(bad(), b"some text", FakeSign())
