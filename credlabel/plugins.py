"""Find, load, isolate and index plugins; refuse conflicts.

A plugin that can't be imported, misspells a hook or breaks its Protocol is *refused* with its
reason and harms nobody else (:mod:`credlabel.loading` sees to that); it is fatal only when a
request needs what it would have offered. Two plugins that claim one key are both kept: that is an
error for whoever asks for the key, and for nobody else.
"""

from __future__ import annotations

import copy
import logging
import os
from collections import Counter
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import msgspec

from credlabel.errors import PluginConflictError, PluginContractError, PluginError
from credlabel.hookspecs import PROJECT, TextKinds
from credlabel.loading import (
    COMMANDS,
    EVENT,
    FAILURES,
    FORMATS,
    PROVIDERS,
    SECRET,
    Offers,
    Plugin,
    PluginHost,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from credlabel.hookspecs import (
        Detector,
        Format,
        Marker,
        Policy,
        Reporter,
        Secrets,
        Signer,
        SignerProvider,
    )

_log = logging.getLogger(__name__)

TRACE_VARIABLE: Final = "CREDLABEL_TRACE_PLUGINS"
HEAD_BYTES: Final = 4096
"""How much of a file's beginning formats are shown to recognise it."""

_CACHED: Final = ("_texts", "formats", "detectors", "markers")


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which plugins to use.

    Attributes:
        prefer: for each contested key, the name of the plugin that gets it.
        disabled: names of plugins that are not loaded.
    """

    prefer: dict[str, str] = {}
    disabled: tuple[str, ...] = ()


class PluginRegistry:
    """All plugins of this process, loaded once, indexed by what they offer.

    >>> registry = PluginRegistry.load()
    >>> registry.identify(bytes.fromhex("ffd8ffe0"))
    'image/jpeg'
    """

    def __init__(self, settings: PluginSettings | None = None) -> None:
        self._settings = settings or PluginSettings()
        self._host = PluginHost()
        self._claims: dict[str, dict[str, dict[str, Any]]] = {hook: {} for hook in PROVIDERS}
        self._faulty: set[int] = set()

    @classmethod
    def load(
        cls,
        settings: PluginSettings | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
    ) -> PluginRegistry:
        """Return a registry of every installed plugin, in the order of their names."""
        registry = cls(settings)
        if environ.get(TRACE_VARIABLE):
            registry.trace()
        points = metadata.entry_points(group=PROJECT)
        origins = _origins(points)
        counts = Counter(point.name for point in points)
        for point in sorted(points, key=lambda point: (point.name, *origins[id(point.dist)])):
            distribution, version = origins[id(point.dist)]
            # Nobody gets a name for having been installed later, or for being bundled.
            name = f"{distribution}:{point.name}" if counts[point.name] > 1 else point.name
            if not {name, point.name} & set(registry._settings.disabled):
                about = Plugin(name=name, distribution=distribution, version=version)
                registry.add_entry_point(point, about)
        return registry

    # ------------------------------------------------------------------ loading

    def add_entry_point(self, point: metadata.EntryPoint, about: Plugin) -> None:
        """Load one entry point, known as ``about``; a failure is recorded, never raised.

        Raises:
            ValueError: as :meth:`add`.
        """
        self._index(about.name, self._host.load(point, about))

    def add(self, plugin: object, *, name: str, distribution: str = "", version: str = "") -> None:
        """Register one plugin object; a failure of the plugin's is recorded, never raised.

        Raises:
            ValueError: there is a plugin called ``name`` already.
        """
        about = Plugin(name=name, distribution=distribution, version=version)
        self._index(name, self._host.add(plugin, about))

    def _index(self, name: str, offers: Offers) -> None:
        for hook, providers in offers.items():
            for key, provider in providers.items():
                self._claims[hook].setdefault(key, {})[name] = provider
        for cached in _CACHED:
            self.__dict__.pop(cached, None)

    def trace(self) -> None:
        """Write every hook call and its result to standard error (see ``TRACE_VARIABLE``).

        The answers to ``credlabel_secret`` are not shown.
        """
        self._host.is_traced = True

    # ------------------------------------------------------------------ keys and who has them

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin found, the refused ones with their reason, by name."""
        return tuple(plugin for _, plugin in sorted(self._host.plugins.items()))

    def providers(self, hook: str) -> dict[str, Any]:
        """Return the providers of ``hook`` by key.

        Raises:
            PluginConflictError: two plugins claim a key and ``prefer`` does not say which.
        """
        return {key: self._choose(hook, key) for key in sorted(self._claims[hook])}

    def _choose(self, hook: str, key: str) -> Any:
        claims = self._claims[hook][key]
        if len(claims) == 1:
            return next(iter(claims.values()))
        chosen = claims.get(self._settings.prefer.get(key, ""))
        if chosen is None:
            raise _conflict(key, claims)
        return chosen

    def _one(self, hook: str, key: str, what: str) -> Any:
        if key in self._claims[hook]:
            return self._choose(hook, key)
        known = ", ".join(sorted(self._claims[hook])) or "none"
        raise PluginError(
            f"There is no {what} called {key!r}; there are: {known}.",
            hint="'credlabel plugins' lists what is loaded and what was refused.",
        )

    # ------------------------------------------------------------------ formats

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        """Every format once, the order being that of the plugins' names.

        This holds all that there are, even two for one media type: :meth:`format_of` tells which
        of them it belongs to.
        """
        found: dict[int, tuple[str, Format]] = {}
        for claims in self._claims[FORMATS].values():
            for name, provider in claims.items():
                found[id(provider)] = (name, provider)
        return tuple(provider for _, provider in sorted(found.values(), key=lambda item: item[0]))

    def identify(self, head: bytes) -> str | None:
        """Return the media type of a file beginning with ``head``, or None if no format says.

        A format is heard about its own media types only.

        Raises:
            PluginConflictError: it is of a type that two plugins claim, and ``prefer`` does not
                say which of them to use.
        """
        for candidate in self.formats:
            try:
                media_type = candidate.accepts(head)
            except Exception:  # noqa: BLE001 - the boundary to other people's code
                self._complain(candidate)
                continue
            if media_type is not None and self.format_of(media_type) is candidate:
                return media_type
        return None

    def identify_text(self, name: str) -> str | None:
        """Return the media type of a text by the ending of its file's name, or None.

        Raises:
            PluginConflictError: as :meth:`identify`.
        """
        suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path takes ten times as long
        try:
            return self._texts[suffix]
        except KeyError:
            found: object = self.format_of(suffix) if suffix else None
            kind = found.suffixes[suffix] if isinstance(found, TextKinds) else None
            if kind:  # others are as many as names have endings
                self._texts[suffix] = kind
            return kind

    @cached_property
    def _texts(self) -> dict[str, str]:
        """Kinds of text by ending, as they are asked for: asking a Protocol takes long."""
        return {}

    def _complain(self, candidate: Format) -> None:
        if id(candidate) not in self._faulty:  # once, not for each of a million files
            self._faulty.add(id(candidate))
            _log.warning("format %r is broken: it fails to recognise files", candidate)

    def format_of(self, media_type: str) -> Format | None:
        """Return the format that claims ``media_type`` (or an ending of names), or None.

        Raises:
            PluginConflictError: two plugins claim it and ``prefer`` does not say which.
        """
        if media_type not in self._claims[FORMATS]:
            return None
        provider: Format = self._choose(FORMATS, media_type)
        return provider

    # ------------------------------------------------------------------ everything else

    @cached_property
    def detectors(self) -> tuple[Detector, ...]:
        """Every detector, by name; :class:`PluginConflictError` as :meth:`providers`."""
        return tuple(self.providers("credlabel_detectors").values())

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Every marker, by name; :class:`PluginConflictError` as :meth:`providers`."""
        return tuple(self.providers("credlabel_markers").values())

    def policy(self, name: str) -> Policy:
        """Return the policy called ``name``; :class:`PluginError` if there is none."""
        policy: Policy = self._one("credlabel_policies", name, "policy")
        return policy

    def reporter(self, name: str) -> Reporter:
        """Return the reporter called ``name``; :class:`PluginError` if there is none."""
        reporter: Reporter = self._one("credlabel_reporters", name, "report format")
        return reporter

    def open_signer(self, uri: str, *, secrets: Secrets | None = None) -> Signer:
        """Return the signer that ``uri`` names, from the plugin that claims its scheme.

        Raises:
            SigningError: as the plugin says. PluginError: no plugin claims the scheme.
        """
        scheme = uri.partition(":")[0]
        provider: SignerProvider = self._one("credlabel_signers", scheme, "kind of signer")
        return provider.open(uri, secrets or self.secret)

    def secret(self, name: str, prompt: str) -> str | None:
        """Return the first plugin's answer to ``credlabel_secret``, or None.

        A plugin that fails is passed over; what it said is not logged, as it may hold the secret.
        """
        for impl in self._host.implementations(SECRET):
            try:
                answer: str | None = self._host.call(SECRET, impl, name=name, prompt=prompt)
            except FAILURES as error:
                kind = type(error).__name__
                _log.warning("plugin %s failed to answer for a secret: %s", impl.plugin_name, kind)
                continue
            if answer is not None:
                return answer
        return None

    def event(self, event: dict[str, Any]) -> None:
        """Tell every plugin of an event; their errors are logged and go no further.

        Each gets a copy of its own, so that nobody can change what the others hear.
        """
        for impl in self._host.implementations(EVENT):
            try:
                self._host.call(EVENT, impl, event=copy.deepcopy(event))
            except FAILURES as error:
                kind, reason = event["kind"], told(error)
                _log.warning("plugin %s failed on event %s: %s", impl.plugin_name, kind, reason)

    def commands(self, *, stage: Callable[[], Any], reserved: frozenset[str]) -> dict[str, Any]:
        """Return every command that plugins add, by name.

        Each plugin gets a group of its own from ``stage`` to add to. The commands of one that
        fails, or takes a reserved name, are refused, and so is a command that two plugins add,
        unless ``prefer`` says whose it is. What else such a plugin offers stays.
        """
        added: dict[str, dict[str, Any]] = {}
        for impl in self._host.implementations(COMMANDS):
            group = stage()
            try:
                self._host.call(COMMANDS, impl, cli=group)
                taken = sorted(group.commands.keys() & reserved)
                if taken:
                    raise PluginContractError(f"It may not replace the command {taken[0]!r}.")
            except FAILURES as error:
                self._refuse_commands(impl.plugin_name, error)
                continue
            for name, command in group.commands.items():
                added.setdefault(name, {})[impl.plugin_name] = command
        return {
            name: command
            for name, claims in sorted(added.items())
            if (command := self._choose_command(name, claims)) is not None
        }

    def _choose_command(self, name: str, claims: dict[str, Any]) -> Any:
        preferred = next(iter(claims)) if len(claims) == 1 else self._settings.prefer.get(name, "")
        if preferred not in claims:
            for plugin in claims:
                self._refuse_commands(plugin, _conflict(name, claims))
            return None
        self._host.offer(preferred, COMMANDS, name)
        return claims[preferred]

    def _refuse_commands(self, name: str, reason: BaseException) -> None:
        self._host.refuse(self._host.plugins[name], reason)


def _origins(points: Iterable[metadata.EntryPoint]) -> dict[int, tuple[str, str]]:
    """Return name and version of each distribution that entry points are of, by its identity.

    A distribution parses all its metadata whenever it is asked for either, so it is asked once.
    """
    distributions = {id(point.dist): point.dist for point in points}
    return {
        key: (each.name, each.version) if each else ("", "") for key, each in distributions.items()
    }


def _conflict(key: str, claims: Iterable[str]) -> PluginConflictError:
    names = " and ".join(sorted(claims))
    return PluginConflictError(
        f"The plugins {names} both offer {key!r}.",
        hint=f'Say which to use: [plugins] prefer = {{ "{key}" = "NAME" }} in credlabel.toml.',
    )
