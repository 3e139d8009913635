"""A detector: a text that says ``Generated-by: NAME`` near its beginning was generated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from credlabel import Evidence, Provenance
from credlabel.hookspecs import hookimpl
from credlabel.model import Layer, Origin, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credlabel.hookspecs import Asset

HEAD_BYTES = 4096
LINE = re.compile(rb"^\W*generated-by:[ \t]*(\S[^\r\n]{0,200})", re.IGNORECASE | re.MULTILINE)


class GeneratedBy:
    """Reads the line. Anybody could have typed it, so the evidence is merely *asserted*."""

    name = "generated-by"

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:
        """Return one piece of evidence, or none; never raise, whatever the bytes."""
        if not asset.media_type.startswith("text/"):
            return ()
        found = LINE.search(source.read(HEAD_BYTES))
        if found is None:
            return ()
        system = found[1].decode("utf-8", "replace").strip()
        return (
            Evidence(
                detector=self.name,
                kind=Layer.METADATA,
                strength=Strength.ASSERTED,
                origin=Origin.GENERATED,
                details={"line": system},
                provenance=Provenance(system=system),
            ),
        )


@hookimpl
def credlabel_detectors() -> Iterable[GeneratedBy]:
    """Return the detector. Called once, when credlabel loads its plugins."""
    return (GeneratedBy(),)
