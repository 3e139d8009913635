"""The native library is the one that is installed, whatever lies in the current directory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import c2pa
import pytest

CODE = """
import os, sys
from credlabel.credentials import Credentials
assert "C2PA_LIBRARY_NAME" not in os.environ
print(*{line.split()[-1] for line in open("/proc/self/maps") if "c2pa_c" in line})
"""


@pytest.mark.parametrize("folder", ["", "libs", "artifacts"])
def test_a_library_in_the_current_directory_is_not_loaded(tmp_path, folder):
    installed = Path(c2pa.__file__).parent / "libs" / "libc2pa_c.so"
    (tmp_path / folder).mkdir(exist_ok=True)
    shutil.copy(installed, tmp_path / folder)
    environ = {k: v for k, v in os.environ.items() if k != "C2PA_LIBRARY_NAME"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(installed)]
