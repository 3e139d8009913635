"""What a Marker owes: the content with its mark in it, and a word that a detector bears out."""

from __future__ import annotations

import io

import pytest
from contracts import providers, registry
from credlabel_example import MEDIA_TYPE, Exmp, MadeBy, build, chunks_of

from credlabel.errors import AssetError
from credlabel.hookspecs import Asset, Marker
from credlabel.model import Evidence, Layer, Model, Prompt, Provenance, Strength

MARKERS = providers("credlabel_markers")
RECORD = Provenance(
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    provider="Acme",
    system="Painter",
    models=(Model(name="painter", version="3"),),
    prompts=(Prompt(text="hills"),),
)


def marks(marker, form, detectors, media_type, data):
    """The sink holds the whole content with the mark, which is found and is what was promised.

    The source is read and never written, wherever it stood; so are its first bytes.
    """
    assert marker.accepts(media_type) is True
    source, sink = io.BytesIO(data), io.BytesIO()
    source.seek(2)
    promised = marker.mark(source, sink, RECORD)
    assert source.getvalue() == data
    assert isinstance(promised, Evidence)
    assert promised.strength is not Strength.SIGNED
    assert promised.kind in (Layer.METADATA, Layer.WATERMARK)
    marked = sink.getvalue()
    assert marked != data
    assert form.accepts(marked[:4096]) == media_type
    form.check_whole(io.BytesIO(marked))
    subject = Asset("a", media_type, len(marked))
    found = [
        evidence
        for detector in detectors
        for evidence in detector.detect(subject, io.BytesIO(marked))
    ]
    assert promised in found
    return marked


def is_idempotent(marker, media_type, marked):
    """Marking what is marked so already changes nothing."""
    again = io.BytesIO()
    marker.mark(io.BytesIO(marked), again, RECORD)
    assert again.getvalue() == marked


def refuses_damage(marker, data):
    """What can't take the mark is an AssetError, and nothing else."""
    for cut in (0, 3, len(data) // 2):
        with pytest.raises(AssetError):
            marker.mark(io.BytesIO(data[:cut]), io.BytesIO(), RECORD)


def samples_for(marker, samples):
    found = registry()
    files = [path.read_bytes() for path in samples.values()]
    for data in (*files, build("", payload=b"content" * 10)):
        media_type = found.identify(data[:4096])
        if media_type is not None and marker.accepts(media_type):
            yield found.format_of(media_type), media_type, data


class Fake:
    """Marks EXMP files as the example's detector reads them."""

    name = "fake"

    def accepts(self, media_type):
        return media_type == MEDIA_TYPE

    def mark(self, source, sink, provenance):
        payload = b"".join(data for tag, data in chunks_of(source) if tag == b"DATA")
        sink.write(build(provenance.system, payload=payload))
        subject = Asset("", MEDIA_TYPE, 0)
        (evidence,) = MadeBy().detect(subject, sink)
        return evidence


@pytest.mark.parametrize("marker", [*MARKERS, Fake()])
def test_every_marker_marks_what_it_says_it_can(marker, samples):
    assert isinstance(marker, Marker)
    cases = list(samples_for(marker, samples))
    assert cases, "there is no sample that it has a place in"
    for form, media_type, data in cases:
        marked = marks(marker, form, registry().detectors, media_type, data)
        is_idempotent(marker, media_type, marked)
        refuses_damage(marker, data)


@pytest.mark.parametrize("marker", [*MARKERS, Fake()])
def test_every_marker_declines_what_it_does_not_know(marker):
    assert marker.accepts("application/x-nobody-knows") is False


# ---------------------------------------------------------------------------- it can fail


class WritesHalf(Fake):
    def mark(self, source, sink, provenance):
        evidence = super().mark(source, sink, provenance)
        sink.truncate(len(sink.getvalue()) // 2)
        return evidence


class WritesIntoTheSource(Fake):
    def mark(self, source, sink, provenance):
        evidence = super().mark(source, sink, provenance)
        source.write(b"!")
        return evidence


class MarksNothing(Fake):
    def mark(self, source, sink, provenance):
        evidence = super().mark(source, io.BytesIO(), provenance)
        source.seek(0)
        sink.write(source.read())
        return evidence


class PromisesTooMuch(Fake):
    def mark(self, source, sink, provenance):
        super().mark(source, sink, provenance)
        sink.seek(0)
        sink.truncate()
        sink.write(build("somebody else"))
        return super().mark(source, io.BytesIO(), provenance)


DATA = build("", payload=b"content" * 10)


@pytest.mark.parametrize("bad", [WritesHalf, WritesIntoTheSource, MarksNothing, PromisesTooMuch])
def test_a_bad_marker_is_noticed(bad):
    with pytest.raises((AssertionError, AssetError)):
        marks(bad(), Exmp(), [MadeBy()], MEDIA_TYPE, DATA)


class Adds(Fake):
    def mark(self, source, sink, provenance):
        source.seek(0)
        sink.write(source.read() + b"once more")


class TakesAnything(Fake):
    def mark(self, source, sink, provenance):
        sink.write(build(provenance.system))


def test_a_marker_that_marks_twice_or_takes_anything_is_noticed():
    with pytest.raises(AssertionError):
        is_idempotent(Adds(), MEDIA_TYPE, DATA)
    with pytest.raises(pytest.fail.Exception):
        refuses_damage(TakesAnything(), DATA)
