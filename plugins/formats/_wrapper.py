"""The C2PATextManifestWrapper: a manifest store as a run of invisible characters in a text.

C2PA 2.5, A.8: U+FEFF, then one variation selector for each byte of a header of 13 bytes, of the
store, and perhaps of padding. The hard binding leaves out exactly those characters, at their
places in the file as stored, and covers the rest in normalization form C (A.8.6.3).
"""

from __future__ import annotations

import hashlib
import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import CapacityError
from credlabel.hookspecs import Extraction

from ._padding import MAX_SIGNATURES
from ._searching import problem
from ._text import normalized, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credlabel.hookspecs import SignBinding

SEVERAL: Final = "credlabel.text.several-wrappers"
BROKEN: Final = "credlabel.text.broken-wrapper"

_HEADER: Final = struct.Struct(">8sBI")  # A.8.3: magic, version, length of the store
_MAGIC, _VERSION = b"C2PATXT\0", 1
_MARKER: Final = "\ufeff"
# Bytes below 16 become one of the 16 old selectors, of 3 bytes in UTF-8; all others, of 4.
_LOW: Final = bytes(range(16))
_SELECTORS: Final = "".join(chr(b + (0xFE00 if b < 16 else 0xE0100 - 16)) for b in range(256))
_OFFSETS: Final = bytes(16 if plane == 0x0E else 0 for plane in range(256))
_RUN: Final = re.compile(  # possessive: a run of megabytes costs no memory
    rb"(?:\xf3\xa0[\x84-\x86][\x80-\xbf]|\xef\xb8[\x80-\x8f]|\xf3\xa0\x87[\x80-\xaf])*+"
)


def encode(store: bytes) -> bytes:
    """Return the wrapper of ``store`` without padding, in UTF-8."""
    return _MARKER.encode() + _encoded(_HEADER.pack(_MAGIC, _VERSION, len(store)) + store)


def _encoded(data: bytes) -> bytes:
    return data.decode("latin-1").translate(_SELECTORS).encode()


BEGINNING: Final = _MARKER.encode() + _encoded(_MAGIC)
"""How every wrapper begins, in UTF-8. Where these bytes are not, there is none."""


# ---------------------------------------------------------------------------- reading


class _Candidate(NamedTuple):
    """A run of selectors that begins like a wrapper; ``store`` is empty if it is broken."""

    start: int
    end: int
    store: bytes


def find(data: bytes) -> Extraction | None:
    """Return the store in the one valid wrapper of a text, or what is wrong with what is there.

    Whatever the bytes, in linear time. A byte order mark and selectors that are no wrapper are
    passed over; so are broken wrappers, if there is a valid one (A.8.4).
    """
    only, valid, is_broken = None, 0, False
    for each in _candidates(data):
        if each.store:
            only, valid = each, valid + 1
        else:
            is_broken = True
    if valid > 1:
        return problem(SEVERAL, _several(valid))
    if only:
        return Extraction(only.store, ((only.start, only.end - only.start),))
    return problem(BROKEN, _BROKEN) if is_broken else None


def _several(count: int) -> str:
    return (
        f"There are {count} credentials inside the text, perhaps because labelled texts were"
        " joined. C2PA 2.5 (A.8) then treats the file as having none; its versions 2.3 and 2.4"
        " call it manifest.text.multipleWrappers."
    )


_BROKEN: Final = (
    "There are remains of a credential inside the text, cut short or damaged. C2PA 2.5 (A.8)"
    " treats the file as having none; its versions 2.3 and 2.4 call it"
    " manifest.text.corruptedWrapper."
)


def _candidates(data: bytes) -> Iterator[_Candidate]:
    at = data.find(BEGINNING)
    while at >= 0:
        run = _RUN.match(data, at + len(_MARKER.encode()))
        end = run.end() if run else at
        yield _Candidate(at, end, _store_in(run[0] if run else b""))
        at = data.find(BEGINNING, end)


def _store_in(run: bytes) -> bytes:
    """Return the store that a run of selectors holds, or nothing if it is broken.

    What follows the store in the run is padding, of whatever content (A.8.5).
    """
    body = _decoded(run)
    if len(body) < _HEADER.size:
        return b""
    _, version, length = _HEADER.unpack_from(body)
    store = body[_HEADER.size : _HEADER.size + length]
    return store if version == _VERSION and len(store) == length else b""


def _decoded(run: bytes) -> bytes:
    """Return the bytes that a run of selectors stands for.

    The last byte of a selector's code is what it stands for, less 16 in the supplementary plane;
    no sum exceeds a byte, so two long numbers are added, five times as fast as a table.
    """
    wide = run.decode().encode("utf-32-le")
    low, planes = wide[0::4], wide[2::4]
    total = int.from_bytes(low, "little") + int.from_bytes(planes.translate(_OFFSETS), "little")
    return total.to_bytes(len(low), "little")


def bound(data: bytes, exclusions: tuple[tuple[int, int], ...]) -> Iterator[bytes]:
    """Yield the bytes that the hard binding covers: the rest, as one text, in form C (A.8.6.3).

    Raises:
        MalformedAssetError: the rest is no UTF-8, or the exclusions overlap or reach beyond it.
        LimitExceededError: normalising it would take too long.
    """
    yield from normalized(without(data, exclusions))


def bound_around(data: bytes, exclusions: tuple[tuple[int, int], ...]) -> Iterator[bytes]:
    """Yield what :func:`bound` does if a wrapper is left out, else the rest as it is.

    For formats that have another place for a store, bound byte by byte.

    Raises:
        AssetError: as :func:`bound`.
    """
    if exclusions and data.startswith(BEGINNING, exclusions[0][0]):
        yield from bound(data, exclusions)
    else:
        yield without(data, exclusions)


# ---------------------------------------------------------------------------- writing


def without_wrappers(data: bytes) -> bytes:
    """Return a text without its wrappers, whole or broken; all else is kept byte for byte."""
    return without(data, ((each.start, each.end - each.start) for each in _candidates(data)))


def signed(text: bytes, sign: SignBinding) -> bytes:
    """Return the wrapper to put at the end of ``text``, whose store ``sign`` makes.

    The store names the length of its own wrapper, which depends on how many of the store's bytes
    are below 16, and so on chance. Two signatures do, nearly always: the first tells how long the
    store gets, the second is made for a little more, and padding around it makes up the rest.
    C2PA's own padding, behind the store (A.8.5), other verifiers don't read yet.

    Raises:
        CapacityError: no length fits (the store grows with every signature).
        LimitExceededError: normalising the text would take too long.
    """
    digest = hashlib.sha256()
    for block in normalized(text):
        digest.update(block)
    length = _FIRST_GUESS
    for _ in range(MAX_SIGNATURES):
        store = sign(exclusions=((len(text), length),), sha256=digest.digest())
        wrapper = _fitted(store, length, sign)
        if wrapper:
            return wrapper
        length = _length(store) + _SLACK
    raise CapacityError("The credential does not fit: its length changes with every signature.")


_FIRST_GUESS: Final = 8_000
_SLACK: Final = 140
# From about 100 to 180 characters more, one of these is right, whatever the remainder by three
# (for a zero takes three bytes): all of the padding in the first, in the second, or in both.
_SHARES: Final = ((1, 0), (0, 1), (1, 1))


def _fitted(store: bytes, length: int, sign: SignBinding) -> bytes | None:
    """Return the wrapper of ``store``, padded inside to ``length`` bytes, or None."""
    lacking = length - _length(store)
    if not lacking:
        return encode(store)
    if not 0 < lacking <= 2 * _SLACK:
        return None
    for first, second in _SHARES:
        named = 20 * first + 24 * second  # what naming each padding takes, and its length
        about = max(0, lacking - named) // 3
        for count in range(max(1, about - 3), about + 2):
            each = count // (first + second)
            made = sign.padded(store, (count - second * each) * first, each * second)
            if _length(made) == length:
                return encode(made)
    return None


def _length(store: bytes) -> int:
    """Return how long :func:`encode` will make it."""
    body = _HEADER.pack(_MAGIC, _VERSION, len(store)) + store
    return 3 + 3 * len(body) + len(body.translate(None, _LOW))
