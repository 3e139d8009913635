"""What may be done to content is decided first, it is signed last, and nothing is lost."""

import io
import json
import random
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
from making import (
    CAPTURED,
    CallbackSigner,
    KeySigner,
    actions_in,
    anchors,
    created,
    definition,
    identity,
    labelled,
    labeller,
    lineage,
    mutations,
    read,
    sample,
    scanner,
    sign,
    signer,
    with_remote_reference,
)

from credlabel import imprint, terms
from credlabel.credentials import CredentialReading, CredentialState
from credlabel.errors import (
    AlreadyLabelledError,
    ConfigError,
    CredlabelError,
    MalformedAssetError,
    ReadBackError,
    SignerUnavailableError,
)
from credlabel.hookspecs import hookimpl
from credlabel.imprint import Imprinter
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings
from credlabel.manifest import provenance_of
from credlabel.model import (
    Evidence,
    Layer,
    Origin,
    Prompt,
    Provenance,
    Relation,
    Review,
    Role,
    Situation,
    Strength,
    Tier,
)
from credlabel.plugins import PluginRegistry
from credlabel.scan import Scanner, ScanSettings

FIRST, SECOND, THIRD = (Provenance(system=name) for name in ("first", "second", "third"))


def relabel(made, provenance, name="", settings=None):
    """Label again what was labelled, with its sidecar if it has one."""
    sink = io.BytesIO()
    done = Imprinter(signer(), settings=settings).imprint(
        io.BytesIO(made.data), sink, name=name, provenance=provenance, sidecar=made.sidecar
    )
    return sink.getvalue(), done


# ---------------------------------------------------------------------------- wholeness


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.wav"])
def test_what_is_cut_short_is_refused(name, share):
    # c2pa-rs signs a JPEG cut at 30 % as valid.
    data = sample(name)
    with pytest.raises(MalformedAssetError) as caught:
        labeller().label_bytes(data[: int(len(data) * share)], name=name)
    assert str(caught.value).endswith(".")


def test_nothing_is_no_content():
    with pytest.raises(MalformedAssetError, match="empty"):
        labeller().label_bytes(b"", name="a.txt")


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.svg"])
def test_damaged_content_is_labelled_soundly_or_refused_in_our_own_words(name):
    for data in mutations(sample(name), random.Random(name), 40):
        try:
            made = labeller().label_bytes(data, name=name)
        except CredlabelError as error:
            assert str(error)[-1] in ".)"  # noqa: PT017 - or else it was labelled
        else:
            report = scanner().scan_bytes(made.data, name=name, sidecar=made.sidecar)
            assert report.verdict.integrity == "intact"


# ---------------------------------------------------------------------------- size


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4"])
def test_a_label_is_small(name):
    # With the library's thumbnail, a JPEG of 140 kB grows by 300 kB.
    assert 0 < len(labelled(name).data) - len(sample(name)) < 6000


def test_a_large_picture_grows_no_more_than_a_small_one():
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((1200, 900), 80).convert("RGB").save(out, "JPEG", quality=95)
    data = out.getvalue()
    assert len(data) > 400_000
    assert len(labeller().label_bytes(data).data) - len(data) < 6000


def test_no_thumbnail_is_in_a_label():
    for manifest in read(labelled("hills.jpg").data).store["manifests"].values():
        assert "thumbnail" not in manifest


# ---------------------------------------------------------------------------- history


@pytest.mark.parametrize(
    "name",
    ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.wav", "hills.txt", "hills.csv"],
)
def test_nothing_is_dropped_over_three_generations(name):
    made = labeller().label_bytes(sample(name), name=name, provenance=FIRST)
    data, side = made.data, made.sidecar
    labels = [made.receipt.manifest]
    for provenance in (SECOND, THIRD):
        sink = io.BytesIO()
        done = Imprinter(signer()).imprint(
            io.BytesIO(data), sink, name=name, provenance=provenance, sidecar=side
        )
        assert done.relation is Relation.EDITED
        data, side = sink.getvalue(), done.store
        labels.append(done.reading.store["active_manifest"])
    reading = read(data, name=name, sidecar=side)
    assert reading.state is CredentialState.VALID
    assert [m["label"] for m in lineage(reading)] == labels[::-1]
    assert len(reading.store["manifests"]) == 3
    third, second, first = ([a["action"] for a in actions_in(m)] for m in lineage(reading))
    assert third == second == ["c2pa.opened", "c2pa.edited"]
    assert first == ["c2pa.created"]
    systems = [actions_in(m)[-1]["softwareAgent"]["name"] for m in lineage(reading)]
    assert systems == ["third", "second", "first"]
    for manifest in lineage(reading)[:2]:
        (opened, _) = actions_in(manifest)
        assert len(opened["parameters"]["ingredients"]) == 1  # it says what was opened
        assert "digitalSourceType" not in opened


def test_another_makers_credential_is_kept_and_its_photo_stays_no_photo():
    photo, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created(CAPTURED)))
    assert scanner().scan_bytes(photo).verdict.origin is Origin.CAPTURED
    made = labeller().label_bytes(photo, provenance=FIRST)
    assert made.receipt.relation is Relation.EDITED
    report = scanner().scan_bytes(made.data)
    assert report.verdict.origin is Origin.EDITED_WITH_AI
    assert len(read(made.data).store["manifests"]) == 2


def test_a_record_that_names_no_generator_leaves_a_photo_a_photo():
    photo, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created(CAPTURED)))
    review = Provenance(reviews=(Review(reviewer="Eva", outcome="approved"),))
    made = labeller().label_bytes(photo, provenance=review)
    assert scanner().scan_bytes(made.data).verdict.origin is Origin.CAPTURED
    (manifest, _) = lineage(read(made.data))
    (opened, edited) = actions_in(manifest)
    assert opened["action"] == "c2pa.opened"
    assert edited["action"] == "c2pa.edited.metadata"
    assert "digitalSourceType" not in edited
    assert labeller().label_bytes(made.data, provenance=review).receipt.relation == "unchanged"


def test_a_generated_file_stays_generated_when_a_human_retouched_it():
    made = labeller().label_bytes(labelled("hills.jpg").data, provenance=Provenance(
        source_type="humanEdits", reviews=(Review(reviewer="Eva"),)
    ))  # fmt: skip
    assert scanner().scan_bytes(made.data).verdict.origin is Origin.GENERATED


def test_a_reference_to_a_remote_credential_is_history_too():
    data = with_remote_reference(sample("hills.jpg"), "https://example.com/m.c2pa")
    made = labeller().label_bytes(data, provenance=FIRST)
    assert made.receipt.relation is Relation.EDITED
    assert b"https://example.com/m.c2pa" in made.data
    reading = read(made.data)
    assert reading.state is CredentialState.VALID
    (manifest,) = lineage(reading)
    assert [a["action"] for a in actions_in(manifest)] == ["c2pa.opened", "c2pa.edited"]
    assert [i["relationship"] for i in manifest["ingredients"]] == ["parentOf"]
    # Not captured, not generated: what it was is not known.
    assert scanner().scan_bytes(made.data).verdict.origin is Origin.EDITED_WITH_AI
    with pytest.raises(AlreadyLabelledError):
        Labeller(signer(), settings=LabelSettings(on_existing="refuse")).label_bytes(data)


def test_a_broken_credential_that_can_not_be_kept_is_not_written_over():
    made = labelled("hills.txt")
    broken = type(made)(data=made.data, sidecar=b"no manifest store", receipt=made.receipt)
    with pytest.raises(MalformedAssetError, match="sidecar") as caught:
        relabel(broken, FIRST, "a.txt")
    assert "Move the sidecar" in caught.value.hint


def test_a_tampered_credential_is_kept_as_what_it_is():
    data = bytearray(labelled("hills.jpg").data)
    data[-50] ^= 1
    made = labeller().label_bytes(bytes(data), provenance=SECOND)
    report = scanner().scan_bytes(made.data)
    assert report.verdict.integrity == "intact"
    assert any(
        f.code == "assertion.dataHash.mismatch" and f.explanation.startswith("In an ingredient")
        for f in report.findings
    )


# ---------------------------------------------------------------------------- idempotence


RICH = Provenance(
    system="Painter",
    prompts=(Prompt(text="hills"),),
    created=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize("provenance", [Provenance(), RICH])
@pytest.mark.parametrize("prompts", ["digest", "text"])
@pytest.mark.parametrize("name", ["hills.jpg", "hills.pdf", "hills.txt", "hills.docx"])
def test_the_same_label_again_changes_not_a_byte(name, prompts, provenance):
    settings = LabelSettings(prompts=prompts)
    times = iter(datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 30))
    its = Labeller(signer(), settings=settings, clock=lambda: next(times))
    made = its.label_bytes(sample(name), name=name, provenance=provenance)
    data, done = relabel(made, provenance, name, settings)
    assert done.relation is Relation.UNCHANGED
    assert (data, done.store) == (made.data, made.sidecar)
    assert done.output_sha256 == done.input_sha256
    assert done.reason


def test_another_label_is_another_label():
    made = labeller().label_bytes(sample("hills.jpg"), provenance=RICH)
    for other in (
        Provenance(),
        Provenance(system="Painter", prompts=RICH.prompts, created=RICH.created + timedelta(1)),
        Provenance(system="Painter", prompts=(Prompt(text="other"),), created=RICH.created),
    ):
        assert relabel(made, other)[1].relation is Relation.EDITED


def test_somebody_elses_label_that_says_the_same_is_not_ours():
    data, _ = sign(sample("hills.jpg"), "image/jpeg", definition(created()))
    assert labeller().label_bytes(data).receipt.relation is Relation.EDITED


def test_a_label_that_no_longer_verifies_is_not_taken_for_one():
    data = bytearray(labelled("hills.jpg").data)
    data[-50] ^= 1
    assert labeller().label_bytes(bytes(data)).receipt.relation is Relation.EDITED


def test_the_same_label_by_another_signer_is_another_label():
    made = labelled("hills.jpg")
    record = provenance_of(read(made.data))
    again = Imprinter(signer("somebody else"))
    done = again.imprint(io.BytesIO(made.data), io.BytesIO(), name="", provenance=record)
    assert done.relation is Relation.EDITED


def test_only_credentials_that_hold_are_left_alone():
    broken = bytearray(labelled("hills.jpg").data)
    broken[-50] ^= 1
    remote = with_remote_reference(sample("hills.jpg"), "http://127.0.0.1:9/there")
    skipping = Imprinter(signer(), settings=LabelSettings(on_existing="skip"))
    for data in (bytes(broken), remote):
        with pytest.raises(AlreadyLabelledError, match="can't be verified"):
            skipping.imprint(io.BytesIO(data), io.BytesIO(), name="", provenance=SECOND)


@pytest.mark.parametrize("name", ["hills.jpg", "hills.txt"])
def test_existing_credentials_can_be_left_or_refused(name):
    made = labelled(name)
    data, done = relabel(made, SECOND, name, LabelSettings(on_existing="skip"))
    assert (done.relation, data) == (Relation.UNCHANGED, made.data)
    with pytest.raises(AlreadyLabelledError):
        relabel(made, SECOND, name, LabelSettings(on_existing="refuse"))
    with pytest.raises(AlreadyLabelledError):  # even with the very same label
        relabel(made, Provenance(), name, LabelSettings(on_existing="refuse"))


# ---------------------------------------------------------------------------- PDF and marks


def encrypted_pdf():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(sample("hills.pdf")))
    writer.encrypt("user", "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed_pdf(data):
    from asn1crypto import keys, x509
    from asn1crypto.pem import unarmor
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    made = identity()
    with_key = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(unarmor(made.chain_pem)[2]),
        signing_key=keys.PrivateKeyInfo.load(unarmor(made.key_pem)[2]),
        cert_registry=None,
    )
    out = io.BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name="Signature1"),
        signer=with_key,
        output=out,
    )
    return out.getvalue()


def pdf_signature_is_intact(data):
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature

    (embedded,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    status = validate_pdf_signature(embedded)
    return status.intact and status.coverage.name == "ENTIRE_FILE"


@pytest.mark.filterwarnings("ignore")  # pyHanko's own
@pytest.mark.parametrize(("make", "word"), [(encrypted_pdf, "encrypted"), (signed_pdf, "sign")])
def test_a_pdf_that_embedding_would_break_gets_a_sidecar(make, word):
    data = make() if make is encrypted_pdf else make(sample("hills.pdf"))
    made = labeller().label_bytes(data, name="a.pdf")
    assert made.receipt.tier is Tier.SIDECAR
    assert word in made.receipt.reason
    assert made.data == data
    report = scanner().scan_bytes(made.data, name="a.pdf", sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"
    if make is signed_pdf:
        assert pdf_signature_is_intact(made.data)
        naive, _ = sign(data, "application/pdf", definition(created()))
        assert not pdf_signature_is_intact(naive)  # what the naive way does to it


@pytest.mark.filterwarnings("ignore")
def test_an_embedded_credential_that_must_not_be_touched_is_refused_and_not_hidden():
    # A sidecar would never be seen: readers look into the file first.
    data = signed_pdf(labelled("hills.pdf").data)
    with pytest.raises(AlreadyLabelledError, match="can't be updated") as caught:
        labeller().label_bytes(data, provenance=SECOND)
    assert "skip" in caught.value.hint


class Painter:
    """A marker that puts its mark at the end of everything."""

    name = "painter"

    def accepts(self, media_type):
        return True

    def mark(self, source, sink, provenance):
        sink.write(source.read() + b"% marked\n")
        return Evidence(
            detector=self.name,
            kind=Layer.METADATA,
            strength=Strength.ASSERTED,
            origin=Origin.GENERATED,
        )

    @hookimpl
    def credlabel_markers(self):
        return [self]


@pytest.fixture
def with_marker(monkeypatch):
    load = PluginRegistry.load

    def load_with_ours(*args, **options):
        registry = load(*args, **options)
        registry.add(Painter(), name="painter")
        return registry

    monkeypatch.setattr(PluginRegistry, "load", staticmethod(load_with_ours))


@pytest.mark.filterwarnings("ignore")
def test_marks_go_in_before_the_signature_and_never_where_they_would_do_harm(with_marker):
    its = Labeller(signer(), settings=LabelSettings(marks=("painter",)))
    made = its.label_bytes(b"words\n", name="a.txt")
    assert made.data == b"words\n% marked\n"
    assert set(made.receipt.marks) == {Layer.CREDENTIAL, Layer.METADATA}
    report = Scanner().scan_bytes(made.data, name="a.txt", sidecar=made.sidecar)
    assert report.verdict.integrity == "intact"
    data = signed_pdf(sample("hills.pdf"))
    assert its.label_bytes(data).data == data
    assert its.label_bytes(data).receipt.marks == (Layer.CREDENTIAL,)


def test_a_mark_reaches_a_file_that_is_labelled_in_place(with_marker, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"words\n")
    its = Labeller(signer(), settings=LabelSettings(marks=("painter",)))
    receipt = its.label(path, path)
    assert path.read_bytes() == b"words\n% marked\n"
    assert receipt.source_digest != receipt.output_digest
    assert Scanner().scan(path).verdict.integrity == "intact"


# ---------------------------------------------------------------------------- read back


def test_what_does_not_read_back_is_thrown_away(monkeypatch):
    calls = []
    real = Scanner.read_credential

    def read_wrongly(self, source, **options):
        calls.append(options)
        reading = real(self, source, **options)
        if len(calls) % 2 == 0:  # the second look, at what was written
            return CredentialReading(state=CredentialState.INVALID)
        return reading

    monkeypatch.setattr(Scanner, "read_credential", read_wrongly)
    with pytest.raises(ReadBackError, match="did not verify"):
        Labeller(signer()).label_bytes(sample("hills.jpg"))


def test_a_label_that_says_something_else_is_thrown_away(monkeypatch):
    real = imprint.claim_of

    def claim_something_else(record, **options):
        return real(Provenance(source_type=record.source_type, system="not this"), **options)

    monkeypatch.setattr(imprint, "claim_of", claim_something_else)
    with pytest.raises(ReadBackError, match="meant to say"):
        labeller().label_bytes(sample("hills.jpg"), provenance=Provenance(system="this"))


def test_a_signer_that_signs_nonsense_is_found_out():
    class Nonsense(CallbackSigner):
        def sign(self, data):
            return super().sign(data + b"!")

    # It is the signer's fault, not the file's: nobody may put the file aside for it.
    for name in ("hills.jpg", "hills.txt"):
        with pytest.raises(SignerUnavailableError, match="signature"):
            Labeller(Nonsense(identity())).label_bytes(sample(name), name=name)


def test_a_trusted_signer_reads_back_as_well():
    its = Labeller(KeySigner(identity()), scan=ScanSettings(trust=anchors()))
    made = its.label_bytes(sample("hills.jpg"))
    again = its.label_bytes(made.data)
    assert again.receipt.relation is Relation.UNCHANGED
    assert again.data == made.data


# ---------------------------------------------------------------------------- marks and profiles

MODEL = Provenance(system="Painter", provider="Acme")
DST = "xmp:Iptc4xmpExt:DigitalSourceType"


def its(**settings):
    return Labeller(signer(), settings=LabelSettings(**settings))


def parents(reading):
    found = [i for i in reading.active["ingredients"] if i["relationship"] == "parentOf"]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "name", ["hills.jpg", "hills.mp4", "hills.png", "hills.pdf", "hills.docx"]
)
def test_the_parent_is_the_file_as_it_was_before_it_was_marked(name):
    first = its(marks=()).label_bytes(sample(name), name=name, provenance=MODEL)
    second = labeller().label_bytes(first.data, name=name, provenance=SECOND)
    assert second.receipt.metadata
    failures = parents(read(second.data))["validation_results"]["activeManifest"]["failure"]
    assert [failure["code"] for failure in failures] == ["signingCredential.untrusted"]


def test_what_was_generated_stays_so_in_its_metadata_when_a_model_edits_it():
    first = labeller().label_bytes(sample("hills.jpg"), provenance=MODEL)
    second = labeller().label_bytes(first.data, provenance=SECOND)
    assert second.receipt.metadata[DST] == (terms.TRAINED_ALGORITHMIC_MEDIA,)
    captured = Provenance(source_type="digitalCapture")
    first = labeller().label_bytes(sample("hills.jpg"), provenance=captured)
    assert first.receipt.metadata[DST] == (terms.IPTC + "digitalCapture",)
    second = labeller().label_bytes(first.data, provenance=SECOND)
    assert second.receipt.metadata[DST] == (terms.EDITED_BY_MODEL,)
    report = Scanner().scan_bytes(second.data)
    assert (report.verdict.origin, report.verdict.conflicts) == ("edited-with-ai", ())


@pytest.mark.parametrize("code", ["humanEdits", "digitalCapture", "algorithmicMedia"])
def test_what_was_generated_stays_so_in_its_metadata_when_people_edit_it(code):
    first = labeller().label_bytes(sample("hills.jpg"), provenance=MODEL)
    edit = Provenance(source_type=code, system="Editor", provider="Somebody")
    second = labeller().label_bytes(first.data, provenance=edit)
    report = Scanner().scan_bytes(second.data)
    assert (report.verdict.origin, report.verdict.conflicts) == ("generated", ())
    found = next(e for e in report.evidence if e.detector == "iptc")
    assert found.provenance.source_type == terms.TRAINED_ALGORITHMIC_MEDIA
    assert (found.provenance.system, found.provenance.provider) == (MODEL.system, MODEL.provider)
    again = labeller().label_bytes(second.data, provenance=edit)
    assert again.receipt.relation is Relation.UNCHANGED


def test_a_page_keeps_its_words_when_people_edit_it():
    first = labeller().label_bytes(sample("hills.html"), name="a.html", provenance=MODEL)
    edit = Provenance(source_type="humanEdits", system="Editor")
    second = labeller().label_bytes(first.data, name="a.html", provenance=edit)
    report = Scanner().scan_bytes(second.data, name="a.html")
    assert (report.verdict.origin, report.verdict.conflicts) == ("generated", ())
    assert b"Editor" not in second.data.partition(b"-----BEGIN C2PA")[0]
    assert MODEL.system.encode() in second.data


def test_a_label_without_its_marks_is_not_that_label():
    first = its(marks=()).label_bytes(sample("hills.jpg"), provenance=MODEL)
    second = labeller().label_bytes(first.data, provenance=MODEL)
    assert second.receipt.relation is Relation.EDITED
    again = labeller().label_bytes(second.data, provenance=MODEL)
    assert again.receipt.relation is Relation.UNCHANGED


def test_who_wants_the_file_left_alone_gets_no_marks_unless_they_are_named():
    page = sample("hills.html")
    made = its(text="sidecar").label_bytes(page, name="a.html", provenance=MODEL)
    assert made.data == page
    assert made.receipt.omitted.keys() == {"iptc", "disclosure"}
    marked = its(text="sidecar", marks=("disclosure",))
    made = marked.label_bytes(page, name="a.html", provenance=MODEL)
    assert b"ai-disclosure" in made.data
    assert made.sidecar


def test_what_a_signature_protects_is_left_alone_and_told():
    data = signed_pdf(sample("hills.pdf"))
    made = labeller().label_bytes(data, provenance=MODEL)
    assert made.data == data
    assert made.receipt.metadata == {}
    assert all("sign" in reason for reason in made.receipt.omitted.values())


def test_a_profile_chooses_the_marks_and_what_the_record_has_to_say():
    with pytest.raises(ConfigError, match=r"us-ca-sb942 has to say: provider, system, system_v"):
        its(profile="us-ca-sb942").label_bytes(sample("hills.jpg"))
    made = its(profile="cn-gb45438").label_bytes(sample("hills.jpg"), provenance=MODEL)
    assert made.receipt.metadata.keys() == {"xmp:TC260:AIGC"}
    with pytest.raises(ConfigError, match="nothing about how to label"):
        its(profile="valid")
    with pytest.raises(ConfigError, match="no mark called 'aigcc'"):
        its(marks=("aigcc",))


def test_an_identifier_is_made_where_a_mark_needs_one_and_kept():
    made = its(marks=("aigc",)).label_bytes(sample("hills.jpg"), provenance=MODEL)
    identifier = provenance_of(read(made.data)).identifier
    assert identifier.startswith("urn:uuid:")
    assert identifier in made.receipt.metadata["xmp:TC260:AIGC"][0]
    again = its(marks=("aigc",)).label_bytes(made.data, provenance=MODEL)
    assert again.data == made.data
    other = its(marks=("aigc",)).label_bytes(made.data, provenance=SECOND_BY_ACME)
    assert provenance_of(read(other.data)).identifier == identifier
    assert its(marks=("iptc",)).label_bytes(made.data, provenance=MODEL).receipt.metadata


SECOND_BY_ACME = Provenance(system="Retoucher", provider="Acme")
PLATFORM = Situation(role=Role.PLATFORM)


def test_a_platform_states_no_origin_of_its_own():
    passing = its(profile="cn-gb45438", situation=PLATFORM)
    share = Provenance(provider="Share")
    nothing = passing.label_bytes(sample("hills.jpg"), provenance=share)
    assert nothing.receipt.metadata == {}
    report = Scanner().scan_bytes(nothing.data)
    assert (report.verdict.origin, report.verdict.integrity) == ("unknown", "intact")

    made = its(profile="cn-gb45438").label_bytes(sample("hills.jpg"), provenance=MODEL)
    passed = passing.label_bytes(made.data, provenance=share)
    label = json.loads(passed.receipt.metadata["xmp:TC260:AIGC"][0])
    assert (label["ContentProducer"], label["ContentPropagator"]) == ("Acme", "Share")
    assert label["ProduceID"] != label["PropagateID"]
    report = Scanner().scan_bytes(passed.data)
    assert (report.verdict.origin, report.verdict.conflicts) == ("generated", ())
    assert passing.label_bytes(passed.data, provenance=share).data == passed.data


@pytest.mark.parametrize("name", ["hills.txt", "hills.csv", "hills.md", "hills.pdf", "hills.ogg"])
def test_a_platform_opens_what_the_library_can_t_parse_as_well(name):
    passing = its(profile="cn-gb45438", situation=PLATFORM)
    data = sample(name)
    passed = passing.label_bytes(data, name=name, provenance=Provenance(provider="Share"))
    report = Scanner().scan_bytes(passed.data, name=name, sidecar=passed.sidecar)
    assert (report.verdict.origin, report.verdict.integrity) == ("unknown", "intact")
    assert passed.receipt.relation is Relation.EDITED
    assert [e.provenance.provider for e in report.evidence] == ["Share"]
