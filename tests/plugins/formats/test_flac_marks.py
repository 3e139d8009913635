"""Marks written into the comments of FLAC files."""

import io
import random

import pytest
from credlabel_plugins.formats import _flac_writing
from credlabel_plugins.formats.flac import Flac
from making import mutations, sample
from marked import AIGC, check_signature, exiftool, said, without, written, written_once
from sounding import vorbis_comments

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
)

FLAC = Flac()
MARKS = {
    "vorbis:AIGC": (AIGC,),
    "vorbis:DIGITALSOURCETYPE": ("http://x/山 <&>\n'",),
    "vorbis:MANY": ("eins", "zwei"),
}
SEEK_TABLE = (3, bytes(range(18)) * 4)
OLD = (4, vorbis_comments(b"Title=Hills", b"nothing", b"ARTIST=one", b"artist=two"))
OTHER = (99, b"what nobody knows")


def with_blocks(kit, *blocks, before=b""):
    """FLAC sound with these blocks, and no others but the stream information."""
    data = kit.flac()
    made = before + data[:42]
    for number, (kind, body) in enumerate(blocks, 1):
        last = 0x80 if number == len(blocks) else 0
        made += bytes([kind | last]) + len(body).to_bytes(3, "big") + body
    return made + data[50:]


def blocks_of(data, start=0):
    """Every block (type, content), and where the sound begins."""
    assert data[start : start + 4] == b"fLaC"
    at, blocks, is_last = start + 4, [], False
    while not is_last:
        is_last = bool(data[at] & 0x80)
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        blocks.append((data[at] & 0x7F, data[at + 4 : end]))
        at = end
    return blocks, at


def layouts(kit):
    return {
        "no-comments": with_blocks(kit, SEEK_TABLE),
        "comments": with_blocks(kit, SEEK_TABLE, OLD, OTHER),
        "comments-last": with_blocks(kit, SEEK_TABLE, OLD),
        "padding": with_blocks(kit, OLD, SEEK_TABLE, (1, bytes(4000)), OTHER),
        "little-padding": with_blocks(kit, (1, bytes(20)), OLD),
        "behind-a-tag": with_blocks(kit, OLD, before=kit.id3((b"TXXX", b"\3AIGC\0x"))),
        "twice": with_blocks(kit, OLD, (4, vorbis_comments(b"AIGC=x", b"ENCODER=y"))),
        "bare": kit.flac(),
    }


NAMES = [
    *("no-comments", "comments", "comments-last", "padding", "little-padding"),
    *("behind-a-tag", "twice", "bare"),
]


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_written_and_nothing_else_changes(kit, name):
    data = layouts(kit)[name]
    start = data.index(b"fLaC")
    old, sound = blocks_of(data, start)
    before = said(FLAC, data)
    made = data
    for changes in (MARKS, {"vorbis:AIGC": ("s",)}, MARKS | {"vorbis:AIGC": (AIGC * 99,)}, MARKS):
        made = written(FLAC, made, changes)
        assert said(FLAC, made) == before | MARKS | changes
        FLAC.check_whole(io.BytesIO(made))
        blocks, at = blocks_of(made, start)
        assert made[:start] == data[:start]
        assert made[at:] == data[sound:]
        assert blocks[0] == old[0]
        others = [[each for each in found if each[0] not in {1, 4}] for found in (old, blocks)]
        assert others[0] == others[1]
    made = written(FLAC, made, without(MARKS))
    before.pop("vorbis:AIGC", None)
    assert said(FLAC, made) == before


def test_padding_keeps_the_sound_in_its_place(kit):
    data = layouts(kit)["padding"]
    made = written(FLAC, data, MARKS)
    assert len(made) == len(data)
    assert written(FLAC, made, without(MARKS)) == data
    longer = written(FLAC, data, {"vorbis:AIGC": ("x" * 5000,)})
    assert (1, bytes(4000)) in blocks_of(longer)[0]


def test_comments_follow_the_stream_information(kit):
    blocks, _ = blocks_of(written(FLAC, layouts(kit)["no-comments"], MARKS))
    assert [kind for kind, _ in blocks] == [0, 4, 3]


def test_comments_that_are_none_and_the_encoder_stay(kit):
    (comments,) = (
        body
        for kind, body in blocks_of(written(FLAC, layouts(kit)["comments"], MARKS))[0]
        if kind == 4
    )
    start = vorbis_comments(b"Title=Hills", b"nothing", b"ARTIST=one", b"artist=two")
    assert comments.startswith(start[4:11], 4)
    assert start[15:] in comments


def test_a_comment_is_replaced_where_it_was(kit):
    old = (4, vorbis_comments(b"A=b", b"aigc=x", b"C=d", b"AIGC=y"))
    made = written(FLAC, with_blocks(kit, old), {"vorbis:AIGC": ("new",)})
    assert blocks_of(made)[0][1] == (4, vorbis_comments(b"A=b", b"AIGC=new", b"C=d"))


# ---------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"vorbis:a": ("x",)}, LabelError),
        ({"id3:TXXX:AIGC": ("x",)}, LabelError),
        ({"xmp:xmp:CreatorTool": ("x",)}, LabelError),
        ({f"vorbis:A{n}": ("x" * (4 << 20),) for n in range(4)}, CapacityError),
    ],
)
def test_what_can_not_be_written_is_refused(kit, changes, error):
    with pytest.raises(error):
        written_once(FLAC, kit.flac(), changes)


def test_damaged_comments_are_refused(kit, monkeypatch):
    for body in (b"", b"\xff" * 8, OLD[1][:-1]):
        with pytest.raises(MalformedAssetError):
            written_once(FLAC, with_blocks(kit, (4, body)), MARKS)
    with pytest.raises(LimitExceededError):
        written_once(FLAC, with_blocks(kit, (4, bytes(4) + b"\xff" * 4)), MARKS)
    with pytest.raises(LimitExceededError):
        written_once(FLAC, with_blocks(kit, *[OLD] * 5), MARKS)
    with pytest.raises(MalformedAssetError):
        written_once(FLAC, kit.flac()[:30], MARKS)
    monkeypatch.setattr(_flac_writing, "MAX_BLOCKS", 3)
    with pytest.raises(LimitExceededError):
        written_once(FLAC, with_blocks(kit, *[OTHER] * 3), MARKS)


def test_damaged_files_are_refused_or_read_back(kit):
    data = written(FLAC, layouts(kit)["padding"], MARKS)
    for bad in mutations(data[:1200], random.Random(7), 300):
        before = said(FLAC, bad)
        try:
            made = written_once(FLAC, bad, {"vorbis:AIGC": ("new" * 90,)})
        except (AssetError, LabelError):
            continue
        kept = {name: t for name, t in said(FLAC, made).items() if name != "vorbis:AIGC"}
        before.pop("vorbis:AIGC", None)
        assert kept == before


# ---------------------------------------------------------------------------- what others see


def test_exiftool_reads_the_same(kit, tmp_path):
    comments = (4, vorbis_comments(b"Title=Hills", b"ARTIST=one"))
    data = with_blocks(kit, comments, SEEK_TABLE, (1, bytes(4000)))
    old, new = (exiftool(each, ".flac", tmp_path) for each in (data, written(FLAC, data, MARKS)))
    assert new.pop("Vorbis:Aigc") == AIGC
    assert new.pop("Vorbis:Digitalsourcetype") == MARKS["vorbis:DIGITALSOURCETYPE"][0]
    assert new.pop("Vorbis:TagMany", None) or new.pop("Vorbis:Many")
    assert new == old


@pytest.mark.parametrize("name", ["comments", "behind-a-tag", "hills.flac"])
def test_a_signature_over_it_is_valid_and_keeps_the_marks(kit, name):
    data = sample(name) if name == "hills.flac" else layouts(kit)[name]
    signed = check_signature(written(FLAC, data, MARKS), "audio/flac")
    assert said(FLAC, signed).items() >= MARKS.items()


def test_a_credential_that_is_there_stays(kit):
    signed = check_signature(layouts(kit)["comments"], "audio/flac")
    made = written(FLAC, signed, MARKS)
    start = signed.index(b"fLaC")
    assert made[:start] == signed[:start]
