import io
import zlib

import pytest
from credlabel_plugins.formats.pdf import Pdf
from pypdf import PdfReader, PdfWriter

from credlabel.errors import MalformedAssetError

PDF = Pdf()
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R %s >>"
SIGNATURE = b"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 10 20 30] /Contents <00> >>"


def encrypted(kit):
    writer = PdfWriter(clone_from=io.BytesIO(kit.made("pdf")))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_metadata(kit, packet, entries=b"/Type /Metadata /Subtype /XML"):
    return kit.document(CATALOGUE % b"/Metadata 5 0 R", *kit.pages, kit.stream(packet, entries))


def claim(part):
    return b"<x pdfaid:part='%s'><pdfaid:conformance>B</pdfaid:conformance></x>" % part


def test_the_made_file_is_a_pdf(kit):
    assert len(PdfReader(io.BytesIO(kit.made("pdf"))).pages) == 1


def test_cut_documents_are_refused(kit):
    kit.check_cuts(PDF, kit.made("pdf"), harmless=1)
    kit.check_cuts(PDF, kit.saved("PDF"), harmless=1)


@pytest.mark.parametrize("tail", [b"\r\n", bytes(30_000), b"junk" * 100])
def test_what_is_appended_does_no_harm(kit, tail):
    assert kit.is_whole(PDF, kit.made("pdf") + tail)


def test_the_first_part_of_a_linearised_file_is_not_whole(kit):
    data = kit.made("pdf") + b"startxref\n0\n%%EOF\n"
    with pytest.raises(MalformedAssetError, match="index is missing"):
        PDF.check_whole(io.BytesIO(data))
    assert not kit.is_whole(PDF, kit.made("pdf") + b"startxref\n99999\n%%EOF\n")
    assert not kit.is_whole(PDF, b"no PDF" + kit.made("pdf"))


def test_only_white_space_may_precede_the_header():
    for head in (b"%PDF-1.4\n", b"\n %PDF-2.0", b"\xef\xbb\xbf%PDF-1.7"):
        assert PDF.accepts(head) == "application/pdf"
    for head in (b"%PDF-x", b"junk %PDF-1.4", b"\n\n", b"\xefPDF", b"%PDF-"):
        assert PDF.accepts(head) is None


def test_probe_finds_a_store(kit):
    specification = b"<< /Type /Filespec /AFRelationship /%s /EF << /F 6 0 R >> >>"
    for name, expected in (
        (b"C2PA_Manifest", True),
        (b"C2PA#5fManifest", True),
        (b"#43#32#50#41_Manifest", True),
        (b"Supplement", False),
        (b"Data#20sheet#C3#A9", False),
    ):
        data = kit.document(
            CATALOGUE % b"/AF [5 0 R]", *kit.pages, specification % name, kit.stream(b"jumb")
        )
        assert kit.probe(PDF, data) is expected


def test_probe_takes_packed_objects_for_doubt(kit):
    packed = zlib.compress(b"5 0 << /AFRelationship /C2PA_Manifest >>")
    entries = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
    data = kit.document(CATALOGUE % b"", *kit.pages, kit.stream(packed, entries))
    assert kit.probe(PDF, data)
    assert kit.probe(PDF, data.replace(b"/ObjStm", b"/Obj#53tm"))
    assert kit.probe(PDF, encrypted(kit))


def test_probe_looks_into_xmp(kit):
    assert not kit.probe(PDF, with_metadata(kit, kit.xmp))
    assert kit.probe(PDF, with_metadata(kit, kit.remote_xmp))
    assert kit.probe(PDF, with_metadata(kit, kit.remote_xmp.decode().encode("utf-16")))
    compressed = zlib.compress(kit.remote_xmp)
    assert kit.probe(PDF, with_metadata(kit, compressed, b"/Filter /FlateDecode"))
    assert kit.probe(PDF, with_metadata(kit, kit.xmp).replace(b"5 0 R", b"9 0 R"))
    assert kit.probe(PDF, with_metadata(kit, kit.xmp).replace(b"a 5 0 R", b"a%\n5 0 R"))
    many = b" ".join(b"/Metadata %d 0 R" % number for number in range(5, 80))
    assert kit.probe(PDF, kit.document(CATALOGUE % many, *kit.pages))


def test_probe_looks_at_every_version_of_the_packet(kit):
    updated = kit.document(
        CATALOGUE % b"/Metadata 5 0 R",
        *kit.pages,
        kit.stream(kit.xmp),
        b"<<>>\nendobj\n5 0 obj\n" + kit.stream(kit.remote_xmp),
    )
    assert kit.probe(PDF, updated)


def test_probe_takes_damage_and_size_for_doubt(kit, monkeypatch):
    assert kit.probe(PDF, kit.made("pdf")[:-10])
    monkeypatch.setattr("credlabel_plugins.formats.pdf.MAX_PROBE_BYTES", 100)
    assert kit.probe(PDF, kit.made("pdf"))


def test_nothing_speaks_against_a_plain_document(kit):
    assert kit.objection(PDF, kit.made("pdf")) is None
    assert kit.objection(PDF, with_metadata(kit, kit.xmp)) is None


def test_a_signature_would_break(kit):
    field = b"<< /FT /Sig /T (s) /V 6 0 R >>"
    form = b"/AcroForm << /SigFlags 3 /Fields [5 0 R] >>"
    for data in (
        kit.document(CATALOGUE % form, *kit.pages, field, SIGNATURE),
        kit.document(CATALOGUE % b"", *kit.pages, field, SIGNATURE),
        kit.document(CATALOGUE % b"/Perms << /UR3 5 0 R >>", *kit.pages, SIGNATURE),
    ):
        assert "break that signature" in kit.objection(PDF, data)


def test_words_that_only_look_like_a_signature_do_not_count(kit):
    empty = b"<< /FT /Sig /T (sign here) >>"
    form = b"/AcroForm << /SigFlags 1 /Fields [5 0 R] >>"
    assert kit.objection(PDF, kit.document(CATALOGUE % form, *kit.pages, empty)) is None
    text = kit.stream(b"(/ByteRange) Tj (/Encrypt) Tj")
    assert kit.objection(PDF, kit.document(CATALOGUE % b"", *kit.pages, text)) is None


def test_an_encrypted_document_would_need_its_key(kit):
    assert "encrypted" in kit.objection(PDF, encrypted(kit))


def test_a_structure_that_cannot_be_read_is_an_objection(kit):
    broken = b"%PDF-1.7\n/ByteRange and nothing else\n%%EOF"
    assert "could not be read" in kit.objection(PDF, broken)


def test_the_search_is_bounded(kit, monkeypatch):
    data = kit.document(CATALOGUE % b"", *kit.pages, SIGNATURE)
    monkeypatch.setattr("credlabel_plugins.formats._pdf.MAX_OBJECTS", 2)
    assert "too many objects" in kit.objection(PDF, data)
    monkeypatch.undo()
    monkeypatch.setattr("credlabel_plugins.formats._pdf.MAX_PACKED_BYTES", 2)
    assert "too many objects" in kit.objection(PDF, packed(b"<< /A 1 >>"))
    monkeypatch.undo()
    assert kit.objection(PDF, packed(b"<< /A 1 >>")) is None


@pytest.mark.parametrize("part", [b"1", b"2", b"3", b"4"])
def test_an_archival_document_keeps_its_conformance(kit, part):
    for packet in (claim(part), claim(part).decode().encode("utf-16")):
        assert f"PDF/A-{part.decode()}" in kit.objection(PDF, with_metadata(kit, packet))
    compressed = with_metadata(kit, zlib.compress(claim(part)), b"/Filter /FlateDecode")
    assert f"PDF/A-{part.decode()}" in kit.objection(PDF, compressed)


def test_a_claim_that_is_not_the_documents_own_does_not_count(kit):
    attached = kit.stream(claim(b"2"), b"/Type /Metadata")
    assert kit.objection(PDF, kit.document(CATALOGUE % b"", *kit.pages, attached)) is None


# ---------------------------------------------------------------------------- damage


def packed(*objects):
    """A document with these objects in an object stream, found through a stream, too."""
    places = [sum(len(body) + 1 for body in objects[:number]) for number in range(len(objects))]
    first = b" ".join(b"%d %d" % (5 + n, place) for n, place in enumerate(places)) + b" "
    body = first + b" ".join(objects)
    parts = [
        (1, b"<< /Type /Catalog /Pages 2 0 R >>"),
        (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
        (3, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>"),
        (
            4,
            b"<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s\nendstream"
            % (len(objects), len(first), len(body), body),
        ),
    ]
    data = b"%PDF-1.7\n"
    rows = [bytes(5)]
    for number, part in parts:
        rows.append(b"\1" + len(data).to_bytes(3, "big") + b"\0")
        data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    rows += [b"\2\0\0\4" + bytes([n]) for n in range(len(objects))]
    rows.append(b"\1" + len(data).to_bytes(3, "big") + b"\0")
    index = b"".join(rows)
    entries = b"/Type /XRef /Root 1 0 R /Size %d /W [1 3 1] /Length %d"
    last = (
        b"%d 0 obj\n<< " + entries + b" >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF"
    )
    number = 5 + len(objects)
    return data + last % (number, number + 1, len(index), index, len(data))


SOUND = (
    b"[4. -.002 +17 .5 -0 00012]",
    b"<< /A % >> (\n1 /B<</C[<9 0\n1f>]>> >>",
    b"[(a\\)b) (n(es(t)e)d) (\\\\) (%) /N#20ame]",
    b"(" * 16 + b")" * 16,
    b"<</Length 3/D<</Length 9>>>>stream\r\nabc\r\nendstream",
    b"<</Length 0>>\nstream\nendstream",
    b"<</Length 6 0 R>>\nstream\nabc\nendstream",
    b"true",
    b"null",
    b"7 0 R",
)
LOST = (
    b"<< /A >>",
    b"<< /A 1 2 3 >>",
    b"<< (A) 1 >>",
    b"[1 2 >>",
    b"<< /A [1 2 >>",
    b"[" * 50 + b"]" * 50,
    b"[1",
    b"[--5]",
    b"[1e5]",
    b"[1.2.3]",
    b"[99999999999999999999]",
    b"<< / 1 >>",
    b"/a#zz",
    b"(" * 150 + b")" * 150,
    b"<< /A foo >>",
    b"<< /A 1 >> junk",
    b"(never closed",
    b"<</Length 2>>\nstream\nabc\nendstream",
    b"<</Length 900>>\nstream\nabc\nendstream",
    b"<</Length 66 0 R>>\nstream\nabc\nendstream",
    b"<<>>\nstream\nabc\nendstream",
)


@pytest.mark.parametrize("body", SOUND)
def test_objects_that_c2pa_rs_reads(kit, body):
    data = kit.document(CATALOGUE % b"/X 5 0 R", *kit.pages, body, b"3")
    assert kit.objection(PDF, data) is None
    if b"stream" not in body:
        assert kit.objection(PDF, packed(body)) is None


@pytest.mark.parametrize("body", LOST)
def test_objects_that_c2pa_rs_drops(kit, body):
    data = kit.document(CATALOGUE % b"/X 5 0 R", *kit.pages, body, b"3")
    assert "not quite in order" in kit.objection(PDF, data)
    if b"stream" not in body:
        assert "not quite in order" in kit.objection(PDF, packed(body))


def test_a_long_object_is_read_to_its_end(kit):
    numbers = b"[" + b"12.5 " * 9_000 + b"%s]"
    for last, is_sound in ((b"1", True), (b"--1", False)):
        data = kit.document(CATALOGUE % b"/X 5 0 R", *kit.pages, numbers % last)
        assert (kit.objection(PDF, data) is None) == is_sound


def test_an_index_that_does_not_fit(kit):
    data = kit.made("pdf")
    assert kit.objection(PDF, data) is None
    place = b"%010d 00000 n" % data.index(b"3 0 obj")
    start = b"startxref\n%d" % data.rindex(b"xref\n0")
    for old, new in (
        (place, b"%010d 00000 n" % (data.index(b"3 0 obj") + 5)),
        (place, b"%010d 00001 n" % data.index(b"3 0 obj")),
        (place, b"%010d 00000 n" % data.index(b"2 0 obj")),
        (place, b"0999999999 00000 n"),
        (start, b"startxref\n%d" % (data.rindex(b"xref\n0") - 7)),
        (b"xref\n0 5", b"xref\n0 4"),
    ):
        assert data.count(old) == 1
        assert "not quite in order" in kit.objection(PDF, data.replace(old, new)), new


def test_an_update_that_was_cut_short(kit):
    data = kit.made("pdf") + b"3 0 obj\n<< /Type /Page >>\nendobj\n"
    assert kit.is_whole(PDF, data)
    assert "not quite in order" in kit.objection(PDF, data)


def test_white_space_before_the_header_does_no_harm(kit):
    assert kit.objection(PDF, b"\n\n" + kit.made("pdf")) is None


# ---------------------------------------------------------------------------- what would change


@pytest.mark.parametrize(
    ("entries", "is_plain"),
    [
        (b"", True),
        (b"/Names << >>", True),
        (b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>", True),
        (b"/Names << /EmbeddedFiles << /Names 6 0 R >> >>", True),
        (b"/Names << /EmbeddedFiles << /Kids [5 0 R] >> >>", False),
        (b"/Names << /EmbeddedFiles << >> >>", False),
        (b"/AF [5 0 R]", True),
        (b"/AF 6 0 R", True),
        (b"/AF 5 0 R", False),
    ],
)
def test_lists_of_attachments(kit, entries, is_plain):
    data = kit.document(CATALOGUE % entries, *kit.pages, b"<< /Type /Filespec >>", b"[5 0 R]")
    objection = kit.objection(PDF, data)
    assert objection is None if is_plain else "attachments" in objection


def test_coordinates_would_be_rounded(kit):
    viewport = b"<< /Measure << /Subtype /GEO /GPTS [47.123456789 -122.987654321] >> >>"
    plain = kit.document(CATALOGUE % b"/X 5 0 R", *kit.pages, viewport)
    assert "coordinates" in kit.objection(PDF, plain)
    assert "coordinates" in kit.objection(PDF, packed(viewport))
