"""What an answerer of ``credlabel_secret`` owes: text or None, quickly, and not a word of it."""

from __future__ import annotations

import functools
import logging

import pytest
from contracts import registry

ANSWERERS = [
    pytest.param(
        functools.partial(registry()._host.call, "credlabel_secret", impl), id=impl.plugin_name
    )
    for impl in registry()._host.implementations("credlabel_secret")
]
NAMES = ["file:/no/such/key.pem", "", "pkcs11:token=x", "file:/é\n.pem"]


def answers(ask, capfd, caplog):
    """A name that nobody knows is None; nothing is shown, logged, or made up."""
    caplog.set_level(logging.DEBUG)
    found = [ask(name=name, prompt="Passphrase") for name in NAMES]
    printed = capfd.readouterr()
    for answer in found:
        assert answer is None or isinstance(answer, str)
        if answer:
            assert answer not in printed.out + printed.err + caplog.text
    return found


def fine(name, prompt):
    return "hunter2" if name == "file:/home/me/key.pem" else None


@pytest.mark.parametrize("answerer", [*ANSWERERS, fine])
def test_every_answerer_keeps_it_to_itself(answerer, capfd, caplog):
    assert answers(answerer, capfd, caplog) == [None] * len(NAMES)


# ---------------------------------------------------------------------------- it can fail


def logs(name, prompt):
    logging.getLogger("plugin").debug("the answer is %s", "hunter2")
    return "hunter2"


def shows(name, prompt):
    print("hunter2")
    return "hunter2"


def bytes_for_text(name, prompt):
    return b"hunter2"


@pytest.mark.parametrize("bad", [logs, shows, bytes_for_text])
def test_a_bad_one_is_noticed(bad, capfd, caplog):
    with pytest.raises(AssertionError):
        answers(bad, capfd, caplog)
