"""Loading: each way of being broken is refused with its reason, and nobody else pays for it."""

from __future__ import annotations

import logging
import types
from importlib.metadata import EntryPoint

import pytest

from credlabel.hookspecs import hookimpl
from credlabel.loading import FAILURES, Plugin, PluginHost


def plugin(**hooks):
    """Return a plugin object that implements the hooks with these functions."""
    return types.SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})


def about(name="it"):
    return Plugin(name=name, distribution="dist", version="1")


class Detector:
    def __init__(self, name="d"):
        self.name = name

    def detect(self, subject, source):
        return ()


class Png:
    media_types = ("image/png",)

    def accepts(self, head):
        return None

    def check_whole(self, source):
        pass


@pytest.fixture
def host():
    return PluginHost()


# ---------------------------------------------------------------------------- what is refused


class NoMethod:
    name = "d"
    detect = None


class ListOfNothing(Png):
    media_types = ()


class TextForTuple(Png):
    media_types = "image/png"


class NumbersForText(Png):
    media_types = ("image/png", 3)


def nothing():
    return []


def raises(error):
    def hook():
        raise error

    return hook


BROKEN = {
    "its Protocol": (
        {"credlabel_detectors": lambda: [NoMethod()]},
        "NoMethod is no Detector: it lacks detect.",
    ),
    "nothing of its Protocol": (
        {"credlabel_formats": lambda: [object()]},
        "object is no Format: it lacks accepts, check_whole, media_types.",
    ),
    "no key": (
        {"credlabel_formats": lambda: [ListOfNothing()]},
        "ListOfNothing.media_types must be a tuple of strings, and not empty.",
    ),
    "text for a tuple": (
        {"credlabel_formats": lambda: [TextForTuple()]},
        "TextForTuple.media_types must be a tuple of strings, and not empty.",
    ),
    "a number for a key": (
        {"credlabel_formats": lambda: [NumbersForText()]},
        "NumbersForText.media_types must be a tuple of strings, and not empty.",
    ),
    "an empty name": (
        {"credlabel_detectors": lambda: [Detector("")]},
        "Detector.name must be a string, and not empty.",
    ),
    "one key twice": (
        {"credlabel_detectors": lambda: [Detector("a"), Detector("a")]},
        "It offers 'a' twice.",
    ),
    "None for providers": (
        {"credlabel_detectors": lambda: None},
        "credlabel_detectors must return an iterable of providers, not NoneType.",
    ),
    "an exception": (
        {"credlabel_detectors": raises(ZeroDivisionError("by\nzero"))},
        "credlabel_detectors failed: ZeroDivisionError: by zero",
    ),
    "an exit": ({"credlabel_detectors": raises(SystemExit(3))}, "failed: SystemExit: 3"),
    "a misspelt hook": (
        {"credlabel_detektors": nothing},
        "and there is no such hook; is 'credlabel_detectors' meant?",
    ),
    "a hook of its own": (
        {"credlabel_zzz": nothing},
        "It implements 'credlabel_zzz', and there is no such hook.",
    ),
    "a misspelt argument": (
        {"credlabel_event": lambda evnt: None},
        "Argument(s) {'evnt'} are declared in the hookimpl but can not be found in the hookspec",
    ),
    "no hook": ({}, "It implements no hook; is @hookimpl missing?"),
}


@pytest.mark.parametrize(("hooks", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_and_forgotten(host, caplog, hooks, reason):
    caplog.set_level(logging.INFO)
    before = plugin(credlabel_detectors=lambda: [Detector("before")])
    assert host.add(before, about("before"))
    assert host.add(plugin(**hooks), about()) == {}
    refused = host.plugins["it"]
    assert reason in refused.refused
    assert "\n" not in refused.refused
    assert (refused.offers, refused.distribution, refused.version) == ({}, "dist", "1")
    assert [record.levelname for record in caplog.records] == ["INFO"]
    # Nothing of it is ever called, and who comes next is as welcome as who came before.
    assert host.add(plugin(credlabel_detectors=lambda: [Detector("x")]), about("later"))
    names = [impl.plugin_name for impl in host.implementations("credlabel_detectors")]
    assert names == ["before", "later"]
    assert not host.plugins["before"].refused


def test_a_wrapper_is_refused(host):
    def wrapper():
        yield

    wrapping = types.SimpleNamespace(credlabel_detectors=hookimpl(wrapper=True)(wrapper))
    assert host.add(wrapping, about()) == {}
    assert host.plugins["it"].refused == "credlabel_detectors can't be wrapped."


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module_any"),
        ("json:no_such_attribute", "AttributeError: module 'json' has no attribute 'no_such_a"),
    ],
)
def test_an_entry_point_that_can_t_be_imported_is_refused(host, value, reason):
    point = EntryPoint(name="it", value=value, group="credlabel")
    assert host.load(point, about()) == {}
    assert host.plugins["it"].refused.startswith(f"It can't be imported: {reason}")


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit(), pytest.skip.Exception("no")])
def test_whatever_an_import_raises_is_a_refusal(host, error):
    class Point:
        def load(self):
            raise error

    assert host.load(Point(), about()) == {}
    assert type(error).__name__ in host.plugins["it"].refused


def test_ctrl_c_is_the_user_s(host):
    class Point:
        def load(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        host.load(Point(), about())
    with pytest.raises(KeyboardInterrupt):
        host.add(plugin(credlabel_detectors=raises(KeyboardInterrupt())), about())


def test_one_object_is_registered_once(host):
    same = plugin(credlabel_detectors=lambda: [Detector()])
    host.add(same, about("first"))
    host.add(same, about("second"))
    assert not host.plugins["first"].refused
    assert host.plugins["second"].refused == "It is registered already, under another name."
    assert len(host.implementations("credlabel_detectors")) == 1


def test_a_name_is_given_once(host):
    host.add(plugin(credlabel_detectors=lambda: [Detector()]), about())
    with pytest.raises(ValueError, match="a plugin called 'it' already"):
        host.add(plugin(credlabel_detectors=lambda: [Detector()]), about())
    assert not host.plugins["it"].refused
    assert len(host.implementations("credlabel_detectors")) == 1


# ---------------------------------------------------------------------------- what is offered


def test_every_hook_and_key_is_listed(host):
    offers = host.add(
        plugin(
            credlabel_formats=lambda: (Png() for _ in range(1)),  # any iterable will do
            credlabel_detectors=lambda: [Detector("b"), Detector("a")],
            credlabel_event=lambda event: None,
        ),
        about(),
    )
    assert host.plugins["it"].offers == {
        "credlabel_formats": ("image/png",),
        "credlabel_detectors": ("b", "a"),
        "credlabel_event": (),
    }
    assert isinstance(offers["credlabel_formats"]["image/png"], Png)
    host.offer("it", "credlabel_event", "z")
    host.offer("it", "credlabel_event", "y")
    assert host.plugins["it"].offers["credlabel_event"] == ("y", "z")


def test_implementations_have_the_order_of_their_names_unless_they_ask(host):
    def made(**options):
        return types.SimpleNamespace(
            credlabel_secret=hookimpl(**options)(lambda name, prompt: None)
        )

    for name, options in (
        ("c", {}),
        ("a", {"trylast": True}),
        ("d", {"tryfirst": True}),
        ("b", {}),
    ):
        host.add(made(**options), about(name))
    names = [impl.plugin_name for impl in host.implementations("credlabel_secret")]
    assert names == ["d", "b", "c", "a"]


def test_a_call_hands_over_only_what_was_asked_for(host):
    host.add(plugin(credlabel_secret=lambda name: name.upper()), about())
    (impl,) = host.implementations("credlabel_secret")
    assert host.call("credlabel_secret", impl, name="n", prompt="p") == "N"


def test_an_event_may_be_ignored(host):
    host.add(plugin(credlabel_event=lambda: None), about())
    (impl,) = host.implementations("credlabel_event")
    assert host.call("credlabel_event", impl, event={}) is None


# ---------------------------------------------------------------------------- the trace


def test_the_trace_shows_every_call_and_its_result(host, capsys):
    host.add(plugin(credlabel_event=lambda event: None), about("a"))
    (impl,) = host.implementations("credlabel_event")
    host.call("credlabel_event", impl, event={"kind": "labelled"})
    assert capsys.readouterr().err == ""
    host.is_traced = True
    host.call("credlabel_event", impl, event={"kind": "labelled"})
    host.add(plugin(credlabel_detectors=lambda: iter([Detector()])), about("b"))
    host.add(plugin(credlabel_detectors=raises(ZeroDivisionError("no"))), about("c"))
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == "a: credlabel_event(event={'kind': 'labelled'}) = None"
    assert second.startswith("b: credlabel_detectors() = (<")
    assert "Detector object at" in second
    assert third == "c: credlabel_detectors() raised ZeroDivisionError"


def test_the_trace_shows_no_secret(host, capsys):
    def leak(name):
        raise ValueError("hunter2")

    host.is_traced = True
    host.add(plugin(credlabel_secret=lambda name, prompt: "hunter2"), about("a"))
    host.add(plugin(credlabel_secret=leak), about("b"))
    answering, leaking = host.implementations("credlabel_secret")
    assert host.call("credlabel_secret", answering, name="n", prompt="p") == "hunter2"
    with pytest.raises(FAILURES):
        host.call("credlabel_secret", leaking, name="n", prompt="p")
    shown = capsys.readouterr().err
    assert shown == (
        "a: credlabel_secret(name='n', prompt='p') = (withheld)\n"
        "b: credlabel_secret(name='n') raised ValueError\n"
    )
