"""China's implicit label: GB 45438-2025, Annex E, in force with the Labeling Measures.

The provider writes one label into the file's metadata; a platform that passes the file on fills in
the propagator's pair. Where the label goes in each format is told by practice guides (TC260), of
which only reports were read: a label in another place warns.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from credlabel.hookspecs import hookimpl
from credlabel.model import Compliance, Role

from ._clauses import ClauseByClause, Rule, not_before
from ._evidence import detail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Evidence, Situation

    from ._evidence import Answer, Case

IN_FORCE: Final = date(2025, 9, 1)
DETECTOR: Final = "aigc"

_STANDARD: Final = "GB 45438-2025, Annex E"
_RULE: Final = "GB 45438-2025, clause 6.1 c)"
_GUIDES: Final = "TC260 practice guides, https://www.tc260.org.cn/tc260/sjzn/list_2.shtml"
_KEYS: Final = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
_MEANINGS: Final = frozenset({"1", "2", "3"})
_CODE: Final = re.compile(r"0011[0-9A-Z]{18}[12][0-9A-Z]{4}")
_UNUSUAL: Final = re.compile(r"[^!#-\[\]-~]")
"""What is not among the code points 0x21, 0x23 to 0x5B and 0x5D to 0x7E."""
_PLACES: Final = (
    ("image/png", ("xmp:", "png:AIGC")),
    ("image/jpeg", ("xmp:", "exif:UserComment")),
    ("image/webp", ("xmp:", "exif:UserComment")),
    ("image/", ("xmp:",)),
    ("video/mp4", ("mp4:",)),
    ("video/quicktime", ("mp4:",)),
    ("video/x-m4v", ("mp4:",)),
    ("video/avi", ("riff:",)),
    ("video/x-msvideo", ("riff:",)),
    ("video/matroska", ("matroska:",)),
    ("video/webm", ("matroska:",)),
    ("audio/matroska", ("matroska:",)),
    ("audio/webm", ("matroska:",)),
    ("video/x-flv", ("flv:",)),
    ("audio/mp4", ("mp4:",)),
    ("audio/wav", ("riff:",)),
    ("audio/mpeg", ("id3:TXXX:",)),
    ("audio/flac", ("vorbis:",)),
    ("audio/ogg", ("vorbis:",)),
    ("video/ogg", ("vorbis:",)),
    ("application/ogg", ("vorbis:",)),
    ("application/vnd.openxmlformats-officedocument.", ("ooxml:custom:",)),
    ("application/pdf", ("pdf:",)),
    ("text/markdown", ("markdown:AIGC",)),
    ("text/", ()),
    ("application/vnd.ms-", ()),
    ("application/epub+zip", ()),
    ("application/vnd.oasis.opendocument.", ()),
    ("application/xhtml+xml", ()),
    ("", ("xmp:",)),
)
"""Where the label goes, by the beginning of the media type; the first that fits counts."""


# ---------------------------------------------------------------------------- whom, and when


def _excused(case: Case) -> str:
    if case.situation.role is Role.DEPLOYER:
        return "It is for those who generate content or pass it on, and not for a deployer."
    if case.media_type == "text/plain":
        return "Plain text has no metadata to hold an implicit label."
    return not_before(IN_FORCE, case.situation)


def _no_platform(case: Case) -> str:
    if case.situation.role is Role.PROVIDER:
        return "The propagator's pair is for the platform that passes the file on."
    return _excused(case)


# ---------------------------------------------------------------------------- what is asked


def _one_label(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    if any(label.details.get("conflicts") for label in labels):
        return Compliance.NOT_COMPLIANT, "It has several labels that differ; one is allowed."
    if any(len(_places(label)) > 1 for label in labels):
        return Compliance.NOT_COMPLIANT, "It has the label in several places; one is allowed."
    return Compliance.COMPLIANT, "It has one label."


def _keys(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    for label in labels:
        if all(key in label.details for key in _KEYS):
            order = label.details.get("order")
            known = [key for key in order if key in _KEYS] if isinstance(order, list) else []
            if known and known != list(_KEYS):
                continue
            return Compliance.COMPLIANT, "The label has all seven keys."
    if not labels:
        return _lack(case)
    missing = [key for key in _KEYS if key not in labels[0].details]
    if not missing:
        return Compliance.NOT_COMPLIANT, "The label's keys are not in the standard's order."
    return Compliance.NOT_COMPLIANT, f"The label lacks {', '.join(missing)}."


def _value(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    if any(detail(label, "Label") in _MEANINGS and not _mistyped(label) for label in labels):
        return Compliance.COMPLIANT, "Label says how sure it is that AI made the content."
    return Compliance.NOT_COMPLIANT, "The value of Label is none of the texts 1, 2 and 3."


def _producer(case: Case) -> Answer:
    return _filled(case, "ContentProducer")


def _number(case: Case) -> Answer:
    return _filled(case, "ProduceID")


def _filled(case: Case, *names: str) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    if any(all(detail(label, name) for name in names) for label in labels):
        return Compliance.COMPLIANT, f"The label has {' and '.join(names)}."
    missing = [name for name in names if not detail(labels[0], name)]
    return Compliance.NOT_COMPLIANT, f"The label has no {' and no '.join(missing or names)}."


def _propagator(case: Case) -> Answer:
    return _filled(case, "ContentPropagator", "PropagateID")


def _equal_pairs(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    for label in labels:
        producer, number = detail(label, "ContentProducer"), detail(label, "ProduceID")
        pair = detail(label, "ContentPropagator"), detail(label, "PropagateID")
        if (producer, number) == pair and producer and number:
            return Compliance.COMPLIANT, "The propagator's pair is the producer's."
    return (
        Compliance.NOT_COMPLIANT,
        "The propagator's pair is not the producer's, as it is when the label is first written.",
    )


def _no_first_writer(case: Case) -> str:
    if case.situation.role is not Role.PROVIDER:
        return "It is for whoever writes the label first."
    return _excused(case)


def _code(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    if any(_CODE.fullmatch(detail(label, "ContentProducer")) for label in labels):
        return Compliance.COMPLIANT, "ContentProducer is a code of the form that the guide has."
    return (
        Compliance.NOT_COMPLIANT,
        "ContentProducer is no code of 27 characters; a name is accepted, the code is usual.",
    )


def _characters(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    for label in labels:
        if not any(_UNUSUAL.search(_outer(detail(label, key))) for key in _KEYS):
            return Compliance.COMPLIANT, "It is written in the characters of the standard."
    return Compliance.NOT_COMPLIANT, "It has characters that the standard does not list."


def _place(case: Case) -> Answer:
    labels = case.by(DETECTOR)
    if not labels:
        return _lack(case)
    usual = next(places for start, places in _PLACES if case.media_type.startswith(start))
    if not usual:
        return Compliance.INCONCLUSIVE, "No guide was found that names a place in such a file."
    if any(place.startswith(usual) for label in labels for place in _places(label)):
        return Compliance.COMPLIANT, "The label is where the guide for this format has it."
    return (
        Compliance.NOT_COMPLIANT,
        f"The label is not where the guide for this format has it ({' or '.join(usual)}).",
    )


def _lack(case: Case) -> Answer:
    if case.report.verdict.marks or case.report.evidence:
        return Compliance.NOT_FOUND, "It carries no AIGC label, only other marks or traces."
    return Compliance.NOT_FOUND, "It carries no AIGC label."


def _places(label: Evidence) -> list[str]:
    found = label.details.get("places")
    return [place for place in found if isinstance(place, str)] if isinstance(found, list) else []


def _mistyped(label: Evidence) -> bool:
    types = label.details.get("types")
    return isinstance(types, dict) and "Label" in types


def _outer(text: str) -> str:
    r"""Return a value without escaped quotes, which are allowed beside the list."""
    return text.replace('\\"', "").replace('"', "")


# ---------------------------------------------------------------------------- the profile


class ImplicitLabel(ClauseByClause):
    """Annex E clause by clause."""

    name = "cn-gb45438"
    title = "China, GB 45438-2025: the implicit label"
    rules = (
        Rule(
            "6.1 c)",
            "The file's metadata has exactly one implicit label.",
            _RULE,
            _one_label,
            _excused,
        ),
        Rule(
            "Annex E, keys",
            "The label has seven keys, in the order of the standard.",
            _STANDARD,
            _keys,
            _excused,
        ),
        Rule(
            "Annex E, Label",
            "Label is 1 (generated), 2 (possibly) or 3 (suspected).",
            _STANDARD,
            _value,
            _excused,
        ),
        Rule(
            "Annex E, ContentProducer",
            "ContentProducer is the name or code of who generated the content.",
            _STANDARD,
            _producer,
            _excused,
        ),
        Rule(
            "Annex E, ProduceID",
            "ProduceID is the producer's own number of the content.",
            _STANDARD,
            _number,
            _excused,
        ),
        Rule(
            "Annex E, propagator",
            "ContentPropagator and PropagateID say who passed the content on, and its number.",
            _STANDARD,
            _propagator,
            _no_platform,
        ),
        Rule(
            "Annex E, note 1",
            "When the label is first written, the propagator's pair is the producer's.",
            _STANDARD,
            _equal_pairs,
            _no_first_writer,
            is_binding=False,
        ),
        Rule(
            "Annex E j)",
            "Values are mainly written in printable ASCII, without spaces.",
            _STANDARD,
            _characters,
            _excused,
            is_binding=False,
        ),
        Rule(
            "TC260-PG-20252A",
            "ContentProducer is a code of 27 characters with the unified social credit code.",
            _GUIDES,
            _code,
            _excused,
            is_primary=False,
            is_binding=False,
        ),
        Rule(
            "TC260 format guides",
            "The label is in the place that the guide for the format names.",
            _GUIDES,
            _place,
            _excused,
            is_primary=False,
            is_binding=False,
        ),
    )

    def marks(self, situation: Situation) -> tuple[str, ...]:
        """Return the provider's label, or the platform's addition to it."""
        return ("aigc-propagator",) if situation.role is Role.PLATFORM else ("aigc",)

    def required(self, situation: Situation) -> frozenset[str]:
        """Return what a provider has to say; a platform adds to what is there."""
        is_platform = situation.role is Role.PLATFORM
        return frozenset() if is_platform else frozenset({"provider", "identifier"})


@hookimpl
def credlabel_policies() -> Iterable[ImplicitLabel]:
    """Return the profile."""
    return (ImplicitLabel(),)
