"""Digital source types as files spell them: the URI, the bare code, IPTC's and schema.org's."""

from __future__ import annotations

from typing import Final

from credlabel.terms import source_type_uri

_QCODE: Final = "digsrctype:"
_SCHEMA: Final = ("https://schema.org/", "http://schema.org/", "schema:")
_SUFFIX: Final = "DigitalSource"


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
    return source_type_uri(term)
