"""Ogg: known, whole or cut, and what it says of itself, read and written."""

import io
import random

import pytest
from credlabel_plugins.formats import _ogg_streams
from credlabel_plugins.formats.ogg import Ogg
from making import mutations
from marked import AIGC, exiftool, said, without, written, written_once
from sounding import (
    film_in_ogg,
    flac_in_ogg,
    ogg_packets,
    ogg_page,
    ogg_pages,
    opus,
    theora,
    vorbis_comments,
)

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)

OGG = Ogg()
MARKS = {"vorbis:AIGC": (AIGC,), "vorbis:DIGITALSOURCETYPE": ("http://x/山 <&>\n'",)}
LONG = {"vorbis:AIGC": ("长" * 25_000,)}  # of several pages
TITLE = b"Title=Hills"


def vorbis(*texts, shares_page=True, serial=7):
    """A stream of Vorbis as far as its container goes; three headers, then sound."""
    comments = b"\3vorbis" + vorbis_comments(*texts, rest=b"\1")
    setup = b"\5vorbis" + bytes(range(256)) * 3
    made = ogg_page([b"\1vorbis" + bytes(23)], serial=serial, flags=2)
    if shares_page:
        made += ogg_page([comments, setup], serial=serial, number=1)
        number = 2
    else:
        made += ogg_page([comments], serial=serial, number=1)
        made += ogg_page([setup], serial=serial, number=2)
        number = 3
    made += ogg_page([bytes([n]) * 90 for n in range(9)], serial=serial, number=number, granule=9)
    return made + ogg_page([b"end"], serial=serial, number=number + 1, granule=10, flags=4)


def check_pages(data):
    """Every checksum is right and every stream's pages are numbered from nought."""
    counts = {}
    for flags, _, serial, number, is_right, *_ in ogg_pages(data):
        assert is_right
        if flags & 2:
            counts[serial] = 0
        assert number == counts[serial]
        counts[serial] += 1


def sound_of(data, headers, serial=7):
    return ogg_packets(data, serial)[headers:]


def granules(data):
    return [(page[2], page[1], page[0] & 4) for page in ogg_pages(data) if page[1] > 0]


@pytest.fixture(scope="module")
def files(kit):
    """Files by name, with how many headers their streams of sound have."""
    return {
        "opus": (opus(TITLE), 2),
        "opus-padded": (opus(TITLE, rest=bytes(500)), 2),
        "opus-more": (opus(TITLE, rest=b"\1keep me"), 2),
        "vorbis": (vorbis(TITLE), 3),
        "vorbis-apart": (vorbis(TITLE, shares_page=False), 3),
        "flac": (flac_in_ogg(kit.flac(), TITLE), 2),
        "film": (film_in_ogg([TITLE], [b"ENCODER=x"]), 2),
        "chain": (opus(TITLE) + opus(b"Title=Second", serial=8), 2),
    }


NAMES = ["opus", "opus-padded", "opus-more", "vorbis", "vorbis-apart", "flac", "film", "chain"]


# ---------------------------------------------------------------------------- recognising


def test_the_first_pages_say_what_it_is(files):
    for name, (data, _) in files.items():
        media_type = "video/ogg" if name == "film" else "audio/ogg"
        assert OGG.accepts(data[:4096]) == media_type, name
    assert OGG.accepts(ogg_page([b"fishead\0"], flags=2)) == "application/ogg"


def test_nothing_else_is_taken_for_it():
    page = opus()
    for data in (
        b"",
        b"OggS",
        b"OggS\0\2",
        page[:20],
        ogg_page([b"OpusHead"]),
        b"oggS" + page[4:],
    ):
        assert OGG.accepts(data) is None


# ---------------------------------------------------------------------------- whole or cut


def test_cut_sound_is_refused(kit, files):
    for data, _ in files.values():
        kit.check_cuts(OGG, data) if data != files["chain"][0] else None
    chain = files["chain"][0]
    assert kit.is_whole(OGG, chain)
    assert not kit.is_whole(OGG, chain[:-9])


def test_a_stream_without_end_is_refused_and_what_is_appended_is_not(kit):
    assert not kit.is_whole(OGG, opus(end=0))
    assert kit.is_whole(OGG, opus() + b"TAG" + bytes(125))


def test_a_damaged_last_page_is_refused():
    data = bytearray(opus())
    data[-1] ^= 1
    with pytest.raises(MalformedAssetError, match="not what it was"):
        OGG.check_whole(io.BytesIO(bytes(data)))


# ---------------------------------------------------------------------------- reading


def test_comments_of_all_streams_are_read_but_of_the_first_file_only(files):
    for name, (data, _) in files.items():
        more = {"vorbis:ENCODER": ("x",)} if name == "film" else {}
        assert said(OGG, data) == {"vorbis:TITLE": ("Hills",), **more}, name


def test_speex_has_bare_comments():
    data = ogg_page([b"Speex   " + bytes(72)], flags=2) + ogg_page(
        [vorbis_comments(TITLE)], number=1
    )
    assert said(OGG, data) == {"vorbis:TITLE": ("Hills",)}


# ---------------------------------------------------------------------------- writing


@pytest.mark.parametrize("name", NAMES)
def test_comments_are_written_and_nothing_else_changes(files, name):
    data, headers = files[name]
    before = said(OGG, data)
    made = data
    for changes in (MARKS, LONG, {"vorbis:AIGC": ("short",)}, LONG | MARKS, without(MARKS)):
        made = written(OGG, made, changes)
        assert said(OGG, made).items() >= {k: v for k, v in changes.items() if v}.items()
        OGG.check_whole(io.BytesIO(made))
        check_pages(made)
        assert sound_of(made, headers) == sound_of(data, headers)
        assert ogg_packets(made)[2:headers] == ogg_packets(data)[2:headers]
        assert ogg_packets(made)[0] == ogg_packets(data)[0]
        assert ogg_packets(made, 9) == ogg_packets(data, 9)
        assert granules(made) == granules(data)
    assert said(OGG, made) == before
    if name != "opus-padded":
        assert made == data  # whatever happened in between


def test_pages_of_headers_begin_no_sound(files):
    for name in ("opus", "vorbis", "flac"):
        made = written(OGG, files[name][0], LONG)
        headers = [page for page in ogg_pages(made) if page[1] <= 0]
        assert len(headers) >= 3
        for flags, granule, *_, lacing, _ in headers[1:]:
            assert granule == (-1 if min(lacing) == 255 else 0)
            assert flags in {0, 1}


def test_a_chained_file_stays_as_it_is():
    second = opus(b"AIGC=other", serial=7)  # which should have another number, but has not always
    made = written(OGG, opus(TITLE) + second, LONG)
    assert made.endswith(second)


@pytest.mark.parametrize(
    ("version", "has_index"), [(b"\4\0\0\0", True), (b"\3\0\2\0", True), (b"\3\0\0\0", False)]
)
def test_an_index_of_bytes_is_not_made_wrong(version, has_index):
    skeleton = ogg_page([b"fishead\0" + version + bytes(68)], serial=99, flags=2)
    ending = ogg_page([b""], serial=99, number=1, flags=4)
    begun, rest = opus(TITLE)[:47], opus(TITLE)[47:]
    data = skeleton + begun + ending + rest
    OGG.check_whole(io.BytesIO(data))
    if has_index:
        with pytest.raises(UnsupportedMediaTypeError, match="Skeleton"):
            written_once(OGG, data, MARKS)
    else:
        assert said(OGG, written(OGG, data, MARKS)) == said(OGG, data) | MARKS


def test_padding_of_opus_gives_way():
    data = opus(TITLE, rest=bytes(500))
    made = written(OGG, data, MARKS)
    assert len(made) == len(data)
    assert b"\1keep me" in written(OGG, opus(rest=b"\1keep me"), MARKS)


def test_the_framing_bit_of_vorbis_stays():
    assert ogg_packets(written(OGG, vorbis(), MARKS))[1].endswith(b"\1")


def test_the_block_of_flac_says_its_length(kit):
    block = ogg_packets(written(OGG, flac_in_ogg(kit.flac()), MARKS))[1]
    assert block[0] == 0x84
    assert int.from_bytes(block[1:4], "big") == len(block) - 4


def test_what_a_change_replaces_is_in_no_stream_any_more():
    data = film_in_ogg([b"AIGC=old"], [b"aigc=older", b"A=b"])
    made = written(OGG, data, MARKS)
    assert said(OGG, made) == {**MARKS, "vorbis:A": ("b",)}
    assert b"older" not in made
    check_pages(made)


def test_pictures_alone_have_comments_too():
    data = b"".join(theora(TITLE))
    assert said(OGG, written(OGG, data, MARKS)) == {"vorbis:TITLE": ("Hills",), **MARKS}


def test_a_wrong_checksum_is_not_made_right():
    data = bytearray(opus(TITLE))
    at = data.index(b"OggS", len(data) - 80)
    data[at + 22] ^= 0xFF
    made = written(OGG, bytes(data), LONG)
    assert [page[4] for page in ogg_pages(made)].count(False) == 1


# ---------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ogg_page([b"fishead\0"], flags=2) + opus()[60:], "no stream"),
        (opus()[:60], "within its headers"),
        (opus()[:-10], "a page is missing"),
        (opus()[:300] + b"junk" + opus()[300:], "a page is missing"),
        (ogg_page([b"OpusHead"], flags=2) + ogg_page([b"OpusTags\4\0"], number=1), "cut short"),
        (
            ogg_page([b"OpusHead"], flags=2)
            + ogg_page([b"OpusTags" + bytes(8)], number=1, granule=960),
            "sound begins",
        ),
        (
            ogg_page([b"OpusHead"], flags=2)
            + ogg_page([b"OpusTags" + bytes(247)], number=1, goes_on=True)
            + ogg_page([b"x"], number=3),
            "a page of its headers",
        ),
    ],
)
def test_what_is_wrong_is_said(data, words):
    with pytest.raises(AssetError if "no stream" not in words else CapacityError, match=words):
        written_once(OGG, data, LONG)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"vorbis:lower": ("x",)}, LabelError),
        ({"vorbis:A=B": ("x",)}, LabelError),
        ({"vorbis:": ("x",)}, LabelError),
        ({"vorbis:METADATA_BLOCK_PICTURE": ("x",)}, LabelError),
        ({"vorbis:Ä": ("x",)}, LabelError),
        ({"id3:TXXX:A": ("x",)}, LabelError),
        ({"vorbis:A": ("",)}, LabelError),
        ({"vorbis:A": ("x" * (5 << 20),)}, CapacityError),
    ],
)
def test_what_can_not_be_written_is_refused(changes, error):
    with pytest.raises(error):
        written_once(OGG, opus(), changes)


def test_headers_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(_ogg_streams, "MAX_HEADER_PAGES", 3)
    data = opus()[: opus().index(b"OggS", 9)] + ogg_page([b"x"], serial=1) * 9
    with pytest.raises(LimitExceededError):
        written_once(OGG, data, MARKS)
    assert said(OGG, data) == {}


def test_damaged_files_are_refused_or_read_back(files):
    chance = random.Random(7)
    for name in ("film", "vorbis", "opus-padded"):
        data = written(OGG, files[name][0], MARKS)
        for bad in mutations(data, chance, 200):
            OGG.accepts(bad[:4096])
            before = said(OGG, bad)
            try:
                made = written_once(OGG, bad, {"vorbis:AIGC": ("new" * 90,)})
            except (AssetError, LabelError):
                continue
            kept = {name: t for name, t in said(OGG, made).items() if name != "vorbis:AIGC"}
            before.pop("vorbis:AIGC", None)
            assert kept == before


# ---------------------------------------------------------------------------- what others see


@pytest.mark.parametrize("name", ["opus", "vorbis", "flac"])
def test_exiftool_reads_the_same(files, name, tmp_path):
    data = files[name][0]
    changes = MARKS | LONG if name == "vorbis" else MARKS
    old, new = (exiftool(each, ".ogg", tmp_path) for each in (data, written(OGG, data, changes)))
    assert new.pop("Vorbis:Aigc") == changes["vorbis:AIGC"][0]
    assert new.pop("Vorbis:Digitalsourcetype") == MARKS["vorbis:DIGITALSOURCETYPE"][0]
    assert new == old
    assert old["Vorbis:Title"] == "Hills"
