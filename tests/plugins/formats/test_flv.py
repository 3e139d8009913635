"""FLV: known, whole or cut, and what it says of itself, read and written."""

import io
import random
import struct
import subprocess

import pytest
from credlabel_plugins.formats._xmp_writing import updated_packet
from credlabel_plugins.formats.flv import Flv
from making import mutations
from marked import AIGC, exiftool, said, without, written, written_once
from sounding import amf, amf_array, amf_name, flv, flv_sound, flv_tag, flv_tags

from credlabel.errors import AssetError, CapacityError, LabelError, MalformedAssetError

FLV = Flv()
FIELDS = {"flv:AIGC": (AIGC,), "flv:DigitalSourceType": ("http://x/山",)}
OLD = {"duration": 0.5, "encoder": "hand", "stereo": False, "parts": [1, "x", {"y": 2}]}
INDEXED = {**OLD, "keyframes": {}, "filesize": 0, "lastkeyframelocation": 0, "comment": "last"}


def sound_of(data):
    return [body for kind, _, body in flv_tags(data) if kind == 8]


def places(data):
    """Where the index says that the key frames are."""
    at = data.index(amf_name("filepositions")) + len(amf_name("filepositions"))
    count = int.from_bytes(data[at + 1 : at + 5], "big")
    return [struct.unpack_from(">xd", data, at + 5 + 9 * n)[0] for n in range(count)]


def number(data, name):
    at = data.index(amf_name(name)) + len(amf_name(name))
    return struct.unpack_from(">xd", data, at)[0]


# ---------------------------------------------------------------------------- recognising


def test_the_header_says_what_it_is():
    data = flv(dict(OLD))
    assert FLV.accepts(data[:4096]) == "video/x-flv"
    for bad in (b"", b"FLV", data[:8], b"FLV\2" + data[4:], data[:4] + b"\xff" + data[5:]):
        assert FLV.accepts(bad) is None
    assert FLV.accepts(data[:5] + bytes(4) + data[9:]) is None


# ---------------------------------------------------------------------------- whole or cut


def test_cut_films_are_refused(kit):
    kit.check_cuts(FLV, flv(dict(INDEXED)))


def test_a_file_that_says_its_size_is_held_to_it(kit):
    data = flv(dict(INDEXED))
    tag = len(flv_sound(0))
    assert not kit.is_whole(FLV, data[:-tag])
    assert kit.is_whole(FLV, flv(dict(OLD))[:-tag])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"FLV\1", "header"),
        (b"FLV\1\5\0\0\0\x09\0\0\0\0", "content is missing"),
        (flv() + bytes(14), "within a tag"),
    ],
)
def test_what_is_wrong_is_said(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        FLV.check_whole(io.BytesIO(data))


# ---------------------------------------------------------------------------- reading


@pytest.mark.parametrize("array", [True, False])
def test_texts_of_the_metadata_are_read(array):
    data = flv({**OLD, "AIGC": AIGC}, array=array)
    assert said(FLV, data) == {"flv:encoder": ("hand",), "flv:AIGC": (AIGC,)}


def test_other_scripts_and_further_metadata_say_nothing():
    more = flv_tag(18, amf("onCuePoint") + amf({"a": "b"}))
    more += flv_tag(18, amf("onMetaData") + amf({"encoder": "other"}))
    assert said(FLV, flv(dict(OLD), more=more)) == {"flv:encoder": ("hand",)}


def test_too_deep_and_too_much_are_left_out():
    deep = amf("x")
    for _ in range(40):
        deep = b"\3" + amf_name("a") + deep + b"\0\0\x09"
    assert said(FLV, flv(more=flv_tag(18, amf("onMetaData") + deep))) == {}
    wide = amf("onMetaData") + b"\3\0\1a\x0a\xff\xff\xff\xff" + b"\5" * 250_000
    assert said(FLV, flv(more=flv_tag(18, wide))) == {}


# ---------------------------------------------------------------------------- writing

FILES = {
    "array": flv(dict(OLD)),
    "object": flv(dict(OLD), array=False),
    "empty": flv({}),
    "nine": flv({str(n): n for n in range(9)}),  # the count looks like an end
    "none": flv(),
    "indexed": flv(dict(INDEXED)),
    "repeated": flv({**OLD, "AIGC": "x"}, more=flv_tag(18, amf("onMetaData") + amf_array(OLD))),
    "number": flv({"AIGC": 7, **OLD}),
}


@pytest.mark.parametrize("name", FILES)
def test_properties_are_written_and_nothing_else_changes(name):
    data = FILES[name]
    before = said(FLV, data)
    made = data
    for changes in (FIELDS, FIELDS | {"flv:AIGC": ("x" * 60_000,)}, {"flv:AIGC": ("s",)}, FIELDS):
        made = written(FLV, made, changes)
        assert said(FLV, made) == before | FIELDS | changes
        FLV.check_whole(io.BytesIO(made))
        assert sound_of(made) == sound_of(data)
    made = written(FLV, made, without(FIELDS))
    assert said(FLV, made) == {name: text for name, text in before.items() if name not in FIELDS}
    if name not in {"none", "repeated", "number"}:
        assert made == data


def test_the_index_of_key_frames_moves_along():
    made = written(FLV, FILES["indexed"], FIELDS)
    starts = [start for kind, start, _ in flv_tags(made) if kind == 8]
    assert places(made) == starts
    assert number(made, "lastkeyframelocation") == starts[-1]
    assert number(made, "filesize") == len(made)
    assert number(made, "duration") == 0.5


def test_a_size_that_was_wrong_stays():
    made = written(FLV, flv({"filesize": 3, "lastkeyframelocation": float("nan")}), FIELDS)
    assert number(made, "filesize") == 3


def test_an_array_says_how_many_it_has():
    made = written(FLV, FILES["nine"], FIELDS)
    assert made[37:42] == b"\x08\0\0\0\x0b"
    assert written(FLV, made, {"flv:AIGC": ()})[37:42] == b"\x08\0\0\0\x0a"


def test_a_long_text_comes_last_as_some_players_read_no_further():
    data = flv({"AIGC": "x", "encoder": "hand"})
    made = written(FLV, data, {"flv:AIGC": ("y" * 1023,)})
    assert made.index(b"yyy") < made.index(b"encoder")
    made = written(FLV, data, {"flv:AIGC": ("y" * 1024,)})
    assert made.index(b"yyy") > made.index(b"encoder")


PACKET = updated_packet(None, {"xmp:CreatorTool": ("Painter",)})
XMP_TAG = flv_tag(18, amf("onXMPData") + amf_array({"liveXML": PACKET.decode()}))


@pytest.mark.parametrize("where", ["before", "more"])
def test_a_packet_is_read_and_kept(where):
    data = flv(dict(INDEXED), **{where: XMP_TAG})
    assert said(FLV, data)["xmp:xmp:CreatorTool"] == ("Painter",)
    made = written(FLV, data, FIELDS)
    assert said(FLV, made) == said(FLV, data) | FIELDS
    assert XMP_TAG in made
    assert places(made) == [start for kind, start, _ in flv_tags(made) if kind == 8]


def test_a_packet_is_not_added_as_players_take_it_for_a_stream():
    assert FLV.writable_places("video/x-flv") == {"flv"}
    with pytest.raises(LabelError):
        written_once(FLV, FILES["array"], {"xmp:xmp:CreatorTool": ("Painter",)})


def test_a_written_film_has_the_same_streams(tmp_path):
    path = tmp_path / "a.flv"
    streams = []
    for data in (FILES["array"], written(FLV, FILES["array"], FIELDS)):
        path.write_bytes(data)
        command = ["ffprobe", "-v", "error", "-show_entries", "stream=index,codec_type", path]
        streams.append(subprocess.run(command, capture_output=True, check=True).stdout)
    assert streams[0] == streams[1]
    assert b"audio" in streams[0]


# ---------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"flv:A": ("x", "y")}, CapacityError),
        ({"flv:A": ("x" * 65_536,)}, CapacityError),
        ({"vorbis:A": ("x",)}, LabelError),
        ({"flv:A": ("\n",)}, LabelError),
    ],
)
def test_what_can_not_be_written_is_refused(changes, error):
    with pytest.raises(error):
        written_once(FLV, FILES["array"], changes)


def test_damaged_metadata_does_not_make_a_film_less_whole(kit):
    assert kit.is_whole(FLV, flv(more=flv_tag(18, amf("onMetaData") + b"\x63")))


@pytest.mark.parametrize(
    "tag",
    [
        flv_tag(18, amf("onMetaData") + amf_array(OLD)[:-3]),
        flv_tag(18, amf("onMetaData") + b"\x63"),
        flv_tag(18, amf("onMetaData")),
        flv_tag(18 | 0x20, amf("onMetaData") + amf(OLD)),
    ],
)
def test_damaged_metadata_is_refused(tag):
    with pytest.raises(MalformedAssetError):
        written_once(FLV, flv(more=tag), FIELDS)


def test_damaged_files_are_refused_or_read_back():
    chance = random.Random(7)
    for name in ("indexed", "object", "repeated"):
        data = written(FLV, FILES[name], FIELDS)
        for bad in mutations(data[:1500], chance, 200):
            FLV.accepts(bad[:4096])
            made = bad + data[1500:]
            before = said(FLV, made)
            try:
                made = written_once(FLV, made, {"flv:AIGC": ("new" * 90,)})
            except (AssetError, LabelError):
                continue
            kept = {name: t for name, t in said(FLV, made).items() if name != "flv:AIGC"}
            before.pop("flv:AIGC", None)
            assert kept == before


# ---------------------------------------------------------------------------- what others see


def test_exiftool_reads_the_same(tmp_path):
    data = FILES["array"]
    old, new = (exiftool(each, ".flv", tmp_path) for each in (data, written(FLV, data, FIELDS)))
    assert new.pop("Flash:AIGC") == AIGC
    assert new.pop("Flash:DigitalSourceType") == FIELDS["flv:DigitalSourceType"][0]
    assert new == old
