"""What metadata say of a whole file: AI that took part once took part for good."""

from __future__ import annotations

import msgspec
import pytest
from cases import aigc, credential, iptc, trace, watermark

from credlabel import terms
from credlabel.hookspecs import Asset
from credlabel.model import Origin, Provenance, Role, Strength
from credlabel.whole import of_the_whole

ALL = terms.TRAINED_ALGORITHMIC_MEDIA
EDITED = terms.EDITED_BY_MODEL
PART = terms.COMPOSITE_SYNTHETIC
CAPTURE = terms.IPTC + "digitalCapture"
NEUTRAL = Provenance(source_type=terms.IPTC + "composite")


def record(source_type):
    return Provenance(source_type=source_type, system="Editor", provider="P", identifier="1")


def whole(about, *evidence, role=Role.PROVIDER):
    asset = Asset("a", "image/png", 1, read=dict, detect=lambda: evidence)
    return of_the_whole(about, asset, role)


LABEL = msgspec.structs.replace(
    aigc(), details={"covers": ["generated", "edited-with-ai", "composite"]}
)


@pytest.mark.parametrize(
    ("evidence", "edit", "stated"),
    [
        ([iptc()], CAPTURE, ALL),
        ([trace()], CAPTURE, ALL),
        ([credential()], CAPTURE, ALL),
        ([credential(origin=Origin.CAPTURED), iptc()], CAPTURE, ALL),
        ([iptc(origin=Origin.EDITED_WITH_AI)], CAPTURE, EDITED),
        ([iptc(origin=Origin.COMPOSITE)], CAPTURE, PART),
        ([iptc(origin=Origin.COMPOSITE), iptc()], CAPTURE, ALL),
        ([iptc()], EDITED, ALL),
        ([iptc(origin=Origin.COMPOSITE)], EDITED, EDITED),
        ([iptc(origin=Origin.EDITED_WITH_AI)], PART, EDITED),
        ([LABEL], CAPTURE, ALL),
        ([LABEL], EDITED, EDITED),
        ([LABEL, iptc(origin=Origin.EDITED_WITH_AI)], CAPTURE, EDITED),
    ],
)
def test_what_speaks_of_ai_is_not_unsaid(evidence, edit, stated):
    assert whole(record(edit), *evidence).source_type == stated


@pytest.mark.parametrize(
    "evidence",
    [
        [],
        [iptc(origin=Origin.CAPTURED)],
        [iptc(origin=Origin.ALGORITHMIC)],
        [iptc(origin=Origin.COMPOSITE, provenance=NEUTRAL)],
        [credential(is_sound=False)],
        [watermark(strength=Strength.INFERRED)],
    ],
)
def test_where_nothing_that_holds_does_the_record_is_all_there_is_to_say(evidence):
    assert whole(record(CAPTURE), *evidence) == record(CAPTURE)


def test_a_record_without_a_source_type_says_nothing_and_a_model_made_all_at_once():
    assert whole(record(""), iptc()) == record("")
    assert whole(record(ALL), iptc(origin=Origin.COMPOSITE)) == record(ALL)


def test_who_edited_is_not_who_generated():
    assert whole(record(CAPTURE), iptc()) == Provenance(source_type=ALL)
    assert whole(record(EDITED), iptc()).system == "Editor"
    platform = whole(record(CAPTURE), iptc(), role=Role.PLATFORM)
    assert (platform.system, platform.provider, platform.identifier) == ("", "P", "1")
