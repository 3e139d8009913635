"""Make in ``samples/documents`` what no person writes by hand, and check each file there is.

The programs, the stylesheet and the TeX file in that folder are written by hand, as such files
are, and this leaves them alone. Everything else is made here from the same hills and the same
walk, by the standard library and ``make.py``: always the same bytes. No template, font or picture
in any of them is anybody else's, so the project's licence covers all of it. None is signed.

    python -m pip install -e . python-docx openpyxl python-pptx odfpy
    python samples/make_documents.py

The Python packages only check what was made.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import make
from make import HILLS, SEED, TITLE, XML, zipped

from credlabel import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER: Final = Path(__file__).parent / "documents"
PATH_KM: Final = 16
START: Final = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
TEXT: Final = (
    *make.PROSE[:3],
    "The path begins at a stone bridge below Barrow Top and climbs through young bracken.",
    "From the first cairn, at 386 metres, the whole ridge lies ahead like a folded blanket.",
    "Alder Rigg is steeper: 252 metres of ascent, most of it beside a stream lined with alders.",
    "Ember Law glows red in the evening, when the heather is out and the light comes in low.",
    "Behind it the ground falls away to Dun Fell, the lowest of the five, which sheep prefer.",
    "The last climb is the longest: 600 metres, straight up the western shoulder of Curlew Hill.",
    "Curlews call there from March to July, and on a clear day one can see the sea.",
    "In all the path goes up 915 metres on a way of 16 kilometres, and takes nearly five hours.",
    "Who starts at eight is on top by one, with time for bread and cheese at the fourth cairn.",
    "Down again there is a road, which is shorter, and a bus from the inn at its end at half six.",
    "Stone walls run over all five hills, dry and grey, and no two of them meet at a right angle.",
    "In the valley there are three farms, a mill that grinds nothing and a bell without a chapel.",
    "The mill stream comes from Dun Fell, brown with peat, and never quite dries up.",
    "Snow lies on Curlew Hill into April, and on its north side is a drift that lasts until May.",
    make.PROSE[3],
)
ENDINGS: Final = "py js ts css c h cpp java go rs sh rb php sql r lua tex"
BY_HAND: Final = frozenset(f"hills.{ending}" for ending in ENDINGS.split())


# ---- the walk --------------------------------------------------------------------------------


def walk() -> Iterator[tuple[float, int, str]]:
    """Yield the path every two hundred metres: kilometres, height, and the hill one is on."""
    legs = len(HILLS) - 1
    for step in range(PATH_KM * 5 + 1):
        km = step / 5
        leg = min(int(km * legs / PATH_KM), legs - 1)
        share = km * legs / PATH_KM - leg
        (here, low), (there, high) = HILLS[leg : leg + 2]
        valley = math.sin(math.pi * share) ** 2 * 90  # between two hills it goes down a little
        height = low + (high - low) * (1 - math.cos(math.pi * share)) / 2 - valley
        yield km, round(height), here if share < 0.5 else there


WALK: Final = tuple(walk())


def time_at(km: float) -> datetime:
    """Return when the walker is there, at 3.4 kilometres an hour."""
    return START + timedelta(minutes=round(km * 60 / 3.4))


# ---- text ------------------------------------------------------------------------------------


def prose() -> dict[str, str]:
    """Write the text in every format for text."""
    body = "\n\n".join(TEXT)
    listed = "\n".join(f"| {name} | {metres} |" for name, metres in HILLS)
    table = f"| name | height in metres |\n|---|---:|\n{listed}\n"
    front = f"title: {TITLE}\ndate: {START.date()}\nauthor: a machine\ntags: [hills, walking]\n"
    cells = "\n".join(f"      <tr><td>{name}</td><td>{metres}</td></tr>" for name, metres in HILLS)
    paragraphs = "\n".join(f"    <p>{text}</p>" for text in TEXT)
    page = f"""    <h1>{TITLE}</h1>
{paragraphs}
    <table>
      <tr><th>name</th><th>height in metres</th></tr>
{cells}
    </table>
"""
    rows = "\n".join(f"   * - {name}\n     - {metres}" for name, metres in HILLS)
    rule = "=" * len(TITLE)
    return {
        "hills.txt": f"{TITLE}\n{rule}\n\n{body}\n",
        "hills.md": f"---\n{front}---\n\n# {TITLE}\n\n{body}\n\n{table}",
        "hills-plain.md": f"# {TITLE}\n\n{body}\n\n## Heights\n\n{table}",
        "hills.rst": f"{TITLE}\n{rule}\n\n{body}\n\n.. list-table:: Heights\n"
        f"   :header-rows: 1\n\n   * - name\n     - height in metres\n{rows}\n",
        "hills.adoc": f"= {TITLE}\n\n{body}\n\n.Heights\n|===\n|name |height in metres\n\n"
        + "".join(f"|{name} |{metres}\n" for name, metres in HILLS)
        + "|===\n",
        "hills.html": f"""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{TITLE}</title>
    <link rel="stylesheet" href="hills.css">
  </head>
  <body>
{page}  </body>
</html>
""",
        "hills.xhtml": f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">
  <head>
    <title>{TITLE}</title>
    <link rel="stylesheet" type="text/css" href="hills.css"/>
  </head>
  <body>
{page}  </body>
</html>
""",
    }


def stamp(seconds: float, mark: str) -> str:
    """Write a time in a film, with ``mark`` before its thousandths."""
    return f"00:{int(seconds // 60):02}:{int(seconds % 60):02}{mark}000"


def subtitles() -> dict[str, str]:
    """Write the text as subtitles of a film, six seconds a sentence."""
    cues = [(6 * number, 6 * number + 5, text) for number, text in enumerate(TEXT)]
    vtt = "\n".join(f"{stamp(a, '.')} --> {stamp(b, '.')}\n{text}\n" for a, b, text in cues)
    srt = "\n".join(
        f"{number}\n{stamp(a, ',')} --> {stamp(b, ',')}\n{text}\n"
        for number, (a, b, text) in enumerate(cues, 1)
    )
    lines = "\n".join(
        f'      <p begin="{stamp(a, ".")}" end="{stamp(b, ".")}">{text}</p>' for a, b, text in cues
    )
    ttml = f"""{XML}<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en">
  <head>
    <metadata xmlns:ttm="http://www.w3.org/ns/ttml#metadata">
      <ttm:title>{TITLE}</ttm:title>
    </metadata>
  </head>
  <body>
    <div>
{lines}
    </div>
  </body>
</tt>
"""
    return {"hills.vtt": f"WEBVTT\n\n{vtt}", "hills.srt": srt, "hills.ttml": ttml}


def data() -> dict[str, str]:
    """Write the hills and the walk in every format for data."""
    hills = [{"name": name, "height": metres} for name, metres in HILLS]
    points = [{"km": km, "height": height, "hill": hill} for km, height, hill in WALK]
    cues = [{**point, "time": f"{time_at(point['km']):%H:%M}"} for point in points]  # type: ignore[arg-type]
    half = points[::2]
    xml = "\n".join(
        f'  <point km="{km}" height="{height}">{hill}</point>' for km, height, hill in WALK[::2]
    )
    made = {
        "hills.json": json.dumps({"title": TITLE, "hills": hills, "text": TEXT}, indent=2) + "\n",
        "hills.jsonl": "".join(json.dumps(cue) + "\n" for cue in cues),
        "hills.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {TITLE}: the walk -->\n'
        f'<walk km="{PATH_KM}">\n{xml}\n</walk>\n',
        "hills.yaml": f"# {TITLE}: the walk, every two hundred metres\ntitle: {TITLE}\nwalk:\n"
        + "".join(
            f"  - {{km: {p['km']}, height: {p['height']}, hill: {p['hill']}}}\n" for p in points
        ),
        "hills.toml": f'# {TITLE}: the walk, every four hundred metres\ntitle = "{TITLE}"\n'
        + "".join(
            f'\n[[walk]]\nkm = {p["km"]}\nheight = {p["height"]}\nhill = "{p["hill"]}"\n'
            for p in half
        ),
        "hills.ini": f"; {TITLE}: what each hill is like\n"
        + "".join(
            f"\n[{name}]\nheight = {metres}\nabout = {about}\n"
            for (name, metres), about in zip(HILLS, (TEXT[4:9]), strict=True)
        )
        + "\n[walk]\n"
        + "".join(f"at_{p['km']:04.1f}_km = {p['height']}\n" for p in points),
        "hills.log": "".join(
            f"{time_at(km):%Y-%m-%dT%H:%M:%SZ} INFO walker: {km:.1f} km, {height} m, {hill}\n"
            for km, height, hill in WALK[::2]
        ),
    }
    for ending, mark in (("csv", ","), ("tsv", "\t")):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=mark, lineterminator="\n")
        writer.writerows([("km", "height_metres", "hill"), *WALK])
        made[f"hills.{ending}"] = out.getvalue()
    return made


# ---- documents -------------------------------------------------------------------------------


def retyped(document: bytes, old: str, new: str) -> bytes:
    """Return an Open Packaging document whose main part has another content type."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    types = parts["[Content_Types].xml"]
    make.require(holds=types.count(old.encode()) == 1, what=f"{old} is the type of one part")
    return zipped(parts | {"[Content_Types].xml": types.replace(old.encode(), new.encode())})


NAMES: Final = "urn:oasis:names:tc:opendocument:xmlns:"


def open_document(kind: str, body: str, styles: str = "") -> bytes:
    """Pack an OpenDocument file (ISO/IEC 26300) round what its body says."""
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    spaces = " ".join(
        f'xmlns:{name}="{NAMES}{name}:1.0"'
        for name in ("office", "text", "table", "style", "drawing", "presentation")
    ).replace("xmlns:drawing=", "xmlns:draw=")
    spaces += f' xmlns:fo="{NAMES}xsl-fo-compatible:1.0" xmlns:svg="{NAMES}svg-compatible:1.0"'
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{of}"/>'
        for path, of in (
            ("/", media_type),
            ("content.xml", "text/xml"),
            ("styles.xml", "text/xml"),
            ("meta.xml", "text/xml"),
        )
    )
    return zipped(
        {
            "mimetype": media_type,
            "META-INF/manifest.xml": f"{XML}<manifest:manifest "
            f'xmlns:manifest="{NAMES}manifest:1.0" manifest:version="1.2">{entries}'
            "</manifest:manifest>",
            "content.xml": f'{XML}<office:document-content {spaces} office:version="1.2">'
            f"<office:body>{body}</office:body></office:document-content>",
            "styles.xml": f'{XML}<office:document-styles {spaces} office:version="1.2">{styles}'
            "</office:document-styles>",
            "meta.xml": f'{XML}<office:document-meta xmlns:office="{NAMES}office:1.0" '
            f'xmlns:meta="{NAMES}meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'office:version="1.2"><office:meta><dc:title>{TITLE}</dc:title><meta:creation-date>'
            f"{make.MADE[:-1]}</meta:creation-date></office:meta></office:document-meta>",
        }
    )


def odt() -> bytes:
    """Write an OpenDocument text: a heading and paragraphs."""
    paragraphs = "".join(f"<text:p>{text}</text:p>" for text in TEXT)
    heading = f'<text:h text:outline-level="1">{TITLE}</text:h>'
    return open_document("text", f"<office:text>{heading}{paragraphs}</office:text>")


def ods() -> bytes:
    """Write an OpenDocument table: the heights, and their mean as a formula."""

    def text(content: str) -> str:
        return (
            '<table:table-cell office:value-type="string">'
            f"<text:p>{content}</text:p></table:table-cell>"
        )

    def number(value: float, formula: str = "") -> str:
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}"{formula}>'
            f"<text:p>{value}</text:p></table:table-cell>"
        )

    mean = sum(metres for _, metres in HILLS) / len(HILLS)
    formula = f' table:formula="of:=AVERAGE([.B2:.B{len(HILLS) + 1}])"'
    lines = [text("name") + text("height_metres")]
    lines += [text(name) + number(metres) for name, metres in HILLS]
    lines += [text("mean") + number(mean, formula)]
    rows = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return open_document(
        "spreadsheet",
        '<office:spreadsheet><table:table table:name="Heights"><table:table-column '
        f'table:number-columns-repeated="2"/>{rows}</table:table></office:spreadsheet>',
    )


def odp() -> bytes:
    """Write an OpenDocument presentation: a slide with a title for every third sentence."""

    def frame(text: str, top: int, kind: str) -> str:
        return (
            f'<draw:frame presentation:class="{kind}" svg:x="2cm" svg:y="{top}cm" '
            f'svg:width="24cm" svg:height="4cm"><draw:text-box><text:p>{text}</text:p>'
            "</draw:text-box></draw:frame>"
        )

    pages = "".join(
        f'<draw:page draw:name="{number}" draw:master-page-name="Plain">'
        f"{frame(TITLE, 1, 'title')}{frame(text, 7, 'subtitle')}</draw:page>"
        for number, text in enumerate(TEXT[::3], 1)
    )
    styles = (
        '<office:automatic-styles><style:page-layout style:name="Wide">'
        '<style:page-layout-properties fo:page-width="28cm" fo:page-height="15.75cm" '
        'style:print-orientation="landscape"/></style:page-layout></office:automatic-styles>'
        '<office:master-styles><style:master-page style:name="Plain" '
        'style:page-layout-name="Wide"/></office:master-styles>'
    )
    return open_document(
        "presentation", f"<office:presentation>{pages}</office:presentation>", styles
    )


def documents(texts: dict[str, str]) -> dict[str, bytes]:
    """Write the documents, and an archive of some of the texts."""
    noon = generator.scene(SEED, "noon")
    word = make.docx(TEXT)
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return {
        "hills.svg": noon.svg().encode(),
        "hills.pdf": generator.page(SEED, TITLE),
        "hills.docx": word,
        "hills.dotx": retyped(word, main, main.replace("document.main", "template.main")),
        "hills.docm": retyped(
            word, main, "application/vnd.ms-word.document.macroEnabled.main+xml"
        ),
        "hills.xlsx": make.xlsx(),
        "hills.pptx": make.pptx(make.saved(noon.picture(160, 100), "JPEG", quality=85)),
        "hills.odt": odt(),
        "hills.ods": ods(),
        "hills.odp": odp(),
        "hills.epub": make.epub(noon.svg().encode(), TEXT),
        "hills.zip": zipped(
            {f"hills/{name}": texts[name] for name in ("hills.txt", "hills.csv", "hills.html")}
            | {"hills/hills.svg": noon.svg()}
        ),
    }


def everything() -> dict[str, bytes]:
    """Make all the files that are not written by hand."""
    texts = prose() | subtitles() | data()
    return {name: text.encode() for name, text in texts.items()} | documents(texts)


# ---- checks ----------------------------------------------------------------------------------


def reads_open_document(path: Path) -> str:
    """Open an OpenDocument file with odfpy."""
    from odf import opendocument  # noqa: PLC0415 - a checker's package

    return f"odfpy: {opendocument.load(str(path)).mimetype.rpartition('.')[2]}"


def reads_ini(path: Path) -> str:
    """Read settings back."""
    parser = ConfigParser()
    parser.read(path, encoding="utf-8")
    return f"configparser: {len(parser.sections())} sections"


def reads_lines(path: Path) -> str:
    """Read a line of JSON after the other."""
    return (
        f"json: {len([json.loads(line) for line in path.read_text('utf-8').splitlines()])} lines"
    )


def reads_text(path: Path) -> str:
    """Read text, and see that a label in it would not be many times as long."""
    text = path.read_text("utf-8")
    make.require(holds=len(text) >= 1500, what=f"{path.name} is long enough")
    return f"UTF-8: {len(text.splitlines())} lines"


CHECKS: Final[dict[str, Callable[[Path], str]]] = {
    **dict.fromkeys(("xml", "xhtml", "ttml", "svg"), make.parses_xml),
    **dict.fromkeys(("docx", "docm", "dotx", "epub", "zip"), make.reads_archive),
    **dict.fromkeys(("odt", "ods", "odp"), reads_open_document),
    "docx": make.reads_docx,
    "xlsx": make.reads_xlsx,
    "pptx": make.reads_pptx,
    "pdf": make.reads_pdf,
    "csv": make.reads_csv,
    "html": make.reads_html,
    "json": make.CHECKS["json"],
    "jsonl": reads_lines,
    "toml": lambda path: f"tomllib: {len(tomllib.loads(path.read_text('utf-8')))} keys",
    "ini": reads_ini,
    "py": make.CHECKS["py"],
}


def main() -> int:
    """Make the files, check all of them, and print a line on each."""
    made = everything()
    for name, content in made.items():
        (FOLDER / name).write_bytes(content)
    for path in sorted(FOLDER.iterdir()):
        make.require(holds=path.name in made or path.name in BY_HAND, what=f"{path} belongs here")
        said = CHECKS.get(path.suffix[1:], reads_text)(path)
        print(f"{path.name:15} {path.stat().st_size:6}  {said}")
    print(f"{len(made)} made, {len(BY_HAND)} written by hand")
    return 0


if __name__ == "__main__":
    sys.exit(main())
