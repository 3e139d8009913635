"""Any metadata whatever: every detector answers, in time, with what a report can hold."""

import contextlib
import json
import time

import pytest
from credlabel_plugins.marks._comfyui import MAX_GRAPHS, comfyui_traces
from credlabel_plugins.marks._fields import MAX_FIELDS, Fields
from credlabel_plugins.marks.aigc import Aigc, AigcMarker, AigcPropagatorMarker
from credlabel_plugins.marks.disclosure import Disclosure, DisclosureMarker
from credlabel_plugins.marks.generators import Generators
from credlabel_plugins.marks.iptc import Iptc, IptcMarker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credlabel.errors import LabelError
from credlabel.model import Provenance

DETECTORS = [Aigc(), Disclosure(), Generators(), Iptc()]
MARKERS = [AigcMarker(), AigcPropagatorMarker(), DisclosureMarker(), IptcMarker()]
RECORD = Provenance(
    source_type="trainedAlgorithmicMedia", system="Painter", provider="acme", identifier="7"
)
WRITABLE = ("xmp", "png", "markdown", "html:jsonld", "html:meta", "html:root", "pdf")
PLACES = [
    "png:parameters",
    "png:prompt",
    "png:workflow",
    "png:AIGC",
    "png:Dream",
    "exif:UserComment",
    "exif:Make",
    "exif:Model",
    "exif:Software",
    "exif:DateTimeOriginal",
    "xmp:TC260:AIGC/TC260:Label",
    "xmp:Iptc4xmpExt:DigitalSourceType",
    "xmp:Iptc4xmpExt:AIPromptInformation",
    "xmp:dc:description",
    "markdown:front-matter",
    "html:jsonld",
    "html:meta:ai-disclosure",
    "",
    ":",
    "}",
    "a/",
]
KEYS = ["AIGC", "Label", "prompt", "workflow", "nodes", "class_type", "inputs", "seed", "uc"]
KEYS += ["positive", "model", "image", "sui_image_params", "digitalSourceType", "@type", "scale"]
KEYS += ["links", "last_node_id", "type", "widgets_values", "steps", "extraMetadata", "Comment"]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\ud800", "KSampler", "1", "AIGC", "trainedAlgorithmicMedia", "img2img"]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
        | st.just(["1", 0])
    ),
    max_leaves=20,
)
METADATA = st.dictionaries(
    st.sampled_from(PLACES),
    st.lists(
        TEXTS | VALUES.map(json.dumps) | VALUES.map(lambda v: "prompt:" + json.dumps(v)),
        min_size=1,
        max_size=3,
    ),
    max_size=6,
)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.name)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(metadata=METADATA)
def test_any_metadata_are_answered_the_same_each_time(detect, detector, metadata):
    assert detect(detector, metadata) == detect(detector, metadata)


@pytest.mark.parametrize("marker", MARKERS, ids=lambda each: each.name)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(metadata=METADATA, media_type=st.sampled_from(["image/png", "text/markdown", "text/html"]))
def test_any_metadata_are_marked_or_refused(mark, detect, marker, metadata, media_type):
    try:
        fields, after = mark(marker, metadata, RECORD, places=WRITABLE, media_type=media_type)
    except LabelError:
        return
    for name, texts in fields.items():
        if name != "html:jsonld":
            assert all(text.encode() for text in texts)
    if "aigc" in marker.name:
        assert len(detect(Aigc(), after)) <= 1


def graph(count, *, inputs=1):
    return {
        str(number): {
            "class_type": "KSampler",
            "inputs": {
                "latent_image": [str(number + 1), 0],
                **{f"positive{each or ''}": [str(number + 1), 0] for each in range(inputs)},
            },
        }
        for number in range(count)
    }


HOSTILE = {
    "deep": "[" * 300_000,
    "deep object": '{"AIGC":' * 60_000,
    "digits": '{"seed": ' + "9" * 300_000 + "}",
    "quotes": "\nSteps: 1, " + 'a: "b, ' * 100_000,
    "commas": "\nSteps: 1, Seed: 1" + ", a: b" * 100_000,
    "colons": "Steps: " * 100_000,
    "long graph": json.dumps(graph(6000)),
    "wide graph": json.dumps(graph(150, inputs=150)),
    "yaml": "AIGC: {" + "a" * 1_000_000,
    "yaml lines": "AIGC:\n" + "  a: b\n" * 100_000,
    "options": '"' + "a" * 300_000 + '" -S' + " -s 1" * 100_000,
    "suno": "made with suno" + " id=" * 100_000,
    "midjourney": "a --v " * 100_000,
    "spaces": " " * 1_000_000,
    "nested text": json.dumps(json.dumps(json.dumps({"AIGC": {"Label": "1"}}))),
    "wide": json.dumps({str(number): {"digitalSourceType": "x"} for number in range(50_000)}),
    "surrogate": '{"prompt": "\\ud800", "uc": "\\udfff", "steps": 1, "scale": 1}',
    "surrogate label": '{"Label": "1", "ContentProducer": "\\ud800"}',
    "not a number": '{"prompt": NaN, "uc": Infinity, "steps": 1e999, "scale": -1}',
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.name)
def test_hostile_texts_cost_no_more_than_their_length(detect, detector, kind):
    start = time.perf_counter()
    for place in PLACES[1:6] + PLACES[13:17]:
        detect(detector, {place: HOSTILE[kind]})
    assert time.perf_counter() - start < 4


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("marker", MARKERS, ids=lambda each: each.name)
def test_hostile_texts_are_marked_in_time(mark, marker, kind):
    start = time.perf_counter()
    for place in PLACES[1:5] + PLACES[13:17]:
        with contextlib.suppress(LabelError):
            mark(marker, {place: HOSTILE[kind]}, RECORD, places=WRITABLE)
    assert time.perf_counter() - start < 4


@pytest.mark.parametrize("depth", range(950, 1000, 7))
def test_objects_of_any_depth_are_survived(detect, mark, depth):
    deep = '{"a":' * depth + "1" + "}" * depth
    metadata = {
        "png:AIGC": f'{{"Label":{deep}}}',
        "png:Comment": f'{{"a":{deep},"AIGC":{{"Label":1}}}}',
    }
    detect(Aigc(), metadata)
    mark(AigcMarker(), metadata, RECORD, places=WRITABLE)


def test_fields_and_graphs_are_read_up_to_a_limit():
    fields = Fields({"png:prompt": (json.dumps(graph(3)),) * 2000})
    assert len(list(fields.named("prompt"))) == MAX_FIELDS
    assert len(list(comfyui_traces(fields))) == MAX_GRAPHS


def test_many_fields_are_no_harm(detect):
    many = {f"png:prompt{number}": "{}" for number in range(10_000)}
    many["png:prompt"] = [json.dumps(graph(50))] * 5000
    many["exif:UserComment"] = ["Steps: 1, Seed: 1, " + 'a: "b, ' * 1200] * 500
    start = time.perf_counter()
    for detector in DETECTORS:
        detect(detector, many)
    assert time.perf_counter() - start < 4
