"""Make small files as a generator would, from a seed: pictures, sound, text and pages.

``credlabel demo`` needs something to label that is nobody else's work and is the same on every
machine, so this module plays the part of somebody's generator. It paints a range of hills and
writes about it. It knows nothing about credentials: it opens a file, writes it and closes it, and
what it leaves is unmarked, as most generators leave it.

The same seed gives the same bytes with the same Pillow: no clock, no machine name and no unseeded
randomness goes into a file. No file is larger than 60 kB.
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import textwrap
import wave
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PIL.Image import Image

Colour = tuple[int, int, int]

# Of each hour: the zenith, the horizon, the sun, the nearest hill, and how low the sun stands.
_HOURS: Final[dict[str, tuple[Colour, Colour, Colour, Colour, float]]] = {
    "dawn": ((92, 128, 188), (255, 208, 170), (255, 240, 205), (38, 62, 74), 0.50),
    "noon": ((58, 134, 210), (206, 232, 246), (255, 252, 226), (34, 92, 58), 0.20),
    "dusk": ((66, 48, 108), (250, 142, 88), (255, 220, 150), (44, 28, 58), 0.54),
    "mist": ((168, 190, 200), (236, 236, 226), (255, 255, 246), (62, 86, 88), 0.34),
    "night": ((10, 16, 44), (54, 76, 122), (238, 240, 250), (6, 12, 26), 0.24),
}
_NAMES: Final = ("Alder Rigg", "Barrow Top", "Curlew Hill", "Dun Fell", "Ember Law", "Fallow Pike")
_STEPS: Final = 48  # of a ridge, from edge to edge


def _blend(here: Colour, there: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(here, there, strict=True))
    return red, green, blue


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Hills under a sun, in fractions of the picture's width and height, drawable at any size.

    >>> scene(1, "dusk") == scene(1, "dusk")
    True
    >>> scene(1, "dusk").picture(32, 20).size
    (32, 20)
    """

    zenith: Colour
    horizon: Colour
    sun: Colour
    sun_at: tuple[float, float]
    ridges: tuple[tuple[Colour, tuple[float, ...]], ...]  # far to near: colour, y from the top
    trees: tuple[tuple[float, float, float], ...]  # the foot's x and y, the height

    def outlines(self, width: float, height: float) -> list[tuple[Colour, list[float]]]:
        """Return each shape in painting order: its colour, and x and y of its corners in turn."""
        shapes: list[tuple[Colour, list[float]]] = []
        for colour, ys in self.ridges:
            corners = [(step / _STEPS, y) for step, y in enumerate(ys)]
            shapes.append((colour, _flat([(0, 1), *corners, (1, 1)], width, height)))
        for x, y, tall in self.trees:
            wide = tall * 0.16
            corners = [(x - wide, y + 0.01), (x, y - tall), (x + wide, y + 0.01)]
            shapes.append((self.ridges[-1][0], _flat(corners, width, height)))
        return shapes

    def picture(self, width: int, height: int) -> Image:
        """Paint the scene in RGB, three times as large, then shrunk: that smooths the edges."""
        from PIL import Image, ImageDraw  # noqa: PLC0415 - only those who paint need Pillow

        size = (width * 3, height * 3)
        downwards = Image.linear_gradient("L").resize(size)
        canvas = Image.new("RGB", size, self.zenith)
        canvas.paste(
            self.horizon, mask=downwards.point([min(255, n * 7 // 4) for n in range(256)])
        )
        x, y, disc = self.sun_at[0] * size[0], self.sun_at[1] * size[1], size[1] // 14
        reach = size[1]
        halo = Image.radial_gradient("L").resize((reach, reach)).point(_fading)
        canvas.paste(self.sun, (round(x - reach / 2), round(y - reach / 2)), halo)
        pen = ImageDraw.Draw(canvas)
        pen.ellipse((x - disc, y - disc, x + disc, y + disc), fill=self.sun)
        for colour, corners in self.outlines(*size):
            mask = Image.new("L", size)
            ImageDraw.Draw(mask).polygon(corners, fill=255)
            haze = Image.new("RGB", size, _blend(colour, self.horizon, 0.35))
            canvas.paste(Image.composite(haze, Image.new("RGB", size, colour), downwards), mask)
        return canvas.resize((width, height), Image.Resampling.BOX)

    def svg(self, width: int = 320, height: int = 200) -> str:
        """Draw the scene as an SVG 1.1 document."""
        shapes = "".join(
            f'  <polygon fill="{_hex(colour)}" points="{" ".join(map(str, corners))}"/>\n'
            for colour, corners in self.outlines(width, height)
        )
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}">
  <title>Hills</title>
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="{_hex(self.zenith)}"/>
      <stop offset="1" stop-color="{_hex(self.horizon)}"/>
    </linearGradient>
  </defs>
  <rect width="{width}" height="{height}" fill="url(#sky)"/>
  <circle cx="{self.sun_at[0] * width:.1f}" cy="{self.sun_at[1] * height:.1f}" \
r="{height / 14:.1f}" fill="{_hex(self.sun)}"/>
{shapes}</svg>
"""


def _flat(corners: Iterable[tuple[float, float]], width: float, height: float) -> list[float]:
    return [n for x, y in corners for n in (round(x * width, 1), round(y * height, 1))]


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _fading(distance: int) -> int:
    # Pillow's radial gradient is the distance from the middle; a halo is strong there and soft.
    return max(0, 170 - distance) ** 2 // 200


def scene(seed: int, hour: str) -> Scene:
    """Compose the hills of a seed at an hour: dawn, noon, dusk, mist or night."""
    zenith, horizon, sun, near, low = _HOURS[hour]
    rng = random.Random(f"hills {seed} {hour}")  # noqa: S311 - pictures, not keys
    ridges = []
    for layer in range(5):
        waves = [(n, rng.uniform(0.2, 1) / n, rng.uniform(0, math.tau)) for n in (1, 2, 3, 5, 9)]
        base, swing = 0.50 + layer * 0.105, 0.045 + layer * 0.006
        heights = tuple(
            base + swing * sum(a * math.sin(n * 4 * step / _STEPS + p) for n, a, p in waves)
            for step in range(_STEPS + 1)
        )
        ridges.append((_blend(_blend(horizon, zenith, 0.35), near, 0.12 + layer * 0.22), heights))
    steps = sorted(rng.sample(range(1, _STEPS), 13))
    trees = tuple((s / _STEPS, ridges[-1][1][s], rng.uniform(0.05, 0.12)) for s in steps)
    return Scene(
        zenith=zenith,
        horizon=horizon,
        sun=sun,
        sun_at=(rng.uniform(0.25, 0.75), low),
        ridges=tuple(ridges),
        trees=trees,
    )


def sunrise(seed: int, *, frames: int, width: int, height: int) -> list[Image]:
    """Paint the sun coming up behind the hills, one picture a frame."""
    dawn = scene(seed, "dawn")
    steps = [n / max(1, frames - 1) for n in range(frames)]
    return [
        replace(dawn, sun_at=(dawn.sun_at[0], 0.66 - 0.44 * up)).picture(width, height)
        for up in steps
    ]


def chord(seed: int, *, seconds: float = 0.8, rate: int = 16_000) -> bytes:
    """Strike a chord of three notes and let it fade: WAV, 16 bits, one channel."""
    rng = random.Random(f"chord {seed}")  # noqa: S311 - music, not keys
    root = 220 * 2 ** (rng.randrange(12) / 12)
    notes = [root, root * 2 ** (rng.choice((3, 4)) / 12), root * 2 ** (7 / 12)]
    count = round(seconds * rate)
    samples = bytearray()
    for n in range(count):
        fade = min(1, n / 200) * (1 - n / count) ** 2
        level = sum(math.sin(math.tau * note * n / rate) for note in notes)
        samples += round(10_000 * fade * level).to_bytes(2, "little", signed=True)
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples))
    return out.getvalue()


def heights(seed: int) -> tuple[tuple[str, int], ...]:
    """Invent the hills in view: name and metres, from the west."""
    rng = random.Random(f"heights {seed}")  # noqa: S311 - hills, not keys
    return tuple((name, rng.randrange(180, 900)) for name in rng.sample(_NAMES, 5))


def prose(seed: int) -> tuple[str, ...]:
    """Write four paragraphs about the hills in view, of ASCII letters, as a language model would.

    >>> prose(7) == prose(7) != prose(8)
    True
    """
    hills = heights(seed)
    top, metres = max(hills, key=lambda hill: hill[1])
    first, *_, last = (name for name, _ in hills)
    return (
        f"Five hills stand round the valley, from {first} in the west to {last} in the east.",
        f"The highest is {top}. At {metres} metres it is the first of them to catch the sun.",
        "A thin mist lies between them until noon. Then every fold of the ground can be seen.",
        "None of these places exists. A machine made up their names, their heights and this text.",
    )


def page(seed: int, title: str = "The hills round the valley") -> bytes:
    """Set the prose under the picture: a PDF 1.7 document of one A4 page, with its own outlines.

    Written byte by byte, because a PDF library would put in the time.
    """
    view, top, width, height = scene(seed, "noon"), 792, 483, 300
    marks = [f"{_rgb(view.horizon)} 56 {top - height} {width} {height} re f"]
    for colour, flat in view.outlines(width, height):
        path = zip(flat[::2], flat[1::2], strict=True)
        corners = " l ".join(f"{56 + x:.1f} {top - y:.1f}" for x, y in path)
        marks.append(f"{_rgb(colour)} {corners.replace(' l ', ' m ', 1)} l h f")
    lines = [line for text in prose(seed) for line in [*textwrap.wrap(text, 88), ""]]
    text = " T* ".join(f"({line}) Tj" for line in lines)
    marks.append(f"0 g BT /F1 20 Tf 56 456 Td ({title}) Tj ET")
    marks.append(f"BT /F1 11 Tf 15 TL 56 424 Td {text} ET")
    content = "\n".join(marks)
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({title}) >>",
        "<< /Font << /F1 5 0 R >> >>",
    )
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    bodies = [f"{n} 0 obj\n{body}\nendobj\n".encode("ascii") for n, body in enumerate(objects, 1)]
    *starts, end = accumulate(map(len, bodies), initial=len(head))
    entries = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    tail = (
        f"xref\n0 {size}\n0000000000 65535 f \n{entries}"
        f"trailer\n<< /Size {size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{end}\n%%EOF\n"
    )
    return head + b"".join(bodies) + tail.encode("ascii")


def _rgb(colour: Colour) -> str:
    return " ".join(f"{part / 255:.3f}" for part in colour) + " rg"


def generate(folder: Path, *, seed: int = 1) -> tuple[Path, ...]:
    """Write a dozen files into a folder, made if need be, and return their paths, sorted.

    Files of the same names are overwritten. AVIF is left out where Pillow was built without it.
    """
    from PIL import features  # noqa: PLC0415 - only those who paint need Pillow

    hills = heights(seed)
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([("name", "height_metres"), *hills])
    answer = {
        "prompt": "Describe the hills round an invented valley.",
        "answer": " ".join(prose(seed)),
        "hills": [{"name": name, "height_metres": metres} for name, metres in hills],
    }
    moving = [f.quantize(64) for f in sunrise(seed, frames=10, width=160, height=100)]
    made = {
        "dawn.jpg": _saved(scene(seed, "dawn").picture(480, 300), "JPEG", quality=88),
        "noon.png": _saved(scene(seed, "noon").picture(240, 150), "PNG", optimize=True),
        "dusk.webp": _saved(scene(seed, "dusk").picture(480, 300), "WEBP", quality=85),
        "night.tiff": _saved(
            scene(seed, "night").picture(160, 100), "TIFF", compression="tiff_lzw", dpi=(72, 72)
        ),
        "sunrise.gif": _saved(
            moving[0], "GIF", save_all=True, append_images=moving[1:], duration=120, loop=0
        ),
        "hills.svg": scene(seed, "dusk").svg().encode(),
        "page.pdf": page(seed),
        "chord.wav": chord(seed),
        "hills.txt": ("\n\n".join(prose(seed)) + "\n").encode(),
        "answer.json": (json.dumps(answer, indent=2) + "\n").encode(),
        "heights.csv": table.getvalue().encode(),
    }
    if features.check("avif"):  # one thread: how many there are must not show in the bytes
        made["mist.avif"] = _saved(scene(seed, "mist").picture(320, 200), "AVIF", max_threads=1)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        with (folder / name).open("wb") as file:
            file.write(content)
    return tuple(folder / name for name in sorted(made))


def _saved(picture: Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
