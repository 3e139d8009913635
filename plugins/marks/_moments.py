"""Moments in the notation of XMP, W3C and RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)


def moment(created: datetime) -> str:
    """Return a moment as text, in UTC: an offset tells where people are.

    >>> from datetime import timedelta, timezone
    >>> moment(datetime(2026, 11, 22, 10, tzinfo=timezone(timedelta(hours=2))))
    '2026-11-22T08:00:00Z'
    """
    return created.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text says, or None: without its offset from UTC it is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
