"""The command line as its users meet it: in this process, as a program, or on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from credlabel.cli import run
from credlabel.errors import ExitCode

PROGRAM = [sys.executable, "-c", "from credlabel.cli import main; main()"]


@dataclass
class Outcome:
    """What a command left behind: its exit code, what it printed, and where."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def checked(self):
        """Return self; whatever went wrong, no trace was shown and no bug admitted."""
        both = self.out + self.err
        assert "Traceback" not in both, both
        assert self.code != ExitCode.BUG, both
        return self


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch, dev_key):
    """An empty current directory, a terminal of 80 columns, and the run's development key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    """A home of this test's own, with nothing in it."""
    root = tmp_path_factory.mktemp("home") / "credlabel"
    monkeypatch.setenv("CREDLABEL_HOME", str(root))
    return root


@pytest.fixture
def cli(capfd, no_workers):
    """Run a command in this process, without workers; ``cli("scan", path)``."""
    return in_this_process(capfd)


@pytest.fixture
def cli_with_workers(capfd):
    """Run a command in this process, which starts worker processes as it does for users."""
    return in_this_process(capfd)


def in_this_process(capfd):
    """Return what runs a command and returns its outcome."""

    def call(*arguments):
        capfd.readouterr()
        code = run([os.fspath(argument) for argument in arguments])
        return Outcome(int(code), *capfd.readouterr()).checked()

    return call


@pytest.fixture
def program_line():
    """The words that start the program in another process."""
    return PROGRAM


@pytest.fixture
def program():
    """Run a command as a program of its own; further arguments go to ``subprocess.run``."""

    def call(*arguments, prefix=(), **options):
        command = [*prefix, *PROGRAM, *map(os.fspath, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
        out, err = (data.decode("utf-8", "replace") for data in (done.stdout, done.stderr))
        return Outcome(done.returncode, out, err).checked()

    return call


@pytest.fixture
def terminal():
    """Run a command on a pseudo-terminal; return what would be seen on it, and the exit code.

    With ``stdout`` given, standard output goes there and only standard error is seen.
    """

    def call(*arguments, stdout=None, answer=b""):
        master, slave = pty.openpty()
        try:
            process = subprocess.Popen(
                [*PROGRAM, *map(os.fspath, arguments)],
                stdin=slave,
                stdout=stdout or slave,
                stderr=slave,
                env=os.environ | {"TERM": "xterm-256color"},
            )
        finally:
            os.close(slave)
        seen, deadline = b"", time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                block = os.read(master, 65536)
            except OSError:  # the other side was closed
                break
            seen += block
            if answer and b"assphrase" in seen:
                os.write(master, answer)
                answer = b""
        os.close(master)
        return Outcome(process.wait(10), seen.decode("utf-8", "replace"), "").checked()

    return call


@pytest.fixture
def sample(samples, workplace):
    """Copy a sample into the current directory, by another name if wanted."""

    def copy(name, target=None):
        place = workplace / (target or name)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(samples[name], place)
        return Path(os.path.relpath(place, workplace))

    return copy


@pytest.fixture(scope="session")
def labelled_files(tmp_path_factory, samples, dev_signer):
    """A folder with a labelled PNG, a labelled text with its sidecar, and a bare JPEG."""
    from credlabel import Labeller, Model, Prompt, Provenance

    folder = tmp_path_factory.mktemp("labelled")
    record = Provenance(
        system="Painter",
        system_version="3.1",
        models=(Model(name="painter", version="3.1"),),
        prompts=(Prompt(text="rolling hills"),),
    )
    labeller = Labeller(dev_signer, provenance=record)
    labeller.label(samples["hills.png"], folder / "hills.png")
    labeller.label(samples["hills.txt"], folder / "sub" / "hills.txt")
    shutil.copyfile(samples["hills.jpg"], folder / "bare.jpg")
    return folder


@pytest.fixture
def labelled(labelled_files, workplace):
    """A copy of :func:`labelled_files` in the current directory, by the relative path."""
    shutil.copytree(labelled_files, workplace / "labelled")
    return Path("labelled")


def tree(folder):
    """Return every file under ``folder``, by its path below it, with its bytes."""
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(name="tree")
def tree_function():
    return tree
