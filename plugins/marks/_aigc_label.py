"""The AIGC label of GB 45438-2025: its fields, where it belongs, and where it is found.

One table for those who write the label and who read it. The label is a JSON object under a name
that holds ``AIGC``, in whatever place the container has for it. Such a name alone means nothing:
the label counts with a field that the standard knows.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ._fields import without_namespaces
from ._foreign import object_of, plain
from ._saying import is_writable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.hookspecs import Metadata
    from credlabel.model import Json

MAX_FIELD: Final = 65_536
"""Characters of one field that are read; a signature with its keys takes one or two thousand."""

KEY: Final = "AIGC"
FIELDS: Final = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
"""Annex E, in its order."""
SERVICE: Final = ("ServiceProvider", "ServiceUser", "Time", "ContentId")
"""Another schema, of Tencent Cloud: it has no label, and is written on what is generated."""

XMP: Final = "xmp:TC260:AIGC"
_PLACES: Final = {
    # TC260-PG-20257A (video), 202510A (audio), 20258A (documents), V1.0 of August 2025. Pictures
    # (20259A) and whatever the guides don't know have XMP.
    **dict.fromkeys(
        ("video/mp4", "video/quicktime", "video/x-m4v", "audio/mp4", "audio/x-m4a", "video/3gpp"),
        "mp4:AIGC",
    ),
    **dict.fromkeys(
        ("video/x-matroska", "video/matroska", "audio/x-matroska", "audio/matroska"),
        "matroska:AIGC",
    ),
    **dict.fromkeys(("video/webm", "audio/webm"), "matroska:AIGC"),
    **dict.fromkeys(("video/avi", "video/x-msvideo", "audio/wav", "audio/x-wav"), "riff:AIGC"),
    **dict.fromkeys(("video/x-flv", "video/flv"), "flv:AIGC"),
    "audio/mpeg": "id3:TXXX:AIGC",
    **dict.fromkeys(("audio/flac", "audio/ogg", "audio/opus", "video/ogg"), "vorbis:AIGC"),
    "application/ogg": "vorbis:AIGC",
    "application/pdf": "pdf:AIGC",
    "text/markdown": "markdown:AIGC",
}
_ELSEWHERE: Final = (
    "ooxml:custom:AIGC",  # 20258A, 6.1: whatever kind of document it is
    XMP,
    # The guides name no place in these. The standard asks for a name with AIGC in the metadata,
    # and pages of some providers have the first.
    "html:meta:aigc",
    "odf:user:AIGC",
    "epub:meta:TC260:AIGC",
)
_BASE: Final = re.compile(r"(?:[^{/]|\{[^}]*\})*+")


class Found(NamedTuple):
    """A label in a file.

    Attributes:
        name: the field of the metadata in which it stands.
        values: the known fields that it has, as texts, in the standard's order.
        raw: the object as it stands there.
        text: the text of that field that holds it; none if it is a structure of XMP.
    """

    name: str
    values: Json
    raw: Json
    text: str = ""


def place_for(media_type: str, places: frozenset[str]) -> str:
    """Return where a label belongs in a file of ``media_type``, or nothing.

    ``places`` are those which its format can write.
    """
    for place in (_PLACES.get(media_type, ""), *_ELSEWHERE):
        if place and is_writable(place, places):
            return place
    return ""


def labels_in(metadata: Metadata) -> Iterator[Found]:
    """Yield every label that stands where one may."""
    for name, found, text in _candidates(metadata):
        values = _known(found)
        if values:
            yield Found(name, values, found, text)


def _candidates(metadata: Metadata) -> Iterator[tuple[str, Json, str]]:
    """Yield every object that stands where a label may: its field, itself, the field's text."""
    structures: dict[str, Json] = {}
    for place, texts in metadata.items():
        if KEY in place.upper() and KEY in without_namespaces(place).upper():
            field = without_namespaces(place).partition("/")[2]
            if field:
                structures.setdefault(_base(place), {})[field.rpartition(":")[2]] = texts[0]
            else:
                yield from _named(place, texts)
        else:
            yield from _unnamed(place, texts)
    for base, structure in structures.items():
        yield base, structure, ""


def _base(place: str) -> str:
    """Return the name of a property of XMP, without the field of its structure."""
    found = _BASE.match(place)
    return found[0] if found else place


def _named(place: str, texts: tuple[str, ...]) -> Iterator[tuple[str, Json, str]]:
    """Yield the objects in a field that has the label's name."""
    for text in texts:
        found = object_of(text.strip().removeprefix(KEY))
        if found is not None:
            yield place, _unwrapped(found) or found, text


def _unnamed(place: str, texts: tuple[str, ...]) -> Iterator[tuple[str, Json, str]]:
    """Yield the objects that have the label's name inside a field of any name."""
    for text in texts:
        if text[:1] == "{" and (f'"{KEY}"' in text or SERVICE[0] in text):
            found = object_of(text) or {}
            yield place, _unwrapped(found) or _other_schema(found), text


def _unwrapped(found: Json) -> Json:
    """Return what stands in an object under the name AIGC: an object, or its text."""
    inner = found.get(KEY)
    inner = object_of(inner) if isinstance(inner, str) else inner
    return inner if isinstance(inner, dict) else {}


def _other_schema(found: Json) -> Json:
    """Return an object in a field without the name, if it is whole."""
    return found if all(name in found for name in SERVICE) else {}


def _known(found: Json) -> Json:
    """Return the fields that a standard knows, in its order; none if there is nothing in them."""
    values: Json = {}
    for name in (*FIELDS, *SERVICE):
        value = found.get(name)
        if isinstance(value, dict):
            value = json_text(value)
        if name in found:
            values[name] = plain(value, MAX_FIELD).strip()
    return values if any(values.values()) else {}


def json_text(value: Json) -> str:
    """Return an object as JSON, or nothing if it is nested too deeply."""
    try:
        return json.dumps(value)
    except RecursionError:
        return ""


def states_generation(values: Json) -> bool:
    """Return whether the label says so: in the standard's way, MiniMax's, or Tencent's."""
    if "Label" in values:
        return str(values["Label"]).upper() in {"1", KEY}
    return all(name in values for name in SERVICE)
