"""The strict reader of ZIP directories: it takes what all readers take alike, and is bounded."""

import contextlib
import io
import time
import zipfile
import zlib

import pytest
from credlabel_plugins.formats import _archive
from credlabel_plugins.formats._archive import read_archive

from credlabel.errors import LimitExceededError, MalformedAssetError

DEFLATED, STORED = zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors, as it does into a pipe."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def read(data):
    return read_archive(io.BytesIO(data))


def archive(*names, body="hello " * 9, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", DEFLATED) as packed:
        for name in names:
            packed.writestr(name, body)
        packed.comment = comment
    return out.getvalue()


def renamed(old, new, *, places="both"):
    """An archive with one name patched into another of the same length."""
    data = archive("first", old)
    old, new = old.encode(), new.encode()
    at = data.index(b"PK\1\2")
    local, listing = data[:at], data[at:]
    if places != "listing":
        local = local.replace(old, new)
    if places != "local":
        listing = listing.replace(old, new)
    return local + listing


def patched(data, mark, offset, value, *, last=False):
    at = (data.rindex(mark) if last else data.index(mark)) + offset
    return data[:at] + value + data[at + len(value) :]


def test_everything_that_zipfile_sees_is_seen():
    data = archive("a.txt", "folder/ü.txt", comment=b"a comment")
    found = read(data)
    with zipfile.ZipFile(io.BytesIO(data)) as theirs:
        seen = [(i.filename, i.header_offset, i.compress_size, i.CRC) for i in theirs.infolist()]
        start = theirs.start_dir
    assert [(e.name, e.start, e.packed, e.crc) for e in found.entries] == seen
    assert found.directory.start == start
    assert found.directory.comment == b"a comment"
    assert not found.has_gaps()
    for entry in found.entries:
        assert data[entry.central :].startswith(entry.header)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_data_descriptors_belong_to_their_entry(wide, signed):
    pipe = Unseekable()
    with zipfile.ZipFile(pipe, "w", DEFLATED) as packed:
        with packed.open("a", "w", force_zip64=wide) as entry:
            entry.write(b"hello " * 99)
        packed.writestr("b", "x")
    data = pipe.data
    if not signed:
        data = data.replace(b"PK\7\x08", b"")
        if data != pipe.data:  # everything behind the first one has moved by 4, then by 8
            start = data.index(b"PK\1\2")
            data = patched(data, b"PK\5\6", 16, start.to_bytes(4, "little"))
            second = data.rindex(b"PK\1\2")
            moved = data.rindex(b"PK\3\4")
            data = data[: second + 42] + moved.to_bytes(4, "little") + data[second + 46 :]
    first, second = read(data).entries
    assert first.stop - first.data - first.packed == (20 if wide else 12) + 4 * signed
    assert first.stop == second.start
    assert not read(data).has_gaps()
    broken = bytearray(data)
    broken[first.stop - 1] ^= 1
    with pytest.raises(MalformedAssetError, match="descriptor"):
        read(bytes(broken))


@pytest.mark.parametrize(
    "name", ["../aa", "a/../b", "./aaa", "/aaaa", "\\aaaa", "a\\b\\c", "a\0bbb", "C:aaa", "a//bb"]
)
def test_names_that_lead_elsewhere_are_refused(name):
    with pytest.raises(MalformedAssetError, match="unsafe name"):
        read(renamed("x" * len(name), name))


@pytest.mark.parametrize("name", ["...aa", "a..bb", "a/.bb", "a b.c", "[a].x", "-rf/x"])
def test_names_that_only_look_it_are_not(name):
    assert read(renamed("x" * len(name), name)).entries[1].name == name


def test_two_entries_of_one_name_are_refused():
    with pytest.raises(MalformedAssetError, match="two entries called 'first'"):
        read(renamed("other", "first"))


@pytest.mark.parametrize("places", ["local", "listing"])
def test_an_entry_has_one_name(places):
    with pytest.raises(MalformedAssetError, match="contradicts the entry"):
        read(renamed("other", "elses", places=places))


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8, b"\0\0"), (14, bytes(4)), (18, b"\1\0\0\0"), (22, b"\1\0\0\0"), (6, b"\1\0")],
    ids=["method", "checksum", "packed", "size", "encrypted"],
)
def test_local_headers_and_directory_say_the_same(offset, value):
    with pytest.raises(MalformedAssetError, match="contradicts the entry 'a'"):
        read(patched(archive("a"), b"PK\3\4", offset, value))


def test_names_that_are_no_text_are_refused():
    data = archive("ü").replace("ü".encode(), b"\xff\xff")
    with pytest.raises(MalformedAssetError, match="no text"):
        read(data)


def test_an_end_record_in_a_comment_is_none():
    assert len(read(archive("a", "b", comment=b"PK\5\6 is no end")).entries) == 2
    with pytest.raises(MalformedAssetError, match="two directories"):
        read(archive("a", "b", comment=b"PK\5\6" + bytes(18)))


def test_folders_have_no_content():
    assert [e.name for e in read(archive("a/", body="")).entries] == ["a/"]
    with pytest.raises(MalformedAssetError, match="contradicts the entry 'a/'"):
        read(archive("a/"))


def test_entries_may_not_overlap():
    """The trick of the "better zip bomb": many entries, the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", STORED) as packed:
        packed.writestr("inner", "y")
    local = sink.getvalue()[:36]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", STORED) as packed:
        packed.writestr("outer", local)
        packed.writestr("inner", "y")
    data = sink.getvalue()
    assert len(read(data).entries) == 2
    hidden = data.index(local)
    with pytest.raises(MalformedAssetError, match="'inner' overlaps another"):
        read(patched(data, b"PK\1\2", 42, hidden.to_bytes(4, "little"), last=True))


def test_entries_end_before_the_directory():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", STORED) as packed:
        packed.writestr("a", "y")
    data = sink.getvalue()
    for mark, at in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        data = patched(data, mark, at, b"\2\0\0\0")
    with pytest.raises(MalformedAssetError, match="reaches into its directory"):
        read(data)


def test_bytes_that_belong_to_no_entry_are_noticed():
    data = archive("a", "b")
    at = data.index(b"PK\1\2")
    block = b"APK Sig Block 42"
    with_block = data[:at] + block + data[at:]
    with_block = patched(with_block, b"PK\5\6", 16, (at + len(block)).to_bytes(4, "little"))
    assert read(with_block).has_gaps()
    assert not read(data).has_gaps()
    sink = io.BytesIO()
    sink.write(b"a program")
    with zipfile.ZipFile(sink, "a") as packed:  # so the offsets are right
        packed.writestr("a", "x")
    assert read(sink.getvalue()).has_gaps()


def test_offsets_are_not_moved_to_fit_a_program_in_front():
    with pytest.raises(MalformedAssetError, match="not where it should be"):
        read(b"#!/bin/sh\n" + archive("a"))


def test_large_archives_are_read_as_well(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", STORED) as packed:
        for name in "abcde":
            packed.writestr(name, name * 30)
    found = read(out.getvalue())
    assert found.directory.is_zip64
    assert [(e.size, e.packed) for e in found.entries] == [(30, 30)] * 5
    assert [out.getvalue()[e.data :][:1] for e in found.entries] == [b"a", b"b", b"c", b"d", b"e"]


def test_only_numbers_that_do_not_fit_are_in_the_extra_field():
    wide = 0xFFFFFFFF
    extra = _archive._fields(
        b"\xfe\xca\2\0hi" + b"\1\0\x10\0" + bytes(7) + b"\1" + bytes(7) + b"\2"
    )
    assert _archive._widened((5, wide, wide), extra) == (5, 1 << 56, 2 << 56)
    assert _archive._widened((wide, 6, wide), extra) == (1 << 56, 6, 2 << 56)
    assert _archive._widened((wide, wide, wide), extra) == (1 << 56, 2 << 56, wide)
    assert _archive._widened((wide, 6, 7), _archive._fields(b"\1\0")) == (wide, 6, 7)


def with_unicode_path(name, other, *, where):
    """An archive whose extra field of 0x7075 calls its entry something else (APPNOTE 4.6.9)."""
    field = b"\1" + zlib.crc32(name.encode()).to_bytes(4, "little") + other.encode()
    extra = b"ux\0\0" + b"up" + len(field).to_bytes(2, "little") + field
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        entry = zipfile.ZipInfo(name)
        entry.extra = extra if where != "listing" else b""
        packed.writestr(entry, "hi")
        entry.extra = extra if where != "local" else b""
    return out.getvalue()


@pytest.mark.parametrize("where", ["both", "local", "listing"])
def test_an_entry_with_another_name_for_some_readers_is_refused(where):
    with pytest.raises(MalformedAssetError, match=r"two names: 'a.txt'"):
        read(with_unicode_path("a.txt", "../evil.txt", where=where))
    assert read(with_unicode_path("ä.txt", "ä.txt", where=where)).entries[0].name == "ä.txt"


def test_too_many_entries_are_not_read(monkeypatch):
    monkeypatch.setattr(_archive, "MAX_ENTRIES", 2)
    assert len(read(archive("a", "b")).entries) == 2
    with pytest.raises(LimitExceededError, match="3 entries; more than 2"):
        read(archive("a", "b", "c"))


def test_a_directory_is_not_read_whatever_its_size(monkeypatch):
    monkeypatch.setattr(_archive, "MAX_DIRECTORY_BYTES", 50)
    with pytest.raises(LimitExceededError):
        read(archive("a", "b"))


def test_an_end_record_that_promises_more_is_refused():
    data = patched(archive("a", "b"), b"PK\5\6", 10, b"\3\0")
    with pytest.raises(MalformedAssetError, match="contradicts itself"):
        read(data)
    with pytest.raises(MalformedAssetError, match="contradicts itself"):
        read(patched(archive("a", "b"), b"PK\5\6", 10, b"\1\0"))


def test_damage_is_reported_or_harmless():
    """Any flipped byte: an answer or a sentence, never another exception."""
    data = archive("a", "b/c")
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        with contextlib.suppress(MalformedAssetError):
            assert len(read(bytes(broken)).entries) == 2


def test_a_bomb_costs_nothing():
    """Four gigabytes in a few kilobytes: nobody unpacks it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", DEFLATED, compresslevel=1) as packed:
        packed.writestr("zeros", bytes(32 << 20))
    data = out.getvalue()
    wide = patched(data, b"PK\3\4", 22, b"\xfe\xff\xff\xff")
    wide = patched(wide, b"PK\1\2", 24, b"\xfe\xff\xff\xff")
    began = time.perf_counter()
    assert read(wide).entries[0].size == 0xFFFFFFFE
    assert time.perf_counter() - began < 0.05
