"""The forms that counts come in: a table for people, JSON, and CSV."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Final, Protocol, TextIO

import click
import msgspec

from credlabel.cli.session import about
from credlabel.compliance import is_demand
from credlabel.files import show
from credlabel.model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credlabel.coverage import Coverage, Tally
    from credlabel.model import Situation

_COUNTS: Final = ("files", "marked", "exempt", "failing", "unread")
_OUTCOMES: Final = ("compliant", "not_compliant", "not_found", "inconclusive", "not_applicable")
_OUTCOME_HEADS: Final = ("met", "not met", "not found", "undecided", "n/a")
_LISTED: Final = ("name", "media_type", "standing", "clause", "compliance", "reason")
_NAME: Final = 28
_WIDTH: Final = 10
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""What a spreadsheet takes for a formula."""


class Listed(Answer, frozen=True, kw_only=True):
    """One file that fails, or could not be read, and why."""

    name: str
    media_type: str
    standing: str
    clause: str
    compliance: str
    reason: str


class Writer(Protocol):
    """Writes the files that are listed as they arrive, and the counts at the end."""

    def row(self, listed: Listed) -> None:
        """Write one file."""

    def end(self, coverage: Coverage) -> None:
        """Write the counts."""


def writer_for(form: str | None, out: TextIO, *, is_listed: bool) -> Writer:
    """Return what writes ``json``, ``csv``, or a table."""
    if form == "json":
        return _Json(out, is_listed=is_listed)
    if form == "csv":
        return _Csv(out, is_listed=is_listed)
    return _Table(out)


class _Json:
    """One object: the files listed, one a line, and the counts after them."""

    def __init__(self, out: TextIO, *, is_listed: bool) -> None:
        self._out = out
        self._lead = '"listed":[\n' if is_listed else ""
        self._is_listed = is_listed
        out.write("{")

    def row(self, listed: Listed) -> None:
        self._out.write(self._lead + msgspec.json.encode(listed).decode())
        self._lead = ",\n"

    def end(self, coverage: Coverage) -> None:
        if self._is_listed:
            self._out.write(('"listed":[' if self._lead != ",\n" else "\n") + "],\n")
        text = msgspec.json.format(msgspec.json.encode(coverage), indent=2).decode()
        self._out.write(f'"coverage":{text}}}\n')


class _Csv:
    """Rows of counts, or of the files listed. Text is harmless in a spreadsheet."""

    def __init__(self, out: TextIO, *, is_listed: bool) -> None:
        self._rows = csv.writer(out)
        self._is_listed = is_listed
        if is_listed:
            self._rows.writerow(_LISTED)

    def row(self, listed: Listed) -> None:
        self._rows.writerow([_harmless(str(getattr(listed, name))) for name in _LISTED])

    def end(self, coverage: Coverage) -> None:
        if self._is_listed:
            return
        self._rows.writerow(("group", "name", *_COUNTS, *_OUTCOMES))
        gap = [""] * len(_OUTCOMES)
        for group, name, tally in _tallies(coverage):
            counts = [getattr(tally, count) for count in _COUNTS]
            self._rows.writerow([group, _harmless(name), *counts, *gap])
        for code, count in coverage.exemptions.items():
            self._rows.writerow(["exemption", code, count, "", count, "", "", *gap])
        for each in coverage.clauses:
            outcomes = [getattr(each, outcome) for outcome in _OUTCOMES]
            files = sum(outcomes)
            self._rows.writerow(
                ["clause", _harmless(each.clause.identifier), files, "", "", "", "", *outcomes]
            )


class _Table:
    """Columns for people."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._in_colour = out.isatty()

    def row(self, listed: Listed) -> None:
        word = listed.standing
        if self._in_colour:
            word = click.style(word, fg="red" if listed.clause else "yellow")
        clause = f"{listed.clause}: {listed.compliance}. " if listed.clause else ""
        self._line(f"{word}  {about(listed.name, show(clause + listed.reason))}")

    def end(self, coverage: Coverage) -> None:
        self._line(show(coverage.title))
        self._line(_situation(coverage.situation))
        for group, rows in itertools.groupby(_tallies(coverage), key=lambda row: row[0]):
            self._heads("" if group == "total" else f"BY {group.upper()}", _COUNTS)
            for _, name, tally in rows:
                self._counts(name or "all", [getattr(tally, count) for count in _COUNTS])
        if coverage.exemptions:
            self._heads("EXEMPT AS", ("files",))
            for code, count in coverage.exemptions.items():
                self._counts(code, [count])
        if coverage.clauses:
            self._heads("BY CLAUSE", _OUTCOME_HEADS)
            for each in coverage.clauses:
                note = "" if is_demand(each.clause) else "*"
                outcomes = [getattr(each, outcome) for outcome in _OUTCOMES]
                self._counts(each.clause.identifier + note, outcomes)
            if not all(is_demand(each.clause) for each in coverage.clauses):
                self._line(
                    "* fails nothing: voluntary, not read at its source, or not seen in a file."
                )

    def _heads(self, name: str, heads: Iterable[str]) -> None:
        self._line("")
        self._line(name.ljust(_NAME) + "".join(head.upper().rjust(_WIDTH) for head in heads))

    def _counts(self, name: str, counts: Iterable[int]) -> None:
        text = show(name)
        if len(text) >= _NAME:
            self._line(text)
            text = ""
        self._line(text.ljust(_NAME) + "".join(f"{count:>{_WIDTH},}" for count in counts))

    def _line(self, text: str) -> None:
        self._out.write(text.rstrip() + "\n")


def _tallies(coverage: Coverage) -> Iterator[tuple[str, str, Tally]]:
    """Yield every tally with its group and its name there."""
    yield "total", "", coverage.total
    for name, tally in coverage.layers.items():
        yield "layer", name, tally
    for name, tally in coverage.formats.items():
        yield "format", name, tally


def _situation(situation: Situation) -> str:
    """Return in words whom and when the law is applied to."""
    users = situation.monthly_users
    placed = situation.placed_on_market
    told = [
        f"for a {situation.role}",
        f"as of {situation.as_of}" if situation.as_of else "with all that is enacted in force",
        f"placed on the market on {placed}" if placed else "",
        "" if users is None else f"{users:,} users a month",
        "signatory of the code" if situation.is_signatory else "",
    ]
    return ", ".join(filter(None, told))


def _harmless(text: str) -> str:
    shown = show(text)
    return "'" + shown if shown.startswith(_FORMULA_STARTS) else shown
