"""Marks are written into HEIF pictures (HEIC, AVIF), which look as before."""

import io
import random
import struct
import subprocess
import time

import pytest
from c2pa import C2paError
from credlabel_plugins.formats import _item_places, _xmp_packets
from credlabel_plugins.formats.bmff import Bmff
from making import created, definition, mutations, sample, sign
from marked import (
    AIGC,
    EXIFTOOL_NAMES,
    MARKS,
    check_signature,
    exiftool,
    pixels,
    said,
    without,
    written,
)
from PIL import Image

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    UnsupportedMediaTypeError,
)

BMFF = Bmff()
RDF = b"application/rdf+xml\0"
TYPES = {"heic": "image/heic", "heif": "image/heif", "avif": "image/avif"}
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
CREDIT = {"xmp:photoshop:Credit": ("we",)}


def packet(**properties):
    told = "".join(f"<dc:{name}>{text}</dc:{name}>" for name, text in properties.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-'
        'rdf-syntax-ns#"><!-- theirs --><rdf:Description rdf:about="" xmlns:dc="http://purl.org/'
        f'dc/elements/1.1/">{told}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


THEIRS = packet(source="them")
PICTURE = b"a picture, in principle"
WIDE = {0: "", 4: "I", 8: "Q"}


class Item:
    """An item for ``heif``: its parts lie in the ``mdat`` box, or inside the index."""

    def __init__(self, *parts, kind=b"hvc1\0", inside=False, describes=None, based=False, entry=0):
        self.parts = parts
        self.kind = kind
        self.inside = inside
        self.describes = describes
        self.based = based
        self.protection = entry


def xmp_item(*parts, **how):
    return Item(*parts, kind=b"mime\0" + RDF, **{"describes": 1, **how})


def heif(kit, *items, version=1, widths=(4, 4, 0, 0), numbers=None, primary=1, extra=b"", end=b""):
    """A picture of these items; ``widths`` are those of offset, length, base and index."""
    numbers = numbers or list(range(1, len(items) + 1))
    head = kit.box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    id_letter = "I" if version == 2 else "H"
    inner = b"".join(part for item in items if item.inside for part in item.parts)
    outer = b"".join(part for item in items if not item.inside for part in item.parts)

    def index(start):
        entries, places, at = [], [], {True: 0, False: start}
        for number, item in zip(numbers, items, strict=True):
            short = number < 1 << 16
            entry = struct.pack(">H" if short else ">I", number) + struct.pack(
                ">H", item.protection
            )
            entries.append(
                kit.box(b"infe", b"\2\0\0\0" if short else b"\3\0\0\0", entry, item.kind)
            )
            base = at[item.inside] if item.based else 0
            place = struct.pack(f">{id_letter}", number)
            place += struct.pack(">H", item.inside) if version else b""
            place += b"\0\0" + base.to_bytes(widths[2], "big")
            place += struct.pack(">H", len(item.parts))
            for part in item.parts:
                place += bytes(widths[3]) + (at[item.inside] - base).to_bytes(widths[0], "big")
                place += len(part).to_bytes(widths[1], "big")
                at[item.inside] += len(part)
            places.append(place)
        packed = bytes((widths[0] << 4 | widths[1], widths[2] << 4 | widths[3]))
        count = struct.pack(f">{id_letter}", len(items))
        references = [
            kit.box(b"cdsc", struct.pack(">HHH", number, 1, item.describes))
            for number, item in zip(numbers, items, strict=True)
            if item.describes
        ]
        return kit.box(
            b"meta",
            bytes(4),
            kit.box(b"hdlr", bytes(8), b"pict", bytes(13)),
            kit.box(b"pitm", bytes(4), struct.pack(">H", primary)),
            kit.box(b"iinf", bytes(4), struct.pack(">H", len(items)), *entries),
            kit.box(b"iref", bytes(4), *references) if references else b"",
            kit.box(b"idat", inner) if inner else b"",
            extra,
            kit.box(b"iloc", bytes([version, 0, 0, 0]), packed, count, *places),
        )

    start = len(head) + len(index(0)) + 8
    return head + index(start) + kit.box(b"mdat", outer) + end


def boxes(data, start, end):
    found = {}
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        found[kind] = (start + 8, start + size)
        start += size
    return found


def index_of(data):
    body, end = boxes(data, 0, len(data))[b"meta"]
    return boxes(data, body + 4, end)


def contents(data):
    """What every item holds, by its number."""
    index = index_of(data)
    start, _ = index[b"iloc"]
    at = start

    def number(width):
        nonlocal at
        at += width
        return int.from_bytes(data[at - width : at], "big")

    version = number(4) >> 24
    packed = number(2)
    widths = packed >> 12, packed >> 8 & 15, packed >> 4 & 15, packed & 15
    long = 4 if version == 2 else 2
    found = {}
    for _ in range(number(long)):
        item = number(long)
        method = number(2) if version else 0
        assert number(2) == 0
        base = number(widths[2]) + (index[b"idat"][0] if method else 0)
        found[item] = b""
        for _ in range(number(2)):
            number(widths[3])
            begin = base + number(widths[0])
            length = number(widths[1])
            assert begin + length <= len(data)
            found[item] += data[begin : begin + length]
    assert at == index[b"iloc"][1]
    return found


def check_kept(before, after):
    """Every item is what it was, but for XMP."""
    old, new = contents(before), contents(after)
    assert {number: new[number] for number, held in old.items() if b"<rdf" not in held} == {
        number: held for number, held in old.items() if b"<rdf" not in held
    }
    BMFF.check_whole(io.BytesIO(after))


def decoded(data, folder):
    """The pixels of a HEIC picture, as libheif decodes it."""
    path = folder / "picture.heic"
    path.write_bytes(data)
    made = folder / "picture.png"
    subprocess.run(["heif-convert", str(path), str(made)], capture_output=True, check=True)
    with Image.open(made) as picture:
        return picture.convert("RGBA").tobytes()


def check_exiftool(before, after, suffix, folder):
    """ExifTool reads the marks, and all else as before, but for where the first media data are."""
    old, new = exiftool(before, suffix, folder), exiftool(after, suffix, folder)
    assert {name: new[theirs] for name, theirs in EXIFTOOL_NAMES.items()} == {
        name: MARKS[name][0] for name in EXIFTOOL_NAMES
    }
    for name, value in old.items():
        assert "MediaData" in name or new[name] == value
    assert not [name for name in new if "Warning" in name or "Error" in name]


# ---------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("kind", TYPES)
def test_samples_are_marked_and_look_as_before(kind, tmp_path):
    data = sample(f"hills.{kind}")
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == said(BMFF, data) | MARKS
    check_kept(data, made)
    signed = check_signature(made, TYPES[kind])
    assert said(BMFF, signed) == said(BMFF, made)
    assert contents(signed) == contents(made)
    if kind == "avif":
        assert pixels(data) == pixels(made) == pixels(signed)
    else:
        assert decoded(signed, tmp_path) == decoded(data, tmp_path)
    check_exiftool(data, signed, f".{kind}", tmp_path)
    cleared = written(BMFF, made, without(MARKS))
    assert said(BMFF, cleared) == said(BMFF, data)
    check_kept(data, cleared)


@pytest.mark.parametrize("sequence", [False, True])
def test_metadata_of_pictures_stay(kit, sequence, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a description"
    frames = 3 if sequence else 1
    data = kit.saved("AVIF", frames=frames, exif=exif.tobytes(), xmp=THEIRS)
    assert (b"moov" in data) is sequence
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == said(BMFF, data) | MARKS
    assert said(BMFF, made)["exif:ImageDescription"] == ("a description",)
    check_kept(data, made)
    assert pixels(made) == pixels(data)
    assert made.count(b"<!-- theirs -->") == 1
    if sequence:
        assert "damage" in kit.objection(BMFF, made)  # the track has metadata, too
        return
    signed = check_signature(made, "image/avif")
    assert pixels(signed) == pixels(data)
    assert Image.open(io.BytesIO(signed)).info["xmp"] == contents(made)[3]


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize(
    "widths",
    [(4, 4, 0, 0), (4, 4, 4, 0), (8, 8, 8, 0), (0, 4, 4, 0), (8, 4, 0, 0), (4, 4, 8, 4)],
    ids=str,
)
def test_indexes_of_every_form(kit, version, widths):
    widths = widths if version else (*widths[:3], 0)
    based = widths[2] > 0
    one = () if widths[0] == 0 else (b"second part",)
    grid = Item(b"grid", inside=version > 0, based=based and version == 0)
    items = (Item(PICTURE, *one, based=based), grid)
    if not widths[0]:
        items = items[:1]  # only a base says where an item is
    data = heif(kit, *items, version=version, widths=widths)
    assert contents(data)[1].startswith(PICTURE)
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == MARKS
    check_kept(data, made)
    again = written(BMFF, made, CREDIT | {"xmp:dc:source": ("long" * 500,)})
    check_kept(data, again)
    changed = MARKS | CREDIT | {"xmp:dc:source": ("long" * 500,)}
    assert said(BMFF, again) == changed
    if BMFF.embedding_objection(io.BytesIO(made)) is None:
        signed = check_signature(made, "image/heic")
        assert contents(signed) == contents(made)


@pytest.mark.parametrize(
    ("version", "widths", "based", "is_sound"),
    [
        (0, (4, 4, 0, 0), False, True),
        (0, (4, 4, 4, 0), True, True),
        (0, (4, 4, 4, 0), False, False),  # a base of 0, and an absolute offset
        (1, (4, 4, 0, 0), False, True),
        (1, (4, 4, 4, 0), True, False),
        (1, (4, 4, 0, 4), False, False),
        (2, (4, 4, 4, 0), True, True),
    ],
)
def test_what_embedding_would_damage_gets_a_sidecar(kit, version, widths, based, is_sound):
    items = Item(PICTURE, based=based), Item(b"grid", inside=version > 0, based=based)
    data = heif(kit, *items, version=version, widths=widths)
    objection = kit.objection(BMFF, data)
    assert objection is None if is_sound else "damage" in objection
    try:
        signed, _ = sign(data, "image/heic", definition(created()))
        is_kept = contents(signed) == contents(data)
    except (C2paError, AssertionError):
        is_kept = False
    assert is_kept is is_sound  # or else c2pa-rs has been mended, and the objection can go


def test_items_named_by_a_data_reference_are_not_moved(kit):
    data = bytearray(heif(kit, Item(PICTURE), version=0, widths=(4, 4, 0, 0)))
    at = data.index(b"iloc") + 14  # behind version, widths, the count and the item's number
    data[at : at + 2] = b"\0\1"
    assert "damage" in kit.objection(BMFF, bytes(data))
    with pytest.raises(UnsupportedMediaTypeError, match="refers to other files"):
        written(BMFF, bytes(data), MARKS)


def test_numbers_get_wider_where_they_have_to(kit):
    # Without offsets, there is no place for a second part, and in 0 bytes none for a length.
    data = heif(kit, Item(PICTURE, based=True), widths=(0, 4, 4, 0), version=0)
    made = written(BMFF, data, MARKS)
    assert contents(made)[1] == PICTURE
    places = _item_places.ItemPlaces(b"\1\0\0\0", (4, 4, 0, 0), (), b"tail")
    far = _item_places.Place(7, 0, 0, 0, (_item_places.Piece(0, 1 << 33, 5),))
    wide = places.written([far])
    assert wide.endswith(struct.pack(">HHHHQI", 7, 0, 0, 1, 1 << 33, 5) + b"tail")
    assert wide[12:14] == b"\x84\0"


# ---------------------------------------------------------------------------- XMP


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("describes", [1, None])
def test_a_packet_is_updated_where_it_is(kit, inside, describes):
    items = (
        Item(PICTURE),
        xmp_item(THEIRS, inside=inside, describes=describes),
        Item(b"grid", inside=True),
        Item(b"behind"),
    )
    data = heif(kit, *items)
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == said(BMFF, data) | MARKS
    check_kept(data, made)
    assert made.count(b"mdat") == made.count(b"<!-- theirs -->") == 1
    assert contents(made).keys() == contents(data).keys()
    assert said(BMFF, written(BMFF, made, without(MARKS))) == said(BMFF, data)


def test_a_packet_in_pieces_or_shared_comes_behind_the_index(kit):
    halves = THEIRS[:200], THEIRS[200:]
    behind = kit.box(b"mpvd", b"a film within a photograph")
    in_pieces = heif(kit, Item(PICTURE), xmp_item(*halves), end=behind)
    shared = heif(kit, Item(PICTURE), xmp_item(THEIRS), xmp_item(THEIRS, describes=7), end=behind)
    # Both packets are the same bytes.
    old = contents(shared)[3]
    places = [at for at in range(len(shared)) if shared.startswith(old, at)]
    first, second = (struct.pack(">I", at) for at in places)
    shared = shared.replace(second, first)
    for data in (in_pieces, shared):
        made = written(BMFF, data, MARKS)
        assert said(BMFF, made) == {"xmp:dc:source": ("them",)} | MARKS
        check_kept(data, made)
        assert made.count(b"mdat") == 2
        assert made.endswith(data[data.index(b"mdat") - 4 :])
        again = written(BMFF, made, CREDIT)
        assert again.count(b"mdat") == 2
        assert said(BMFF, again) == {"xmp:dc:source": ("them",)} | MARKS | CREDIT


def test_a_new_packet_comes_behind_the_index(kit):
    behind = kit.box(b"mpvd", b"a film within a photograph")
    data = heif(kit, Item(PICTURE), end=behind)
    made = written(BMFF, data, MARKS)
    assert made.endswith(data[data.index(b"mdat") - 4 :])
    index = index_of(made)
    assert made[slice(*index[b"iref"])][4:].endswith(b"cdsc\0\2\0\1\0\1")
    assert made[slice(*index[b"iinf"])][4:6] == b"\0\2"


def test_packets_of_other_pictures_are_left_alone(kit):
    gain = packet(title="of the gain map")
    data = heif(kit, Item(PICTURE), Item(b"gain map"), xmp_item(gain, describes=2))
    made = written(BMFF, data, MARKS)
    assert contents(made)[3] == gain
    assert b"Credit" in contents(made)[4]
    assert said(BMFF, made) == said(BMFF, data) | MARKS
    made = written(BMFF, made, {"xmp:dc:title": ("ours",)})
    assert b"gain map" not in contents(made)[3]  # or there would be two
    assert said(BMFF, made)["xmp:dc:title"] == ("ours",)


def test_a_packet_outside_of_the_index_says_nothing_else(kit):
    data = heif(kit, Item(PICTURE), end=kit.box(b"uuid", XMP, packet(source="one", title="t")))
    made = written(BMFF, data, {"xmp:dc:source": ("we",)})
    assert said(BMFF, made) == {"xmp:dc:source": ("we",), "xmp:dc:title": ("t",)}


def test_an_item_that_is_nowhere_gets_a_place(kit):
    data = heif(kit, Item(PICTURE), xmp_item())
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == MARKS
    assert contents(made).keys() == {1, 2}
    data = heif(kit, Item(PICTURE), xmp_item(THEIRS)).replace(
        b"\0\2\0\0\0\0\0\1", b"\0\7" + b"\0\0\0\0\0\1"
    )
    made = written(BMFF, data, MARKS)
    assert contents(made).keys() == {1, 7, 2}


@pytest.mark.parametrize(
    "item",
    [
        Item(b"deflated", kind=b"mime\0" + RDF + b"deflate\0", describes=1),
        Item(THEIRS, kind=b"mime\0" + RDF, describes=1, entry=1),
    ],
)
def test_a_packet_that_can_not_be_read_is_no_reason_for_another(kit, item):
    with pytest.raises(CapacityError, match="compressed or encrypted"):
        written(BMFF, heif(kit, Item(PICTURE), item), MARKS)


def test_a_packet_in_another_file_is_no_reason_for_another(kit):
    data = heif(kit, Item(PICTURE), xmp_item(THEIRS), version=1)
    at = data.index(b"iloc") + 4 + 4 + 2 + 2 + 16
    assert data[at : at + 6] == b"\0\2\0\0\0\0"
    with pytest.raises(CapacityError, match="not in the file"):
        written(BMFF, data[: at + 5] + b"\1" + data[at + 6 :], MARKS)


def test_a_packet_beyond_the_limit_is_not_touched(kit, monkeypatch):
    monkeypatch.setattr(_xmp_packets, "MAX_VALUE", len(THEIRS) - 1)
    with pytest.raises(LimitExceededError):
        written(BMFF, heif(kit, Item(PICTURE), xmp_item(THEIRS)), MARKS)


def test_packets_are_few(kit, monkeypatch):
    many = [xmp_item(THEIRS, describes=2)] * 400
    data = heif(kit, Item(PICTURE), *many)
    start = time.perf_counter()
    made = written(BMFF, data, {"xmp:dc:source": ("we",)})
    assert time.perf_counter() - start < 5
    assert said(BMFF, made) == {"xmp:dc:source": ("we",)}
    monkeypatch.setattr(_xmp_packets, "MAX_TOTAL", 399 << 10)
    with pytest.raises(LimitExceededError):
        written(BMFF, data + bytes(9), {"xmp:dc:source": ("we",), "xmp:dc:title": ("x",)})


# ---------------------------------------------------------------------------- numbers of items


def test_a_new_item_takes_a_number_that_is_free(kit):
    group = kit.box(b"grpl", kit.box(b"altr", bytes(4), struct.pack(">III", 9, 1, 1)))
    made = written(BMFF, heif(kit, Item(PICTURE), extra=group), MARKS)
    assert contents(made).keys() == {1, 10}
    data = heif(kit, Item(PICTURE), Item(b"b"), numbers=[1, 65535])
    assert contents(written(BMFF, data, MARKS)).keys() == {1, 2, 65535}
    data = heif(kit, Item(PICTURE), Item(b"b"), numbers=[1, 70000], version=2)
    assert contents(written(BMFF, data, MARKS)).keys() == {1, 2, 70000}


def test_long_lists_keep_their_form(kit):
    data = heif(kit, Item(PICTURE))
    listing = index_of(data)[b"iinf"]
    old = data[listing[0] - 8 : listing[1]]
    long = kit.box(b"iinf", b"\1\0\0\0\0\0\0\1", old[14:])
    data = with_index(data, old, long)
    made = written(BMFF, data, MARKS)
    assert made[slice(*index_of(made)[b"iinf"])][:8] == b"\1\0\0\0\0\0\0\2"
    assert said(BMFF, made) == MARKS
    data = heif(kit, Item(PICTURE), Item(b"b", describes=1))
    old = data[index_of(data)[b"iref"][0] - 8 : index_of(data)[b"iref"][1]]
    long = kit.box(b"iref", b"\1\0\0\0", kit.box(b"thmb", struct.pack(">IHI", 2, 1, 1)))
    made = written(BMFF, with_index(data, old, long), MARKS)
    assert made[slice(*index_of(made)[b"iref"])].endswith(b"cdsc" + struct.pack(">IHI", 3, 1, 1))


def with_index(data, old, new):
    """A picture with a part of its index exchanged; all of its items have bases of 0."""
    more = len(new) - len(old)
    body, _ = boxes(data, 0, len(data))[b"meta"]
    made = bytearray(data.replace(old, new))
    struct.pack_into(">I", made, body - 8, struct.unpack_from(">I", made, body - 8)[0] + more)
    start, _ = index_of(made)[b"iloc"]
    for number in range(struct.unpack_from(">H", made, start + 6)[0]):
        at = start + 8 + number * 16 + 8
        struct.pack_into(">I", made, at, struct.unpack_from(">I", made, at)[0] + more)
    return bytes(made)


# ---------------------------------------------------------------------------- bad files


@pytest.mark.parametrize("kind", TYPES)
def test_cut_pictures_are_refused(kind):
    data = sample(f"hills.{kind}")
    for step in range(40):
        with pytest.raises(AssetError):
            written(BMFF, data[: len(data) * step // 40], MARKS)


def test_damaged_pictures_do_no_harm(kit):
    rng = random.Random(5)
    data = heif(kit, Item(PICTURE), xmp_item(THEIRS[:90], THEIRS[90:]), Item(b"g", inside=True))
    done = 0
    for made in mutations(data, rng, 400):
        sink = io.BytesIO()
        try:
            BMFF.write_metadata(io.BytesIO(made), sink, MARKS)
        except (AssetError, LabelError):
            continue
        done += said(BMFF, sink.getvalue()).get("xmp:TC260:AIGC") == (AIGC,)
    assert 20 < done < 400


def test_many_items_take_linear_time(kit):
    data = heif(kit, *[Item(b"x")] * 10_000)
    start = time.perf_counter()
    made = written(BMFF, data, MARKS)
    assert time.perf_counter() - start < 5
    assert len(contents(made)) == 10_001


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"iinf", b"free"),
        (b"iloc\1", b"iloc\3"),
    ],
)
def test_an_index_that_is_no_index_is_refused(kit, old, new):
    with pytest.raises(AssetError):
        written(BMFF, heif(kit, Item(PICTURE)).replace(old, new), MARKS)


def test_a_file_without_a_primary_picture_is_none_of_pictures(kit):
    data = heif(kit, Item(PICTURE)).replace(b"pitm", b"free")
    made = written(BMFF, data, MARKS)
    assert said(BMFF, made) == MARKS
    assert made.startswith(data + struct.pack(">I4s", len(made) - len(data), b"uuid") + XMP)


def test_an_item_that_is_twice_in_the_index_is_refused(kit):
    with pytest.raises(AssetError, match="twice"):
        written(BMFF, heif(kit, Item(PICTURE), Item(b"b"), numbers=[1, 1]), MARKS)


def test_real_pictures_are_marked(interop, tmp_path):
    folder = interop / "files"
    for name in (
        "negative-camera/HMD_Nokia_8.3_5G_hdr.heif",
        "trustnxt/trustnxt-icon-signed-v2-bmff.heic",
        "negative-camera/fox.avif",
        "negative-camera/bridge.avif",
    ):
        data = (folder / name).read_bytes()
        made = written(BMFF, data, MARKS)
        assert said(BMFF, made) == said(BMFF, data) | MARKS
        check_kept(data, made)
        kind = BMFF.accepts(data[:4096])
        signed = check_signature(made, kind)
        assert contents(signed) == contents(made)
        if name.endswith("avif"):
            assert pixels(signed) == pixels(data)
