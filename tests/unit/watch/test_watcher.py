"""The watcher, on real files: everything ends labelled in the archive, in quarantine, or waits."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import resource
import shutil
import threading
import time
from pathlib import Path

import making
import pytest

from credlabel import batch, sandbox
from credlabel.batch import LabelJob
from credlabel.errors import ConfigError
from credlabel.files import TEMPORARY_PREFIX
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Integrity, Provenance
from credlabel.scan import Scanner
from credlabel.watch import Watcher, WatchOutcome, WatchSettings, claims, handoff, lookout
from credlabel.watch.events import WatchKind

SAMPLES = making.SAMPLES
PROVENANCE = Provenance(system="Painter", provider="Acme")
QUICK = WatchSettings(settle_seconds=0.05, retry_seconds=0.05, lock_seconds=0.2, workers=1)


class Place:
    """An inbox, an archive, a quarantine, and what happened to them."""

    def __init__(self, root, job):
        self.root, self.job = root, job
        self.inbox, self.archive, self.quarantine = (root / n for n in ("in", "out", "bad"))
        self.inbox.mkdir()
        self.events = []

    def watcher(self, settings=QUICK, **more):
        more.setdefault("job", self.job)
        return Watcher(
            self.inbox,
            self.archive,
            quarantine=self.quarantine,
            settings=settings,
            on_event=self.events.append,
            **more,
        )

    def once(self, **more):
        return self.watcher(**more).run_once()

    def add(self, name="hills.jpg", sample="hills.jpg", data=None):
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((SAMPLES / sample).read_bytes() if data is None else data)
        return path

    def kinds(self):
        return [event.kind for event in self.events]

    def in_archive(self):
        return names(self.archive)

    def in_inbox(self):
        return [name for name in names(self.inbox) if not name.startswith(".credlabel/")]

    def in_work(self):
        return names(self.inbox / ".credlabel" / "work")

    def reasons(self):
        return [json.loads(p.read_text()) for p in self.quarantine.glob("*/reason.json")]

    def quarantined(self):
        return [n.partition("/")[2] for n in names(self.quarantine) if "reason.json" not in n]

    @contextlib.contextmanager
    def running(self, settings=QUICK, **more):
        stop = threading.Event()
        outcome = []
        watcher = self.watcher(settings, **more)
        thread = threading.Thread(target=lambda: outcome.append(watcher.run(stop)))
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(30)
        assert outcome, "the watcher has died"


def names(root):
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir())


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def job(dev_key):
    return LabelJob(signer=dev_key.uri, provenance=PROVENANCE)


@pytest.fixture
def place(tmp_path, job):
    return Place(tmp_path, job)


# ---------------------------------------------------------------------------- once


def test_once_labels_what_is_there_and_keeps_the_paths(place):
    given = {name: place.add(name).read_bytes() for name in ("a.jpg", "sub/b.jpg", "sub/c/d.jpg")}
    assert place.once() == WatchOutcome(labelled=3)
    assert place.in_archive() == sorted(given)
    assert place.in_inbox() == place.in_work() == []
    for name, data in given.items():
        report = Scanner().scan(place.archive / name)
        assert report.verdict.integrity is Integrity.INTACT
        assert report.evidence[0].provenance.system == "Painter"
        assert report.evidence[0].details["input_sha256"] == sha(data)
    assert place.kinds() == [WatchKind.LABELLED] * 3
    assert {event.path for event in place.events} == set(given)
    assert all(event.receipt for event in place.events)


def test_nothing_to_do(place):
    assert place.once() == WatchOutcome()
    assert place.archive.is_dir()


@pytest.mark.usefixtures("no_workers")
def test_any_bytes_are_published_with_their_sidecar(place):
    place.add("notes.txt", data=b"words")
    assert place.once() == WatchOutcome(labelled=1)
    assert place.in_archive() == ["notes.txt", "notes.txt.c2pa"]
    assert Scanner().scan(place.archive / "notes.txt").verdict.integrity is Integrity.INTACT


@pytest.mark.usefixtures("no_workers")
def test_any_name(place):
    those = ["new\nline.jpg", os.fsdecode(b"caf\xe9.jpg"), "-o.jpg", "ü.jpg"]
    for name in those:
        place.add(name)
    assert place.once() == WatchOutcome(labelled=len(those))
    assert place.in_archive() == sorted(those)


@pytest.mark.slow
def test_the_same_code_runs_again(place):
    place.add("a.jpg")
    watcher = place.watcher()
    watcher.run_once()
    place.add("b.jpg")
    assert watcher.run_once() == WatchOutcome(labelled=1)
    assert place.in_archive() == ["a.jpg", "b.jpg"]


def test_unfinished_links_and_pipes_are_left_alone(place):
    unfinished = ("x.jpg.part", "x.crdownload", "x.tmp", "x~", ".x.swp", ".~lock.x#")
    for name in unfinished:
        place.add(name)
    target = place.root / "elsewhere.jpg"
    target.write_bytes(b"x")
    (place.inbox / "link.jpg").symlink_to(target)
    (place.inbox / "loop").symlink_to(place.inbox)
    os.mkfifo(place.inbox / "pipe")
    assert place.once() == WatchOutcome(left=3)
    assert place.in_archive() == []
    assert place.in_inbox() == sorted([*unfinished, "link.jpg", "pipe"])
    assert {event.sentence for event in place.events} == {"it is a symbolic link", "it is a pipe"}


@pytest.mark.slow
def test_a_slow_writer_is_waited_for(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    path = place.add("slow.jpg", data=b"")

    def write():
        with path.open("wb") as sink:
            for start in range(0, len(data), len(data) // 20 + 1):
                sink.write(data[start : start + len(data) // 20 + 1])
                sink.flush()
                time.sleep(0.04)

    writer = threading.Thread(target=write)
    writer.start()
    assert place.once() == WatchOutcome(labelled=1)
    writer.join()
    ((event,)) = (e for e in place.events if e.receipt)
    assert event.receipt.source_digest.sha256 == sha(data)


@pytest.mark.slow
def test_a_writer_that_pauses_is_waited_for_by_its_lease(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    path = place.add("slow.jpg", data=b"")
    sink = path.open("wb")
    sink.write(data[:1000])
    sink.flush()

    def finish():
        time.sleep(0.6)  # ten times as long as files have to lie still
        sink.write(data[1000:])
        sink.close()

    writer = threading.Thread(target=finish)
    writer.start()
    assert place.once() == WatchOutcome(labelled=1)
    writer.join()
    assert place.events[0].receipt.source_digest.sha256 == sha(data)


# ---------------------------------------------------------------------------- sidecars


def labelled_with_sidecar(place, name, data=b"old words"):
    """Put a file into the inbox that has a credential beside it."""
    labeller = Labeller(making.signer(), provenance=Provenance(system="Earlier"))
    made = labeller.label_bytes(data, name=name)
    place.add(name, data=made.data)
    return made.sidecar


@pytest.mark.usefixtures("no_workers")
def test_a_sidecar_travels_with_its_file(place):
    store = labelled_with_sidecar(place, "sub/old.txt")
    place.add("sub/old.txt.c2pa", data=store)
    assert place.once() == WatchOutcome(labelled=1)
    assert place.in_archive() == ["sub/old.txt", "sub/old.txt.c2pa"]
    assert place.in_inbox() == place.in_work() == []
    report = Scanner().scan(place.archive / "sub/old.txt")
    assert report.verdict.integrity is Integrity.INTACT
    assert report.evidence[0].details["manifests"] == 2  # nothing was dropped


@pytest.mark.usefixtures("no_workers")
def test_a_sidecar_that_did_not_go_into_the_label_is_kept(place):
    labelled = Labeller(making.signer()).label_bytes((SAMPLES / "hills.jpg").read_bytes())
    place.add("x.jpg", data=labelled.data)
    place.add("x.jpg.c2pa", data=labelled_with_sidecar(place, "other.txt"))
    (place.inbox / "other.txt").unlink()
    outcome = place.once()
    assert outcome == WatchOutcome(labelled=1, quarantined=1)
    assert place.in_archive() == ["x.jpg"]
    assert place.quarantined() == ["x.jpg.c2pa"]
    assert place.reasons()[0]["code"] == "credlabel.watch.sidecar"
    assert place.in_work() == []


def test_a_sidecar_alone_is_left(place):
    place.add("gone.png.c2pa", data=b"x")
    assert place.once() == WatchOutcome(left=1)
    assert place.in_inbox() == ["gone.png.c2pa"]


def test_files_that_share_a_sidecar_are_claimed_together(place):
    store = labelled_with_sidecar(place, "x.txt")
    place.add("x.md", data=b"other words")
    place.add("x.c2pa", data=store)
    place.once()
    assert place.in_inbox() == place.in_work() == []
    arrived = {n.rpartition("/")[2] for n in (*place.in_archive(), *place.quarantined())}
    assert {"x.txt", "x.md"} <= arrived


@pytest.mark.usefixtures("no_workers")
def test_a_sidecar_is_not_taken_from_the_file_named_by_its_stem(place):
    store = labelled_with_sidecar(place, "LICENSE")
    place.add("LICENSE.md", data=b"other words")
    place.add("LICENSE.c2pa", data=store)
    assert place.once() == WatchOutcome(labelled=2)
    for name, manifests in (("LICENSE", 2), ("LICENSE.md", 1)):
        report = Scanner().scan(place.archive / name)
        assert report.verdict.integrity is Integrity.INTACT
        assert report.evidence[0].details["manifests"] == manifests


# ---------------------------------------------------------------------------- watching


@pytest.mark.slow
def test_what_appears_later_and_trees_moved_in(place):
    place.add("first.jpg")
    settings = WatchSettings(settle_seconds=0.05, rescan_seconds=300, workers=1)
    with place.running(settings):
        wait_for(lambda: place.in_archive() == ["first.jpg"])
        place.add("later.jpg")
        wait_for(lambda: "later.jpg" in place.in_archive())
        tree = place.root / "tree"
        for name in ("a.jpg", "deep/er/b.jpg"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SAMPLES / "hills.jpg", tree / name)
        tree.rename(place.inbox / "tree")
        wait_for(lambda: {"tree/a.jpg", "tree/deep/er/b.jpg"} <= set(place.in_archive()))
        (place.inbox / "x.part").write_bytes((SAMPLES / "hills.jpg").read_bytes())
        (place.inbox / "x.part").rename(place.inbox / "x.jpg")
        wait_for(lambda: "x.jpg" in place.in_archive())
    assert place.in_inbox() == place.in_work() == []


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("polling", marks=pytest.mark.slow),
        pytest.param("cannot start", marks=pytest.mark.slow),
        "dies",
    ],
)
def test_without_events_a_rescan_finds_everything(place, monkeypatch, broken):
    import watchdog.observers
    from watchdog.observers.api import BaseObserver

    class Broken(BaseObserver):
        def __init__(self):
            super().__init__(lambda *_, **__: None)

        def schedule(self, *_, **__):
            pass

        def start(self):
            if broken == "cannot start":
                raise OSError(errno.ENOSPC, "inotify watch limit reached")

        def is_alive(self):
            return False

        def stop(self):
            pass

        def join(self):
            pass

    if broken != "polling":
        monkeypatch.setattr(watchdog.observers, "Observer", Broken)
    settings = WatchSettings(
        settle_seconds=0.05, rescan_seconds=0.3, workers=1, polling=broken == "polling"
    )
    with place.running(settings):
        wait_for((place.inbox / ".credlabel" / "lock").exists)
        time.sleep(0.2)
        place.add("late.jpg")
        wait_for(lambda: place.in_archive() == ["late.jpg"])


def test_stopping_gives_back_what_was_not_begun(place, monkeypatch):
    for number in range(60):
        place.add(f"{number}.jpg")
    stop = threading.Event()
    watcher = place.watcher()
    real = place.events.append

    class Events(list):
        def append(self, event):
            real(event)
            stop.set()

    watcher._on_event = Events().append
    outcome = watcher.run(stop)
    assert 0 < outcome.labelled < 60
    assert place.in_work() == []
    assert len(place.in_archive()) + len(place.in_inbox()) == 60


def test_a_second_watcher_is_refused(place):
    with place.running():
        wait_for((place.inbox / ".credlabel" / "lock").exists)
        wait_for(lambda: (place.inbox / ".credlabel" / "lock").read_text().strip())
        with pytest.raises(ConfigError, match=f"watched already, by process {os.getpid()}"):
            place.once()
    assert place.once() == WatchOutcome()


@pytest.mark.parametrize(
    ("archive", "quarantine"),
    [("in", "bad"), ("in/out", "bad"), (".", "bad"), ("out", "in/bad"), ("out", "out/bad")],
)
def test_places_that_overlap_are_refused(place, archive, quarantine):
    root = place.root
    with pytest.raises(ConfigError, match="overlap"):
        Watcher(place.inbox, root / archive, place.job, quarantine=root / quarantine).run_once()


def test_quarantine_may_be_in_the_inbox_where_no_listing_looks(place):
    place.quarantine = place.inbox / ".credlabel" / "quarantine"
    place.add("bad.jpg", data=b"\xff\xd8\xff\xe0")
    assert place.once() == WatchOutcome(quarantined=1)
    assert place.once() == WatchOutcome()


def test_there_must_be_an_inbox(place):
    place.inbox.rmdir()
    with pytest.raises(ConfigError, match="no directory"):
        place.once()


# ---------------------------------------------------------------------------- files at fault


@pytest.mark.usefixtures("no_workers")
def test_a_truncated_file_goes_to_quarantine_with_the_reason(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    bad = data[: len(data) // 3]
    place.add("sub/bad.jpg", data=bad)
    place.add("good.jpg")
    assert place.once() == WatchOutcome(labelled=1, quarantined=1)
    assert place.in_archive() == ["good.jpg"]
    assert place.quarantined() == ["bad.jpg"]
    (reason,) = place.reasons()
    assert reason["code"] == "credlabel.asset.malformed"
    assert reason["path"] == str(place.inbox / "sub/bad.jpg")
    assert reason["sha256"] == sha(bad)
    assert reason["sentence"].endswith(".")
    event = next(e for e in place.events if e.kind is WatchKind.QUARANTINED)
    assert event.sentence == reason["sentence"]
    assert (Path(event.place) / "bad.jpg").read_bytes() == bad
    assert place.in_inbox() == place.in_work() == []


@pytest.mark.usefixtures("no_workers")
def test_an_empty_file_and_many_bad_ones(place):
    place.add("empty.jpg", data=b"")
    for number in range(70):  # more than are decided about at once
        place.add(f"{number}.jpg", data=b"\xff\xd8\xff\xe0")
    place.add("zz.jpg")
    assert place.once() == WatchOutcome(labelled=1, quarantined=71)
    assert place.in_archive() == ["zz.jpg"]


@pytest.mark.usefixtures("no_workers")
def test_another_file_of_that_name_is_never_overwritten(place):
    place.archive.mkdir()
    (place.archive / "x.jpg").write_bytes(b"somebody else's")
    place.add("x.jpg")
    assert place.once() == WatchOutcome(quarantined=1)
    assert (place.archive / "x.jpg").read_bytes() == b"somebody else's"
    assert place.reasons()[0]["code"] == "credlabel.watch.collision"
    assert place.quarantined() == ["x.jpg"]


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize("obstacle", ["directory", "dangling link", "file for directory"])
def test_anything_in_the_way_is_a_collision(place, obstacle):
    place.archive.mkdir()
    name = "x.jpg"
    if obstacle == "directory":
        (place.archive / name).mkdir()
    elif obstacle == "dangling link":
        (place.archive / name).symlink_to("nowhere")
    else:
        (place.archive / "x.jpg").write_bytes(b"")
        name = "x.jpg/y.jpg"
    place.add(name)
    assert place.once() == WatchOutcome(quarantined=1)
    assert place.reasons()[0]["code"] == "credlabel.watch.collision"


@pytest.mark.usefixtures("no_workers")
@pytest.mark.parametrize(
    "name",
    [
        "sub/x.jpg",
        pytest.param("sub/new/x.jpg", marks=pytest.mark.slow),
        pytest.param("deep/sub/x.jpg", marks=pytest.mark.slow),
        "sub/x.txt",
    ],
)
def test_nothing_is_published_through_a_link_in_the_archive(place, name):
    elsewhere = place.root / "elsewhere"
    elsewhere.mkdir()
    link = place.archive / name.partition("sub/")[0] / "sub"
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    place.add(name)
    place.add("beside.jpg")
    assert place.once() == WatchOutcome(labelled=1, quarantined=1)
    assert names(elsewhere) == []
    assert place.in_archive().count("beside.jpg") == 1
    assert place.reasons()[0]["code"] == "credlabel.watch.collision"
    assert place.quarantined() == [name.rpartition("/")[2]]
    assert place.in_work() == []


def test_what_was_claimed_before_a_link_came_is_a_collision(place):
    elsewhere = place.root / "elsewhere"
    elsewhere.mkdir()
    draft = elsewhere / f"{TEMPORARY_PREFIX}1-abc"
    draft.write_bytes(b"half")
    place.archive.mkdir()
    (place.archive / "sub").symlink_to(elsewhere)
    claimed(place, "sub/x.jpg", (SAMPLES / "hills.jpg").read_bytes())
    assert place.once() == WatchOutcome(quarantined=1)
    assert draft.read_bytes() == b"half"  # no sweeping out there, either
    assert names(elsewhere) == [draft.name]


def test_the_archive_itself_may_be_a_link(place):
    (place.root / "elsewhere").mkdir()
    place.archive.symlink_to(place.root / "elsewhere")
    place.add("sub/x.jpg")
    assert place.once() == WatchOutcome(labelled=1)
    assert names(place.root / "elsewhere") == ["sub/x.jpg"]


@pytest.mark.slow
def test_somebody_else_s_sidecar_is_a_collision(place):
    place.archive.mkdir()
    (place.archive / "x.txt.c2pa").write_bytes(b"somebody else's")
    place.add("x.txt", data=b"words")
    assert place.once() == WatchOutcome(quarantined=1)
    assert place.in_archive() == ["x.txt.c2pa"]


@pytest.mark.slow
def test_the_same_file_twice_is_published_once(place):
    place.add("x.jpg")
    place.once()
    before = (place.archive / "x.jpg").read_bytes()
    place.add("x.jpg")
    assert place.once() == WatchOutcome(resumed=1)
    assert (place.archive / "x.jpg").read_bytes() == before
    assert place.in_inbox() == place.in_work() == []


@pytest.mark.slow
def test_content_that_had_the_label_already_twice(place):
    data = Labeller(making.signer(), provenance=PROVENANCE).label_bytes(
        (SAMPLES / "hills.jpg").read_bytes()
    )
    job = LabelJob(signer=place.job.signer, settings=LabelSettings(on_existing="skip"))
    for expected in (WatchOutcome(labelled=1), WatchOutcome(resumed=1)):
        place.add("x.jpg", data=data.data)
        assert place.once(job=job) == expected
    assert (place.archive / "x.jpg").read_bytes() == data.data


def test_a_file_that_kills_its_worker_goes_to_quarantine_and_no_other(place, monkeypatch):
    import labellers

    monkeypatch.setattr(batch, "_prepare", labellers.prepare_deadly)
    for name in ("a.jpg", "deadly.jpg", "z.jpg"):
        place.add(name)
    assert place.once() == WatchOutcome(labelled=2, quarantined=1)
    assert place.in_archive() == ["a.jpg", "z.jpg"]
    (reason,) = place.reasons()
    assert reason["code"] == "credlabel.label.stopped"
    assert str(place.inbox / "deadly.jpg") in reason["sentence"]


def test_a_worker_that_dies_after_publishing_has_published(place, monkeypatch):
    import labellers

    monkeypatch.setattr(batch, "_prepare", labellers.prepare_deadly_after)
    place.add("deadly.jpg")
    assert place.once() == WatchOutcome(resumed=1)
    assert place.in_archive() == ["deadly.jpg"]


# ---------------------------------------------------------------------------- system at fault


@pytest.mark.slow
def test_without_a_key_everything_is_held_and_given_back(place, tmp_path):
    job = LabelJob(signer=f"file:{tmp_path}/missing.pem")
    for number in range(5):
        place.add(f"{number}.jpg")
    place.add("bad.jpg", data=b"\xff\xd8\xff\xe0")
    outcome = place.once(job=job)
    assert outcome == WatchOutcome(held=6)
    assert not place.quarantine.exists()
    assert place.in_archive() == []
    assert len(place.in_inbox()) == 6
    assert any("no signing key" in event.sentence for event in place.events)
    assert place.once() == WatchOutcome(labelled=5, quarantined=1)


@pytest.mark.slow
def test_the_daemon_goes_on_when_the_key_is_there(place, dev_key, tmp_path):
    key = tmp_path / "key.pem"
    place.add("x.jpg")
    with place.running(job=LabelJob(signer=f"file:{key}?certificate={dev_key.chain_path}")):
        wait_for(lambda: WatchKind.HELD in place.kinds())
        shutil.copy(dev_key.key_path, key)
        key.chmod(0o600)
        wait_for(lambda: place.in_archive() == ["x.jpg"])
    assert WatchKind.QUARANTINED not in place.kinds()


def test_a_full_disk_holds(place, monkeypatch):
    place.add("x.jpg")
    place.add("bad.jpg", data=b"\xff\xd8\xff\xe0")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import labellers

    monkeypatch.setattr(batch, "_prepare", labellers.prepare_without_room)
    assert place.once() == WatchOutcome(held=2)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == (soft, hard)
    assert place.in_archive() == []
    assert place.in_inbox() == ["bad.jpg", "x.jpg"]
    assert not place.quarantine.exists()


def test_a_disk_too_full_for_one_file_holds_that_one(place, monkeypatch):
    import labellers

    monkeypatch.setattr(batch, "_prepare", labellers.prepare_with_little_room)
    place.add("large.jpg", data=(SAMPLES / "hills.jpg").read_bytes() + bytes(100_000))
    place.add("small.txt", data=b"words")
    assert place.once() == WatchOutcome(labelled=1, held=1)
    assert place.in_archive() == ["small.txt", "small.txt.c2pa"]
    assert place.in_inbox() == ["large.jpg"]


def test_workers_that_can_not_start_hold(place, monkeypatch):
    import labellers

    monkeypatch.setattr(batch, "_prepare", labellers.prepare_broken)
    place.add("x.jpg")
    assert place.once() == WatchOutcome(held=1)
    assert place.in_inbox() == ["x.jpg"]
    assert not place.quarantine.exists()


def test_no_process_can_be_started(place, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    place.add("x.jpg")
    monkeypatch.setattr(sandbox.subprocess, "Popen", refuse)
    assert place.once() == WatchOutcome(held=1)
    assert place.in_inbox() == ["x.jpg"]


@pytest.mark.slow
def test_provenance_that_can_not_be_used_is_no_file_s_fault(place):
    job = LabelJob(signer=place.job.signer, provenance=Provenance(source_type="nonsense"))
    place.add("x.jpg")
    assert place.once(job=job) == WatchOutcome(held=1)


def test_a_quarantine_that_can_not_be_made_holds(place):
    place.quarantine.write_bytes(b"in the way")
    place.add("bad.jpg", data=b"\xff\xd8\xff\xe0")
    place.add("good.jpg")
    assert place.once() == WatchOutcome(labelled=1, held=1)
    assert place.in_inbox() == ["bad.jpg"]


def test_a_file_that_can_not_be_claimed_keeps_nothing_else_waiting(place, monkeypatch):
    real = claims.Moves.move

    def refuse(self, source, target):
        if source.name == "stuck.jpg":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        real(self, source, target)

    monkeypatch.setattr(claims.Moves, "move", refuse)
    place.add("stuck.jpg")
    place.add("free.jpg")
    assert place.once() == WatchOutcome(labelled=1, held=1)
    assert place.in_inbox() == ["stuck.jpg"]
    assert place.in_work() == []


# ---------------------------------------------------------------------------- changing files


def test_a_file_written_to_after_it_was_published_is_not_lost(place, monkeypatch):
    path = place.add("x.jpg")
    other = place.root / "other name"
    os.link(path, other)
    real = handoff.HandOff._labelled

    def meddle(self, claim, receipt):
        with other.open("ab") as sink:
            sink.write(b"more")
        real(self, claim, receipt)

    monkeypatch.setattr(handoff.HandOff, "_labelled", meddle)
    outcome = place.once()
    assert outcome == WatchOutcome(labelled=1, quarantined=1)
    assert WatchKind.RETURNED in place.kinds()
    assert place.reasons()[0]["code"] == "credlabel.watch.collision"
    assert place.reasons()[0]["sha256"] == sha(other.read_bytes())


def test_hard_linked_files_are_labelled_and_the_other_name_stays(place):
    path = place.add("x.jpg")
    other = place.root / "other name"
    os.link(path, other)
    data = other.read_bytes()
    assert place.once() == WatchOutcome(labelled=1)
    assert other.read_bytes() == data


@pytest.mark.usefixtures("no_workers")
def test_a_file_changed_between_listing_and_claim_settles_again(place, monkeypatch):
    path = place.add("x.jpg", data=b"\xff\xd8\xff\xe0")
    whole = (SAMPLES / "hills.jpg").read_bytes()
    real, done = lookout.Lookout.more, []

    def meddle(self):
        batch_ = real(self)
        if batch_ and not done:
            done.append(path.write_bytes(whole))
        return batch_

    monkeypatch.setattr(lookout.Lookout, "more", meddle)
    assert place.once() == WatchOutcome(labelled=1)
    assert place.events[-1].receipt.source_digest.sha256 == sha(whole)


# ---------------------------------------------------------------------------- recovery


def claimed(place, name, data):
    path = place.inbox / ".credlabel" / "work" / "20270101T000000-aa-1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_what_was_claimed_before_a_crash_is_labelled(place):
    claimed(place, "sub/x.jpg", (SAMPLES / "hills.jpg").read_bytes())
    claimed(place, ".credlabel-draft", b"half a copy")
    assert place.once() == WatchOutcome(labelled=1)
    assert place.in_archive() == ["sub/x.jpg"]
    assert place.in_work() == []


@pytest.mark.slow
def test_what_was_published_before_a_crash_is_only_removed(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    place.add("x.jpg", data=data)
    place.add("x.txt", data=b"words")
    place.once()
    before = {name: (place.archive / name).read_bytes() for name in place.in_archive()}
    claimed(place, "x.jpg", data)
    claimed(place, "x.txt", b"words")
    assert place.once() == WatchOutcome(resumed=2)
    assert {name: (place.archive / name).read_bytes() for name in place.in_archive()} == before
    assert place.in_work() == []


@pytest.mark.slow
def test_a_sidecar_published_without_its_file_is_made_anew(place):
    place.add("x.txt", data=b"words")
    place.once()
    (place.archive / "x.txt").rename(place.root / "gone")
    claimed(place, "x.txt", b"words")
    assert place.once() == WatchOutcome(labelled=1)
    assert place.in_archive() == ["x.txt", "x.txt.c2pa"]
    assert Scanner().scan(place.archive / "x.txt").verdict.integrity is Integrity.INTACT


@pytest.mark.slow
def test_published_and_tampered_with_is_a_collision(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    place.add("x.jpg", data=data)
    place.once()
    published = bytearray((place.archive / "x.jpg").read_bytes())
    published[-20] ^= 1
    (place.archive / "x.jpg").write_bytes(published)
    claimed(place, "x.jpg", data)
    assert place.once() == WatchOutcome(quarantined=1)
    assert place.quarantined() == ["x.jpg"]


@pytest.mark.slow
def test_a_sidecar_claimed_without_its_file_is_given_back(place):
    store = labelled_with_sidecar(place, "x.txt")
    claimed(place, "x.txt.c2pa", store)
    assert place.once() == WatchOutcome(labelled=1)
    report = Scanner().scan(place.archive / "x.txt")
    assert report.evidence[0].details["manifests"] == 2


def test_drafts_of_the_dead_are_removed_and_those_of_the_living_are_not(place):
    claimed(place, "sub/x.jpg", (SAMPLES / "hills.jpg").read_bytes())
    (place.archive / "sub").mkdir(parents=True)
    (place.archive / "sub" / ".credlabel-dead").write_bytes(b"half")
    (place.archive / ".credlabel-probe-1.txt").write_bytes(b"half")
    with (place.archive / "sub" / ".credlabel-alive").open("wb"):
        place.once()
        assert place.in_archive() == ["sub/.credlabel-alive", "sub/x.jpg"]


@pytest.mark.slow
def test_a_claim_whose_name_is_taken_in_the_inbox_stays_in_hand(place, tmp_path):
    claimed(place, "x.jpg", b"\xff\xd8\xff\xe0 older")
    place.add("x.jpg")
    job = LabelJob(signer=f"file:{tmp_path}/missing.pem")
    place.once(job=job)
    assert place.in_inbox() == ["x.jpg"]
    assert len(place.in_work()) == 1
    assert place.once() == WatchOutcome(labelled=1, quarantined=1)


# ---------------------------------------------------------------------------- many


@pytest.mark.slow
def test_many_files(place):
    data = (SAMPLES / "hills.jpg").read_bytes()
    for number in range(300):
        place.add(f"{number % 7}/{number}.jpg", data=data + number.to_bytes(4, "big"))
    assert place.once() == WatchOutcome(labelled=300)
    assert len(place.in_archive()) == 300
    assert place.in_inbox() == place.in_work() == []
    assert not list((place.inbox / ".credlabel" / "work").iterdir())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_files(place):
    for number in range(10_000):
        place.add(f"{number // 1000}/{number}.txt", data=b"%d words" % number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert place.once(settings=WatchSettings(settle_seconds=0.1)) == WatchOutcome(labelled=10_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert len(place.in_archive()) == 20_000
