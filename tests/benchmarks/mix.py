"""A mix of files: as many of each format, as large as such files are, no two alike.

Every format that the project has a sample of gets the same share, because any other weights would
be somebody's choice, and could be chosen for their result. Sizes are those of files in use, since
samples of 2 kB would measure how fast a program opens files: pictures of 100 kB to 1 MB (PNG and
DNG, which lose nothing, up to 3 MB), films and sound of 5 to 20 seconds, documents with a picture
in them, texts of some pages. What encodes HEIF, JPEG XL, films and sound is ``heif-enc``, ``cjxl``
and ``ffmpeg``; a format whose encoder is not installed is left out, and told.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

_SAMPLES = Path(__file__).parents[2] / "samples"
sys.path.append(str(_SAMPLES))

import make  # noqa: E402 - a program among the samples, not a module

if TYPE_CHECKING:
    from collections.abc import Callable

FILM = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25")
SOUND = ("-f", "lavfi", "-i", "anoisesrc=amplitude=0.1:seed=1")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_MEDIA: dict[str, tuple[str, ...]] = {
    "mp4": (*FILM, *SOUND, *_H264, "-c:a", "aac", "-f", "mp4"),
    "mov": (*FILM, *SOUND, *_H264, "-c:a", "aac", "-f", "mov"),
    "m4v": (*FILM, *_H264, "-f", "ipod"),
    "mkv": (*FILM, *SOUND, *_H264, "-c:a", "aac", "-f", "matroska"),
    "webm": (*FILM, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-f", "webm"),
    "avi": (*FILM, *SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame", "-f", "avi"),
    "flv": (*FILM, "-c:v", "flv1", "-f", "flv"),
    "m4a": (*SOUND, "-c:a", "aac", "-f", "ipod"),
    "mp3": (*SOUND, "-c:a", "libmp3lame", "-f", "mp3"),
    "flac": (*SOUND, "-c:a", "flac", "-f", "flac"),
    "ogg": (*SOUND, "-c:a", "libvorbis", "-f", "ogg"),
    "opus": (*SOUND, "-c:a", "libopus", "-f", "opus"),
    "wav": (*SOUND, "-f", "wav"),
}
_ARCHIVES = ("docx", "xlsx", "pptx", "odt", "epub", "zip")
_PILLOW: dict[str, dict[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 80},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP", "quality": 80},
    "gif": {"format": "GIF"},
    "tiff": {"format": "TIFF", "compression": "tiff_lzw"},
    "avif": {"format": "AVIF", "quality": 80, "speed": 10},
    "pdf": {"format": "PDF"},
}


def fill(folder: Path, count: int) -> list[Path]:
    """Write ``count`` files, or a few more, into ``folder``; return their paths."""
    folder.mkdir(parents=True)
    makers: dict[str, Callable[[int], bytes]] = {
        **{kind: _saved(options) for kind, options in _PILLOW.items()},
        **{kind: _packed(kind) for kind in _ARCHIVES},
        **_texts(),
        "dng": lambda number: make.dng(_picture(number)),
        "bin": lambda number: np.random.default_rng(number).bytes(100_000 + number),
    }
    if shutil.which("heif-enc"):
        makers["heic"] = lambda number: _encoded(number, "heic", "heif-enc", "-q", "80", "-o")
        makers["heif"] = lambda number: make.heif(
            _encoded(number, "heic", "heif-enc", "-q", "80", "-o")
        )
    if shutil.which("cjxl"):
        makers["jxl"] = lambda number: _encoded(number, "jxl", "cjxl", "--container=1", "-e", "3")
    media = _MEDIA if shutil.which("ffmpeg") else {}
    formats = {path.suffix[1:] for path in (_SAMPLES / "files").iterdir()}
    if missing := formats - makers.keys() - media.keys():
        print(f"left out, as nothing here writes them: {', '.join(sorted(missing))}")
    share = -(-count // (len(makers) + len(media)))
    for kind, maker in makers.items():
        for number in range(share):
            (folder / f"{number:04d}.{kind}").write_bytes(maker(number))
    for kind, recipe in media.items():
        _film(folder, kind, recipe, share)
    return sorted(folder.iterdir())


def _picture(number: int) -> Image.Image:
    """Return a picture of noise, which does not compress, of 400 to 1040 pixels a side."""
    side = 400 + 40 * (number % 17)
    random = np.random.default_rng(number)
    return Image.fromarray(random.integers(0, 255, (side, side, 3), dtype="uint8"))


def _saved(options: dict[str, Any]) -> Callable[[int], bytes]:
    def save(number: int) -> bytes:
        out = io.BytesIO()
        _picture(number).save(out, **options)
        return out.getvalue()

    return save


def _encoded(number: int, kind: str, program: str, *options: str) -> bytes:
    """Return a picture as a program makes it, to which the options between the paths are given."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, f"out.{kind}")
        _picture(number).save(source)
        subprocess.run([program, source, *options, target], check=True, capture_output=True)
        return target.read_bytes()


def _packed(kind: str) -> Callable[[int], bytes]:
    """Return what puts a picture into the sample, as documents of any size have them."""
    sample = (_SAMPLES / "files" / f"hills.{kind}").read_bytes()
    picture = _saved(_PILLOW["jpg"])

    def pack(number: int) -> bytes:
        out = io.BytesIO(sample)
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr(zipfile.ZipInfo(f"media/picture{number}.jpg"), picture(number))
        return out.getvalue()

    return pack


def _texts() -> dict[str, Callable[[int], bytes]]:
    """Return what makes texts of some pages, or tens of pages, of the samples."""

    def sample(kind: str) -> str:
        return (_SAMPLES / "files" / f"hills.{kind}").read_text("utf-8")

    def repeated(kind: str) -> Callable[[int], bytes]:
        text = sample(kind)
        return lambda number: (text * (40 + number)).encode()

    def grown(kind: str, start: str, end: str) -> Callable[[int], bytes]:
        text = sample(kind)
        lines = "".join(line for line in text.splitlines(True) if line.strip().startswith(start))
        return lambda number: text.replace(end, lines * (40 + number) + end).encode()

    listed = json.loads(sample("json"))
    return {
        **{kind: repeated(kind) for kind in ("txt", "md", "csv", "py")},
        "html": grown("html", "<p>", "</body>"),
        "svg": grown("svg", "<polygon", "</svg>"),
        "json": lambda number: json.dumps([listed] * (40 + number)).encode(),
    }


def _film(folder: Path, kind: str, recipe: tuple[str, ...], share: int) -> None:
    """Write ``share`` films or sounds of 5 to 20 seconds: the beginnings of one."""
    *encode, _, form = recipe
    codec = "flac" if kind == "flac" else "copy"  # a copy says that it is as long as the whole
    quiet = ("ffmpeg", "-v", "error", "-nostdin", "-y")
    with tempfile.TemporaryDirectory() as work:
        whole = Path(work, f"whole.{kind}")
        subprocess.run([*quiet, *encode, "-t", "20", "-f", form, whole], check=True)
        for number in range(share):
            seconds = str(5 + 15 * (number + 1) / share)
            cut = ("-i", whole, "-t", seconds, "-c", codec, "-f", form)
            subprocess.run([*quiet, *cut, folder / f"{number:04d}.{kind}"], check=True)
