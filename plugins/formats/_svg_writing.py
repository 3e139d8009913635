"""Writes XMP into the ``metadata`` of an SVG drawing (XMP specification, part 3).

RDF that is there is updated where it stands, whatever else the element holds and whoever wrote
it. Without any, the drawing gets a ``metadata`` element of its own before all others, where C2PA
wants its own too (2.5, A.3). Only these bytes change: nothing is written anew, so nothing
that is drawn can look different.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._namespaces import PREFIXES
from ._rdf import element_name
from ._splicing import Edit
from ._xmp_packets import Room
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PACKETS: Final = 64
MAX_NAMESPACES: Final = 200
"""In scope at once."""

_TAG: Final = re.compile(rb"""<(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_END: Final = b"</metadata>"
# Without the element ``x:xmpmeta``, which the specification leaves to the writer: ExifTool takes
# a drawing for an XMP file if that stands near its beginning.
_NEW: Final = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
</rdf:RDF>
<?xpacket end="w"?>"""

_Texts = tuple[str, ...]


class _Packet(NamedTuple):
    """RDF and what prefixes stand for where it is."""

    start: int
    end: int
    namespaces: Mapping[str, str]
    is_own: bool
    """Whether it is about the drawing as a whole, and not about a part of it."""


def edits_for(data: bytes, encoding: str, changes: Mapping[str, _Texts]) -> list[Edit]:
    """Return what gives a drawing the XMP properties of ``changes``.

    ``data`` has been found whole, and in ``encoding`` ASCII characters are single bytes.

    Raises:
        AssetError, LabelError: it can't be done.
    """
    survey = _Survey(data, encoding)
    packets = sorted(survey.packets, key=lambda packet: not packet.is_own)
    others = dict.fromkeys(changes, ())
    edits: list[Edit] = []
    if not (packets and packets[0].is_own) and any(changes.values()):
        made = updated_packet(_NEW, changes).decode()
        edits.append(survey.insertion(_encoded(made, encoding)))
    for number, packet in enumerate(packets):
        old = data[packet.start : packet.end]
        is_first = packet.is_own and not number
        new = _updated(old, packet.namespaces, encoding, changes if is_first else others)
        if new != old:
            edits.append(Edit(packet.start, packet.end, new))
    return edits


def _updated(
    old: bytes, namespaces: Mapping[str, str], encoding: str, changes: Mapping[str, _Texts]
) -> bytes:
    """Return RDF with the changes made, which stands where these prefixes are declared."""
    declared = "".join(
        f" xmlns{prefix and ':'}{prefix}={quoteattr(uri)}" for prefix, uri in namespaces.items()
    )
    start = f"<metadata{declared}>".encode()
    text = start + old.decode(encoding).encode() + _END
    made = updated_packet(text, changes)
    return _encoded(made[len(start) : -len(_END)].decode(), encoding) if made != text else old


def _encoded(text: str, encoding: str) -> bytes:
    """Return XML in an encoding; what that has no character for stands in texts and values."""
    return text.encode(encoding, "xmlcharrefreplace")


class _Survey:
    """Finds the root's start tag, and each ``rdf:RDF`` in a ``metadata`` element."""

    def __init__(self, data: bytes, encoding: str) -> None:
        self.packets: list[_Packet] = []
        self._data = data
        self._encoding = encoding
        self._root: tuple[str, int, int] = ("", 0, 0)  # its name and its start tag
        self._depth = 0
        self._metadata_depth = self._rdf_depth = 0  # the elements' own; 0 outside
        self._tag_of_rdf = (0, 0)  # that we are in
        # What prefixes stand for, and the depth of the element that says so.
        self._scopes: list[tuple[int, dict[str, str]]] = [(0, {})]
        self._room = Room()
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.Parse(data, True)

    def insertion(self, packet: bytes) -> Edit:
        """Return what puts a packet into a ``metadata`` element before all other elements."""
        name, start, end = self._root
        prefix, colon, _ = name.rpartition(":")
        tag = f"{prefix}{colon}metadata".encode(self._encoding)
        made = b"<%s>%s</%s>" % (tag, packet, tag)
        if self._data[start:end].endswith(b"/>"):
            return Edit(end - 2, end, b">%s</%s>" % (made, name.encode(self._encoding)))
        return Edit(end, end, made)

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if attributes:
            self._declare(attributes)
        local = name.rpartition(":")[2]
        if self._depth == 1:
            self._root = (name, *self._tag(name))
        elif not self._metadata_depth and local == "metadata":
            self._metadata_depth = self._depth
        elif self._metadata_depth and not self._rdf_depth and local == "RDF":
            prefix = name.rpartition(":")[0]
            uri = self._scopes[-1][1].get(prefix, "")
            usual = PREFIXES.get(uri)
            if element_name({prefix: f"{usual}:"} if usual else {}, name) == "rdf:RDF":
                self._rdf_depth = self._depth
                self._tag_of_rdf = self._tag(name)

    def _declare(self, attributes: Mapping[str, str]) -> None:
        declared = {key[6:]: uri for key, uri in attributes.items() if key.startswith("xmlns")}
        if declared:
            scope = {**self._scopes[-1][1], **declared}
            if len(scope) > MAX_NAMESPACES:
                raise LimitExceededError("The SVG declares more namespaces than are read.")
            self._scopes.append((self._depth, scope))

    def _close(self, _name: str) -> None:
        if self._rdf_depth == self._depth:
            self._rdf_depth = 0
            self._add_packet()
        if self._metadata_depth == self._depth:
            self._metadata_depth = 0
        if self._scopes[-1][0] == self._depth:
            self._scopes.pop()
        self._depth -= 1

    def _add_packet(self) -> None:
        start, head = self._tag_of_rdf
        end = self._parser.CurrentByteIndex
        if end > head or self._data[head - 2 : head] != b"/>":  # else it is one tag
            end = self._data.index(b">", end) + 1
        self._room.take(end - start)
        namespaces = self._scopes[-1][1]
        self.packets.append(_Packet(start, end, namespaces, is_own=self._metadata_depth == 2))
        if len(self.packets) > MAX_PACKETS:
            raise LimitExceededError("The SVG has more metadata elements than are changed.")

    def _tag(self, name: str) -> tuple[int, int]:
        """Return where the start tag that is being read begins and ends.

        Raises:
            MalformedAssetError: it stands in an entity.
        """
        at = self._parser.CurrentByteIndex
        found = _TAG.match(self._data, at)
        if not found or not self._data.startswith(b"<" + name.encode(self._encoding), at):
            raise MalformedAssetError("The SVG has metadata in an entity, which is not changed.")
        return found.span()
