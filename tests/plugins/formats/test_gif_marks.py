"""Marks are written into GIFs, and the rest of the file stays as it is."""

import io
import random

import pytest
from credlabel_plugins.formats._xmp_writing import updated_packet
from credlabel_plugins.formats.gif import Gif
from making import mutations, sample
from marked import (
    AIGC,
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

from credlabel.errors import AssetError, LabelError, MalformedAssetError

GIF = Gif()
HEAD = b"!\xff\x0bXMP DataXMP"
TAIL = b"\1" + bytes(range(255, -1, -1)) + b"\0"
OTHERS = {"dc:source": ("theirs",)}


def picture(*, frames=1, **options):
    out = io.BytesIO()
    first, *rest = (Image.effect_noise((40, 30), 60).quantize(32) for _ in range(frames))
    more = {"save_all": True, "append_images": rest, "duration": 80, "loop": 2} if rest else {}
    first.save(out, "GIF", **more, **options)
    return out.getvalue()


def extension(packet):
    return HEAD + packet + TAIL


def before_end(gif, added):
    return gif[:-1] + added + gif[-1:]


@pytest.mark.parametrize("frames", [1, 4])
def test_a_packet_goes_before_the_pictures(tmp_path, frames):
    data = picture(frames=frames, comment=b"a comment")
    assert data[:6] == b"GIF89a"
    made = written(GIF, data, MARKS)
    assert said(GIF, made) == said(GIF, data) | MARKS
    at = made.index(HEAD)
    end = made.index(TAIL, at) + len(TAIL)
    assert made[:at] + made[end:] == data
    assert pixels(made) == pixels(data)
    if frames > 1:  # programs look for the repetitions first
        assert made.index(b"NETSCAPE2.0") < made.index(HEAD) < made.index(b"!\xf9\x04")
    check_exiftool_agrees(data, made, ".gif", tmp_path)


def test_the_first_version_becomes_the_one_that_has_extensions():
    data = b"GIF87a" + picture()[6:]
    made = written(GIF, data, MARKS)
    assert made[:6] == b"GIF89a"
    assert pixels(made) == pixels(data)
    assert written_once(GIF, data, without(MARKS)) == data


@pytest.mark.parametrize("padding", [0, 3000])
def test_a_packet_is_updated_where_it_is(tmp_path, padding):
    added = extension(updated_packet(None, OTHERS, padding=padding))
    data = before_end(picture(frames=3), added)
    made = written(GIF, data, MARKS)
    assert said(GIF, made) == said(GIF, data) | MARKS
    assert made.startswith(data[: -1 - len(added)])
    assert pixels(made) == pixels(data)
    assert (len(made) == len(data)) == bool(padding)
    check_exiftool_agrees(data, made, ".gif", tmp_path)
    assert said(GIF, written(GIF, made, without(MARKS))) == said(GIF, data)


def test_several_packets_say_it_once():
    old = extension(updated_packet(None, OTHERS | {"TC260:AIGC": ("old",)}))
    made = written(GIF, before_end(picture(), old * 2), {"xmp:TC260:AIGC": (AIGC,)})
    assert made.count(b"<TC260:AIGC>") == 1


def test_the_file_can_be_signed():
    made = check_signature(written(GIF, sample("hills.gif"), MARKS), "image/gif")
    assert MARKS.items() <= said(GIF, made).items()
    again = written(GIF, made, {"xmp:photoshop:Credit": ("Other",)})
    assert again.count(b"C2PA_GIF") == made.count(b"C2PA_GIF") == 1
    check_signature(again, "image/gif")


def test_what_follows_the_end_stays():
    assert written(GIF, picture() + b"tail", MARKS).endswith(b"\0;tail")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (picture()[:9], "within its header"),
        (picture()[:-1], "cut short"),
        (picture()[:10] + b"\0\0\0;", "no picture"),
        (before_end(picture(), b"\x77"), "no block begins"),
        (before_end(picture(), HEAD + b"\4<a/>\0"), "end as it has to"),
        (before_end(picture(), extension(b"<a>")), "XML"),
    ],
    ids=["header", "no end", "no picture", "no block", "no trailer", "no XML"],
)
def test_damaged_files_are_refused(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        written_once(GIF, data, MARKS)


def test_a_packet_of_wide_letters_is_left_alone():
    """It can stand there if all jumps lead over its zeros, which no longer packet would do."""
    packet = "\uff20<rdf:RDF/>".ljust(128).encode("utf-16-be")
    data = before_end(picture(), extension(packet))
    GIF.check_whole(io.BytesIO(data))
    with pytest.raises(MalformedAssetError, match="not in UTF-8"):
        written_once(GIF, data, MARKS)


@pytest.mark.parametrize("name", ["gif:comment", "png:AIGC"])
def test_other_places_are_refused(name):
    with pytest.raises(LabelError, match="no place"):
        written_once(GIF, picture(), {name: ("x",)})


def test_any_damage_is_refused_or_harmless():
    data = before_end(picture(), extension(updated_packet(None, OTHERS)))
    for broken in mutations(data, random.Random(6), 400):
        try:
            made = written_once(GIF, broken, MARKS)
        except (AssetError, LabelError):
            continue
        assert said(GIF, made).items() >= MARKS.items()


@pytest.mark.slow
def test_other_peoples_files(interop):
    done = 0
    for path in sorted(interop.rglob("*.gif")):
        data = path.read_bytes()
        made = written(GIF, data, MARKS)
        assert pixels(made) == pixels(data), path
        assert said(GIF, made) == said(GIF, data) | MARKS
        done += 1
    assert done
