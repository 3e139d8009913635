"""What a report shows of a file's marks, as far as it counts before a law.

Signed evidence counts, and so does what anybody could have written, if it was written to tell the
origin. A credential that does not hold proves nothing, a guess satisfies no clause, and neither do
the traces that a generator leaves without meaning to tell. All questions ask whether some evidence
does: less of it never answers better.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from credlabel.model import Basis, Compliance, Integrity, Layer, Origin, Strength
from credlabel.terms import INACCESSIBLE
from credlabel.triage import is_broken, speaks_of_ai

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.model import Evidence, Report, Situation

Answer = tuple[Compliance, str]
"""What becomes of a clause, and why in a sentence."""

CREDENTIAL: Final = "c2pa"
_DOCUMENTS: Final = (
    "application/epub+zip",
    "application/oxps",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.sun.xml.",
    "application/xhtml+xml",
    "text/html",
)


class Kind(StrEnum):
    """The kinds of content that laws tell apart. ``document`` is text in a container."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    TEXT = "text"
    OTHER = "other"


def kind_of(media_type: str) -> Kind:
    """Return the kind of content that files of a media type hold.

    >>> kind_of("application/pdf").value, kind_of("video/mp4").value
    ('document', 'video')
    """
    if media_type.startswith(_DOCUMENTS):
        return Kind.DOCUMENT
    family = media_type.partition("/")[0]
    if family in (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.TEXT):
        return Kind(family)
    return Kind.OTHER


@dataclass(frozen=True)
class Case:
    """One file before the law: the report, and whom and when it is about."""

    report: Report
    situation: Situation

    @property
    def media_type(self) -> str:
        """The file's media type."""
        return self.report.subject.media_type

    @cached_property
    def kind(self) -> Kind:
        """The kind of content that the file holds."""
        return kind_of(self.media_type)

    @cached_property
    def marks(self) -> tuple[Evidence, ...]:
        """The marks that count and say that AI made or changed the file; signed ones first."""
        found = [e for e in self.report.evidence if counts(e) and says_ai(e)]
        return tuple(sorted(found, key=lambda e: e.strength is not Strength.SIGNED))

    @cached_property
    def signed(self) -> tuple[Evidence, ...]:
        """Those among the marks that are signed."""
        return tuple(e for e in self.marks if e.strength is Strength.SIGNED)

    def by(self, detector: str) -> tuple[Evidence, ...]:
        """Return the marks of one kind that count, whatever they say."""
        return tuple(e for e in self.report.evidence if e.detector == detector and counts(e))

    def guesses(self, layer: Layer | None = None) -> tuple[Evidence, ...]:
        """Return the guesses that AI made or changed the file, of one layer or of all."""
        return tuple(
            e
            for e in self.report.evidence
            if e.strength is Strength.INFERRED and says_ai(e) and layer in (None, e.kind)
        )

    def lack(self) -> Answer:
        """Return what the lack of a mark that counts amounts to."""
        integrity = self.report.verdict.integrity
        if integrity is Integrity.TAMPERED:
            return (
                Compliance.NOT_COMPLIANT,
                "Its credential does not hold: the file was changed after it was signed.",
            )
        if integrity is Integrity.UNVERIFIABLE:
            return Compliance.INCONCLUSIVE, "Its credential could not be verified."
        if any(finding.code == INACCESSIBLE for finding in self.report.findings):
            return Compliance.INCONCLUSIVE, "Its credential is kept elsewhere and was not fetched."
        if self.guesses():
            return Compliance.INCONCLUSIVE, "Only a guess says that AI made it."
        return Compliance.NOT_FOUND, self._what_else()

    def _what_else(self) -> str:
        if any(says_ai(e) and not is_broken(e) for e in self.report.evidence):
            return "Only what is no mark says that AI made it: traces, or somebody's words."
        if any(e.origin is not Origin.UNKNOWN for e in self.report.evidence if counts(e)):
            return "Its marks do not say that AI made it; if it did not, declare it not-generated."
        return "It carries no mark that says that AI made it."


def counts(evidence: Evidence) -> bool:
    """Return whether evidence is a mark that nothing speaks against."""
    is_told = evidence.strength is not Strength.INFERRED and not is_broken(evidence)
    return is_told and evidence.basis is Basis.MARK


def says_ai(evidence: Evidence) -> bool:
    """Return whether evidence says that AI made or changed the file, or a part of it."""
    return evidence.origin is Origin.SIMULATED or speaks_of_ai(evidence)


def layer_of(evidence: Evidence) -> Layer:
    """Return the layer in the Code's sense: what is signed or written beside content is one."""
    if evidence.kind in (Layer.WATERMARK, Layer.FINGERPRINT):
        return evidence.kind
    return Layer.METADATA


def told(evidence: Evidence, *, first: bool = False) -> str:
    """Return what says something, in words for a sentence, or for the ``first`` of one."""
    name = f"the {evidence.detector} mark"
    if evidence.kind is Layer.CREDENTIAL:
        is_beside = detail(evidence, "location") == "sidecar"
        name = "the credential beside the file" if is_beside else "the credential"
    elif evidence.strength is Strength.ASSERTED:
        name = f"the unsigned {evidence.detector} mark"
    return name[0].upper() + name[1:] if first else name


def values(evidence: Evidence, name: str) -> Iterator[str]:
    """Yield what evidence says under one field of the record, now and in history that held."""
    found = getattr(evidence.provenance, name, None)
    if found:
        yield str(found)
    history = evidence.details.get("history")
    for record in history if isinstance(history, list) else ():
        if isinstance(record, dict) and record.get("held", True) and record.get(name):
            yield str(record[name])


def detail(evidence: Evidence, name: str) -> str:
    """Return a text among the details, or nothing."""
    found = evidence.details.get(name)
    return found if isinstance(found, str) else ""
