"""The C2PA library, from where it is installed and from nowhere else.

c2pa-python looks for its native library in the current directory first: started in a folder of
downloads, it would run whatever somebody had put there under that name.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Final

_VARIABLE: Final = "C2PA_LIBRARY_NAME"
_NAMES: Final = ("libc2pa_c.so", "libc2pa_c.dylib", "c2pa_c.dll")


def load() -> None:
    """Import c2pa with the native library that its own package has, if it has one."""
    before = os.environ.get(_VARIABLE)
    installed = before or _installed()
    if installed:
        os.environ[_VARIABLE] = installed
    try:
        import c2pa  # noqa: F401, PLC0415 - now it finds the right one
    finally:
        if before is None:
            os.environ.pop(_VARIABLE, None)


def _installed() -> str:
    """Return the absolute path of the library in the package; it stays as it is when joined."""
    spec = importlib.util.find_spec("c2pa")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in _NAMES:
            path = Path(folder, "libs", name).absolute()
            if path.is_file():
                return str(path)
    return ""


load()
