"""``doctor``, ``plugins``, ``schema`` and ``completion``."""

import os
import subprocess
import sys

import msgspec
import pytest
from jsonschema import Draft202012Validator

from credlabel.model import Provenance

loopback = pytest.mark.enable_socket  # doctor listens there, to see whether anything is fetched


def states(done):
    return {check["name"]: check["state"] for check in done.json}


@loopback
def test_doctor_is_content_with_a_working_set_up(cli):
    done = cli("doctor")
    assert (done.code, done.err) == (0, "")
    assert "PROBLEM" not in done.out
    assert "ok       Signature: a trial label verified" in done.out
    assert "ok       Network: a URL planted in a file was not fetched" in done.out


@loopback
def test_doctor_looks_at_everything_and_makes_nothing(cli, home):
    done = cli("doctor", "--json")
    assert done.code == 0
    assert {"Python", "c2pa-python", "Plugins", "Network", "Signer", "Trust"} <= states(
        done
    ).keys()
    assert states(done)["Signer"] == states(done)["Trust"] == "warning"
    assert not home.exists()


@loopback
def test_doctor_names_what_is_wrong_and_what_to_do(cli, home, workplace):
    done = cli("doctor", "--signer", "studio")
    assert done.code == 1
    assert "PROBLEM  Signer: There is no signing key called 'studio'." in done.out
    assert "→ There are none yet: 'credlabel keys init' makes a development key." in done.out
    cli("keys", "init")
    (home / "keys" / "development" / "key.pem").chmod(0o644)
    done = cli("doctor")
    assert done.code == 1
    assert "can be read by others" in done.out
    assert "→ Run: chmod 600 " in done.out


@loopback
def test_doctor_tells_a_time_stamp_authority_that_does_not_answer(cli):
    done = cli("doctor", "--timestamp", "http://127.0.0.1:1/tsa", "--json")
    assert done.code == 1
    assert states(done)["Time-stamps"] == "problem"


@loopback
def test_doctor_tells_a_certificate_that_expires_soon(cli, monkeypatch):
    monkeypatch.setattr("credlabel.cli.doctor.days_left", lambda *_, **__: 3)
    done = cli("doctor", "--json")
    assert done.code == 0
    assert states(done)["Expiry"] == "warning"


def test_plugins_lists_the_bundled_ones_and_what_they_offer(cli):
    plugins = {plugin["name"]: plugin for plugin in cli("plugins", "--json").json}
    assert "image/png" in plugins["formats.png"]["offers"]["credlabel_formats"]
    assert plugins["formats.png"]["refused"] == ""
    done = cli("plugins")
    assert "  policies: valid, trusted, disclosed\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 110


def test_a_disabled_plugin_is_not_loaded(cli, workplace):
    (workplace / "credlabel.toml").write_text('[plugins]\ndisabled = ["reporters.csv"]\n')
    chosen = ("--config", "credlabel.toml")
    listed = cli("plugins", "--json", *chosen).json
    assert "reporters.csv" not in [plugin["name"] for plugin in listed]
    (workplace / "x").touch()
    done = cli("scan", "x", "--format", "csv", *chosen)
    assert (done.code, "no report format called 'csv'" in done.err) == (5, True)


@pytest.fixture
def broken_plugin(workplace, monkeypatch):
    """A distribution on the path whose plugin can't be imported."""
    site = workplace / "site"
    info = site / "broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[credlabel]\nbroken = broken_plugin\n")
    (site / "broken_plugin.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))


@loopback
def test_a_broken_plugin_is_shown_with_its_reason_and_harms_nobody(cli, broken_plugin, labelled):
    plugins = {plugin["name"]: plugin for plugin in cli("plugins", "--json").json}
    assert "nowhere_to_be_found" in plugins["broken"]["refused"]
    assert plugins["broken"]["distribution"] == "broken"
    assert "refused: " in cli("plugins").out
    done = cli("scan", labelled)
    assert (done.code, done.err) == (0, "")
    done = cli("doctor")
    assert done.code == 0
    assert "warning  Plugin broken: refused: " in done.out


@pytest.mark.parametrize("kind", ["report", "receipt", "provenance"])
def test_schemas_are_schemas(cli, kind):
    done = cli("schema", kind)
    assert done.code == 0
    Draft202012Validator.check_schema(done.json)
    assert done.json["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schema_of_receipts_fits_a_receipt(cli, sample):
    (receipt,) = cli("label", sample("hills.txt"), "-o", "out.txt", "--json").lines
    Draft202012Validator(cli("schema", "receipt").json).validate(receipt)


def test_the_schema_of_provenance_knows_every_key(cli):
    schema = cli("schema", "provenance").json
    name = schema["$ref"].rpartition("/")[2]
    assert schema["$defs"][name]["properties"].keys() == {
        field.encode_name for field in msgspec.structs.fields(Provenance)
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(cli, shell):
    done = cli("completion", shell)
    assert done.code == 0
    assert "_CREDLABEL_COMPLETE" in done.out


def test_completion_completes(program):
    done = program(
        env={
            "_CREDLABEL_COMPLETE": "bash_complete",
            "COMP_WORDS": "credlabel sc",
            "COMP_CWORD": "1",
        }
    )
    assert "plain,scan" in done.out.splitlines()


def test_a_bash_script_is_a_bash_script(cli):
    script = cli("completion", "bash").out
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert sys.version_info >= (3, 11)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("scan --format js", {"plain,json", "plain,jsonl"}),
        ("verify --policy tr", {"plain,trusted"}),
        ("keys show dev", {"plain,development"}),
        ("trust remove x", {""}),
    ],
)
def test_names_are_completed(program, words, offered):
    done = program(
        env=os.environ
        | {
            "_CREDLABEL_COMPLETE": "bash_complete",
            "COMP_WORDS": f"credlabel {words}",
            "COMP_CWORD": str(len(words.split())),
        }
    )
    assert set(done.out.splitlines()) == offered
