"""``credlabel verify``: pass or fail, with the exit code that a script acts on."""

import pytest


def test_a_labelled_file_passes(cli_with_workers, labelled):
    done = cli_with_workers("verify", labelled / "hills.png")
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
        {
            "policy": "valid",
            "passed": False,
            "reason": "It carries no credential.",
            "assessments": [],
        }
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


# ---------------------------------------------------------------------------- profiles


@pytest.mark.slow
def test_a_profile_decides_in_place_of_the_default_policy(cli, labelled):
    done = cli("verify", labelled, "--profile", "eu-ai-act-50")
    assert done.code == 1
    assert done.out.splitlines()[0] == (
        "FAIL  labelled/bare.jpg: Art. 50(2), marked: not found. It carries no mark that says "
        "that AI made it. Also Art. 50(2), detectable: not found."
    )
    assert "valid" not in done.out


@pytest.mark.slow
def test_a_profile_and_a_policy_are_told_apart(cli, labelled):
    arguments = ("--profile", "eu-ai-act-50", "--profile", "cn-gb45438", "--policy", "valid")
    done = cli("verify", labelled / "hills.png", *arguments)
    assert done.code == 1
    assert done.out.startswith("FAIL  labelled/hills.png: cn-gb45438: 6.1 c): not found.")


def test_clauses_are_listed_and_what_fails_nothing_is_told(cli, labelled):
    done = cli("verify", labelled / "hills.png", "--profile", "eu-ai-act-50", "--clauses")
    assert done.code == 0
    lines = done.out.splitlines()[1:]
    assert len(lines) == 9
    assert lines[0].startswith("      compliant       Art. 50(2), marked: ")
    assert any("Code 1.1.2 (fails nothing): " in line for line in lines)


@pytest.mark.slow
def test_json_has_every_assessment(cli, labelled):
    done = cli("verify", labelled / "bare.jpg", "--profile", "eu-ai-act-50", "--json")
    (line,) = done.lines
    (decision,) = line["decisions"]
    assert decision["policy"] == "eu-ai-act-50"
    first = decision["assessments"][0]
    assert first["compliance"] == "not found"
    assert first["clause"]["read"] == "2026-11-22"
    assert first["clause"]["is_primary"] is True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--as-of", "2026-08-01"), 0),
        (("--as-of", "2026-12-01", "--placed-on-market", "2026-01-31"), 0),
        (("--role", "deployer"), 1),
        (("--role", "platform"), 0),
        (("--exempt", "bare.jpg=raw-recording"), 0),
        (("--exempt", "hills.jpg=raw-recording"), 1),
    ],
)
def test_whom_when_and_what_is_exempt_decide(cli, labelled, options, code):
    done = cli("verify", labelled / "bare.jpg", "--profile", "eu-ai-act-50", *options)
    assert done.code == code


@pytest.mark.slow
def test_a_signatory_is_held_to_the_code(cli, labelled):
    done = cli("verify", labelled / "hills.png", "--profile", "eu-ai-act-50", "--signatory")
    assert done.code == 1
    assert "Code 1.1" in done.out


@pytest.mark.parametrize(
    "options",
    [("--clauses",), ("--role", "platform"), ("--signatory",), ("--exempt", "*=captions")],
)
def test_a_situation_without_a_profile_is_a_mistake(cli, labelled, options):
    done = cli("verify", labelled / "bare.jpg", *options)
    assert (done.code, done.out) == (2, "")
    assert "--profile" in done.err
