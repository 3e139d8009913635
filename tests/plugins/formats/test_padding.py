"""Stores are brought to the length that their binding states, by padding that nothing signs."""

import functools

import pytest
from credlabel_plugins.formats._padding import SLACK, of_length
from making import created, definition, signer
from signing import FakeSign

from credlabel.credentials import Claim, Credentials, repadded


class Repads:
    """Pads real stores as the core does."""

    @staticmethod
    def padded(store, *counts):
        return repadded(store, *counts)


@functools.cache
def real_store():
    claim = Claim(definition=definition(created()))
    binding = {"exclusions": ((7, 2000),), "sha256": bytes(32)}
    return Credentials().sign_binding(claim, signer=signer(), **binding)


def made_up():
    return FakeSign(length=2000)(exclusions=(), sha256=bytes(32))


STORES = pytest.mark.parametrize(
    ("make", "sign"), [(made_up, FakeSign()), (real_store, Repads)], ids=["made up", "real"]
)


@STORES
def test_a_store_of_that_length_is_left_as_it_is(make, sign):
    store = make()
    assert of_length(store, len(store), sign) is store


@STORES
@pytest.mark.parametrize("gap", [*range(6, 29), *range(29, 2 * SLACK + 1)])
def test_every_gap_that_there_may_be_is_filled(make, sign, gap):
    store = make()
    padded = of_length(store, len(store) + gap, sign)
    assert len(padded) == len(store) + gap
    assert padded != store


@STORES
@pytest.mark.parametrize("gap", [-100, -1, 1, 2, 3, 4, 5, 2 * SLACK + 1, 16_000])
def test_other_gaps_ask_for_another_signature(make, sign, gap):
    store = make()
    assert of_length(store, len(store) + gap, sign) is None


def test_the_gaps_that_one_padding_leaves_take_two():
    """29 is such a gap: 23 zeros fill 28, and 24 fill 30."""
    seen = []

    class Counts:
        @staticmethod
        def padded(store, *counts):
            seen.append(counts)
            return repadded(store, *counts)

    assert of_length(real_store(), len(real_store()) + 28, Counts)
    assert seen[-1] == (23, 0)
    assert of_length(real_store(), len(real_store()) + 30, Counts)
    assert seen[-1] == (24, 0)
    assert of_length(real_store(), len(real_store()) + 29, Counts)
    assert all(seen[-1])
