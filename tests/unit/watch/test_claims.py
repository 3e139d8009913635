"""What the watcher makes in an inbox is its own: nothing prepared there by others is used."""

import os
from datetime import UTC, datetime

import pytest

from credlabel.errors import ConfigError
from credlabel.watch.claims import Claims


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def state(inbox):
    folder = inbox / ".credlabel"
    folder.mkdir(mode=0o700)
    return folder


def claims_of(inbox):
    return Claims(inbox, clock=lambda: datetime.now(UTC))


def lock(inbox):
    with claims_of(inbox).lock(wait_seconds=0.1):
        pass


def refused(inbox, words):
    with pytest.raises(ConfigError, match=words) as caught:
        lock(inbox)
    assert caught.value.hint


def test_what_is_made_is_for_this_user_alone(inbox):
    previous = os.umask(0)
    try:
        lock(inbox)
        probe = claims_of(inbox).probe_file()
    finally:
        os.umask(previous)
    state = inbox / ".credlabel"
    modes = {path: path.stat().st_mode & 0o777 for path in (state, *state.iterdir())}
    assert modes == {state: 0o700, state / "work": 0o700, state / "lock": 0o600, probe: 0o600}
    lock(inbox)  # and is used again


def test_without_an_inbox_nothing_is_made(tmp_path):
    with pytest.raises(ConfigError, match="can't be worked in"):
        lock(tmp_path / "none")
    assert not list(tmp_path.iterdir())


def test_a_link_for_a_directory_is_refused(inbox, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (inbox / ".credlabel").symlink_to(elsewhere)
    refused(inbox, "is a symbolic link")
    with pytest.raises(ConfigError, match="is a symbolic link"):
        claims_of(inbox).probe_file()
    assert not list(elsewhere.iterdir())


def test_a_file_for_a_directory_is_refused(inbox):
    (inbox / ".credlabel").write_bytes(b"")
    refused(inbox, "is no directory")


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_directory_that_others_may_write_to_is_refused(inbox, state, mode):
    state.chmod(mode)
    refused(inbox, "other users")
    assert not list(state.iterdir())


@pytest.mark.parametrize("name", [".", "work", "lock"])
def test_what_belongs_to_another_user_is_refused(inbox, state, monkeypatch, name):
    lock(inbox)
    if os.geteuid() == 0:
        os.chown(state / name, 65534, 65534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    refused(inbox, "another user|this user")


@pytest.mark.parametrize("kind", ["link", "file", "open to others"])
def test_the_work_directory_is_ours(inbox, state, tmp_path, kind):
    work = state / "work"
    if kind == "link":
        work.symlink_to(tmp_path)
    elif kind == "file":
        work.write_bytes(b"")
    else:
        work.mkdir()
        work.chmod(0o777)
    refused(inbox, "symbolic link|no directory|other users")


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "directory"])
def test_the_lock_is_a_file(inbox, state, tmp_path, kind):
    victim = tmp_path / "victim"
    path = state / "lock"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(victim)
        if kind == "link":
            victim.write_bytes(b"precious")
    refused(inbox, "worked in|this user")
    assert not victim.exists() or victim.read_bytes() == b"precious"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_probe_is_written_through_no_link(inbox, state, tmp_path, link):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link(victim, state / "probe.txt")
    for _ in range(2):
        path = claims_of(inbox).probe_file()
        assert path == state / "probe.txt"
        assert not path.is_symlink()
        assert b"labelling works" in path.read_bytes()
    assert victim.read_bytes() == b"precious"


def test_the_probe_is_not_written_into_another_s_directory(inbox, state):
    lock(inbox)
    state.chmod(0o777)
    with pytest.raises(ConfigError, match="other users"):
        claims_of(inbox).probe_file()
    assert not (state / "probe.txt").exists()
