"""From the inbox to the archive, a round at a time: claim, label, publish, release, or say why not.

Every file in hand ends in the archive, in quarantine, or back in the inbox:

* labelled: the worker has published it durably, so the claimed file is removed;
* the name in the archive is taken: by this very file (published before a crash), or by another,
  which is never overwritten: *collision*, quarantine;
* the file is at fault: quarantine;
* the system is at fault (disk, key, certificate, time-stamp authority, memory): *hold*. The file
  stays in hand and is tried again later, and nothing is quarantined.

Which of the last two it is, is not left to the words of an error: before anything goes to
quarantine, a few harmless bytes are labelled into the archive by the same worker. If that fails,
it is the system, and it is asked in the same way, with growing pauses, when it has recovered.

Whenever something unexpected happens to the files in hand, what was known of them is thrown away
and read again from the directories.
"""

from __future__ import annotations

import os
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

import msgspec

from credlabel.archive import Archive, Standing
from credlabel.batch import Errand, LabelJob, LabelPool, Refusal, refusal_of
from credlabel.claims import Claim, Claims
from credlabel.errors import CredlabelError
from credlabel.files import TEMPORARY_PREFIX
from credlabel.model import Receipt, Tier, Value
from credlabel.quarantine import Complaint, Quarantine
from credlabel.sidecar import sidecar_path

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from credlabel.inbox import Arrival
    from credlabel.sandbox import Limits

STOPPED: Final = "credlabel.label.stopped"
COLLISION: Final = "credlabel.watch.collision"
UNUSED_SIDECAR: Final = "credlabel.watch.sidecar"

_BATCH: Final = 64
_MAX_REFUSED: Final = 64
_MAX_HELD: Final = 256
"""With so many files waiting for a better moment, no more are claimed."""


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

    ``path`` is relative to the inbox and as the system has it; ``place`` is the file's directory
    in quarantine.
    """

    kind: WatchKind
    path: str
    code: str = ""
    sentence: str = ""
    hint: str = ""
    place: str = ""
    receipt: Receipt | None = None


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait before trying again: ``first`` seconds, doubling up to ``longest``."""

    first: float
    longest: float

    def pause(self, tries: int) -> float:
        """Return the pause after so many failures.

        >>> [Patience(first=5, longest=60).pause(n) for n in (1, 2, 4, 9, 9999)]
        [5, 10, 40, 60, 60]
        """
        return min(self.first * 2 ** min(tries - 1, 32), self.longest)


class _Hold(msgspec.Struct):
    """How often something failed, and when it is to be tried again."""

    tries: int = 0
    until: float = 0.0


class HandOff:
    """Works off one inbox into one archive; a context manager around its workers.

    Args:
        claims, archive, quarantine: the three places.
        job: how to label; ``limits`` and ``workers`` as for LabelPool.
        lock: the descriptor of the inbox's lock, for the workers to hold.
        patience: for what the system refuses.
        monotonic: a clock that never jumps.
        report: hears of everything that happens.
    """

    def __init__(
        self,
        claims: Claims,
        archive: Archive,
        quarantine: Quarantine,
        *,
        inbox: Path,
        job: LabelJob,
        limits: Limits | None,
        workers: int | None,
        lock: int,
        patience: Patience,
        monotonic: Callable[[], float],
        report: Callable[[WatchEvent], None],
    ) -> None:
        self._claims = claims
        self._archive = archive
        self._quarantine = quarantine
        self._inbox = inbox
        self._hire = lambda: LabelPool(job, limits=limits, workers=workers, inherit=(lock,))
        self._pool = self._hire()
        self._patience = patience
        self._monotonic = monotonic
        self._report = report
        self._ready: deque[Claim] = deque()
        self._fed: dict[str, Claim] = {}
        self._refused: list[tuple[Claim, Refusal]] = []
        self._published: list[Claim] = []
        self._held: dict[str, Claim] = {}
        self._holds: dict[str, _Hold] = {}
        self._shunned: dict[str, _Hold] = {}
        self._block = _Hold()
        self._is_blocked = False
        self._is_unsure = True
        self._is_drained = False
        self._has_fed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.__exit__(*exc)

    # ------------------------------------------------------------------ what others may ask

    def accepts(self, arrival: Arrival) -> bool:
        """Whether a file may be claimed now: none by its name is held, and it did not resist."""
        shunned = self._shunned.get(arrival.assets[0])
        if shunned is not None and shunned.until > self._monotonic():
            return False
        return all(claim.name not in arrival.assets for claim in self._held.values())

    @property
    def held(self) -> frozenset[str]:
        """The files that wait for a better moment, in hand or out of reach in the inbox."""
        in_hand = (*self._held.values(), *self._ready)
        return frozenset(self._shunned).union(claim.name for claim in in_hand)

    @property
    def is_blocked(self) -> bool:
        """Whether nothing is done for a while, since the system is at fault."""
        return self._is_blocked

    @property
    def due_at(self) -> float | None:
        """When the next attempt at something that failed is due; None if nothing failed."""
        if self._is_blocked:
            return self._block.until
        now = self._monotonic()
        due = [self._holds[key].until for key in self._held]
        due += [hold.until for hold in self._shunned.values() if hold.until > now]
        return min(due, default=None)

    def is_given_up(self, attempts: int) -> bool:
        """Whether everything that is in hand has failed so many times."""
        if self._is_blocked:
            return self._block.tries >= attempts
        return not self._ready and all(self._holds[k].tries >= attempts for k in self._held)

    # ------------------------------------------------------------------ a round

    def work(self, more: Callable[[], list[Arrival]], stop: threading.Event) -> bool:
        """Work off what is in hand and what ``more`` hands over; return whether there was any.

        Ends when there is no more, when ``stop`` is set (after the files that workers have), and
        when the system is at fault. Raises nothing for that.
        """
        self._is_drained = self._has_fed = False
        while not (self._is_drained or stop.is_set()):
            try:
                if not self._may_start():
                    break
                self._feed(more, stop)
                self._release()
                self._resolve()
                if not self._is_blocked:
                    self._block = _Hold()
            except (OSError, CredlabelError) as error:
                self._lose_track(refusal_of(error))
        return self._has_fed

    def give_back(self) -> None:
        """Return to the inbox what is in hand and not published; call it after the last round."""
        try:
            self._release()
            self._claims.give_back([*self._ready, *self._held.values()])
        except OSError as error:
            self._lose_track(refusal_of(error))  # it stays in hand, and is found there
        self._ready.clear()
        self._held.clear()

    def _may_start(self) -> bool:
        if self._is_blocked:
            if self._monotonic() < self._block.until:
                return False
            refusal = self._probe()
            if refusal is not None:
                self._stop_for_a_while(refusal)
                return False
            self._is_blocked = False
        if self._is_unsure or self._claims.is_incomplete:
            self._recover()
        now = self._monotonic()
        for key in [k for k in self._held if self._holds[k].until <= now]:
            self._ready.append(self._held.pop(key))
        return True

    def _feed(self, more: Callable[[], list[Arrival]], stop: threading.Event) -> None:
        for errand, answer in self._pool.label(self._errands(more, stop)):
            claim = self._fed.pop(errand.source)
            if isinstance(answer, Receipt):
                self._labelled(claim, answer)
            else:
                self._refused.append((claim, answer))

    def _errands(
        self, more: Callable[[], list[Arrival]], stop: threading.Event
    ) -> Iterator[Errand]:
        """Yield what to label, claiming it in batches just before."""
        while not stop.is_set() and self._may_go_on():
            if not self._ready:
                self._claim(more())
            if not self._ready:
                self._is_drained = True
                return
            claim = self._ready.popleft()
            source = str(self._claims.path(claim))
            self._fed[source] = claim
            self._has_fed = True
            yield Errand(source=source, destination=str(self._archive.place(claim.name)))

    def _may_go_on(self) -> bool:
        if len(self._refused) >= _MAX_REFUSED or len(self._held) >= _MAX_HELD:
            self._is_drained = len(self._held) >= _MAX_HELD
            return False
        return all(refusal.is_file_at_fault for _, refusal in self._refused)

    def _claim(self, arrivals: list[Arrival]) -> None:
        if not arrivals:
            return
        claims, resisted = self._claims.take(arrivals)
        self._ready.extend(claims)
        for claim in claims:
            self._shunned.pop(claim.name, None)
        for arrival, error in resisted:
            name = arrival.assets[0]
            self._hold(self._shunned.setdefault(name, _Hold()), name, refusal_of(error))

    # ------------------------------------------------------------------ it worked

    def _labelled(self, claim: Claim, receipt: Receipt) -> None:
        self._holds.pop(claim.identifier, None)
        self._report(WatchEvent(kind=WatchKind.LABELLED, path=claim.name, receipt=receipt))
        if self._claims.is_untouched(claim, source_sha256=receipt.source_digest.sha256):
            self._done(claim, used_sidecar=receipt.tier is Tier.SIDECAR)
        else:
            self._return(claim)

    def _done(self, claim: Claim, *, used_sidecar: bool) -> None:
        """Let go of a published file; a sidecar that has not gone into its label is kept."""
        for name in claim.sidecars[1 if used_sidecar else 0 :]:
            if self._claims.is_last(claim, name):
                side = msgspec.structs.replace(claim, name=name, sidecars=())
                self._put(side, _UNUSED_SIDECAR)
        self._published.append(claim)
        if len(self._published) >= _BATCH:
            self._release()

    def _release(self) -> None:
        published, self._published = self._published, []
        self._claims.release(published)

    def _return(self, claim: Claim) -> None:
        """Give a file that was written to while in hand back, to settle again."""
        self._claims.give_back([claim])
        self._report(
            WatchEvent(
                kind=WatchKind.RETURNED,
                path=claim.name,
                sentence="It was written to while it was being labelled.",
            )
        )

    # ------------------------------------------------------------------ it did not

    def _resolve(self) -> None:
        """Decide about every file that was refused in this round."""
        refused, self._refused = self._refused, []
        at_fault: list[tuple[Claim, Refusal]] = []
        suspects: list[tuple[Claim, Refusal]] = []
        system: list[tuple[Claim, Refusal]] = []
        for claim, refusal in refused:
            if self._claims.has_changed(claim):
                self._return(claim)
            elif self._stands(claim, refusal):
                continue
            elif refusal.code == STOPPED:
                suspects.append((claim, refusal))
            else:
                (at_fault if refusal.is_file_at_fault else system).append((claim, refusal))
        if not (at_fault or suspects or system):
            return
        self._archive.sweep(claim.name for claim, _ in suspects)
        reason = self._probe()
        if reason is not None:
            for claim, refusal in (*at_fault, *suspects, *system):
                self._ready.append(claim)
                if not refusal.is_file_at_fault:
                    self._tell_held(claim.name, refusal)
            self._stop_for_a_while(reason)
            return
        for claim, refusal in at_fault:
            self._put(claim, _complaint(refusal))
        for claim, refusal in system:
            self._hold_claim(claim, refusal)
        for claim, _ in suspects:
            self._try_alone(claim)

    def _stands(self, claim: Claim, refusal: Refusal) -> bool:
        """Decide about a file whose place in the archive is not free; False if it is."""
        standing, is_sidecar = self._archive.standing(claim.name, self._claims.path(claim))
        match standing:
            case Standing.FREE:
                return False
            case Standing.PUBLISHED:
                self._holds.pop(claim.identifier, None)
                self._report(WatchEvent(kind=WatchKind.RESUMED, path=claim.name))
                self._done(claim, used_sidecar=is_sidecar)
                self._release()
            case Standing.HALF:
                self._archive.drop_sidecar(claim.name)
                self._ready.append(claim)
            case Standing.TAKEN:
                self._put(claim, _COLLISION)
            case Standing.UNCLEAR:
                self._hold_claim(claim, refusal)
        return True

    def _try_alone(self, claim: Claim) -> None:
        """Label a file again whose worker ended: if it does so again, it is the file."""
        source = str(self._claims.path(claim))
        errand = Errand(source=source, destination=str(self._archive.place(claim.name)))
        for _, answer in self._pool.label([errand]):
            if isinstance(answer, Receipt):
                self._labelled(claim, answer)
                self._release()
            elif self._stands(claim, answer):
                pass
            elif answer.is_file_at_fault:
                self._put(claim, _complaint(answer))
                self._archive.sweep([claim.name])
            else:
                self._hold_claim(claim, answer)

    def _put(self, claim: Claim, complaint: Complaint) -> None:
        """Put a file into quarantine with its sidecars."""
        beside = tuple(zip(claim.sidecars, self._claims.sidecars(claim), strict=True))
        try:
            place = self._quarantine.put(
                self._claims.path(claim),
                identifier=claim.identifier,
                found=self._inbox / claim.name,
                complaint=complaint,
                sidecars=[path for name, path in beside if self._claims.is_last(claim, name)],
                shared=[path for name, path in beside if not self._claims.is_last(claim, name)],
            )
        except OSError as error:
            self._hold_claim(claim, refusal_of(error))
        else:
            self._quarantined(claim, complaint, place)

    def _quarantined(self, claim: Claim, complaint: Complaint, place: Path) -> None:
        self._claims.forget([claim])
        self._holds.pop(claim.identifier, None)
        self._report(
            WatchEvent(
                kind=WatchKind.QUARANTINED,
                path=claim.name,
                code=complaint.code,
                sentence=complaint.sentence,
                hint=complaint.hint,
                place=str(place),
            )
        )

    # ------------------------------------------------------------------ the system is at fault

    def _hold_claim(self, claim: Claim, refusal: Refusal) -> None:
        self._held[claim.identifier] = claim
        self._hold(self._holds.setdefault(claim.identifier, _Hold()), claim.name, refusal)

    def _hold(self, hold: _Hold, name: str, refusal: Refusal) -> None:
        hold.tries += 1
        hold.until = self._monotonic() + self._patience.pause(hold.tries)
        if hold.tries == 1:
            self._tell_held(name, refusal)

    def _stop_for_a_while(self, refusal: Refusal) -> None:
        """Let everything wait; the next attempt has new workers, which open the signer anew."""
        self._is_blocked = True
        self._hold(self._block, "", refusal)
        self._pool.__exit__(None, None, None)
        self._pool = self._hire()

    def _lose_track(self, refusal: Refusal) -> None:
        """Go by the directories again, when something unexpected has happened to files in hand."""
        self._is_unsure = True
        self._stop_for_a_while(refusal)

    def _tell_held(self, name: str, refusal: Refusal) -> None:
        self._report(
            WatchEvent(
                kind=WatchKind.HELD,
                path=name,
                code=refusal.code,
                sentence=refusal.message,
                hint=refusal.hint,
            )
        )

    def _lose_track(self, refusal: Refusal) -> None:
        self._is_unsure = True
        self._blocked(refusal)

    def _recover(self) -> None:
        """Read what is in hand from the directories, and finish what was begun with it."""
        for known in (self._ready, self._fed, self._refused, self._published, self._held):
            known.clear()
        claims = self._claims.recover()
        self._archive.sweep(claim.name for claim in claims)
        begun = self._quarantine.begun() if claims else {}
        for claim in claims:
            folder = begun.get(claim.identifier)
            if folder is None or not self._finish(claim, folder):
                self._ready.append(claim)
        self._is_unsure = False

    def _finish(self, claim: Claim, folder: Path) -> bool:
        """Carry out a quarantine that was begun; False if nothing had been decided."""
        reason = self._quarantine.finish(
            folder, self._claims.path(claim), self._claims.sidecars(claim)
        )
        if reason is None:
            return False
        complaint = Complaint(code=reason.code, sentence=reason.sentence, hint=reason.hint)
        self._quarantined(claim, complaint, folder)
        return True

    def _probe(self) -> Refusal | None:
        """Label a few harmless bytes into the archive; return why that fails, if it does."""
        try:
            self._archive.make()
            source = self._claims.probe_file()
            place = self._archive.place(f"{TEMPORARY_PREFIX}probe-{os.getpid()}.txt")
            self._remove_probe(place)
            errand = Errand(source=str(source), destination=str(place))
            answers = [answer for _, answer in self._pool.label([errand])]
            self._remove_probe(place)
        except (OSError, CredlabelError) as error:
            return refusal_of(error)
        return answers[0] if isinstance(answers[0], Refusal) else None

    def _remove_probe(self, place: Path) -> None:
        place.unlink(missing_ok=True)
        sidecar_path(place).unlink(missing_ok=True)


_COLLISION: Final = Complaint(
    code=COLLISION,
    sentence="The archive has another file by this name, and nothing there is ever overwritten.",
    hint="Rename it and put it into the inbox again, or throw it away.",
)
_UNUSED_SIDECAR: Final = Complaint(
    code=UNUSED_SIDECAR,
    sentence="This credential lay beside a file that has one inside, which wins.",
    hint="Its file is labelled and in the archive; throw this away unless you miss it there.",
)


def _complaint(refusal: Refusal) -> Complaint:
    return Complaint(code=refusal.code, sentence=refusal.message, hint=refusal.hint)

