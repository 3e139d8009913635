"""Jobs to kill, each in a directory of its own."""

from __future__ import annotations

import pytest
from killing import Job


@pytest.fixture
def new_job(tmp_path, dev_key):
    """Makes jobs, each in a directory of its own."""
    numbers = iter(range(10_000))

    def make():
        root = tmp_path / f"job-{next(numbers)}"
        root.mkdir()
        return Job(root, dev_key.uri)

    return make
