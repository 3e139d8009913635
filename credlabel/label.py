"""``Labeller``: mark, sign last, read back, then replace.

What :mod:`credlabel.imprint` makes is written into a draft in the destination's directory, forced
to disk, and only then given its name. The source is never written to, and a failure leaves
nothing behind.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from credlabel.errors import LabelError, MalformedAssetError
from credlabel.files import (
    Draft,
    Kept,
    make_directories,
    open_source,
    show,
    sync_directory,
    text_of,
)
from credlabel.imprint import Imprint, Imprinter
from credlabel.model import Digest, Provenance, Receipt, Relation
from credlabel.sidecar import find_sidecar, read_sidecar, sidecar_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.Image import Image

    from credlabel.hookspecs import Signer
    from credlabel.labelling import LabelSettings
    from credlabel.scan import ScanSettings


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """Content labelled in memory: its bytes, its sidecar's bytes if it has one, its receipt."""

    data: bytes
    sidecar: bytes | None
    receipt: Receipt


class Labeller:
    """Labels content at the moment it is generated, with one signer.

    Args:
        signer: signs the claims.
        provenance: what every label says, unless a call says otherwise.
        settings: what to do with existing credentials and with prompts.
        scan: how existing credentials and the result are read.
        clock: tells the time of creation for records that do not.

    Example::

        labeller = Labeller(signer, provenance=Provenance(system="Painter", provider="Acme"))
        receipt = labeller.label(image, Path("out/sunset.png"), image_format="PNG")
    """

    def __init__(
        self,
        signer: Signer,
        *,
        provenance: Provenance | None = None,
        settings: LabelSettings | None = None,
        scan: ScanSettings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._provenance = provenance or Provenance()
        self._imprinter = Imprinter(signer, settings=settings, scan=scan, clock=clock)
        self._plugins = self._imprinter.plugins
        self._threads = ThreadPoolExecutor(max_workers=1)  # starts its thread when it is needed

    def label(
        self,
        source: Path | str | bytes | BinaryIO | Image,
        destination: Path | str,
        *,
        provenance: Provenance | None = None,
        image_format: str = "",
        replace: bool = False,
    ) -> Receipt:
        """Label ``source`` into ``destination``, durably, and return the receipt.

        ``source`` is a path, bytes, a seekable binary stream, or a Pillow image together with the
        ``image_format`` to save it in. A destination equal to the source's path labels in place,
        by replacement. Content in which a credential can't be embedded, or must not be, gets the
        sidecar ``destination + ".c2pa"``.

        Raises:
            AssetError: the content is malformed or can't be read. LabelError: the destination
            exists (unless ``replace``), or the result did not read back. SigningError: there is
            no signature. OSError: the disk is at fault.
        """
        destination = Path(destination)
        source = Path(source) if isinstance(source, str) else source
        path = source if isinstance(source, Path) else None
        in_place = path is not None and _is_same_file(path, destination)
        if in_place:
            destination = destination.resolve()  # the file itself, not a link to it
        elif os.path.lexists(destination) and not replace:  # never raises, as Path.exists does
            raise LabelError(
                f"{show(destination)} exists already.", hint="Choose another name, or --force."
            )
        with _opened(source, image_format) as stream, _naming(destination):
            before = _state(os.fstat(stream.fileno())) if path else None
            beside = find_sidecar(path) if path else None
            make_directories(destination.parent)
            with Draft(destination) as draft:
                imprint = self._imprinter.imprint(
                    stream,
                    draft.stream,
                    name=destination.name,
                    provenance=provenance or self._provenance,
                    sidecar=read_sidecar(beside) if beside else None,
                    on_written=functools.partial(self._finish, draft, path),
                )
                receipt = _receipt(imprint, path, destination)
                if path and not _is_still(path, before):
                    raise MalformedAssetError(f"{show(destination.name)} changed meanwhile.")
                self._publish(imprint, draft, path, in_place=in_place, replace=replace)
        self._plugins.event({"kind": "labelled", "receipt": msgspec.to_builtins(receipt)})
        return receipt

    def label_bytes(
        self, data: bytes, *, name: str = "", provenance: Provenance | None = None
    ) -> Labelled:
        """Label content in memory; ``name`` tells kinds of text apart and becomes the title.

        Raises:
            AssetError, LabelError, SigningError: as :meth:`label`.
        """
        source, sink = io.BytesIO(data), io.BytesIO()
        imprint = self._imprinter.imprint(
            source, sink, name=name, provenance=provenance or self._provenance
        )
        receipt = _receipt(imprint, None, None)
        return Labelled(data=sink.getvalue(), sidecar=imprint.store, receipt=receipt)

    # ------------------------------------------------------------------ publishing

    def _finish(self, draft: Draft, path: Path | None) -> None:
        """Complete a draft; its bytes go to disk while they are read back."""
        if path is None:
            draft.take_default_mode()
        else:
            draft.take_attributes(path)
        draft.begin_sync(self._threads)

    def _publish(
        self, imprint: Imprint, draft: Draft, path: Path | None, *, in_place: bool, replace: bool
    ) -> None:
        """Give the draft its name, its sidecar first, so that it never shows without its label."""
        if in_place and imprint.relation is Relation.UNCHANGED:
            return
        replace = replace or in_place
        if imprint.store is None:
            draft.publish(replace=replace)
        else:
            draft.sync()  # what may well fail fails before there is a new sidecar
            beside = sidecar_path(draft.destination)
            with Kept(beside) as kept, Draft(beside) as side:
                side.stream.write(imprint.store)
                self._finish(side, path)
                side.publish(replace=replace)
                try:
                    # In place, the file itself is as it was, unless a mark went into it.
                    if not in_place or imprint.output_sha256 != imprint.input_sha256:
                        draft.publish(replace=replace)
                except BaseException:
                    kept.restore()
                    raise
        sync_directory(draft.destination.parent)


@contextlib.contextmanager
def _opened(source: Path | bytes | BinaryIO | Image, image_format: str) -> Iterator[BinaryIO]:
    """Yield ``source`` as a seekable stream, closing only what was opened here."""
    if isinstance(source, Path):
        with open_source(source) as stream:
            yield stream
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    elif hasattr(source, "save"):  # a Pillow image, told without importing Pillow
        if not image_format:
            raise LabelError(
                "An image needs a format to be saved in.", hint='Say so: image_format="PNG".'
            )
        buffer = io.BytesIO()
        try:
            source.save(buffer, format=image_format)
        except (OSError, KeyError, ValueError) as error:
            raise LabelError(
                f"The image can't be saved as {image_format}: {error}.",
                hint="Convert it to a mode that the format has, or choose another format.",
            ) from error
        yield buffer
    else:
        yield source


def _receipt(
    imprint: Imprint,
    path: Path | None,
    destination: Path | None,
) -> Receipt:
    reading = imprint.reading
    signature = reading.active.get("signature_info") or {}
    has_sidecar = imprint.store is not None and destination is not None
    return Receipt(
        source=text_of(path or ""),
        output=text_of(destination or ""),
        sidecar=text_of(sidecar_path(destination)) if has_sidecar and destination else "",
        media_type=imprint.media_type,
        tier=imprint.tier,
        relation=imprint.relation,
        manifest=str(reading.store.get("active_manifest") or ""),
        signer=str(signature.get("common_name") or signature.get("issuer") or ""),
        timestamped=bool(signature.get("time")),
        marks=imprint.marks,
        source_digest=Digest(sha256=imprint.input_sha256),
        output_digest=Digest(sha256=imprint.output_sha256),
        reason=imprint.reason,
        metadata=imprint.marked.metadata,
        omitted=imprint.marked.omitted,
    )


def _is_same_file(path: Path, destination: Path) -> bool:
    if path.absolute() == destination.absolute():  # also while others are replacing it
        return os.path.exists(path)  # noqa: PTH110 - it never raises
    try:
        return path.samefile(destination)
    except (OSError, ValueError):  # one of them is missing, or can't be a name
        return False


def _state(seen: os.stat_result) -> tuple[int, int, int]:
    """Return what changes when somebody writes to the file."""
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _is_still(path: Path, before: tuple[int, int, int] | None) -> bool:
    try:
        return _state(path.stat()) == before
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _naming(destination: Path) -> Iterator[None]:
    """Tell a name that can't be had, which is the request's fault, from a disk at fault."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise LabelError(
                f"{show(error.filename or destination)} exists already.",
                hint="Choose another name, or --force.",
            ) from error
        if error.errno in (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR):
            raise LabelError(f"{show(destination)} can't be written: {error.strerror}.") from error
        raise
