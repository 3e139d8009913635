"""``credlabel keys``: make, import, list and show signing keys."""

# ruff: noqa: PTH208 - names are compared with names

import os

import pytest

from credlabel import Scanner


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ed25519"])
def test_a_key_of_every_algorithm_signs(cli, home, sample, algorithm):
    done = cli("keys", "init", "--name", "studio", "--algorithm", algorithm)
    assert done.code == 0
    assert done.out.splitlines()[0] == f"Made the key 'studio' in {home}/keys/studio."
    assert done.out.endswith("\n  credlabel trust add studio\n")
    assert (home / "keys" / "studio" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert cli("label", sample("hills.png"), "-o", "out.png", "--signer", "studio").code == 0
    assert Scanner().scan("out.png").verdict.integrity == "intact"


def test_a_key_is_never_overwritten(cli, home):
    cli("keys", "init")
    before = (home / "keys" / "development" / "key.pem").read_bytes()
    done = cli("keys", "init")
    assert done.code == 4
    assert "keys are never overwritten" in done.err
    assert (home / "keys" / "development" / "key.pem").read_bytes() == before


def test_no_keys_says_what_to_do(cli, home):
    done = cli("keys", "list")
    assert (done.code, done.out) == (
        0,
        "There are no keys. 'credlabel keys init' makes one for development.\n",
    )
    assert not home.exists()
    assert cli("keys", "list", "--json").json == []


def test_list_and_show_as_text_and_as_json(cli, home):
    made = cli("keys", "init", "--name", "studio", "--json").json
    assert made == {
        "name": "studio",
        "uri": f"file:{home}/keys/studio/key.pem",
        "is_development": True,
    }
    assert cli("keys", "list", "--json").json == [made]
    assert cli("keys", "list").out.split() == ["studio", "development", made["uri"]]
    shown = cli("keys", "show", "studio", "--json").json
    assert shown["problems"] == []
    assert "development" in shown["certificates"][0]["subject"]
    text = cli("keys", "show", "studio").out
    assert "Its certificate can sign content credentials." in text
    assert "PRIVATE KEY" not in text + str(shown)


def test_a_key_from_elsewhere_is_imported(cli, home):
    cli("keys", "init", "--name", "one")
    place = home / "keys" / "one"
    done = cli("keys", "add", "two", place / "key.pem", place / "chain.pem")
    assert (done.code, done.out) == (0, f"Imported the key 'two' into {home}/keys/two.\n")
    assert [key["name"] for key in cli("keys", "list", "--json").json] == ["one", "two"]


def test_an_encrypted_key_asks_for_its_passphrase(
    cli, home, terminal, encrypted, sample, monkeypatch
):
    key, chain = encrypted("hunter2")
    done = cli("keys", "add", "press", key, chain)
    assert done.code == 8
    assert done.err.splitlines()[-1] == "Use a terminal, or set CREDLABEL_SECRET."
    monkeypatch.setenv("CREDLABEL_SECRET", "wrong")
    done = cli("keys", "add", "press", key, chain)
    assert (done.code, "passphrase is wrong" in done.err) == (8, True)
    assert "press" not in os.listdir(home / "keys")
    monkeypatch.setenv("CREDLABEL_SECRET", "hunter2")
    assert cli("keys", "add", "press", key, chain).code == 0
    assert b"ENCRYPTED" in (home / "keys" / "press" / "key.pem").read_bytes()
    source = sample("hills.png")
    assert cli("label", source, "-o", "one.png", "--signer", "press").code == 0
    monkeypatch.delenv("CREDLABEL_SECRET")
    done = cli("label", source, "-o", "two.png", "--signer", "press")
    assert done.code == 8
    assert done.err.splitlines()[-1] == "Use a terminal, or set CREDLABEL_SECRET."
    seen = terminal("label", source, "-o", "two.png", "--signer", "press", answer=b"hunter2\n")
    assert seen.code == 0
    assert "hunter2" not in seen.out
    assert Scanner().scan("two.png").verdict.integrity == "intact"


@pytest.fixture
def encrypted(cli, home, workplace):
    """Make a key encrypted by a passphrase; return it and its chain."""
    from cryptography.hazmat.primitives import serialization

    def make(passphrase):
        cli("keys", "init", "--name", "plain")
        place = home / "keys" / "plain"
        key = serialization.load_pem_private_key((place / "key.pem").read_bytes(), None)
        path = workplace / "encrypted.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(passphrase.encode()),
            )
        )
        path.chmod(0o600)
        return path, place / "chain.pem"

    return make


@pytest.mark.parametrize("name", ["a b", "../x", "", "-x", "é"])
def test_a_name_that_can_not_be_is_refused(cli, home, name):
    done = cli("keys", "init", f"--name={name}")
    assert done.code == 4
    assert "can't be called" in done.err
    assert not home.exists()


def test_a_key_that_is_not_there_is_told_with_those_that_are(cli, home):
    cli("keys", "init", "--name", "studio")
    done = cli("keys", "show", "nope")
    assert done.code == 8
    assert done.err.splitlines() == [
        "Error: There is no signing key called 'nope'.",
        "There is: studio.",
    ]


def test_a_key_with_somebody_elses_certificate_is_refused(cli, home):
    for name in ("one", "two"):
        cli("keys", "init", "--name", name)
    keys = home / "keys"
    done = cli("keys", "add", "three", keys / "one" / "key.pem", keys / "two" / "chain.pem")
    assert done.code == 8
    assert "do not belong together" in done.err
    assert not (keys / "three").exists()
