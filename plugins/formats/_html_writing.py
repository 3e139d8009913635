"""Writes what an HTML page says about itself, and leaves all its other bytes as they are.

What is there is changed where it stands. What is new goes where a browser looks for it: a ``meta``
element behind the last one of the head, so behind the one that declares the encoding; JSON-LD at
the end of the head; an attribute into the ``html`` tag, which is written where it is implied.

All that is written is ASCII, so it means the same in whatever encoding the page is in; but linked
data, in which there are no character references, is UTF-8 where the page declares UTF-8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, LabelError

from ._fields import Fields
from ._head import past_declaration
from ._html_edits import SPACE, PageEdits, quoted
from ._html_metadata import (
    MARKS,
    StartTag,
    attributes_of,
    collect_from_page,
    is_json_ld,
    meta_names,
    start_tags,
    text_of_script,
)

if TYPE_CHECKING:
    from credlabel.hookspecs import Metadata

    from ._head import Head

PLACES: Final = frozenset({"html:meta", "html:root", "html:jsonld"})
ENCODING_BYTES: Final = 1024
"""Where an encoding has to be declared (HTML Living Standard, 4.2.5.4)."""

_BOM: Final = b"\xef\xbb\xbf"
_ROOT: Final = re.compile(rb"[\t\n\f\r ]*+(?=<html[\t\n\f\r />])", re.IGNORECASE)
_DOCTYPE: Final = re.compile(rb"<!doctype", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"[\t\n\f\r ]*+(?=<[!?])")
_XML: Final = re.compile(rb"[\t\n\f\r ]xmlns[\t\n\f\r ]*+=", re.IGNORECASE)
_CHARSET: Final = re.compile(r"charset\s*+=\s*+[\"']?\s*+([\w.:-]+)", re.IGNORECASE)
_CONTROL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# With these inside, a script would end elsewhere (4.12.1.3).
_ENDS_SCRIPT: Final = re.compile(r"<(?:(/script)|!--)", re.IGNORECASE)


def rewritten(data: bytes, head: Head, changes: Metadata) -> bytes:
    """Return the page so that it says ``changes``, and all else as before.

    Raises:
        LabelError: it is a piece of a page, or can't say that; or what would have to change may
            be text that only looks like markup.
        CapacityError: the encoding would no longer be declared where browsers look for it.
    """
    if any(_CONTROL.search(text) for texts in changes.values() for text in texts):
        raise LabelError("A page can't hold control characters.")
    writer = _PageWriter(data, head)
    fields = Fields()
    collect_from_page(data, fields)
    said = fields.freeze()
    for name, texts in changes.items():
        place, _, rest = name.removeprefix("html:").partition(":")
        if name == "html:jsonld":
            writer.set_linked_data(texts, said.get(name, ()))
        elif place == "meta" and rest:
            writer.set_meta(rest, texts)
        elif place == "root" and rest.encode("utf-8", "replace") in MARKS and len(texts) <= 1:
            writer.set_root(rest.encode(), "".join(texts))
        else:
            raise LabelError(f"A page has no place for {name!a:.80} with {len(texts)} texts.")
    return writer.finish()


class _PageWriter:
    """Finds the place for each change to one page."""

    def __init__(self, data: bytes, head: Head) -> None:
        self._data = data
        self._head_end = head.end
        self._root_at = self._find_root()
        self._edits = PageEdits(data, head.end)
        self._new_metas: list[bytes] = []
        self._new_scripts: list[bytes] = []
        self._new_attributes: list[bytes] = []
        tags = list(start_tags(data, len(data)))
        self._roots = [tag for tag in tags if tag.name == b"html"]
        self._metas = [(tag, attributes_of(tag)) for tag in tags if tag.name == b"meta"]
        scripts = (tag for tag in tags if tag.content and is_json_ld(tag))
        told = ((tag, text_of_script(tag)) for tag in scripts)
        self._scripts = [(tag, text) for tag, text in told if text and not text.isspace()]

    def set_meta(self, name: str, texts: tuple[str, ...]) -> None:
        named = [meta for meta in self._metas if name in meta_names(meta[1])]
        for (tag, attributes), text in zip(named, texts, strict=False):
            if attributes.get(b"content") != text:
                self._edits.set_attribute(tag, b"content", text)
        for tag, _ in named[len(texts) :]:
            self._edits.remove(tag.start, tag.end)
        is_xml = self._roots and _XML.search(self._roots[0].attributes)
        end = b" />" if is_xml else b">"
        for text in texts[len(named) :]:
            element = b"<meta name=" + quoted(name) + b" content=" + quoted(text) + end
            self._new_metas.append(element)

    def set_root(self, name: bytes, text: str) -> None:
        having = [tag for tag in self._roots if name in attributes_of(tag)]
        if text and having:
            self._edits.set_attribute(having[0], name, text)
        elif text:
            self._new_attributes.append(b" " + name + b"=" + quoted(text))
        for tag in () if text else having:
            self._edits.remove_attribute(tag, name)

    def set_linked_data(self, texts: tuple[str, ...], said: tuple[str, ...]) -> None:
        """Keep the scripts that say one of ``texts``, in this order; remove and add the others.

        Raises:
            LabelError: there are more than were ``said``, so nobody could know whether to keep
                them.
        """
        if not {text for _, text in self._scripts}.issubset(said):
            raise LabelError("The page has more linked data than is looked into.")
        kept: list[StartTag | None] = []
        left = self._scripts
        for text in texts:
            at = next((at for at, script in enumerate(left) if script[1] == text), -1)
            kept.append(left[at][0] if at >= 0 else None)
            left = left[at + 1 :] if at >= 0 else left
        starts = {tag.start for tag in kept if tag}
        for tag, _ in self._scripts:
            if tag.start not in starts:
                self._edits.remove(tag.start, self._edits.end_of_script(tag))
        for index, text in enumerate(texts):
            if kept[index] is None:
                before = next((tag for tag in reversed(kept[:index]) if tag), None)
                after = next((tag for tag in kept[index:] if tag), None)
                self._add_script(self._script(text), before, after)

    def finish(self) -> bytes:
        """Return the page with all changes.

        Raises:
            CapacityError: the encoding would be declared too late.
        """
        attributes = b"".join(self._new_attributes)
        root = self._roots[0] if self._roots else None
        if attributes and root and root.start == self._root_at:
            self._edits.add_attributes(root, attributes)
        elif attributes:
            self._edits.insert(self._root_at, [b"<html" + attributes + b">"])
        end = len(self._data[: self._head_end].rstrip(SPACE))
        metas = [tag.end for tag, _ in self._metas if tag.end <= self._head_end]
        self._edits.insert(metas[-1] if metas else end, self._new_metas)
        self._edits.insert(end, self._new_scripts)
        self._check_encoding()
        return self._edits.applied()

    def _find_root(self) -> int:
        """Return where the document's element begins, or where it would without changing more.

        Raises:
            LabelError: the file is a piece of a page.
        """
        data, at, is_page = self._data, len(_BOM) if self._data.startswith(_BOM) else 0, False
        while at >= 0 and (found := _DECLARATION.match(data, at)):
            is_page |= bool(_DOCTYPE.match(data, found.end()))
            at = past_declaration(data, found.end())
        found = _ROOT.match(data, at) if at >= 0 else None
        if at < 0 or not (is_page or found):
            raise LabelError(
                "The file is no whole page: it begins with neither a document type nor <html>."
            )
        return found.end() if found else at

    # ------------------------------------------------------------------ linked data

    def _add_script(self, made: bytes, before: StartTag | None, after: StartTag | None) -> None:
        """Put a script at the end of the head, unless its order with others is against that."""
        if after and after.start < self._head_end:
            self._edits.replace(after.start, after.start, made)
        elif before and before.start >= self._head_end:
            at = self._edits.end_of_script(before)
            self._edits.replace(at, at, made)
        else:
            self._new_scripts.append(made)

    def _script(self, text: str) -> bytes:
        if not text.isascii() and not self._is_utf8():
            raise LabelError(
                "The page does not declare that it is in UTF-8, so linked data can't have other"
                " characters than ASCII in it."
            )
        body = _ENDS_SCRIPT.sub(
            lambda found: "<\\" + found[1] if found[1] else "<\\u0021--", text
        ).encode("utf-8", "replace")
        return b'<script type="application/ld+json">' + body + b"</script>"

    # ------------------------------------------------------------------ the encoding

    def _is_utf8(self) -> bool:
        return self._data.startswith(_BOM) or self._declaration()[1] == "utf-8"

    def _declaration(self) -> tuple[int, str]:
        """Return where the element ends that declares the encoding, and which one; or zero."""
        for tag, attributes in self._metas:
            encoding = _encoding(attributes)
            if tag.end > ENCODING_BYTES or encoding:
                return (tag.end, encoding) if tag.end <= ENCODING_BYTES else (0, "")
        return 0, ""

    def _check_encoding(self) -> None:
        """Return if the encoding is still declared where browsers look for it."""
        end, _ = self._declaration()
        if end and end + self._edits.growth_before(end) > ENCODING_BYTES:
            raise CapacityError(
                f"The page's encoding would be declared behind the first {ENCODING_BYTES} bytes,"
                " where browsers don't look for it."
            )


def _encoding(attributes: dict[bytes, str]) -> str:
    """Return the encoding that a ``meta`` element declares, in lower case, or nothing."""
    content = attributes.get(b"content", "") if b"http-equiv" in attributes else ""
    named = _CHARSET.search(content)
    return (attributes.get(b"charset") or (named[1] if named else "")).strip().lower()
