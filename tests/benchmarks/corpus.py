"""Make the files that the benchmarks work on: noise pictures of a given size, a key, labels."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from credlabel.batch import LabelJob
from credlabel.home import Home
from credlabel.keys import KeyStore
from credlabel.model import Model, Provenance

if TYPE_CHECKING:
    from pathlib import Path

PROVENANCE = Provenance(
    provider="Acme", system="Painter", system_version="3", models=(Model(name="painter"),)
)


def jpeg(size: int, *, seed: int = 0) -> bytes:
    """Return a JPEG of noise with about ``size`` bytes."""
    random = np.random.default_rng(seed)
    side = int((size / 1.05) ** 0.5)
    data = b""
    while len(data) < size * 0.97:
        picture = Image.fromarray(random.integers(0, 255, (side, side, 3), dtype="uint8"))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=80)
        data = buffer.getvalue()
        side = int(side * max(1.01, (size / len(data)) ** 0.5))
    return data


def folder_of(folder: Path, data: bytes, count: int, *, suffix: str = ".jpg") -> list[Path]:
    """Write ``count`` copies of ``data`` into subfolders of a thousand; return their paths."""
    paths = []
    for number in range(count):
        part = folder / f"{number // 1000:03d}"
        if number % 1000 == 0:
            part.mkdir(parents=True, exist_ok=True)
        path = part / f"{number:06d}{suffix}"
        path.write_bytes(data)
        paths.append(path)
    return paths


def job(home: Path) -> LabelJob:
    """Return a label job with a development key made in ``home``."""
    entry = KeyStore(Home(home), clock=lambda: datetime.now(UTC)).ensure_development()
    return LabelJob(signer=entry.uri, provenance=PROVENANCE)


def bare_context() -> Any:
    """Return the library's context as a careful user of c2pa-python would set it up."""
    import c2pa

    return c2pa.Context.from_dict(
        {
            "verify": {"remote_manifest_fetch": False, "verify_after_sign": True},
            "builder": {"thumbnail": {"enabled": False}},
        }
    )


def bare_manifest() -> dict[str, Any]:
    """Return the manifest definition that credlabel writes for ``PROVENANCE``."""
    from credlabel.manifest import claim_of
    from credlabel.terms import TRAINED_ALGORITHMIC_MEDIA

    record = Provenance(
        source_type=TRAINED_ALGORITHMIC_MEDIA,
        provider=PROVENANCE.provider,
        system=PROVENANCE.system,
        system_version=PROVENANCE.system_version,
        models=PROVENANCE.models,
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return claim_of(record, title="bare.jpg", edits=False, input_sha256="0" * 64).definition
