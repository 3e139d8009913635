"""Marks are written into PNGs, and the rest of the file stays as it is."""

import io
import random
import zlib

import pytest
from credlabel_plugins.formats._png_writing import MAX_CHUNKS
from credlabel_plugins.formats._xmp_writing import updated_packet
from credlabel_plugins.formats.png import Png
from making import chunk_after_header, mutations, sample
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
from PIL import Image, PngImagePlugin

from credlabel.errors import AssetError, LabelError, LimitExceededError, MalformedAssetError

PNG = Png()
KEYWORD = b"XML:com.adobe.xmp\0"
OTHERS = {"dc:source": ("theirs",)}
LABEL = {"png:AIGC": (AIGC,)}


def chunks(png):
    """Every chunk of a PNG: its kind and its body, with a sound checksum."""
    found, at = [], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        assert zlib.crc32(png[at + 4 : end - 4]) == int.from_bytes(png[end - 4 : end], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : end - 4]))
        at = end
    return found


def picture(*, frames=1, **texts):
    out = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    first, *rest = (Image.effect_noise((48, 32), 60).convert("RGB") for _ in range(frames))
    more = {"save_all": True, "append_images": rest, "duration": 70, "loop": 3} if rest else {}
    first.save(out, "PNG", pnginfo=info, **more)
    return out.getvalue()


def with_text(kind, body):
    return chunk_after_header(picture(), kind, body)


def several(count, kind, body):
    made = picture()
    for _ in range(count):
        made = chunk_after_header(made, kind, body)
    return made


def before_end(png, kind, body):
    made = len(body).to_bytes(4, "big") + kind + body
    made += zlib.crc32(kind + body).to_bytes(4, "big")
    return png[:-12] + made + png[-12:]


@pytest.mark.parametrize("frames", [1, 3])
def test_a_packet_goes_before_the_picture(tmp_path, frames):
    data = picture(frames=frames, parameters="a, b")
    made = written(PNG, data, MARKS)
    assert said(PNG, made) == said(PNG, data) | MARKS
    kind, body = chunks(made)[1]
    assert kind == b"iTXt"
    assert body.startswith(KEYWORD + b"\0\0\0\0<?xpacket")
    assert [each for each in chunks(made) if each != (kind, body)] == chunks(data)
    assert pixels(made) == pixels(data)
    check_exiftool_agrees(data, made, ".png", tmp_path)


def packet_chunk(packet, *, compressed):
    if compressed:
        return KEYWORD + b"\1\0\0XMP\0" + zlib.compress(packet)
    return KEYWORD + b"\0\0\0XMP\0" + packet


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("place", [chunk_after_header, before_end])
def test_a_packet_is_updated_where_it_is(tmp_path, compressed, place):
    body = packet_chunk(updated_packet(None, OTHERS), compressed=compressed)
    data = place(picture(parameters="a"), b"iTXt", body)
    made = written(PNG, data, MARKS)
    assert said(PNG, made) == said(PNG, data) | MARKS
    changed = [new for old, new in zip(chunks(data), chunks(made), strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0][1].startswith(body[:24])
    check_exiftool_agrees(data, made, ".png", tmp_path)
    assert said(PNG, written(PNG, made, without(MARKS))) == said(PNG, data)


def test_several_packets_say_it_once():
    old = packet_chunk(updated_packet(None, OTHERS | {"TC260:AIGC": ("old",)}), compressed=False)
    data = before_end(chunk_after_header(picture(), b"iTXt", old), b"iTXt", old)
    made = written(PNG, data, {"xmp:TC260:AIGC": (AIGC,)})
    assert made.count(b"<TC260:AIGC>") == 1
    assert said(PNG, made)["xmp:dc:source"] == ("theirs",)


# ---------------------------------------------------------------------------- texts by keyword


def test_a_text_goes_before_the_picture(tmp_path):
    data = picture(parameters="a")
    made = written(PNG, data, LABEL)
    assert chunks(made)[1] == (b"tEXt", b"AIGC\0" + AIGC.encode())
    assert made[:33] + made[33 + 12 + 5 + len(AIGC) :] == data
    assert exiftool(made, ".png", tmp_path)["PNG:AIGC"] == AIGC
    assert written(PNG, made, {"png:AIGC": ()}) == data


def test_a_text_beyond_ascii_is_international():
    made = written(PNG, picture(), {"png:Title": ("Söhne 画\n",)})
    assert chunks(made)[1] == (b"iTXt", b"Title\0\0\0\0\0" + "Söhne 画\n".encode())
    with Image.open(io.BytesIO(made)) as opened:
        assert opened.text["Title"] == "Söhne 画\n"


TEXTS = {
    "tEXt": (b"tEXt", b"AIGC\0old", b"AIGC\0new"),
    "zTXt": (b"zTXt", b"AIGC\0\0" + zlib.compress(b"old"), b"AIGC\0\0" + zlib.compress(b"new")),
    "iTXt": (b"iTXt", b"AIGC\0\0\0zh\0k\0old", b"AIGC\0\0\0zh\0k\0new"),
    "compressed iTXt": (
        b"iTXt",
        b"AIGC\0\1\0\0\0" + zlib.compress(b"old"),
        b"AIGC\0\1\0\0\0" + zlib.compress(b"new"),
    ),
    "damaged zTXt": (b"zTXt", b"AIGC\0\0nothing", b"AIGC\0\0" + zlib.compress(b"new")),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("place", [chunk_after_header, before_end])
def test_a_text_is_replaced_where_it_is(name, place):
    kind, old, new = TEXTS[name]
    data = place(picture(parameters="a"), kind, old)
    made = written(PNG, data, {"png:AIGC": ("new",)})
    assert chunks(made) == [(kind, new) if each == (kind, old) else each for each in chunks(data)]
    gone = written(PNG, made, {"png:AIGC": ()})
    assert chunks(gone) == [each for each in chunks(data) if each != (kind, old)]


def test_a_text_that_does_not_fit_its_chunk_gets_another():
    data = chunk_after_header(picture(), b"tEXt", b"AIGC\0old")
    assert chunks(written(PNG, data, {"png:AIGC": ("é",)}))[1][0] == b"iTXt"


def test_texts_of_one_name():
    data = chunk_after_header(before_end(picture(), b"tEXt", b"k\0old"), b"zTXt", b"k\0\0bad")
    made = written(PNG, data, {"png:k": ("one", "two", "three"), "png:l": ("x",)})
    assert said(PNG, made)["png:k"] == ("one", "two", "three")
    assert said(PNG, written(PNG, made, {"png:k": ()})) == {"png:l": ("x",)}


@pytest.mark.parametrize(
    "name",
    [
        "",
        " a",
        "a ",
        "a  b",
        "x" * 80,
        "画",
        "a\nb",
        KEYWORD.decode()[:-1],
        "Raw profile type xmp",
    ],
)
def test_names_that_png_has_no_place_for(name):
    with pytest.raises(LabelError):
        written_once(PNG, picture(), {f"png:{name}": ("x",)})


# ---------------------------------------------------------------------------- the whole file


def test_the_file_can_be_signed():
    made = check_signature(written(PNG, sample("hills.png"), MARKS), "image/png")
    assert MARKS.items() <= said(PNG, made).items()
    store = [each for each in chunks(made) if each[0] == b"caBX"]
    again = written(PNG, made, LABEL | without(MARKS))
    assert [each for each in chunks(again) if each[0] == b"caBX"] == store
    check_signature(again, "image/png")


def test_what_follows_the_end_stays():
    assert written(PNG, picture() + b"tail", MARKS).endswith(b"IEND\xaeB`\x82tail")


DAMAGED = {
    "no header": (b"\x89PNG\r\n\x1a\n", MalformedAssetError, "sound header"),
    "no end": (picture()[:-12], MalformedAssetError, "cut short"),
    "half": (picture()[:500], MalformedAssetError, "cut short"),
    "many chunks": (
        picture()[:33] + b"\0\0\0\0aaaa\0\0\0\0" * (MAX_CHUNKS + 9),
        LimitExceededError,
        "more than",
    ),
    "no text": (with_text(b"iTXt", KEYWORD + b"\0"), MalformedAssetError, "breaks off"),
    "damaged": (with_text(b"iTXt", KEYWORD + b"\1\0\0\0bad"), MalformedAssetError, "damaged"),
    "half compressed": (
        with_text(b"zTXt", KEYWORD + b"\0" + zlib.compress(b"<a/>")[:-4]),
        MalformedAssetError,
        "breaks off",
    ),
    "bomb": (
        with_text(b"zTXt", KEYWORD + b"\0" + zlib.compress(bytes(5 << 20))),
        LimitExceededError,
        "too long",
    ),
    "long": (with_text(b"tEXt", KEYWORD + bytes(5 << 20)), LimitExceededError, "too large"),
    "several bombs": (
        several(9, b"zTXt", KEYWORD + b"\0" + zlib.compress(bytes(3 << 20))),
        LimitExceededError,
        "too large",
    ),
    "no XML": (with_text(b"iTXt", KEYWORD + b"\0\0\0\0<a>"), MalformedAssetError, "XML"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused(name):
    data, error, words = DAMAGED[name]
    with pytest.raises(error, match=words):
        written_once(PNG, data, MARKS)


def test_what_else_says_it_is_not_overruled():
    """ImageMagick wrote XMP as digits, in a text of its own."""
    packet = updated_packet(None, {"TC260:AIGC": ("old",)})
    text = b"\nxmp\n%8d\n%s\n" % (len(packet), packet.hex().encode())
    data = chunk_after_header(picture(), b"tEXt", b"Raw profile type xmp\0" + text)
    assert said(PNG, data) == {"xmp:TC260:AIGC": ("old",)}
    with pytest.raises(LabelError, match="read back"):
        written_once(PNG, data, MARKS)


def test_any_damage_is_refused_or_harmless():
    body = packet_chunk(updated_packet(None, OTHERS), compressed=True)
    data = chunk_after_header(picture(AIGC="old"), b"iTXt", body)
    for broken in mutations(data, random.Random(4), 400):
        try:
            made = written_once(PNG, broken, MARKS | LABEL)
        except (AssetError, LabelError):
            continue
        assert said(PNG, made).items() >= (MARKS | LABEL).items()


@pytest.mark.slow
def test_other_peoples_files(interop):
    done = 0
    for path in sorted(interop.rglob("*.png")):
        data = path.read_bytes()
        try:
            shown = pixels(data)
            made = written(PNG, data, MARKS)
        except (AssetError, LabelError, OSError, ValueError, SyntaxError, UserWarning):
            continue  # damaged
        done += 1
        assert pixels(made) == shown, path
        assert said(PNG, made) == said(PNG, data) | MARKS
    assert done > 15
