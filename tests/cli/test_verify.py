"""``credlabel verify``: pass or fail, with the exit code that a script acts on."""

import pytest


def test_a_labelled_file_passes(cli, labelled):
    done = cli("verify", labelled / "hills.png")
    assert (done.code, done.err) == (0, "")
    assert done.out == "pass  labelled/hills.png: Its credential holds.\n"


def test_one_file_without_a_credential_fails_the_run(cli, labelled):
    done = cli("verify", labelled)
    assert done.code == 1
    assert done.out.splitlines() == [
        "FAIL  labelled/bare.jpg: It carries no credential.",
        "pass  labelled/hills.png: Its credential holds.",
        "pass  labelled/sub/hills.txt: Its credential holds.",
    ]


@pytest.mark.parametrize("name", ["hills.png", "sub/hills.txt"])
def test_a_tampered_file_fails(cli, labelled, name):
    path = labelled / name
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    done = cli("verify", path)
    assert done.code == 1
    assert done.out.startswith(f"FAIL  {path}: ")


def test_trusted_takes_an_anchor(cli, labelled, dev_key):
    arguments = ("verify", labelled / "hills.png", "--policy", "trusted")
    done = cli(*arguments)
    assert (done.code, "on no trust list" in done.out) == (1, True)
    assert cli(*arguments, "--trust", dev_key.authority_path).code == 0


def test_every_policy_named_has_to_pass(cli, labelled):
    file = labelled / "hills.png"
    assert cli("verify", file, "--policy", "valid", "--policy", "disclosed").code == 0
    assert cli("verify", file, "--policy", "valid", "--policy", "trusted").code == 1


def test_the_configuration_names_policies_and_an_empty_list_passes_nothing(
    cli, labelled, workplace
):
    config = workplace / "credlabel.toml"
    config.write_text('[verify]\npolicies = ["trusted"]\n')
    chosen = ("--config", config)
    assert cli("verify", labelled / "hills.png", *chosen).code == 1
    assert cli("verify", labelled / "hills.png", "--policy", "valid", *chosen).code == 0
    config.write_text("[verify]\npolicies = []\n")
    done = cli("verify", labelled / "hills.png", *chosen)
    assert (done.code, done.out) == (4, "")
    assert "nothing passes without one" in done.err


def test_json_is_the_report_with_its_decisions(cli, labelled):
    done = cli("verify", labelled / "bare.jpg", "--json")
    assert done.code == 1
    (line,) = done.lines
    assert line["decisions"] == [
        {"policy": "valid", "passed": False, "reason": "It carries no credential."}
    ]


def test_a_file_that_can_not_be_read_neither_passes_nor_hides_the_others(cli, labelled, workplace):
    (workplace / "loop").symlink_to("loop")
    done = cli("verify", labelled / "hills.png", "loop")
    assert done.code == 3
    assert "FAIL  loop is a symbolic link that leads in a circle." in done.out
    assert cli("verify", "loop").code == 6
    assert cli("verify", "loop", labelled / "bare.jpg").code == 1


def test_an_empty_folder_does_not_pass(cli, workplace):
    (workplace / "empty").mkdir()
    done = cli("verify", "empty")
    assert (done.code, done.err) == (6, "Error: There is no file to verify here.\n")


def test_a_file_that_fails_is_told_what_was_found_wrong_first(cli, labelled):
    path = labelled / "sub" / "hills.txt"
    path.write_text("something else")
    (line,) = cli("verify", path, "--json").lines
    (first, *_) = [
        finding["explanation"]
        for finding in line["findings"]
        if finding["kind"] == "failure" and finding["code"] != "signingCredential.untrusted"
    ]
    assert cli("verify", path).out.endswith(f" {first}\n")
