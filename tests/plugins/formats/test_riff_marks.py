"""Marks written into WebP, WAV and AVI."""

import io
import itertools
import random
import struct
import subprocess

import pytest
from credlabel_plugins.formats import _riff_info, _riff_writing
from credlabel_plugins.formats._riff_chunks import walk
from credlabel_plugins.formats.riff import Riff
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
    ReadBackError,
)

RIFF = Riff()
TEXTS = {"riff:AIGC": (AIGC,), "riff:ISFT": ("Painter 3",)}
PICTURES = ["webp", "webp-lossless", "webp-animated"]


def chunks(data):
    """Kind, first four bytes and whole body of every chunk of the outermost level."""
    found = walk(io.BytesIO(data), len(data))
    return [(c.kind, data[c.body : c.body + c.length]) for c in found]


def kinds(data):
    return [body[:4] if kind == b"LIST" else kind for kind, body in chunks(data)]


def places(data):
    """Where each chunk that holds frames, sound or an index begins."""
    payload = (b"hdrl", b"movi", b"idx1", b"fmt ", b"data")
    found = []
    for c in walk(io.BytesIO(data), len(data)):
        kind = data[c.body : c.body + 4] if c.kind == b"LIST" else c.kind
        if kind in payload:
            found.append((kind, c.start, data[c.start : c.end]))
    return found


def streams(data, suffix, folder):
    """What every packet of every stream is and when it is shown, as ffmpeg reads them."""
    path = folder / f"played{suffix}"
    path.write_bytes(data)
    ends = ["-map", "0", "-c", "copy", "-f", "framemd5", "-"]
    command = ["ffmpeg", "-v", "error", "-i", str(path), *ends]
    done = subprocess.run(command, capture_output=True, check=True)
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith(b"#software")]


def film(kit, *middle, after=(), info=None):
    """An AVI whose index says where in the file its frames are."""
    head = kit.chunk(b"LIST", b"hdrl" + kit.chunk(b"avih", bytes(56)))
    lists = b"" if info is None else kit.chunk(b"LIST", b"INFO" + info)
    body = b"AVI " + head + lists + b"".join(middle)
    frames = kit.chunk(b"LIST", b"movi" + kit.chunk(b"00dc", b"frame"))
    index = kit.chunk(b"idx1", struct.pack("<4sIII", b"00dc", 16, 8 + len(body) + 12, 5))
    return kit.chunk(b"RIFF", body + frames + index + b"".join(after))


def inner(kit, **texts):
    return b"".join(kit.chunk(name.encode(), text + b"\0") for name, text in texts.items())


# ---------------------------------------------------------------------------- WebP


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_keep_their_pixels(kit, name):
    data = kit.made(name)
    made = written(RIFF, data, MARKS)
    assert said(RIFF, made) == said(RIFF, data) | MARKS
    assert pixels(made) == pixels(data)
    assert kit.is_whole(RIFF, made)
    assert kinds(made)[-1] == b"XMP "


def test_a_simple_picture_gets_a_header(kit):
    for mode in ("RGB", "RGBA"):
        for options in ({"lossless": True}, {"quality": 60}):
            out = io.BytesIO()
            picture = Image.effect_noise((301, 77), 60).convert(mode)
            if mode == "RGBA":
                picture.putalpha(Image.effect_noise((301, 77), 60))
            picture.save(out, "WEBP", **options)
            made = written(RIFF, out.getvalue(), MARKS)
            (kind, header), *_ = chunks(made)
            assert kind == b"VP8X"
            assert header[0] == (0x14 if mode == "RGBA" else 0x04)
            assert header[4:] == (300).to_bytes(3, "little") + (76).to_bytes(3, "little")
            assert pixels(made) == pixels(out.getvalue())


def test_a_header_keeps_what_it_says_and_xmp_follows_exif(kit):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "words"
    picture = Image.effect_noise((30, 20), 60).convert("RGB")
    picture.save(out, "WEBP", icc_profile=b"profile", exif=exif)
    data = out.getvalue()[:-1]
    strange = data[8:] + b"\0" + kit.chunk(b"odd ", b"abc") + kit.chunk(b"C2PA", b"jumb")
    data = kit.chunk(b"RIFF", strange)
    made = written(RIFF, data, MARKS)
    assert chunks(made)[0][1][0] == chunks(data)[0][1][0] | 0x04 == 0x2C
    assert kinds(made) == [b"VP8X", b"ICCP", b"VP8 ", b"EXIF", b"XMP ", b"odd ", b"C2PA"]
    assert chunks(made)[1:4] + chunks(made)[5:] == chunks(data)[1:]
    assert said(RIFF, made) == said(RIFF, data) | MARKS


def test_a_packet_is_updated_and_all_else_of_it_stays(kit):
    first = written(RIFF, kit.made("webp"), MARKS)
    changes = {"xmp:photoshop:Credit": ("Somebody",), "xmp:TC260:AIGC": ()}
    made = written(RIFF, first, changes)
    expected = MARKS | {"xmp:photoshop:Credit": ("Somebody",)}
    del expected["xmp:TC260:AIGC"]
    assert said(RIFF, made) == expected
    assert pixels(made) == pixels(first)
    assert said(RIFF, written(RIFF, made, without(MARKS))) == {}


def test_a_second_packet_says_nothing_else(kit):
    old = written(RIFF, kit.made("webp"), {"xmp:photoshop:Credit": ("old",)})
    packet = chunks(old)[-1][1]
    both = kit.chunk(b"RIFF", old[8:] + kit.chunk(b"XMP ", packet.replace(b"old", b"new")))
    assert said(RIFF, both) == {"xmp:photoshop:Credit": ("old", "new")}
    made = written(RIFF, both, {"xmp:photoshop:Credit": ("newest",)})
    assert said(RIFF, made) == {"xmp:photoshop:Credit": ("newest",)}


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"VP8 " + struct.pack("<I", 10) + bytes(10), "begins with no picture"),
        (b"VP8L" + struct.pack("<I", 4) + b"\x2f\0\0\0", "begins with no picture"),
        (b"VP8X" + struct.pack("<I", 4) + bytes(4), "begins with no picture"),
        (b"VP8 " + struct.pack("<I", 10) + b"\0\0\0\x9d\x01\x2a" + bytes(4), "no size"),
    ],
)
def test_pictures_that_are_none_are_refused(first, words):
    data = b"RIFF" + struct.pack("<I", 4 + len(first)) + b"WEBP" + first
    with pytest.raises(MalformedAssetError, match=words):
        written_once(RIFF, data, MARKS)


def test_pictures_have_no_texts(kit):
    assert RIFF.writable_places("image/webp") == {"xmp"}
    with pytest.raises(LabelError, match="no place"):
        written_once(RIFF, kit.made("webp"), TEXTS)


# ---------------------------------------------------------------------------- WAV


def test_sound_gets_a_chunk_of_its_own_for_the_label(kit, tmp_path):
    data = sample("hills.wav")
    made = written(RIFF, data, MARKS | TEXTS)
    assert said(RIFF, made) == said(RIFF, data) | MARKS | TEXTS
    assert places(made) == places(data)
    assert kinds(made) == [b"fmt ", b"data", b"AIGC", b"INFO", b"_PMX"]
    assert (b"AIGC", AIGC.encode()) in chunks(made)
    assert streams(made, ".wav", tmp_path) == streams(data, ".wav", tmp_path)
    assert said(RIFF, written(RIFF, made, without(MARKS | TEXTS))) == said(RIFF, data)


def test_a_list_of_texts_keeps_the_others_in_order(kit):
    texts = inner(kit, INAM=b"Hills", ISFT=b"other", AIGC=b"old", ICMT=b"Note")
    data = kit.made("wav")
    data = kit.chunk(b"RIFF", data[8:12] + kit.chunk(b"LIST", b"INFO" + texts) + data[12:])
    made = written(RIFF, data, TEXTS)
    assert said(RIFF, made) == {
        "riff:INAM": ("Hills",),
        "riff:ISFT": ("Painter 3",),
        "riff:ICMT": ("Note",),
        "riff:AIGC": (AIGC,),
    }
    assert chunks(made)[0][1] == b"INFO" + inner(
        kit, INAM=b"Hills", ISFT=b"Painter 3", ICMT=b"Note"
    )
    emptied = written(RIFF, made, dict.fromkeys(said(RIFF, made), ()))
    assert kinds(emptied) == [b"fmt ", b"data"]


def test_the_last_chunk_may_lack_its_padding(kit):
    data = kit.chunk(b"RIFF", b"WAVE" + kit.chunk(b"fmt ", bytes(16)) + b"data\3\0\0\0abc")
    for source in (data[:-1], data, data[:-1] + b"\1rubbish"):  # chunk() adds a byte of padding
        made = written(RIFF, source, TEXTS)
        assert chunks(made)[:2] == chunks(source)
        assert said(RIFF, made) == TEXTS
        assert made.endswith(b"rubbish") == source.endswith(b"rubbish")
    ends = kit.chunk(b"AIGC", b"old")[:-1]
    source = b"WAVE" + kit.chunk(b"fmt ", bytes(16)) + kit.chunk(b"data", bytes(2)) + ends
    made = written(RIFF, kit.chunk(b"RIFF", source), TEXTS)
    assert said(RIFF, made) == TEXTS
    assert kinds(made) == [b"fmt ", b"data", b"AIGC", b"INFO"]


def test_a_broken_list_is_left_alone_unless_it_says_what_changes(kit):
    broken = inner(kit, INAM=b"Hills") + b"ISFT\xff\xff\0\0x"
    data = kit.made("wav")
    data = kit.chunk(b"RIFF", data[8:] + kit.chunk(b"LIST", b"INFO" + broken))
    made = written(RIFF, data, {"riff:ICMT": ("Note",)})
    assert chunks(made)[: len(chunks(data))] == chunks(data)
    assert kinds(made)[-1] == b"INFO"
    with pytest.raises(MalformedAssetError, match="breaks off"):
        written_once(RIFF, data, {"riff:ISFT": ("y",)})


def test_a_packet_under_another_name_loses_what_changes(kit):
    packet = chunks(written(RIFF, kit.made("webp"), MARKS))[-1][1]
    data = kit.chunk(b"RIFF", kit.made("wav")[8:] + kit.chunk(b"XMP ", packet))
    made = written(RIFF, data, {"xmp:photoshop:Credit": ("Somebody",)})
    assert said(RIFF, made) == MARKS | {"xmp:photoshop:Credit": ("Somebody",)}
    assert kinds(made)[-2:] == [b"XMP ", b"_PMX"]


def test_names_that_riff_has_no_letters_for(kit):
    for name in ("riff:TOOLONG", "riff:é"):
        with pytest.raises(LabelError, match="four letters"):
            written_once(RIFF, kit.made("wav"), {name: ("x",)})
    with pytest.raises(MalformedAssetError, match="content is missing"):
        written_once(RIFF, kit.chunk(b"RIFF", b"WAVE"), TEXTS)
    with pytest.raises(ReadBackError):
        written_once(RIFF, kit.made("wav"), {"riff:ISFT": (" blanks ",)})


def test_lengths_beyond_the_format_are_refused(kit, monkeypatch):
    monkeypatch.setattr(_riff_writing, "_MAX_LENGTH", len(kit.made("wav")))
    with pytest.raises(CapacityError, match="4 GB"):
        written_once(RIFF, kit.made("wav"), MARKS)


def test_long_packets_and_lists_are_not_taken_into_memory(kit, monkeypatch):
    data = written(RIFF, kit.made("wav"), MARKS | TEXTS)
    with monkeypatch.context() as patch:
        patch.setattr(_riff_writing, "MAX_METADATA_CHUNKS", 1)
        with pytest.raises(LimitExceededError, match="too many"):
            written_once(RIFF, data, {"riff:ISFT": ("x",)})
    monkeypatch.setattr(_riff_writing, "MAX_CHUNK_BYTES", 20)
    for changes in ({"riff:ISFT": ("x",)}, {"xmp:photoshop:Credit": ("x",)}):
        with pytest.raises(LimitExceededError):
            written_once(RIFF, data, changes)


# ---------------------------------------------------------------------------- AVI


def test_a_film_takes_free_space_and_nothing_moves(tmp_path):
    data = sample("hills.avi")
    made = written(RIFF, data, MARKS | TEXTS)
    assert said(RIFF, made) == said(RIFF, data) | MARKS | TEXTS
    assert places(made) == places(data)
    assert kinds(made) == [b"hdrl", b"INFO", b"JUNK", b"movi", b"idx1", b"_PMX"]
    assert streams(made, ".avi", tmp_path) == streams(data, ".avi", tmp_path)
    assert said(RIFF, written(RIFF, made, without(MARKS | TEXTS))) == said(RIFF, data)


NEEDED = 12 + 8 + len(AIGC) + 1 + 8 + len("Painter 3") + 1


@pytest.mark.parametrize("more", [-1000, *range(-20, 20, 2), 1000])
def test_free_space_is_filled_to_the_last_byte(kit, more):
    space = max(0, NEEDED - 8 + more)
    junk = kit.chunk(b"JUNK", bytes(space))
    for info in (None, inner(kit, INAM=b"Hills")):
        data = film(kit, junk, info=info)
        made = written(RIFF, data, TEXTS)
        assert places(made) == places(data)
        assert said(RIFF, made) == said(RIFF, data) | TEXTS
        is_before = kinds(made).index(b"INFO") < kinds(made).index(b"movi")
        assert is_before == (info is not None or more >= 0)
        assert said(RIFF, written(RIFF, made, without(TEXTS))) == said(RIFF, data)


def test_what_is_removed_leaves_its_room_to_what_comes(kit):
    data = film(kit, info=inner(kit, INAM=b"Hills", ISFT=b"x" * 300, ICMT=b"Note"))
    for names in itertools.permutations(("riff:INAM", "riff:ISFT", "riff:ICMT")):
        made = data
        for name in names:
            made = written(RIFF, made, {name: ()})
        assert set(kinds(made)) == {b"hdrl", b"JUNK", b"movi", b"idx1"}
        made = written(RIFF, made, TEXTS)
        assert len(made) == len(data)
        assert places(made) == places(data)
        assert said(RIFF, made) == TEXTS


def test_without_room_a_film_grows_at_its_end(kit):
    old = inner(kit, INAM=b"Hills", AIGC=b"old")
    for middle in ((), (kit.chunk(b"JUNK", b"notes of the camera" + bytes(900)),)):
        data = film(kit, *middle, info=old)
        made = written(RIFF, data, MARKS | TEXTS)
        assert places(made) == places(data)
        assert said(RIFF, made) == {"riff:INAM": ("Hills",)} | MARKS | TEXTS
        assert all(chunk in chunks(made) for chunk in chunks(data) if chunk[0] == b"JUNK"[:4])
        assert kinds(made)[-2:] == [b"INFO", b"_PMX"]
        assert b"old" not in made


def test_labels_and_packets_before_the_frames_give_way(kit):
    packet = chunks(written(RIFF, kit.made("webp"), MARKS))[-1][1]
    for extra in (0, 200):
        front = kit.chunk(b"_PMX", packet), kit.chunk(b"JUNK", bytes(extra))
        data = film(kit, kit.chunk(b"AIGC", b"old label"), kit.chunk(b"JUNK", bytes(400)), *front)
        changes = {"xmp:photoshop:Credit": ("Somebody" * 12,)} | TEXTS
        made = written(RIFF, data, changes)
        assert places(made) == places(data)
        assert said(RIFF, made)["riff:AIGC"] == (AIGC,)
        is_before = kinds(made).index(b"_PMX") < kinds(made).index(b"movi")
        assert is_before == bool(extra)
        assert said(RIFF, made)["xmp:TC260:AIGC"] == (AIGC,)


def test_further_parts_of_a_long_film_do_not_move(kit):
    more = kit.chunk(b"RIFF", b"AVIX" + kit.chunk(b"LIST", b"movi" + bytes(400)))
    data = film(kit) + more + b"appended"
    made = written(RIFF, data, MARKS | TEXTS)
    assert places(made) == places(data)
    assert said(RIFF, made) == MARKS | TEXTS
    assert made.endswith(b"appended")
    assert kinds(made) == [b"hdrl", b"movi", b"idx1", b"movi", b"INFO", b"_PMX"]


# ---------------------------------------------------------------------------- everything


def test_exiftool_reads_the_marks(tmp_path, kit):
    plain = written(RIFF, sample("hills.webp"), {"xmp:dc:format": ("image/webp",)})
    for name, data in (
        ("hills.webp", plain),
        ("hills.wav", sample("hills.wav")),
        ("hills.avi", sample("hills.avi")),
    ):
        made = written(RIFF, data, MARKS)
        check_exiftool_agrees(data, made, name[5:], tmp_path)
    made = written(RIFF, sample("hills.avi"), TEXTS)
    assert exiftool(made, ".avi", tmp_path)["RIFF:Software"] == "Painter 3"


@pytest.mark.parametrize("name", ["hills.webp", "hills.wav", "hills.avi"])
def test_marked_content_is_signed(name, tmp_path):
    kind = RIFF.accepts(sample(name)[:16])
    changes = MARKS if kind == "image/webp" else MARKS | TEXTS
    made = written(RIFF, sample(name), changes)
    signed = check_signature(made, kind)
    assert said(RIFF, signed) == said(RIFF, made)
    again = written(RIFF, signed, {"xmp:photoshop:Credit": ("Somebody",)})
    assert [body for kind, body in chunks(again) if kind == b"C2PA"] == [
        body for kind, body in chunks(signed) if kind == b"C2PA"
    ]


def test_damage_is_refused_or_done_no_harm(kit):
    rng = random.Random(7)
    refused = 0
    for name in ("webp", "webp-animated", "wav", "avi"):
        changes = MARKS if name.startswith("webp") else MARKS | TEXTS
        marked = written(RIFF, kit.made(name), dict.fromkeys(changes, ("x",)))
        for data in mutations(marked, rng, 60):
            if data[8:12] != marked[8:12]:
                continue
            try:
                made = written(RIFF, data, changes)
            except (AssetError, LabelError):
                refused += 1
            else:
                assert {name: said(RIFF, made)[name] for name in changes} == changes
    assert refused > 40


def test_lists_are_parsed_in_their_bounds(kit):
    info = _riff_info.parsed(b"INAM\4\0\0\0abcd" + b"ISFT\3\0\0\0abc")
    assert [name for name, _ in info.pieces] == ["INAM", "ISFT"]
    assert info.rest == b""
    assert info.pieces[1][1] == b"ISFT\3\0\0\0abc\0"


@pytest.mark.interop
def test_other_peoples_files(interop, tmp_path):
    seen = 0
    for path in sorted((interop / "files").rglob("*.webp")):
        data = path.read_bytes()
        made = written(RIFF, data, MARKS)
        assert said(RIFF, made) == said(RIFF, data) | MARKS
        assert pixels(made) == pixels(data)
        seen += 1
    assert seen > 5
