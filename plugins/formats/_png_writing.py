"""Write texts and XMP into a PNG (W3C, third edition, 11.3.3); all other chunks stay.

A text that is there already is replaced where it stands, in the kind of chunk it has where that
can hold it; a new one goes behind the header, since some programs read no further than the
picture. XMP is the text called ``XML:com.adobe.xmp`` (XMP specification, part 3, 1.1.5).
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LabelError, LimitExceededError, MalformedAssetError

from ._changes import within
from ._exif import decoded
from ._fields import MAX_VALUE
from ._png_metadata import MAX_KEYWORD, RAW_PROFILE, XMP_KEYWORD
from ._reading import read_at
from ._splicing import Edit, splice
from ._xmp_packets import Room
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import BinaryIO

MAX_CHUNKS: Final = 500_000
"""Encoders that write 8 KiB a chunk reach 4 GB with it."""

_HEADER_END: Final = 33
_XMP: Final = XMP_KEYWORD.decode()
# What stands before the text, by kind: the keyword; a method; or what iTXt has.
_HEADS: Final = {
    b"tEXt": re.compile(rb"[^\0]*\0"),
    b"zTXt": re.compile(rb"[^\0]*\0.", re.DOTALL),
    b"iTXt": re.compile(rb"[^\0]*\0..[^\0]*\0[^\0]*\0", re.DOTALL),
}
# Letters of Latin-1 that can be seen, and single blanks between them.
_KEYWORD: Final = re.compile(r"[\x21-\x7e\xa1-\xff]+(?: [\x21-\x7e\xa1-\xff]+)*")


class _Text(NamedTuple):
    """A chunk of text: tEXt, zTXt or iTXt."""

    kind: bytes
    start: int
    end: int
    name: str
    head: bytes
    """What stands before the text: keyword, method, language…"""
    value: bytes

    @property
    def is_compressed(self) -> bool:
        return self.kind == b"zTXt" or (
            self.kind == b"iTXt" and self.head.partition(b"\0")[2][:1] == b"\1"
        )

    def saying(self, value: bytes) -> bytes:
        """Return such a chunk with another text."""
        return _chunk(
            self.kind, self.head + (zlib.compress(value) if self.is_compressed else value)
        )


def write_texts(source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]) -> None:
    """Copy a PNG so that the names of ``changes``, ``png:…`` and ``xmp:…``, have these texts.

    Raises:
        MalformedAssetError, LimitExceededError: the chunks or the XMP are damaged, or too much.
        LabelError: a name or a text can't be one.
    """
    properties = within("xmp", changes)
    texts = within("png", changes)
    for name in texts:
        _check_keyword(name)
    edits = []
    has_packet = False
    room = Room()
    for old in _texts(source, {*texts, *((_XMP,) if properties else ())}, room):
        if old.name == _XMP:
            packet = old.value
            if old.is_compressed:
                packet = _inflated(packet)
                room.take(len(packet))
            new = updated_packet(packet, properties)
            if new != packet:
                edits.append(Edit(old.start, old.end, old.saying(new)))
            properties = dict.fromkeys(properties, ())  # one says it, and no other
            has_packet = True
        else:
            made = b"".join(_replacement(old, text) for text in texts[old.name])
            edits.append(Edit(old.start, old.end, made))
            texts[old.name] = ()
    made = b"".join(_new(name, text) for name, given in texts.items() for text in given)
    if not has_packet and (packet := updated_packet(None, properties)):
        made += _chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + packet)
    splice(source, sink, [Edit(_HEADER_END, _HEADER_END, made), *edits])


def _check_keyword(name: str) -> None:
    """Return if a text may be called that, and is no more than a text then.

    Raises:
        LabelError: it may not.
    """
    if (
        not _KEYWORD.fullmatch(name)
        or len(name) > MAX_KEYWORD
        or name == _XMP
        or name.startswith(RAW_PROFILE.decode())
    ):
        raise LabelError(f"PNG can't hold a text called {name!a:.80}.")


def _new(name: str, text: str) -> bytes:
    """Return a chunk. Latin-1 beyond ASCII is left to iTXt: many take it for UTF-8 in tEXt."""
    keyword = name.encode("latin-1") + b"\0"
    if text.isascii():
        return _chunk(b"tEXt", keyword + text.encode())
    return _chunk(b"iTXt", keyword + b"\0\0\0\0" + text.encode())


def _replacement(old: _Text, text: str) -> bytes:
    if old.kind == b"iTXt" or text.isascii():
        return old.saying(text.encode())
    return _new(old.name, text)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _texts(source: BinaryIO, names: Collection[str], room: Room) -> Iterator[_Text]:
    """Yield the texts with these names, in front of the picture and behind it, if there is room.

    Raises:
        MalformedAssetError: the chain of chunks breaks off. LimitExceededError: it is too long.
    """
    if read_at(source, 8, 8) != b"\0\0\0\rIHDR":
        raise MalformedAssetError("The PNG is damaged: it does not begin with a sound header.")
    at = 8
    for _ in range(MAX_CHUNKS):
        header = read_at(source, at, 8)
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if len(header) < 8:
            raise MalformedAssetError("The PNG is cut short: its end chunk is missing.")
        if kind == b"IEND":
            return
        end = at + 12 + length
        if kind in _HEADS:
            keyword = source.read(min(length, MAX_KEYWORD + 1)).partition(b"\0")[0]
            name = decoded(keyword)
            if name in names:
                room.take(length)
                body = read_at(source, at + 8, length)
                head = _HEADS[kind].match(body)
                if not head or len(body) < length:
                    raise MalformedAssetError(f"The PNG is damaged: its text {name} breaks off.")
                yield _Text(kind, at, end, name, head[0], body[head.end() :])
        at = end
    raise LimitExceededError(f"The PNG has more than {MAX_CHUNKS} chunks.")


def _inflated(data: bytes) -> bytes:
    """Return a compressed packet.

    Raises:
        MalformedAssetError: it is damaged. LimitExceededError: it is too long.
    """
    inflator = zlib.decompressobj()
    try:
        text = inflator.decompress(data, MAX_VALUE)
    except zlib.error as error:
        raise MalformedAssetError("The PNG's compressed XMP is damaged.") from error
    if inflator.unconsumed_tail:
        raise LimitExceededError("The PNG's XMP is too long to be changed.")
    if not inflator.eof:
        raise MalformedAssetError("The PNG's compressed XMP breaks off.")
    return text
