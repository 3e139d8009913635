"""Private files: 0600, replacing nothing, whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from credlabel.files import sync_directory, write_private


def test_private_files_are_0600_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_private(tmp_path / "f", b"data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert (tmp_path / "f").read_bytes() == b"data"
    sync_directory(tmp_path)


def test_private_files_replace_nothing_and_follow_no_link(tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    (tmp_path / "l").symlink_to(tmp_path / "elsewhere")
    for name in ("f", "l"):
        with pytest.raises(FileExistsError):
            write_private(tmp_path / name, b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert not (tmp_path / "elsewhere").exists()


def test_a_failed_write_leaves_no_part(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(tmp_path / "f", b"data")
    assert list(tmp_path.iterdir()) == []
