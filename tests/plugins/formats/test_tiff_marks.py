"""Marks written into TIFF, BigTIFF and raw pictures."""

import io
import random
import struct
import subprocess

import pytest
from credlabel_plugins.formats import _tiff_directories, _tiff_writing, _xmp_packets
from credlabel_plugins.formats._tiff_directories import walk
from credlabel_plugins.formats.tiff import Tiff
from making import mutations, sample
from marked import (
    MARKS,
    check_exiftool_agrees,
    check_signature,
    pixels,
    said,
    without,
    written,
    written_once,
)
from PIL import Image

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
)

TIFF = Tiff()
CREDIT = {"xmp:photoshop:Credit": ("Somebody",)}
ANYTHING = ["tiff", "tiff-lzw", "tiff-pages", "tiff-big", "dng", "nef", "arw"]


def directories(data):
    """Of every directory, its entries without the one for XMP."""
    return [
        {tag: entry[:3] for tag, entry in found.items() if tag != 700}
        for _, found in walk(io.BytesIO(data))
    ]


def packets(data):
    """The type and value of tag 700, in every directory that has one."""
    found = []
    for layout, each in walk(io.BytesIO(data)):
        if entry := each.get(700):
            at = struct.unpack(layout.pointer, entry.field)[0]
            found.append((entry.kind, data[at : at + entry.number]))
    return found


def picture(kit, *, order="<", packet=b"", kind=1, pages=1):
    """Pages of one strip each, in both orders of bytes; all have the same packet."""
    pointer, short = struct.Struct(order + "I"), struct.Struct(order + "H")
    at = 8 + 100 + len(packet) + len(packet) % 2
    parts = []
    for number in range(1, pages + 1):
        entries = [
            (256, 3, 1, short.pack(10)),
            (257, 3, 1, short.pack(10)),
            (258, 3, 1, short.pack(8)),
            (259, 3, 1, short.pack(1)),
            (262, 3, 1, short.pack(1)),
            (273, 4, 1, pointer.pack(8)),
            (279, 4, 1, pointer.pack(100)),
            (33432, 2, 4, b"(c)\0"),
        ]
        if packet:
            entries.append((700, kind, len(packet), pointer.pack(108)))
        length = len(kit.directory(order, entries))
        following = at + length * number if number < pages else 0
        parts.append(kit.directory(order, entries, following=following))
    head = (b"II*\0" if order == "<" else b"MM\0*") + pointer.pack(at)
    return head + bytes(range(100)) + packet + b"\0" * (len(packet) % 2) + b"".join(parts)


@pytest.mark.parametrize("name", ANYTHING)
def test_nothing_moves(kit, name):
    data = kit.made(name)
    made = written(TIFF, data, MARKS)
    assert said(TIFF, made) == said(TIFF, data) | MARKS
    assert directories(made) == directories(data)
    header = 16 if name == "tiff-big" else 8
    assert made[header : len(data)] == data[header:]
    assert kit.is_whole(TIFF, made)
    if name not in ("nef", "arw"):
        assert pixels(made) == pixels(data)
    kinds = [TIFF.refine_media_type(io.BytesIO(each), "image/tiff") for each in (data, made)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("order", "<>")
def test_entries_stay_sorted_and_the_type_is_undefined(kit, order):
    data = picture(kit, order=order, pages=3)
    made = written(TIFF, data, MARKS)
    tags = [list(found) for _, found in walk(io.BytesIO(made))]
    assert tags[0] == [256, 257, 258, 259, 262, 273, 279, 700, 33432]
    assert tags[1:] == [[256, 257, 258, 259, 262, 273, 279, 33432]] * 2
    ((kind, packet),) = packets(made)
    assert kind == 7
    assert packet.startswith(b"<?xpacket begin")
    assert made.index(packet) % 4 == 0
    assert pixels(made) == pixels(data)
    with Image.open(io.BytesIO(made)) as opened:
        assert "Söhne" in str(opened.getxmp())


def test_pillow_libtiff_reads_what_is_written():
    out = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(out, "TIFF", compression="jpeg")
    made = written(TIFF, out.getvalue(), MARKS)
    assert pixels(made) == pixels(out.getvalue())


@pytest.mark.parametrize("kind", [1, 7, 2, 4])
def test_a_packet_is_updated_and_keeps_its_type(kit, kind):
    first = packets(written(TIFF, picture(kit), MARKS))[0][1]
    first += b" " * (-len(first) % 4)
    data = picture(kit, packet=first, kind=1)
    at = data.index(struct.pack("<HHI", 700, 1, len(first)))
    number = len(first) // 4 if kind == 4 else len(first)
    data = data[:at] + struct.pack("<HHI", 700, kind, number) + data[at + 8 :]
    assert said(TIFF, data) == {"exif:Copyright": ("(c)",)} | MARKS
    made = written(TIFF, data, CREDIT)
    assert said(TIFF, made) == said(TIFF, data) | CREDIT
    assert packets(made)[0][0] == (7 if kind == 4 else kind)
    assert len(made) == len(data), "what is shorter stays in its place"
    longer = written(TIFF, made, {"xmp:photoshop:Credit": ("Somebody" * 99,)})
    assert len(longer) > len(made)
    assert directories(longer) == directories(data)
    emptied = written(TIFF, longer, without(MARKS))
    assert said(TIFF, emptied) == {"exif:Copyright": ("(c)",)}
    if kind in (1, 7):  # Pillow gives up on others
        assert pixels(emptied) == pixels(data)


def test_an_entry_for_no_packet_is_taken(kit):
    data = picture(kit, packet=b" " * 20)
    made = written(TIFF, data, MARKS)
    assert said(TIFF, made) == said(TIFF, data) | MARKS
    assert directories(made) == directories(data)
    assert written(TIFF, picture(kit), without(MARKS)) == picture(kit)


def test_further_pages_say_nothing_else(kit):
    first = packets(written(TIFF, picture(kit), MARKS))[0][1]
    # All share one packet. Pillow reads no more of values than the file has bytes.
    data = picture(kit, packet=first, pages=3) + bytes(9000)
    for text in ("Somebody", "Somebody else, whose name is longer"):
        changes = {"xmp:photoshop:Credit": (text,)}
        made = written(TIFF, data, changes)
        assert said(TIFF, made) == said(TIFF, data) | changes
        assert pixels(made) == pixels(data)
        assert len(packets(made)) == 3
        assert sum(text.encode() in packet for _, packet in packets(made)) == 1


def test_spans_that_overlap():
    spans = [(0, 9), (3, 4), (8, 12), (12, 13), (20, 30), (20, 30), (40, 41)]
    assert _tiff_writing._overlapping(spans) == {(0, 9), (3, 4), (8, 12), (20, 30)}
    assert _tiff_writing._overlapping([]) == set()


def test_a_preview_that_says_so_is_no_answer(kit):
    """The property is in a further page alone: the first directory gets it."""
    old = packets(written(TIFF, picture(kit), {"xmp:photoshop:Credit": ("old",)}))[0][1]
    data = bytearray(picture(kit, packet=old, pages=2))
    at = data.index(struct.pack("<HHI", 700, 1, len(old)))
    data[at : at + 12] = struct.pack("<HHI4s", 701, 2, 4, b"odd\0")
    assert [700 in found for _, found in walk(io.BytesIO(data))] == [False, True]
    made = written(TIFF, bytes(data), CREDIT)
    assert said(TIFF, made)["xmp:photoshop:Credit"] == ("Somebody",)
    assert [700 in found for _, found in walk(io.BytesIO(made))] == [True, True]


def test_exiftool_reads_the_marks(tmp_path, kit):
    for data in (sample("hills.tiff"), kit.made("tiff-big"), sample("hills.dng")):
        check_exiftool_agrees(data, written(TIFF, data, MARKS), ".tif", tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"), [("hills.tiff", "image/tiff"), ("hills.dng", "image/x-adobe-dng")]
)
def test_marked_content_is_signed(name, kind, kit):
    made = written(TIFF, sample(name), MARKS)
    signed = check_signature(made, kind)
    assert said(TIFF, signed) == said(TIFF, made)
    if kind == "image/tiff":
        assert pixels(signed) == pixels(sample(name))
    again = written(TIFF, signed, CREDIT)
    assert said(TIFF, again) == said(TIFF, made) | CREDIT
    assert directories(again) == directories(signed)


def test_limits(kit, monkeypatch):
    data = picture(kit)
    monkeypatch.setattr(_tiff_writing, "MAX_ENTRIES", 8)
    with pytest.raises(CapacityError, match="full"):
        written_once(TIFF, data, MARKS)
    monkeypatch.undo()
    marked = written(TIFF, data, MARKS)
    monkeypatch.setattr(_xmp_packets, "MAX_TOTAL", 100)
    with pytest.raises(LimitExceededError, match="too large"):
        written_once(TIFF, marked, CREDIT)
    monkeypatch.undo()
    monkeypatch.setattr(_tiff_writing, "size_of", lambda source: (1 << 32) - 100)
    with pytest.raises(CapacityError, match="4 GB"):
        written_once(TIFF, data, MARKS)


def test_what_is_no_tiff_is_refused(kit):
    for data in (b"", b"II*\0", b"GIF89a" + bytes(99), kit.made("tiff")[:-1000][:50]):
        with pytest.raises(MalformedAssetError):
            written_once(TIFF, data, MARKS)
    with pytest.raises(LabelError, match="no place"):
        written_once(TIFF, kit.made("tiff"), {"exif:Artist": ("x",)})
    with pytest.raises(MalformedAssetError):
        written_once(TIFF, picture(kit, packet=b"this is no packet at all"), MARKS)
    assert TIFF.writable_places("image/png") == frozenset()


def test_damage_is_refused_or_done_no_harm(kit):
    rng = random.Random(9)
    refused = 0
    for name in ("tiff", "tiff-pages", "tiff-big", "dng", "nef"):
        marked = written(TIFF, kit.made(name), MARKS)
        for data in mutations(marked, rng, 60):
            try:
                made = written(TIFF, data, MARKS | CREDIT)
            except (AssetError, LabelError):
                refused += 1
            else:
                found = said(TIFF, made)
                assert {name: found[name] for name in MARKS} == MARKS | CREDIT
    assert refused > 40


def test_a_picture_of_many_directories_is_bounded(kit, monkeypatch):
    monkeypatch.setattr(_tiff_directories, "MAX_DIRECTORIES", 2)
    with pytest.raises(MalformedAssetError, match="more directories"):
        written_once(TIFF, picture(kit, pages=4), MARKS)


@pytest.mark.interop
def test_other_peoples_files(interop):
    seen = 0
    for path in sorted((interop / "files").glob("negative-*/*")):
        if path.suffix not in (".tif", ".tiff", ".nef"):
            continue
        data = path.read_bytes()
        made = written(TIFF, data, MARKS)
        assert said(TIFF, made) == said(TIFF, data) | MARKS
        assert directories(made) == directories(data)
        if path.suffix != ".nef":
            assert pixels(made) == pixels(data)
        seen += 1
    assert seen > 3


def test_ffmpeg_decodes_the_same_picture(tmp_path):
    seen = set()
    for data in (sample("hills.tiff"), written(TIFF, sample("hills.tiff"), MARKS)):
        path = tmp_path / "a.tiff"
        path.write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "framemd5", "-"]
        seen.add(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(seen) == 1
