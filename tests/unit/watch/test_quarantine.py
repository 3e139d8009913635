"""Quarantine: a directory a case, a reason to read, and nothing lost when it is interrupted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credlabel import files
from credlabel.watch import moves
from credlabel.watch.quarantine import Complaint, Quarantine

NOON = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
BAD = Complaint(
    code="credlabel.asset.malformed", sentence="It is cut short.", hint="Send it again."
)


@pytest.fixture
def quarantine(tmp_path):
    return Quarantine(tmp_path / "q", clock=lambda: NOON)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "work" / "x.jpg"
    path.parent.mkdir()
    path.write_bytes(b"bytes")
    return path


def put(quarantine, file, **more):
    return quarantine.put(
        file, identifier="abc", found=Path("/inbox/a\n/x.jpg"), complaint=BAD, **more
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_reason_can_be_read(quarantine, file, tmp_path):
    folder = put(quarantine, file)
    assert folder == tmp_path / "q" / "20270131T120000Z-abc"
    assert names(folder) == ["reason.json", "x.jpg"]
    assert not file.exists()
    text = (folder / "reason.json").read_text()
    assert text.count("\n") > 5  # one key a line
    reason = json.loads(text)
    assert reason["time"] == "2027-01-31T12:00:00+00:00"
    assert reason["path"] == "/inbox/a\\n/x.jpg"
    assert reason["code"] == BAD.code
    assert reason["sentence"] == BAD.sentence
    assert reason["hint"] == BAD.hint
    assert reason["sha256"] == hashlib.sha256(b"bytes").hexdigest()
    assert reason["credlabel"]


def test_sidecars_come_along_and_shared_ones_are_copied(quarantine, file):
    own, shared = file.with_name("x.jpg.c2pa"), file.with_name("x.c2pa")
    own.write_bytes(b"own")
    shared.write_bytes(b"shared")
    folder = put(quarantine, file, sidecars=[own], shared=[shared])
    assert names(folder) == ["reason.json", "x.c2pa", "x.jpg", "x.jpg.c2pa"]
    assert not own.exists()
    assert shared.read_bytes() == b"shared"


def test_a_file_called_reason_is_kept_under_another_name(quarantine, tmp_path):
    file = tmp_path / "reason.json"
    file.write_bytes(b"{}")
    folder = put(quarantine, file)
    assert (folder / "reason.json.original").read_bytes() == b"{}"
    assert json.loads((folder / "reason.json").read_text())["code"] == BAD.code


def refuse_rename(source, target):
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def test_to_another_file_system_it_is_copied_whole(quarantine, file, monkeypatch):
    file.chmod(0o640)
    os.utime(file, ns=(1_000, 2_000_000_000))
    monkeypatch.setattr(moves, "rename_without_replacing", refuse_rename)
    folder = put(quarantine, file)
    copy = folder / "x.jpg"
    assert copy.read_bytes() == b"bytes"
    assert copy.stat().st_mtime_ns == 2_000_000_000
    assert copy.stat().st_mode & 0o777 == 0o640
    assert not file.exists()


def test_a_copy_that_fails_leaves_the_file(quarantine, file, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(moves, "rename_without_replacing", refuse_rename)
    monkeypatch.setattr(moves, "copy_bytes", full)
    with pytest.raises(OSError, match="No space"):
        put(quarantine, file)
    assert file.read_bytes() == b"bytes"
    monkeypatch.undo()
    folder = put(quarantine, file)  # the same case goes on in the same directory
    assert names(folder) == ["reason.json", "x.jpg"]
    assert len(names(folder.parent)) == 1


def test_what_was_decided_is_finished_after_a_crash(quarantine, file, tmp_path, monkeypatch):
    side = file.with_name("x.jpg.c2pa")
    side.write_bytes(b"own")
    real = files.rename_without_replacing

    def crash(source, target):
        if source == file:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(moves, "rename_without_replacing", crash)
    with pytest.raises(KeyboardInterrupt):
        put(quarantine, file, sidecars=[side])
    monkeypatch.undo()
    after = Quarantine(tmp_path / "q", clock=lambda: NOON)
    ((identifier, folder),) = after.begun().items()
    assert identifier == "abc"
    reason = after.finish(folder, file, [side])
    assert reason.code == BAD.code
    assert names(folder) == ["reason.json", "x.jpg", "x.jpg.c2pa"]
    assert not file.exists()


def test_nothing_was_decided_before_the_reason_was_written(quarantine, file, tmp_path):
    folder = tmp_path / "q" / "20270131T120000Z-abc"
    folder.mkdir(parents=True)
    (folder / ".credlabel-draft").write_bytes(b"{")
    assert quarantine.finish(folder, file) is None
    assert file.exists()
    assert not folder.exists()


def test_a_copy_that_was_made_before_a_crash_is_not_made_twice(quarantine, file, tmp_path):
    folder = put(quarantine, file)
    file.write_bytes(b"bytes")  # the original had not been removed yet
    assert quarantine.finish(folder, file) is not None
    assert not file.exists()
    assert names(folder) == ["reason.json", "x.jpg"]


def test_there_need_not_be_a_quarantine(quarantine, tmp_path):
    assert quarantine.begun() == {}
    assert not (tmp_path / "q").exists()
