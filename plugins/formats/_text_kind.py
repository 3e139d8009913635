"""What there is to know of a kind of text: its comments, and where a manifest block goes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re

    from ._refusals import Refusal


class Comment(NamedTuple):
    """How a comment of one line begins and ends."""

    prefix: bytes
    suffix: bytes = b""
    needs_blank: bool = False
    """What follows the prefix at once would make something else of it."""


class Place(enum.Enum):
    """Where the manifest block goes, unless something reserves the place."""

    FIRST_LINE = enum.auto()
    LAST_LINE = enum.auto()
    AFTER_HEADER = enum.auto()
    """After the first blank line, as in WebVTT (A.9.4.1)."""


class Language(NamedTuple):
    """One media type, and how its files are told."""

    media_type: str
    suffixes: tuple[str, ...]
    interpreters: tuple[bytes, ...] = ()
    """The programs that a first line ``#!`` may name, without version."""


class TextKind(NamedTuple):
    """Languages that take a manifest block in the same manner, and that manner."""

    languages: tuple[Language, ...]
    comments: tuple[Comment, ...]
    """All that a block may stand in, the one to write first. Each must be a comment in each of
    the languages: a line that is none would not do what the credential says it does."""
    place: Place = Place.FIRST_LINE
    reserved: re.Pattern[bytes] | None = None
    """What must stay at the beginning of the file; the block goes to the end then."""
    closed: re.Pattern[bytes] | None = None
    """What makes the end of the file something else than source; the block goes to line 2 then."""
    refusals: tuple[Refusal, ...] = ()
    """What leaves no safe place for a comment."""
    objection: str = ""
    """Why all files of this kind get a sidecar, if they do."""
    needs_blank_line: bool = False
    """The comment has to stand apart: a blank line goes with it, which the credential binds."""
    has_front_matter: bool = False
    """Programs that read this format take a leading section in YAML or TOML off it."""
