"""``credlabel demo``: what a newcomer sees first has to work."""


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
    again = cli("demo", "--into", "demo")
    assert again.code == 4
    assert "is not empty" in again.err
    assert cli("verify", "demo/archive").code == 0
    shown = [line for line in done.out.splitlines() if "credlabel inspect" in line]
    assert cli(*shown[0].split()[1:]).code == 0
