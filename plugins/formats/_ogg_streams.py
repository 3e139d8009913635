"""The streams in an Ogg file: what each carries, and the packet in which its comments are.

Every stream has a page of its own at the beginning, from which its codec is told; its second
packet has the comments (Vorbis I, 5; RFC 7845, 5.2; RFC 9639, 10.1; Theora, 6.3; Speex). Where
one file goes on in another behind it (chained), only the first is looked at.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._ogg_pages import CONTINUED, FIRST, Page, segments, walk_pages
from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_STREAMS: Final = 16
MAX_HEADER_PAGES: Final = 4096
MAX_HEADER_BYTES: Final = 32 << 20
"""Of pages that are read for comments; pictures in them take a few MiB."""

_MARK_BYTES: Final = 16
_SKELETON: Final = b"fishead\0"
_WITHOUT_INDEX: Final = b"\3\0\0\0"  # the version: major and minor


class Codec(NamedTuple):
    """How a codec's streams are told, and where their comments are.

    Attributes:
        mark: how the first packet begins.
        family: ``audio``, ``video`` or nothing.
        prefix: how the packet with the comments begins, or None where it is not known to have any.
        has_block_header: FLAC's comments are a block with a header.
        has_padding: Opus has padding behind the comments.
    """

    mark: bytes
    family: str = ""
    prefix: bytes | None = None
    has_block_header: bool = False
    has_padding: bool = False


CODECS: Final = (
    Codec(b"\1vorbis", "audio", b"\3vorbis"),
    Codec(b"OpusHead", "audio", b"OpusTags", has_padding=True),
    Codec(b"\x7fFLAC", "audio", b"\4", has_block_header=True),
    Codec(b"Speex   ", "audio", b""),
    Codec(b"CELT    ", "audio"),
    Codec(b"PCM     ", "audio"),
    Codec(b"\x80theora", "video", b"\x81theora"),
    Codec(b"OVP80", "video", b"OVP80\2 "),
    Codec(b"\x80daala", "video", b"\x81daala"),
    Codec(b"BBCD\0", "video"),
    Codec(b"\1video", "video"),
)
_UNKNOWN: Final = Codec(b"")


class Header(NamedTuple):
    """The packets of one stream from its second one to where a page ends with one of them."""

    serial: int
    codec: Codec
    pages: tuple[Page, ...]
    packets: tuple[bytes, ...]
    begins_page: tuple[bool, ...]
    """Whether the packet is the first on its page."""


def codecs(source: BinaryIO) -> dict[int, Codec]:
    """Return what each stream of the (first) file carries, by its number. Never raises."""
    found: dict[int, Codec] = {}
    for page in islice(walk_pages(source), MAX_STREAMS):
        if not page.flags & FIRST:
            break
        mark = read_at(source, page.body, _MARK_BYTES)
        found[page.serial] = next((c for c in CODECS if mark.startswith(c.mark)), _UNKNOWN)
    return found


def has_byte_index(source: BinaryIO) -> bool:
    """Return whether a Skeleton stream may say at which bytes of the file something is.

    Its version 4 does, and so do the drafts between (3.1 to 3.3); version 3.0 does not.
    """
    for page in islice(walk_pages(source), MAX_STREAMS):
        if not page.flags & FIRST:
            break
        mark = read_at(source, page.body, _MARK_BYTES)
        if mark.startswith(_SKELETON) and mark[len(_SKELETON) :][:4] != _WITHOUT_INDEX:
            return True
    return False


def media_type_of(found: dict[int, Codec]) -> str:
    """Return the media type for what the streams carry (RFC 5334, 4)."""
    families = {codec.family for codec in found.values()}
    return next(
        (f"{kind}/ogg" for kind in ("video", "audio") if kind in families), "application/ogg"
    )


def headers(source: BinaryIO) -> Iterator[Header]:
    """Yield the headers of the streams that have comments, as soon as each is complete.

    Raises:
        MalformedAssetError: the file or a header is cut short, or other data is among the headers.
        LimitExceededError: the headers are too long.
    """
    drafts = {
        serial: _Draft(serial, codec)
        for serial, codec in codecs(source).items()
        if codec.prefix is not None
    }
    left = MAX_HEADER_BYTES
    for number, page in enumerate(walk_pages(source)):
        if not drafts:
            return
        if page.flags & FIRST or page.serial not in drafts:
            if number > MAX_HEADER_PAGES:
                break
            continue
        left -= page.end - page.start
        if left < 0 or number > MAX_HEADER_PAGES:
            break
        draft = drafts[page.serial]
        draft.add(page, read_at(source, page.body, page.end - page.body))
        if draft.is_complete:
            yield draft.header()
            del drafts[page.serial]
    else:
        if drafts:
            raise MalformedAssetError("The Ogg file is cut short: it ends within its headers.")
        return
    raise LimitExceededError("The Ogg file's headers are too long.")


class _Draft:
    """A header in the making, page by page."""

    def __init__(self, serial: int, codec: Codec) -> None:
        self._serial, self._codec = serial, codec
        self._pages: list[Page] = []
        self._packets: list[bytes] = []
        self._begins: list[bool] = []
        self._parts: list[bytes] = []

    @property
    def is_complete(self) -> bool:
        return bool(self._packets) and not self._parts

    def add(self, page: Page, body: bytes) -> None:
        if len(body) < page.end - page.body:
            raise MalformedAssetError("The Ogg file is cut short: it ends within its headers.")
        if bool(page.flags & CONTINUED) != bool(self._parts):
            raise MalformedAssetError("The Ogg file is damaged: a page of its headers is missing.")
        self._pages.append(page)
        for index, (part, is_end) in enumerate(segments(page, body)):
            if not self._parts:
                self._begins.append(index == 0)
            self._parts.append(part)
            if is_end:
                self._packets.append(b"".join(self._parts))
                self._parts.clear()

    def header(self) -> Header:
        return Header(
            self._serial,
            self._codec,
            tuple(self._pages),
            tuple(self._packets),
            tuple(self._begins),
        )


def comments_in(header: Header) -> bytes | None:
    """Return the comments in a header, or None if they are not where they should be."""
    packet = header.packets[0]
    codec = header.codec
    if codec.has_block_header:
        return packet[4:] if packet[:1] and packet[0] & 0x7F == 4 else None
    prefix = codec.prefix or b""
    return packet.removeprefix(prefix) if packet.startswith(prefix) else None


def with_comments(header: Header, comments: bytes) -> bytes:
    """Return the packet with other comments in it.

    Raises:
        LimitExceededError: they are longer than the packet can say.
    """
    packet = header.packets[0]
    if not header.codec.has_block_header:
        return (header.codec.prefix or b"") + comments
    if len(comments) >= 1 << 24:
        raise LimitExceededError("The comments would be longer than FLAC allows: 16 MiB.")
    return packet[:1] + len(comments).to_bytes(3, "big") + comments
