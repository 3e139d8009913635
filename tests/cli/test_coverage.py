"""``credlabel coverage``: counts under a law, as a table, JSON and CSV, with an exit code."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

EU = ("--profile", "eu-ai-act-50")


def test_the_table_counts_in_all_by_layer_by_format_and_by_clause(cli, labelled):
    done = cli("coverage", labelled, *EU)
    assert (done.code, done.err) == (1, "")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["all", "3", "2", "0", "1", "0"] in lines
    assert ["credential", "2", "2", "0", "0", "0"] in lines
    assert ["none", "1", "0", "0", "1", "0"] in lines
    assert ["image/jpeg", "1", "0", "0", "1", "0"] in lines
    assert ["Art.", "50(2),", "marked", "2", "0", "1", "0", "0"] in lines
    assert "* fails nothing" in done.out
    assert not any(line.endswith(" ") for line in done.out.splitlines())


@pytest.mark.slow
def test_a_sidecar_belongs_to_its_file(cli, labelled):
    done = cli("coverage", labelled / "sub", *EU)
    assert done.code == 0
    assert ["all", "1", "1", "0", "0", "0"] in [line.split() for line in done.out.splitlines()]


def test_a_file_that_is_named_twice_counts_once(cli, labelled, workplace):
    paths = (labelled, labelled / "bare.jpg", labelled / "sub", "./labelled/hills.png")
    done = cli("coverage", *paths, *EU, "--json", "--list")
    assert done.json["coverage"]["total"]["files"] == 3
    assert [each["name"] for each in done.json["listed"]] == ["labelled/bare.jpg"]
    (workplace / "labelled/link.jpg").symlink_to("bare.jpg")  # a file of its own
    done = cli("coverage", *paths, *EU, "--json")
    assert done.json["coverage"]["total"]["files"] == 4


@pytest.mark.slow
def test_the_list_names_what_fails_with_its_first_clause(cli, labelled):
    done = cli("coverage", labelled, *EU, "--list")
    assert done.out.splitlines()[0] == (
        "failing  labelled/bare.jpg: Art. 50(2), marked: not found. "
        "It carries no mark that says that AI made it."
    )


@pytest.mark.slow
def test_json_has_everything_and_is_the_same_again(cli_with_workers, labelled):
    done = cli_with_workers("coverage", labelled, *EU, "--json")
    coverage = done.json["coverage"]
    assert "listed" not in done.json
    assert coverage["profile"] == "eu-ai-act-50"
    assert coverage["total"] == {"files": 3, "marked": 2, "exempt": 0, "failing": 1, "unread": 0}
    assert coverage["clauses"][0]["clause"]["identifier"] == "Art. 50(2), marked"
    assert cli_with_workers("coverage", labelled, *EU, "--json", "--jobs", "2").out == done.out


@pytest.mark.slow
@pytest.mark.parametrize("place", ["labelled", "labelled/hills.png"])
def test_json_with_a_list_is_json_with_and_without_files_in_it(cli, labelled, place):
    done = cli("coverage", place, *EU, "--json", "--list")
    listed = done.json["listed"]
    assert [each["name"] for each in listed] == ["labelled/bare.jpg"] * (place == "labelled")
    assert all(each["clause"] == "Art. 50(2), marked" for each in listed)


def test_csv_holds_the_counts_or_the_files(cli, labelled):
    rows = list(csv.DictReader(cli("coverage", labelled, *EU, "--csv").out.splitlines()))
    assert rows[0]["group"] == "total"
    assert (rows[0]["files"], rows[0]["failing"]) == ("3", "1")
    assert {row["group"] for row in rows} == {"total", "layer", "format", "clause"}
    done = cli("coverage", labelled, *EU, "--csv", "--list")
    (row,) = csv.DictReader(done.out.splitlines())
    assert row["name"] == "labelled/bare.jpg"
    assert row["compliance"] == "not found"


@pytest.mark.slow
def test_a_name_is_no_formula_in_a_spreadsheet(cli, labelled):
    shutil.copyfile(labelled / "bare.jpg", "=cmd.jpg")
    done = cli("coverage", "=cmd.jpg", *EU, "--csv", "--list")
    (row,) = csv.DictReader(done.out.splitlines())
    assert row["name"] == "'=cmd.jpg"


@pytest.mark.slow
def test_declared_exemptions(cli, labelled):
    done = cli("coverage", labelled, *EU, "--json", "--exempt", "bare.*=raw-recording")
    assert done.code == 0
    assert done.json["coverage"]["exemptions"] == {"raw-recording": 1}
    done = cli(
        "coverage", labelled, *EU, "--exempt", "sub/*=captions", "--exempt", "*=closed-loop"
    )
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert ["captions", "1"] in lines
    assert ["closed-loop", "2"] in lines


@pytest.mark.slow
def test_exemptions_in_the_configuration_come_after_those_of_the_command(cli, labelled, workplace):
    config = workplace / "mine.toml"
    config.write_text(
        '[[exemptions]]\npattern = "*.jpg"\ncode = "raw-recording"\nnote = "from our cameras"\n'
    )
    arguments = ("coverage", labelled, *EU, "--json", "--config", config)
    assert cli(*arguments).json["coverage"]["exemptions"] == {"raw-recording": 1}
    done = cli(*arguments, "--exempt", "*.jpg=captions")
    assert done.json["coverage"]["exemptions"] == {"captions": 1}


def test_what_lies_in_the_current_directory_exempts_nothing(cli, labelled, workplace):
    (workplace / "credlabel.toml").write_text('[[exemptions]]\npattern = "*"\ncode = "captions"\n')
    done = cli("coverage", labelled, *EU)
    assert done.code == 4
    assert "may not say [exemptions]" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), 2, "--profile"),
        (("--profile", "valid"), 4, "no law or standard"),
        (("--profile", "nonsense"), 5, "nonsense"),
        ((*EU, "--exempt", "*.jpg"), 2, "GLOB=CODE"),
        ((*EU, "--exempt", "*.jpg=nonsense"), 4, "no reason"),
        ((*EU, "--as-of", "tomorrow"), 2, "--as-of"),
        ((*EU, "-o", "labelled/bare.jpg"), 2, "written over"),
    ],
)
def test_what_is_refused(cli, labelled, arguments, code, complaint):
    done = cli("coverage", labelled, *arguments)
    assert done.code == code
    assert complaint in done.err


@pytest.mark.slow
def test_a_file_that_can_not_be_read_neither_fails_nor_passes(cli, labelled, workplace):
    (workplace / "loop.png").symlink_to("loop.png")
    done = cli("coverage", "loop.png", labelled / "hills.png", *EU, "--list")
    assert done.code == 3
    assert done.err.startswith("loop.png")
    assert done.out.startswith("unread  loop.png")
    assert cli("coverage", "loop.png", *EU).code == 6
    assert cli("coverage", "loop.png", labelled, *EU).code == 1


@pytest.mark.slow
def test_the_situation_decides(cli, labelled):
    for options in (
        ("--as-of", "2026-08-01"),
        ("--as-of", "2026-12-01", "--placed-on-market", "2025-01-01"),
        ("--role", "platform"),
    ):
        done = cli("coverage", labelled, *EU, *options, "--json")
        assert done.code == 0
        assert done.json["coverage"]["exemptions"] == {"not-applicable": 3}
    done = cli("coverage", labelled, *EU, "--signatory", "--monthly-users", "5")
    assert done.code == 1
    assert "5 users a month, signatory of the code" in done.out


@pytest.mark.slow
def test_the_output_goes_to_a_file(cli, labelled, workplace):
    done = cli("coverage", labelled, *EU, "--json", "-o", "counts.json")
    assert (done.code, done.out) == (1, "")
    assert json.loads((workplace / "counts.json").read_text())["coverage"]["total"]["files"] == 3
