"""The pages of Ogg files (RFC 3533, 6): walked, taken apart and put together."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import MalformedAssetError

from ._reading import read_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

MAX_PAGES: Final = 4_000_000
"""16 GB, as a page has 4 KiB as a rule."""
MAX_SEGMENTS: Final = 255

CONTINUED, FIRST, LAST = 1, 2, 4
NO_GRANULE: Final = b"\xff" * 8
"""Where no packet ends on a page."""

_MARK: Final = b"OggS\0"
_HEADER: Final = 27
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """One page: where it is, and what its header says."""

    start: int
    flags: int
    granule: bytes
    serial: int
    number: int
    checksum: int
    lacing: bytes
    """How long each segment of the body is; one of 255 goes on in the next."""

    @property
    def body(self) -> int:
        """Where the body begins."""
        return self.start + _HEADER + len(self.lacing)

    @property
    def end(self) -> int:
        """Where the page ends."""
        return self.body + sum(self.lacing)

    @property
    def ends_a_packet(self) -> bool:
        """Whether the last packet on the page ends there."""
        return self.lacing[-1:] != b"\xff"


def read_page(source: BinaryIO, at: int) -> Page | None:
    """Return the page at ``at``, or None if there is none; its body may be cut short."""
    header = read_at(source, at, _HEADER + MAX_SEGMENTS)
    if header[:5] != _MARK or len(header) < _HEADER:
        return None
    lacing = header[_HEADER : _HEADER + header[26]]
    if len(lacing) < header[26]:
        return None
    return Page(
        start=at,
        flags=header[5],
        granule=header[6:14],
        serial=int.from_bytes(header[14:18], "little"),
        number=int.from_bytes(header[18:22], "little"),
        checksum=int.from_bytes(header[22:26], "little"),
        lacing=lacing,
    )


def walk_pages(source: BinaryIO, at: int = 0) -> Iterator[Page]:
    """Yield the pages from ``at`` on, one behind the other, until there is none.

    Raises:
        MalformedAssetError: there are more than ``MAX_PAGES``.
    """
    for _ in range(MAX_PAGES):
        page = read_page(source, at)
        if page is None:
            return
        yield page
        at = page.end
    raise MalformedAssetError(f"The Ogg file has more than {MAX_PAGES} pages.")


def segments(page: Page, body: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield what the page has of each packet, and whether the packet ends with it."""
    at = start = 0
    for length in page.lacing:
        at += length
        if length < 0xFF:
            yield body[start:at], True
            start = at
    if not page.ends_a_packet:
        yield body[start:at], False


def made_page(
    flags: int, granule: bytes, serial: int, number: int, parts: Iterable[bytes], *, goes_on: bool
) -> bytes:
    """Return a page with these parts of packets; with ``goes_on``, the last does not end there."""
    lacing = bytearray()
    body = b""
    for part in parts:
        whole, rest = divmod(len(part), 0xFF)
        lacing += b"\xff" * whole + bytes([rest])
        body += part
    if goes_on:
        del lacing[-1:]
    head = _MARK + bytes([flags]) + granule
    head += serial.to_bytes(4, "little") + (number & 0xFFFFFFFF).to_bytes(4, "little")
    tail = bytes([len(lacing)]) + bytes(lacing) + body
    checksum = checksum_of(head + bytes(4) + tail)
    return head + checksum.to_bytes(4, "little") + tail


def checksum_of(data: bytes) -> int:
    """Return the checksum of a page, in which its own is zero (RFC 3533, 6: polynomial 04c11db7).

    It is that of zlib, with the bits of every byte and of the outcome in reverse.
    """
    value = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{value:032b}"[::-1], 2)


def renumbered(page: Page, number: int) -> bytes:
    """Return the page's header with another number, and the checksum that follows from it.

    A checksum is linear: it changes by that of the difference, whatever else is on the page. So
    one that was right stays right, and one that was wrong stays wrong.
    """
    number &= 0xFFFFFFFF
    length = page.end - page.start
    difference = bytes(18) + (page.number ^ number).to_bytes(4, "little") + bytes(length - 22)
    checksum = page.checksum ^ checksum_of(difference)
    return (
        _MARK
        + bytes([page.flags])
        + page.granule
        + page.serial.to_bytes(4, "little")
        + number.to_bytes(4, "little")
        + checksum.to_bytes(4, "little")
    )
