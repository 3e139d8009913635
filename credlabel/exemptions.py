"""Why a law asks nothing of some files: the register of reason codes, each with its source.

Only two codes follow from the file itself, source code and configuration, by its media type. All
others say what the file is for, which no file tells: whoever answers for the file declares them.
"""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from credlabel.model import Name, Value

EU: Final = "eu-ai-act-50"

ARTICLE_50: Final = (
    "Regulation (EU) 2024/1689, Article 50, https://eur-lex.europa.eu/eli/reg/2024/1689/oj"
)
GUIDELINES: Final = "Commission Guidelines on Art. 50 of the AI Act, C(2026) 5054 final"
CODE: Final = (
    "Code of Practice on Transparency of AI-Generated Content (10 June 2026), Section 1, "
    "https://ec.europa.eu/newsroom/dae/redirection/document/129555"
)
READ: Final = date(2026, 11, 22)


class Reason(NamedTuple):
    """One entry of the register: a reason, whose it is, and where it stands.

    ``profiles`` are those under which it is one; none at all means every one. ``clauses`` are
    those that it lifts, by identifier; none at all means every one.
    """

    code: str
    sentence: str
    profiles: tuple[str, ...]
    source: str
    read: date = READ
    clauses: tuple[str, ...] = ()
    is_about_origin: bool = False
    """Whether it says how the file came about, so that the file itself may say otherwise."""
    is_about_text: bool = False
    """Whether it is no reason for pictures, sound and video."""

    def fits(self, media_type: str) -> bool:
        """Return whether it can be one for files of a media type."""
        return not (self.is_about_text and media_type.startswith(("image/", "audio/", "video/")))


SOURCE_CODE: Final = "source-code"
CONFIGURATION: Final = "markup-config"

REGISTER: Final = (
    Reason(
        SOURCE_CODE,
        "Source code, with the comments in it, is out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        CONFIGURATION,
        "Markup and configuration for programs are out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "machine-to-machine",
        "Output that only machines read is out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "captions",
        "Single words, captions, alternative texts and labels of controls are out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "intermediate",
        "A chain of thought and other intermediate steps are out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "closed-loop",
        "Inside a closed production, only the final output is marked.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "internal-technical",
        "Narrow technical output between businesses is out of scope.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "raw-recording",
        "A raw recording is not generated.",
        (EU,),
        GUIDELINES,
        is_about_origin=True,
    ),
    Reason(
        "standard-editing",
        "An assistive function for standard editing made it: grammar, spelling, minor polish.",
        (EU,),
        ARTICLE_50,
    ),
    Reason(
        "translation",
        "A translation counts as standard editing.",
        (EU,),
        GUIDELINES,
    ),
    Reason(
        "no-substantial-alteration",
        "The system did not substantially alter the input or what it means.",
        (EU,),
        ARTICLE_50,
    ),
    Reason(
        "law-enforcement",
        "The use is authorised by law to detect, prevent, investigate or prosecute crime.",
        (EU,),
        ARTICLE_50,
    ),
    Reason(
        "short-text",
        "Text shorter than 200 tokens needs no watermark.",
        (EU,),
        CODE,
        clauses=("Code 1.1", "Code 1.1.2"),
        is_about_text=True,
    ),
    Reason(
        "not-generated",
        "No AI system made or changed it, as its owner declares.",
        (),
        "The scope of each law: what AI systems generate or manipulate",
        is_about_origin=True,
    ),
)


class Declaration(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[exemptions]]``: the files that ``pattern`` names are exempt by a code of the register.

    A pattern with a slash is held against the path as it was given, one without against the name.
    ``*`` stands for anything, also for slashes.
    """

    pattern: Name
    code: Name
    note: str = ""

    def covers(self, path: str) -> bool:
        """Return whether ``path`` is meant.

        >>> Declaration(pattern="*.srt", code="captions").covers("films/one.srt")
        True
        """
        if "/" not in self.pattern:
            return fnmatchcase(path.rpartition("/")[2], self.pattern)
        return fnmatchcase(path, self.pattern) or fnmatchcase(path, "*/" + self.pattern)


def reason(code: str, profile: str) -> Reason | None:
    """Return what the register has under a code, if it is a reason under ``profile``."""
    return next((r for r in REGISTER if r.code == code and _is_for(r, profile)), None)


def codes(profile: str) -> tuple[str, ...]:
    """Return the codes that are reasons under ``profile``."""
    return tuple(r.code for r in REGISTER if _is_for(r, profile))


def _is_for(entry: Reason, profile: str) -> bool:
    return not entry.profiles or profile in entry.profiles
