"""What happens to the files of a watched inbox, as values to show, count and tell plugins."""

from __future__ import annotations

from enum import StrEnum

from credlabel.model import Answer, Receipt, Value


class WatchKind(StrEnum):
    """What happened to a file.

    ``resumed``: it was found published already, after a crash or because it came twice.
    ``returned``: it changed while in hand, and is waited for again. ``left``: it is nothing to
    label (a link, a pipe, a sidecar without its file), and stays where it is.
    """

    LABELLED = "labelled"
    RESUMED = "resumed"
    QUARANTINED = "quarantined"
    HELD = "held"
    RETURNED = "returned"
    LEFT = "left"


class WatchEvent(Value, frozen=True, kw_only=True):
    """One thing that happened, for the command line to show and plugins to hear.

    ``path`` is relative to the inbox and as the system has it (empty: it concerns all files);
    ``place`` is the file's directory in quarantine.
    """

    kind: WatchKind
    path: str
    code: str = ""
    sentence: str = ""
    hint: str = ""
    place: str = ""
    receipt: Receipt | None = None


class WatchOutcome(Answer, frozen=True, kw_only=True):
    """How many files went where in one run.

    ``resumed`` were found in the archive already, after a crash or because they came twice;
    ``held`` wait in the inbox because the system was at fault; ``left`` are nothing to label.
    """

    labelled: int = 0
    resumed: int = 0
    quarantined: int = 0
    held: int = 0
    left: int = 0
