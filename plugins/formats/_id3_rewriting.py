"""Why an ID3v2 tag must not be rewritten, as embedding a credential does.

c2pa-rs decodes every frame, and writes the tag anew, in version 2.4. If its parser (the Rust crate
``id3`` 1.17) can't read all of a tag, the whole tag is gone, and of frames that it takes for one
and the same only the last stays. So a tag passes only if each frame has a form that is known to
come out saying the same: without flags, with exact sizes, and with texts that are in their
encoding without doubt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ._id3 import MAX_FRAMES, syncsafe, tag_length
from ._id3_content import Content, decoded, terminator
from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from typing import BinaryIO

MAX_TAG_BYTES: Final = 64 << 20
"""The tag is held in memory. Pictures in one take a few MiB."""
MAX_PEOPLE: Final = 1000
"""In one list of them."""

_HEADER: Final = 10
_VERSIONS: Final = (3, 4)  # not every frame of 2.2 has a name in 2.4
_NAME: Final = re.compile(rb"[A-Z][A-Z0-9]{3}")
_LISTS: Final = frozenset({"TCOM", "TEXT", "TOLY", "TOPE", "TPE1"})  # with / between, up to 2.3
_CREDENTIAL: Final = "c2pa manifest store"  # what the library describes its own object as
_CREDENTIAL_TYPES: Final = ("application/c2pa", "application/x-c2pa-manifest-store")
_COUNTER_BYTES: Final = 8
_KINDS_OF_PICTURE: Final = 21


def rewriting_objection(source: BinaryIO) -> str | None:
    """Return a sentence if the first ID3v2 tag of the file would lose something, or None.

    Tags behind the first stay as they are. Never raises, whatever the bytes.
    """
    header = read_at(source, 0, _HEADER)
    if header[:3] != b"ID3":
        return None
    length = tag_length(header)
    if not length or header[3] not in _VERSIONS or header[4] or header[5]:
        return "Embedding would rewrite the ID3 tag, and could lose what this form of it holds."
    if length > min(size_of(source), MAX_TAG_BYTES):
        return "Embedding would rewrite the ID3 tag, which is too long for that or cut short."
    return _objection(read_at(source, _HEADER, length - _HEADER), header[3])


def _objection(body: bytes, version: int) -> str | None:
    """Return a sentence about the first frame that would not come out as it is, or None."""
    last = "its header"
    seen: set[Hashable] = {("GEOB", _CREDENTIAL)}
    try:
        for name, content in _frames(body, version):
            last = name
            identity = _identity(name, version, content)
            if identity is not None and (name, identity) in seen:
                return f"Embedding would rewrite the ID3 tag, and keep one {name} of several."
            seen.add((name, identity))
    except ValueError:
        return f"Embedding would rewrite the ID3 tag, and could lose what is at or behind {last}."
    return None


def _frames(data: bytes, version: int) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of frames that fill ``data`` up to padding.

    Raises:
        ValueError: something is no frame, or has a flag; or there are too many.
    """
    at = 0
    for _ in range(MAX_FRAMES):
        if at == len(data) or (data[at] == 0 and not data[at:].strip(b"\0")):
            return
        start = at + _HEADER
        field = data[at + 4 : at + 8]
        size = syncsafe(field) if version == 4 else int.from_bytes(field, "big")
        has_flags = data[at + 8 : start] != b"\0\0"
        if not _NAME.fullmatch(data, at, at + 4) or has_flags or not 0 < size <= len(data) - start:
            break
        yield data[at : at + 4].decode("ascii"), data[start : start + size]
        at = start + size
    raise ValueError


def _identity(name: str, version: int, content: bytes) -> Hashable:
    """Return what tells frames of one name apart, or None where all are kept.

    Raises:
        ValueError: the frame would not come out as it is.
    """
    if parse := _PARSERS.get(name):
        return parse(Content(content), version)
    if name[0] == "T" or name == "GRP1":
        return _text(Content(content), name, version)
    if name[0] == "W":
        link = content.decode("ascii")
        return link if name in ("WCOM", "WOAR") else ""
    return None


# ---------------------------------------------------------------------------- kinds of frames


def _text(content: Content, name: str, version: int) -> Hashable:
    encoding = content.encoding()
    text = decoded(content.rest(), encoding).rstrip("\0")
    if not text or (version < 4 and ("\0" in text or ("/" in text and name in _LISTS))):
        raise ValueError
    return ""


def _named_text(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    description = decoded(content.string(encoding), encoding)
    decoded(content.rest(), encoding)
    return description


def _named_link(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    description = decoded(content.string(encoding), encoding)
    content.rest().decode("ascii")
    return description


def _comment(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    language = content.take(3).decode("ascii")
    description = decoded(content.string(encoding), encoding)
    if not decoded(content.rest(), encoding):
        raise ValueError  # as some readers leave it out
    return language, description


def _picture(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    content.string().decode("ascii")
    kind = content.take(1)[0]
    decoded(content.string(encoding), encoding)
    return min(kind, _KINDS_OF_PICTURE)


def _object(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    is_credential = content.string().decode("ascii") in _CREDENTIAL_TYPES
    decoded(content.string(encoding), encoding)
    description = decoded(content.string(encoding), encoding)
    return None if is_credential else description


def _owned(content: Content, _version: int) -> Hashable:
    return content.string().decode("ascii")


def _private(content: Content, _version: int) -> Hashable:
    return content.string().decode("ascii"), content.rest()


def _rating(content: Content, _version: int) -> Hashable:
    user = content.string()
    content.take(1)
    if len(content.rest()) > _COUNTER_BYTES:
        raise ValueError
    return user


def _people(content: Content, _version: int) -> Hashable:
    encoding = content.encoding()
    items = Content(content.rest() + terminator(encoding))
    for _ in range(MAX_PEOPLE):
        decoded(items.string(encoding), encoding)
        if not items.has_more:
            return ""
    raise ValueError


def _chapter(content: Content, version: int) -> Hashable:
    element = content.string()
    content.take(16)
    _check_inner(content.rest(), version)
    return element


def _contents(content: Content, version: int) -> Hashable:
    element = content.string()
    flags, count = content.take(2)
    if flags & ~3:
        raise ValueError
    for _ in range(count):
        content.string()
    _check_inner(content.rest(), version)
    return element


def _check_inner(data: bytes, version: int) -> None:
    """Return if the frames within a frame come out as they are; none of them has frames again."""
    for name, content in _frames(data, version):
        if name in _WITH_FRAMES:
            raise ValueError
        _identity(name, version, content)


def _lost(_content: Content, _version: int) -> Hashable:
    raise ValueError


_WITH_FRAMES: Final = frozenset({"CHAP", "CTOC"})
_PARSERS: Final[dict[str, Callable[[Content, int], Hashable]]] = {
    "TXXX": _named_text,
    "WXXX": _named_link,
    "COMM": _comment,
    "USLT": _comment,
    "APIC": _picture,
    "GEOB": _object,
    "PRIV": _private,
    "UFID": _owned,
    "POPM": _rating,
    "IPLS": _people,
    "TIPL": _people,
    "TMCL": _people,
    "CHAP": _chapter,
    "CTOC": _contents,
    "SYLT": _lost,  # written with a byte more
    "MLLT": _lost,
}
