"""Files whose metadata is written, and what other programs make of them."""

import hashlib
import io
import json
import subprocess

from making import created, definition, read, sign
from PIL import Image, ImageSequence

from credlabel.credentials import CredentialState

TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
AIGC = '{"Label":"1","ContentProducer":"001191110102MAD55U9H0F10002","ProduceID":"<&>"}'
MARKS = {
    "xmp:Iptc4xmpExt:DigitalSourceType": (TYPE,),
    "xmp:Iptc4xmpExt:AIPromptInformation": ("hills, “dawn”\n& <fog>\r\n'soft' 画",),
    "xmp:photoshop:Credit": ("Made with Söhne & Co",),
    "xmp:xmp:CreateDate": ("2026-11-22T10:00:00Z",),
    "xmp:TC260:AIGC": (AIGC,),
}
EXIFTOOL_NAMES = {
    "xmp:Iptc4xmpExt:DigitalSourceType": "XMP-iptcExt:DigitalSourceType",
    "xmp:photoshop:Credit": "XMP-photoshop:Credit",
    "xmp:TC260:AIGC": "XMP-TC260:Aigc",
}
_PASSING = ("SourceFile", "System:", "ExifTool:ExifToolVersion", "Composite:")


def without(changes):
    return dict.fromkeys(changes, ())


def written(form, data, changes):
    """The bytes after writing; writing it all a second time changes nothing."""
    made = written_once(form, data, changes)
    assert written_once(form, made, changes) == made
    return made


def written_once(form, data, changes):
    source, sink = io.BytesIO(data), io.BytesIO()
    form.write_metadata(source, sink, changes)
    assert source.getvalue() == data
    return sink.getvalue()


def said(form, data):
    return dict(form.read_metadata(io.BytesIO(data)))


def exiftool(data, suffix, folder):
    """What ExifTool reads, but for what it says about any file of that name."""
    path = folder / f"seen{suffix}"
    path.write_bytes(data)
    command = ["exiftool", "-j", "-G1", "-a", "-n", "-struct", str(path)]
    (found,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {name: value for name, value in found.items() if not name.startswith(_PASSING)}


def check_exiftool_agrees(before, after, suffix, folder):
    """ExifTool reads the marks as the properties they are, and all else as it did before."""
    old, new = exiftool(before, suffix, folder), exiftool(after, suffix, folder)
    for name, theirs in EXIFTOOL_NAMES.items():
        assert new.pop(theirs) == MARKS[name][0]
    kept = {name: value for name, value in old.items() if name not in EXIFTOOL_NAMES.values()}
    assert {name: new.get(name) for name in kept} == kept
    assert {name for name in new if "Warning" in name or "Error" in name} <= kept.keys()


def pixels(data):
    """Every frame of a picture, with how long it is shown."""
    with Image.open(io.BytesIO(data)) as picture:
        frames = [
            (
                hashlib.sha256(frame.convert("RGBA").tobytes()).hexdigest(),
                frame.info.get("duration"),
            )
            for frame in ImageSequence.Iterator(picture)
        ]
        return picture.format, picture.size, picture.info.get("loop"), frames


def check_signature(data, media_type):
    """What c2pa-rs signs then is valid, and the marks are still there."""
    signed, _ = sign(data, media_type, definition(created()))
    assert read(signed).state in {CredentialState.VALID, CredentialState.TRUSTED}
    return signed
