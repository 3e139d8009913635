"""Matroska and WebM: known, whole or cut, and what they say of themselves, read and written."""

import io
import random

import pytest
from credlabel_plugins.formats import _ebml, _matroska_writing
from credlabel_plugins.formats.matroska import Matroska
from making import mutations
from marked import AIGC, exiftool, said, without, written, written_once
from sounding import (
    CLUSTER,
    CUES,
    OPEN,
    SEEK_HEAD,
    SEGMENT,
    TAGS,
    VOID,
    check_matroska,
    checked,
    ebml,
    ebml_elements,
    matroska,
    matroska_cluster,
    matroska_elements,
    matroska_head,
    matroska_tracks,
    named_tags,
    seek,
    simple_tag,
    tag,
)

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
)

MATROSKA = Matroska()
MARKS = {"matroska:AIGC": (AIGC,), "matroska:DIGITALSOURCETYPE": ("http://x/山 <&>\n'",)}
OTHERS = ebml(TAGS, tag(simple_tag("TITLE", "Hills"), simple_tag("ARTIST", "nobody")))
INFO = {
    "matroska:Title": ("Hills",),
    "matroska:MuxingApp": ("hand",),
    "matroska:WritingApp": ("pen",),
}


def clusters(data):
    return [
        data[start:end] for kind, start, _, end in matroska_elements(data)[0] if kind == CLUSTER
    ]


def kinds(data):
    return [kind for kind, *_ in matroska_elements(data)[0]]


# ---------------------------------------------------------------------------- recognising


@pytest.mark.parametrize(
    ("doc_type", "kind", "media_type"),
    [
        ("matroska", 1, "video/matroska"),
        ("matroska", 2, "audio/matroska"),
        ("webm", 1, "video/webm"),
        ("webm", 2, "audio/webm"),
        ("other", 2, None),
    ],
)
def test_the_document_type_and_the_tracks_say_what_it_is(doc_type, kind, media_type):
    data = matroska(doc_type=doc_type, kind=kind)
    assert MATROSKA.accepts(data[:4096]) == media_type


def test_tracks_far_behind_are_found_on_a_second_look():
    for kind, media_type in ((1, "video/webm"), (2, "audio/webm")):
        data = matroska(doc_type="webm", kind=kind, room=9000)
        assert MATROSKA.accepts(data[:4096]) == "video/webm"
        assert MATROSKA.refine_media_type(io.BytesIO(data), "video/webm") == media_type
    assert MATROSKA.refine_media_type(io.BytesIO(b"?"), "video/matroska") == "video/matroska"


def test_nothing_else_is_taken_for_it():
    head = matroska_head()
    for data in (b"", b"\x1a\x45\xdf\xa3", head[:9], b"\x1a\x45\xdf\xa3\xff", b"\x1a" + head):
        assert MATROSKA.accepts(data) is None


# ---------------------------------------------------------------------------- whole or cut


def test_cut_films_are_refused(kit):
    kit.check_cuts(MATROSKA, matroska(tags_last=OTHERS))
    assert kit.is_whole(MATROSKA, matroska() + b"appended")


def test_a_cut_recording_is_refused_but_between_blocks(kit):
    data = matroska(is_open=True, has_cues=False, has_index=False)
    assert kit.is_whole(MATROSKA, data)
    last = len(matroska_cluster(2, is_open=True))
    for cut in (1, 5, 700, last + 9):
        assert not kit.is_whole(MATROSKA, data[:-cut])
    assert kit.is_whole(MATROSKA, data[:-last])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (matroska_tracks(), "content is missing"),
        (matroska_cluster(0), "content is missing"),
        (b"\0" * 9, "beyond the end"),
        (ebml(TAGS, bytes(9))[:-3], "beyond the end"),
        (bytes.fromhex(TAGS) + OPEN, "beyond the end"),
    ],
)
def test_what_is_wrong_is_said(body, words):
    data = matroska_head() + ebml(SEGMENT, body)
    with pytest.raises(MalformedAssetError, match=words):
        MATROSKA.check_whole(io.BytesIO(data))


@pytest.mark.slow
def test_elements_without_number_are_refused():
    data = matroska_head() + bytes.fromhex(SEGMENT) + OPEN + ebml(VOID) * 2_000_001
    with pytest.raises(MalformedAssetError, match="too many"):
        MATROSKA.check_whole(io.BytesIO(data))
    assert said(MATROSKA, data) == {}


# ---------------------------------------------------------------------------- reading


def test_tags_are_read_wherever_they_are_and_whatever_they_are_about():
    inner = simple_tag("url", "x:y")
    first = ebml(TAGS, tag(simple_tag("Artist", "a", inner), target=ebml("63C5", b"\1")))
    data = matroska(tags=first, tags_last=ebml(TAGS, tag(simple_tag("ARTIST", "b"))))
    assert said(MATROSKA, data) == {
        **INFO,
        "matroska:ARTIST": ("a", "b"),
        "matroska:ARTIST/URL": ("x:y",),
    }


def test_what_comes_before_damage_is_read():
    data = matroska(tags=OTHERS)
    assert said(MATROSKA, data[: data.index(bytes.fromhex(CLUSTER)) + 20])["matroska:TITLE"] == (
        "Hills",
    )
    broken = ebml(TAGS, tag(simple_tag("A", "b")), ebml("7373", b"\x45"))
    assert said(MATROSKA, matroska(tags=broken))["matroska:A"] == ("b",)


# ---------------------------------------------------------------------------- writing

LAYOUTS = {
    "plain": {},
    "tagged": {"tags": OTHERS},
    "tags-last": {"tags_last": OTHERS},
    "room": {"room": 120, "tags": OTHERS},
    "much-room": {"room": 4000, "tags": OTHERS},
    "no-cues": {"has_cues": False, "tags_last": OTHERS},
    "no-index": {"has_cues": False, "has_index": False},
    "narrow": {"width": None, "tags": OTHERS},
    "checksums": {"make": checked, "tags": checked(TAGS, tag(simple_tag("TITLE", "Hills")))},
    "webm": {"doc_type": "webm", "kind": 1},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tags_are_written_and_nothing_else_moves_out_of_reach(layout):
    data = matroska(**LAYOUTS[layout])
    before = said(MATROSKA, data)
    made = written(MATROSKA, data, MARKS)
    assert said(MATROSKA, made) == before | MARKS
    MATROSKA.check_whole(io.BytesIO(made))
    check_matroska(made)
    assert clusters(made) == clusters(data)
    first = kinds(made).index(CLUSTER)
    assert named_tags(made) or TAGS in kinds(made)[:first]  # where players find them
    longer = MARKS | {"matroska:AIGC": (AIGC * 20,)}
    for changes in (longer, {"matroska:AIGC": ("short",)}, longer, without(MARKS)):
        made = written(MATROSKA, made, changes)
        check_matroska(made)
        assert clusters(made) == clusters(data)
        assert {name: texts for name, texts in said(MATROSKA, made).items() if name in before} == (
            before
        )
    assert said(MATROSKA, made) == before


@pytest.mark.parametrize("has_index", [False, True])
def test_a_recording_of_unknown_length_keeps_that(has_index):
    data = matroska(is_open=True, has_cues=False, has_index=has_index, tags=OTHERS)
    made = written(MATROSKA, data, MARKS)
    assert said(MATROSKA, made) == said(MATROSKA, data) | MARKS
    at = made.index(bytes.fromhex(SEGMENT)) + 4
    assert made[at : at + 8] == OPEN
    first = data.index(bytes.fromhex(CLUSTER))
    assert made.endswith(data[first:])
    assert made.startswith(data[:first])


def test_one_that_has_cues_gets_them_at_its_end():
    data = matroska(is_open=True, room=200)
    made = written(MATROSKA, data, MARKS | {"matroska:AIGC": (AIGC * 9,)})
    start = data.index(bytes.fromhex(CLUSTER))
    assert made[start : len(data)] == data[start:]


def test_a_text_takes_the_place_of_an_old_one_if_it_fits():
    old = ebml(
        TAGS, tag(simple_tag("A", "x"), simple_tag("aigc", "y" * 300), simple_tag("B", "z"))
    )
    data = matroska(tags=old)
    made = written(MATROSKA, data, {"matroska:AIGC": (AIGC,)})
    assert len(made) == len(data)
    assert kinds(made) == kinds(data)
    for length in range(290, 301):  # a void takes two bytes at least
        made = written(MATROSKA, data, {"matroska:AIGC": ("n" * length,)})
        assert len(made) == len(data)
        check_matroska(made)


def test_what_else_a_tag_says_stays():
    language = ebml("447A", b"eng")
    data = matroska(tags=ebml(TAGS, tag(simple_tag("AIGC", "y" * 50, language))))
    assert language in written(MATROSKA, data, {"matroska:AIGC": ("new",)})


def test_tags_that_are_gone_are_named_no_more():
    data = matroska(tags=ebml(TAGS, tag(simple_tag("AIGC", "y"))))
    made = written(MATROSKA, data, {"matroska:AIGC": ()})
    assert len(made) == len(data)
    assert (named_tags(data), named_tags(made)) == (1, 0)
    assert TAGS not in kinds(made)
    check_matroska(made)


def test_tags_at_the_end_leave_no_gap():
    data = matroska(room=200)
    made = written(MATROSKA, data, {"matroska:AIGC": (AIGC * 9,)})
    longer = written(MATROSKA, made, {"matroska:AIGC": (AIGC * 20,)})
    assert len(longer) - len(made) == len(AIGC) * 11
    assert len(written(MATROSKA, longer, {"matroska:AIGC": ()})) == len(data)


def test_an_index_without_room_names_a_second_one():
    made = written(MATROSKA, matroska(), MARKS)
    assert kinds(made).count(SEEK_HEAD) == 2
    assert named_tags(made) == 1
    first = next(each for each in matroska_elements(made)[0] if each[0] == SEEK_HEAD)
    assert bytes.fromhex(CUES) in made[first[1] : first[3]]  # for players that read only one
    again = written(MATROSKA, written(MATROSKA, made, without(MARKS)), MARKS)
    assert len(again) == len(made)


def test_a_segment_whose_size_gets_wider_keeps_its_distances():
    data = matroska(width=None)
    made = written(MATROSKA, data, {"matroska:AIGC": ("x" * 20_000,)})
    assert matroska_elements(made)[1] == matroska_elements(data)[1] + 1
    check_matroska(made)


def test_a_checksum_of_everything_is_made_void():
    data = matroska(before=ebml("BF", bytes(4)))
    made = written(MATROSKA, data, MARKS)
    assert (kinds(data)[0], kinds(made)[0]) == ("BF", VOID)
    check_matroska(made)


def test_what_follows_the_segment_stays():
    data = matroska() + b"and more"
    assert written(MATROSKA, data, MARKS).endswith(b"and more")


def test_several_texts_are_several_tags():
    changes = {"matroska:AIGC": ("a", "b", "c")}
    data = matroska(tags=ebml(TAGS, tag(simple_tag("AIGC", "x" * 500), simple_tag("AIGC", "y"))))
    assert said(MATROSKA, written(MATROSKA, data, changes))["matroska:AIGC"] == ("a", "b", "c")


# ---------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"matroska:Title": ("x",)}, LabelError),
        ({"matroska:A/B": ("x",)}, LabelError),
        ({"matroska:": ("x",)}, LabelError),
        ({"xmp:xmp:CreatorTool": ("x",)}, LabelError),
        ({"matroska:A": (" ",)}, LabelError),
        ({"matroska:A": ("a\0b",)}, LabelError),
        ({"matroska:A": ("\ud800",)}, LabelError),
        ({"matroska:A": ("x", "x")}, LabelError),
        ({"matroska:A": ("x" * (5 << 20),)}, CapacityError),
    ],
)
def test_what_can_not_be_written_is_refused(changes, error):
    with pytest.raises(error):
        written_once(MATROSKA, matroska(), changes)


def test_a_file_without_index_but_with_cues_is_refused():
    with pytest.raises(CapacityError, match="no index"):
        written_once(MATROSKA, matroska(has_index=False), MARKS)


def test_an_index_with_no_room_at_all_is_refused():
    tiny = ebml(SEEK_HEAD, ebml("4DBB", ebml("53AB", b"\xec"), ebml("53AC", b"\0")))
    cues = ebml(CUES)
    data = matroska_head() + ebml(SEGMENT, tiny, matroska_tracks(), matroska_cluster(0), cues)
    with pytest.raises(CapacityError, match="no room"):
        written_once(MATROSKA, data, MARKS)


def test_clusters_that_say_their_place_are_not_moved():
    placed = [matroska_cluster(n, ebml("A7", b"\x40")) for n in range(2)]
    data = matroska_head() + ebml(SEGMENT, matroska_tracks(), *placed)
    with pytest.raises(CapacityError):
        written_once(MATROSKA, data, MARKS)


def test_a_tag_with_others_in_it_is_left_alone():
    data = matroska(tags=ebml(TAGS, tag(simple_tag("AIGC", "x", simple_tag("INNER", "y")))))
    with pytest.raises(CapacityError, match="others in it"):
        written_once(MATROSKA, data, MARKS)


def test_limits_hold(monkeypatch):
    monkeypatch.setattr(_matroska_writing, "MAX_OTHERS", 3)
    with pytest.raises(LimitExceededError):
        written_once(MATROSKA, matroska(), MARKS)
    many = ebml(TAGS, ebml("7373") * 310)
    monkeypatch.undo()
    monkeypatch.setattr(_ebml, "MAX_CHILDREN", 300)
    with pytest.raises(LimitExceededError):
        written_once(MATROSKA, matroska(tags=many), MARKS)


def test_damaged_files_are_refused_or_read_back():
    chance = random.Random(7)
    for layout in ("room", "checksums", "tags-last", "plain"):
        data = written(MATROSKA, matroska(**LAYOUTS[layout]), MARKS)
        for bad in mutations(data, chance, 200):
            MATROSKA.accepts(bad[:4096])
            MATROSKA.refine_media_type(io.BytesIO(bad), "video/webm")
            before = said(MATROSKA, bad)
            try:
                made = written_once(MATROSKA, bad, {"matroska:AIGC": ("new" * 90,)})
            except (AssetError, LabelError):
                continue
            kept = {name: t for name, t in said(MATROSKA, made).items() if name != "matroska:AIGC"}
            before.pop("matroska:AIGC", None)
            assert kept == before


# ---------------------------------------------------------------------------- what others see


def test_exiftool_reads_the_same(tmp_path):
    data = matroska(tags=OTHERS, room=300)
    old, new = (
        exiftool(each, ".mkv", tmp_path) for each in (data, written(MATROSKA, data, MARKS))
    )
    assert new.pop("Matroska:Aigc") == AIGC
    assert new.pop("Matroska:Digitalsourcetype") == MARKS["matroska:DIGITALSOURCETYPE"][0]
    assert new == old


def test_elements_are_taken_apart_as_they_were_put_together():
    data = ebml("4DBB", ebml("EC"), ebml("53AB", b"x"))
    ((kind, _, body, end),) = ebml_elements(data, 0, len(data))
    assert (kind, [each[0] for each in ebml_elements(data, body, end)]) == ("4DBB", ["EC", "53AB"])
    assert seek(CUES, 5) in matroska_head() + seek(CUES, 5)
