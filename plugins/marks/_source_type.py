"""Digital source types as files spell them: the URI, the bare code, IPTC's and schema.org's."""

from __future__ import annotations

from typing import Final

from credlabel.terms import SOURCE_TYPES, source_type_uri

_QCODE: Final = "digsrctype:"
_SCHEMA_ORG: Final = "https://schema.org/"
_SCHEMA: Final = (_SCHEMA_ORG, "http://schema.org/", "schema:")
_SUFFIX: Final = "DigitalSource"
_COMPUTATIONAL: Final = "computationalCapture"
_MULTI_FRAME: Final = "multiFrameComputationalCapture"
"""schema.org's name for the former."""
_NOT_THERE: Final = frozenset(
    {"digitalCreation", "empty", "humanEdits", "softwareImage", "trainedAlgorithmicData"}
)
"""schema.org has IPTC's vocabulary as it was in 2022."""


def stated_source_type(term: str) -> str | None:
    """Return the full URI of a term of the vocabulary, however it is spelt, or None.

    >>> stated_source_type("https://schema.org/TrainedAlgorithmicMediaDigitalSource")
    'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
    >>> stated_source_type("trained_algorithmic_media")
    'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
    """
    term = term.strip()[:200].removeprefix(_QCODE)
    for prefix in _SCHEMA:
        term = term.removeprefix(prefix)
    if "/" not in term:
        term = term.removesuffix(_SUFFIX)
        first, *rest = term.split("_")
        term = first[:1].lower() + first[1:] + "".join(word.capitalize() for word in rest)
        term = _COMPUTATIONAL if term == _MULTI_FRAME else term
    return source_type_uri(term)


def schema_org_term(uri: str) -> str:
    """Return schema.org's URI of a source type, or the source type's own if it has none.

    >>> schema_org_term("http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia")
    'https://schema.org/AlgorithmicMediaDigitalSource'
    """
    code = uri.rpartition("/")[2]
    if code in _NOT_THERE or code not in SOURCE_TYPES:
        return uri
    name = _MULTI_FRAME if code == _COMPUTATIONAL else code
    return f"{_SCHEMA_ORG}{name[0].upper()}{name[1:]}{_SUFFIX}"
