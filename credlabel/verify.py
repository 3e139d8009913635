"""``Verifier``: apply policies to a report; raises unless they pass.

To ignore the outcome takes an ``except``: a file that does not pass is an exception, not a False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from credlabel.errors import ConfigError, VerificationError
from credlabel.files import show
from credlabel.scan import Scanner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credlabel.hookspecs import Policy
    from credlabel.model import Report


class Verifier:
    """Passes files that satisfy every one of its policies.

    Args:
        policies: what has to hold. None at all is refused: it would pass everything.
        scanner: reads the files; one that trusts nobody by default.

    Example::

        verifier = Verifier([PluginRegistry.load().policy("valid")])
        report = verifier.verify(Path("upload.jpg"))  # raises VerificationError unless it passes
    """

    def __init__(self, policies: Sequence[Policy], *, scanner: Scanner | None = None) -> None:
        if not policies:
            raise ConfigError(
                "There is no policy to verify by, and nothing passes without one.",
                hint="Name one: --policy valid.",
            )
        self._policies = tuple(policies)
        self._scanner = scanner or Scanner()

    def verify(self, path: Path) -> Report:
        """Return the report on ``path``, the decisions in it, if every policy passes.

        Raises:
            VerificationError: a policy does not pass; the error holds the report.
        """
        return self.check(self._scanner.scan(path))

    def check(self, report: Report) -> Report:
        """Return ``report`` with the decisions in it, if every policy passes.

        Raises:
            VerificationError: a policy does not pass; the error holds the report.
        """
        decisions = tuple(policy.decide(report) for policy in self._policies)
        report = msgspec.structs.replace(report, decisions=decisions)
        failed = [decision for decision in decisions if not decision.passed]
        if failed:
            reasons = " ".join(f"{d.policy}: {d.reason}" for d in failed)
            raise VerificationError(
                f"{show(report.subject.name)} does not pass. {reasons}", report=report
            )
        return report
