"""Changes to an HTML page, collected and made at once; all bytes besides them stay.

Nothing is changed that might be no markup: in the head it is known what is, and in the body up to
the first element that makes parsing depend on more than the tags (HTML Living Standard, 13.2.6).
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import LabelError

from ._html_metadata import ATTRIBUTE
from ._splicing import Edit, spliced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._html_metadata import StartTag

SPACE: Final = b"\t\n\f\r "

_END_TAG: Final = re.compile(rb"</script[^>]*+>", re.IGNORECASE)
_OWN_LINE: Final = re.compile(rb"(?:\r?\n[ \t]*+)?\Z")
_NEW_LINE: Final = re.compile(rb"\r?\n[ \t]*+")
# In these, or behind them, what looks like a tag may be text, or be dropped.
_UNSURE: Final = re.compile(rb"<(?:svg|math|plaintext|select|frameset|!\[CDATA\[)", re.IGNORECASE)


class PageEdits:
    """The changes to one page, whose head ends at ``head_end``."""

    def __init__(self, data: bytes, head_end: int) -> None:
        self._data = data
        self._head_end = head_end
        unsure = _UNSURE.search(data, head_end)
        self._sure_end = unsure.start() if unsure else len(data)
        self._edits: list[Edit] = []

    def set_attribute(self, tag: StartTag, name: bytes, text: str) -> None:
        """Give an attribute another value; one that is not there comes first."""
        found = _attributes(tag, name)
        if not found:
            at = _offset(tag, 0)
            self.replace(at, at, b" " + name + b"=" + quoted(text))
        elif found[0][2] is None:
            end = _offset(tag, found[0].end(1))
            self.replace(end, end, b"=" + quoted(text))
        else:
            start, end = found[0].span(2)
            self.replace(_offset(tag, start), _offset(tag, end), quoted(text))

    def remove_attribute(self, tag: StartTag, name: bytes) -> None:
        """Remove an attribute each time that it is there."""
        for part in _attributes(tag, name):
            before = self._data[tag.start : _offset(tag, part.start())].rstrip(SPACE)
            self.replace(tag.start + len(before), _offset(tag, part.end()), b"")

    def add_attributes(self, tag: StartTag, made: bytes) -> None:
        """Put attributes behind the last one; call this after all other changes to the tag."""
        parts = list(ATTRIBUTE.finditer(tag.attributes))
        at = _offset(tag, parts[-1].end() if parts else 0)
        self.replace(at, at, made)

    def insert(self, at: int, elements: Iterable[bytes]) -> None:
        """Put elements behind what ends at an offset: in lines of their own, if that has one."""
        line = self._data.rfind(b"\n", 0, at)
        line -= self._data[line - 1 : line] == b"\r"
        blanks = _NEW_LINE.match(self._data, max(line, 0))
        before = blanks[0] if blanks and blanks.end() <= at else b""
        made = b"".join(before + element for element in elements)
        if made:
            self.replace(at, at, made)

    def remove(self, start: int, end: int) -> None:
        """Remove an element; from the head, with the line that it has to itself.

        Raises:
            LabelError: what is around it might mean something else once it is joined.
        """
        is_in_head = end <= self._head_end
        if is_in_head and self._data[end : end + 2].lstrip(b"\r")[:1] == b"\n":
            found = _OWN_LINE.search(self._data, max(0, start - 100), start)
            start = found.start() if found else start
        if not is_in_head and self._data[start - 1] not in b">" + SPACE:
            raise LabelError(
                "What has to go is in the middle of a text, which could become markup."
            )
        self.replace(start, end, b"")

    def replace(self, start: int, end: int, made: bytes) -> None:
        """Put other bytes in place of some.

        Raises:
            LabelError: they may be no markup.
        """
        if start > self._sure_end:
            raise LabelError(
                "What has to change comes after the page's head, and after a drawing or the like,"
                " where what looks like markup may be none."
            )
        self._edits.append(Edit(start, end, made))

    def end_of_script(self, tag: StartTag) -> int:
        """Return where a script's element ends.

        Raises:
            LabelError: the page ends within it.
        """
        found = _END_TAG.match(self._data, tag.end + len(tag.content))
        if found is None:
            raise LabelError("The page ends within linked data.")
        return found.end()

    def growth_before(self, at: int) -> int:
        """Return by how many bytes what is at an offset moves."""
        return sum(len(made) - end + start for start, end, made in self._edits if start < at)

    def applied(self) -> bytes:
        """Return the page with all changes.

        Raises:
            MalformedAssetError: two of them are of the same bytes.
        """
        return spliced(self._data, self._edits)


def quoted(text: str) -> bytes:
    """Return a text as an attribute's value, in the quotes that it has none of, if there are."""
    quote, name = ("'", "&#39;") if '"' in text and "'" not in text else ('"', "&quot;")
    made = html.escape(text, quote=False).replace(quote, name)
    made = re.sub(r"[\t\n\f\r]", lambda found: f"&#{ord(found[0])};", made)
    return f"{quote}{made}{quote}".encode("ascii", "xmlcharrefreplace")


def _attributes(tag: StartTag, name: bytes) -> list[re.Match[bytes]]:
    return [part for part in ATTRIBUTE.finditer(tag.attributes) if part[1].lower() == name]


def _offset(tag: StartTag, at: int) -> int:
    """Return where in the page a place in a tag's attributes is."""
    return tag.end - 1 - len(tag.attributes) + at
