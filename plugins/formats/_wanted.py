"""The fields that a file is to have, checked and compared with those that it has.

What a container can't say, or a reader would not tell again as it is, is refused before anything
is written: NUL ends a text in most containers, blank texts are left out in reading, and a text
that is there twice is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from credlabel.errors import CapacityError, LabelError, ReadBackError

from ._fields import MAX_NAME, MAX_VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credlabel.hookspecs import Metadata


def pending(
    changes: Metadata, told: Metadata, places: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Return those of ``changes`` that ``told``, what the file says, does not fulfil.

    Raises:
        LabelError: a field is of none of ``places``, or has texts that can't be written.
    """
    left = {}
    for name, texts in changes.items():
        if not any(name.startswith(f"{place}:") for place in places):
            raise LabelError(f"This format has no place for the field {name!a:.80}.")
        if len(name) > MAX_NAME or "\0" in name:
            raise LabelError(f"The field {name!a:.80} has a name that can't be written.")
        _check(name, texts)
        if told.get(name, ()) != tuple(texts):
            left[name] = tuple(texts)
    return left


def within(place: str, changes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the fields of one place, by their names in it."""
    start = f"{place}:"
    return {
        name.removeprefix(start): texts
        for name, texts in changes.items()
        if name.startswith(start)
    }


def check_told(changes: Mapping[str, tuple[str, ...]], told: Metadata) -> None:
    """Return if ``told``, read from what was written, says the changes word for word.

    Raises:
        ReadBackError: it does not.
    """
    for name, texts in changes.items():
        if told.get(name, ()) != texts:
            raise ReadBackError(f"The field {name!a:.80} would not read back as it was written.")


def _check(name: str, texts: tuple[str, ...]) -> None:
    for text in texts:
        if len(text) > MAX_VALUE:
            raise CapacityError(f"The text for {name!a:.80} is over {MAX_VALUE} characters long.")
        if "\0" in text or not text.strip():
            raise LabelError(f"The text for {name!a:.80} is blank, or has a NUL in it.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise LabelError(f"The text for {name!a:.80} holds half a character.") from error
    if len(set(texts)) < len(texts):
        raise LabelError(f"The field {name!a:.80} is to have a text twice.")
