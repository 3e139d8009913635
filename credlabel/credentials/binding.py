"""Hard bindings over bytes that the library can't find in a file, checked here in its stead.

A plugin has found the manifest store, and which bytes its hard binding covers. The library
validates everything else in that store, and its word on this one assertion is replaced by ours:
C2PA 2.5, 14.12.1, with the standard's status codes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from urllib.parse import unquote

from credlabel import terms
from credlabel.credentials.results import state_of
from credlabel.errors import AssetError
from credlabel.files import read_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import BinaryIO

    from credlabel.hookspecs import ExtractedCollection
    from credlabel.model import Json

Ranges = tuple[tuple[int, int], ...]
"""(start, length) in bytes, in the order in which they are hashed."""

_ALGORITHMS: Final = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}


class HardBinding(Protocol):
    """One kind of hard binding, over the bytes of one file."""

    @property
    def label(self) -> str:
        """The assertion's label."""

    @property
    def codes(self) -> str:
        """What the status codes about it begin with."""

    @property
    def media_type(self) -> str:
        """As what the library has to be told to read, to look at this kind of assertion at all."""

    def check(self, data: Json, algorithm: str) -> dict[str, str]:
        """Return the status codes that follow from the assertion's ``data``, each with why.

        ``algorithm`` is the hash algorithm where the assertion names none.
        """


class DataBinding(NamedTuple):
    """``c2pa.hash.data``: all bytes but the excluded ones, in the form that a plugin gives them.

    ``exclusions`` is what the manifest store (or the reference to it) occupies in the file.
    """

    exclusions: Ranges
    bound_bytes: Callable[[Ranges], Iterable[bytes]]
    label: str = terms.DATA_HASH
    codes: str = "assertion.dataHash."
    media_type: str = "text/plain"

    def check(self, data: Json, algorithm: str) -> dict[str, str]:
        """Compare the exclusions, and then the hash.

        Where the exclusions differ, the standard asks for no hash; but whether the bytes are those
        that were signed is what the reader wants to know, so it is computed all the same.
        """
        codes = {}
        if _exclusions_of(data) != self.exclusions:
            codes[self.codes + "malformed"] = (
                "What the hard binding leaves out is not where the credential is now."
            )
        try:
            is_match = _is_match(
                data.get("hash"),
                data.get("alg", algorithm),
                self.bound_bytes(self.exclusions),
            )
        except AssetError as error:
            return {"general.error": str(error)}
        if is_match is None:
            return {"algorithm.unsupported": f"{data.get('alg', algorithm)!s:.40}"}
        if not is_match:
            codes[self.codes + "mismatch"] = ""
        return codes or {self.codes + "match": ""}


class CollectionBinding(NamedTuple):
    """``c2pa.hash.collection.data`` of an archive: each entry, and the directory."""

    source: BinaryIO
    collection: ExtractedCollection
    media_type: str
    label: str = terms.COLLECTION_HASH
    codes: str = "assertion.collectionHash."

    def check(self, data: Json, algorithm: str) -> dict[str, str]:
        """Compare what is in the archive with what was signed, entry by entry."""
        algorithm = data.get("alg", algorithm)
        signed = _uris_of(data.get("uris"))
        directory = data.get("zip_central_directory_hash")
        if signed is None or directory is None:
            return {self.codes + "malformed": "it names no entries, or no directory"}
        # c2pa-rs adds a folder that it does not list; the directory's hash covers its name.
        listed = {name for name in self.collection.entries if name in signed or name[-1:] != "/"}
        if missing := sorted(signed.keys() ^ listed):
            return {
                self.codes + "incorrectItemCount": (
                    f"The archive's entries are not those that were signed: {missing[0]!a:.80}."
                )
            }
        wanted = [(uri, signed[uri], self.collection.entries[uri]) for uri in sorted(signed)]
        wanted.append(("its directory", directory, self.collection.directory))
        for name, digest, ranges in wanted:
            is_match = _is_match(digest, algorithm, read_ranges(self.source, ranges))
            if is_match is None:
                return {"algorithm.unsupported": f"{algorithm!s:.40}"}
            if not is_match:
                return {self.codes + "mismatch": f"{name!a:.80}"}
        return {self.codes + "match": ""}


def _exclusions_of(data: Json) -> Ranges | None:
    """Return what the assertion leaves out, or None if it does not follow the standard."""
    exclusions = data.get("exclusions") or ()
    try:
        return tuple((int(item["start"]), int(item["length"])) for item in exclusions)
    except (TypeError, KeyError, ValueError):
        return None


def _uris_of(uris: Any) -> Mapping[str, Any] | None:
    """Return each entry's hash by name: from the standard's list, or from the map c2pa-rs has."""
    if isinstance(uris, dict):  # against C2PA 2.5, 17.8.2, and with names that are not quoted
        uris = [
            {"uri": uri, **(item if isinstance(item, dict) else {})} for uri, item in uris.items()
        ]
    if not isinstance(uris, list):
        return None
    found: dict[str, Any] = {}
    for item in uris:
        uri = item.get("uri") if isinstance(item, dict) else None
        if not isinstance(uri, str):
            return None
        found[unquote(uri)] = item.get("hash")
    return found


def _is_match(digest: Any, algorithm: Any, chunks: Iterable[bytes]) -> bool | None:
    """Return whether ``chunks`` hash to ``digest``; None if the algorithm is none of ours."""
    if algorithm not in _ALGORITHMS:
        return None
    computed = hashlib.new(_ALGORITHMS[algorithm])
    for chunk in chunks:
        computed.update(chunk)
    return hmac.compare_digest(computed.digest(), _bytes_of(digest))


def _bytes_of(value: Any) -> bytes:
    """Return a byte string as the library's JSON has it, base64 or a list of numbers; or none."""
    try:
        if isinstance(value, list):
            return bytes(value)
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, TypeError, ValueError):
        return b""


# ---------------------------------------------------------------------------- the library's word


def rebound(store: Json, detailed: Json, binding: HardBinding) -> Json:
    """Return the library's results with its check of the hard binding replaced by ``binding``'s.

    ``detailed`` is its detailed JSON, the only one that shows the assertion. A store that is bound
    in another way is returned as it is, and what the library says of it stands: it saw no bytes.
    """
    label = store.get("active_manifest")
    manifest = (detailed.get("manifests") or {}).get(label) or {}  # damaged stores show nothing
    data = (manifest.get("assertion_store") or {}).get(binding.label)
    results = store.get("validation_results") or {}
    if not isinstance(data, dict) or "activeManifest" not in results:
        return store
    where = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{binding.label}"
    active = {
        kind: [
            e for e in entries if not (e["url"] == where and e["code"].startswith(binding.codes))
        ]
        for kind, entries in results["activeManifest"].items()
    }
    algorithm = (manifest.get("claim") or {}).get("alg") or "sha256"
    for code, why in binding.check(data, algorithm).items():
        kind = "success" if code == binding.codes + "match" else "failure"
        active[kind].append({"code": code, "url": where, "explanation": code, "detail": why})
    results = {**results, "activeManifest": active}
    return {**store, "validation_results": results, "validation_state": state_of(results)}
