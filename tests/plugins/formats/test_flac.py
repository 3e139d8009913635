import io

import pytest
from credlabel_plugins.formats.flac import Flac

from credlabel.errors import MalformedAssetError

FLAC = Flac()


def test_cut_sound_is_refused(kit):
    kit.check_cuts(FLAC, kit.flac())
    frame = (len(kit.flac()) - 50) // 4
    assert not kit.is_whole(FLAC, kit.flac()[: 50 + 3 * frame])


def test_cuts_show_without_a_total_too_unless_between_frames(kit):
    data = kit.flac(total=0)
    assert kit.is_whole(FLAC, data)
    for cut in (1, 5, 100):
        assert not kit.is_whole(FLAC, data[:-cut])


def test_padding_and_an_old_tag_do_no_harm(kit):
    assert kit.is_whole(FLAC, kit.flac() + bytes(60))
    assert kit.is_whole(FLAC, kit.flac() + b"TAG" + bytes(125))


def test_silence_of_no_length_is_whole(kit):
    assert kit.is_whole(FLAC, kit.flac(frames=0))


def test_checksums_are_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.flac.MAX_CHECKSUM_BYTES", 10)
    assert not kit.is_whole(FLAC, kit.flac())


def test_a_damaged_last_frame_is_refused(kit):
    data = bytearray(kit.flac())
    data[-20] ^= 1
    assert not kit.is_whole(FLAC, bytes(data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"fLaC\0\0\0\x22" + bytes(10), "in its metadata"),
        (b"fLaC\x80\0\0\x22" + bytes(34), "impossible"),
        (b"ID3\4\0\0\0\0\x7f\x7f", "within its tag"),
        (b"fLaC" + b"\1\0\0\0" * 5000, "more than"),
    ],
)
def test_what_is_wrong_is_said(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        FLAC.check_whole(io.BytesIO(data))


def test_a_tag_before_it_is_stepped_over(kit):
    tag = kit.id3((b"TIT2", b"\0x"))
    data = tag + kit.flac()
    assert FLAC.accepts(data[:4096]) == "audio/flac"
    assert FLAC.accepts(kit.id3((b"APIC", bytes(9000)))[:4096]) is None
    kit.check_cuts(FLAC, data)
    assert not kit.probe(FLAC, data)
    assert kit.probe(FLAC, kit.id3((b"GEOB", b"\0application/c2pa\0")) + kit.flac())


def test_behind_a_long_tag_it_is_found_on_a_second_look(kit):
    from credlabel_plugins.formats.mp3 import Mp3

    tag = kit.id3((b"APIC", bytes(9000)))
    for sound, media_type in ((kit.flac(), "audio/flac"), (kit.mp3(), "audio/mpeg")):
        data = tag + sound
        assert Mp3().accepts(data[:4096]) == "audio/mpeg"
        assert Mp3().refine_media_type(io.BytesIO(data), "audio/mpeg") == media_type


def test_frame_headers_of_all_kinds(kit):
    from credlabel_plugins.formats.flac import _CRC8, _crc, _frame_header

    for head, first, samples in (
        (b"\xff\xf8\x10\x08\x05", 5 * 4096, 192),
        (b"\xff\xf8\x20\x08\x05", 5 * 4096, 576),
        (b"\xff\xf8\xc0\x08\x05", 5 * 4096, 4096),
        (b"\xff\xf8\x6c\x08\x05\x0f\x44", 5 * 4096, 16),
        (b"\xff\xf8\x7d\x08\x05\0\xff\xac\x44", 5 * 4096, 256),
        (b"\xff\xf9\xc0\x08\xc4\x80", 0x100, 4096),
        (b"\xff\xf9\xc0\x08\xfe\x82\x80\x80\x80\x80\x80", 2 << 30, 4096),
    ):
        data = head + bytes([_crc(head, _CRC8, 8)])
        assert _frame_header(data + bytes(8), 4096) == (first, samples)
        assert _frame_header(head + bytes([data[-1] ^ 1]), 4096) is None
        assert _frame_header(head, 4096) is None
    for head in (b"\xff\xf8\0\x08\x05", b"\xff\xf8\xcf\x08\x05", b"\xff\xf8\xc0\x08\x85"):
        data = head + bytes([_crc(head, _CRC8, 8)])
        assert _frame_header(data + bytes(4), 4096) is None


def test_a_tag_that_would_be_wiped_is_kept_with_a_sidecar(kit):
    sound = kit.id3((b"TIT2", b"\0x")) + kit.flac()
    assert kit.objection(FLAC, kit.flac()) is None
    assert kit.objection(FLAC, sound) is None
    assert "could lose" in kit.objection(FLAC, kit.id3((b"TIT2", b"")) + kit.flac())
    assert "Several" in kit.objection(FLAC, kit.id3((b"TIT2", b"\0x")) + sound)
