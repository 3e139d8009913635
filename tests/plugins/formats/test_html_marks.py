"""Marks in HTML: what is written where, what stays, what browsers and others make of it."""

import io
import json
import random
import subprocess
import time
import warnings

import making
import pytest
from credlabel_plugins.formats.html import Html
from hypothesis import given, settings
from hypothesis import strategies as st

from credlabel.credentials import CredentialState
from credlabel.errors import (
    AssetError,
    CapacityError,
    LabelError,
    LimitExceededError,
    MalformedAssetError,
)
from credlabel.hookspecs import MetadataWriter

HTML = Html()
LABEL = '{"Label":"1","ContentProducer":"it\'s <b> & ü\n"}'
LINKED = '{"@type":"WebPage","text":"</script><!-- <script> "}'
ALL = {
    "html:meta:ai-disclosure": ("ai-generated",),
    "html:root:ai-disclosure": ("mixed",),
    "html:meta:aigc": (LABEL,),
    "html:jsonld": (LINKED,),
}
PAGE = b"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <!-- <meta name="ai-disclosure" content="c"> -->
  <title><meta name="ai-disclosure" content="t"></title>
  <script>var a = '<meta name="ai-disclosure" content="s">';</script>
  <style>/* <meta name="ai-disclosure" content="y"> */</style>
  <noscript><meta name="ai-disclosure" content="n"></noscript>
  <template><meta name="ai-disclosure" content="p"><html ai-model="p"></template>
  <link rel="icon" href="a.ico">
</head>
<body title='<meta name="ai-disclosure" content="v">'>
<textarea><meta name="ai-disclosure" content="x"></textarea>
<p ai-disclosure="ai-assisted">Text \xc3\xa4.</p>
</body>
</html>
"""
COMMENT = b'<!-- <meta name="ai-disclosure" content="c"> -->'
TEMPLATE = b'<template><meta name="ai-disclosure" content="p"><html ai-model="p"></template>'
"""Which html5lib 1.1 does not know."""
XHTML = b"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1">\r
<html xmlns="http://www.w3.org/1999/xhtml">\r
<head>\r
<meta http-equiv="a" content="b" />\r
</head>\r
<body/></html>"""


def written(data, changes):
    sink = io.BytesIO()
    HTML.write_metadata(io.BytesIO(data), sink, changes)
    return sink.getvalue()


def read(data):
    return dict(HTML.read_metadata(io.BytesIO(data)))


def tree(data):
    """What a browser makes of a page: what its marks say and are in, and all the rest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        html5lib = pytest.importorskip("html5lib")
        parser = html5lib.HTMLParser(
            tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False
        )
        root = parser.parse(data, scripting=True)
    marks, rest = {"root": root.attrib.pop("ai-disclosure", None)}, []

    def walk(element, place):
        name = str(element.tag)
        called = (element.get("name") or "").lower()
        if name == "meta" and called in {"ai-disclosure", "aigc"}:
            marks.setdefault(called, (element.get("content"), place))
        elif name == "script" and element.get("type") == "application/ld+json":
            marks.setdefault("jsonld", []).append((element.text, place))
        elif not callable(element.tag):  # comments
            rest.append((name, sorted(element.attrib.items())))
            rest.extend((element.text or "").split())
            for child in element:
                walk(child, name)
            rest.append(f"end of {name}")
        rest.extend((element.tail or "").split())

    walk(root, "")
    words = [each if isinstance(each, str) else repr(each) for each in rest]
    return marks, "".join(words)  # what is removed joins texts


# ---------------------------------------------------------------------------- what is written


def test_it_writes_marks():
    assert isinstance(HTML, MetadataWriter)
    assert HTML.writable_places("text/html") == {"html:meta", "html:root", "html:jsonld"}


def test_marks_go_where_a_browser_looks_and_all_else_stays():
    made = written(PAGE, ALL)
    element = (
        b'\n  <meta name="aigc" content="{&quot;Label&quot;:&quot;1&quot;,'
        b"&quot;ContentProducer&quot;:&quot;it's &lt;b&gt; &amp; &#252;&#10;&quot;}\">"
    )
    linked = b'{"@type":"WebPage","text":"<\\/script><\\u0021-- <script> "}'
    expected = (
        PAGE.replace(b'lang="en"', b'lang="en" ai-disclosure="mixed"')
        .replace(
            b'"utf-8">',
            b'"utf-8">\n  <meta name="ai-disclosure" content="ai-generated">' + element,
        )
        .replace(b'ico">', b'ico">\n  <script type="application/ld+json">' + linked + b"</script>")
    )
    assert made == expected
    assert read(made) == {**ALL, "html:attribute:ai-disclosure": ("ai-assisted",)}
    marks, rest = tree(made.replace(TEMPLATE, b""))
    assert marks["root"] == "mixed"
    assert marks["ai-disclosure"] == ("ai-generated", "head")
    assert marks["aigc"] == (LABEL, "head")
    assert [(json.loads(text), place) for text, place in marks["jsonld"]] == [
        (json.loads(LINKED), "head")
    ]
    assert rest == tree(PAGE.replace(TEMPLATE, b""))[1]
    assert written(made, ALL) == made
    assert written(made, dict.fromkeys(ALL, ())) == PAGE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            b'<meta name=ai-disclosure content="none">',
            b'<meta name=ai-disclosure content="mixed">',
        ),
        (b"<META Content = none NAME='AI-Disclosure'/>", None),
        (b"<meta name=ai-disclosure content=none/>", b'<meta name=ai-disclosure content="mixed">'),
        (
            b"<meta name=ai-disclosure content=none content=x>",
            b'<meta name=ai-disclosure content="mixed" content=x>',
        ),
        (b"<meta name=ai-disclosure>", b'<meta content="mixed" name=ai-disclosure>'),
        (b"<meta content name=ai-disclosure>", b'<meta content="mixed" name=ai-disclosure>'),
        (b"<meta name=ai-disclosure content = >", b'<meta name=ai-disclosure content = "mixed">'),
        (
            b"<meta data-content='content=x' name=ai-disclosure content='>'>",
            b"<meta data-content='content=x' name=ai-disclosure content=\"mixed\">",
        ),
        (
            b"<meta property=ai-disclosure content=a>",
            b'<meta property=ai-disclosure content="mixed">',
        ),
    ],
)
def test_an_element_that_is_there_is_changed_in_place(before, after):
    page = b"<!doctype html><head>%s<title>A</title>"
    after = after or b"<META Content = \"mixed\" NAME='AI-Disclosure'/>"
    assert written(page % before, {"html:meta:ai-disclosure": ("mixed",)}) == page % after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<html>", b'<html ai-model="m">'),
        (b"<HTML lang=en/>", b'<HTML lang=en/ ai-model="m">'),
        (b"<html lang />", b'<html lang ai-model="m" />'),
        (b"<html ai-model='x' lang=en>", b'<html ai-model="m" lang=en>'),
        (b"<html ai-model>", b'<html ai-model="m">'),
        (b"\n<!-- <html> -->\n<b>", b'\n<!-- <html> -->\n<html ai-model="m">\n<b>'),
    ],
)
def test_an_attribute_of_the_root(before, after):
    page = b"<!doctype html>%s<p>A"
    assert written(page % before, {"html:root:ai-model": ("m",)}) == page % after
    assert read(page % after) == {"html:root:ai-model": ("m",)}
    gone = written(page % after, {"html:root:ai-model": ()})
    assert read(gone) == {}


def test_several_changes_of_one_tag():
    page = b"<!doctype html><html ai-model= lang=en ai-provider='p'><p>"
    changes = {
        "html:root:ai-disclosure": ("mixed",),
        "html:root:ai-provider": (),
        "html:root:aimodel": ("m",),
    }
    made = written(page, changes)
    assert made == b'<!doctype html><html ai-model= lang=en ai-disclosure="mixed" aimodel="m"><p>'


def test_of_several_elements_those_that_are_wanted_are_left():
    page = (
        b"<!doctype html><head>\n<meta name=ai-disclosure content=a>\n"
        b"<meta name=ai-disclosure content=b>\n<title>A</title></head><body>"
        b"<p><meta name=ai-disclosure content=c></p>"
    )
    assert read(page)["html:meta:ai-disclosure"] == ("a", "b", "c")
    made = written(page, {"html:meta:ai-disclosure": ("b",)})
    assert made == (
        b'<!doctype html><head>\n<meta name=ai-disclosure content="b">\n'
        b"<title>A</title></head><body><p></p>"
    )


LD = b'<script type="application/ld+json">%s</script>'


@pytest.mark.parametrize(
    ("texts", "head", "body"),
    [
        (("1", "2", "3"), b"%1%2", b"%3"),
        (("0", "1", "2", "3"), b"%0%1%2", b"%3"),
        (("1", "2", "0", "3"), b"%1%2%0", b"%3"),
        (("1", "2", "3", "0"), b"%1%2", b"%3%0"),
        (("1", "0", "3"), b"%1%0", b"%3"),
        (("3",), b"", b"%3"),
        (("2", "1", "0"), b"%2%1%0", b""),
        ((), b"", b""),
    ],
)
def test_linked_data_is_kept_added_and_removed_in_order(texts, head, body):
    def page(head, body):
        made = b"<!doctype html><html><head><title>A</title>%s</head><body>%s</body>"
        for number in b"0123":
            head = head.replace(b"%%%c" % number, LD % b"%c" % number)
            body = body.replace(b"%%%c" % number, LD % b"%c" % number)
        return made.replace(b"%s", head, 1).replace(b"%s", body, 1)

    made = written(page(b"%1%2", b"%3"), {"html:jsonld": texts})
    assert made == page(head, body)
    assert read(made).get("html:jsonld", ()) == texts


def test_blank_linked_data_and_other_scripts_stay():
    page = b"<!doctype html><head>" + LD % b" " + b"<script>1</script>" + LD % b"2" + b"</head>"
    made = written(page, {"html:jsonld": ("3",)})
    assert made == page.replace(LD % b"2", LD % b"3")


# ---------------------------------------------------------------------------- kinds of pages


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html>\n<title>A</title>\n<p>B",
        b"<!doctype html>\nText",
        b"<html><body>",
        b"\xef\xbb\xbf<!doctype html><p>",
        b"<!doctype html>",
        b"<!doctype html><!-- a --><body><p>",
        b"<html><head></head><p>",
        b"<html>\n<title>A</title></head>\n<body><svg><title>x</title></svg>",
        "<!doctype html><meta charset=latin1><title>\u00e4</title>\u00f6".encode("latin-1"),
        "<!doctype html><meta charset=sjis><title>\u8868</title>\u8868".encode("shift-jis"),
        XHTML,
    ],
)
def test_marks_are_in_the_head_though_it_is_implied(page):
    made = written(page, ALL)
    marks, rest = tree(made)
    assert marks["root"] == "mixed"
    assert marks["ai-disclosure"] == ("ai-generated", "head")
    assert marks["aigc"] == (LABEL, "head")
    assert [place for _, place in marks["jsonld"]] == ["head"]
    assert rest == tree(page)[1]
    assert {name: read(made)[name] for name in ALL} == ALL
    assert b"\r\n<meta" in made or b"\r" not in page
    assert (b" />\r\n<meta" in made) == (b"xmlns" in page)
    assert written(made, ALL) == made


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<p>A</p>", "fragment"),
        (b"<title>A</title><p>A</p>", "no whole page"),
        (b"<head><title>A</title></head>", "no whole page"),
        (b'{% extends "a.html" %}<title>A</title>', "fragment"),
        (b"{% load a %}\n<!doctype html><html>", "fragment"),
        (b"<!doctype html><head><script>", "never ends"),
        (b"<!--<!doctype html><html><title>A</title>", "never ends"),
        (b"\xff\xfe" + "<!doctype html><html>".encode("utf-16-le"), "UTF-16"),
        (b"<!doctype html><meta charset=utf-7><p>", "not ASCII"),
        (b"", "fragment"),
    ],
)
def test_what_is_no_whole_page_is_left_alone_and_says_why(page, reason):
    with pytest.raises((MalformedAssetError, LabelError), match=reason):
        written(page, ALL)


def test_what_is_said_already_is_copied_whatever_the_page():
    page = b"\xff\xfe" + "<p><meta name=ai-disclosure content=mixed>".encode("utf-16-le")
    assert written(page, {"html:meta:ai-disclosure": ("mixed",)}) == page


def test_the_encoding_stays_where_browsers_look_for_it():
    page = b"<!doctype html><html>" + b" " * 950 + b"<head><meta charset=utf-8><title>A</title><p>"
    changes = {"html:meta:ai-disclosure": ("mixed",), "html:jsonld": ("1",)}
    assert written(page, changes).index(b"charset") == page.index(b"charset")
    with pytest.raises(CapacityError, match="first 1024 bytes"):
        written(page, {"html:root:ai-model": ("a model with a long name",)})


def test_other_characters_in_linked_data_need_a_page_in_utf_8():
    changes = {"html:jsonld": ('"\u00e4"',)}
    for declared in (b"<meta charset='UTF-8'>", b"<meta http-equiv=a content='b; charset=utf-8'>"):
        assert read(written(b"<!doctype html>" + declared, changes)) == changes
    assert read(written(b"\xef\xbb\xbf<!doctype html>", changes)) == changes
    for declared in (b"<meta charset=latin1>", b"", b"<meta name=a content='charset=utf-8'>"):
        with pytest.raises(LabelError, match="UTF-8"):
            written(b"<!doctype html>" + declared, changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"html:meta:AI-Disclosure": ("x",)},  # names are read in lower case
        {"html:meta:ai-disclosure": ("x", "x")},
        {"html:meta:ai-disclosure": (" ",)},
        {"html:meta:ai-disclosure": ("a\x00b",)},
        {"html:meta:ai-disclosure": ("\x80",)},
        {"html:meta:ai-disclosure": ("\ud800",)},
        {"html:meta:": ("x",)},
        {"html:root:lang": ("x",)},
        {"html:root:ai-model": ("x", "y")},
        {"html:attribute:ai-model": ("x",)},
        {"html:jsonld": ('"<\\/script>"',)},  # which is how "</script>" is written
        {"xmp:dc:creator": ("x",)},
    ],
)
def test_what_would_not_read_back_is_refused(changes):
    with pytest.raises(LabelError):
        written(PAGE, changes)


def test_a_meta_element_with_two_names_says_two_things():
    page = b"<!doctype html><meta name=ai-disclosure property=og:x content=a>"
    with pytest.raises(LabelError):
        written(page, {"html:meta:ai-disclosure": ("b",)})


# ---------------------------------------------------------------------------- hostile pages


@pytest.mark.parametrize(
    "body",
    [
        b"<svg><style><!--</style><meta name=ai-disclosure content=x>--></svg>",
        b"<svg><![CDATA[<p><meta name=ai-disclosure content=x>]]></svg>",
        b"<plaintext><meta name=ai-disclosure content=x>",
        b"<select><meta name=ai-disclosure content=x></select>",
        b"<math><mi><meta name=ai-disclosure content=x>",
    ],
)
def test_what_may_be_no_markup_is_not_changed(body):
    page = b"<!doctype html><title>A</title><body>" + body
    assert read(page)["html:meta:ai-disclosure"] == ("x",)
    with pytest.raises(LabelError, match="may be none"):
        written(page, {"html:meta:ai-disclosure": ("y",)})
    made = written(page, {"html:meta:aigc": ("y",)})
    assert made.endswith(body)


@pytest.mark.parametrize("text", [b"<%sb>", b"&l%st;", b"a%sb"])
def test_no_removal_makes_markup_of_a_text(text):
    page = b"<!doctype html><body><p>" + text % b"<meta name=ai-disclosure content=x>"
    with pytest.raises(LabelError, match="middle of a text"):
        written(page, {"html:meta:ai-disclosure": ()})


def test_linked_data_that_is_not_looked_into_is_not_lost(monkeypatch):
    from credlabel_plugins.formats import _fields

    page = b"<!doctype html>" + LD % b"1" + LD % b"2" + LD % b"3"
    monkeypatch.setattr(_fields, "MAX_FIELDS", 2)
    with pytest.raises(LabelError, match="more linked data"):
        written(page, {"html:jsonld": ("0", "1", "2")})


@pytest.mark.parametrize(
    "piece",
    [
        b"<meta name=ai-disclosure content=a>",
        pytest.param(LD % b'{"a":1}', marks=pytest.mark.slow),
        pytest.param(b"<html ai-disclosure=a>", marks=pytest.mark.slow),
        b"<meta name=ai-disclosure content='",
        b"<template>",
        b"<!--",
        b"<!",
        b"<a b=",
        b" ",
        b"\n",
        b'<script type="application/ld+json">',
    ],
)
def test_hostile_pages_take_linear_time(piece):
    page = b"<!doctype html><title>A</title>" + piece * (100_000 // len(piece))
    started = time.process_time()
    for data in (page, page + b"<p>"):
        for name, texts in ALL.items():
            try:
                written(data, {name: texts})
            except (AssetError, LabelError):
                continue
    assert time.process_time() - started < 10


def test_a_page_beyond_the_limit_is_left_alone(monkeypatch):
    from credlabel_plugins.formats import _text

    monkeypatch.setattr(_text, "MAX_EMBEDDING_BYTES", 100)
    with pytest.raises(LimitExceededError):
        written(PAGE, ALL)


PIECES = (
    b"<!doctype html>|<html>|<html lang=en ai-disclosure='a'>|<head>|</head>|<body>|</body></html>"
    b"|<meta charset=utf-8>|<meta name=ai-disclosure content=old>|<meta name=aigc>|<title>"
    b"|</title>|<meta content='x' name=\"AI-Disclosure\">|<script>|</script>|<!--|-->|<style>"
    b'|</style>|<script type=application/ld+json>{"b":1}</script>|<noscript>|</noscript>'
    b"|<textarea>|<p>|</textarea>|</p>|text| |\n|<svg>|</svg>|<link rel=a>|<base href=x>"
    b"|<b a='|'>|\">|<|</head >|<select>|</select>|<math>|<![CDATA[|]]>|<table>|<?php a ?>"
    b"|<meta name=aigc content = a/>"
).split(b"|")


@pytest.mark.slow
def test_a_browser_finds_the_marks_in_whatever_page_takes_them():
    """html5lib 1.1 knows no ``template``; frames would take the body away, and its marks."""
    chance, taken = random.Random(5), 0
    for _ in range(4000):
        page = chance.choice((b"", b"<!doctype html>")) + chance.choice((b"", b"<html><head>"))
        page += b"".join(chance.choices(PIECES, k=chance.randrange(1, 14)))
        changes = {**ALL, "html:jsonld": (LINKED, *read(page).get("html:jsonld", ()))}
        try:
            made = written(page, changes)
            (marks, rest), before = tree(made), tree(page)[1]
        except (AssetError, LabelError, AssertionError):  # html5lib's own
            continue
        assert (marks["root"], marks["ai-disclosure"][0], marks["aigc"][0]) == (
            *("mixed", "ai-generated", LABEL),
        ), page
        assert rest == before, page
        assert written(made, changes) == made
        taken += 1
    assert taken > 1000


@given(st.lists(st.sampled_from(PIECES)).map(b"".join), st.text())
@settings(deadline=None, max_examples=100)
def test_no_bytes_raise_anything_else(page, text):
    changes = {"html:meta:ai-disclosure": (text,), "html:jsonld": (text,)}
    try:
        made = written(b"<!doctype html>" + page, changes)
    except (AssetError, LabelError):
        return
    assert {name: read(made)[name] for name in changes} == changes


# ---------------------------------------------------------------------------- end to end, others


def test_a_marked_page_is_signed_and_what_a_label_holds_stays():
    page = PAGE + b"<p>All that is gold does not glitter.</p>\n" * 30
    made = making.labeller().label_bytes(written(page, ALL), name="a.html").data
    assert making.read(made, name="a.html").state is CredentialState.VALID
    script = HTML.extract(io.BytesIO(made)).exclusions[0]
    again = written(made, {"html:meta:aigc": ("other",), "html:root:ai-model": ("m",)})
    start = again.index(b'<script type="application/c2pa">')
    assert again[start : start + script[1]] == made[script[0] : sum(script)]
    assert making.read(again, name="a.html").state is CredentialState.INVALID
    anew = making.labeller().label_bytes(again, name="a.html").data
    assert making.read(anew, name="a.html").state is CredentialState.VALID
    assert read(anew)["html:meta:aigc"] == ("other",)


def test_exiftool_reads_them(tmp_path):
    """It would read what is in a comment, too."""
    (tmp_path / "a.html").write_bytes(written(PAGE.replace(COMMENT, b""), ALL))
    command = ["exiftool", "-j", "-G1", "-a", "a.html"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    (found,) = json.loads(output)
    assert found["HTML:AiDisclosure"] == "ai-generated"
    assert json.loads(found["HTML:Aigc"].replace("\n", "\\n")) == json.loads(
        LABEL.replace("\n", "\\n")
    )
