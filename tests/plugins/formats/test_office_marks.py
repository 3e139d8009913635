"""Marks in office documents and e-books: their programs read them, and nothing else changes."""

import io
import random
import re
import shutil
import subprocess
import time
import zipfile
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pptx
import pytest
from credlabel_plugins.formats._archive import read_archive
from credlabel_plugins.formats._document_kinds import MEDIA_TYPES
from credlabel_plugins.formats.zip import Zip
from making import ROOT, labeller, mutations, read, sample
from odf import meta, opendocument

from credlabel.credentials import CredentialState
from credlabel.errors import AssetError, CapacityError, LabelError, ReadBackError
from credlabel.hookspecs import MetadataWriter

ZIP = Zip()
AWKWARD = '{"Label":"1","ContentProducer":"<&\'\\"é中𝒳>\r\n x\ty"} ]]>'
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
OFFICE = {
    "ooxml:custom:AIGC": (AWKWARD,),
    "ooxml:custom:DigitalSourceType": (URI,),
    "ooxml:core:creator": ("Ünï & Co",),
    "ooxml:core:identifier": ("urn:uuid:1",),
    "ooxml:core:created": ("2026-11-23T10:00:00Z",),
}
OPEN = {
    "odf:user:AIGC": (AWKWARD,),
    "odf:user:DigitalSourceType": (URI,),
    "odf:initial-creator": ("Ünï & Co",),
}
BOOK = {
    "epub:meta:TC260:AIGC": (AWKWARD,),
    "epub:meta:schema:digitalSourceType": (URI,),
    "epub:meta:Iptc4xmpExt:AISystemUsed": ("Ünï & Co",),
    "epub:meta:ai-disclosure": ("ai-generated",),
}
DOCX, ODT, EPUB = (sample(f"hills.{kind}") for kind in ("docx", "odt", "epub"))
DOCUMENTS = ROOT / "samples" / "documents"
VT = "{http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes}"
ENOUGH_SECONDS = 5


def saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def workbook():
    made = openpyxl.Workbook()
    made.active["A1"] = "Hills"
    properties = openpyxl.packaging.custom
    made.custom_doc_props.append(properties.IntProperty(name="Sheet count", value=1))
    made.custom_doc_props.append(properties.StringProperty(name="AIGC", value="earlier"))
    return saved(made)


def open_document():
    made = opendocument.OpenDocumentText()
    made.meta.addElement(meta.UserDefined(name="Reviewed", valuetype="boolean", text="true"))
    made.meta.addElement(meta.UserDefined(name="AIGC", valuetype="string", text="earlier"))
    return saved(made)


OLD_BOOK = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- by hand --><package xmlns="http://www.idpf.org/2007/opf" version="2.0"
 unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:x</dc:identifier><dc:title>H\xfcgel</dc:title>
<meta name="cover" content="c"/></metadata><manifest/><spine/></package>""".encode("latin-1")


def repacked(data, changed=(), **more):
    """The archive with entries in place of others of their names, or besides; without ``None``."""
    out, changed = io.BytesIO(), dict(changed) | more
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            body = changed.pop(entry.filename, old.read(entry))
            if body is not None:
                new.writestr(entry, body)
        for name, body in changed.items():
            new.writestr(name, body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def old_book():
    return repacked(EPUB, {"book/package.opf": OLD_BOOK})


MADE = {
    "docx": (lambda: DOCX, OFFICE),
    "docx by python-docx": (lambda: saved(docx.Document()), OFFICE),
    "xlsx": (workbook, OFFICE),
    "pptx": (lambda: saved(pptx.Presentation()), OFFICE),
    "odt": (lambda: ODT, OPEN),
    "odt by odfpy": (open_document, OPEN),
    "epub": (lambda: EPUB, BOOK),
    "epub 2": (old_book, BOOK),
}


def written(data, changes):
    source, sink = io.BytesIO(data), io.BytesIO()
    ZIP.write_metadata(source, sink, changes)
    assert source.getvalue() == data
    return sink.getvalue()


def said(data):
    return dict(ZIP.read_metadata(io.BytesIO(data)))


def part(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return packed.read(name)


def names(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return packed.namelist()


def entries(data):
    """The bytes of each entry, headers and all, in their order."""
    found = read_archive(io.BytesIO(data)).by_place
    return {entry.name: data[entry.start : entry.stop] for entry in found}


# ---------------------------------------------------------------------------- every kind


@pytest.mark.parametrize("kind", MADE)
def test_fields_are_written_and_nothing_else_changes(kind):
    make, changes = MADE[kind]
    data = make()
    made = written(data, changes)
    assert said(made) == said(data) | changes
    before, after = entries(data), entries(made)
    new = [name for name in after if name not in before]
    assert list(after) == [*before, *new]
    changed = {name for name in before if before[name] != after[name]}
    about = {"[Content_Types].xml", "_rels/.rels", "meta.xml", "book/package.opf"}
    assert changed | set(new) <= about | {"docProps/core.xml", "docProps/custom.xml"}
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert packed.testzip() is None
        assert packed.infolist()[0].header_offset == 0


@pytest.mark.parametrize("kind", MADE)
def test_what_is_there_already_is_copied(kind):
    make, changes = MADE[kind]
    made = written(make(), changes)
    assert written(made, changes) == made


@pytest.mark.parametrize("kind", MADE)
def test_fields_are_removed(kind):
    make, changes = MADE[kind]
    data = make()
    made = written(written(data, changes), dict.fromkeys(changes, ()))
    assert said(made) == {key: text for key, text in said(data).items() if key not in changes}
    assert written(data, {"".join((next(iter(changes)), "-not there")): ()}) == data


@pytest.mark.parametrize("kind", MADE)
def test_a_credential_over_it_is_valid(kind):
    make, changes = MADE[kind]
    made = labeller().label_bytes(written(make(), changes), name="a.zip")
    assert read(made.data, name="a.zip", sidecar=made.sidecar).state is CredentialState.VALID
    assert said(made.data)[next(iter(changes))] == (AWKWARD,)
    if kind.startswith(("docx", "epub")):  # also when it was there before
        again = written(made.data, {next(iter(changes)): ("later",)})
        assert (
            entries(again)["META-INF/content_credential.c2pa"]
            == (entries(made.data)["META-INF/content_credential.c2pa"])
        )


def test_which_documents_have_which_places():
    assert isinstance(ZIP, MetadataWriter)
    places = {kind: ZIP.writable_places(kind) for kind in MEDIA_TYPES}
    assert [kind for kind, found in places.items() if not found] == [
        "application/x-zip",
        "application/oxps",
    ]
    assert places["application/epub+zip"] == {"epub:meta"}
    assert places["application/vnd.oasis.opendocument.text"] == {"odf", "odf:user"}
    assert places["application/vnd.ms-excel.sheet.macroenabled.12"] == {
        "ooxml:core",
        "ooxml:custom",
    }
    with pytest.raises(LabelError, match="no place"):
        written(sample("hills.zip"), OFFICE)
    with pytest.raises(LabelError, match="no place"):
        written(DOCX, OPEN)


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "a\x0bb", "\ud800", "\uffff"])
def test_texts_that_no_document_can_hold_are_refused(text):
    with pytest.raises(LabelError, match="blank"):
        written(DOCX, {"ooxml:custom:AIGC": (text,)})


def test_one_text_of_moderate_length_for_a_field():
    with pytest.raises(LabelError, match="one text"):
        written(DOCX, {"ooxml:custom:AIGC": ("a", "b")})
    with pytest.raises(CapacityError):
        written(DOCX, {"ooxml:custom:AIGC": ("a" * (1 << 20),)})
    long = "prompt " * 2000
    assert said(written(DOCX, {"ooxml:custom:AIGC": (long,)}))["ooxml:custom:AIGC"] == (long,)


@pytest.mark.parametrize(
    ("data", "changes", "wanted"),
    [
        (DOCX, OFFICE, {"[XML] AIGC": "", "[XML] DigitalSourceType": URI}),
        (DOCX, OFFICE, {"[XMP-dc] Identifier": "urn:uuid:1", "[XMP-dc] Creator": "Ünï & Co"}),
        (
            ODT,
            {"odf:user:AIGC": OPEN["odf:user:DigitalSourceType"]},
            {"[XMP-meta] User-defined": URI},
        ),
        (EPUB, {"epub:meta:schema:digitalSourceType": (URI,)}, {"[XML] Meta": URI}),
    ],
)
def test_exiftool_reads_the_fields(tmp_path, data, changes, wanted):
    path = tmp_path / "a.zip"
    path.write_bytes(written(data, changes))
    done = subprocess.run(
        ["exiftool", "-a", "-G1", "-s", path], capture_output=True, check=True, timeout=60
    )
    found = [re.split(r"\s+: ", line, maxsplit=1) for line in done.stdout.decode().splitlines()]
    for tag, text in wanted.items():
        said_of_it = [rest for start, rest in found if start.split() == tag.split()]
        assert text in said_of_it if text else said_of_it


# ---------------------------------------------------------------------------- OOXML


def test_office_libraries_read_the_properties():
    found = openpyxl.load_workbook(io.BytesIO(written(workbook(), OFFICE)))
    custom = {each.name: each.value for each in found.custom_doc_props}
    assert custom["DigitalSourceType"] == URI
    assert custom["AIGC"] == AWKWARD
    assert custom["Sheet count"] == 1
    assert found.properties.creator == "Ünï & Co"
    assert found.active["A1"].value == "Hills"
    core = docx.Document(io.BytesIO(written(saved(docx.Document()), OFFICE))).core_properties
    assert (core.identifier, core.author, core.created.year) == ("urn:uuid:1", "Ünï & Co", 2026)


def test_a_new_property_is_as_office_writes_it():
    made = written(DOCX, OFFICE)
    root = ET.fromstring(part(made, "docProps/custom.xml"))
    found = {each.get("name"): each for each in root}
    assert found["AIGC"].get("fmtid") == "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
    assert [each.get("pid") for each in root] == ["2", "3"]
    assert found["AIGC"][0].tag == f"{VT}lpwstr"
    assert found["AIGC"][0].text == AWKWARD
    types = part(made, "[Content_Types].xml").decode()
    assert types.count('PartName="/docProps/custom.xml"') == 1
    assert b"relationships/custom-properties" in part(made, "_rels/.rels")


def test_a_changed_property_keeps_its_number_and_the_others_stay():
    data = workbook()
    made = written(data, {"ooxml:custom:AIGC": ("later",), "ooxml:custom:New": ("x",)})
    before = ET.fromstring(part(data, "docProps/custom.xml"))
    root = ET.fromstring(part(made, "docProps/custom.xml"))
    assert [each.get("name") for each in root] == ["Sheet count", "AIGC", "New"]
    assert [e.get("pid") for e in root][:2] == [e.get("pid") for e in before]
    assert len({each.get("pid") for each in root}) == 3
    assert ET.tostring(before[0]) == ET.tostring(root[0])
    for name in ("[Content_Types].xml", "_rels/.rels", "docProps/core.xml"):
        assert entries(made)[name] == entries(data)[name]


@pytest.mark.parametrize(
    ("pids", "given"),
    [
        (["2147483647"], "2"),
        (["2", "3", "5"], "4"),
        (["9" * 100_000, "0" * 100_000 + "2"], "3"),
        (["", "-7", "x", "٢"], "2"),
    ],
)
def test_a_new_property_gets_a_free_number_whatever_numbers_there_are(pids, given):
    custom = part(written(DOCX, OFFICE), "docProps/custom.xml")
    head, tail = custom[: custom.index(b"<property")], b"</Properties>"
    rows = "".join(f'<property pid="{pid}" name="n{n}"/>' for n, pid in enumerate(pids)).encode()
    data = repacked(written(DOCX, OFFICE), **{"docProps/custom.xml": head + rows + tail})
    root = ET.fromstring(part(written(data, OFFICE), "docProps/custom.xml"))
    assert [each.get("pid") for each in root][: len(pids)] == pids
    assert root[len(pids)].get("pid") == given


@pytest.mark.parametrize("pid", ["9" * 100_000, "2147483648", "1", ""])
def test_a_property_whose_number_none_may_have_gets_another(pid):
    custom = part(written(DOCX, OFFICE), "docProps/custom.xml")
    other = re.sub(rb'pid="2"', b'pid="%s"' % pid.encode(), custom)
    assert other != custom
    data = repacked(written(DOCX, OFFICE), **{"docProps/custom.xml": other})
    made = written(data, {name: ("new",) for name in OFFICE if name.startswith("ooxml:custom:")})
    root = ET.fromstring(part(made, "docProps/custom.xml"))
    assert sorted(each.get("pid") for each in root) == ["2", "3"]


def test_a_part_elsewhere_is_found_by_its_relationship():
    data = written(DOCX, OFFICE)
    rels = part(data, "_rels/.rels").replace(b"docProps/custom.xml", b"/Other/Own.xml")
    types = part(data, "[Content_Types].xml").replace(b"/docProps/custom.xml", b"/other/own.xml")
    body = part(data, "docProps/custom.xml")
    changed = {"_rels/.rels": rels, "[Content_Types].xml": types, "docProps/custom.xml": None}
    moved = repacked(data, changed, **{"Other/Own.xml": body})
    made = written(moved, {"ooxml:custom:AIGC": ("later",)})
    assert names(made) == names(moved)
    assert part(made, "Other/Own.xml") != body
    both = repacked(moved, **{"docProps/custom.xml": body})
    with pytest.raises(AssetError, match="second"):
        written(both, {"ooxml:custom:AIGC": ("later",)})


def test_a_strict_document_gets_strict_properties():
    strict = "http://purl.oclc.org/ooxml/officeDocument"
    old = b"http://schemas.openxmlformats.org/officeDocument/2006"
    rels = part(DOCX, "_rels/.rels").replace(old, strict.encode())
    made = written(repacked(DOCX, {"_rels/.rels": rels}), {"ooxml:custom:AIGC": ("x",)})
    root = ET.fromstring(part(made, "docProps/custom.xml"))
    assert root.tag == f"{{{strict}/customProperties}}Properties"
    assert root[0][0].tag == f"{{{strict}/docPropsVTypes}}lpwstr"
    assert f"{strict}/relationships/customProperties".encode() in part(made, "_rels/.rels")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("ooxml:core:created", "yesterday", "takes a date"),
        ("ooxml:core:AIGC", "x", "no core property"),
        ("ooxml:custom:aigc", "x", "another case"),
    ],
)
def test_what_office_would_take_for_damage_is_refused(name, text, sentence):
    with pytest.raises(LabelError, match=sentence):
        written(workbook(), {name: (text,)})


def test_a_property_that_is_there_twice_is_one_afterwards():
    body = part(written(DOCX, OFFICE), "docProps/custom.xml")
    at = body.index(b"<property")
    twice = body[:at] + body[at : body.index(b"</property>") + 11] + body[at:]
    data = repacked(written(DOCX, OFFICE), {"docProps/custom.xml": twice})
    made = written(data, {"ooxml:custom:AIGC": ("one",)})
    assert part(made, "docProps/custom.xml").count(b'name="AIGC"') == 1


# ---------------------------------------------------------------------------- OpenDocument


def test_other_fields_of_an_open_document_keep_every_byte():
    data = open_document()
    body = part(data, "meta.xml")
    made = part(written(data, {"odf:user:New": ("x",)}), "meta.xml")
    at = made.index(b'<meta:user-defined meta:name="New"')
    end = made.index(b"</meta:user-defined>", at) + len(b"</meta:user-defined>")
    assert made[:at] + made[end:] == body
    reviewed = opendocument.load(io.BytesIO(written(data, OPEN)))
    found = {e.getAttribute("name"): str(e) for e in reviewed.getElementsByType(meta.UserDefined)}
    assert found["Reviewed"] == "true"
    assert found["DigitalSourceType"] == URI


def test_an_open_document_without_the_part_gets_it():
    manifest = part(ODT, "META-INF/manifest.xml")
    bare = re.sub(rb"<manifest:file-entry [^>]*meta\.xml[^>]*/>", b"", manifest)
    assert bare != manifest
    data = repacked(ODT, {"meta.xml": None, "META-INF/manifest.xml": bare})
    made = written(data, OPEN)
    assert part(made, "META-INF/manifest.xml").count(b"meta.xml") == 1
    assert names(made)[0] == "mimetype"
    assert opendocument.load(io.BytesIO(made))


# ---------------------------------------------------------------------------- EPUB


def test_a_book_declares_the_prefixes_that_it_needs():
    opf = part(written(EPUB, BOOK), "book/package.opf").decode()
    prefix = ET.fromstring(opf).get("prefix")
    assert "TC260: http://www.tc260.org.cn/ns/AIGC/1.0/" in prefix
    assert "schema" not in prefix  # it is reserved
    again = written(written(EPUB, BOOK), {"epub:meta:TC260:AIGC": ("later",)})
    assert ET.fromstring(part(again, "book/package.opf")).get("prefix") == prefix


def test_an_old_book_has_names_and_contents():
    opf = part(written(old_book(), BOOK), "book/package.opf")
    assert OLD_BOOK[: OLD_BOOK.index(b"</metadata>")] in opf
    root = ET.fromstring(opf)
    found = {
        e.get("name"): e.get("content") for e in root.iter("{http://www.idpf.org/2007/opf}meta")
    }
    assert found["TC260:AIGC"] == AWKWARD
    assert found["cover"] == "c"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("epub:meta:generator", "not one to be changed"),
        ("epub:meta:nobody:knows", "something else"),
        ("epub:meta:TC260:AIGC", "something else"),
        ("epub:meta:schema:accessMode", "not one to be changed"),
    ],
)
def test_fields_that_a_book_can_t_have(name, sentence):
    opf = part(EPUB, "book/package.opf").replace(
        b"<package ", b'<package prefix="a: http://a/ TC260: http://else/" ', 1
    )
    refining = b'<meta refines="#x" property="schema:accessMode">y</meta></metadata>'
    opf = opf.replace(b"</metadata>", refining)
    with pytest.raises(LabelError, match=sentence):
        written(repacked(EPUB, {"book/package.opf": opf}), {name: ("x",)})


@pytest.mark.slow
def test_epubcheck_finds_nothing_new(tmp_path):
    def findings(book):
        path = tmp_path / "a.epub"
        path.write_bytes(book)
        command = ["java", "-jar", shutil.which("epubcheck"), "-q", path]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
        return re.findall(r"(?:ERROR|WARNING|FATAL)\(([\w-]+)\)", done.stdout + done.stderr)

    assert findings(written(EPUB, BOOK)) == []
    assert findings(written(old_book(), BOOK)) == findings(old_book())
    undeclared = part(written(EPUB, BOOK), "book/package.opf").replace(b"TC260: ", b"TC261: ")
    assert findings(repacked(EPUB, {"book/package.opf": undeclared}))  # it would have told


# ---------------------------------------------------------------------------- other archives


def streamed(data):
    """The archive as a program writes it that can't seek: lengths follow the data."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(pipe, "w") as new:
        for entry in old.infolist():
            with new.open(zipfile.ZipInfo(entry.filename), "w", force_zip64=True) as part_of:
                part_of.write(old.read(entry))
        new.comment = b"a comment"
    return bytes(pipe.data)


def wide(data, monkeypatch):
    """The archive with records of ZIP64, as if it were large."""
    out = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
        patch.setattr(zipfile, "ZIP64_LIMIT", 20)
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for entry in old.infolist():
                new.writestr(entry.filename, old.read(entry), zipfile.ZIP_DEFLATED)
            new.comment = b"a comment"
    return out.getvalue()


@pytest.mark.parametrize("make", [lambda data, _: streamed(data), wide], ids=["streamed", "wide"])
def test_archives_of_all_sorts_stay_what_they_are(make, monkeypatch):
    data = make(DOCX, monkeypatch) + bytes(100)
    made = written(data, OFFICE)
    assert said(made) == said(data) | OFFICE
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert packed.testzip() is None
        assert packed.comment == b"a comment"
        untouched = "word/document.xml"
        assert entries(made)[untouched] == entries(data)[untouched]
    assert made.endswith(bytes(100))
    before, after = (
        {entry.name: entry.header for entry in read_archive(io.BytesIO(each)).entries}
        for each in (data, made)
    )
    is_wide = before[untouched][42:46] == b"\xff" * 4
    assert is_wide == (make is wide)
    assert after[untouched][:42] == before[untouched][:42]
    assert (after[untouched][42:46] == b"\xff" * 4) == is_wide  # the offset is where it was
    assert (b"PK\6\6" in made) == (b"PK\6\6" in data)


@pytest.mark.parametrize(
    ("data", "more", "sentence"),
    [
        (DOCX, {"_xmlsignatures/origin.sigs": b""}, "signed"),
        (ODT, {"META-INF/documentsignatures.xml": b"<x/>"}, "signed"),
        (ODT, {"META-INF/manifest.xml": b"<m><encryption-data/></m>"}, "encrypted"),
        (EPUB, {"META-INF/rights.xml": b"<x/>"}, "protected"),
        (EPUB, {"META-INF/encryption.xml": b"<x/>"}, "protected"),
        (EPUB, {"META-INF/signatures.xml": b"<x/>"}, "signed"),
        (DOCX, {"_rels/.rels": None}, "no '_rels/.rels'"),
        (DOCX, {"_rels/.rels": b"<x"}, "broken"),
        (DOCX, {"_rels/.rels": b"<!DOCTYPE x><x/>"}, "document type"),
        (DOCX, {"_rels/.rels": '<?xml version="1.0"?><x/>'.encode("utf-16")}, "UTF-8"),
        (DOCX, {"docProps/custom.xml": b"<x/>"}, "another file"),
        (DOCX, {"docProps/CUSTOM.xml": b"", "docProps/custom.xml": b""}, "only in case"),
        (ODT, {"meta.xml": b"<x/>"}, "another file"),
        (EPUB, {"META-INF/container.xml": b"<x/>"}, "names no package"),
        (EPUB, {"book/package.opf": b"<package/>"}, "unknown version"),
    ],
)
def test_documents_that_are_left_as_they_are(data, more, sentence):
    changes = {DOCX: OFFICE, ODT: OPEN, EPUB: BOOK}[data]
    with pytest.raises(AssetError, match=sentence):
        written(repacked(data, more), changes)


def test_a_part_that_unpacks_to_very_much_is_refused():
    bomb = repacked(DOCX, {"docProps/custom.xml": b" " * (9 << 20)})
    with pytest.raises(AssetError, match="too large"):
        written(bomb, OFFICE)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 200 + b"</a>" * 200,
        b"<x>" + b"<a/>" * 60_000 + b"</x>",
        b"<x " + b" ".join(b'xmlns:a%d="u"' % n for n in range(300)) + b"/>",
    ],
)
def test_xml_without_end_is_refused_in_time(body):
    start = time.monotonic()
    with pytest.raises(AssetError, match="too large or involved"):
        written(repacked(DOCX, {"_rels/.rels": body}), OFFICE)
    assert time.monotonic() - start < ENOUGH_SECONDS


def test_damaged_documents_are_refused_or_written_whole():
    rng = random.Random(1)
    outcomes = set()
    for kind in ("docx", "odt", "epub 2"):
        make, changes = MADE[kind]
        for damaged in mutations(make(), rng, 150):
            try:
                made = written(damaged, changes)
            except (AssetError, LabelError) as error:
                outcomes.add("not read back" if isinstance(error, ReadBackError) else "refused")
            else:
                outcomes.add("written")
                assert {name: said(made)[name] for name in changes} == changes
    assert outcomes == {"refused", "written"}


def test_damaged_parts_are_refused_or_written_whole():
    rng = random.Random(2)
    data = written(DOCX, OFFICE)
    for name in ("docProps/custom.xml", "_rels/.rels", "[Content_Types].xml", "docProps/core.xml"):
        for damaged in mutations(part(data, name), rng, 100):
            broken = repacked(data, {name: damaged})
            try:
                made = written(broken, {"ooxml:custom:New": ("x",), "ooxml:core:title": ("y",)})
            except (AssetError, LabelError):
                continue
            assert said(made)["ooxml:custom:New"] == ("x",)


# ---------------------------------------------------------------------------- other programs


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["odt", "ods", "odp", "docx", "xlsx", "pptx"])
def test_libreoffice_opens_it_and_sees_what_it_saw(tmp_path, suffix):
    data = (DOCUMENTS / f"hills.{suffix}").read_bytes()
    changes = OPEN if suffix.startswith("od") else OFFICE
    for name, body in (("before", data), ("after", written(data, changes))):
        (tmp_path / f"{name}.{suffix}").write_bytes(body)
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *("--convert-to", "pdf", "--outdir", tmp_path),
            *(tmp_path / f"{name}.{suffix}" for name in ("before", "after")),
        ],
        capture_output=True,
        check=True,
        timeout=240,
    )
    before, after = (
        subprocess.run(
            ["pdftotext", tmp_path / f"{name}.pdf", "-"], capture_output=True, check=True
        ).stdout
        for name in ("before", "after")
    )
    assert before.strip()
    assert before == after
