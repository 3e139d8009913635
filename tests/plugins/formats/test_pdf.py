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


def claim(part, conformance=b"B"):
    return b"<x pdfaid:part='%s'><pdfaid:conformance>%s</pdfaid:conformance></x>" % (
        part,
        conformance,
    )


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


def test_the_search_for_a_signature_is_bounded(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.pdf.MAX_OBJECTS", 2)
    data = kit.document(CATALOGUE % b"", *kit.pages, SIGNATURE)
    assert "could not be read" in kit.objection(PDF, data)


@pytest.mark.parametrize(
    ("part", "conformance", "allowed"),
    [
        (b"1", b"B", False),
        (b"2", b"U", False),
        (b"3", b"B", True),
        (b"4", b"", False),
        (b"4", b"F", True),
        (b"4", b"E", True),
    ],
)
def test_an_archival_document_keeps_its_conformance(kit, part, conformance, allowed):
    objection = kit.objection(PDF, with_metadata(kit, claim(part, conformance)))
    assert (objection is None) == allowed
    if not allowed:
        assert f"PDF/A-{part.decode()}" in objection
