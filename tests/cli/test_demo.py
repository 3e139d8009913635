"""``credlabel demo``: what a newcomer sees first has to work."""

import pytest

PROGRAM = "credlabel "


@pytest.mark.slow
def test_the_demo_shows_a_verified_archive_and_where_to_look(cli, workplace):
    done = cli("demo", "--into", "demo")
    assert (done.code, done.err) == (0, "")
    archive = workplace / "demo" / "archive"
    files = [path for path in archive.iterdir() if path.suffix != ".c2pa"]
    assert len(files) >= 10
    assert f"{len(files)} of {len(files)} files carry a credential that holds." in done.out
    for path in files:
        assert path.name in done.out
    assert "credlabel inspect demo/archive/" in done.out
    assert cli("verify", "demo/archive").code == 0
    suggested = [
        line.split()[1:] for line in done.out.splitlines() if line[3:].startswith(PROGRAM)
    ]
    assert [words[0] for words in suggested] == ["watch", "scan", "inspect", "verify"]
    for words in suggested[1:]:
        assert cli(*words).code == 0, words


@pytest.mark.slow
def test_a_second_demo_replaces_the_first(cli, workplace):
    first = cli("demo", "--into", "demo")
    (workplace / "demo" / "quarantine").mkdir(exist_ok=True)
    (workplace / "demo" / "quarantine" / "old").touch()
    second = cli("demo", "--into", "demo")
    assert (second.code, second.out) == (0, first.out)
    assert not (workplace / "demo" / "quarantine" / "old").exists()


@pytest.mark.parametrize("part", ["inbox", "archive", "quarantine"])
def test_files_that_no_demo_made_are_left_alone(cli, workplace, part):
    mine = workplace / "own" / part / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for _ in range(2):
        done = cli("demo", "--into", "own")
        assert (done.code, f"own/{part} is not empty." in done.err) == (4, True)
    assert mine.read_text() == "mine"


@pytest.mark.slow
def test_commands_are_printed_by_the_path_that_started_the_program(cli, monkeypatch):
    monkeypatch.setattr("sys.argv", [".venv/bin/credlabel"])
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "   .venv/bin/credlabel verify demo/archive " in cli("demo", "--into", "demo").out
