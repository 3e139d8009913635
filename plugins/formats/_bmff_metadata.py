"""What films and HEIF pictures say about themselves, wherever in the file their index is.

Films: user data (QuickTime file format; 3GPP TS 26.244), ``meta`` boxes with tags, keyed or with
names of four letters, and XMP in a box of its own. Pictures: XMP and Exif items.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from credlabel.errors import MalformedAssetError

from ._boxes import Box, walk
from ._exif import decoded, read_exif, read_item
from ._fields import MAX_NAME, Fields
from ._items import children_of_meta, entries, extents
from ._reading import read_at, size_of
from ._xmp import read_packet, read_packet_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from credlabel.hookspecs import Metadata

MAX_KEYS_BYTES: Final = 1 << 20
MAX_LISTING_BYTES: Final = 16 << 20
"""Of the directory of a picture's items."""

_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CANON: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_RDF: Final = b"application/rdf+xml"
_3GPP: Final = (b"titl", b"dscp", b"cprt", b"perf", b"auth", b"albm")
_BARE: Final = (b"AIGC", b"name")
# Types of data in a tag (QuickTime file format, "Well-known types"): UTF-8, UTF-16, for sorting.
_UTF_8, _UTF_16 = (1, 4), (2, 5)
_LAST_TEXTUAL: Final = 12  # pictures and numbers have higher ones


def read_boxes(source: BinaryIO) -> Metadata:
    """Return what the boxes say, as far as they are sound."""
    fields = Fields()
    with contextlib.suppress(MalformedAssetError):
        for box in walk(source, 0, size_of(source)):
            if box.kind == b"moov":
                with contextlib.suppress(MalformedAssetError):
                    for child in walk(source, box.body, box.end):
                        _read_box(source, child, fields)
            else:
                _read_box(source, box, fields)
            if not fields.room:
                break
    return fields.freeze()


def _read_box(source: BinaryIO, box: Box, fields: Fields) -> None:
    """Add what a box of the film or of the file says, as far as it is sound."""
    reader = _READERS.get(box.kind)
    if reader and fields.room:
        with contextlib.suppress(MalformedAssetError):
            reader(source, box, fields)


def _read_user_box(source: BinaryIO, box: Box, fields: Fields) -> None:
    """Add what a ``uuid`` box says: XMP, or what Canon has in place of Exif."""
    user_type = read_at(source, box.body, 16)
    if user_type == _XMP:
        read_packet_at(source, box.body + 16, box.end - box.body - 16, fields)
    elif user_type == _CANON:
        for child in walk(source, box.body + 16, box.end):
            if child.kind in (b"CMT1", b"CMT2"):
                read_exif(_content(source, child, fields), fields)


def _content(source: BinaryIO, box: Box, fields: Fields) -> bytes:
    return read_at(source, box.body, min(box.end - box.body, fields.room))


# ---------------------------------------------------------------------------- films


def _read_user_data(source: BinaryIO, box: Box, fields: Fields) -> None:
    """Add what user data say: texts in several notations, XMP, or tags in a ``meta`` box."""
    for child in walk(source, box.body, box.end):
        kind = child.kind
        if kind == b"meta":
            _read_meta(source, child, fields)
        elif kind == b"XMP_":
            read_packet_at(source, child.body, child.end - child.body, fields)
        elif kind in _BARE:
            fields.add(field_name(kind), decoded(_content(source, child, fields)))
        elif kind in _3GPP:  # version, flags, language
            fields.add(field_name(kind), _plain(_content(source, child, fields)[6:]))
        elif kind[:1] == b"\xa9":
            _read_quicktime_text(_content(source, child, fields), field_name(kind), fields)
        if not fields.room:
            return


def _read_quicktime_text(data: bytes, name: str, fields: Fields) -> None:
    """Add a text in several languages: each after its length and a code."""
    if data[4:8] == b"data":  # a tag outside the list of tags, as some write it
        fields.add(name, _plain(data[16:]))
        return
    at = 0
    while at + 4 < len(data) and fields.room:
        end = at + 4 + int.from_bytes(data[at : at + 2], "big")
        fields.add(name, _plain(data[at + 4 : end]))
        at = end


def _plain(text: bytes) -> str:
    """Return UTF-16 with a byte order mark, UTF-8, or else what an old Macintosh wrote."""
    if text[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return text.decode("utf-16", "replace").partition("\0")[0]
    try:
        return text.decode().partition("\0")[0]
    except UnicodeDecodeError:
        return text.decode("mac_roman", "replace").partition("\0")[0]


def _read_meta(source: BinaryIO, box: Box, fields: Fields) -> None:
    boxes = children_of_meta(source, box)
    if b"iinf" in boxes and b"iloc" in boxes:
        _read_items(source, boxes, fields)
    if b"ilst" in boxes:
        _read_tags(source, boxes.get(b"keys"), boxes[b"ilst"], fields)


def _read_tags(source: BinaryIO, keys: Box | None, tags: Box, fields: Fields) -> None:
    names = tag_names(source, keys) if keys else []
    for tag in walk(source, tags.body, tags.end):
        name = tag_name(source, tag, names)
        for part in walk(source, tag.body, tag.end):
            if part.kind == b"data":
                fields.add(name, _text_of(_content(source, part, fields)))
        if not fields.room:
            return


def tag_name(source: BinaryIO, tag: Box, names: Sequence[str]) -> str:
    """Return a tag's name: by its number among ``names``, its four letters, or a long one."""
    number = int.from_bytes(tag.kind, "big")
    if 0 < number <= len(names):
        return names[number - 1]
    name = field_name(tag.kind)
    if tag.kind == b"----":
        for part in walk(source, tag.body, tag.end):
            if part.kind in (b"mean", b"name"):
                length = min(part.end - part.body, MAX_NAME)
                word = decoded(read_at(source, part.body, length)[4:])  # behind version, flags
                name = f"{name}:{word}"[: MAX_NAME + 1]
    return name


def tag_names(source: BinaryIO, box: Box) -> list[str]:
    """Return the names in a ``keys`` box: each after its length and its namespace."""
    data = read_at(source, box.body, min(box.end - box.body, MAX_KEYS_BYTES))
    names, at = list[str](), 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:
            break
        names.append("mp4:" + decoded(data[at + 8 : at + length]))
        at += length
    return names


def _text_of(data: bytes) -> str:
    """Return the text in a ``data`` box, none if it is a number or a picture."""
    kind, text = int.from_bytes(data[:4], "big"), data[8:]
    if kind in _UTF_8:
        return decoded(text)
    if kind in _UTF_16:
        return text.decode("utf-16-be", "replace").lstrip("\ufeff")
    if kind > _LAST_TEXTUAL:
        return ""
    try:
        found = text.decode()
    except UnicodeDecodeError:
        return ""
    return "" if any(letter < " " and letter not in "\t\r\n" for letter in found) else found


def field_name(kind: bytes) -> str:
    """Return the name of a field that the container knows by four letters."""
    return "mp4:" + kind.decode("latin-1")


def is_text(kind: bytes) -> bool:
    """Return whether user data of this kind are a text, which is read."""
    return kind[:1] == b"\xa9" or kind in _BARE or kind in _3GPP


# ---------------------------------------------------------------------------- pictures


def _read_items(source: BinaryIO, boxes: dict[bytes, Box], fields: Fields) -> None:
    """Add what XMP and Exif items say, which may be in pieces and in the ``idat`` box."""
    directory = boxes[b"iinf"]
    length = min(directory.end - directory.body, MAX_LISTING_BYTES)
    listing = read_at(source, directory.body, length)
    if b"Exif" not in listing and _RDF not in listing:
        return
    wanted = {
        item.number: item.kind
        for item in entries(source, directory)
        if (item.kind == b"Exif" or item.media_type == _RDF)
        and not item.encoding
        and not item.is_protected
    }
    inner = boxes.get(b"idat")
    contents: dict[int, list[bytes]] = {}
    for item, method, offset, size in extents(source, boxes[b"iloc"]):
        if item in wanted and method < 2 and fields.room:
            start = offset + (inner.body if method and inner else 0)
            piece = read_at(source, start, min(size, fields.room))
            fields.spend(len(piece))
            contents.setdefault(item, []).append(piece)
    for item, pieces in contents.items():
        (read_item if wanted[item] == b"Exif" else read_packet)(b"".join(pieces), fields)


_READERS: Final[dict[bytes, Callable[[BinaryIO, Box, Fields], None]]] = {
    b"uuid": _read_user_box,
    b"meta": _read_meta,
    b"udta": _read_user_data,
}
