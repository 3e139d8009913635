"""Marks are written into JPEGs, and the rest of the file stays as it is."""

import hashlib
import io
import random
import struct
import time

import pytest
from credlabel_plugins.formats import _xmp_packets
from credlabel_plugins.formats._jpeg_metadata import EXTENDED_XMP, XMP
from credlabel_plugins.formats._xmp_writing import updated_packet
from credlabel_plugins.formats.jpeg import Jpeg
from making import mutations, sample
from marked import (
    AIGC,
    MARKS,
    check_exiftool_agrees,
    check_signature,
    exiftool,
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

JPEG = Jpeg()
LABEL = {"xmp:TC260:AIGC": (AIGC,)}
OTHERS = {"dc:source": ("theirs",), "xmp:CreatorTool": ("a camera",)}


def app1(body):
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


def with_packet(jpeg, packet):
    return jpeg[:2] + app1(XMP + packet) + jpeg[2:]


def picture(**options):
    out = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(out, "JPEG", **options)
    return out.getvalue()


def from_scan(jpeg):
    return jpeg[jpeg.index(b"\xff\xdb") :]


def test_a_packet_goes_behind_jfif_and_exif(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a description"
    data = picture(exif=exif, comment=b"a comment") + bytes(500)
    made = written(JPEG, data, MARKS)
    assert said(JPEG, made) == said(JPEG, data) | MARKS
    assert from_scan(made) == from_scan(data)
    assert pixels(made) == pixels(data)
    check_exiftool_agrees(data, made, ".jpg", tmp_path)
    at = made.index(XMP)
    assert b"Exif\0" in made[:at]
    assert made[: at - 4] + made[at - 2 + int.from_bytes(made[at - 2 : at], "big") :] == data


@pytest.mark.parametrize("padding", [0, 3000])
def test_a_packet_is_updated_where_it_is(tmp_path, padding):
    data = picture(xmp=updated_packet(None, OTHERS, padding=padding))
    made = written(JPEG, data, MARKS)
    assert said(JPEG, made) == said(JPEG, data) | MARKS
    assert made.count(XMP) == 1
    assert made.index(XMP) == data.index(XMP)
    assert (len(made) == len(data)) == bool(padding)
    check_exiftool_agrees(data, made, ".jpg", tmp_path)
    assert said(JPEG, written(JPEG, made, without(MARKS))) == said(JPEG, data)


def test_what_is_said_already_is_copied():
    data = with_packet(with_packet(picture(), updated_packet(None, LABEL_PROPERTY)), b"<broken")
    assert written_once(JPEG, data, LABEL) == data
    assert written_once(JPEG, data, {"xmp:dc:title": ()}) == data


LABEL_PROPERTY = {"TC260:AIGC": (AIGC,)}


def test_packets_in_several_segments_say_it_once():
    old = updated_packet(None, OTHERS | {"TC260:AIGC": ("old",)})
    data = with_packet(with_packet(picture(), old), old)
    made = written(JPEG, data, LABEL)
    assert made.count(b"<TC260:AIGC>") == 1
    assert said(JPEG, made) == said(JPEG, data) | LABEL


def test_more_packets_than_are_parsed_are_refused(monkeypatch):
    monkeypatch.setattr(_xmp_packets, "MAX_TOTAL", 10_000)
    data = picture()
    for number in range(12):  # each is small
        data = with_packet(data, b"<a%d/>" % number)
    with pytest.raises(LimitExceededError, match="too large"):
        written_once(JPEG, data, MARKS)


def test_a_label_that_is_a_structure_is_replaced():
    fields = {"Label": "1", "ContentProducer": "theirs", "ProduceID": "7"}
    for form in (
        " ".join(f'TC260:{key}="{text}"' for key, text in fields.items()) + "/>",
        'rdf:parseType="Resource">'
        + "".join(f"<TC260:{key}>{text}</TC260:{key}>" for key, text in fields.items())
        + "</TC260:AIGC>",
    ):
        packet = updated_packet(None, OTHERS | {"TC260:AIGC": ("x",)})
        packet = packet.replace(b">x</TC260:AIGC>", b" " + form.encode())
        data = with_packet(picture(), packet)
        before = said(JPEG, data)
        assert before["xmp:TC260:AIGC/TC260:Label"] == ("1",)
        others = {name: text for name, text in before.items() if "AIGC" not in name}
        assert said(JPEG, written(JPEG, data, LABEL)) == others | LABEL
        assert said(JPEG, written(JPEG, data, dict.fromkeys(LABEL, ()))) == others
        second = with_packet(data, updated_packet(None, {"TC260:AIGC": (AIGC,)}))
        assert said(JPEG, written(JPEG, second, LABEL)) == others | LABEL


def test_the_file_can_be_signed():
    made = check_signature(written(JPEG, sample("hills.jpg"), MARKS), "image/jpeg")
    assert MARKS.items() <= said(JPEG, made).items()
    again = written(JPEG, made, {"xmp:photoshop:Credit": ("Other",)})
    assert again.count(b"\xff\xeb") == made.count(b"\xff\xeb")
    check_signature(again, "image/jpeg")


# ---------------------------------------------------------------------------- more than 64 KiB


def test_a_packet_that_would_be_too_long_is_refused():
    full = updated_packet(None, {"photoshop:Instructions": ("x" * 64_500,)})
    with pytest.raises(CapacityError, match="65502 bytes of room"):
        written_once(JPEG, with_packet(picture(), full), MARKS)


def test_blanks_give_way_to_marks():
    data = with_packet(picture(), updated_packet(None, OTHERS, padding=64_500))
    made = written(JPEG, data, MARKS)
    assert len(made) == len(data)
    assert said(JPEG, made) == said(JPEG, data) | MARKS


def extended(long, short=OTHERS, *, piece=40_000):
    """A JPEG whose XMP goes on in further segments."""
    name = hashlib.md5(long, usedforsecurity=False).hexdigest().upper()
    packet = updated_packet(None, short | {"xmpNote:HasExtendedXMP": (name,)})
    head = EXTENDED_XMP + name.encode() + len(long).to_bytes(4, "big")
    pieces = [
        app1(head + at.to_bytes(4, "big") + long[at : at + piece])
        for at in range(0, len(long), piece)
    ]
    data = picture()
    return data[:2] + app1(XMP + packet) + b"".join(pieces) + data[2:]


def test_extended_xmp_stays_as_it_is(tmp_path):
    data = extended(updated_packet(None, {"photoshop:Instructions": ("long " * 20_000 + ".",)}))
    made = written(JPEG, data, MARKS)
    at = data.index(EXTENDED_XMP)
    assert made.endswith(data[at:])
    check_exiftool_agrees(data, made, ".jpg", tmp_path)


def test_what_extended_xmp_says_too_is_taken_out_of_it(tmp_path):
    long = {"photoshop:Instructions": ("long " * 20_000 + ".",), "TC260:AIGC": ("old",)}
    data = extended(updated_packet(None, long))
    assert said(JPEG, data)["xmp:TC260:AIGC"] == ("old",)
    made = written(JPEG, data, MARKS)
    assert said(JPEG, made)["xmp:photoshop:Instructions"] == long["photoshop:Instructions"]
    assert made.count(b":AIGC>") == 2
    seen = exiftool(made, ".jpg", tmp_path)
    assert seen["XMP-photoshop:Instructions"] == long["photoshop:Instructions"][0]
    assert seen["XMP-TC260:Aigc"] == AIGC
    assert (
        seen["XMP-xmpNote:HasExtendedXMP"]
        != exiftool(data, ".jpg", tmp_path)["XMP-xmpNote:HasExtendedXMP"]
    )
    whole = b"".join(
        part[36 + 4 :][: int.from_bytes(length, "big")] for part, length in extended_parts(made)
    )
    assert (
        hashlib.md5(whole, usedforsecurity=False).hexdigest().upper()
        == seen["XMP-xmpNote:HasExtendedXMP"]
    )


def extended_parts(jpeg):
    at = 0
    while (at := jpeg.find(EXTENDED_XMP, at + 1)) >= 0:
        length = int.from_bytes(jpeg[at - 2 : at], "big") - 2 - len(EXTENDED_XMP) - 40
        yield jpeg[at + len(EXTENDED_XMP) :], length.to_bytes(4, "big")


# ---------------------------------------------------------------------------- further pictures


def several(**options):
    out = io.BytesIO()
    first, second, third = (Image.effect_noise((64, 48), 50).convert("RGB") for _ in range(3))
    first.save(out, "MPO", save_all=True, append_images=[second, third], **options)
    return out.getvalue()


@pytest.mark.parametrize("has_packet", [False, True])
def test_the_index_of_further_pictures_still_leads_to_them(tmp_path, has_packet):
    """Pillow puts a packet behind the index, where its growth moves the pictures away from it."""
    data = several(xmp=updated_packet(None, OTHERS)) if has_packet else several()
    assert (XMP in data[: data.index(b"MPF\0")]) is False
    made = written(JPEG, data, MARKS)
    assert len(made) > len(data)
    assert pixels(made) == pixels(data)
    assert len(pixels(made)[3]) == 3
    old, new = (exiftool(each, ".jpg", tmp_path) for each in (data, made))
    assert new["MPImage1:MPImageLength"] == old["MPImage1:MPImageLength"] + len(made) - len(data)
    for number in (2, 3):
        start = new[f"MPImage{number}:MPImageStart"]
        assert made[start : start + 2] == b"\xff\xd8"
    check_signature(made, "image/jpeg")


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_damaged_index_is_left_alone(order):
    data = several(xmp=updated_packet(None, OTHERS))
    at = data.index(b"MPF\0") + 4
    mark = b"II" if order == "<" else b"MM"
    for broken in (
        struct.pack(order + "2sHI", mark, 42, 7000),
        struct.pack(order + "2sHIHHHII", mark, 42, 8, 1, 0xB002, 7, 32, 9000),
    ):
        made = data[:at] + broken + data[at + len(broken) :]
        with pytest.raises(MalformedAssetError, match="index of its pictures"):
            written_once(JPEG, made, MARKS)


def test_what_counts_from_the_end_is_not_moved():
    """Films behind the picture, and Samsung's trailer."""
    tail = b"\0\0\0\x18ftypmp42" + bytes(range(200)) + b"SEFT"
    packet = updated_packet(None, {"GCamera:MicroVideoOffset": ("212",)})
    data = with_packet(picture(), packet) + tail
    made = written(JPEG, data, MARKS)
    assert made.endswith(tail)
    assert said(JPEG, made) == said(JPEG, data) | MARKS


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff", "cut short"),
        (b"\xff\xd8\xff\xe1\0\1", "no segment begins"),
        (b"\xff\xd8\xff\xe0\0\4ab" + b"\0" * 9, "no segment begins"),
        (b"\xff\xd8" + b"\xff\xe0\0\2" * 5000 + b"\xff\xda", "more than"),
    ],
    ids=["header", "length", "no segment", "many segments"],
)
def test_damaged_files_are_refused(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        written_once(JPEG, data, MARKS)


def test_a_damaged_packet_is_left_alone():
    with pytest.raises(MalformedAssetError, match="XMP"):
        written_once(JPEG, with_packet(picture(), b"<x:xmpmeta><rdf:RDF></x:xmpmeta>"), MARKS)


@pytest.mark.parametrize("name", ["jpeg:comment", "exif:Artist", "dc:title"])
def test_other_places_are_refused(name):
    with pytest.raises(LabelError, match="no place"):
        written_once(JPEG, picture(), {name: ("x",)})


def test_any_damage_is_refused_or_harmless():
    data = extended(updated_packet(None, LABEL_PROPERTY | OTHERS), piece=300)
    start = time.perf_counter()
    for broken in mutations(data, random.Random(3), 300):
        try:
            made = written_once(JPEG, broken, MARKS)
        except (AssetError, LabelError):
            continue
        assert said(JPEG, made).items() >= MARKS.items()
    assert time.perf_counter() - start < 10


@pytest.mark.slow
def test_other_peoples_files(interop, tmp_path):
    files = sorted({*interop.rglob("*.jpg"), *interop.rglob("*.jpeg")})
    done = 0
    for path in files:
        data = path.read_bytes()
        if not JPEG.accepts(data[:16]):
            continue
        try:
            shown = pixels(data)
            made = written(JPEG, data, MARKS)
        except (AssetError, LabelError, OSError, ValueError, UserWarning):
            continue  # damaged
        done += 1
        assert pixels(made) == shown, path
        assert said(JPEG, made) == said(JPEG, data) | MARKS
    assert done > 30
