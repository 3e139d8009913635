"""All marks in whole files: written at once, found again by the scanner, and not written twice."""

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from credlabel_plugins.marks.aigc import AigcMarker, AigcPropagatorMarker
from credlabel_plugins.marks.disclosure import DisclosureMarker
from credlabel_plugins.marks.iptc import IptcMarker

from credlabel.hookspecs import Asset, MetadataWriter
from credlabel.model import Layer, Model, Origin, Prompt, Provenance, Strength
from credlabel.scan import Scanner
from credlabel.terms import IPTC

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
SUFFIXES = {
    *(".jpg", ".png", ".webp", ".gif", ".tiff", ".dng", ".heic", ".heif", ".avif", ".jxl", ".svg"),
    *(".mp4", ".m4v", ".mov", ".m4a", ".avi", ".wav", ".mp3", ".flac", ".pdf", ".md", ".html"),
    *(".epub", ".odt", ".odp", ".ods", ".docx", ".dotx", ".docm", ".pptx", ".xlsx"),
}
FILES = sorted(path for path in SAMPLES.glob("*/hills*") if path.suffix in SUFFIXES)
CODE = "001191110102MACQD9K64018705"
RECORD = Provenance(
    source_type=IPTC + "trainedAlgorithmicMedia",
    provider=CODE,
    system="Maler & Söhne",
    system_version="3",
    models=(Model(name="maler", version="3"),),
    prompts=(Prompt(text='hills at "dawn",\n<fog> & 画'),),
    created=datetime(2026, 11, 22, 8, tzinfo=UTC),
    identifier="urn:uuid:123e4567-e89b-12d3-a456-426614174000",
)


class Marking:
    """One file with its format, and how the markers see it."""

    def __init__(self, scanner, data, name):
        self.scanner, self.data, self.name = scanner, data, name
        self.media_type = scanner.identify(io.BytesIO(data), name)
        self.format = scanner.plugins.format_of(self.media_type)
        can_write = isinstance(self.format, MetadataWriter)
        self.places = self.format.writable_places(self.media_type) if can_write else frozenset()

    @property
    def metadata(self):
        return self.format.read_metadata(io.BytesIO(self.data))

    def fields(self, markers, record, evidence=()):
        asset = Asset(
            self.name,
            self.media_type,
            len(self.data),
            read=lambda: self.metadata,
            detect=lambda: evidence,
        )
        said = {}
        for marker in markers:
            fields = marker.fields(asset, self.places, record)
            assert not said.keys() & fields.keys()
            said |= fields
        return said

    def write(self, fields):
        sink = io.BytesIO()
        self.format.write_metadata(io.BytesIO(self.data), sink, fields)
        self.data = sink.getvalue()

    def evidence(self):
        return [
            each
            for each in self.scanner.scan_bytes(self.data, name=self.name).evidence
            if each.kind is Layer.METADATA
        ]


def test_there_is_a_sample_of_each():
    assert {path.suffix for path in FILES} == SUFFIXES


@pytest.fixture(scope="module")
def scanner():
    return Scanner()


@pytest.fixture(params=FILES, ids=[path.name for path in FILES])
def marked(request, scanner):
    """A file in which all marks are."""
    file = Marking(scanner, request.param.read_bytes(), request.param.name)
    fields = file.fields((IptcMarker(), DisclosureMarker(), AigcMarker()), RECORD)
    assert fields
    file.write(fields)
    return file


def test_the_marks_are_found_again(marked):
    found = marked.evidence()
    labels = [each for each in found if each.detector == "aigc"]
    assert len(labels) == 1
    assert len([p for p in labels[0].details["places"] if p != "markdown:front-matter"]) == 1
    for each in found:
        assert (each.origin, each.strength) == (Origin.GENERATED, Strength.ASSERTED)
        assert "conflicts" not in each.details
        if each.detector in ("iptc", "disclosure"):
            told = each.provenance
            assert told.source_type == RECORD.source_type
            if "markdown" not in marked.places:  # which has no names for them
                assert (told.system, told.system_version) == ("Maler & Söhne", "3")
    if "xmp" in marked.places:
        (told,) = [each.provenance for each in found if each.detector == "iptc"]
        assert told.prompts[0].text == RECORD.prompts[0].text


def test_there_is_nothing_to_be_written_twice(marked):
    markers = (IptcMarker(), DisclosureMarker(), AigcMarker())
    fields = marked.fields(markers, msgspec.structs.replace(RECORD, created=datetime.now(UTC)))
    metadata = marked.metadata
    for name, texts in fields.items():
        assert metadata.get(name, ()) == texts, name


def test_a_platform_and_an_editor_leave_one_label_each(marked):
    markers = (AigcPropagatorMarker(),)
    platform = Provenance(provider="platform", identifier="p-1")
    fields = marked.fields(markers, platform)
    marked.write(fields)
    (label,) = [each for each in marked.evidence() if each.detector == "aigc"]
    assert label.details["ContentProducer"] == CODE
    assert label.details["ContentPropagator"] == "platform"
    editor = msgspec.structs.replace(
        RECORD,
        source_type=IPTC + "compositeWithTrainedAlgorithmicMedia",
        system="Other",
        system_version="",
        provider="other",
        identifier="o-1",
    )
    marked.write(marked.fields((IptcMarker(), DisclosureMarker(), AigcMarker()), editor))
    found = marked.evidence()
    (label,) = [each for each in found if each.detector == "aigc"]
    assert label.details["ContentPropagator"] == label.details["ContentProducer"] == "other"
    for each in found:
        if each.detector in ("iptc", "disclosure"):
            assert each.origin is Origin.EDITED_WITH_AI
            if "markdown" not in marked.places:
                assert each.provenance.system == "Other"
                assert each.provenance.system_version == ""
            assert "conflicts" not in each.details
