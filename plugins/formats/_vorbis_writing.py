"""Vorbis comments with some of them changed: FLAC and all that Ogg carries have them.

The encoder's name, every other comment and its place stay as they are, and so does what follows
the comments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from credlabel.errors import LabelError, LimitExceededError, MalformedAssetError

from ._vorbis import MAX_COMMENTS, PICTURES

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"[ -<>-}]+")


class Comments(NamedTuple):
    """A list of comments, taken apart."""

    vendor: bytes = b""
    entries: tuple[bytes, ...] = ()
    rest: bytes = b""
    """Vorbis has a framing bit there, Opus padding."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the comments in ``data``.

        Raises:
            MalformedAssetError, LimitExceededError: they are cut short, or too many.
        """
        vendor, at = _field(data, 0)
        count = int.from_bytes(data[at : at + 4], "little")
        if len(data) < at + 4:
            raise _damaged()
        if count > MAX_COMMENTS:
            raise LimitExceededError(f"The file has more than {MAX_COMMENTS} Vorbis comments.")
        at += 4
        entries = []
        for _ in range(count):
            entry, at = _field(data, at)
            entries.append(entry)
        return cls(vendor, tuple(entries), data[at:])

    def updated(self, changes: Mapping[str, tuple[str, ...]]) -> Self:
        """Return the comments of which those called as in ``changes`` have exactly those texts.

        Raises:
            LabelError: a name is none that a comment can have.
        """
        waiting = dict(changes)
        entries = []
        for entry in self.entries:
            start, equals, _ = entry.partition(b"=")
            name = start.decode("ascii", "replace").upper()
            if not equals or name not in changes:
                entries.append(entry)
            elif name in waiting:
                entries += _made(name, waiting.pop(name))
        for name, texts in waiting.items():
            entries += _made(name, texts)
        return self._replace(entries=tuple(entries))

    def to_bytes(self) -> bytes:
        """Return the list as it is stored."""
        parts = [len(self.vendor).to_bytes(4, "little"), self.vendor]
        parts.append(len(self.entries).to_bytes(4, "little"))
        for entry in self.entries:
            parts += (len(entry).to_bytes(4, "little"), entry)
        return b"".join((*parts, self.rest))


def _field(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + 4
    end = start + int.from_bytes(data[at:start], "little")
    if start > len(data) or end > len(data):
        raise _damaged()
    return data[start:end], end


def _damaged() -> MalformedAssetError:
    return MalformedAssetError("The file is damaged: its Vorbis comments are cut short.")


def _made(name: str, texts: tuple[str, ...]) -> list[bytes]:
    if not _NAME.fullmatch(name) or name != name.upper() or name in PICTURES:
        raise LabelError(f"{name!r} is no name of a Vorbis comment that can be written.")
    return [f"{name}={text}".encode() for text in texts]
