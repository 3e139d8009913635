"""Marks written into SVG drawings."""

import io
import random
import re
from xml.etree import ElementTree as ET

import pytest
from credlabel_plugins.formats import _svg_metadata, _svg_writing, _xmp_packets, svg
from credlabel_plugins.formats.svg import Svg
from making import mutations, sample
from marked import (
    MARKS,
    TYPE,
    check_exiftool_agrees,
    check_signature,
    said,
    without,
    written,
    written_once,
)

from credlabel.errors import (
    AssetError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
    UnsupportedMediaTypeError,
)

SVG = Svg()
SPACE = 'xmlns="http://www.w3.org/2000/svg"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
PHOTOSHOP = 'xmlns:ps="http://ns.adobe.com/photoshop/1.0/"'
PATH = '<title>Hills</title>\r\n <path d="M0 0L9 9"/><text>a &amp; b &#233;</text>'
CREDIT = {"xmp:photoshop:Credit": ("Söhne & 画 <ж>",)}
XML = '<?xml version="1.0" standalone="no"?>\n'
DOCTYPE = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
    ' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
)


def drawing(metadata="", *, root="", before="", path=PATH):
    return f"{before}<svg {SPACE} {root}>{metadata}{path}</svg>".encode()


def described(text="", attributes=""):
    """RDF with one description; its prefixes are for the root to declare, as Inkscape does."""
    start = f'<rdf:RDF><rdf:Description rdf:about="" {attributes}'
    return f"{start}>{text}</rdf:Description></rdf:RDF>" if text else f"{start}/></rdf:RDF>"


ROME = described(attributes='ps:Credit="old" ps:City="Rome"')


def drawn(data):
    """The tree without what is in ``metadata`` elements of the root."""
    root = ET.fromstring(data)
    before = None
    for child in list(root):
        if not child.tag.endswith("}metadata"):
            before = child
            continue
        if before is None:
            root.text = (root.text or "") + (child.tail or "")
        else:
            before.tail = (before.tail or "") + (child.tail or "")
        root.remove(child)
    return ET.canonicalize(ET.tostring(root), rewrite_prefixes=True)


def check_bytes_stay(before, after):
    """``after`` is ``before`` with one insertion."""
    more = len(after) - len(before)
    common = next(
        i for i, pair in enumerate(zip(before, after, strict=False)) if len(set(pair)) > 1
    )
    assert after[:common] + after[common + more :] == before


@pytest.mark.parametrize(
    "data",
    [
        drawing(),
        drawing(before=XML),
        drawing(before=XML + "<!-- <svg> -->" + DOCTYPE),
        b"\xef\xbb\xbf" + drawing(root="a='>'"),
        drawing("<metadata><c2pa:manifest>AAAA</c2pa:manifest></metadata>", root='xmlns:c2pa="x"'),
        drawing(before="<!DOCTYPE svg [<!ENTITY ns 'http://a'>]>", root='xmlns:x="&ns;"'),
        drawing("<metadata>plain words</metadata>"),
        drawing(before="<!DOCTYPE svg [<!ENTITY a '<metadata/>'>]>", path="&a;"),
        sample("hills.svg"),
    ],
)
def test_a_drawing_gets_metadata_of_its_own(data):
    made = written(SVG, data, MARKS)
    assert said(SVG, made) == said(SVG, data) | MARKS
    check_bytes_stay(data, made)
    assert drawn(made) == drawn(data)
    first = ET.fromstring(made)[0]
    assert first.tag == "{http://www.w3.org/2000/svg}metadata"
    assert TYPE in "".join(first.itertext())
    SVG.check_whole(io.BytesIO(made))
    assert said(SVG, written(SVG, made, without(MARKS))) == said(SVG, data)


def test_empty_and_prefixed_roots():
    for data in (
        f'<svg {SPACE} width="1"/>'.encode(),
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg" a="/>"></s:svg>',
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg" />',
    ):
        made = written(SVG, data, MARKS)
        assert said(SVG, made) == MARKS
        assert drawn(made) == drawn(data)
        assert ET.fromstring(made)[0].tag == "{http://www.w3.org/2000/svg}metadata"


@pytest.mark.parametrize(
    "rdf",
    [
        described(attributes='ps:Credit="old" dc:format="image/svg+xml"'),
        described("<ps:Credit>old</ps:Credit><dc:format>image/svg+xml</dc:format>"),
        '<rdf:RDF><cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format></cc:Work></rdf:RDF>',
        "<rdf:RDF/>",
        "<rdf:RDF></rdf:RDF>",
        (
            '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{ROME}</x:xmpmeta>   <?xpacket end="w"?>'
        ),
    ],
)
def test_rdf_that_is_there_is_updated(rdf):
    root = f'{RDF} {PHOTOSHOP} xmlns:cc="http://creativecommons.org/ns#" '
    root += 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    mark = "<metadata id='m'> <!-- ours --> {}<c2pa:manifest xmlns:c2pa='x'>AA</c2pa:manifest>"
    data = drawing(mark.format(rdf) + "</metadata>", root=root)
    made = written(SVG, data, MARKS)
    assert said(SVG, made) == said(SVG, data) | MARKS
    assert made.count(b"<metadata") == made.count(b"<rdf:RDF") == 1
    start, end = (data.index(part) for part in (b"<rdf:RDF", b"<c2pa"))
    assert made.startswith(data[:start])
    assert made.endswith(data[end:])
    assert b"old" not in made


def test_a_part_of_the_drawing_says_nothing_else():
    part = f"<g><metadata>{ROME}</metadata></g>"
    data = drawing(part, root=f"{RDF} {PHOTOSHOP}")
    made = written(SVG, data, CREDIT)
    assert said(SVG, made) == said(SVG, data) | CREDIT
    assert b'ps:City="Rome"' in made
    assert ET.fromstring(made)[0].tag.endswith("}metadata")
    both = drawing(
        part + f"<metadata>{described('<ps:Credit>older</ps:Credit>')}</metadata>",
        root=f"{RDF} {PHOTOSHOP}",
    )
    made = written(SVG, both, CREDIT)
    assert said(SVG, made)["xmp:photoshop:Credit"] == CREDIT["xmp:photoshop:Credit"]
    assert len(ET.fromstring(made)) == len(ET.fromstring(both))


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1251", "us-ascii", "utf-8"])
def test_other_encodings(encoding):
    before = f'<?xml version="1.0" encoding="{encoding}"?>'
    letters = {"ISO-8859-1": "é", "windows-1251": "ж", "us-ascii": "a", "utf-8": "画"}[encoding]
    rdf = described(f"<ps:City>{letters}</ps:City>")
    for metadata in ("", f"<metadata>{rdf}</metadata>"):
        text = f"<text>{letters}</text>"
        data = drawing(metadata, before=before, root=f"{RDF} {PHOTOSHOP}", path=text)
        data = data.decode().encode(encoding)
        made = written(SVG, data, CREDIT)
        assert said(SVG, made) == said(SVG, data) | CREDIT
        assert text.encode(encoding) in made
        assert made.decode(encoding)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (drawing().decode().encode("utf-16"), "not in UTF-8"),
        (
            b"\xef\xbb\xbf" + drawing(before='<?xml version="1.0" encoding="ISO-8859-1"?>'),
            "not in UTF-8",
        ),
        (drawing(before='<?xml version="1.0" encoding="cp437"?>'), "not in UTF-8"),
        (drawing()[:-9], "cut short or damaged"),
        (b"<html/>", "no SVG"),
        (b"", "no element"),
        (
            drawing(
                "<metadata>&a;</metadata>",
                root=RDF,
                before="<!DOCTYPE svg [<!ENTITY a '<rdf:RDF/>'>]>",
            ),
            "in an entity",
        ),
        (
            drawing(
                f"<metadata>{described('<ps:City>&a;</ps:City>')}</metadata>",
                root=f"{RDF} {PHOTOSHOP}",
                before="<!DOCTYPE svg [<!ENTITY a 'Rome'>]>",
            ),
            "undefined entity",
        ),
    ],
)
def test_what_can_not_be_changed_safely_is_refused(data, words):
    with pytest.raises((MalformedAssetError, UnsupportedMediaTypeError), match=words):
        written_once(SVG, data, CREDIT)


def test_only_xmp_is_written():
    assert SVG.writable_places("image/svg+xml") == {"xmp"}
    assert SVG.writable_places("image/png") == frozenset()
    with pytest.raises(LabelError, match="no place"):
        written_once(SVG, drawing(), {"svg:title": ("x",)})


def test_limits(monkeypatch):
    many = f"<metadata>{described('<ps:City>x</ps:City>')}</metadata>"
    data = drawing(many * 3, root=f"{RDF} {PHOTOSHOP}")
    monkeypatch.setattr(_svg_writing, "MAX_PACKETS", 2)
    with pytest.raises(LimitExceededError, match="more metadata"):
        written_once(SVG, data, CREDIT)
    monkeypatch.setattr(_svg_writing, "MAX_NAMESPACES", 2)
    with pytest.raises(LimitExceededError, match="more namespaces"):
        written_once(SVG, data, CREDIT)
    monkeypatch.undo()
    assert said(SVG, written(SVG, data, CREDIT)) == said(SVG, data) | CREDIT
    monkeypatch.setattr(_xmp_packets, "MAX_TOTAL", 2000)
    with pytest.raises(LimitExceededError, match="too large"):
        written_once(SVG, data, CREDIT)


def test_no_more_elements_are_read_or_changed_than_the_limit(monkeypatch):
    inner = "<g/>" * 9
    data = drawing(f"{inner}<desc>there</desc>")
    assert said(SVG, data)["svg:desc"] == ("there",)
    for module in (_svg_metadata, svg):
        monkeypatch.setattr(module, "MAX_ELEMENTS", 10)
    assert "svg:desc" not in said(SVG, data)
    with pytest.raises(LimitExceededError, match="more than 10 elements"):
        written_once(SVG, data, CREDIT)


def test_namespaces_in_scope_are_those_of_the_elements_around():
    spaces = "".join(f'<g xmlns:a{n}="u" xmlns:b="v{n}"/>' for n in range(300))
    metadata = f'<metadata xmlns:r="{RDF[11:-1]}"><r:RDF/></metadata>'
    data = drawing(f'{spaces}{metadata}<g xmlns:r="x"/>')
    made = written(SVG, data, CREDIT)
    assert made.count(b"<metadata") == made.count(b"<r:RDF>") == 1
    nested = "".join(f'<g xmlns:a{n}="u">' for n in range(300)) + "</g>" * 300
    with pytest.raises(LimitExceededError, match="more namespaces"):
        written_once(SVG, drawing(nested), CREDIT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_not_expanded_without_end(monkeypatch, encoding):
    monkeypatch.setattr(svg, "MAX_EXPANDED", 1000)
    for count in (90, 110):
        before = f"<!DOCTYPE svg [<!ENTITY a '{'x' * 10}'>]>"
        data = drawing(before=before, path="&a;&#97;&lt;" * count).decode().encode(encoding)
        if count > 100:
            with pytest.raises(MalformedAssetError, match="too often"):
                SVG.check_whole(io.BytesIO(data))
        else:
            SVG.check_whole(io.BytesIO(data))


def test_exiftool_reads_the_marks(tmp_path):
    # Near the beginning, ``x:xmpmeta`` would make ExifTool take the drawing for an XMP file.
    for data in (sample("hills.svg"), drawing(), drawing(before=XML + DOCTYPE)):
        check_exiftool_agrees(data, written(SVG, data, MARKS), ".svg", tmp_path)


def test_marked_drawings_are_signed():
    data = written(SVG, sample("hills.svg"), MARKS)
    signed = check_signature(data, "image/svg+xml")
    assert said(SVG, signed) == said(SVG, data)
    assert drawn(signed) == drawn(data)
    again = written(SVG, signed, CREDIT)
    store = re.compile(rb"<c2pa:manifest[^>]*>[^<]*")
    assert store.findall(again) == store.findall(signed) != []
    assert said(SVG, check_signature(again, "image/svg+xml")) == said(SVG, data) | CREDIT


def test_damage_is_refused_or_done_no_harm():
    rng = random.Random(11)
    refused = 0
    marked = written(SVG, sample("hills.svg"), MARKS)
    for data in mutations(marked, rng, 150):
        try:
            made = written(SVG, data, MARKS | CREDIT)
        except (AssetError, LabelError):
            refused += 1
        else:
            found = said(SVG, made)
            assert {name: found[name] for name in MARKS} == MARKS | CREDIT
    assert 20 < refused < 150


@pytest.mark.interop
def test_other_peoples_files(interop):
    seen = 0
    for path in sorted((interop / "files").rglob("*.svg")):
        data = path.read_bytes()
        made = written(SVG, data, MARKS)
        assert said(SVG, made) == said(SVG, data) | MARKS
        assert drawn(made) == drawn(data)
        seen += 1
    assert seen > 1
