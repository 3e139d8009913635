"""What a listener to ``credlabel_event`` owes: it takes every kind of event, known or to come."""

from __future__ import annotations

import copy
import functools

import pytest
from contracts import registry

LISTENERS = [
    pytest.param(
        functools.partial(registry()._host.call, "credlabel_event", impl), id=impl.plugin_name
    )
    for impl in registry()._host.implementations("credlabel_event")
]
EVENTS = [
    {"kind": "labelled", "receipt": {"output": "a.png", "tier": "embedded", "marks": []}},
    {"kind": "quarantined", "source": "a.png", "reason": "It is cut short."},
    {"kind": "held", "reason": "The disk is full."},
    {"kind": "refused", "source": "a.png"},
    {"kind": "of a later version"},
]


def listens(listener):
    """No event makes it raise or answer, and what it heard is as it was."""
    for event in EVENTS:
        heard = copy.deepcopy(event)
        assert listener(event=heard) is None
        assert heard == event


def fine(event):
    assert event["kind"]


@pytest.mark.parametrize("listener", [*LISTENERS, fine])
def test_every_listener_takes_every_event(listener):
    listens(listener)


# ---------------------------------------------------------------------------- it can fail


def wants_a_receipt(event):
    return event["receipt"]["output"] and None


def answers(event):
    return "thank you"


def spoils(event):
    event["seen"] = True


@pytest.mark.parametrize("bad", [wants_a_receipt, answers, spoils])
def test_a_bad_one_is_noticed(bad):
    with pytest.raises((AssertionError, KeyError)):
        listens(bad)
