"""A file is labelled whole or not at all, and what was there is never harmed."""

import errno
import io
import os
import resource
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from making import (
    CallbackSigner,
    KeySigner,
    expired_signer,
    identity,
    labeller,
    lineage,
    read_file,
    sample,
    scanner,
    signer,
)
from PIL import Image

from credlabel import files, label, sidecar
from credlabel.credentials import CredentialState
from credlabel.errors import (
    AssetError,
    CredlabelError,
    LabelError,
    MalformedAssetError,
    ReadBackError,
    SignerUnavailableError,
    TimestampError,
)
from credlabel.hookspecs import hookimpl
from credlabel.imprint import Imprinter
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Layer, Provenance, Receipt, Relation, Tier, encode
from credlabel.sidecar import sidecar_path
from credlabel.terms import TRAINED_ALGORITHMIC_MEDIA

FIRST, SECOND = Provenance(system="first"), Provenance(system="second")


def put(path, name="hills.jpg"):
    path.write_bytes(sample(name))
    return path


def contents(folder):
    """Every name in a folder, hidden ones too, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def integrity(path):
    return scanner().scan(path).verdict.integrity.value


# ---------------------------------------------------------------------------- in and out


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.svg"])
def test_the_same_path_in_and_out_labels_in_place(tmp_path, name):
    # c2pa's sign_file(f, f) leaves 0 bytes.
    path = put(tmp_path / name, name)
    receipt = labeller().label(path, path)
    assert integrity(path) == "intact"
    assert len(path.read_bytes()) > len(sample(name))
    assert (receipt.source, receipt.output) == (str(path), str(path))
    assert list(contents(tmp_path)) == [name]


def test_in_place_is_seen_through_other_spellings_of_the_path(tmp_path, monkeypatch):
    path = put(tmp_path / "a.jpg")
    monkeypatch.chdir(tmp_path)
    labeller().label(path, Path("a.jpg"), provenance=FIRST)
    labeller().label(Path("./a.jpg"), tmp_path / ".." / tmp_path.name / "a.jpg", provenance=SECOND)
    assert len(lineage(read_file(path))) == 2


def test_a_file_that_takes_no_credential_is_labelled_beside(tmp_path):
    path = put(tmp_path / "a.bin", "hills.bin")
    before = path.stat()
    receipt = labeller().label(path, path)
    assert (receipt.tier, receipt.sidecar) == (Tier.SIDECAR, f"{path}.c2pa")
    assert "application/octet-stream" in receipt.reason
    assert path.stat() == before  # not even rewritten
    assert list(contents(tmp_path)) == ["a.bin", "a.bin.c2pa"]
    assert integrity(path) == "intact"
    out = tmp_path / "out" / "b.bin"
    assert labeller().label(path, out, provenance=SECOND).relation is Relation.EDITED
    assert out.read_bytes() == path.read_bytes()
    assert len(lineage(read_file(out))) == 2
    assert len(lineage(read_file(path))) == 1  # the source's sidecar is as it was


def test_missing_directories_are_made(tmp_path):
    labeller().label(b"words", tmp_path / "a" / "b" / "c.txt")
    assert integrity(tmp_path / "a" / "b" / "c.txt") == "intact"


@pytest.mark.parametrize(
    "give",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: path.open("rb"),
    ],
)
def test_a_source_may_be_a_path_or_bytes_or_a_stream(tmp_path, give):
    source = give(put(tmp_path / "a.jpg"))
    if hasattr(source, "read"):
        source.seek(100)
    receipt = labeller().label(source, str(tmp_path / "b.jpg"))
    assert integrity(tmp_path / "b.jpg") == "intact"
    assert bool(receipt.source) == isinstance(source, Path | str)
    if hasattr(source, "read"):
        assert not source.closed  # it is the caller's
        source.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_a_picture_may_come_straight_from_its_generator(tmp_path, kind):
    out = tmp_path / f"a.{kind.lower()}"
    receipt = labeller().label(Image.new("RGB", (40, 30), "red"), out, image_format=kind)
    assert integrity(out) == "intact"
    assert receipt.tier is Tier.EMBEDDED
    with Image.open(out) as made:
        assert made.format == kind
        assert made.size == (40, 30)


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (Image.new("RGBA", (4, 4)), "JPEG"),
        (Image.new("RGB", (4, 4)), "NONSENSE"),
        (Image.new("RGB", (4, 4)), ""),
    ],
)
def test_a_picture_that_can_not_be_saved_is_no_fault_of_the_disk(tmp_path, picture, kind):
    with pytest.raises(LabelError):
        labeller().label(picture, tmp_path / "a.jpg", image_format=kind)
    assert contents(tmp_path) == {}


def test_the_receipt_says_what_was_done(tmp_path):
    path = put(tmp_path / "a.jpg")
    out = tmp_path / "b.jpg"
    receipt = labeller().label(path, out)
    reading = read_file(out)
    created = receipt.metadata["xmp:xmp:CreateDate"]
    assert receipt == Receipt(
        source=str(path),
        output=str(out),
        sidecar="",
        media_type="image/jpeg",
        tier=Tier.EMBEDDED,
        relation=Relation.CREATED,
        manifest=reading.store["active_manifest"],
        signer="credlabel development signer (not for production)",
        timestamped=False,
        marks=(Layer.CREDENTIAL, Layer.METADATA),
        source_digest=scanned_digest(path),
        output_digest=scanned_digest(out),
        metadata={
            "xmp:Iptc4xmpExt:DigitalSourceType": (TRAINED_ALGORITHMIC_MEDIA,),
            "xmp:xmp:CreateDate": created,
        },
        omitted={
            "disclosure": "It has no place in image/jpeg, or the record nothing to say there."
        },
    )


def scanned_digest(path):
    from credlabel.scan import Scanner, ScanSettings

    return Scanner(ScanSettings(digest="always")).scan(path).subject.digest


def test_the_title_is_the_name(tmp_path):
    labeller().label(sample("hills.jpg"), tmp_path / "écran 写真\n.jpg")
    assert read_file(tmp_path / "écran 写真\n.jpg").active["title"] == "écran 写真\n.jpg"


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
def test_a_name_that_is_no_text_is_labelled_and_its_receipt_is_json(tmp_path, name):
    path = put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe" + name[-4:].encode())), name)
    receipt = labeller().label(path, path)
    assert integrity(path) == "intact"
    assert msgspec.json.decode(encode(receipt))["output"].endswith(r"\xff\xfe" + name[-4:])


def test_labelling_tells_the_plugins(tmp_path, monkeypatch):
    events = []

    class Listener:
        @hookimpl
        def credlabel_event(self, event):
            events.append(event)

    its = Labeller(signer())
    its._plugins.add(Listener(), name="listener")
    receipt = its.label(b"words", tmp_path / "a.txt")
    assert events == [{"kind": "labelled", "receipt": msgspec.to_builtins(receipt)}]


# ---------------------------------------------------------------------------- attributes


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
@pytest.mark.parametrize("in_place", [True, False])
def test_mode_times_and_attributes_are_kept(tmp_path, name, in_place):
    # c2pa's own sign_file made 0640 into 0644: wider.
    path = put(tmp_path / name, name)
    path.chmod(0o640)
    os.setxattr(path, "user.source", b"scanner 3")
    os.utime(path, ns=(10**18, 10**18 + 123_456_789))
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
    before = path.stat()
    out = path if in_place else tmp_path / f"out{path.suffix}"
    receipt = labeller().label(path, out)
    for made in (out, Path(receipt.sidecar)) if receipt.sidecar else (out,):
        after = made.stat()
        assert stat.S_IMODE(after.st_mode) == 0o640
        assert after.st_mtime_ns == before.st_mtime_ns
        assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
        assert os.getxattr(made, "user.source") == b"scanner 3"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o027])
def test_new_files_respect_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        labeller().label(b"words", tmp_path / "a.txt")
    finally:
        os.umask(before)
    for name in ("a.txt", "a.txt.c2pa"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~mask


# ---------------------------------------------------------------------------- failure


class Down(KeySigner):
    timestamp_uri = "http://127.0.0.1:1/"


class Refusing(CallbackSigner):
    def sign(self, data):
        raise SignerUnavailableError("The token was removed.")


@pytest.fixture
def unreadable_result(monkeypatch):
    def refuse(*args, **options):
        raise ReadBackError("The label did not verify after it was written.")

    monkeypatch.setattr(Imprinter, "_read_back", refuse)


FAILURES = {
    "malformed": (signer, "hills.jpg", 0.9, MalformedAssetError),
    "cut at 30 %": (signer, "hills.jpg", 0.3, MalformedAssetError),
    "cut PDF": (signer, "hills.pdf", 0.5, MalformedAssetError),
    "empty": (signer, "hills.jpg", 0, MalformedAssetError),
    "signer fails": (lambda: Refusing(identity()), "hills.jpg", 1, SignerUnavailableError),
    "signer fails beside": (lambda: Refusing(identity()), "hills.txt", 1, SignerUnavailableError),
    "expired": (expired_signer, "hills.jpg", 1, SignerUnavailableError),
    "authority down": (lambda: Down(identity()), "hills.png", 1, TimestampError),
    "authority down beside": (lambda: Down(identity()), "hills.txt", 1, TimestampError),
}


def check_failure(tmp_path, its, path, expected):
    """Every way to fail leaves the folder as it was: no output, no temporary file, no harm."""
    for target in ("new.jpg", "there.jpg", path.name):
        (tmp_path / "there.jpg").write_bytes(b"somebody's")
        before = contents(tmp_path)
        state = path.stat()
        with pytest.raises(expected) as caught:
            its.label(path, tmp_path / target, replace=target == "there.jpg")
        assert contents(tmp_path) == before
        assert path.stat().st_mtime_ns == state.st_mtime_ns
        if isinstance(caught.value, CredlabelError):
            assert str(caught.value)


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_leaves_everything_as_it_was(tmp_path, case):
    make_signer, name, share, expected = FAILURES[case]
    path = tmp_path / name
    path.write_bytes(sample(name)[: int(len(sample(name)) * share)])
    check_failure(tmp_path, Labeller(make_signer()), path, expected)


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
def test_a_label_that_does_not_read_back_leaves_everything_as_it_was(
    tmp_path, unreadable_result, name
):
    check_failure(tmp_path, Labeller(signer()), put(tmp_path / name, name), ReadBackError)


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
@pytest.mark.parametrize("step", ["sync", "publish"])
def test_a_disk_that_fails_late_leaves_everything_as_it_was(tmp_path, monkeypatch, name, step):
    def fail(*args, **options):
        raise OSError(errno.EIO, "I/O error")

    path = put(tmp_path / name, name)
    monkeypatch.setattr(label.Draft, step, fail)
    check_failure(tmp_path, Labeller(signer()), path, OSError)


def test_a_second_rename_that_fails_takes_the_sidecar_back(tmp_path, monkeypatch):
    path = put(tmp_path / "a.txt", "hills.txt")
    publish = label.Draft.publish

    def fail_for_the_file(self, **options):
        if self.destination.suffix != ".c2pa":
            raise OSError(errno.EIO, "I/O error")
        publish(self, **options)

    monkeypatch.setattr(label.Draft, "publish", fail_for_the_file)
    with pytest.raises(OSError):
        labeller().label(path, tmp_path / "b.txt")
    assert list(contents(tmp_path)) == ["a.txt"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("step", ["sync", "publish"])
def test_a_marked_file_and_its_sidecar_change_together_or_not_at_all(
    tmp_path, monkeypatch, step, links
):
    path = put(tmp_path / "a.ogg", "hills.ogg")
    labeller().label(path, path)
    before = contents(tmp_path)
    assert set(before) == {"a.ogg", "a.ogg.c2pa"}
    does = getattr(label.Draft, step)

    def fail_for_the_file(self, **options):
        if self.destination.suffix != ".c2pa":
            raise OSError(errno.EIO, "I/O error")
        does(self, **options)

    def no_links(*args, **options):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(label.Draft, step, fail_for_the_file)
    if not links:
        monkeypatch.setattr(files.os, "link", no_links)
    again = Provenance(system="Another", provider="Acme")
    with pytest.raises(OSError, match="I/O error"):
        labeller().label(path, path, provenance=again)
    assert contents(tmp_path) == before
    monkeypatch.undo()
    labeller().label(path, path, provenance=again)
    after = contents(tmp_path)
    assert set(after) == set(before)
    assert all(after[name] != before[name] for name in before)


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt", "hills.mp4"])
def test_a_full_disk_is_an_oserror_and_leaves_nothing(tmp_path, name):
    # c2pa says "JPEG write error", as of a bad picture, and leaves a part of it there.
    path = put(tmp_path / name, name)
    size = max(100, path.stat().st_size // 2)
    code = """
        import errno, resource, signal, sys
        from pathlib import Path
        sys.path[:] = {path!r}
        import making
        its, source = making.labeller(), Path(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
        for target in (source.with_name("out" + source.suffix), source):
            try:
                its.label(source, target)
            except OSError as error:
                assert error.errno == errno.EFBIG, error
            else:
                raise SystemExit("labelled")
    """
    if name == "hills.txt":  # its sidecar is larger than itself
        size = 1000
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code.format(path=sys.path, size=size)), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == {name: sample(name)}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# ---------------------------------------------------------------------------- what is there


def test_an_existing_destination_is_not_touched(tmp_path):
    (tmp_path / "there.jpg").write_bytes(b"somebody's")
    path = put(tmp_path / "a.jpg")
    before = contents(tmp_path)
    with pytest.raises(LabelError, match="exists already"):
        labeller().label(path, tmp_path / "there.jpg")
    assert contents(tmp_path) == before
    labeller().label(path, tmp_path / "there.jpg", replace=True)
    assert integrity(tmp_path / "there.jpg") == "intact"


def test_somebodys_sidecar_is_not_touched(tmp_path):
    (tmp_path / "a.txt.c2pa").write_bytes(b"somebody's")
    with pytest.raises(LabelError, match="exists already"):
        labeller().label(b"words", tmp_path / "a.txt")
    assert contents(tmp_path) == {"a.txt.c2pa": b"somebody's"}
    labeller().label(b"words", tmp_path / "a.txt", replace=True)
    assert integrity(tmp_path / "a.txt") == "intact"


@pytest.mark.parametrize("make", ["link", "folder", "parent"])
def test_a_name_that_can_not_be_had_is_the_requests_fault(tmp_path, make):
    target = tmp_path / "out.jpg"
    match make:
        case "link":
            target.symlink_to("nowhere")
        case "folder":
            target.mkdir()
        case "parent":
            target.write_bytes(b"a file")
            target /= "b.jpg"
    with pytest.raises(LabelError):
        labeller().label(sample("hills.jpg"), target)
    with pytest.raises(LabelError):
        labeller().label(sample("hills.jpg"), tmp_path / ("n" * 256))
    with pytest.raises(LabelError):  # the file's name fits, its sidecar's does not
        labeller().label(b"words", tmp_path / ("n" * 254))
    assert set(contents(tmp_path)) <= {"out.jpg"}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: None])
@pytest.mark.timeout(10)
def test_a_source_that_is_no_file_is_refused(tmp_path, make):
    make(tmp_path / "a.jpg")
    for _ in range(2):
        with pytest.raises(AssetError):
            labeller().label(tmp_path / "a.jpg", tmp_path / "b.jpg", replace=True)
        assert not (tmp_path / "b.jpg").exists() or (tmp_path / "b.jpg").read_bytes() == b"old"
        (tmp_path / "b.jpg").write_bytes(b"old")


def test_the_same_label_again_rewrites_nothing(tmp_path):
    for name in ("hills.jpg", "hills.txt"):
        path = put(tmp_path / name, name)
        labeller().label(path, path)
        before, state = contents(tmp_path), path.stat()
        receipt = labeller().label(path, path)
        assert receipt.relation is Relation.UNCHANGED
        assert receipt.source_digest == receipt.output_digest
        assert contents(tmp_path) == before
        assert path.stat() == state


def test_what_is_left_as_it_is_still_reaches_its_destination(tmp_path):
    skipping = Labeller(signer(), settings=LabelSettings(on_existing="skip"))
    for name in ("hills.jpg", "hills.txt"):
        path = put(tmp_path / name, name)
        labeller().label(path, path)
        out = tmp_path / f"out-{name}"
        receipt = skipping.label(path, out, provenance=SECOND)
        assert receipt.relation is Relation.UNCHANGED
        assert out.read_bytes() == path.read_bytes()
        if receipt.sidecar:
            assert sidecar_path(out).read_bytes() == sidecar_path(path).read_bytes()
        assert integrity(out) == "intact"


# ---------------------------------------------------------------------------- at the same time


@pytest.fixture
def meddle(monkeypatch):
    """Do something just before the label is made."""
    deeds = []
    imprint = Imprinter.imprint

    def meddled(self, *args, **options):
        made = imprint(self, *args, **options)
        for deed in deeds:
            deed()
        return made

    monkeypatch.setattr(Imprinter, "imprint", meddled)
    return deeds.append


def append(path):
    with path.open("ab") as stream:
        stream.write(b"more")


def exchange(path):
    path.with_name("new").write_bytes(sample("hills.png"))
    path.with_name("new").rename(path)


@pytest.mark.parametrize("deed", [append, exchange, Path.unlink, Path.touch])
@pytest.mark.parametrize("in_place", [True, False])
def test_a_source_that_changed_meanwhile_is_refused(tmp_path, meddle, deed, in_place):
    path = put(tmp_path / "a.jpg")
    os.utime(path, ns=(10**18, 10**18))
    meddle(lambda: deed(path))
    with pytest.raises(MalformedAssetError, match="changed meanwhile"):
        labeller().label(path, path if in_place else tmp_path / "b.jpg")
    left = contents(tmp_path)
    assert "b.jpg" not in left
    assert not any(name.startswith(".") for name in left)
    if deed is exchange:
        assert left["a.jpg"] == sample("hills.png")  # the newer one is not written over


def test_a_source_exchanged_while_it_is_opened_is_not_written_over(tmp_path, monkeypatch):
    path = put(tmp_path / "a.jpg")
    opened = label.open_source

    def open_and_exchange(source):
        stream = opened(source)
        exchange(path)
        return stream

    monkeypatch.setattr(label, "open_source", open_and_exchange)
    with pytest.raises(MalformedAssetError, match="changed meanwhile"):
        labeller().label(path, path)
    assert contents(tmp_path) == {"a.jpg": sample("hills.png")}


def test_one_source_may_be_labelled_many_times_at_once(tmp_path):
    path = put(tmp_path / "a.jpg")
    its = labeller()
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda n: its.label(path, tmp_path / f"{n}.jpg"), range(24)))
    assert len({receipt.manifest for receipt in receipts}) == 24
    assert all(integrity(Path(receipt.output)) == "intact" for receipt in receipts)
    assert path.read_bytes() == sample("hills.jpg")


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
def test_of_many_that_want_one_destination_one_gets_it(tmp_path, name):
    out = tmp_path / f"out-{name}"
    path = put(tmp_path / name, name)

    def attempt(number):
        try:
            return labeller().label(path, out, provenance=Provenance(identifier=str(number)))
        except LabelError as error:
            assert "exists already" in str(error)  # noqa: PT017
            return None

    with ThreadPoolExecutor(8) as threads:
        (receipt,) = filter(None, threads.map(attempt, range(16)))
    assert integrity(out) == "intact"
    assert read_file(out).store["active_manifest"] == receipt.manifest
    expected = {name, out.name} | ({f"{out.name}.c2pa"} if name == "hills.txt" else set())
    assert set(contents(tmp_path)) == expected


def test_many_in_place_at_once_leave_a_sound_file(tmp_path):
    path = put(tmp_path / "a.jpg")

    def attempt(number):
        try:
            labeller().label(path, path, provenance=Provenance(identifier=str(number)))
        except MalformedAssetError as error:
            assert "changed meanwhile" in str(error)  # noqa: PT017

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(attempt, range(12)))
    reading = read_file(path)
    assert reading.state is CredentialState.VALID
    assert list(contents(tmp_path)) == ["a.jpg"]


def test_an_unreadable_sidecar_stops_the_label(tmp_path, monkeypatch):
    path = put(tmp_path / "a.txt", "hills.txt")
    sidecar_path(path).write_bytes(b"0123456789")
    monkeypatch.setattr(sidecar, "MAX_SIDECAR_BYTES", 5)
    before = contents(tmp_path)
    with pytest.raises(AssetError):
        labeller().label(path, path)
    assert contents(tmp_path) == before
