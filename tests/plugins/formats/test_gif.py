import io

import pytest
from credlabel_plugins.formats.gif import Gif

from credlabel.errors import MalformedAssetError

GIF = Gif()


def extension(name, body):
    """An application extension in sub-blocks."""
    blocks = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"\x21\xff\x0b" + name + b"".join(bytes([len(part)]) + part for part in blocks) + b"\0"


def xmp_extension(packet):
    """XMP goes in whole, with a trailer of 258 bytes that leads readers of sub-blocks out."""
    return b"\x21\xff\x0bXMP DataXMP" + packet + b"\1" + bytes(range(255, -1, -1)) + b"\0"


def before_end(data, added):
    return data[:-1] + added + data[-1:]


@pytest.mark.parametrize("name", ["gif", "gif-animated"])
def test_cut_pictures_are_refused(kit, name):
    kit.check_cuts(GIF, kit.made(name))


def test_what_is_appended_does_no_harm(kit):
    assert kit.is_whole(GIF, kit.made("gif") + bytes(99))
    assert kit.is_whole(GIF, before_end(kit.made("gif"), bytes(5)))


def test_damage_is_said(kit):
    data = kit.made("gif")
    for broken, words in (
        (before_end(data, b"\x77"), "no block begins"),
        (data[:6] + b"\1\0\1\0\0\0\0" + b"\x3b", "no picture"),
        (data[:9], "within its header"),
    ):
        with pytest.raises(MalformedAssetError, match=words):
            GIF.check_whole(io.BytesIO(broken))


def test_blocks_and_bytes_are_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats._gif_blocks.MAX_BLOCKS", 1)
    assert not kit.is_whole(GIF, kit.made("gif-animated"))
    monkeypatch.setattr("credlabel_plugins.formats._gif_blocks.MAX_BYTES", 100)
    with pytest.raises(MalformedAssetError, match="larger than"):
        GIF.check_whole(io.BytesIO(kit.made("gif")))
    assert kit.probe(GIF, kit.made("gif"))


def test_probe_finds_a_store_anywhere(kit):
    data = kit.made("gif-animated")
    assert kit.probe(GIF, before_end(data, extension(b"C2PA_GIF\1\0\0", b"jumb" * 200)))
    assert not kit.probe(GIF, before_end(data, extension(b"NETSCAPE2.0", b"C2PA_GIF provenance")))


def test_probe_looks_into_xmp(kit):
    data = kit.made("gif")
    assert not kit.probe(GIF, before_end(data, xmp_extension(kit.xmp)))
    assert kit.probe(GIF, before_end(data, xmp_extension(kit.remote_xmp)))
    assert kit.is_whole(GIF, before_end(data, xmp_extension(kit.remote_xmp)))
    assert not kit.probe(GIF, before_end(data, b"\x21\xfe\x0aprovenance\0"))


def test_probe_takes_damage_for_doubt(kit):
    data = kit.made("gif")
    assert kit.probe(GIF, data[: len(data) // 2])
