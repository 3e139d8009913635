"""What every text format shares: how much is read, which bytes are text, what a label may cost.

A credential inside text is bound to the text's UTF-8 form (C2PA 2.5, A.7 to A.9); a file in any
other encoding, and one that is no text at all, gets its credential beside it.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from credlabel.errors import LimitExceededError, MalformedAssetError

from ._reading import read_at, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

MAX_TEXT_BYTES: Final = 64 << 20
"""Texts up to this size are read whole."""
MAX_EMBEDDING_BYTES: Final = MAX_TEXT_BYTES - (1 << 20)
"""Texts up to this size can be embedded into; what comes of it can still be read."""
MAX_LABEL_RATIO: Final = 10
"""Under ``auto``, a label may be this many times as long as the text that it is for."""
MAX_MARKS: Final = 64
"""Combining marks in a row that are still put into canonical order.

Ordering takes the square of their number. UAX #15 calls more than 30 unsafe. At 64, the worst text
of 64 MiB takes 6 s, and so it would at 1: U+1D160 alone, of which each becomes three characters.
Marks take up to 4 s, at 128 up to 6, at 1000 a minute.
"""

_BLOCK: Final = 1 << 20
_NEVER_IN_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_BOMS: Final = (  # the longer first: one begins with the other
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_UNFINISHED: Final = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}")
_OTHER_ENCODING: Final = (
    "The text is in {}, not in UTF-8, which a credential inside text needs:"
    " convert it to UTF-8 to have it inside."
)

# Characters before which a text can be cut and each part normalised on its own: they are starters
# and never compose with what precedes them. Not all that are, but common ones of most scripts.
_CUT: Final = (
    "\0-\x7f\u0400-\u0482\u05d0-\u05ea\u0620-\u064a\u0905-\u0939\u0e01-\u0e30\u0e40-\u0e46"
    "\u2010-\u2027\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
    "\U0001f000-\U0001faff"
)
_LAST_CUT: Final = re.compile(f"[{_CUT}][^{_CUT}]*\\Z")
# From the beginning of a stretch, or else each of its characters would be tried as one.
_WITHOUT_CUT: Final = re.compile(f"(?<![^{_CUT}])[^{_CUT}]{{{MAX_MARKS},}}")
_TOO_MANY_MARKS: Final = re.compile(rb"(?<![^\0])[^\0]{%d}" % (MAX_MARKS + 1))
# Starters by their own class, but what they stand for in canonical order are marks.
_MARKS_IN_DISGUISE: Final = "\u0f73\u0f75\u0f81"


# ---------------------------------------------------------------------------- reading


def read_text(source: BinaryIO) -> bytes:
    """Return the whole text.

    Raises:
        LimitExceededError: it is longer than :data:`MAX_TEXT_BYTES`.
    """
    data = read_at(source, 0, min(size_of(source), MAX_TEXT_BYTES + 1))
    if len(data) > MAX_TEXT_BYTES:
        raise LimitExceededError(too_long())
    return data


def too_long() -> str:
    """Return the sentence about a text that is not read whole."""
    return f"The text is longer than {MAX_TEXT_BYTES >> 20} MiB."


def text_objection(source: BinaryIO) -> str | None:
    """Return a sentence why no credential can be put into this text, or None.

    It is too long, or in no encoding that a credential could be bound to.
    """
    return length_objection(source) or encoding_objection(read_text(source))


def length_objection(source: BinaryIO) -> str | None:
    """Return a sentence why this text is too long for a credential, or None."""
    if size_of(source) <= MAX_EMBEDDING_BYTES:
        return None
    return (
        f"The text is longer than {MAX_EMBEDDING_BYTES >> 20} MiB, too long for a credential"
        " inside."
    )


def encoding_objection(data: bytes) -> str | None:
    """Return a sentence why these bytes are no UTF-8 text, or None if they are.

    A byte order mark is allowed; control characters that no text has are not. What no text in any
    encoding has is told before what another encoding might mean by it.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _OTHER_ENCODING.format(name)
    control = _NEVER_IN_TEXT.search(data)
    if control:
        return _objection_to_control(data, control.start())
    at = 0
    for block in _blocks(data):
        try:
            block.decode()
        except UnicodeDecodeError as error:
            return _objection_to_bytes(data, at + error.start)
        at += len(block)
    return None


def _objection_to_control(data: bytes, at: int) -> str:
    if not data[at]:
        # Without a byte order mark: in UTF-16, half the bytes of Latin letters are NUL, the even
        # or the odd ones; in UTF-32, the first or the last byte of four always is.
        sample = data[at & ~3 :][:4096]
        full = max(1, len(sample) // 4)
        nuls = [sample[place::4].count(0) for place in range(4)]
        by_parity = (nuls[0] + nuls[2], nuls[1] + nuls[3])
        if max(by_parity) > full and min(by_parity) <= full // 4:
            return _OTHER_ENCODING.format("UTF-16")
        if len(sample) >= 4 and full in (nuls[0], nuls[3]):
            return _OTHER_ENCODING.format("UTF-32")
    return (
        f"The file is no plain text: byte {at} is a control character (0x{data[at]:02x})"
        " that text never has."
    )


def _objection_to_bytes(data: bytes, at: int) -> str:
    if _SURROGATE.match(data, at):
        return (
            "The text is not in UTF-8: it has halves of characters (surrogates) in it, as some"
            " databases export them. Convert it to UTF-8 to have a credential inside."
        )
    if _UNFINISHED.fullmatch(data, at):
        return "The text is cut short, in the middle of a character, or not in UTF-8."
    return _OTHER_ENCODING.format("an older 8-bit encoding")


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield the bytes in blocks that begin where a character does."""
    at = 0
    while at < len(data):
        end = at + _BLOCK
        for _ in range(3):
            if end < len(data) and data[end] & 0xC0 == 0x80:
                end -= 1
        yield data[at:end]
        at = end


def without(data: bytes, ranges: Iterable[tuple[int, int]]) -> bytes:
    """Return the bytes without those (start, length) ranges, which come in order.

    Raises:
        MalformedAssetError: the ranges overlap, or reach beyond the bytes.
    """
    kept, at = bytearray(), 0
    for start, length in ranges:
        if start < at or length < 0 or start + length > len(data):
            raise MalformedAssetError("The ranges to leave out are not those of the text.")
        kept += memoryview(data)[at:start]
        at = start + length
    return bytes(kept + memoryview(data)[at:]) if at else data


# ---------------------------------------------------------------------------- normalising


def normalized(data: bytes) -> Iterator[bytes]:
    """Yield UTF-8 text in Unicode's normalization form C (UAX #15), as UTF-8.

    The time is linear, and no more than a few blocks are held: what can't change what follows is
    done with.

    Raises:
        MalformedAssetError: the bytes are not UTF-8.
        LimitExceededError: there are more than :data:`MAX_MARKS` combining marks in a row.
    """
    if data.isascii():
        yield data
        return
    held: list[str] = []
    for block in _blocks(data):
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            raise MalformedAssetError("The text is not in UTF-8.") from error
        cut = _last_cut(text)
        if cut:
            held.append(text[:cut])
            yield _normal("".join(held))
            held = []
        held.append(text[cut:])
    yield _normal("".join(held))


def normalization_objection(data: bytes) -> str | None:
    """Return a sentence why this UTF-8 text can't be normalised in bounded time, or None."""
    try:
        for _ in normalized(data):
            pass
    except (LimitExceededError, MalformedAssetError) as error:
        return str(error)
    return None


def _last_cut(text: str) -> int:
    """Return where the last character stands that a text can be cut before, or 0."""
    reach = 256
    while True:  # a search from the left would try each cut there is
        found = _LAST_CUT.search(text, max(0, len(text) - reach))
        if found:
            return found.start()
        if reach >= len(text):
            return 0
        reach *= 4


def _normal(text: str) -> bytes:
    # A text that is in order already costs nothing, however many marks it has. Finding out is
    # linear: only a text that may be normal is normalised for it, and its marks are in order.
    if not unicodedata.is_normalized("NFC", text):
        for stretch in _WITHOUT_CUT.finditer(text):
            _check_marks(stretch[0])
        text = unicodedata.normalize("NFC", text)
    return text.encode()


def _check_marks(text: str) -> None:
    for mark in _MARKS_IN_DISGUISE:
        text = text.replace(mark, "\u0301")
    if _TOO_MANY_MARKS.search(bytes(map(unicodedata.combining, text))):
        raise LimitExceededError(
            f"The text has more than {MAX_MARKS} combining marks on one letter."
        )


# ---------------------------------------------------------------------------- what a label costs


def price_of_label(size: int, label_bytes: int) -> str | None:
    """Return why *auto* puts a label of ``label_bytes`` beside a text of ``size`` bytes, or None.

    The one rule for all text formats: a label may be at most ten times as long as the text.
    """
    if label_bytes <= MAX_LABEL_RATIO * size:
        return None
    return (
        f"The credential would add {_amount(label_bytes)} to a text of {_amount(size)}, more than"
        f" {MAX_LABEL_RATIO} times as much: --text embed puts it inside all the same."
    )


def _amount(count: int) -> str:
    return f"{count} bytes" if count < 1000 else f"{count / 1000:.1f} kB"
