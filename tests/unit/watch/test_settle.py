"""Settling: pure patience with a fake clock, and the kernel's word on who is writing."""

from __future__ import annotations

import fcntl
import os

from credlabel.watch.settle import FileState, Settler, has_writer


def test_a_file_settles_when_it_has_not_changed_for_so_long():
    settler = Settler(2.0)
    assert settler.observe({"a": 1}, 100.0) == []
    assert settler.next_at == 102.0
    assert settler.observe({"a": 1}, 101.9) == []
    assert settler.observe({"a": 1}, 102.0) == ["a"]
    assert settler.next_at is None


def test_a_change_starts_the_wait_again_and_it_is_never_given_up():
    settler = Settler(2.0)
    for second in range(10_000):
        assert settler.observe({"slow": second}, float(second)) == []
    assert settler.observe({"slow": 9_999}, 10_001.0) == ["slow"]


def test_any_part_of_the_state_counts():
    settler = Settler(1.0)
    states = [
        FileState(1, 5, 10, 10),
        FileState(1, 5, 10, 11),  # only the ctime: somebody set the times back
        FileState(2, 5, 10, 11),  # only the inode: another file in its place
        FileState(2, 6, 10, 11),
        FileState(2, 6, 12, 11),
    ]
    for moment, state in enumerate(states):
        assert settler.observe({"a": state}, float(moment)) == []
    assert settler.observe({"a": states[-1]}, 5.0) == ["a"]


def test_what_vanishes_is_forgotten():
    settler = Settler(1.0)
    settler.observe({"a": 1}, 0.0)
    settler.observe({}, 0.5)
    assert settler.observe({"a": 1}, 5.0) == []


def test_the_longest_settled_comes_first():
    settler = Settler(1.0)
    settler.observe({"b": 1}, 0.0)
    settler.observe({"b": 1, "a": 1}, 0.5)
    assert settler.observe({"a": 1, "b": 1}, 9.0) == ["b", "a"]


def test_disturbing_starts_the_wait_again():
    settler = Settler(1.0)
    settler.observe({"a": 1}, 0.0)
    assert settler.observe({"a": 1}, 1.0) == ["a"]
    settler.disturb("a", 1.0)
    settler.disturb("unknown", 1.0)
    assert settler.next_at == 2.0
    assert settler.observe({"a": 1}, 1.5) == []
    assert settler.observe({"a": 1}, 2.0) == ["a"]


def test_nothing_to_settle_with_zero_seconds():
    assert Settler(0.0).observe({"a": 1}, 7.0) == ["a"]


def test_a_writer_is_known_until_it_closes(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as sink:
        sink.write(b"half")
        assert has_writer(path) is True
    assert has_writer(path) is False
    with path.open("rb"):
        assert has_writer(path) is False


def test_where_leases_do_not_work_it_can_not_be_told(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.touch()

    def refuse(*_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    assert has_writer(path) is None


def test_nothing_special_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert has_writer(tmp_path / "link") is None
    assert has_writer(tmp_path / "missing") is None
    assert has_writer(tmp_path / "pipe") in (None, False)
