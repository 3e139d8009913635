"""Signatures and protection that a document has of its own, by the names of its entries.

C2PA 2.5, A.6.4: whoever wants both signs first and adds the credential last, since none of these
signatures covers the directory. But the programs that check them may well object to a new entry,
and the owner has to decide that: so the credential goes beside the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# By what the lower-case names of entries begin with, and to the end if "$" says so.
_RULES: Final = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        # ISO/IEC 29500-2, 10: the origin may be anywhere, these are where Office puts it.
        (
            r"_xmlsignatures/|package/services/digital-signature/|(?:.*/)?origin\.sigs$|.*\.psdsxs$",
            "The document is digitally signed: a new entry might void that.",
        ),
        # OpenDocument 1.3, part 2, 3.5: any name in META-INF that has "signatures" in it.
        (
            r"meta-inf/(?=[^/]*$).*signatures",
            "The document is digitally signed: a new entry might void that.",
        ),
        # EPUB OCF 3.3, 4.2.6: encryption and rights management.
        (
            r"meta-inf/(?:encryption|rights)\.xml$|meta-inf/license\.lcpl$",
            "The book is protected, and reading systems may refuse it after a change.",
        ),
        # JAR (also XPI and APK of the first version), NuGet, MSIX; APK signs the whole file.
        (
            r"(?:meta-inf/(?:[^/]*\.(?:sf|rsa|dsa|ec)|cose\.sig)|androidmanifest\.xml)$",
            "The program in this archive is signed, or has to be: a new entry would void that.",
        ),
        (
            r"\.signature\.p7s$|appxsignature\.p7x$",
            "The program in this archive is signed, or has to be: a new entry would void that.",
        ),
    )
)


def protection_in(names: Iterable[str]) -> str | None:
    """Return in a sentence what keeps us from adding an entry to an archive, or None."""
    for name in map(str.lower, names):
        for pattern, sentence in _RULES:
            if pattern.match(name):
                return sentence
    return None
