"""What a Reporter owes: one report at a time, every one of them, and nobody's name runs wild."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
from pathlib import Path

import msgspec
import pytest
from contracts import providers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credlabel.files import text_of
from credlabel.hookspecs import Reporter
from credlabel.model import (
    Digest,
    Evidence,
    Finding,
    FindingKind,
    Integrity,
    Layer,
    Origin,
    Provenance,
    Report,
    Strength,
    Subject,
    Trust,
    Verdict,
)

REPORTERS = providers("credlabel_reporters")
NASTY = [
    b"two\nlines.png",
    b"return\rto the start.png",
    b"red\x1b[31m.png",
    b"title\x1b]0;owned\x07.png",
    b"undecodable\xff\xfe.png",
    b"=cmd()|' /C calc'!A1.png",
    b"+1.png",
    b'quote".png',
    b"comma,semicolon;tab\t.png",
    b"<script>alert(1)</script>.png",
    b"bidi\xe2\x80\xae gnp.exe",
    b"nel\xc2\x85ls\xe2\x80\xa8.png",
    b"c1\xc2\x9b31m.png",
    b"[bold]markup[/bold].png",
]


def report(name, *, number=0):
    """Return a report about a file as the scanner would name it, with something in every place."""
    return Report(
        subject=Subject(
            name=text_of(Path(os.fsdecode(name))),
            media_type="image/png",
            size=number,
            digest=Digest(sha256="0" * 64) if number % 2 else None,
        ),
        verdict=Verdict(
            origin=Origin.GENERATED,
            strength=Strength.SIGNED,
            integrity=Integrity.INTACT,
            trust=Trust.UNTRUSTED,
            marks=(Layer.CREDENTIAL, Layer.METADATA),
            conflicts=("c2pa (signed) says generated, but iptc (asserted) says captured.",),
        ),
        evidence=(
            Evidence(
                detector="c2pa",
                kind=Layer.CREDENTIAL,
                strength=Strength.SIGNED,
                origin=Origin.GENERATED,
                details={"title": "a\x1b[31m\n=1"},
                provenance=Provenance(system="=Painter\x1b[0m\n3"),
            ),
        ),
        findings=(
            Finding(code="a.b", kind=FindingKind.SUCCESS, explanation="Well.", subject="x\ny"),
        ),
    )


def written(reporter, reports):
    """Return what it writes to a strict UTF-8 stream, as a file or a pipe is."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8", errors="strict", newline="")
    reporter.write(iter(reports), out)
    out.flush()
    return raw.getvalue().decode()


# ---------------------------------------------------------------------------- the formats


def from_json(text):
    return [msgspec.convert(each, Report) for each in json.loads(text)]


def from_jsonl(text):
    assert text == "" or text.endswith("\n")
    return [msgspec.json.decode(line, type=Report) for line in text.split("\n")[:-1]]


def from_csv(text):
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def from_table(text):
    """Return the lines of the rows, after the header and before the empty line."""
    head, _, _ = text.partition("\n\n")
    return head.split("\n")[1:] if text[:1] != "\n" else []


PARSERS = {"json": from_json, "jsonl": from_jsonl, "csv": from_csv, "table": from_table}
"""Each format's own reader: a new format needs a line here."""


FOR_PROGRAMS = ("json", "jsonl")
"""Formats that escape only what their standard makes them, the ASCII control characters."""


def parser_of(reporter):
    assert reporter.name in PARSERS, f"the contract suite can't read {reporter.name!r}: teach it"
    return PARSERS[reporter.name]


# ---------------------------------------------------------------------------- the contract


def streams(reporter):
    """Each report is written before the next is asked for, and none of them is held."""
    out = io.StringIO()
    asked = []

    def reports():
        for number in range(50):
            # Not the last one: a separator may have to be known to follow.
            if number > 1:
                assert f"number-{number - 1}.png" in out.getvalue(), "it holds reports back"
            asked.append(number)
            yield report(f"number-{number}.png".encode(), number=number)

    reporter.write(reports(), out)
    assert asked == list(range(50))
    positions = [out.getvalue().index(f"number-{number}.png") for number in asked]
    assert positions == sorted(positions)


def parses(reporter, parse, reports):
    """As many come out as went in, and no name makes the terminal do anything."""
    text = written(reporter, reports)
    assert len(parse(text)) == len(reports)
    ends = {"\n", "\r"} if reporter.name == "csv" else {"\n"}  # RFC 4180 ends lines with both
    wild = {character for character in text if not character.isprintable()} - ends
    if reporter.name not in FOR_PROGRAMS:
        assert wild == set()
    assert wild.isdisjoint(map(chr, range(32)))


@pytest.mark.parametrize("reporter", REPORTERS)
def test_reports_are_written_as_they_come(reporter):
    streams(reporter)


@pytest.mark.parametrize("reporter", REPORTERS)
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_what_is_written_is_of_its_format(reporter, count):
    reports = [report(f"{number}.png".encode(), number=number) for number in range(count)]
    text = written(reporter, reports)
    assert len(parser_of(reporter)(text)) == count
    assert text.endswith("\n") or text == ""


@pytest.mark.parametrize("reporter", REPORTERS)
@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_harmless(reporter, name):
    parses(reporter, parser_of(reporter), [report(b"before.png"), report(name), report(b"after")])


@pytest.mark.parametrize("reporter", REPORTERS)
@settings(max_examples=60, deadline=None)
@example(names=[b"\x80", b"\xed\xa0\x80"])
@given(names=st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_any_name_that_a_file_can_have_is_harmless(reporter, names):
    reports = [report(name.replace(b"\0", b"0")) for name in names]
    parses(reporter, parser_of(reporter), reports)


@pytest.mark.parametrize("reporter", REPORTERS)
def test_the_same_reports_give_the_same_bytes(reporter):
    reports = [report(name, number=number) for number, name in enumerate(NASTY)]
    assert written(reporter, reports) == written(reporter, reports)


@pytest.mark.parametrize("reporter", REPORTERS)
def test_an_endless_scan_is_stopped_by_its_reader(reporter):
    """A full disk or a closed pipe ends the report, and not the reporter's own sweet will."""

    class Full(io.StringIO):
        def write(self, text):
            if self.tell() > 5000:
                raise OSError(28, "No space left on device")
            return super().write(text)

    with pytest.raises(OSError, match="No space"):
        reporter.write((report(b"a.png") for _ in itertools.count()), Full())


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_json_reporters_lose_nothing(name):
    (reporter,) = [each.values[0] for each in REPORTERS if each.id == name]
    reports = [report(name, number=number) for number, name in enumerate(NASTY)]
    assert PARSERS[name](written(reporter, reports)) == reports


# ---------------------------------------------------------------------------- it can fail


class Fake:
    name = "jsonl"

    def write(self, reports, out):
        for each in reports:
            out.write(each.to_json().decode() + "\n")


class Hoards(Fake):
    def write(self, reports, out):
        super().write(list(reports), out)


class Loses(Fake):
    def write(self, reports, out):
        super().write(itertools.islice(reports, 2), out)


class RunsWild(Fake):
    name = "table"

    def write(self, reports, out):
        out.write("NAME\n")
        for each in reports:
            out.write(each.subject.name + "\n")
        out.write("\n")


def test_a_good_reporter_passes():
    assert isinstance(Fake(), Reporter)
    streams(Fake())
    parses(Fake(), from_jsonl, [report(name) for name in NASTY])


@pytest.mark.parametrize("bad", [Hoards, Loses])
def test_a_reporter_that_does_not_stream_is_noticed(bad):
    with pytest.raises(AssertionError):
        streams(bad())


@pytest.mark.parametrize("name", NASTY[:4])
def test_a_reporter_that_runs_wild_is_noticed(name):
    with pytest.raises(AssertionError):
        parses(RunsWild(), from_table, [report(name)])
