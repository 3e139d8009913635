"""Find, load, isolate and index plugins; refuse conflicts.

A plugin that can't be imported, misspells a hook or breaks its Protocol is *refused* with its
reason and harms nobody else; it is fatal only when a request needs what it would have offered.
pluggy's own entry-point loader is not used, because it stops at the first broken plugin.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import pluggy

from credlabel import hookspecs
from credlabel.errors import (
    CredlabelError,
    PluginConflictError,
    PluginContractError,
    PluginError,
    PluginLoadError,
)
from credlabel.hookspecs import (
    PROJECT,
    Detector,
    Format,
    Marker,
    Policy,
    Reporter,
    Secrets,
    Signer,
    SignerProvider,
    StoreProvider,
)

_log = logging.getLogger(__name__)
P = TypeVar("P")

TRACE_VARIABLE: Final = "CREDLABEL_TRACE_PLUGINS"
HEAD_BYTES: Final = 4096
"""How much of a file's beginning formats are shown to recognise it."""

_HOOKS: Final[dict[str, tuple[type, str]]] = {
    # hook: (the Protocol of its providers, the attribute that holds the key or keys)
    "credlabel_formats": (Format, "media_types"),
    "credlabel_markers": (Marker, "name"),
    "credlabel_detectors": (Detector, "name"),
    "credlabel_signers": (SignerProvider, "schemes"),
    "credlabel_policies": (Policy, "name"),
    "credlabel_reporters": (Reporter, "name"),
    "credlabel_stores": (StoreProvider, "schemes"),
}


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which plugins to use.

    Attributes:
        prefer: for each contested key, the name of the plugin that gets it.
        disabled: names of plugins that are not loaded.
    """

    prefer: dict[str, str] = {}
    disabled: tuple[str, ...] = ()


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as ``credlabel plugins`` shows it. ``refused`` says why, if it was."""

    name: str
    distribution: str
    version: str
    offers: dict[str, tuple[str, ...]] = {}
    refused: str = ""


class PluginRegistry:
    """All plugins of this process, loaded once, indexed by what they offer.

    >>> registry = PluginRegistry.load()
    >>> registry.identify(b"\\xff\\xd8\\xff\\xe0")
    'image/jpeg'
    """

    def __init__(self, settings: PluginSettings | None = None) -> None:
        self._settings = settings or PluginSettings()
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._plugins: dict[str, Plugin] = {}
        self._claims: dict[str, dict[str, dict[str, Any]]] = {hook: {} for hook in _HOOKS}

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
        points = {point.name: point for point in metadata.entry_points(group=PROJECT)}
        for name in sorted(points):
            if name not in registry._settings.disabled:
                registry.add_entry_point(points[name])
        return registry

    # ------------------------------------------------------------------ loading

    def add_entry_point(self, point: metadata.EntryPoint) -> None:
        """Load one entry point; a failure is recorded, never raised."""
        dist = point.dist
        about = (dist.name, dist.version) if dist else ("", "")
        try:
            plugin = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit in a plugin is its own affair
            self._refuse(point.name, *about, PluginLoadError(f"It can't be imported: {error!r}"))
        else:
            self.add(plugin, name=point.name, distribution=about[0], version=about[1])

    def add(self, plugin: object, *, name: str, distribution: str = "", version: str = "") -> None:
        """Register one plugin object; a failure is recorded, never raised."""
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except Exception as error:  # noqa: BLE001 - the boundary to other people's code
            self._unregister(name)
            self._refuse(name, distribution, version, PluginLoadError(str(error)))
            return
        try:
            offers = self._collect(name)
        except Exception as error:  # noqa: BLE001 - the boundary to other people's code
            self._unregister(name)
            self._refuse(name, distribution, version, error)
            return
        for hook, providers in offers.items():
            for key, provider in providers.items():
                self._claims[hook].setdefault(key, {})[name] = provider
        self._plugins[name] = Plugin(
            name=name,
            distribution=distribution,
            version=version,
            offers={hook: tuple(keys) for hook, keys in offers.items() if keys},
        )

    def _unregister(self, name: str) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)

    def _refuse(self, name: str, distribution: str, version: str, reason: Exception) -> None:
        text = str(reason) if isinstance(reason, CredlabelError) else f"It failed: {reason!r}"
        _log.warning("plugin %s refused: %s", name, text)
        self._plugins[name] = Plugin(
            name=name, distribution=distribution, version=version, refused=text
        )

    def _collect(self, name: str) -> dict[str, dict[str, Any]]:
        """Return every provider of one plugin by hook and key, checked against its Protocol."""
        plugin = self._manager.get_plugin(name)
        offers: dict[str, dict[str, Any]] = {}
        for hook, (protocol, attribute) in _HOOKS.items():
            caller = getattr(self._manager.hook, hook)
            for impl in (i for i in caller.get_hookimpls() if i.plugin is plugin):
                for provider in impl.function():
                    keys = _keys(provider, protocol, attribute)
                    offers.setdefault(hook, {}).update(dict.fromkeys(keys, provider))
        return offers

    # ------------------------------------------------------------------ asking

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin found, the refused ones with their reason, by name."""
        return tuple(self._plugins[name] for name in sorted(self._plugins))

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
        if chosen is not None:
            return chosen
        names = " and ".join(sorted(claims))
        raise PluginConflictError(
            f"The plugins {names} both offer {key!r}.",
            hint=f'Say which to use: [plugins] prefer = {{ "{key}" = "NAME" }} in credlabel.toml.',
        )

    def _one(self, hook: str, key: str, what: str) -> Any:
        if key in self._claims[hook]:
            return self._choose(hook, key)
        known = ", ".join(sorted(self._claims[hook])) or "none"
        raise PluginError(
            f"There is no {what} called {key!r}; there are: {known}.",
            hint="'credlabel plugins' lists what is loaded and what was refused.",
        )

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        """Every format once, the order being that of the plugins' names."""
        seen: dict[int, Format] = {}
        for provider in self.providers("credlabel_formats").values():
            seen.setdefault(id(provider), provider)
        return tuple(seen.values())

    def identify(self, head: bytes) -> str | None:
        """Return the media type of a file beginning with ``head``, or None if no format says."""
        for candidate in self.formats:
            media_type = candidate.accepts(head)
            if media_type is not None:
                return media_type
        return None

    def format_of(self, media_type: str) -> Format | None:
        """Return the format that claims ``media_type``, or None."""
        if media_type not in self._claims["credlabel_formats"]:
            return None
        provider: Format = self._choose("credlabel_formats", media_type)
        return provider

    @cached_property
    def detectors(self) -> tuple[Detector, ...]:
        """Every detector, by name."""
        return tuple(self.providers("credlabel_detectors").values())

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Every marker, by name."""
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
        """Return the first plugin's answer to ``credlabel_secret``, or None."""
        answer: str | None = self._manager.hook.credlabel_secret(name=name, prompt=prompt)
        return answer

    def event(self, event: dict[str, Any]) -> None:
        """Tell every plugin of an event; their errors are logged and go no further."""
        for impl in self._manager.hook.credlabel_event.get_hookimpls():
            try:
                impl.function(event=event)
            except Exception:
                _log.exception("plugin %s failed on event %s", impl.plugin_name, event["kind"])

    def commands(self, *, stage: Callable[[], Any], reserved: frozenset[str]) -> dict[str, Any]:
        """Return every command that plugins add, by name.

        Each plugin gets a group of its own from ``stage`` to add to; one that takes a reserved
        name is refused.
        """
        added: dict[str, Any] = {}
        for impl in self._manager.hook.credlabel_commands.get_hookimpls():
            group = stage()
            try:
                impl.function(cli=group)
            except Exception as error:  # noqa: BLE001 - the boundary to other people's code
                self._refuse_again(impl.plugin_name, error)
                continue
            clash = sorted(group.commands.keys() & (reserved | added.keys()))
            if clash:
                reason = PluginContractError(f"It may not replace the command {clash[0]!r}.")
                self._refuse_again(impl.plugin_name, reason)
            else:
                added |= group.commands
        return added

    def _refuse_again(self, name: str, reason: Exception) -> None:
        plugin = self._plugins[name]
        self._refuse(plugin.name, plugin.distribution, plugin.version, reason)

    def trace(self) -> None:
        """Print every hook call and its outcome to standard error (see ``TRACE_VARIABLE``)."""

        def before(hook: str, impls: Any, kwargs: Any) -> None:
            print(f"{hook} {kwargs} -> {[i.plugin_name for i in impls]}", file=sys.stderr)

        def after(outcome: Any, hook: str, impls: Any, kwargs: Any) -> None:
            print(f"{hook} = {outcome.get_result()!r}", file=sys.stderr)

        self._manager.add_hookcall_monitoring(before, after)


def _keys(provider: object, protocol: type, attribute: str) -> tuple[str, ...]:
    if not isinstance(provider, protocol):
        missing = [m for m in _members(protocol) if not hasattr(provider, m)]
        raise PluginContractError(
            f"{type(provider).__name__} is no {protocol.__name__}: it lacks {', '.join(missing)}."
        )
    value = getattr(provider, attribute)
    keys = (value,) if isinstance(value, str) else tuple(value)
    if not keys or not all(isinstance(key, str) and key for key in keys):
        raise PluginContractError(f"{type(provider).__name__}.{attribute} names no key.")
    return keys


def _members(protocol: type) -> list[str]:
    return sorted(
        name
        for name in {*vars(protocol), *getattr(protocol, "__annotations__", {})}
        if not name.startswith("_")
    )
