"""What has to change in a file so that its fields say what is wanted, and whether they do then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LabelError, ReadBackError

if TYPE_CHECKING:
    from credlabel.hookspecs import Metadata

MAX_TEXT: Final = 1 << 18
"""Characters of one text that is written; prompts have some thousand."""

# What XML 1.0 can't hold in any spelling (its section 2.2), and lone surrogates.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DESCRIPTIONS: Final = "xmp:pdfaExtension:"
"""PDF/A describes its properties in further ones, of which there may be more afterwards."""


def outstanding(changes: Metadata, said: Metadata) -> dict[str, tuple[str, ...]]:
    """Return those of ``changes`` that a file which says ``said`` does not say yet.

    Raises:
        LabelError: one has several texts, or a text that no XML can hold.
    """
    wanted = {name: texts for name, texts in changes.items() if said.get(name, ()) != texts}
    for name, texts in wanted.items():
        if len(texts) > 1:
            raise LabelError(f"The field {name!a:.80} takes one text, not several.")
        for text in texts:
            if not text.strip() or _UNWRITABLE.search(text):
                raise LabelError(f"The text for {name!a:.80} is blank, or has characters of none.")
            if len(text) > MAX_TEXT:
                raise CapacityError(f"The text for {name!a:.80} is too long to be written.")
    return wanted


def check_read_back(changes: Metadata, before: Metadata, after: Metadata) -> None:
    """Return if a file says ``changes`` ``after`` writing, and the rest as it did ``before``.

    Raises:
        ReadBackError: it does not.
    """
    for name, texts in changes.items():
        if after.get(name, ()) != texts:
            raise ReadBackError(f"The mark {name!a:.80} does not read back as it was written.")
    for name, texts in before.items():
        if name in changes or after.get(name) == texts or name.startswith(_DESCRIPTIONS):
            continue
        raise ReadBackError(f"Writing marks would have changed what {name!a:.80} says.")
