"""What a credential says is as strong as it is, and what it passes on as strong as that was."""

import pytest

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.evidence import credential_evidence
from credlabel.history import has_held, history_of
from credlabel.model import Integrity, Origin, Strength
from credlabel.verdict import judge

MISMATCH = {"code": "assertion.dataHash.mismatch"}
FAILED = {"validation_results": {"activeManifest": {"failure": [MISMATCH]}}}


def manifest(action, source_type="", *ingredients, system=""):
    said = {"action": action}
    if source_type:
        said["digitalSourceType"] = terms.IPTC + source_type
    if system:
        said["softwareAgent"] = {"name": system}
    return {
        "assertions": [{"label": terms.ACTIONS, "data": {"actions": [said]}}],
        "ingredients": list(ingredients),
    }


def of(label, relationship=terms.PARENT_OF, **recorded):
    return {"relationship": relationship, "active_manifest": label, **recorded}


def read(state=CredentialState.VALID, **manifests):
    return CredentialReading(state=state, store={"active_manifest": "it", "manifests": manifests})


def told(reading):
    return [(e.strength.value, e.origin.value) for e in credential_evidence(reading)]


PHOTO = manifest("c2pa.created", "digitalCapture", system="Camera")
PICTURE = manifest("c2pa.created", "trainedAlgorithmicMedia", system="Painter")


@pytest.mark.parametrize("state", [CredentialState.ABSENT, CredentialState.REMOTE])
def test_no_credential_is_no_evidence(state):
    assert credential_evidence(CredentialReading(state=state)) == []


@pytest.mark.parametrize(("earlier", "origin"), [(PHOTO, "captured"), (PICTURE, "generated")])
def test_signing_after_what_did_not_hold_makes_it_no_truer(earlier, origin):
    held = read(it=manifest("c2pa.opened", "", of("old")), old=earlier)
    assert told(held) == [("signed", origin)]
    failed = read(it=manifest("c2pa.opened", "", of("old", **FAILED)), old=earlier)
    assert told(failed) == [("signed", "unknown"), ("asserted", origin)]
    verdict = judge(credential_evidence(failed), failed)
    assert (verdict.origin.value, verdict.strength) == (origin, Strength.ASSERTED)
    assert (verdict.integrity, verdict.conflicts) == (Integrity.INTACT, ())


def test_nor_does_signing_twice():
    reading = read(
        it=manifest("c2pa.opened", "", of("middle")),
        middle=manifest("c2pa.opened", "", of("old", **FAILED)),
        old=PHOTO,
    )
    assert told(reading) == [("signed", "unknown"), ("asserted", "captured")]
    assert [(e.label, e.held) for e in history_of(reading)] == [("middle", True), ("old", False)]


def test_an_edit_with_ai_is_signed_whatever_it_was_made_of():
    edit = manifest("c2pa.edited", "compositeWithTrainedAlgorithmicMedia", of("old", **FAILED))
    for earlier in (PHOTO, PICTURE):
        assert told(read(it=edit, old=earlier)) == [("signed", "edited-with-ai")]


def test_a_generated_part_that_did_not_hold_leaves_nothing_captured_for_certain():
    placed = of("part", terms.COMPONENT_OF, **FAILED)
    reading = read(it=manifest("c2pa.opened", "", of("old"), placed), old=PHOTO, part=PICTURE)
    assert told(reading) == [("signed", "unknown"), ("asserted", "composite")]


def test_a_credential_that_does_not_verify_asserts_all_of_it():
    store = {"it": manifest("c2pa.opened", "", of("old", **FAILED)), "old": PICTURE}
    assert told(read(CredentialState.INVALID, **store)) == [("asserted", "generated")]


def test_the_system_is_that_of_an_earlier_credential_that_held_if_one_names_it():
    failed, sound = of("false", **FAILED), of("true", terms.COMPONENT_OF)
    active = manifest("c2pa.opened", "", failed, sound)
    reading = read(it=active, false=PICTURE, true=PHOTO)
    details = credential_evidence(reading)[0].details
    assert details["system"] == "Camera"
    assert [(e["system"], e["held"]) for e in details["history"]] == [
        ("Painter", False),
        ("Camera", True),
    ]
    reading = read(it=manifest("c2pa.opened", "", failed), false=PICTURE)
    assert credential_evidence(reading)[0].details["system"] == "Painter"


@pytest.mark.parametrize(
    ("recorded", "held"),
    [
        ({}, True),
        ({"validation_status": [{"code": terms.UNTRUSTED}]}, True),
        ({"validation_status": [{"code": "claimSignature.validated", "success": True}]}, True),
        ({"validation_status": [MISMATCH]}, False),
        ({"validation_results": {"activeManifest": {"success": [MISMATCH]}}}, True),
        ({"validation_results": {"activeManifest": {"failure": [{"code": "cawg.x"}]}}}, True),
        (
            {
                "validation_results": {
                    "ingredientDeltas": [{"validationDeltas": {"failure": [MISMATCH]}}]
                }
            },
            False,
        ),
        ({"validation_results": [], "validation_status": 3}, True),
        ({"validation_results": {"activeManifest": {"failure": [7, {"code": []}]}}}, False),
    ],
)
def test_what_was_recorded_of_an_ingredient(recorded, held):
    assert has_held(of("x", **recorded)) is held


def test_origins_are_told_apart_from_garbage():
    assert Origin.UNKNOWN.value == told(read(it={}))[0][1]
