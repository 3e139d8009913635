"""The library's answers as readings: its JSON as findings, its exceptions as states."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING, Any, Final

import c2pa
import msgspec

from credlabel import terms
from credlabel.credentials.binding import rebound
from credlabel.credentials.results import excused
from credlabel.credentials.values import CredentialReading, CredentialState
from credlabel.errors import MalformedAssetError
from credlabel.model import Finding, FindingKind, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from credlabel.credentials.binding import HardBinding

MAX_TEXT_BYTES: Final = 64 * 1024
"""Longest embedded prompt that is read back; a longer one is left where it is."""

TIMESTAMPS_URI: Final = "urn:credlabel:trust:timestamps"
"""What the library calls the list of time-stamp authorities in its results."""


def reading_of(
    reader: c2pa.Reader,
    manifest_store: bytes | None = None,
    binding: HardBinding | None = None,
) -> CredentialReading:
    """Return what an open reader has found and validated.

    ``manifest_store`` is what it was given to read, if it did not find that by itself;
    ``binding`` is checked in its stead.
    """
    store: Json = msgspec.json.decode(reader.json())
    if manifest_store is not None:
        store = excused(store, manifest_store)
    if binding is not None:
        store = rebound(store, msgspec.json.decode(reader.detailed_json()), binding)
    state = CredentialState(store.get("validation_state", "Invalid").lower())
    reading = CredentialReading(state=state, store=store, findings=_findings(store))
    texts = {}
    for ingredient in reading.active.get("ingredients") or ():
        data = ingredient.get("data") or {}
        identifier = data.get("identifier")
        if identifier and data.get("format") == "text/plain":
            sink = io.BytesIO()
            with contextlib.suppress(c2pa.C2paError):  # it names a text that is not there
                reader.resource_to_stream(identifier, sink)
            if sink.tell() <= MAX_TEXT_BYTES:
                texts[identifier] = sink.getvalue().decode("utf-8", "replace")
    return msgspec.structs.replace(reading, texts=texts) if texts else reading


def _findings(store: Json) -> tuple[Finding, ...]:
    results = store.get("validation_results") or {}
    found = [
        _finding(kind, entry)
        for kind in FindingKind
        for entry in (results.get("activeManifest") or {}).get(kind) or ()
        # One for each assertion of a sound file: they say together what the signature says.
        if entry.get("code") != "assertion.hashedURI.match"
    ]
    inner = {
        (entry.get("code"), entry.get("url")): _finding(FindingKind.INFORMATIONAL, entry)
        for entry in _ingredient_failures(store)
    }
    # The standard keeps an ingredient's failures apart: they do not break this file.
    found += (
        msgspec.structs.replace(finding, explanation=f"In an ingredient: {finding.explanation}")
        for finding in inner.values()
    )
    return tuple(found)


def _ingredient_failures(store: Json) -> Iterator[Json]:
    """Yield what was wrong with ingredients: recorded when they were taken in, or seen now.

    Whether a signer was trusted by whoever recorded it is left out: only our own lists count.
    """
    for manifest in (store.get("manifests") or {}).values():
        for ingredient in manifest.get("ingredients") or ():
            recorded = ingredient.get("validation_results") or {}
            for entry in (recorded.get("activeManifest") or {}).get("failure") or ():
                if entry.get("code") != terms.UNTRUSTED:
                    yield entry
            for entry in ingredient.get("validation_status") or ():  # up to C2PA 2.0
                if entry.get("code") in terms.TAMPERING:
                    yield entry
    for delta in (store.get("validation_results") or {}).get("ingredientDeltas") or ():
        yield from (delta.get("validationDeltas") or {}).get("failure") or ()


def _finding(kind: FindingKind, entry: Mapping[str, Any]) -> Finding:
    code = str(entry.get("code", "general.error"))
    sentence = terms.EXPLANATIONS.get(code) or str(entry.get("explanation") or code)
    detail = entry.get("detail")
    return Finding(
        code=code,
        kind=kind,
        explanation=f"{sentence} ({detail})" if detail else sentence,
        subject=str(entry.get("url") or ""),
    )


def is_trusted_as_timestamper(reading: CredentialReading) -> bool:
    """Return whether the signer was trusted for being on the time-stamp authorities' list."""
    results = reading.store.get("validation_results") or {}
    return results.get("trustListUri") == TIMESTAMPS_URI


_REMOTE: Final = re.compile(r'https?://[^\s"]+')


def reading_of_error(error: c2pa.C2paError) -> CredentialReading:
    """Turn the library's exception into a reading; the text tells what the class does not."""
    text = reason_of(error)
    if isinstance(error, c2pa.C2paError.ManifestNotFound | c2pa.C2paError.NotSupported):
        return CredentialReading(state=CredentialState.ABSENT)
    if "remote manifest" in text:
        match = _REMOTE.search(text)
        return kept_elsewhere(match.group() if match else "")
    if "missing hard binding" in text:
        return invalid(terms.HARD_BINDING_MISSING, "")
    if isinstance(error, _STORE_ERRORS) or _SPEAKS_OF_STORE.search(text):
        return invalid("claim.malformed", text)
    explanation = f"The file could not be parsed, so nothing is known about a credential: {text}"
    return CredentialReading(
        state=CredentialState.UNREADABLE,
        findings=(
            Finding(
                code=MalformedAssetError.code,
                kind=FindingKind.FAILURE,
                explanation=explanation,
            ),
        ),
    )


def kept_elsewhere(uri: str) -> CredentialReading:
    """Return the reading of a file that says its credential is kept at ``uri``."""
    finding = Finding(
        code=terms.INACCESSIBLE,
        kind=FindingKind.INFORMATIONAL,
        explanation=terms.EXPLANATIONS[terms.INACCESSIBLE],
        subject=uri,
    )
    return CredentialReading(state=CredentialState.REMOTE, findings=(finding,), remote_uri=uri)


_SPEAKS_OF_STORE: Final = re.compile("JUMBF|CBOR|claim|signature|assertion")
_STORE_ERRORS: Final = (
    c2pa.C2paError.Manifest,
    c2pa.C2paError.Verify,
    c2pa.C2paError.Assertion,
    c2pa.C2paError.AssertionNotFound,
    c2pa.C2paError.Decoding,
    c2pa.C2paError.Signature,
)


def invalid(code: str, detail: str) -> CredentialReading:
    """Return the reading of a credential that breaks the standard as ``code`` says."""
    sentence = terms.EXPLANATIONS[code]
    return CredentialReading(
        state=CredentialState.INVALID,
        findings=(
            Finding(
                code=code,
                kind=FindingKind.FAILURE,
                explanation=f"{sentence} ({detail})" if detail else sentence,
            ),
        ),
    )


def reason_of(error: c2pa.C2paError) -> str:
    """Return the library's message without the class name it begins with."""
    return re.sub(r"^\w+: ", "", str(error)).strip()
