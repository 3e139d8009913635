"""Structured text: source code, configuration and markup, with a manifest block in a comment.

C2PA 2.5, A.9. There is one format for each manner of putting a block into a text: how a comment
is written, and which line it may be in (:mod:`._comments`). Bytes are bound as they are stored.
Formats without comments, and XML, which forbids what the block is made of, get a sidecar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, MalformedAssetError
from credlabel.files import copy_bytes
from credlabel.hookspecs import Extraction, hookimpl

from . import _delimiters, _wrapper
from ._changes import check_read_back, outstanding
from ._comments import TEXT_KINDS
from ._delimiters import line_of
from ._fields import Fields
from ._fitting import LABEL_BYTES, fitted
from ._front_matter import SECTION, collect_from_text
from ._front_matter_writing import PLACES, misplaced, rewritten
from ._placing import extent, gap_in, layout
from ._reading import size_of
from ._searching import mentions, problem, too_long_to_search
from ._text import MAX_TEXT_BYTES, price_of_label, read_text, text_objection, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from credlabel.hookspecs import Format, Metadata, SignBinding

    from ._text_kind import TextKind

SEVERAL: Final = "credlabel.text.several-blocks"
BROKEN: Final = "credlabel.text.broken-block"
MARKDOWN: Final = "text/markdown"

_MAX_SHEBANG: Final = 256
_TELLING: Final = (b"#", b"<", b"W", b"\xef")
"""How the beginnings that tell something begin."""
_BOM: Final = b"\xef\xbb\xbf"
_WEBVTT: Final = re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|\Z)")
_XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[ \t\r\n]")
_XML_PROLOGUE: Final = re.compile(
    rb"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*+(?:\[.*?\]\s*)?>)*+", re.DOTALL
)
_XML_ROOT: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_BY_INTERPRETER: Final = {
    name: language.media_type
    for kind in TEXT_KINDS
    for language in kind.languages
    for name in language.interpreters
}
_BY_ROOT: Final[dict[bytes, str | None]] = {
    b"html": "application/xhtml+xml",
    b"rss": "application/rss+xml",
    b"feed": "application/atom+xml",
    b"tt": "application/ttml+xml",
    b"svg": None,  # a format of its own
}


class StructuredReader:
    """Text of languages with comments of one kind: what it is, and what is in its comments."""

    def __init__(self, kind: TextKind) -> None:
        self.media_types: tuple[str, ...] = tuple(each.media_type for each in kind.languages)
        self.suffixes: Mapping[str, str] = {
            suffix: each.media_type for each in kind.languages for suffix in each.suffixes
        }
        self._kind = kind

    def accepts(self, head: bytes) -> str | None:
        """Return the media type if the beginning tells it: ``#!``, ``<?xml`` or ``WEBVTT``.

        Most kinds of text say nothing of themselves: their files' names tell.
        """
        if head[:1] not in _TELLING:  # each of many formats is asked about every file
            return None
        media_type = _media_type_of(head)
        return media_type if media_type in self.media_types else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return: where a text ends, no structure of its own tells that more should follow."""

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if no delimiter and no wrapper is anywhere in the text."""
        return mentions(source, (_delimiters.NAME, _wrapper.BEGINNING))

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return the store in the text's one manifest block, or else in an A.8 wrapper.

        Delimiters that are only spoken of, in prose or in a string, are no block.
        """
        if size_of(source) > MAX_TEXT_BYTES:
            return too_long_to_search() if self.may_carry_credential(source) else None
        data = read_text(source)
        return self._find(data) or _wrapper.find(data)

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterator[bytes]:
        """Yield the rest of the bytes as they are (14.12.1.4); around a wrapper, normalised.

        Raises:
            AssetError: the text is too long, or the exclusions are not within it.
        """
        yield from _wrapper.bound_around(read_text(source), exclusions)

    def _blocks(self, data: bytes) -> list[_delimiters.Block]:
        matter = _delimiters.front_matter(data) if self._kind.has_front_matter else None
        return list(_delimiters.blocks(data, self._kind.comments, matter))

    def _find(self, data: bytes) -> Extraction | None:
        whole, examples, is_broken = list[_delimiters.Block](), 0, False
        for block in self._blocks(data) if _delimiters.NAME in data else ():
            if _is_credential(block):
                whole.append(block)
            elif block.is_comment and block.is_reference and not block.is_in_place:
                examples += 1
            else:
                is_broken = is_broken or _is_remains(block)
        if not whole:
            return problem(BROKEN, _BROKEN) if is_broken else None
        if len(whole) + examples > 1 or is_broken:
            return problem(SEVERAL, _SEVERAL)
        block = whole[0]
        excluded = (_delimiters.exclusion(data, block.start, block.end),)
        store = block.store
        return Extraction(store, excluded, "" if store else block.reference.decode())


class StructuredText(StructuredReader):
    """Text into which a manifest block can be put, unless something in it forbids that."""

    family = "text"

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why this text can't have a block, or None."""
        return text_objection(source) or self._objection(self._unlabelled(read_text(source)))

    def embedding_price(self, source: BinaryIO, name: str) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return why *auto* writes a sidecar: the block would dwarf the text."""
        return price_of_label(size_of(source), LABEL_BYTES)

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write the text with a manifest block; all other bytes are as they were.

        Raises:
            CapacityError: there is no place for a block, or its length never settles.
            LimitExceededError: the text is too long.
        """
        data = self._unlabelled(read_text(source))
        objection = self._objection(data)
        if objection:
            raise CapacityError(objection)
        gap = gap_in(data, self._kind)
        (start, length), sha256 = layout(data, gap)

        def exclusion_for(store_length: int) -> tuple[int, int]:
            return start, length + len(line_of(bytes(store_length), gap.comment))

        store = fitted(exclusion_for, sha256, sign)
        sink.writelines(gap.filled(data, line_of(store, gap.comment)))

    def _unlabelled(self, data: bytes) -> bytes:
        """Return the text without its credentials; all else is kept byte for byte."""
        data = _wrapper.without_wrappers(data)
        if _delimiters.NAME not in data:
            return data
        ranges, done = list[tuple[int, int]](), 0
        for block in self._blocks(data):
            if _is_credential(block) or (block.is_comment and _is_remains(block)):
                start, end = extent(data, self._kind, block.start, block.end)
                ranges.append((max(start, done), end - max(start, done)))
                done = end
        return without(data, ranges)

    def _objection(self, data: bytes) -> str | None:
        for refusal in self._kind.refusals:
            if refusal.is_in(data):
                return refusal.sentence
        if _delimiters.DELIMITER.search(data):
            return (
                "The text itself has the marker lines of C2PA credentials in it: with one more"
                " inside, other programs would count several and accept none."
            )
        if data.count(b"\r") != data.count(b"\r\n"):
            return (
                "The text has lines that end with a bare carriage return, which C2PA 2.5 (A.9.5)"
                " rules out: convert them to have a credential inside."
            )
        return None


class MarkdownText(StructuredText):
    """Markdown, whose front matter tells of the text."""

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the front matter as written, labels that stand elsewhere, and the keys."""
        fields = Fields()
        if size_of(source) <= MAX_TEXT_BYTES:
            collect_from_text(read_text(source), fields)
        return fields.freeze()

    def writable_places(self, media_type: str) -> frozenset[str]:  # noqa: ARG002 - the Protocol's
        """Return the one place: keys of a front matter in YAML."""
        return PLACES

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write the text with ``changes`` in its front matter; all else is as it was.

        Raises:
            AssetError: the text is too long, or not in UTF-8.
            LabelError: it has no place for a front matter, or one that can't surely be changed.
        """
        data = read_text(source)
        before = self.read_metadata(source)
        wanted = outstanding(changes, before, PLACES) | misplaced(data, changes)
        if not wanted:
            copy_bytes(source, sink)
            return
        objection = text_objection(source)
        if objection:
            raise MalformedAssetError(objection)
        sink.write(rewritten(data, wanted, reserved=self._kind.reserved))
        check_read_back(
            wanted, before, self.read_metadata(sink), following=(f"markdown:{SECTION}",)
        )


class UnwritableText(StructuredReader):
    """Text that no block can be put into; others may have done so all the same."""

    def embedding_objection(self, source: BinaryIO) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return why such a file gets a sidecar."""
        return self._kind.objection


def _is_credential(block: _delimiters.Block) -> bool:
    """Return whether a block holds a store, or names one where a block belongs.

    Elsewhere, a reference, or a store that is none, is an example in somebody's text.
    """
    if not block.is_comment or not block.is_inert:
        return False
    if block.is_store:
        return True
    return block.is_in_place and (bool(block.store) or block.is_reference)


def _is_remains(block: _delimiters.Block) -> bool:
    """Return whether what is no credential was one, and not just talk of delimiters."""
    if block.is_paired and block.is_store:
        return True
    return block.is_in_place and (block.is_comment or block.is_data)


_SEVERAL: Final = (
    "There is more than one C2PA manifest block in the text, perhaps because labelled files were"
    " joined. C2PA 2.5 (A.9.4) then treats the file as having no credential; its version 2.4 calls"
    " it manifest.structuredText.multipleReferences."
)
_BROKEN: Final = (
    "There are remains of a C2PA manifest block in the text: it is cut short or damaged, or its"
    " line has something besides the comment. C2PA 2.5 (A.9, 14.5.2.4) treats the file as having"
    " no credential; its version 2.4 calls it manifest.structuredText.malformedReference,"
    " emptyReference or noManifest."
)


def _interpreter(head: bytes) -> bytes:
    """Return the name of the program that a first line ``#!`` names, without its version."""
    words = head[2:_MAX_SHEBANG].partition(b"\n")[0].split()
    names = [word.rpartition(b"/")[2] for word in words]
    if names[:1] == [b"env"]:
        names = [name for name in names[1:] if not name.startswith(b"-")]
    return names[0].rstrip(b".0123456789") if names else b""


def _media_type_of(head: bytes) -> str | None:
    """Return the media type that a beginning tells, if it is one of ours."""
    if head[:2] == b"#!":
        return _BY_INTERPRETER.get(_interpreter(head))
    if _WEBVTT.match(head):
        return "text/vtt"
    return _xml_type(head.removeprefix(_BOM)) if _XML.match(head) else None


def _xml_type(head: bytes) -> str | None:
    """Return the media type of XML by its root element, or None if that is not ours."""
    prologue = _XML_PROLOGUE.match(head)
    root = _XML_ROOT.match(head, prologue.end() if prologue else 0)
    return _BY_ROOT.get(root[1], "application/xml") if root else "application/xml"


def _format_of(kind: TextKind) -> Format:
    if kind.objection:
        return UnwritableText(kind)
    is_markdown = kind.languages[0].media_type == MARKDOWN
    return MarkdownText(kind) if is_markdown else StructuredText(kind)


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return a format for each kind of text."""
    return [_format_of(kind) for kind in TEXT_KINDS]
