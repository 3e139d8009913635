import io
import struct

import pytest
from credlabel_plugins.formats._boxes import walk
from credlabel_plugins.formats.bmff import Bmff
from making import created, definition, labeller, sign

from credlabel.errors import MalformedAssetError

BMFF = Bmff()
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@pytest.mark.parametrize(
    "name", ["mp4", "mp4-index-last", "mov", "m4a", "m4v", "avif", "heic", "heif"]
)
def test_cut_files_are_refused(kit, name):
    kit.check_cuts(BMFF, kit.made(name))


def test_padding_does_no_harm_but_anything_else_does(kit):
    for name in ("mp4", "heic"):
        assert kit.is_whole(BMFF, kit.made(name) + bytes(3))
        assert kit.is_whole(BMFF, kit.made(name) + bytes(500))
        assert not kit.is_whole(BMFF, kit.made(name) + b"\0\0\1")
        assert not kit.is_whole(BMFF, kit.made(name) + bytes(100) + b"x")


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"ftypavis\0\0\0\0avif", "image/avif"),
        (b"ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"ftypmif1\0\0\0\0miaf", "image/heif"),
        (b"ftypwhat\0\0\0\0isom", "video/mp4"),
        (b"ftypwhat\0\0\0\0mif1", "image/heif"),
        (b"ftyp3gp5\0\0\0\0", "video/mp4"),
        (b"ftypcrx \0\0\0\0", "image/x-canon-cr3"),
        (b"ftypwhat\0\0\0\0what", None),
        (b"ftypjp2 \0\0\0\0jp2 ", None),
        (b"styp", None),
    ],
)
def test_brands(head, media_type):
    assert BMFF.accepts(struct.pack(">I", len(head) + 4) + head) == media_type


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\0\0\x0f\x17moov\0\0\0\x6cmvhd", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\1\0mdat", "video/quicktime"),
        (b"\0\0\0\x10free12345678\0\0\1\0moov", "video/quicktime"),
        (b"\0\1\0\0mdat", "video/quicktime"),
        (b"\0\0\0\1mdat", "video/quicktime"),
        (b"The free software that is not a film", None),
        (b"textmdat", None),
        (b"textmoov", None),
        (b"\0\0\0\0free", None),
    ],
)
def test_films_from_before_brands(head, media_type):
    assert BMFF.accepts(head) == media_type


def test_the_index_must_be_there(kit):
    data = kit.made("mp4")
    without = data.replace(b"moov", b"free")
    with pytest.raises(MalformedAssetError, match="index is missing"):
        BMFF.check_whole(io.BytesIO(without))
    with pytest.raises(MalformedAssetError, match="data is missing"):
        BMFF.check_whole(io.BytesIO(data[:20] + kit.movie(chunk=99_999)))
    at = data.index(b"stco") + 8
    with pytest.raises(MalformedAssetError, match="index breaks off"):
        BMFF.check_whole(io.BytesIO(data[:at] + b"\0\0\0\xff" + data[at + 4 :]))


def test_samples_in_other_files_are_not_looked_for(kit):
    index = kit.movie(chunk=99_999)
    assert kit.is_whole(
        BMFF, kit.box(b"ftyp", b"qt  ") + index.replace(b"url \0\0\0\1", b"url " + bytes(4))
    )


def test_the_last_fragment_needs_its_data(kit):
    head = kit.box(b"ftyp", b"isom", bytes(4)) + kit.box(b"moov", kit.box(b"mvhd", bytes(100)))
    part = kit.box(b"moof", bytes(40)) + kit.box(b"mdat", bytes(90))
    assert kit.is_whole(BMFF, head + part * 3)
    assert not kit.is_whole(BMFF, head + part * 3 + kit.box(b"moof", bytes(40)))


def test_a_short_item_index_is_refused(kit):
    for body in (b"", bytes(7), b"\0\0\0\0\x44\0\0\2" + bytes(6)):
        data = kit.box(b"ftyp", b"heic") + kit.box(b"meta", bytes(4), kit.box(b"iloc", body))
        assert not kit.is_whole(BMFF, data)


def test_large_and_open_boxes(kit):
    head = kit.box(b"ftyp", b"isom", bytes(4)) + kit.box(b"moov", kit.box(b"mvhd", bytes(100)))
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
    assert kit.is_whole(BMFF, head + large)
    assert not kit.is_whole(BMFF, head + large[:-1])
    assert kit.is_whole(BMFF, head + b"\0\0\0\0mdat" + bytes(50))
    assert not kit.is_whole(BMFF, head + struct.pack(">I4sQ", 1, b"mdat", 3) + bytes(50))


def test_probe_looks_into_user_boxes(kit):
    for name in ("mp4", "avif", "mov"):
        data = kit.made(name)
        assert kit.probe(BMFF, data + kit.box(b"uuid", C2PA, bytes(20)))
        assert kit.probe(BMFF, data + kit.box(b"jumb", bytes(20)))
        assert not kit.probe(BMFF, data + kit.box(b"uuid", XMP, kit.xmp))
        assert kit.probe(BMFF, data + kit.box(b"uuid", XMP, kit.remote_xmp))
        assert not kit.probe(BMFF, data + kit.box(b"uuid", bytes(16), C2PA, b"provenance"))


def test_probe_looks_into_quicktimes_user_data(kit):
    for packet, expected in ((kit.xmp, False), (kit.remote_xmp, True)):
        data = kit.box(b"udta", kit.box(b"XMP_", packet), bytes(4))
        assert kit.probe(BMFF, kit.box(b"ftyp", b"qt  ") + kit.movie(extra=data)) is expected


def test_probe_looks_into_heif_items(kit):
    assert not kit.probe(BMFF, kit.heif(xmp=kit.xmp))
    data = kit.heif(xmp=kit.remote_xmp)
    assert kit.probe(BMFF, data)
    kit.check_cuts(BMFF, data)
    plain = kit.heif(xmp=kit.xmp)
    long = kit.box(b"iinf", bytes(2 << 20))
    assert kit.probe(BMFF, kit.box(b"ftyp", b"heic") + kit.box(b"meta", bytes(4), long))
    assert not kit.probe(BMFF, kit.box(b"ftyp", b"heic") + kit.box(b"meta", bytes(4)))
    assert kit.probe(BMFF, plain.replace(b"rdf+xml\0", b"rdf+xmlx"))  # listed, and not understood
    assert kit.probe(BMFF, plain.replace(b"iloc", b"free"))
    at = plain.index(b"mime") - 2
    assert kit.probe(BMFF, plain[:at] + b"\0\1" + plain[at + 2 :])  # protected


def test_films_of_the_old_kind_get_a_sidecar(kit):
    assert "old kind" in kit.objection(BMFF, kit.made("mov-classic"))
    assert kit.objection(BMFF, kit.made("mov")) is None


def test_probe_takes_damage_for_doubt(kit):
    assert kit.probe(BMFF, kit.made("mp4")[:-20])
    assert kit.probe(BMFF, b"\0\0\0\x07ftypisom")


def test_boxes_are_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats._boxes.MAX_BOXES", 3)
    data = kit.made("mp4") + kit.box(b"free") * 3
    assert kit.probe(BMFF, data)
    assert not kit.is_whole(BMFF, data)
    monkeypatch.setattr("credlabel_plugins.formats._items.MAX_ITEMS", 1)
    assert not kit.is_whole(BMFF, kit.heif())


# ---------------------------------------------------------------------------- embedding

CREDENTIAL = C2PA + b"\0\0\0\0manifest\0" + bytes(20)


def fragmented(kit, *, entries=2):
    """A film in two fragments, with an index of them at its end."""
    data, places = kit.film(), []
    header = kit.box(b"tfhd", b"\0\2\0\0", struct.pack(">I", 1))
    for _ in range(2):
        places.append(len(data))
        data += kit.box(b"moof", kit.box(b"traf", header)) + kit.box(b"mdat", bytes(50))
    times = b"".join(struct.pack(">II", 7, at) + b"\1\1\1" for at in places[:entries])
    return data + kit.box(
        b"mfra", kit.box(b"tfra", bytes(4), struct.pack(">III", 1, 0, entries), times)
    )


def places_of_fragments(data):
    at = data.index(b"tfra") + 16
    count = int.from_bytes(data[at : at + 4], "big")
    return [int.from_bytes(data[at + 8 + 11 * n : at + 12 + 11 * n], "big") for n in range(count)]


def in_movie(kit, data, *path_and_box):
    """The film with a box more at the end of another one, by path; offsets stay as they were."""
    *path, added = path_and_box
    made, start, end = bytearray(data), 0, len(data)
    parents = []
    for kind in path:
        found = next(box for box in walk(io.BytesIO(data), start, end) if box.kind == kind)
        start, end = found.body, found.end
        parents.append(found)
    made[end:end] = added
    for box in parents:
        made[box.start : box.start + 4] = (box.end - box.start + len(added)).to_bytes(4, "big")
    return bytes(made)


def test_films_with_an_index_of_fragments_get_a_sidecar(kit):
    assert "damage" in kit.objection(BMFF, fragmented(kit))
    assert kit.objection(BMFF, fragmented(kit, entries=0)) is None
    made = labeller().label_bytes(fragmented(kit), name="a.mp4")
    assert made.receipt.tier == "sidecar"
    places = places_of_fragments(made.data)
    assert [made.data[at + 4 : at + 8] for at in places] == [b"moof", b"moof"]
    assert len(set(places)) == 2


def test_the_library_still_damages_the_index_of_fragments(kit):
    """If this fails, c2pa-rs has been mended, and the objection can go."""
    signed, _ = sign(fragmented(kit), "video/mp4", definition(created()))
    assert len(set(places_of_fragments(signed))) == 1


def test_a_credential_behind_data_is_not_updated(kit):
    store = kit.box(b"uuid", CREDENTIAL)
    film = kit.film()
    assert "stands behind data" in kit.objection(BMFF, film + store)
    assert "stands behind data" in kit.objection(BMFF, film[:20] + kit.box(b"sidx") + store)
    assert kit.objection(BMFF, film[:20] + kit.box(b"free") + store + film[20:]) is None
    assert kit.objection(BMFF, film + kit.box(b"uuid", bytes(30))) is None


def test_indexes_that_the_library_passes_over_get_a_sidecar(kit):
    places = kit.box(b"iloc", bytes(4), b"\x44\0\0\1\0\1\0\0\0\1", struct.pack(">II", 1300, 10))
    items = kit.box(b"meta", bytes(4), kit.box(b"hdlr", bytes(21)), places)
    film = kit.film()
    for kind, added in ((b"moov", kit.box(b"cmov", bytes(30))), (b"moov", items)):
        assert "damage" in kit.objection(BMFF, in_movie(kit, film, kind, added))
    for path in ((b"moof",), (b"moof", b"traf")):
        data = in_movie(kit, fragmented(kit, entries=0), *path, items)
        assert "damage" in kit.objection(BMFF, data)


def test_samples_in_other_files_are_not_taken_for_moved(kit):
    path = (b"moov", b"trak", b"mdia", b"minf")
    for flag, is_kept in ((b"\1", True), (b"\0", False)):
        entry = kit.box(b"url ", b"\0\0\0" + flag)
        added = kit.box(b"dinf", kit.box(b"dref", bytes(4), b"\0\0\0\1", entry))
        data = in_movie(kit, kit.film(), *path, added)
        assert (kit.objection(BMFF, data) is None) is is_kept


def test_films_that_32_bits_may_not_do_for_get_a_sidecar(kit, monkeypatch):
    auxiliary = kit.box(b"saio", bytes(4), b"\0\0\0\1", bytes(4))
    path = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
    wide = in_movie(kit, kit.film().replace(b"stco", b"free"), *path, auxiliary)
    monkeypatch.setattr("credlabel_plugins.formats._bmff_embedding.MAX_CREDENTIAL_BYTES", 1 << 32)
    assert "damage" in kit.objection(BMFF, kit.film())
    assert "damage" in kit.objection(BMFF, wide)
    assert kit.objection(BMFF, wide.replace(b"saio\0", b"saio\1")) is None


def test_boxes_that_contradict_each_other_are_not_moved(kit):
    assert "contradict" in kit.objection(BMFF, kit.film()[:-20])
