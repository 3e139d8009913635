"""Sidecars are found by the standard's search order, and no file is lost over them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from credlabel import sidecar
from credlabel.errors import AssetError, LimitExceededError
from credlabel.sidecar import (
    assets_in,
    find_asset,
    find_sidecar,
    read_sidecar,
    sidecar_path,
    walk_assets,
)


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def walk(root):
    return [
        (str(path.relative_to(root)), side.name if side else None)
        for path, side in walk_assets(root)
    ]


def test_the_whole_name_wins_over_the_stem(tmp_path):
    asset = tmp_path / "a.tar.gz"
    touch(asset)
    assert find_sidecar(asset) is None
    touch(tmp_path / "a.tar.c2pa")
    assert find_sidecar(asset) == tmp_path / "a.tar.c2pa"
    assert walk(tmp_path) == [("a.tar.gz", "a.tar.c2pa")]
    touch(sidecar_path(asset))
    assert find_sidecar(asset) == sidecar_path(asset) == tmp_path / "a.tar.gz.c2pa"
    assert walk(tmp_path) == [("a.tar.gz", "a.tar.gz.c2pa")]


@pytest.mark.parametrize("name", [".", "/", "..", "", "n" * 255, "a\0b", "/nowhere/\udcff/x"])
def test_any_path_may_be_asked_for(name):
    assert find_sidecar(Path(name)) is None


def test_a_sidecar_is_not_its_own(tmp_path):
    touch(tmp_path / "a.c2pa", tmp_path / ".c2pa")
    assert find_sidecar(tmp_path / "a.c2pa") is None
    assert find_sidecar(tmp_path / ".c2pa") is None


def test_a_directory_is_no_sidecar(tmp_path):
    touch(tmp_path / "a.jpg", tmp_path / "a.jpg.c2pa" / "b.png")
    assert find_sidecar(tmp_path / "a.jpg") is None
    assert walk(tmp_path) == [("a.jpg", None), ("a.jpg.c2pa/b.png", None)]


def test_a_sidecar_comes_with_its_file_and_an_orphan_by_itself(tmp_path):
    touch(*(tmp_path / name for name in ("a.jpg", "a.jpg.c2pa", "b.c2pa", "c.png", "c.c2pa")))
    assert walk(tmp_path) == [
        ("a.jpg", "a.jpg.c2pa"),
        ("b.c2pa", None),
        ("c.png", "c.c2pa"),
    ]
    assert find_asset(tmp_path / "a.jpg.c2pa") == tmp_path / "a.jpg"
    assert find_asset(tmp_path / "c.c2pa") == tmp_path / "c.png"
    assert find_asset(tmp_path / "b.c2pa") is None
    assert find_asset(tmp_path / "a.jpg") is None


def test_a_sidecar_of_a_directory_is_an_orphan(tmp_path):
    touch(tmp_path / "album.jpg" / "one.png", tmp_path / "album.jpg.c2pa")
    assert walk(tmp_path) == [("album.jpg/one.png", None), ("album.jpg.c2pa", None)]


def test_brackets_in_a_name_are_no_pattern(tmp_path):
    touch(tmp_path / "a[1].c2pa", tmp_path / "a1.png")
    assert find_asset(tmp_path / "a[1].c2pa") is None
    touch(tmp_path / "a[1].png")
    assert find_asset(tmp_path / "a[1].c2pa") == tmp_path / "a[1].png"


def test_a_file_named_by_the_stem_has_the_sidecar_to_itself(tmp_path):
    plain, other, side = (tmp_path / n for n in ("LICENSE", "LICENSE.md", "LICENSE.c2pa"))
    touch(plain, other, side)
    assert find_sidecar(plain) == side
    assert find_sidecar(other) is None
    assert find_asset(side) == plain
    assert walk(tmp_path) == [("LICENSE", "LICENSE.c2pa"), ("LICENSE.md", None)]
    assert list(assets_in([plain, other, side])) == [(plain, side), (other, None)]
    own = sidecar_path(other)
    touch(own)
    assert find_sidecar(other) == own
    assert find_asset(own) == other
    assert walk(tmp_path) == [("LICENSE", "LICENSE.c2pa"), ("LICENSE.md", "LICENSE.md.c2pa")]
    own.unlink()
    plain.unlink()
    assert find_sidecar(other) == side
    assert find_asset(side) == other
    assert walk(tmp_path) == [("LICENSE.md", "LICENSE.c2pa")]


def test_a_directory_named_by_the_stem_has_no_sidecar(tmp_path):
    touch(tmp_path / "a" / "b", tmp_path / "a.md", tmp_path / "a.c2pa")
    assert find_sidecar(tmp_path / "a.md") == tmp_path / "a.c2pa"
    assert find_asset(tmp_path / "a.c2pa") == tmp_path / "a.md"
    assert walk(tmp_path) == [("a/b", None), ("a.md", "a.c2pa")]


def test_a_longer_stem_is_another_one(tmp_path):
    touch(tmp_path / "a.b.jpg", tmp_path / "a.c2pa")
    assert find_asset(tmp_path / "a.c2pa") is None
    assert walk(tmp_path) == [("a.b.jpg", None), ("a.c2pa", None)]


def test_the_walk_is_sorted_and_depth_first(tmp_path):
    touch(*(tmp_path / name for name in ("b/2", "b/1/x", "c", "a", "B")))
    assert [name for name, _ in walk(tmp_path)] == ["B", "a", "b/1/x", "b/2", "c"]


def test_unfinished_files_of_ours_are_passed_over(tmp_path):
    touch(tmp_path / ".credlabel-abc", tmp_path / "a", tmp_path / ".hidden")
    assert [name for name, _ in walk(tmp_path)] == [".hidden", "a"]


def test_links_end_somewhere(tmp_path):
    touch(tmp_path / "real" / "x")
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "file").symlink_to(tmp_path / "real" / "x")
    (tmp_path / "dangling").symlink_to("nowhere")
    # A link that leads nowhere is yielded, for whoever opens it to say so.
    assert [n for n, _ in walk(tmp_path)] == ["circle", "dangling", "file", "real/x"]


def test_a_tree_deeper_than_python_recurses_is_walked(tmp_path):
    depth = sys.getrecursionlimit() + 200
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        (found,) = walk_assets(tmp_path)
        assert found[0].name == "leaf"
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


def test_a_directory_that_is_not_there_is_yielded_itself(tmp_path):
    assert list(walk_assets(tmp_path / "missing")) == [(tmp_path / "missing", None)]


def test_names_that_are_no_text_come_through(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xff\n.jpg"
    for name in (raw, raw + b".c2pa"):
        Path(os.fsdecode(name)).write_bytes(b"")
    ((path, side),) = walk_assets(tmp_path)
    assert os.fsencode(path) == raw
    assert os.fsencode(side) == raw + b".c2pa"


def test_a_sidecar_named_beside_its_file_comes_with_it(tmp_path):
    asset, orphan = tmp_path / "a.txt", tmp_path / "b.txt.c2pa"
    touch(asset, sidecar_path(asset), orphan)
    missing = tmp_path / "missing.txt"
    named = [asset, sidecar_path(asset), orphan, missing]
    assert list(assets_in(named)) == [
        (asset, sidecar_path(asset)),
        (orphan, None),
        (missing, None),
    ]
    assert list(assets_in([tmp_path])) == [(asset, sidecar_path(asset)), (orphan, None)]


def test_without_permission_there_is_an_answer_and_no_exception(tmp_path):
    if os.geteuid() != 0:
        pytest.fail("this test has to be root, to become nobody")
    touch(tmp_path / "closed" / "a.txt", tmp_path / "closed" / "a.txt.c2pa")
    (tmp_path / "closed").chmod(0o700)
    code = (
        "import os, sys; from pathlib import Path; from credlabel.sidecar import *; "
        "from credlabel.sidecar import assets_in, find_sidecar, walk_assets; "
        "os.chdir(sys.argv[1]); os.setgid(65534); os.setuid(65534); "
        "closed = Path('closed'); file = closed / 'a.txt'; "
        "assert find_sidecar(file) is None; "
        "assert list(walk_assets(closed)) == [(closed, None)]; "
        "assert list(assets_in([closed, file])) == [(closed, None), (file, None)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_sidecar_too_large_to_be_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sidecar, "MAX_SIDECAR_BYTES", 10)
    path = tmp_path / "a.c2pa"
    path.write_bytes(bytes(10))
    assert read_sidecar(path) == bytes(10)
    path.write_bytes(bytes(11))
    with pytest.raises(LimitExceededError):
        read_sidecar(path)
    with pytest.raises(AssetError):
        read_sidecar(tmp_path)
