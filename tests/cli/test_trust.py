"""``credlabel trust``: whom to believe."""

import hashlib

import pytest


@pytest.fixture
def authority(cli, home):
    cli("keys", "init", "--name", "studio")
    return home / "keys" / "studio" / "ca.pem"


def test_a_bundle_is_stored_listed_and_removed(cli, authority, home):
    assert cli("trust", "list").out.startswith("Nobody is trusted yet.")
    done = cli("trust", "add", "studio", authority, "--source", "a friend")
    assert done.code == 0
    assert done.out.splitlines() == [
        "Stored 'studio', 1 certificate.",
        "Signers that it vouches for are trusted from now on.",
    ]
    (bundle,) = cli("trust", "list", "--json").json
    assert (bundle["name"], bundle["purpose"], bundle["source"]) == (
        "studio",
        "signer",
        "a friend",
    )
    assert bundle["sha256"] == hashlib.sha256(authority.read_bytes()).hexdigest()
    assert cli("trust", "list").out.split()[:4] == ["studio", "signer", "1", "certificate"]
    assert cli("trust", "remove", "studio", "--json").json == {"removed": "studio"}
    assert cli("trust", "list", "--json").json == []


@pytest.mark.slow
def test_a_stored_bundle_counts_without_being_named(cli, authority, sample):
    cli("label", sample("hills.png"), "-o", "out.png", "--signer", "studio")
    verify = ("verify", "out.png", "--policy", "trusted")
    assert cli(*verify).code == 1
    cli("trust", "add", "studio", authority)
    assert cli(*verify).code == 0
    assert cli(*verify, "--trust-bundle", "studio").code == 0


def test_a_bundle_for_time_stamps_vouches_for_no_signer(cli, authority, sample):
    cli("label", sample("hills.png"), "-o", "out.png", "--signer", "studio")
    done = cli("trust", "add", "tsa", authority, "--purpose", "timestamp")
    assert "Time-stamp authorities that it vouches for" in done.out
    assert cli("verify", "out.png", "--policy", "trusted").code == 1


def test_a_bundle_with_a_private_key_is_refused(cli, authority, home):
    done = cli("trust", "add", "studio", authority.with_name("key.pem"))
    assert done.code == 4
    assert "holds a private key" in done.err
    assert not (home / "trust").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "x", "nowhere.pem"], "nowhere.pem can't be read: No such file or directory."),
        (["add", "x y", "ca.pem"], "A trust bundle can't be called 'x y'."),
        (["remove", "nope"], "There is no trust bundle called 'nope'."),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(cli, authority, workplace, arguments, says):
    (workplace / "ca.pem").write_bytes(authority.read_bytes())
    done = cli("trust", *arguments)
    assert done.code == 4
    assert done.err.splitlines()[0] == f"Error: {says}"


def test_a_name_is_taken_once(cli, authority, home):
    cli("trust", "add", "studio", authority)
    assert cli("trust", "add", "studio", authority).code == 0, "the same again changes nothing"
    cli("keys", "init", "--name", "other")
    done = cli("trust", "add", "studio", home / "keys" / "other" / "ca.pem")
    assert (done.code, "another trust bundle" in done.err) == (4, True)


def test_a_bundle_that_was_changed_is_not_used_in_silence(cli, authority, home, labelled):
    cli("trust", "add", "studio", authority)
    (home / "trust" / "studio.pem").write_bytes(authority.read_bytes() * 2)
    done = cli("verify", labelled / "hills.png", "--policy", "trusted")
    assert done.code == 4
    assert "was changed since" in " ".join(done.err.split())


def test_a_key_of_ones_own_is_trusted_by_its_name(cli, authority, sample):
    assert cli("trust", "add", "studio").code == 0
    (bundle,) = cli("trust", "list", "--json").json
    assert (bundle["source"], bundle["sha256"]) == (
        "key studio",
        hashlib.sha256(authority.read_bytes()).hexdigest(),
    )
    cli("label", sample("hills.png"), "-o", "out.png", "--signer", "studio")
    assert cli("verify", "out.png", "--policy", "trusted").code == 0


def test_a_name_without_a_key_or_its_authority_takes_a_file(cli, authority):
    done = cli("trust", "add", "nobody")
    assert done.code == 4
    assert done.err.splitlines() == [
        "Error: There is no key called 'nobody' whose certificate could be trusted.",
        "Name the file to trust: credlabel trust add nobody FILE.pem",
    ]
    authority.unlink()
    done = cli("trust", "add", "studio")
    assert (done.code, "credlabel trust add studio FILE.pem" in done.err) == (4, True)
