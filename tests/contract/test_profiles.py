"""What a Profile owes: all its clauses always, reasons, and that less evidence never helps."""

from __future__ import annotations

import itertools
from datetime import date

import msgspec
import pytest
from cases import LABEL, PRESENT, SOUND, aigc, credential, iptc, report, trace, watermark
from contracts import has, registry
from hypothesis import given, settings
from hypothesis import strategies as st

from credlabel.compliance import is_failing
from credlabel.credentials import CredentialState
from credlabel.hookspecs import Profile
from credlabel.loading import PROVIDERS
from credlabel.model import (
    Assessment,
    Clause,
    Compliance,
    Decision,
    Origin,
    Provenance,
    Report,
    Role,
    Situation,
    Strength,
)

PROFILES = has(Profile, "credlabel_policies")
TYPES = ["image/png", "video/mp4", "audio/wav", "application/pdf", "text/plain", "text/markdown"]
DAYS = [None, date(2025, 1, 1), date(2026, 8, 2), date(2026, 12, 1), date(2027, 6, 1)]
SITUATIONS = [
    Situation(
        role=role, as_of=as_of, placed_on_market=placed, monthly_users=users, is_signatory=signed
    )
    for role, as_of, placed, users, signed in itertools.product(
        Role, DAYS, [None, date(2026, 1, 1)], [None, 10], [False, True]
    )
]
ALL = (credential(), iptc(), aigc(), watermark())


# ---------------------------------------------------------------------------- reports

records = st.builds(
    Provenance,
    source_type=st.sampled_from(["", ALL[1].provenance.source_type]),
    provider=st.sampled_from(["", "Acme"]),
    system=st.sampled_from(["", "Painter"]),
    system_version=st.sampled_from(["", "3"]),
    identifier=st.sampled_from(["", "7"]),
    verify_uri=st.sampled_from(["", "https://acme.example"]),
)
origins = st.sampled_from(Origin)
marks = st.one_of(
    st.builds(iptc, origin=origins, provenance=records, says=st.sampled_from(["x", "y"])),
    st.builds(
        aigc,
        without=st.sampled_from([(), ("Label",), ("ProduceID", "ReservedCode1")]),
        places=st.sampled_from([("xmp:TC260:AIGC",), ("png:AIGC", "xmp:TC260:AIGC")]),
        Label=st.sampled_from(["1", "3", "AIGC"]),
        ContentPropagator=st.sampled_from(["", "a name"]),
        conflicts=st.sampled_from([(), ("They differ.",)]),
    ),
    st.builds(
        watermark,
        strength=st.sampled_from([Strength.ASSERTED, Strength.INFERRED]),
        origin=origins,
    ),
    st.builds(trace),
)


def _contradicting(found):
    """Several labels say of themselves that they are several, each of them."""
    labels = [each for each in found if each.detector == "aigc"]
    if len(labels) < 2:
        return found
    return [
        aigc(conflicts=["They differ."], **{k: each.details.get(k, "") for k in LABEL})
        if each.detector == "aigc"
        else each
        for each in found
    ]


@st.composite
def pairs(draw):
    """A report, and what is left of it when evidence is taken away, a credential included."""
    state = draw(st.sampled_from(CredentialState))
    origin, record = draw(origins), draw(records)
    stamp = draw(st.sampled_from([None, "2026-09-01T00:00:00+00:00"]))
    others = draw(st.lists(marks, max_size=4).map(_contradicting))
    options = {
        "media_type": draw(st.sampled_from(TYPES)),
        "tampered": draw(st.booleans()),
        "size": draw(st.sampled_from([0, 10_000])),
    }

    def made(state, others):
        first = credential(
            is_sound=state in SOUND, origin=origin, provenance=record, signed_at=stamp
        )
        found = (first, *others) if state in PRESENT else others
        return report(*found, state=state, **options)

    left = [each for each in others if draw(st.booleans())]
    weaker = {
        CredentialState.TRUSTED: [*SOUND, CredentialState.ABSENT],
        CredentialState.VALID: [CredentialState.VALID, CredentialState.ABSENT],
        CredentialState.REMOTE: [CredentialState.REMOTE, CredentialState.ABSENT],
        CredentialState.INVALID: [CredentialState.INVALID, CredentialState.ABSENT],
    }.get(state, [state])
    return made(state, others), made(draw(st.sampled_from(weaker)), left)


# ---------------------------------------------------------------------------- the contract


def passes(profile, about, situation):
    return profile.exemption(about, situation) is not None or not any(
        map(is_failing, profile.assess(about, situation))
    )


def is_monotone(profile, more, less, situation):
    if passes(profile, less, situation):
        assert passes(profile, more, situation), (more, less)


def assesses(profile, about, situation):
    """Whatever the file, the clauses are the same, each with its reason, from the report alone."""
    before = about.to_json()
    found = profile.assess(about, situation)
    assert found
    assert all(isinstance(each, Assessment) for each in found)
    for each in found:
        assert each.reason.endswith("."), each
        assert each.clause.requirement.endswith("."), each
        assert each.clause.source
        assert each.clause.read <= date(2026, 11, 22)
    names = [each.clause.identifier for each in found]
    assert len(set(names)) == len(names)
    empty = profile.assess(report(), situation)
    assert [each.clause for each in found] == [each.clause for each in empty]
    assert profile.assess(msgspec.json.decode(before, type=Report), situation) == found
    assert about.to_json() == before


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=200, deadline=None)
@given(pair=pairs(), situation=st.sampled_from(SITUATIONS))
def test_less_evidence_never_turns_a_fail_into_a_pass(profile, pair, situation):
    is_monotone(profile, *pair, situation)


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=100, deadline=None)
@given(pair=pairs(), situation=st.sampled_from(SITUATIONS))
def test_every_clause_is_assessed_whatever_the_file(profile, pair, situation):
    assesses(profile, pair[0], situation)


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_at_all_passes_only_where_nothing_is_asked(profile):
    for situation in SITUATIONS:
        found = profile.assess(report(), situation)
        is_asked = any(a.compliance is not Compliance.NOT_APPLICABLE for a in found)
        assert passes(profile, report(), situation) is not is_asked


@pytest.mark.parametrize("profile", PROFILES)
def test_all_that_there_can_be_passes(profile):
    decision = profile.decide(report(*ALL))
    assert decision.passed, decision.reason
    assert decision.policy == profile.name
    assert decision.assessments == profile.assess(report(*ALL), Situation())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_guess_satisfies_no_clause(profile):
    guess = report(watermark(strength=Strength.INFERRED))
    for situation in SITUATIONS:
        found = {a.compliance for a in profile.assess(guess, situation)}
        assert Compliance.COMPLIANT not in found


@pytest.mark.parametrize("profile", PROFILES)
def test_it_names_its_marks_and_fields(profile):
    markers = registry().providers("credlabel_markers")
    assert profile.title
    for situation in SITUATIONS:
        assert profile.required(situation) <= set(Provenance.__struct_fields__)
        assert set(profile.marks(situation)) <= set(markers)


# ---------------------------------------------------------------------------- it can fail


class Fake:
    name = "fake"
    title = "A Fake Act"
    clause = Clause(
        identifier="1",
        requirement="It is marked.",
        source="nowhere",
        read=date(2026, 1, 1),
        is_primary=True,
        is_binding=True,
    )

    def marks(self, situation):
        return ()

    def required(self, situation):
        return frozenset()

    def exemption(self, about, situation):
        return None

    def judge(self, about):
        return Compliance.COMPLIANT if about.evidence else Compliance.NOT_FOUND

    def assess(self, about, situation):
        return (Assessment(clause=self.clause, compliance=self.judge(about), reason="So."),)

    def decide(self, about):
        return Decision(policy=self.name, passed=bool(about.evidence), reason="So.")


class Unmarked(Fake):
    def judge(self, about):
        return Compliance.NOT_COMPLIANT if about.evidence else Compliance.COMPLIANT


class Forgetful(Fake):
    def assess(self, about, situation):
        return super().assess(about, situation) * (1 + bool(about.evidence))


class Wordless(Fake):
    def assess(self, about, situation):
        return (Assessment(clause=self.clause, compliance=self.judge(about), reason=""),)


def test_a_good_profile_passes():
    assert isinstance(Fake(), Profile)
    assert isinstance(Fake(), PROVIDERS["credlabel_policies"][0])
    is_monotone(Fake(), report(iptc()), report(), Situation())
    assesses(Fake(), report(iptc()), Situation())


def test_a_profile_that_stripping_satisfies_is_noticed():
    with pytest.raises(AssertionError):
        is_monotone(Unmarked(), report(iptc()), report(), Situation())


@pytest.mark.parametrize("bad", [Forgetful, Wordless])
def test_a_bad_profile_is_noticed(bad):
    with pytest.raises(AssertionError):
        assesses(bad(), report(iptc()), Situation())
