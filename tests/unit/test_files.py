"""Bytes on disk: only regular files are read, and what is written is there whole or not at all."""

import errno
import hashlib
import io
import os
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credlabel import files
from credlabel.errors import AssetError
from credlabel.files import (
    Draft,
    copy_bytes,
    load_source,
    make_directories,
    open_source,
    read_ranges,
    rename_without_replacing,
    sha256,
    show,
    text_of,
    write_private,
)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------------------- reading


def test_a_regular_file_is_opened_also_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with open_source(tmp_path / name) as stream:
            assert stream.read() == b"abc"


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(path))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_fifo, "is no regular file"),
        (make_socket, "can't be read"),
        (lambda path: path.mkdir(), "is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
        (lambda path: path.symlink_to(path), "leads in a circle"),
        (lambda path: path.symlink_to("nowhere"), "does not exist"),
        (lambda path: None, "does not exist"),
    ],
)
@pytest.mark.timeout(10)
def test_anything_else_is_refused_at_once(tmp_path, monkeypatch, make, reason):
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    path = tmp_path / "it"
    make(path.relative_to(tmp_path) if make is make_socket else path)
    with pytest.raises(AssetError, match=reason) as caught:
        open_source(path)
    assert str(caught.value).endswith(".")


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    for name in ("a\0b", "n" * 300):
        with pytest.raises(AssetError):
            open_source(tmp_path / name)


def test_names_are_shown_without_control_over_the_terminal():
    assert show("a\nb\x1b[31m") == r"a\nb\x1b[31m"
    assert show("\u202egpj.exe") == r"\u202egpj.exe"
    assert show("Größe 写真.jpg") == "Größe 写真.jpg"
    assert show(os.fsdecode(b"\xff")) == r"\xff"


def test_names_become_text_that_json_can_hold():
    assert text_of(os.fsdecode(b"caf\xe9.jpg")) == r"caf\xe9.jpg"
    assert text_of("写真\n.jpg") == "写真\n.jpg"


@given(st.binary())
def test_any_name_becomes_text(name):
    text_of(os.fsdecode(name)).encode()


@given(st.binary(max_size=5000))
def test_digest_and_copy_begin_at_the_beginning(data):
    source, sink = io.BytesIO(data), io.BytesIO()
    source.seek(len(data) // 2)
    assert sha256(source) == hashlib.sha256(data).hexdigest()
    copy_bytes(source, sink)
    assert sink.getvalue() == data


@pytest.mark.parametrize("size", [0, 10, 100])
def test_a_digest_computed_beside_other_work_is_the_same(monkeypatch, tmp_path, size):
    monkeypatch.setattr(files, "_WORTH_A_THREAD_BYTES", 50)
    data = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    with path.open("rb") as lying:
        for source in (io.BytesIO(data), lying):
            digest = files.Digester().start(source)
            source.seek(0)
            source.read(3)
            assert digest() == hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------- media types


@pytest.mark.parametrize("size", [0, 1, 5000, 64 << 10, (64 << 10) + 1, 200_000])
def test_a_file_of_any_size_is_loaded_whole(tmp_path, size):
    (tmp_path / "a").write_bytes(os.urandom(size))
    with load_source(tmp_path / "a") as source:
        assert source.read() == (tmp_path / "a").read_bytes()
        assert source.seek(0) == 0
        assert isinstance(source, io.BytesIO) == (size <= 64 << 10)


def test_a_file_without_a_true_size_is_loaded_too():
    with load_source("/proc/self/status") as source:
        assert source.read().startswith(b"Name:")


def test_what_is_no_regular_file_is_not_loaded(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none", "/dev/zero"):
        with pytest.raises(AssetError):
            load_source(path)


def test_loading_leaves_nothing_open(tmp_path):
    (tmp_path / "small").write_bytes(b"a")
    opened = Path("/proc/self/fd")
    before = len(names_in(opened))
    with load_source(tmp_path / "small"):
        assert len(names_in(opened)) == before


def test_ranges_are_read_in_order_as_far_as_there_are_bytes():
    source = io.BytesIO(b"0123456789")
    assert b"".join(read_ranges(source, ((7, 2), (0, 3), (8, 99), (50, 1)))) == b"7801289"
    assert list(read_ranges(source, ((3, 0),))) == []


# ---------------------------------------------------------------------------- writing


def test_a_draft_leaves_nothing_unless_it_is_published(tmp_path):
    def give_up():
        with Draft(tmp_path / "a") as draft:
            draft.stream.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert names_in(tmp_path) == []


def test_a_draft_hides_until_it_is_published(tmp_path):
    with Draft(tmp_path / "a") as draft:
        draft.stream.write(b"all")
        draft.take_default_mode()
        draft.sync()
        (hidden,) = names_in(tmp_path)
        assert hidden.startswith(files.TEMPORARY_PREFIX)
        draft.publish()
        assert names_in(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"all"


def test_publishing_replaces_only_what_it_is_told_to(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with Draft(target) as draft:
        draft.stream.write(b"new")
        draft.sync()
        with pytest.raises(FileExistsError):
            draft.publish()
        assert target.read_bytes() == b"old"
        draft.publish(replace=True)
    assert target.read_bytes() == b"new"
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o007])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        with Draft(tmp_path / "a") as draft:
            assert stat.S_IMODE(os.fstat(draft.stream.fileno()).st_mode) == 0o600
            draft.take_default_mode()
            draft.publish()
    finally:
        assert os.umask(before) == mask
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~mask


def test_a_draft_takes_after_its_source(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    source.chmod(0o640)
    os.utime(source, ns=(1_500_000_000_123_456_789, 1_400_000_000_987_654_321))
    os.setxattr(source, "user.origin", b"somewhere")
    if os.geteuid() == 0:
        os.chown(source, 1234, 2345)
    with Draft(tmp_path / "a") as draft:
        draft.stream.write(b"labelled")
        draft.take_attributes(source)
        draft.sync()
        draft.publish()
    seen, made = source.stat(), (tmp_path / "a").stat()
    assert stat.S_IMODE(made.st_mode) == 0o640
    assert made.st_mtime_ns == 1_400_000_000_987_654_321
    assert (made.st_uid, made.st_gid) == (seen.st_uid, seen.st_gid)
    assert os.getxattr(tmp_path / "a", "user.origin") == b"somewhere"


@pytest.mark.parametrize("has_renameat2", [True, False])
def test_a_rename_never_replaces(tmp_path, monkeypatch, has_renameat2):
    if not has_renameat2:
        monkeypatch.setattr(files, "_renameat2", lambda: None)
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"a")
    target.write_bytes(b"b")
    with pytest.raises(FileExistsError):
        rename_without_replacing(source, target)
    assert (source.read_bytes(), target.read_bytes()) == (b"a", b"b")
    target.unlink()
    rename_without_replacing(source, target)
    assert names_in(tmp_path) == ["b"]
    with pytest.raises(FileNotFoundError):
        rename_without_replacing(source, tmp_path / "c")


def test_a_rename_reports_another_device_as_such(tmp_path):
    if tmp_path.stat().st_dev == Path("/dev/shm").stat().st_dev:
        pytest.fail("this test needs two file systems")
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(OSError) as caught:
        rename_without_replacing(tmp_path / "a", Path("/dev/shm/credlabel-test"))
    assert caught.value.errno == errno.EXDEV
    assert (tmp_path / "a").exists()


def test_directories_are_made_where_they_are_missing(tmp_path):
    make_directories(tmp_path / "a" / "b" / "c")
    make_directories(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_private_file_is_its_owners_and_replaces_nothing(tmp_path):
    path = tmp_path / "key"
    before = os.umask(0)
    try:
        write_private(path, b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_private(path, b"other")
    assert path.read_bytes() == b"secret"
