"""Label many files in worker processes; what goes wrong with one file is an answer.

Signing parses the file, so it happens where a crash does no harm. Each worker opens the signer by
its URI; secrets are asked for once, before, and handed over through the worker's pipe.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from credlabel.errors import AssetError, CredlabelError, ExitCode, LabelError
from credlabel.files import draft_prefix, show
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Provenance, Receipt
from credlabel.plugins import PluginRegistry
from credlabel.sandbox import Failure, Job, Limits, WorkerPool
from credlabel.scan import ScanSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_PATIENCE_SECONDS: Final = 30.0
"""How long the file in hand may take when the work is broken off."""


class LabelJob(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a worker needs to label: who signs, what the labels say, and how."""

    signer: str
    secrets: dict[str, str] = {}
    provenance: Provenance = Provenance()
    settings: LabelSettings = LabelSettings()
    scan: ScanSettings = ScanSettings()

    def __repr__(self) -> str:
        return f"LabelJob(signer={self.signer!r}, secrets=<{len(self.secrets)} withheld>)"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One file to label: from where, to where, over what is there or not."""

    source: str
    destination: str
    replace: bool = False


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why one file was not labelled; nothing was written.

    ``is_file_at_fault`` tells a bad file (quarantine it) from a bad moment (try again later).
    """

    code: str
    message: str
    hint: str
    exit_code: ExitCode
    is_file_at_fault: bool


class LabelPool:
    """Labels many files in supervised workers, in order; a context manager."""

    def __init__(
        self,
        job: LabelJob,
        *,
        limits: Limits | None = None,
        workers: int | None = None,
        inherit: tuple[int, ...] = (),
    ) -> None:
        self._pool: WorkerPool[Errand, Receipt | Refusal] = WorkerPool(
            Job(prepare=_prepare, arguments=(job,)),
            workers=workers,
            limits=limits,
            batch=1,  # a batch is tried again when its worker dies, and half of it may be done
            inherit=inherit,
            patience_seconds=_PATIENCE_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.__exit__(*exc)

    def label(self, errands: Iterable[Errand]) -> Iterator[tuple[Errand, Receipt | Refusal]]:
        """Yield each errand with its receipt, or with the reason why there is none."""
        for errand, answer in self._pool.map(errands, sizes=_size):
            if isinstance(answer, Failure):
                _tidy_up(Path(errand.destination).parent, answer.process)
                yield (
                    errand,
                    Refusal(
                        code="credlabel.label.stopped",
                        message=f"{show(errand.source)} could not be labelled: {answer.reason}.",
                        hint="The file may be hostile or too large for the limits.",
                        exit_code=ExitCode.ASSET,
                        is_file_at_fault=True,
                    ),
                )
            else:
                yield errand, answer


def _tidy_up(folder: Path, process: int) -> None:
    """Remove what a worker that was killed had not finished."""
    for draft in folder.glob(draft_prefix(process) + "*"):
        draft.unlink(missing_ok=True)


def _prepare(job: LabelJob) -> Callable[[Errand], Receipt | Refusal]:
    """Return, inside a worker, the function that labels one file."""
    plugins = PluginRegistry.load(job.scan.plugins)
    try:
        signer = plugins.open_signer(job.signer, secrets=lambda name, _: job.secrets.get(name))
        labeller = Labeller(
            signer, provenance=job.provenance, settings=job.settings, scan=job.scan
        )
    except CredlabelError as error:
        refusal = refusal_of(error)
        return lambda _: refusal

    def work(errand: Errand) -> Receipt | Refusal:
        try:
            return labeller.label(
                Path(errand.source), Path(errand.destination), replace=errand.replace
            )
        except (CredlabelError, OSError) as error:
            return refusal_of(error)

    return work


def refusal_of(error: CredlabelError | OSError) -> Refusal:
    """Return an error as the answer that crosses from the worker to its master."""
    if isinstance(error, OSError):
        return Refusal(
            code="credlabel.system",
            message=f"The system is at fault: {error.strerror or error}{_where(error)}.",
            hint="",
            exit_code=ExitCode.STORE,
            is_file_at_fault=False,
        )
    return Refusal(
        code=error.code,
        message=str(error),
        hint=error.hint,
        exit_code=error.exit_code,
        is_file_at_fault=isinstance(error, AssetError | LabelError),
    )


def _where(error: OSError) -> str:
    return f": {show(error.filename)}" if isinstance(error.filename, str) else ""


def _size(errand: Errand) -> int:
    try:
        return os.stat(errand.source).st_size  # noqa: PTH116 - an errand holds text
    except OSError:
        return 0
