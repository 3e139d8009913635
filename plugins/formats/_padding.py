"""Bring a manifest store to the length that its hard binding has already stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from credlabel.hookspecs import SignBinding

MAX_SIGNATURES: Final = 8
"""Made until the length fits; the second nearly always does."""
SLACK: Final = 64
"""Bytes to allow for, where signatures differ in length: time-stamps do, by a few."""


def of_length(store: bytes, length: int, sign: SignBinding) -> bytes | None:
    """Return ``store``, just signed, padded to ``length``, or None if that can't be.

    A padding of one byte takes six, and one of 24 takes 30, so not every gap can be filled by one;
    two fill every gap of 12 and more.
    """
    if len(store) == length:
        return store
    gap = length - len(store)
    if not 6 <= gap <= 2 * SLACK:
        return None
    for second in (0, 1):
        room = gap - (6 + second if second else 0)
        for first in (room - 5, room - 6):
            if first > 0:
                made = sign.padded(store, first, second)
                if len(made) == length:
                    return made
    return None
