"""``credlabel schema``: the JSON Schema of what credlabel reads and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from credlabel.cli.session import echo_json
from credlabel.model import Provenance, Receipt, Report, schema

if TYPE_CHECKING:
    import msgspec

_KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "report": Report,
    "receipt": Receipt,
    "provenance": Provenance,
}


@click.command(
    "schema",
    short_help="Print the JSON Schema of reports, receipts or records.",
    epilog="\b\nExample:\n  credlabel schema report > report.schema.json\n",
)
@click.argument("kind", type=click.Choice(list(_KINDS)))
def command(*, kind: str) -> None:
    """Print the JSON Schema of reports, receipts or provenance records."""
    echo_json(schema(_KINDS[kind]))
