import io
import zipfile

import pytest
from credlabel_plugins.formats.zip import Zip

from credlabel.errors import MalformedAssetError

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


def test_every_archive_gets_a_sidecar(kit):
    assert "inside an archive" in kit.objection(ZIP, kit.made("docx"))
