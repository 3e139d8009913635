"""Other programs read our marks as the fields they are, in files whose credential holds."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import pypdf
import pytest
from making import SAMPLES, read_file, signer
from PIL import Image, ImageChops, ImageSequence

from credlabel import Labeller, LabelSettings, Provenance
from credlabel.terms import TRAINED_ALGORITHMIC_MEDIA

CODE = "001191110102MAD55U9H0F10002"
RECORD = Provenance(
    provider=CODE,
    system="Maler & Söhne",
    system_version="3.1",
    identifier="98ae6b12-23e2-49af-b98a-780706f8e584",
)
LABEL = (
    f'{{"Label":"1","ContentProducer":"{CODE}","ProduceID":"{RECORD.identifier}",'
    f'"ReservedCode1":"","ContentPropagator":"{CODE}","PropagateID":"{RECORD.identifier}",'
    '"ReservedCode2":""}'
)
IPTC = {
    "XMP-iptcExt:DigitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
    "XMP-iptcExt:AISystemUsed": RECORD.system,
    "XMP-iptcExt:AISystemVersionUsed": RECORD.system_version,
    "XMP-photoshop:Credit": CODE,
    "XMP-xmpMM:DocumentID": RECORD.identifier,
}
PICTURE = {**IPTC, "XMP-TC260:Aigc": LABEL}
FILM = {**IPTC, "Keys:AIGC": LABEL}
OFFICE = {"XML:AIGC": LABEL, "XML:DigitalSourceType": TRAINED_ALGORITHMIC_MEDIA}
VORBIS = {
    "Vorbis:Digitalsourcetype": TRAINED_ALGORITHMIC_MEDIA,
    "Vorbis:Aisystemused": RECORD.system,
    "Vorbis:Aigc": LABEL,
}
WANTED = {
    **dict.fromkeys(
        ("jpg", "png", "webp", "tiff", "dng", "gif", "avif", "heic", "heif", "jxl", "svg"), PICTURE
    ),
    **dict.fromkeys(("mp4", "mov", "m4a", "m4v"), FILM),
    **dict.fromkeys(("wav", "avi", "mp3"), IPTC),
    **dict.fromkeys(("docx", "xlsx", "pptx"), OFFICE),
    **dict.fromkeys(("flac", "ogg"), VORBIS),
    "pdf": {**IPTC, "PDF:AIGC": LABEL, "PDF:DigitalSourceType": TRAINED_ALGORITHMIC_MEDIA},
    "html": {"HTML:Aigc": LABEL, "HTML:AiDisclosure": "ai-generated"},
}
"""What ExifTool calls the fields, where it knows them."""
PIXELS = ("jpg", "png", "webp", "tiff", "gif", "avif")


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Every sample, labelled with all three marks; each with its receipt."""
    folder = tmp_path_factory.mktemp("marked")
    its = Labeller(
        signer(),
        provenance=RECORD,
        settings=LabelSettings(marks=("iptc", "disclosure", "aigc")),
    )
    receipts = {}
    for path in sorted(SAMPLES.iterdir()):
        receipts[path.name] = its.label(path, folder / path.name)
    return folder, receipts


@pytest.fixture(scope="module")
def told(marked):
    """What ExifTool tells of each file, by ending."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    done = subprocess.run(
        ["exiftool", "-json", "-G1", "-r", marked[0]], capture_output=True, check=True
    )
    files = {each["SourceFile"].rpartition(".")[2]: each for each in json.loads(done.stdout)}
    # Where a Vorbis comment lies in an Ogg stream is told as another group.
    return {
        ending: {key.replace("Theora:", "Vorbis:"): text for key, text in tags.items()}
        for ending, tags in files.items()
    }


@pytest.mark.parametrize("ending", WANTED)
def test_exiftool_reads_them_as_the_fields_they_are(told, ending):
    tags = told[ending]
    assert {name: _text(tags.get(name)) for name in WANTED[ending]} == WANTED[ending]


def _text(value):
    # It takes what looks like JSON's numbers for such.
    return str(value) if isinstance(value, int | float) else value


def test_every_file_with_a_place_is_marked_and_its_credential_holds(marked):
    folder, receipts = marked
    unmarked = {name for name, receipt in receipts.items() if not receipt.metadata}
    assert unmarked == {f"hills.{e}" for e in ("bin", "csv", "json", "py", "txt", "zip")}
    for name, receipt in receipts.items():
        assert read_file(folder / name).state == "valid", name
        assert receipt.metadata or receipt.omitted.keys() == {"iptc", "disclosure", "aigc"}


@pytest.mark.parametrize("ending", PIXELS)
def test_pillow_shows_the_same_pictures(marked, ending):
    name = f"hills.{ending}"
    with Image.open(SAMPLES / name) as before, Image.open(marked[0] / name) as after:
        if ending != "gif":  # in which Pillow does not look for a packet
            packet = b"".join(after.tag_v2[700]) if ending == "tiff" else after.info["xmp"]
            assert TRAINED_ALGORITHMIC_MEDIA.encode() in packet
        frames = zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True)
        for old, new in frames:
            difference = ImageChops.difference(old.convert("RGBA"), new.convert("RGBA"))
            assert difference.getbbox(alpha_only=False) is None


def test_pypdf_reads_the_fields_of_a_document(marked):
    data = (marked[0] / "hills.pdf").read_bytes()
    assert data.startswith((SAMPLES / "hills.pdf").read_bytes())
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    assert reader.metadata["/AIGC"] == LABEL
    assert reader.metadata["/DigitalSourceType"] == TRAINED_ALGORITHMIC_MEDIA
    assert reader.xmp_metadata is not None
    assert (
        reader.pages[0].extract_text()
        == pypdf.PdfReader(SAMPLES / "hills.pdf").pages[0].extract_text()
    )
