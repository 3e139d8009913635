"""The register of reasons, and which files a declaration covers."""

from __future__ import annotations

from datetime import date

import pytest

from credlabel.exemptions import REGISTER, Declaration, codes, reason


def test_every_reason_has_a_sentence_and_a_source():
    assert len({entry.code for entry in REGISTER}) == len(REGISTER) > 10
    for entry in REGISTER:
        assert entry.sentence.endswith(".")
        assert entry.source
        assert entry.read <= date(2026, 11, 22)
        assert entry.code == entry.code.lower().strip()


def test_reasons_are_those_of_a_profile():
    assert "captions" in codes("eu-ai-act-50")
    assert codes("cn-gb45438") == codes("somebody-elses") == ("not-generated",)
    assert reason("captions", "eu-ai-act-50").code == "captions"
    assert reason("captions", "cn-gb45438") is None
    assert reason("nonsense", "eu-ai-act-50") is None


@pytest.mark.parametrize(
    ("pattern", "path", "covers"),
    [
        ("*.srt", "films/one.srt", True),
        ("*.srt", "one.srt", True),
        ("*.srt", "one.srt.txt", False),
        ("*.SRT", "one.srt", False),
        ("films/*", "films/a/one.srt", True),
        ("films/*", "/home/me/films/one.srt", True),
        ("films/*", "otherfilms/one.srt", False),
        ("/films/*", "/home/films/one.srt", False),
        ("/films/*", "/films/one.srt", True),
        ("[ab].txt", "x/a.txt", True),
        ("films", "films/one.srt", False),
    ],
)
def test_which_files_a_pattern_covers(pattern, path, covers):
    assert Declaration(pattern=pattern, code="captions").covers(path) is covers
