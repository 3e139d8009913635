import io
import struct

import pytest
from credlabel_plugins.formats.png import Png

from credlabel.errors import MalformedAssetError

PNG = Png()


def with_chunk(kit, data, kind, body, *, at=33):
    crc = kit.crc32(kind + body)
    return (
        data[:at] + struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc) + data[at:]
    )


@pytest.mark.parametrize("name", ["png", "png-animated"])
def test_cut_pictures_are_refused(kit, name):
    kit.check_cuts(PNG, kit.made(name))


def test_what_is_appended_does_no_harm(kit):
    assert kit.is_whole(PNG, kit.made("png") + b"appended")
    assert not kit.probe(PNG, kit.made("png") + b"caBX")


def test_damage_is_said(kit):
    data = kit.made("png")
    for broken, words in (
        (data[:20] + b"\xee" + data[21:], "sound header"),
        (data[:8] + data[33:], "sound header"),
        (data[:33] + b"\0\0\0\0\x01\x02\x03\x04" + data[41:], "no chunk begins"),
        (data[:33] + data[-12:], "no picture"),
    ):
        with pytest.raises(MalformedAssetError, match=words):
            PNG.check_whole(io.BytesIO(broken))


def test_the_number_of_chunks_is_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.png.MAX_CHUNKS", 3)
    data = kit.made("png")
    for _ in range(4):
        data = with_chunk(kit, data, b"tEXt", b"a\0b")
    assert not kit.is_whole(PNG, data)
    assert kit.probe(PNG, data)


def test_probe_finds_a_store_anywhere_before_the_end(kit):
    data = kit.made("png")
    assert kit.probe(PNG, with_chunk(kit, data, b"caBX", b"jumb"))
    assert kit.probe(PNG, with_chunk(kit, data, b"caBX", b"jumb", at=len(data) - 12))
    assert not kit.probe(PNG, with_chunk(kit, data, b"tEXt", b"caBX\0caBX provenance"))


def test_probe_looks_into_xmp(kit):
    data = kit.made("png")
    name = b"XML:com.adobe.xmp\0"
    for prefix, packet, expected in (
        (b"\0\0\0\0", kit.xmp, False),
        (b"\0\0\0\0", kit.remote_xmp, True),
        (b"\1\0\0\0", b"compressed", True),
    ):
        assert kit.probe(PNG, with_chunk(kit, data, b"iTXt", name + prefix + packet)) is expected
    assert not kit.probe(PNG, with_chunk(kit, data, b"iTXt", b"provenance\0\0\0\0\0provenance"))
    assert not kit.probe(PNG, with_chunk(kit, data, b"iTXt", b"ab\0"))


def test_a_huge_packet_is_doubt(kit):
    huge = b"XML:com.adobe.xmp\0" + bytes(2 << 20)
    assert kit.probe(PNG, with_chunk(kit, kit.made("png"), b"iTXt", huge))


def test_probe_takes_damage_for_doubt(kit):
    data = kit.made("png")
    assert kit.probe(PNG, data[:-12])
    assert kit.probe(PNG, b"\x89PNG\r\n\x1a\n")
    assert kit.probe(PNG, b"no PNG at all")
