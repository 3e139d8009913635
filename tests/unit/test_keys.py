"""KeyStore: keys are private, whole, never overwritten, and one even when two make it at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from credlabel import certificates, development, keys, profile
from credlabel.development import make_development_identity
from credlabel.errors import (
    ConfigError,
    SecretRequiredError,
    SignerUnavailableError,
    SigningKeyNotFoundError,
)
from credlabel.home import Home
from credlabel.keys import KeyEntry, KeyStore

NOW = datetime.now(UTC).replace(microsecond=0)
REPOSITORY = Path(keys.__file__).parents[1]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def store(home):
    return KeyStore(home, clock=lambda: NOW)


@pytest.fixture(scope="module")
def identity():
    return make_development_identity(name="given", now=NOW)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(directory):
    return sorted(path.name for path in directory.iterdir())


# ---------------------------------------------------------------------------- making


def test_a_development_key_is_complete_and_private(home, store):
    before = os.umask(0)
    try:
        entry = store.create_development()
    finally:
        os.umask(before)
    assert entry.name == "development"
    assert entry.directory == home.keys / "development"
    assert entry.is_development
    assert names(entry.directory) == ["ca.pem", "chain.pem", "key.pem"]
    assert mode(home.root) == mode(home.keys) == mode(entry.directory) == 0o700
    assert mode(entry.key_path) == mode(entry.chain_path) == mode(entry.authority_path) == 0o600
    assert profile.profile_problems(entry.chain_path.read_bytes(), now=NOW) == ()
    assert not certificates.has_private_key(entry.authority_path.read_bytes())
    assert names(home.keys) == ["development"]


def test_name_and_algorithm_can_be_chosen(store):
    entry = store.create_development("press", algorithm="ed25519")
    assert certificates.algorithm_of(entry.key_path.read_bytes()) == "ed25519"
    (leaf,) = certificates.describe_chain(entry.chain_path.read_bytes(), now=NOW)
    assert "OU=press" in leaf.subject


def test_a_key_is_never_overwritten(store, identity):
    entry = store.create_development("press")
    before = entry.key_path.read_bytes()
    with pytest.raises(ConfigError, match="'press' already, and keys are never") as caught:
        store.create_development("press")
    assert "choose another name" in caught.value.hint
    with pytest.raises(ConfigError, match="'press' already, and keys are never"):
        store.add("press", identity.key_pem, identity.chain_pem)
    assert entry.key_path.read_bytes() == before


def test_ensure_makes_it_once(store):
    first = store.ensure_development()
    before = first.key_path.read_bytes()
    assert store.ensure_development() == first
    assert first.key_path.read_bytes() == before


def test_a_wrong_algorithm_leaves_nothing(home, store):
    with pytest.raises(ConfigError, match="no signing algorithm 'rot13'"):
        store.create_development(algorithm="rot13")
    assert not home.root.exists()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", ".x", "a b", "x" * 65, "a\0b", "é"]
)
def test_names_that_are_no_plain_directory_are_refused(home, store, name, identity):
    for act in (
        lambda: store.create_development(name),
        lambda: store.ensure_development(name),
        lambda: store.get(name),
        lambda: store.add(name, identity.key_pem, identity.chain_pem),
    ):
        with pytest.raises(ConfigError, match="A signing key can't be called") as caught:
            act()
        assert "letters, digits" in caught.value.hint
    assert not home.root.exists()


# ---------------------------------------------------------------------------- all or nothing


def test_a_full_disk_leaves_no_part_of_a_key(home, store, monkeypatch):
    written = []

    def full(path, data):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        path.write_bytes(data)

    monkeypatch.setattr(keys, "write_private", full)
    with pytest.raises(ConfigError, match="can't be used: No space left on device"):
        store.create_development()
    assert names(home.keys) == []
    assert store.entries() == ()


def test_what_a_killed_run_left_behind_is_no_key(home, store):
    (home.keys / ".development-x1").mkdir(parents=True)
    (home.keys / ".development-x1" / "key.pem").write_text("half")
    (home.keys / "partial").mkdir()
    (home.keys / "partial" / "key.pem").write_text("half")
    (home.keys / "note.txt").write_text("")
    assert store.entries() == ()
    store.create_development()
    assert [entry.name for entry in store.entries()] == ["development"]
    with pytest.raises(SigningKeyNotFoundError):
        store.get("partial")
    with pytest.raises(ConfigError, match="can't be used: Directory not empty"):
        store.ensure_development("partial")
    assert (home.keys / "partial" / "key.pem").read_text() == "half"


def test_the_loser_of_a_race_uses_the_winner_s_key(home, store, monkeypatch):
    barrier = threading.Barrier(2)

    def together(**options):
        made = make_development_identity(**options)
        barrier.wait(timeout=30)  # both have seen that there is no key yet
        return made

    monkeypatch.setattr(development, "make_development_identity", together)
    seen = []

    def create():
        entry = store.create_development()
        seen.append((entry, entry.key_path.read_bytes(), entry.chain_path.read_bytes()))

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert names(home.keys) == ["development"]


def test_a_key_that_appears_while_another_is_added_wins(store, identity, monkeypatch):
    """The loser of a race with a key of its own is told, not given somebody else's."""
    check = profile.require_signing_chain

    def slowly(*args, **options):
        store.create_development("press")
        return check(*args, **options)

    monkeypatch.setattr(profile, "require_signing_chain", slowly)
    with pytest.raises(ConfigError, match="'press' already"):
        store.add("press", identity.key_pem, identity.chain_pem)
    assert store.get("press").key_path.read_bytes() != identity.key_pem


def half_made(home, name, *, age, files=("key.pem",)):
    """Leave what a killed run leaves: a directory beside the keys, of that age in seconds."""
    path = home.make_private(home.keys) / name
    path.mkdir(mode=0o700)
    for each in files:
        (path / each).write_bytes(b"half a key")
    then = NOW.timestamp() - age
    os.utime(path, (then, then))
    return path


def test_what_killed_runs_left_is_removed_at_the_next_creation(home, store):
    old = half_made(home, ".press-a1b2_c3d", age=3601)
    empty = half_made(home, ".two.words-abcdefgh", age=90_000, files=())
    assert store.entries() == ()
    assert old.exists()  # looking changes nothing
    store.create_development()
    assert not old.exists()
    assert not empty.exists()
    assert names(home.keys) == ["development"]


def test_what_may_be_at_work_or_somebody_else_s_is_left(home, store, tmp_path):
    kept = [
        half_made(home, ".press-abcdefgh", age=3599),
        half_made(home, ".press-ABCDEFGH", age=90_000),
        half_made(home, ".git", age=90_000),
        half_made(home, "press-abcdefgh", age=90_000),
        half_made(home, ".notes-abcdefgh", age=90_000, files=("key.pem", "notes.txt")),
    ]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "key.pem").write_bytes(b"precious")
    link = home.keys / ".link-abcdefgh"
    link.symlink_to(elsewhere)
    os.utime(link, (0, 0), follow_symlinks=False)
    store.create_development()
    for path in (*kept, link, elsewhere / "key.pem"):
        assert path.exists()
    assert (kept[-1] / "key.pem").exists()


RACER = """
import hashlib, pathlib, sys, time
from datetime import UTC, datetime
from credlabel.home import Home
from credlabel.keys import KeyStore
root, go = map(pathlib.Path, sys.argv[1:])
store = KeyStore(Home(root), clock=lambda: datetime.now(UTC))
print("ready", flush=True)
while not go.exists():
    time.sleep(0.001)
entry = store.ensure_development()
print(hashlib.sha256(entry.key_path.read_bytes() + entry.chain_path.read_bytes()).hexdigest())
"""


def test_processes_that_start_at_once_end_with_one_key(home, tmp_path):
    go = tmp_path / "go"
    command = [sys.executable, "-W", "error", "-c", RACER, str(home.root), str(go)]
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    racers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) for _ in range(4)
    ]
    try:
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        go.touch()
        digests = {racer.communicate(timeout=60)[0] for racer in racers}
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
            racer.stdout.close()
    assert [racer.returncode for racer in racers] == [0] * 4
    assert len(digests) == 1
    assert names(home.keys) == ["development"]


# ---------------------------------------------------------------------------- looking


def test_without_any_key(home, store):
    assert store.entries() == ()
    with pytest.raises(SigningKeyNotFoundError, match="no signing key called 'press'") as caught:
        store.get("press")
    assert "credlabel keys init" in caught.value.hint
    assert not home.root.exists()


def test_entries_are_sorted_and_listed_in_the_hint(store, identity):
    store.add("zeta", identity.key_pem, identity.chain_pem)
    store.create_development("alpha")
    assert [entry.name for entry in store.entries()] == ["alpha", "zeta"]
    with pytest.raises(SigningKeyNotFoundError) as caught:
        store.get("beta")
    assert caught.value.hint == "There is: alpha, zeta."
    assert store.get("alpha") == store.entries()[0]


def test_a_key_with_a_broken_certificate_can_still_be_listed(store):
    entry = store.create_development()
    entry.chain_path.write_text("gone")
    assert not store.get("development").is_development


def test_a_key_that_can_t_be_looked_at_is_said(store):
    entry = store.create_development()
    entry.chain_path.unlink()
    entry.chain_path.mkdir()
    with pytest.raises(ConfigError, match="development can't be used: Is a directory"):
        store.entries()


def test_a_key_without_its_private_part_is_none(store):
    store.create_development().key_path.unlink()
    assert store.entries() == ()


def test_a_file_in_the_key_directory_s_place(home, store):
    home.root.mkdir()
    home.keys.write_text("")
    with pytest.raises(ConfigError, match="can't be used: Not a directory"):
        store.entries()


def test_uris_are_percent_encoded_and_show_no_key(tmp_path):
    entry = KeyEntry(name="x", directory=tmp_path / "a b#c?d%", is_development=False)
    assert entry.uri == f"file:{tmp_path}/a%20b%23c%3Fd%25/key.pem"
    assert entry.authority_path is None


# ---------------------------------------------------------------------------- keys from elsewhere


def test_a_key_of_one_s_own_is_stored_canonically(store, identity):
    mixed = b"notes\n" + identity.chain_pem + identity.key_pem
    chain = b"notes\n" + identity.chain_pem + identity.authority_pem
    entry = store.add("press", mixed, chain)
    assert entry.key_path.read_bytes() == identity.key_pem
    assert entry.chain_path.read_bytes() == identity.chain_pem
    assert mode(entry.key_path) == 0o600
    assert entry.authority_path is None
    assert entry.is_development  # it was made by credlabel, whoever adds it


def test_an_encrypted_key_stays_encrypted(home, store, identity):
    key = certificates.load_private_key(identity.key_pem)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pw"),
    )
    with pytest.raises(SecretRequiredError):
        store.add("press", pem, identity.chain_pem)
    with pytest.raises(SignerUnavailableError, match="passphrase is wrong"):
        store.add("press", pem, identity.chain_pem, passphrase=b"no")
    assert not home.keys.exists()
    entry = store.add("press", pem, identity.chain_pem, passphrase=b"pw")
    assert entry.key_path.read_bytes() == pem


def test_keys_that_could_not_sign_are_not_taken(home, store, identity):
    other = make_development_identity(name="other", now=NOW)
    old = make_development_identity(name="old", now=NOW - timedelta(days=40), days=30)
    for key_pem, chain_pem, sentence in (
        (identity.key_pem, other.chain_pem, "do not belong together"),
        (identity.key_pem, identity.key_pem, "a private key where a certificate is needed"),
        (identity.chain_pem, identity.chain_pem, "no private key in PEM form"),
        (old.key_pem, old.chain_pem, "expired on"),
    ):
        with pytest.raises(SignerUnavailableError, match=sentence):
            store.add("press", key_pem, chain_pem)
    assert not home.keys.exists()
