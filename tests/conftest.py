"""What every test stands on: a home of its own, one development key, other people's files."""

from __future__ import annotations

import os
import pickle
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hosting import Host

REPOSITORY = Path(__file__).resolve().parents[1]
OURS = "CREDLABEL_"
FORBID_SKIPS = "CREDLABEL_FORBID_SKIPS"
NO_MOUNT = "CAN'T MOUNT A SMALL FILE SYSTEM HERE"
MISSING_FILES = "OTHER PEOPLE'S FILES ARE NOT AT"
EXCUSES = (MISSING_FILES, NO_MOUNT)
KEPT = {"CREDLABEL_INTEROP", FORBID_SKIPS}


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """Give the whole run, and the programs it starts, a home that is not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(OURS) and name not in KEPT]:
            patch.delenv(name)
        root = tmp_path_factory.mktemp("credlabel-home")
        patch.setenv("CREDLABEL_HOME", str(root))
        patch.setenv("XDG_DATA_HOME", str(root / "xdg"))
        yield root


@pytest.fixture(scope="session")
def dev_key(own_home):
    """The development key of the run's home, as the key store lists it."""
    from credlabel.home import Home
    from credlabel.keys import KeyStore

    store = KeyStore(Home(own_home), clock=lambda: datetime.now(UTC))
    return store.ensure_development()


@pytest.fixture(scope="session")
def dev_signer(dev_key):
    """The signer of that key, opened as the command line opens it."""
    from credlabel.plugins import PluginRegistry

    return PluginRegistry.load().open_signer(dev_key.uri)


@pytest.fixture(scope="session")
def dev_trust(dev_key):
    """The anchors that make what that key signed *trusted*."""
    from credlabel.credentials import TrustAnchors

    return TrustAnchors(signers=dev_key.authority_path.read_text())


@pytest.fixture(scope="session")
def samples():
    """The small files of every format, by name."""
    folder = REPOSITORY / "samples" / "files"
    return {path.name: path for path in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def interop():
    """The folder of other people's files: ``$CREDLABEL_INTEROP``, or beside the repository."""
    given = os.environ.get("CREDLABEL_INTEROP")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "interop"
    if not (folder / "index.jsonl").is_file():
        pytest.skip(f"{MISSING_FILES} {folder}: set CREDLABEL_INTEROP")
    return folder


@pytest.fixture
def no_workers(monkeypatch):
    """Have the work of worker processes done in this one, for tests that are not about them.

    Starting workers takes longer than what most tests are about. What would cross to a worker and
    back is pickled as ever; limits do not apply.
    """
    from credlabel.sandbox import WorkerPool

    def again(value):
        return pickle.loads(pickle.dumps(value))

    def work_here(pool, items, _):
        job = again(pool._job)
        work = job.prepare(*job.arguments)
        for item in items:
            yield item, again(work(again(item)))

    monkeypatch.setattr(WorkerPool, "_map", work_here)


@pytest.fixture
def host(socket_enabled):
    """A server on this machine that counts who calls."""
    with closing(Host()) as made:
        yield made


def pytest_sessionfinish(session):
    """Fail a run in which a test was skipped that should have run (``CREDLABEL_FORBID_SKIPS``).

    Other people's files are not part of the project, and not every machine lets its root mount:
    what needs those may be skipped.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get(FORBID_SKIPS) or reporter is None:
        return
    skipped = [
        report.nodeid
        for report in reporter.stats.get("skipped", [])
        if not any(reason in str(report.longrepr) for reason in EXCUSES)
    ]
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"SKIPPED, BUT SHOULD HAVE RUN: {', '.join(skipped)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
