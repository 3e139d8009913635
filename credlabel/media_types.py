"""What a file is, where no format plugin says: by magic number, or by its name if it is text."""

from __future__ import annotations

import functools
import mimetypes
from typing import Final

import filetype

from credlabel.terms import MANIFEST_STORE_TYPE

_OCTETS: Final = "application/octet-stream"


def guess_media_type(head: bytes, name: str) -> str:
    """Return the media type of a file that no format plugin recognises.

    By magic number; for text by the name's ending, since text has no magic number; a name never
    makes text of bytes that are not.
    """
    if head[4:8] == b"jumb":  # a JUMBF box: a manifest store lying by itself
        return MANIFEST_STORE_TYPE
    kind = filetype.guess_mime(head)
    if kind:
        return str(kind)
    if not _is_utf8(head):
        return _OCTETS
    named = _names().guess_type(name, strict=False)[0]
    is_textual = named is not None and (
        named.startswith("text/")
        or named.endswith(("+json", "+xml", "json", "xml", "yaml", "toml", "javascript"))
    )
    return named if named is not None and is_textual else "text/plain"


@functools.cache
def _names() -> mimetypes.MimeTypes:
    """Return Python's own table of endings: what a system adds to it differs between machines."""
    return mimetypes.MimeTypes()


def may_be_text(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` can be text, of whatever 8-bit encoding.

    A NUL says that it is not; any other control character may have got into a text.
    """
    return bool(head) and b"\0" not in head


def _is_utf8(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    for cut in range(4):  # the head may end inside a character
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
