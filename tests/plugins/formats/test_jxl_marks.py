"""Marks are written into JPEG XL containers, and compressed metadata are read."""

import io
import random
import subprocess
import time

import brotli
import pytest
from credlabel_plugins.formats import _jpeg_reconstruction, _xmp_packets
from credlabel_plugins.formats.jxl import Jxl
from making import mutations, sample
from marked import (
    AIGC,
    MARKS,
    check_exiftool_agrees,
    check_signature,
    said,
    without,
    written,
)
from PIL import Image

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
)

JXL = Jxl()
OTHERS = {"xmp:dc:source": ("them",)}
THEIRS = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><!-- theirs --><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/'
    b'elements/1.1/"><dc:source>them</dc:source></rdf:Description></rdf:RDF></x:xmpmeta>'
)
EXIF = b"\0\0\0\0II*\0\x08\0\0\0\x01\0\x31\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"


def compressed(kit, kind, content):
    return kit.box(b"brob", kind, brotli.compress(content))


def boxes(data):
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        found.append((data[at + 4 : at + 8], data[at + 8 : at + size]))
        at += size
    assert at == len(data)
    return found


def kinds(data):
    return [kind for kind, _ in boxes(data)]


def decoded(data, folder, suffix=".png"):
    """What libjxl makes of a picture."""
    path, made = folder / "picture.jxl", folder / f"picture{suffix}"
    path.write_bytes(data)
    done = subprocess.run(["djxl", str(path), str(made)], capture_output=True, check=True)
    if suffix == ".jpg":
        assert b"Reconstructed" in done.stderr
        return made.read_bytes()
    with Image.open(made) as picture:
        return picture.convert("RGBA").tobytes()


def from_jpeg(jpeg, folder):
    """A JPEG XL picture that can become the JPEG again."""
    path, made = folder / "from.jpg", folder / "from.jxl"
    path.write_bytes(jpeg)
    subprocess.run(["cjxl", str(path), str(made)], capture_output=True, check=True)
    assert b"jbrd" in made.read_bytes()
    return made.read_bytes()


def jpeg_with_xmp(packet):
    data = sample("hills.jpg")
    body = b"http://ns.adobe.com/xap/1.0/\0" + packet
    return data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


# ---------------------------------------------------------------------------- containers


def test_a_sample_is_marked_and_looks_as_before(tmp_path):
    data = sample("hills.jxl")
    made = written(JXL, data, MARKS)
    assert said(JXL, made) == MARKS
    signed = check_signature(made, "image/jxl")
    assert said(JXL, signed) == MARKS
    assert decoded(signed, tmp_path) == decoded(data, tmp_path)
    check_exiftool_agrees(data, signed, ".jxl", tmp_path)
    assert [each for each in boxes(made) if each[0] != b"xml "] == boxes(data)
    assert kinds(made).index(b"xml ") < kinds(made).index(b"jxlc")


def test_a_packet_is_updated_where_it_is(kit):
    other = kit.box(b"what", b"ever")
    for packet in (kit.box(b"xml ", THEIRS), compressed(kit, b"xml ", THEIRS)):
        data = kit.jxl(packet, other, compressed(kit, b"Exif", EXIF), kit.box(b"jumb", b"old"))
        assert said(JXL, data) == OTHERS | {"exif:Software": ("abc",)}
        made = written(JXL, data, MARKS)
        assert said(JXL, made) == said(JXL, data) | MARKS
        place = kinds(data).index(packet[4:8])
        expected = boxes(data)
        expected[place] = (b"xml ", dict(boxes(made))[b"xml "])
        assert boxes(made) == expected
        assert b"<!-- theirs -->" in dict(boxes(made))[b"xml "]
        assert said(JXL, written(JXL, made, without(MARKS))) == said(JXL, data)


def test_no_packet_contradicts_another(kit):
    data = kit.jxl(
        kit.box(b"xml ", THEIRS), compressed(kit, b"xml ", THEIRS.replace(b"them<", b"they<"))
    )
    assert said(JXL, data) == {"xmp:dc:source": ("them", "they")}
    made = written(JXL, data, {"xmp:dc:source": ("we",)})
    assert said(JXL, made) == {"xmp:dc:source": ("we",)}
    assert made.count(b"<!-- theirs -->") == 2


def test_a_codestream_that_goes_to_the_end_stays_there(kit):
    data = kit.jxl()
    at = data.index(b"jxlc") - 4
    data = data[:at] + bytes(4) + data[at + 4 :]
    made = written(JXL, data, MARKS)
    assert made.endswith(data[at:])
    assert said(JXL, made) == MARKS


def test_a_naked_codestream_is_refused(kit):
    data = b"\xff\x0a" + bytes(range(200))
    with pytest.raises(CapacityError, match="naked"):
        written(JXL, data, MARKS)
    assert written(JXL, data, without(MARKS)) == data


@pytest.mark.parametrize("changes", [{"png:AIGC": ("x",)}, {"xmp:dc:source": ("a", "b")}])
def test_what_can_not_be_said_is_refused(kit, changes):
    with pytest.raises(LabelError):
        written(JXL, kit.jxl(), changes)


# ---------------------------------------------------------------------------- from JPEGs


def test_the_jpeg_within_stays_what_it_was(tmp_path):
    jpeg = sample("hills.jpg")
    data = from_jpeg(jpeg, tmp_path)
    made = written(JXL, data, MARKS)
    assert said(JXL, made) == MARKS
    again = written(JXL, made, {"xmp:photoshop:Credit": ("others",)})
    for result in (data, made, again, check_signature(made, "image/jxl")):
        assert decoded(result, tmp_path, ".jpg") == jpeg


def test_the_packet_that_the_jpeg_needs_stays(tmp_path):
    jpeg = jpeg_with_xmp(THEIRS)
    data = from_jpeg(jpeg, tmp_path)
    assert b"brob" in kinds(data)
    assert said(JXL, data) == OTHERS
    made = written(JXL, data, MARKS)
    assert said(JXL, made) == OTHERS | MARKS
    assert [each for each in boxes(made) if each[0] != b"xml "] == boxes(data)
    again = written(JXL, made, {"xmp:photoshop:Credit": ("others",)})
    assert kinds(again) == kinds(made)
    for result in (made, again, check_signature(made, "image/jxl")):
        assert decoded(result, tmp_path, ".jpg") == jpeg
    with pytest.raises(CapacityError, match="JPEG"):
        written(JXL, made, {"xmp:dc:source": ("we",)})


def test_what_the_jpeg_needs_is_known_by_its_segments():
    def box(*markers, segments=()):
        bits, count = 0, 1
        for value, width in (*((marker - 0xC0, 6) for marker in markers), *segments):
            bits |= value << count
            count += width
        return bits.to_bytes(count // 8 + 1, "little")

    unknown, profile = (((kind, 2), (9, 16)) for kind in (0, 1))
    exif = ((2, 2), (0, 1), (9, 16))
    xmp = ((2, 2), (1, 1), (9, 16))
    other = ((3, 2), (2, 2), (9, 16))
    three = (0xE0, 0xE1, 0xDB, 0xE2, 0xD9)
    takes_xmp = _jpeg_reconstruction.takes_xmp
    assert not takes_xmp(box(*three, segments=(*unknown, *profile, *exif)))
    assert takes_xmp(box(*three, segments=(*unknown, *exif, *xmp)))
    assert not takes_xmp(box(0xE0, 0xD9, segments=other) + bytes(2))
    assert takes_xmp(box(*three, segments=unknown))  # cut short
    assert takes_xmp(b"")
    assert not takes_xmp(bytes(1 << 16))  # too many markers, none of a segment


# ---------------------------------------------------------------------------- compressed


def test_a_reference_in_compressed_xmp_is_found(kit):
    assert not kit.probe(JXL, kit.jxl(compressed(kit, b"xml ", THEIRS)))
    assert kit.probe(JXL, kit.jxl(compressed(kit, b"xml ", kit.remote_xmp)))
    assert kit.probe(JXL, kit.jxl(compressed(kit, b"jumb", THEIRS)))
    assert kit.probe(JXL, kit.jxl(compressed(kit, b"xml ", THEIRS + bytes(1 << 20))))
    assert kit.probe(JXL, kit.jxl(kit.box(b"brob", b"xml ", brotli.compress(THEIRS)[:-5])))


def test_what_is_inflated_is_bounded(kit):
    bomb = kit.box(b"brob", b"xml ", brotli.compress(b"<x>" + bytes(64 << 20), quality=1))
    many = kit.jxl(*[bomb] * 200)
    start = time.perf_counter()
    assert said(JXL, many) == {}
    broken = kit.box(
        b"brob", b"Exif", brotli.compress(bytes(8 << 20), quality=1)[:-2] + b"\xff\xff"
    )
    assert said(JXL, kit.jxl(*[broken] * 5_000)) == {}
    assert time.perf_counter() - start < 5
    with pytest.raises(MalformedAssetError, match="compressed"):
        written(JXL, kit.jxl(bomb), MARKS)


def test_a_broken_packet_is_no_reason_for_another(kit):
    for broken in (b"", b"junk", brotli.compress(THEIRS)[:-5]):
        with pytest.raises(MalformedAssetError):
            written(JXL, kit.jxl(kit.box(b"brob", b"xml ", broken)), MARKS)


def test_a_packet_beyond_the_limit_is_not_touched(kit, monkeypatch):
    monkeypatch.setattr(_xmp_packets, "MAX_VALUE", len(THEIRS) - 1)
    with pytest.raises(LimitExceededError):
        written(JXL, kit.jxl(kit.box(b"xml ", THEIRS)), MARKS)


# ---------------------------------------------------------------------------- bad files


def test_cut_pictures_are_refused():
    data = sample("hills.jxl")
    for step in range(1, 40):
        with pytest.raises((AssetError, LabelError)):
            written(JXL, data[: len(data) * step // 40], MARKS)


def test_damaged_pictures_do_no_harm(kit):
    rng = random.Random(6)
    done = 0
    data = kit.jxl(compressed(kit, b"xml ", THEIRS), kit.box(b"jbrd", bytes(40)))
    for made in mutations(data, rng, 300):
        sink = io.BytesIO()
        try:
            JXL.write_metadata(io.BytesIO(made), sink, MARKS)
        except (AssetError, LabelError):
            continue
        done += said(JXL, sink.getvalue()).get("xmp:TC260:AIGC") == (AIGC,)
    assert 20 < done < 300
