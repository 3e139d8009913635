"""Fetch a manifest store from where a file says it is, if the user has named that host.

The library does this for the formats that it reads; this is for the others, under its rules: no
host that was not named, no redirection, no more bytes or seconds than it takes.
"""

from __future__ import annotations

import http.client
import time
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_BYTES: Final = 64 << 20
"""A larger answer is none: real manifest stores have kilobytes to a few megabytes."""
TIMEOUT_SECONDS: Final = 15.0
"""For the connection, and for each wait for more."""
MAX_SECONDS: Final = 30.0
"""For all of the answer."""
_BLOCK: Final = 1 << 16


class _Unredirected(urllib.request.HTTPRedirectHandler):
    """Follows nobody anywhere: the host that was named is the host that is asked."""

    def redirect_request(self, *_: object) -> None:
        """Return None, which makes the redirection an error."""


def fetch(uri: str, *, hosts: Collection[str]) -> bytes | None:
    """Return what is at ``uri``, or None: another host, another scheme, no answer of use.

    ``hosts`` are names, with ``:port`` where it is not the scheme's own, as the library has it.
    """
    try:
        parts = urlsplit(uri)
        named = {parts.hostname, parts.netloc} if parts.port is None else {parts.netloc}
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.username or not named & set(hosts):
        return None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Unredirected)
    try:
        with opener.open(uri, timeout=TIMEOUT_SECONDS) as answer:
            store = _all_of(answer, time.monotonic() + MAX_SECONDS)
    except (OSError, http.client.HTTPException, ValueError):  # URLError is an OSError
        return None
    return store if 0 < len(store) <= MAX_BYTES else None


def _all_of(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return the answer, or nothing if it does not come in time."""
    store = bytearray()
    while len(store) <= MAX_BYTES and (block := answer.read1(_BLOCK)):
        store += block
        if time.monotonic() > deadline:
            return b""
    return bytes(store)
