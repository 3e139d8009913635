"""What a Policy owes: a decision with its reason, from the report alone, that less never helps."""

from __future__ import annotations

import msgspec
import pytest
from contracts import providers
from hypothesis import given, settings
from hypothesis import strategies as st

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.hookspecs import Policy, Profile
from credlabel.model import (
    Decision,
    Evidence,
    Finding,
    FindingKind,
    Integrity,
    Layer,
    Origin,
    Report,
    Strength,
    Subject,
    Trust,
)
from credlabel.verdict import judge

POLICIES = providers("credlabel_policies")
ABOUT_CREDENTIALS = [each for each in POLICIES if not isinstance(each.values[0], Profile)]
SOUND = (CredentialState.VALID, CredentialState.TRUSTED)
PRESENT = (*SOUND, CredentialState.INVALID)


# ---------------------------------------------------------------------------- reports


def finding(code, kind=FindingKind.FAILURE):
    return Finding(code=code, kind=kind, explanation="It is so.")


def credential(origin, *, is_sound):
    return Evidence(
        detector="c2pa",
        kind=Layer.CREDENTIAL,
        strength=Strength.SIGNED if is_sound else Strength.ASSERTED,
        origin=origin,
    )


def report(state, origin, others, *, is_tampered=False):
    """Return the report that the scanner would make of such a credential and such evidence."""
    findings = ()
    if state is CredentialState.TRUSTED:
        findings = (finding(terms.TRUSTED, FindingKind.SUCCESS),)
    elif state is CredentialState.INVALID:
        code = "assertion.dataHash.mismatch" if is_tampered else "claim.malformed"
        findings = (finding(code),)
    elif state is CredentialState.UNREADABLE:
        findings = (finding("general.error"),)
    reading = CredentialReading(state=state, findings=findings)
    first = [credential(origin, is_sound=state in SOUND)] if state in PRESENT else []
    evidence = (*first, *others)
    return Report(
        subject=Subject(name="a.png", media_type="image/png", size=1),
        verdict=judge(evidence, reading),
        evidence=evidence,
        findings=findings,
    )


@st.composite
def weaker_evidence(draw):
    """Evidence as a plugin finds it: asserted, or inferred with its rate of false alarms."""
    is_guess = draw(st.booleans())
    return Evidence(
        detector=draw(st.sampled_from(["iptc", "aigc", "mark"])),
        kind=draw(st.sampled_from([Layer.METADATA, Layer.WATERMARK, Layer.FINGERPRINT])),
        strength=Strength.INFERRED if is_guess else Strength.ASSERTED,
        origin=draw(st.sampled_from(Origin)),
        score=0.9 if is_guess else None,
        false_positive_rate=0.01 if is_guess else None,
    )


@st.composite
def pairs(draw):
    """A report, and what is left of it when some of its evidence is taken away.

    Anybody can take a credential away, a broken one too; and nobody can make a better one.
    """
    state = draw(st.sampled_from(CredentialState))
    origin = draw(st.sampled_from(Origin))
    others = draw(st.lists(weaker_evidence(), max_size=4))
    is_tampered = draw(st.booleans())
    more = report(state, origin, others, is_tampered=is_tampered)
    left = [each for each in others if draw(st.booleans())]
    weaker = {
        CredentialState.TRUSTED: [*SOUND, CredentialState.ABSENT],
        CredentialState.VALID: [CredentialState.VALID, CredentialState.ABSENT],
        CredentialState.REMOTE: [CredentialState.REMOTE, CredentialState.ABSENT],
        CredentialState.INVALID: [CredentialState.INVALID, CredentialState.ABSENT],
    }.get(state, [state])
    return more, report(draw(st.sampled_from(weaker)), origin, left, is_tampered=is_tampered)


# ---------------------------------------------------------------------------- the contract


def decides(policy, about):
    """The decision is the policy's own, gives a reason, and depends on the report alone."""
    before = about.to_json()
    decision = policy.decide(about)
    assert isinstance(decision, Decision)
    assert decision.policy == policy.name
    assert isinstance(decision.passed, bool)
    assert decision.reason.endswith(".")
    copy = msgspec.json.decode(before, type=Report)
    assert policy.decide(copy) == decision
    assert about.to_json() == before
    return decision


def is_monotone(policy, more, less):
    """What does not pass with more evidence does not pass with less."""
    if decides(policy, less).passed:
        assert decides(policy, more).passed, (more, less)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=200, deadline=None)
@given(pair=pairs())
def test_less_evidence_never_turns_a_fail_into_a_pass(policy, pair):
    is_monotone(policy, *pair)


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_at_all_does_not_pass(policy):
    """What a file must not have is no policy: it would be satisfied by stripping it."""
    assert not decides(policy, report(CredentialState.ABSENT, Origin.UNKNOWN, [])).passed


@pytest.mark.parametrize("policy", ABOUT_CREDENTIALS)
def test_the_best_there_is_passes(policy):
    assert decides(policy, report(CredentialState.TRUSTED, Origin.GENERATED, [])).passed


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("origin", Origin)
def test_what_was_tampered_with_does_not_pass(policy, origin):
    about = report(CredentialState.INVALID, origin, [], is_tampered=True)
    assert about.verdict.integrity is Integrity.TAMPERED
    assert not decides(policy, about).passed


# ---------------------------------------------------------------------------- it can fail


class Fake:
    name = "fake"

    def passes(self, about):
        return about.verdict.trust is Trust.TRUSTED

    def decide(self, about):
        return Decision(policy=self.name, passed=self.passes(about), reason="It is so.")


class Unmarked(Fake):
    """Passes what carries no mark: whoever strips the marks passes."""

    def passes(self, about):
        return not about.evidence


class Counting(Fake):
    turns = 0

    def passes(self, about):
        self.turns += 1
        return bool(self.turns % 2)


class Wordless(Fake):
    def decide(self, about):
        return Decision(policy=self.name, passed=True, reason="")


class UnderAnotherName(Fake):
    def decide(self, about):
        return Decision(policy="valid", passed=True, reason="It is so.")


MORE = report(CredentialState.VALID, Origin.GENERATED, [])
LESS = report(CredentialState.ABSENT, Origin.GENERATED, [])


def test_a_good_policy_passes():
    assert isinstance(Fake(), Policy)
    is_monotone(Fake(), MORE, LESS)


@pytest.mark.parametrize("bad", [Unmarked, Counting, Wordless, UnderAnotherName])
def test_a_bad_policy_is_noticed(bad):
    with pytest.raises(AssertionError):
        is_monotone(bad(), MORE, LESS)
