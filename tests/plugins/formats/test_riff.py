import io
import struct

import pytest
from credlabel_plugins.formats.riff import Riff
from making import labeller, scanner

from credlabel.errors import MalformedAssetError

RIFF = Riff()
NAMES = ["webp", "webp-lossless", "webp-animated", "wav", "avi"]


def with_chunk(kit, data, kind, body):
    added = data[8:] + kit.chunk(kind, body)
    return b"RIFF" + struct.pack("<I", len(added)) + added


@pytest.mark.parametrize("name", NAMES)
def test_cut_files_are_refused(kit, name):
    kit.check_cuts(RIFF, kit.made(name))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_appended_does_no_harm(kit, name):
    assert kit.is_whole(RIFF, kit.made(name) + b"appended C2PA")
    assert not kit.probe(RIFF, kit.made(name) + b"appended C2PA")


def test_a_file_still_being_written_is_refused(kit):
    data = kit.made("wav")
    for length in (0, 0xFFFFFFFF):
        with pytest.raises(MalformedAssetError, match="should be longer"):
            RIFF.check_whole(io.BytesIO(b"RIFF" + struct.pack("<I", length) + data[8:]))


def test_content_must_be_there(kit):
    for form in (b"WEBP", b"WAVE", b"AVI "):
        data = kit.chunk(b"RIFF", form + kit.chunk(b"JUNK", bytes(20)))
        with pytest.raises(MalformedAssetError, match="content is missing"):
            RIFF.check_whole(io.BytesIO(data))


def test_a_chunk_beyond_the_end_is_refused(kit):
    data = kit.made("wav")
    at = data.index(b"data")
    broken = data[: at + 4] + struct.pack("<I", 99_999) + data[at + 8 :]
    with pytest.raises(MalformedAssetError, match="beyond the end"):
        RIFF.check_whole(io.BytesIO(broken))
    assert kit.probe(RIFF, broken)


def test_long_films_go_on_in_further_chunks(kit):
    more = kit.chunk(b"RIFF", b"AVIX" + kit.chunk(b"LIST", b"movi" + bytes(400)))
    data = kit.made("avi") + more
    assert kit.is_whole(RIFF, data)
    assert not kit.is_whole(RIFF, data[:-10])
    assert kit.probe(RIFF, kit.made("avi") + kit.chunk(b"RIFF", b"AVIX" + kit.chunk(b"C2PA", b"")))


@pytest.mark.parametrize("name", ["webp", "wav", "avi"])
def test_probe_looks_into_chunks(kit, name):
    data = kit.made(name)
    assert kit.probe(RIFF, with_chunk(kit, data, b"C2PA", b"jumb"))
    assert not kit.probe(RIFF, with_chunk(kit, data, b"JUNK", b"C2PA provenance"))
    for kind in (b"XMP ", b"_PMX"):
        assert not kit.probe(RIFF, with_chunk(kit, data, kind, kit.xmp))
        assert kit.probe(RIFF, with_chunk(kit, data, kind, kit.remote_xmp))


def test_the_number_of_chunks_is_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats._riff_chunks.MAX_CHUNKS", 2)
    assert kit.probe(RIFF, kit.made("avi"))
    assert not kit.is_whole(RIFF, kit.made("avi"))


def test_an_uncounted_padding_byte_is_read_over(kit):
    body = b"WAVE" + kit.chunk(b"fmt ", bytes(16)) + kit.chunk(b"data", bytes(4)) + b"\0\0"
    assert kit.is_whole(RIFF, kit.chunk(b"RIFF", body))


def test_a_film_in_several_parts_gets_a_sidecar(kit):
    data = kit.made("avi")
    assert RIFF.embedding_objection(io.BytesIO(data)) is None
    assert RIFF.embedding_objection(io.BytesIO(data[:6]))
    more = kit.chunk(b"RIFF", b"AVIX" + kit.chunk(b"LIST", b"movi" + bytes(400)))
    made = labeller().label_bytes(data + more, name="a.avi")
    assert "several parts" in made.receipt.reason
    assert made.receipt.tier == "sidecar"
    assert made.data.index(b"AVIX") == len(data) + 8  # nothing has moved
    report = scanner().scan_bytes(made.data, name="a.avi", sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"


# ---------------------------------------------------------------------------- embedding


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tail", [b"\0", b"TAG" + bytes(125), b"PK\5\6" + bytes(18)])
def test_what_is_appended_is_kept_with_a_sidecar(kit, name, tail):
    assert kit.objection(RIFF, kit.made(name)) is None
    assert "follows the file's own end" in kit.objection(RIFF, kit.made(name) + tail)


def test_a_file_with_something_appended_is_labelled_without_loss(kit):
    made = labeller().label_bytes(kit.made("webp") + b"appended", name="a.webp")
    assert made.receipt.tier == "sidecar"
    assert made.data.endswith(b"appended")
    report = scanner().scan_bytes(made.data, name="a.webp", sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"


def sound(kit, *chunks):
    return kit.chunk(b"RIFF", b"WAVE" + kit.made("wav")[12:] + b"".join(chunks))


def test_lists_that_chunks_fill_are_embedded_into(kit):
    """If this fails with another version of c2pa-rs, it writes lists otherwise."""
    inner = kit.chunk(b"INAM", b"abc") + kit.chunk(b"LIST", b"more" + kit.chunk(b"abcd", b""))
    data = sound(kit, kit.chunk(b"LIST", b"INFO" + inner), kit.chunk(b"LIST", b"void"))
    assert kit.objection(RIFF, data) is None
    made = labeller().label_bytes(data, name="a.wav")
    assert made.receipt.tier == "embedded"
    assert inner in made.data


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"ab",
        b"free text, and no chunks",
        b"INFOINAM\x04\0\0\0abcd\0\0",
        b"INFOINAM\x04\0\0\0abcdjunk",
        b"INFOINAM\x40\0\0\0abcd",
        b"INFOINAM\x03\0\0\0abcICOP\x04\0\0\0abcd",
        b"INFOINAM\x03\0\0\0abcx",
        b"INFORIFF\x04\0\0\0abcd",
        b"INFOseqt\x04\0\0\0abcd",
    ],
)
def test_lists_that_the_library_would_change_are_kept_with_a_sidecar(kit, listed):
    data = sound(kit, kit.chunk(b"LIST", listed))
    assert "do not fill" in kit.objection(RIFF, data)


def test_lists_are_bounded(kit, monkeypatch):
    nested = b""
    for _ in range(40):
        nested = kit.chunk(b"LIST", b"deep" + nested)
    assert "do not fill" in kit.objection(RIFF, sound(kit, nested))
    monkeypatch.setattr("credlabel_plugins.formats._riff_chunks.MAX_NESTED_CHUNKS", 3)
    assert "do not fill" in kit.objection(RIFF, sound(kit, *[kit.chunk(b"JUNK", b"")] * 5))
