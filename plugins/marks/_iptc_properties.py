"""The properties in which IPTC's mark stands: one table for those who write and who read it.

IPTC Photo Metadata 2025.1, in XMP. The AI properties are found by their names in tags as well
(``vorbis:AISYSTEMUSED``), where marks/disclosure.py writes them.
"""

from __future__ import annotations

import re
from typing import Final

_EXT: Final = "xmp:Iptc4xmpExt:"

SOURCE_TYPE: Final = f"{_EXT}DigitalSourceType"
SYSTEM: Final = f"{_EXT}AISystemUsed"
VERSION: Final = f"{_EXT}AISystemVersionUsed"
PROMPT: Final = f"{_EXT}AIPromptInformation"
PROMPT_WRITER: Final = f"{_EXT}AIPromptWriterName"

TOOL: Final = "xmp:xmp:CreatorTool"
CREATED: Final = "xmp:xmp:CreateDate"
CREDIT: Final = "xmp:photoshop:Credit"
IDENTIFIER: Final = "xmp:xmpMM:DocumentID"

SAME_AS_TOOL: Final = ("exif:Software",)
SAME_AS_CREATED: Final = ("exif:DateTimeOriginal", "exif:DateTimeDigitized")
SAME_AS_CREDIT: Final = ("iptc:2:110",)
"""The same facts in other places (Metadata Working Group, guidelines 2.0, 5)."""

DOCUMENTS: Final = ("html:", "markdown:", "ooxml:", "odf:", "epub:", "pdf:")
"""Where marks/disclosure.py looks."""

_NOTHING: Final = re.compile(
    r"-+|no|n\.?/?a\.?|nil|null|false|unknown|not (?:applicable|used)|unused|none\b.*"
    r"|(?:no|without) (?:\w+ )?(?:ai|artificial|generative|models?|systems?|tools?)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def names_nothing(text: str) -> bool:
    """Return whether a text, in a field for the name of an AI system, says that there was none.

    >>> names_nothing("No AI used"), names_nothing("n/a"), names_nothing("Nova")
    (True, True, False)
    """
    return _NOTHING.fullmatch(text.strip()[:200]) is not None


def bare(name: str) -> str:
    """Return the name at the end of a property in lower case, by which it is found.

    >>> bare(SYSTEM)
    'aisystemused'
    """
    return name.rpartition(":")[2].lower()
