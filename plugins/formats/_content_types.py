"""``[Content_Types].xml`` of an OPC package: the declaration that a manifest store needs.

C2PA 2.5, A.6: the list "shall" say what ``.c2pa`` is, and Office takes a document for damaged that
has an entry of no declared type (ISO/IEC 29500-2, 7.2.3). One element is added as text: the rest
keeps every byte, which no XML writer would do.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from credlabel.errors import AssetError, MalformedAssetError
from credlabel.terms import MANIFEST_STORE_TYPE

CONTENT_TYPES: Final = "[Content_Types].xml"
MAX_BYTES: Final = 4 << 20
"""Uncompressed. A workbook of a thousand sheets has 150 kB."""

_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types "
_START_TAG: Final = re.compile(
    # Possessive: a name or a namespace may be as long as the whole list.
    rb"""<(?P<prefix>(?:[^\s<>"'/:]++:)?+)[^\s<>"'/:]++(?:[^<>"'/]|"[^"]*+"|'[^']*+')*+>"""
)


def declared(xml: bytes) -> bytes | None:
    """Return ``xml`` with the type of manifest stores declared, or None if it is.

    Raises:
        AssetError: it is no list of content types, or not one that is edited here.
    """
    if b"\0" in xml[:4]:
        raise AssetError("The document's list of content types is not in UTF-8.")
    finder = _Finder()
    finder.read(xml)
    if finder.declared is not None:
        if finder.declared.lower() == MANIFEST_STORE_TYPE:
            return None
        raise AssetError("The document says that .c2pa files are something else.")
    tag = _START_TAG.match(xml, finder.root_at)
    if tag is None:
        raise MalformedAssetError("The document's list of content types is empty.")
    added = b'<%sDefault Extension="c2pa" ContentType="%s"/>' % (
        tag["prefix"],
        MANIFEST_STORE_TYPE.encode(),
    )
    return xml[: tag.end()] + added + xml[tag.end() :]


class _Finder:
    """What has to be known of a list: where its root is, and what it says of ``.c2pa``."""

    def __init__(self) -> None:
        self.root_at = -1
        self.declared: str | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, xml: bytes) -> None:
        try:
            self._parser.Parse(xml, True)
        except expat.ExpatError as error:
            raise MalformedAssetError("The document's list of content types is broken.") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.root_at < 0:
            self.root_at = self._parser.CurrentByteIndex
            if name != _NAMESPACE + "Types":
                raise MalformedAssetError("The document's list of content types is another file.")
        is_default = name == _NAMESPACE + "Default"
        if is_default and attributes.get("Extension", "").lower() == "c2pa":
            self.declared = attributes.get("ContentType", "")

    def _refuse(self, *_: object) -> None:
        # The standard forbids one (ISO/IEC 29500-2, 6.2.5), and with it goes the billion laughs.
        raise MalformedAssetError("The document's list of content types has a document type.")
