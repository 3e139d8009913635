"""A provenance record as it will be written: checked, with its defaults filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from credlabel import terms
from credlabel.credentials import MAX_TEXT_BYTES
from credlabel.errors import ConfigError
from credlabel.files import show
from credlabel.manifest import MAX_ITEMS, with_prompt_digests
from credlabel.model import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Prompts = Literal["digest", "text"]

MADE_UP: Final = frozenset({"created", "identifier", "source_type"})
"""Fields that a label fills in where the record leaves them out."""

_DATA_TYPES: Final = frozenset(
    {"text/csv", "text/tab-separated-values", "application/json", "application/octet-stream"}
)
"""Output that is data rather than media: C2PA has a source type of its own for it."""


def complete_record(
    provenance: Provenance, *, media_type: str, prompts: Prompts, now: datetime, edits: bool
) -> Provenance:
    """Return the record that a label of content of ``media_type`` will hold, word for word.

    ``prompts`` says how they are recorded; ``now`` is when the content was created, if the record
    does not tell. Content that has credentials already (``edits``) is taken for edited with a
    model if the record names a generator, and is left to its history if it does not.

    Raises:
        ConfigError: it can't be written, or would not be read back whole.
    """
    try:
        record = msgspec.json.decode(msgspec.json.encode(provenance), type=Provenance)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise ConfigError(f"The provenance can't be used: {error}") from error
    if not all(prompt.text or prompt.sha256 for prompt in record.prompts):
        raise ConfigError("A prompt in the provenance is empty.")
    _check_size(record, prompts)
    default = _source_type_of_edit if edits else _source_type_of_creation
    given = record.source_type or default(record, media_type)
    source_type = terms.source_type_uri(given) if given else ""
    if source_type is None:
        raise ConfigError(
            f"{show(record.source_type)!r} is no digital source type.",
            hint="Use a code such as trainedAlgorithmicMedia, or its full URI.",
        )
    record = msgspec.structs.replace(
        record, source_type=source_type, created=record.created or now.replace(microsecond=0)
    )
    return with_prompt_digests(record) if prompts == "digest" else record


def require_fields(record: Provenance, names: Iterable[str], *, what: str) -> None:
    """Return if the record says something in each of the fields called ``names``.

    Raises:
        ConfigError: it leaves some of them empty; ``what`` is the profile that asks for them.
    """
    missing = sorted(name for name in names if not getattr(record, name))
    if missing:
        raise ConfigError(
            f"A label for {what} has to say: {', '.join(missing)}.",
            hint="Say so: "
            + " ".join(f"--{name.replace('_', '-')} …" for name in missing)
            + ", or in the record given with --provenance.",
        )


def _check_size(record: Provenance, prompts: Prompts) -> None:
    """Refuse what a reader would cut off."""
    count = len(record.prompts) + len(record.models) + len(record.sources)
    if count >= MAX_ITEMS:
        raise ConfigError(
            f"The provenance names {count} prompts, models and sources: too many for a label.",
            hint=f"A label takes fewer than {MAX_ITEMS}: name a list of them as one source.",
        )
    if prompts == "text" and any(
        len(prompt.text.encode()) > MAX_TEXT_BYTES for prompt in record.prompts
    ):
        raise ConfigError(
            f"A prompt of more than {MAX_TEXT_BYTES} bytes can't be put into a label as text.",
            hint="Record its digest instead, which is the default.",
        )


def _source_type_of_edit(record: Provenance, _media_type: str) -> str:
    names_generator = record.system or record.models or record.prompts
    return terms.EDITED_BY_MODEL if names_generator else ""


def _source_type_of_creation(record: Provenance, media_type: str) -> str:
    if record.simulators and not record.models:  # no training data is in it
        return terms.ALGORITHMIC_MEDIA
    is_data = media_type in _DATA_TYPES
    return terms.TRAINED_ALGORITHMIC_DATA if is_data else terms.TRAINED_ALGORITHMIC_MEDIA
