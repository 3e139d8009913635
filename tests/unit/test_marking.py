"""What is marked, where, in which order, and what becomes of marks that can't be written."""

import contextlib
import io

import pytest

from credlabel import marking
from credlabel.errors import (
    CapacityError,
    ConfigError,
    LabelError,
    MalformedAssetError,
    ReadBackError,
)
from credlabel.hookspecs import Asset, hookimpl
from credlabel.marking import Marked, MarkPlan, Marks, check_marks
from credlabel.model import Evidence, Layer, Origin, Provenance, Strength
from credlabel.plugins import PluginRegistry

RECORD = Provenance(system="Painter", identifier="7")
KIND = "x/page"


class Page:
    """Lines ``name=text`` are its metadata."""

    media_types = (KIND,)

    def accepts(self, head):
        return KIND if head.startswith(b"PAGE") else None

    def check_whole(self, source):
        pass

    def read_metadata(self, source):
        lines = source.read().decode().splitlines()[1:]
        return {name: (text,) for name, _, text in (line.partition("=") for line in lines)}

    def writable_places(self, media_type):
        return frozenset({"page"})

    def write_metadata(self, source, sink, changes):
        source.seek(0)
        fields = self.read_metadata(source)
        for name, texts in changes.items():
            if "refused" in texts:
                raise MalformedAssetError("It takes no such text.")
            if "crash" in texts:
                raise IndexError("oops")
            if "disk" in texts:
                raise OSError("No space left on device")
            fields[name] = texts
        lines = [f"{name}={texts[0]}" for name, texts in fields.items() if texts]
        source.seek(0)
        sink.write("\n".join([source.readline().decode().strip(), *lines]).encode())


class Says:
    """Says the system in one field."""

    def __init__(self, name, field="page:system", text=""):
        self.name = name
        self.required = frozenset({"system"})
        self._field = field
        self._text = text

    def fields(self, asset, places, provenance):
        if self._text == "no":
            raise LabelError("It must not be.")
        if self._text == "bug":
            raise KeyError("oops")
        return {self._field: (self._text or provenance.system,)} if "page" in places else {}


class Painter:
    name = "painter"

    def __init__(self, failure=None):
        self._failure = failure

    def accepts(self, media_type):
        return media_type == KIND

    def mark(self, source, sink, provenance):
        if self._failure:
            sink.write(b"half of it")
            raise self._failure
        sink.write(source.read().replace(b"PAGE", b"PAGE."))
        return Evidence(
            detector="painter",
            kind=Layer.WATERMARK,
            strength=Strength.INFERRED,
            origin=Origin.GENERATED,
        )


def marks_of(*markers, names=None):
    registry = PluginRegistry()

    class Plugin:
        @hookimpl
        def credlabel_formats(self):
            return [Page()]

        @hookimpl
        def credlabel_markers(self):
            return list(markers)

    registry.add(Plugin(), name="test")
    return Marks(registry, tuple(m.name for m in markers) if names is None else names)


def asset(data, kind=KIND):
    return Asset("a", kind, len(data), read=lambda: Page().read_metadata(io.BytesIO(data)))


def written(marks, data, plan):
    with contextlib.ExitStack() as stack:
        stream, marked = marks.write(
            stack, io.BytesIO(data), media_type=KIND, plan=plan, record=RECORD
        )
        stream.seek(0)
        return stream.read(), marked


def done(marks, data):
    return written(marks, data, marks.plan(asset(data), RECORD))


def test_fields_of_all_markers_are_written_at_once_and_told():
    marks = marks_of(Says("one"), Says("two", "page:other", "so"), Painter())
    data, marked = done(marks, b"PAGE\nkept=yes")
    assert data == b"PAGE.\nkept=yes\npage:system=Painter\npage:other=so"
    assert marked.metadata == {"page:system": ("Painter",), "page:other": ("so",)}
    assert marked.layers == (Layer.WATERMARK, Layer.METADATA)
    assert marked.omitted == {}
    assert marks.required == {"system"}


def test_what_says_so_already_is_done():
    marks = marks_of(Says("one"))
    assert not marks.plan(asset(b"PAGE"), RECORD).is_done
    assert marks.plan(asset(b"PAGE\npage:system=Painter"), RECORD).is_done
    assert marks_of().plan(asset(b"PAGE"), RECORD).is_done
    # Whether pixels are marked already is not to be seen in metadata.
    assert not marks_of(Painter()).plan(asset(b"PAGE"), RECORD).is_done


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        (Says("bad", text="no"), "It must not be."),
        (Says("bad", "page:bad", "refused"), "It takes no such text."),
        (Says("bad", text="bug"), "The marker bad failed: KeyError('oops')"),
        (Says("bad", "page:bad", "crash"), "The format Page failed: IndexError('oops')"),
    ],
)
def test_a_mark_that_fails_keeps_no_other_out(marker, reason):
    data, marked = done(marks_of(Says("one"), marker), b"PAGE")
    assert data == b"PAGE\npage:system=Painter"
    assert marked.omitted == {"bad": reason}
    assert marked.metadata == {"page:system": ("Painter",)}


def test_where_there_is_no_place_the_file_stays_as_it_is():
    marks = marks_of(Says("one"), Painter())
    plan = marks.plan(asset(b"words", "text/none"), RECORD)
    assert plan.omitted.keys() == {"one"}
    with contextlib.ExitStack() as stack:
        source = io.BytesIO(b"words")
        stream, marked = marks.write(
            stack, source, media_type="text/none", plan=plan, record=RECORD
        )
    assert stream is source
    assert marked.layers == ()
    assert marked.omitted.keys() == {"one", "painter"}


def test_whoever_asks_for_an_unknown_mark_is_told_which_there_are():
    with pytest.raises(ConfigError, match="one"):
        marks_of(Says("one"), names=("two",))
    assert marks_of(Says("one"), names=()).plan(asset(b"PAGE"), RECORD) == MarkPlan()


def test_two_marks_may_not_say_different_things_in_one_field():
    marks = marks_of(Says("one"), Says("two", text="other"))
    with pytest.raises(ConfigError, match="page:system"):
        marks.plan(asset(b"PAGE"), RECORD)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (CapacityError("No room."), "No room."),
        (ZeroDivisionError("oops"), "The marker painter failed: ZeroDivisionError('oops')"),
    ],
)
def test_a_watermark_that_fails_is_left_out(failure, reason):
    data, marked = done(marks_of(Painter(failure), Says("one")), b"PAGE")
    assert data == b"PAGE\npage:system=Painter"
    assert marked.layers == (Layer.METADATA,)
    assert marked.omitted == {"painter": reason}


def test_a_disk_that_fails_is_no_bug():
    marks = marks_of(Says("one", "page:one", "disk"))
    with pytest.raises(OSError, match="No space"):
        done(marks, b"PAGE")
    with pytest.raises(OSError, match="No space"):
        done(marks_of(Painter(OSError("No space"))), b"PAGE")


def test_a_record_that_a_mark_has_no_way_to_say_is_refused():
    class Picky(Says):
        def fields(self, asset, places, provenance):
            raise ConfigError("Not in these words.")

    with pytest.raises(ConfigError, match="these words"):
        marks_of(Picky("picky")).plan(asset(b"PAGE"), RECORD)


def test_what_does_not_read_back_is_an_error():
    marked = Marked(metadata={"page:a": ("1",), "page:gone": ()})
    check_marks(marked, {"page:a": ("1",), "page:b": ("2",)})
    for found in ({}, {"page:a": ("2",)}, {"page:a": ("1",), "page:gone": ("x",)}):
        with pytest.raises(ReadBackError, match="page:"):
            check_marks(marked, found)


def test_a_spool_is_gone_in_the_end():
    with contextlib.ExitStack() as stack:
        spool = marking.spooled(stack)
        spool.write(b"words")
    assert spool.closed
