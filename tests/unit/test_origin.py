"""The origin of a file is that of its whole history, and garbage has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.evidence import credential_evidence
from credlabel.manifest import provenance_of
from credlabel.model import Origin
from credlabel.origin import MAX_DEPTH, origin_of_store
from credlabel.verdict import judge

CAPTURED = "digitalCapture"
GENERATED = "trainedAlgorithmicMedia"
WITH_AI = "compositeWithTrainedAlgorithmicMedia"


def manifest(*actions, parents=(), components=(), inputs=(), ours=None):
    made = [
        {"action": f"c2pa.{name}", **({"digitalSourceType": terms.IPTC + kind} if kind else {})}
        for name, kind in actions
    ]
    relations = (("parentOf", parents), ("componentOf", components), ("inputTo", inputs))
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": made}}]
    if ours:
        assertions.append({"label": terms.PROVENANCE, "data": ours})
    return {
        "ingredients": [
            {"relationship": relation, **(it if isinstance(it, dict) else {"active_manifest": it})}
            for relation, its in relations
            for it in its
        ],
        "assertions": assertions,
    }


def origin(active, **others):
    return origin_of_store({"active_manifest": "it", "manifests": {"it": active, **others}})


MODEL = {"title": "m", "data_types": [{"type": "c2pa.types.model"}]}
PHOTO = manifest(("created", CAPTURED))
PICTURE = manifest(("created", GENERATED))
SIMULATION = manifest(("created", "algorithmicMedia"), ours={"simulators": [{"name": "s"}]})
OPENED = ("opened", None)
CASES = {
    "created by a camera": (PHOTO, "captured"),
    "created by a model": (PICTURE, "generated"),
    "created by mathematics": (manifest(("created", "algorithmicMedia")), "algorithmic"),
    "created by hand": (manifest(("created", "digitalCreation")), "human-made"),
    "created as a composite": (manifest(("created", "composite")), "composite"),
    "created with a model": (manifest(("created", WITH_AI)), "edited-with-ai"),
    "created, nobody says how": (manifest(("created", None)), "unknown"),
    "created, in words of their own": (manifest(("created", "../me")), "unknown"),
    "no actions": (manifest(), "unknown"),
    "simulated": (SIMULATION, "simulated"),
    "simulated, with a model": (
        manifest(("created", GENERATED), inputs=[MODEL], ours={"simulators": [{"name": "s"}]}),
        "generated",
    ),
    "simulators that are none": (
        manifest(("created", CAPTURED), ours={"simulators": 5}),
        "captured",
    ),
    "no simulators": (manifest(("created", CAPTURED), ours={"simulators": []}), "captured"),
    "opened photo": (manifest(OPENED, parents=["photo"]), "captured"),
    "opened photo, cropped": (manifest(OPENED, ("cropped", None), parents=["photo"]), "captured"),
    "opened photo, edited by hand": (
        manifest(OPENED, ("edited", "humanEdits"), parents=["photo"]),
        "captured",
    ),
    "opened photo, edited by a model": (
        manifest(OPENED, ("edited", GENERATED), parents=["photo"]),
        "edited-with-ai",
    ),
    "opened photo, inpainted": (
        manifest(OPENED, ("edited", WITH_AI), parents=["photo"]),
        "edited-with-ai",
    ),
    "opened picture of a model": (manifest(OPENED, parents=["picture"]), "generated"),
    "opened picture, edited by a model": (
        manifest(OPENED, ("edited", GENERATED), parents=["picture"]),
        "generated",
    ),
    "opened simulation": (manifest(OPENED, parents=["simulation"]), "simulated"),
    "opened simulation, edited by mathematics": (
        manifest(OPENED, ("edited", "algorithmicMedia"), parents=["simulation"]),
        "simulated",
    ),
    "a photo is none because its editor knows a simulator": (
        manifest(OPENED, parents=["photo"], ours={"simulators": [{"name": "s"}]}),
        "captured",
    ),
    "photo with a placed photo": (
        manifest(OPENED, ("placed", None), parents=["photo"], components=["photo"]),
        "captured",
    ),
    "photo with a placed picture": (
        manifest(OPENED, ("placed", None), parents=["photo"], components=["picture"]),
        "composite",
    ),
    "picture with a placed photo": (
        manifest(OPENED, parents=["picture"], components=["photo"]),
        "generated",
    ),
    "drawing with a placed composite": (
        manifest(("created", "digitalCreation"), components=["mixed"]),
        "composite",
    ),
    "a picture as mere input": (manifest(("created", CAPTURED), inputs=["picture"]), "captured"),
    "parent without a manifest": (
        manifest(OPENED, parents=[{"title": "x", "digital_source_type": terms.IPTC + GENERATED}]),
        "generated",
    ),
    "parent that says nothing": (manifest(OPENED, parents=[{"title": "x"}]), "unknown"),
    "parent that is missing": (manifest(OPENED, parents=["nowhere"]), "unknown"),
    "its own parent": (manifest(OPENED, parents=["it"]), "unknown"),
    "its own parent, edited by a model": (
        manifest(OPENED, ("edited", WITH_AI), parents=["it"]),
        "edited-with-ai",
    ),
    "a circle": (manifest(OPENED, parents=["round"]), "unknown"),
    "a circle beside a photo": (
        manifest(OPENED, parents=["photo"], components=["round"]),
        "captured",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_origin_is_that_of_the_whole_history(case):
    active, expected = CASES[case]
    others = {
        "photo": PHOTO,
        "picture": PICTURE,
        "simulation": SIMULATION,
        "mixed": manifest(OPENED, parents=["photo"], components=["picture"]),
        "round": manifest(OPENED, parents=["it"], components=["round"]),
    }
    assert origin(active, **others).value == expected


def chain(length):
    links = {f"m{n}": manifest(OPENED, parents=[f"m{n + 1}"]) for n in range(length)}
    return {"active_manifest": "m0", "manifests": {**links, f"m{length}": PICTURE}}


@pytest.mark.slow
def test_a_long_history_is_followed_and_an_endless_one_is_not():
    assert origin_of_store(chain(MAX_DEPTH - 1)) is Origin.GENERATED
    assert origin_of_store(chain(MAX_DEPTH)) is Origin.UNKNOWN
    assert origin_of_store(chain(100_000)) is Origin.UNKNOWN


@pytest.mark.timeout(10)
def test_a_history_that_branches_everywhere_is_walked_once():
    # 2**60 paths lead through this lattice.
    store = {
        "active_manifest": "m0",
        "manifests": {
            f"m{n}": manifest(OPENED, parents=[f"m{n + 1}"], components=[f"m{n + 1}"] * 3)
            for n in range(60)
        },
    }
    assert origin_of_store(store) is Origin.UNKNOWN


@pytest.mark.timeout(10)
def test_a_million_ingredients_are_cut_off():
    crowd = manifest(("created", CAPTURED))
    crowd["ingredients"] = [{"relationship": "componentOf"}] * 1_000_000
    crowd["assertions"][0]["data"]["actions"] *= 1_000_000
    assert origin(crowd) is Origin.CAPTURED


# ---------------------------------------------------------------------------- garbage

WORDS = """
active_manifest manifests it ingredients relationship parentOf componentOf inputTo data_types
type c2pa.types.model c2pa.types.generator.prompt c2pa.types.dataset title data identifier
assertions label c2pa.actions.v2 c2pa.actions actions action c2pa.created c2pa.opened
c2pa.edited digitalSourceType softwareAgent name version when instance_id ni:///sha-256;AAAA
ni:///sha-256;@@@ informational_URI org.credlabel.provenance simulators models prompts reviews
reviewer time provider identifier verify_uri filters system_version signature_info
claim_generator_info claim_generator common_name issuer alg validation_results input_sha256
2026-01-01T00:00:00Z 2026-01-01T00:00:00 9999-99-99
http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia
""".split()  # noqa: SIM905 - a list of as many lines is no clearer
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(WORDS),
)
GARBAGE = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    ),
    max_leaves=30,
)
OBJECTS = st.dictionaries(st.sampled_from(WORDS), GARBAGE, max_size=8)


def some(value):
    """``value`` mostly, and now and then anything at all."""
    return st.one_of(value, value, value, GARBAGE)


ACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "action": some(st.sampled_from(("c2pa.created", "c2pa.opened", "c2pa.edited"))),
        "digitalSourceType": some(st.just(terms.TRAINED_ALGORITHMIC_MEDIA)),
        "softwareAgent": some(st.fixed_dictionaries({}, optional={"name": GARBAGE})),
        "when": some(st.sampled_from(WORDS)),
    },
)
INGREDIENTS = st.fixed_dictionaries(
    {},
    optional={
        "relationship": some(st.sampled_from(("parentOf", "componentOf", "inputTo"))),
        "active_manifest": some(st.just("it")),
        "instance_id": some(st.sampled_from(WORDS)),
        "data": GARBAGE,
        "title": GARBAGE,
        "data_types": some(
            st.lists(some(st.fixed_dictionaries({"type": st.sampled_from(WORDS)})))
        ),
    },
)
ASSERTIONS = st.one_of(
    st.fixed_dictionaries(
        {
            "label": some(st.just("c2pa.actions.v2")),
            "data": some(st.fixed_dictionaries({"actions": some(st.lists(some(ACTIONS)))})),
        }
    ),
    st.fixed_dictionaries({"label": st.just(terms.PROVENANCE), "data": some(OBJECTS)}),
)
MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "ingredients": some(st.lists(some(INGREDIENTS), max_size=4)),
        "assertions": some(st.lists(some(ASSERTIONS), max_size=4)),
        "signature_info": GARBAGE,
        "claim_generator_info": GARBAGE,
        "title": GARBAGE,
    },
)
STORES = st.one_of(
    OBJECTS,
    st.fixed_dictionaries(
        {
            "active_manifest": some(st.just("it")),
            "manifests": some(st.fixed_dictionaries({"it": some(MANIFESTS)})),
        }
    ),
)


@given(store=STORES, state=st.sampled_from(CredentialState))
def test_no_store_is_a_problem(store, state):
    reading = CredentialReading(state=state, store=store)
    assert isinstance(origin_of_store(store), Origin)
    provenance_of(reading)
    judge(credential_evidence(reading), reading)
