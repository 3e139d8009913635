"""What linked data of a page (JSON-LD, in schema.org's words) states about digital sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from ._foreign import object_of, plain
from ._moments import moment
from ._saying import said, system_of, version_of
from ._source_type import schema_org_term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.model import Json, Provenance

MAX_NODES: Final = 10_000
"""Values of a page's linked data that are looked at."""

_MEDIA: Final = frozenset({"ImageObject", "VideoObject", "AudioObject", "MediaObject"})
"""Types that describe something on the page, and not the page."""
_CONTEXT: Final = "https://schema.org"
_PAGE: Final = "WebPage"
_STATED: Final = "digitalSourceType"
_VARIABLE: Final = ("dateCreated", "identifier")
"""What differs each time that the same is said."""
_KEYS: Final = frozenset({"@context", "@type", _STATED, "creator", *_VARIABLE})


class Said(NamedTuple):
    """A digital source type, and whether it is that of something on the page."""

    text: str
    is_part: bool


def source_types_in(text: str) -> Iterator[Said]:
    """Yield what the linked data state, of the page and of what is on it."""
    try:
        waiting: list[tuple[object, bool]] = [(json.loads(text), False)]
    except (ValueError, RecursionError):
        return
    seen = 0
    while waiting and seen < MAX_NODES:
        value, is_part = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting += [(item, is_part) for item in value[:MAX_NODES]]
        elif isinstance(value, dict):
            given = value.get("@type")
            types = given if isinstance(given, list) else [given]
            is_part = is_part or any(kind in _MEDIA for kind in types if isinstance(kind, str))
            stated = value.get(_STATED)
            if isinstance(stated, str):
                yield Said(stated, is_part)
            waiting += [
                (item, is_part or key != "@graph") for key, item in value.items() if key != "@type"
            ]


def page_statement(text: str) -> Json | None:
    """Return the object that ``with_statement`` wrote, or None if it did not write ``text``."""
    found = object_of(text)
    if found is None or not found.keys() <= _KEYS:
        return None
    is_ours = found.get("@context") == _CONTEXT and found.get("@type") == _PAGE
    return found if is_ours and isinstance(found.get(_STATED), str) else None


def generator_in(text: str) -> dict[str, str]:
    """Return what a statement about the page tells of the generator, and when and which it was."""
    found = page_statement(text) or {}
    creator = _object(found.get("creator"))
    given = {
        "system": creator.get("name"),
        "version": creator.get("softwareVersion"),
        "provider": _object(creator.get("provider")).get("name"),
        "created": found.get("dateCreated"),
        "identifier": found.get("identifier"),
    }
    return {key: plain(value).strip() for key, value in given.items()}


def with_statement(
    texts: tuple[str, ...], uri: str, record: Provenance, *, names_ai: bool
) -> tuple[str, ...]:
    """Return a page's linked data with one statement about the page, the others as they are.

    An earlier one that says all of it, and perhaps more, is kept.
    """
    statement = _statement(uri, record, names_ai=names_ai)
    same = _without_variable(statement)
    kept = []
    is_there = False
    for text in texts:
        earlier = page_statement(text)
        if earlier is None:
            kept.append(text)
        elif same.items() <= earlier.items() and not is_there:
            is_there = True
            kept.append(text)
    if not is_there:
        written = json.dumps(statement, ensure_ascii=False, separators=(",", ":"))
        kept.append(written.replace("<", "\\u003c"))  # which may end the script
    return tuple(kept)


def _statement(uri: str, record: Provenance, *, names_ai: bool) -> Json:
    statement: Json = {
        "@context": _CONTEXT,
        "@type": _PAGE,
        _STATED: schema_org_term(uri),
    }
    name, version, provider = system_of(record), version_of(record), said(record.provider)
    if names_ai and name:
        creator: Json = {"@type": "SoftwareApplication", "name": name}
        if version:
            creator["softwareVersion"] = version
        if provider:
            creator["provider"] = {"@type": "Organization", "name": provider}
        statement["creator"] = creator
    if record.created:
        statement["dateCreated"] = moment(record.created)
    if record.identifier:
        statement["identifier"] = said(record.identifier)
    return statement


def _without_variable(statement: Json) -> Json:
    return {key: value for key, value in statement.items() if key not in _VARIABLE}


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
