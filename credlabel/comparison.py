"""What became of marks between two versions of a file: lost, invalidated, changed, gained.

A pipeline that resizes, converts or publishes files is held to leaving their marks alone. A mark
that said that AI took part, and does not say so any more, is lost as one that is gone. Nothing is
said of what the pipeline does to the content.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from credlabel.evidence import CREDENTIAL_DETECTOR
from credlabel.model import Answer, Basis, Evidence, Integrity, Layer, Origin, Report, Strength
from credlabel.scan import UNREADABLE, UNVERIFIED
from credlabel.sidecar import assets_in, find_sidecar
from credlabel.terms import INACCESSIBLE
from credlabel.triage import is_broken, speaks_of_ai

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REMOTE: Final = "remote credential"
_BROKEN: Final = frozenset({Integrity.TAMPERED, Integrity.UNVERIFIABLE})
_Asset = tuple["Path", "Path | None"]


class Fate(StrEnum):
    """What became of a mark."""

    LOST = "lost"
    INVALIDATED = "invalidated"
    CHANGED = "changed"
    GAINED = "gained"


HARM: Final = frozenset({Fate.LOST, Fate.INVALIDATED})


class Change(Answer, frozen=True, kw_only=True):
    """What became of one mark. Of a ``trace``, the loss is told, and no harm."""

    fate: Fate
    layer: Layer
    detector: str
    basis: Basis
    explanation: str

    @property
    def is_harm(self) -> bool:
        """Whether a mark is gone, unsaid, or does not hold any more."""
        return self.fate in HARM and self.basis is not Basis.TRACE


class Comparison(Answer, frozen=True, kw_only=True):
    """One file before and after. ``unread`` says why it could not be compared, if it could not."""

    before: str
    after: str
    changes: tuple[Change, ...] = ()
    unread: str = ""

    @property
    def is_harmed(self) -> bool:
        """Whether it lost a mark, or has one that does not hold any more."""
        return any(change.is_harm for change in self.changes)


class Pairs:
    """The files of two folders that have the same path below them, and those without a partner.

    Two files are a pair, whatever they are called.
    """

    def __init__(self, before: Path, after: Path) -> None:
        are_folders = before.is_dir() or after.is_dir()
        ours, theirs = (
            _below(path) if are_folders else {"": (path, find_sidecar(path))}
            for path in (before, after)
        )
        self.both = [(ours[name], theirs[name]) for name in ours if name in theirs]
        self.only_before = [str(ours[name][0]) for name in ours if name not in theirs]
        self.only_after = [str(theirs[name][0]) for name in theirs if name not in ours]


def _below(root: Path) -> dict[str, _Asset]:
    return {os.path.relpath(asset[0], root): asset for asset in assets_in([root])}


def compare(before: Report, after: Report) -> Comparison:
    """Return what became of the marks of a file."""
    unread = [
        finding.explanation
        for report in (before, after)
        for finding in report.findings
        if finding.code in (UNREADABLE, UNVERIFIED)
    ]
    return Comparison(
        before=before.subject.name,
        after=after.subject.name,
        changes=() if unread else tuple(_changes(before, after)),
        unread=unread[0] if unread else "",
    )


def _changes(before: Report, after: Report) -> Iterator[Change]:
    credential = _credential_change(before, after)
    if credential is not None:
        yield credential
    ours, theirs = _other_marks(before), _other_marks(after)
    for mark in sorted({*ours, *theirs}):
        old, new = ours.get(mark, []), theirs.get(mark, [])
        fate, explanation = _fate(old, new)
        if fate is None:
            continue
        yield Change(
            fate=fate,
            layer=mark[0],
            detector=mark[1],
            basis=_basis(old or new),
            explanation=explanation,
        )


def _fate(old: list[Evidence], new: list[Evidence]) -> tuple[Fate | None, str]:
    if not new:
        return Fate.LOST, f"It said: {_said(old)}."
    if not old:
        return Fate.GAINED, f"It says: {_said(new)}."
    if _unsays_ai(old, new):
        return Fate.LOST, f"It said {_said(old)}, and says {_said(new)}."
    if [_statement(e) for e in old] != [_statement(e) for e in new]:
        if _said(old) == _said(new):
            return Fate.CHANGED, f"It says {_said(new)} as before, but the particulars differ."
        return Fate.CHANGED, f"It said {_said(old)}, and says {_said(new)}."
    return None, ""


def _unsays_ai(old: list[Evidence], new: list[Evidence]) -> bool:
    """Return whether what said that AI took part, and was to be believed, says so no more."""
    said = any(speaks_of_ai(e) and not is_broken(e) for e in old)
    return said and not any(speaks_of_ai(e) for e in new)


def _other_marks(report: Report) -> dict[tuple[Layer, str], list[Evidence]]:
    """Return all evidence but the credential's by its layer and detector."""
    found: dict[tuple[Layer, str], list[Evidence]] = {}
    for evidence in report.evidence:
        if evidence.detector != CREDENTIAL_DETECTOR:
            found.setdefault((evidence.kind, evidence.detector), []).append(evidence)
    return found


def _basis(evidence: list[Evidence]) -> Basis:
    bases = {e.basis for e in evidence}
    return next(basis for basis in Basis if basis in bases)


def _statement(evidence: Evidence) -> bytes:
    """Return what evidence says, wherever in the file, in a form that compares."""
    details = {key: value for key, value in evidence.details.items() if key != "places"}
    return msgspec.json.encode(
        (evidence.origin, evidence.strength, evidence.provenance, details), order="deterministic"
    )


def _said(evidence: list[Evidence]) -> str:
    return ", ".join(dict.fromkeys(e.origin.value for e in evidence))


# ---------------------------------------------------------------------------- the credential


def _credential_change(before: Report, after: Report) -> Change | None:
    old, new = _credential(before), _credential(after)
    if old is not None and new is not None:
        return _replaced(old, new) or _judged_anew(before, after)
    if old is not None:
        kept = f" It refers to a {REMOTE}, which was not fetched." if _is_remote(after) else ""
        return _change(Fate.LOST, f"It was {before.verdict.integrity}.{kept}")
    if new is not None:
        return _gained(before, after, new)
    if _is_remote(before) and not _is_remote(after):
        return _change(Fate.LOST, f"The reference to a {REMOTE} is gone.")
    if _is_remote(after) and not _is_remote(before):
        return _change(Fate.GAINED, f"It refers to a {REMOTE}.")
    return None


def _gained(before: Report, after: Report, new: Evidence) -> Change:
    """Return what a first credential means: it outweighs all marks that were there."""
    marks = [e for e in before.evidence if e.basis is not Basis.TRACE]
    says_something = new.strength is Strength.SIGNED and new.origin is not Origin.UNKNOWN
    if says_something and _unsays_ai(marks, [new]):
        told = f"says {new.origin}, which overrides that it was {_said(marks)}"
        return _change(Fate.LOST, f"It is new and {told}.")
    return _change(Fate.GAINED, f"It is {after.verdict.integrity}.")


def _replaced(old: Evidence, new: Evidence) -> Change | None:
    if old.details.get("manifest") == new.details.get("manifest"):
        return None
    if not _keeps(old, new):
        return _change(
            Fate.LOST, "Another credential took its place, which does not have it in its history."
        )
    if old.strength is Strength.SIGNED and new.strength is not Strength.SIGNED:
        return None
    if _unsays_ai([old], [new]):
        return _change(Fate.LOST, f"It said {_said([old])}, and the new one says {_said([new])}.")
    return _change(Fate.CHANGED, "A new credential has it in its history.")


def _judged_anew(before: Report, after: Report) -> Change | None:
    was, now = before.verdict, after.verdict
    if was.integrity is Integrity.INTACT and now.integrity in _BROKEN:
        return _change(Fate.INVALIDATED, f"It was intact and is {now.integrity}.")
    if was.integrity is not now.integrity:
        return _change(Fate.CHANGED, f"It was {was.integrity} and is {now.integrity}.")
    if (Layer.SIDECAR in was.marks) is not (Layer.SIDECAR in now.marks):
        where = "beside the file" if Layer.SIDECAR in now.marks else "inside the file"
        return _change(Fate.CHANGED, f"It is {where} now.")
    if was.trust is not now.trust:
        return _change(Fate.CHANGED, f"It was {was.trust} and is {now.trust}.")
    return None


def _change(fate: Fate, explanation: str) -> Change:
    return Change(
        fate=fate,
        layer=Layer.CREDENTIAL,
        detector=CREDENTIAL_DETECTOR,
        basis=Basis.MARK,
        explanation=explanation,
    )


def _credential(report: Report) -> Evidence | None:
    return next((e for e in report.evidence if e.detector == CREDENTIAL_DETECTOR), None)


def _is_remote(report: Report) -> bool:
    return any(finding.code == INACCESSIBLE for finding in report.findings)


def _keeps(old: Evidence, new: Evidence) -> bool:
    """Return whether a manifest is among the earlier ones, as far as a long history is told."""
    history = new.details.get("history")
    earlier = history if isinstance(history, list) else []
    manifests = [each.get("manifest") for each in earlier if isinstance(each, dict)]
    if old.details.get("manifest") in manifests:
        return True
    count = new.details.get("manifests")
    return isinstance(count, int) and count > len(earlier) + 1
