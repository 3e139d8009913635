"""What a MetadataWriter owes: the fields that were asked for, and everything else as it was."""

from __future__ import annotations

import io
import random

import pytest
from contracts import has

from credlabel.errors import AssetError, LabelError
from credlabel.hookspecs import MetadataWriter

WRITERS = has(MetadataWriter)
REFUSALS = (AssetError, LabelError)
TEXTS = ("Maler & Söhne <3>", 'Painter "7" 画家, it\'s')
FIELDS = {
    "epub:meta": "epub:meta:schema:digitalSourceType",
    "flv": "flv:AIGC",
    "html:jsonld": "html:jsonld",
    "html:meta": "html:meta:ai-disclosure",
    "html:root": "html:root:ai-disclosure",
    "id3": "id3:TXXX:AIGC",
    "markdown": "markdown:digital_source_type",
    "matroska": "matroska:AIGC",
    "mp4": "mp4:AIGC",
    "odf": "odf:title",
    "odf:user": "odf:user:AIGC",
    "ooxml:core": "ooxml:core:identifier",
    "ooxml:custom": "ooxml:custom:AIGC",
    "pdf": "pdf:AIGC",
    "png": "png:AIGC",
    "riff": "riff:AIGC",
    "vorbis": "vorbis:AIGC",
    "xmp": "xmp:Iptc4xmpExt:AISystemUsed",
}
"""A field of each place, which every format that can write there takes."""


def write(form, data, changes):
    source, sink = io.BytesIO(data), io.BytesIO()
    source.seek(len(data) // 2)  # wherever it stood
    form.write_metadata(source, sink, changes)
    assert source.getvalue() == data
    return sink.getvalue()


def told(form, data):
    found = dict(form.read_metadata(io.BytesIO(data)))
    found.pop("markdown:front-matter", None)  # all of it, which is told by its keys as well
    return found


def cases(form, files):
    for each in files:
        if each.kind in form.media_types:
            for place in sorted(form.writable_places(each.kind)):
                yield each, FIELDS[place]


def text_for(name, text):
    return f'{{"name": "{text.replace(chr(34), "")}"}}' if name == "html:jsonld" else text


@pytest.mark.parametrize("form", WRITERS)
def test_it_can_write_somewhere(form, files):
    assert list(cases(form, files)), "there is no sample that it can write into"


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_written_is_read_back_and_all_else_stays(form, files, kind_of):
    for each, name in cases(form, files):
        before = told(form, each.data)
        for text in TEXTS:
            texts = (
                (*before.get(name, ()), text_for(name, text)) if name == "html:jsonld" else (text,)
            )
            made = write(form, each.data, {name: texts})
            assert told(form, made) == before | {name: texts}, (each.name, name)
            form.check_whole(io.BytesIO(made))
            assert kind_of(made, each.name) == each.kind
            assert write(form, made, {name: texts}) == made, "it says so already"


@pytest.mark.parametrize("form", WRITERS)
def test_a_field_is_replaced_and_removed(form, files):
    for each, name in cases(form, files):
        before = told(form, each.data)
        first, second = ((text_for(name, text),) for text in TEXTS)
        made = write(form, write(form, each.data, {name: first}), {name: second})
        assert told(form, made)[name] == second
        without = told(form, write(form, made, {name: ()}))
        assert without == {key: texts for key, texts in before.items() if key != name}


@pytest.mark.parametrize("form", WRITERS)
def test_several_fields_go_in_at_once(form, files):
    kinds = {each.kind: each for each in files if each.kind in form.media_types}
    for kind, each in kinds.items():
        names = [FIELDS[place] for place in form.writable_places(kind)]
        changes = {name: (text_for(name, TEXTS[0]),) for name in names}
        made = told(form, write(form, each.data, changes))
        assert {name: made[name] for name in names} == changes


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_to_change_is_a_copy(form, files):
    for each in files:
        if each.kind in form.media_types and form.writable_places(each.kind):
            assert write(form, each.data, {}) == each.data


@pytest.mark.parametrize("form", WRITERS)
def test_damaged_content_is_refused_or_written_into_and_nothing_else(form, files):
    rng = random.Random(4)
    sentences = set()
    for each, name in cases(form, files):
        for _ in range(12):
            data = bytearray(each.data[: rng.randrange(len(each.data) + 1)])
            for _ in range(rng.randrange(4)):
                if data:
                    data[rng.randrange(len(data))] = rng.randrange(256)
            try:
                made = write(form, bytes(data), {name: (text_for(name, TEXTS[0]),)})
            except REFUSALS as error:
                sentences.add(str(error))
                continue
            assert told(form, made)[name] == (text_for(name, TEXTS[0]),)
    assert all(sentence[-1:] in ".?!" for sentence in sentences), sentences
