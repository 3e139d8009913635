"""What metadata say of a labelled file: they speak of all of it, a label of its last step.

A label may record an edit. Content that a model made before stays made by it, as the file's
earlier credentials, its marks or its traces tell; and who edited it is not who generated it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from credlabel import terms
from credlabel.model import Origin, Provenance, Role, Strength
from credlabel.triage import is_broken, speaks_of_ai

if TYPE_CHECKING:
    from credlabel.hookspecs import Asset

_WORDS: Final = {
    Origin.GENERATED: terms.TRAINED_ALGORITHMIC_MEDIA,
    Origin.EDITED_WITH_AI: terms.EDITED_BY_MODEL,
    Origin.COMPOSITE: terms.COMPOSITE_SYNTHETIC,
}
"""The source type for each origin that speaks of AI, the most far-reaching first."""


def of_the_whole(record: Provenance, asset: Asset, role: Role) -> Provenance:
    """Return ``record`` as it is true of the whole of ``asset``, labelled by somebody in ``role``.

    Where AI took no part in the last step but in an earlier one, what the record says of the maker
    is left out: it is about somebody else. A platform's name is never the maker's, and stays.
    """
    stated = terms.origin_of_source_type(record.source_type)
    if stated is Origin.GENERATED or not record.source_type:
        return record
    states_ai = terms.states_ai(record.source_type)
    there = _origins(asset, is_particular=states_ai)
    for origin, source_type in _WORDS.items():
        if states_ai and origin is stated:
            return record
        if origin in there:
            whole = record if states_ai else _of_nobody(record, role)
            return msgspec.structs.replace(whole, source_type=source_type)
    return record


def _origins(asset: Asset, *, is_particular: bool) -> set[Origin]:
    """Return the origins that speak of AI, of which no guess and no broken credential tells.

    A mark that has one word for several of them counts where nothing more particular is said, be
    it by the record.
    """
    spoken = [
        e
        for e in asset.evidence
        if speaks_of_ai(e) and not is_broken(e) and e.strength is not Strength.INFERRED
    ]
    particular = {e.origin for e in spoken if not e.details.get("covers")}
    return particular if particular or is_particular else {e.origin for e in spoken}


def _of_nobody(record: Provenance, role: Role) -> Provenance:
    if role is Role.PLATFORM:
        return Provenance(provider=record.provider, identifier=record.identifier)
    return Provenance()
