"""Provenance to a manifest and back: every word of it, and nothing that was to stay private."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from making import GENERATED, definition, read, sample, sign, signer

from credlabel import terms
from credlabel.errors import ConfigError
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.manifest import (
    actions_of,
    assertion_data,
    claim_of,
    input_sha256_of,
    provenance_of,
    with_prompt_digests,
)
from credlabel.model import (
    Filter,
    Model,
    Prompt,
    Provenance,
    Review,
    Simulator,
    SourceReference,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
EMPTY = hashlib.sha256(b"").hexdigest()
FULL = Provenance(
    source_type=GENERATED,
    provider="Acme",
    system="Painter",
    system_version="7.1",
    models=(
        Model(name="diffuser", version="3", uri="https://example.com/diffuser"),
        Model(name="diffuser", version="3"),
        Model(name="upscaler"),
    ),
    prompts=(Prompt(text="a castle on a hill"), Prompt(sha256=EMPTY), Prompt(text="写真 \0 🏰")),
    simulators=(Simulator(name="Mitsuba", version="3.5", uri="https://example.com/m"),),
    sources=(
        SourceReference(name="hills", uri="https://example.com/hills", sha256=EMPTY),
        SourceReference(name="hills", sha256=EMPTY),
    ),
    filters=(Filter(name="nsfw", version="2", result="passed"),),
    reviews=(Review(reviewer="Eva", outcome="accepted", time=NOW),),
    created=NOW,
    identifier="urn:uuid:1",
    verify_uri="https://example.com/verify?id=1&x=<2>",
)
BY_DIGEST = Labeller(signer())
AS_TEXT = Labeller(signer(), settings=LabelSettings(prompts="text"))
FILES = ("hills.txt", "hills.jpg", "hills.png")


def round_trip(labeller, provenance, name="hills.txt"):
    made = labeller.label_bytes(sample(name), name=name, provenance=provenance)
    return provenance_of(read(made.data, name=name, sidecar=made.sidecar))


# ---------------------------------------------------------------------------- it reads back equal


@pytest.mark.parametrize("name", FILES)
def test_a_full_record_reads_back_equal(name):
    assert round_trip(AS_TEXT, FULL, name) == FULL
    digested = with_prompt_digests(FULL)
    assert digested != FULL
    assert round_trip(BY_DIGEST, FULL, name) == digested


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
DIGEST = st.one_of(st.just(""), st.binary(min_size=32, max_size=32).map(bytes.hex))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.one_of(st.just(UTC), ZONES),
)


def several(**fields):
    kind = fields.pop("kind")
    return st.lists(st.builds(kind, **fields), max_size=3).map(tuple)


RECORDS = st.builds(
    Provenance,
    source_type=st.sampled_from([terms.source_type_uri(code) for code in terms.SOURCE_TYPES]),
    provider=TEXT,
    system=TEXT,
    system_version=TEXT,
    models=several(kind=Model, name=NAME, version=TEXT, uri=TEXT),
    prompts=several(kind=Prompt, text=TEXT, sha256=DIGEST).map(
        lambda prompts: tuple(p for p in prompts if p.text or p.sha256)
    ),
    simulators=several(kind=Simulator, name=NAME, version=TEXT, uri=TEXT),
    sources=several(kind=SourceReference, name=NAME, uri=TEXT, sha256=DIGEST),
    filters=several(kind=Filter, name=NAME, version=TEXT, result=TEXT),
    reviews=several(kind=Review, reviewer=NAME, outcome=TEXT, time=st.one_of(st.none(), TIMES)),
    created=TIMES,
    identifier=TEXT,
    verify_uri=TEXT,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record=RECORDS, name=st.sampled_from(FILES))
@example(record=Provenance(source_type=GENERATED, system_version="2", created=NOW), name=FILES[0])
def test_any_record_reads_back_equal(record, name):
    assert round_trip(AS_TEXT, record, name) == record
    assert round_trip(BY_DIGEST, record, name) == with_prompt_digests(record)


def test_a_second_label_reads_back_as_itself_and_not_as_the_first():
    first = BY_DIGEST.label_bytes(sample("hills.png"), provenance=FULL)
    again = Provenance(source_type=GENERATED, system="Retoucher", created=NOW)
    second = BY_DIGEST.label_bytes(first.data, provenance=again)
    assert provenance_of(read(second.data)) == again


def test_a_code_is_written_as_its_full_address_and_the_time_is_filled_in():
    made = round_trip(BY_DIGEST, Provenance(source_type="digitalCapture"))
    assert made.source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    assert abs(datetime.now(UTC) - made.created) < timedelta(minutes=1)
    assert made.created.microsecond == 0


@pytest.mark.parametrize(
    ("name", "record", "expected"),
    [
        ("hills.png", Provenance(), "trainedAlgorithmicMedia"),
        ("hills.txt", Provenance(), "trainedAlgorithmicMedia"),
        ("hills.csv", Provenance(), "trainedAlgorithmicData"),
        ("hills.json", Provenance(), "trainedAlgorithmicData"),
        # No training data is in what a simulator made: to say so would be a false claim.
        ("hills.png", Provenance(simulators=(Simulator(name="s"),)), "algorithmicMedia"),
        ("hills.csv", Provenance(simulators=(Simulator(name="s"),)), "algorithmicMedia"),
        (
            "hills.png",
            Provenance(simulators=(Simulator(name="s"),), models=(Model(name="m"),)),
            "trainedAlgorithmicMedia",
        ),
    ],
)
def test_the_source_type_has_a_default_that_fits(name, record, expected):
    assert round_trip(BY_DIGEST, record, name).source_type.rpartition("/")[2] == expected


@pytest.mark.parametrize(
    "record",
    [
        Provenance(source_type="generated"),
        Provenance(system="half a character: \udcff"),
        Provenance(prompts=(Prompt(text="\ud800"),)),
        Provenance(prompts=(Prompt(sha256="abc"),)),
        Provenance(prompts=(Prompt(),)),
        Provenance(models=(Model(name=5),)),
        Provenance(models=(Model(name=""),)),
        Provenance(reviews=(Review(reviewer=""),)),
        Provenance(created=datetime(2026, 1, 1)),  # noqa: DTZ001
        Provenance(sources=tuple(SourceReference(name=str(n)) for n in range(1000))),
    ],
)
def test_a_record_that_can_not_be_written_is_the_requests_fault(record):
    with pytest.raises(ConfigError):
        BY_DIGEST.label_bytes(b"words", provenance=record)


def test_a_prompt_too_long_to_be_read_back_as_text_is_refused_and_its_digest_is_not():
    record = Provenance(prompts=(Prompt(text="x" * 70_000),))
    with pytest.raises(ConfigError, match="A prompt of more than"):
        AS_TEXT.label_bytes(b"words", provenance=record)
    assert round_trip(BY_DIGEST, record).prompts == with_prompt_digests(record).prompts
    fits = Provenance(prompts=(Prompt(text="x" * 60_000),))
    assert round_trip(AS_TEXT, fits).prompts == fits.prompts


# ---------------------------------------------------------------------------- as others see it


@pytest.fixture(scope="module")
def written():
    return read(BY_DIGEST.label_bytes(sample("hills.jpg"), provenance=FULL).data)


def assertion(reading, label):
    (found,) = [a for a in reading.active["assertions"] if a["label"] == label]
    return found


def test_the_actions_are_the_claims_own_and_complete(written):
    actions = assertion(written, "c2pa.actions.v2")
    assert actions["created"] is True
    assert actions["data"]["allActionsIncluded"] is True
    (action,) = actions["data"]["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == GENERATED
    assert action["softwareAgent"] == {"name": "Painter", "version": "7.1"}
    assert action["when"] == "2026-11-23T12:00:00.250000Z"
    count = len(FULL.models) + len(FULL.prompts) + len(FULL.sources)
    assert len(action["parameters"]["ingredients"]) == count


def test_every_assertion_of_ours_is_the_claims_own(written):
    for label in ("c2pa.actions.v2", "c2pa.ai-disclosure", "org.credlabel.provenance"):
        assert assertion(written, label)["created"] is True


def test_the_specification_is_named(written):
    (generator,) = written.active["claim_generator_info"]
    assert generator["name"] == "credlabel"
    assert generator["specVersion"] == terms.SPEC_VERSION


def test_the_inputs_are_ingredients_with_their_types(written):
    inputs = written.active["ingredients"]
    assert {i["relationship"] for i in inputs} == {"inputTo"}
    types = [i["data_types"][0]["type"] for i in inputs]
    assert types.count("c2pa.types.generator.prompt") == 3
    assert types.count("c2pa.types.model") == 3
    assert types.count("c2pa.types.dataset") == 2
    assert not any("thumbnail" in i for i in inputs)


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("Approved", "human_validated"), ("rejected", "prompt_guided"), ("", "prompt_guided")],
)
def test_only_an_approval_counts_as_validation_by_a_human(outcome, level):
    record = Provenance(
        models=(Model(name="m"),),
        prompts=(Prompt(text="p"),),
        reviews=(Review(reviewer="Ann", outcome=outcome),),
    )
    definition = claim_of(record, title="t", edits=False).definition
    (data,) = (a["data"] for a in definition["assertions"] if a["label"] == "c2pa.ai-disclosure")
    assert data["contentProfile"] == {"humanOversightLevel": level}


def test_the_disclosure_names_the_model_and_the_human(written):
    disclosure = assertion(written, "c2pa.ai-disclosure")["data"]
    assert disclosure["modelType"] == "c2pa.types.model"
    assert disclosure["modelName"] == "diffuser"
    assert disclosure["modelIdentifier"] == "https://example.com/diffuser"
    assert disclosure["contentProfile"] == {"humanOversightLevel": "human_validated"}


@pytest.mark.parametrize(
    ("record", "level"),
    [
        (Provenance(models=FULL.models, prompts=FULL.prompts), "prompt_guided"),
        (Provenance(models=FULL.models), None),
        (Provenance(prompts=FULL.prompts), "no disclosure"),
    ],
)
def test_no_oversight_is_claimed_that_is_not_shown(record, level):
    reading = read(BY_DIGEST.label_bytes(sample("hills.png"), provenance=record).data)
    disclosure = assertion_data(reading.active, "c2pa.ai-disclosure")
    if level == "no disclosure":
        assert disclosure == {}
    else:
        assert disclosure.get("contentProfile", {}).get("humanOversightLevel") == level


def test_what_c2pa_has_no_place_for_is_in_our_own_assertion_and_nothing_else(written):
    ours = assertion(written, "org.credlabel.provenance")["data"]
    assert set(ours) == {
        "provider",
        "simulators",
        "filters",
        "reviews",
        "identifier",
        "verify_uri",
        "input_sha256",
    }
    digest = hashlib.sha256(sample("hills.jpg")).hexdigest()
    assert ours["input_sha256"] == input_sha256_of(written) == digest


@pytest.mark.parametrize("name", FILES)
def test_no_prompt_is_in_the_bytes_unless_asked_for(name):
    secret = "the moon over Ember Law"
    record = Provenance(prompts=(Prompt(text=secret),))

    def bytes_of(labeller):
        made = labeller.label_bytes(sample(name), name=name, provenance=record)
        return made.data + (made.sidecar or b"")

    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        assert secret.encode(encoding) not in bytes_of(BY_DIGEST)
    assert secret.encode() in bytes_of(AS_TEXT)  # so the search above finds what is there


# ---------------------------------------------------------------------------- other people's


def test_a_foreign_manifest_is_read_as_far_as_the_standard_goes():
    action = {
        "action": "c2pa.created",
        "digitalSourceType": GENERATED,
        "softwareAgent": "DALL-E",
    }
    claim = definition(action)
    claim["assertions"][0]["label"] = "c2pa.actions"
    data, _ = sign(sample("hills.jpg"), "image/jpeg", claim)
    assert provenance_of(read(data)) == Provenance(source_type=GENERATED, system="DALL-E")


@pytest.mark.parametrize(
    "ours",
    [
        {"provider": 5},
        {"provider": 2**70},
        {"reviews": [{"reviewer": "r", "time": "yesterday"}]},
        {"reviews": [{"reviewer": "r", "time": "2026-01-01T00:00:00"}]},
        {"filters": {}, "provider": "kept by nobody"},
        {"simulators": [{"name": "s", "colour": "red"}]},
    ],
)
def test_an_assertion_that_only_pretends_to_be_ours_spoils_nothing_else(ours):
    action = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    fake = {"label": terms.PROVENANCE, "data": ours, "created": True}
    data, _ = sign(sample("hills.jpg"), "image/jpeg", definition(action, assertions=[fake]))
    assert provenance_of(read(data)) == Provenance(source_type=GENERATED)


@pytest.mark.parametrize("name", ["AAAA", "", "@@@", "é", "A" * 43 + "Z" * 40])
def test_a_digest_of_another_length_is_none(name):
    prompt = {
        "title": "p",
        "relationship": "inputTo",
        "instance_id": f"ni:///sha-256;{name}",
        "data_types": [{"type": "c2pa.types.generator.prompt"}],
    }
    action = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    data, _ = sign(sample("hills.jpg"), "image/jpeg", definition(action, ingredients=[prompt]))
    assert provenance_of(read(data)).prompts == (Prompt(),)


def test_actions_of_every_version_are_seen():
    manifest = {
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [{"action": "a"}]}},
            {"label": "c2pa.actions.v2__1", "data": {"actions": [{"action": "b"}]}},
            {"label": "other", "data": {"actions": [{"action": "c"}]}},
        ]
    }
    assert [action["action"] for action in actions_of(manifest)] == ["a", "b"]
