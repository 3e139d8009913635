"""A job to kill, and a checker that knows nothing of how the job is done."""

from __future__ import annotations

import collections
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import c2pa

ONCE = Path(__file__).parents[1] / "crash" / "once.py"
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "files"
DRAFT = ".credlabel-"


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Job:
    """One inbox with good files (embedded and sidecar, in folders) and a bad one."""

    def __init__(self, root, signer):
        self.root, self.signer = root, signer
        self.inbox, self.archive, self.quarantine = (
            root / name for name in ("inbox", "archive", "quarantine")
        )
        jpeg = (SAMPLES / "hills.jpg").read_bytes()
        files = {
            "a.jpg": jpeg + b"a",
            "sub/b.txt": b"words that get a sidecar",
            "sub/deep/c.jpg": jpeg + b"c",
            "bad.jpg": jpeg[: len(jpeg) // 3],
        }
        for name, data in files.items():
            path = self.inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.names = {sha(data): name for name, data in files.items()}
        self.bad = sha(files["bad.jpg"])

    @property
    def command(self):
        return [sys.executable, str(ONCE), str(self.root), self.signer]

    def run(self, *prefix, timeout=60):
        """Run the job, killed or not, and wait until its workers have gone, too."""
        # Nothing but the job's own system calls should count.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*prefix, *self.command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.returncode

    # ------------------------------------------------------------------ the checker

    def places(self):
        """Return, for each input, where it is, by its digest; check what is in the archive."""
        found = collections.defaultdict(list)
        for path in self.inbox.rglob("*"):
            if path.is_file() and DRAFT not in path.name:
                digest = sha(path.read_bytes())
                if digest in self.names:
                    in_work = ".credlabel" in path.parts
                    found[digest].append("work" if in_work else "inbox")
        for path in self.quarantine.rglob("*"):
            if path.is_file() and path.name != "reason.json" and DRAFT not in path.name:
                assert (path.parent / "reason.json").is_file(), f"{path} is there without a reason"
                assert json.loads((path.parent / "reason.json").read_text())["sentence"]
                found[sha(path.read_bytes())].append("quarantine")
        for path in self.archive.rglob("*"):
            if path.is_file() and DRAFT not in path.name and path.suffix != ".c2pa":
                found[verified_input(path)].append("archive")
                assert self.names[verified_input(path)] == str(path.relative_to(self.archive))
        assert set(found) <= set(self.names), "something is there that nobody put there"
        return found

    def check_after_crash(self):
        """Nothing is lost, and what is in the archive is whole."""
        found = self.places()
        assert set(found) == set(self.names), f"lost: {set(self.names) - set(found)}"
        for digest, places in found.items():
            # Twice only in between: published (or put away) and not yet removed.
            assert len(places) == 1 or sorted(places) == ["archive", "work"], (digest, places)

    def check_converged(self):
        """Everything has arrived, once, and nothing is left lying about.

        A good file is in the archive, unless it seemed to be what killed a worker twice: the
        chosen call kills every worker that gets so far.
        """
        found = self.places()
        reasons = [json.loads(p.read_text()) for p in self.quarantine.glob("*/reason.json")]
        suspected = [r["sha256"] for r in reasons if r["code"] == "credlabel.label.stopped"]
        for digest, name in self.names.items():
            is_bad = digest == self.bad or digest in suspected
            assert found[digest] == ["quarantine" if is_bad else "archive"], (name, found[digest])
        assert not list((self.inbox / ".credlabel" / "work").iterdir())
        drafts = [p for p in self.root.rglob("*") if p.name.startswith(DRAFT)]
        assert not drafts, drafts
        for sidecar in self.archive.rglob("*.c2pa"):
            assert sidecar.with_suffix("").is_file(), f"{sidecar} has no file"
        cases = len({self.bad, *suspected})
        assert len(list(self.quarantine.iterdir())) == len(reasons) == cases


def verified_input(path):
    """Return the digest of what a labelled file was made from; it must verify."""
    sidecar = path.with_name(path.name + ".c2pa")
    media_type = "image/jpeg" if path.suffix == ".jpg" else "application/octet-stream"
    context = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}})
    store = sidecar.read_bytes() if sidecar.exists() else None
    with c2pa.Reader(media_type, io.BytesIO(path.read_bytes()), store, context) as reader:
        read = json.loads(reader.json())
    assert read["validation_state"] == "Valid", path
    active = read["manifests"][read["active_manifest"]]
    (ours,) = (a for a in active["assertions"] if a["label"] == "org.credlabel.provenance")
    return ours["data"]["input_sha256"]
