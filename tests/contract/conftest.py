"""What the formats are held to their contracts with: samples, each with the type that it is of."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import pytest
from contracts import registry
from credlabel_example import build

from credlabel.asset import AssetReader
from credlabel.credentials import Credentials

DOCUMENTS = Path(__file__).parents[2] / "samples" / "documents"


class Sample(NamedTuple):
    """One small file without a credential, and what credlabel takes it for."""

    name: str
    kind: str
    data: bytes

    @property
    def ending(self):
        return self.name.rpartition(".")[2]


@pytest.fixture(scope="session")
def kind_of():
    """Returns the media type of some bytes under a name, as credlabel identifies them."""
    reader = AssetReader(registry(), Credentials())
    return lambda data, name: reader.identify(io.BytesIO(data), name)


@pytest.fixture(scope="session")
def files(samples, kind_of):
    """Every sample: media, documents, and one of the example's."""
    paths = [*samples.values(), *sorted(DOCUMENTS.iterdir())]
    found = [(path.name, path.read_bytes()) for path in paths]
    found.append(("contract.exmp", build("contract", payload=b"x" * 100)))
    return [Sample(name, kind_of(data, name), data) for name, data in found]
