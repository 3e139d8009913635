import io
import struct

import pytest
from credlabel_plugins.formats.tiff import Tiff

from credlabel.errors import MalformedAssetError

TIFF = Tiff()


def simple(kit, entries=(), *, order="<", tail=b"", strip=None):
    """A picture of one strip; ``tail`` follows directly behind the strip, at byte 300."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(256, 3, 1, struct.pack(order + "H", 9)), *entries]
    entries += [(273, 4, 1, 200 if strip is None else strip), (279, 4, 1, 100)]
    head = mark + struct.pack(order + "I", 8) + kit.directory(order, entries)
    return head.ljust(300, b"\0") + tail


@pytest.mark.parametrize("name", ["tiff", "tiff-lzw", "tiff-big", "dng", "nef", "arw"])
def test_cut_pictures_are_refused(kit, name):
    # Pillow ends some files with a byte that nothing refers to.
    harmless = 0 if name in ("nef", "arw") else 1
    kit.check_cuts(TIFF, kit.made(name), harmless=harmless)


def test_cut_pages_are_refused(kit):
    kit.check_cuts(TIFF, kit.made("tiff-pages"), harmless=4)


def test_what_is_appended_does_no_harm(kit):
    assert kit.is_whole(TIFF, kit.made("tiff") + bytes(99))


def test_raw_pictures_are_recognised_by_their_first_directory(kit):
    assert TIFF.accepts(kit.made("nef")[:60]) == "image/tiff"  # the directory is cut
    edited = kit.made("nef").replace(struct.pack("<HHII", 254, 4, 1, 1), bytes(12))
    assert TIFF.accepts(edited) == "image/tiff"
    other = kit.made("nef").replace(b"NIKON", b"CANON")
    assert TIFF.accepts(other) == "image/tiff"
    assert TIFF.accepts(b"II*\0\x10\0\0\0CR\2\0") is None


def test_a_directory_beyond_the_head_is_found_on_a_second_look(kit):
    for name in ("dng", "nef", "arw", "tiff"):
        data = kit.made(name)
        expected = TIFF.accepts(data)
        assert TIFF.refine_media_type(io.BytesIO(data), "image/tiff") == expected
        assert TIFF.refine_media_type(io.BytesIO(data), "image/x-sony-arw") == "image/x-sony-arw"
    signed = kit.signed("dng")
    assert TIFF.accepts(signed[:4096]) == "image/tiff"
    assert TIFF.refine_media_type(io.BytesIO(signed), "image/tiff") == "image/x-adobe-dng"
    assert TIFF.refine_media_type(io.BytesIO(b"II*\0"), "image/tiff") == "image/tiff"


@pytest.mark.parametrize("order", ["<", ">"])
def test_probe_finds_a_store_in_any_directory(kit, order):
    store = (0xCD41, 7, 4, b"jumb")
    assert kit.probe(TIFF, simple(kit, [store], order=order))
    inner = kit.directory(order, [store])
    for tag in (330, 34665):
        data = simple(kit, [(tag, 4, 1, 300)], order=order, tail=inner)
        assert kit.probe(TIFF, data)
    following = struct.pack(order + "I", 300)
    data = simple(kit, order=order, tail=inner)
    at = 8 + 2 + 3 * 12
    assert kit.probe(TIFF, data[:at] + following + data[at + 4 :])
    assert not kit.probe(
        TIFF, simple(kit, [(305, 2, 20, 300)], order=order, tail=b"\xcd\x41" * 10)
    )


def test_probe_looks_into_xmp(kit):
    for packet, expected in ((kit.xmp, False), (kit.remote_xmp, True)):
        data = simple(kit, [(700, 1, len(packet), 300)], tail=packet)
        assert kit.probe(TIFF, data) is expected
    assert kit.probe(TIFF, simple(kit, [(700, 1, 2 << 20, 300)]))
    assert kit.probe(TIFF, simple(kit, [(700, 1, 500, 300)]))


def test_data_and_values_beyond_the_end_are_refused(kit):
    assert kit.is_whole(TIFF, simple(kit))
    for broken, words in (
        (simple(kit, strip=250), "picture data"),
        (simple(kit, [(305, 2, 99, 250)]), "a value"),
        (simple(kit, [(513, 4, 1, 299), (514, 4, 1, 2)]), "picture data"),
        (simple(kit, [(330, 4, 1, 5000)]), "breaks off"),
        (simple(kit, [(330, 2, 1, 5000)]), "no number"),
        (b"II*\0\0\0\0\0" + bytes(50), "no directory"),
        (b"II*\0\x08\0\0\0" + bytes(50), "empty or too large"),
        (b"II*\0", "breaks off"),
        (b"no TIFF at all", "no TIFF"),
    ):
        with pytest.raises(MalformedAssetError, match=words):
            TIFF.check_whole(io.BytesIO(broken))


def test_loops_end(kit):
    data = simple(kit, [(330, 4, 1, 8)])
    at = 8 + 2 + 4 * 12
    data = data[:at] + struct.pack("<I", 8) + data[at + 4 :]
    assert kit.is_whole(TIFF, data)
    assert not kit.probe(TIFF, data)


def test_directories_strips_and_sub_directories_are_bounded(kit, monkeypatch):
    assert not kit.is_whole(TIFF, simple(kit, [(330, 4, 65, 8)]))
    monkeypatch.setattr("credlabel_plugins.formats.tiff.MAX_STRIPS", 1)
    assert not kit.is_whole(TIFF, simple(kit))
    monkeypatch.setattr("credlabel_plugins.formats.tiff.MAX_DIRECTORIES", 2)
    assert kit.probe(TIFF, kit.made("tiff-pages"))
