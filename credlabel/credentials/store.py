"""The layout of a manifest store, as far as the library neither shows nor sets what is in it.

A store is a JUMBF superbox of manifests, the active one last; its ``c2pa.signature`` holds a
COSE_Sign1 (C2PA 2.5, 11.1 and 12.2). Around that the library leaves room for the largest signature
that might come, 1 kB for a key at hand and 10 kB for any other, in a header that nothing signs.
In a file that is nothing; in a text, each byte of it is three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cbor2

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUPERBOX: Final = b"jumb"
_CONTENT: Final = b"cbor"
_SIGNATURE: Final = b"c2pa.signature"
_COSE_SIGN1: Final = 18
_X5CHAIN: Final = (33, "x5chain")  # RFC 9360; the text is how C2PA 1.x had it
_PADDING: Final = ("pad", "pad2")
# Those that the decoder would make something of: fractions, expressions, e-mail, addresses.
_TAGS: Final = (
    *(0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261),
    *(1004, 43000, 55799),
)


class _Box(NamedTuple):
    start: int
    body: int
    end: int
    kind: bytes


class _Signature(NamedTuple):
    """A COSE_Sign1: the boxes around it, the outermost first, and its decoded parts."""

    around: tuple[_Box, ...]
    parts: list[Any]


def repadded(store: bytes, *counts: int) -> bytes:
    """Return ``store`` with one or two paddings of so many zeros around its active signature.

    Nothing that is signed or hashed changes: padding is in COSE's unprotected header (C2PA 2.5,
    12.2.3), and no other manifest refers to the active one. There may be two, so that every length
    can be had, although that of a short one takes less room to write down.

    Raises:
        ValueError: it is no store, or has no signature where it should be.
    """
    found = _signature_in(store)
    if found is None:
        raise ValueError("the store has no signature")
    protected, unprotected, payload, signature = found.parts
    header = {key: value for key, value in unprotected.items() if key not in _PADDING}
    header |= {key: bytes(n) for key, n in zip(_PADDING, counts, strict=False) if n}
    cose = cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1, [protected, header, payload, signature]))
    innermost = found.around[-1]
    grown = len(cose) - (innermost.end - innermost.body)
    made = bytearray(store[: innermost.body] + cose + store[innermost.end :])
    for box in found.around:
        made[box.start : box.start + 4] = (box.end - box.start + grown).to_bytes(4, "big")
    return bytes(made)


def signing_chain(store: bytes, manifest: str = "") -> tuple[bytes, ...]:
    """Return the certificates of a manifest's signature as DER, the signer's first; or none.

    That of the active manifest, unless another one's label is given.
    """
    try:
        found = _signature_in(store, manifest.encode() or None)
        header = _decoded(found.parts[0]) if found else {}
    except (ValueError, TypeError):  # no CBOR, or not even bytes
        return ()
    if not isinstance(header, Mapping):
        return ()
    chain = next((header[key] for key in _X5CHAIN if key in header), ())
    certificates = [chain] if isinstance(chain, bytes) else chain
    if not isinstance(certificates, list | tuple):
        return ()
    return tuple(each for each in certificates if isinstance(each, bytes))


def _signature_in(store: bytes, manifest: bytes | None = None) -> _Signature | None:
    around: list[_Box] = []
    end, at = len(store), 0
    for label in (b"c2pa", manifest, _SIGNATURE):  # the last manifest is the active one
        children = [
            box
            for box in _boxes(store, at, end)
            if box.kind == _SUPERBOX and label in (None, _label(store, box))
        ]
        if not children:
            return None
        around.append(children[-1])
        at, end = children[-1].body, children[-1].end
    content = next((box for box in _boxes(store, at, end) if box.kind == _CONTENT), None)
    if content is None:
        return None
    cose = _decoded(store[content.body : content.end])
    parts = cose.value if isinstance(cose, cbor2.CBORTag) and cose.tag == _COSE_SIGN1 else None
    if not isinstance(parts, list | tuple) or len(parts) != 4 or not isinstance(parts[1], Mapping):
        return None
    return _Signature((*around, content), list(parts))


def _decoded(data: bytes) -> Any:
    """Return what CBOR holds, with no tags but COSE's own: some take for ever to work out.

    Raises:
        ValueError: it is no such CBOR.
    """
    try:
        return cbor2.loads(data, semantic_decoders=dict.fromkeys(_TAGS, _refuse))
    except cbor2.CBORError as error:
        raise ValueError("the store's signature is no CBOR of its kind") from error


def _refuse(_value: Any, _immutable: bool) -> Any:  # noqa: FBT001 - as the decoder calls it
    raise ValueError("a tag that no signature has")


def _boxes(store: bytes, at: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two places; what is no box ends it."""
    while at + 8 <= end:
        length = int.from_bytes(store[at : at + 4], "big")
        if not 8 <= length <= end - at:
            return
        yield _Box(at, at + 8, at + length, store[at + 4 : at + 8])
        at += length


def _label(store: bytes, box: _Box) -> bytes:
    """Return a superbox's label, from the description box that it begins with (ISO 19566-5)."""
    description = next(_boxes(store, box.body, box.end), None)
    if description is None:
        return b""
    return store[description.body + 17 : description.end].partition(b"\0")[0]
