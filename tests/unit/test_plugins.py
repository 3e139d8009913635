"""PluginRegistry: a conflict is an error for who needs the key; a fault harms nobody else."""

from __future__ import annotations

import logging
import types
from importlib import metadata

import click
import pytest

from credlabel.errors import PluginConflictError, PluginError
from credlabel.hookspecs import hookimpl
from credlabel.plugins import PluginRegistry, PluginSettings


def plugin(**hooks):
    return types.SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})


class Fake:
    """A format whose files begin with the name of their type in it, such as ``x/a``."""

    def __init__(self, *media_types, says=None):
        self.media_types = media_types
        self.says = says

    def accepts(self, head):
        if self.says is not None:
            return self.says
        return next((kind for kind in self.media_types if head == kind.encode()), None)

    def check_whole(self, source):
        pass


class Detector:
    def __init__(self, name):
        self.name = name

    def detect(self, subject, source):
        return ()


def registry_of(settings=None, **formats):
    """Return a registry with one plugin a format, by name."""
    registry = PluginRegistry(settings)
    for name, provider in formats.items():
        registry.add(plugin(credlabel_formats=lambda p=provider: [p]), name=name)
        assert not registry.plugins[-1].refused
    return registry


# ---------------------------------------------------------------------------- conflicts


def test_only_the_contested_type_is_in_conflict():
    first, second = Fake("x/a", "x/b"), Fake("x/a", "x/c")
    registry = registry_of(one=first, two=second, zzz=Fake("x/d"))
    for kind, owner in (("x/b", first), ("x/c", second)):
        assert registry.identify(kind.encode()) == kind
        assert registry.format_of(kind) is owner
    assert registry.identify(b"x/d") == "x/d"
    assert registry.identify(b"nothing of theirs") is None
    for _ in range(2):  # an error is not remembered as an answer
        with pytest.raises(PluginConflictError) as caught:
            registry.identify(b"x/a")
    assert str(caught.value) == "The plugins one and two both offer 'x/a'."
    assert '[plugins] prefer = { "x/a" = "NAME" }' in caught.value.hint
    with pytest.raises(PluginConflictError):
        registry.format_of("x/a")
    with pytest.raises(PluginConflictError):
        registry.providers("credlabel_formats")


@pytest.mark.parametrize("preferred", ["one", "two"])
def test_prefer_says_who_gets_a_contested_type(preferred):
    formats = {"one": Fake("x/a", "x/b"), "two": Fake("x/a", "x/c")}
    settings = PluginSettings(prefer={"x/a": preferred})
    registry = registry_of(settings, **formats)
    assert registry.identify(b"x/a") == "x/a"
    assert registry.format_of("x/a") is formats[preferred]
    assert registry.identify(b"x/c") == "x/c"


def test_who_is_not_preferred_is_not_heard():
    """The preferred format says no, the other yes: the type is the preferred one's to know."""
    settings = PluginSettings(prefer={"x/a": "two"})
    registry = registry_of(settings, one=Fake("x/a", says="x/a"), two=Fake("x/a"))
    assert registry.identify(b"anything") is None


def test_preferring_somebody_else_resolves_nothing():
    registry = registry_of(
        PluginSettings(prefer={"x/a": "three"}), one=Fake("x/a"), two=Fake("x/a")
    )
    with pytest.raises(PluginConflictError):
        registry.identify(b"x/a")


def test_a_conflict_of_detectors_is_one_for_who_wants_them_all():
    registry = PluginRegistry()
    for name in ("one", "two"):
        registry.add(plugin(credlabel_detectors=lambda: [Detector("same")]), name=name)
    for _ in range(2):
        with pytest.raises(PluginConflictError, match="one and two both offer 'same'"):
            _ = registry.detectors
    preferring = PluginRegistry(PluginSettings(prefer={"same": "two"}))
    for name in ("one", "two"):
        preferring.add(plugin(credlabel_detectors=lambda: [Detector("same")]), name=name)
    assert len(preferring.detectors) == 1


def test_what_is_added_later_counts():
    registry = registry_of(one=Fake("x/a"))
    assert registry.detectors == ()
    assert len(registry.formats) == 1
    registry.add(
        plugin(
            credlabel_detectors=lambda: [Detector("d")], credlabel_formats=lambda: [Fake("x/b")]
        ),
        name="two",
    )
    assert [each.name for each in registry.detectors] == ["d"]
    assert registry.identify(b"x/b") == "x/b"


# ---------------------------------------------------------------------------- faults


def test_a_format_is_heard_about_its_own_types_only():
    registry = registry_of(aaa=Fake("x/a", says="x/b"), bbb=Fake("x/b"), ccc=Fake("x/c"))
    assert registry.identify(b"x/c") == "x/c"
    assert registry.identify(b"x/b") == "x/b"
    assert registry.format_of("x/b").says is None
    assert registry_of(aaa=Fake("x/a", says="x/nobody's")).identify(b"") is None


def test_a_format_that_raises_costs_nobody_else_anything(caplog):
    class Raises(Fake):
        def accepts(self, head):
            raise ZeroDivisionError

    registry = registry_of(aaa=Raises("x/a"), bbb=Fake("x/b"))
    for _ in range(3):
        assert registry.identify(b"x/b") == "x/b"
    assert len(caplog.records) == 1
    assert "is broken" in caplog.text


def test_a_wish_that_nobody_fulfils_names_what_there_is():
    registry = PluginRegistry.load()
    with pytest.raises(PluginError, match="no report format called 'xml'; there are: csv, json"):
        registry.reporter("xml")
    with pytest.raises(PluginError, match="no policy called 'lenient'") as caught:
        registry.policy("lenient")
    assert "credlabel plugins" in caught.value.hint
    with pytest.raises(PluginError, match="no kind of signer called 'pkcs99'"):
        registry.open_signer("pkcs99:x")


# ---------------------------------------------------------------------------- secrets and events


def test_the_first_answer_to_a_secret_wins_and_faults_are_passed_over(caplog):
    def fails(name):
        raise ValueError("hunter2")

    registry = PluginRegistry()
    registry.add(plugin(credlabel_secret=fails), name="a")
    registry.add(plugin(credlabel_secret=lambda name, prompt: None), name="b")
    registry.add(plugin(credlabel_secret=lambda name, prompt: f"{name}/{prompt}"), name="c")
    registry.add(plugin(credlabel_secret=lambda name, prompt: "too late"), name="d")
    assert registry.secret("n", "p") == "n/p"
    assert caplog.messages == ["plugin a failed to answer for a secret: ValueError"]
    assert PluginRegistry().secret("n", "p") is None


def test_an_event_reaches_everybody_as_it_was(caplog):
    heard = []

    def hears(event):
        heard.append(event)

    def spoils(event):
        event["receipt"]["output"] = "elsewhere"
        event.clear()
        raise SystemExit("enough")

    registry = PluginRegistry()
    registry.add(plugin(credlabel_event=spoils), name="a")
    registry.add(plugin(credlabel_event=hears), name="b")
    event = {"kind": "labelled", "receipt": {"output": "here"}}
    registry.event(event)
    assert heard == [event] == [{"kind": "labelled", "receipt": {"output": "here"}}]
    assert caplog.messages == ["plugin a failed on event labelled: SystemExit: enough"]
    assert caplog.records[0].levelno == logging.WARNING


# ---------------------------------------------------------------------------- commands


def adding(*names):
    def hook(cli):
        for name in names:
            cli.add_command(click.Command(name))

    return plugin(credlabel_commands=hook, credlabel_detectors=lambda: [Detector(names[0])])


def commands_of(registry):
    return registry.commands(stage=click.Group, reserved=frozenset({"scan", "label"}))


def refused(registry):
    return {each.name: each.refused for each in registry.plugins if each.refused}


def test_commands_are_added_but_never_over_a_built_in_one():
    registry = PluginRegistry()
    registry.add(adding("good", "more"), name="good")
    registry.add(adding("scan", "hidden"), name="greedy")
    for _ in range(2):  # asking twice changes nothing
        assert sorted(commands_of(registry)) == ["good", "more"]
    assert refused(registry) == {"greedy": "It may not replace the command 'scan'."}
    offers = {each.name: each.offers for each in registry.plugins}
    assert offers["good"]["credlabel_commands"] == ("good", "more")
    assert offers["greedy"]["credlabel_commands"] == ()
    assert len(registry.detectors) == 2  # what else it offers stays


def test_commands_that_fail_are_refused_alone():
    def fails(cli):
        cli.add_command(click.Command("half"))
        raise SystemExit(2)

    registry = PluginRegistry()
    registry.add(plugin(credlabel_commands=fails), name="a")
    registry.add(adding("good"), name="b")
    assert list(commands_of(registry)) == ["good"]
    assert refused(registry) == {"a": "It failed: SystemExit: 2"}


def test_a_command_that_two_add_is_nobody_s_unless_preferred():
    def both(settings=None):
        registry = PluginRegistry(settings)
        registry.add(adding("same", "ours"), name="one")
        registry.add(adding("same", "theirs"), name="two")
        return registry

    registry = both()
    assert sorted(commands_of(registry)) == ["ours", "theirs"]
    reason = "The plugins one and two both offer 'same'."
    assert refused(registry) == {"one": reason, "two": reason}
    preferring = both(PluginSettings(prefer={"same": "two"}))
    assert sorted(commands_of(preferring)) == ["ours", "same", "theirs"]
    assert refused(preferring) == {}


# ---------------------------------------------------------------------------- loading


def points(*rows):
    """Return entry points of distributions, none of which is installed."""
    found = []
    for dist, name, value in rows:
        about = types.SimpleNamespace(name=dist, version="1")
        point = metadata.EntryPoint(name=name, value=value, group="credlabel")
        found.append(point._for(about))
    return lambda **_: found


PNG = "credlabel_plugins.formats.png"


def test_two_distributions_may_use_one_name(monkeypatch):
    """Whichever was installed last must not silently take the other's place."""
    gif = "credlabel_plugins.formats.gif"
    rows = [("theirs", "x", gif), ("credlabel", "x", PNG), ("theirs", "y", "nowhere")]
    for order in (rows, rows[::-1]):
        monkeypatch.setattr(metadata, "entry_points", points(*order))
        registry = PluginRegistry.load()
        assert [each.name for each in registry.plugins] == ["credlabel:x", "theirs:x", "y"]
        assert [bool(each.refused) for each in registry.plugins] == [False, False, True]
        assert {kind for each in registry.formats for kind in each.media_types} == {
            "image/gif",
            "image/png",
        }


class Described:
    """A distribution that counts how often its metadata are parsed."""

    name = "theirs"
    read = 0

    @property
    def version(self):
        self.read += 1
        return "1"


def test_a_distribution_is_read_once_however_many_plugins_it_has(monkeypatch):
    """Its metadata hold its whole manual, and every process that scans loads the plugins."""
    distribution = Described()
    found = [
        metadata.EntryPoint(name=name, value=PNG, group="credlabel")._for(distribution)
        for name in "xyz"
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda **_: found)
    assert len(PluginRegistry.load().plugins) == 3
    assert distribution.read == 1


@pytest.mark.parametrize("disabled", ["x", "credlabel:x"])
def test_what_is_disabled_is_not_even_imported(monkeypatch, disabled):
    rows = [("credlabel", "x", "nowhere"), ("theirs", "x", PNG)]
    monkeypatch.setattr(metadata, "entry_points", points(*rows))
    registry = PluginRegistry.load(PluginSettings(disabled=(disabled,)))
    assert refused(registry) == {}
    assert [each.name for each in registry.plugins] == (["theirs:x"] if ":" in disabled else [])


def test_the_variable_turns_the_trace_on(capsys):
    PluginRegistry.load(environ={})
    assert capsys.readouterr().err == ""
    PluginRegistry.load(environ={"CREDLABEL_TRACE_PLUGINS": "1"})
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("formats.png: credlabel_formats() = [<") for line in lines)
    assert len(lines) >= 17


def test_every_bundled_plugin_is_sound():
    registry = PluginRegistry.load()
    ours = [each for each in registry.plugins if each.distribution == "credlabel"]
    assert len(ours) >= 17
    assert [each.name for each in ours if each.refused] == []
    assert all(each.offers for each in ours)
