"""What became of marks: lost, invalidated, changed, gained; and what is no fault."""

from __future__ import annotations

import msgspec
import pytest
from cases import aigc, credential, finding, iptc, report, trace, watermark

from credlabel.comparison import Pairs, compare
from credlabel.credentials import CredentialState
from credlabel.model import Origin
from credlabel.scan import UNREADABLE

OTHER = "urn:c2pa:ffffffff-0000-4000-8000-000000000002"
FIRST = credential().details["manifest"]


def changes(before, after):
    return [(c.fate.value, c.detector, c.is_harm) for c in compare(before, after).changes]


@pytest.mark.parametrize(
    "about",
    [
        report(),
        report(credential(), iptc(), aigc(), trace()),
        report(credential(is_sound=False), tampered=True),
        report(state=CredentialState.REMOTE),
    ],
)
def test_what_is_the_same_did_not_change(about):
    compared = compare(about, msgspec.structs.replace(about))
    assert (compared.changes, compared.is_harmed, compared.unread) == ((), False, "")


@pytest.mark.parametrize("mark", [credential(), iptc(), aigc(), watermark()])
def test_a_mark_that_is_gone_is_lost_and_one_that_is_new_is_gained(mark):
    assert changes(report(mark), report()) == [("lost", mark.detector, True)]
    assert changes(report(), report(mark)) == [("gained", mark.detector, False)]


def test_a_broken_credential_was_invalidated():
    for is_tampered in (True, False):
        broken = report(credential(is_sound=False), tampered=is_tampered)
        assert changes(report(credential()), broken) == [("invalidated", "c2pa", True)]


def test_a_credential_that_was_broken_before_is_no_harm_until_it_is_gone():
    broken = report(credential(is_sound=False), tampered=True)
    assert changes(broken, report(credential())) == [("changed", "c2pa", False)]
    unverifiable = report(credential(is_sound=False))
    assert changes(broken, unverifiable) == [("changed", "c2pa", False)]
    assert changes(broken, report()) == [("lost", "c2pa", True)]


def test_a_new_credential_goes_back_to_the_old_one_or_has_replaced_it():
    history = [{"manifest": FIRST}]
    kept = report(credential(manifest=OTHER, manifests=2, history=history))
    assert changes(report(credential()), kept) == [("changed", "c2pa", False)]
    for replaced in (
        credential(manifest=OTHER),
        credential(manifest=OTHER, manifests=2, history=[{"manifest": "urn:c2pa:3"}]),
        credential(manifest=OTHER, manifests="9", history=[7, None, {"manifest": 1}]),
    ):
        assert changes(report(credential()), report(replaced)) == [("lost", "c2pa", True)]


def test_a_long_history_is_not_told_in_full():
    long = report(credential(manifest=OTHER, manifests=99, history=[{"manifest": "urn:c2pa:3"}]))
    assert changes(report(credential()), long) == [("changed", "c2pa", False)]


def test_an_edit_that_is_signed_and_then_broken_is_harm():
    history = [{"manifest": FIRST}]
    broken = credential(is_sound=False, manifest=OTHER, manifests=2, history=history)
    assert changes(report(credential()), report(broken, tampered=True)) == [
        ("invalidated", "c2pa", True)
    ]


def test_a_reference_to_a_remote_credential():
    remote = report(state=CredentialState.REMOTE)
    assert changes(remote, report()) == [("lost", "c2pa", True)]
    assert changes(report(), remote) == [("gained", "c2pa", False)]
    assert changes(report(credential()), remote) == [("lost", "c2pa", True)]
    assert changes(remote, report(credential())) == [("gained", "c2pa", False)]


def test_a_signer_who_is_trusted_no_more_changed():
    trusted = report(credential(), state=CredentialState.TRUSTED)
    assert changes(trusted, report(credential())) == [("changed", "c2pa", False)]


def test_a_mark_that_says_something_else_changed():
    edited = iptc(origin=Origin.EDITED_WITH_AI)
    compared = compare(report(iptc()), report(edited))
    assert [c.fate for c in compared.changes] == ["changed"]
    assert compared.changes[0].explanation == "It said generated, and says edited-with-ai."
    assert changes(report(aigc()), report(aigc(PropagateID="7"))) == [("changed", "aigc", False)]


@pytest.mark.parametrize(
    "now", [Origin.CAPTURED, Origin.HUMAN_MADE, Origin.ALGORITHMIC, Origin.UNKNOWN]
)
def test_a_mark_that_unsays_ai_is_lost(now):
    compared = compare(report(iptc()), report(iptc(origin=now)))
    assert [(c.fate, c.is_harm) for c in compared.changes] == [("lost", True)]
    assert compared.changes[0].explanation == f"It said generated, and says {now}."
    assert changes(report(iptc(origin=now)), report(iptc())) == [("changed", "iptc", False)]


def test_a_credential_that_unsays_ai_is_lost_though_it_keeps_the_old_one():
    history = [{"manifest": FIRST}]
    new = credential(manifest=OTHER, manifests=2, history=history, origin=Origin.HUMAN_MADE)
    assert changes(report(credential()), report(new)) == [("lost", "c2pa", True)]
    broken = report(credential(is_sound=False), tampered=True)
    assert changes(broken, report(new)) == [("changed", "c2pa", False)]


def test_a_new_credential_that_overrides_a_mark_of_ai_is_harm():
    human = credential(origin=Origin.HUMAN_MADE)
    compared = compare(report(iptc()), report(human, iptc()))
    assert [(c.fate, c.detector, c.is_harm) for c in compared.changes] == [("lost", "c2pa", True)]
    assert compared.changes[0].explanation == (
        "It is new and says human-made, which overrides that it was generated."
    )
    for harmless in (
        credential(),
        credential(origin=Origin.UNKNOWN),
        credential(origin=Origin.HUMAN_MADE, is_sound=False),
    ):
        assert changes(report(iptc()), report(harmless, iptc())) == [("gained", "c2pa", False)]
    assert changes(report(trace()), report(human, trace())) == [("gained", "c2pa", False)]


def test_a_trace_that_says_something_else_is_no_harm():
    other = msgspec.structs.replace(trace(), origin=Origin.UNKNOWN)
    assert changes(report(trace()), report(other)) == [("lost", "generators", False)]


def test_a_mark_in_another_place_is_the_same():
    assert changes(report(aigc()), report(aigc(places=["png:AIGC"]))) == []


def test_a_trace_that_is_gone_is_told_and_no_fault():
    compared = compare(report(trace()), report())
    assert [c.fate for c in compared.changes] == ["lost"]
    assert not compared.is_harmed


@pytest.mark.parametrize("side", [0, 1])
def test_what_can_not_be_read_is_not_compared(side):
    gone = msgspec.structs.replace(report(), findings=(finding(UNREADABLE),))
    pair = [report(credential()), report(credential())]
    pair[side] = gone
    compared = compare(*pair)
    assert (compared.changes, compared.unread) == ((), "It is so.")


# ---------------------------------------------------------------------------- pairs


def folder(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_files_of_two_folders_are_paired_by_their_path(tmp_path):
    before = folder(tmp_path / "b", "x/one.txt", "two.txt", "two.txt.c2pa", "old.txt")
    after = folder(tmp_path / "a", "x/one.txt", "two.txt", "new.txt", "y/two.txt")
    pairs = Pairs(before, after)
    assert [(str(b[0].relative_to(before)), b[1]) for b, _ in pairs.both] == [
        ("two.txt", before / "two.txt.c2pa"),
        ("x/one.txt", None),
    ]
    assert pairs.only_before == [str(before / "old.txt")]
    assert pairs.only_after == [str(after / "new.txt"), str(after / "y/two.txt")]


def test_two_sidecars_are_files_like_others(tmp_path):
    root = folder(tmp_path, "a.jpg", "a.jpg.c2pa", "b.jpg", "b.jpg.c2pa")
    pairs = Pairs(root / "a.jpg.c2pa", root / "b.jpg.c2pa")
    assert [(b[0].name, a[0].name) for b, a in pairs.both] == [("a.jpg.c2pa", "b.jpg.c2pa")]


def test_two_files_are_a_pair_whatever_they_are_called(tmp_path):
    root = folder(tmp_path, "a.jpg", "b.png")
    pairs = Pairs(root / "a.jpg", root / "b.png")
    assert pairs.both == [((root / "a.jpg", None), (root / "b.png", None))]
    assert pairs.only_before == pairs.only_after == []
