"""What a container says about itself, collected within limits whatever the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.hookspecs import Metadata

MAX_VALUE: Final = 4 << 20
"""Characters of one text; what is longer is cut. Workflows of picture generators reach 1 MiB."""
MAX_TOTAL: Final = 16 << 20
"""Characters of all texts and their names together."""
MAX_FIELDS: Final = 10_000
"""Texts in all, and packets that hold texts."""
MAX_NAME: Final = 1024
"""Characters of a name; a field with a longer one is left out."""


class Fields:
    """Texts by ``PLACE:NAME``, each name's in the order of adding; never more than the limits.

    Beyond the limits further texts are left out in silence: no mark needs that much.
    """

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._count = 0
        self._room = MAX_TOTAL

    @property
    def room(self) -> int:
        """How long the next text may be; zero when the limits are reached."""
        return min(MAX_VALUE, self._room) if self._count < MAX_FIELDS else 0

    def spend(self, count: int) -> None:
        """Take ``count`` characters off the room: they were inflated or parsed, for whatever."""
        self._count += 1
        self._room = max(0, self._room - count)

    def add(self, name: str, text: str) -> None:
        """Add one text without the NULs that end it; not one that is blank or told already.

        Those that are not added take room as well, or small files could keep us busy for hours.
        """
        text = text[: self.room].rstrip("\0")
        self.spend(len(text) + len(name))
        if not text or text.isspace() or len(name) > MAX_NAME:
            return
        texts = self._texts.setdefault(name, [])
        # Containers repeat themselves: sub-pictures, packets in two places.
        if not texts or text not in (texts[0], texts[-1]):
            texts.append(text)

    def add_all(self, name: str, texts: Iterable[str]) -> None:
        """Add several texts of one name."""
        for text in texts:
            self.add(name, text)

    def first(self, name: str) -> str:
        """Return the first text of a name, or nothing."""
        return self._texts[name][0] if name in self._texts else ""

    def freeze(self) -> Metadata:
        """Return what was collected."""
        return {name: tuple(texts) for name, texts in self._texts.items()}
