"""The library's validation results: what they amount to, and one objection that goes too far."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from credlabel import terms
from credlabel.credentials.store import signing_chain

if TYPE_CHECKING:
    from credlabel.model import Json

_UNFIT: Final = "signingCredential.invalid"
_MANIFEST: Final = re.compile(r"/c2pa/([^/]+)/")


def excused(store: Json, manifest_store: bytes) -> Json:
    """Return the library's results without its objection to self-signed certificates as such.

    It asks each certificate for an authority key identifier, the standard (C2PA 2.5, 13.5.1) only
    those that an authority has issued. Nobody trusts a self-signed one for that.
    """
    results = store.get("validation_results") or {}
    active = results.get("activeManifest") or {}
    deltas = [(delta, delta.get("validationDeltas") or {}) for delta in _deltas(results)]
    is_untrusted = any(each.get("code") == terms.UNTRUSTED for each in active.get("failure") or ())
    forgiven = _forgiving(active, manifest_store) if is_untrusted else active
    forgiven_deltas = [
        {**delta, "validationDeltas": _forgiving(part, manifest_store)} for delta, part in deltas
    ]
    if forgiven is active and forgiven_deltas == _deltas(results):
        return store
    results = {**results, "activeManifest": forgiven}
    if deltas:
        results["ingredientDeltas"] = forgiven_deltas
    return {**store, "validation_results": results, "validation_state": state_of(results)}


def _forgiving(part: Json, manifest_store: bytes) -> Json:
    """Return the results on one manifest without that objection, if it is one."""
    failures = part.get("failure") or ()
    unfit = {each.get("url") for each in failures if each.get("code") == _UNFIT}
    if not unfit or not all(_is_sound(manifest_store, url) for url in unfit):
        return part
    return {**part, "failure": [each for each in failures if each.get("code") != _UNFIT]}


def _deltas(results: Json) -> list[Json]:
    return results.get("ingredientDeltas") or []


def _is_sound(manifest_store: bytes, url: Any) -> bool:
    """Return whether the signature at ``url`` is by one sound self-signed certificate."""
    from credlabel.profile import is_sound_self_signed  # noqa: PLC0415 - loads cryptography

    label = _MANIFEST.search(url) if isinstance(url, str) else None
    chain = signing_chain(manifest_store, label[1] if label else "")
    return len(chain) == 1 and is_sound_self_signed(chain[0])


def state_of(results: Json) -> str:
    """Return ``Invalid``, ``Valid`` or ``Trusted``, as the library concludes (C2PA 2.5, 13.3)."""
    active = results.get("activeManifest") or {}
    passed = {entry["code"] for entry in active.get("success") or ()}
    failures = list(active.get("failure") or ())
    for delta in _deltas(results):
        failures += (delta.get("validationDeltas") or {}).get("failure") or ()
    # Identities that others assert within the manifest (CAWG) are none of the claim's validity.
    failed = {entry["code"] for entry in failures if not entry["code"].startswith("cawg.")}
    needed = {"claimSignature.validated", "claimSignature.insideValidity"}
    if not needed <= passed or failed - {terms.UNTRUSTED}:
        return "Invalid"
    return "Trusted" if terms.TRUSTED in passed and not failed else "Valid"
