"""Every hook has its contract here."""

from __future__ import annotations

from pathlib import Path

from contracts import PROVIDER_HOOKS

from credlabel import hookspecs
from credlabel.loading import PROVIDERS


def test_every_hook_has_a_contract():
    hooks = {name for name, value in vars(hookspecs).items() if hasattr(value, "credlabel_spec")}
    assert len(hooks) >= 10
    files = Path(__file__).parent.iterdir()
    written = {path.stem.replace("test_", "credlabel_") for path in files}
    assert hooks <= written


def test_every_hook_that_returns_providers_is_indexed():
    assert set(PROVIDER_HOOKS) == set(PROVIDERS)
