import io
import struct

import pytest
from credlabel_plugins.formats._tiff_directories import walk
from credlabel_plugins.formats.tiff import Tiff
from PIL import Image, ImageSequence

from credlabel.errors import MalformedAssetError
from credlabel.label import Labeller
from credlabel.model import Tier

TIFF = Tiff()
SEVERAL = "The TIFF has several pages, and embedding would add one that can't be opened."


def pages(data):
    """The pixels of every page, as Pillow reads them."""
    with Image.open(io.BytesIO(data)) as picture:
        found = [page.convert("RGB").tobytes() for page in ImageSequence.Iterator(picture)]
        assert picture.n_frames == len(found)
        return found


def raw_picture(kit, order):
    """A DNG of a preview, two pictures in sub-directories, and an Exif directory."""
    long, short = (lambda v: struct.pack(order + "I", v)), (lambda v: struct.pack(order + "H", v))

    def entries(at, *more, kind=1):
        return [
            (254, 4, 1, long(kind)),
            (256, 4, 1, long(16)),
            (257, 4, 1, long(16)),
            (258, 3, 1, short(8)),
            (259, 3, 1, short(1)),
            (262, 3, 1, short(1)),
            (273, 4, 1, at),
            (277, 3, 1, short(1)),
            (278, 4, 1, long(16)),
            (279, 4, 1, long(256)),
            *more,
        ]

    first = 8 + 2 + 13 * 12 + 4
    second = first + 2 + 10 * 12 + 4
    exif = second + 2 + 10 * 12 + 4
    places = exif + 2 + 12 + 4
    data = places + 8
    sub = [(330, 4, 2, places), (34665, 4, 1, exif), (50706, 1, 4, b"\1\4\0\0")]
    return (
        (b"II*\0" if order == "<" else b"MM\0*")
        + long(8)
        + kit.directory(order, entries(data, *sub))
        + kit.directory(order, entries(data + 256, kind=0))
        + kit.directory(order, entries(data + 512, kind=0))
        + kit.directory(order, [(0x8827, 3, 1, short(100))])
        + long(first)
        + long(second)
        + bytes(256)
        + bytes(range(256))
        + bytes(reversed(range(256)))
    )


def raw_pixels(data):
    """The pixels of the two pictures in sub-directories, and what Exif says of the speed."""
    with Image.open(io.BytesIO(data)) as picture:
        tags, order = picture.tag_v2, picture.tag_v2._endian
        found = []
        for at in tags[330]:
            (count,) = struct.unpack_from(order + "H", data, at)
            rows = struct.iter_unpack(order + "HHII", data[at + 2 : at + 2 + 12 * count])
            (strip,) = (value for tag, _, _, value in rows if tag == 273)
            found.append(data[strip : strip + 256])
        return (*found, picture.getexif().get_ifd(34665)[0x8827])


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
    monkeypatch.setattr("credlabel_plugins.formats._tiff_directories.MAX_DIRECTORIES", 2)
    assert kit.probe(TIFF, kit.made("tiff-pages"))


SINGLE = {
    "tiff": {},
    "lzw": {"compression": "tiff_lzw"},
    "jpeg": {"compression": "jpeg"},
    "big": {"big_tiff": True},
    "dng": {"tiffinfo": {50706: b"\1\4\0\0"}},
}


@pytest.mark.parametrize("kind", SINGLE)
def test_a_single_page_stays_one_however_often_it_is_labelled(kit, dev_signer, kind):
    given = data = kit.saved("TIFF", **SINGLE[kind])
    for _ in range(3):
        assert kit.objection(TIFF, data) is None
        made = Labeller(dev_signer).label_bytes(data, name="x.tiff")
        assert made.receipt.tier is Tier.EMBEDDED
        assert made.sidecar is None
        data = made.data
        assert pages(data) == pages(given)
    assert len(pages(data)) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_sub_directories_are_no_pages_and_stay_as_they_are(kit, dev_signer, order):
    given = data = raw_picture(kit, order)
    assert raw_pixels(given) == (bytes(range(256)), bytes(reversed(range(256))), 100)
    for _ in range(3):
        made = Labeller(dev_signer).label_bytes(data, name="x.dng")
        assert made.receipt.tier is Tier.EMBEDDED
        data = made.data
        assert pages(data) == pages(given)
        assert raw_pixels(data) == raw_pixels(given)


@pytest.mark.parametrize("name", ["hills.tiff", "hills.dng"])
def test_the_samples_are_labelled_inside(samples, dev_signer, name):
    given = samples[name].read_bytes()
    made = Labeller(dev_signer).label_bytes(given, name=name)
    assert made.receipt.tier is Tier.EMBEDDED
    if name == "hills.tiff":  # Pillow reads no raw pictures of cameras
        assert pages(made.data) == pages(given)


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("count", [2, 3])
def test_several_pages_get_a_sidecar(kit, dev_signer, is_big, count):
    data = kit.saved("TIFF", frames=count, big_tiff=is_big)
    assert kit.objection(TIFF, data) == SEVERAL
    made = Labeller(dev_signer).label_bytes(data, name="x.tiff")
    assert made.receipt.tier is Tier.SIDECAR
    assert made.sidecar
    assert pages(made.data) == pages(data)
    assert len(pages(made.data)) == count


def test_the_page_that_would_be_added_can_not_be_opened(kit):
    """If this fails, c2pa-rs has learned to embed into several pages: drop the objection."""
    with pytest.raises(TypeError, match="dimensions"):
        pages(kit.signed("tiff-pages"))


def with_a_tag_twice(data):
    """The width once more behind all else in a little-endian file of one page, and larger."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    entries = data[at + 2 : at + 2 + 12 * count] + struct.pack("<HHII", 256, 4, 1, 5000)
    data = bytearray(data + bytes(len(data) % 2))
    struct.pack_into("<I", data, 4, len(data))
    return bytes(data) + struct.pack("<H", count + 1) + entries + bytes(4)


def test_a_tag_that_is_there_twice_stays_so(kit, dev_signer):
    data = with_a_tag_twice(kit.saved("TIFF"))
    assert "twice" in kit.objection(TIFF, data)
    made = Labeller(dev_signer).label_bytes(data, name="x.tiff")
    assert made.receipt.tier is Tier.SIDECAR
    (directory,) = (each for _, each in walk(io.BytesIO(made.data)))
    assert directory.repeats_tags


def test_embedding_would_leave_one_of_the_two_out(kit, monkeypatch, dev_signer):
    """If this fails, c2pa-rs has learned to keep both: drop the objection."""
    monkeypatch.setattr(Tiff, "embedding_objection", lambda self, source: None)
    data = with_a_tag_twice(kit.saved("TIFF"))
    made = Labeller(dev_signer).label_bytes(data, name="x.tiff")
    assert made.receipt.tier is Tier.EMBEDDED
    assert not any(each.repeats_tags for _, each in walk(io.BytesIO(made.data)))


def test_nothing_speaks_against_what_is_no_whole_tiff(kit):
    for data in (
        b"",
        b"II*\0",
        b"no TIFF at all",
        b"II*\0\x08\0\0\0\0\0",
        kit.made("tiff-pages")[:9],
    ):
        assert kit.objection(TIFF, data) is None
