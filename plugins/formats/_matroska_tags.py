"""Tags of Matroska files changed where they are: an element keeps its length, or is emptied.

What a change takes away is made void. A new text takes the place of the old one if it is no
longer; otherwise it has to go into new tags.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, LabelError

from ._ebml import CHECKSUM, VOID, children, element, fitted, set_checksum, void
from ._matroska_metadata import SIMPLE_TAG, TAG, TAG_NAME, TAG_STRING, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._ebml import Element

_TARGETS, _TAG_BINARY = 0x63C0, 0x4485
_TAGS: Final = 0x1254C367
_NOT_KEPT: Final = frozenset((CHECKSUM, VOID, TAG_NAME, TAG_STRING, _TAG_BINARY))


class Texts:
    """The texts that are to be written, by tag; each tag is written once and removed elsewhere.

    Raises:
        LabelError: a tag can't be called so.
    """

    def __init__(self, changes: dict[str, tuple[str, ...]]) -> None:
        for name in changes:
            if not name or name != name.upper() or "/" in name:
                raise LabelError(
                    f"{name!a:.80} is no name of a Matroska tag that can be written: "
                    "those are in upper case."
                )
        self.names = frozenset(changes)
        self._waiting = {name: texts for name, texts in changes.items() if texts}

    def replacement(self, name: str, length: int, kept: bytes) -> bytes:
        """Return the tag to stand in ``length`` bytes: void if its texts go, or don't fit."""
        texts = self._waiting.get(name, ())
        made = fitted(_simple_tags(name, texts, kept), length) if texts else None
        if made is None:
            return void(length)
        del self._waiting[name]
        return made

    def new_tags(self) -> bytes:
        """Return an element with the tags that were not written yet; nothing if there are none.

        They are about the whole file, as their targets are none.
        """
        inner = b"".join(_simple_tags(name, texts) for name, texts in self._waiting.items())
        return element(_TAGS, element(TAG, element(_TARGETS, b"") + inner)) if inner else b""


class Changed(NamedTuple):
    """An element of tags after the change, of the same length."""

    data: bytes
    is_empty: bool
    """Whether it is void altogether."""


def changed_tags(data: bytes, texts: Texts, left: Iterator[int]) -> Changed:
    """Return the element ``data`` with the changes that fit in it.

    Raises:
        MalformedAssetError, LimitExceededError: it is damaged, or has too many parts.
        CapacityError: a tag has others in it, which would go with it.
    """
    made = bytearray(data)
    outer = next(children(data, 0, len(data), left))
    is_empty = True
    for tag in children(data, outer.body, outer.end, left):
        if tag.kind == TAG:
            if _change_tag(data, made, tag, texts, left):
                is_empty = False
            else:
                made[tag.start : tag.end] = void(tag.end - tag.start)
        elif tag.kind not in {CHECKSUM, VOID}:
            is_empty = False
    if made == data:
        return Changed(data, is_empty=False)
    if is_empty:
        return Changed(void(len(data)), is_empty=True)
    set_checksum(made, outer.body, outer.end)
    return Changed(bytes(made), is_empty=False)


def _change_tag(
    data: bytes, made: bytearray, tag: Element, texts: Texts, left: Iterator[int]
) -> bool:
    """Change what is in one tag, and return whether any of its texts is left."""
    is_left = is_changed = False
    inside = list(children(data, tag.body, tag.end, left))
    for at, simple in enumerate(inside):
        if simple.kind != SIMPLE_TAG:
            continue
        fields = list(children(data, simple.body, simple.end, left))
        name = next((text_of(data, f) for f in fields if f.kind == TAG_NAME), "").upper()
        if name not in texts.names:
            is_left = True
            continue
        if any(field.kind == SIMPLE_TAG for field in fields):
            raise CapacityError(f"The tag {name!a:.80} has others in it, so it stays as it is.")
        kept = b"".join(data[f.start : f.end] for f in fields if f.kind not in _NOT_KEPT)
        end = _end_of_voids(inside, at)
        new = texts.replacement(name, end - simple.start, kept)
        made[simple.start : end] = new
        is_changed = True
        is_left = is_left or new[0] != VOID
    if is_changed:
        set_checksum(made, tag.body, tag.end)
    return is_left or not is_changed


def _end_of_voids(inside: list[Element], at: int) -> int:
    """Return where the voids right behind an element end: it may grow into them."""
    end = inside[at].end
    for other in islice(inside, at + 1, None):
        if other.kind != VOID:
            break
        end = other.end
    return end


def _simple_tags(name: str, texts: tuple[str, ...], kept: bytes = b"") -> bytes:
    """Return one tag for each text; ``kept`` is what else was in the one that was there."""
    return b"".join(
        element(
            SIMPLE_TAG,
            element(TAG_NAME, name.encode()) + kept + element(TAG_STRING, text.encode()),
        )
        for text in texts
    )
