"""Reports that were saved, as lines or as an array, and whose belong together."""

from __future__ import annotations

import io

import pytest
from cases import credential, iptc, report

from credlabel.errors import ConfigError
from credlabel.plugins import PluginRegistry
from credlabel.reports import SavedReports, paired_names


@pytest.fixture(params=["json", "jsonl"])
def saved(request, tmp_path):
    """Save reports of three files in one of the forms."""

    def save(*names, file="saved.json"):
        out = io.StringIO()
        reports = [report(credential(), iptc(), name=name) for name in names]
        PluginRegistry.load().reporter(request.param).write(reports, out)
        path = tmp_path / file
        path.write_text(out.getvalue(), "utf-8")
        return path

    return save


def test_reports_come_back_by_name(saved):
    path = saved("a.png", "b/ä.png", "c.png")
    assert SavedReports.are_in(path)
    found = SavedReports(path)
    assert found.names() == ["a.png", "b/ä.png", "c.png"]
    wanted = ["c.png", "b/ä.png"]
    assert list(found.read(wanted)) == [report(credential(), iptc(), name=n) for n in wanted]


def test_no_reports_at_all(saved):
    path = saved()
    assert not SavedReports.are_in(path)
    assert SavedReports(path).names() == []


@pytest.mark.parametrize(
    "text", ["", "words", '{"a":1}\n', "[1,\n2]", "[" * 100_000, '{"subject":' * 50_000]
)
def test_other_files_hold_none(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    assert not SavedReports.are_in(path)


def test_a_line_that_is_no_report_is_named(saved):
    path = saved("a.png")
    path.write_bytes(path.read_bytes().replace(b"\n]\n", b",\n") + b"nonsense\n")
    with pytest.raises(ConfigError, match=r"saved\.json, line [23]: this is no report"):
        SavedReports(path)


def test_a_line_without_end_is_refused_unread(saved, monkeypatch):
    path = saved("a.png")
    longest = max(map(len, path.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr("credlabel.reports._MAX_LINE", longest)
    with pytest.raises(ConfigError, match=r"saved\.json, line [12]: this is too long a line"):
        SavedReports(path)
    monkeypatch.setattr("credlabel.reports._MAX_LINE", longest + 1)
    assert SavedReports(path).names() == ["a.png"]


@pytest.mark.parametrize("line", ["7", "null", '"x"', "[1]", "true"])
def test_a_line_of_other_json_is_no_report(saved, line):
    path = saved("a.png", file="saved.jsonl")
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ConfigError, match="this is no report"):
        SavedReports(path)


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        (["x/a", "x/b"], ["x/b", "x/c"], [("x/b", "x/b")]),
        (["x/a", "x/s/b"], ["y/z/a", "y/z/s/b"], [("x/a", "y/z/a"), ("x/s/b", "y/z/s/b")]),
        (["/x/a"], ["y/a"], [("/x/a", "y/a")]),
        (["a"], ["y/a"], [("a", "y/a")]),
        (["x/a"], ["y/b"], []),
        ([], ["y/b"], []),
        (["/a", "/b"], ["/x/a"], [("/a", "/x/a")]),
        (["/a", "b/c"], ["/a"], [("/a", "/a")]),
    ],
)
def test_which_names_mean_one_file(before, after, pairs):
    assert paired_names(before, after) == pairs
