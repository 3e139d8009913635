"""Who is held to the contracts: every plugin that is installed, and the third-party example."""

from __future__ import annotations

import functools

import credlabel_example
import pytest

from credlabel.plugins import PluginRegistry

PROVIDER_HOOKS = (
    "credlabel_formats",
    "credlabel_markers",
    "credlabel_detectors",
    "credlabel_signers",
    "credlabel_policies",
    "credlabel_reporters",
    "credlabel_stores",
)


@functools.cache
def registry():
    """Return every plugin, the example being added as if it were installed."""
    found = PluginRegistry.load()
    if "example" not in {plugin.name for plugin in found.plugins}:
        found.add(credlabel_example, name="example", distribution="credlabel-example")
    return found


def providers(hook):
    """Return the providers of a hook, each once, as parameters of a test."""
    keys = {}
    for key, provider in registry().providers(hook).items():
        keys.setdefault(id(provider), (provider, []))[1].append(key)
    return [pytest.param(provider, id=names[0]) for provider, names in keys.values()]


def has(power, hook="credlabel_formats"):
    """Return those providers of a hook that have an optional power."""
    return [each for each in providers(hook) if isinstance(each.values[0], power)]
