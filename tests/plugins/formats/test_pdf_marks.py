"""Marks in PDF: an update at the end that every reader takes, and all else as it was."""

import io
import json
import random
import re
import subprocess
import time
import zlib
from xml.etree import ElementTree as ET

import pypdf
import pytest
from credlabel_plugins.formats._pdf_text import text_in
from credlabel_plugins.formats.pdf import Pdf
from making import labeller, mutations, read, sample

from credlabel.credentials import CredentialState
from credlabel.errors import AssetError, CapacityError, LabelError, ReadBackError
from credlabel.hookspecs import MetadataWriter

PDF = Pdf()
AWKWARD = '{"Label":"1","ContentProducer":"<&\'\\"é中𝒳>()\\)\r\n x\ty"} ]]>'
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CHANGES = {
    "pdf:AIGC": (AWKWARD,),
    "pdf:DigitalSourceType": (URI,),
    "xmp:Iptc4xmpExt:DigitalSourceType": (URI,),
    "xmp:Iptc4xmpExt:AISystemUsed": ("Ünï <&> Co",),
    "xmp:photoshop:Credit": ("somebody",),
}
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R /Lang (en) %s >>"
OLD = b"<</Title <FEFF0048> /AIGC (earlier) /Odd#20name (x\\)y) /Producer 7 0 R /Trapped /True>>"
SIGNATURE = b"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 10 20 30] /Contents <00> >>"
ENOUGH_SECONDS = 5


def packet(inside=""):
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- kept -->'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"'
        f' xmp:CreatorTool="A &amp; B">{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def archival(part):
    return packet(f"<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>")


def with_packet(kit, xmp, information=b"", entries=b"/Type /Metadata /Subtype /XML"):
    """A document with a packet as object 5, and its information dictionary as object 6."""
    objects = (CATALOGUE % b"/Metadata 5 0 R", *kit.pages, kit.stream(xmp, entries))
    trailer = b"/Info 6 0 R" if information else b""
    return kit.document(*objects, *((information,) if information else ()), trailer=trailer)


def with_old_marks(kit):
    objects = (CATALOGUE % b"/Metadata 5 0 R", *kit.pages)
    compressed = kit.stream(zlib.compress(packet()), b"/Type /Metadata /Filter /FlateDecode")
    return kit.document(*objects, compressed, OLD, b"(somebody's)", trailer=b"/Info 6 0 R")


def packed(kit):
    """Catalogue and information dictionary in an object stream, the index in a stream."""
    body = b"1 0 6 61 ".ljust(20) + (CATALOGUE % b"/Metadata 5 0 R").ljust(61) + b"<</AIGC (old)>>"
    objects = {
        4: kit.stream(b""),
        5: kit.stream(packet(), b"/Type /Metadata /Subtype /XML"),
        7: kit.stream(body, b"/Type /ObjStm /N 2 /First 20"),
    }
    objects |= dict(enumerate(kit.pages[:2], 2))
    data, rows = b"%PDF-1.7\n", {0: bytes(5), 1: b"\2\0\0\7\0", 6: b"\2\0\0\7\1"}
    for number, part in objects.items():
        rows[number] = b"\1" + len(data).to_bytes(3, "big") + b"\0"
        data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    rows[8] = b"\1" + len(data).to_bytes(3, "big") + b"\0"
    index = b"".join(row for _, row in sorted(rows.items()))
    entries = b"/Type /XRef /Root 1 0 R /Info 6 0 R /Size 9 /W [1 3 1]"
    return data + b"8 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF" % (
        *(kit.stream(index, entries), len(data)),
    )


def hybrid(kit):
    """The same with a table, in which what is packed is free."""
    data = packed(kit)
    stream = data.rindex(b"8 0 obj")
    data = data[: data.rindex(b"startxref")]
    table = b"xref\n0 9\n0000000000 65535 f \n"
    for number in range(1, 9):
        at = -1 if number in (1, 6) else data.find(b"\n%d 0 obj" % number) + 1
        table += b"0000000000 00000 f \n" if at < 0 else b"%010d 00000 n \n" % at
    trailer = b"trailer\n<< /Root 1 0 R /Info 6 0 R /Size 9 /XRefStm %d >>\nstartxref\n" % stream
    return data + table + trailer + b"%d\n%%%%EOF\n" % len(data)


MADE = {
    "sample": lambda _: sample("hills.pdf"),
    "bare": lambda kit: kit.document(CATALOGUE % b"", *kit.pages),
    "with old marks": with_old_marks,
    "information in the trailer": lambda kit: kit.document(
        CATALOGUE % b"", *kit.pages, trailer=b"/Info <</Title (x)>>"
    ),
    "information that is not there": lambda kit: kit.document(
        CATALOGUE % b"/Metadata null", *kit.pages, trailer=b"/Info 77 0 R"
    ),
    "packed": packed,
    "hybrid": hybrid,
}


def written(data, changes):
    source, sink = io.BytesIO(data), io.BytesIO()
    PDF.write_metadata(source, sink, changes)
    made = sink.getvalue()
    assert source.getvalue() == data
    assert made.startswith(data)
    return made


def said(data):
    return dict(PDF.read_metadata(io.BytesIO(data)))


def opened(data):
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def packet_of(data):
    return opened(data).root_object["/Metadata"].get_object().get_data()


def exiftool(tmp_path, data):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        ["exiftool", "-j", "-G1", "-a", path], capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)[0]


# ---------------------------------------------------------------------------- writing


@pytest.mark.parametrize("kind", MADE)
def test_marks_are_written_behind_the_file(kit, kind):
    data = MADE[kind](kit)
    made = written(data, CHANGES)
    assert said(made) == said(data) | CHANGES
    before, after = opened(data), opened(made)
    assert after.metadata["/AIGC"] == AWKWARD
    assert [page.extract_text() for page in after.pages] == [
        page.extract_text() for page in before.pages
    ]
    old, new = before.root_object, after.root_object
    assert {key: new.raw_get(key) for key in ("/Type", "/Lang") if key in new} == {
        key: old.raw_get(key) for key in ("/Type", "/Lang") if key in old
    }
    assert set(new) == {*old, "/Metadata"}
    assert new.raw_get("/Pages").idnum == old.raw_get("/Pages").idnum
    stream = new["/Metadata"].get_object()
    assert (stream["/Type"], stream["/Subtype"]) == ("/Metadata", "/XML")
    assert "/Filter" not in stream
    assert PDF.check_whole(io.BytesIO(made)) is None


@pytest.mark.parametrize("kind", MADE)
def test_what_is_there_already_is_copied(kit, kind):
    made = written(MADE[kind](kit), CHANGES)
    assert written(made, CHANGES) == made
    assert written(made, {}) == made


@pytest.mark.parametrize("kind", MADE)
def test_marks_are_removed(kit, kind):
    data = MADE[kind](kit)
    made = written(written(data, CHANGES), dict.fromkeys(CHANGES, ()))
    assert said(made) == {key: text for key, text in said(data).items() if key not in CHANGES}


@pytest.mark.parametrize("kind", MADE)
def test_a_credential_over_it_is_valid(kit, kind):
    marked = written(MADE[kind](kit), CHANGES)
    made = labeller().label_bytes(marked, name="a.pdf")
    assert made.data.startswith(marked)
    assert read(made.data, name="a.pdf").state is CredentialState.VALID
    assert {name: said(made.data)[name] for name in CHANGES} == CHANGES


# It has no eye for what a hybrid file hides, and warns of information that is not there.
@pytest.mark.parametrize("kind", [*[*MADE][:4], "packed"])
def test_exiftool_reads_the_marks(kit, tmp_path, kind):
    plain = CHANGES | {"pdf:AIGC": ('{"Label":"1","ContentProducer":"(é中\\)"}',)}
    found = exiftool(tmp_path, written(MADE[kind](kit), plain))
    assert found["PDF:AIGC"] == plain["pdf:AIGC"][0]
    assert found["PDF:DigitalSourceType"] == URI
    assert found["XMP-iptcExt:DigitalSourceType"] == URI
    assert found["XMP-iptcExt:AISystemUsed"] == "Ünï <&> Co"
    assert found["XMP-photoshop:Credit"] == "somebody"
    assert not [key for key in found if "Warning" in key or "Error" in key]


def test_other_entries_keep_every_byte(kit):
    made = written(with_old_marks(kit), {"pdf:AIGC": ("later",), "pdf:a b/c": ("x",)})
    body = made[made.rindex(b"\n6 0 obj") :]
    for entry in (
        *(b"/Title <FEFF0048>", b"/Odd#20name (x\\)y)", b"/Producer 7 0 R", b"/Trapped /True"),
        *(b"/AIGC (later)", b"/a#20b#2Fc (x)"),
    ):
        assert entry in body
    assert said(made)["pdf:a b/c"] == ("x",)
    assert said(made)["pdf:Odd name"] == ("x)y",)
    assert b"/Metadata" not in body


def test_a_packet_is_updated_and_not_replaced(kit):
    made = written(with_packet(kit, packet(), entries=b"/Type /Metadata /Own (x)"), CHANGES)
    assert b"<!-- kept -->" in packet_of(made)
    assert b'xmp:CreatorTool="A &amp; B"' in packet_of(made)
    assert b"/Own (x)" in made[made.rindex(b"\n5 0 obj") :]
    assert b"/Type /Catalog" not in made[made.index(b"%%EOF") :]  # it had a packet before


@pytest.mark.parametrize(
    "text", ["plain", "tab\tand\nlines\r\n", "Ünï", "🦜", "\\(", ")(", "\ufeffx", "a" * 30_000]
)
def test_every_text_reads_back(kit, text):
    made = written(MADE["bare"](kit), {"pdf:AIGC": (text,)})
    assert opened(made).metadata["/AIGC"] == text
    value = re.search(rb"/AIGC (.*?)\n>>", made, re.DOTALL)[1]
    assert text_in(value) == text


def test_fields_that_a_pdf_can_t_have(kit):
    data = MADE["bare"](kit)
    assert isinstance(PDF, MetadataWriter)
    assert PDF.writable_places("application/pdf") == {"xmp", "pdf"}
    for changes, error in (
        ({"png:x": ("y",)}, LabelError),
        ({"pdf:AIGC": ("é" * 20_000,)}, CapacityError),
        ({"pdf:AIGC": ("a", "b")}, LabelError),
        ({"pdf:AIGC": ("a\0",)}, LabelError),
        ({"pdf:AIGC": (" ",)}, LabelError),
        ({"pdf:" + "n" * 200: ("x",)}, LabelError),
        ({"pdf:": ("x",)}, LabelError),
    ):
        with pytest.raises(error):
            written(data, changes)


# ---------------------------------------------------------------------------- refusing


def guarded(kit):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(kit.made("pdf")))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return {
        "encrypted": out.getvalue(),
        "digitally signed": kit.document(CATALOGUE % b"", *kit.pages, SIGNATURE),
        "not quite in order": kit.made("pdf").replace(b"startxref\n", b"startxref\n9"),
    }


@pytest.mark.parametrize("reason", ["encrypted", "digitally signed", "not quite in order"])
def test_documents_that_are_left_as_they_are(kit, reason):
    with pytest.raises(AssetError, match=reason):
        written(guarded(kit)[reason], CHANGES)


@pytest.mark.parametrize(
    "broken", [b"<x", b"<!DOCTYPE x><x/>", packet()[:-60], b"\xff\xfe<\0"], ids=range(4)
)
def test_packets_that_can_t_be_updated(kit, broken):
    data = with_packet(kit, broken)
    with pytest.raises(AssetError):
        written(data, CHANGES)
    assert said(written(data, {"pdf:AIGC": ("x",)}))["pdf:AIGC"] == ("x",)


def test_what_pypdf_does_not_find_is_not_written(kit, monkeypatch):
    class Forgetful(pypdf.PdfReader):
        metadata = None

    monkeypatch.setattr(pypdf, "PdfReader", Forgetful)
    source = io.BytesIO(MADE["bare"](kit))
    with pytest.raises(ReadBackError):
        PDF.write_metadata(source, io.BytesIO(), CHANGES)


def of_wrong_kinds(kit):
    """Documents in which something is of another type than it has to be, or is missing."""
    values = (
        *(b"null", b"7", b"(text)", b"/Name", b"[1 2]", b"<<>>", b"true", b"<00>"),
        *(b"3 0 R", b"77 0 R", b"3\0000\0R", b"0 0 R", b"1 0 R", b"[3 0 R]", b"6 0 R"),
    )
    for value in values:
        yield kit.document(CATALOGUE % b"", *kit.pages, trailer=b"/Info " + value)
        yield kit.document(CATALOGUE % b"/Metadata " + value, *kit.pages)
        yield kit.document(CATALOGUE % b"/AF " + value, *kit.pages)
        yield kit.document(CATALOGUE % b"/Names " + value, *kit.pages)
        yield kit.document(CATALOGUE % b"/AcroForm " + value, *kit.pages)
        yield kit.document(CATALOGUE % b"", *kit.pages, trailer=b"/ID " + value)
        whole = kit.document(CATALOGUE % b"", *kit.pages)
        yield whole.replace(b"/Root 1 0 R", (b"/Root " + value).ljust(len(b"/Root 1 0 R")))
        information = b"<</Title %s /AIGC %s>>" % (value, value)
        yield kit.document(CATALOGUE % b"", *kit.pages, trailer=b"/Info " + information)
        entries = b"/Type %s /Filter %s" % (value, value)
        yield with_packet(kit, packet(), information, entries)


def test_entries_of_a_wrong_type_are_refused_or_written_whole(kit):
    outcomes = []
    for data in of_wrong_kinds(kit):
        for changes in (CHANGES, {"pdf:AIGC": ("x",)}, {"xmp:photoshop:Credit": ("x",)}):
            try:
                made = written(data, changes)
            except (AssetError, LabelError):
                outcomes.append("refused")
            else:
                outcomes.append("written")
                assert {name: said(made)[name] for name in changes} == changes
        PDF.embedding_objection(io.BytesIO(data))
        PDF.may_carry_credential(io.BytesIO(data))
        PDF.extract(io.BytesIO(data))
    assert set(outcomes) == {"refused", "written"}


def test_information_that_only_some_readers_find_is_refused(kit):
    information = b"<</Title (x)>>"
    data = kit.document(CATALOGUE % b"", *kit.pages, information, trailer=b"/Info 5 0\0R")
    with pytest.raises(ReadBackError, match="does not read as the original does"):
        written(data, {"pdf:AIGC": ("x",)})
    assert said(written(data, {"xmp:photoshop:Credit": ("x",)}))["pdf:Title"] == ("x",)


def test_damaged_documents_are_refused_or_written_whole(kit):
    rng = random.Random(1)
    outcomes = set()
    for make in (with_old_marks, packed):
        for damaged in mutations(make(kit), rng, 150):
            start = time.monotonic()
            try:
                made = written(damaged, CHANGES)
            except (AssetError, LabelError):
                outcomes.add("refused")
            else:
                outcomes.add("written")
                assert {name: said(made)[name] for name in CHANGES} == CHANGES
            assert time.monotonic() - start < ENOUGH_SECONDS
    assert outcomes == {"refused", "written"}


# ---------------------------------------------------------------------------- PDF/A


def descriptions(data):
    """The names of described properties by namespace."""
    found = {}
    for uri in ET.fromstring(packet_of(data)).iter(f"{SCHEMA}namespaceURI"):
        schemas = ET.fromstring(packet_of(data)).iter(f"{RDF}li")
        for row in schemas:
            if row.findtext(f"{SCHEMA}namespaceURI") == uri.text:
                rows = row.findall(f"{SCHEMA}property/{RDF}Seq/{RDF}li")
                found[uri.text] = [each.findtext(f"{PROPERTY}name") for each in rows]
                for each in rows:
                    assert each.findtext(f"{PROPERTY}valueType") == "Text"
                    assert each.findtext(f"{PROPERTY}category") in ("external", "internal")
                    assert each.findtext(f"{PROPERTY}description")
                assert row.findtext(f"{SCHEMA}prefix")
                assert row.findtext(f"{SCHEMA}schema")
    return found


MARKS = {
    "xmp:Iptc4xmpExt:DigitalSourceType": (URI,),
    "xmp:Iptc4xmpExt:AISystemUsed": ("x",),
    "xmp:photoshop:Credit": ("somebody",),
}


@pytest.mark.parametrize("part", [1, 2, 3])
def test_properties_of_an_archival_document_are_described(kit, part):
    data = with_packet(kit, archival(part))
    made = written(data, MARKS)
    assert descriptions(made) == {IPTC: ["DigitalSourceType", "AISystemUsed"]}
    assert packet_of(made).count(b"</pdfaExtension:schemas>") == 1
    for prefix in (b"pdfaExtension:", b"pdfaSchema:", b"pdfaProperty:"):  # the standard asks for
        assert b"<" + prefix in packet_of(made)
    again = written(
        made, {"xmp:Iptc4xmpExt:AISystemVersionUsed": ("2",), "xmp:TC260:AIGC": ("{}",)}
    )
    assert descriptions(again) == {
        IPTC: ["DigitalSourceType", "AISystemUsed", "AISystemVersionUsed"],
        "http://www.tc260.org.cn/ns/AIGC/1.0/": ["AIGC"],
    }
    assert packet_of(again).count(b"</pdfaExtension:schemas>") == 1
    assert written(again, MARKS) == again
    other = written(again, {"xmp:Iptc4xmpExt:AISystemUsed": ("another",)})
    assert descriptions(other) == descriptions(again)
    # Nothing is to be described of others.
    assert b"pdfaExtension" not in packet_of(written(data, {"xmp:photoshop:Credit": ("x",)}))
    assert b"pdfaExtension" not in packet_of(written(with_packet(kit, packet()), MARKS))


def test_the_descriptions_of_others_stay(kit):
    invoice = written(with_packet(kit, archival(3)), {"xmp:TC260:AIGC": ("{}",)})
    foreign = packet_of(invoice).replace(b"http://www.tc260.org.cn/ns/AIGC/1.0/", b"urn:invoice#")
    foreign = foreign.replace(b"TC260", b"fx")
    made = written(with_packet(kit, foreign), MARKS)
    assert descriptions(made) == {
        "urn:invoice#": ["AIGC"],
        IPTC: ["DigitalSourceType", "AISystemUsed"],
    }
    strange = foreign.replace(b"<rdf:Bag>", b"<rdf:Alt>").replace(b"</rdf:Bag>", b"</rdf:Alt>")
    with pytest.raises(LabelError, match="in a form"):
        written(with_packet(kit, strange), MARKS)


def test_an_archival_document_without_information_dictionary_gets_none(kit):
    data = with_packet(kit, archival(4))
    with pytest.raises(LabelError, match="no information dictionary"):
        written(data, {"pdf:AIGC": ("x",)})
    assert "/Info" not in opened(written(data, MARKS)).trailer
    assert b"pdfaExtension" not in packet_of(written(data, MARKS))


def test_what_is_said_twice_in_an_archival_document_stays(kit):
    data = with_packet(kit, archival(1), information=b"<</Creator (A & B)>>")
    with pytest.raises(LabelError, match="alike"):
        written(data, {"xmp:xmp:CreatorTool": ("x",)})
    with pytest.raises(LabelError, match="alike"):
        written(data, {"pdf:Producer": ("x",)})
    assert said(written(data, {"xmp:xmp:CreateDate": ("2026-11-23",), "pdf:AIGC": ("x",)}))
    relaxed = with_packet(kit, archival(2), information=b"<</Creator (A & B)>>")
    assert written(relaxed, {"xmp:xmp:CreatorTool": ("x",)})


# ---------------------------------------------------------------------------- other people's


def test_other_people_s_documents_take_marks_or_stay(interop):
    counts = {"written": 0, "refused": 0}
    for path in sorted(interop.glob("files/*/*.pdf")):
        data = path.read_bytes()
        try:
            made = written(data, CHANGES)
        except (AssetError, LabelError):
            assert PDF.embedding_objection(io.BytesIO(data)), path.name
            counts["refused"] += 1
            continue
        counts["written"] += 1
        assert {name: said(made)[name] for name in CHANGES} == CHANGES
        kept = {key: text for key, text in said(data).items() if key not in CHANGES}
        assert kept.items() <= said(made).items() or "xmp:pdfaExtension" in str(kept)
        objection = PDF.embedding_objection(io.BytesIO(data))
        assert PDF.embedding_objection(io.BytesIO(made)) == objection
    assert counts["written"] > 20
    assert counts["refused"] > 5
