"""``Scanner``: collect evidence and findings; never raises for bad content.

A file is read once. Its format is recognised by content, a walk of its container tells whether it
can hold a credential at all (only then is the costly question asked), every detector is heard,
and the verdict says what it all amounts to.
"""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, Self

import msgspec

from credlabel.asset import AssetReader
from credlabel.credentials import CredentialReading, Credentials, CredentialState, TrustAnchors
from credlabel.errors import AssetError, PluginError
from credlabel.evidence import credential_evidence
from credlabel.files import (
    in_memory,
    load_source,
    sha256,
    text_of,
    unreadable,
)
from credlabel.hookspecs import Asset
from credlabel.model import (
    Digest,
    Evidence,
    Finding,
    FindingKind,
    Integrity,
    Origin,
    Report,
    Subject,
    Trust,
    Verdict,
)
from credlabel.plugins import PluginRegistry, PluginSettings
from credlabel.sandbox import Failure, Job, Limits, WorkerPool
from credlabel.sidecar import find_referred, find_sidecar, read_sidecar
from credlabel.terms import INACCESSIBLE, MANIFEST_STORE_TYPE
from credlabel.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from credlabel.hookspecs import Metadata

UNREADABLE: Final = "credlabel.asset.unreadable"
UNVERIFIED: Final = "credlabel.scan.unverified"
ORPHAN: Final = "credlabel.sidecar.orphan"
EMPTY: Final = "credlabel.asset.empty"
BESIDE: Final = "credlabel.sidecar.unreadable"
DETECTOR: Final = "credlabel.detector.failed"
CONFLICT: Final = "credlabel.evidence.conflict"

_BATCH: Final = 128


class ScanSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to scan.

    Attributes:
        trust: whose signatures are trusted; nobody's by default.
        digest: ``auto`` computes SHA-256 of what carries a mark, ``always`` of every file.
        allowed_hosts: hosts from which remote manifests may be fetched; none by default.
        precheck: False asks the library about every file that it can read, whatever the walk of
            the container says.
        plugins: which plugins to load, and which to prefer.
    """

    trust: TrustAnchors = TrustAnchors()
    digest: Literal["auto", "always", "never"] = "auto"
    allowed_hosts: tuple[str, ...] = ()
    precheck: bool = True
    plugins: PluginSettings = PluginSettings()


class Scanner:
    """Says of a file where it came from, as far as the evidence goes.

    This runs in the calling process; for files from strangers use :class:`ScanPool`, whose
    workers may die without harm.

    >>> report = Scanner().scan_bytes(b"plain words", name="note.txt")
    >>> report.verdict.origin.value, report.subject.media_type
    ('unknown', 'text/plain')
    """

    def __init__(self, settings: ScanSettings | None = None) -> None:
        self._settings = settings or ScanSettings()
        self._plugins = PluginRegistry.load(self._settings.plugins)
        self._credentials = Credentials(
            trust=self._settings.trust, allowed_hosts=self._settings.allowed_hosts
        )
        self._assets = AssetReader(
            self._plugins, self._credentials, precheck=self._settings.precheck
        )

    @property
    def plugins(self) -> PluginRegistry:
        """The plugins that it reads with; loading them takes longer than scanning a file."""
        return self._plugins

    def scan(self, path: Path | str) -> Report:
        """Return the report on a file, read with its sidecar; what can't be read is a finding."""
        path = Path(path)
        return self.scan_asset(path, find_sidecar(path))

    def scan_asset(self, path: Path | str, sidecar: Path | str | None) -> Report:
        """Return the report on a file whose sidecar, or lack of one, is known already."""
        try:
            with load_source(path) as source:
                try:
                    store = None if sidecar is None else read_sidecar(Path(sidecar))
                except AssetError as error:
                    return self._scan(text_of(path), source, None, _failure(BESIDE, str(error)))
                report = self._scan(text_of(path), source, store)
                linked = _linked(path, report) if store is None else None
                return self.scan_asset(path, linked) if linked else report
        except AssetError as error:
            return _failed(path, UNREADABLE, str(error))
        except OSError as error:
            return _failed(path, UNREADABLE, str(unreadable(path, error)))

    def scan_bytes(self, data: bytes, *, name: str = "", sidecar: bytes | None = None) -> Report:
        """Return the report on ``data``, called ``name``, with its sidecar's bytes if any."""
        return self._scan(name, io.BytesIO(data), sidecar)

    def read_credential(
        self, source: BinaryIO, *, media_type: str, sidecar: bytes | None = None
    ) -> CredentialReading:
        """Return the credential of a file of known type: the embedded one, else the sidecar's."""
        return self._assets.read_credential(source, media_type=media_type, sidecar=sidecar)

    def identify(self, source: BinaryIO, name: str) -> str:
        """Return a stream's media type by its bytes; ``name`` tells kinds of text apart."""
        return self._assets.identify(source, name)

    def read_metadata(self, source: BinaryIO, media_type: str) -> Metadata:
        """Return what the container says about itself; nothing if its format does not read it."""
        return self._assets.metadata(source, media_type)

    def asset(
        self, source: BinaryIO, name: str, media_type: str, reading: CredentialReading
    ) -> Asset:
        """Return a file as markers see it: what it says, and what all of that amounts to."""
        size = source.seek(0, os.SEEK_END)
        return Asset(
            name,
            media_type,
            size,
            read=partial(self._assets.metadata, source, media_type),
            detect=lambda: tuple(
                self._evidence(
                    Subject(name=name, media_type=media_type, size=size), source, reading
                )[0]
            ),
        )

    def _scan(
        self, name: str, source: BinaryIO, store: bytes | None, problem: Finding | None = None
    ) -> Report:
        if self._settings.digest == "always":
            source = in_memory(source)  # all of it will be read
        media_type = self.identify(source, name)
        source, reading = self._assets.examine(source, media_type=media_type, sidecar=store)
        size = source.seek(0, os.SEEK_END)
        subject = Subject(name=name, media_type=media_type, size=size)
        if problem is not None and not reading.is_present:  # there may be a credential in it
            reading = CredentialReading(state=CredentialState.UNREADABLE, findings=(problem,))
        findings = reading.findings
        if not size:
            findings += (
                Finding(
                    code=EMPTY,
                    kind=FindingKind.INFORMATIONAL,
                    explanation="The file is empty.",
                ),
            )
        if media_type == MANIFEST_STORE_TYPE:
            findings += (
                _failure(ORPHAN, "This is a manifest store without its file: it proves nothing."),
            )
        evidence, failures = self._evidence(subject, source, reading)
        if self._settings.digest == "always" or (self._settings.digest == "auto" and evidence):
            subject = msgspec.structs.replace(subject, digest=Digest(sha256=sha256(source)))
        verdict = judge(evidence, reading)
        conflicts = (
            Finding(code=CONFLICT, kind=FindingKind.INFORMATIONAL, explanation=sentence)
            for sentence in verdict.conflicts
        )
        return Report(
            subject=subject,
            verdict=verdict,
            evidence=tuple(evidence),
            findings=(*findings, *failures, *conflicts),
        )

    def _evidence(
        self, subject: Subject, source: BinaryIO, reading: CredentialReading
    ) -> tuple[list[Evidence], list[Finding]]:
        evidence = credential_evidence(reading)
        failures = []
        asset = Asset(
            subject.name,
            subject.media_type,
            subject.size,
            read=partial(self._assets.metadata, source, subject.media_type),
        )
        for detector in self._plugins.detectors:
            source.seek(0)
            try:
                evidence.extend(detector.detect(asset, source))
            except Exception as error:  # noqa: BLE001 - the boundary to other people's code
                problem = f"The detector {detector.name} failed, so it says nothing: {error!r}"
                failures.append(_failure(DETECTOR, problem))
        return evidence, failures


class ScanPool:
    """Scans many files in worker processes with limits, in order; a context manager.

    A file that kills its worker or takes too long is reported as *could not verify*, and the scan
    goes on.
    """

    def __init__(
        self,
        settings: ScanSettings | None = None,
        *,
        limits: Limits | None = None,
        workers: int | None = None,
        batch: int = _BATCH,
    ) -> None:
        self._pool: WorkerPool[_Item, bytes | PluginError] = WorkerPool(
            Job(prepare=_prepare, arguments=(settings or ScanSettings(),)),
            workers=workers,
            limits=limits,
            batch=batch,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.__exit__(*exc)

    def scan(self, assets: Iterable[tuple[Path, Path | None]]) -> Iterator[Report]:
        """Yield a report for each (file, sidecar), in the order given, as it is done.

        Raises:
            PluginConflictError: a file is of a type that two plugins claim.
        """
        items = ((str(path), str(side) if side else None) for path, side in assets)
        for (path, _), answer in self._pool.map(items, sizes=lambda item: _size(item[0])):
            if isinstance(answer, Failure):
                yield _failed(
                    Path(path),
                    UNVERIFIED,
                    f"Could not verify: reading the file was stopped, since {answer.reason}.",
                )
                continue
            if isinstance(answer, PluginError):  # the request's fault, and not the file's
                raise answer
            try:
                report = _decoder.decode(answer)
            except msgspec.MsgspecError as error:  # a plugin's evidence that is not what it says
                report = _failed(Path(path), UNVERIFIED, f"Could not verify: {error}.")
            yield report


_Item = tuple[str, str | None]
_decoder: Final = msgspec.msgpack.Decoder(Report)


def _prepare(settings: ScanSettings) -> Callable[[_Item], bytes | PluginError]:
    """Return, inside a worker, the function that scans one file."""
    scanner = Scanner(settings)
    encode = msgspec.msgpack.Encoder().encode

    def work(item: _Item) -> bytes | PluginError:
        path, sidecar = item
        try:
            return encode(scanner.scan_asset(path, sidecar))
        except PluginError as error:
            return error

    return work


def _linked(path: Path | str, report: Report) -> Path | None:
    """Return the sidecar, under another name than usual, that the file itself names."""
    for finding in report.findings:
        if finding.code == INACCESSIBLE:
            return find_referred(Path(path), finding.subject)
    return None


def _failure(code: str, explanation: str) -> Finding:
    return Finding(code=code, kind=FindingKind.FAILURE, explanation=explanation)


def _failed(path: Path | str, code: str, explanation: str) -> Report:
    """Return the report on a file that could not be looked into: nothing is known about it."""
    return Report(
        subject=Subject(name=text_of(path), media_type="", size=_size(path)),
        verdict=Verdict(
            origin=Origin.UNKNOWN,
            strength=None,
            integrity=Integrity.UNVERIFIABLE,
            trust=Trust.NONE,
            marks=(),
        ),
        findings=(_failure(code, explanation),),
    )


def _size(path: Path | str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - making a Path of it takes ten times as long
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return 0
