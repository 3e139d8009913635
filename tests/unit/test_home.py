"""Home: where it is, that finding it touches nothing, and that what it makes is private."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from credlabel.errors import ConfigError
from credlabel.home import Home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_variable_names_the_root_and_everything_is_below_it(tmp_path):
    home = Home.find({"CREDLABEL_HOME": str(tmp_path / "h")})
    assert home.root == tmp_path / "h"
    assert home.keys == home.root / "keys"
    assert home.trust == home.root / "trust"
    assert home.state == home.root / "state"
    assert home.config_file == home.root / "credlabel.toml"


def test_finding_creates_nothing(tmp_path):
    home = Home.find({"CREDLABEL_HOME": str(tmp_path / "h")})
    _ = home.keys, home.trust, home.state, home.config_file
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("environ", [{}, {"CREDLABEL_HOME": ""}])
def test_without_the_variable_it_is_the_platform_s_data_directory(environ, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Home.find(environ).root == tmp_path / "credlabel"


def test_a_relative_path_is_fixed_when_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = Home.find({"CREDLABEL_HOME": "h"})
    monkeypatch.chdir("/")
    assert home.root == tmp_path / "h"


def test_tilde_is_the_user_s_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.find({"CREDLABEL_HOME": "~/h"}).root == tmp_path / "h"


def test_tilde_of_nobody_is_refused():
    with pytest.raises(ConfigError, match="CREDLABEL_HOME names can't be found") as caught:
        Home.find({"CREDLABEL_HOME": "~no-such-user-here/h"})
    assert "absolute path" in caught.value.hint


def test_homes_are_values(tmp_path):
    assert Home(tmp_path) == Home(tmp_path)
    assert len({Home(tmp_path), Home(tmp_path)}) == 1
    with pytest.raises(AttributeError):
        Home(tmp_path).root = tmp_path  # type: ignore[misc]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_private_directories_are_0700_all_the_way(tmp_path, umask):
    home = Home(tmp_path / "a" / "b")
    before = os.umask(umask)
    try:
        made = home.make_private(home.keys / "press")
    finally:
        os.umask(before)
    assert made == home.keys / "press"
    for path in (tmp_path / "a", home.root, home.keys, made):
        assert mode(path) == 0o700


def test_an_existing_directory_keeps_its_mode(tmp_path):
    home = Home(tmp_path / "h")
    home.root.mkdir(mode=0o755)
    home.root.chmod(0o755)
    home.make_private(home.root)
    assert mode(home.root) == 0o755


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777])
def test_a_directory_that_others_can_write_to_is_refused(tmp_path, bits):
    home = Home(tmp_path / "h")
    home.keys.mkdir(parents=True)
    home.keys.chmod(bits)
    with pytest.raises(ConfigError, match="can be written to by other users") as caught:
        home.make_private(home.keys)
    assert caught.value.hint == f"Run: chmod go-w '{home.keys}'"


def test_a_file_in_the_way_is_a_config_error(tmp_path):
    home = Home(tmp_path / "h")
    home.root.mkdir()
    home.keys.write_text("")
    with pytest.raises(ConfigError, match="is in the way"):
        home.make_private(home.keys)
    with pytest.raises(ConfigError, match="can't be made: Not a directory"):
        home.make_private(home.keys / "press")


def test_a_current_directory_that_is_gone_is_a_config_error(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError, match="can't be made: No such file or directory"):
        Home(Path("h")).make_private(Path("h/keys"))


def test_outside_the_home_is_a_bug(tmp_path):
    with pytest.raises(ValueError, match="is not inside"):
        Home(tmp_path / "h").make_private(tmp_path)


def test_two_threads_may_make_the_same_directory(tmp_path):
    home = Home(tmp_path / "h")
    barrier = threading.Barrier(8)
    failures = []

    def make():
        barrier.wait()
        try:
            home.make_private(home.keys / "a" / "b" / "c")
        except ConfigError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
