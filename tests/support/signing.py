"""The core's callback that signs a binding, without the signature: it makes stores up."""

import random


class FakeSign:
    """Makes stores like real ones: most of a store is fixed, some of it is chance.

    Args:
        length: of a store without padding, in bytes.
        jitter: by how many bytes stores differ in length, as those with a time-stamp do.
        growth: by how many bytes each store is longer than the one before.
        store: what every store is, if said.
    """

    def __init__(self, *, length=2300, jitter=0, growth=0, store=None, seed=1):
        self.calls = []
        self.made = []
        self._rng = random.Random(seed)
        self._length, self._jitter, self._growth = length, jitter, growth
        self._store = store

    def __call__(self, *, exclusions, sha256):
        self.calls.append((exclusions, sha256))
        if self._store is not None:
            return self._remember(self._store)
        named = b"".join(number.to_bytes(8, "big") for pair in exclusions for number in pair)
        length = self._length + self._growth * len(self.calls) - self._rng.randint(0, self._jitter)
        chance = self._rng.randbytes(96)
        return self._remember((b"jumb" + named + sha256 + chance + b"A" * length)[:length])

    def padded(self, store, *counts):
        """Add padding as COSE has it: a name, how long it is, and zeros."""
        for name, count in zip((b"\x63pad", b"\x64pad2"), counts, strict=False):
            if count:
                store += name + self._head(count) + bytes(count)
        return self._remember(store)

    @staticmethod
    def _head(count):
        if count < 24:
            return bytes([0x40 + count])
        if count < 256:
            return bytes([0x58, count])
        return b"\x59" + count.to_bytes(2, "big")

    def _remember(self, store):
        self.made.append(store)
        return store
