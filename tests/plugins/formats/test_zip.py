import base64
import contextlib
import hashlib
import io
import json
import random
import time
import tracemalloc
import zipfile
import zlib

import c2pa
import making
import pytest
from credlabel_plugins.formats import _planning
from credlabel_plugins.formats import zip as zip_module
from credlabel_plugins.formats._content_types import declared
from credlabel_plugins.formats._padding import MAX_SIGNATURES
from credlabel_plugins.formats.zip import Zip
from signing import FakeSign

from credlabel.errors import AssetError, LabelError, MalformedAssetError
from credlabel.hookspecs import Extraction
from credlabel.model import Model, Prompt, Provenance

ZIP = Zip()
OOXML = "application/vnd.openxmlformats-officedocument."
MS = "application/vnd.ms-"


@pytest.mark.parametrize("name", ["docx", "epub", "zip"])
def test_cut_archives_are_refused(kit, name):
    kit.check_cuts(ZIP, kit.made(name))


def test_comments_and_padding_do_no_harm(kit):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a", "b")
        packed.comment = b"PK\5\6 is what the end begins with" + bytes(30)
    assert kit.is_whole(ZIP, out.getvalue())
    assert kit.is_whole(ZIP, kit.made("zip") + bytes(99))
    assert not kit.is_whole(ZIP, kit.made("zip") + b"x")


def test_an_empty_archive_is_one(kit):
    data = kit.archive()
    assert ZIP.accepts(data) == "application/x-zip"
    assert kit.is_whole(ZIP, data)
    assert not kit.probe(ZIP, data)


def test_large_archives_have_another_end(kit, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    data = kit.archive(*((f"{n}", "x") for n in range(5)))
    assert b"PK\6\6" in data
    assert kit.is_whole(ZIP, data)
    assert not kit.probe(ZIP, data)
    with pytest.raises(MalformedAssetError, match="end record"):
        ZIP.check_whole(io.BytesIO(data.replace(b"PK\6\6", b"PK\6\0")))


@pytest.mark.parametrize(
    ("main", "media_type"),
    [
        (f"{OOXML}wordprocessingml.document.main+xml", f"{OOXML}wordprocessingml.document"),
        (f"{OOXML}spreadsheetml.sheet.main+xml", f"{OOXML}spreadsheetml.sheet"),
        (
            f"{OOXML}presentationml.presentation.main+xml",
            f"{OOXML}presentationml.presentation",
        ),
        (f"{OOXML}wordprocessingml.template.main+xml", f"{OOXML}wordprocessingml.template"),
        (f"{MS}word.document.macroEnabled.main+xml", f"{MS}word.document.macroenabled.12"),
        (f"{MS}excel.sheet.macroEnabled.main+xml", f"{MS}excel.sheet.macroenabled.12"),
        (
            f"{MS}powerpoint.presentation.macroEnabled.main+xml",
            f"{MS}powerpoint.presentation.macroenabled.12",
        ),
    ],
)
def test_office_documents_are_told_apart(kit, main, media_type):
    entries = ("[Content_Types].xml", kit.content_types(main)), ("_rels/.rels", "x" * 100)
    for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        data = kit.archive(*entries, compression=compression)
        assert ZIP.accepts(data[:4096]) == media_type


@pytest.mark.parametrize(
    ("entries", "media_type"),
    [
        ([("[Content_Types].xml", "?"), ("xl/workbook.xml", "")], f"{OOXML}spreadsheetml.sheet"),
        ([("word/notes.txt", "")], "application/x-zip"),
        ([("FixedDocSeq.fdseq", "")], "application/oxps"),
        (
            [("mimetype", "application/vnd.oasis.opendocument.text")],
            "application/vnd.oasis.opendocument.text",
        ),
        (
            [("mimetype", "application/vnd.oasis.opendocument.spreadsheet-template")],
            "application/vnd.oasis.opendocument.spreadsheet-template",
        ),
        ([("mimetype", "application/x-something")], "application/x-zip"),
        ([("a", ""), ("mimetype", "application/epub+zip")], "application/x-zip"),
    ],
)
def test_other_archives_are_told_apart(kit, entries, media_type):
    assert ZIP.accepts(kit.archive(*entries)[:4096]) == media_type
    assert media_type in ZIP.media_types


def test_what_a_document_is_may_be_said_at_its_end(kit):
    """As LibreOffice writes it: behind more than the head."""
    main = f"{OOXML}wordprocessingml.document.main+xml"
    noise = random.Random(7).randbytes(5000)
    data = kit.archive(("a", noise), ("[Content_Types].xml", kit.content_types(main)))
    assert ZIP.accepts(data[:4096]) == "application/x-zip"

    def refined(data, media_type="application/x-zip"):
        return ZIP.refine_media_type(io.BytesIO(data), media_type)

    assert refined(data) == f"{OOXML}wordprocessingml.document"
    assert ZIP.embedding_price(io.BytesIO(data), "") is None
    assert refined(data, "application/epub+zip") == "application/epub+zip"
    broken = data.replace(b"[Content_Types].xml", b"[Content_Types].xmm", 1)
    for other in (broken, data[:-1], kit.made("zip"), kit.archive(), b""):
        assert refined(other) == "application/x-zip"
    unknown = kit.archive(("a", noise), ("[Content_Types].xml", kit.content_types("x")))
    assert refined(unknown) == "application/x-zip"


def test_damaged_content_types_are_no_trouble(kit):
    data = bytearray(kit.made("docx"))
    data[50:70] = b"\xff" * 20
    assert ZIP.accepts(bytes(data)) == f"{OOXML}wordprocessingml.document"


def test_contradictions_are_refused(kit):
    data = kit.made("zip")
    end, start = data.rindex(b"PK\5\6"), data.index(b"PK\1\2")
    for broken, words in (
        (data[: end + 16] + b"\xff\xff\0\0" + data[end + 20 :], "not where"),
        (data[: end + 10] + b"\2\0" + data[end + 12 :], "contradicts"),
        (data[: start + 42] + b"\xff\xff\0\0" + data[start + 46 :], "contradicts"),
        (data[: end + 4] + b"\1\0" + data[end + 6 :], "volume"),
        (data[:end], "directory is missing"),
    ):
        with pytest.raises(MalformedAssetError, match=words):
            ZIP.check_whole(io.BytesIO(broken))


def test_a_huge_directory_is_doubt(kit, monkeypatch):
    monkeypatch.setattr("credlabel_plugins.formats.zip.MAX_DIRECTORY_BYTES", 10)
    assert kit.probe(ZIP, kit.made("zip"))


def test_probe_reads_the_directory_only(kit):
    name = "META-INF/content_credential.c2pa"
    assert kit.probe(ZIP, kit.archive(("a", "b"), (name, "jumb")))
    stored = kit.archive(("a", name), compression=zipfile.ZIP_STORED)
    assert not kit.probe(ZIP, stored)
    assert kit.probe(ZIP, stored[:-10])


# ---------------------------------------------------------------------------- carrying


STORE = "META-INF/content_credential.c2pa"
DECLARATION = b'<Default Extension="c2pa" ContentType="application/c2pa"/>'


def embedded(data, **about):
    sink, sign = io.BytesIO(), FakeSign(**{"length": 3000, **about})
    ZIP.embed(io.BytesIO(data), sink, sign)
    return sink.getvalue(), sign


def names(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        return packed.namelist()


def bound(data, exclusions):
    return hashlib.sha256(b"".join(ZIP.bound_bytes(io.BytesIO(data), exclusions))).digest()


@pytest.mark.parametrize("name", ["docx", "epub", "zip"])
def test_what_is_signed_is_what_is_found(kit, name):
    data, sign = embedded(kit.made(name))
    found = ZIP.extract(io.BytesIO(data))
    (exclusions, digest) = sign.calls[-1]
    assert found.exclusions == exclusions
    assert found.store == sign.made[-1]
    assert bound(data, exclusions) == digest
    assert len(sign.calls) == 2  # a key service is asked no more often than that
    assert kit.probe(ZIP, data)
    assert kit.is_whole(ZIP, data)


def test_nothing_but_the_store_and_its_checksums_is_left_out(kit):
    data, _ = embedded(kit.made("zip"))
    found = ZIP.extract(io.BytesIO(data))
    (local, four), (start, length), (central, as_many) = found.exclusions
    assert data[start : start + length] == found.store
    checksum = zlib.crc32(found.store).to_bytes(4, "little")
    assert data[local : local + four] == data[central : central + as_many] == checksum


def test_the_entry_is_as_the_standard_has_it(kit):
    data, _ = embedded(kit.made("epub"))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entry = packed.infolist()[-1]
    assert (entry.filename, entry.compress_type, entry.flag_bits) == (STORE, 0, 0)
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.extra == b""


def test_entries_keep_every_byte(kit):
    """Compressed as they were, with their times, attributes, order, and the archive's comment."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for at, name in enumerate(("b", "a/", "a/ü", "z")):
            entry = zipfile.ZipInfo(name, (2001 + at, 2, 3, 4, 5, 6))
            entry.external_attr = 0o640 << 16 | at
            entry.compress_type = (0, 0, 8, 8)[at]
            entry.extra = b"\xfe\xca\2\0hi"
            entry.comment = b"of the entry"
            packed.writestr(entry, "" if name == "a/" else "hello " * 99)
        packed.comment = b"of the archive"
    before = sink.getvalue()
    after, _ = embedded(before)
    start = before.index(b"PK\1\2")
    assert after.startswith(before[:start])
    listing = before[start : before.rindex(b"PK\5\6")]
    assert listing in after
    assert after.endswith(b"of the archive")
    assert names(after) == ["b", "a/", "a/ü", "z", STORE]


def test_office_documents_get_their_declaration_and_nothing_else(kit):
    before = kit.made("docx")
    after, _ = embedded(before)
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        assert new.namelist() == [*old.namelist(), STORE]
        changed = [n for n in old.namelist() if old.read(n) != new.read(n)]
        assert changed == ["[Content_Types].xml"]
        was, now = old.read(changed[0]), new.read(changed[0])
        assert new.getinfo(changed[0]).compress_type == zipfile.ZIP_DEFLATED
    assert now.replace(DECLARATION, b"") == was
    assert ZIP.accepts(after[:4096]) == ZIP.accepts(before[:4096])


def test_a_list_of_content_types_may_come_through_a_pipe(kit):
    """With a data descriptor, an extra field and behind other entries."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

        def seek(self, *_):
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "<w/>")
        entry = zipfile.ZipInfo("[Content_Types].xml")
        entry.compress_type, entry.extra = zipfile.ZIP_DEFLATED, b"\xfe\xca\2\0hi"
        packed.writestr(entry, kit.content_types("x"))
        packed.writestr("last", "x" * 99)
    after, sign = embedded(pipe.getvalue())
    assert names(after)[-1] == STORE
    with zipfile.ZipFile(io.BytesIO(after)) as packed:
        assert DECLARATION in packed.read("[Content_Types].xml")
        entry = packed.getinfo("[Content_Types].xml")
        assert (entry.flag_bits, entry.extra) == (0, b"")
        assert packed.getinfo("last").flag_bits & 8
    assert bound(after, sign.calls[-1][0]) == sign.calls[-1][1]


def test_a_second_label_takes_the_place_of_the_first(kit):
    once, _ = embedded(kit.made("docx"))
    twice, sign = embedded(once, length=5000)
    assert names(twice) == names(once)
    assert len(twice) == len(once) + 2000
    assert bound(twice, sign.calls[-1][0]) == sign.calls[-1][1]
    assert embedded(once)[0] == once  # so the declaration is not made twice


def test_stores_that_differ_in_length_are_padded(kit):
    counts = []
    for seed in range(30):
        data, sign = embedded(kit.made("zip"), jitter=8, seed=seed)
        found = ZIP.extract(io.BytesIO(data))
        assert found.store == sign.made[-1]
        assert (found.exclusions, bound(data, found.exclusions)) == sign.calls[-1]
        counts.append(len(sign.calls))
    assert max(counts) == 3  # it learns the length, is out by a few bytes, and allows for that


def test_a_store_that_always_grows_is_given_up(kit):
    sign = FakeSign(length=3000, growth=500)
    with pytest.raises(LabelError, match="changes each time"):
        ZIP.embed(io.BytesIO(kit.made("zip")), io.BytesIO(), sign)
    assert len(sign.calls) == MAX_SIGNATURES


def test_numbers_of_another_width_do_no_harm(kit):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        packed.writestr("a", bytes(65_536 - 100))
    data, sign = embedded(sink.getvalue(), length=300)
    assert bound(data, sign.calls[-1][0]) == sign.calls[-1][1]


# ---------------------------------------------------------------------------- objections


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("_xmlsignatures/sig1.xml", "digitally signed"),
        ("_rels/origin.sigs", "digitally signed"),
        ("package/services/digital-signature/xml-signature/a.psdsxs", "digitally signed"),
        ("META-INF/documentsignatures.xml", "digitally signed"),
        ("META-INF/macrosignatures.xml", "digitally signed"),
        ("META-INF/signatures.xml", "digitally signed"),
        ("META-INF/encryption.xml", "book is protected"),
        ("META-INF/rights.xml", "book is protected"),
        ("META-INF/license.lcpl", "book is protected"),
        ("META-INF/CERT.SF", "signed"),
        ("META-INF/cert.rsa", "signed"),
        ("META-INF/mozilla.rsa", "signed"),
        ("META-INF/cose.sig", "signed"),
        ("AndroidManifest.xml", "signed"),
        (".signature.p7s", "signed"),
        ("AppxSignature.p7x", "signed"),
        ("meta-inf/Content_Credential.c2pa", "almost like a credential"),
        ("[Content_Types].xml/[0].piece", "several pieces"),
    ],
)
def test_a_document_that_would_suffer_is_left_alone(kit, name, words):
    data = kit.archive(("first.txt", "x"), (name, "x"))
    assert words in kit.objection(ZIP, data)
    with pytest.raises(AssetError, match=words):
        embedded(data)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("README", "readme"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("\u00c9.txt", "e\u0301.TXT"),
        ("a", "a/"),
        ("a", "a/b/c"),
        ("A", "a/b"),
        ("a/", "A/"),
    ],
)
def test_entries_that_some_computers_would_unpack_as_one_are_left_alone(kit, first, second):
    for names in ((first, second), (second, first)):
        data = kit.archive(*((name, "") for name in names), ("a.b", "x"), ("a-", "x"))
        assert "would unpack as one" in kit.objection(ZIP, data)


def test_folders_and_what_is_in_them_are_no_objection(kit):
    names = ("a/", "a/b", "a/b.c", "a.b", "a-", "ab", "a/c/", "\u00e9/", "\u00e9/a")
    assert kit.objection(ZIP, kit.archive(*((name, "") for name in names))) is None


def test_names_too_costly_to_compare_are_left_alone(kit):
    name = "a" + "\u0345\u0301\u0316" * 30
    assert "combining marks" in kit.objection(ZIP, kit.archive((name, "x")))


@pytest.mark.parametrize(
    "name", ["META-INF/%d" + "signatures" * 6000 + "/x", "META-INF/%d" + ".rsa" * 15_000 + "/x"]
)
def test_names_are_judged_in_linear_time(kit, name):
    data = kit.archive(*((name % number, "x") for number in range(10)))
    started = time.process_time()
    assert kit.objection(ZIP, data) is None
    assert time.process_time() - started < 1


def test_a_list_of_content_types_is_judged_in_linear_time():
    prefix = "a" * 300_000
    xml = f'<{prefix}:Types xmlns:{prefix}="{TYPES.split(chr(34))[1]}"/>'
    started = time.process_time()
    with pytest.raises(MalformedAssetError, match="empty"):
        declared(xml.encode())
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "name",
    [
        "META-INF/MANIFEST.MF",
        "META-INF/container.xml",
        "META-INF/a/b.rsa",
        "docs/signatures.xml",
        "word/settings.xml",  # where Word keeps its write protection
        "a/AndroidManifest.xml",
        "x.signature.p7s",
    ],
)
def test_what_only_sounds_like_a_signature_is_no_objection(kit, name):
    assert kit.objection(ZIP, kit.archive((name, "x"))) is None


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "chart", "text-master"])
def test_libreoffice_would_open_no_labelled_document(kit, kind):
    data = kit.archive(("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("a", "b"))
    assert "LibreOffice" in kit.objection(ZIP, data)


def test_structures_that_a_label_would_not_survive_are_left_alone(kit, monkeypatch):
    plain = kit.made("zip")
    at, end = plain.index(b"PK\1\2"), plain.index(b"PK\5\6")
    gap = plain[:at] + b"block" + plain[at : end + 16]
    gap += (at + 5).to_bytes(4, "little") + plain[end + 20 :]
    assert "belong to no entry" in kit.objection(ZIP, gap)
    locked = plain[:6] + b"\1\0" + plain[8:at] + plain[at : at + 8] + b"\1\0" + plain[at + 10 :]
    assert "encrypted" in kit.objection(ZIP, locked)
    assert "two entries" in kit.objection(
        ZIP, kit.archive(("a", ""), ("b", "")).replace(b"b", b"a")
    )
    assert "directory is missing" in kit.objection(ZIP, plain[:-9])
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    assert "ZIP64" in kit.objection(ZIP, kit.archive(*((f"{n}", "x") for n in range(5))))


TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    "<Default Extension='xml' ContentType='application/xml'/></Types>"
)


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (TYPES.encode("utf-16"), "not in UTF-8"),
        (TYPES.replace("xml'", "C2PA'", 1), "something else"),
        (TYPES.replace("Types", "Typen"), "another file"),
        (TYPES[:-3], "broken"),
        (TYPES[: TYPES.index(">")] + "/>", "empty"),
        ('<!DOCTYPE Types [<!ENTITY a "b">]>' + TYPES, "document type"),
        (b"<Types \xff\xff", "broken"),
        ("", "broken"),
    ],
)
def test_lists_of_content_types_that_are_not_edited(kit, xml, words):
    assert words in kit.objection(ZIP, kit.archive(("[Content_Types].xml", xml)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\ufeff", ""),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>\r\n<!-- <Types> > -->', ""),
        ("", '<Default Extension="é" ContentType="a"/>'),
    ],
)
def test_an_element_is_added_and_every_other_byte_stays(before, after):
    xml = (before + TYPES.replace("<Default", after + "<Default")).encode()
    made = declared(xml)
    assert made.replace(DECLARATION, b"") == xml
    assert made.index(DECLARATION) == made.index(b"content-types") + len('content-types">')
    assert declared(made) is None


def test_prefixes_and_quotes_are_minded():
    xml = (
        b"<t:Types a='>' xmlns:t="
        b'"http://schemas.openxmlformats.org/package/2006/content-types"><t:Override/></t:Types>'
    )
    made = declared(xml)
    assert b'content-types"><t:Default Extension="c2pa" ContentType="application/c2pa"/>' in made
    assert declared(made) is None


def test_a_list_of_content_types_is_unpacked_within_limits(kit, monkeypatch):
    monkeypatch.setattr(_planning, "MAX_BYTES", 1000)
    bomb = kit.archive(("[Content_Types].xml", TYPES + " " * 5000))
    assert "too large" in kit.objection(ZIP, bomb)
    size = len(TYPES) + 5000
    small = (500).to_bytes(4, "little")
    liar = bomb.replace(size.to_bytes(4, "little"), small)
    assert "broken" in kit.objection(ZIP, liar)
    monkeypatch.undo()
    assert "broken" in kit.objection(ZIP, liar)
    data = kit.archive(("[Content_Types].xml", TYPES))
    wrong = data.replace(zlib.crc32(TYPES.encode()).to_bytes(4, "little"), bytes(4))
    assert "broken" in kit.objection(ZIP, wrong)
    rare = kit.archive(("[Content_Types].xml", TYPES), compression=zipfile.ZIP_BZIP2)
    assert "rare" in kit.objection(ZIP, rare)


def test_a_bomb_in_the_list_of_content_types_is_not_set_off(kit):
    """It says that it has 4 kB, and has 64 MB."""
    size = 64 << 20
    bomb = kit.archive(("[Content_Types].xml", bytes(size)))
    bomb = bomb.replace(size.to_bytes(4, "little"), (4096).to_bytes(4, "little"))
    tracemalloc.start()
    try:
        assert "broken" in kit.objection(ZIP, bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * _planning.MAX_BYTES
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------------------- price


def test_documents_are_embedded_into_and_plain_archives_are_not(kit):
    assert ZIP.family == "zip"
    book = kit.archive(("mimetype", "application/epub+zip"), ("OPS/a.xhtml", "<html/>" * 99))
    for data in (kit.made("docx"), book):
        assert ZIP.embedding_price(io.BytesIO(data + bytes(199)), "") is None
    price = ZIP.embedding_price(io.BytesIO(kit.made("zip")), "a.zip")
    assert "among its files" in price
    assert "--zip embed" in price


def test_a_label_is_at_most_ten_times_as_long_as_the_document(kit, monkeypatch):
    data = kit.made("epub")
    monkeypatch.setattr(zip_module, "TYPICAL_LABEL_BYTES", len(data) * 10)
    assert ZIP.embedding_price(io.BytesIO(data), "") is None
    monkeypatch.setattr(zip_module, "TYPICAL_LABEL_BYTES", len(data) * 10 + 1)
    price = ZIP.embedding_price(io.BytesIO(data), "")
    assert f"archive of {len(data)} bytes" in price


def test_what_is_called_typical_is(kit):
    about = Provenance(
        system="Painter",
        models=(Model(name="painter", version="3"),),
        prompts=(Prompt(text="Rolling hills at dawn."),),
    )
    data = kit.made("docx")
    made = making.labeller().label_bytes(data, name="a.docx", provenance=about)
    assert made.sidecar is None
    added = len(made.data) - len(data)
    assert added == pytest.approx(zip_module.TYPICAL_LABEL_BYTES, rel=0.03)


# ---------------------------------------------------------------------------- damage


def test_damaged_archives_are_taken_or_refused_and_nothing_else(kit):
    """What is embedded into is found again; what is not, was objected to."""
    rng = random.Random(11)
    taken = 0
    for whole in (kit.made("docx"), embedded(kit.made("epub"))[0]):
        for data in map(bytes, making.mutations(whole, rng, 300)):
            ZIP.extract(io.BytesIO(data))
            ZIP.refine_media_type(io.BytesIO(data), "application/x-zip")
            with contextlib.suppress(AssetError):
                ZIP.extract_collection(io.BytesIO(data))
            if kit.objection(ZIP, data):
                with pytest.raises(AssetError):
                    embedded(data)
                continue
            taken += 1
            made, sign = embedded(data)
            found = ZIP.extract(io.BytesIO(made))
            assert bound(made, found.exclusions) == sign.calls[-1][1]
            assert kit.is_whole(ZIP, made)
    assert taken > 20


# ---------------------------------------------------------------------------- reading others'


def test_a_store_has_to_be_stored(kit):
    packed = kit.archive(("a", "b"), (STORE, "jumb" * 99))
    found = ZIP.extract(io.BytesIO(packed))
    assert not found.store
    assert "compressed" in found.problem.explanation
    with pytest.raises(MalformedAssetError, match="compressed"):
        ZIP.extract_collection(io.BytesIO(packed))
    stored = kit.archive(("a", "b"), (STORE, "jumb" * 99), compression=zipfile.ZIP_STORED)
    assert ZIP.extract(io.BytesIO(stored)).store == b"jumb" * 99


def test_without_a_store_there_is_nothing_to_extract(kit):
    for data in (kit.made("zip"), kit.archive(), kit.archive(("a", ""), ("b", "")), b""):
        assert (ZIP.extract(io.BytesIO(data)) or Extraction()).store == b""
    assert ZIP.extract(io.BytesIO(kit.made("zip"))) is None
    assert ZIP.extract_collection(io.BytesIO(kit.made("zip"))) is None


def test_a_malformed_archive_with_a_store_is_a_problem(kit):
    data = kit.archive(("a", "b"), (STORE, "jumb"), (STORE[:-1] + "b", ""))
    twice = data.replace(STORE[:-1].encode() + b"b", STORE.encode())
    assert "two entries" in ZIP.extract(io.BytesIO(twice)).problem.explanation


def test_collections_are_bound_as_the_library_binds_them(kit):
    """Its own archive, and the hashes in it: ranges of ours, hashes of theirs."""
    made = making.sign(
        kit.archive(("a.txt", "x"), ("b/", ""), ("b/ü", "y" * 99), compression=zipfile.ZIP_STORED),
        "application/x-zip",
        making.definition(making.created()),
    )[0]
    found = ZIP.extract_collection(io.BytesIO(made))
    with c2pa.Reader("application/x-zip", io.BytesIO(made)) as reader:
        store = json.loads(reader.detailed_json())
    manifest = store["manifests"][store["active_manifest"]]
    theirs = manifest["assertion_store"]["c2pa.hash.collection.data"]

    def digest(ranges):
        data = b"".join(made[at : at + length] for at, length in ranges)
        return base64.b64encode(hashlib.sha256(data).digest()).decode()

    assert digest(found.directory) == theirs["zip_central_directory_hash"]
    ours = {uri.removesuffix("/"): digest(ranges) for uri, ranges in found.entries.items()}
    assert set(found.entries) == {"a.txt", "b/", "b/ü", "META-INF/"}
    del ours["META-INF"]  # it adds that one itself and does not bind it
    assert ours == {uri: item["hash"] for uri, item in theirs["uris"].items()}
