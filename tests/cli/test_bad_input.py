"""Bad input: a clear sentence, the right exit code or finding, nothing written, nothing lost.

The fixtures check after every command that no trace was shown and that nothing was called a bug.
"""

# ruff: noqa: PTH208 - names are compared with names

import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from credlabel import Scanner

LONG = "n" * 300
HOSTILE = (
    "two\nlines.txt",
    "\x1b]0;owned\x07\x1b[31mred.txt",
    os.fsdecode(b"caf\xe9.txt"),  # no UTF-8
    "txt.\u202egpj.txt",  # shown from right to left
    "-o.txt",
)


def drafts(folder="."):
    return list(Path(folder).rglob(".credlabel-*"))


# ---------------------------------------------------------------------------- files at fault


@pytest.fixture
def bad_files(workplace, samples):
    """Files that no label can be put into, by name, with what is said about each."""
    folder = workplace / "bad"
    folder.mkdir()
    (folder / "empty.png").touch()
    for name, share in (("hills.jpg", 0.3), ("hills.png", 0.6), ("hills.mp4", 0.5)):
        data = samples[name].read_bytes()
        (folder / name.replace("hills", "cut")).write_bytes(data[: int(len(data) * share)])
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    return {
        "empty.png": "is empty.",
        "cut.jpg": "cut short",
        "cut.png": "cut short",
        "cut.mp4": "",
        "loop": "is a symbolic link that leads in a circle.",
        "dangling": "does not exist.",
        "pipe": "is no regular file.",
    }


def test_each_bad_file_is_refused_with_its_reason_and_leaves_nothing(
    cli, bad_files, sample, workplace, tree
):
    sample("hills.png", "bad/good.png")
    before = tree("bad")
    done = cli("label", "bad", "--out", "out")
    assert done.code == 3
    assert done.out == "labelled   out/good.png\n"
    told = {line.split()[1].strip(":"): line for line in done.err.splitlines()}
    for name, reason in bad_files.items():
        assert told[f"bad/{name}"].startswith("refused ")
        assert reason in told[f"bad/{name}"]
    assert list(tree("out")) == ["good.png"]
    assert tree("bad") == before
    assert not drafts()


@pytest.mark.parametrize("name", ["empty.png", "cut.jpg", "loop", "pipe"])
def test_one_bad_file_alone_exits_with_its_own_code(cli, bad_files, workplace, name):
    done = cli("label", f"bad/{name}", "-o", "out.png")
    assert done.code == 6
    assert bad_files[name] in done.err
    assert not (workplace / "out.png").exists()


def test_a_scan_reports_what_can_not_be_read_and_goes_on(cli, bad_files, sample):
    sample("hills.png", "bad/good.png")
    done = cli("scan", "bad", "--format", "jsonl")
    assert done.code == 3
    lines = {line["subject"]["name"].removeprefix("bad/"): line for line in done.lines}
    assert lines.keys() == {*bad_files, "good.png"}
    for name in ("loop", "dangling", "pipe"):
        (finding,) = lines[name]["findings"]
        assert (finding["code"], finding["kind"]) == ("credlabel.asset.unreadable", "failure")
        assert bad_files[name] in finding["explanation"]
        assert f"Error: bad/{name} {bad_files[name]}" in done.err
        assert lines[name]["verdict"]["integrity"] == "unverifiable"
    assert lines["empty.png"]["verdict"]["origin"] == "unknown"


def test_many_unreadable_files_do_not_flood_the_terminal(cli, workplace):
    for number in range(50):
        (workplace / f"{number:02}").symlink_to(f"{number:02}")
    done = cli("scan", ".")
    assert done.code == 6
    assert len(done.err.splitlines()) == 21
    assert "30 more files could not be read" in done.err.splitlines()[-1]


@pytest.mark.parametrize("command", ["label", "scan", "inspect", "verify"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere.png", "nowhere.png does not exist."),
        ("/dev/null", "/dev/null is no regular file."),
        ("note.txt/below", "note.txt/below does not exist"),
    ],
)
def test_what_is_no_file_is_told(cli, workplace, command, path, says):
    (workplace / "note.txt").write_text("x")
    extra = ["-o", "out.png"] if command == "label" else []
    done = cli(command, path, *extra)
    assert done.code == 6
    assert says in (done.out if command == "verify" else done.err)
    assert os.listdir(workplace) == ["note.txt"]


@pytest.mark.parametrize("command", ["label", "scan", "inspect", "verify"])
def test_a_name_that_is_too_long_is_told(cli, workplace, command):
    extra = ["-o", "out.png"] if command == "label" else []
    done = cli(command, LONG, *extra)
    assert done.code == 6
    assert LONG in done.out + done.err
    assert os.listdir(workplace) == []


@pytest.mark.parametrize("target", [LONG + ".txt", "n" * 250 + ".txt"])
def test_an_output_or_sidecar_whose_name_is_too_long_leaves_nothing(
    cli, sample, workplace, target
):
    done = cli("label", sample("hills.txt"), "-o", target)
    assert done.code in (6, 7, 9)
    assert "name too long" in done.err.lower()
    assert os.listdir(workplace) == ["hills.txt"]


def test_some_missing_files_do_not_keep_the_others_from_being_read(cli, labelled):
    done = cli("scan", "nowhere", labelled / "hills.png")
    assert done.code == 3
    assert done.err == "Error: nowhere does not exist.\n"
    assert "generated" in done.out
    done = cli("label", "nowhere", labelled / "bare.jpg", "--out", "out")
    assert (done.code, done.out) == (3, "labelled   out/bare.jpg\n")


def test_a_report_is_not_started_when_nothing_is_there(cli, workplace):
    assert cli("scan", "nowhere", "-o", "report.txt").code == 6
    assert os.listdir(workplace) == []


def test_a_wrong_extension_is_seen_through(cli, sample, workplace):
    sample("hills.jpg", "wrong.png")
    cli("label", "wrong.png", "--out", "out")
    (line,) = cli("scan", "out/wrong.png", "--format", "jsonl").lines
    assert line["subject"]["media_type"] == "image/jpeg"
    assert line["verdict"]["integrity"] == "intact"


def test_an_unknown_type_gets_a_sidecar_and_the_reason(cli, sample, workplace):
    done = cli("label", sample("hills.bin"), "--out", "out")
    assert done.code == 0
    assert "+ hills.bin.c2pa  (A credential can't be embedded" in done.out
    assert Scanner().scan(workplace / "out" / "hills.bin").verdict.integrity == "intact"


def test_loops_of_links_end(cli, sample, workplace):
    sample("hills.png", "a/b/hills.png")
    (workplace / "a" / "b" / "up").symlink_to("..")
    (workplace / "a" / "self").symlink_to(".")
    done = cli("scan", "a", "--format", "jsonl")
    assert [line["subject"]["name"] for line in done.lines] == ["a/b/hills.png"]
    assert cli("label", "a", "--out", "out").code == 0


@pytest.mark.slow
def test_hostile_names_are_labelled_scanned_and_shown_harmlessly(cli, workplace):
    (workplace / "src").mkdir()
    for name in HOSTILE:
        (workplace / "src" / name).write_text("words")
    outcomes = [
        cli("label", "src", "--out", "out"),
        cli("scan", "out"),
        cli("verify", "out"),
        cli("inspect", f"out/{HOSTILE[1]}"),
        cli("inspect", f"out/{HOSTILE[2]}"),
    ]
    assert [done.code for done in outcomes] == [0] * 5
    assert sorted(os.listdir("out")) == sorted([*HOSTILE, *(name + ".c2pa" for name in HOSTILE)])
    for done in outcomes:
        assert all(c.isprintable() or c == "\n" for c in done.out + done.err)
    assert len(outcomes[0].out.splitlines()) == len(outcomes[2].out.splitlines()) == len(HOSTILE)
    lines = cli("scan", "out", "--format", "jsonl").lines
    assert [line["verdict"]["integrity"] for line in lines] == ["intact"] * len(HOSTILE)
    lines = cli("label", "src", "--out", "again", "--json").lines
    assert [line["relation"] for line in lines] == ["created"] * len(HOSTILE)
    for name in (HOSTILE[2], HOSTILE[4]):
        os.chdir(workplace / "src")
        assert cli("label", "--in-place", "--json", "--", name).code == 0


# ---------------------------------------------------------------------------- permissions


@pytest.fixture
def unprivileged(program, workplace):
    """Run a command that permissions hold for: root without its powers, or anybody else as is."""
    prefix = []
    if os.geteuid() == 0:
        powers = "-dac_override,-dac_read_search"
        prefix = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"]
    probe = workplace / "probe"
    probe.touch(mode=0o000)
    if not shutil.which("setpriv") or not subprocess.call([*prefix, "cat", probe]):
        pytest.skip("CAN'T DO WITHOUT ROOT'S POWERS: setpriv (util-linux) IS MISSING")
    probe.unlink()
    return lambda *arguments: program(*arguments, prefix=prefix)


@pytest.fixture
def closed(workplace, sample):
    """A folder that may not be listed and a file that may not be read, opened again at the end."""
    sample("hills.png", "closed/inside.png")
    sample("hills.png", "src/closed/inside.png")
    sample("hills.png", "secret.png")
    for name in ("closed", "src/closed", "secret.png"):
        (workplace / name).chmod(0)
    yield
    for name in ("closed", "src/closed"):
        (workplace / name).chmod(0o700)


@pytest.mark.slow
def test_what_may_not_be_read_is_told_and_the_rest_is_done(
    unprivileged, closed, sample, workplace
):
    sample("hills.png", "open.png")
    done = unprivileged("scan", ".", "--format", "jsonl")
    assert done.code == 3
    lines = {line["subject"]["name"]: line for line in done.lines}
    assert lines.keys() == {"closed", "open.png", "secret.png", "src/closed"}
    for name in ("closed", "src/closed", "secret.png"):
        assert lines[name]["findings"][0]["code"] == "credlabel.asset.unreadable"
        assert f"Error: {name} may not be read: permission is denied." in done.err
    done = unprivileged("label", "closed", "secret.png", "open.png", "--out", "out")
    assert (done.code, done.out) == (3, "labelled   out/open.png\n")
    assert "refused    secret.png may not be read: permission is denied." in done.err
    assert "refused    closed may not be read: permission is denied." in done.err
    assert unprivileged("label", "src", "--out", "out").code == 6
    done = unprivileged("scan", "closed", "open.png")
    assert (done.code, "open.png" in done.out) == (3, True)


def test_an_output_folder_that_may_not_be_written_to_is_told(unprivileged, sample, workplace):
    source = sample("hills.png")
    (workplace / "out").mkdir(mode=0o555)
    done = unprivileged("label", source, "--out", "out")
    assert done.code in (7, 9)
    assert "ermission denied" in done.err
    assert os.listdir(workplace / "out") == []
    done = unprivileged("scan", source, "-o", "out/report.txt")
    assert done.code == 9
    assert done.err == "Error: out/report.txt can't be written: Permission denied.\n"


# ---------------------------------------------------------------------------- requests at fault


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["verify", "x.png", "--policy", "nope"], 5, "There is no policy called 'nope'"),
        (["scan", "x.png", "--format", "xml"], 5, "There is no report format called 'xml'"),
        (["scan", "x.png", "--digest", "md5"], 2, "'md5' is not one of"),
        (["scan", "x.png", "--trust", "no.pem"], 4, "no.pem can't be used: No such file"),
        (["scan", "x.png", "--trust", "x.png"], 4, "There is no certificate in PEM form."),
        (["scan", "x.png", "--trust-bundle", "no"], 4, "There is no trust bundle called 'no'."),
        (["scan", "x.png", "--config", "no.toml"], 4, "no.toml can't be read: No such file"),
        (["label", "x.png", "-o", "y", "--signer", "no"], 8, "There is no signing key called"),
        (["label", "x.png", "-o", "y", "--signer", "a b"], 4, "A signing key can't be called"),
        (["label", "x.png", "-o", "y", "--signer", "file:/no"], 8, "no signing key at /no."),
        (
            ["label", "x.png", "-o", "y", "--signer", "yubi:1"],
            5,
            "no kind of signer called 'yubi'",
        ),
        (["label", "x.png", "-o", "y", "--timestamp", "ftp://x"], 8, "must begin with http"),
        (["label", "x.png", "-o", "y", "--source-type", "photo"], 4, "no digital source type"),
        (["label", "x.png", "-o", "y", "--provenance", "no.toml"], 4, "no.toml can't be read"),
        (["label", "x.png", "-o", "y", "--prompt-file", "no"], 4, "The prompt file no can't be"),
        (
            ["label", "x.png", "-o", "y", "--prompt-file", "x.png"],
            4,
            "The prompt file x.png is no",
        ),
        (["label", "x.png", "-o", "y", "--model", "@"], 4, "'@' names nothing."),
        (["label", "x.png", "-o", "/dev/null"], 2, "/dev/null is there, and is no file."),
        (["label", "x.png", "-o", "/dev/null", "--force"], 2, "and is no file."),
        (["label", "x.png", "-o", "/proc/no/y"], 9, "No such file"),
        (["label", "x.png", "--out", "x.png"], 2, "is a file."),
        (["label", "x.png", "-o", "."], 2, "is a directory."),
        (["keys", "add", "k", "no", "no"], 4, "no can't be read: No such file or directory."),
        (["keys", "add", "k", "x.png", "x.png"], 8, "holds no private key"),
        (["frobnicate"], 2, "No such command 'frobnicate'."),
        (["schema", "world"], 2, "'world' is not one of"),
        (["completion", "tcsh"], 2, "'tcsh' is not one of"),
    ],
)
def test_a_request_at_fault_is_told_and_nothing_is_written(
    cli, sample, workplace, arguments, code, says
):
    sample("hills.png", "x.png")
    done = cli(*arguments)
    assert done.code == code
    assert says in done.err
    assert done.out == ""
    assert os.listdir(workplace) == ["x.png"]
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[labels]\n", "labels"),
        (b'[label]\non_existin = "skip"\n', "on_existin"),
        (b'[label]\non_existing = "keep"\n', "keep"),
        (b"[limits]\nseconds = 'long'\n", "limits"),
        (b"[provenance]\nsytem = 'x'\n", "sytem"),
        (b"[label\n", "line 1"),
        (b"\xff\xfe", "credlabel.toml"),
        (b"[plugins]\ndisabled = 'all'\n", "disabled"),
    ],
)
def test_a_bad_configuration_is_refused_with_the_place(cli, sample, workplace, text, says):
    (workplace / "credlabel.toml").write_bytes(text)
    for command in (["scan", "x.png"], ["label", "x.png", "-o", "y.png"], ["doctor"]):
        done = cli(*command)
        assert (done.code, done.out) == (4, "")
        assert "credlabel.toml" in done.err
        assert says in done.err
    assert os.listdir(workplace) == ["credlabel.toml"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("r.toml", "sytem = 'x'\n", "sytem"),
        ("r.toml", "system = 1\n", "system"),
        ("r.toml", "models = ['painter']\n", "models"),
        ("r.toml", "[[models]]\nversion = '1'\n", "name"),
        ("r.toml", "[[prompts]]\nsha256 = 'abc'\n", "sha256"),
        ("r.toml", "created = 'yesterday'\n", "created"),
        ("r.toml", "source_type = 'photo'\n", "'photo' is no digital source type."),
        ("r.toml", "system = 'x\n", "r.toml"),
        ("r.json", '{"system": ', "r.json"),
        ("r.json", "[]", "r.json"),
    ],
)
def test_a_bad_record_is_refused_before_anything_is_written(
    cli, sample, workplace, name, text, says
):
    source = sample("hills.png")
    (workplace / name).write_text(text)
    done = cli("label", source, "-o", "out.png", "--provenance", name)
    assert done.code == 4
    assert says in done.err
    assert sorted(os.listdir(workplace)) == sorted(["hills.png", name])


def test_a_key_file_that_others_may_read_is_refused(cli, sample, workplace, dev_key):
    for path in (dev_key.key_path, dev_key.chain_path):
        shutil.copy(path, workplace)
    (workplace / "key.pem").chmod(0o644)
    done = cli("label", sample("hills.png"), "-o", "out.png", "--signer", "file:key.pem")
    assert done.code == 8
    assert done.err.splitlines() == [
        "Error: The signing key key.pem can be read by others (mode 0644).",
        "Run: chmod 600 'key.pem'",
    ]
    (workplace / "key.pem").chmod(0o600)
    assert cli("label", "hills.png", "-o", "out.png", "--signer", "file:key.pem").code == 0


# ---------------------------------------------------------------------------- machine at fault


def test_no_home_is_told(cli, monkeypatch):
    """As for a service account that has none; platformdirs then raises this."""

    def fail(*_, **__):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_data_path", fail)
    monkeypatch.delenv("CREDLABEL_HOME")
    done = cli("keys", "list")
    assert done.code == 4
    assert done.err.splitlines() == [
        "Error: There is no home directory to keep keys and trust in.",
        "Set CREDLABEL_HOME to a directory of your own.",
    ]


@pytest.mark.parametrize("home", ["/proc/no/home", "/dev/null"])
def test_a_home_that_can_not_be_is_told(cli, sample, monkeypatch, workplace, home):
    monkeypatch.setenv("CREDLABEL_HOME", home)
    done = cli("label", sample("hills.png"), "-o", "out.png")
    assert done.code == 4
    assert home in done.err
    assert os.listdir(workplace) == ["hills.png"]


def test_a_home_that_others_may_write_to_is_refused(cli, home, sample):
    home.mkdir(parents=True)
    (home / "keys").mkdir()
    (home / "keys").chmod(0o777)
    done = cli("label", sample("hills.png"), "-o", "out.png")
    assert done.code == 4
    assert "can be written to by other users" in done.err


def test_a_full_disk_is_told_and_leaves_nothing(program, sample, workplace):
    """On a file system of 8 kB, mounted where only the command sees it."""
    source = sample("hills.avi")
    script = 'mount -t tmpfs -o size=8k tmpfs full && "$@"; code=$?; ls -A full >&2; exit $code'
    prefix = ["unshare", "-rm", "sh", "-c"]
    (workplace / "full").mkdir()
    probe = subprocess.run([*prefix, "mount -t tmpfs tmpfs full"], check=False)
    if probe.returncode:
        pytest.skip("CAN'T MOUNT A SMALL FILE SYSTEM HERE")
    done = program("label", source, "--out", "full", prefix=[*prefix, script, "sh"])
    assert done.code == 9
    assert "No space left on device" in done.err
    assert len(done.err.splitlines()) == 1, "the refusal, and no file in the folder"
    assert done.out == ""


def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(program, sample, workplace):
    done = program(
        *("label", sample("hills.avi"), "-o", "out.avi"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.code == 9
    assert "File too large" in done.err
    assert os.listdir(workplace) == ["hills.avi"]


@pytest.mark.parametrize("command", [["scan", "."], ["keys", "list"], ["plugins"], ["--version"]])
def test_standard_output_that_is_full_is_told(program_line, command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*program_line, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode in (1, 9)
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    if command != ["--version"]:
        assert done.returncode == 9
        assert done.stderr == "Error: The system is at fault: No space left on device.\n"


def test_nobody_reading_the_output_is_no_failure(program_line, workplace, samples):
    for number in range(40):
        shutil.copyfile(samples["hills.jpg"], workplace / f"{number}.jpg")
    line = " ".join(f"'{word}'" for word in program_line)
    done = subprocess.run(
        ["bash", "-c", f"{line} scan . --format jsonl | head -1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param((1,), marks=pytest.mark.slow),
        (0, 1, 2),
        pytest.param((0,), marks=pytest.mark.slow),
    ],
)
def test_closed_standard_streams_harm_nothing(program_line, sample, workplace, closed):
    source = sample("hills.png")

    def close():
        for descriptor in closed:
            os.close(descriptor)

    process = subprocess.Popen([*program_line, "label", source, "-o", "out.png"], preexec_fn=close)  # noqa: PLW1509
    assert process.wait(60) == 0
    assert Scanner().scan(workplace / "out.png").verdict.integrity == "intact"


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_nothing_half_written(program_line, workplace, samples):
    (workplace / "src").mkdir()
    data = samples["hills.wav"].read_bytes()
    for number in range(600):
        (workplace / "src" / f"{number:04}.wav").write_bytes(data)
    process = subprocess.Popen(
        [*program_line, "label", "src", "--out", "out", "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(5):
        assert process.stdout.readline().startswith(b"labelled")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert err.strip() == b""
    time.sleep(0.2)
    made = list((workplace / "out").iterdir())
    assert 5 <= len(made) < 600
    assert not drafts("out")
    assert {Scanner().scan(path).verdict.integrity for path in made[-20:]} == {"intact"}
    assert all(path.read_bytes() == data for path in (workplace / "src").iterdir())
