"""Make ``samples/files``: one small file of every format that credlabel labels, and check each.

Everything in the files is made here and in :mod:`credlabel.generator`; nothing is anybody else's,
no template either, so the project's licence covers all of it. None of the files is signed or
marked, and none pretends to be a photograph or a recording.

    python -m pip install -e . python-docx openpyxl python-pptx odfpy rawpy
    apt-get install ffmpeg libheif-examples libjxl-tools  # after Debian 12 libheif-plugin-x265 too
    python samples/make.py

The Python packages after the first only check what was made. With the same encoders the same bytes
come out; other versions of the encoders give other bytes of JPEG, WebP, AVIF, HEIF, JPEG XL and of
what ffmpeg writes, and the same pictures and sounds.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from PIL import Image

from credlabel import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILES: Final = Path(__file__).parent / "files"
SEED: Final = 2026
TITLE: Final = "The hills round the valley"
MADE: Final = "2026-01-01T00:00:00Z"  # documents have to say when; always the same, to be the same
XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
HILLS: Final = generator.heights(SEED)
PROSE: Final = generator.prose(SEED)


def run(*command: object) -> str:
    """Run a tool, which has to succeed, and return what it said."""
    done = subprocess.run(  # noqa: S603 - the commands are this script's own
        [str(word) for word in command], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


# ---- pictures --------------------------------------------------------------------------------


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Encode a picture with Pillow."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def pictures(work: Path) -> dict[str, bytes]:
    """Paint the hills and save them in every picture format."""
    noon = generator.scene(SEED, "noon")
    picture = noon.picture(160, 100)
    moving = [f.quantize(48) for f in generator.sunrise(SEED, frames=8, width=96, height=60)]
    png = work / "in.png"
    png.write_bytes(saved(picture, "PNG"))
    # A bare codestream has no boxes and so no room for a manifest store: hence the container.
    run("cjxl", png, work / "out.jxl", "--container=1", "--quality=80")
    run("heif-enc", png, "-q", 50, "-o", work / "out.heic")
    heic = (work / "out.heic").read_bytes()
    return {
        "jpg": saved(picture, "JPEG", quality=85),
        "png": saved(picture, "PNG", optimize=True),
        "webp": saved(picture, "WEBP", quality=80),
        "gif": saved(
            moving[0], "GIF", save_all=True, append_images=moving[1:], duration=150, loop=0
        ),
        "tiff": saved(noon.picture(96, 60), "TIFF", compression="tiff_lzw", dpi=(72, 72)),
        "dng": dng(noon.picture(48, 30)),
        "avif": saved(picture, "AVIF", quality=60, max_threads=1),
        "heic": heic,
        "heif": heif(heic),
        "jxl": (work / "out.jxl").read_bytes(),
        "svg": noon.svg().encode(),
    }


def heif(heic: bytes) -> bytes:
    """Rename the major brand of a HEIC file to that of HEIF images in general.

    ISO/IEC 23008-12 10.2.1: ``mif1`` may stand there whatever the codec; ``heic`` has to remain
    among the compatible brands (10.4.1). heif-enc writes ``heic`` whatever the file is called.
    """
    size = int.from_bytes(heic[:4])
    brands = [heic[at : at + 4] for at in range(16, size, 4)]
    if heic[4:12] != b"ftypheic" or not {b"mif1", b"heic"} <= set(brands):
        raise SystemExit(f"heif-enc wrote other brands than expected: {heic[:size]!r}")
    return heic[:8] + b"mif1" + heic[12:]


def dng(picture: Image.Image) -> bytes:
    """Write a digital negative that no camera took: demosaiced linear light (DNG 1.4, LinearRaw).

    Written by hand, because Pillow saves no pictures of three times 16 bits.
    """
    width, height = picture.size
    linear = [
        round(65535 * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4))
        for v in (n / 255 for n in range(256))
    ]
    data = struct.pack(f"<{width * height * 3}H", *(linear[n] for n in picture.tobytes()))
    # XYZ to linear sRGB under D65, so that the "camera" sees in sRGB
    matrix = (32405, -15371, -4985, -9693, 18760, 416, 556, -2040, 10572)
    tags: list[tuple[int, str, tuple[int, ...] | bytes]] = [
        (254, "I", (0,)),  # NewSubfileType: the picture itself
        (256, "I", (width,)),
        (257, "I", (height,)),
        (258, "H", (16, 16, 16)),  # BitsPerSample
        (259, "H", (1,)),  # Compression: none
        (262, "H", (34892,)),  # PhotometricInterpretation: LinearRaw
        (273, "I", (0,)),  # StripOffsets: filled in below
        (274, "H", (1,)),  # Orientation
        (277, "H", (3,)),  # SamplesPerPixel
        (278, "I", (height,)),  # RowsPerStrip
        (279, "I", (len(data),)),  # StripByteCounts
        (284, "H", (1,)),  # PlanarConfiguration: chunky
        (305, "s", b"credlabel samples/make.py\0"),  # Software
        (50706, "B", (1, 4, 0, 0)),  # DNGVersion
        (50707, "B", (1, 1, 0, 0)),  # DNGBackwardVersion
        (50708, "s", b"No camera: painted by credlabel\0"),  # UniqueCameraModel
        (50717, "I", (65535,) * 3),  # WhiteLevel
        (50721, "i", tuple(n for part in matrix for n in (part, 10000))),  # ColorMatrix1
        (50728, "II", (1, 1) * 3),  # AsShotNeutral
        (50778, "H", (21,)),  # CalibrationIlluminant1: D65
    ]
    kinds = {"B": 1, "s": 2, "H": 3, "I": 4, "II": 5, "i": 10}
    extra_at = 8 + 2 + 12 * len(tags) + 4
    extra, entries = b"", b""
    strip_at = None
    for tag, code, values in tags:
        if isinstance(values, bytes):
            raw, count = values, len(values)
        else:
            raw = struct.pack(f"<{len(values)}{code[0]}", *values)
            count = len(values) // (2 if code in {"II", "i"} else 1)
        if tag == 273:
            strip_at = len(entries) + 8
        if len(raw) > 4:
            where = extra_at + len(extra)
            extra += raw + b"\0" * (len(raw) % 2)
            raw = struct.pack("<I", where)
        entries += struct.pack("<HHI", tag, kinds[code], count) + raw.ljust(4, b"\0")
    if strip_at is None:
        raise SystemExit("the strip has no tag")
    start = struct.pack("<I", extra_at + len(extra))
    entries = entries[:strip_at] + start + entries[strip_at + 4 :]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + entries + b"\0\0\0\0" + extra + data


# ---- sound and moving pictures ---------------------------------------------------------------


def media(work: Path) -> dict[str, bytes]:
    """Encode a sunrise and a chord with ffmpeg: one second each, 96 by 64, one channel."""
    frames = generator.sunrise(SEED, frames=12, width=96, height=64)
    (work / "in.rgb").write_bytes(b"".join(frame.tobytes() for frame in frames))
    (work / "in.wav").write_bytes(generator.chord(SEED, seconds=1))
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "96x64", "-r", 12, "-i", work / "in.rgb")
    sound = ("-i", work / "in.wav")
    exact = ("-map_metadata", -1, "-fflags", "+bitexact", "-flags", "+bitexact", "-threads", 1)
    h264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", 26)
    aac = ("-c:a", "aac", "-b:a", "24k")
    low = ("-c:a", "pcm_u8", "-ar", 8000)
    recipes: dict[str, tuple[object, ...]] = {
        "mp4": (*raw, *sound, *h264, *aac, "-movflags", "+faststart", "-f", "mp4"),
        "mov": (*raw, *sound, *h264, "-c:a", "pcm_s16le", "-ar", 8000, "-f", "mov"),
        "m4a": (*sound, *aac, "-f", "ipod"),
        # By its name ffmpeg would take .m4v for a bare MPEG-4 stream, which is no container.
        "m4v": (*raw, *h264, "-f", "ipod"),
        "avi": (*raw, *sound, "-c:v", "mpeg4", "-q:v", 4, *low, "-f", "avi"),
        "mp3": (*sound, "-c:a", "libmp3lame", "-b:a", "32k", "-f", "mp3"),
        "flac": (*sound, "-c:a", "flac", "-ar", 8000, "-f", "flac"),
        "ogg": (*sound, "-c:a", "libvorbis", "-q:a", 0, "-f", "ogg"),
        "opus": (*sound, "-c:a", "libopus", "-b:a", "16k", "-ar", 48000, "-f", "opus"),
        "mkv": (*raw, *sound, *h264, *aac, "-f", "matroska"),
        "webm": (*raw, "-c:v", "libvpx-vp9", "-crf", 40, "-b:v", 0, "-f", "webm"),
        "flv": (*raw, "-c:v", "flv1", "-q:v", 6, "-f", "flv"),
    }
    made = {"wav": generator.chord(SEED, seconds=0.8, rate=8000)}
    for ending, (*recipe, form, kind) in recipes.items():
        out = work / f"out.{ending}"
        run("ffmpeg", "-v", "error", "-nostdin", *recipe, *exact, form, kind, out)
        made[ending] = out.read_bytes()
    return made


# ---- text ------------------------------------------------------------------------------------


def texts() -> dict[str, bytes]:
    """Write what a language model might have written."""
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows([("name", "height_metres"), *HILLS])
    listed = "\n".join(f"| {name} | {metres} |" for name, metres in HILLS)
    cells = "\n".join(f"      <tr><td>{name}</td><td>{metres}</td></tr>" for name, metres in HILLS)
    body = "\n\n".join(PROSE)
    entries = "\n".join(f'    "{name}": {metres},' for name, metres in HILLS)
    made = {
        "txt": f"{body}\n",
        "md": f"# {TITLE}\n\n{body}\n\n| name | height in metres |\n|---|---:|\n{listed}\n",
        "html": f"""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{TITLE}</title>
  </head>
  <body>
    <h1>{TITLE}</h1>
{chr(10).join(f"    <p>{text}</p>" for text in PROSE)}
    <table>
      <tr><th>name</th><th>height in metres</th></tr>
{cells}
    </table>
  </body>
</html>
""",
        "json": json.dumps({"title": TITLE, "text": PROSE, "heights": dict(HILLS)}, indent=2)
        + "\n",
        "csv": rows.getvalue(),
        "py": f'''"""Say which of the hills round the valley is the highest."""

HEIGHTS = {{
{entries}
}}


def highest() -> str:
    """Return the name of the highest hill."""
    return max(HEIGHTS, key=HEIGHTS.__getitem__)


if __name__ == "__main__":
    print(highest())
''',
    }
    return {ending: text.encode() for ending, text in made.items()}


# ---- documents and archives ------------------------------------------------------------------


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts in this order, with one date; one named ``mimetype`` is stored uncompressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name)  # 1980-01-01
            entry.external_attr = 0o644 << 16
            stored = name == "mimetype"
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, part)
    return out.getvalue()


OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"


def relations(*targets: tuple[str, str]) -> str:
    """Write an Open Packaging relationships part; kinds without a scheme are Office's."""
    lines = "".join(
        f'<Relationship Id="rId{n}" Target="{target}" '
        f'Type="{kind if "://" in kind else f"{OFFICE}/{kind}"}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


def office(main: str, kinds: Mapping[str, str], parts: Mapping[str, str | bytes]) -> bytes:
    """Pack an Open Packaging document (ECMA-376 part 2) round its main part."""
    family = "application/vnd.openxmlformats-officedocument."
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{family}{kind}+xml"/>'
        for name, kind in kinds.items()
    )
    return zipped(
        {
            "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="jpg" ContentType="image/jpeg"/>'
            f'{overrides}<Override PartName="/docProps/core.xml" '
            'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
            "_rels/.rels": relations(
                ("officeDocument", main),
                (f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            ),
            "docProps/core.xml": f"{XML}<cp:coreProperties "
            f'xmlns:cp="{PACKAGE}/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:dcterms="http://purl.org/dc/terms/" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dc:title>{TITLE}</dc:title><dc:creator>credlabel samples/make.py</dc:creator>"
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{MADE}</dcterms:created>'
            "</cp:coreProperties>",
            **parts,
        }
    )


def docx(prose: Sequence[str] = PROSE) -> bytes:
    """Write a text document: a heading, paragraphs and a table."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

    def paragraph(text: str, style: str = "Normal") -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'

    def style(name: str, identity: str, size: int) -> str:
        standard = ' w:default="1"' if name == "Normal" else ""
        return (
            f'<w:style w:type="paragraph"{standard} w:styleId="{identity}">'
            f'<w:name w:val="{name}"/><w:pPr><w:spacing w:after="160"/></w:pPr>'
            f'<w:rPr><w:sz w:val="{size}"/></w:rPr></w:style>'
        )

    def cell(text: object) -> str:
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="3000" w:type="dxa"/></w:tcPr>{paragraph(str(text))}</w:tc>'
        )

    rows = "".join(f"<w:tr>{cell(name)}{cell(metres)}</w:tr>" for name, metres in HILLS)
    grid = '<w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="3000"/></w:tblGrid>'
    content = paragraph(TITLE, "Heading1") + "".join(paragraph(text) for text in prose)
    return office(
        "word/document.xml",
        {
            "word/document.xml": "wordprocessingml.document.main",
            "word/styles.xml": "wordprocessingml.styles",
        },
        {
            "word/document.xml": f'{XML}<w:document xmlns:w="{namespace}"><w:body>{content}'
            '<w:tbl><w:tblPr><w:tblW w:w="6000" w:type="dxa"/></w:tblPr>'
            f"{grid}{rows}</w:tbl>{paragraph('')}"
            '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" '
            'w:bottom="1440" w:left="1440" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>'
            "</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(("styles", "styles.xml")),
            "word/styles.xml": f'{XML}<w:styles xmlns:w="{namespace}">'
            f"{style('Normal', 'Normal', 22)}"
            f"{style('heading 1', 'Heading1', 36)}</w:styles>",
        },
    )


def xlsx() -> bytes:
    """Write a workbook: the heights of the hills, and their mean as a formula."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def text(place: str, content: str) -> str:
        return f'<c r="{place}" t="inlineStr"><is><t>{content}</t></is></c>'

    last = len(HILLS) + 1
    mean = sum(metres for _, metres in HILLS) / len(HILLS)
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", name)}<c r="B{n}"><v>{metres}</v></c></row>'
        for n, (name, metres) in enumerate(HILLS, 2)
    )
    return office(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": "spreadsheetml.sheet.main",
            "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
            "xl/styles.xml": "spreadsheetml.styles",
        },
        {
            "xl/workbook.xml": f'{XML}<workbook xmlns="{namespace}" xmlns:r="{OFFICE}">'
            '<sheets><sheet name="Heights" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations(
                ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")
            ),
            "xl/styles.xml": f'{XML}<styleSheet xmlns="{namespace}">'
            '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border>'
            '</borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" '
            'borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" '
            'fillId="0" borderId="0" xfId="0"/></cellXfs><cellStyles count="1">'
            '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
            "xl/worksheets/sheet1.xml": f'{XML}<worksheet xmlns="{namespace}"><sheetData>'
            f'<row r="1">{text("A1", "name")}{text("B1", "height_metres")}</row>{rows}'
            f'<row r="{last + 1}">{text(f"A{last + 1}", "mean")}<c r="B{last + 1}">'
            f"<f>AVERAGE(B2:B{last})</f><v>{mean}</v></c></row></sheetData></worksheet>",
        },
    )


def pptx(picture: bytes) -> bytes:
    """Write a presentation of one slide: a title over the picture."""
    spaces = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        f'xmlns:a="{DRAWING}" xmlns:r="{OFFICE}"'
    )
    group = (
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr>'
        '<a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/>'
        '<a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
    )

    def title(text: str, place: str) -> str:
        return (
            '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title"/><p:cNvSpPr><a:spLocks noGrp="1"/>'
            '</p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
            f"<p:spPr>{place}</p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r>"
            f'<a:rPr lang="en"/><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>'
        )

    def box(top: int, height: int) -> str:
        return (
            f'<a:xfrm><a:off x="457200" y="{top}"/><a:ext cx="8229600" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        )

    def sheet(name: str, content: str, after: str, attributes: str = "") -> str:
        return (
            f"{XML}<p:{name} {spaces}{attributes}><p:cSld>"
            f"<p:spTree>{group}{content}</p:spTree></p:cSld>{after}</p:{name}>"
        )

    kept = "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>"
    own = ("accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink")
    roles = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"} | {name: name for name in own}
    colours = " ".join(f'{role}="{name}"' for role, name in roles.items())
    shown = (
        '<p:pic><p:nvPicPr><p:cNvPr id="3" name="Hills" descr="Hills, painted by a machine"/>'
        '<p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed="rId2"/><a:stretch>'
        f"<a:fillRect/></a:stretch></p:blipFill><p:spPr>{box(1371600, 5143500)}</p:spPr></p:pic>"
    )
    kind = "presentationml."
    return office(
        "ppt/presentation.xml",
        {
            "ppt/presentation.xml": f"{kind}presentation.main",
            "ppt/slideMasters/slideMaster1.xml": f"{kind}slideMaster",
            "ppt/slideLayouts/slideLayout1.xml": f"{kind}slideLayout",
            "ppt/slides/slide1.xml": f"{kind}slide",
            "ppt/theme/theme1.xml": "theme",
        },
        {
            "ppt/presentation.xml": f"{XML}<p:presentation {spaces}><p:sldMasterIdLst>"
            '<p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst>'
            '<p:sldId id="256" r:id="rId2"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
            '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(
                ("slideMaster", "slideMasters/slideMaster1.xml"),
                ("slide", "slides/slide1.xml"),
                ("theme", "theme/theme1.xml"),
            ),
            "ppt/slideMasters/slideMaster1.xml": sheet(
                "sldMaster",
                title("Title", box(274638, 960000)),
                f'<p:clrMap {colours}/><p:sldLayoutIdLst><p:sldLayoutId id="2147483649" '
                'r:id="rId1"/></p:sldLayoutIdLst><p:txStyles><p:titleStyle/><p:bodyStyle/>'
                "<p:otherStyle/></p:txStyles>",
            ),
            "ppt/slideMasters/_rels/slideMaster1.xml.rels": relations(
                ("slideLayout", "../slideLayouts/slideLayout1.xml"),
                ("theme", "../theme/theme1.xml"),
            ),
            "ppt/slideLayouts/slideLayout1.xml": sheet(
                "sldLayout", title("Title", ""), kept, ' type="titleOnly"'
            ),
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(
                ("slideMaster", "../slideMasters/slideMaster1.xml")
            ),
            "ppt/slides/slide1.xml": sheet("sld", title(TITLE, "") + shown, kept),
            "ppt/slides/_rels/slide1.xml.rels": relations(
                ("slideLayout", "../slideLayouts/slideLayout1.xml"),
                ("image", "../media/image1.jpg"),
            ),
            "ppt/media/image1.jpg": picture,
            "ppt/theme/theme1.xml": theme(),
        },
    )


def theme() -> str:
    """Write the plainest theme that PowerPoint takes: three of each style are obligatory."""
    palette = {"dk1": "000000", "lt1": "FFFFFF", "dk2": "22405A", "lt2": "E8EEF2"}
    palette |= {f"accent{n}": f"{n * 30:02X}7850" for n in range(1, 7)}
    palette |= {"hlink": "1F5FA8", "folHlink": "6A4C93"}
    colours = "".join(
        f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in palette.items()
    )
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3
    lines = "".join(
        f'<a:ln w="{width}"><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>'
        for width in (6350, 12700, 19050)
    )
    effects = "<a:effectStyle><a:effectLst/></a:effectStyle>" * 3
    return (
        f'{XML}<a:theme xmlns:a="{DRAWING}" name="Hills"><a:themeElements>'
        f'<a:clrScheme name="Hills">{colours}</a:clrScheme><a:fontScheme name="Hills">'
        f"<a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme>"
        f'<a:fmtScheme name="Hills"><a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{lines}'
        f"</a:lnStyleLst><a:effectStyleLst>{effects}</a:effectStyleLst><a:bgFillStyleLst>{fill}"
        "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


def odt() -> bytes:
    """Write an OpenDocument text (ISO/IEC 26300): a heading and paragraphs."""
    kind = "application/vnd.oasis.opendocument.text"
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    paragraphs = "".join(f"<text:p>{text}</text:p>" for text in PROSE)
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media_type}"/>'
        for path, media_type in (
            ("/", kind),
            ("content.xml", "text/xml"),
            ("meta.xml", "text/xml"),
        )
    )
    return zipped(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f"{XML}<manifest:manifest "
            f'xmlns:manifest="{names}manifest:1.0" manifest:version="1.2">{entries}'
            "</manifest:manifest>",
            "content.xml": f'{XML}<office:document-content xmlns:office="{names}office:1.0" '
            f'xmlns:text="{names}text:1.0" office:version="1.2"><office:body><office:text>'
            f'<text:h text:outline-level="1">{TITLE}</text:h>{paragraphs}'
            "</office:text></office:body></office:document-content>",
            "meta.xml": f'{XML}<office:document-meta xmlns:office="{names}office:1.0" '
            f'xmlns:meta="{names}meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'office:version="1.2"><office:meta><dc:title>{TITLE}</dc:title>'
            f"<meta:creation-date>{MADE[:-1]}</meta:creation-date></office:meta>"
            "</office:document-meta>",
        }
    )


def epub(drawing: bytes, prose: Sequence[str] = PROSE) -> bytes:
    """Write an EPUB 3 of one chapter with one picture."""
    xhtml = 'xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"'
    head = f"<head><title>{TITLE}</title></head>"
    paragraphs = "".join(f"<p>{text}</p>" for text in prose)
    package = f"""{XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" \
unique-identifier="id">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="id">urn:credlabel:samples:hills</dc:identifier>
    <dc:title>{TITLE}</dc:title>
    <dc:language>en</dc:language>
    <meta property="dcterms:modified">{MADE}</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
    <item id="hills" href="hills.svg" media-type="image/svg+xml"/>
  </manifest>
  <spine><itemref idref="one"/></spine>
</package>
"""
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f'{XML}<container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
            'full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles>'
            "</container>",
            "book/package.opf": package,
            "book/nav.xhtml": f'{XML}<html {xhtml} xmlns:epub="http://www.idpf.org/2007/ops">{head}'
            f'<body><nav epub:type="toc"><ol><li><a href="one.xhtml">{TITLE}</a></li></ol></nav>'
            "</body></html>",
            "book/one.xhtml": f"{XML}<html {xhtml}>{head}<body><h1>{TITLE}</h1>"
            f'<p><img src="hills.svg" alt="Hills, drawn by a machine"/></p>{paragraphs}'
            "</body></html>",
            "book/hills.svg": drawing,
        }
    )


def terrain() -> bytes:
    """Return the outlines of the ridges as bare numbers, a format that nobody knows."""
    ridges = [heights for _, heights in generator.scene(SEED, "noon").ridges]
    return b"".join(struct.pack(f"<{len(heights)}f", *heights) for heights in ridges)


# ---- checks ----------------------------------------------------------------------------------


def require(*, holds: bool, what: str) -> None:
    """Stop unless a claim about a file holds."""
    if not holds:
        raise SystemExit(f"not so: {what}")


def looks(path: Path) -> str:
    """Decode a picture with Pillow."""
    with Image.open(path) as picture:
        for frame in range(getattr(picture, "n_frames", 1)):
            picture.seek(frame)
            picture.load()
        return f"Pillow: {picture.format}, {picture.width} by {picture.height}"


def decodes(tool: str) -> Callable[[Path], str]:
    """Return a check that decodes a picture with a command-line tool and looks at the result."""

    def check(path: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.png"
            run(tool, path, out)
            return f"{tool}: {looks(out).split(', ')[1]}"

    return check


def develops(path: Path) -> str:
    """Develop a digital negative with LibRaw, and look whether the sky came out blue."""
    import rawpy  # noqa: PLC0415 - a checker's package

    with rawpy.imread(str(path)) as raw:
        rgb = raw.postprocess()
    red, _, blue = (int(part) for part in rgb[2, 2])
    require(holds=rgb.shape == (30, 48, 3) and blue > red, what=f"{path.name} develops")
    return "LibRaw: 48 by 30"


def plays(path: Path) -> str:
    """Decode every packet with ffmpeg, and see that it lasts a second or a little less or more."""
    said = run("ffmpeg", "-v", "error", "-xerror", "-nostdin", "-i", path, "-f", "null", "-")
    require(holds=not said, what=f"{path.name} decodes without a word: {said}")
    shown = json.loads(
        run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path)
    )
    seconds = float(shown["format"]["duration"])
    require(holds=0.5 <= seconds <= 1.3, what=f"{path.name} lasts {seconds} s")
    return "ffprobe: " + " + ".join(stream["codec_name"] for stream in shown["streams"])


def parses_xml(path: Path) -> str:
    """Parse our own XML."""
    root = ET.fromstring(path.read_bytes())  # noqa: S314 - made above
    return f"ElementTree: {root.tag.rpartition('}')[2]}"


def reads_pdf(path: Path) -> str:
    """Extract the text of a PDF in strict mode."""
    from pypdf import PdfReader  # noqa: PLC0415 - a checker's package

    pages = PdfReader(path, strict=True).pages
    require(holds=TITLE in pages[0].extract_text(), what=f"{path.name} has its title")
    return f"pypdf: {len(pages)} page"


def reads_docx(path: Path) -> str:
    """Open a text document with python-docx."""
    import docx  # noqa: PLC0415 - a checker's package

    found = docx.Document(str(path))
    require(holds=found.paragraphs[0].style.name == "Heading 1", what="the title is a heading")
    return f"python-docx: {len(found.paragraphs)} paragraphs, {len(found.tables)} table"


def reads_xlsx(path: Path) -> str:
    """Open a workbook with openpyxl."""
    import openpyxl  # noqa: PLC0415 - a checker's package

    sheet = openpyxl.load_workbook(path, data_only=True).active
    rows = list(sheet.iter_rows(min_row=2, max_row=len(HILLS) + 1, values_only=True))
    require(holds=rows == list(HILLS), what=f"{path.name} has the heights: {rows}")
    return f"openpyxl: {sheet.max_row} rows"


def reads_pptx(path: Path) -> str:
    """Open a presentation with python-pptx."""
    import pptx  # noqa: PLC0415 - a checker's package

    slides = pptx.Presentation(str(path)).slides
    require(holds=slides[0].shapes.title.text == TITLE, what=f"{path.name} has its title")
    return f"python-pptx: {len(slides)} slide, {len(slides[0].shapes)} shapes"


def reads_odt(path: Path) -> str:
    """Open an OpenDocument text with odfpy."""
    from odf import opendocument, text  # noqa: PLC0415 - a checker's package

    found = opendocument.load(str(path)).getElementsByType(text.P)
    require(holds=len(found) == len(PROSE), what=f"{path.name} has its paragraphs")
    return f"odfpy: {len(found)} paragraphs"


def reads_archive(path: Path) -> str:
    """Read an archive through; a ``mimetype`` in it has to come first, bare (OCF 3.3, 4.2)."""
    with zipfile.ZipFile(path) as archive:
        require(holds=archive.testzip() is None, what=f"{path.name} is whole")
        first, *_ = entries = archive.infolist()
        if "mimetype" in archive.namelist():
            bare = first.compress_type == zipfile.ZIP_STORED and not first.extra
            require(holds=first.filename == "mimetype" and bare, what="mimetype first and bare")
        for entry in entries:
            if entry.filename.endswith((".xml", ".opf", ".xhtml", ".svg")):
                ET.fromstring(archive.read(entry))  # noqa: S314 - made above
        return f"zipfile: {len(entries)} entries"


def reads_html(path: Path) -> str:
    """Parse HTML."""
    HTMLParser().feed(path.read_text("utf-8"))
    return "html.parser"


def reads_csv(path: Path) -> str:
    """Read rows back."""
    with path.open(encoding="utf-8", newline="") as file:
        return f"csv: {len(list(csv.reader(file)))} rows"


CHECKS: Final[dict[str, Callable[[Path], str]]] = {
    **dict.fromkeys(("jpg", "png", "webp", "gif", "tiff", "avif"), looks),
    **dict.fromkeys(("mp4", "mov", "m4a", "m4v", "avi", "mkv", "webm", "flv"), plays),
    **dict.fromkeys(("wav", "mp3", "flac", "ogg", "opus"), plays),
    **dict.fromkeys(("heic", "heif"), decodes("heif-convert")),
    **dict.fromkeys(("epub", "zip"), reads_archive),
    "jxl": decodes("djxl"),
    "dng": develops,
    "svg": parses_xml,
    "pdf": reads_pdf,
    "docx": reads_docx,
    "xlsx": reads_xlsx,
    "pptx": reads_pptx,
    "odt": reads_odt,
    "html": reads_html,
    "csv": reads_csv,
    "json": lambda path: f"json: {len(json.loads(path.read_bytes()))} keys",
    "py": lambda path: f"ast: {len(ast.parse(path.read_bytes()).body)} statements",
    "txt": lambda path: f"UTF-8: {len(path.read_text('utf-8').split())} words",
    "md": lambda path: f"UTF-8: {len(path.read_text('utf-8').split())} words",
    "bin": lambda path: (
        f"struct: {len(list(struct.iter_unpack('<f', path.read_bytes())))} numbers"
    ),
}


def main() -> int:
    """Make all the files, check all of them, and print a line on each."""
    with tempfile.TemporaryDirectory() as folder:
        made = pictures(Path(folder)) | media(Path(folder)) | texts()
    made |= {
        "pdf": generator.page(SEED, TITLE),
        "docx": docx(),
        "xlsx": xlsx(),
        "pptx": pptx(made["jpg"]),
        "odt": odt(),
        "epub": epub(made["svg"]),
        "zip": zipped({f"hills/hills.{ending}": made[ending] for ending in ("txt", "csv", "png")}),
        "bin": terrain(),
    }
    require(holds=set(made) == set(CHECKS), what="every format has its check")
    FILES.mkdir(exist_ok=True)
    for ending, content in sorted(made.items()):
        path = FILES / f"hills.{ending}"
        path.write_bytes(content)
        print(f"{path.name:11} {len(content):6}  {CHECKS[ending](path)}")
    total = sum(map(len, made.values()))
    require(holds=total < 250_000, what=f"the files are small: {total} bytes")
    print(f"{len(made)} files, {total} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
