"""What holds for every format: no confusion, no exception, and no credential overlooked."""

import hashlib
import io
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credlabel.hookspecs import CredentialProbe, EmbeddingGuard, Format

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "wav": "audio/wav",
    "avi": "video/avi",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "dng": "image/x-adobe-dng",
    "nef": "image/x-nikon-nef",
    "arw": "image/x-sony-arw",
    "avif": "image/avif",
    "heic": "image/heic",
    "heif": "image/heif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "m4v": "video/x-m4v",
    "jxl": "image/jxl",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "zip": "application/x-zip",
}
UNSIGNABLE = {"nef", "arw", "mov-classic", "docx", "epub", "zip"}  # for c2pa-rs
INTEROP = Path(
    os.environ.get(
        "CREDLABEL_INTEROP", Path(__file__).parents[3].resolve().parent / "shared" / "interop"
    )
)


def test_providers_keep_their_protocols(kit):
    claimed = [media_type for form in kit.formats for media_type in form.media_types]
    assert len(claimed) == len(set(claimed))
    for form in kit.formats:
        assert isinstance(form, Format)
        assert isinstance(form, CredentialProbe)
    guarded = [type(form).__name__ for form in kit.formats if isinstance(form, EmbeddingGuard)]
    expected = ["Riff", "Tiff", "Bmff", "Jxl", "Svg", "Pdf", "Mp3", "Flac", "Zip"]
    assert guarded == expected


def test_every_made_file_is_identified_and_whole_and_unmarked(kit):
    for name in kit.files:
        data = kit.made(name)
        media_type = kit.identify(data)
        base = "mov" if name == "mov-classic" else name.partition("-")[0]
        assert media_type == MEDIA_TYPES[base], name
        form = next(each for each in kit.formats if media_type in each.media_types)
        assert kit.is_whole(form, data), name
        assert not kit.probe(form, data), name


def test_signed_files_are_never_overlooked(kit):
    for name in kit.files:
        if name in UNSIGNABLE:
            continue
        for remote in (False, True):
            data = kit.signed(name, remote=remote)
            media_type = kit.identify(data)
            # c2pa-rs moves a DNG's first directory out of the head.
            assert media_type == ("image/tiff" if name == "dng" else kit.identify(kit.made(name)))
            form = next(each for each in kit.formats if media_type in each.media_types)
            assert kit.probe(form, data), (name, remote)
            assert kit.is_whole(form, data), (name, remote)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0" * 4096,
        b"plain text, then <svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF is a format",
        b"RIFF is a container",
        b"The free software",
        b"\xff\xfb nothing",
        b"ID3 tags are old",
        b"<html><body><svg/></body></html>",
        b"<?xml version='1.0'?><note><svg/></note>",
        b"II*",
        b"GIF98a",
    ],
)
def test_what_is_none_of_them_is_claimed_by_none(kit, head):
    assert kit.identify(head) is None


def test_random_bytes_are_hardly_ever_claimed(kit):
    chance = random.Random(7)
    claimed = [kit.identify(chance.randbytes(4096)) for _ in range(3000)]
    assert set(claimed) <= {None, "image/jxl"}  # a codestream's signature has two bytes only


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), start=st.integers(0, 40))
def test_any_bytes_behind_any_start_raise_nothing_else(kit, data, start):
    names = list(kit.files)
    head = kit.made(names[start % len(names)])[: 2 + start * 3]
    for form in kit.formats:
        form.accepts(data)
        stream = io.BytesIO(head + data)
        form.accepts(head + data)
        assert form.may_carry_credential(stream) in (True, False)
        kit.is_whole(form, head + data)
        if isinstance(form, EmbeddingGuard) and start % 8 == 0:
            form.embedding_objection(stream)


def test_damaged_files_raise_nothing_else(kit):
    chance = random.Random(11)
    for name in kit.files:
        whole = kit.made(name)
        form = next(each for each in kit.formats if each.accepts(whole[:4096]))
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 3, 20))):
                # Damage where the structure is: mostly at the start.
                at = int(len(data) * chance.random() ** 3)
                data[at] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
            form.accepts(bytes(data[:4096]))
            assert form.may_carry_credential(io.BytesIO(data)) in (True, False)
            kit.is_whole(form, bytes(data))


def test_a_cut_head_is_no_trouble(kit):
    for name in kit.files:
        head = kit.made(name)[:4096]
        for length in (*range(60), 200, 1000):
            kit.identify(head[:length])


# ---------------------------------------------------------------------------- others' files

# Samples that ExifTool's author or fuzzers shortened on purpose; rightly called broken.
SHORTENED = {"Pentax.avi", "RIFF.avi"}
BY_SUFFIX = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jps": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".nef": "image/x-nikon-nef",
    ".cr3": "image/x-canon-cr3",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heic",  # the one there is has the brand heic
    ".jxl": "image/jxl",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/avi",
    ".mp3": "audio/mpeg",
    ".pdf": "application/pdf",
}


@pytest.fixture(scope="module")
def interop_files():
    index = INTEROP / "index.jsonl"
    if not index.exists():
        pytest.skip(f"OTHER PEOPLE'S FILES ARE NOT AT {INTEROP}: set CREDLABEL_INTEROP")
    rows = [json.loads(line) for line in index.read_text().splitlines()]
    files = []
    for row in rows:
        data = (INTEROP / row["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        files.append((row, data))
    return files


@pytest.mark.interop
def test_other_peoples_files_are_identified(kit, interop_files):
    for row, data in interop_files:
        if row["kind"] != "malformed":
            expected = BY_SUFFIX.get(Path(row["path"]).suffix.lower())
            assert kit.identify(data) == expected, row["path"]


@pytest.mark.interop
def test_other_peoples_credentials_are_never_overlooked(kit, interop_files):
    seen = 0
    for row, data in interop_files:
        media_type = kit.identify(data)
        expect = row["expect"]
        if media_type and (expect.get("credential") != "none" or expect.get("remote_manifest")):
            form = next(each for each in kit.formats if media_type in each.media_types)
            assert kit.probe(form, data), row["path"]
            seen += 1
    assert seen > 20


@pytest.mark.interop
def test_other_peoples_photos_are_whole(kit, interop_files):
    for row, data in interop_files:
        media_type = kit.identify(data)
        if media_type is None or row["kind"] == "malformed":
            continue
        form = next(each for each in kit.formats if media_type in each.media_types)
        path = Path(row["path"])
        assert kit.is_whole(form, data) == (path.name not in SHORTENED), path


@pytest.mark.interop
def test_unmarked_photos_are_not_read_in_vain(kit, interop_files):
    for row, data in interop_files:
        if row["kind"] == "negative-photo":
            media_type = kit.identify(data)
            form = next(each for each in kit.formats if media_type in each.media_types)
            assert not kit.probe(form, data), row["path"]


@pytest.mark.interop
def test_malformed_files_raise_nothing_else(kit, interop_files):
    for row, data in interop_files:
        if row["kind"] == "malformed":
            for form in kit.formats:
                form.may_carry_credential(io.BytesIO(data))
                kit.is_whole(form, data)
