"""Update an XMP packet (ISO 16684-1): the properties asked for change, and no other byte.

A packet is edited as text, not parsed and written anew, so whatever other programs put there
stays: their prefixes, order, comments, wrapper, and the encoding. Where a packet has blanks at
its end, they give way, so that it keeps its length. The result is read back before it counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from credlabel.errors import LabelError, LimitExceededError, MalformedAssetError

from ._fields import MAX_VALUE, Fields
from ._rdf import RdfLimitError
from ._rdf_editing import edited
from ._rdf_places import Locator, Places, with_blanks_before
from ._xmp import GOES_ON, MAX_PACKETS, encoding_of, is_said_by, read_packet

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from credlabel.hookspecs import Metadata

_NEW: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()
_WRAPPER_END: Final = b"<?xpacket end"
_LINE: Final = 100
_UNITS: Final = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_NO_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_XML_BYTES: Final = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")
_LONE: Final = re.compile("[\udc80-\udcff]")


def updated_packet(
    packet: bytes | None, changes: Mapping[str, tuple[str, ...]], *, padding: int = 0
) -> bytes:
    """Return ``packet`` in which each property has exactly its text, or none if it has none.

    The names are those that a reader gives without ``xmp:``, such as
    ``Iptc4xmpExt:DigitalSourceType``; an array or a structure of that name gives way to the text.
    Without a packet, a new one is made. Where nothing changes, ``packet`` is returned as it is;
    where it changes, at least ``padding`` blanks are left at its end, and it keeps its length if
    the blanks there allow it.

    Raises:
        LabelError: the texts are none that a simple property can hold.
        MalformedAssetError, LimitExceededError: the packet can't be updated safely.
    """
    wanted = {name: _checked(name, texts) for name, texts in changes.items()}
    if packet is None or not packet.strip(b"\0 \t\r\n"):
        if not any(wanted.values()):
            return packet or b""
        packet = _fitted(_NEW, 0, 1 + len(packet or b"") - len(_NEW))
    before = _said(packet)
    wanted = {
        name: text
        for name, text in wanted.items()
        if {each: texts for each, texts in before.items() if is_said_by(each, f"xmp:{name}")}
        != ({f"xmp:{name}": (text,)} if text else {})
    }
    if not wanted:
        return packet
    codec, start = encoding_of(packet)
    stop = len(packet) - (len(packet) - start) % _UNITS[codec]
    old = _converted(packet[start:stop], codec, "utf-8")
    new = edited(old, _located(old, wanted), wanted)
    grown = len(_converted(new, "utf-8", codec)) - (stop - start)
    new = _fitted(new, grown // _UNITS[codec], padding)
    made = packet[:start] + _converted(new, "utf-8", codec) + packet[stop:]
    _check(made, before, wanted)
    return made


def _checked(name: str, texts: tuple[str, ...]) -> str:
    """Return the text of a property, or nothing if it shall have none."""
    text = texts[0] if texts else ""
    if len(texts) > 1:
        raise LabelError(f"The XMP property {name} takes one text, not {len(texts)}.")
    if texts and (not text or text != text.strip()):
        raise LabelError(f"A text for the XMP property {name} can't be blank, or begin or end so.")
    if found := _NO_XML.search(text):
        raise LabelError(f"XML, and so XMP, can't hold the character U+{ord(found[0]):04X}.")
    if "/" in (name.partition("}")[2] if name.startswith("{") else name):
        raise LabelError(f"{name} is no simple property of XMP.")
    return text


def _said(packet: bytes) -> Metadata:
    """Return what a packet says.

    Raises:
        LimitExceededError: it is too large to be read to its end.
    """
    fields = Fields()
    read_packet(packet, fields)
    if len(packet) > MAX_VALUE or not fields.room:
        raise LimitExceededError("Its XMP packet is too large to be changed.")
    return fields.freeze()


def _converted(text: bytes, codec: str, other: str) -> bytes:
    if codec == other:
        return text  # damages included
    try:
        return text.decode(codec).encode(other)
    except UnicodeError as error:
        raise MalformedAssetError("Its XMP packet is no sound Unicode text.") from error


def _located(text: bytes, names: Container[str]) -> Places:
    """Return where in a packet, or several in a row, properties stand.

    Raises:
        MalformedAssetError: it is no sound XML to its end, or has a document type.
        LimitExceededError: there is too much of it.
    """
    text = _sound(text)
    places = Places()
    base = text.find(b"<")
    for _ in range(MAX_PACKETS):
        if base < 0:
            break
        locator = Locator(text, base, names, places)
        try:
            locator.parse(_refuse)
        except RdfLimitError as error:
            raise LimitExceededError("Its XMP packet is too complex to be changed.") from error
        except expat.ExpatError as error:
            base = text.find(b"<", base + locator.error_at)
            if error.code not in GOES_ON and not locator.is_over:
                raise MalformedAssetError(
                    f"Its XMP packet is no sound XML: {expat.ErrorString(error.code)}."
                ) from error
            if error.code not in GOES_ON:
                break
        else:
            break
    return places


def _refuse(*_: object) -> None:
    raise MalformedAssetError("Its XMP packet has a document type, which XMP does not allow.")


def _sound(text: bytes) -> bytes:
    """Return text of the same length in which bytes that XML can't hold are others.

    It tells where things are in ``text``, which keeps them.
    """
    if not text.isascii():
        text = _LONE.sub("?", text.decode("utf-8", "surrogateescape")).encode()
    return _NO_XML_BYTES.sub(b" ", text)


def _fitted(text: bytes, grown: int, padding: int) -> bytes:
    """Return a packet that has grown by some characters with blanks for the length it had."""
    end = text.rfind(_WRAPPER_END)
    if end < 0:
        return text  # nothing says where the packet ends but its container
    start = with_blanks_before(text, end)
    blanks = text[start:end]
    count = max(padding, len(blanks) - grown, 1 if blanks else 0)
    if count <= len(blanks):
        first = b"\n" if blanks.startswith(b"\n") else b""
        blanks = first + blanks[len(blanks) - count + len(first) :]
    else:
        lines, rest = divmod(count - len(blanks), _LINE)
        more = (b" " * (_LINE - 1) + b"\n") * lines + b" " * rest
        blanks = blanks[:1] + more + blanks[1:]
    return text[:start] + blanks + text[end:]


def _check(made: bytes, before: Metadata, wanted: Mapping[str, str]) -> None:
    """Return if a packet says what was wanted, and else what it said before.

    Raises:
        MalformedAssetError: it does not; the packet has a form that was misunderstood.
    """
    expected = {
        name: texts
        for name, texts in before.items()
        if not any(is_said_by(name, f"xmp:{each}") for each in wanted)
    }
    expected |= {f"xmp:{name}": (text,) for name, text in wanted.items() if text}
    if _said(made) != expected:
        raise MalformedAssetError("Its XMP packet has a form that can't be changed safely.")
