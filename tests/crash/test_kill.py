"""Killed with ``kill -9`` at any system call, the watch job loses nothing and carries on.

Each test runs the job under strace, which kills the process that makes the chosen call: the
watcher itself, whose workers then finish what they were doing, or a worker. After each kill an
independent reader checks all places; then the job is run again, and everything must have arrived.

A kill proves the order of things, not that they are on disk: for that, the last test looks at the
order of fsync, rename and unlink in the trace.
"""

from __future__ import annotations

import collections
import itertools
import random
import re
import shutil
import signal
import subprocess
import time

import pytest
from killing import Job

CALLS = ("renameat2", "rename", "unlink", "fsync", "mkdir", "rmdir", "openat", "ftruncate")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
SECONDS = 20
"""How long the everyday run may go on killing."""


@pytest.fixture(scope="session")
def strace():
    found = shutil.which("strace")
    if found is None:
        pytest.skip("STRACE IS NOT INSTALLED, so nothing is killed (apt install strace)")
    probe = subprocess.run(
        [found, "-f", "--seccomp-bpf", "true"], capture_output=True, check=False
    )
    if probe.returncode:
        pytest.skip(f"STRACE MAY NOT TRACE HERE: {probe.stderr.decode(errors='replace')}")
    return found


def traced(job, strace, path):
    """Return the calls of a run that is not killed: (process, call, rest of the line)."""
    only = "--trace=" + ",".join((*CALLS, "linkat"))
    assert job.run(strace, "-f", "--seccomp-bpf", "-y", "-o", str(path), only) == 0
    calls = []
    for line in path.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            calls.append(match.groups())
    return calls


@pytest.fixture(scope="session")
def kill_points(strace, tmp_path_factory, dev_key):
    """Where to kill: (call, which one of its process's), in an order that is the same each time.

    Counted for each process, as strace does, and taken only where the call touches the job's
    own directories.
    """
    root = tmp_path_factory.mktemp("dry")
    job = Job(root, dev_key.uri)
    calls = traced(job, strace, root / "trace")
    job.check_converged()
    seen = collections.Counter()
    points = set()
    for process, call, rest in calls:
        seen[process, call] += 1
        if str(root) in rest:
            points.add((call, seen[process, call]))
    assert len(points) > 60, "the trace is not understood"
    found = sorted(points)
    random.Random(0).shuffle(found)
    return found


def kill_at(job, strace, call, number):
    """Run the job, killing whichever process makes that call for the numberth time.

    Returns whether one was killed. (With ``--seccomp-bpf``, strace 6.1 injects nothing.)
    """
    trace = job.root / "trace"
    inject = f"inject={call}:signal=SIGKILL:when={number}"
    job.run(strace, "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", inject)
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    return any("killed by SIGKILL" in line for line in lines)


def kill_and_check(new_job, strace, points, seconds):
    """Kill at as many points as there is time for; return how many that were."""
    deadline = time.monotonic() + seconds
    killed = 0
    for call, number in points:
        job = new_job()
        killed += kill_at(job, strace, call, number)
        try:
            job.check_after_crash()
            assert job.run() == 0
            job.check_converged()
        except AssertionError as error:
            raise AssertionError(f"killed at {call} number {number}: {error}") from error
        shutil.rmtree(job.root)
        if time.monotonic() > deadline:
            break
    return killed


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_killed_at_system_calls(new_job, strace, kill_points):
    assert kill_and_check(new_job, strace, kill_points, SECONDS) >= 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_every_system_call(new_job, strace, kill_points):
    killed = kill_and_check(new_job, strace, kill_points, 1700)
    assert killed > 0.9 * len(kill_points)  # a run may come out some calls shorter


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_again_while_recovering(new_job, strace, kill_points):
    for (call, number), (again, later) in itertools.islice(itertools.pairwise(kill_points), 60):
        job = new_job()
        kill_at(job, strace, call, number)
        kill_at(job, strace, again, max(1, later // 2))
        job.check_after_crash()
        assert job.run() == 0
        job.check_converged()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("times", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_killed_at_random_times(new_job, times):
    job = new_job()
    dice = random.Random(7)
    for _ in range(times):
        process = subprocess.Popen(job.command, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.2, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
    # The last one waits for the lock until the workers of those that were killed have finished.
    assert job.run() == 0
    job.check_converged()


def test_the_order_of_things(new_job, strace, tmp_path):
    """Draft synced < given its name < directory synced < claimed file removed."""
    job = new_job()
    calls = traced(job, strace, tmp_path / "trace")
    lines = [f"{call}({rest}" for _, call, rest in calls]

    def first(*parts, after=-1):
        for number, line in enumerate(lines):
            if number > after and all(part in line for part in parts):
                return number
        raise AssertionError(f"no {parts} after line {after}")

    for name in ("a.jpg", "sub/b.txt", "sub/deep/c.jpg"):
        folder = (job.archive / name).parent
        published = first("renameat2(", f'"{folder}/.credlabel-', f'"{job.archive / name}"')
        draft = re.search(r'"([^"]*/\.credlabel-[^"]*)"', lines[published]).group(1)
        synced = first("fsync(", f"<{draft}>")
        folder_synced = first("fsync(", f"<{folder}>", after=published)
        removed = first("unlink(", "/work/", f'/{name}"', after=published)
        claimed = first("renameat2(", f'"{job.inbox / name}"', "/work/")
        claim_synced = first("fsync(", "/work/", after=claimed)
        assert claimed < claim_synced < synced < published < folder_synced < removed
