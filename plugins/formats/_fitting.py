"""A manifest store for a place in a text whose length the store itself has to state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError

from ._padding import MAX_SIGNATURES, SLACK, of_length

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.hookspecs import SignBinding

LABEL_BYTES: Final = 4550
"""What a label in base64 that names system, model and prompt takes: for the price only."""
_LIKELY_LENGTH: Final = 3200


def fitted(
    exclusion_for: Callable[[int], tuple[int, int]], sha256: bytes, sign: SignBinding
) -> bytes:
    """Return a store over bytes that hash to ``sha256``, as long as its own exclusion says.

    ``exclusion_for`` tells the exclusion for a store of some length.

    Raises:
        CapacityError: no two stores are of one length, nor nearly.
    """
    length = _LIKELY_LENGTH
    for tries in range(MAX_SIGNATURES):
        store = sign(exclusions=(exclusion_for(length),), sha256=sha256)
        padded = of_length(store, length, sign)
        if padded:
            return padded
        length = len(store) + (SLACK if tries else 0)
    raise CapacityError("The credential's length changes each time it is signed.")
