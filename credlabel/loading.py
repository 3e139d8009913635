"""Load plugins and call their hooks, each on its own; what fails is refused with its reason.

Three things are done differently from pluggy's own way, so that one bad plugin costs nobody else
anything. Entry points are loaded here, since pluggy stops at the first that fails;
``check_pending`` follows each registration, since at the end it could not tell who misspelt; and
every implementation is called on its own, since a hook call of pluggy's ends at the first
exception. Whatever has an order has that of the plugins' names, never of their installation.
"""

from __future__ import annotations

import difflib
import logging
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pluggy

from credlabel import hookspecs
from credlabel.errors import CredlabelError, PluginContractError, PluginLoadError
from credlabel.hookspecs import (
    PROJECT,
    Detector,
    Format,
    Marker,
    MetadataMarker,
    Policy,
    Reporter,
    SignerProvider,
    StoreProvider,
    TextKinds,
)

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_log = logging.getLogger(__name__)

FORMATS: Final = "credlabel_formats"
COMMANDS: Final = "credlabel_commands"
SECRET: Final = "credlabel_secret"  # noqa: S105 - the name of a hook
EVENT: Final = "credlabel_event"
PROVIDERS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    FORMATS: ((Format,), "media_types"),
    "credlabel_markers": ((MetadataMarker, Marker), "name"),
    "credlabel_detectors": ((Detector,), "name"),
    "credlabel_signers": ((SignerProvider,), "schemes"),
    "credlabel_policies": ((Policy,), "name"),
    "credlabel_reporters": ((Reporter,), "name"),
    "credlabel_stores": ((StoreProvider,), "schemes"),
}
"""Each hook that returns providers: the Protocols, one of which each follows, and the attribute
that holds key or keys."""

FAILURES: Final = (Exception, SystemExit)
"""What other people's code may do to us; Ctrl-C is the user's."""

Offers = dict[str, dict[str, Any]]
"""The providers of one plugin, by hook and key."""


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as ``credlabel plugins`` shows it.

    Attributes:
        name: that of its entry point; with its distribution before it if two have one name.
        offers: for each hook it implements, the keys that it claims.
        refused: why it was refused; if ``offers`` has anything in it, only its commands were.
    """

    name: str
    distribution: str
    version: str
    offers: dict[str, tuple[str, ...]] = {}
    refused: str = ""


class PluginHost:
    """Holds the plugins that could be loaded, and calls them.

    Attributes:
        plugins: every plugin that was added, by name, the refused ones with their reason.
        is_traced: every hook call and its result is written to standard error, but for the
            answers to ``credlabel_secret``.
    """

    def __init__(self) -> None:
        self.plugins: dict[str, Plugin] = {}
        self.is_traced = False
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)

    def load(self, point: EntryPoint, about: Plugin) -> Offers:
        """Import an entry point and :meth:`add` it; nothing is offered by one that fails."""
        try:
            loaded = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the boundary to other people's code
            self.refuse(about, PluginLoadError(f"It can't be imported: {told(error)}"))
            return {}
        return self.add(loaded, about)

    def add(self, plugin: object, about: Plugin) -> Offers:
        """Register a plugin and return what it offers: nothing, if it is refused.

        Raises:
            ValueError: there is a plugin by that name already.
        """
        if about.name in self.plugins:
            raise ValueError(f"there is a plugin called {about.name!r} already")
        try:
            self._register(plugin, about.name)
            offers = self._collect(about.name)
        except FAILURES as error:
            if self._manager.has_plugin(about.name):
                self._manager.unregister(name=about.name)
            self.refuse(about, error)
            return {}
        keys = {hook: tuple(providers) for hook, providers in offers.items()}
        self.plugins[about.name] = msgspec.structs.replace(about, offers=keys)
        return offers

    def refuse(self, plugin: Plugin, reason: BaseException) -> None:
        """Record why a plugin, or its commands, are refused."""
        text = str(reason) if isinstance(reason, CredlabelError) else f"It failed: {told(reason)}"
        _log.info("plugin %s refused: %s", plugin.name, text)
        self.plugins[plugin.name] = msgspec.structs.replace(plugin, refused=text)

    def offer(self, name: str, hook: str, key: str) -> None:
        """Record that a plugin offers something that it named only later."""
        plugin = self.plugins[name]
        keys = tuple(sorted({*plugin.offers[hook], key}))
        offers = {**plugin.offers, hook: keys}
        self.plugins[name] = msgspec.structs.replace(plugin, offers=offers)

    def implementations(self, hook: str, *, of: str = "") -> list[pluggy.HookImpl]:
        """Return who implements ``hook``, all or one, in the order of their names.

        Those who ask pluggy to be tried first or last are.
        """
        found = getattr(self._manager.hook, hook).get_hookimpls()
        return sorted(
            (impl for impl in found if of in ("", impl.plugin_name)),
            key=lambda impl: (not impl.tryfirst, impl.trylast, impl.plugin_name),
        )

    def call(self, hook: str, impl: pluggy.HookImpl, **arguments: Any) -> Any:
        """Call one implementation of one hook: every call there is goes through here.

        What it raises is for the caller to catch (:data:`FAILURES`).
        """
        if impl.wrapper or impl.hookwrapper:
            raise PluginContractError(f"{hook} can't be wrapped.")
        taken = {name: arguments[name] for name in impl.argnames}
        try:
            result = impl.function(**taken)
            if isinstance(result, Iterator):
                result = tuple(result)
        except BaseException as error:
            # The message may hold what it was asked for.
            self._trace(hook, impl, taken, f"raised {type(error).__name__}")
            raise
        self._trace(hook, impl, taken, f"= {'(withheld)' if hook == SECRET else repr(result)}")
        return result

    def _trace(
        self, hook: str, impl: pluggy.HookImpl, arguments: dict[str, Any], outcome: str
    ) -> None:
        if self.is_traced:
            shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
            sys.stderr.write(f"{impl.plugin_name}: {hook}({shown}) {outcome}\n")

    # ------------------------------------------------------------------ what a plugin must be

    def _register(self, plugin: object, name: str) -> None:
        try:
            self._manager.register(plugin, name=name)
        except pluggy.PluginValidationError as error:
            raise PluginContractError(" ".join(str(error).split())) from error
        except ValueError as error:
            raise PluginContractError("It is registered already, under another name.") from error
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginContractError(self._misspelt(plugin)) from error
        if not self._manager.get_hookcallers(plugin):
            raise PluginContractError("It implements no hook; is @hookimpl missing?")

    def _misspelt(self, plugin: object) -> str:
        callers = self._manager.get_hookcallers(plugin) or ()
        known = (*PROVIDERS, COMMANDS, SECRET, EVENT)
        wrong = next(caller.name for caller in callers if not caller.has_spec())
        near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.8)
        hint = f"; is {near[0]!r} meant?" if near else "."
        return f"It implements {wrong!r}, and there is no such hook{hint}"

    def _collect(self, name: str) -> Offers:
        offers: Offers = {}
        for hook, (protocols, attribute) in PROVIDERS.items():
            for impl in self.implementations(hook, of=name):
                offered = offers.setdefault(hook, {})
                for provider in self._providers(hook, impl):
                    for key in _keys(provider, protocols, attribute):
                        if offered.setdefault(key, provider) is not provider:
                            raise PluginContractError(f"It offers {key!r} twice.")
        for hook in (COMMANDS, SECRET, EVENT):
            if self.implementations(hook, of=name):
                offers[hook] = {}
        return offers

    def _providers(self, hook: str, impl: pluggy.HookImpl) -> Iterable[Any]:
        try:
            provided = self.call(hook, impl)
        except CredlabelError:
            raise
        except FAILURES as error:
            raise PluginLoadError(f"{hook} failed: {told(error)}") from error
        if not isinstance(provided, Iterable):
            raise PluginContractError(
                f"{hook} must return an iterable of providers, not {type(provided).__name__}."
            )
        return provided


def told(error: BaseException) -> str:
    """Return an exception as one line: its kind and what it says."""
    return f"{type(error).__name__}: {error}".replace("\n", " ").rstrip(": ")


def _keys(provider: object, protocols: tuple[type, ...], attribute: str) -> tuple[str, ...]:
    kind = type(provider).__name__
    if not isinstance(provider, protocols):
        problems = []
        for protocol in protocols:
            lacks = [name for name in _members(protocol) if getattr(provider, name, None) is None]
            problems.append(f"no {protocol.__name__}: it lacks {', '.join(lacks)}")
        raise PluginContractError(f"{kind} is {', and '.join(problems)}.")
    value: object = getattr(provider, attribute)
    keys: object = (value,) if attribute == "name" else value
    if not isinstance(keys, tuple | list) or not keys or not all(map(_is_key, keys)):
        wanted = "a string" if attribute == "name" else "a tuple of strings"
        raise PluginContractError(f"{kind}.{attribute} must be {wanted}, and not empty.")
    if Format in protocols and isinstance(provider, TextKinds):
        return (*keys, *_suffixes(provider, keys))
    return tuple(keys)


def _suffixes(provider: TextKinds, media_types: Collection[str]) -> Iterable[str]:
    """Return the endings of names that a format claims, which are keys like its media types."""
    suffixes: object = provider.suffixes
    if not isinstance(suffixes, Mapping) or not all(
        _is_key(suffix) and suffix[0] == "." and suffix == suffix.lower() and kind in media_types
        for suffix, kind in suffixes.items()
    ):
        raise PluginContractError(
            f"{type(provider).__name__}.suffixes must map lower-case endings, with their dot, "
            "to media types of its own."
        )
    return suffixes


def _is_key(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _members(protocol: type) -> list[str]:
    return sorted(
        name
        for name in {*vars(protocol), *getattr(protocol, "__annotations__", {})}
        if not name.startswith("_")
    )
