"""Brotli data (RFC 7932), inflated within limits."""

from __future__ import annotations

from typing import NamedTuple


class Inflated(NamedTuple):
    """What came out, and whether that is all of it."""

    data: bytes
    is_whole: bool


def inflated(data: bytes, max_bytes: int) -> Inflated:
    """Return up to ``max_bytes`` of what ``data`` holds; nothing if they are broken."""
    import brotli  # noqa: PLC0415 - hardly a file needs it

    decoder = brotli.Decompressor()
    try:
        # The limit is rounded up to whole buffers: at most about as much again comes out.
        found = decoder.process(data, output_buffer_limit=max_bytes)
    except brotli.error:
        return Inflated(b"", False)
    is_whole = decoder.is_finished() and len(found) <= max_bytes
    return Inflated(found[:max_bytes], is_whole)
