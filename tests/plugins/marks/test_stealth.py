"""Texts hidden in pixels: found in every form, cheaply ruled out, and never a way to harm."""

import gzip
import io
import json
import struct
import time
import zlib

import pytest
from credlabel_plugins.marks import _stealth
from credlabel_plugins.marks.generators import Generators
from PIL import Image

TEXT = "a duck\nNegative prompt: x\nSteps: 1, Sampler: s, Seed: 7, Version: v1.9.4"


def encoded(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("signature", "mode", "channels", "packed"),
    [
        (b"stealth_pnginfo", "RGBA", "A", False),
        (b"stealth_pngcomp", "RGBA", "A", True),
        (b"stealth_rgbinfo", "RGB", "RGB", False),
        (b"stealth_rgbcomp", "RGB", "RGB", True),
        (b"stealth_rgbcomp", "RGBA", "RGB", True),
    ],
)
def test_every_form_is_read(one, hidden, signature, mode, channels, packed):
    payload = gzip.compress(TEXT.encode()) if packed else TEXT.encode()
    picture = hidden(signature, payload, mode=mode, channels=channels)
    evidence = one(Generators(), {}, data=encoded(picture))
    assert evidence.details["places"] == ["pixels:parameters"]
    assert evidence.provenance.system == "Stable Diffusion web UI"
    assert evidence.details["settings"]["seed"] == "7"


@pytest.mark.parametrize("size", [(200, 64), (1600, 1), (1200, 5)])
def test_a_low_picture_hides_it_too(one, hidden, size):
    picture = hidden(b"stealth_pnginfo", TEXT.encode(), size=size)
    if size == (1600, 1):
        assert len(TEXT) * 8 + 152 <= 1600
    assert one(Generators(), {}, data=encoded(picture)).details["settings"]["seed"] == "7"


def test_novelais_fields_are_hidden_as_json(one, hidden):
    comment = {"prompt": "a girl", "uc": "x", "steps": 1, "scale": 5, "seed": 7}
    fields = {"Software": "NovelAI", "Comment": json.dumps(comment), "Number": 1}
    picture = hidden(b"stealth_pngcomp", gzip.compress(json.dumps(fields).encode()))
    evidence = one(Generators(), {}, data=encoded(picture))
    assert evidence.provenance.system == "NovelAI"
    assert evidence.provenance.prompts[0].text == "a girl"


@pytest.mark.parametrize("doubt", [True, False])
def test_a_webp_is_decoded_only_in_doubt(hidden, doubt):
    picture = hidden(b"stealth_pnginfo", TEXT.encode())
    data = io.BytesIO(encoded(picture, "WEBP", lossless=True, exact=True))
    found = _stealth.stealth_text(data, "image/webp", is_in_doubt=doubt)
    assert found == (TEXT if doubt else "")


def filtered(picture, kind):
    """Return the picture as a PNG whose rows all have one filter."""
    width, height = picture.size
    channels = len(picture.mode)
    raw = picture.tobytes()
    rows = [raw[at : at + width * channels] for at in range(0, len(raw), width * channels)]
    above = bytes(width * channels)
    out = bytearray()
    for row in rows:
        out.append(kind)
        for at, value in enumerate(row):
            a = row[at - channels] if at >= channels else 0
            b = above[at]
            c = above[at - channels] if at >= channels else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out.append((value - (0, a, b, (a + b) // 2, paeth)[kind]) & 0xFF)
        above = row
    head = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    packed = zlib.compress(bytes(out))
    half = len(packed) // 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", b"a\0b")
        + chunk(b"IDAT", packed[:5])
        + chunk(b"IDAT", packed[5:half])
        + chunk(b"IDAT", packed[half:])
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", range(5))
def test_the_first_column_is_right_whatever_the_filter(one, hidden, kind):
    picture = hidden(b"stealth_pnginfo", TEXT.encode())
    data = filtered(picture, kind)
    assert Image.open(io.BytesIO(data)).tobytes() == picture.tobytes()
    assert one(Generators(), {}, data=data).details["settings"]["seed"] == "7"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA", "1", "I;16"])
def test_ordinary_pictures_are_never_decoded(detect, monkeypatch, mode):
    monkeypatch.setattr(_stealth, "_read", lambda *_: pytest.fail("decoded"))
    noise = Image.effect_noise((64, 64), 80)
    picture = noise.convert("RGB").convert(mode) if mode != "I;16" else Image.new(mode, (64, 64))
    for interlace in (False, True):
        data = encoded(picture, interlace=interlace)
        assert detect(Generators(), {}, data=data) == []
        assert detect(Generators(), {}, data=data[: len(data) // 2]) == []
    assert detect(Generators(), {}, data=encoded(noise, "WEBP"), media_type="image/webp") == []


@pytest.mark.parametrize(
    ("signature", "payload"),
    [
        (b"stealth_pnginfx", TEXT.encode()),
        (b"stealth_rgbinfo", TEXT.encode()),  # says that it is in other channels
        (b"stealth_pngcomp", b"not packed"),
        (b"stealth_pnginfo", b""),
        (b"stealth_pnginfo", b"\xff\xfe{"),
        (b"stealth_pnginfo", b'{"Comment": "{"}'),
    ],
)
def test_what_is_broken_says_nothing(detect, hidden, signature, payload):
    assert detect(Generators(), {}, data=encoded(hidden(signature, payload))) == []


def test_a_bomb_is_unpacked_up_to_a_limit(hidden):
    bomb = gzip.compress(b"x" * 50_000_000)
    picture = hidden(b"stealth_pngcomp", bomb, size=(512, 1000))
    source = io.BytesIO(encoded(picture))
    text = _stealth.stealth_text(source, "image/png", is_in_doubt=True)
    assert len(text) == _stealth.MAX_TEXT_BYTES


def test_a_length_beyond_the_picture_is_no_harm(hidden):
    picture = hidden(b"stealth_pnginfo" + b"\xff\xff\xff\xff", TEXT.encode())
    source = io.BytesIO(encoded(picture))
    assert _stealth.stealth_text(source, "image/png", is_in_doubt=True) == ""


def test_a_picture_said_to_be_huge_is_not_looked_into(hidden):
    data = bytearray(encoded(hidden(b"stealth_pnginfo", TEXT.encode())))
    data[16:24] = struct.pack(">II", 200_000, 200_000)
    source = io.BytesIO(bytes(data))
    assert _stealth.stealth_text(source, "image/png", is_in_doubt=True) == ""


def test_looking_costs_next_to_nothing():
    source = io.BytesIO(encoded(Image.new("RGBA", (2000, 2000), (1, 2, 3, 255))))
    start = time.perf_counter()
    for _ in range(100):
        assert _stealth.stealth_text(source, "image/png", is_in_doubt=True) == ""
    assert (time.perf_counter() - start) / 100 < 0.005
