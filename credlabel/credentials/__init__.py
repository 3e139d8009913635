"""The one place that talks to c2pa-python: sign, read, findings in the standard's words.

Everything that c2pa-rs gets wrong or leaves open by default is settled here, once: the network is
off, thumbnails are off, the list of admissible key usages is complete, trust in time-stamps never
makes a signer trusted, and each failure becomes a :class:`~credlabel.model.Finding`.
"""

from __future__ import annotations

from credlabel.credentials import library  # noqa: F401 - before anything imports c2pa

# isort: split
from credlabel.credentials.binding import CollectionBinding, DataBinding, HardBinding
from credlabel.credentials.credentials import Credentials
from credlabel.credentials.reading import MAX_TEXT_BYTES, kept_elsewhere
from credlabel.credentials.store import repadded
from credlabel.credentials.values import (
    Claim,
    CredentialReading,
    CredentialState,
    Parent,
    TrustAnchors,
)

__all__ = [
    "MAX_TEXT_BYTES",
    "Claim",
    "CollectionBinding",
    "CredentialReading",
    "CredentialState",
    "Credentials",
    "DataBinding",
    "HardBinding",
    "Parent",
    "TrustAnchors",
    "kept_elsewhere",
    "repadded",
]
