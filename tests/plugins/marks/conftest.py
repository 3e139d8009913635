"""Detectors asked about metadata that a test writes down, without any file."""

import io
import itertools

import msgspec
import pytest

from credlabel.hookspecs import Asset
from credlabel.model import Evidence, Layer, Strength


@pytest.fixture
def detect():
    """Ask a detector about metadata; every answer must survive its way through JSON."""

    def ask(detector, metadata, *, data=b"", media_type="image/png"):
        texts = {key: (v,) if isinstance(v, str) else tuple(v) for key, v in metadata.items()}
        asset = Asset("a", media_type, len(data), read=lambda: texts)
        found = list(detector.detect(asset, io.BytesIO(data)))
        for evidence in found:
            assert evidence.detector == detector.name
            assert (evidence.kind, evidence.strength) == (Layer.METADATA, Strength.ASSERTED)
            assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence
        return found

    return ask


@pytest.fixture
def one(detect):
    """Ask a detector that must have exactly one answer."""

    def ask(detector, metadata, **options):
        (evidence,) = detect(detector, metadata, **options)
        return evidence

    return ask


@pytest.fixture(scope="session")
def hidden():
    """Make the pixels of a picture that hides bytes, as NovelAI does, in Pillow's order."""
    from PIL import Image

    def hide(signature, payload, *, size=(64, 200), mode="RGBA", channels="A"):
        bits = "".join(
            f"{byte:08b}" for byte in signature + (len(payload) * 8).to_bytes(4, "big") + payload
        )
        digits = itertools.chain(map(int, bits), itertools.repeat(1))
        picture = Image.new(mode, size, (100, 150, 200, 254)[: len(mode)])
        pixels = picture.load()
        for x in range(size[0]):
            for y in range(size[1]):
                values = list(pixels[x, y])
                for index in (3,) if channels == "A" else (0, 1, 2):
                    values[index] = values[index] & 0xFE | next(digits)
                pixels[x, y] = tuple(values)
        return picture

    return hide
