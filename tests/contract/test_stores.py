"""What a StoreProvider owes: rows come back as they went in, in order, after whatever happens."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from contracts import providers

from credlabel.errors import StoreError
from credlabel.hookspecs import StoreProvider

STORES = providers("credlabel_stores")
ROWS = [
    {"kind": "labelled", "n": n, "name": "é\n\u2028", "deep": {"list": [1, None, True]}}
    for n in range(20)
]
URIS = {"lines": lambda folder: f"lines:{folder}/store"}
"""How to address a store of each scheme below a folder: a new scheme needs a line here."""


def keeps_rows(provider, uri):
    """What was appended is there, in order, for this store and for one opened later."""
    store = provider.open(uri)
    assert list(store.rows()) == []
    for row in ROWS[:10]:
        store.append(row)
    assert list(store.rows()) == ROWS[:10]
    assert list(store.rows()) == ROWS[:10]  # reading takes nothing away
    later = provider.open(uri)  # the first was not closed: it is as if it had been killed
    for row in ROWS[10:]:
        later.append(row)
    assert list(later.rows()) == ROWS
    store.close()
    later.close()
    later.close()  # closing twice is no error
    assert list(provider.open(uri).rows()) == ROWS


def refuses_bad_uris(provider):
    """What can't be opened is a StoreError in a sentence."""
    for scheme in provider.schemes:
        with pytest.raises(StoreError) as caught:
            provider.open(f"{scheme}:/no/such/folder/store")
        assert str(caught.value).endswith(".")


# ---------------------------------------------------------------------------- a good one


class Lines:
    def __init__(self, path):
        self.path = path

    def append(self, row):
        with self.path.open("ab") as out:
            out.write(json.dumps(row).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())

    def rows(self):
        return [json.loads(line) for line in self.path.read_bytes().split(b"\n")[:-1]]

    def close(self):
        pass


class LinesProvider:
    schemes = ("lines",)
    kind = Lines

    def open(self, uri):
        path = Path(unquote(urlsplit(uri).path))
        try:
            path.touch()
        except OSError as error:
            raise StoreError(f"The store can't be opened: {error.strerror}.") from error
        return self.kind(path)


@pytest.mark.parametrize("provider", [*STORES, LinesProvider()])
def test_every_store_keeps_its_rows(provider, tmp_path):
    for scheme in provider.schemes:
        assert scheme in URIS, f"the contract suite can't address {scheme!r} stores: teach it"
        keeps_rows(provider, URIS[scheme](tmp_path))


@pytest.mark.parametrize("provider", [*STORES, LinesProvider()])
def test_every_store_is_a_provider_and_refuses_bad_uris(provider):
    assert isinstance(provider, StoreProvider)
    refuses_bad_uris(provider)


# ---------------------------------------------------------------------------- it can fail


class InMemory(Lines):
    def __init__(self, path):
        self.kept = []

    def append(self, row):
        self.kept.append(row)

    def rows(self):
        return self.kept


class Backwards(Lines):
    def rows(self):
        return super().rows()[::-1]


class Consuming(Lines):
    def rows(self):
        found = super().rows()
        self.path.write_bytes(b"")
        return found


class Forgetful(Lines):
    def append(self, row):
        if row["n"] % 3:
            super().append(row)


@pytest.mark.parametrize("bad", [InMemory, Backwards, Consuming, Forgetful])
def test_a_bad_store_is_noticed(bad, tmp_path):
    provider = LinesProvider()
    provider.kind = bad
    with pytest.raises(AssertionError):
        keeps_rows(provider, f"lines:{tmp_path}/store")


def test_a_store_that_opens_anything_is_noticed():
    class OpensAnything:
        schemes = ("any",)

        def open(self, uri):
            return None

    with pytest.raises(pytest.fail.Exception):
        refuses_bad_uris(OpensAnything())
