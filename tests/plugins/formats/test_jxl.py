import pytest
from credlabel_plugins.formats.jxl import Jxl

JXL = Jxl()


def test_cut_containers_are_refused(kit):
    kit.check_cuts(JXL, kit.made("jxl"))
    parts = [
        kit.box(b"jxlp", b"\0\0\0\0", bytes(300)),
        kit.box(b"jxlp", b"\x80\0\0\1", bytes(300)),
    ]
    container = kit.made("jxl").split(b"jxlc")[0][:-4]
    kit.check_cuts(JXL, container + b"".join(parts))
    assert not kit.is_whole(JXL, container + parts[0])


def test_padding_does_no_harm_but_anything_else_does(kit):
    assert kit.is_whole(JXL, kit.made("jxl") + bytes(99))
    assert not kit.is_whole(JXL, kit.made("jxl") + b"x")


def test_a_codestream_is_a_picture_without_a_place_for_credentials(kit):
    data = b"\xff\x0a" + bytes(range(200))
    assert JXL.accepts(data) == "image/jxl"
    assert kit.is_whole(JXL, data)
    assert not kit.probe(JXL, data + b"jumb")
    assert not kit.is_whole(JXL, b"\xff\x0a")
    assert not kit.is_whole(JXL, b"something else")


def test_a_codestream_gets_a_sidecar(kit):
    assert "naked" in kit.objection(JXL, b"\xff\x0a" + bytes(50))
    assert kit.objection(JXL, kit.made("jxl")) is None


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (b"jumb", b"", True),
        (b"brob", b"jumb...", True),
        (b"brob", b"xml ...", True),
        (b"brob", b"Exif...", False),
        (b"Exif", b"jumb provenance", False),
        (b"xml ", b"title", False),
        (b"xml ", b"dcterms:provenance", True),
    ],
)
def test_probe_looks_into_boxes(kit, kind, body, expected):
    assert kit.probe(JXL, kit.jxl(kit.box(kind, body))) is expected


def test_probe_takes_damage_for_doubt(kit):
    assert kit.probe(JXL, kit.made("jxl")[:-1])
    assert kit.probe(JXL, b"something else")
