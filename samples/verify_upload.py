"""Verify uploads from strangers by policy, in worker processes that may die without harm.

python samples/verify_upload.py UPLOAD...
"""

from __future__ import annotations

import sys
from pathlib import Path

from credlabel import PluginRegistry, ScanPool, ScanSettings, VerificationError, Verifier
from credlabel.sidecar import find_sidecar


def main(uploads: list[Path]) -> int:
    """Say of each upload whether it is accepted; return how many are not."""
    plugins = PluginRegistry.load()
    verifier = Verifier([plugins.policy("valid"), plugins.policy("disclosed")])
    # ScanSettings(trust=TrustAnchors(signers=PEM_TEXT)) and the policy "trusted" go further.
    rejected = 0
    with ScanPool(ScanSettings(digest="always"), workers=2) as pool:
        for scanned in pool.scan((path, find_sidecar(path)) for path in uploads):
            try:
                report = verifier.check(scanned)
            except VerificationError as error:
                # The error holds the report, with every decision and its reason.
                rejected += 1
                failed = [each for each in error.report.decisions if not each.passed]
                print(f"rejected  {scanned.subject.name}: {failed[0].reason}")
            else:
                print(f"accepted  {report.subject.name}: {report.verdict.origin.value}")
    return rejected


if __name__ == "__main__":
    sys.exit(1 if main([Path(name) for name in sys.argv[1:]]) else 0)
