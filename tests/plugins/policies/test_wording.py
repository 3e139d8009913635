"""What profiles say is said in sentences: each begins as one, and ends as one, once."""

from __future__ import annotations

import re
from datetime import date

import pytest
from cases import aigc, credential, iptc, report, trace, watermark

from credlabel.compliance import Appraiser
from credlabel.credentials import CredentialState
from credlabel.hookspecs import Profile
from credlabel.model import Basis, Origin, Role, Situation, Strength
from credlabel.plugins import PluginRegistry

POLICIES = PluginRegistry.load().providers("credlabel_policies").values()
PROFILES = [policy for policy in POLICIES if isinstance(policy, Profile)]
SITUATIONS = [
    *(Situation(role=role) for role in Role),
    Situation(as_of=date(2026, 11, 1), placed_on_market=date(2025, 1, 1), is_signatory=True),
    Situation(as_of=date(2025, 1, 1)),
    Situation(monthly_users=5),
]
REPORTS = [
    report(),
    report(credential(), watermark()),
    report(credential(signed_at=None, provenance=None)),
    report(credential(is_sound=False), tampered=True),
    report(state=CredentialState.REMOTE),
    report(iptc(), aigc(places=("png:AIGC", "xmp:TC260:AIGC"))),
    report(iptc(origin=Origin.CAPTURED)),
    report(iptc(basis=Basis.DECLARATION), trace()),
    report(watermark(strength=Strength.INFERRED)),
    report(aigc(Label="7", ContentProducer="Ä", without=("PropagateID",))),
    report(media_type="text/plain", size=20),
    report(media_type="text/html"),
]
WELL_FORMED = re.compile(r"[^a-z\s].*[^.\s]\.", re.DOTALL)
ODD = re.compile(r"\.\.|\. \(|  | [,.;:]|: *\.")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_reasons_are_sentences(profile, situation):
    appraiser = Appraiser(profile, situation)
    for about in REPORTS:
        told = [a.reason for a in appraiser.assess(about)]
        for sentence in (*told, appraiser.decide(about).reason):
            assert WELL_FORMED.fullmatch(sentence), sentence
            assert not ODD.search(sentence), sentence
