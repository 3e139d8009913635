"""Make the labelled bytes of one piece of content: decide, mark, sign last, read back.

This knows streams and no names of files; :mod:`credlabel.label` gives the result its name.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

import msgspec

from credlabel import terms
from credlabel.credentials import (
    CredentialReading,
    Credentials,
    CredentialState,
    Parent,
)
from credlabel.errors import (
    AlreadyLabelledError,
    MalformedAssetError,
    ReadBackError,
    SignerUnavailableError,
)
from credlabel.files import Digester, copy_bytes, in_memory, sha256, text_of
from credlabel.hookspecs import EmbeddingPrice
from credlabel.manifest import claim_of, is_ours, provenance_of
from credlabel.model import Layer, Provenance, Relation, Tier
from credlabel.placement import Place, Placement, Placer, spooled
from credlabel.record import complete_record
from credlabel.scan import Scanner, ScanSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.hookspecs import Signer
    from credlabel.plugins import PluginRegistry

_SIGNERS_FAULT: Final = ("claimSignature.", "signingCredential.")
"""Failures that another file would have as well."""


class LabelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to label.

    Attributes:
        on_existing: what to do with content that has credentials: ``update`` keeps them as the
            parent ingredient under a new label, ``skip`` leaves the content as it is, ``refuse``
            raises AlreadyLabelledError.
        prompts: ``digest`` records only the SHA-256 of prompts, ``text`` their text.
        text: where the credential of a text goes; ``auto`` embeds it if the text is worth it.
        zip: where that of an archive or office document goes; ``auto`` embeds it if the file
            does not grow too much.
        placement: the same by file name: a pattern such as ``*.py``, and where; the first that
            fits counts, for files of any kind.
    """

    on_existing: Literal["update", "skip", "refuse"] = "update"
    prompts: Literal["digest", "text"] = "digest"
    text: Placement = "auto"
    zip: Literal["auto", "embed", "sidecar"] = "auto"
    placement: dict[str, Placement] = {}

    def placement_of(self, name: str, family: str) -> Placement:
        """Return where the user wants the credential of a file called ``name``.

        ``family`` is that of its format, where embedding has a price.
        """
        for pattern, wanted in self.placement.items():
            if fnmatchcase(name, pattern):
                return wanted
        of_family: dict[str, Placement] = {"text": self.text, "zip": self.zip}
        return of_family.get(family, "auto")


class Imprint(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: how the content is labelled now, and as what it read back.

    ``store`` is the manifest store for the sidecar, if the tier is *sidecar*.
    """

    media_type: str
    input_sha256: str
    output_sha256: str
    tier: Tier
    relation: Relation
    reading: CredentialReading
    store: bytes | None
    marks: tuple[Layer, ...]
    reason: str


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about the content, and what follows: kept, beside it, or inside."""

    media_type: str
    record: Provenance
    existing: CredentialReading
    kept: str
    place: Place
    parent: Parent | None

    @property
    def has_history(self) -> bool:
        return _has_history(self.existing)


class Imprinter:
    """Labels streams with one signer; see :class:`credlabel.label.Labeller` for files."""

    def __init__(
        self,
        signer: Signer,
        *,
        settings: LabelSettings | None = None,
        scan: ScanSettings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        scan = scan or ScanSettings()
        self._signer = signer
        self._settings = settings or LabelSettings()
        self._scanner = Scanner(scan)
        self._plugins = self._scanner.plugins
        self._credentials = Credentials(trust=scan.trust)
        self._digester = Digester()
        self._clock = clock

    @property
    def plugins(self) -> PluginRegistry:
        """The plugins that it works with."""
        return self._plugins

    def imprint(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        *,
        name: str,
        provenance: Provenance,
        sidecar: bytes | None = None,
        on_written: Callable[[], None] = lambda: None,
    ) -> Imprint:
        """Write ``source``, labelled, to ``sink`` (read, write, seek).

        ``sidecar`` is the manifest store that lies beside the source, if one does.
        ``on_written`` is called when ``sink`` holds its last byte, before that is read back.

        Raises:
            AssetError, LabelError, SigningError: ``sink`` holds nothing of use.
        """
        source = in_memory(source)
        input_digest = self._digester.start(source)
        given = self._examine(source, name, provenance, sidecar)
        if given.kept:
            copy_bytes(source, sink)
            on_written()
            if sha256(sink) != input_digest():
                raise ReadBackError("The copy is not like the original.")
            return Imprint(
                media_type=given.media_type,
                input_sha256=input_digest(),
                output_sha256=input_digest(),
                tier=Tier.SIDECAR if given.existing.is_detached else Tier.EMBEDDED,
                relation=Relation.UNCHANGED,
                reading=given.existing,
                store=sidecar if given.existing.is_detached else None,
                marks=(Layer.CREDENTIAL,),
                reason=given.kept,
            )
        with contextlib.ExitStack() as stack:
            marked, marks = self._mark(stack, source, given)
            claim = claim_of(
                given.record,
                title=text_of(name),
                edits=given.has_history,
                input_sha256=input_digest(),
            )
            store = self._placer(given.media_type).put(
                marked,
                sink,
                place=given.place,
                claim=claim,
                signer=self._signer,
                parent=given.parent,
                edits=given.has_history and given.parent is None,  # the library finds it
            )
        on_written()
        written = in_memory(sink)  # read from where it was written
        output_digest = self._digester.start(written)
        return Imprint(
            media_type=given.media_type,
            reading=self._read_back(written, given, store),
            input_sha256=input_digest(),
            output_sha256=output_digest(),
            tier=Tier.EMBEDDED if store is None else Tier.SIDECAR,
            relation=Relation.EDITED if given.has_history else Relation.CREATED,
            store=store,
            marks=(Layer.CREDENTIAL, *marks),
            reason=given.place.reason,
        )

    # ------------------------------------------------------------------ before

    def _examine(
        self, source: BinaryIO, name: str, provenance: Provenance, sidecar: bytes | None
    ) -> _Given:
        """Return everything that has to be known, and decided, before anything is written."""
        media_type = self._scanner.identify(source, name)
        self._check_whole(source, media_type)
        complete = partial(
            complete_record,
            provenance,
            media_type=media_type,
            prompts=self._settings.prompts,
            now=self._clock(),
        )
        creation = complete(edits=False)
        existing = self._scanner.read_credential(source, media_type=media_type, sidecar=sidecar)
        if existing.state is CredentialState.UNREADABLE:
            raise MalformedAssetError(
                existing.findings[0].explanation,
                hint="Label the file as it was before that happened to it.",
            )
        if existing.is_detached and not existing.active:
            raise MalformedAssetError(
                "Its sidecar can't be read, and labelling would lose what it holds.",
                hint="Move the sidecar away to label the file without it.",
            )
        record = complete(edits=True) if _has_history(existing) else creation
        kept = self._reason_to_keep(existing, provenance, (creation, record))
        place, parent = Place(), None
        if not kept:
            placer = self._placer(media_type)
            wanted = self._settings.placement_of(name, self._family(media_type))
            place = placer.choose(source, name=name, wanted=wanted, existing=existing)
            parent = placer.parent_of(source, existing, sidecar)
        return _Given(
            media_type=media_type,
            record=record,
            existing=existing,
            kept=kept,
            place=place,
            parent=parent,
        )

    def _placer(self, media_type: str) -> Placer:
        return Placer(self._plugins.format_of(media_type), media_type, self._credentials)

    def _family(self, media_type: str) -> str:
        found: object = self._plugins.format_of(media_type)
        return found.family if isinstance(found, EmbeddingPrice) else ""

    def _check_whole(self, source: BinaryIO, media_type: str) -> None:
        source.seek(0)
        if not source.read(1):
            raise MalformedAssetError("The file is empty.")
        found = self._plugins.format_of(media_type)
        if found is not None:
            source.seek(0)
            found.check_whole(source)

    def _reason_to_keep(
        self, existing: CredentialReading, given: Provenance, records: tuple[Provenance, ...]
    ) -> str:
        """Return why content that has credentials is left as it is, or the empty string."""
        if not _has_history(existing):
            return ""
        if self._settings.on_existing == "refuse":
            raise AlreadyLabelledError(
                "The file has credentials already.",
                hint="--on-existing update keeps them as history under the new label.",
            )
        is_sound = existing.state in (CredentialState.VALID, CredentialState.TRUSTED)
        if self._settings.on_existing == "skip":
            if not is_sound:
                raise AlreadyLabelledError(
                    "The file has credentials already, but they can't be verified.",
                    hint="--on-existing update keeps them as history under the new label.",
                )
            return "It has credentials already."
        if not (is_sound and is_ours(existing) and self._has_signed(existing)):
            return ""  # somebody else's label is none of ours, whatever it says
        before = provenance_of(existing)
        if given.created is None:  # the time of labelling is no difference
            before = msgspec.structs.replace(before, created=records[0].created)
        return "It carries this very label already." if before in records else ""

    def _has_signed(self, existing: CredentialReading) -> bool:
        """Whether our signer signed this, and with a time-stamp if it would now."""
        signature = existing.active.get("signature_info") or {}
        if self._signer.timestamp_uri and not signature.get("time"):
            return False
        return str(signature.get("cert_serial_number")) == self._serial

    @cached_property
    def _serial(self) -> str:
        """The signing certificate's serial number, in the decimal notation of the library."""
        from credlabel.certificates import describe_chain  # noqa: PLC0415 - loads cryptography

        leaf = describe_chain(self._signer.certificate_chain, now=self._clock())[0]
        return str(int(leaf.serial, 16))

    # ------------------------------------------------------------------ the work

    def _mark(
        self, stack: contextlib.ExitStack, source: BinaryIO, given: _Given
    ) -> tuple[BinaryIO, tuple[Layer, ...]]:
        """Return the content with every unsigned layer in it, and the layers."""
        layers = []
        # Where embedding would destroy something, an unsigned mark would, too.
        for marker in () if given.place.is_guarded else self._plugins.markers:
            if marker.accepts(given.media_type):
                sink = spooled(stack)
                source.seek(0)
                layers.append(marker.mark(source, sink, given.record).kind)
                source = sink
        return source, tuple(layers)

    def _read_back(
        self, written: BinaryIO, given: _Given, store: bytes | None
    ) -> CredentialReading:
        """Return what the result reads as; nothing is taken on trust from the library."""
        reading = self._scanner.read_credential(
            written, media_type=given.media_type, sidecar=store
        )
        if reading.state not in (CredentialState.VALID, CredentialState.TRUSTED):
            failed = {finding.code for finding in reading.failures} - {terms.UNTRUSTED}
            codes = ", ".join(sorted(failed)) or reading.state.value
            if any(code.startswith(_SIGNERS_FAULT) for code in failed):
                raise SignerUnavailableError(
                    f"What the signer returned is no signature that verifies ({codes}).",
                    hint="'credlabel doctor' tries the signer and its certificate.",
                )
            raise ReadBackError(f"The label did not verify after it was written ({codes}).")
        if provenance_of(reading) != given.record:
            raise ReadBackError("The label does not say what it was meant to say.")
        return reading


def _has_history(existing: CredentialReading) -> bool:
    return existing.is_present or existing.state is CredentialState.REMOTE
