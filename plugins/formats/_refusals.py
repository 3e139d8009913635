"""What in a text leaves no safe place for a manifest block: above all, that it is something else.

A file's name tells what it is; but Qt's translations are XML called ``.ts``, and a ``.conf`` may
be JSON. A comment would break those. So a text that begins like nothing in its language is left
alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_START: Final = r"\A(?:\xef\xbb\xbf)?\s*+"
# Where a text can begin with "{" or "[", only what is the beginning of JSON and of nothing else.
_STRING, _NUMBER = r"\"[^\"\n]{0,200}\"", r"[-\d.]{1,40}"
_ARRAY: Final = rf"\[\s*+(?:\{{|{_STRING}\s*+,|{_NUMBER}\s*+,|\[\s*+(?:{_STRING}|{_NUMBER})\s*+,)"
_OBJECT: Final = rf"\{{\s*+(?:{_STRING}\s*+:|\}}\s*+\Z)"


class Refusal(NamedTuple):
    """Something in a text, and in a sentence why that is left as it is."""

    is_in: Callable[[bytes], object]
    sentence: str


def _where(pattern: str, sentence: str) -> Refusal:
    return Refusal(re.compile(pattern.encode(), re.MULTILINE | re.IGNORECASE).search, sentence)


# "<#" is a comment in PowerShell.
NO_MARKUP: Final = _where(
    rf"{_START}<(?!#)", "The file begins like markup, whatever its name: a comment could break it."
)
NO_BRACE: Final = _where(
    rf"{_START}\{{(?!\{{)",
    "The file begins like data, whatever its name: a comment could break it.",
)
LOOKS_LIKE_JSON: Final = _where(
    rf"{_START}(?:{_OBJECT}|{_ARRAY})",
    "The file begins like JSON, whatever its name: a comment could break it.",
)
VAULT: Final = _where(
    rf"{_START}\$ANSIBLE_VAULT", "The file is encrypted: a comment would make it unreadable."
)
TEMPLATE: Final = _where(r"\A#\?", "The file is a template, whose lines are text and no comments.")
SIGNED: Final = _where(
    "^# SIG # Begin signature block",
    "The script has a signature of its own, which any change would break.",
)
PROLOG: Final = _where(  # a comment, a directive or a fact; or a rule's head
    rf"{_START}(?:%(?!YAML|TAG)|/\*|:-|[a-z]\w{{0,60}}\([^()\n]{{0,200}}\)\.[ \t]*+\r?$)"
    r"|^:-|\)[ \t]*+:-[ \t]*+\r?$",
    "The file looks like Prolog, whatever its name: a comment could break it.",
)
OUTSIDE_OF_PHP: Final = _where(
    r"\?>|\A(?!(?:#![^\n]*\n)?<\?php\s)|__halt_compiler",
    "The file has text outside of <?php, which PHP sends to the browser: a comment could show up"
    " on the page.",
)

# ---------------------------------------------------------------------------- shell

# What closes a block does not come after it; all else at the margin never runs.
_DATA_AFTER_EXIT: Final = re.compile(
    rb"^exit(?:[ \t]+[^\s;#]+)?[ \t]*+;?[ \t]*+(?:#[^\n]*+)?\r?\n"
    rb"(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+[ \t]*+"
    rb"(?!(?:fi|esac|done|else|elif)\b|[});])[^\s#]",
    re.MULTILINE,
)
_HERE: Final = re.compile(rb"(?<!<)<<(-?)[ \t]*+\\?([\'\"]?)([A-Za-z_][\w.-]*+)\2")
_WORD_IN_A_LINE: Final = re.compile(rb"\n(\t*+)([A-Za-z_][\w.-]*+)\r?(?=\n|\Z)")


def _is_open_ended(data: bytes) -> bool:
    return _DATA_AFTER_EXIT.search(data) is not None or _has_open_here_document(data)


def _has_open_here_document(data: bytes) -> bool:
    """Return whether a here document may lack its end, in linear time.

    A shift in arithmetic looks like one that does.
    """
    body, line = 0, -1  # where the next one's text begins, and where the line ends
    for found in _HERE.finditer(data):
        if line < found.start() < body:
            continue  # within another's text
        if found.start() > line:
            line = body = data.find(b"\n", found.end())
        if line < 0:
            return True
        ends = (
            end.end()
            for end in _WORD_IN_A_LINE.finditer(data, body)
            if end[2] == found[3] and (found[1] or not end[1])
        )
        body = next(ends, -1)
        if body < 0:
            return True
    return False


OPEN_END: Final = Refusal(
    _is_open_ended,
    "The script has data at its end, or a here document without one: a comment could become part"
    " of it.",
)
