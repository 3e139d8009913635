"""EXMP, a made-up container: how to recognise it, who made it, and a command that makes one.

A file is ``EXMP``, then chunks: four ASCII letters, four bytes of length (big-endian), the data.
``MADE`` names the machine that made the file; ``END!``, without data, is the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import hookimpl
from credlabel.model import Evidence, Layer, Origin, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from credlabel.hookspecs import Asset, Detector, Format

MEDIA_TYPE: Final = "application/x-exmp"
MAGIC: Final = b"EXMP"
MAX_CHUNKS: Final = 1000
MAX_CHUNK_BYTES: Final = 1 << 16


def build(maker: str, *, payload: bytes = b"") -> bytes:
    """Return an EXMP file that ``maker`` made.

    >>> build("m")
    b'EXMPMADE\\x00\\x00\\x00\\x01mEND!\\x00\\x00\\x00\\x00'
    """
    chunks = [(b"MADE", maker.encode()), (b"DATA", payload), (b"END!", b"")]
    return MAGIC + b"".join(
        tag + len(data).to_bytes(4) + data for tag, data in chunks if data or tag == b"END!"
    )


def chunks_of(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's tag and data, the last being ``END!``.

    Raises:
        MalformedAssetError: the chain breaks off.
    """
    source.seek(len(MAGIC))
    for _ in range(MAX_CHUNKS):
        header = source.read(8)
        length = int.from_bytes(header[4:])
        if len(header) < 8 or length > MAX_CHUNK_BYTES:
            break
        data = source.read(length)
        if len(data) < length:
            break
        yield header[:4], data
        if header[:4] == b"END!":
            return
    raise MalformedAssetError("The EXMP file is cut short: its end chunk is missing.")


class Exmp:
    """The container."""

    media_types: tuple[str, ...] = (MEDIA_TYPE,)

    def accepts(self, head: bytes) -> str | None:
        """Return the media type for the magic number."""
        return MEDIA_TYPE if head.startswith(MAGIC) else None

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the chunks reach to the end chunk."""
        for _ in chunks_of(source):
            pass

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False: there is no place for one."""
        return False


class MadeBy:
    """Reads the ``MADE`` chunk: anybody can write one, so it is asserted and no more."""

    name = "exmp"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:
        """Return who made the file, if it is an EXMP file that says so."""
        if asset.media_type != MEDIA_TYPE:
            return ()
        try:
            makers = [data for tag, data in chunks_of(source) if tag == b"MADE"]
        except MalformedAssetError:
            return ()
        return tuple(
            Evidence(
                detector=self.name,
                kind=Layer.METADATA,
                strength=Strength.ASSERTED,
                origin=Origin.GENERATED,
                details={"made_by": maker.decode("utf-8", "replace")},
            )
            for maker in makers
        )


@click.command("example")
@click.argument("file", type=click.File("wb"))
@click.option("--maker", default="example", show_default=True, help="Who is said to have made it.")
def example(file: BinaryIO, maker: str) -> None:
    """Write an EXMP file that says who made it."""
    file.write(build(maker))
    click.echo(f"An EXMP file, made by {maker}.")


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return the EXMP format."""
    return [Exmp()]


@hookimpl
def credlabel_detectors() -> Iterable[Detector]:
    """Return the detector of its tag."""
    return [MadeBy()]


@hookimpl
def credlabel_commands(cli: click.Group) -> None:
    """Add ``credlabel example``."""
    cli.add_command(example)
