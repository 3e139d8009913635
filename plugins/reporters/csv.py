"""Reports as CSV: a row a file, the verdict in columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, TextIO

from credlabel.files import show
from credlabel.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Report

COLUMNS: Final = (
    "name",
    "media_type",
    "size",
    "sha256",
    "origin",
    "strength",
    "integrity",
    "trust",
    "marks",
    "system",
    "findings",
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@")  # and a tab or a return, which is escaped


class Csv:
    """Writes RFC 4180 with a header.

    Names come from strangers: text that a spreadsheet would take for a formula gets an apostrophe
    before it, and control characters, which a terminal would obey, are escaped. The exact name is
    in the JSON formats.
    """

    name = "csv"

    def write(self, reports: Iterable[Report], out: TextIO) -> None:
        """Write every report as it arrives."""
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for report in reports:
            rows.writerow([_harmless(value) for value in _row(report)])


def _row(report: Report) -> Iterable[str | int]:
    subject, verdict = report.subject, report.verdict
    systems = (e.provenance.system for e in report.evidence if e.provenance)
    return (
        subject.name,
        subject.media_type,
        subject.size,
        subject.digest.sha256 if subject.digest else "",
        verdict.origin.value,
        verdict.strength.value if verdict.strength else "",
        verdict.integrity.value,
        verdict.trust.value,
        " ".join(verdict.marks),
        next((s for s in systems if s), ""),
        " ".join(sorted({f.code for f in report.findings})),
    )


def _harmless(value: str | int) -> str | int:
    if not isinstance(value, str):
        return value
    text = show(value)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


@hookimpl
def credlabel_reporters() -> Iterable[Csv]:
    """Return the CSV reporter."""
    return (Csv(),)
