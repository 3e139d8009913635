"""The graphs that ComfyUI leaves: the one it ran (``prompt``), the one on screen (``workflow``).

Any program can be drawn as a graph, so a graph counts as generation only if a node in it
generates: a sampler, or a call of some generator's service. If what is sampled was a picture from
a file, that picture was edited. A graph that merely loads, scales and saves states no origin.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.model import Origin

from ._foreign import plain
from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credlabel.model import Json

    from ._fields import Field, Fields

MAX_GRAPHS: Final = 8
"""Graphs of one file that are read."""
MAX_NODES: Final = 5000
MAX_STEPS: Final = 200_000
"""Nodes and inputs that all walks over one graph visit."""
MAX_SAMPLERS: Final = 100
MAX_PROMPTS: Final = 16
MAX_KIND: Final = 200

_FIELDS: Final = ("prompt", "workflow", "usercomment", "comment", "parameters", "©cmt")
_GENERATES: Final = re.compile(
    r"sampler|ideogram|flux|kling|openai|dall|gemini|imagen|stability|recraft|luma|minimax|hailuo"
    r"|pixverse|veo\d|runway|sora|wan\d|seedream|seedance|text_?to|image_?to|t2[iv]|i2v|diffus",
    re.IGNORECASE,
)
_SAMPLES: Final = re.compile("sampler", re.IGNORECASE)
_LOADS: Final = re.compile("load.*(image|video)|(image|video).*load", re.IGNORECASE)
_PICTURE: Final = frozenset({"latent_image", "latent", "samples", "pixels", "image", "images"})
_LATENT: Final = ("latent_image", "latent", "samples")
_MODELS: Final = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name")
_LOADERS: Final = ("CheckpointLoader", "UNETLoader")
_TEXT: Final = frozenset(
    {
        "clip_l",
        "negative",
        "positive",
        "prompt",
        "string",
        "string_a",
        "string_b",
        "t5xxl",
        "text",
        "text_g",
        "text_l",
        "value",
    }
)
_NO_TEXT: Final = _PICTURE | {"model", "clip", "vae", "control_net", "noise", "sigmas"}
_SETTINGS: Final = {
    "seed": "seed",
    "noise_seed": "seed",
    "steps": "steps",
    "sampler_name": "sampler",
    "scheduler": "scheduler",
    "cfg": "cfg_scale",
    "denoise": "denoising_strength",
}


class _Node(NamedTuple):
    kind: str
    inputs: Json


def comfyui_traces(fields: Fields) -> Iterator[Trace]:
    """Yield what the first fields with a graph say."""
    found = (trace for field in fields.named(*_FIELDS) if (trace := _trace(field)))
    yield from islice(found, MAX_GRAPHS)


def _trace(field: Field) -> Trace | None:
    found = field.object
    if not found:
        return None
    graph = _Graph(found)
    if graph.nodes:
        return graph.trace(field.place)
    return _drawn(field.place, found)


def _drawn(place: str, found: Json) -> Trace | None:
    """Return what a graph says as it was on screen: there, values have no names."""
    nodes = found.get("nodes")
    if not isinstance(nodes, list) or not {"links", "last_node_id"} <= found.keys():
        return None
    kinds = []
    models = []
    for node in nodes[:MAX_NODES]:
        kind = node.get("type") if isinstance(node, dict) else None
        if isinstance(kind, str):
            kinds.append(kind)
            values = node.get("widgets_values")
            if kind.startswith(_LOADERS) and isinstance(values, list) and values:
                models.append(plain(values[0]))
    generates = any(_GENERATES.search(kind) for kind in kinds)
    origin = Origin.GENERATED if generates else Origin.UNKNOWN
    return Trace(place, "ComfyUI", origin=origin, models=tuple(models)) if kinds else None


class _Graph:
    """A graph that was run: its nodes by identifier, none if ``found`` is no such graph."""

    def __init__(self, found: Json) -> None:
        self.nodes: dict[str, _Node] = {}
        self._steps = MAX_STEPS
        for key, value in found.items():
            kind = value.get("class_type") if isinstance(value, dict) else None
            inputs = value.get("inputs") if isinstance(value, dict) else None
            if isinstance(kind, str) and isinstance(inputs, dict):
                self.nodes[key] = _Node(kind[:MAX_KIND], inputs)
                if len(self.nodes) == MAX_NODES:
                    break

    def trace(self, place: str) -> Trace:
        """Return what the graph says."""
        nodes = self.nodes.values()
        samplers = [node for node in nodes if _SAMPLES.search(node.kind)][:MAX_SAMPLERS]
        generates = any(_GENERATES.search(node.kind) for node in nodes)
        origin = Origin.GENERATED if generates else Origin.UNKNOWN
        if any(self._starts_from_file(node) for node in samplers):
            origin = Origin.EDITED_WITH_AI
        settings: dict[str, str] = {}
        for node in samplers:
            for name, ours in _SETTINGS.items():
                value = plain(self._value(node.inputs.get(name), name))
                if value:
                    settings.setdefault(ours, value)
        return Trace(
            place=place,
            system="ComfyUI",
            origin=origin,
            models=tuple(
                plain(node.inputs[name])
                for node in nodes
                for name in _MODELS
                if name in node.inputs and "upscale" not in node.kind.lower()
            ),
            prompts=self._texts("positive") or self._texts("conditioning"),
            negative_prompts=self._texts("negative"),
            settings=settings,
        )

    def _linked(self, value: object) -> str | None:
        """Return the node that an input is linked to, or None if it is a value."""
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            return value[0] if value[0] in self.nodes else None
        return None

    def _value(self, value: object, name: str) -> object:
        """Return an input's value, also if a node beside it holds it."""
        node = self._linked(value)
        if node is None:
            return value
        inputs = self.nodes[node].inputs
        return inputs.get(name, inputs.get("seed", inputs.get("value")))

    def _walk(self, start: object, follows: Callable[[_Node, str], bool]) -> Iterator[_Node]:
        """Yield the nodes that feed an input, the nearest first, each once, within the budget."""
        first = self._linked(start)
        order = [first] if first is not None else []
        seen = set(order)
        for identifier in order:  # grows while it is walked
            node = self.nodes[identifier]
            self._steps -= 1 + len(node.inputs)
            if self._steps < 0:
                return
            yield node
            for name, value in node.inputs.items():
                nearer = self._linked(value)
                if nearer is not None and nearer not in seen and follows(node, name):
                    seen.add(nearer)
                    order.append(nearer)

    def _starts_from_file(self, sampler: _Node) -> bool:
        """Return whether what is sampled was a picture that was loaded."""
        return any(
            _LOADS.search(node.kind)
            for name in _LATENT
            for node in self._walk(sampler.inputs.get(name), lambda _, name: name in _PICTURE)
        )

    def _texts(self, role: str) -> tuple[str, ...]:
        """Return the texts that feed the inputs called ``role``, anywhere in the graph."""

        def follows(node: _Node, name: str) -> bool:
            has_roles = {"positive", "negative"} <= node.inputs.keys()
            return name == role if has_roles else name not in _NO_TEXT

        found: dict[str, None] = {}
        starts = {}
        for node in self.nodes.values():
            start = node.inputs.get(role)
            linked = self._linked(start)
            if linked is not None:
                starts[linked] = start
        for start in starts.values():
            for node in self._walk(start, follows):
                for name, value in node.inputs.items():
                    if name.lower() in _TEXT and isinstance(value, str) and value.strip():
                        found[value] = None
        return tuple(found)[:MAX_PROMPTS]
