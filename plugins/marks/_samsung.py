"""What the editor of Samsung's gallery tells of the generative tools that it used.

Samsung documents nothing of it. Its programs write ``{"genImageVersion": "v1", "connectorType":
"srvg", "genAIType": 5}`` behind a picture that such a tool changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credlabel.model import Origin

from ._foreign import plain
from ._trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._fields import Fields

_FIELDS: Final = ("peg_info", "photoeditor_re_edit_data")
_TOOL: Final = "genAIType"


def samsung_traces(fields: Fields) -> Iterator[Trace]:
    """Yield what a block with a tool's number says; zero is none."""
    for field in fields.named(*_FIELDS):
        tool = plain((field.object or {}).get(_TOOL))
        if field.place.startswith("samsung:") and tool.strip("0"):
            yield Trace(
                field.place,
                "Galaxy AI",
                origin=Origin.EDITED_WITH_AI,
                provider="Samsung",
                settings={"tool": tool},
            )
