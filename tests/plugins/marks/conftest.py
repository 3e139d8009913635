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


@pytest.fixture
def mark(detect):
    """Write a mark into metadata: what it changes, and the metadata with the changes.

    Every answer must be fit for a writer, and once it is written, there is nothing to be changed.
    """

    def write(marker, metadata, record, *, places, media_type="image/jpeg", evidence=()):
        texts = {key: (v,) if isinstance(v, str) else tuple(v) for key, v in metadata.items()}
        places = frozenset(places)

        def ask(of):
            asset = Asset("a", media_type, 1, read=lambda: of, detect=lambda: tuple(evidence))
            return dict(marker.fields(asset, places, record))

        fields = ask(texts)
        for name, said in fields.items():
            assert any(name == place or name.startswith(f"{place}:") for place in places), name
            assert isinstance(said, tuple)
            if name != "html:jsonld":  # where others are repeated as they are
                assert all(text and text == text.strip() for text in said)
        replaced = tuple(f"{name}/" for name in fields)  # structures of XMP
        kept = {name: said for name, said in texts.items() if not name.startswith(replaced)}
        after = {name: said for name, said in {**kept, **fields}.items() if said}
        again = ask(after)
        assert bool(again) is bool(fields)
        assert all(after.get(name) == said for name, said in again.items())
        return fields, after

    return write


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
