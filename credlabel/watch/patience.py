"""What waits for a better moment, and how long: ever longer, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from credlabel.watch.claims import Claim


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses of ``first`` seconds, doubling up to ``longest``."""

    first: float
    longest: float

    def pause(self, tries: int) -> float:
        """Return the pause after so many failures.

        >>> [Patience(first=5, longest=60).pause(n) for n in (1, 2, 4, 9, 9999)]
        [5.0, 10.0, 40.0, 60, 60]
        """
        return min(self.first * 2.0 ** min(tries - 1, 32), self.longest)


class _Hold(msgspec.Struct):
    """How often something has failed, and when it is to be tried again."""

    tries: int = 0
    until: float = 0.0


class Waiting:
    """Files in hand that wait, files of the inbox that resist, and, at times, everything.

    Args:
        patience: how long the pauses are.
        monotonic: a clock that never jumps.
    """

    def __init__(self, patience: Patience, monotonic: Callable[[], float]) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._claims: dict[str, Claim] = {}
        self._holds: dict[str, _Hold] = {}
        self._shunned: dict[str, _Hold] = {}
        self._block = _Hold()
        self.is_blocked = False

    # ------------------------------------------------------------------ one file

    def hold(self, claim: Claim) -> bool:
        """Let a file in hand wait; return whether it is the first time."""
        self._claims[claim.identifier] = claim
        return self._fail(self._holds.setdefault(claim.identifier, _Hold()))

    def shun(self, name: str) -> bool:
        """Let a file in the inbox wait that can't be claimed; return whether it is the first time.

        It is offered again by the listing, so it need not be kept here.
        """
        return self._fail(self._shunned.setdefault(name, _Hold()))

    def forget(self, claim: Claim) -> None:
        """Take note that a file has arrived somewhere."""
        if self._holds:  # an identifier takes a digest, and nearly always nothing is held
            self._holds.pop(claim.identifier, None)
        self._shunned.pop(claim.name, None)

    def take_due(self) -> list[Claim]:
        """Hand over the files in hand that have waited long enough."""
        now = self._monotonic()
        due = [key for key in self._claims if self._holds[key].until <= now]
        return [self._claims.pop(key) for key in due]

    def take_all(self) -> list[Claim]:
        """Hand over every file in hand that waits."""
        claims = list(self._claims.values())
        self._claims.clear()
        return claims

    def __len__(self) -> int:
        return len(self._claims)

    @property
    def names(self) -> frozenset[str]:
        """The paths of all files that wait."""
        return frozenset(claim.name for claim in self._claims.values()).union(self._shunned)

    def is_waiting(self, name: str) -> bool:
        """Whether a file by this path must not be claimed now."""
        shunned = self._shunned.get(name)
        if shunned is not None and shunned.until > self._monotonic():
            return True
        return any(claim.name == name for claim in self._claims.values())

    # ------------------------------------------------------------------ everything

    def block(self) -> bool:
        """Let everything wait; return whether it is the first time."""
        self.is_blocked = True
        return self._fail(self._block)

    def try_again(self) -> bool:
        """Return whether something may be tried: nothing is blocked, or not any longer."""
        return not self.is_blocked or self._monotonic() >= self._block.until

    def unblock(self) -> None:
        """Go on, but remember the failures until :meth:`all_is_well`."""
        self.is_blocked = False

    def all_is_well(self) -> None:
        """Forget about failures that concerned everything."""
        self._block = _Hold()

    @property
    def due_at(self) -> float | None:
        """When the next attempt is due; None if nothing waits."""
        if self.is_blocked:
            return self._block.until
        now = self._monotonic()
        due = [self._holds[key].until for key in self._claims]
        due += [hold.until for hold in self._shunned.values() if hold.until > now]
        return min(due, default=None)

    def is_given_up(self, attempts: int) -> bool:
        """Whether everything that waits has failed so many times."""
        if self.is_blocked:
            return self._block.tries >= attempts
        return all(self._holds[key].tries >= attempts for key in self._claims)

    def _fail(self, hold: _Hold) -> bool:
        hold.tries += 1
        hold.until = self._monotonic() + self._patience.pause(hold.tries)
        return hold.tries == 1
