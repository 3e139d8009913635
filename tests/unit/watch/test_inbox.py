"""Which sidecars are listed, and claimed, with which file."""

from credlabel.watch.inbox import list_inbox, sidecars_of


def test_a_file_named_by_the_stem_has_the_sidecar_to_itself():
    names = {"LICENSE", "LICENSE.md", "LICENSE.c2pa"}
    assert sidecars_of("LICENSE", names) == ("LICENSE.c2pa",)
    assert sidecars_of("LICENSE.md", names) == ()
    assert sidecars_of("LICENSE.md", [*names, "LICENSE.md.c2pa"]) == ("LICENSE.md.c2pa",)
    assert sidecars_of("LICENSE.md", names - {"LICENSE"}) == ("LICENSE.c2pa",)
    assert sidecars_of(".hidden", {".hidden", ".hidden.c2pa"}) == (".hidden.c2pa",)


def test_it_is_listed_with_that_file_alone(tmp_path):
    for name in ("LICENSE", "LICENSE.c2pa", "LICENSE.md", "x.c2pa", "x.md", "x.txt"):
        (tmp_path / name).write_bytes(b"")
    listing = list_inbox(tmp_path)
    assert {a.assets: a.sidecars for a in listing.arrivals.values()} == {
        ("LICENSE",): ("LICENSE.c2pa",),
        ("LICENSE.md",): (),
        ("x.md", "x.txt"): ("x.c2pa",),
    }
    assert listing.left == {}
