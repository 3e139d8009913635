"""What origin a manifest store states, walked over the active manifest and all its ingredients.

The rules, in order:

- a file that was *created* has the origin of its creation's digital source type; if our own
  assertion names simulators and no model, it was *simulated* (IPTC has no such term);
- a file that was *opened* has the origin of its parent;
- an edit made by a trained model makes anything that was not generated *edited with AI*;
- a placed component that a machine made turns anything else into a *composite*.

So an edited file whose parent was generated is never *captured*. An ingredient whose credential
did not hold when it was taken in states nothing; what it would state is told separately.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel import terms
from credlabel.history import has_held
from credlabel.manifest import actions_of, assertion_data, object_in, objects_in
from credlabel.model import Json, Origin

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH: Final = 64
"""Longest chain of ingredients that is followed; what lies deeper counts as unknown."""

MACHINE_MADE: Final = frozenset(
    {Origin.GENERATED, Origin.EDITED_WITH_AI, Origin.SIMULATED, Origin.ALGORITHMIC}
)
_BY_MODEL: Final = frozenset({Origin.GENERATED, Origin.EDITED_WITH_AI})


def origin_of_store(store: Json) -> Origin:
    """Return the origin that the manifest store, as the library's JSON, vouches for."""
    return _Walk(object_in(store, "manifests"), has_held).origin(store.get("active_manifest"), 0)


def asserted_origin(store: Json) -> Origin:
    """Return the origin by all that the store says, also through credentials that did not hold."""
    return _Walk(object_in(store, "manifests"), _any).origin(store.get("active_manifest"), 0)


def _any(_ingredient: Json) -> bool:
    return True


class _Walk:
    """One walk over a store; each manifest is judged once, so a loop of ingredients ends.

    ``believes`` tells which ingredients are asked.
    """

    def __init__(self, manifests: dict[str, Json], believes: Callable[[Json], bool]) -> None:
        self._manifests = manifests
        self._believes = believes
        self._known: dict[str, Origin] = {}

    def origin(self, label: object, depth: int) -> Origin:
        if not isinstance(label, str):
            return Origin.UNKNOWN
        if label not in self._known:
            self._known[label] = Origin.UNKNOWN  # what a loop finds when it comes round
            manifest = self._manifests.get(label)
            if isinstance(manifest, dict) and depth < MAX_DEPTH:
                self._known[label] = self._judge(manifest, depth)
        return self._known[label]

    def _judge(self, manifest: Json, depth: int) -> Origin:
        base = Origin.UNKNOWN
        components = []
        for ingredient in objects_in(manifest, "ingredients"):
            relationship = ingredient.get("relationship")
            if relationship == terms.PARENT_OF:
                base = self._ingredient(ingredient, depth)
            elif relationship == terms.COMPONENT_OF:
                components.append(self._ingredient(ingredient, depth))
        edited = False
        for action in actions_of(manifest):
            stated = terms.origin_of_source_type(str(action.get("digitalSourceType") or ""))
            if action.get("action") == terms.CREATED:
                base = Origin.SIMULATED if _names_only_simulators(manifest) else stated
            elif stated in _BY_MODEL:
                edited = True
        if edited and base is not Origin.GENERATED:
            return Origin.EDITED_WITH_AI
        if base not in MACHINE_MADE and any(
            c in MACHINE_MADE or c is Origin.COMPOSITE for c in components
        ):
            return Origin.COMPOSITE
        return base

    def _ingredient(self, ingredient: Json, depth: int) -> Origin:
        if not self._believes(ingredient):
            return Origin.UNKNOWN
        label = ingredient.get("active_manifest")
        if isinstance(label, str):
            return self.origin(label, depth + 1)
        stated = ingredient.get("digital_source_type") or ingredient.get("digitalSourceType")
        return terms.origin_of_source_type(str(stated or ""))


def _names_only_simulators(manifest: Json) -> bool:
    simulators = objects_in(assertion_data(manifest, terms.PROVENANCE), "simulators")
    return bool(simulators) and not any(
        str(data_type.get("type", "")).startswith(terms.TYPE_MODEL)
        for ingredient in objects_in(manifest, "ingredients")
        for data_type in objects_in(ingredient, "data_types")
    )
