import base64
import io
import json
import random
import shutil
import struct
import subprocess
import time
import zlib

import pytest
from credlabel_plugins.formats import _id3_metadata, _vorbis
from credlabel_plugins.formats._fields import MAX_FIELDS, MAX_VALUE
from credlabel_plugins.formats.flac import Flac
from credlabel_plugins.formats.mp3 import Mp3

LABEL = '{"Label":"1","ContentProducer":"001191110102MAD55U9H0F10002","ProduceID":"1"}'
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Singer"/></rdf:RDF></x:xmpmeta>'
)


def read(data, form=None):
    return dict((form or Mp3()).read_metadata(io.BytesIO(data)))


def syncsafe(number):
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name, data, *, version=4, flags=0, size=None):
    """A frame as it is in a tag of version 3 or 4, perhaps with another length than it has."""
    length = len(data) if size is None else size
    field = syncsafe(length) if version == 4 else length.to_bytes(4, "big")
    return name + field + bytes([0, flags]) + data


def tag(*frames, version=4, flags=0):
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body


# ---------------------------------------------------------------------------- ID3


@pytest.mark.parametrize("version", [3, 4])
def test_a_label_in_an_id3_tag_is_read(kit, version):
    data = kit.id3(
        (b"TSSE", b"\3Lavf60.3.100"),
        (b"TXXX", b"\3AIGC\0" + LABEL.encode()),
        (b"TENC", b"\0somebody"),
        (b"COMM", b"\0eng\0made with a machine"),
        (b"COMM", b"\0engnote\0other"),
        (b"WOAS", b"https://example.com/song\0junk"),
        (b"APIC", b"\0image/png\0\3\0not to be read"),
        version=version,
        padding=64,
    )
    assert read(data + kit.mp3()) == {
        "id3:TSSE": ("Lavf60.3.100",),
        "id3:TXXX:AIGC": (LABEL,),
        "id3:TENC": ("somebody",),
        "id3:COMM": ("made with a machine",),
        "id3:COMM:note": ("other",),
        "id3:WOAS": ("https://example.com/song",),
    }


def test_the_oldest_version_has_the_later_names(kit):
    data = kit.id3(
        (b"TSS", b"\0encoder"), (b"TXX", b"\0AIGC\0x"), (b"COM", b"\0eng\0words"), version=2
    )
    assert read(data + kit.mp3()) == {
        "id3:TSSE": ("encoder",),
        "id3:TXXX:AIGC": ("x",),
        "id3:COMM": ("words",),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\0" + "Zo\xe9".encode("latin-1"),
        b"\0" + "Zo\xe9".encode(),  # as many programs write it
        b"\1" + "\ufeffZo\xe9".encode("utf-16-le"),
        b"\1" + "\ufeffZo\xe9".encode("utf-16-be") + b"\0\0",
        b"\1" + "Zo\xe9".encode("utf-16-le"),
        b"\2" + "Zo\xe9".encode("utf-16-be"),
        b"\3" + "Zo\xe9".encode() + b"\0",
    ],
)
def test_texts_of_every_encoding_are_read(kit, content):
    assert read(kit.id3((b"TPE1", content)) + kit.mp3()) == {"id3:TPE1": ("Zo\xe9",)}


def test_descriptions_in_wide_characters_end_at_their_own_zeros(kit):
    wide = "\ufeffAIGC\0\ufeff\u4e00\u0100b".encode("utf-16-le")
    assert read(kit.id3((b"TXXX", b"\1" + wide))) == {"id3:TXXX:AIGC": ("\u4e00\u0100b",)}


def test_several_values_are_several_texts(kit):
    data = kit.id3((b"TPE1", b"\3one\0two\0"), (b"TPE1", b"\3three"))
    assert read(data) == {"id3:TPE1": ("one", "two", "three")}


def test_the_texts_of_one_frame_are_bounded(kit, monkeypatch):
    """Compressed, some kilobytes are millions of NULs."""
    monkeypatch.setattr("credlabel_plugins.formats._id3_metadata.MAX_TEXTS", 3)
    data = kit.id3((b"TPE1", b"\3a\0b\0c\0d")) + kit.mp3()
    assert Mp3().read_metadata(io.BytesIO(data)) == {"id3:TPE1": ("a", "b", "c")}


def test_a_description_without_text_is_no_text(kit):
    data = kit.id3((b"TXXX", b"\3name\0"), (b"TXXX", b"\3alone"), (b"COMM", b"\3engnote\0\0"))
    assert read(data) == {"id3:TXXX": ("alone",)}


def test_unsynchronised_tags_are_read():
    content = b"\1" + "\ufeffx\xff".encode("utf-16-le")  # ff fe ... ff 00
    spread = content.replace(b"\xff", b"\xff\0")
    whole = frame(b"TPE1", content, version=3).replace(b"\xff", b"\xff\0")
    expected = {"id3:TPE1": ("x\xff",)}
    assert read(tag(whole, version=3, flags=0x80)) == expected
    assert read(tag(frame(b"TPE1", spread, flags=0x02))) == expected
    assert read(tag(frame(b"TPE1", spread), flags=0x80)) == expected


def test_an_extended_header_is_stepped_over():
    text = b"\3x"
    assert read(
        tag(b"\0\0\0\6" + bytes(6), frame(b"TIT2", text, version=3), version=3, flags=0x40)
    ) == {"id3:TIT2": ("x",)}
    assert read(tag(syncsafe(6) + b"\1\0", frame(b"TIT2", text), flags=0x40)) == {
        "id3:TIT2": ("x",)
    }


@pytest.mark.parametrize("version", [3, 4])
def test_lengths_in_the_other_notation_are_understood(version):
    text = b"\3" + b"a" * 299
    wrong = syncsafe(300) if version == 3 else (300).to_bytes(4, "big")
    odd = b"TIT2" + wrong + b"\0\0" + text
    follows = frame(b"TPE1", b"\3next", version=version)
    for end in (follows, follows + bytes(20)):
        found = read(tag(odd, end, version=version))
        assert found == {"id3:TIT2": ("a" * 299,), "id3:TPE1": ("next",)}
    assert read(tag(odd, version=version)) == {"id3:TIT2": ("a" * 299,)}


def test_compressed_and_grouped_frames_are_read():
    text = b"\3" + LABEL.encode()
    packed = zlib.compress(text)
    size = len(text)
    assert read(
        tag(
            frame(b"TIT1", struct.pack(">I", size) + packed, version=3, flags=0x80),
            frame(b"TIT2", b"\7" + text, version=3, flags=0x20),
            frame(b"TIT3", b"\7" + text, version=3, flags=0x40),
            version=3,
        )
    ) == {"id3:TIT1": (LABEL,), "id3:TIT2": (LABEL,)}
    assert read(
        tag(
            frame(b"TIT1", syncsafe(size) + packed, flags=0x09),
            frame(b"TIT2", b"\7" + text, flags=0x40),
            frame(b"TIT3", text, flags=0x04),  # encrypted
        )
    ) == {"id3:TIT1": (LABEL,), "id3:TIT2": (LABEL,)}


def test_the_xmp_packet_of_a_tag_is_read(kit):
    data = kit.id3((b"PRIV", b"XMP\0" + XMP), (b"PRIV", b"other\0" + XMP.replace(b"S", b"T")))
    assert read(data + kit.mp3()) == {"xmp:xmp:CreatorTool": ("Singer",)}


def test_stacked_tags_are_all_read(kit):
    data = kit.id3((b"TIT2", b"\3a")) + kit.id3((b"TIT2", b"\3b"), version=3) + kit.mp3()
    assert read(data) == {"id3:TIT2": ("a", "b")}


def test_sound_without_tag_has_nothing_to_tell(kit):
    assert read(kit.mp3()) == {}
    assert read(b"") == {}


# ---------------------------------------------------------------------------- Vorbis comments


def comments(*texts, vendor=b"encoder"):
    body = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(texts))
    return body + b"".join(struct.pack("<I", len(text)) + text for text in texts)


def flac_with(kit, *blocks, before=b""):
    """FLAC sound with metadata blocks (type, content) behind its stream information."""
    data = kit.flac()
    added = b"".join(bytes([kind]) + len(body).to_bytes(3, "big") + body for kind, body in blocks)
    return before + data[:42] + added + data[42:]


def test_vorbis_comments_are_read(kit):
    picture = b"METADATA_BLOCK_PICTURE=" + base64.b64encode(bytes(99))
    block = comments(
        b"aigc=" + LABEL.encode(), b"ARTIST=one", b"Artist=two", picture, b"nothing", b"=x"
    )
    data = flac_with(kit, (1, bytes(50)), (4, block))
    assert kit.is_whole(Flac(), data)
    assert read(data, Flac()) == {
        "vorbis:AIGC": (LABEL,),
        "vorbis:ARTIST": ("one", "two"),
    }


def test_a_tag_before_flac_is_read_too(kit):
    before = kit.id3((b"PRIV", b"XMP\0" + XMP), (b"TXXX", b"\3AIGC\0{}"))
    data = flac_with(kit, (4, comments(b"TITLE=x")), before=before)
    assert read(data, Flac()) == {
        "xmp:xmp:CreatorTool": ("Singer",),
        "id3:TXXX:AIGC": ("{}",),
        "vorbis:TITLE": ("x",),
    }


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff\xff\xff\xff",
        comments(b"A=b")[:-1],
        comments(b"A=b", vendor=b"")[:4] + b"\xff\xff\xff\xff" + b"\xff\xff\xff\xffA=b",
    ],
)
def test_broken_comments_are_left_out(kit, block):
    assert read(flac_with(kit, (4, block)), Flac()) == {}


def test_comments_before_a_broken_one_stand(kit):
    block = comments(b"A=b", b"C=\xff\xfe", b"D=e")[:-1]
    assert read(flac_with(kit, (4, block)), Flac()) == {
        "vorbis:A": ("b",),
        "vorbis:C": ("\ufffd\ufffd",),
    }


def test_as_many_comments_are_read_as_there_is_room_for(kit):
    block = comments(*(b"N%d=x" % n for n in range(2 * MAX_FIELDS)))
    assert len(read(flac_with(kit, (4, block)), Flac())) <= MAX_FIELDS


# ---------------------------------------------------------------------------- limits


def test_nothing_is_unpacked_beyond_the_limits():
    bomb = zlib.compress(b"\3" + b"a" * (40 << 20), 9)
    start = time.perf_counter()
    bombs = [frame(b"TXXX", syncsafe(0) + bomb, flags=0x09)] * 200
    spoilt = [frame(b"TXXX", syncsafe(0) + bomb[:-5] + b"\xff" * 9, flags=0x09)] * 200
    found = read(tag(*bombs))
    assert max(len(text) for texts in found.values() for text in texts) <= MAX_VALUE
    assert len(read(tag(*spoilt, frame(b"TIT2", b"\3x")))) <= 1
    assert time.perf_counter() - start < 3


def test_a_long_text_is_cut():
    found = read(tag(frame(b"TIT2", b"\3" + b"a" * (MAX_VALUE + 99))))
    assert len(found["id3:TIT2"][0]) == MAX_VALUE


def test_a_tag_that_would_take_too_long_to_undo_is_left_out(monkeypatch):
    data = tag(frame(b"TIT2", b"\3x", version=3), version=3, flags=0x80)
    assert read(data)
    monkeypatch.setattr(_id3_metadata, "MAX_UNSYNCHRONISED_BYTES", 3)
    assert read(data) == {}


def test_a_count_of_comments_is_not_believed(kit, monkeypatch):
    monkeypatch.setattr(_vorbis, "MAX_COMMENTS", 1)
    assert read(flac_with(kit, (4, comments(b"A=b", b"C=d"))), Flac()) == {"vorbis:A": ("b",)}


@pytest.mark.parametrize("form", [Mp3(), Flac()])
def test_damaged_files_never_raise(kit, form):
    before = kit.id3(
        (b"TXXX", b"\1\xff\xfeA\0\0\0\xff\xfeb\0"),
        (b"COMM", b"\0eng\0x"),
        (b"PRIV", b"XMP\0" + XMP),
    )
    whole = flac_with(kit, (4, comments(b"A=b", b"C=d")), before=before)
    chance = random.Random(4)
    assert read(whole, form)
    for _ in range(2000):
        data = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
        for _ in range(chance.choice((1, 3, 20)) if data else 0):
            data[chance.randrange(min(len(data), 500))] = chance.randrange(256)
        form.read_metadata(io.BytesIO(bytes(data)))


# ---------------------------------------------------------------------------- what others see


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_reads_the_same(kit, tmp_path):
    sound = kit.id3(
        (b"TSSE", b"\3Lavf60"),
        (b"TXXX", b"\3AIGC\0" + LABEL.encode()),
        (b"COMM", b"\1eng" + "\ufeff\0\ufeff\u4e00b".encode("utf-16-le")),
    )
    files = {
        "a.mp3": sound + kit.mp3(),
        "b.flac": flac_with(kit, (4, comments(b"AIGC=" + LABEL.encode(), b"Encoder=x"))),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    output = subprocess.run(
        ["exiftool", "-j", "-a", *files], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    mp3, flac = json.loads(output)
    mine = read(files["a.mp3"])
    assert mp3["EncoderSettings"] == mine["id3:TSSE"][0]
    assert mp3["UserDefinedText"] == f"(AIGC) {mine['id3:TXXX:AIGC'][0]}"
    assert mp3["Comment"] == mine["id3:COMM"][0]
    mine = read(files["b.flac"], Flac())
    assert flac["Aigc"] == mine["vorbis:AIGC"][0]
    assert flac["Encoder"] == mine["vorbis:ENCODER"][0]


@pytest.mark.interop
def test_other_peoples_sound_is_read(interop):
    found = {}
    for path in sorted((interop / "files").glob("*/*.mp3")):
        with path.open("rb") as source:
            found[path.name] = Mp3().read_metadata(source)
    assert found["cicadas.mp3"] == {
        "id3:TXXX": ("major_brand", "minor_version", "compatible_brands", "voice-memo-uuid"),
        "id3:TIT2": ("Cicadas",),
        "id3:TSSE": ("Lavf60.3.100",),
        "id3:TPUB": ("C2PA Browser Extension Validator Test",),
    }
    assert found["id3v23_compression_underflow.mp3"] == {}
