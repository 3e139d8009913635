import io

import pytest
from credlabel_plugins.formats.mp3 import Mp3

from credlabel.errors import MalformedAssetError

MP3 = Mp3()
C2PA_FRAME = (b"GEOB", b"\0application/c2pa\0c2pa\0c2pa manifest store\0jumb")


def with_info(kit):
    """Frames the first of which says how many bytes there are."""
    data = bytearray(kit.mp3())
    data[36:48] = b"Info\0\0\0\3" + (23).to_bytes(4, "big")
    data[48:52] = len(data).to_bytes(4, "big")
    return bytes(data)


def test_cut_sound_is_refused(kit):
    kit.check_cuts(MP3, kit.mp3())  # of as many frames that no cut falls between two
    kit.check_cuts(MP3, kit.made("mp3-tagged"))


def test_a_cut_between_frames_shows_by_the_header_only(kit):
    assert kit.is_whole(MP3, kit.mp3()[: 417 * 10])
    kit.check_cuts(MP3, with_info(kit))
    with pytest.raises(MalformedAssetError, match="by its header"):
        MP3.check_whole(io.BytesIO(with_info(kit)[: 417 * 10]))


@pytest.mark.parametrize(
    "tail",
    [
        b"TAG" + bytes(125),
        b"TAG+" + bytes(223) + b"TAG" + bytes(125),
        b"APETAGEX" + bytes(4) + (40).to_bytes(4, "little") + bytes(56),
        b"LYRICSBEGINxxLYRICS200" + b"TAG" + bytes(125),
        bytes(700),
    ],
)
def test_old_tags_and_padding_may_follow(kit, tail):
    assert kit.is_whole(MP3, kit.mp3() + tail)
    if tail.strip(b"\0"):
        assert not kit.is_whole(MP3, kit.mp3() + tail[:-1])


def test_a_second_tag_may_follow(kit):
    assert kit.is_whole(MP3, kit.mp3() + kit.id3((b"TIT2", b"\0x")))


def test_junk_between_frames_is_stepped_over(kit):
    assert kit.is_whole(MP3, kit.mp3(5) + b"junk\xff" * 9 + kit.mp3(5))
    assert kit.is_whole(MP3, kit.id3((b"TIT2", b"\0x")) + bytes(500) + kit.mp3(5))
    assert not kit.is_whole(MP3, kit.mp3(5) + b"junk" * 30_000 + kit.mp3(5))
    assert not kit.is_whole(MP3, (kit.mp3(5) + b"junk") * 40)
    assert not kit.is_whole(MP3, b"no sound at all")


@pytest.mark.parametrize("header", [b"\xff\xfb\x90\x00", b"\xff\xf3\x40\xc4", b"\xff\xe3\x28\xc0"])
def test_all_versions_are_recognised(header):
    from credlabel_plugins.formats.mp3 import _frame_length

    length = _frame_length(int.from_bytes(header, "big"))
    frame = header + bytes(length - 4)
    assert MP3.accepts(frame * 3) == "audio/mpeg"
    assert MP3.accepts(frame) == "audio/mpeg"
    assert MP3.accepts(frame + b"else") is None
    assert MP3.accepts(frame[:-1]) is None


@pytest.mark.parametrize(
    "header",
    [
        b"\xff\xf1\x50\x80",  # ADTS: AAC
        b"\xff\xeb\x90\x00",  # the reserved version
        b"\xff\xfb\xf0\x00",  # no bit rate
        b"\xff\xfb\x00\x00",  # free bit rate
        b"\xff\xfb\x9c\x00",  # no sampling rate
        b"\xff\xfb\x90\x02",  # the reserved emphasis
    ],
)
def test_what_only_resembles_a_frame_is_refused(header):
    assert MP3.accepts(header + bytes(413)) is None


def test_what_follows_a_tag_decides(kit):
    tag = kit.id3((b"TIT2", b"\0title"))
    assert MP3.accepts(tag + kit.mp3()) == "audio/mpeg"
    assert MP3.accepts(tag + bytes(20)) == "audio/mpeg"
    assert MP3.accepts(tag + b"fLaC") is None
    assert MP3.accepts(tag + b"\xff\xf1\x50\x80") is None
    assert MP3.accepts(kit.id3((b"APIC", bytes(9000)))[:4096]) == "audio/mpeg"
    assert MP3.accepts(b"ID3\4\0\0\xff\xff\xff\xff") is None
    assert MP3.accepts(b"ID3\x09\0\0\0\0\0\0") is None


@pytest.mark.parametrize("version", [2, 3, 4])
def test_probe_walks_tags_of_all_versions(kit, version):
    names = (b"TT2", b"GEO") if version == 2 else (b"TIT2", b"GEOB")
    title = (names[0], b"\0application/c2pa")
    other = (names[1], b"\0image/png\0\0\0")
    store = (names[1], C2PA_FRAME[1])
    assert not kit.probe(MP3, kit.id3(title, other, version=version, padding=50) + kit.mp3())
    assert not kit.probe(MP3, kit.id3(title, other, version=version) + kit.mp3())
    assert kit.probe(MP3, kit.id3(title, store, version=version) + kit.mp3())


def test_probe_looks_into_xmp(kit):
    for packet, expected in ((kit.xmp, False), (kit.remote_xmp, True)):
        assert kit.probe(MP3, kit.id3((b"PRIV", b"XMP\0" + packet)) + kit.mp3()) is expected
    assert not kit.probe(MP3, kit.id3((b"PRIV", b"www.x\0provenance")) + kit.mp3())


def test_probe_undoes_unsynchronisation(kit):
    for frame, expected in (((b"TIT2", b"\0x\xff\0y"), False), (C2PA_FRAME, True)):
        for version in (3, 4):
            tag = kit.id3((b"TPE1", b"\0x"), frame, version=version, flags=0x80)
            if version == 3 and not expected:  # one byte goes, so one must come
                tag = kit.id3((b"TIT2", b"\0x\xffyz"), version=3, flags=0x80)
                tag = tag.replace(b"\xffyz", b"\xff\0y")
                assert kit.probe(MP3, tag + kit.mp3())  # sizes contradict each other: doubt
                continue
            assert kit.probe(MP3, tag + kit.mp3()) is expected


def test_probe_reads_stacked_tags_and_extended_headers(kit):
    plain, marked = kit.id3((b"TIT2", b"\0x")), kit.id3(C2PA_FRAME)
    assert not kit.probe(MP3, plain + plain + kit.mp3())
    assert kit.probe(MP3, plain + marked + kit.mp3())
    assert kit.probe(MP3, plain * 9 + kit.mp3())
    extended = {3: b"\0\0\0\6" + bytes(6), 4: b"\0\0\0\6\1\0"}
    for version, header in extended.items():
        for frame, expected in ((b"TIT2", False), (b"GEOB", True)):
            body = header + kit.id3((frame, b"\0application/c2pa\0"), version=version)[10:]
            tag = b"ID3" + bytes([version, 0, 0x40, 0, 0, 0, len(body)]) + body
            assert kit.probe(MP3, tag + kit.mp3()) is expected


def test_tags_and_frames_are_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats._id3.MAX_TAGS", 1)
    tag = kit.id3((b"TIT2", b"\0x"), (b"TPE1", b"\0x"), padding=9)
    assert kit.is_whole(MP3, tag + kit.mp3())
    monkeypatch.setattr("credlabel_plugins.formats._id3.MAX_PADDING_BYTES", 5)
    assert kit.probe(MP3, tag + kit.mp3())
    monkeypatch.setattr("credlabel_plugins.formats._id3.MAX_FRAMES", 1)
    assert kit.probe(MP3, tag + kit.mp3())
    monkeypatch.setattr("credlabel_plugins.formats._id3.MAX_UNSYNCHRONISED_BYTES", 5)
    assert kit.probe(MP3, kit.id3((b"TIT2", b"\0x"), version=3, flags=0x80) + kit.mp3())
    monkeypatch.setattr("credlabel_plugins.formats.mp3.MAX_FRAMES", 3)
    assert not kit.is_whole(MP3, kit.mp3())


def test_probe_takes_damage_for_doubt(kit):
    tag = kit.id3((b"TIT2", b"\0x"), padding=40)
    assert kit.probe(MP3, tag[:-5] + b"a" + tag[-4:] + kit.mp3())  # padding that is not zero
    assert kit.probe(MP3, tag[:14] + b"\x7f" + tag[15:] + kit.mp3())
    assert kit.probe(MP3, tag.replace(b"TIT2", b"\1\2\3\4") + kit.mp3())
    compressed = bytearray(kit.id3((b"GEOB", bytes(40)), version=3))
    compressed[19] = 0x80
    assert kit.probe(MP3, bytes(compressed) + kit.mp3())
    assert not kit.probe(MP3, kit.mp3())
