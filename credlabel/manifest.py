"""Provenance to a C2PA manifest definition and back.

What C2PA has a place for goes there, so that everybody's reader understands it: the digital source
type, the system and the time into the first action; prompts, models and source data into
``inputTo`` ingredients; model and human oversight into ``c2pa.ai-disclosure``. The rest (provider,
simulators, filters, reviews, identifier, where to verify) goes into one assertion of our own,
``org.credlabel.provenance``.

Ingredients name data that is not in the file by digest, as RFC 6920 has it
(``ni:///sha-256;…``), in their instance ID.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel import terms
from credlabel._version import __version__
from credlabel.credentials import Claim, CredentialReading
from credlabel.model import Json, Model, Prompt, Provenance, SourceReference, Time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

GENERATOR: Final = "credlabel"
"""What our claims name as their generator."""

_NI: Final = "ni:///sha-256;"
_OURS: Final = ("provider", "simulators", "filters", "reviews", "identifier", "verify_uri")
MAX_ITEMS: Final = 1000
"""Most ingredients, actions or assertions that are read from one manifest."""

_APPROVALS: Final = frozenset({"accepted", "approved", "ok", "pass", "passed", "validated"})
"""Outcomes of a review that say that a person stands by the content."""


# ---------------------------------------------------------------------------- writing


def claim_of(provenance: Provenance, *, title: str, edits: bool, input_sha256: str = "") -> Claim:
    """Return the claim that says ``provenance`` of a file called ``title``.

    With ``edits`` the content had credentials before: the record then describes an edit of it
    (the caller, or the library, adds the ``c2pa.opened`` action before). ``input_sha256`` is the
    digest of the bytes before they were labelled: whoever still has those can tell, from the
    labelled file alone, that this is their label.
    """
    ingredients, resources = _ingredients(provenance)
    action: Json = {"action": terms.CREATED}
    if edits:  # without a source type nothing is said of the content, so only the record is new
        action["action"] = terms.EDITED if provenance.source_type else terms.EDITED_METADATA
    if provenance.source_type:
        action["digitalSourceType"] = provenance.source_type
    if provenance.system:
        action["softwareAgent"] = _named(provenance.system, provenance.system_version)
    if provenance.created is not None:
        action["when"] = msgspec.to_builtins(provenance.created)
    if ingredients:
        action["parameters"] = {"ingredientIds": [item["label"] for item in ingredients]}
    assertions = [
        _assertion(terms.ACTIONS, {"actions": [action], "allActionsIncluded": True}),
    ]
    disclosure = _disclosure(provenance)
    if disclosure:
        assertions.append(_assertion(terms.AI_DISCLOSURE, disclosure))
    rest = _rest(provenance)
    if input_sha256:
        rest["input_sha256"] = input_sha256
    if rest:
        assertions.append(_assertion(terms.PROVENANCE, rest))
    definition = {
        "claim_generator_info": [
            {"name": GENERATOR, "version": __version__, "specVersion": terms.SPEC_VERSION}
        ],
        "title": title,
        "ingredients": ingredients,
        "assertions": assertions,
    }
    return Claim(definition=definition, resources=resources)


def _assertion(label: str, data: Json) -> Json:
    # The claim's own statements. The library would file them as gathered from others, and
    # C2PA 2.4 wants the actions among those that were created.
    return {"label": label, "data": data, "created": True}


def _named(name: str, version: str) -> Json:
    return {"name": name, "version": version} if version else {"name": name}


def _ingredients(provenance: Provenance) -> tuple[list[Json], dict[str, bytes]]:
    made: list[Json] = []
    resources: dict[str, bytes] = {}
    for number, prompt in enumerate(provenance.prompts, 1):
        item = _input(f"prompt-{number}", "prompt", terms.TYPE_PROMPT)
        item["format"] = "text/plain"
        if prompt.text:
            name = f"prompt-{number}.txt"
            item["data"] = {"format": "text/plain", "identifier": name}
            resources[name] = prompt.text.encode()
        if prompt.sha256:
            item["instance_id"] = _ni(prompt.sha256)
        made.append(item)
    for number, model in enumerate(provenance.models, 1):
        item = _input(f"model-{number}", model.name, terms.TYPE_MODEL, model.version)
        if model.uri:
            item["informational_URI"] = model.uri
        made.append(item)
    for number, source in enumerate(provenance.sources, 1):
        item = _input(f"source-{number}", source.name, terms.TYPE_DATASET)
        if source.uri:
            item["informational_URI"] = source.uri
        if source.sha256:
            item["instance_id"] = _ni(source.sha256)
        made.append(item)
    return made, resources


def _input(label: str, title: str, kind: str, version: str = "") -> Json:
    data_type = {"type": kind, "version": version} if version else {"type": kind}
    return {
        "label": label,
        "title": title,
        "relationship": terms.INPUT_TO,
        "data_types": [data_type],
    }


def _disclosure(provenance: Provenance) -> Json:
    """Return the ``c2pa.ai-disclosure`` (C2PA 2.5, 16.8.2) of the first model, if there is one.

    The oversight level is stated only where the record shows it.
    """
    if not provenance.models:
        return {}
    model = provenance.models[0]
    disclosure: Json = {"modelType": terms.TYPE_MODEL, "modelName": model.name}
    if model.uri:
        disclosure["modelIdentifier"] = model.uri
    if any(review.outcome.casefold() in _APPROVALS for review in provenance.reviews):
        disclosure["contentProfile"] = {"humanOversightLevel": "human_validated"}
    elif provenance.prompts:
        disclosure["contentProfile"] = {"humanOversightLevel": "prompt_guided"}
    return disclosure


def _rest(provenance: Provenance) -> Json:
    record: Json = msgspec.to_builtins(provenance)
    rest: Json = {key: record[key] for key in _OURS if key in record}
    if provenance.system_version and not provenance.system:  # C2PA's agents have a name, or aren't
        rest["system_version"] = provenance.system_version
    return rest


def is_ours(reading: CredentialReading) -> bool:
    """Return whether the active claim says that credlabel made it."""
    generators = objects_in(reading.active, "claim_generator_info")
    return any(generator.get("name") == GENERATOR for generator in generators)


def input_sha256_of(reading: CredentialReading) -> str:
    """Return the digest of the bytes before they were labelled, if the label was ours."""
    return _text(assertion_data(reading.active, terms.PROVENANCE).get("input_sha256"))


def with_prompt_digests(provenance: Provenance) -> Provenance:
    """Return the record with every prompt's text replaced by its SHA-256.

    A prompt in a credential stays in all of the file's descendants, so this is the default.
    """
    prompts = tuple(
        Prompt(sha256=hashlib.sha256(p.text.encode()).hexdigest()) if p.text else p
        for p in provenance.prompts
    )
    return msgspec.structs.replace(provenance, prompts=prompts)


# ---------------------------------------------------------------------------- reading


def provenance_of(reading: CredentialReading) -> Provenance:
    """Return what the active manifest records, whoever wrote it; empty where it says nothing."""
    manifest = reading.active
    action = _defining_action(manifest)
    agent = action.get("softwareAgent")
    if isinstance(agent, str):  # claims of version 1 had a plain string
        agent = {"name": agent}
    agent = agent if isinstance(agent, dict) else {}
    record: Json = {
        "source_type": _text(action.get("digitalSourceType")),
        "system": _text(agent.get("name")),
        "system_version": _text(agent.get("version")),
        "prompts": [],
        "models": [],
        "sources": [],
    }
    created = _time(_text(action.get("when")))
    if created is not None:
        record["created"] = created
    for ingredient in objects_in(manifest, "ingredients"):
        if ingredient.get("relationship") == terms.INPUT_TO:
            _read_input(ingredient, reading.texts, record)
    ours = assertion_data(manifest, terms.PROVENANCE)
    rest = {key: ours[key] for key in (*_OURS, "system_version") if key in ours}
    try:
        return msgspec.convert(record | rest, Provenance)
    except msgspec.ValidationError:
        # Somebody else's assertion under our label, or a version to come: keep the standard part.
        return msgspec.convert(record, Provenance)


def _read_input(ingredient: Json, texts: dict[str, str], record: Json) -> None:
    title = _text(ingredient.get("title")) or "unnamed"
    uri = _text(ingredient.get("informational_URI"))
    sha256 = _sha256(_text(ingredient.get("instance_id")))
    for data_type in objects_in(ingredient, "data_types"):
        kind = _text(data_type.get("type"))
        if kind == terms.TYPE_PROMPT:
            text = texts.get(_text(object_in(ingredient, "data").get("identifier")), "")
            record["prompts"].append(Prompt(text=text, sha256=sha256))
        elif kind.startswith(terms.TYPE_MODEL):
            version = _text(data_type.get("version"))
            record["models"].append(Model(name=title, version=version, uri=uri))
        elif kind.startswith(terms.TYPE_DATASET):
            record["sources"].append(SourceReference(name=title, uri=uri, sha256=sha256))


def actions_of(manifest: Json) -> Iterator[Json]:
    """Yield the actions of one manifest, in order, from any version of the assertion."""
    for assertion in objects_in(manifest, "assertions"):
        if _text(assertion.get("label")).startswith("c2pa.actions"):
            yield from objects_in(object_in(assertion, "data"), "actions")


def _defining_action(manifest: Json) -> Json:
    """Return the action that says how these bytes came about.

    That is the creation, else the last edit that states a source type, else the last edit.
    """
    actions = list(actions_of(manifest))
    for action in actions:
        if action.get("action") == terms.CREATED:
            return action
    for action in reversed(actions):
        if action.get("digitalSourceType"):
            return action
    edits = [a for a in actions if a.get("action") in (terms.EDITED, terms.EDITED_METADATA)]
    return edits[-1] if edits else {}


def assertion_data(manifest: Json, label: str) -> Json:
    """Return the JSON of the manifest's first assertion with this label, or an empty object."""
    for assertion in objects_in(manifest, "assertions"):
        if assertion.get("label") == label:
            return object_in(assertion, "data")
    return {}


def objects_in(parent: Json, key: str) -> tuple[Json, ...]:
    """Return the objects of the list at ``key``, up to ``MAX_ITEMS``; none if it is no list."""
    value = parent.get(key)
    items = value[:MAX_ITEMS] if isinstance(value, list) else ()
    return tuple(item for item in items if isinstance(item, dict))


def object_in(parent: Json, key: str) -> Json:
    """Return the object at ``key``, or an empty one if there is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _time(when: str) -> datetime | None:
    try:
        return msgspec.convert(when, Time)
    except msgspec.ValidationError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _ni(sha256: str) -> str:
    return _NI + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def _sha256(instance_id: str) -> str:
    if not instance_id.startswith(_NI):
        return ""
    encoded = instance_id[len(_NI) :]
    try:
        digest = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return ""
    return digest.hex() if len(digest) == hashlib.sha256().digest_size else ""
