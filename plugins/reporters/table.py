"""Reports as a table for people, with a summary below; in colour on terminals only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TextIO

import click

from credlabel.files import show
from credlabel.hookspecs import hookimpl
from credlabel.model import Integrity, Origin, Trust
from credlabel.terms import INACCESSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Report

_WIDTHS: Final = (15, 13, 10, 20)
_COLOURS: Final = {
    Integrity.TAMPERED: "red",
    Integrity.UNVERIFIABLE: "yellow",
    Integrity.INTACT: "green",
    Origin.UNKNOWN: "bright_black",
    Trust.TRUSTED: "green",
}


class Table:
    """Writes a row a file; the columns have fixed widths, so that nothing has to wait."""

    name = "table"

    def write(self, reports: Iterable[Report], out: TextIO) -> None:
        """Write every report as it arrives, then what there is of each kind."""
        in_colour = out.isatty()
        origins: Counter[str] = Counter()
        integrities: Counter[str] = Counter()
        for number, report in enumerate(reports):
            if number == 0:
                header = [*map(str.ljust, ("ORIGIN", "INTEGRITY", "TRUST", "MARKS"), _WIDTHS)]
                out.write(" ".join([*header, "NAME"]) + "\n")
            out.write(_row(report, in_colour=in_colour))
            origins[report.verdict.origin] += 1
            integrities[_credential(report)] += 1
        total = origins.total()
        out.write(f"\n{total:,} {'file' if total == 1 else 'files'}")
        if total:
            out.write(f": {_summary(origins)}\ncredentials: {_summary(integrities)}")
        out.write("\n")
        if origins[Origin.UNKNOWN]:
            out.write("'unknown' means that nothing says: it does not mean human-made.\n")


def _row(report: Report, *, in_colour: bool) -> str:
    verdict = report.verdict
    cells = []
    for value, width in zip(
        (verdict.origin, verdict.integrity, verdict.trust), _WIDTHS, strict=False
    ):
        cell = value.value.ljust(width)
        colour = _COLOURS.get(value) if in_colour else None
        cells.append(click.style(cell, fg=colour) if colour else cell)
    marks = ",".join(verdict.marks) or ("remote" if _is_elsewhere(report) else "-")
    cells.append(marks.ljust(_WIDTHS[3]))
    cells.append(show(report.subject.name))
    return " ".join(cells) + "\n"


def _credential(report: Report) -> str:
    """Return how the file's credential counts in the summary."""
    integrity = report.verdict.integrity
    if integrity is Integrity.NONE and _is_elsewhere(report):
        return "kept elsewhere"
    return integrity.value


def _is_elsewhere(report: Report) -> bool:
    return any(finding.code == INACCESSIBLE for finding in report.findings)


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


@hookimpl
def credlabel_reporters() -> Iterable[Table]:
    """Return the table reporter."""
    return (Table(),)
