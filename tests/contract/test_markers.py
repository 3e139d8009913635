"""What markers owe: the content with their mark in it, and a word that a detector bears out."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from contracts import has, providers, registry
from credlabel_example import MEDIA_TYPE, Exmp, MadeBy, build, chunks_of

from credlabel.errors import AssetError
from credlabel.hookspecs import Asset, Marker, MetadataMarker, MetadataWriter
from credlabel.model import (
    Basis,
    Evidence,
    Layer,
    Model,
    Origin,
    Prompt,
    Provenance,
    Strength,
)

MARKERS = [each for each in providers("credlabel_markers") if isinstance(each.values[0], Marker)]
METADATA_MARKERS = has(MetadataMarker, "credlabel_markers")
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


# ---------------------------------------------------------------------------- in metadata


FULL = Provenance(
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    provider="001191110102MAD55U9H0F10002",
    system="Painter",
    system_version="3.1",
    models=(Model(name="painter", version="3"),),
    prompts=(Prompt(text='hills, "blue" & <wide>'),),
    created=datetime(2026, 11, 22, 10, tzinfo=UTC),
    identifier="urn:uuid:98ae6b12-23e2-49af-b98a-780706f8e584",
)


def asset_of(form, each, data, *, evidence=()):
    return Asset(
        each.name,
        each.kind,
        len(data),
        read=lambda: form.read_metadata(io.BytesIO(data)),
        detect=lambda: evidence,
    )


def writable(files):
    for each in files:
        form = registry().format_of(each.kind)
        if isinstance(form, MetadataWriter):
            yield each, form, form.writable_places(each.kind)


TOOLS = {"riff:ISFT"}


def generated():
    """What has been found before: the mark of a platform depends on it."""
    return Evidence(
        detector="test",
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        origin=Origin.GENERATED,
        basis=Basis.TRACE,
    )


@pytest.mark.parametrize("marker", METADATA_MARKERS)
def test_what_is_said_can_be_written_is_found_and_is_not_said_twice(marker, files):
    assert marker.required <= set(Provenance.__struct_fields__)
    said = 0
    for each, form, places in writable(files):
        evidence = (generated(),)
        asset = asset_of(form, each, each.data, evidence=evidence)
        fields = dict(marker.fields(asset, places, FULL))
        assert all(name.startswith(tuple(places)) for name in fields), (each.name, fields, places)
        if not fields:
            continue
        said += 1
        sink = io.BytesIO()
        form.write_metadata(io.BytesIO(each.data), sink, fields)
        marked = asset_of(form, each, sink.getvalue(), evidence=evidence)
        assert {name: marked.metadata.get(name, ()) for name in fields} == fields, each.name
        found = [e for d in registry().detectors for e in d.detect(marked, sink)]
        if fields.keys() <= TOOLS:  # the program's name alone says nothing of the origin
            continue
        assert found, each.name
        assert {e.kind for e in found} == {Layer.METADATA}
        assert not any(e.details.get("conflicts") for e in found), each.name
        again = marker.fields(marked, places, FULL)
        assert {name: marked.metadata.get(name, ()) for name in again} == dict(again), each.name
    assert said


@pytest.mark.parametrize("marker", METADATA_MARKERS)
def test_where_there_is_no_place_nothing_is_said(marker):
    asset = Asset("a.txt", "text/plain", 3)
    assert marker.fields(asset, frozenset(), FULL) == {}


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
