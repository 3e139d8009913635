"""Plain text, which can carry a credential inside, and data in text, which gets it beside.

C2PA 2.5, A.8: in plain text the manifest store is a run of invisible characters at the end. In any
other text such a run is read, too, but never written: programs would stumble over it.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from credlabel.errors import CapacityError, MalformedAssetError
from credlabel.hookspecs import hookimpl

from . import _wrapper
from ._delimiters import NAME, has_store
from ._reading import read_at, size_of
from ._searching import mentions, problem, too_long_to_search
from ._text import (
    MAX_TEXT_BYTES,
    normalization_objection,
    price_of_label,
    read_text,
    text_objection,
    too_long,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

    from credlabel.hookspecs import Extraction, Format, SignBinding

TYPICAL_LABEL_BYTES: Final = 13_250
"""The wrapper of a label that names system, model and prompt, and has no history."""
MISPLACED: Final = "credlabel.text.misplaced"

_WIDE: Final = (  # the longer first: one begins with the other
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT: Final = re.compile("[\0-\x08\x0e-\x1f]")

_FOR_PEOPLE: Final = (".txt", ".text", ".asc")
_FOR_PEOPLE_BY_NAME: Final = re.compile(
    "authors|changelog|changes|contributing|contributors|copyright|credits|faq|history|maintainers"
    "|news|notice|patents|readme|thanks|todo|(licen[cs]e|copying)(-[^.]*)?"
)
# Programs read these, whatever their ending suggests.
_FOR_PROGRAMS: Final = re.compile(
    r"(?=.*(?:requirements|constraints)).*\.txt|(cmakelists|robots|(app-)?ads|security|runtime|conanfile"
    r"|meson_options|top_level|entry_points|sources|installed-files)\.txt"
)
# Scripts; and keys, certificates and signatures as text (RFC 7468, RFC 9580).
_PROGRAMS_BEGIN: Final = (b"#!", b"-----BEGIN ")
_MISPLACED: Final = (
    "There is a credential in a comment of a programming language, but the file's name does not"
    " say which: under its own name, such as NAME.py, it is read."
)


class _Text:
    """What all kinds of text have in common: how a credential inside them is read."""

    def check_whole(self, source: BinaryIO) -> None:
        """Return always: nothing in a text says where it ends."""

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if the text has nothing of a wrapper (A.8) or of a block (A.9)."""
        return mentions(source, (_wrapper.BEGINNING, NAME))

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return the store of the one wrapper in the text, or what is wrong with what is there.

        That may be a block in a comment: only the language tells what it leaves out.
        """
        if size_of(source) > MAX_TEXT_BYTES:
            return too_long_to_search() if self.may_carry_credential(source) else None
        data = read_at(source, 0, MAX_TEXT_BYTES)
        found = _wrapper.find(data)
        if found is None and has_store(data):
            return problem(MISPLACED, _MISPLACED)
        return found

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterable[bytes]:
        """Yield the text without the wrapper, in normalization form C (A.8.6.3).

        Raises:
            AssetError: the text is too long or no UTF-8, or normalising it takes too long.
        """
        return _wrapper.bound(read_text(source), exclusions)


class PlainText(_Text):
    """Text of no particular kind."""

    media_types: tuple[str, ...] = ("text/plain",)
    suffixes: Mapping[str, str] = dict.fromkeys(_FOR_PEOPLE, "text/plain")
    family = "text"

    def accepts(self, head: bytes) -> str | None:
        """Return ``text/plain`` for UTF-16 and UTF-32 with a byte order mark.

        All other text is told by the file's name, or by having nothing in it that no text has.
        """
        for bom, encoding in _WIDE:
            if head.startswith(bom):
                try:
                    text = codecs.getincrementaldecoder(encoding)().decode(head[len(bom) :])
                except UnicodeDecodeError:
                    continue
                if not _NO_TEXT.search(text):
                    return "text/plain"
        return None

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return why the text can't be bound to: its length, its encoding, its marks."""
        return text_objection(source) or normalization_objection(
            _wrapper.without_wrappers(read_text(source))
        )

    def embedding_price(self, source: BinaryIO, name: str) -> str | None:
        """Return None if the name says that people read the text, and it is long enough."""
        if not is_for_people(name) or read_at(source, 0, 16).startswith(_PROGRAMS_BEGIN):
            return (
                f"A program may read this text, and {TYPICAL_LABEL_BYTES / 1000:.0f} kB of"
                " invisible characters at its end could break it: --text embed puts them there"
                " all the same."
            )
        return price_of_label(size_of(source), TYPICAL_LABEL_BYTES)

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write the text, byte for byte, and one wrapper at its end; earlier ones are left out.

        Raises:
            AssetError: the text is too long or no UTF-8, or normalising it takes too long.
            CapacityError: the wrapper does not fit.
        """
        objection = text_objection(source)
        if objection:
            raise MalformedAssetError(objection)
        text = _wrapper.without_wrappers(read_text(source))
        wrapper = _wrapper.signed(text, sign)
        if len(text) + len(wrapper) > MAX_TEXT_BYTES:
            raise CapacityError(f"{too_long()[:-1]} with the credential in it.")
        sink.write(text)
        sink.write(wrapper)


class TextData(_Text):
    """Data in text, for programs to read: it gets a sidecar, for one reason or another."""

    def __init__(self, suffixes: Mapping[str, str], reason: str) -> None:
        self.suffixes = suffixes
        self.media_types: tuple[str, ...] = tuple(dict.fromkeys(suffixes.values()))
        self._reason = reason

    def accepts(self, head: bytes) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return None: only the file's name tells."""
        return None

    def embedding_objection(self, source: BinaryIO) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return why nothing is put into such a file."""
        return self._reason


def is_for_people(name: str) -> bool:
    """Return whether a text of this name is read by people rather than by programs.

    A text without a name is: it comes from a program that has it in hand.

    >>> [is_for_people(name) for name in ("", "notes.txt", "README", "Makefile", "CMakeLists.txt")]
    [True, True, True, False, False]
    """
    name = name.rpartition("/")[2].casefold()
    if _FOR_PROGRAMS.fullmatch(name):
        return False
    return not name or name.endswith(_FOR_PEOPLE) or bool(_FOR_PEOPLE_BY_NAME.fullmatch(name))


@hookimpl
def credlabel_formats() -> Iterable[Format]:
    """Return plain text and the kinds of data in text."""
    return [
        PlainText(),
        TextData(
            {
                ".json": "application/json",
                ".geojson": "application/geo+json",
                ".ipynb": "application/x-ipynb+json",
                ".jsonld": "application/ld+json",
                ".webmanifest": "application/manifest+json",
            },
            "JSON has no place for a credential: programs could not read the file any more.",
        ),
        TextData(
            {
                ".csv": "text/csv",
                ".tsv": "text/tab-separated-values",
                ".tab": "text/tab-separated-values",
            },
            "Tables in text get their credential beside them: C2PA 2.5 (A.3.17.1) says so.",
        ),
        TextData(
            {
                ".jsonl": "application/x-ndjson",
                ".ndjson": "application/x-ndjson",
                ".log": "text/x-log",
            },
            "Logs and JSON lines grow: C2PA 2.5 (A.3.17) has a credential for those, line by line,"
            " but no verifier reads it yet.",
        ),
    ]
