"""Searching a text for signs of a credential, and saying what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import Extraction
from credlabel.model import Finding, FindingKind

from ._reading import read_at
from ._text import too_long

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import BinaryIO

TOO_LONG: Final = "credlabel.text.too-long"

_BLOCK: Final = 1 << 20
_REACH: Final = 64
"""Of a block into the next: what is searched for is shorter."""


def mentions(source: BinaryIO, words: Collection[bytes], *, is_lowered: bool = False) -> bool:
    """Return whether any of the words is anywhere in the text, however long it is.

    With ``is_lowered`` in any case; the words are then given in lower case. None is longer than
    64 bytes.
    """
    at = 0
    while block := read_at(source, at, _BLOCK + _REACH):
        if is_lowered:
            block = block.lower()
        for word in words:
            if word in block:  # "any" would take as long as a text of some kilobytes
                return True
        at += _BLOCK
    return False


def problem(code: str, explanation: str) -> Extraction:
    """Return what extracting finds where something counts as no credential."""
    kind = FindingKind.FAILURE
    return Extraction(problem=Finding(code=code, kind=kind, explanation=explanation))


def too_long_to_search() -> Extraction:
    """Return what extracting finds in a text that is too long, but may carry a credential."""
    return problem(TOO_LONG, f"{too_long()} Credentials inside it are not read.")
