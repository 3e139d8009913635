"""Marks in whole files, through the scanner: the formats' readers and the detectors together."""

import html
import io
import json
import shutil
import subprocess

import pytest
from PIL import Image, PngImagePlugin

from credlabel.model import Layer, Origin, Strength
from credlabel.scan import Scanner
from credlabel.terms import IPTC

AI = IPTC + "trainedAlgorithmicMedia"
LABEL = json.dumps({"Label": "1", "ContentProducer": "Acme", "ProduceID": "7"})
LINKED = (
    b'<!DOCTYPE html><script type="application/ld+json">{"@type": "Article",'
    b'"digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}'
    b"</script><p>x"
)
YAML = "AIGC:\n  Label: '1'\n  ContentProducer: 'Acme'\n  ProduceID: '7'\n"
WEBUI = "a duck\nSteps: 1, Sampler: s, Seed: 7, Version: v1.10.1"


@pytest.fixture(scope="module")
def scanner():
    return Scanner()


def xmp(properties):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">{properties}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def picture(kind, **options):
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, kind, **options)
    return out.getvalue()


def png(**texts):
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        if key == "xmp":
            info.add_itxt("XML:com.adobe.xmp", text)
        else:
            info.add_text(key, text)
    return picture("PNG", pnginfo=info)


def comment(text):
    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"UNICODE\0" + text.encode("utf-16-be")}
    return exif


def marks(report, detector):
    (evidence,) = report.evidence
    assert report.findings == ()
    assert evidence.detector == detector
    assert report.verdict.marks == (Layer.METADATA,)
    assert report.verdict.origin is Origin.GENERATED
    assert report.verdict.strength is Strength.ASSERTED
    return evidence


@pytest.mark.parametrize(
    "data",
    [
        png(parameters=WEBUI),
        picture("JPEG", exif=comment(WEBUI)),
        picture("WEBP", exif=comment(WEBUI)),
        picture("JPEG", comment=WEBUI.encode()),
        picture("GIF", comment=WEBUI.encode()),
    ],
    ids=["png", "jpeg", "webp", "jpeg comment", "gif"],
)
def test_parameters(scanner, data):
    evidence = marks(scanner.scan_bytes(data), "generators")
    assert evidence.provenance.system == "Stable Diffusion web UI"
    assert evidence.details["settings"]["seed"] == "7"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_the_source_type(scanner, kind):
    packet = xmp(f"<Iptc4xmpExt:DigitalSourceType>{AI}</Iptc4xmpExt:DigitalSourceType>").encode()
    options = {"tiffinfo": {700: packet}} if kind == "TIFF" else {"xmp": packet}
    assert marks(scanner.scan_bytes(picture(kind, **options)), "iptc").provenance.source_type == AI


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", png(AIGC=LABEL)),
        ("a.png", png(xmp=xmp(f"<TC260:AIGC>{html.escape(LABEL)}</TC260:AIGC>"))),
        ("a.jpg", picture("JPEG", exif=comment('{"AIGC": ' + LABEL + "}"))),
        ("a.md", b"---\nAIGC:\n    Label: \"1\"\n    ProduceID: '7'\n---\n# A duck\n"),
        ("a.html", f"<!DOCTYPE html><meta name='AIGC' content='{LABEL}'><p>x".encode()),
    ],
    ids=["png", "xmp", "exif", "markdown", "html"],
)
def test_the_chinese_label(scanner, name, data):
    assert marks(scanner.scan_bytes(data, name=name), "aigc").provenance.identifier == "7"


@pytest.mark.parametrize(
    "section",
    [
        YAML,
        YAML.replace("  ", "    ").replace("'", '"'),
        YAML.replace("'", ""),
        YAML.replace("\n", "\r\n"),
        YAML.replace("'1'", "AIGC"),  # MiniMax
        f"AIGC: {LABEL}\n",
        f"AIGC: '{LABEL}'\n",
        "AIGC: {Label: '1', ProduceID: 7}\n",
    ],
)
@pytest.mark.parametrize("text", ["---\n%s---\nText\n", "# Title\n\n%s", "```yaml\n%s```\nText\n"])
def test_the_chinese_label_in_yaml(scanner, section, text):
    evidence = marks(scanner.scan_bytes((text % section).encode(), name="a.md"), "aigc")
    assert (evidence.origin, evidence.provenance.identifier) == (Origin.GENERATED, "7")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<!DOCTYPE html><meta name=ai-disclosure content=ai-generated><p>x"),
        (
            "a.html",
            LINKED,
        ),
        ("a.md", b"---\ndigital_source_type: trainedAlgorithmicMedia\n---\n# A duck\n"),
    ],
)
def test_disclosures(scanner, name, data):
    marks(scanner.scan_bytes(data, name=name), "disclosure")


def test_contradictions_are_listed(scanner):
    packet = xmp("<Iptc4xmpExt:DigitalSourceType>digitalCapture</Iptc4xmpExt:DigitalSourceType>")
    report = scanner.scan_bytes(png(parameters=WEBUI, xmp=packet))
    assert {evidence.origin for evidence in report.evidence} == {
        Origin.GENERATED,
        Origin.CAPTURED,
    }
    assert len(report.verdict.conflicts) == 1


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool writes these")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF"])
def test_what_an_independent_writer_writes(scanner, tmp_path, kind):
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(picture(kind))
    tags = [f"-XMP-iptcExt:DigitalSourceType={AI}", "-XMP-photoshop:Credit=Made with Google AI"]
    subprocess.run(["exiftool", "-q", "-n", *tags, str(path)], check=True)
    evidence = marks(scanner.scan(path), "iptc")
    assert evidence.provenance.source_type == AI
    assert evidence.provenance.provider == "Google"
