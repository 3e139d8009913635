"""Documents with a credential inside: two verifiers accept them, and their programs open them."""

import io
import subprocess
import zipfile

import c2pa
import docx
import encypher_c2pa
import making
import odf.opendocument
import odf.text
import openpyxl
import pptx
import pytest
from making import anchors, lineage, read, signer

from credlabel import Labeller, LabelSettings
from credlabel.credentials import CredentialState
from credlabel.model import Provenance

STORE = "META-INF/content_credential.c2pa"
OFFICE = ("docx", "xlsx", "pptx")
EMBEDDED = (*OFFICE, "epub")
SECONDS = 120
CREDENTIAL_ALONE = Labeller(signer(), settings=LabelSettings(marks=()))
"""What marks change besides is told where they are written."""


def saved(save):
    sink = io.BytesIO()
    save(sink)
    return sink.getvalue()


def text_document():
    made = docx.Document()
    made.add_heading("Hills")
    made.add_paragraph("They are green. " * 20)
    return saved(made.save)


def workbook():
    made = openpyxl.Workbook()
    made.active["A1"], made.active["B2"] = 42, "=A1*2"
    return saved(made.save)


def presentation():
    made = pptx.Presentation()
    made.slides.add_slide(made.slide_layouts[0]).shapes.title.text = "Hills"
    return saved(made.save)


def open_document():
    made = odf.opendocument.OpenDocumentText()
    made.text.addElement(odf.text.P(text="Hills"))
    return saved(made.save)


CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
BOOK = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:5f8a6bb0-8a0f-4f0e-9d0b-0a4c1f1f2b11</dc:identifier>
<dc:title>Hills</dc:title><dc:language>en</dc:language>
<meta property="dcterms:modified">2026-11-23T00:00:00Z</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
</manifest><spine><itemref idref="nav"/></spine></package>"""
PAGE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>Hills</title></head><body><nav epub:type="toc"><ol>
<li><a href="nav.xhtml">Hills</a></li></ol></nav></body></html>"""


def book():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        packed.writestr("META-INF/container.xml", CONTAINER)
        packed.writestr("OPS/book.opf", BOOK)
        packed.writestr("OPS/nav.xhtml", PAGE)
    return sink.getvalue()


MADE = {
    "docx": text_document,
    "xlsx": workbook,
    "pptx": presentation,
    "odt": open_document,
    "epub": book,
}


@pytest.fixture(scope="module")
def labelled():
    """Each kind of document, as it was and with a label."""
    found = {}
    for kind, make in MADE.items():
        data = make()
        found[kind] = data, CREDENTIAL_ALONE.label_bytes(data, name=f"hills.{kind}")
    return found


def by_the_library(data, media_type):
    try:
        with c2pa.Reader(media_type, io.BytesIO(data)) as reader:
            return reader.get_validation_state()
    except c2pa.C2paError:  # no archive to it any more
        return "Unreadable"


def by_encypher(data, media_type, sidecar=None):
    report = encypher_c2pa.verify(
        data,
        media_type,
        manifest_store=sidecar,
        trust_pem=anchors().signers,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    codes = {finding["code"] for finding in report["validation_results"]["failure"]}
    return report["hard_binding"], report["validation_state"], codes


def contents(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


# ---------------------------------------------------------------------------- verifiers


@pytest.mark.parametrize("kind", EMBEDDED)
def test_two_verifiers_accept_what_is_inside(labelled, kind):
    made = labelled[kind][1]
    assert made.sidecar is None
    assert by_the_library(made.data, made.receipt.media_type) == "Valid"
    assert by_encypher(made.data, made.receipt.media_type) == ("match", "Trusted", set())
    assert read(made.data, name=f"hills.{kind}").state is CredentialState.VALID


@pytest.mark.parametrize("kind", EMBEDDED)
def test_two_verifiers_and_we_notice_a_change(labelled, kind):
    made = labelled[kind][1]
    whole, media_type = made.data, made.receipt.media_type
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        first, *_, last = packed.infolist()
        directory = packed.start_dir
    assert last.filename == STORE
    end = whole.rindex(b"PK\5\6")
    for at in (10, first.header_offset + 31, last.header_offset + 10, directory + 12, end + 20):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        reading = read(changed, name=f"hills.{kind}")
        assert reading.state in (CredentialState.INVALID, CredentialState.UNREADABLE)
        assert by_the_library(changed, media_type) in ("Invalid", "Unreadable")
    sink = io.BytesIO(whole)
    with zipfile.ZipFile(sink, "a") as packed:
        packed.writestr("added.txt", "by somebody else")
    for changed in (sink.getvalue(), whole + b"\0"):
        assert by_the_library(changed, media_type) == "Invalid"
        assert read(changed, name=f"hills.{kind}").state is CredentialState.INVALID
    assert by_encypher(sink.getvalue(), media_type)[0] == "mismatch"


@pytest.mark.parametrize("kind", EMBEDDED)
def test_a_second_label_keeps_the_first_as_its_parent(labelled, kind):
    made = labelled[kind][1]
    again = CREDENTIAL_ALONE.label_bytes(
        made.data, name=f"hills.{kind}", provenance=Provenance(system="second")
    )
    reading = read(again.data, name=f"hills.{kind}")
    assert len(lineage(reading)) == 2
    assert by_encypher(again.data, again.receipt.media_type) == ("match", "Trusted", set())
    assert list(contents(again.data)) == list(contents(made.data))


def test_a_template_is_no_type_of_the_library_and_carries_all_the_same():
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(text_document())) as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"document.main+xml", b"template.main+xml"))
    made = CREDENTIAL_ALONE.label_bytes(sink.getvalue(), name="hills.dotx")
    assert made.receipt.media_type.endswith("wordprocessingml.template")
    assert made.receipt.media_type not in c2pa.Reader.get_supported_mime_types()
    assert made.sidecar is None
    assert read(made.data, name="hills.dotx").state is CredentialState.VALID
    assert by_encypher(made.data, "application/zip") == ("match", "Trusted", set())
    changed = made.data[:600] + bytes([made.data[600] ^ 1]) + made.data[601:]
    assert read(changed, name="hills.dotx").state is CredentialState.INVALID


def test_an_open_document_has_its_credential_beside_it(labelled):
    before, made = labelled["odt"]
    assert made.data == before
    assert read(made.data, name="hills.odt", sidecar=made.sidecar).state is CredentialState.VALID
    assert "LibreOffice" in str(made.receipt)


def test_why_the_standards_own_binding_is_not_used():
    """What c2pa-rs makes of an archive is malformed to others: ``uris`` is no list (17.8).

    If this fails, one of them has changed, and A.6.2.1 can be followed to the letter.
    """
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book())) as packed, zipfile.ZipFile(sink, "w") as stored:
        for name in packed.namelist():
            stored.writestr(name, packed.read(name))
    claim = making.definition(making.created())
    data = making.sign(sink.getvalue(), "application/epub+zip", claim)[0]
    assert by_the_library(data, "application/epub+zip") == "Valid"
    assert by_encypher(data, "application/epub+zip")[2] == {"assertion.collectionHash.malformed"}
    assert read(data, name="hills.epub").state is CredentialState.VALID
    with pytest.raises(c2pa.C2paError, match="compression method not supported"):
        making.sign(book(), "application/epub+zip", claim)


# ---------------------------------------------------------------------------- their own programs


@pytest.mark.parametrize("kind", EMBEDDED)
def test_nothing_else_in_the_document_has_changed(labelled, kind):
    before, made = labelled[kind]
    old, new = contents(before), contents(made.data)
    assert new.pop(STORE)
    changed = [name for name in old if old[name] != new[name]]
    assert changed == (["[Content_Types].xml"] if kind in OFFICE else [])
    assert list(old) == list(new)
    assert len(made.data) - len(before) < 3000  # nothing was unpacked for it


def test_python_opens_it_as_before(labelled):
    def opened(kind, load, look):
        return [look(load(io.BytesIO(data))) for data in both(labelled[kind])]

    def both(pair):
        return pair[0], pair[1].data

    first, second = opened("docx", docx.Document, lambda d: [p.text for p in d.paragraphs])
    assert first == second
    assert "Hills" in first
    first, second = opened("xlsx", openpyxl.load_workbook, lambda w: list(w.active.values))
    assert first == second == [(42, None), (None, "=A1*2")]
    first, second = opened(
        "pptx", pptx.Presentation, lambda p: p.slides[0].shapes.title.text_frame.text
    )
    assert first == second == "Hills"


def test_python_keeps_or_drops_the_credential_whole(labelled):
    """What a program that knows no credentials makes of it is unlabelled, and not broken."""
    made = labelled["docx"][1]
    again = saved(docx.Document(io.BytesIO(made.data)).save)
    reading = read(again, name="hills.docx")
    assert reading.state in (CredentialState.ABSENT, CredentialState.INVALID)


def converted(data, kind, target, folder):
    """What LibreOffice makes of a document, or None if it does not open it."""
    path = folder / f"hills.{kind}"
    path.write_bytes(data)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--convert-to", target, "--outdir", folder / "out", path),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    result = folder / "out" / f"hills.{target}"
    return result.read_bytes() if result.exists() else None


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "target"), [("docx", "txt"), ("xlsx", "csv"), ("pptx", "pdf")])
def test_libreoffice_opens_it(labelled, kind, target, tmp_path):
    before = converted(labelled[kind][0], kind, target, tmp_path)
    (tmp_path / "out" / f"hills.{target}").unlink()
    after = converted(labelled[kind][1].data, kind, target, tmp_path)
    assert after
    if target != "pdf":  # which has the time in it
        assert before == after


@pytest.mark.slow
def test_libreoffice_refuses_an_open_document_with_a_credential_inside(labelled, tmp_path):
    """Why such documents get a sidecar. If this fails, they can have it inside."""
    before = labelled["odt"][0]
    assert converted(before, "odt", "txt", tmp_path)
    (tmp_path / "out" / "hills.txt").unlink()
    sink = io.BytesIO(before)
    with zipfile.ZipFile(sink, "a") as packed:
        packed.writestr(STORE, "jumb" * 9)
    assert converted(sink.getvalue(), "odt", "txt", tmp_path) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_what_libreoffice_writes_can_be_labelled(labelled, kind, tmp_path):
    (tmp_path / "out").mkdir()
    written = converted(labelled[kind][0], kind, kind, tmp_path)
    made = CREDENTIAL_ALONE.label_bytes(written, name=f"hills.{kind}")
    assert made.sidecar is None
    assert by_encypher(made.data, made.receipt.media_type) == ("match", "Trusted", set())
    assert converted(made.data, kind, "pdf", tmp_path)


@pytest.mark.slow
def test_epubcheck_finds_nothing_new(labelled, tmp_path):
    path = tmp_path / "hills.epub"
    for data in (labelled["epub"][0], labelled["epub"][1].data):
        path.write_bytes(data)
        done = subprocess.run(
            ["java", "-jar", "/usr/bin/epubcheck", path],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "No errors or warnings detected" in done.stdout + done.stderr
