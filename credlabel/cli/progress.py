"""Progress of long work, on terminals only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_WORTH_SHOWING = 20
"""Fewer files than this are done before anyone has read the bar."""


class Progress:
    """A bar on standard error while it is a terminal, and nothing otherwise; a context manager.

    Where results go to the same terminal, they scroll above the bar.
    """

    def __init__(self, what: str, *, total: int | None) -> None:
        self._what = what
        self._total = total
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        is_long = self._total is None or self._total >= _WORTH_SHOWING
        if is_long and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - slow to import, rarely needed
            from rich.progress import (  # noqa: PLC0415
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bar  # noqa: PLC0415

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=sys.stdout.isatty(),  # a report in a file is none of its business
            )
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self) -> None:
        """Count one more."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
