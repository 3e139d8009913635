"""From the inbox to the archive, a round at a time: claim, label, release, or say why not.

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

It is long because a round is one state, and every way out of it stands here.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Self

import msgspec

from credlabel.batch import Errand, Refusal, refusal_of
from credlabel.errors import CredlabelError
from credlabel.files import show
from credlabel.model import Receipt, Tier
from credlabel.watch.archive import Standing
from credlabel.watch.events import WatchEvent, WatchKind
from credlabel.watch.quarantine import COLLISION, UNUSED_SIDECAR, Complaint

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from credlabel.batch import LabelPool
    from credlabel.watch.archive import Archive
    from credlabel.watch.claims import Claim, Claims
    from credlabel.watch.inbox import Arrival
    from credlabel.watch.patience import Waiting
    from credlabel.watch.quarantine import Quarantine

STOPPED: Final = "credlabel.label.stopped"

_BATCH: Final = 64
_MAX_REFUSED: Final = 64
_MAX_HELD: Final = 256
"""With so many files waiting for a better moment, no more are claimed."""


class HandOff:
    """Works off one inbox into one archive; a context manager around its workers.

    Args:
        claims, archive, quarantine: the three places.
        hire: starts a pool of workers; called again when they are to begin anew.
        waiting: what waits for a better moment.
        report: hears of everything that happens.
    """

    def __init__(
        self,
        claims: Claims,
        archive: Archive,
        quarantine: Quarantine,
        *,
        hire: Callable[[], LabelPool],
        waiting: Waiting,
        report: Callable[[WatchEvent], None],
    ) -> None:
        self._claims = claims
        self._archive = archive
        self._quarantine = quarantine
        self._hire = hire
        self._pool = self._hire()
        self._waiting = waiting
        self._report = report
        self._ready: deque[Claim] = deque()
        self._fed: dict[str, Claim] = {}
        self._refused: list[tuple[Claim, Refusal]] = []
        self._published: list[Claim] = []
        self._is_unsure = True
        self._is_drained = False
        self._has_worked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.__exit__(*exc)

    # ------------------------------------------------------------------ a round

    def work(self, more: Callable[[], list[Arrival]], stop: threading.Event) -> bool:
        """Work off what is in hand and what ``more`` hands over; return whether there was any.

        Ends when there is no more, when ``stop`` is set (after the files that workers have), and
        when the system is at fault. Raises nothing for that.
        """
        self._is_drained = self._has_worked = False
        while not (self._is_drained or stop.is_set()):
            try:
                if not self._may_start():
                    break
                self._feed(more, stop)
                self._release()
                self._resolve()
                if not self._waiting.is_blocked:
                    self._waiting.all_is_well()
            except (OSError, CredlabelError) as error:
                self._lose_track(refusal_of(error))
        return self._has_worked

    def give_back(self) -> frozenset[str]:
        """Return to the inbox what is in hand and not published; call it after the last round."""
        names: frozenset[str] = frozenset()
        try:
            self._release()
            if self._is_unsure:
                self._recover()
            claims = [*self._ready, *self._waiting.take_all()]
            names = frozenset(claim.name for claim in claims)
            self._claims.give_back(claims)
        except OSError as error:
            self._lose_track(refusal_of(error))  # it stays in hand, and is found there
        self._ready.clear()
        return names

    @property
    def is_idle(self) -> bool:
        """Whether nothing in hand is ready to be labelled."""
        return not self._ready

    def _may_start(self) -> bool:
        if not self._waiting.try_again():
            return False
        if self._waiting.is_blocked:
            refusal = self._probe()
            if refusal is not None:
                self._stop_for_a_while(refusal)
                return False
            self._waiting.unblock()
        if self._is_unsure or self._claims.is_incomplete:
            self._recover()
        self._ready.extend(self._waiting.take_due())
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
            self._has_worked = True
            if self._is_barred(claim):
                continue
            source = str(self._claims.path(claim))
            self._fed[source] = claim
            yield Errand(source=source, destination=str(self._archive.place(claim.name)))

    def _is_barred(self, claim: Claim) -> bool:
        """Decide about a file whose way into the archive leads out of it; False if it doesn't."""
        if not self._archive.leads_elsewhere(claim.name):
            return False
        if self._claims.has_changed(claim):
            self._return(claim)
        else:
            self._put(claim, COLLISION)
        return True

    def _may_go_on(self) -> bool:
        if len(self._refused) >= _MAX_REFUSED or len(self._waiting) >= _MAX_HELD:
            self._is_drained = len(self._waiting) >= _MAX_HELD
            return False
        return all(refusal.is_file_at_fault for _, refusal in self._refused)

    def _claim(self, arrivals: list[Arrival]) -> None:
        if not arrivals:
            return
        self._has_worked = True
        claims, resisted = self._claims.take(arrivals)
        self._ready.extend(claims)
        for claim in claims:
            self._waiting.forget(claim)
        for arrival, error in resisted:
            if self._waiting.shun(arrival.assets[0]):
                self._tell_held(arrival.assets[0], refusal_of(error))

    # ------------------------------------------------------------------ it worked

    def _labelled(self, claim: Claim, receipt: Receipt) -> None:
        self._waiting.forget(claim)
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
                self._put(side, UNUSED_SIDECAR)
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
        open_cases = [(claim, why) for claim, why in refused if not self._is_settled(claim, why)]
        if not open_cases:
            return
        self._archive.sweep(claim.name for claim, why in open_cases if why.code == STOPPED)
        fault = self._probe()
        if fault is not None:
            for claim, why in open_cases:
                self._ready.append(claim)
                if not why.is_file_at_fault:
                    self._tell_held(claim.name, why)
            self._stop_for_a_while(fault)
            return
        for claim, why in open_cases:
            if why.code == STOPPED:
                self._try_alone(claim)
            elif why.is_file_at_fault:
                self._put(claim, self._complaint(claim, why))
            else:
                self._hold(claim, why)

    def _is_settled(self, claim: Claim, refusal: Refusal) -> bool:
        """Decide about a file whose case needs no thought of whose fault it is."""
        if self._claims.has_changed(claim):
            self._return(claim)
            return True
        return self._stands(claim, refusal)

    def _stands(self, claim: Claim, refusal: Refusal) -> bool:
        """Decide about a file whose place in the archive is not free; False if it is."""
        standing, is_sidecar = self._archive.standing(claim.name, self._claims.path(claim))
        match standing:
            case Standing.FREE:
                return False
            case Standing.PUBLISHED:
                self._waiting.forget(claim)
                self._report(WatchEvent(kind=WatchKind.RESUMED, path=claim.name))
                self._done(claim, used_sidecar=is_sidecar)
                self._release()
            case Standing.HALF:
                self._archive.drop_sidecar(claim.name)
                self._ready.append(claim)
            case Standing.TAKEN:
                self._put(claim, COLLISION)
            case Standing.UNCLEAR:
                self._hold(claim, refusal)
        return True

    def _try_alone(self, claim: Claim) -> None:
        """Label a file again whose worker ended: if it does so again, it is the file."""
        if self._is_barred(claim):
            return
        source = str(self._claims.path(claim))
        errand = Errand(source=source, destination=str(self._archive.place(claim.name)))
        for _, answer in self._pool.label([errand]):
            if isinstance(answer, Receipt):
                self._labelled(claim, answer)
                self._release()
            elif self._stands(claim, answer):
                pass
            elif answer.is_file_at_fault:
                self._put(claim, self._complaint(claim, answer))
                self._archive.sweep([claim.name])
            else:
                self._hold(claim, answer)

    def _put(self, claim: Claim, complaint: Complaint) -> None:
        """Put a file into quarantine with its sidecars."""
        beside = tuple(zip(claim.sidecars, self._claims.sidecars(claim), strict=True))
        try:
            place = self._quarantine.put(
                self._claims.path(claim),
                identifier=claim.identifier,
                found=self._claims.found(claim),
                complaint=complaint,
                sidecars=[path for name, path in beside if self._claims.is_last(claim, name)],
                shared=[path for name, path in beside if not self._claims.is_last(claim, name)],
            )
        except OSError as error:
            self._hold(claim, refusal_of(error))
        else:
            self._quarantined(claim, complaint, place)

    def _complaint(self, claim: Claim, refusal: Refusal) -> Complaint:
        """Return the reason as it is told to people, who know the file from the inbox."""
        sentence = refusal.message.replace(
            show(self._claims.path(claim)), show(self._claims.found(claim))
        )
        return Complaint(code=refusal.code, sentence=sentence, hint=refusal.hint)

    def _quarantined(self, claim: Claim, complaint: Complaint, place: Path) -> None:
        self._claims.forget([claim])
        self._waiting.forget(claim)
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

    def _hold(self, claim: Claim, refusal: Refusal) -> None:
        if self._waiting.hold(claim):
            self._tell_held(claim.name, refusal)

    def _stop_for_a_while(self, refusal: Refusal) -> None:
        """Let everything wait; the next attempt has new workers, which open the signer anew."""
        if self._waiting.block():
            self._tell_held("", refusal)
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

    def _recover(self) -> None:
        """Read what is in hand from the directories, and finish what was begun with it."""
        for known in (self._ready, self._fed, self._refused, self._published):
            known.clear()
        self._waiting.take_all()
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
            with self._archive.probing() as place:
                errand = Errand(source=str(self._claims.probe_file()), destination=str(place))
                (answer,) = (answer for _, answer in self._pool.label([errand]))
        except (OSError, CredlabelError) as error:
            return refusal_of(error)
        return answer if isinstance(answer, Refusal) else None
