"""What every writer decides before it writes, and checks afterwards."""

import io
from pathlib import Path

import pytest
from credlabel_plugins.formats._changes import MAX_TEXT, check_read_back, outstanding, within
from credlabel_plugins.formats._splicing import Edit, spliced

from credlabel.errors import CapacityError, LabelError, MalformedAssetError, ReadBackError
from credlabel.hookspecs import MetadataWriter
from credlabel.plugins import PluginRegistry

SAMPLES = Path(__file__).parents[3] / "samples"
TEXT = '{"Label":"1"}'
FIELDS = {
    "html:jsonld": "html:jsonld",
    "id3": "id3:TIT2",
    "odf": "odf:title",
    "ooxml:core": "ooxml:core:title",
    "xmp": "xmp:photoshop:Credit",
}
PLACES = frozenset({"xmp", "html:jsonld"})


def test_what_is_said_already_is_not_outstanding():
    said = {"xmp:a": ("x",), "xmp:b": ("y",), "other:c": ("\0",)}
    assert outstanding({**said, "xmp:d": ()}, said, PLACES) == {}
    assert outstanding({"xmp:a": ("z",), "xmp:b": ()}, said, PLACES) == {
        "xmp:a": ("z",),
        "xmp:b": (),
    }
    html = outstanding({"html:jsonld": ("a", "\0", "\0")}, {"html:jsonld": ("\0",)}, PLACES)
    assert html == {"html:jsonld": ("a", "\0", "\0")}, "what is there is not ours to judge"


def test_a_structure_of_xmp_gives_way_to_a_text():
    said = {"xmp:a/b": ("x",), "xmp:ab": ("y",), "png:a/b": ("z",)}
    for changes in ({"xmp:a": ()}, {"xmp:a": ("new",)}):
        assert outstanding(changes, said, PLACES) == changes
        assert outstanding(changes, {"xmp:a": ("new",)} | said, PLACES) == changes
        after = {name: texts for name, texts in changes.items() if texts} | said
        del after["xmp:a/b"]
        assert outstanding(changes, after, PLACES) == {}
        check_read_back(changes, said, after)
        with pytest.raises(ReadBackError, match="xmp:a/b"):
            check_read_back(changes, said, after | {"xmp:a/b": ("x",)})
    assert outstanding({"png:a": ()}, said, frozenset({"png"})) == {}
    lost = {"xmp:a/b": ("x",), "xmp:ab": ("y",), "png:a": ("new",)}
    with pytest.raises(ReadBackError, match="png:a/b"):
        check_read_back({"png:a": ("new",)}, said, lost)


@pytest.mark.parametrize(
    ("name", "texts", "reason"),
    [
        ("xm:a", ("x",), "no place"),
        ("html:jsonld2", ("x",), "no place"),
        ("xmp:a\0", ("x",), "name"),
        ("xmp:" + "a" * 2000, ("x",), "name"),
        ("xmp:a", ("x", "x"), "twice"),
        ("xmp:a", ("",), "blank"),
        ("xmp:a", (" \n",), "blank"),
        ("xmp:a", ("a\x01",), "no XML"),
        ("xmp:a", ("\udc80",), "no XML"),
    ],
)
def test_what_can_not_be_said_is_refused(name, texts, reason):
    with pytest.raises(LabelError, match=reason):
        outstanding({name: texts}, {}, PLACES)


def test_a_text_may_be_long_and_not_endless():
    assert outstanding({"xmp:a": ("x" * MAX_TEXT,)}, {}, PLACES)
    with pytest.raises(CapacityError):
        outstanding({"xmp:a": ("x" * (MAX_TEXT + 1),)}, {}, PLACES)


def test_changes_are_split_by_place():
    changes = {"ooxml:core:a": ("x",), "ooxml:custom:a:b": ("y",), "ooxml": ()}
    assert within("ooxml:custom", changes) == {"a:b": ("y",)}


@pytest.mark.parametrize(
    "after",
    [
        {"a": ("x",)},
        {"a": ("x",), "b": ("y", "z")},
        {"a": ("x",), "b": ("y",), "c": ("z",)},
        {"a": ("x2",), "b": ("y",)},
        {"b": ("y",)},
    ],
)
def test_any_other_outcome_does_not_count(after):
    before = {"b": ("y",), "c:1": ("z",)}
    check_read_back({"a": ("x",), "c:1": ()}, before, {"a": ("x",), "b": ("y",)})
    with pytest.raises(ReadBackError):
        check_read_back({"a": ("x",), "c:1": ()}, before, after)


def test_what_follows_from_a_change_may_differ():
    before, after = {"b:1": ("y",)}, {"a": ("x",), "b:2": ("z",)}
    check_read_back({"a": ("x",)}, before, after, following=("b:",))
    with pytest.raises(ReadBackError, match="b:1"):
        check_read_back({"a": ("x",)}, before, after, following=("b:2",))


def test_every_writer_sees_what_else_it_changed(monkeypatch):
    registry, seen = PluginRegistry.load(), set()
    files = [path for folder in ("files", "documents") for path in (SAMPLES / folder).iterdir()]
    for path in sorted(files):
        data = path.read_bytes()
        kind = registry.identify_text(path.name) or registry.identify(data[:4096])
        form = registry.format_of(kind)
        places = form.writable_places(kind) if isinstance(form, MetadataWriter) else ()
        if places and type(form) not in seen:
            seen.add(type(form))
            check_sight(monkeypatch, form, data, FIELDS.get(min(places), f"{min(places)}:AIGC"))
    assert len(seen) == 17


def check_sight(monkeypatch, form, data, name):
    """Let a form's reader tell one thing more of what is written, which writing must not do."""
    source = io.BytesIO(data)
    read = type(form).read_metadata

    def read_otherwise(self, stream):
        return {**read(self, stream), **({} if stream is source else {"a:b": ("changed",)})}

    form.write_metadata(source, io.BytesIO(), {name: (TEXT,)})
    with monkeypatch.context() as patch:
        patch.setattr(type(form), "read_metadata", read_otherwise)
        with pytest.raises(ReadBackError, match="a:b"):
            form.write_metadata(source, io.BytesIO(), {name: (TEXT,)})


def test_edits_are_done_in_the_order_of_places_and_of_giving():
    edits = [Edit(4, 5, b"!"), Edit(2, 2, b"b"), Edit(2, 2, b"a")]
    assert spliced(b"01234", edits) == b"01ba23!"
    with pytest.raises(MalformedAssetError):
        spliced(b"01234", [Edit(1, 3, b""), Edit(2, 4, b"")])
