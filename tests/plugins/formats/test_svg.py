import io

import pytest
from credlabel_plugins.formats.svg import Svg

from credlabel import Labeller, LabelSettings, Scanner
from credlabel.errors import MalformedAssetError
from credlabel.model import Tier

SVG = Svg()
NAMESPACE = b'xmlns="http://www.w3.org/2000/svg"'
PLAIN = b"<svg " + NAMESPACE + b"/>"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b"\n  " + PLAIN,
        b'<?xml version="1.0"?>\n<!-- a > b --><?style x?>\n' + PLAIN,
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">' + PLAIN,
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>',
        b'<!DOCTYPE svg [<!ENTITY ns "http://ns.adobe.com/Flows/1.0/">]><svg xmlns:x="&ns;" '
        + NAMESPACE
        + b"/>",
    ],
)
def test_drawings_are_recognised_and_whole(kit, data):
    assert SVG.accepts(data) == "image/svg+xml"
    assert kit.is_whole(SVG, data)


@pytest.mark.parametrize(
    "data",
    [
        b"<svgx/>",
        b"<html><svg/></html>",
        b"<!-- <svg> -->",
        b"<!-- <svg> --><p/>",
        b"<?xml svg",
        b"<!DOCTYPE html><svg/>",
        b"<? ?>" * 40 + b"<svg/>",
        b"svg",
        b"<",
    ],
)
def test_other_texts_are_not(data):
    assert SVG.accepts(data) is None


def test_cut_drawings_are_refused(kit):
    kit.check_cuts(SVG, kit.made("svg"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg/>", "root element"),
        (b"<svg " + NAMESPACE + b"><g></svg>", "mismatched tag in line 1"),
        (b"<svg " + NAMESPACE + b">" + b"<g>" * 2000, "deeper"),
        (b"<!DOCTYPE svg [<!ENTITY a 'x'><!ENTITY b '&a;'>]>" + PLAIN, "not safe"),
        (b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + PLAIN, "not safe"),
        (b"<!DOCTYPE svg [<!ENTITY % a 'x'>]>" + PLAIN, "not safe"),
        (b"<?xml version='1.0' encoding='klingon'?>" + PLAIN, "encoding"),
        (b"", "no element found"),
    ],
)
def test_what_is_wrong_is_said(data, words):
    with pytest.raises(MalformedAssetError, match=words):
        SVG.check_whole(io.BytesIO(data))


def test_size_is_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.svg.MAX_BYTES", 1 << 16)
    data = PLAIN + b" " * (1 << 17)
    with pytest.raises(MalformedAssetError, match="larger than"):
        SVG.check_whole(io.BytesIO(data))
    assert kit.probe(SVG, data)


def test_a_byte_order_mark_stays(kit, dev_signer):
    data = b"\xef\xbb\xbf" + PLAIN
    assert kit.objection(SVG, PLAIN) is None
    assert "byte order mark" in kit.objection(SVG, data)
    made = Labeller(dev_signer, settings=LabelSettings(marks=())).label_bytes(data, name="x.svg")
    assert made.data == data
    assert made.receipt.tier is Tier.SIDECAR
    report = Scanner().scan_bytes(made.data, name="x.svg", sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"


def test_embedding_would_drop_it(dev_signer, monkeypatch):
    """If this fails, c2pa-rs has learned to keep it: drop the objection."""
    monkeypatch.setattr(Svg, "embedding_objection", lambda self, source: None)
    made = Labeller(dev_signer).label_bytes(b"\xef\xbb\xbf" + PLAIN, name="x.svg")
    assert made.data.startswith(b"<svg")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PLAIN, False),
        (b"<?xml version='1.0' encoding='UTF-8'?>" + PLAIN, False),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + PLAIN, False),
        (b"<?xml version='1.0' encoding='UTF-7'?>" + PLAIN, True),
        (PLAIN.decode().encode("utf-16"), True),
        (
            b"<svg><metadata><c:manifest xmlns:c='http://c2pa.org/manifest'/></metadata></svg>",
            True,
        ),
        (b"<svg><x dcterms:provenance='u'/></svg>", True),
        (b"<!DOCTYPE svg [<!ENTITY a 'x'>]>" + PLAIN, True),
        (b"no XML", True),
    ],
)
def test_probe(kit, data, expected):
    assert kit.probe(SVG, data) is expected
