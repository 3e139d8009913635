"""What NovelAI says besides its parameters: the model, which it names in fields of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._fields import Fields

_NAME: Final = "NovelAI"
_HASHED: Final = re.compile(r"(.{1,100}) ([0-9A-F]{8})")


def novelai_traces(fields: Fields) -> Iterator[Trace]:
    """Yield the model, and the prompt, which stands in the description."""
    for field in fields.named("software"):
        if field.text.startswith(_NAME):
            model = fields.text("source") or field.text.removeprefix(_NAME)
            hashed = _HASHED.fullmatch(model.strip())
            yield Trace(
                field.place,
                _NAME,
                provider="Anlatan",
                models=(hashed[1] if hashed else model,),
                prompts=(fields.text("description"),),
                settings={"model_hash": hashed[2]} if hashed else {},
            )
            return
