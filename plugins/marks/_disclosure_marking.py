"""Writes what documents, pages and tags disclose, in the places other than XMP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.terms import origin_of_source_type, source_type_uri, states_ai

from . import _disclosure_fields as disclosure
from ._linked_data import with_statement
from ._moments import moment
from ._saying import (
    is_writable,
    said,
    states_whole,
    system_of,
    tool_of,
    version_of,
    where_absent,
)
from ._source_type import schema_org_term, stated_source_type

if TYPE_CHECKING:
    from credlabel.hookspecs import Asset, Metadata
    from credlabel.model import Provenance

    from ._disclosure_fields import Place

_NO_KEYS: Final = ("markdown:AIGC", "markdown:front-matter")
"""A label, which may stand elsewhere, too, and all of it as it is written."""


class DisclosureMarker:
    """Says the source type, and by which system, in every place that the format can write.

    Words about AI are only written with a source type that speaks of AI: mathematics has one, too.
    """

    name = "disclosure"
    required: frozenset[str] = frozenset()

    def fields(self, asset: Asset, places: frozenset[str], provenance: Provenance) -> Metadata:
        """Return the fields; none without a source type, nor where there is no place."""
        uri = source_type_uri(provenance.source_type)
        if uri is None:
            return {}
        metadata = asset.metadata
        table = [place for place in disclosure.TABLE if place.is_among(places)]
        if _has_front_matter(metadata):
            table.append(disclosure.IN_FRONT_MATTER)
        fields: dict[str, tuple[str, ...]] = {}
        for place in table:
            said = _said_in(place, metadata, uri, provenance)
            fields |= {name: texts for name, texts in said.items() if is_writable(name, places)}
        if is_writable(disclosure.LINKED_DATA, places):
            texts = metadata.get(disclosure.LINKED_DATA, ())
            fields[disclosure.LINKED_DATA] = with_statement(
                texts, uri, provenance, names_ai=states_ai(uri)
            )
        return fields


def _said_in(
    place: Place, metadata: Metadata, uri: str, record: Provenance
) -> dict[str, tuple[str, ...]]:
    """Return what changes in one place."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, text in _stated(place, uri, record).items():
        if text:
            fields |= _in_one_spelling(metadata, name, text)
    for name, text in _added(place, uri, record).items():
        fields |= where_absent(metadata, name, text)
    return fields | dict.fromkeys(_of_another_system(metadata, place, fields), ())


def _stated(place: Place, uri: str, record: Provenance) -> dict[str, str]:
    """Return the texts by name that replace what the file says."""
    texts = {place.source_type: schema_org_term(uri) if place.is_schema_org else uri}
    if states_ai(uri):
        texts |= {
            place.disclosure: disclosure.WRITTEN[origin_of_source_type(uri)],
            place.system: system_of(record),
            place.version: version_of(record),
            place.provider: said(record.provider),
        }
    return {name: text for name, text in texts.items() if name}


def _added(place: Place, uri: str, record: Provenance) -> dict[str, str]:
    """Return the texts by name that are written where the file says nothing."""
    is_whole = states_whole(uri)
    texts = {
        place.tool: tool_of(record) if is_whole else "",
        place.created: moment(record.created) if record.created else "",
        place.identifier: said(record.identifier),
        # A document that a person wrote has an author, even if it does not say so.
        place.creator: (said(record.provider) or tool_of(record)) if is_whole else "",
    }
    return {name: text for name, text in texts.items() if name}


def _in_one_spelling(metadata: Metadata, name: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return the field in the spelling that the file has for it, without its other spellings."""
    alike = _spellings(metadata, name)
    kept = name if name in alike or not alike else alike[0]
    is_source_type = disclosure.bare(name) == disclosure.SOURCE_TYPE
    before = metadata.get(kept, ())
    if is_source_type and [stated_source_type(each) for each in before] == [
        stated_source_type(text)
    ]:
        text = before[0]  # it says so already, in whatever notation
    return {**{other: () for other in alike if other != kept}, kept: (text,)}


def _spellings(metadata: Metadata, name: str) -> list[str]:
    """Return the names in the file that are ``name``, however they are spelt."""
    place, _, _ = name.rpartition(":")
    return [
        other
        for other in metadata
        if other.startswith(f"{place}:")
        and other.count(":") == name.count(":")
        and disclosure.bare(other) == disclosure.bare(name)
    ]


def _of_another_system(metadata: Metadata, place: Place, fields: Metadata) -> list[str]:
    """Return what stands beside the name of a system that is replaced: version and provider."""
    names = (*_spellings(metadata, place.system), place.system)
    if not any(fields.get(name) and metadata.get(name) != fields[name] for name in names):
        return []
    beside = (*_spellings(metadata, place.version), *_spellings(metadata, place.provider))
    return [name for name in beside if name not in fields]


def _has_front_matter(metadata: Metadata) -> bool:
    """Return whether a text has front matter of its own, and not just the AIGC label."""
    return any(name.startswith(disclosure.KEYS) and name not in _NO_KEYS for name in metadata)
