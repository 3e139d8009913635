"""Reports as JSON: one array, or one line a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from credlabel.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Report


class JsonArray:
    """Writes one JSON array, an element a line."""

    name = "json"

    def write(self, reports: Iterable[Report], out: TextIO) -> None:
        """Write every report as it arrives."""
        lead = "[\n"
        for report in reports:
            out.write(lead + report.to_json().decode())
            lead = ",\n"
        out.write("[]\n" if lead == "[\n" else "\n]\n")


class JsonLines:
    """Writes one JSON object a line."""

    name = "jsonl"

    def write(self, reports: Iterable[Report], out: TextIO) -> None:
        """Write every report as it arrives."""
        out.writelines(report.to_json().decode() + "\n" for report in reports)


@hookimpl
def credlabel_reporters() -> Iterable[JsonArray | JsonLines]:
    """Return both JSON reporters."""
    return (JsonArray(), JsonLines())
