"""The values: frozen, equal by value, the same JSON every time, and strict about what comes in."""

from datetime import UTC, datetime

import msgspec
import pytest

from credlabel.model import (
    Decision,
    Digest,
    Evidence,
    Integrity,
    Layer,
    Model,
    Origin,
    Prompt,
    Provenance,
    Receipt,
    Report,
    Review,
    Strength,
    Subject,
    Trust,
    Verdict,
    encode,
    schema,
)

REPORT = Report(
    subject=Subject(name="a.jpg", media_type="image/jpeg", size=3),
    verdict=Verdict(
        origin=Origin.UNKNOWN,
        strength=None,
        integrity=Integrity.NONE,
        trust=Trust.NONE,
        marks=(),
    ),
)


def test_values_are_frozen_and_compare_by_value():
    assert Model(name="a") == Model(name="a") != Model(name="b")
    with pytest.raises(AttributeError):
        Model(name="a").name = "b"
    with pytest.raises(TypeError):
        Model("a")


@pytest.mark.parametrize(
    "record",
    [
        {"models": [{"name": "m", "vresion": "1"}]},
        {"prompts": [{"text": "p", "digest": "x"}]},
        {"promt": "p"},
        {"reviews": [{"reviewer": "r", "by": "x"}]},
    ],
)
def test_a_misspelt_key_of_provenance_is_refused(record):
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert(record, Provenance)


@pytest.mark.parametrize("digest", ["ABCD", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n"])
def test_a_digest_is_64_lower_case_digits_or_nothing(digest):
    assert msgspec.convert({"sha256": "0a" * 32}, Prompt).sha256 == "0a" * 32
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sha256": digest}, Prompt)


@pytest.mark.parametrize("kind", [Provenance, Review])
def test_a_time_without_its_offset_is_refused(kind):
    field = "created" if kind is Provenance else "time"
    other = {} if kind is Provenance else {"reviewer": "r"}
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        msgspec.convert({field: "2026-01-01T00:00:00", **other}, kind)
    value = msgspec.convert({field: "2026-01-01T02:00:00+02:00", **other}, kind)
    assert getattr(value, field) == datetime(2026, 1, 1, tzinfo=UTC)


def test_what_a_record_does_not_say_is_not_in_its_json():
    assert encode(Provenance(system="Painter")) == b'{"system":"Painter"}'


def test_a_report_has_every_key_but_a_digest_that_was_not_computed():
    text = REPORT.to_json()
    assert text == (
        b'{"subject":{"name":"a.jpg","media_type":"image/jpeg","size":3},"verdict":{"origin":'
        b'"unknown","strength":null,"integrity":"none","trust":"none","marks":[],"conflicts":[],'
        b'"triage":null},"evidence":[],"findings":[],"decisions":[]}'
    )
    digested = msgspec.structs.replace(
        REPORT, subject=msgspec.structs.replace(REPORT.subject, digest=Digest(sha256="ab" * 32))
    )
    assert msgspec.json.decode(digested.to_json())["subject"]["digest"] == {"sha256": "ab" * 32}


def test_evidence_has_every_key():
    evidence = Evidence(
        detector="d", kind=Layer.METADATA, strength=Strength.ASSERTED, origin=Origin.GENERATED
    )
    assert list(msgspec.json.decode(encode(evidence))) == [
        "detector",
        "kind",
        "strength",
        "origin",
        "basis",
        "details",
        "provenance",
        "score",
        "false_positive_rate",
    ]


@pytest.mark.parametrize("kind", [Report, Receipt, Provenance, Decision])
def test_the_schema_describes_the_json(kind):
    made = schema(kind)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    described = made["$defs"][kind.__name__]
    assert list(described["properties"]) == list(kind.__struct_fields__)


def test_a_report_reads_back_from_its_json():
    assert msgspec.json.decode(REPORT.to_json(), type=Report) == REPORT
