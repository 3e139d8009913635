"""Marks are written into films, which play as before."""

import io
import random
import struct
import subprocess

import pytest
from credlabel_plugins.formats import _box_editing, _box_offsets
from credlabel_plugins.formats.bmff import Bmff
from making import mutations, sample
from marked import AIGC, EXIFTOOL_NAMES, MARKS, check_signature, exiftool, said, without, written

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)

BMFF = Bmff()
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
LABEL = {"mp4:AIGC": (AIGC,)}
ALL = MARKS | LABEL
TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "m4a": "audio/mp4", "m4v": "video/x-m4v"}
NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"udta", b"moof", b"traf", b"mfra")
OWN = b"url \0\0\0\1"


def boxes(data, start=0, end=None, path=()):
    """Every box of a film by its path, in order: where its body begins, and where it ends."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", data, body)[0], body + 8
        stop = start + size if size else end
        assert body <= stop <= end
        yield (*path, kind), body, stop
        inner = body + 4 if kind == b"meta" and data[body + 4 : body + 8] != b"hdlr" else body
        if kind in (*NESTED, b"meta"):
            yield from boxes(data, inner, stop, (*path, kind))
        start = stop


def bodies(data, *path):
    return [data[body:end] for found, body, end in boxes(data) if found == path]


def outermost(data):
    return [path[0] for path, _, _ in boxes(data) if len(path) == 1]


def chunks(data):
    """What lies where each chunk of a film begins."""
    found = []
    for path, body, _ in boxes(data):
        if path[-1] in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", data, body + 4)
            letter = "I" if path[-1] == b"stco" else "Q"
            places = struct.unpack_from(f">{count}{letter}", data, body + 8)
            found += [data[at : at + 24] for at in places]
    return found


def streams(data, suffix, folder):
    """What every packet of every stream is and when it is shown, as ffmpeg reads them."""
    path = folder / f"played{suffix}"
    path.write_bytes(data)
    ends = ["-map", "0", "-c", "copy", "-f", "framemd5", "-"]
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), *ends], capture_output=True, check=True
    )
    assert not done.stderr
    return done.stdout


def remuxed(name, folder, *options, suffix=".mp4"):
    """A sample's streams in a film of another form."""
    target = folder / f"made{suffix}"
    source = folder / f"from-{name}"
    source.write_bytes(sample(name))
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-c", "copy", *options]
    subprocess.run([*command, str(target)], check=True)
    return target.read_bytes()


def check_kept(before, after):
    """Everything that was said is still said, and every chunk is what it was."""
    names = ALL.keys()
    kept = {name: texts for name, texts in said(BMFF, before).items() if name not in names}
    now = said(BMFF, after)
    assert {name: texts for name, texts in now.items() if name not in names} == kept
    assert chunks(after) == chunks(before)
    BMFF.check_whole(io.BytesIO(after))


def packet(**properties):
    told = "".join(f"<dc:{name}>{text}</dc:{name}>" for name, text in properties.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-'
        'rdf-syntax-ns#"><!-- theirs --><rdf:Description rdf:about="" xmlns:dc="http://purl.org/'
        f'dc/elements/1.1/">{told}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def tag(kit, kind, text, *, well_known=1):
    return kit.box(kind, kit.box(b"data", struct.pack(">II", well_known, 0), text))


def keyed(kit, *names, bare=False):
    """A meta box with one tag for each name, whose text is the name in capitals."""
    keys = b"".join(kit.box(b"mdta", name) for name in names)
    tags = [tag(kit, struct.pack(">I", n), name.upper()) for n, name in enumerate(names, 1)]
    return kit.box(
        b"meta",
        b"" if bare else bytes(4),
        kit.box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        kit.box(b"keys", bytes(4), struct.pack(">I", len(names)), keys),
        kit.box(b"ilst", *tags),
    )


def itunes(kit, *tags):
    handler = kit.box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    return kit.box(b"meta", bytes(4), handler, kit.box(b"ilst", *tags))


def film(kit, *, extra=b"", before=b"", brand=b"isom"):
    """A film with its index first, whose chunk is the first bytes of its data."""
    head = kit.box(b"ftyp", brand, bytes(4), brand) + before
    index = kit.movie(chunk=len(head) + len(kit.movie(extra=extra)) + 8, extra=extra)
    return head + index + kit.box(b"mdat", bytes(range(256)) * 4)


# ---------------------------------------------------------------------------- whole films


@pytest.mark.parametrize("kind", TYPES)
def test_samples_are_marked_and_play_as_before(kind, tmp_path):
    data = sample(f"hills.{kind}")
    made = written(BMFF, data, ALL)
    assert said(BMFF, made) == said(BMFF, data) | ALL
    check_kept(data, made)
    signed = check_signature(made, TYPES[kind])
    assert said(BMFF, signed) == said(BMFF, made)
    played = streams(data, f".{kind}", tmp_path)
    assert streams(made, f".{kind}", tmp_path) == played
    assert streams(signed, f".{kind}", tmp_path) == played
    seen = exiftool(signed, f".{kind}", tmp_path)
    assert seen["Keys:AIGC"] == AIGC
    assert {name: seen[theirs] for name, theirs in EXIFTOOL_NAMES.items()} == {
        name: MARKS[name][0] for name in EXIFTOOL_NAMES
    }
    passing = (
        "MediaDataOffset",
        "HandlerType",
    )  # which JSON tells once, and now there is one more
    for name, value in exiftool(data, f".{kind}", tmp_path).items():
        assert name.endswith(passing) or seen[name] == value
    assert not [name for name in seen if "Warning" in name]
    assert said(BMFF, written(BMFF, made, without(ALL))) == said(BMFF, data)


def test_every_other_box_stays_as_it_is(kit):
    old = kit.box(b"free", b"spare") + kit.box(b"uuid", C2PA, b"a credential of before")
    data = film(kit, before=old, extra=kit.box(b"udta", kit.box(b"what", b"ever")))
    made = written(BMFF, data + kit.box(b"what", b"else"), ALL)
    assert outermost(made) == [b"ftyp", b"free", b"uuid", b"moov", b"mdat", b"what", b"uuid"]
    for path in ((b"free",), (b"mdat",), (b"what",), (b"moov", b"udta", b"what")):
        assert bodies(made, *path) == bodies(data + kit.box(b"what", b"else"), *path)
    assert bodies(made, b"uuid")[0] == C2PA + b"a credential of before"
    for path, body, end in boxes(data):
        if path[-1] not in (*NESTED, b"stco"):
            assert data[body:end] in bodies(made, *path)
    assert chunks(made) == chunks(data)


def test_a_film_that_says_so_is_copied(kit):
    data = film(kit, extra=kit.box(b"udta", keyed(kit, b"aigc")))
    assert written(BMFF, data, {"mp4:aigc": ("AIGC",), "xmp:dc:source": ()}) == data


@pytest.mark.parametrize(
    "changes",
    [
        {"id3:TXXX:AIGC": ("x",)},
        {"mp4:AIGC": (" ",)},
        {"mp4:AIGC": ("a\0b",)},
        {"xmp:dc:source": ("a", "b")},
        {"xmp:dc:source": ("a\x0bb",)},
    ],
)
def test_what_can_not_be_said_is_refused(kit, changes):
    with pytest.raises(LabelError):
        written(BMFF, kit.made("mp4"), changes)


def test_raw_pictures_and_pictures_take_what_fits_them():
    assert BMFF.writable_places("image/x-canon-cr3") == frozenset()
    assert BMFF.writable_places("image/heic") == {"xmp"}
    assert BMFF.writable_places("audio/mp4") == {"xmp", "mp4"}


# ---------------------------------------------------------------------------- tags


@pytest.mark.parametrize("place", ["udta", "moov", "bare"])
def test_a_list_of_keyed_tags_is_extended(kit, place):
    tags = keyed(kit, b"com.example.one", b"aigc", bare=place == "bare")
    data = film(kit, extra=kit.box(b"udta", tags) if place == "udta" else tags)
    made = written(BMFF, data, LABEL | {"mp4:aigc": ("új",)})
    assert said(BMFF, made) == {
        "mp4:com.example.one": ("COM.EXAMPLE.ONE",),
        "mp4:aigc": ("új",),
        "mp4:AIGC": (AIGC,),
    }
    path = (b"moov", b"udta", b"meta") if place == "udta" else (b"moov", b"meta")
    assert len(bodies(made, *path)) == 1
    (keys,) = bodies(made, *path, b"keys")
    assert keys[4:8] == b"\0\0\0\3"
    assert keys.endswith(b"\0\0\0\x0cmdtaAIGC")
    assert bodies(made, *path, b"ilst")[0].count(b"data\0\0\0\1\0\0\0\0") == 3
    assert chunks(made) == chunks(data)
    gone = written(BMFF, made, {"mp4:AIGC": ()})
    assert said(BMFF, gone) == {name: said(BMFF, made)[name] for name in said(BMFF, gone)}
    assert bodies(gone, *path, b"keys") == [keys]  # so that no tag gets another number
    assert said(BMFF, written(BMFF, gone, LABEL)) == said(BMFF, made)
    assert bodies(written(BMFF, gone, LABEL), *path, b"keys") == [keys]


def test_tags_of_itunes_stay_beside(kit, tmp_path):
    title = tag(kit, b"\xa9nam", b"Title")
    data = film(kit, extra=kit.box(b"udta", itunes(kit, title)), brand=b"M4A ")
    made = written(BMFF, data, LABEL)
    theirs, ours = bodies(made, b"moov", b"udta", b"meta")
    assert title in theirs
    assert b"mdta" in ours
    assert said(BMFF, made) == {"mp4:©nam": ("Title",), "mp4:AIGC": (AIGC,)}
    seen = exiftool(made, ".m4a", tmp_path)
    assert seen["ItemList:Title"] == "Title"
    assert seen["Keys:AIGC"] == AIGC


def test_ffmpeg_reads_new_tags_and_old(tmp_path):
    path = tmp_path / "film.m4a"
    path.write_bytes(
        written(BMFF, remuxed("hills.m4a", tmp_path, "-metadata", "title=T", suffix=".m4a"), LABEL)
    )
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "flat", str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert 'format.tags.title="T"' in told
    assert "format.tags.AIGC=" in told


def test_what_ffmpeg_writes_is_updated(tmp_path):
    marked = ("-movflags", "+faststart+use_metadata_tags", "-metadata", "AIGC=old")
    data = remuxed("hills.mp4", tmp_path, *marked)
    assert said(BMFF, data)["mp4:AIGC"] == ("old",)
    made = written(BMFF, data, ALL)
    assert said(BMFF, made) == said(BMFF, data) | ALL
    check_kept(data, made)
    assert len(bodies(made, b"moov", b"udta", b"meta")) == 1


def test_one_label_takes_the_place_of_all_in_the_file(kit):
    freeform = kit.box(
        b"----",
        kit.box(b"mean", bytes(4), b"com.apple.iTunes"),
        kit.box(b"name", bytes(4), b"AIGC"),
        kit.box(b"data", struct.pack(">II", 1, 0), b"kept: has another name"),
    )
    tags = itunes(kit, tag(kit, b"AIGC", b"one"), tag(kit, b"\xa9too", b"tool"), freeform)
    texts = kit.box(b"AIGC", b"two") + kit.box(b"\xa9swr", b"\0\3\x15\xc7any")
    data = film(kit, extra=kit.box(b"udta", texts, tags, bytes(4)) + keyed(kit, b"AIGC", b"b"))
    assert said(BMFF, data)["mp4:AIGC"] == ("two", "one", "AIGC")
    made = written(BMFF, data, LABEL)
    assert said(BMFF, made) == said(BMFF, data) | LABEL
    assert made.count(b"AIGC") == 2  # the key, and that of another name
    both = written(BMFF, made, {"mp4:AIGC": ("a", "b")})
    assert said(BMFF, both)["mp4:AIGC"] == ("a", "b")
    assert "mp4:AIGC" not in said(BMFF, written(BMFF, data, {"mp4:AIGC": ()}))


def test_user_data_may_end_with_a_zero(kit):
    for end in (bytes(4), bytes(12)):
        data = film(kit, extra=kit.box(b"udta", kit.box(b"\xa9swr", b"\0\3\x15\xc7any"), end))
        made = written(BMFF, data, LABEL)
        (user_data,) = bodies(made, b"moov", b"udta")
        assert user_data.endswith(AIGC.encode() + end)


def test_a_list_that_contradicts_itself_is_refused(kit):
    tags = keyed(kit, b"one").replace(b"\0\0\0\1\0\0\0\x0bmdtaone", b"\0\0\0\2\0\0\0\x0bmdtaone")
    with pytest.raises(MalformedAssetError, match="contradicts"):
        written(BMFF, film(kit, extra=tags), LABEL)
    assert written(BMFF, film(kit, extra=tags), {"mp4:one": ("x",)})  # this one needs no number


# ---------------------------------------------------------------------------- XMP


def user_box(kit, content):
    return kit.box(b"uuid", XMP, content)


def test_a_packet_is_updated_where_it_is(kit):
    theirs = packet(source="them")
    near = film(kit, before=user_box(kit, theirs))
    inside = film(kit, extra=user_box(kit, theirs))
    quicktime = film(kit, extra=kit.box(b"udta", kit.box(b"XMP_", theirs)), brand=b"qt  ")
    other = film(kit, extra=kit.box(b"udta", kit.box(b"XMP_", theirs)))
    foreign = film(kit, before=user_box(kit, theirs), brand=b"qt  ")
    for data in (near, inside, quicktime, other, foreign):
        made = written(BMFF, data, MARKS)
        assert said(BMFF, made) == {"xmp:dc:source": ("them",)} | MARKS
        assert [path for path, _, _ in boxes(made)] == [path for path, _, _ in boxes(data)]
        assert chunks(made) == chunks(data)
        assert b"<!-- theirs -->" in made
        assert said(BMFF, written(BMFF, made, without(MARKS))) == {"xmp:dc:source": ("them",)}


def test_a_new_packet_stands_where_programs_look_for_it(kit):
    made = written(BMFF, kit.made("mp4"), MARKS)
    assert made.startswith(kit.made("mp4"))  # nothing has to move for it
    assert outermost(made)[-1] == b"uuid"
    made = written(BMFF, kit.made("mov"), MARKS)
    assert len(bodies(made, b"moov", b"udta", b"XMP_")) == 1


def test_no_packet_contradicts_another(kit):
    first = user_box(kit, packet(source="one", title="First"))
    second = kit.box(b"udta", kit.box(b"XMP_", packet(source="two", title="Second")))
    for brand, path in ((b"isom", (b"uuid",)), (b"qt  ", (b"moov", b"udta", b"XMP_"))):
        data = film(kit, before=first, extra=second, brand=brand)
        made = written(BMFF, data, {"xmp:dc:source": ("we",)})
        assert said(BMFF, made)["xmp:dc:source"] == ("we",)
        assert sorted(said(BMFF, made)["xmp:dc:title"]) == ["First", "Second"]
        assert b"<dc:source>we<" in bodies(made, *path)[0]


def test_a_packet_beyond_the_limit_is_not_touched(kit):
    data = film(kit) + user_box(kit, packet(source="x") + b" " * (4 << 20))
    with pytest.raises(LimitExceededError):
        written(BMFF, data, MARKS)


# ---------------------------------------------------------------------------- what moves


def test_offsets_get_wider_where_they_have_to(kit):
    table = struct.pack(">II", 1, 0xFFFFFF00)
    data = film(kit)
    at = data.index(b"stco") + 8
    data = data[:at] + table + data[at + 8 :]
    sink = io.BytesIO()
    boxes_of = list(_box_offsets.walk(io.BytesIO(data), 0, len(data)))
    rewrite = _box_editing.Rewrite()
    rewrite.insert(len(data) - 1032, kit.box(b"free", bytes(0x200)), ())
    tables = _box_offsets.offset_tables(io.BytesIO(data), boxes_of)
    rewrite.write(io.BytesIO(data), sink, tables)
    (wide,) = [body for path, body, _ in boxes(sink.getvalue()) if path[-1] == b"co64"]
    # 512 and 8 for what was inserted, 4 for the number that got wider.
    assert struct.unpack_from(">IQ", sink.getvalue(), wide + 4) == (1, 0xFFFFFF00 + 520 + 4)
    assert len(sink.getvalue()) == len(data) + 520 + 4


def test_chunks_in_64_bits_move_too(kit):
    data = film(kit)
    old = data[data.index(b"stco") - 4 :][:20]
    sizes = [data.index(kind) - 4 for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl")]
    start = data.index(b"mdat") + 4 + 4
    made = bytearray(
        data.replace(old, kit.box(b"co64", bytes(4), b"\0\0\0\1", struct.pack(">Q", start)))
    )
    for at in sizes:
        made[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", made, at)[0] + 4)
    data = bytes(made)
    assert chunks(data) == [bytes(range(24))]
    assert chunks(written(BMFF, data, ALL)) == chunks(data)


def test_large_and_open_boxes(kit):
    head, index = kit.box(b"ftyp", b"isom", bytes(4), b"isom"), kit.movie()
    content = bytes(range(256))
    for header in (struct.pack(">I4sQ", 1, b"mdat", 16 + 256), b"\0\0\0\0mdat"):
        start = len(head + index) + len(header)
        data = head + kit.movie(chunk=start) + header + content
        made = written(BMFF, data, ALL)
        assert chunks(made) == chunks(data) == [content[:24]]
        assert made.endswith(header + content) or header[:4] == b"\0\0\0\1"
        assert said(BMFF, made) == ALL
    # An index that reaches to the end of the file, and nothing may follow.
    data = head + kit.box(b"mdat", content) + b"\0\0\0\0" + kit.movie(chunk=len(head) + 8)[4:]
    made = written(BMFF, data, ALL)
    assert outermost(made) == [b"ftyp", b"mdat", b"uuid", b"moov"]
    assert chunks(made) == [content[:24]]


def test_padding_stays_behind(kit):
    data = kit.made("mp4") + bytes(500)
    made = written(BMFF, data, MARKS)
    assert made.endswith(bytes(500))
    assert outermost(made[:-500])[-1] == b"uuid"


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param("frag_keyframe+empty_moov", marks=pytest.mark.slow),
        pytest.param("empty_moov+default_base_moof", marks=pytest.mark.slow),
        "dash+global_sidx+frag_keyframe",
    ],
)
def test_fragments_play_as_before(flags, tmp_path):
    data = remuxed("hills.mp4", tmp_path, "-frag_duration", "200000", "-movflags", flags)
    made = written(BMFF, data, ALL)
    assert said(BMFF, made) == said(BMFF, data) | ALL
    kinds = outermost(data)
    assert kinds.count(b"moof") > 2
    assert outermost(made) == [*kinds[:-1], b"uuid", b"mfra"]  # which is found from the end
    assert streams(made, ".mp4", tmp_path) == streams(data, ".mp4", tmp_path)
    starts = {body - 8 for path, body, _ in boxes(made) if path == (b"moof",)}
    for path, body, end in boxes(made):
        if path[-1] == b"tfra":
            table = made[body + 16 : end]
            assert {struct.unpack_from(">Q", table, at + 8)[0] for at in range(0, len(table), 19)}
            assert starts.issuperset(
                struct.unpack_from(">Q", table, at + 8)[0] for at in range(0, len(table), 19)
            )
        if path[-1] == b"tfhd" and made[body + 3] & 1:
            assert struct.unpack_from(">Q", made, body + 8)[0] in starts
    check_signature(made, "video/mp4")


@pytest.mark.parametrize("version", [0, 1])
def test_indexes_of_fragments_follow(kit, version):
    """The first of all is the segment index, and the film's index lies between it and these."""
    letter, width = ("I", 4) if version == 0 else ("Q", 8)
    head = kit.box(b"ftyp", b"isom", bytes(4), b"isom")
    flags = bytes([version, 0, 0, 0])

    def built(first, base):
        segments = kit.box(
            b"sidx",
            flags,
            bytes(8),
            struct.pack(f">{letter}{letter}", 0, first),
            struct.pack(">HHIII", 0, 1, 100, 0, 0),
        )
        index = kit.box(b"moov", kit.box(b"mvhd", bytes(100)))
        track = kit.box(
            b"traf", kit.box(b"tfhd", b"\0\0\0\1\0\0\0\1", struct.pack(">Q", base)), b""
        )
        fragment = kit.box(b"moof", track) + kit.box(b"mdat", b"payload")
        times = struct.pack(f">{letter}{letter}", 7, base) + b"\1\1\1"
        access = kit.box(b"tfra", flags, bytes(8), struct.pack(">I", 1), times)
        return head + segments, index, fragment + kit.box(b"mfra", access)

    start, index, rest = built(0, 0)
    start, index, rest = built(len(index), len(start + index))
    data = start + index + rest
    made = written(BMFF, data, ALL)
    at = made.index(b"moof") - 4
    assert at > len(start + index) + 50
    place = made.index(b"sidx") + 16 + width
    told = struct.unpack_from(f">{letter}", made, place)[0]
    assert len(start) + told == at
    assert struct.unpack_from(">Q", made, made.index(b"tfhd") + 12)[0] == at
    assert struct.unpack_from(f">{letter}", made, made.index(b"tfra") + 20 + width)[0] == at
    assert struct.unpack_from(f">{letter}", made, made.index(b"tfra") + 20)[0] == 7


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("flags", [0, 1])
def test_auxiliary_data_of_samples_move_too(kit, version, flags):
    data = kit.made("mp4")
    start = data.index(b"mdat") + 4
    letter = "Q" if version else "I"
    table = kit.box(
        b"saio",
        bytes([version, 0, 0, flags]),
        bytes(8 * flags),
        struct.pack(f">I{letter}", 1, start),
    )
    # In place of a box of the sample table that nobody needs.
    made = bytearray(data.replace(kit.box(b"stts", bytes(8)), table))
    more = len(made) - len(data)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        at = made.index(kind) - 4
        made[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", made, at)[0] + more)
    width = 8 if version else 4
    at = made.index(b"saio") + 12 + 8 * flags
    made[at : at + width] = (start + more).to_bytes(width, "big")
    done = written(BMFF, bytes(made), ALL)
    at = done.index(b"saio") + 12 + 8 * flags
    assert int.from_bytes(done[at : at + width], "big") == done.index(b"mdat") + 4


def test_samples_in_other_files_stay_where_they_are(kit):
    data = film(kit).replace(OWN, b"url " + bytes(4))
    made = written(BMFF, data, ALL)
    assert bodies(made, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco") == bodies(
        data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco"
    )
    only = kit.box(b"dref", bytes(4), struct.pack(">I", 1), kit.box(b"url ", b"\0\0\0\1"))
    entries = kit.box(b"url ", b"\0\0\0\1") + kit.box(b"url ", bytes(4))
    both = kit.box(b"dref", bytes(4), struct.pack(">I", 2), entries)
    mixed = bytearray(film(kit).replace(only, both))
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        at = mixed.index(kind) - 4
        struct.pack_into(">I", mixed, at, struct.unpack_from(">I", mixed, at)[0] + 12)
    struct.pack_into(">I", mixed, mixed.index(b"stco") + 12, mixed.index(b"mdat") + 4)
    assert chunks(mixed) == [bytes(range(24))]
    with pytest.raises(UnsupportedMediaTypeError, match="other files"):
        written(BMFF, bytes(mixed), LABEL)
    assert written(BMFF, bytes(mixed), MARKS)  # at the end, where it moves nothing


def test_a_compressed_index_is_left_alone(kit):
    index = kit.box(b"moov", kit.box(b"cmov", bytes(50)))
    data = kit.box(b"ftyp", b"qt  ", bytes(4)) + kit.box(b"mdat", bytes(99)) + index
    made = written(BMFF, data, MARKS)
    assert made.startswith(data)
    with pytest.raises(AssetError, match="compressed"):
        written(BMFF, data, LABEL)
    theirs = user_box(kit, packet(source="them"))
    data = kit.box(b"ftyp", b"qt  ", bytes(4)) + theirs + index + kit.box(b"mdat", bytes(99))
    with pytest.raises(UnsupportedMediaTypeError, match="moved"):
        written(BMFF, data, MARKS)


def test_numbers_that_get_too_large_are_refused(kit):
    access = kit.box(b"tfra", bytes(12), struct.pack(">III", 1, 0, 0xFFFFFFF0), b"\1\1\1")
    data = film(kit) + kit.box(b"mfra", access)
    with pytest.raises(CapacityError):
        written(BMFF, data, LABEL)


# ---------------------------------------------------------------------------- bad files


def outcome(data, changes):
    """What became of bad bytes: told by an error, or a film that says what was wanted."""
    sink = io.BytesIO()
    try:
        BMFF.write_metadata(io.BytesIO(data), sink, changes)
    except (AssetError, LabelError):
        return False
    told = said(BMFF, sink.getvalue())
    return all(told.get(name, ()) == texts for name, texts in changes.items())


@pytest.mark.parametrize("name", ["mp4", "mov", "m4a"])
def test_cut_films_are_refused(name):
    data = sample(f"hills.{name}")
    for step in range(40):
        with pytest.raises(AssetError):
            written(BMFF, data[: len(data) * step // 40], ALL)


def test_damaged_films_do_no_harm(kit):
    rng = random.Random(4)
    extra = kit.box(b"udta", keyed(kit, b"one"), itunes(kit, tag(kit, b"\xa9nam", b"T")))
    for data in (film(kit, extra=extra, before=user_box(kit, packet(source="s"))),):
        results = [outcome(made, ALL) for made in mutations(data, rng, 300)]
        assert 50 < sum(results) < 300


def test_deep_and_long_films_are_bounded(kit, monkeypatch, interop):
    deep = (interop / "files" / "malformed" / "nested_moov_1000.mp4").read_bytes()
    assert outcome(deep, ALL) in (True, False)
    monkeypatch.setattr(_box_offsets, "MAX_TABLES_BYTES", 10)
    with pytest.raises(LimitExceededError):
        written(BMFF, film(kit), ALL)


def test_a_table_that_breaks_off_is_refused(kit):
    fragment = kit.box(b"moof", kit.box(b"traf", kit.box(b"tfhd", b"\0\0\0\1\0\0\0\1", bytes(3))))
    data = film(kit) + fragment + kit.box(b"mdat", bytes(9))
    with pytest.raises(MalformedAssetError, match="breaks off"):
        written(BMFF, data, LABEL)


def test_real_films_are_marked(interop, tmp_path):
    for name, suffix in (("c2pa-rs/video1.mp4", ".mp4"), ("negative-exiftool/QuickTime.mov", "")):
        data = (interop / "files" / name).read_bytes()
        made = written(BMFF, data, ALL)
        assert said(BMFF, made) == said(BMFF, data) | ALL
        if suffix:
            check_kept(data, made)
            assert streams(made, suffix, tmp_path) == streams(data, suffix, tmp_path)
            check_signature(made, "video/mp4")
