"""Marks written into the ID3v2 tags of MP3 files."""

import io
import random
import struct
import zlib

import pytest
from credlabel_plugins.formats import _id3_writing
from credlabel_plugins.formats.mp3 import Mp3
from making import mutations, sample
from marked import (
    AIGC,
    EXIFTOOL_NAMES,
    MARKS,
    check_signature,
    exiftool,
    said,
    without,
    written,
    written_once,
)

from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
    ReadBackError,
)

MP3 = Mp3()
TEXTS = {
    "id3:TXXX:AIGC": (AIGC,),
    "id3:TXXX:DigitalSourceType": ("http://x/山 <&>\n'",),
    "id3:TXXX:many": ("eins", "zwei", "ÿþ"),
}
ALL = TEXTS | MARKS
STRANGE = b"\1\2\xff\xe0\xff\0\xff"
PACKET = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Singer"/>'
    b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
FRAMES = (
    (b"TIT2", b"\0Hills"),
    (b"ABCD", STRANGE),
    (b"COMM", b"\0engcomment\0said"),
    (b"TXXX", b"\0aigc\0other name"),
    (b"PRIV", b"XMP\0" + PACKET),
    (b"GEOB", b"\0text/plain\0\0\0" + bytes(90)),
)
EARLIER = ((b"TT2", b"\0Hills"), (b"XYZ", STRANGE), (b"TXX", b"\0AIGC\0old"))


def sevens(number):
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def length_of(data):
    return 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def unsynchronised(data):
    out = bytearray()
    for at, byte in enumerate(data):
        out.append(byte)
        following = data[at + 1 : at + 2]
        if byte == 0xFF and (not following or following == b"\0" or following >= b"\xe0"):
            out.append(0)
    return bytes(out)


def whole_unsynchronised(kit, *frames):
    """A tag of version 2.3 all of which is unsynchronised."""
    tag = kit.id3(*frames, version=3, padding=40)
    body = unsynchronised(tag[10:])
    return b"ID3\3\0\x80" + sevens(len(body)) + body


def with_extended_header(kit, version, *, checksum=True, restricted=False):
    """A tag with an extended header; with a checksum of the frames, if it is to have one."""
    tag = kit.id3(*FRAMES, version=version)
    frames, padding = tag[10:], bytes(50)
    if version == 3:
        header = struct.pack(">IHI", 10 if checksum else 6, 0x8000 * checksum, 50)
        header += struct.pack(">I", zlib.crc32(frames)) if checksum else b""
    else:
        value = zlib.crc32(frames + padding)
        inside = b"\0\x05" + bytes(value >> shift & 0x7F for shift in (28, 21, 14, 7, 0))
        inside += b"\1\x10" if restricted else b""
        header = sevens(6 + len(inside)) + b"\1" + bytes([0x60 | 0x10 * restricted]) + inside
    body = header + frames + padding
    return b"ID3" + bytes([version, 0, 0x40]) + sevens(len(body)) + body


def with_footer(kit):
    tag = kit.id3(*FRAMES, flags=0x10)
    return tag + b"3DI" + tag[3:10]


def tags(kit):
    return {
        "none": b"",
        "2.4": kit.id3(*FRAMES),
        "2.4-roomy": kit.id3(*FRAMES, padding=9000),
        "2.3": kit.id3(*FRAMES, version=3, padding=20),
        "2.3-unsynchronised": whole_unsynchronised(kit, *FRAMES),
        "2.4-unsynchronised": kit.id3(
            *((name, unsynchronised(body)) for name, body in FRAMES), flags=0x80
        ),
        "2.3-extended": with_extended_header(kit, 3),
        "2.3-extended-only": with_extended_header(kit, 3, checksum=False),
        "2.4-extended": with_extended_header(kit, 4),
        "footer": with_footer(kit),
        "stacked": kit.id3((b"TIT2", b"\3a")) + kit.id3(*FRAMES, version=3),
        "empty": kit.id3(),
    }


NAMES = [
    *("none", "2.4", "2.4-roomy", "2.3", "2.3-unsynchronised", "2.4-unsynchronised"),
    *("2.3-extended", "2.3-extended-only", "2.4-extended", "footer", "stacked", "empty"),
]


def files(kit, name):
    end = b"TAG" + b"old title".ljust(125, b"\0")
    return tags(kit)[name] + kit.mp3() + end


# ---------------------------------------------------------------------------- writing


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_written_and_nothing_else_changes(kit, name):
    data = files(kit, name)
    start = len(tags(kit)[name])
    before = said(MP3, data)
    made = data
    short = {"id3:TXXX:AIGC": ("s",), "xmp:xmp:CreateDate": ("2026",)}
    for changes in (ALL, short, ALL | {"id3:TXXX:AIGC": (AIGC * 99,)}, ALL):
        made = written(MP3, made, changes)
        assert said(MP3, made) == before | ALL | changes
        MP3.check_whole(io.BytesIO(made))
        assert made.endswith(data[start:])
        if before.keys() > {"id3:TIT2"}:
            following = b"C" if "2.3" in name else b""  # which counts in a whole tag
            kept = unsynchronised(STRANGE + following) if "unsync" in name else STRANGE
            assert b"ABCD" in made
            assert kept in made
            assert bytes(90) in made
    made = written(MP3, made, without(ALL))
    assert said(MP3, made) == before
    assert made.endswith(data[start:])


def test_padding_keeps_the_sound_in_its_place(kit):
    data = files(kit, "2.4-roomy")
    made = written(MP3, data, ALL)
    assert len(made) == len(data)
    longer = written(MP3, data, {"id3:TXXX:AIGC": ("x" * 9000,)})
    assert len(longer) > len(data)
    assert length_of(longer) + len(data) - length_of(data) == len(longer)


def test_a_file_without_tag_gets_one_of_version_4(kit):
    made = written(MP3, kit.mp3(), TEXTS)
    assert made[:6] == b"ID3\4\0\0"
    assert made[length_of(made) :] == kit.mp3()
    assert written(MP3, kit.mp3(), without(TEXTS)) == kit.mp3()


@pytest.mark.parametrize(("version", "mark"), [(3, b"\1\xff\xfe"), (4, b"\3http")])
def test_texts_are_in_an_encoding_that_the_version_has(kit, version, mark):
    data = kit.id3((b"TIT2", b"\0x"), version=version) + kit.mp3()
    made = written(MP3, data, {"id3:TPE1": ("http://山",), "id3:TCOP": ("plain",)})
    assert b"TPE1" + made[made.index(b"TPE1") + 4 : made.index(b"TPE1") + 10] + mark in made
    assert (b"\0plain" in made) == (version == 3)


def test_a_frame_is_replaced_where_it_was(kit):
    frames = [(b"TIT2", b"\3a"), (b"TXXX", b"\3AIGC\0old"), (b"TPE1", b"\3b")]
    twice = [*frames, (b"TXXX", b"\3AIGC\0older")]
    wanted = kit.id3(frames[0], (b"TXXX", b"\3AIGC\0new one"), frames[2], padding=3)
    made = written(MP3, kit.id3(*twice) + kit.mp3(), {"id3:TXXX:AIGC": ("new one",)})
    assert made.startswith(wanted[10:-3], 10)


def test_a_checksum_of_the_tag_is_made_right(kit):
    made = written(MP3, files(kit, "2.3-extended"), TEXTS)
    padding, checksum = struct.unpack_from(">II", made, 16)
    assert zlib.crc32(made[24 : length_of(made) - padding]) == checksum
    made = written(MP3, files(kit, "2.4-extended"), TEXTS)
    shifts = (28, 21, 14, 7, 0)
    checksum = sum(byte << shift for byte, shift in zip(made[18:23], shifts, strict=True))
    assert zlib.crc32(made[23 : length_of(made)]) == checksum


def test_a_footer_says_what_the_header_says(kit):
    made = written(MP3, files(kit, "footer"), TEXTS)
    end = length_of(made)
    assert made[end : end + 10] == b"3DI" + made[3:10]
    MP3.check_whole(io.BytesIO(made))


def test_what_a_change_replaces_is_in_no_tag_any_more(kit):
    other = PACKET.replace(b"Singer", b"Dancer")
    first = kit.id3((b"TIT2", b"\3a"), (b"PRIV", b"XMP\0" + PACKET))
    second = kit.id3((b"TXXX", b"\3AIGC\0old"), (b"PRIV", b"XMP\0" + other), version=3)
    changes = {"id3:TXXX:AIGC": ("new",), "xmp:xmp:CreatorTool": ("Painter",)}
    made = written(MP3, first + second + kit.mp3(), changes)
    assert said(MP3, made) == {"id3:TIT2": ("a",), **changes}
    assert b"Dancer" not in made


def test_a_packet_in_utf_16_in_an_unsynchronised_tag_is_updated(kit):
    packet = "\ufeff" + PACKET.decode()
    frame = (b"PRIV", unsynchronised(b"XMP\0" + packet.encode("utf-16")))
    data = kit.id3(frame, flags=0x80) + kit.mp3()
    made = written(MP3, data, {"xmp:xmp:CreatorTool": ("Süße ÿ",)})
    assert said(MP3, made) == {"xmp:xmp:CreatorTool": ("Süße ÿ",)}


# ---------------------------------------------------------------------------- version 2.2


def test_version_2_holds_texts_but_no_xmp(kit):
    data = kit.id3(*EARLIER, version=2) + kit.mp3()
    made = written(MP3, data, TEXTS)
    assert said(MP3, made) == said(MP3, data) | TEXTS
    assert made[3] == 2
    assert b"XYZ\0\0\7" + STRANGE in made
    with pytest.raises(CapacityError, match=r"2\.2, which holds no XMP"):
        written_once(MP3, data, MARKS)
    with pytest.raises(CapacityError, match=r"2\.2, which has no TMOO"):
        written_once(MP3, data, {"id3:TMOO": ("calm",)})


# ---------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"id3:COMM": ("x",)}, LabelError),
        ({"id3:": ("x",)}, LabelError),
        ({"vorbis:A": ("x",)}, LabelError),
        ({"id3:TXXX:A": ("a\0b",)}, LabelError),
        ({"id3:TXXX:A": ("\ufeffa",)}, ReadBackError),
        ({"xmp:dc:title": ("a", "b")}, LabelError),
    ],
)
def test_what_can_not_be_written_is_refused(kit, changes, error):
    with pytest.raises(error):
        written_once(MP3, files(kit, "2.4"), changes)


def test_damaged_tags_are_refused(kit, monkeypatch):
    tag, cut = kit.id3(*FRAMES, padding=30), kit.id3(*FRAMES)
    for bad, words in (
        (tag[:-5] + b"junk!", "no frame"),
        (cut[:9] + bytes([cut[9] - 1]) + cut[10:], "no frame"),
        (kit.id3(*FRAMES, version=3, flags=0x40), "extended header|no frame"),
        (with_extended_header(kit, 4, restricted=True), "restricts"),
    ):
        with pytest.raises(AssetError if words != "restricts" else LabelError, match=words):
            written_once(MP3, bad + kit.mp3(), TEXTS)
    with pytest.raises(MalformedAssetError, match="within its ID3 tag"):
        written_once(MP3, tag[:60], TEXTS)
    monkeypatch.setattr(_id3_writing, "MAX_TAGS_BYTES", 100)
    with pytest.raises(LimitExceededError):
        written_once(MP3, tag + kit.mp3(), TEXTS)


def test_a_tag_that_would_take_long_is_refused():
    bomb = zlib.compress(b"\3" + b"a" * (40 << 20), 9)
    frame = b"TXXX" + sevens(4 + len(bomb)) + b"\0\x09" + sevens(0) + bomb
    data = b"ID3\4\0\0" + sevens(len(frame) * 100) + frame * 100
    with pytest.raises(LimitExceededError):
        written_once(MP3, data, TEXTS)


@pytest.mark.parametrize("name", ["2.4", "2.3-unsynchronised", "2.4-extended", "stacked"])
def test_damaged_files_are_refused_or_read_back(kit, name):
    data = written(MP3, files(kit, name), ALL)
    for bad in mutations(data[:3000], random.Random(7), 100):
        before = said(MP3, bad)
        try:
            made = written_once(MP3, bad, {"id3:TXXX:AIGC": ("new" * 90,)})
        except (AssetError, LabelError):
            continue
        kept = {name: t for name, t in said(MP3, made).items() if name != "id3:TXXX:AIGC"}
        before.pop("id3:TXXX:AIGC", None)
        assert kept == before


# ---------------------------------------------------------------------------- what others see


@pytest.mark.parametrize("name", ["2.4", "2.3"])
@pytest.mark.parametrize("place", ["AIGC", "DigitalSourceType"])
def test_exiftool_reads_the_same(kit, name, place, tmp_path):
    data = files(kit, name)
    field = f"id3:TXXX:{place}"
    made = written(MP3, data, MARKS | {field: TEXTS[field]})
    old, new = (exiftool(each, ".mp3", tmp_path) for each in (data, made))
    texts = f"ID3v2_{name[2]}:UserDefinedText"  # of several, it tells the last
    assert new[texts] == f"({place}) {TEXTS[field][0]}"
    for mark, theirs in EXIFTOOL_NAMES.items():
        assert new[theirs] == MARKS[mark][0]
    changed = {texts, "File:ID3Size"}
    assert {key: new.get(key) for key in old if key not in changed} == {
        key: value for key, value in old.items() if key not in changed
    }
    assert not any("Warning" in key for key in new.keys() - old.keys())


@pytest.mark.parametrize("name", ["none", "2.4", "2.3", "2.4-extended", "footer", "stacked"])
def test_a_signature_over_it_is_valid_and_keeps_the_marks(kit, name):
    made = written(MP3, sample("hills.mp3") if name == "none" else files(kit, name), ALL)
    signed = check_signature(made, "audio/mpeg")
    assert said(MP3, signed).items() >= ALL.items()


def test_a_credential_that_is_there_stays(kit):
    signed = check_signature(written(MP3, files(kit, "2.4"), TEXTS), "audio/mpeg")
    made = written(MP3, signed, {"id3:TXXX:AIGC": ("new",)})
    at = signed.index(b"GEOB", signed.index(b"application/c2pa") - 40)
    assert signed[at : length_of(signed)] in made


@pytest.mark.interop
def test_other_peoples_sound_is_marked(interop):
    data = (interop / "files" / "ms-validator" / "cicadas.mp3").read_bytes()
    made = written(MP3, data, ALL)
    assert said(MP3, made) == said(MP3, data) | ALL
    assert made[length_of(made) :] == data[length_of(data) :]
    bad = (interop / "files" / "malformed" / "id3v23_compression_underflow.mp3").read_bytes()
    try:
        made = written_once(MP3, bad, ALL)
    except (AssetError, LabelError):
        made = b""
    assert not made or said(MP3, made).items() >= ALL.items()
