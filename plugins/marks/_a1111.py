"""The parameters that Stable Diffusion web UI writes as text, and many others after its pattern.

The prompt, a line that begins with ``Negative prompt:``, and a last line of settings::

    a duck
    Negative prompt: monochrome
    Steps: 15, Sampler: UniPC, CFG scale: 5, Seed: 235284042, Model: realistic, Version: v1.10.1

``Version`` tells the forks apart; where it is missing, nobody can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from credlabel.model import Origin

from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._fields import Field, Fields

MAX_SETTINGS: Final = 8192
"""Most characters of the settings that are read."""

_FIELDS: Final = (
    "parameters",
    "usercomment",
    "comment",
    "description",
    "imagedescription",
    "comm",
    "icmt",
    "xpcomment",
    "©cmt",
)
_NEGATIVE: Final = "Negative prompt:"
_STEPS: Final = "Steps: "
_KEY: Final = re.compile(r" *([A-Za-z][\w ./()-]{0,59}): ")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_KEPT: Final = {
    "Seed": "seed",
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "CFG Scale": "cfg_scale",
    "Model hash": "model_hash",
    "Denoising strength": "denoising_strength",
}
_OF_EDITS: Final = frozenset({"Mask blur", "Inpaint area", "Masked content", "Inpaint mask"})
_VERSIONS: Final = (
    (re.compile(r"v\d"), "Stable Diffusion web UI"),
    (re.compile(r"classic"), "Forge Classic"),
    (re.compile(r"neo"), "Forge Neo"),
    (re.compile(r"f\d+\.\d+(\.\d+)?-v"), "Easy reForge"),
    (re.compile(r"f\d+\.\d+(\.\d+)?v\d+-v"), "reForge"),
    (re.compile(r"f\d"), "Forge"),
    (re.compile(r"Fooocus"), "Fooocus"),
    (re.compile(r"ComfyUI"), "ComfyUI"),
)
COMPATIBLE: Final = "Stable Diffusion web UI or compatible"


def a1111_traces(fields: Fields) -> Iterator[Trace]:
    """Yield what every field with such parameters says."""
    for field in fields.named(*_FIELDS):
        text = field.text
        start = text.rfind("\n" + _STEPS) + 1
        if not text.startswith(_STEPS, start):
            continue
        settings = _settings(text[start : start + MAX_SETTINGS])
        if _are_of_sampling(settings):
            yield _read(field, text[:start], settings)


def _are_of_sampling(settings: Mapping[str, str]) -> bool:
    """Return whether there are numbers without which nothing is sampled: anybody takes steps."""
    scale = settings.get("CFG scale") or settings.get("CFG Scale", "")
    seed = settings.get("Seed", "").removeprefix("-")
    return settings["Steps"].isdecimal() and (
        seed.isdecimal() or _NUMBER.fullmatch(scale) is not None
    )


def _settings(line: str) -> Mapping[str, str]:
    """Return the settings by name. In quotes, a value may hold commas."""
    found: dict[str, str] = {}
    at = 0
    while key := _KEY.match(line, at):
        start = key.end()
        quoted = _QUOTED.match(line, start)  # fails once at the most: the next quote closes it
        end = line.find(",", quoted.end() if quoted else start)
        found.setdefault(key[1], line[start : end if end >= 0 else len(line)].strip())
        if end < 0:
            break
        at = end + 1
    return found


def _read(field: Field, texts: str, settings: Mapping[str, str]) -> Trace:
    prompt, negative = _split(texts)
    system, version = _system(settings)
    return Trace(
        place=field.place,
        system=system,
        guess=COMPATIBLE,
        version=version,
        origin=Origin.EDITED_WITH_AI if _is_edit(settings) else Origin.GENERATED,
        models=(settings.get("Model", ""),),
        prompts=(prompt,),
        negative_prompts=(negative,),
        settings={ours: settings[name] for name, ours in _KEPT.items() if settings.get(name)},
    )


def _split(texts: str) -> tuple[str, str]:
    at = texts.rfind("\n" + _NEGATIVE)
    if at >= 0:
        return texts[:at], texts[at + 1 + len(_NEGATIVE) :]
    if texts.startswith(_NEGATIVE):
        return "", texts[len(_NEGATIVE) :]
    return texts, ""


def _system(settings: Mapping[str, str]) -> tuple[str, str]:
    version = settings.get("Version", "")
    if settings.get("App") == "SD.Next":
        return "SD.Next", version
    for pattern, system in _VERSIONS:
        if pattern.match(version):
            return system, version.removeprefix(system).strip()
    return ("Civitai" if "Civitai resources" in settings else ""), version


def _is_edit(settings: Mapping[str, str]) -> bool:
    """Return whether an existing picture was worked on.

    A denoising strength is also that of the second pass over a new picture, which then has
    settings of its own.
    """
    if settings.keys() & _OF_EDITS or "img2img" in settings.get("Operations", ""):
        return True
    has_second_pass = any(name.lower().startswith("hires") for name in settings)
    return "Denoising strength" in settings and not has_second_pass
