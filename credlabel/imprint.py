"""Make the labelled bytes of one piece of content: decide, mark, sign last, read back.

This knows streams and no names of files; :mod:`credlabel.label` gives the result its name.
"""

from __future__ import annotations

import contextlib
import uuid
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, Final

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
from credlabel.labelling import LabelSettings, marks_of, required_of
from credlabel.manifest import claim_of, is_ours, provenance_of
from credlabel.marking import Marked, MarkPlan, Marks, check_marks
from credlabel.model import Layer, Provenance, Relation, Role, Tier
from credlabel.placement import Place, Placer
from credlabel.record import complete_record, require_fields
from credlabel.scan import Scanner, ScanSettings
from credlabel.whole import of_the_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.hookspecs import Signer
    from credlabel.plugins import PluginRegistry

_SIGNERS_FAULT: Final = ("claimSignature.", "signingCredential.")
"""Failures that another file would have as well."""


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
    marked: Marked = Marked()


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about the content, and what follows: kept, beside it, or inside.

    ``is_untouched`` says that the user wants the credential beside a file that stays as it is.
    """

    media_type: str
    record: Provenance
    existing: CredentialReading
    kept: str
    place: Place
    parent: Parent | None
    plan: MarkPlan
    edits: bool
    is_untouched: bool


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
        self._marks = Marks(self._plugins, marks_of(self._settings, self._plugins))
        self._required = required_of(self._settings, self._plugins) | self._marks.required
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
        given = self._examine(source, name, provenance, sidecar, input_digest)
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
                marked=Marked(omitted=given.plan.omitted),
            )
        with contextlib.ExitStack() as stack:
            content, marked = self._mark(stack, source, given)
            claim = claim_of(
                given.record,
                title=text_of(name),
                edits=given.edits,
                input_sha256=input_digest(),
            )
            store = self._placer(given.media_type).put(
                content,
                sink,
                place=given.place,
                claim=claim,
                signer=self._signer,
                parent=given.parent,
                original=source if given.edits and given.parent is None else None,
            )
        on_written()
        written = in_memory(sink)  # read from where it was written
        output_digest = self._digester.start(written)
        reading = self._read_back(written, given, store)
        if marked.metadata:
            check_marks(marked, self._scanner.read_metadata(written, given.media_type))
        return Imprint(
            media_type=given.media_type,
            reading=reading,
            input_sha256=input_digest(),
            output_sha256=output_digest(),
            tier=Tier.EMBEDDED if store is None else Tier.SIDECAR,
            relation=Relation.EDITED if given.edits else Relation.CREATED,
            store=store,
            marks=(Layer.CREDENTIAL, *marked.layers),
            reason=given.place.reason,
            marked=marked,
        )

    # ------------------------------------------------------------------ before

    def _examine(
        self,
        source: BinaryIO,
        name: str,
        provenance: Provenance,
        sidecar: bytes | None,
        digest: Callable[[], str],
    ) -> _Given:
        """Return everything that has to be known, and decided, before anything is written."""
        media_type = self._scanner.identify(source, name)
        self._check_whole(source, media_type)
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
        edits = _has_history(existing) or self._settings.situation.role is Role.PLATFORM
        creation, record = self._records(provenance, media_type, existing, digest, edits=edits)
        asset = self._scanner.asset(source, name, media_type, existing)
        whole = of_the_whole(record, asset, self._settings.situation.role)
        plan = self._marks.plan(asset, whole)
        kept = self._reason_to_keep(existing, provenance, (creation, record), plan)
        place, parent, is_untouched = Place(), None, False
        if not kept:
            placer = self._placer(media_type)
            wanted = self._settings.placement_of(name, self._family(media_type))
            place = placer.choose(source, name=name, wanted=wanted, existing=existing)
            parent = placer.parent_of(source, existing, sidecar) if edits else None
            is_untouched = wanted == "sidecar" and bool(place.reason)
        return _Given(
            media_type=media_type,
            record=record,
            existing=existing,
            kept=kept,
            place=place,
            parent=parent,
            plan=plan,
            edits=edits,
            is_untouched=is_untouched,
        )

    def _records(
        self,
        provenance: Provenance,
        media_type: str,
        existing: CredentialReading,
        digest: Callable[[], str],
        *,
        edits: bool,
    ) -> tuple[Provenance, Provenance]:
        """Return what a label says of new content, and what it says of this."""
        complete = partial(
            complete_record,
            provenance,
            media_type=media_type,
            prompts=self._settings.prompts,
            now=self._clock(),
        )
        creation = complete(edits=False)
        record = complete(edits=True) if edits else creation
        if "identifier" in self._required and not provenance.identifier:
            # A platform numbers what it passes on anew; it is not its own content.
            is_same = is_ours(existing) and self._settings.situation.role is not Role.PLATFORM
            earlier = provenance_of(existing).identifier if is_same else ""
            identifier = earlier or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest())}"
            creation, record = (
                msgspec.structs.replace(each, identifier=identifier) for each in (creation, record)
            )
        require_fields(record, self._required, what=self._settings.profile or "these marks")
        return creation, record

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
        self,
        existing: CredentialReading,
        given: Provenance,
        records: tuple[Provenance, ...],
        plan: MarkPlan,
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
        if not given.identifier:
            before = msgspec.structs.replace(before, identifier=records[0].identifier)
        is_same = before in records and plan.is_done
        return "It carries this very label already." if is_same else ""

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
    ) -> tuple[BinaryIO, Marked]:
        """Return the content with every unsigned layer in it, and which those are."""
        place = given.place
        if given.is_untouched and self._settings.marks is None:
            names = (*given.plan.fields, *given.plan.omitted)
            return source, Marked(omitted=dict.fromkeys(names, place.reason))
        # Where embedding would destroy something, changing the payload would, too. Whether its
        # metadata can be written is for the format to say.
        objection = place.reason if place.is_guarded else ""
        return self._marks.write(
            stack,
            source,
            media_type=given.media_type,
            plan=given.plan,
            record=given.record,
            objection=objection,
        )

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
