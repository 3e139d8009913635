"""``docs/profiles.md`` has every profile, clause, and code of the register."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import report
from contracts import has

from credlabel.exemptions import REGISTER
from credlabel.hookspecs import Profile
from credlabel.model import Situation

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "profiles.md").read_text("utf-8")


@pytest.mark.parametrize("profile", has(Profile, "credlabel_policies"))
def test_every_clause_is_there(profile):
    assert f"| `{profile.name}` |" in PAGE
    section = PAGE.partition(f"### {profile.name}\n")[2].partition("\n##")[0]
    rows = [line.split(" | ")[0][2:] for line in section.splitlines() if line.startswith("| ")]
    names = [a.clause.identifier for a in profile.assess(report(), Situation())]
    assert [row for row in rows if row != "clause"] == names


def test_every_code_is_there():
    section = PAGE.partition("## Exemptions\n")[2].partition("\n## ")[0]
    rows = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert rows == [entry.code for entry in REGISTER]
