"""What has to change in a file so that its fields say what is wanted, and whether they do then.

What a container can't hold, or a reader would not tell again as it is, is refused before anything
is written: blank texts are left out in reading, and a text that is there twice is told once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LabelError, ReadBackError
from credlabel.files import copy_bytes

from ._fields import MAX_NAME
from ._xmp import is_said_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from credlabel.hookspecs import Metadata, MetadataReader

    Texts = Mapping[str, tuple[str, ...]]
    Wanted = dict[str, tuple[str, ...]]

MAX_TEXT: Final = 1 << 18
"""Characters of one text that is written; prompts have some thousand."""

# What XML 1.0 can't hold in any spelling (its section 2.2), and half characters. Other containers
# hold more of it or less; a mark has to mean the same in each of them.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_changes(
    form: MetadataReader,
    source: BinaryIO,
    sink: BinaryIO,
    changes: Metadata,
    write: Callable[[Wanted], None],
    *,
    places: frozenset[str],
    following: tuple[str, ...] = (),
) -> None:
    """Have ``write`` write to ``sink`` what ``source`` does not say yet, and check what it says.

    ``form`` reads both; content that says all of it already is copied.

    Raises:
        AssetError, LabelError: as the three functions that it calls.
    """
    before = form.read_metadata(source)
    wanted = outstanding(changes, before, places)
    if wanted:
        write(wanted)
        check_read_back(wanted, before, form.read_metadata(sink), following=following)
    else:
        copy_bytes(source, sink)


def outstanding(changes: Texts, said: Metadata, places: frozenset[str]) -> Wanted:
    """Return those of ``changes`` that a file which says ``said`` does not say yet.

    A property of XMP that is a structure there has to give way to the text, or go.

    Raises:
        LabelError: a field is of none of ``places``, or has texts that can't be written.
        CapacityError: a text is too long.
    """
    wanted = {
        name: texts
        for name, texts in changes.items()
        if {field: there for field, there in said.items() if is_said_by(field, name)}
        != ({name: texts} if texts else {})
    }
    starts = tuple(f"{place}:" for place in places)
    for name, texts in wanted.items():
        if name not in places and not name.startswith(starts):
            raise LabelError(f"The file has no place for the field {name!a:.80}.")
        if len(name) > MAX_NAME or _UNWRITABLE.search(name):
            raise LabelError(f"The field {name!a:.80} has a name that can't be written.")
        new = [text for text in texts if text not in said.get(name, ())]
        if len(set(new)) < len(new):
            raise LabelError(f"The field {name!a:.80} is to have a text twice.")
        for text in new:
            if len(text) > MAX_TEXT:
                raise CapacityError(
                    f"The text for {name!a:.80} is over {MAX_TEXT} characters long."
                )
            if not text.strip() or _UNWRITABLE.search(text):
                raise LabelError(
                    f"The text for {name!a:.80} is blank, or has characters that no XML can hold."
                )
    return wanted


def within(place: str, changes: Texts) -> Wanted:
    """Return the fields of one place, by their names in it."""
    start = f"{place}:"
    return {
        name.removeprefix(start): texts
        for name, texts in changes.items()
        if name.startswith(start)
    }


def check_single(changes: Texts) -> None:
    """Return if no field is to have several texts.

    Raises:
        LabelError: one is.
    """
    for name, texts in changes.items():
        if len(texts) > 1:
            raise LabelError(f"The field {name!a:.80} takes one text, not several.")


def check_read_back(
    changes: Texts, before: Metadata, after: Metadata, *, following: tuple[str, ...] = ()
) -> None:
    """Return if a file says ``changes`` ``after`` writing, and the rest as it did ``before``.

    A structure of XMP that became a text is gone with all that was in it. Names that begin with
    one of ``following`` may say something else, as that follows from what was written.

    Raises:
        ReadBackError: it does not.
    """
    fields = {**before, **after}
    parts = (each for each in fields if any(is_said_by(each, name) for name in changes))
    wanted = {**dict.fromkeys(parts, ()), **changes}
    for name, texts in wanted.items():
        if after.get(name, ()) != texts:
            raise ReadBackError(f"The field {name!a:.80} does not read back as it was written.")
    for name in fields:
        if name in wanted or name.startswith(following):
            continue
        if before.get(name) != after.get(name):
            raise ReadBackError(f"Writing would have changed what {name!a:.80} says.")
