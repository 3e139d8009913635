"""How a platform has to label content: the best reason counts, and a broken credential is none."""

import pytest
from cases import credential, iptc, trace, watermark

from credlabel.model import Basis, Origin, Provenance, Strength
from credlabel.terms import IPTC
from credlabel.triage import speaks_of_ai, triage


def declared():
    return iptc(basis=Basis.DECLARATION)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ([], None),
        ([credential(), trace()], 1),
        ([iptc()], 1),
        ([declared(), trace()], 2),
        ([trace()], 3),
        ([watermark(strength=Strength.INFERRED)], 3),
        ([iptc(origin=Origin.CAPTURED)], None),
        ([iptc(origin=Origin.COMPOSITE)], 1),
        ([credential(is_sound=False)], None),
        ([credential(is_sound=False), trace()], 3),
    ],
)
def test_the_best_reason_counts(evidence, reason):
    assert triage(evidence) == reason


@pytest.mark.parametrize(
    ("source_type", "speaks"),
    [
        ("", True),
        (IPTC + "compositeSynthetic", True),
        (IPTC + "digitalCapture", True),  # in which something is placed that a machine made
        (IPTC + "composite", False),
        (IPTC.replace("http:", "https:") + "compositeCapture", False),
        (IPTC + "virtualRecording", False),
    ],
)
def test_a_composite_speaks_of_ai_unless_its_word_need_not_have_a_part_of_it(source_type, speaks):
    about = iptc(origin=Origin.COMPOSITE, provenance=Provenance(source_type=source_type))
    assert speaks_of_ai(about) is speaks
