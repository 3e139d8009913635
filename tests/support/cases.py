"""Reports as the scanner makes them, for tests of what laws and standards make of them."""

from __future__ import annotations

from datetime import UTC, datetime

from credlabel import terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.model import (
    Basis,
    Evidence,
    Finding,
    FindingKind,
    Layer,
    Origin,
    Provenance,
    Report,
    Strength,
    Subject,
)
from credlabel.verdict import judge

SOUND = (CredentialState.VALID, CredentialState.TRUSTED)
PRESENT = (*SOUND, CredentialState.INVALID)
URI = terms.TRAINED_ALGORITHMIC_MEDIA

RECORD = Provenance(
    source_type=URI,
    provider="Acme",
    system="Painter",
    system_version="3.1",
    created=datetime(2026, 9, 1, tzinfo=UTC),
    identifier="urn:uuid:7b1f2c6e-8f0c-4b6e-9f57-0a1de1d4a001",
    verify_uri="https://acme.example/verify",
)
LABEL = {
    "Label": "1",
    "ContentProducer": "001191110102MAD55U9H0F10002",
    "ProduceID": "98ae6b12-23e2-49af-b98a-780706f8e584",
    "ReservedCode1": "",
    "ContentPropagator": "001191110102MAD55U9H0F10002",
    "PropagateID": "98ae6b12-23e2-49af-b98a-780706f8e584",
    "ReservedCode2": "",
}


def credential(*, is_sound=True, origin=Origin.GENERATED, provenance=RECORD, **details):
    """Return the evidence of a credential that says all there is to say."""
    details = {
        "location": "embedded",
        "manifest": "urn:c2pa:0b5b1f2e-0000-4000-8000-000000000001",
        "manifests": 1,
        "issuer": "Acme Ltd",
        "signed_at": "2026-09-01T00:00:00+00:00",
        **details,
    }
    return Evidence(
        detector="c2pa",
        kind=Layer.CREDENTIAL,
        strength=Strength.SIGNED if is_sound else Strength.ASSERTED,
        origin=origin,
        details={key: value for key, value in details.items() if value is not None},
        provenance=provenance,
    )


def iptc(*, origin=Origin.GENERATED, provenance=RECORD, says=URI, place="", **more):
    """Return the evidence of IPTC's properties."""
    place = place or "xmp:Iptc4xmpExt:DigitalSourceType"
    return Evidence(
        detector="iptc",
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        origin=origin,
        details={"stated": [{"place": place, "says": says}]},
        provenance=provenance,
        **more,
    )


def aigc(*, places=("xmp:TC260:AIGC",), without=(), conflicts=(), order=None, types=None, **label):
    """Return the evidence of an AIGC label."""
    values = {key: text for key, text in (LABEL | label).items() if key not in without}
    details = {"places": list(places), **values, "order": list(order or values)}
    details |= {"conflicts": list(conflicts)} if conflicts else {}
    details |= {"types": types} if types else {}
    return Evidence(
        detector="aigc",
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        origin=Origin.GENERATED if values.get("Label") == "1" else Origin.UNKNOWN,
        details=details,
        provenance=Provenance(provider="Acme", identifier=values.get("ProduceID", "")),
    )


def watermark(*, strength=Strength.ASSERTED, origin=Origin.GENERATED):
    """Return the evidence of a watermark: read, or guessed at."""
    is_guess = strength is Strength.INFERRED
    return Evidence(
        detector="mark",
        kind=Layer.WATERMARK,
        strength=strength,
        origin=origin,
        score=0.99 if is_guess else None,
        false_positive_rate=0.001 if is_guess else None,
    )


def trace():
    """Return the evidence of what a generator left."""
    return Evidence(
        detector="generators",
        kind=Layer.METADATA,
        strength=Strength.ASSERTED,
        basis=Basis.TRACE,
        origin=Origin.GENERATED,
    )


def finding(code, kind=FindingKind.FAILURE, subject=""):
    """Return a finding."""
    return Finding(code=code, kind=kind, explanation="It is so.", subject=subject)


def report(
    *evidence, state=None, media_type="image/png", size=10_000, name="a.png", tampered=False
):
    """Return the report that the scanner would make of such evidence."""
    if state is None:
        first = next((e for e in evidence if e.kind is Layer.CREDENTIAL), None)
        state = CredentialState.ABSENT
        if first is not None:
            is_sound = first.strength is Strength.SIGNED
            state = CredentialState.VALID if is_sound else CredentialState.INVALID
    findings = {
        CredentialState.TRUSTED: [finding(terms.TRUSTED, FindingKind.SUCCESS)],
        CredentialState.INVALID: [
            finding("assertion.dataHash.mismatch" if tampered else "claim.malformed")
        ],
        CredentialState.REMOTE: [finding(terms.INACCESSIBLE, FindingKind.INFORMATIONAL)],
    }.get(state, [])
    reading = CredentialReading(state=state, findings=tuple(findings))
    return Report(
        subject=Subject(name=name, media_type=media_type, size=size),
        verdict=judge(evidence, reading),
        evidence=evidence,
        findings=reading.findings,
    )


def outcomes(profile, about, situation):
    """Return what becomes of each clause, by its identifier."""
    return {a.clause.identifier: a.compliance.value for a in profile.assess(about, situation)}
