"""Generators that leave their name, or a phrase of their own, in a field of the file.

A name counts only in the fields where programs sign, at the beginning, and only if nothing but a
generator is called so: ``Firefly`` alone is a name of other things, and in Canva or Photoshop
people work, too. An author may be called anything, Sora or Claude: there, few names count, and
only alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.model import Origin

from ._foreign import plain
from ._trace import NAME, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.hookspecs import Metadata

    from ._fields import Fields

_GENERATORS: Final = (
    # pattern at the beginning of the field, system, who runs it
    (r"midjourney", "Midjourney", "Midjourney"),
    (r"dall[-·]?e\b", "DALL-E", "OpenAI"),
    (r"chatgpt", "ChatGPT", "OpenAI"),
    (r"gpt-image", "gpt-image", "OpenAI"),
    (r"openai\b", "", "OpenAI"),
    (r"sora(?: \d|$)", "Sora", "OpenAI"),
    (r"adobe firefly|firefly (?:image|video|\d)", "Adobe Firefly", "Adobe"),
    (r"ideogram ai|ideogram\.ai|ideogram$", "Ideogram", "Ideogram"),
    (r"leonardo\.ai|leonardo ai", "Leonardo.Ai", "Leonardo.Ai"),
    (r"novelai", "NovelAI", "Anlatan"),
    (r"stable diffusion|stability ai|stable audio|dreamstudio", "Stable Diffusion", ""),
    (r"automatic1111", "Stable Diffusion web UI", ""),
    (r"comfyui", "ComfyUI", ""),
    (r"invokeai|invoke-ai", "InvokeAI", ""),
    (r"fooocus", "Fooocus", ""),
    (r"swarmui|stableswarmui", "SwarmUI", ""),
    (r"draw things", "Draw Things", ""),
    (r"diffusionbee", "DiffusionBee", ""),
    (r"black forest labs|flux\.\d", "FLUX", "Black Forest Labs"),
    (r"google (?:ai|gemini|imagen|veo)\b|made with google ai|google nano banana", "", "Google"),
    (r"gemini (?:\d|pro|flash|ultra|image)|nano banana", "Gemini", "Google"),
    (r"imagen \d|imagegeneration@", "Imagen", "Google"),
    (r"veo \d", "Veo", "Google"),
    (r"imagine with meta ai|meta ai\b", "Meta AI", "Meta"),
    (r"grok\b|xai grok", "Grok", "xAI"),
    (
        r"bing image creator|image creator from (?:microsoft )?designer",
        "Image Creator",
        "Microsoft",
    ),
    (r"apple image playground", "Image Playground", "Apple"),
    (r"recraft", "Recraft", "Recraft"),
    (r"krea\.ai|krea ai", "Krea", "Krea"),
    (r"playground ai|playgroundai", "Playground", "Playground"),
    (r"nightcafe", "NightCafe", "NightCafe"),
    (r"craiyon", "Craiyon", "Craiyon"),
    (r"runway gen", "Runway", "Runway"),
    (r"luma dream machine", "Dream Machine", "Luma AI"),
    (r"pika labs|pika\.art", "Pika", "Pika"),
    (r"pixverse", "PixVerse", "PixVerse"),
    (r"heygen", "HeyGen", "HeyGen"),
    (r"synthesia", "Synthesia", "Synthesia"),
    (r"kling(?: ?ai|$)|klingai|可灵", "Kling", "Kuaishou"),
    (r"jimeng|即梦|dreamina|seedream|seedance", "Jimeng", "ByteDance"),
    (r"doubao|豆包", "Doubao", "ByteDance"),
    (r"qwen|通义|tongyi wanxiang", "Qwen", "Alibaba"),
    (r"minimax|hailuo|海螺", "Hailuo", "MiniMax"),
    (r"hunyuan|腾讯混元", "Hunyuan", "Tencent"),
    (r"suno(?: ai|\.com|\.ai|$)", "Suno", "Suno"),
    (r"udio(?:\.com|$)", "Udio", "Udio"),
    (r"elevenlabs|eleven ?labs", "ElevenLabs", "ElevenLabs"),
    (r"claude (?:\d|ai|code|opus|sonnet|haiku)", "Claude", "Anthropic"),
    (r"microsoft copilot", "Copilot", "Microsoft"),
    (r"ai[- ]generated\b", "", ""),
)
_NAMED: Final = tuple(
    (re.compile(rf"\s*(?:{pattern})", re.IGNORECASE), system, provider)
    for pattern, system, provider in _GENERATORS
)
_ANY: Final = re.compile("|".join(f"(?:{row[0]})" for row in _GENERATORS), re.IGNORECASE)

_PROGRAMS: Final = (
    "software",
    "make",
    "creatortool",
    "producer",
    "generator",
    "application",
    "isft",
    "tsse",
    "tool",
    "encoder",
    "encoded_by",
    "tenc",
    "©too",
    "©swr",
    "imageeditor",
    "imageeditingsoftware",
)
_AUTHORS: Final = ("artist", "author", "creator", "photographer", "tpe1", "©art", "iart")
_AS_AUTHOR: Final = re.compile(
    r"midjourney|dall[-·]?e(?: \d)?|chatgpt|openai|adobe firefly|ideogram ai|leonardo\.ai|novelai"
    r"|stable diffusion|meta ai|google (?:ai|gemini)|microsoft copilot|suno ai|elevenlabs"
    r"|ai[- ]generated",
    re.IGNORECASE,
)
_WORKS: Final = "pdf:Creator"
"""Has the name of an author elsewhere, but in a PDF the program's."""

_TEXTS: Final = (
    "description",
    "imagedescription",
    "comment",
    "comm",
    "icmt",
    "©cmt",
    "usercomment",
)
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_JOB: Final = re.compile(rf"\bJob ID: ({_UUID})\s*$", re.IGNORECASE)
_MIDJOURNEY: Final = re.compile(r" --(?:v|niji) (\d+(?:\.\d+)?)(?= |$)")
_PICTURES: Final = ("png:", "exif:", "xmp:", "iptc:", "jpeg:")
"""Where such options are Midjourney's: in the description of a page, they are any program's."""
_SUNO: Final = re.compile(rf"made with suno\b(?:.{{0,80}}?\bid=({_UUID}))?", re.IGNORECASE)
_XAI: Final = re.compile(r"Signature: ([A-Za-z0-9+/=_-]{40,1000})\s*$")
_ALONE: Final = re.compile(rf"{_UUID}\s*$", re.IGNORECASE)
_FLUX: Final = re.compile(r"AI generated;(txt2img|img2img|[\w-]+);(.{1,80})")
_EDITS: Final = frozenset({"img2img", "inpainting", "inpaint"})


def name_traces(metadata: Metadata, fields: Fields) -> Iterator[Trace]:
    """Yield what fields say in which a generator's name or phrase stands."""
    yield from _flux(fields)
    for field in fields.named(*_PROGRAMS):
        yield from _name(field.place, field.text)
    for text in metadata.get(_WORKS, ()):
        yield from _name(_WORKS, text)
    for field in fields.named(*_AUTHORS):
        if _AS_AUTHOR.fullmatch(field.text[:100].strip()):
            yield from _name(field.place, field.text)
    yield from _phrases(fields)


def _name(place: str, text: str) -> Iterator[Trace]:
    text = text[:200]
    if not _ANY.match(text.lstrip()):
        return
    for pattern, system, provider in _NAMED:
        if pattern.match(text):
            yield Trace(
                place,
                system,
                basis=NAME,
                guess=plain(text.strip()),
                provider=provider,
                version=_version(text, system),
            )
            return


def _version(text: str, system: str) -> str:
    """Return what follows the name, if it begins with a number."""
    rest = text.strip()[len(system) :].strip(" v:/.") if system else ""
    return plain(rest, 100) if rest[:1].isdigit() else ""


def _phrases(fields: Fields) -> Iterator[Trace]:
    for field in fields.named(*_TEXTS):
        end = field.text[-200:]
        is_picture = field.place.startswith(_PICTURES)
        job = _JOB.search(end)
        parameters = _MIDJOURNEY.search(field.text[-2000:]) if is_picture else None
        if job or parameters:
            prompt = field.text[: -len(end)] + _JOB.sub("", end)
            yield Trace(
                field.place,
                "Midjourney",
                provider="Midjourney",
                version=parameters[1] if parameters else "",
                identifier=job[1] if job else "",
                prompts=(prompt,),
            )
        suno = _SUNO.match(field.text)
        if suno:
            identifier = suno[1] or ""
            yield Trace(field.place, "Suno", basis=NAME, provider="Suno", identifier=identifier)
    signature = _XAI.match(fields.text("imagedescription"))
    artist = fields.text("artist").strip()
    if signature and _ALONE.match(artist):
        field = next(fields.named("imagedescription"))
        yield Trace(
            field.place,
            "Grok",
            basis="the way in which a generator signs, not verified",
            provider="xAI",
            identifier=artist,
        )


def _flux(fields: Fields) -> Iterator[Trace]:
    """Yield what Black Forest Labs' own programs write into Exif data."""
    for field in fields.named("software"):
        found = _FLUX.match(field.text)
        if found:
            yield Trace(
                field.place,
                "FLUX" if found[2].lower().startswith("flux") else "",
                guess=plain(found[2]),
                origin=Origin.EDITED_WITH_AI if found[1] in _EDITS else Origin.GENERATED,
                provider=plain(fields.text("make")),
                models=(fields.text("model"),),
                prompts=(fields.text("imagedescription"),),
            )
