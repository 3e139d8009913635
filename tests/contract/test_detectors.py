"""What a Detector owes: an answer for any bytes, in its own name, claiming no more than it may."""

from __future__ import annotations

import io

import msgspec
import pytest
from contracts import providers, registry
from credlabel_example import MEDIA_TYPE, MadeBy, build
from hypothesis import given, settings
from hypothesis import strategies as st

from credlabel.hookspecs import Asset, Detector
from credlabel.model import Evidence, Layer, Origin, Strength

DETECTORS = providers("credlabel_detectors")
KINDS = sorted({kind for form in registry().formats for kind in form.media_types})


def detects(detector, media_type, data):
    """Every piece of evidence is the detector's own, no signature, and the same each time."""
    subject = Asset("a", media_type, len(data))
    source = io.BytesIO(data)
    found = list(detector.detect(subject, source))
    assert source.getvalue() == data
    for evidence in found:
        assert isinstance(evidence, Evidence)
        assert evidence.detector == detector.name
        assert evidence.strength in (
            Strength.ASSERTED,
            Strength.INFERRED,
        )  # only the core verifies
        is_guess = evidence.strength is Strength.INFERRED
        assert is_guess == (evidence.score is not None)
        assert is_guess == (evidence.false_positive_rate is not None)
        # It crosses process boundaries and becomes JSON.
        assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence
    assert list(detector.detect(subject, io.BytesIO(data))) == found
    return found


def test_there_is_a_detector_to_hold_to_it():
    assert any(each.id == "exmp" for each in DETECTORS)


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=100, deadline=None)
@given(
    media_type=st.sampled_from([*KINDS, "text/plain", "application/octet-stream"]),
    head=st.sampled_from([b"", b"EXMP", b"EXMPMADE", b"EXMPMADE\0\0\0\2", b"\xff\xd8\xff\xe1"]),
    rest=st.binary(max_size=2000),
)
def test_any_bytes_of_any_type_are_answered(detector, media_type, head, rest):
    detects(detector, media_type, head + rest)


@pytest.mark.parametrize("detector", DETECTORS)
def test_samples_and_their_halves_are_answered(detector, samples):
    for path in samples.values():
        data = path.read_bytes()
        kind = registry().identify(data[:4096]) or "application/octet-stream"
        detects(detector, kind, data)
        detects(detector, kind, data[: len(data) // 2])


def test_the_example_finds_what_is_there():
    (evidence,) = detects(MadeBy(), MEDIA_TYPE, build("Painter"))
    assert evidence.details == {"made_by": "Painter"}


# ---------------------------------------------------------------------------- it can fail


class Fake:
    name = "fake"
    evidence = Evidence(
        detector="fake", kind=Layer.METADATA, strength=Strength.ASSERTED, origin=Origin.GENERATED
    )

    def detect(self, subject, source):
        return [self.evidence]


class Raises(Fake):
    def detect(self, subject, source):
        return [source.read()[5]]


class ClaimsASignature(Fake):
    evidence = msgspec.structs.replace(Fake.evidence, strength=Strength.SIGNED)


class GuessesWithoutRate(Fake):
    evidence = msgspec.structs.replace(Fake.evidence, strength=Strength.INFERRED, score=0.9)


class NamesAnother(Fake):
    evidence = msgspec.structs.replace(Fake.evidence, detector="c2pa")


class KeepsAnObject(Fake):
    evidence = msgspec.structs.replace(Fake.evidence, details={"at": (1, 2)})


class ReturnsText(Fake):
    def detect(self, subject, source):
        return ["generated"]


class Fickle(Fake):
    turns = 0

    def detect(self, subject, source):
        self.turns += 1
        return [self.evidence] * (self.turns % 2)


def test_a_good_detector_passes():
    assert isinstance(Fake(), Detector)
    assert detects(Fake(), "text/plain", b"") == [Fake.evidence]


@pytest.mark.parametrize(
    "bad",
    [
        Raises,
        ClaimsASignature,
        GuessesWithoutRate,
        NamesAnother,
        KeepsAnObject,
        ReturnsText,
        Fickle,
    ],
)
def test_a_bad_detector_is_noticed(bad):
    with pytest.raises((AssertionError, IndexError)):
        detects(bad(), "text/plain", b"")
