"""Generators that leave their parameters as a JSON object, each with keys of its own.

A dialect is recognised by keys that nothing else has, in the fields where its generator writes
them. What it says is picked by paths: ``image.seed`` is the key ``seed`` of the object ``image``;
of a list, the first item counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.model import Origin

from ._foreign import MAX_DETAIL, plain
from ._trace import EMPTY, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from credlabel.model import Json

    from ._fields import Field, Fields

_TEXTS: Final = ("parameters", "usercomment", "comment", "comm", "icmt", "©cmt")
_EDITING: Final = re.compile(
    r"img2img|image2image|imagetoimage|in-?paint|out-?paint|infill|upscale", re.IGNORECASE
)


class Dialect(NamedTuple):
    """How one generator writes.

    Attributes:
        system, provider: who writes so; "" where nobody can tell.
        fields: names of the fields where it writes.
        needs: paths that must all lead somewhere.
        says: paths that must lead to this word.
        paths: where it has what; several alternatives for one thing.
        mode: the path of the word that tells whether it worked on an existing picture.
        edits: paths that lead somewhere only if it did.
    """

    system: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    paths: Mapping[str, tuple[str, ...]]
    provider: str = ""
    mode: str = ""
    edits: tuple[str, ...] = ()
    says: Mapping[str, str] = EMPTY


_COMMON: Final = {
    "prompt": ("prompt",),
    "negative": ("negative_prompt",),
    "seed": ("seed",),
    "steps": ("steps",),
    "sampler": ("sampler",),
}
_INVOKE: Final = _COMMON | {
    "prompt": ("positive_prompt",),
    "model": ("model.name", "model.model_name"),
    "model_hash": ("model.hash",),
    "sampler": ("scheduler",),
    "cfg_scale": ("cfg_scale",),
    "version": ("app_version",),
}

DIALECTS: Final = (
    Dialect(
        system="SwarmUI",
        fields=(*_TEXTS, "prompt"),
        needs=("sui_image_params",),
        paths={
            "prompt": ("sui_image_params.prompt",),
            "negative": ("sui_image_params.negativeprompt",),
            "model": ("sui_image_params.model",),
            "model_hash": ("sui_models.hash",),
            "seed": ("sui_image_params.seed",),
            "steps": ("sui_image_params.steps",),
            "sampler": ("sui_image_params.sampler",),
            "cfg_scale": ("sui_image_params.cfgscale",),
            "version": ("sui_image_params.swarm_version",),
        },
        edits=("sui_image_params.initimagecreativity", "sui_image_params.initimage"),
    ),
    Dialect(
        system="InvokeAI",
        fields=("invokeai_metadata",),
        needs=(),
        paths=_INVOKE,
        mode="generation_mode",
    ),
    Dialect(
        system="InvokeAI",
        fields=("sd-metadata", "sd_metadata"),
        needs=("image",),
        paths={
            "prompt": ("image.prompt.prompt", "image.prompt"),
            "model": ("model_weights", "model"),
            "model_hash": ("model_hash",),
            "seed": ("image.seed",),
            "steps": ("image.steps",),
            "sampler": ("image.sampler",),
            "cfg_scale": ("image.cfg_scale",),
            "version": ("app_version",),
        },
        mode="image.type",
    ),
    Dialect(
        system="RuinedFooocus",
        fields=_TEXTS,
        needs=("software", "Prompt", "base_model_name"),
        paths=_COMMON
        | {
            "prompt": ("Prompt",),
            "negative": ("Negative",),
            "model": ("base_model_name",),
            "model_hash": ("base_model_hash",),
            "sampler": ("sampler_name",),
            "cfg_scale": ("cfg",),
        },
    ),
    Dialect(
        system="Fooocus",
        fields=_TEXTS,
        needs=("base_model", "prompt", "sampler"),
        paths=_COMMON
        | {
            "model": ("base_model",),
            "model_hash": ("base_model_hash",),
            "cfg_scale": ("guidance_scale",),
            "version": ("version",),
        },
    ),
    Dialect(
        system="Easy Diffusion",
        fields=_TEXTS,
        needs=("use_stable_diffusion_model",),
        paths=_COMMON
        | {
            "model": ("use_stable_diffusion_model",),
            "steps": ("num_inference_steps",),
            "sampler": ("sampler_name",),
            "cfg_scale": ("guidance_scale",),
        },
        edits=("init_image",),
    ),
    Dialect(
        system="Tensor.Art",
        fields=("generation_data",),
        needs=("prompt",),
        paths=_COMMON
        | {
            "negative": ("negativePrompt",),
            "model": ("baseModel.modelFileName", "baseModel.label"),
            "model_hash": ("baseModel.hash",),
            "sampler": ("ksamplerName",),
            "cfg_scale": ("cfgScale",),
        },
    ),
    Dialect(
        system="Stability Matrix",
        fields=("parameters-json",),
        needs=("PositivePrompt",),
        paths={
            "prompt": ("PositivePrompt",),
            "negative": ("NegativePrompt",),
            "model": ("ModelName",),
            "model_hash": ("ModelHash",),
            "seed": ("Seed",),
            "steps": ("Steps",),
            "sampler": ("Sampler",),
            "cfg_scale": ("CfgScale",),
        },
    ),
    Dialect(
        system="Civitai",
        fields=("extrametadata",),
        needs=("prompt", "resources"),
        paths=_COMMON | {"negative": ("negativePrompt",), "cfg_scale": ("cfgScale",)},
        mode="workflowId",
        edits=("transformations",),
    ),
    Dialect(
        system="Draw Things",
        fields=_TEXTS,
        needs=("c", "uc", "seed", "sampler"),
        paths=_COMMON
        | {"prompt": ("c",), "negative": ("uc",), "model": ("model",), "cfg_scale": ("scale",)},
    ),
    Dialect(
        system="NovelAI",
        provider="Anlatan",
        fields=_TEXTS,
        needs=("prompt", "uc", "steps", "scale"),
        paths=_COMMON
        | {
            "prompt": ("v4_prompt.caption.base_caption", "prompt"),
            "negative": ("v4_negative_prompt.caption.base_caption", "uc"),
            "cfg_scale": ("scale",),
        },
        mode="request_type",
    ),
    Dialect(
        system="Dreamina",  # Jimeng, outside of China
        provider="ByteDance",
        fields=_TEXTS,
        needs=(),
        says={"aigc_info.source_info": "dreamina"},
        paths={"identifier": ("trace_info.originItemId",)},
    ),
    Dialect(
        system="Dreamina",
        provider="ByteDance",
        fields=("aigc_info",),
        needs=(),
        says={"source_info": "dreamina"},
        paths={},
    ),
    Dialect(
        system="mflux",
        fields=_TEXTS,
        needs=("mflux_version",),
        paths=_COMMON | {"model": ("model", "base_model"), "version": ("mflux_version",)},
    ),
    Dialect(
        system="Hugging Face Space",
        fields=_TEXTS,
        needs=("Model", "resolution", "num_inference_steps"),
        paths=_COMMON
        | {
            "model": ("Model",),
            "model_hash": ("Model hash",),
            "steps": ("num_inference_steps",),
            "cfg_scale": ("guidance_scale",),
        },
    ),
)

_DREAM: Final = {
    "seed": re.compile(r" -S ?(\d+)"),
    "steps": re.compile(r" -s ?(\d+)"),
    "sampler": re.compile(r" -A ?(\w+)"),
}
_MAX_OPTIONS: Final = 1000
_MAX_TEXT: Final = 1 << 22
_SETTINGS: Final = ("seed", "steps", "sampler", "cfg_scale", "model_hash")


def dialect_traces(fields: Fields) -> Iterator[Trace]:
    """Yield what every field in a known dialect says."""
    for dialect in DIALECTS:
        for field in fields.named(*dialect.fields):
            found = field.object
            if found and _speaks(found, dialect):
                yield _read(dialect, field, found)
    keys = ("use_stable_diffusion_model", "prompt", "negative_prompt", "seed", "sampler_name")
    if fields.text(keys[0]):  # Easy Diffusion may also write each key as a text of its own
        easy = next(dialect for dialect in DIALECTS if keys[0] in dialect.needs)
        yield _read(easy, next(fields.named(keys[0])), {key: fields.text(key) for key in keys})
    for field in fields.named("dream"):
        yield from _dream(field)


def _speaks(found: Json, dialect: Dialect) -> bool:
    return all(_at(found, path) is not None for path in dialect.needs) and all(
        _at(found, path) == word for path, word in dialect.says.items()
    )


def _read(dialect: Dialect, field: Field, found: Json) -> Trace:
    def first(what: str, limit: int = MAX_DETAIL) -> str:
        for path in dialect.paths.get(what, ()):
            text = plain(_at(found, path), limit)
            if text:
                return text
        return ""

    is_edit = bool(dialect.mode and _EDITING.search(plain(_at(found, dialect.mode)))) or any(
        _at(found, path) for path in dialect.edits
    )
    return Trace(
        place=field.place,
        system=dialect.system,
        origin=Origin.EDITED_WITH_AI if is_edit else Origin.GENERATED,
        provider=dialect.provider,
        identifier=first("identifier"),
        version=first("version").removeprefix(dialect.system).strip(" v"),
        models=(first("model"),),
        prompts=(first("prompt", _MAX_TEXT),),
        negative_prompts=(first("negative", _MAX_TEXT),),
        settings={key: text for key in _SETTINGS if (text := first(key))},
    )


def _at(found: object, path: str) -> object:
    """Return what ``path`` leads to, or None."""
    for key in path.split("."):
        if isinstance(found, list):
            found = found[0] if found else None
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _dream(field: Field) -> Iterator[Trace]:
    """Yield what InvokeAI's command line of its early days says: a prompt in quotes, options."""
    end = field.text.rfind('" -')
    if not field.text.startswith('"') or end < 1:
        return
    options = field.text[end + 1 : end + _MAX_OPTIONS]
    settings = {key: hit[1] for key, form in _DREAM.items() if (hit := form.search(options))}
    if "seed" in settings:
        yield Trace(
            place=field.place,
            system="",
            guess="InvokeAI or compatible",
            prompts=(field.text[1:end],),
            settings=settings,
        )
