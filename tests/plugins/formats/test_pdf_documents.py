"""Real documents survive a label, or get it beside them."""

import functools
import io
import shutil
import subprocess

import pypdf
import pytest
from credlabel_plugins.formats.pdf import Pdf
from making import (
    GENERATED,
    anchors,
    created,
    definition,
    lineage,
    read,
    sample,
    sign,
    signer,
)
from pypdf.annotations import Link
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)

from credlabel.credentials import CredentialState
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.model import Provenance, Tier

PDF = Pdf()
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>"""
ADDED = {"/AF", "/Names"}  # to the catalogue


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def name_tree(writer, *names):
    listed = ArrayObject()
    for name in names:
        body = DecodedStreamObject()
        body.set_data(name.encode() * 20)
        body[NameObject("/Type")] = NameObject("/EmbeddedFile")
        specification = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Filespec"),
                NameObject("/F"): TextStringObject(name),
                NameObject("/UF"): TextStringObject(name),
                NameObject("/EF"): DictionaryObject({NameObject("/F"): writer._add_object(body)}),
            }
        )
        listed += [TextStringObject(name), writer._add_object(specification)]
    return DictionaryObject({NameObject("/Names"): listed})


def document(*, pages=4):
    """A document with an outline, page labels, links, attachments, metadata and an identifier."""
    writer = pypdf.PdfWriter()
    source = pypdf.PdfReader(io.BytesIO(sample("hills.pdf")))
    for number in range(pages):
        writer.add_page(source.pages[0]).rotate(90 * (number % 4))
        if number % 2 == 0:
            writer.add_outline_item(title=f"Hill {number}", page_number=number)
    writer.set_page_label(0, 1, style="/r")
    writer.set_page_label(2, pages - 1, style="/D")
    writer.add_annotation(0, Link(rect=(9, 9, 90, 90), url="https://example.com"))
    writer.add_metadata({"/Title": "Hügel", "/Author": "somebody"})
    writer.xmp_metadata = XMP
    writer.generate_file_identifiers()
    writer.root_object[NameObject("/Names")] = DictionaryObject(
        {NameObject("/EmbeddedFiles"): name_tree(writer, "a.csv", "b.txt")}
    )
    writer.root_object[NameObject("/MarkInfo")] = DictionaryObject(
        {NameObject("/Marked"): NameObject("/true")}
    )
    return writer


def form():
    writer = document()
    field = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("name"),
            NameObject("/V"): TextStringObject("Väle"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/Rect"): ArrayObject(NumberObject(n) for n in (9, 9, 99, 30)),
        }
    )
    reference = writer._add_object(field)
    writer.pages[0].setdefault(NameObject("/Annots"), ArrayObject()).append(reference)
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([reference])}
    )
    return writer


def portfolio():
    writer = document()
    writer.root_object[NameObject("/Collection")] = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Collection"),
            NameObject("/View"): NameObject("/T"),
            NameObject("/D"): TextStringObject("a.csv"),
        }
    )
    return writer


def updated(data):
    """The document with an update appended: its second page turned, its title changed."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][1].get_object()
    page[generic.pdf_name("/Rotate")] = generic.NumberObject(270)
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(1))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_empty_signature_field(data):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    append_signature_field(writer, SigFieldSpec("Here", box=(10, 10, 90, 40)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed(data, **options):
    from asn1crypto import keys, x509
    from asn1crypto.pem import unarmor
    from making import identity
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    made = identity()
    key = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(unarmor(made.chain_pem)[2]),
        signing_key=keys.PrivateKeyInfo.load(unarmor(made.key_pem)[2]),
        cert_registry=None,
    )
    out = io.BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name="Signature1", **options),
        signer=key,
        output=out,
    )
    return out.getvalue()


# ---------------------------------------------------------------------------- what is compared


def differences(before, after):
    """Paths at which two documents differ, but for what a label adds to the catalogue."""
    old, new = (pypdf.PdfReader(io.BytesIO(data)).trailer for data in (before, after))
    waiting = [
        (key, old.raw_get(key), new.raw_get(key)) for key in ("/Root", "/Info") if key in old
    ]
    found, seen = [], set()
    while waiting:
        path, old, new = waiting.pop()
        if isinstance(old, IndirectObject):
            if old.idnum in seen:
                continue
            seen.add(old.idnum)
        old, new = old.get_object(), new.get_object()
        if isinstance(old, dict) and isinstance(new, dict):
            if getattr(old, "_data", b"") != getattr(new, "_data", b""):
                found.append(f"{path} stream")
            for key in (old.keys() | new.keys()) - (ADDED if path == "/Root" else {"/Length"}):
                pair = (part.raw_get(key) if key in part else NullObject() for part in (old, new))
                waiting.append((path + key, *pair))
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            pairs = enumerate(zip(old, new, strict=True))
            waiting += [(f"{path}[{number}]", *pair) for number, pair in pairs]
        elif old != new:
            found.append(path)
    return found


@functools.cache
def unmarked():
    """A labeller that writes a credential and nothing else: what marks change is no loss."""
    return Labeller(signer(), settings=LabelSettings(marks=()))


def label(data, provenance=None):
    made = unmarked().label_bytes(data, name="a.pdf", provenance=provenance)
    if made.receipt.tier is Tier.EMBEDDED:
        assert made.data.startswith(data)
        assert read(made.data).state is CredentialState.VALID
    else:
        assert made.data == data
        assert read(made.data, sidecar=made.sidecar).state is CredentialState.VALID
    return made


def check_kept(data):
    made = label(data)
    assert made.receipt.tier is Tier.EMBEDDED
    assert differences(data, made.data) == []
    return made.data


# ---------------------------------------------------------------------------- embedded


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.6", "1.7", "2.0"])
def test_documents_of_every_version_keep_all_they_have(version):
    header = f"%PDF-{version}".encode()
    made = check_kept(written(document()).replace(b"%PDF-1.7", header))
    assert made.startswith(header)
    after = pypdf.PdfReader(io.BytesIO(made), strict=True)
    assert after.attachments["a.csv"] == [b"a.csv" * 20]
    assert after.attachments.keys() == {"a.csv", "b.txt", "content_credential.c2pa"}
    assert after.page_labels == ["i", "ii", "1", "2"]
    assert [item.title for item in after.outline] == ["Hill 0", "Hill 2"]
    assert after.metadata.title == "Hügel"


@pytest.mark.parametrize("make", [form, portfolio, lambda: document(pages=300)])
def test_forms_portfolios_and_books(make):
    data = written(make())
    made = check_kept(data)
    assert len(made) < len(data) + 4_000


def test_updates_are_kept_as_they_ended():
    data = updated(written(document()))
    assert data.count(b"%%EOF") == 2
    after = pypdf.PdfReader(io.BytesIO(check_kept(data)))
    assert after.pages[1].rotation == 270


def test_a_signature_field_that_waits_for_a_signature_is_kept():
    made = check_kept(with_empty_signature_field(written(document())))
    assert pypdf.PdfReader(io.BytesIO(made)).get_fields()["Here"]["/FT"] == "/Sig"


def by_the_library(data):
    return sign(data, "application/pdf", definition(created()))[0]


@pytest.mark.parametrize("first", [by_the_library, lambda data: label(data).data])
def test_a_label_on_a_label_replaces_it_and_keeps_its_history(first):
    made = first(written(document()))
    for number in (2, 3):
        made = label(made, Provenance(system=f"System {number}", source_type=GENERATED)).data
        assert len(lineage(read(made))) == number
        after = pypdf.PdfReader(io.BytesIO(made), strict=True)
        assert len(after.root_object["/AF"]) == 1
        names = after.root_object["/Names"]["/EmbeddedFiles"]["/Names"]
        assert len(names) == 6
        assert names[1::2].count(after.root_object["/AF"].get_object()[0]) == 1


LOST = (
    b"<< /A >>",
    b"[1 2 >>",
    b"[" * 150 + b"]" * 150,
    b"[1e5]",
    b"[99999999999999999999]",
    b"(" * 150 + b")" * 150,
    b"(never closed",
    b"<</Length 2>>\nstream\nabc\nendstream",
    b"<</Length 900>>\nstream\nabc\nendstream",
    b"[0.10000000149]",
)


@pytest.mark.parametrize("body", LOST)
def test_objects_that_the_library_would_lose_or_round_are_kept(kit, body):
    """The library, which writes a file anew, reads it with such objects all the same."""
    root = b"<< /Type /Catalog /Pages 2 0 R /X 5 0 R >>"
    data = kit.document(root, *kit.pages, body)
    assert body not in by_the_library(data)
    assert label(data).receipt.tier is Tier.EMBEDDED


def test_an_archival_document_may_carry_a_credential():
    writer = document()
    writer.xmp_metadata = XMP.replace(b"<rdf:RDF", b"<rdf:RDF pdfaid:part='3'")
    check_kept(written(writer))


# ---------------------------------------------------------------------------- beside


@pytest.mark.parametrize(
    ("user", "owner", "algorithm"),
    [
        ("user", "owner", "AES-256"),
        ("", "owner", "AES-256"),
        ("user", "owner", "AES-128"),
        ("", "owner", "RC4-128"),
    ],
)
def test_encrypted_documents(user, owner, algorithm):
    writer = document()
    writer.encrypt(user, owner, algorithm=algorithm)
    made = label(written(writer))
    assert made.receipt.tier is Tier.SIDECAR
    assert "encrypted" in made.receipt.reason


@pytest.mark.filterwarnings("ignore")  # pyHanko's own
@pytest.mark.parametrize("permission", [None, 1, 2, 3])
def test_signed_and_certified_documents(permission):
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import validate_pdf_signature

    options = {"certify": True, "docmdp_permissions": MDPPerm(permission)} if permission else {}
    made = label(signed(written(document()), **options))
    assert made.receipt.tier is Tier.SIDECAR
    assert "digitally signed" in made.receipt.reason
    (embedded,) = PdfFileReader(io.BytesIO(made.data)).embedded_signatures
    status = validate_pdf_signature(embedded)
    assert status.intact
    assert status.coverage.name == "ENTIRE_FILE"


def test_a_document_that_viewers_repair():
    data = written(document())
    number = pypdf.PdfReader(io.BytesIO(data)).pages[1].indirect_reference.idnum
    place = data.index(b"\n%d 0 obj" % number) + 1
    entry = b"%010d 00000 n"
    assert data.count(entry % place) == 1
    damaged = data.replace(entry % place, entry % (place + 5))
    assert len(pypdf.PdfReader(io.BytesIO(damaged)).pages) == 4
    made = label(damaged)
    assert made.receipt.tier is Tier.SIDECAR
    assert "not quite in order" in made.receipt.reason


# ---------------------------------------------------------------------------- other people's


def by_encypher(data):
    import encypher_c2pa

    report = encypher_c2pa.verify(
        data,
        "application/pdf",
        trust_pem=anchors().signers,
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    return report["hard_binding"], report["validation_state"]


def drawn(data, folder):
    """The text of a document and its first pages as poppler draws them."""
    path = folder / "a.pdf"
    path.write_bytes(data)
    commands = ("pdftotext", path, "-"), ("pdftoppm", "-r", "40", "-l", "4", path)
    return [
        subprocess.run(command, check=True, capture_output=True).stdout for command in commands
    ]


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not there")
def test_other_people_s_documents_keep_all_they_have(interop, tmp_path):
    kept = 0
    for path in sorted(interop.glob("files/*/*.pdf")):
        data = path.read_bytes()
        if path.parent.name.startswith("negative") and not PDF.embedding_objection(
            io.BytesIO(data)
        ):
            made = check_kept(data)
            assert by_encypher(made) == ("match", "Trusted")
            assert drawn(made, tmp_path) == drawn(data, tmp_path)
            kept += 1
    assert kept >= 23
