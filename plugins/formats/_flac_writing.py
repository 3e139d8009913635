"""FLAC metadata with changed Vorbis comments (RFC 9639, 8): other blocks stay, and so does sound.

Padding takes up what the comments grow or shrink by, so that the sound stays in its place; where
it does not suffice, everything behind moves. Nothing in a FLAC file counts from its beginning:
seek points count from the first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError
from credlabel.files import read_ranges

from ._reading import read_at, size_of
from ._vorbis_writing import Comments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

MAX_BLOCKS: Final = 4096
"""Metadata blocks; each picture, comment or seek table is one."""
MAX_COMMENT_BLOCKS: Final = 4
"""There should be one; a block is up to 16 MiB."""

_PADDING, _COMMENTS = 1, 4
_HEADER: Final = 4
_MAX_BLOCK_BYTES: Final = (1 << 24) - 1


class _Block(NamedTuple):
    """A metadata block, whose content is in the file at ``start``, or new."""

    kind: int
    length: int
    start: int = 0
    content: bytes | None = None


def write_comments(
    source: BinaryIO, sink: BinaryIO, start: int, changes: Mapping[str, tuple[str, ...]]
) -> None:
    """Write ``source``, whose FLAC marker is at ``start``, with the comments changed.

    Raises:
        MalformedAssetError, LimitExceededError: the metadata is damaged, or in too many blocks.
        CapacityError: the comments would be longer than a block can be.
        LabelError: a name is none that a comment can have.
    """
    first = start + len(b"fLaC")
    old = _blocks(source, first)
    sound = old[-1].start + old[-1].length
    new = _updated(source, old, changes)
    new = _balanced(new, _bytes_in(new) - _bytes_in(old))
    sink.writelines(read_ranges(source, [(0, first)]))
    for number, each in enumerate(new, 1):
        is_last = number == len(new)
        sink.write(bytes([each.kind | is_last << 7]) + each.length.to_bytes(3, "big"))
        if each.content is not None:
            sink.write(each.content)
        else:
            sink.writelines(read_ranges(source, [(each.start, each.length)]))
    sink.writelines(read_ranges(source, [(sound, size_of(source) - sound)]))


def _blocks(source: BinaryIO, at: int) -> list[_Block]:
    size = size_of(source)
    found = []
    for _ in range(MAX_BLOCKS):
        header = read_at(source, at, _HEADER)
        length = int.from_bytes(header[1:], "big")
        if len(header) < _HEADER or at + _HEADER + length > size:
            raise MalformedAssetError("The FLAC file is cut short: it ends in its metadata.")
        found.append(_Block(header[0] & 0x7F, length, at + _HEADER))
        if header[0] & 0x80:
            return found
        at += _HEADER + length
    raise LimitExceededError(f"The FLAC file has more than {MAX_BLOCKS} metadata blocks.")


def _bytes_in(blocks: list[_Block]) -> int:
    return sum(_HEADER + block.length for block in blocks)


def _updated(
    source: BinaryIO, blocks: list[_Block], changes: Mapping[str, tuple[str, ...]]
) -> list[_Block]:
    """Return the blocks with the first comments changed, and none of the names in any other."""
    made = list(blocks)
    wanted = changes
    places = [at for at, block in enumerate(blocks) if block.kind == _COMMENTS]
    if len(places) > MAX_COMMENT_BLOCKS:
        raise LimitExceededError("The FLAC file has too many blocks of comments.")
    for at in places:
        comments = Comments.parse(read_at(source, blocks[at].start, blocks[at].length))
        made[at] = _block_of(comments.updated(wanted))
        wanted = dict.fromkeys(changes, ())
    if not places:
        made.insert(1, _block_of(Comments().updated(changes)))  # behind the stream information
    return made


def _block_of(comments: Comments) -> _Block:
    content = comments.to_bytes()
    if len(content) > _MAX_BLOCK_BYTES:
        raise CapacityError("The comments would be longer than FLAC allows: 16 MiB.")
    return _Block(_COMMENTS, len(content), content=content)


def _balanced(blocks: list[_Block], grown: int) -> list[_Block]:
    """Return the blocks with the first sufficient padding changed by what the others grew."""
    made = list(blocks)
    for at, block in enumerate(blocks):
        left = block.length - grown
        if block.kind == _PADDING and 0 <= left <= _MAX_BLOCK_BYTES:
            made[at] = _Block(_PADDING, left, content=bytes(left))
            break
    return made
