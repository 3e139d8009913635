"""The verdict: separate axes, the strongest evidence first, and nothing claimed without any."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.evidence import credential_evidence
from credlabel.model import (
    Evidence,
    Finding,
    FindingKind,
    Integrity,
    Layer,
    Origin,
    Strength,
    Trust,
)
from credlabel.verdict import judge

ABSENT = CredentialReading(state=CredentialState.ABSENT)


def failing(code, state=CredentialState.INVALID):
    finding = Finding(code=code, kind=FindingKind.FAILURE, explanation="")
    return CredentialReading(state=state, findings=(finding,))


def evidence(origin, strength=Strength.ASSERTED, detector="d", kind=Layer.METADATA):
    return Evidence(detector=detector, kind=kind, strength=strength, origin=origin)


def test_no_evidence_is_unknown_and_nothing_more():
    verdict = judge([], ABSENT)
    assert (verdict.origin, verdict.strength) == (Origin.UNKNOWN, None)
    assert (verdict.integrity, verdict.trust) == (Integrity.NONE, Trust.NONE)
    assert verdict.marks == verdict.conflicts == ()


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_the_strongest_evidence_states_the_origin_and_the_rest_are_conflicts(order):
    all_of_it = [
        evidence(Origin.CAPTURED, Strength.SIGNED, "c2pa", Layer.CREDENTIAL),
        evidence(Origin.GENERATED, Strength.ASSERTED, "iptc"),
        evidence(Origin.COMPOSITE, Strength.INFERRED, "guess", Layer.FINGERPRINT),
    ]
    verdict = judge([all_of_it[n] for n in order], ABSENT)
    assert (verdict.origin, verdict.strength) == (Origin.CAPTURED, Strength.SIGNED)
    assert verdict.marks == (Layer.CREDENTIAL, Layer.METADATA, Layer.FINGERPRINT)
    assert sorted(verdict.conflicts) == [
        "c2pa (signed) says captured, but guess (inferred) says composite.",
        "c2pa (signed) says captured, but iptc (asserted) says generated.",
    ]


def test_weak_evidence_never_outvotes_strong():
    many = [evidence(Origin.GENERATED, Strength.INFERRED, f"guess{n}") for n in range(50)]
    signed = evidence(Origin.CAPTURED, Strength.SIGNED, "c2pa")
    assert judge([*many, signed], ABSENT).origin is Origin.CAPTURED


def test_what_says_nothing_neither_decides_nor_contradicts():
    silent = evidence(Origin.UNKNOWN, Strength.SIGNED, "c2pa")
    verdict = judge([silent, evidence(Origin.GENERATED)], ABSENT)
    assert (verdict.origin, verdict.strength) == (Origin.GENERATED, Strength.ASSERTED)
    assert verdict.conflicts == ()


@pytest.mark.parametrize(
    ("reading", "integrity", "trust"),
    [
        (ABSENT, "none", "none"),
        (CredentialReading(state=CredentialState.REMOTE), "none", "none"),
        (CredentialReading(state=CredentialState.UNREADABLE), "unverifiable", "none"),
        (CredentialReading(state=CredentialState.VALID), "intact", "untrusted"),
        (failing(terms.UNTRUSTED, CredentialState.VALID), "intact", "untrusted"),
        (failing(terms.UNTRUSTED), "unverifiable", "untrusted"),
        (failing("assertion.dataHash.mismatch"), "tampered", "untrusted"),
        (failing("claimSignature.mismatch"), "tampered", "untrusted"),
        (failing("signingCredential.expired"), "unverifiable", "untrusted"),
        (failing("claim.malformed"), "unverifiable", "untrusted"),
        (failing(terms.HARD_BINDING_MISSING), "unverifiable", "untrusted"),
        (failing("some.code.to.come"), "unverifiable", "untrusted"),
    ],
)
def test_integrity_and_trust_are_told_apart(reading, integrity, trust):
    verdict = judge([], reading)
    assert (verdict.integrity.value, verdict.trust.value) == (integrity, trust)


def test_only_the_success_code_makes_trusted():
    finding = Finding(code=terms.TRUSTED, kind=FindingKind.SUCCESS, explanation="")
    for state in (CredentialState.TRUSTED, CredentialState.VALID, CredentialState.INVALID):
        reading = CredentialReading(state=state, findings=(finding,))
        assert judge([], reading).trust is Trust.TRUSTED
    assert judge([], CredentialReading(state=CredentialState.TRUSTED)).trust is Trust.UNTRUSTED


PRESENT = [s for s in CredentialState if CredentialReading(state=s).is_present]


@pytest.mark.parametrize("state", PRESENT)
def test_only_a_sound_credential_is_signed_evidence(state):
    [found] = credential_evidence(CredentialReading(state=state))
    is_sound = state in (CredentialState.VALID, CredentialState.TRUSTED)
    assert (found.strength is Strength.SIGNED) == is_sound


def test_a_sidecar_is_a_layer_of_its_own():
    reading = CredentialReading(state=CredentialState.VALID, is_detached=True)
    [found] = credential_evidence(reading)
    assert found.details["location"] == "sidecar"
    assert judge([found], reading).marks == (Layer.CREDENTIAL, Layer.SIDECAR)


@given(
    st.lists(st.builds(evidence, st.sampled_from(Origin), st.sampled_from(Strength)), max_size=8),
    st.sampled_from(CredentialState),
)
def test_a_verdict_never_claims_what_no_evidence_says(found, state):
    verdict = judge(found, CredentialReading(state=state))
    claimed = (verdict.origin, verdict.strength)
    assert claimed == (Origin.UNKNOWN, None) or claimed in {(e.origin, e.strength) for e in found}
    assert {e.kind for e in found} <= set(verdict.marks)
