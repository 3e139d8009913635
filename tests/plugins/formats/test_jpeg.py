import io

import pytest
from credlabel_plugins.formats.jpeg import Jpeg

from credlabel.errors import MalformedAssetError

JPEG = Jpeg()


def segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def with_segment(data, marker, body):
    return data[:2] + segment(marker, body) + data[2:]


def exif_thumbnail(kit):
    """An APP1 segment with a whole picture in it, end marker and all."""
    return b"Exif\0\0II*\0" + bytes(60) + kit.saved("JPEG", size=(32, 32))


@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive"])
def test_cut_pictures_are_refused(kit, name):
    kit.check_cuts(JPEG, kit.made(name))


def test_a_thumbnails_end_is_not_the_pictures(kit):
    data = with_segment(kit.made("jpeg"), 0xE1, exif_thumbnail(kit))
    kit.check_cuts(JPEG, data)
    end = data.index(b"\xff\xd9") + 2
    assert not kit.is_whole(JPEG, data[:end])


@pytest.mark.parametrize("trailer", [bytes(5000), b"SEFT" * 100, b"\0" * 70_000 + b"x"])
def test_what_is_appended_does_no_harm(kit, trailer):
    for name in ("jpeg", "jpeg-progressive"):
        assert kit.is_whole(JPEG, kit.made(name) + trailer)
    both = kit.made("jpeg") + kit.made("jpeg")[:-300]  # an MPF picture cut short
    assert kit.is_whole(JPEG, both)


def test_a_cut_picture_with_zeros_behind_is_refused(kit):
    data = kit.made("jpeg-progressive")
    assert not kit.is_whole(JPEG, data[: len(data) // 2] + bytes(3000))


def test_fill_bytes_and_restart_markers_are_read_over(kit):
    data = kit.made("jpeg")
    assert kit.is_whole(JPEG, data[:2] + b"\xff\xff" + data[2:])
    assert kit.is_whole(JPEG, data[:-40] + b"\xff\xd3" + data[-40:] + b"more")
    assert kit.is_whole(JPEG, data[:-2] + b"\xff" * 5 + b"\xd9more")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff", "cut short"),
        (b"\xff\xd8\xff\xe0\0\x04abxxxx", "damaged"),
        (b"\xff\xd8" + b"\xff\xe0\0\x02" * 5000, "more than"),
        (b"\xff\xd8\xff\xda\0\x02" + b"\xff\x01" * 20, "end marker"),
    ],
)
def test_what_is_wrong_is_said(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        JPEG.check_whole(io.BytesIO(data))


def test_markers_are_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.jpeg.MAX_MARKERS", 1)
    assert not kit.is_whole(JPEG, kit.made("jpeg-progressive") + b"more")


def test_a_marker_on_the_edge_of_a_window_is_found(kit):
    from credlabel_plugins.formats import jpeg

    head = b"\xff\xd8\xff\xda\0\x02"
    for shift in range(-3, 3):
        data = head + b"\x11" * (jpeg._WINDOW + shift) + b"\xff\xd9" + b"tail"
        assert kit.is_whole(JPEG, data)
        assert not kit.is_whole(JPEG, data.replace(b"\xff\xd9", b""))


def test_probe_reads_segments_beyond_the_first_block(kit):
    data = with_segment(kit.made("jpeg"), 0xE1, b"Exif\0\0" + bytes(30_000))
    data = with_segment(data, 0xED, bytes(4000))
    assert not kit.probe(JPEG, data)
    at = data.index(b"\xff\xdb")
    assert kit.probe(JPEG, data[:at] + segment(0xEB, b"JP" + bytes(40)) + data[at:])


def test_probe_looks_into_xmp(kit):
    name = b"http://ns.adobe.com/xap/1.0/\0"
    data = kit.made("jpeg")
    assert not kit.probe(JPEG, with_segment(data, 0xE1, name + kit.xmp))
    assert kit.probe(JPEG, with_segment(data, 0xE1, name + kit.remote_xmp))
    wide = kit.remote_xmp.decode().encode("utf-16")
    assert kit.probe(JPEG, with_segment(data, 0xE1, name + wide))
    extended = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)
    assert kit.probe(JPEG, with_segment(data, 0xE1, extended))


def test_probe_takes_damage_for_doubt(kit):
    for data in (b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\xff\xff" + bytes(100)):
        assert kit.probe(JPEG, data)
    assert kit.probe(JPEG, b"\xff\xd8" + b"\xff\xe0\0\x02" * 5000)
    assert kit.probe(JPEG, b"\xff\xd8\xff\xe0\0\x01" + bytes(100))


def test_probe_passes_over_a_credential_in_the_picture_data(kit):
    data = kit.made("jpeg")
    assert not kit.probe(JPEG, data[:-2] + segment(0xEB, b"JP" + bytes(40)) + data[-2:])
