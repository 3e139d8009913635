"""Ogg files with changed comments: the pages with the comments are made anew, all others stay.

If that takes more pages than before, or fewer, the pages behind are numbered anew, and so get
other checksums; what is on them stays, and so do their positions in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, MalformedAssetError, UnsupportedMediaTypeError

from ._ogg_pages import (
    CONTINUED,
    FIRST,
    LAST,
    MAX_SEGMENTS,
    NO_GRANULE,
    made_page,
    renumbered,
    walk_pages,
)
from ._ogg_streams import codecs, comments_in, has_byte_index, headers, with_comments
from ._reading import size_of
from ._splicing import Edit, splice_in_order
from ._vorbis_writing import Comments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ._ogg_pages import Page
    from ._ogg_streams import Header

_START: Final = bytes(8)
"""The position in time of all header pages."""
_NUMBERED: Final = 26
"""Bytes of a page's header up to its checksum."""


def write_comments(
    source: BinaryIO, sink: BinaryIO, changes: Mapping[str, tuple[str, ...]]
) -> None:
    """Write ``source`` with the comments of its first stream of sound changed, else of pictures.

    What a change replaces is taken out of the comments of every other stream.

    Raises:
        MalformedAssetError, LimitExceededError: the headers are damaged or too long, or sound
            begins among them; or a page is missing behind them.
        UnsupportedMediaTypeError: an index says at which bytes something is.
        CapacityError: no stream has comments.
        LabelError: a name is none that a comment can have.
    """
    found = [header for header in headers(source) if comments_in(header) is not None]
    order = [serial for kind in ("audio", "video") for serial, codec in codecs(source).items()
             if codec.family == kind]  # fmt: skip
    found.sort(key=lambda header: order.index(header.serial))
    if not found:
        raise CapacityError("The Ogg file has no stream that can hold comments.")
    if has_byte_index(source):
        raise UnsupportedMediaTypeError(
            "The Ogg file has an index of its bytes (Skeleton 4), so nothing in it can be moved."
        )
    replaced: dict[int, bytes] = {}
    shifts: dict[int, int] = {}
    for number, header in enumerate(found):
        wanted = dict.fromkeys(changes, ()) if number else changes
        pages = _pages(header, wanted)
        if pages:
            replaced |= {page.start: b"" for page in header.pages}
            replaced[header.pages[0].start] = b"".join(pages)
            if len(pages) != len(header.pages):
                shifts[header.serial] = len(pages) - len(header.pages)
    splice_in_order(source, sink, _edits(source, replaced, shifts))


def _pages(header: Header, changes: Mapping[str, tuple[str, ...]]) -> list[bytes]:
    """Return the pages of a header with its comments changed; none if they do not change."""
    old = comments_in(header) or b""
    comments = Comments.parse(old)
    made = comments.updated(changes)
    if made == comments:
        return []
    if any(page.granule not in {_START, NO_GRANULE} for page in header.pages):
        raise MalformedAssetError("The Ogg file is damaged: sound begins among its headers.")
    if header.codec.has_padding and made.rest and not made.rest.strip(b"\0"):
        grown = len(made.to_bytes()) - len(old)
        made = made._replace(rest=bytes(max(0, len(made.rest) - grown)))
    packets = [with_comments(header, made.to_bytes()), *header.packets[1:]]
    return _Pager(header).pages(packets)


class _Pager:
    """Lays packets out on pages, each packet at the beginning of one if it was so before."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._made: list[bytes] = []
        self._parts: list[bytes] = []
        self._free = MAX_SEGMENTS
        self._is_continued = False

    def pages(self, packets: list[bytes]) -> list[bytes]:
        for packet, begins_page in zip(packets, self._header.begins_page, strict=True):
            if self._parts and (begins_page or not self._free):
                self._flush()
            rest = packet
            while len(rest) // 0xFF + 1 > self._free:
                cut = self._free * 0xFF
                self._parts.append(rest[:cut])
                rest = rest[cut:]
                self._flush(goes_on=True)
            self._parts.append(rest)
            self._free -= len(rest) // 0xFF + 1
        self._flush(is_last=True)
        return self._made

    def _flush(self, *, goes_on: bool = False, is_last: bool = False) -> None:
        pages = self._header.pages
        flags = CONTINUED if self._is_continued else 0
        if is_last:
            flags |= pages[-1].flags & LAST
        nothing_ends = goes_on and len(self._parts) == 1
        self._made.append(
            made_page(
                flags,
                NO_GRANULE if nothing_ends else _START,
                self._header.serial,
                pages[0].number + len(self._made),
                self._parts,
                goes_on=goes_on,
            )
        )
        self._parts = []
        self._free = MAX_SEGMENTS
        self._is_continued = goes_on


def _edits(source: BinaryIO, replaced: dict[int, bytes], shifts: dict[int, int]) -> Iterator[Edit]:
    """Yield the changes in the file's order, reading on as long as there are pages to number."""
    waiting, open_streams = set(replaced), set(shifts)
    size = size_of(source)
    has_begun = False
    for page in walk_pages(source):
        if not waiting and (not open_streams or _is_next_file(page, has_begun=has_begun)):
            return
        has_begun = has_begun or not page.flags & FIRST
        if page.end > size:
            break
        if page.start in waiting:
            waiting.remove(page.start)
            yield Edit(page.start, page.end, replaced[page.start])
        elif page.serial in open_streams and not page.flags & FIRST:
            header = renumbered(page, page.number + shifts[page.serial])
            yield Edit(page.start, page.start + _NUMBERED, header)
        if page.flags & LAST:
            open_streams.discard(page.serial)
    if open_streams or waiting:
        raise MalformedAssetError("The Ogg file is cut short or damaged: a page is missing.")


def _is_next_file(page: Page, *, has_begun: bool) -> bool:
    """Return whether another file begins, chained behind this one."""
    return has_begun and bool(page.flags & FIRST)
