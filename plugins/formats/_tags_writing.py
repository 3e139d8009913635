"""The tags of films that have names of any length: ``keys`` and ``ilst`` in a ``meta`` box.

QuickTime file format, "Metadata". TC260-PG-20257A has them in ``moov/udta/meta``, where ffmpeg
writes them. Beside a ``meta`` box of iTunes, whose tags only have four letters, they get one of
their own: ffmpeg and ExifTool read both. (In ``moov/meta``, ExifTool 12.57 does not.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._bmff_metadata import field_name, is_text, tag_name, tag_names
from ._box_editing import made_box
from ._boxes import walk
from ._items import children_of_meta
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

    from ._box_editing import Rewrite
    from ._boxes import Box

    Texts = Mapping[str, tuple[str, ...]]

_KEYED: Final = b"mdta"
_UTF_8: Final = b"\0\0\0\1" + bytes(4)
"""The type of the text that follows, and no language in particular."""
_HANDLER: Final = made_box(b"hdlr", bytes(8), _KEYED, bytes(13))


class _Listing(NamedTuple):
    """The tags in a ``meta`` box, and the names of those that have a number for a name."""

    box: Box
    parents: tuple[Box, ...]
    keys: Box | None
    names: list[str]
    is_keyed: bool
    """Whether names of any length can be added."""


def change_tags(
    source: BinaryIO,
    changes: Texts,
    metas: Iterable[tuple[Box, ...]],
    rewrite: Rewrite,
) -> bytes:
    """Make the tags say ``changes``; return what user data need for it that they have not.

    ``metas`` are all ``meta`` boxes with tags, each behind the boxes that it lies in. A tag is
    changed where it is if its name is a key, and else removed.

    Raises:
        MalformedAssetError: the tags contradict themselves.
    """
    left = {f"mp4:{name}": texts for name, texts in changes.items()}
    listings = [found for boxes in metas if (found := _listing(source, boxes))]
    target = next((each for each in listings if each.is_keyed), None)
    names = left.keys() | set()
    for listing in listings:
        for tag in walk(source, listing.box.body, listing.box.end):
            name = tag_name(source, tag, listing.names)
            if name not in names:
                continue
            texts = left.pop(name, ()) if listing is target and tag.kind < b"\1" else ()
            made = _tag(tag.kind, texts) if texts else b""
            rewrite.replace(tag.start, tag.end, made, (*listing.parents, listing.box))
    missing = {name: texts for name, texts in left.items() if texts}
    if not missing:
        return b""
    if target is None:
        return _new_meta(missing)
    _extend(source, target, missing, rewrite)
    return b""


def remove_texts(
    source: BinaryIO, changes: Texts, parents: tuple[Box, ...], rewrite: Rewrite
) -> None:
    """Remove the texts called so from the user data box that ``parents`` end with."""
    box = parents[-1]
    for child in walk(source, box.body, box.end):
        if is_text(child.kind) and field_name(child.kind).removeprefix("mp4:") in changes:
            rewrite.replace(child.start, child.end, b"", parents)


def _listing(source: BinaryIO, boxes: tuple[Box, ...]) -> _Listing | None:
    children = children_of_meta(source, boxes[-1])
    if b"ilst" not in children:
        return None
    handler, keys = children.get(b"hdlr"), children.get(b"keys")
    kind = read_at(source, handler.body + 8, 4) if handler else b""
    names = tag_names(source, keys) if keys else []
    return _Listing(children[b"ilst"], boxes, keys, names, bool(keys) and kind == _KEYED)


def _extend(source: BinaryIO, target: _Listing, missing: Texts, rewrite: Rewrite) -> None:
    """Add tags to a listing, and keys for those that have none."""
    keys, names = target.keys, list(target.names)
    if keys is None or int.from_bytes(read_at(source, keys.body + 4, 4), "big") != len(names):
        raise MalformedAssetError("The film's list of tags contradicts itself.")
    added, tags = b"", b""
    for name, texts in missing.items():
        if name not in names:
            names.append(name)
            added += _key(name)
        tags += _tag((names.index(name) + 1).to_bytes(4, "big"), texts)
    rewrite.replace(keys.body + 4, keys.body + 8, len(names).to_bytes(4, "big"), ())
    rewrite.insert(keys.end, added, (*target.parents, keys))
    rewrite.insert(target.box.end, tags, (*target.parents, target.box))


def _new_meta(tags: Texts) -> bytes:
    keys = made_box(
        b"keys", bytes(4), len(tags).to_bytes(4, "big"), *(_key(name) for name in tags)
    )
    listing = made_box(
        b"ilst",
        *(_tag(number.to_bytes(4, "big"), texts) for number, texts in enumerate(tags.values(), 1)),
    )
    return made_box(b"meta", bytes(4), _HANDLER, keys, listing)


def _key(name: str) -> bytes:
    return made_box(_KEYED, name.removeprefix("mp4:").encode())


def _tag(kind: bytes, texts: Iterable[str]) -> bytes:
    return made_box(kind, *(made_box(b"data", _UTF_8, text.encode()) for text in texts))
