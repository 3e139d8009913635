"""IPTC Photo Metadata 2025.1: what it has for content that AI made or changed.

No law: who asks for it holds a file to the letter of it. The source type has to be there as its
full URI; the other properties are recommended. IPTC's Video Metadata Hub 1.7 has the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Compliance
from credlabel.terms import SOURCE_TYPES

from ._clauses import ClauseByClause, Rule
from ._evidence import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Evidence, Situation

    from ._evidence import Answer, Case

DETECTOR: Final = "iptc"
_SOURCE: Final = "https://www.iptc.org/std/photometadata/specification/"
_PROPERTY: Final = "xmp:Iptc4xmpExt:DigitalSourceType"
_URIS: Final = frozenset(prefix + code for code, (prefix, _) in SOURCE_TYPES.items())


def _excused(case: Case) -> str:
    return "" if case.kind in (Kind.IMAGE, Kind.VIDEO) else "It is about pictures and video."


def _source_type(case: Case) -> Answer:
    for mark in case.by(DETECTOR):
        if mark.provenance is not None and mark.provenance.source_type:
            return Compliance.COMPLIANT, "It states its digital source type."
    return Compliance.NOT_FOUND, "It states no digital source type."


def _spelling(case: Case) -> Answer:
    stated = [mark for mark in case.by(DETECTOR) if _has_source_type(mark)]
    if not stated:
        return Compliance.NOT_FOUND, "It states no digital source type."
    unknown = False
    for mark in stated:
        spellings = list(_spellings(mark))
        if any(place == _PROPERTY and says in _URIS for place, says in spellings):
            return Compliance.COMPLIANT, "It is the full URI, in the property for it."
        unknown = unknown or not spellings
    if unknown:
        return Compliance.INCONCLUSIVE, "How the digital source type is spelt was not told."
    return (
        Compliance.NOT_COMPLIANT,
        "It is not the full URI of the vocabulary (http://, no bare code) in XMP.",
    )


def _has_source_type(mark: Evidence) -> bool:
    return mark.provenance is not None and bool(mark.provenance.source_type)


def _spellings(mark: Evidence) -> Iterable[tuple[str, str]]:
    """Yield what the file says word for word, with its place."""
    stated = mark.details.get("stated")
    for each in stated if isinstance(stated, list) else ():
        if isinstance(each, dict):
            yield str(each.get("place")), str(each.get("says"))


def _system(case: Case) -> Answer:
    for mark in case.by(DETECTOR):
        if mark.provenance is not None and mark.provenance.system:
            return Compliance.COMPLIANT, "It names the AI system used."
    return Compliance.NOT_FOUND, "It does not name the AI system used."


def _version(case: Case) -> Answer:
    for mark in case.by(DETECTOR):
        if mark.provenance is not None and mark.provenance.system_version:
            return Compliance.COMPLIANT, "It gives the version of the AI system used."
    return Compliance.NOT_FOUND, "It does not give the version of the AI system used."


def _prompt(case: Case) -> Answer:
    for mark in case.by(DETECTOR):
        if mark.provenance is not None and mark.provenance.prompts:
            return Compliance.COMPLIANT, "It holds the prompt."
    return Compliance.NOT_APPLICABLE, "The prompt is optional, and left out for privacy."


class PhotoMetadata(ClauseByClause):
    """The properties for AI, one by one."""

    name = "iptc-2025.1"
    title = "IPTC Photo Metadata Standard 2025.1"
    rules = (
        Rule(
            "DigitalSourceType",
            "The file states its digital source type.",
            _SOURCE,
            _source_type,
            _excused,
        ),
        Rule(
            "DigitalSourceType, URI",
            "The digital source type is a full URI of the vocabulary, with http.",
            _SOURCE,
            _spelling,
            _excused,
        ),
        Rule(
            "AISystemUsed",
            "The file names the AI engine or model.",
            _SOURCE,
            _system,
            _excused,
            is_binding=False,
        ),
        Rule(
            "AISystemVersionUsed",
            "The file gives the version of the AI system.",
            _SOURCE,
            _version,
            _excused,
            is_binding=False,
        ),
        Rule(
            "AIPromptInformation",
            "The file may hold the prompt.",
            _SOURCE,
            _prompt,
            _excused,
            is_binding=False,
        ),
    )

    def marks(self, situation: Situation) -> tuple[str, ...]:  # noqa: ARG002 - the Protocol's
        """Return IPTC's properties."""
        return ("iptc",)


@hookimpl
def credlabel_policies() -> Iterable[PhotoMetadata]:
    """Return the profile."""
    return (PhotoMetadata(),)
