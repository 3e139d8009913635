"""Label what machines make, and find out where any file came from.

The public names are these; each loads what it needs when it is first used, so that importing
credlabel costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from credlabel._version import __version__

if TYPE_CHECKING:
    from credlabel.credentials import TrustAnchors
    from credlabel.errors import CredlabelError, VerificationError
    from credlabel.label import Labelled, Labeller
    from credlabel.labelling import LabelSettings
    from credlabel.model import (
        Decision,
        Evidence,
        Filter,
        Finding,
        Model,
        Prompt,
        Provenance,
        Receipt,
        Report,
        Review,
        Simulator,
        SourceReference,
        Verdict,
    )
    from credlabel.plugins import PluginRegistry
    from credlabel.scan import Scanner, ScanPool, ScanSettings
    from credlabel.verify import Verifier
    from credlabel.watch import Watcher

_HOMES: Final = {
    "credentials": ("TrustAnchors",),
    "errors": ("CredlabelError", "VerificationError"),
    "labelling": ("LabelSettings",),
    "label": ("Labelled", "Labeller"),
    "model": (
        "Decision",
        "Evidence",
        "Filter",
        "Finding",
        "Model",
        "Prompt",
        "Provenance",
        "Receipt",
        "Report",
        "Review",
        "Simulator",
        "SourceReference",
        "Verdict",
    ),
    "plugins": ("PluginRegistry",),
    "scan": ("ScanPool", "ScanSettings", "Scanner"),
    "verify": ("Verifier",),
    "watch": ("Watcher",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CredlabelError",
    "Decision",
    "Evidence",
    "Filter",
    "Finding",
    "LabelSettings",
    "Labelled",
    "Labeller",
    "Model",
    "PluginRegistry",
    "Prompt",
    "Provenance",
    "Receipt",
    "Report",
    "Review",
    "ScanPool",
    "ScanSettings",
    "Scanner",
    "Simulator",
    "SourceReference",
    "TrustAnchors",
    "Verdict",
    "VerificationError",
    "Verifier",
    "Watcher",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'credlabel' has no attribute {name!r}")
    return getattr(import_module(f"credlabel.{home}"), name)


def __dir__() -> list[str]:
    return __all__
