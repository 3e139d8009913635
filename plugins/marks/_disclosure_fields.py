"""The fields in which documents, pages and tags disclose: one table for writing and for reading.

``DigitalSourceType`` and the names of the AI properties are IPTC's; ``ai-disclosure`` and its like
are proposals to WICG and WHATWG. What a container spells otherwise is found by its bare name.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from credlabel.model import Origin

SOURCE_TYPE: Final = "digitalsourcetype"
DISCLOSURE: Final = "aidisclosure"
SYSTEM: Final = ("aisystemused", "aimodel")
VERSION: Final = ("aisystemversionused",)
PROVIDER: Final = ("aiprovider",)

ROOT: Final = "html:root:"
PART: Final = "html:attribute:"
LINKED_DATA: Final = "html:jsonld"
KEYS: Final = "markdown:"
"""Of a front matter."""
PLACES: Final = ("html:meta:", ROOT, "ooxml:custom:", "odf:user:", "epub:", "pdf:", KEYS)
"""Where documents disclose in a field of its own. Tags are read by marks/iptc.py."""

WORDS: Final = {
    "none": Origin.UNKNOWN,
    "aiassisted": Origin.EDITED_WITH_AI,
    "aimodified": Origin.EDITED_WITH_AI,
    "aigenerated": Origin.GENERATED,
    "aioriginated": Origin.GENERATED,
    "autonomous": Origin.GENERATED,
    "machinegenerated": Origin.GENERATED,
    "mixed": Origin.COMPOSITE,
}
"""What may stand in a disclosure, by its bare name. ``none`` denies that AI took part."""
DENIAL: Final = "none"
WRITTEN: Final = {
    Origin.GENERATED: "ai-generated",
    Origin.EDITED_WITH_AI: "ai-assisted",
    Origin.COMPOSITE: "mixed",
}
"""The word for each origin that speaks of AI."""


class Place(NamedTuple):
    """The names that one place has for what is disclosed; "" for what has no name there.

    Attributes:
        source_type, system, version, provider, disclosure: of the record's fields.
        tool, created, identifier, creator: of what is written where the file says nothing there.
        is_schema_org: its source types are schema.org's.
    """

    source_type: str = ""
    system: str = ""
    version: str = ""
    provider: str = ""
    disclosure: str = ""
    tool: str = ""
    created: str = ""
    identifier: str = ""
    creator: str = ""
    is_schema_org: bool = False

    def is_among(self, places: frozenset[str]) -> bool:
        """Return whether a format that can write ``places`` can write one of the names."""
        starts = tuple(f"{place}:" for place in places)
        return any(isinstance(name, str) and name.startswith(starts) for name in self)


def _iptc(prefix: str, *, tool: str = "") -> Place:
    return Place(
        source_type=f"{prefix}DigitalSourceType",
        system=f"{prefix}AISystemUsed",
        version=f"{prefix}AISystemVersionUsed",
        tool=tool,
    )


def _capitals(prefix: str) -> Place:
    """Return the same names as containers spell them that have their names in capitals."""
    return Place(
        source_type=f"{prefix}DIGITALSOURCETYPE",
        system=f"{prefix}AISYSTEMUSED",
        version=f"{prefix}AISYSTEMVERSIONUSED",
    )


TABLE: Final = (
    Place(disclosure="html:meta:ai-disclosure"),
    Place(
        disclosure=f"{ROOT}ai-disclosure",
        system=f"{ROOT}ai-model",
        provider=f"{ROOT}ai-provider",
    ),
    _iptc("ooxml:custom:"),
    Place(
        created="ooxml:core:created",
        identifier="ooxml:core:identifier",
        creator="ooxml:core:creator",
    ),
    _iptc("odf:user:"),
    Place(
        source_type="epub:meta:schema:digitalSourceType",
        system="epub:meta:Iptc4xmpExt:AISystemUsed",
        version="epub:meta:Iptc4xmpExt:AISystemVersionUsed",
        created="epub:meta:dcterms:created",
        is_schema_org=True,
    ),
    _iptc("pdf:", tool="pdf:Creator"),
    _iptc("id3:TXXX:"),
    _capitals("vorbis:"),
    _capitals("matroska:"),
    _iptc("flv:"),
    Place(tool="riff:ISFT"),
)
IN_FRONT_MATTER: Final = Place(
    source_type="markdown:digital_source_type", disclosure="markdown:ai_disclosure"
)
"""Only in a front matter that is there: many programs show it, so a page does not get one."""


def bare(name: str) -> str:
    """Return a name without what its spellings differ in.

    >>> bare("html:meta:AI-Disclosure") == bare("ai_disclosure") == "aidisclosure"
    True
    """
    return name.rpartition(":")[2].lower().replace("-", "").replace("_", "")
