"""Texts that somebody else wrote, made fit for a report: whole characters, bounded, or none."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Final

from credlabel.model import Model, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.model import Json

MAX_DETAIL: Final = 1000
"""Most characters of a value that a report repeats; nothing but a prompt needs more."""
MAX_PROMPT: Final = 65_536
"""Longest prompt, in bytes, that a report repeats; of a longer one it gives the digest."""
MAX_MODELS: Final = 16

_EMBEDDED: Final = re.compile(r'\s*"\s*\{')


def plain(value: object, limit: int = MAX_DETAIL) -> str:
    """Return a text or a number as text that JSON can hold, cut at ``limit``; else nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = value if isinstance(value, str) else repr(value)
    return text[:limit].encode("utf-8", "replace").decode()


def object_of(text: str) -> Json | None:
    """Return the JSON object that ``text`` is, also if it was encoded twice, or None."""
    if not (text.lstrip()[:1] == "{" or _EMBEDDED.match(text)):
        return None
    try:
        value = json.loads(text)
        if isinstance(value, str):
            value = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def prompts_of(texts: Iterable[str]) -> tuple[Prompt, ...]:
    """Return the prompts that a generator left, with their digests; each once."""
    prompts = []
    for text in dict.fromkeys(text.strip() for text in texts):
        encoded = text.encode("utf-8", "replace")
        if encoded:
            shown = encoded.decode() if len(encoded) <= MAX_PROMPT else ""
            prompts.append(Prompt(text=shown, sha256=hashlib.sha256(encoded).hexdigest()))
    return tuple(prompts)


def models_of(names: Iterable[str]) -> tuple[Model, ...]:
    """Return the models that a generator names, each once."""
    known = dict.fromkeys(plain(name.strip()) for name in names)
    return tuple(Model(name=name) for name in known if name)[:MAX_MODELS]
