"""Generators that leave their name, or a phrase of their own, in a field of the file.

A name counts only in the fields where programs sign, at the beginning, as a whole word, and only
if nothing but a generator is called so: ``Firefly`` alone is a name of other things, and in Canva
or Photoshop people work, too. What others may be called as well (*Sora 2*, but *Sora 2 Firmware*)
counts with nothing beside it but what generators have there. An author may be called anything,
Sora or Claude: there, few names count, and only alone.
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
    (r"dall[-·]?e", "DALL-E", "OpenAI"),
    (r"chatgpt", "ChatGPT", "OpenAI"),
    (r"gpt-image", "gpt-image", "OpenAI"),
    (r"openai", "", "OpenAI"),
    (r"adobe firefly|firefly (?:image|video|\d)", "Adobe Firefly", "Adobe"),
    (r"ideogram ai|ideogram\.ai", "Ideogram", "Ideogram"),
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
    (r"made with google ai", "", "Google"),
    (r"imagegeneration@", "Imagen", "Google"),
    (r"imagine with meta ai|meta ai", "Meta AI", "Meta"),
    (
        r"bing image creator|image creator from (?:microsoft )?designer",
        "Image Creator",
        "Microsoft",
    ),
    (r"apple image playground", "Image Playground", "Apple"),
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
    (r"klingai|可灵", "Kling", "Kuaishou"),
    (r"即梦|dreamina|seedream|seedance", "Jimeng", "ByteDance"),
    (r"豆包", "Doubao", "ByteDance"),
    (r"通义|tongyi wanxiang", "Qwen", "Alibaba"),
    (r"海螺", "Hailuo", "MiniMax"),
    (r"腾讯混元", "Hunyuan", "Tencent"),
    (r"elevenlabs|eleven ?labs", "ElevenLabs", "ElevenLabs"),
    (r"claude (?:ai|code|opus|sonnet|haiku)", "Claude", "Anthropic"),
    (r"microsoft copilot", "Copilot", "Microsoft"),
    (r"ai[- ]generated", "", ""),
)
_NAMESAKES: Final = (
    # the same, for names that other things have as well, so that nothing else may follow
    (r"sora", "Sora", "OpenAI"),
    (r"ideogram", "Ideogram", "Ideogram"),
    (r"google (?:ai|gemini|imagen|veo|nano banana)", "", "Google"),
    (r"gemini (?:\d|pro|flash|ultra|image)|nano banana", "Gemini", "Google"),
    (r"imagen \d", "Imagen", "Google"),
    (r"veo \d", "Veo", "Google"),
    (r"(?:xai )?grok", "Grok", "xAI"),
    (r"recraft", "Recraft", "Recraft"),
    (r"kling", "Kling", "Kuaishou"),
    (r"jimeng", "Jimeng", "ByteDance"),
    (r"doubao", "Doubao", "ByteDance"),
    (r"qwen", "Qwen", "Alibaba"),
    (r"minimax|hailuo", "Hailuo", "MiniMax"),
    (r"hunyuan", "Hunyuan", "Tencent"),
    (r"suno", "Suno", "Suno"),
    (r"udio", "Udio", "Udio"),
    (r"claude \d", "Claude", "Anthropic"),
)
_WORD_ENDS: Final = r"(?:(?<![A-Za-z])|(?![A-Za-z]))"
_BY_NAME: Final = (
    r"v?\d[\w.]*|ai|api|app|audio|chat|code|creator|fast|flash|generator|image|lite|max|mini|music"
    r"|nano banana|omni|plus|preview|pro|studio|text|turbo|ultra|video|web|haiku|opus|sonnet|by"
    r"|com|alibaba|anthropic|bytedance|google|kuaishou|minimax|openai|tencent|xai"
)
"""What stands beside the name of a generator: its version, its kind, who runs it."""
_NOTHING_ELSE: Final = re.compile(
    rf"(?:[\s.,;:/|@()+_-]*+(?:{_BY_NAME})(?![A-Za-z]))*+[\s.,;:()]*$", re.IGNORECASE
)
_ANYTHING: Final = re.compile("")
_NAMED: Final = tuple(
    (re.compile(rf"\s*(?:{pattern}){_WORD_ENDS}", re.IGNORECASE), follows, system, provider)
    for table, follows in ((_GENERATORS, _ANYTHING), (_NAMESAKES, _NOTHING_ELSE))
    for pattern, system, provider in table
)
_ANY: Final = re.compile(
    "|".join(f"(?:{pattern})" for pattern, _, _ in _GENERATORS + _NAMESAKES), re.IGNORECASE
)

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
_VERSION: Final = r"--(?:v|version|niji) (\d(?:\.\d)?)"
_OPTION: Final = (
    r"--(?:ar|aspect|bs|c|chaos|cref|cw|draft|exp|fast|hd|iw|loop|motion|no|oref|ow|p|profile|q"
    r"|quality|r|raw|relax|repeat|s|seed|sref|stop|style|stylize|sv|sw|tile|turbo|video|w|weird)"
    r"(?![\w-])"
    r"(?: ++(?!--)\S++)*+"
)
_MIDJOURNEY: Final = re.compile(rf"(?: ++{_OPTION})*+ ++{_VERSION}(?: ++{_OPTION})*+ *")
"""The options at the end of a prompt, of which none is another program's."""
_ANY_PROGRAMS: Final = re.compile(r" ++--v(?:ersion)? \d *")
"""A version, as any program may have one."""
_PICTURES: Final = ("png:", "exif:", "xmp:", "iptc:", "jpeg:")
"""Where such options are Midjourney's: in the description of a page, they are any program's."""
_SUNO: Final = re.compile(rf"made with suno\b(?:.{{0,80}}?\bid=({_UUID}))?", re.IGNORECASE)
_XAI: Final = re.compile(r"Signature: ([A-Za-z0-9+/=_-]{40,1000})\s*$")
_NUMBERED: Final = re.compile(rf"{_UUID}\s*$", re.IGNORECASE)
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
    for pattern, follows, system, provider in _NAMED:
        found = pattern.match(text)
        if found and follows.match(text, found.end()):
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
        version = _midjourney_version(field.text) if is_picture else ""
        if job or version:
            prompt = field.text[: -len(end)] + _JOB.sub("", end)
            yield Trace(
                field.place,
                "Midjourney",
                provider="Midjourney",
                version=version,
                identifier=job[1] if job else "",
                prompts=(prompt,),
            )
        suno = _SUNO.match(field.text)
        if suno:
            identifier = suno[1] or ""
            yield Trace(field.place, "Suno", basis=NAME, provider="Suno", identifier=identifier)
    signature = _XAI.match(fields.text("imagedescription"))
    artist = fields.text("artist").strip()
    if signature and _NUMBERED.match(artist):
        field = next(fields.named("imagedescription"))
        yield Trace(
            field.place,
            "Grok",
            basis="the way in which a generator signs, not verified",
            provider="xAI",
            identifier=artist,
        )


def _midjourney_version(text: str) -> str:
    """Return the version in the options that a prompt ends with, if they are Midjourney's."""
    prompt = _JOB.sub("", text[-2000:])
    start = prompt.find(" --")
    options = prompt[start:] if start >= 0 else ""
    found = _MIDJOURNEY.fullmatch(options)
    return found[1] if found and not _ANY_PROGRAMS.fullmatch(options) else ""


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
