"""What a file is, and which credential it has: found by a plugin, by the library, or beside it.

Some formats carry a manifest store where the library does not look. There, a plugin says where it
is and which bytes it binds, and :mod:`credlabel.credentials.binding` checks those.
"""

from __future__ import annotations

from functools import partial
from typing import BinaryIO, Final, NamedTuple

import msgspec

from credlabel.credentials import (
    CollectionBinding,
    CredentialReading,
    Credentials,
    CredentialState,
    DataBinding,
    kept_elsewhere,
)
from credlabel.errors import AssetError
from credlabel.files import in_memory
from credlabel.hookspecs import (
    CollectionCarrier,
    CredentialExtractor,
    CredentialProbe,
    MediaTypeRefiner,
    Metadata,
    MetadataReader,
    TextKinds,
)
from credlabel.media_types import guess_media_type, may_be_text
from credlabel.model import Finding, FindingKind
from credlabel.plugins import HEAD_BYTES, PluginRegistry

_ABSENT: Final = CredentialReading(state=CredentialState.ABSENT)
_OCTETS: Final = "application/octet-stream"


class _Powers(NamedTuple):
    """The optional powers of one format that reading makes use of."""

    refiner: MediaTypeRefiner | None
    probe: CredentialProbe | None
    kinds: TextKinds | None
    extractor: CredentialExtractor | None
    collector: CollectionCarrier | None
    metadata: MetadataReader | None


class AssetReader:
    """Identifies files, and reads the credential that each has; never raises for what bytes hold.

    Args:
        plugins: know the formats.
        credentials: validates what is found.
        precheck: False asks the library about every file that it can read, whatever the walk of
            the container says.
    """

    def __init__(
        self, plugins: PluginRegistry, credentials: Credentials, *, precheck: bool = True
    ) -> None:
        self._plugins = plugins
        self._credentials = credentials
        self._precheck = precheck
        self._powers: dict[str, _Powers] = {}

    def identify(self, source: BinaryIO, name: str) -> str:
        """Return a stream's media type by its bytes; ``name`` tells kinds of text apart."""
        source.seek(0)
        head = source.read(HEAD_BYTES)
        media_type = self._plugins.identify(head)
        if media_type is None or self._powers_of(media_type).kinds:
            if may_be_text(head):
                media_type = self._plugins.identify_text(name) or media_type
            return media_type or guess_media_type(head, name)
        refiner = self._powers_of(media_type).refiner
        return refiner.refine_media_type(source, media_type) if refiner else media_type

    def read_credential(
        self, source: BinaryIO, *, media_type: str, sidecar: bytes | None = None
    ) -> CredentialReading:
        """Return the credential of a file of known type: the embedded one, else the sidecar's."""
        return self.examine(source, media_type=media_type, sidecar=sidecar)[1]

    def examine(
        self, source: BinaryIO, *, media_type: str, sidecar: bytes | None = None
    ) -> tuple[BinaryIO, CredentialReading]:
        """Return the credential, and the source: in memory, if the whole of it had to be read."""
        extractor = self._powers_of(media_type).extractor
        if extractor is not None and media_type not in self._credentials.readable_types:
            source = in_memory(source)
            return source, self._read_extracted(extractor, source, media_type, sidecar)
        may_carry = self._may_carry(source, media_type)
        if may_carry or sidecar is not None:
            source = in_memory(source)
        reading = self._read_native(source, media_type) if may_carry else _ABSENT
        if sidecar is not None and not reading.is_present:
            reading = self._read_beside(source, media_type, sidecar)
        return source, reading

    def _read_native(self, source: BinaryIO, media_type: str) -> CredentialReading:
        """Return the credential that the library finds, or else a plugin for archives."""
        source.seek(0)
        reading = self._credentials.read(source, media_type=media_type)
        is_doubtful = reading.state in (CredentialState.INVALID, CredentialState.UNREADABLE)
        return (self._read_collection(source, media_type) if is_doubtful else None) or reading

    def _read_beside(self, source: BinaryIO, media_type: str, sidecar: bytes) -> CredentialReading:
        """Return the sidecar's credential; what the library can't parse is so many bytes to it."""
        source.seek(0)
        is_readable = media_type in self._credentials.readable_types
        kind = media_type if is_readable else _OCTETS
        return self._credentials.read(source, media_type=kind, manifest_store=sidecar)

    def _read_extracted(
        self,
        extractor: CredentialExtractor,
        source: BinaryIO,
        media_type: str,
        sidecar: bytes | None,
    ) -> CredentialReading:
        """Return the credential of a file in which the library can't look for one."""
        found = None
        if self._may_carry(source, media_type):
            source.seek(0)
            found = extractor.extract(source)
        if found is None:
            return _ABSENT if sidecar is None else self._read_beside(source, media_type, sidecar)
        binding = DataBinding(found.exclusions, partial(extractor.bound_bytes, source))
        if found.store:
            return self._credentials.read_bound(found.store, binding)
        findings = (found.problem,) if found.problem else ()
        if sidecar is not None:
            reading = self._read_referred(source, media_type, sidecar, binding)
            return msgspec.structs.replace(
                reading, is_detached=True, findings=reading.findings + findings
            )
        if findings:
            return CredentialReading(state=CredentialState.UNREADABLE, findings=findings)
        store = self._credentials.fetch(found.reference)
        if store is None:
            return kept_elsewhere(found.reference)
        reading = self._read_referred(source, media_type, store, binding)
        return msgspec.structs.replace(reading, is_detached=False)  # as where the library fetches

    def _read_referred(
        self, source: BinaryIO, media_type: str, store: bytes, binding: DataBinding
    ) -> CredentialReading:
        """Return the credential that is kept outside of a file; the reference may be left out."""
        if binding.exclusions:
            return self._credentials.read_bound(store, binding)
        return self._read_beside(source, media_type, store)

    def _read_collection(self, source: BinaryIO, media_type: str) -> CredentialReading | None:
        """Return the credential of an archive bound entry by entry, or None if it is no such.

        The library reads those only where no entry is compressed, and calls the others altered.
        """
        collector = self._powers_of(media_type).collector
        if collector is None:
            return None
        source.seek(0)
        try:
            found = collector.extract_collection(source)
        except AssetError as error:
            problem = Finding(code=error.code, kind=FindingKind.FAILURE, explanation=str(error))
            return CredentialReading(state=CredentialState.UNREADABLE, findings=(problem,))
        if found is None:
            return _ABSENT
        return self._credentials.read_bound(
            found.store, CollectionBinding(source, found, media_type)
        )

    def _powers_of(self, media_type: str) -> _Powers:
        """Return the format's powers, remembered: asking a Protocol takes longer than a walk."""
        powers = self._powers.get(media_type)
        if powers is None:
            found: object = self._plugins.format_of(media_type)
            powers = self._powers[media_type] = _Powers(
                refiner=found if isinstance(found, MediaTypeRefiner) else None,
                probe=found if isinstance(found, CredentialProbe) else None,
                kinds=found if isinstance(found, TextKinds) else None,
                extractor=found if isinstance(found, CredentialExtractor) else None,
                collector=found if isinstance(found, CollectionCarrier) else None,
                metadata=found if isinstance(found, MetadataReader) else None,
            )
        return powers

    def metadata(self, source: BinaryIO, media_type: str) -> Metadata:
        """Return what the container says about itself; nothing if its format does not read it."""
        reader = self._powers_of(media_type).metadata
        if reader is None:
            return {}
        source.seek(0)
        return reader.read_metadata(source)

    def _may_carry(self, source: BinaryIO, media_type: str) -> bool:
        powers = self._powers_of(media_type)
        if powers.extractor is None and media_type not in self._credentials.readable_types:
            return False
        if powers.probe is None or not self._precheck:
            return True
        source.seek(0)
        return powers.probe.may_carry_credential(source)
