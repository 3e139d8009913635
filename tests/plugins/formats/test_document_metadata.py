import io
import json
import random
import shutil
import subprocess
import time
import zipfile
import zlib

import docx
import openpyxl
import pytest
from credlabel_plugins.formats import _document_metadata, structured
from credlabel_plugins.formats._fields import MAX_FIELDS, MAX_VALUE
from credlabel_plugins.formats.html import Html
from credlabel_plugins.formats.pdf import Pdf
from credlabel_plugins.formats.zip import Zip
from odf import dc, meta, opendocument
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from credlabel.hookspecs import MetadataReader

LABEL = '{"Label":"1","ContentProducer":"001191110102MAD55U9H0F10002","ProduceID":"(1)"}'
CUSTOM = (
    '<?xml version="1.0"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/'
    '2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/'
    'docPropsVTypes"><property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2"'
    f' name="AIGC"><vt:lpwstr>{LABEL}</vt:lpwstr></property></Properties>'
)
XMP = (
    b'<?xpacket begin="" id=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Writer"/></rdf:RDF></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)


def read(data, form=None):
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    return dict((form or Zip()).read_metadata(source))


def saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_entries(data, *entries):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, body in entries:
            packed.writestr(name, body)
    return out.getvalue()


# ---------------------------------------------------------------------------- OOXML


def test_properties_of_a_word_document_are_read():
    document = docx.Document()
    document.core_properties.author = "A machine"
    document.core_properties.keywords = "ai, text"
    found = read(with_entries(saved(document), ("docProps/custom.xml", CUSTOM)))
    assert found["ooxml:core:creator"] == ("A machine",)
    assert found["ooxml:core:keywords"] == ("ai, text",)
    assert found["ooxml:app:Application"] == ("Microsoft Macintosh Word",)
    assert found["ooxml:custom:AIGC"] == (LABEL,)
    assert not any("lpstr" in name for name in found)  # the titles of parts


def test_properties_of_a_workbook_are_read():
    book = openpyxl.Workbook()
    book.properties.creator = "A table maker"
    book.custom_doc_props.append(
        openpyxl.packaging.custom.StringProperty(name="AIGC", value=LABEL)
    )
    found = read(saved(book))
    assert found["ooxml:core:creator"] == ("A table maker",)
    assert found["ooxml:custom:AIGC"] == (LABEL,)
    assert found["ooxml:app:Application"][0].startswith("Microsoft Excel Compatible / Openpyxl")


def test_properties_are_found_by_their_relationships(kit):
    types = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    data = kit.archive(
        (
            "_rels/.rels",
            (
                f'<Relationships><Relationship Type="{types}" Target="/package/core.psmdcp"/>'
                '<Relationship Type="http://purl.oclc.org/ooxml/officeDocument/relationships/'
                'extendedProperties" Target="Extended.xml"/></Relationships>'
            ),
        ),
        ("package/core.psmdcp", "<coreProperties><creator>x</creator></coreProperties>"),
        ("extended.xml", "<Properties><Application>y</Application></Properties>"),
    )
    assert read(data) == {"ooxml:core:creator": ("x",), "ooxml:app:Application": ("y",)}


# ---------------------------------------------------------------------------- OpenDocument, EPUB


def test_properties_of_an_open_document_are_read():
    document = opendocument.OpenDocumentText()
    document.meta.addElement(dc.Creator(text="A machine"))
    document.meta.addElement(meta.UserDefined(name="AIGC", text=LABEL))
    found = read(saved(document))
    assert found["odf:generator"][0].startswith("ODFPY/")
    assert found["odf:creator"] == ("A machine",)
    assert found["odf:user:AIGC"] == (LABEL,)


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>A book</dc:title><dc:creator id="a">A machine</dc:creator>
<meta name="generator" content="A book maker"/><meta name="cover" content="c"/>
<meta property="schema:digitalSourceType">https://schema.org/x</meta>
</metadata><manifest><item href="a.xhtml">no</item></manifest></package>"""


def test_what_a_books_package_says_is_read(kit):
    data = kit.archive(
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", CONTAINER),
        ("OPS/book.opf", PACKAGE),
    )
    assert read(data) == {
        "epub:title": ("A book",),
        "epub:creator": ("A machine",),
        "epub:generator": ("A book maker",),
        "epub:meta:cover": ("c",),
        "epub:meta:schema:digitalSourceType": ("https://schema.org/x",),
    }


# ---------------------------------------------------------------------------- hostile archives


def test_an_archive_that_is_no_document_has_nothing_to_tell(kit):
    assert read(kit.made("zip")) == {}
    assert read(kit.archive(("meta.xml", "<meta><generator>x</generator></meta>"))) == {}
    assert read(b"PK\5\6") == {}
    assert read(kit.archive(("docProps/core.xml", "<a/>"))[:-3]) == {}


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><coreProperties><creator>&b;</creator></coreProperties>',
        '<!DOCTYPE a SYSTEM "http://example.com/a"><coreProperties/>',
        '<?xml version="1.0" encoding="nobody-knows"?><coreProperties/>',
        "<coreProperties>" + "<a>" * 200_000,
        "no XML",
        "",
    ],
)
def test_xml_that_is_no_list_of_facts_is_left_out(kit, xml):
    assert read(kit.archive(("docProps/core.xml", xml))) == {}


def test_what_comes_before_a_mistake_stands(kit):
    xml = "<coreProperties><creator>x</creator><title>y</title"
    assert read(kit.archive(("docProps/core.xml", xml))) == {"ooxml:core:creator": ("x",)}


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_xml_in_other_encodings_is_read(kit, encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?><coreProperties><title>\xe9</title>'
    data = kit.archive(("docProps/core.xml", f"{xml}</coreProperties>".encode(encoding)))
    assert read(data) == {"ooxml:core:title": ("\xe9",)}


@pytest.mark.slow
def test_little_is_unpacked_of_a_bomb(kit):
    bomb = "<coreProperties><title>" + "a" * (20 << 20)
    facts = "<coreProperties>" + "<title>a</title>" * 1_000_000
    deep = "".join(
        f'<Relationship Type="/core-properties" Target="docProps/core{n}.xml"/>' for n in range(50)
    )
    many = [(f"docProps/core{n}.xml", facts) for n in range(4)]
    data = kit.archive(
        ("_rels/.rels", f"<Relationships>{deep}</Relationships>"),
        *many,
        ("docProps/app.xml", bomb),
    )
    start = time.perf_counter()
    found = read(data)
    assert time.perf_counter() - start < 3
    assert sum(map(len, found.values())) <= MAX_FIELDS


def test_no_more_entries_are_unpacked_than_a_document_has(kit, monkeypatch):
    data = kit.archive(
        ("docProps/core.xml", "<coreProperties><title>x</title></coreProperties>"),
        ("docProps/app.xml", "<Properties><Application>y</Application></Properties>"),
    )
    assert len(read(data)) == 2
    monkeypatch.setattr(_document_metadata, "MAX_PARTS", 1)
    assert len(read(data)) == 1


def test_damaged_archives_never_raise():
    whole = with_entries(saved(docx.Document()), ("docProps/custom.xml", CUSTOM))
    chance = random.Random(5)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 5, 50))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        read(bytes(data))


# ---------------------------------------------------------------------------- PDF


def pdf(*, packed=False, **information):
    """A PDF that pypdf has written, with an XMP packet, packed or not."""
    writer = PdfWriter()
    writer.add_blank_page(99, 99)
    writer.add_metadata({f"/{name}": text for name, text in information.items()})
    packet = DecodedStreamObject()
    packet.set_data(XMP)
    stream = packet.flate_encode() if packed else packet
    stream[NameObject("/Subtype")] = NameObject("/XML")  # or else exiftool passes over it
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def modern(*, info, predictor=False, objects=b"", width=2):
    """A PDF whose information dictionary is in an object stream, and its index in another."""
    data = b"%PDF-1.7\n"
    catalogue = b"<< /Type /Catalog >> "
    inside = b"1 0 4 %d " % len(catalogue)
    body = zlib.compress(inside + catalogue + info)
    at = len(data)
    entries = b"/Type /ObjStm /N 2 /First %d /Filter /FlateDecode /Length %d"
    data += b"2 0 obj\n<< " + entries % (len(inside), len(body)) + objects
    data += b" >>\nstream\n" + body + b"\nendstream\nendobj\n"
    start = len(data)
    places = [(0, 0, 0), (2, 2, 0), (1, at, 0), (1, start, 0), (2, 2, 1)]
    rows = [
        bytes([kind]) + place.to_bytes(width, "big") + bytes([last])
        for kind, place, last in places
    ]
    settings = b"/Filter /FlateDecode"
    if predictor:
        settings += b" /DecodeParms << /Predictor 12 /Columns %d >>" % (width + 2)
        above = [bytes(width + 2), *rows]
        rows = [
            b"\2" + bytes((a - b) & 0xFF for a, b in zip(row, upper, strict=True))
            for row, upper in zip(rows, above, strict=False)
        ]
    index = zlib.compress(b"".join(rows))
    settings += b" /W [1 %d 1] /Size 5 /Root 1 0 R /Info 4 0 R /Length %d" % (width, len(index))
    data += b"3 0 obj\n<< /Type /XRef " + settings + b" >>\nstream\n" + index
    return data + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


@pytest.mark.parametrize("packed", [False, True])
def test_information_and_packet_of_a_pdf_are_read(packed):
    found = read(pdf(packed=packed, AIGC=LABEL, Author="Zo\xeb \u4e00"), Pdf())
    assert found["pdf:AIGC"] == (LABEL,)
    assert found["pdf:Author"] == ("Zo\xeb \u4e00",)
    assert found["xmp:xmp:CreatorTool"] == ("Writer",)


@pytest.mark.parametrize("predictor", [False, True])
def test_information_in_an_object_stream_is_read(predictor):
    data = modern(info=b"<< /AIGC (%s) >>" % LABEL.encode(), predictor=predictor)
    assert PdfReader(io.BytesIO(data)).metadata["/AIGC"] == LABEL
    assert read(data, Pdf()) == {"pdf:AIGC": (LABEL,)}


def test_strings_of_every_kind_are_read(kit):
    info = (
        rb"<< /A (a\(\b\\\)\101\r) /B <FEFF4E00> /C (\344\200) /D 5 0 R /E /Name /F << /G (no) >>"
        rb" /H (nested (and (so) on)) /I <616> /K [(no)] /L (" + "é".encode() + rb") >>"
    )
    catalogue = b"<< /Type /Catalog /Pages 2 0 R >>"
    data = kit.document(
        catalogue, *kit.pages[:2], info, b"(apart)", trailer=b"/Info 4 0 R /ID [<00> <00>]"
    )
    assert read(data, Pdf()) == {
        "pdf:A": ("a(\b\\)A\r",),
        "pdf:B": ("\u4e00",),
        "pdf:C": ("\xe4\u2022",),
        "pdf:D": ("apart",),
        "pdf:H": ("nested (and (so) on)",),
        "pdf:I": ("a`",),
        "pdf:L": ("\xe9",),
    }


def test_the_latest_information_counts():
    first = pdf(AIGC="{}", Title="old")
    writer = PdfWriter(io.BytesIO(first), incremental=True)
    writer.add_metadata({"/AIGC": LABEL})
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(first)
    assert read(out.getvalue(), Pdf())["pdf:AIGC"] == (LABEL,)
    assert read(b"junk\n" + first, Pdf()) == {}  # programs disagree on what such a file is


def test_an_encrypted_pdf_tells_nothing():
    writer = PdfWriter(io.BytesIO(pdf(AIGC=LABEL)))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert read(out.getvalue(), Pdf()) == {}


def test_half_a_million_rows_in_a_small_index_take_no_time():
    for filtered in (b"", b"/DecodeParms << /Predictor 12 /Columns 6 >>"):
        rows = zlib.compress((b"\2" + bytes(6) if filtered else b"\1\0\0\0\1\0") * 500_000)
        data = b"%PDF-1.5\n3 0 obj\n<</Type/XRef/Size 500000/W[1 4 1]/Filter/FlateDecode"
        data += b"/Info 499999 0 R/Length %d%s>>\nstream\n%s" % (len(rows), filtered, rows)
        data += b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
        start = time.perf_counter()
        assert read(data, Pdf()) == {}
        assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "piece", [b"<<", b"[", b"(", b"<", b"/A ", b"\\", b"%\n", b"\0", b"/A<</B ", b"1 0 obj", b"9"]
)
def test_endless_information_takes_no_time(piece):
    body = b"%PDF-1.5\n1 0 obj\n<<" + piece * (1_000_000 // len(piece))
    end = b"\nxref\n0 2\n0000000009 00000 n \n0000000009 00000 n \ntrailer\n<</Info 1 0 R>>\n"
    start = time.perf_counter()
    assert read(body + end + b"startxref\n%d\n%%%%EOF\n" % (len(body) + 1), Pdf()) == {}
    assert time.perf_counter() - start < 1


def test_objects_that_lead_to_themselves_end():
    info = b"<< /A 4 0 R /B 1 0 R /C 2 0 R >>"
    assert read(modern(info=info), Pdf()) == {}
    body = b"%PDF-1.5\nxref\n0 0\ntrailer\n<< /Prev 9 /XRefStm 9 /Info 1 0 R >>\n"
    assert read(body + b"startxref\n9\n%%EOF\n", Pdf()) == {}
    in_itself = modern(info=b"<< /A (x) >>").replace(b"/Length ", b"/Length 4 0 R /L ", 1)
    assert read(in_itself.replace(b"startxref\n", b"startxref\n0"), Pdf()).keys() <= {"pdf:A"}


def test_damaged_pdfs_never_raise():
    chance = random.Random(6)
    for whole in (
        modern(info=b"<< /A (x) /B 1 0 R >>", predictor=True),
        pdf(A="x"),
        modern(info=b"<< /A (x) >>"),
    ):
        assert "pdf:A" in read(whole, Pdf())
        for _ in range(600):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 3, 20))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            read(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]), Pdf())


# ---------------------------------------------------------------------------- HTML


PAGE = b"""<!doctype html><html><head><meta charset=utf-8>
<meta name="AI-Disclosure" content="ai-generated"><META Property=og:title content='a &amp; b'>
<meta name=AIGC content='{"Label":"1"}'/><!-- <meta name=no content=x> -->
<title><meta name=no content=x></title>
<script type="application/ld+json; charset=utf-8">{"a": "</b> &amp;"}</script>
<script>var x = "<meta name=no content=x>"</script></head>
<body><p title="<meta name=no content=y>" ai-disclosure="mixed">text</p>
<section data-x='> ' AiModel = m&amp;m class=main>ai-model="no"</section>
<script type=application/ld+json>{}</script>"""


def test_what_a_page_says_is_read():
    expected = {
        "html:meta:ai-disclosure": ("ai-generated",),
        "html:meta:og:title": ("a & b",),
        "html:meta:aigc": ('{"Label":"1"}',),
        "html:jsonld": ('{"a": "</b> &amp;"}', "{}"),
        "html:attribute:ai-disclosure": ("mixed",),
        "html:attribute:aimodel": ("m&m",),
    }
    assert read(PAGE, Html()) == expected
    wide = b"\xff\xfe" + PAGE.decode().encode("utf-16-le")
    assert read(wide, Html()) == expected


def test_attributes_of_many_elements_leave_room_for_others():
    page = b'<p class="main" ai-x=aimodel>' * 3 * MAX_FIELDS + b"<p ai-model=m>"
    assert read(page, Html()) == {"html:attribute:ai-model": ("m",)}


@pytest.mark.parametrize(
    "page",
    [
        b"<p title='<meta name=x content=y>",
        b"<!-- <meta name=x content=y>",
        b"<title><meta name=x content=y>",
        b"<script><!--<script></script><meta name=x content=y>",
        b'<a ="<meta name=x content=y>',
        b"< meta name=x content=y>",
        b"<meta name=x content=y",
        b"plain text about <meta",
        b"",
    ],
)
def test_what_a_browser_takes_for_something_else_is_no_mark(page):
    assert read(page, Html()) == {}


@pytest.mark.parametrize(
    "piece",
    [
        b'<a "',
        b"<!--",
        b'<a b="',
        b"<script>",
        b"</",
        b"<meta ",
        b"<a =",
        b"<p>",
        b"<",
        b"<a b= '",
    ],
)
def test_pages_are_read_in_linear_time(piece):
    page = piece * (2_000_000 // len(piece)) + b"<meta name=x content=y>ai-model"
    start = time.perf_counter()
    read(page, Html())
    assert time.perf_counter() - start < 2


# ---------------------------------------------------------------------------- Markdown

MARKDOWN = next(
    form for form in structured.credlabel_formats() if form.media_types[0] == structured.MARKDOWN
)
YAML = "AIGC:\n    Label: '1'\n    ContentProducer: 'x'"


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{YAML}\n---\n# Title\n",
        f"\ufeff---\n{YAML}\n---\n",
        f"# Title\n\ntext\n\n---\n{YAML}\n---\n",
        f"# Title\n\ntext\n\n{YAML}",
        f"text\n\n```yaml\n{YAML}\n```\n\n",
        f"text\n\n```yaml\n---\n{YAML}\n---\n```",
        f"\n```yaml\n{YAML}\n```\n# Title\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_labels_of_a_markdown_text_are_read(text, newline):
    assert read(text.replace("\n", newline).encode(), MARKDOWN) == {
        "markdown:front-matter": (YAML.replace("\n", newline),),
        "markdown:AIGC": ('{"Label":"1","ContentProducer":"x"}',),
    }


def test_all_of_the_front_matter_is_told():
    toml = "title = 'x'\ndigital_source_type = 'y'"
    assert read(f"+++\n{toml}\n+++\ntext".encode(), MARKDOWN) == {"markdown:front-matter": (toml,)}
    both = f"---\ntitle: x\n---\ntext\n\n{YAML}\n".encode()
    assert read(both, MARKDOWN)["markdown:front-matter"] == ("title: x", YAML)


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n",
        "---\n\nA rule, not a fence\n\n---\n",
        f"text\n\n```yaml\n{YAML}\n```\n\nis how they write it\n",
        "text\nAIGC: what is it? See below\nmore text\n",
        "```python\nprint()\n```\n",
        "",
    ],
)
def test_prose_about_labels_is_no_label(text):
    assert read(text.encode(), MARKDOWN) == {}


def test_other_structured_text_is_not_read():
    readers = [f for f in structured.credlabel_formats() if isinstance(f, MetadataReader)]
    assert [reader.media_types for reader in readers] == [("text/markdown",)]


@pytest.mark.parametrize(
    "text",
    ["AIGC:\n  a: b\n", "AIGC:\n", "  AIGC:\n", "```\n", "\n", "AIGC:", "---\n", "\n \n", "~~~~"],
)
def test_texts_are_searched_in_linear_time(text):
    start = time.perf_counter()
    read(b"AIGC:" + text.encode() * (2_000_000 // len(text)) + b"x", MARKDOWN)
    read(b"```\n" + text.encode() * (2_000_000 // len(text)) + b"x", MARKDOWN)
    assert time.perf_counter() - start < 1


# ---------------------------------------------------------------------------- limits, and others


def test_long_texts_are_cut(kit):
    long = "a" * (MAX_VALUE + 99)
    xml = f"<coreProperties><title>{long}</title></coreProperties>"
    for data, form in (
        (f"<meta name=x content={long}>".encode(), Html()),
        (f"---\na: {long}\n---\n".encode(), MARKDOWN),
        (kit.archive(("docProps/core.xml", xml)), Zip()),
    ):
        assert max(len(texts[0]) for texts in read(data, form).values()) == MAX_VALUE


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_reads_the_same(tmp_path):
    word = docx.Document()
    word.core_properties.author = "A machine"
    files = {
        "a.docx": with_entries(saved(word), ("docProps/custom.xml", CUSTOM)),
        "b.pdf": pdf(AIGC=LABEL, Author="Zo\xeb \u4e00"),
        "c.pdf": modern(info=b"<< /AIGC (%s) >>" % LABEL.encode(), predictor=True),
        "d.html": PAGE,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    output = subprocess.run(
        ["exiftool", "-j", "-a", *files], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    office, document, packed, page = json.loads(output)
    mine = read(files["a.docx"])
    assert office["Creator"] == mine["ooxml:core:creator"][0]
    assert office["Application"] == mine["ooxml:app:Application"][0]
    assert office["AIGC"] == mine["ooxml:custom:AIGC"][0]
    mine = read(files["b.pdf"], Pdf())
    assert document["AIGC"] == mine["pdf:AIGC"][0]
    assert document["Author"] == mine["pdf:Author"][0]
    assert document["CreatorTool"] == mine["xmp:xmp:CreatorTool"][0]
    assert packed["AIGC"] == read(files["c.pdf"], Pdf())["pdf:AIGC"][0]
    assert page["AIDisclosure"] == read(files["d.html"], Html())["html:meta:ai-disclosure"][0]


@pytest.mark.interop
def test_pypdf_reads_the_same_of_other_peoples_pdfs(interop):
    compared = 0
    for path in sorted((interop / "files").glob("negative-*/*.pdf")):
        reader = PdfReader(path)
        if reader.is_encrypted:
            continue
        information = reader.trailer.get("/Info", {})
        theirs = {
            f"pdf:{name[1:]}": (str(text.get_object()),)
            for name, text in information.items()
            if isinstance(text.get_object(), str) and not text.get_object().startswith("/")
        }
        with path.open("rb") as source:
            found = read(source, Pdf())
        told = {name: texts for name, texts in theirs.items() if texts[0].strip()}
        told = {name: (texts[0].rstrip("\0"),) for name, texts in told.items()}
        assert {name: found.get(name) for name in told} == told, path
        compared += len(told)
    assert compared > 60
