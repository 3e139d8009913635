"""Where a credential goes: into the file, or beside it and why; and who puts it there.

It goes into the file wherever that destroys nothing, unless the user wants it otherwise. A format
plugin that carries manifest stores puts it there, or else the library.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Literal
from urllib.parse import quote

import msgspec

from credlabel.credentials import (
    Claim,
    CredentialReading,
    Credentials,
    CredentialState,
    Parent,
    repadded,
)
from credlabel.errors import AlreadyLabelledError, ReadBackError
from credlabel.files import copy_bytes, show
from credlabel.hookspecs import (
    CredentialCarrier,
    CredentialExtractor,
    CredentialLink,
    EmbeddingGuard,
    EmbeddingPrice,
    MetadataReader,
)
from credlabel.terms import SIDECAR_SUFFIX

if TYPE_CHECKING:
    from credlabel.hookspecs import Format, Metadata, Signer

Placement = Literal["auto", "embed", "link", "sidecar"]
"""What the user wants: ``auto`` weighs the price, ``link`` is a sidecar that the file names."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one credential goes.

    Attributes:
        reason: why it goes beside the file; empty if it goes inside.
        is_guarded: any change at all would destroy something in the file.
        link: the relative URI by which the file is to name its sidecar, or empty.
    """

    reason: str = ""
    is_guarded: bool = False
    link: str = ""


class Placer:
    """Decides where the credential of one file goes, and puts it there.

    Args:
        found: the format of the file, or None if no plugin knows it.
        media_type: the file's.
        credentials: signs.
    """

    def __init__(self, found: Format | None, media_type: str, credentials: Credentials) -> None:
        self._format: object = found
        self._media_type = media_type
        self._credentials = credentials

    # ------------------------------------------------------------------ deciding

    def choose(
        self, source: BinaryIO, *, name: str, wanted: Placement, existing: CredentialReading
    ) -> Place:
        """Return where the credential goes, given what the file has ``existing`` already.

        Raises:
            AlreadyLabelledError: the file carries a credential that could not be kept.
        """
        if existing.state is CredentialState.REMOTE and isinstance(
            self._format, CredentialExtractor
        ):
            raise AlreadyLabelledError(
                f"The file says that its credential is at {existing.remote_uri}, not here.",
                hint=f"Put that beside the file, as {name}{SIDECAR_SUFFIX}; then it is kept as "
                "history.",
            )
        place = self._choose(source, name, wanted, existing)
        if place.reason and existing.is_present and not existing.is_detached:
            # Readers look for an embedded credential first, and would never see the sidecar.
            raise AlreadyLabelledError(
                f"The file carries a credential that can't be updated. {place.reason}",
                hint="--on-existing skip leaves it as it is.",
            )
        return place

    def _choose(
        self, source: BinaryIO, name: str, wanted: Placement, existing: CredentialReading
    ) -> Place:
        source.seek(0)
        if isinstance(self._format, EmbeddingGuard):
            objection = self._format.embedding_objection(source)
            if objection:
                return Place(reason=objection, is_guarded=True)
        carries = isinstance(self._format, CredentialCarrier)
        if not carries and self._media_type not in self._credentials.signable_types:
            return Place(reason=f"A credential can't be embedded into {self._media_type}.")
        if existing.is_detached:
            return Place(
                reason="Its earlier credential is in a sidecar, too.",
                link=_link_to(name) if self._names_one(source) else "",
            )
        if existing.is_present:
            return Place()  # whatever it costs has been paid
        return self._as_wanted(source, name, wanted)

    def _as_wanted(self, source: BinaryIO, name: str, wanted: Placement) -> Place:
        if wanted == "link" and isinstance(self._format, CredentialLink):
            return Place(
                reason="A sidecar that the file names was asked for.", link=_link_to(name)
            )
        if wanted in ("link", "sidecar"):
            return Place(reason="A sidecar was asked for.")
        price = None
        if wanted == "auto" and isinstance(self._format, EmbeddingPrice):
            source.seek(0)
            price = self._format.embedding_price(source, name)
        return Place(reason=price or "")

    def _names_one(self, source: BinaryIO) -> bool:
        """Return whether the file names its sidecar, and so has to name the new one."""
        if not isinstance(self._format, CredentialExtractor):
            return False
        source.seek(0)
        extraction = self._format.extract(source)
        return bool(extraction and extraction.reference)

    def parent_of(
        self, source: BinaryIO, existing: CredentialReading, sidecar: bytes | None
    ) -> Parent | None:
        """Return what the label is to name as the file's parent; None if the library can do that.

        Raises:
            AlreadyLabelledError: the file carries a credential that could not be kept.
        """
        make = partial(Parent, reading=existing, media_type=self._media_type)
        if existing.is_present and existing.is_detached:
            return None if sidecar is None else make(store=sidecar)
        if not isinstance(self._format, CredentialCarrier):
            is_known = self._media_type in self._credentials.signable_types
            return None if is_known else make(store=b"")
        if not existing.is_present:
            return make(store=b"")
        source.seek(0)
        extraction = self._format.extract(source)
        if extraction is None or not extraction.store or not existing.active:
            raise AlreadyLabelledError(
                "The file carries a credential that can't be taken over as history.",
                hint="--on-existing skip leaves it as it is.",
            )
        return make(store=extraction.store)

    # ------------------------------------------------------------------ doing

    def put(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        *,
        place: Place,
        claim: Claim,
        signer: Signer,
        parent: Parent | None,
        original: BinaryIO | None = None,
    ) -> bytes | None:
        """Write the signed content to ``sink``; return the store for its sidecar, if any.

        ``original`` is the content as it was before anything was marked in it, if that is to be
        history and the library finds by itself what credential it carries.

        Raises:
            SigningError, AssetError, LabelError: ``sink`` holds nothing of use.
        """
        found = self._format
        signing = _Signing(self._credentials, claim, signer, parent)
        source.seek(0)
        if place.reason:
            return self._put_beside(source, sink, place, signing, original)
        if isinstance(found, CredentialCarrier):
            found.embed(source, sink, signing)
            return None
        before = self._metadata(source)
        self._credentials.sign_embedded(
            source,
            sink,
            media_type=self._media_type,
            claim=claim,
            signer=signer,
            original=original,
        )
        after = self._metadata(sink)
        lost = sorted(name for name, texts in before.items() if after.get(name) != texts)
        if lost:  # the library has parsed a damaged or unusual container otherwise than others do
            raise ReadBackError(
                f"Embedding a credential would change {show(', '.join(lost[:3]))} in the file.",
                hint="A placement of 'sidecar' for its name puts the credential beside it.",
            )
        return None

    def _metadata(self, source: BinaryIO) -> Metadata:
        """Return what the container says about itself, if its format can tell."""
        if not isinstance(self._format, MetadataReader):
            return {}
        source.seek(0)
        return self._format.read_metadata(source)

    def _put_beside(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        place: Place,
        signing: _Signing,
        original: BinaryIO | None,
    ) -> bytes:
        if place.link and isinstance(self._format, CredentialLink):
            self._format.link(source, sink, place.link)
        else:
            copy_bytes(source, sink)
        sink.seek(0)
        if isinstance(self._format, CredentialExtractor):
            found = self._format.extract(sink)
            if found and found.exclusions:  # a reference, which the binding leaves out
                digest = hashlib.sha256()
                for block in self._format.bound_bytes(sink, found.exclusions):
                    digest.update(block)
                return signing(exclusions=found.exclusions, sha256=digest.digest())
            sink.seek(0)
        return signing.over(sink, media_type=self._media_type, original=original)


def _link_to(name: str) -> str:
    return quote(name + SIDECAR_SUFFIX)


class _Signing:
    """Signs one claim: over all of a file, or over whatever binding a carrier has worked out."""

    def __init__(
        self, credentials: Credentials, claim: Claim, signer: Signer, parent: Parent | None
    ) -> None:
        self._credentials = credentials
        self._claim = claim
        self._signer = signer
        self._parent = parent

    def __call__(self, *, exclusions: tuple[tuple[int, int], ...], sha256: bytes) -> bytes:
        """Return the manifest store over bytes that hash to ``sha256`` without ``exclusions``."""
        if len(sha256) != hashlib.sha256().digest_size:
            raise ValueError("a SHA-256 has 32 bytes")
        return self._credentials.sign_binding(
            self._claim,
            signer=self._signer,
            exclusions=exclusions,
            sha256=sha256,
            parent=self._parent,
        )

    def over(self, source: BinaryIO, *, media_type: str, original: BinaryIO | None) -> bytes:
        """Return the manifest store over every byte of ``source``, for a sidecar."""
        return self._credentials.sign_detached(
            source,
            media_type=media_type,
            claim=self._claim,
            signer=self._signer,
            original=original,
            parent=self._parent,
        )

    def padded(self, store: bytes, *counts: int) -> bytes:
        """Return a store made here with one or two paddings of so many zeros."""
        return repadded(store, *counts)
