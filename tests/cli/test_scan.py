"""``credlabel scan``: a line a file, with the keys that other programs rely on."""

import csv
import hashlib
import io
import json
import shutil
import socket
import threading

import pytest
from jsonschema import Draft202012Validator

from credlabel.probe import remote_bait


@pytest.fixture
def schema(cli):
    done = cli("schema", "report")
    Draft202012Validator.check_schema(done.json)
    return Draft202012Validator(done.json)


def test_each_line_has_the_contract_keys_and_follows_the_schema(cli, labelled, schema):
    done = cli("scan", labelled, "--format", "jsonl")
    assert done.code == 0
    lines = {line["subject"]["name"]: line for line in done.lines}
    assert list(lines) == ["labelled/bare.jpg", "labelled/hills.png", "labelled/sub/hills.txt"]
    for line in lines.values():
        schema.validate(line)
        assert {"name", "media_type", "size"} <= line["subject"].keys()
        assert {"origin", "integrity", "trust", "marks"} <= line["verdict"].keys()
    signed = lines["labelled/hills.png"]
    data = (labelled / "hills.png").read_bytes()
    assert signed["subject"]["media_type"] == "image/png"
    assert signed["subject"]["size"] == len(data)
    assert signed["subject"]["digest"] == {"sha256": hashlib.sha256(data).hexdigest()}
    assert signed["verdict"]["origin"] == "generated"
    assert signed["verdict"]["integrity"] == "intact"
    assert signed["verdict"]["trust"] == "untrusted"
    assert signed["verdict"]["marks"] == ["credential", "metadata"]
    evidence, mark = signed["evidence"]
    assert (mark["detector"], mark["strength"], mark["basis"]) == ("iptc", "asserted", "mark")
    assert evidence["detector"] == "c2pa"
    assert (evidence["kind"], evidence["strength"]) == ("credential", "signed")
    assert evidence["origin"] == "generated"
    assert evidence["details"]["system"] == "Painter"
    assert {"code", "kind", "explanation"} <= signed["findings"][0].keys()
    bare = lines["labelled/bare.jpg"]
    assert bare["verdict"] | {"strength": None, "conflicts": [], "triage": None} == {
        "origin": "unknown",
        "strength": None,
        "integrity": "none",
        "trust": "none",
        "marks": [],
        "conflicts": [],
        "triage": None,
    }
    assert (bare["evidence"], bare["findings"]) == ([], [])
    assert lines["labelled/sub/hills.txt"]["verdict"]["marks"] == ["credential", "sidecar"]


@pytest.mark.parametrize(
    ("rule", "digests"),
    [
        ("auto", {"hills.png", "hills.txt"}),
        ("always", {"hills.png", "hills.txt", "bare.jpg"}),
        ("never", set()),
    ],
)
def test_digests_are_there_by_rule_and_otherwise_absent(cli, labelled, rule, digests):
    done = cli("scan", labelled, "--format", "jsonl", "--digest", rule)
    found = {
        line["subject"]["name"].rpartition("/")[2]
        for line in done.lines
        if "digest" in line["subject"]
    }
    assert found == digests


def test_the_schema_refuses_what_is_no_report(cli, labelled, schema):
    line = cli("scan", labelled / "hills.png", "--format", "jsonl").lines[0]
    assert schema.is_valid(line)
    del line["verdict"]["integrity"]
    assert not schema.is_valid(line)


def test_unreadable_files_follow_the_schema_too(cli, workplace, schema):
    (workplace / "loop").symlink_to("loop")
    done = cli("scan", "loop", "--format", "jsonl")
    (line,) = done.lines
    schema.validate(line)
    assert line["findings"][0]["code"] == "credlabel.asset.unreadable"
    assert "digest" not in line["subject"]


def test_json_is_one_array_and_json_stands_for_format_json(cli, labelled):
    done = cli("scan", labelled, "--format", "json")
    assert [report["subject"]["name"] for report in done.json] == [
        "labelled/bare.jpg",
        "labelled/hills.png",
        "labelled/sub/hills.txt",
    ]
    assert cli("scan", labelled, "--json").out == done.out


def test_csv_has_a_header_and_a_row_a_file(cli, labelled):
    rows = list(csv.DictReader(io.StringIO(cli("scan", labelled, "--format", "csv").out)))
    assert [row["origin"] for row in rows] == ["unknown", "generated", "generated"]
    assert rows[2]["marks"] == "credential sidecar"


def test_the_table_has_a_row_a_file_and_a_summary(cli, labelled):
    done = cli("scan", labelled)
    header, *rows = done.out.splitlines()
    assert header.split() == ["ORIGIN", "INTEGRITY", "TRUST", "MARKS", "NAME"]
    assert rows[0].split() == ["unknown", "none", "none", "-", "labelled/bare.jpg"]
    assert rows[1].split()[:4] == ["generated", "intact", "untrusted", "credential,metadata"]
    assert "3 files: 2 generated, 1 unknown" in done.out
    assert "it does not mean human-made" in done.out


def test_two_scans_say_the_same_byte_for_byte(cli_with_workers, labelled):
    arguments = ("scan", labelled, "--format", "jsonl", "--digest", "always")
    assert (
        cli_with_workers(*arguments, "--jobs", "2").out
        == cli_with_workers(*arguments, "--jobs", "1").out
    )


def test_a_sidecar_alone_is_reported_as_such(cli, labelled, workplace):
    shutil.move(labelled / "sub" / "hills.txt.c2pa", workplace / "alone.c2pa")
    done = cli("scan", "alone.c2pa", "--format", "jsonl")
    (line,) = done.lines
    assert line["verdict"]["origin"] == "unknown"
    assert "credlabel.sidecar.orphan" in [finding["code"] for finding in line["findings"]]


def test_a_named_sidecar_comes_with_its_file(cli, labelled):
    folder = labelled / "sub"
    done = cli("scan", folder / "hills.txt", folder / "hills.txt.c2pa", "--format", "jsonl")
    assert [line["subject"]["name"] for line in done.lines] == ["labelled/sub/hills.txt"]


def test_trust_from_a_file_makes_the_signer_trusted(cli, labelled, dev_key):
    arguments = ("scan", labelled / "hills.png", "--format", "jsonl")
    (line,) = cli(*arguments, "--trust", dev_key.authority_path).lines
    assert line["verdict"]["trust"] == "trusted"
    (line,) = cli(*arguments).lines
    assert line["verdict"]["trust"] == "untrusted"


def test_a_report_file_appears_whole_and_replaces_an_older_one(cli, labelled, workplace):
    (workplace / "report.json").write_text("old")
    done = cli("scan", labelled, "--format", "json", "-o", "report.json")
    assert (done.code, done.out) == (0, "")
    assert len(json.loads((workplace / "report.json").read_text())) == 3
    assert not [path for path in workplace.iterdir() if path.name.startswith(".")]


def test_a_report_that_fails_leaves_the_older_one(cli, labelled, workplace, monkeypatch):
    from credlabel_plugins.reporters.json import JsonArray

    def fail(self, reports, out):
        out.write("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(JsonArray, "write", fail)
    (workplace / "report.json").write_text("old")
    done = cli("scan", labelled / "bare.jpg", "--format", "json", "-o", "report.json")
    assert (done.code, done.err) == (
        9,
        "Error: The system is at fault: No space left on device.\n",
    )
    assert (workplace / "report.json").read_text() == "old"
    assert sorted(path.name for path in workplace.iterdir()) == ["labelled", "report.json"]


def test_a_device_is_written_to_and_not_replaced(cli, labelled, workplace):
    target = workplace / "null"
    target.symlink_to("/dev/null")
    assert cli("scan", labelled / "bare.jpg", "-o", target).code == 0
    assert target.is_symlink()
    assert target.resolve().is_char_device()


def test_an_empty_folder_is_no_failure(cli, workplace):
    (workplace / "empty").mkdir()
    done = cli("scan", "empty")
    assert (done.code, done.out.strip(), done.err) == (0, "0 files", "")
    assert cli("scan", "empty", "--json").json == []
    assert cli("scan", "empty", "--format", "jsonl").out == ""


@pytest.mark.parametrize("output", ["sub/hills.txt", "sub/hills.txt.c2pa", "link"])
def test_a_report_is_not_written_over_what_is_scanned(cli, labelled, tree, output):
    (labelled.parent / "link").symlink_to(labelled / "hills.png")
    before = tree(labelled)
    done = cli("scan", labelled, "-o", output if output == "link" else labelled / output)
    assert done.code == 2
    assert "The report would be written over labelled/" in " ".join(done.err.split())
    assert tree(labelled) == before


def test_a_sidecar_named_alone_stands_for_its_file(cli, labelled):
    name = "labelled/sub/hills.txt"
    for command, what in (("scan", "scanned"), ("verify", "verified"), ("inspect", "shown")):
        done = cli(command, name + ".c2pa")
        assert done.code == 0
        assert done.err == f"{name}.c2pa is the sidecar of {name}, which is {what}.\n"
        assert name in done.out
    done = cli("scan", "labelled", name + ".c2pa", "--format", "jsonl")
    assert (len(done.lines), done.err) == (3, "")


def test_a_credential_kept_elsewhere_is_told(cli, workplace):
    uri = "https://example.com/m.c2pa"
    (workplace / "remote.jpg").write_bytes(remote_bait(uri))
    table = cli("scan", "remote.jpg").out
    assert table.splitlines()[1].split() == ["unknown", "none", "none", "remote", "remote.jpg"]
    assert "\ncredentials: 1 kept elsewhere\n" in table
    shown = cli("inspect", "remote.jpg").out
    assert f"a credential is kept elsewhere, at {uri}, and was not fetched" in shown
    assert "nothing was signed" not in shown
    done = cli("verify", "remote.jpg")
    assert done.code == 1
    assert done.out.endswith("The credential is kept elsewhere and was not fetched.\n")


@pytest.mark.enable_socket
@pytest.mark.parametrize("command", ["scan", "inspect", "verify"])
def test_a_credential_kept_elsewhere_is_fetched_from_the_host_named_only(cli, workplace, command):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        called = threading.Event()

        def answer():
            with server.accept()[0]:
                called.set()

        listener = threading.Thread(target=answer, daemon=True)
        listener.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        (workplace / "remote.jpg").write_bytes(remote_bait(f"http://{host}/m.c2pa"))
        cli(command, "remote.jpg", "--fetch-remote", "example.com")
        assert not called.is_set()
        cli(command, "remote.jpg", "--fetch-remote", host)
        assert called.wait(10)
