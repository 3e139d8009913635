"""Counting files under a law: each once in all, and under each of its layers."""

from __future__ import annotations

import msgspec
import pytest
from cases import aigc, credential, finding, iptc, report

from credlabel.compliance import Appraiser
from credlabel.coverage import Counter, Standing, Tally, appraise
from credlabel.exemptions import Declaration
from credlabel.model import Role, Situation
from credlabel.plugins import PluginRegistry
from credlabel.scan import UNREADABLE


def unread(name="gone.png"):
    return msgspec.structs.replace(report(name=name), findings=(finding(UNREADABLE),))


def appraiser(name="eu-ai-act-50", situation=None, declared=()):
    return Appraiser(PluginRegistry.load().policy(name), situation or Situation(), declared)


@pytest.fixture
def counted():
    """Return the counts of five files."""
    counter = Counter(appraiser(declared=[Declaration(pattern="*.srt", code="captions")]))
    standings = [
        counter.add(about).standing
        for about in (
            report(credential(), iptc()),
            report(credential(is_sound=False), tampered=True, media_type="image/jpeg"),
            report(media_type="text/x-python"),
            report(name="a.srt", media_type="application/x-subrip"),
            unread(),
        )
    ]
    assert standings == ["marked", "failing", "exempt", "exempt", "unread"]
    return counter.coverage()


def test_every_file_counts_once(counted):
    assert counted.total == Tally(files=5, marked=1, exempt=2, failing=1, unread=1)
    assert sum(tally.files for tally in counted.formats.values()) == 5
    assert counted.formats["image/jpeg"] == Tally(files=1, failing=1)
    assert counted.exemptions == {"captions": 1, "source-code": 1}


def test_a_file_counts_under_each_of_its_layers(counted):
    assert counted.layers == {
        "credential": Tally(files=2, marked=1, failing=1),
        "metadata": Tally(files=1, marked=1),
        "none": Tally(files=3, exempt=2, unread=1),
    }


def test_clauses_are_counted_over_what_was_read_and_is_not_exempt(counted):
    marked = counted.clauses[0]
    assert marked.clause.identifier == "Art. 50(2), marked"
    assert (marked.compliant, marked.not_compliant, marked.not_found) == (1, 1, 0)
    for each in counted.clauses:
        outcomes = [getattr(each, field) for field in each.__struct_fields__[1:]]
        assert sum(outcomes) == 2


def test_the_order_of_files_does_not_matter():
    files = [
        report(credential()),
        report(iptc(), media_type="image/webp"),
        report(media_type="text/x-c"),
        report(aigc(), media_type="audio/mpeg"),
        report(),
    ]
    counters = Counter(appraiser()), Counter(appraiser())
    for about in files:
        counters[0].add(about)
    for about in reversed(files):
        counters[1].add(about)
    forwards, backwards = (msgspec.json.encode(c.coverage()) for c in counters)
    assert forwards == backwards


def test_a_file_that_fails_names_its_first_clause():
    entry = appraise(appraiser("cn-gb45438"), report(aigc(Label="7")))
    assert entry.standing is Standing.FAILING
    assert entry.failing.clause.identifier == "Annex E, Label"


def test_what_nothing_is_asked_of_is_exempt():
    entry = appraise(appraiser("us-ca-sb942"), report(media_type="text/html"))
    assert entry.standing is Standing.EXEMPT
    assert entry.exemption.code == "not-applicable"
    assert "pictures" in entry.exemption.reason


def test_a_platform_of_which_nothing_is_asked_is_told_why():
    platform = Situation(role=Role.PLATFORM)
    entry = appraise(appraiser("us-ca-sb942", platform), report(media_type="text/html"))
    assert entry.exemption.reason == (
        "It is for providers of AI systems, and not for a platform."
        " It is about pictures, video and sound only."
    )


def test_nothing_counted():
    coverage = Counter(appraiser()).coverage()
    assert coverage.total == Tally()
    assert coverage.clauses == ()
