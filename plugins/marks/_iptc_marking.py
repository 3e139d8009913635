"""Writes IPTC's mark into XMP: the source type, the AI system, and what a credit line needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.terms import source_type_uri, states_ai

from . import _iptc_properties as iptc
from ._fields import own_name
from ._moments import moment
from ._saying import (
    said,
    said_in_lines,
    states_whole,
    system_of,
    tool_of,
    version_of,
    where_absent,
)
from ._source_type import stated_source_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.hookspecs import Asset, Metadata
    from credlabel.model import Provenance

MAX_PROMPT_BYTES: Final = 16_384
"""Longest prompt that is written. A JPEG's XMP has 64 kB for everything, and what cuts a prompt
off changes it."""


class IptcMarker:
    """Says the source type, and by which system, in IPTC's properties.

    The source type and the AI properties replace what the file says; the date, the credit line,
    the identifier and, if it made all of it, the tool are added where it says nothing.
    """

    name = "iptc"
    required: frozenset[str] = frozenset()

    def fields(self, asset: Asset, places: frozenset[str], provenance: Provenance) -> Metadata:
        """Return the properties; none without a source type, or where there is no XMP."""
        uri = source_type_uri(provenance.source_type)
        if "xmp" not in places or uri is None:
            return {}
        metadata = asset.metadata
        fields = {
            **dict.fromkeys(_contradicting(metadata, uri), (uri,)),
            iptc.SOURCE_TYPE: (uri,),
            **where_absent(
                metadata, iptc.CREDIT, said(provenance.provider), also=iptc.SAME_AS_CREDIT
            ),
            **where_absent(metadata, iptc.IDENTIFIER, said(provenance.identifier)),
        }
        if states_whole(uri):
            tool = tool_of(provenance)
            fields |= where_absent(metadata, iptc.TOOL, tool, also=iptc.SAME_AS_TOOL)
        if provenance.created:
            created = moment(provenance.created)
            fields |= where_absent(metadata, iptc.CREATED, created, also=iptc.SAME_AS_CREATED)
        return fields | _of_ai(metadata, provenance) if states_ai(uri) else fields


def _of_ai(metadata: Metadata, record: Provenance) -> dict[str, tuple[str, ...]]:
    """Return the AI properties. The version of another system does not stay beside this one."""
    fields: dict[str, tuple[str, ...]] = {}
    system, version = system_of(record), version_of(record)
    if system:
        fields[iptc.SYSTEM] = (system,)
        if version:
            fields[iptc.VERSION] = (version,)
        elif iptc.VERSION in metadata and metadata.get(iptc.SYSTEM) != (system,):
            fields[iptc.VERSION] = ()
    prompt = "\n\n".join(text for prompt in record.prompts if (text := said_in_lines(prompt.text)))
    if prompt and len(prompt.encode()) <= MAX_PROMPT_BYTES:
        fields[iptc.PROMPT] = (prompt,)
    return fields


def _contradicting(metadata: Metadata, uri: str) -> Iterator[str]:
    """Yield the properties of other schemas that state another source type."""
    name = iptc.bare(iptc.SOURCE_TYPE)
    for place, texts in metadata.items():
        if place.startswith("xmp:") and own_name(place) == name:
            stated = {stated_source_type(text) for text in texts} - {None, uri}
            if stated:
                yield place
