"""The documentation as text and as blocks of code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page(str):
    """A Markdown text that knows its blocks of code."""

    __slots__ = ()

    def blocks(self, language):
        return [code for kind, code in BLOCK.findall(self) if kind == language]


@pytest.fixture(scope="session")
def readme():
    return Page((ROOT / "README.md").read_text("utf-8"))


@pytest.fixture(scope="session")
def docs():
    """Every page of ``docs/``, by its name."""
    return {path.name: Page(path.read_text("utf-8")) for path in (ROOT / "docs").glob("*.md")}


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture
def fresh_home(tmp_path_factory, monkeypatch):
    """A home as a new user has it: none yet."""
    home = tmp_path_factory.mktemp("user") / "credlabel"
    monkeypatch.setenv("CREDLABEL_HOME", str(home))
    return home
