"""The one place that talks to c2pa-python: sign, read, findings in the standard's words.

Everything that c2pa-rs gets wrong or leaves open by default is settled here, once: the network is
off, thumbnails are off, the list of admissible key usages is complete, trust in time-stamps never
makes a signer trusted, and each failure becomes a :class:`~credlabel.model.Finding`. It is a
long module because no other has to know the library.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import c2pa
import msgspec

from credlabel import terms
from credlabel.errors import (
    MalformedAssetError,
    SignerUnavailableError,
    SigningError,
    TimestampError,
    UnsupportedMediaTypeError,
)
from credlabel.files import in_memory
from credlabel.hookspecs import LocalSigner
from credlabel.model import Finding, FindingKind, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from credlabel.hookspecs import Signer

_SIGNERS: Final = "urn:credlabel:trust:signers"
_TIMESTAMPS: Final = "urn:credlabel:trust:timestamps"
MAX_TEXT_BYTES: Final = 64 * 1024
"""Longest embedded prompt that is read back; a longer one is left where it is."""

_ALGORITHMS: Final = {a.name.lower(): a for a in c2pa.C2paSigningAlg}


class TrustAnchors(msgspec.Struct, frozen=True, kw_only=True):
    """Who is trusted, as PEM text: issuers of signing certificates, and time-stamp authorities."""

    signers: str = ""
    timestamps: str = ""


class CredentialState(StrEnum):
    """What reading a file for a credential came to.

    ``unreadable`` says that the library could not parse the file: it is no statement about marks.
    """

    ABSENT = "absent"
    REMOTE = "remote"
    UNREADABLE = "unreadable"
    INVALID = "invalid"
    VALID = "valid"
    TRUSTED = "trusted"


class CredentialReading(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest store as read: its state, its JSON, its findings.

    ``store`` is the library's JSON (``active_manifest``, ``manifests``); ``texts`` holds the
    prompts that are embedded in the active manifest, by resource identifier. ``is_detached`` says
    that the store came from outside the file.
    """

    state: CredentialState
    findings: tuple[Finding, ...] = ()
    store: Json = {}
    texts: dict[str, str] = {}
    remote_uri: str = ""
    is_detached: bool = False

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that the standard calls failures."""
        return tuple(f for f in self.findings if f.kind is FindingKind.FAILURE)

    @property
    def active(self) -> Json:
        """The active manifest's JSON, or an empty object."""
        manifests = self.store.get("manifests")
        label = self.store.get("active_manifest")
        if not isinstance(manifests, dict) or not isinstance(label, str):
            return {}
        active = manifests.get(label)
        return active if isinstance(active, dict) else {}

    @property
    def is_present(self) -> bool:
        """Whether a manifest store was found at all, good or bad."""
        return self.state in (
            CredentialState.INVALID,
            CredentialState.VALID,
            CredentialState.TRUSTED,
        )


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be signed: a manifest definition and the resources it names."""

    definition: Json
    resources: dict[str, bytes] = {}


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier credential that lies in a sidecar, to become the ``parentOf`` ingredient."""

    store: bytes
    reading: CredentialReading


class Credentials:
    """Signs and reads manifest stores, offline unless hosts are allowed.

    Args:
        trust: whose signatures are trusted; nobody's by default.
        allowed_hosts: hosts from which remote manifests may be fetched; none by default.
    """

    def __init__(
        self, *, trust: TrustAnchors | None = None, allowed_hosts: tuple[str, ...] = ()
    ) -> None:
        self._trust = trust or TrustAnchors()
        self._hosts = allowed_hosts
        self._key: _Key | None = None

    # ------------------------------------------------------------------ what the library can do

    @cached_property
    def signable_types(self) -> frozenset[str]:
        """The media types into which the library embeds, asked of it at run time."""
        return frozenset(c2pa.Builder.get_supported_mime_types()) - {terms.MANIFEST_STORE_TYPE}

    @cached_property
    def readable_types(self) -> frozenset[str]:
        """The media types from which the library extracts, asked of it at run time."""
        return frozenset(c2pa.Reader.get_supported_mime_types()) - {terms.MANIFEST_STORE_TYPE}

    # ------------------------------------------------------------------ reading

    def read(
        self, source: BinaryIO, *, media_type: str, manifest_store: bytes | None = None
    ) -> CredentialReading:
        """Read and validate the credential of ``source``; never raises for what bytes contain.

        With ``manifest_store`` (from a sidecar), ``source`` is checked against that store.
        """
        source = in_memory(source)
        reading = self._read_with(self._reading_context, source, media_type, manifest_store)
        if self._hosts and reading.state in (CredentialState.ABSENT, CredentialState.REMOTE):
            # Whoever was asked sent nothing of use: then the file alone tells what it refers to.
            source.seek(0)
            return self._offline.read(source, media_type=media_type, manifest_store=manifest_store)
        if reading.state is CredentialState.TRUSTED and _trusted_as_timestamper(reading):
            # The library lets a time-stamp authority's anchor vouch for a signer: ask again
            # with the signers' anchors alone. Many authorities are on both lists.
            source.seek(0)
            strict = self._read_with(self._strict_context, source, media_type, manifest_store)
            if not any(finding.code == terms.TRUSTED for finding in strict.findings):
                return strict
        return reading

    def _read_with(
        self, context: c2pa.Context, source: BinaryIO, media_type: str, store: bytes | None
    ) -> CredentialReading:
        if store is not None and not store:  # the library would take it for no sidecar
            empty = _invalid("claim.malformed", "the sidecar is empty")
            return msgspec.structs.replace(empty, is_detached=True)
        try:
            with c2pa.Reader(media_type, source, store, context) as reader:
                reading = _reading_of(reader)
        except c2pa.C2paError as error:
            reading = _reading_of_error(error)
        is_detached = store is not None
        return msgspec.structs.replace(reading, is_detached=True) if is_detached else reading

    @cached_property
    def _reading_context(self) -> c2pa.Context:
        anchors = [(self._trust.signers, "manifest", _SIGNERS)]
        if self._trust.timestamps:
            anchors.append((self._trust.timestamps, "tsa", _TIMESTAMPS))
        return c2pa.Context.from_dict(self._settings(anchors))

    @cached_property
    def _offline(self) -> Credentials:
        return Credentials(trust=self._trust)

    @cached_property
    def _strict_context(self) -> c2pa.Context:
        return c2pa.Context.from_dict(
            self._settings([(self._trust.signers, "manifest", _SIGNERS)])
        )

    def _settings(self, anchors: list[tuple[str, str, str]]) -> Json:
        # A misspelt key is accepted in silence: tests plant a URL and see that nobody calls.
        return {
            "trust": {
                "trust_config": "\n".join(terms.SIGNING_EKUS),
                "anchors": [
                    {"trust_anchors": pem, "trust_kind": kind, "trust_uri": uri}
                    for pem, kind, uri in anchors
                    if pem
                ],
            },
            "verify": {
                "verify_trust": True,
                "verify_timestamp_trust": True,
                "verify_after_sign": False,  # the labeller reads back through the scanner
                "remote_manifest_fetch": bool(self._hosts),
                "ocsp_fetch": False,
            },
            "core": {"allowed_network_hosts": list(self._hosts), "allow_redirects": False},
            "builder": {"thumbnail": {"enabled": False}},
        }

    # ------------------------------------------------------------------ signing

    def sign_embedded(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        *,
        media_type: str,
        claim: Claim,
        signer: Signer,
        edits: bool,
    ) -> None:
        """Write ``source`` with a new active manifest inside to ``sink`` (read, write, seek).

        With ``edits``, the credential that ``source`` carries becomes the ``parentOf`` ingredient
        under a ``c2pa.opened`` action that the library adds; without, it must carry none.

        Raises:
            SigningError, AssetError: nothing of use is in ``sink``; throw it away.
            OSError: as raised by the streams.
        """
        with self._builder(claim, edits=edits) as builder:
            self._sign(builder, source, sink, media_type, signer)

    def sign_detached(
        self,
        source: BinaryIO,
        *,
        media_type: str,
        claim: Claim,
        signer: Signer,
        edits: bool = False,
        parent: Parent | None = None,
    ) -> bytes:
        """Return a manifest store that binds to every byte of ``source``, for a sidecar.

        ``parent`` is an earlier sidecar's credential; ``edits`` speaks of an embedded one, as in
        :meth:`sign_embedded`.

        Raises:
            SigningError, AssetError: it can't be made.
            OSError: as raised by ``source``.
        """
        if parent is not None:
            claim = _opening(parent, claim)
        # A type that the library can't parse is bound as plain bytes.
        native = edits and media_type in self.signable_types
        with self._builder(claim, edits=edits and native) as builder:
            builder.set_no_embed()
            kind = media_type if native else "application/octet-stream"
            return self._sign(builder, source, io.BytesIO(), kind, signer)

    def _builder(self, claim: Claim, *, edits: bool) -> c2pa.Builder:
        builder = c2pa.Builder(claim.definition, context=self._reading_context)
        if edits:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
        for name, data in claim.resources.items():
            builder.add_resource(name, io.BytesIO(data))
        return builder

    def _sign(
        self,
        builder: c2pa.Builder,
        source: BinaryIO,
        sink: BinaryIO,
        media_type: str,
        signer: Signer,
    ) -> bytes:
        reads, writes = _Witness(in_memory(source)), _Witness(sink)
        key = self._key_of(signer)
        key.refusals.clear()
        try:
            store = builder.sign(key.native, media_type, reads, writes)
        except c2pa.C2paError as error:
            for seen in (*reads.errors, *writes.errors):
                raise seen from error  # a full disk is not the file's fault
            raise _signing_error(error, key.refusals, signer) from error
        return bytes(store)

    def _key_of(self, signer: Signer) -> _Key:
        """Return the library's object for ``signer``, kept, since it is slow to make."""
        key = self._key  # another thread may be keeping another
        if key is None or key.signer is not signer:
            try:
                key = self._key = _Key(signer)
            except c2pa.C2paError as error:
                raise _signing_error(error, [], signer) from error
        return key


class _Key:
    """A signer as the library wants it, and what the signer said when it refused.

    For a callback the library reserves 9 kB more in each file, so a key that may leave its plugin
    is handed over instead.
    """

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self._local = threading.local()
        if isinstance(signer, LocalSigner):
            authority = signer.timestamp_uri.encode() if signer.timestamp_uri else None
            self.native = c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(
                    signer.algorithm.encode(),
                    signer.certificate_chain,
                    signer.private_key_pem(),
                    authority,
                )
            )
        else:
            self.native = c2pa.Signer.from_callback(
                self._sign,
                _ALGORITHMS[signer.algorithm],
                signer.certificate_chain.decode("ascii"),
                signer.timestamp_uri or None,
            )

    @property
    def refusals(self) -> list[Exception]:
        """What the signer has said in this thread: the library calls back where it was called."""
        refusals: list[Exception] = vars(self._local).setdefault("refusals", [])
        return refusals

    def _sign(self, data: bytes) -> bytes:
        try:
            return self.signer.sign(bytes(data))
        except Exception as error:
            self.refusals.append(error)
            raise


class _Witness:
    """A stream that remembers the OSError which the library would turn into a parse error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.errors: list[OSError] = []

    def _call(self, name: str, *args: Any) -> Any:
        try:
            return getattr(self._stream, name)(*args)
        except OSError as error:
            self.errors.append(error)
            raise

    def read(self, size: int = -1) -> bytes:
        return self._call("read", size)  # type: ignore[no-any-return]

    def write(self, data: bytes) -> int:
        return self._call("write", data)  # type: ignore[no-any-return]

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._call("seek", offset, whence)  # type: ignore[no-any-return]

    def tell(self) -> int:
        return self._stream.tell()

    def flush(self) -> None:
        self._call("flush")


def _opening(parent: Parent, claim: Claim) -> Claim:
    """Return ``claim`` with the sidecar's credential as its parent ingredient."""
    name = "parent.c2pa"
    ingredient = {
        "title": parent.reading.active.get("title") or "parent",
        "relationship": terms.PARENT_OF,
        "label": "parent",
        "active_manifest": parent.reading.store["active_manifest"],
        "validation_results": parent.reading.store["validation_results"],
        "manifest_data": {"format": terms.MANIFEST_STORE_TYPE, "identifier": name},
    }
    opened = {"action": terms.OPENED, "parameters": {"ingredientIds": ["parent"]}}
    definition = dict(claim.definition)
    definition["ingredients"] = [ingredient, *definition.get("ingredients", ())]
    definition["assertions"] = [
        assertion
        if assertion["label"] != terms.ACTIONS
        else {
            **assertion,
            "data": {
                **assertion["data"],
                "actions": [opened, *assertion["data"]["actions"]],
            },
        }
        for assertion in definition["assertions"]
    ]
    return Claim(definition=definition, resources={**claim.resources, name: parent.store})


def _signing_error(error: c2pa.C2paError, refusals: list[Exception], signer: Signer) -> Exception:
    """Translate the library's error into ours: the key's fault, the network's, or the file's."""
    for refusal in refusals:
        if isinstance(refusal, SigningError):
            return refusal
        return SignerUnavailableError(f"The signer failed: {refusal}")
    text = _reason(error)
    lowered = text.lower()
    if isinstance(error, c2pa.C2paError.NotSupported):
        return UnsupportedMediaTypeError("The library can't embed into this kind of file.")
    if signer.timestamp_uri and ("http" in lowered or "time" in lowered):
        return TimestampError(
            "The time-stamp authority did not answer usefully.",
            hint="Check that it can be reached, or sign without a time-stamp.",
        )
    if isinstance(error, c2pa.C2paError.Signature) or "certificate" in lowered:
        return SignerUnavailableError(
            f"The signing certificate can't be used: {text}",
            hint="'credlabel doctor' says what is wrong with it.",
        )
    return MalformedAssetError(f"The file can't be parsed for signing: {text}")


def _reading_of(reader: c2pa.Reader) -> CredentialReading:
    store: Json = msgspec.json.decode(reader.json())
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
    return Finding(
        code=code,
        kind=kind,
        explanation=terms.EXPLANATIONS.get(code) or str(entry.get("explanation") or code),
        subject=str(entry.get("url") or ""),
    )


def _trusted_as_timestamper(reading: CredentialReading) -> bool:
    results = reading.store.get("validation_results") or {}
    return results.get("trustListUri") == _TIMESTAMPS


_REMOTE: Final = re.compile(r'https?://[^\s"]+')


def _reading_of_error(error: c2pa.C2paError) -> CredentialReading:
    """Turn the library's exception into a reading; the text tells what the class does not."""
    text = _reason(error)
    if isinstance(error, c2pa.C2paError.ManifestNotFound | c2pa.C2paError.NotSupported):
        return CredentialReading(state=CredentialState.ABSENT)
    if "remote manifest" in text:
        match = _REMOTE.search(text)
        uri = match.group() if match else ""
        finding = Finding(
            code=terms.INACCESSIBLE,
            kind=FindingKind.INFORMATIONAL,
            explanation=terms.EXPLANATIONS[terms.INACCESSIBLE],
            subject=uri,
        )
        return CredentialReading(state=CredentialState.REMOTE, findings=(finding,), remote_uri=uri)
    if "missing hard binding" in text:
        return _invalid(terms.HARD_BINDING_MISSING, "")
    if isinstance(error, _STORE_ERRORS) or _SPEAKS_OF_STORE.search(text):
        return _invalid("claim.malformed", text)
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


_SPEAKS_OF_STORE: Final = re.compile("JUMBF|CBOR|claim|signature|assertion")
_STORE_ERRORS: Final = (
    c2pa.C2paError.Manifest,
    c2pa.C2paError.Verify,
    c2pa.C2paError.Assertion,
    c2pa.C2paError.AssertionNotFound,
    c2pa.C2paError.Decoding,
    c2pa.C2paError.Signature,
)


def _invalid(code: str, detail: str) -> CredentialReading:
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


def _reason(error: c2pa.C2paError) -> str:
    """Return the library's message without the class name it begins with."""
    return re.sub(r"^\w+: ", "", str(error)).strip()
