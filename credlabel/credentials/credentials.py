"""``Credentials``: sign and read manifest stores with c2pa-python, as it should be set up."""

from __future__ import annotations

import io
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Final

import c2pa
import msgspec

from credlabel import terms
from credlabel.credentials.reading import (
    TIMESTAMPS_URI,
    invalid,
    is_trusted_as_timestamper,
    reading_of,
    reading_of_error,
    reason_of,
)
from credlabel.credentials.remote import fetch
from credlabel.credentials.signing import NativeSigner, Witness, opening, signing_error
from credlabel.credentials.store import repadded
from credlabel.credentials.values import (
    Claim,
    CredentialReading,
    CredentialState,
    Parent,
    TrustAnchors,
)
from credlabel.errors import MalformedAssetError
from credlabel.files import in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.credentials.binding import HardBinding
    from credlabel.hookspecs import Signer
    from credlabel.model import Json

_SIGNERS_URI: Final = "urn:credlabel:trust:signers"


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
        self._key: NativeSigner | None = None

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

        def read(context: c2pa.Context) -> CredentialReading:
            source.seek(0)
            return _read(context, source, media_type, manifest_store)

        reading = self._trustfully(read)
        if self._hosts and reading.state in (CredentialState.ABSENT, CredentialState.REMOTE):
            # Whoever was asked sent nothing of use: then the file alone tells what it refers to.
            source.seek(0)
            return self._offline.read(source, media_type=media_type, manifest_store=manifest_store)
        if manifest_store is not None:
            return msgspec.structs.replace(reading, is_detached=True)
        return reading

    def read_bound(self, manifest_store: bytes, binding: HardBinding) -> CredentialReading:
        """Validate a manifest store whose hard binding is checked by ``binding``; never raises.

        The library sees the store alone, and none of the bytes that it binds.
        """

        def read(context: c2pa.Context) -> CredentialReading:
            return _read(context, io.BytesIO(), binding.media_type, manifest_store, binding)

        return self._trustfully(read)

    def fetch(self, uri: str) -> bytes | None:
        """Return the manifest store at ``uri``, if its host is allowed and gives it, or None."""
        return fetch(uri, hosts=self._hosts) if self._hosts else None

    def _trustfully(self, read: Callable[[c2pa.Context], CredentialReading]) -> CredentialReading:
        """Return what ``read`` returns, if its signer is not trusted for the wrong reason.

        The library lets a time-stamp authority's anchor vouch for a signer: then it is asked again
        with the signers' anchors alone. Many authorities are on both lists.
        """
        reading = read(self._reading_context)
        if reading.state is CredentialState.TRUSTED and is_trusted_as_timestamper(reading):
            strict = read(self._strict_context)
            if not any(finding.code == terms.TRUSTED for finding in strict.findings):
                return strict
        return reading

    @cached_property
    def _reading_context(self) -> c2pa.Context:
        anchors = [(self._trust.signers, "manifest", _SIGNERS_URI)]
        if self._trust.timestamps:
            anchors.append((self._trust.timestamps, "tsa", TIMESTAMPS_URI))
        return c2pa.Context.from_dict(self._settings(anchors))

    @cached_property
    def _offline(self) -> Credentials:
        return Credentials(trust=self._trust)

    @cached_property
    def _strict_context(self) -> c2pa.Context:
        return c2pa.Context.from_dict(
            self._settings([(self._trust.signers, "manifest", _SIGNERS_URI)])
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
        original: BinaryIO | None = None,
    ) -> None:
        """Write ``source`` with a new active manifest inside to ``sink`` (read, write, seek).

        ``original`` is the content before anything was marked in it. It becomes the ``parentOf``
        ingredient, with the credential that it carries, under a ``c2pa.opened`` action that the
        library adds; without it, ``source`` must carry no credential.

        Raises:
            SigningError, AssetError: nothing of use is in ``sink``; throw it away.
            OSError: as raised by the streams.
        """
        with self._builder(claim) as builder:
            if original is not None:
                _open(builder, original, media_type)
            self._sign(builder, source, sink, media_type, signer)

    def sign_detached(
        self,
        source: BinaryIO,
        *,
        media_type: str,
        claim: Claim,
        signer: Signer,
        original: BinaryIO | None = None,
        parent: Parent | None = None,
    ) -> bytes:
        """Return a manifest store that binds to every byte of ``source``, for a sidecar.

        ``parent`` is an earlier sidecar's credential; ``original`` is as in
        :meth:`sign_embedded`.

        Raises:
            SigningError, AssetError: it can't be made.
            OSError: as raised by ``source``.
        """
        if parent is not None:
            claim = opening(parent, claim)
        # A type that the library can't parse is bound as plain bytes.
        kind = "application/octet-stream"
        with self._builder(claim) as builder:
            builder.set_no_embed()
            if original is not None and media_type in self.signable_types:
                kind = media_type
                _open(builder, original, media_type)
            return repadded(self._sign(builder, source, io.BytesIO(), kind, signer))

    def sign_binding(
        self,
        claim: Claim,
        *,
        signer: Signer,
        exclusions: tuple[tuple[int, int], ...],
        sha256: bytes,
        parent: Parent | None = None,
    ) -> bytes:
        """Return a manifest store, without padding, over bytes which the library does not see.

        They hash to ``sha256`` without ``exclusions`` (C2PA 2.5, 17.5, data hash). ``parent`` is
        the earlier credential of those bytes.

        Raises:
            SigningError: there is no signature.
        """
        binding = {
            "label": terms.DATA_HASH,
            "data": {
                "exclusions": [{"start": at, "length": length} for at, length in exclusions],
                "name": "c2pa",
                "alg": "sha256",
                "hash": list(sha256),
                "pad": [],
            },
        }
        if parent is not None:
            claim = opening(parent, claim)
        assertions = [*claim.definition["assertions"], binding]
        claim = msgspec.structs.replace(
            claim, definition={**claim.definition, "assertions": assertions}
        )
        with self._builder(claim) as builder:
            builder.set_no_embed()
            store = self._sign(builder, io.BytesIO(), io.BytesIO(), "text/plain", signer)
        return repadded(store)

    def _builder(self, claim: Claim) -> c2pa.Builder:
        builder = c2pa.Builder(claim.definition, context=self._reading_context)
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
        reads, writes = Witness(in_memory(source)), Witness(sink)
        key = self._key_of(signer)
        key.refusals.clear()
        try:
            store = builder.sign(key.native, media_type, reads, writes)
        except c2pa.C2paError as error:
            for seen in (*reads.errors, *writes.errors):
                raise seen from error  # a full disk is not the file's fault
            raise signing_error(error, key.refusals, signer) from error
        return bytes(store)

    def _key_of(self, signer: Signer) -> NativeSigner:
        """Return the library's object for ``signer``, kept, since it is slow to make."""
        key = self._key  # another thread may be keeping another
        if key is None or key.signer is not signer:
            try:
                key = self._key = NativeSigner(signer)
            except c2pa.C2paError as error:
                raise signing_error(error, [], signer) from error
        return key


def _open(builder: c2pa.Builder, original: BinaryIO, media_type: str) -> None:
    """Make the content as it was the parent ingredient, with the credential that it carries.

    Raises:
        MalformedAssetError: the library can't parse it.
    """
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    original = in_memory(original)
    original.seek(0)
    try:
        builder.add_ingredient({"relationship": terms.PARENT_OF}, media_type, original)
    except c2pa.C2paError as error:
        raise MalformedAssetError(
            f"The file can't be parsed for signing: {reason_of(error)}"
        ) from error


def _read(
    context: c2pa.Context,
    source: BinaryIO,
    media_type: str,
    store: bytes | None,
    binding: HardBinding | None = None,
) -> CredentialReading:
    if store is not None and not store:  # the library would take it for no store at all
        return invalid("claim.malformed", "the manifest store is empty")
    try:
        with c2pa.Reader(media_type, source, store, context) as reader:
            return reading_of(reader, store, binding)
    except c2pa.C2paError as error:
        reading = reading_of_error(error)
    if store is not None and reading.state is CredentialState.ABSENT:  # it was there, after all
        return invalid("general.error", "it is of a kind that the library does not know")
    return reading
