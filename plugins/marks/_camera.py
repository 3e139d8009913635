"""What a file says about the camera that took it: shown beside other claims, never a proof.

Exif survives every edit, is copied from picture to picture by editors, and anybody can type it;
generators even put their prompts into the camera's fields. So a camera is no evidence that a file
was captured. Beside the claim that a machine made it, it is worth a look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._foreign import plain

if TYPE_CHECKING:
    from credlabel.hookspecs import Metadata

_TAKEN: Final = ("exif:DateTimeOriginal", "exif:LensModel")
_MAX_NAME: Final = 64


def camera_claim(metadata: Metadata) -> str:
    """Return the make and model of the camera that Exif data name, if they tell of a shot."""
    names = [(metadata.get(f"exif:{tag}") or ("",))[0].strip() for tag in ("Make", "Model")]
    if not all(names) or not any(tag in metadata for tag in _TAKEN):
        return ""
    if any(len(name) > _MAX_NAME or "{" in name for name in names):
        return ""
    return plain(" ".join(names))
