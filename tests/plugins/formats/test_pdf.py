import hashlib
import io
import zlib

import pytest
from credlabel_plugins.formats.pdf import Pdf
from pypdf import PdfReader, PdfWriter
from signing import FakeSign

from credlabel.errors import AssetError, LabelError, MalformedAssetError

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


def claim(part, level=b"B"):
    return b"<x pdfaid:part='%s'><pdfaid:conformance>%s</pdfaid:conformance></x>" % (part, level)


def embedded(data, sign=None):
    """The update alone, once the file itself was found to be as it was."""
    sink = io.BytesIO()
    PDF.embed(io.BytesIO(data), sink, sign or FakeSign())
    made = sink.getvalue()
    assert made.startswith(data)
    return made


def root_of(data):
    return PdfReader(io.BytesIO(data), strict=True).root_object


def packed(*objects, predictor=0):
    """A document with these objects, from number 5, in an object stream; its index is a stream."""
    places = [sum(len(body) + 1 for body in objects[:number]) for number in range(len(objects))]
    first = b" ".join(b"%d %d" % (5 + n, place) for n, place in enumerate(places)) + b" "
    body = first + b" ".join(objects)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R /AF 5 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
        b"<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s\nendstream"
        % (len(objects), len(first), len(body), body),
    ]
    data, rows = b"%PDF-1.7\n", [bytes(5)]
    for number, part in enumerate(parts, 1):
        rows.append(b"\1" + len(data).to_bytes(3, "big") + b"\0")
        data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    rows += [b"\2\0\0\4" + bytes([n]) for n in range(len(objects))]
    rows.append(b"\1" + len(data).to_bytes(3, "big") + b"\0")
    settings = b""
    if predictor:
        above = [bytes(5), *rows]
        rows = [
            b"\2" + bytes((x - y) & 0xFF for x, y in zip(row, above[n], strict=True))
            for n, row in enumerate(rows)
        ]
        settings = b"/DecodeParms << /Predictor %d /Columns 5 >>" % predictor
    index = zlib.compress(b"".join(rows))
    number = 5 + len(objects)
    return data + (
        b"%d 0 obj\n<< /Type /XRef /Root 1 0 R /Size %d /W [1 3 1] /Filter /FlateDecode %s"
        b" /Index [0 %d] /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF"
        % (number, number + 1, settings, number + 1, len(index), index, len(data))
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


def test_probe_looks_into_packed_objects(kit):
    for name, expected in ((b"C2PA_Manifest", True), (b"Supplement", False)):
        specification = b"<< /AFRelationship /%s /EF << /F 4 0 R >> >>" % name
        data = packed(b"[6 0 R]", specification)
        assert kit.probe(PDF, data) is expected
        assert kit.probe(PDF, packed(b"[6 0 R]", specification, predictor=12)) is expected


def test_probe_takes_encryption_and_damage_for_doubt(kit):
    assert kit.probe(PDF, encrypted(kit))
    assert kit.probe(PDF, kit.made("pdf")[:-10])
    assert kit.probe(PDF, kit.made("pdf").replace(b"1 0 obj", b"9 0 obj"))
    assert kit.probe(PDF, kit.made("pdf").replace(b"4 0 obj", b"9 0 obj"))


def test_probe_looks_into_xmp(kit):
    assert not kit.probe(PDF, with_metadata(kit, kit.xmp))
    assert kit.probe(PDF, with_metadata(kit, kit.remote_xmp))
    assert kit.probe(PDF, with_metadata(kit, kit.remote_xmp.decode().encode("utf-16")))
    compressed = zlib.compress(kit.remote_xmp)
    assert kit.probe(PDF, with_metadata(kit, compressed, b"/Filter /FlateDecode"))
    assert kit.probe(PDF, with_metadata(kit, kit.xmp, b"/Filter /LZWDecode"))
    assert not kit.probe(PDF, with_metadata(kit, kit.remote_xmp).replace(b"5 0 R", b"9 0 R"))


def test_nothing_speaks_against_a_plain_document(kit):
    for data in (kit.made("pdf"), kit.saved("PDF"), with_metadata(kit, kit.xmp), packed(b"[]")):
        assert kit.objection(PDF, data) is None


def test_a_signature_would_count_as_changed(kit):
    field = b"<< /FT /Sig /T (s) /V 6 0 R >>"
    form = b"/AcroForm << /SigFlags 3 /Fields [5 0 R] >>"
    for data in (
        kit.document(CATALOGUE % form, *kit.pages, field, b"null"),
        kit.document(CATALOGUE % b"", *kit.pages, field, SIGNATURE),
        kit.document(CATALOGUE % b"/Perms << /UR3 5 0 R >>", *kit.pages, SIGNATURE),
    ):
        assert "digitally signed" in kit.objection(PDF, data)


def test_words_that_only_look_like_a_signature_do_not_count(kit):
    empty = b"<< /FT /Sig /T (sign here) >>"
    form = b"/AcroForm << /SigFlags 1 /Fields [5 0 R] >>"
    assert kit.objection(PDF, kit.document(CATALOGUE % form, *kit.pages, empty)) is None
    text = kit.stream(b"(/ByteRange) Tj (/Encrypt) Tj")
    assert kit.objection(PDF, kit.document(CATALOGUE % b"", *kit.pages, text)) is None


def test_an_encrypted_document_would_need_its_key(kit):
    assert "encrypted" in kit.objection(PDF, encrypted(kit))


@pytest.mark.parametrize(
    ("limit", "module"),
    [
        ("MAX_OBJECTS", "_pdf_index"),
        ("MAX_RUNS", "_pdf_index"),
        ("MAX_SECTIONS", "_pdf_index"),
        ("MAX_NUMBER", "_pdf_index"),
        ("MAX_LOADS", "_pdf_document"),
        ("MAX_BYTES", "_pdf_objects"),
        ("MAX_FILE_BYTES", "_pdf_objects"),
    ],
)
def test_reading_is_bounded(kit, monkeypatch, limit, module):
    data = packed(b"[6 0 R]", b"<< /F (a) >>")
    assert kit.objection(PDF, data) is None
    assert not kit.probe(PDF, data)
    monkeypatch.setattr(f"credlabel_plugins.formats.{module}.{limit}", 0)
    assert "too large or involved" in kit.objection(PDF, data)
    assert kit.probe(PDF, data)


@pytest.mark.parametrize("part", [b"1", b"2", b"4"])
def test_an_archival_document_keeps_its_conformance(kit, part):
    for packet in (claim(part), claim(part).decode().encode("utf-16")):
        assert f"PDF/A-{part.decode()}" in kit.objection(PDF, with_metadata(kit, packet))
    compressed = with_metadata(kit, zlib.compress(claim(part)), b"/Filter /FlateDecode")
    assert f"PDF/A-{part.decode()}" in kit.objection(PDF, compressed)


@pytest.mark.parametrize(("part", "level"), [(b"3", b"B"), (b"4", b"F"), (b"4", b"E")])
def test_archival_documents_that_allow_any_attachment(kit, part, level):
    assert kit.objection(PDF, with_metadata(kit, claim(part, level))) is None


def test_an_attachment_has_what_an_archival_document_asks_of_it(kit):
    root = root_of(embedded(with_metadata(kit, claim(b"3"))))
    (specification,) = root["/AF"]
    specification = specification.get_object()
    assert specification["/AFRelationship"] == "/C2PA_Manifest"
    assert specification["/F"] == specification["/UF"] == "content_credential.c2pa"
    stream = specification["/EF"]["/F"]
    assert stream["/Subtype"] == "/application/c2pa"
    assert stream["/Params"]["/Size"] == len(stream.get_data())


def test_a_claim_that_is_not_the_documents_own_does_not_count(kit):
    attached = kit.stream(claim(b"2"), b"/Type /Metadata")
    assert kit.objection(PDF, kit.document(CATALOGUE % b"", *kit.pages, attached)) is None


# ---------------------------------------------------------------------------- damage


def test_an_index_that_does_not_fit(kit):
    data = kit.made("pdf")
    assert kit.objection(PDF, data) is None
    place = b"%010d 00000 n" % data.index(b"3 0 obj")
    start = b"startxref\n%d" % data.rindex(b"xref\n0")
    for old, new in (
        (place, b"%010d 00000 n" % (data.index(b"3 0 obj") + 5)),
        (place, b"%010d 00001 n" % data.index(b"3 0 obj")),
        (place, b"%010d 00000 n" % data.index(b"2 0 obj")),
        (place, b"%010d 00000 x" % data.index(b"3 0 obj")),
        (place, b"0999999999 00000 n"),
        (start, b"startxref\n%d" % (data.rindex(b"xref\n0") + 1)),
        (start, b"startxref\n%d" % (data.rindex(b"xref\n0") - 7)),
        (b"xref\n0 5", b"xref\n0 4"),
        (b"trailer\n", b"trailer\n<<>> "),
        (b"/Root 1 0 R", b"/Root 3 0 R"),
        (b"/Root 1 0 R", b"/Size 9 /Root 1 0 R"),
        (b"/Root 1 0 R", b"/Root 1 0 R /#53ize 9"),
        (b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % data.rindex(b"xref\n0")),
        (b"/Type /Pages", b"/Type /Page "),
        (b"/Pages 2 0 R", b"/Pages 9 0 R"),
    ):
        assert data.count(old) == 1
        assert "not quite in order" in kit.objection(PDF, data.replace(old, new)), new


def test_a_digit_cut_off_would_hide_the_catalogue_from_the_library(kit):
    bodies = [b"null"] * 6
    data = kit.document(CATALOGUE % b"", *kit.pages, *bodies, b"<< /This /Is /11 >>")
    place = b"%010d 00000 n" % data.index(b"11 0 obj")
    damaged = data.replace(place, b"%010d 00000 n" % (data.index(b"11 0 obj") + 1))
    assert kit.objection(PDF, data) is None
    assert "not quite in order" in kit.objection(PDF, damaged)


@pytest.mark.parametrize(
    "body",
    [
        b"[6 0 R",
        b"[6 0 R >>",
        b"[<< /A >>]",
        b"[--5]",
        b"[foo]",
        b"[/a#zz]",
        b"[(never closed]",
        b"[<0g>]",
        b"[<< /F 1 /F 2 >>]",
        b"[" * 70 + b"]" * 70,
        b"(AF)",
        b"6 0 R",
    ],
)
def test_a_list_of_attachments_that_cannot_be_read(kit, body):
    data = kit.document(CATALOGUE % b"/AF 5 0 R", *kit.pages, body, b"<< /F (a) >>")
    assert "not quite in order" in kit.objection(PDF, data)
    assert "not quite in order" in kit.objection(PDF, packed(body, b"<< /F (a) >>"))


def test_objects_packed_into_a_stream_that_is_not_in_order():
    data = packed(b"[6 0 R]", b"<< /F (a) >>")
    assert PDF.extract(io.BytesIO(data)) is None
    for old, new in (
        (b"/First 8", b"/First 99"),
        (b"5 0 6 8", b"5 0 7 8"),
        (b"/Length 28 >>", b"/Length 5 0 R >>"),
        (b"/Length 28 >>", b"/Length 27 >>"),
        (b"/ObjStm", b"/ObjStm /Filter /LZWDecode"),
        (b"/ObjStm", b"/ObjStm /Filter [/FlateDecode /LZWDecode]"),
        (b"/ObjStm", b"/ObjStm /Filter /FlateDecode"),
        (b"/W [1 3 1]", b"/W [1 3 2]"),
        (b"/W [1 3 1]", b"/W [1 3]"),
        (b"/Index [0 8]", b"/Index [0]"),
        (b"/Type /XRef", b"/Type /Ref"),
    ):
        assert data.count(old) == 1, old
        damaged = data.replace(old, new)
        start = damaged.rindex(b"7 0 obj")
        damaged = damaged[: damaged.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF" % start
        extraction = PDF.extract(io.BytesIO(damaged))
        assert extraction, new
        assert "not quite in order" in extraction.problem.explanation


@pytest.mark.parametrize("predictor", [2, 10])
def test_predictions_that_no_index_has(kit, predictor):
    data = packed(b"[]", predictor=predictor)
    assert (kit.objection(PDF, data) is None) == (predictor == 10)  # rows say themselves what of
    assert "not quite in order" in kit.objection(PDF, data.replace(b"/Columns 5", b"/Columns 4"))


def test_an_update_that_was_cut_short(kit):
    data = kit.made("pdf") + b"3 0 obj\n<< /Type /Page >>\nendobj\n"
    assert kit.is_whole(PDF, data)
    assert "not quite in order" in kit.objection(PDF, data)


def test_readers_count_from_different_beginnings_where_something_precedes_the_header(kit):
    assert "not quite in order" in kit.objection(PDF, b"\n\n" + kit.made("pdf"))


# ---------------------------------------------------------------------------- the update


@pytest.mark.parametrize("make", [lambda kit: kit.made("pdf"), lambda _: packed(b"[]")])
def test_the_file_stays_as_it_was_and_all_but_the_store_is_bound(kit, make):
    data, sign = make(kit), FakeSign()
    made = embedded(data, sign)
    extraction = PDF.extract(io.BytesIO(made))
    ((start, length),) = extraction.exclusions
    assert made[start : start + length] == extraction.store == sign.made[-1]
    bound = b"".join(PDF.bound_bytes(io.BytesIO(made), extraction.exclusions))
    assert bound == made[:start] + made[start + length :]
    assert sign.calls[-1] == (extraction.exclusions, hashlib.sha256(bound).digest())
    assert kit.probe(PDF, made)


def test_an_index_goes_on_in_the_form_it_has(kit):
    assert embedded(kit.made("pdf")).count(b"trailer") == 2
    made = embedded(packed(b"[]"))
    assert b"trailer" not in made
    assert made.count(b"/XRef") == 2


@pytest.mark.parametrize(
    ("entries", "objects", "names"),
    [
        (b"", (), []),
        (b"/Names << >>", (), []),
        (b"/Names null /AF null", (), []),
        (b"/Names 5 0 R", (b"<< /Dests 7 0 R >>",), []),
        (b"/Names << /EmbeddedFiles << >> >>", (), []),
        (b"/Names << /EmbeddedFiles 6 0 R >>", (b"<<>>", b"<< /Names [(z) 5 0 R] >>"), ["z"]),
        (b"/Names << /EmbeddedFiles << /Names 6 0 R >> >>", (b"<<>>", b"[(a) 5 0 R]"), ["a"]),
        (b"/Names << /EmbeddedFiles << /Names [<41> 5 0 R (d\\145) 5 0 R] >> >>", (), ["A", "de"]),
    ],
)
def test_the_name_goes_into_the_list_of_attachments(kit, entries, objects, names):
    root = root_of(embedded(kit.document(CATALOGUE % entries, *kit.pages, *objects)))
    listed = root["/Names"]["/EmbeddedFiles"]["/Names"]
    expected = sorted([*names, "content_credential.c2pa"])
    assert [str(name.get_object()) for name in listed[::2]] == expected
    own = listed[expected.index("content_credential.c2pa") * 2 + 1].get_object()
    assert own["/AFRelationship"] == "/C2PA_Manifest"
    assert ("/Dests" in root["/Names"]) == (b"/Dests" in b"".join(objects))


@pytest.mark.parametrize(
    ("ranges", "own", "limits"),
    [
        ("ab de", 0, ["a", "content_credential.c2pa"]),
        ("ac de", 0, ["a", "content_credential.c2pa"]),
        ("ad ef", 0, ["a", "d"]),
        ("de fg", 0, ["content_credential.c2pa", "e"]),
        ("AB ab", 1, ["a", "content_credential.c2pa"]),
    ],
)
def test_the_name_goes_into_a_tree_of_attachments(kit, ranges, own, limits):
    tree = b"/Names << /EmbeddedFiles << /Kids [5 0 R] >> >>"
    ends = [tuple(pair.encode()) for pair in ranges.split()]
    leaves = [
        b"<< /Limits [(%c) (%c)] /Names [(%c) 9 0 R (%c) 9 0 R] >>" % (pair * 2) for pair in ends
    ]
    middle = b"<< /Limits [(%c) (%c)] /Kids [6 0 R 7 0 R] >>" % (ends[0][0], ends[1][1])
    data = kit.document(CATALOGUE % tree, *kit.pages, middle, *leaves, b"<<>>", b"<< /F (a) >>")
    (top,) = root_of(embedded(data))["/Names"]["/EmbeddedFiles"]["/Kids"]
    kids = [kid.get_object() for kid in top["/Kids"]]
    assert kids[own]["/Limits"] == limits
    names = [name for kid in kids for name in kid["/Names"][::2]]
    assert names == sorted(names)
    assert len(names) == 5
    assert top["/Limits"] == [names[0], names[-1]]


@pytest.mark.parametrize(
    "tree",
    [
        b"<< /Kids [5 0 R] >>",
        b"<< /Kids [] >>",
        b"<< /Kids [<< /Limits [(a) (b)] /Names [(a) 5 0 R] >>] >>",
        b"<< /Kids [5 0 R] /Names [] >>",
        b"<< /Kids [6 0 R] >>",
        b"<< /Names [(a)] >>",
        b"<< /Names [/a 5 0 R] >>",
        b"<< /Names [(content_credential.c2pa) 5 0 R] >>",
    ],
)
def test_attachments_listed_in_some_other_way(kit, tree):
    circle = b"<< /Limits [(a) (z)] /Kids [6 0 R] >>"
    names = b"/Names << /EmbeddedFiles %s >>" % tree
    data = kit.document(CATALOGUE % names, *kit.pages, b"<< /F (a) >>", circle)
    assert "lists its attachments in a form" in kit.objection(PDF, data)
    with pytest.raises(AssetError):
        embedded(data)


@pytest.mark.parametrize("entry", [b"/AF [5 0 R]", b"/AF 6 0 R", b"/AF 5 0 R"])
def test_other_associated_files_are_kept(kit, entry):
    data = kit.document(CATALOGUE % entry, *kit.pages, b"<< /F (a) >>", b"[5 0 R]")
    files = [reference.get_object() for reference in root_of(embedded(data))["/AF"]]
    assert [file["/F"] for file in files] == ["a", "content_credential.c2pa"]


def test_every_other_entry_of_the_catalogue_is_kept_byte_for_byte(kit):
    odd = b"/X << /N /caf\xe9 /M /\xc4\xe3 /R 0.10000000149 /S (a\\222%(b)) /H <FEFF 00e9> >>"
    data = kit.document(CATALOGUE % odd, *kit.pages)
    assert embedded(data).count(odd[3:]) == 2


def test_the_trailer_is_kept_but_for_what_tells_of_the_update(kit):
    trailer = b"/Info 4 0 R /ID [<AB> (two)] /DocChecksum /5E"
    data = kit.document(CATALOGUE % b"", *kit.pages, trailer=trailer)
    kept = PdfReader(io.BytesIO(embedded(data)), strict=True).trailer
    assert kept["/Prev"] == data.rindex(b"xref\n0")
    assert kept["/DocChecksum"] == "/5E"
    assert kept["/Size"] == 7
    assert kept["/ID"][0].original_bytes == b"\xab"
    assert kept["/ID"][1].original_bytes == hashlib.sha256(data).digest()[:16]
    assert kept.raw_get("/Info").idnum == 4
    assert "/ID" not in PdfReader(io.BytesIO(embedded(kit.made("pdf")))).trailer


def test_new_numbers_are_free_even_if_the_size_is_wrong(kit):
    data = kit.made("pdf").replace(b"/Size 5", b"/Size 3")
    root = root_of(embedded(data))
    assert root.raw_get("/AF")[0].idnum == 6
    assert root["/Pages"]["/Count"] == 1


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\0" * 99, b"junk"])
def test_the_update_begins_on_a_line_of_its_own(kit, tail):
    data = kit.made("pdf").rstrip() + tail
    made = embedded(data)
    assert made[len(data) - 1 : len(data) + 1].count(b"\n") == 1
    assert len(root_of(made)["/AF"]) == 1


def test_a_start_that_is_off_by_white_space_is_put_right(kit):
    data = kit.made("pdf")
    place = data.rindex(b"xref\n0")
    off = data.replace(b"startxref\n%d" % place, b"startxref\n%d" % (place - 1))
    assert PdfReader(io.BytesIO(embedded(off))).trailer["/Prev"] == place


def test_what_a_hybrid_file_hides_is_found_and_kept(kit):
    data = packed(b"[6 0 R]", b"<< /F (hidden) >>")
    stream = data.rindex(b"7 0 obj")
    hybrid = data[: data.rindex(b"startxref")]
    place = len(hybrid)
    rows = [data.index(b"%d 0 obj" % number) for number in range(1, 5)]
    table = b"".join(b"%010d 00000 n \n" % row for row in rows)
    hybrid += b"xref\n0 7\n0000000000 65535 f \n" + table + b"0000000000 00000 f \n" * 2
    hybrid += b"trailer\n<< /Root 1 0 R /Size 7 /XRefStm %d >>\nstartxref\n" % stream
    hybrid += b"%d\n%%%%EOF\n" % place
    assert kit.objection(PDF, hybrid) is None
    made = embedded(hybrid)
    assert made.count(b"/XRefStm") == 1
    files = [reference.get_object()["/F"] for reference in root_of(made)["/AF"]]
    assert files == ["hidden", "content_credential.c2pa"]


def test_stores_of_changing_length_are_padded(kit):
    made = embedded(kit.made("pdf"), FakeSign(jitter=9))
    assert len(PDF.extract(io.BytesIO(made)).store) > 0
    with pytest.raises(LabelError, match="length changes"):
        embedded(kit.made("pdf"), FakeSign(growth=2000))


# ---------------------------------------------------------------------------- an earlier store


def test_a_new_store_takes_the_place_of_the_old(kit):
    once = embedded(kit.made("pdf"), FakeSign(length=3000))
    sign = FakeSign(length=4000)
    twice = embedded(once, sign)
    assert PDF.extract(io.BytesIO(twice)).store == sign.made[-1]
    assert [reference.idnum for reference in root_of(twice)["/AF"]] == [6]
    assert twice[len(once) :].count(b"/Catalog") == 0
    assert PdfReader(io.BytesIO(twice)).trailer["/Size"] == 7


STORE = b"\0\0\0\x10jumb12345678"
SPECIFICATION = b"<< /AFRelationship /C2PA_Manifest /EF << /F 6 0 R >> >>"


def test_a_store_in_a_stream_that_is_longer_than_it(kit):
    catalogue = CATALOGUE % b"/AF [5 0 R]"
    data = kit.document(catalogue, *kit.pages, SPECIFICATION, kit.stream(STORE + bytes(9)))
    extraction = PDF.extract(io.BytesIO(data))
    assert extraction.store == STORE
    assert extraction.exclusions == ((data.index(STORE), len(STORE)),)


@pytest.mark.parametrize(
    "entries",
    [
        b"/AF [5 0 R 7 0 R]",
        b"/AF 5 0 R",
        b"/AF [<< /AFRelationship /C2PA_Manifest /EF << /F 6 0 R >> >>]",
        b"/AF [8 0 R]",
        b"/AF [9 0 R]",
        b"/AFRelationship /C2PA_Manifest /EF << /F 6 0 R >> /AF [1 0 R]",
    ],
)
def test_stores_that_are_several_or_not_where_readers_look(kit, entries):
    specifications = (
        SPECIFICATION,
        SPECIFICATION.replace(b"6 0 R", b"1 0 R"),
        SPECIFICATION.replace(b"6 0 R", b"(x)"),
    )
    objects = (SPECIFICATION, kit.stream(STORE), *specifications)
    data = kit.document(CATALOGUE % entries, *kit.pages, *objects)
    assert "more than one credential" in kit.objection(PDF, data)
    extraction = PDF.extract(io.BytesIO(data))
    assert not extraction.store
    assert extraction.problem
    assert kit.probe(PDF, data)


def test_a_document_without_a_store_has_nothing_to_extract(kit):
    assert PDF.extract(io.BytesIO(kit.made("pdf"))) is None
    assert PDF.extract(io.BytesIO(b"%PDF-1.7")).problem
