"""Structured text: which kind a file is, where its block goes, what is read, what peers say."""

import base64
import hashlib
import io
import time

import c2pa_structured_text
import encypher_c2pa
import making
import pytest
from c2pa_text import structured as c2pa_text
from credlabel_plugins.formats import _wrapper
from credlabel_plugins.formats._comments import TEXT_KINDS
from credlabel_plugins.formats._delimiters import front_matter
from credlabel_plugins.formats.structured import BROKEN, SEVERAL, credlabel_formats
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import FakeSign

from credlabel.credentials import Claim, Credentials, CredentialState
from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError
from credlabel.hookspecs import (
    CredentialCarrier,
    CredentialExtractor,
    CredentialProbe,
    EmbeddingGuard,
    EmbeddingPrice,
    Format,
    TextKinds,
)

FORMATS = {suffix: form for form in credlabel_formats() for suffix in form.suffixes}
BEGIN, END = b"-----BEGIN C2PA MANIFEST-----", b"-----END C2PA MANIFEST-----"
STORE = b"\0\0\0\x20jumb" + bytes(range(24))
DATA = b"data:application/c2pa;base64," + base64.b64encode(STORE)
URI = b"https://example.com/a.c2pa"
BOM = b"\xef\xbb\xbf"
LONG = b"print(6 * 7)\n" * 100


class Signs(FakeSign):
    def __call__(self, *, exclusions, sha256):
        """Return a made-up store that begins like a real one."""
        return self._remember(b"\0\0\0\0" + super().__call__(exclusions=exclusions, sha256=sha256))


def embedded(data, suffix=".py", sign=None):
    sink = io.BytesIO()
    FORMATS[suffix].embed(io.BytesIO(data), sink, sign or Signs())
    return sink.getvalue()


def extract(data, suffix=".py"):
    return FORMATS[suffix].extract(io.BytesIO(data))


def objection(data, suffix=".py"):
    return FORMATS[suffix].embedding_objection(io.BytesIO(data))


def block(reference=DATA, mark=b"#"):
    return b" ".join((mark, BEGIN, reference, END))


def problem(data, suffix=".py"):
    found = extract(data, suffix)
    return found and found.problem and found.problem.code


# ---------------------------------------------------------------------------- what is what


def test_they_have_the_powers_that_they_need():
    for power in (Format, TextKinds, CredentialExtractor, CredentialProbe, EmbeddingGuard):
        assert all(isinstance(form, power) for form in credlabel_formats())
    writing = [form for form in credlabel_formats() if isinstance(form, CredentialCarrier)]
    assert all(isinstance(form, EmbeddingPrice) for form in writing)
    assert {form.family for form in writing} == {"text"}
    assert len(writing) == sum(not kind.objection for kind in TEXT_KINDS)


def test_no_two_kinds_claim_one_key():
    languages = [each for kind in TEXT_KINDS for each in kind.languages]
    keys = [key for each in languages for key in (each.media_type, *each.suffixes)]
    assert len(keys) == len(set(keys))


def test_a_kind_has_comments_or_says_why_not():
    assert all(kind.comments or kind.objection for kind in TEXT_KINDS)
    assert all(refusal.sentence for kind in TEXT_KINDS for refusal in kind.refusals)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"#!/bin/sh\n", "text/x-shellscript"),
        (b"#! /usr/bin/env -S python3.11 -u\n", "text/x-python"),
        (b"#!/usr/bin/env\tnode\r\n", "text/javascript"),
        (b"#!/usr/local/bin/lua5.4", "text/x-lua"),
        (b"#!/usr/bin/Rscript --vanilla\n", "text/x-r"),
        (b"#!/usr/bin/frob\n", None),
        (b"#!", None),
        (b"#![deny(warnings)]\n", None),
        (b"WEBVTT\n\n", "text/vtt"),
        (BOM + b"WEBVTT - title\n", "text/vtt"),
        (b"WEBVTTX\n", None),
        (b"<?xml version='1.0'?>\n<!-- a --><a/>", "application/xml"),
        (
            BOM + b"<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'b'>]>\n<html>",
            "application/xhtml+xml",
        ),
        (b"<?xml version='1.0'?><?xml-stylesheet x?><rss version='2.0'>", "application/rss+xml"),
        (
            b"<?xml version='1.0'?>\n<feed xmlns='http://www.w3.org/2005/Atom'>",
            "application/atom+xml",
        ),
        (
            b"<?xml version='1.0'?>\n<tt:tt xmlns:tt='http://www.w3.org/ns/ttml'>",
            "application/ttml+xml",
        ),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"<?xml version='1.0'?>\n<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>", None),
        (b"<?xml version='1.0'?>\n<!--" + b"a" * 4000, "application/xml"),
        (b"<?xmlversion?>", None),
        (b"print(42)\n", None),
        (b"", None),
    ],
)
def test_some_beginnings_tell_the_kind(head, media_type):
    found = [kind for form in credlabel_formats() if (kind := form.accepts(head)) is not None]
    assert found == ([media_type] if media_type else [])


def test_names_tell_all_others_and_win():
    assert making.scanner().identify(io.BytesIO(b"x = 1\n"), "a.py") == "text/x-python"
    assert making.scanner().identify(io.BytesIO(b"#!/bin/sh\n"), "a.rb") == "text/x-ruby"
    assert (
        making.scanner().identify(io.BytesIO(b"#!/bin/sh\n"), "configure") == "text/x-shellscript"
    )


# ---------------------------------------------------------------------------- where it goes

LINES = [  # suffix, text, what comes before the block and after it, what is left out beside it
    (".py", b"x\n", b"", b"\nx\n", (0, 1)),
    (".py", b"x\r\ny", b"", b"\r\nx\r\ny", (0, 2)),
    (".py", b"", b"", b"\n", (0, 1)),
    (".py", b"#!/x\ny\n", b"#!/x\ny\n", b"\n", (-1, 2)),
    (".py", b"#!/x\ny", b"#!/x\ny\n", b"", (-1, 1)),
    (".py", b"#!/x\r\ny\r\n", b"#!/x\r\ny\r\n", b"\r\n", (-1, 3)),
    (".py", BOM + b"y\n", BOM + b"y\n", b"\n", (-1, 2)),
    (".py", b"#\n# coding: x\ny\n", b"#\n# coding: x\ny\n", b"\n", (-1, 2)),
    (".js", b"x\n", b"", b"\nx\n", (0, 1)),
    (".css", b'@charset "utf-8";\n', b'@charset "utf-8";\n', b"\n", (-1, 2)),
    (".rs", b"#![no_std]\n", b"", b"\n#![no_std]\n", (0, 1)),
    (".rs", b"#!/x\n", b"#!/x\n", b"\n", (-1, 2)),
    (".go", b"package a\n", b"package a\n\n", b"\n", (-1, 2)),
    (".go", b"package a", b"package a\n\n", b"", (-1, 1)),
    (".go", b"package a\r\n", b"package a\r\n\r\n", b"\r\n", (-1, 3)),
    (".rst", b"A\r\n=\r\n", b"", b"\r\n\r\nA\r\n=\r\n", (0, 2)),
    (".rb", b"#!/x\n__END__", b"#!/x\n", b"\n__END__", (0, 1)),
    (".php", b"<?php\necho 1;\n", b"<?php\necho 1;\n", b"\n", (-1, 2)),
    (".rb", b"#!/x\ny\n__END__\nz\n", b"#!/x\n", b"\ny\n__END__\nz\n", (0, 1)),
    (".pl", b"#!/x\n=pod\n", b"#!/x\n", b"\n=pod\n", (0, 1)),
    (".swift", b"// swift-tools-version:5.9\n", b"// swift-tools-version:5.9\n", b"\n", (-1, 2)),
    (".el", b";;; -*- a: t -*-\n", b";;; -*- a: t -*-\n", b"\n", (-1, 2)),
    (
        ".el",
        b";;; -*- a: t -*-\nx\n;; Local Variables:\n;; End:\n",
        b";;; -*- a: t -*-\n",
        b"\nx\n;; Local Variables:\n;; End:\n",
        (0, 1),
    ),
    (".zsh", b"#compdef a\n", b"#compdef a\n", b"\n", (-1, 2)),
    (".tex", b"%&latex\n", b"%&latex\n", b"\n", (-1, 2)),
    (".yaml", b"---\na: 1\n", b"", b"\n---\na: 1\n", (0, 1)),
    (".md", b"# A\n", b"", b"\n# A\n", (0, 1)),
    (".md", b"---\na: 1\n---\nb\n", b"---\n", b"\na: 1\n---\nb\n", (0, 1)),
    (".md", b"---\r\na: 1\r\n---\r\nb", b"---\r\n", b"\r\na: 1\r\n---\r\nb", (0, 2)),
    (".md", b"+++\na = 1\n+++\n", b"+++\n", b"\na = 1\n+++\n", (0, 1)),
    (".md", b"---\n---\n", b"---\n", b"\n---\n", (0, 1)),
    (".md", b"---\n\nrules\n\n---\n", b"---\n\nrules\n\n---\n", b"\n", (-1, 2)),
    (".scss", b"---\n---\na{}\n", b"---\n", b"\n---\na{}\n", (0, 1)),
    (".rst", b"A\n=\n", b"", b"\n\nA\n=\n", (0, 1)),
    (".rst", BOM + b"A\n", BOM + b"A\n\n", b"\n", (-1, 2)),
    (".vtt", b"WEBVTT\n\n1\n", b"WEBVTT\n\n", b"\n\n1\n", (0, 1)),
    (".vtt", b"WEBVTT x\nY: z\r\n\r\n1\n", b"WEBVTT x\nY: z\r\n\r\n", b"\n\n1\n", (0, 1)),
    (".vtt", b"WEBVTT", b"WEBVTT\n\n", b"", (-1, 1)),
]


@pytest.mark.parametrize(("suffix", "text", "before", "after", "more"), LINES)
def test_the_block_goes_where_nothing_breaks(suffix, text, before, after, more):
    sign = Signs()
    made = embedded(text, suffix, sign)
    assert made.startswith(before)
    assert made.endswith(after)
    line = made[len(before) : len(made) - len(after)]
    assert b"\n" not in line
    assert line.count(BEGIN) == line.count(END) == 1
    start, length = more
    excluded = ((len(before) + start, len(line) + length),)
    assert sign.calls[-1][0] == excluded
    (at, count), covered = excluded[0], hashlib.sha256()
    covered.update(made[:at] + made[at + count :])
    assert sign.calls[-1][1] == covered.digest()
    assert extract(made, suffix).exclusions == excluded
    assert embedded(made, suffix) == made  # replaced, and not one byte added


@pytest.mark.parametrize(
    ("suffix", "line"),
    [
        (".py", "# {}"),
        (".ts", "/*! {} */"),
        (".tsx", "/*! {} */"),
        (".css", "/*! {} */"),
        (".c", "/* {} */"),
        (".cs", "// {}"),
        (".kt", "// {}"),
        (".swift", "// {}"),
        (".ps1", "# {}"),
        (".jl", "# {}"),
        (".sql", "-- {}"),
        (".hs", "-- {}"),
        (".ini", "; {}"),
        (".tex", "% {}"),
        (".md", "<!-- {} -->"),
        (".rst", ".. {}"),
        (".adoc", "// {}"),
        (".vtt", "NOTE {}"),
    ],
)
def test_the_block_is_a_comment_of_the_language(suffix, line):
    made = embedded(b"WEBVTT\n\n", suffix).decode()
    before, _, after = line.partition("{}")
    (found,) = (each for each in made.splitlines() if "C2PA" in each)
    assert found.startswith(before + BEGIN.decode() + " data:application/c2pa;base64,")
    assert found.endswith(END.decode() + after)


def test_two_signatures_are_enough_and_no_length_is_chased_for_ever():
    sign = Signs()
    embedded(LONG, sign=sign)
    assert len(sign.calls) == 2
    with pytest.raises(CapacityError):
        embedded(LONG, sign=Signs(growth=100))


@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(
        st.sampled_from(
            [
                b"\n",
                b"\r\n",
                b"x",
                b"#!",
                b"---",
                b"+++",
                b"a: 1",
                b" ",
                b"WEBVTT",
                b"# coding: x",
                b"<?php\n",
                b"__END__",
                b"/**",
                b"%",
                BOM,
                "é".encode(),
                b'@charset "',
                b"..",
                b"//",
            ]
        ),
        max_size=12,
    ).map(b"".join),
)
@settings(max_examples=300, deadline=None)
def test_any_text_takes_a_block_and_gives_it_back(suffix, text):
    if objection(text, suffix):
        return
    sign = Signs()
    made = embedded(text, suffix, sign)
    found = extract(made, suffix)
    assert found.exclusions == sign.calls[-1][0]
    bound = b"".join(FORMATS[suffix].bound_bytes(io.BytesIO(made), found.exclusions))
    assert hashlib.sha256(bound).digest() == sign.calls[-1][1]
    assert FORMATS[suffix]._unlabelled(made) == text


# ---------------------------------------------------------------------------- what gets none


@pytest.mark.parametrize(
    ("suffix", "text", "reason"),
    [
        (".xml", b"<?xml version='1.0'?><a/>", "two hyphens"),
        (".xhtml", b"<html/>", "two hyphens"),
        (".rss", b"<rss/>", "two hyphens"),
        (".srt", b"1\n", "no comments"),
        (".ttml", b"<tt/>", "TTML"),
        (".php", b"<?php echo 1; ?>\n", "outside of <?php"),
        (".php", b"<p>\n<?php echo 1;", "outside of <?php"),
        (".ps1", b"a\n# SIG # Begin signature block\n", "signature of its own"),
        (".srt", b"1\n", "a player would show one"),
        (".bib", b"@misc{a}\n", "SubRip and BibTeX have no comments"),
        (".conf", b"<fontconfig>\n</fontconfig>\n", "like markup"),
        (".conf", b'{"a": [\n', "like JSON"),
        (".conf", b"[1, 2]\n", "like JSON"),
        (".yaml", b' [ {"a": 1}]\n', "like JSON"),
        (".yaml", BOM + b"\n{}\n", "like JSON"),
        (".yml", b"$ANSIBLE_VAULT;1.1;AES256\n66\n", "encrypted"),
        (".nim", b"#? stdtmpl\n", "template"),
        (".ts", b"<!DOCTYPE TS><TS>\n", "like markup"),
        (".ts", b'{ "a": 1 }\n', "like JSON"),
        (".js", b"\n<div>\n", "like markup"),
        (".cs", b"{\n", "like data"),
        (".css", b"<style>\n", "like markup"),
        (".css", b"{ }\n", "like data"),
        (".ini", b"<a>\n", "like markup"),
        (".c", b"<a>\n", "like markup"),
        (".pl", b":- initialization(main).\n", "Prolog"),
        (".pl", b"% a program\n", "Prolog"),
        (".pl", b"/* a program */\n", "Prolog"),
        (".pl", b"\nparent(tom, bob).\n", "Prolog"),
        (".pl", b"a(X) :-\n  b(X).\n", "Prolog"),
        (".sh", b"#!/bin/sh\nexit 0\n__PAYLOAD__\naGk=\n", "data at its end"),
        (".sh", b"#!/bin/sh\nexit $?  # done\n\n# data\naGk=\n", "data at its end"),
        (".sh", b"#!/bin/sh\ncat <<EOF\nhello\n", "here document"),
        (".sh", b"#!/bin/sh\ncat <<'a' <<-\"b\"\n1\na\n\t2\nb b\n", "here document"),
        (".sh", b"#!/bin/sh\ncat <<EOF\n\tEOF\n", "here document"),
        (".py", b"a\rb\r", "bare carriage return"),
        (".py", b"x = '" + BEGIN + b"'\n", "marker lines"),
        (".md", b"Write\n```\n" + block(URI) + b"\n```\n", "marker lines"),
        (".py", "é".encode("latin-1"), "UTF-8"),
        (".py", "x".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_would_break_gets_a_sidecar_and_says_why(suffix, text, reason):
    assert reason in objection(text, suffix)
    if isinstance(FORMATS[suffix], CredentialCarrier) and "UTF" not in reason:
        with pytest.raises(CapacityError, match=reason.replace("?", r"\?")):
            embedded(text, suffix)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".toml", b"[table]\na = 1\n"),
        (".toml", b"[[list]]\na = 1\n"),
        (".conf", b"[section]\na = 1\n"),
        (".cfg", b"[1]\na = 1\n"),
        (".ini", b"[section]\n"),
        (".cs", b'[assembly: A("b")]\n'),
        (".cs", b"[\n  assembly: A\n]\n"),
        (".c", b"[[noreturn]] void f(void);\n"),
        (".js", b"[1, 2].forEach(f)\n".replace(b"1, 2", b"a")),
        (".js", b"{\n  let a = 1\n}\n"),
        (".ts", b"{ a: 1 }\n"),
        (".r", b"{\n  1\n}\n"),
        (".graphql", b"{ me { name } }\n"),
        (".yaml", b"{{- if .Values.a }}\n"),
        (".ps1", b"<#\n.SYNOPSIS\n#>\n"),
        (".css", b"[hidden] { display: none }\n"),
        (".pl", b"my %a = (1, 2);\nf($a ? 1 : -1);\n"),
        (".sh", b"{ echo 1; }\n"),
        (".sh", b"[ -f a ] && exit 1\n\nexit 0\n\n# vim: sw=4\n"),
        (".sh", b"f() {\nexit 1\n}\nif a; then\nexit\nfi\necho\n"),
        (".sh", b"#!/bin/sh\ncat <<a <<-'b' <<\\c\n1\na\n2\n\tb\n3\nc\ncat <<<a\n"),
        (".sh", b"cat <<EOF\ncat <<NOT\nEOF\necho\n"),
    ],
)
def test_what_begins_like_that_in_its_language_takes_a_block(suffix, text):
    assert objection(text, suffix) is None
    assert extract(embedded(text, suffix), suffix).store


def test_a_credential_that_is_there_is_no_objection():
    assert objection(embedded(LONG)) is None


def test_short_texts_are_dear():
    form = FORMATS[".py"]
    assert form.embedding_price(io.BytesIO(LONG), "a.py") is None
    assert "--text embed" in form.embedding_price(io.BytesIO(b"x = 1\n"), "a.py")


# ---------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    "text",
    [
        b"x = '" + BEGIN + b"'\n",
        b"A = '" + BEGIN + b"'\nB = '" + END + b"'\n",
        b"# A block is between " + BEGIN + b" and " + END + b".\n\n\n\n",
        b"\n\n\n\n" + block(b"<reference>") + b"\n\nx",
        b"\n\n\n\n" + block(URI) + b"\n\n" + block(URI) + b"\n\nmore",
        b"\n\n\n\n" + block(b"data:application/c2pa;base64,oWV...truncated...") + b"\n\nx",
        b"\n\n\n\n" + block(b"data:application/c2pa;base64,QUJD") + b"\n\nx",
        b"\n\n\n\n# " + BEGIN + b"\n# " + URI + b"\n# " + END + b"\n\nx",
        b"print('" + BEGIN + b" %s " + END + b"')\n",
    ],
)
def test_talk_of_delimiters_is_no_credential(text):
    assert extract(text) is None
    assert FORMATS[".py"].may_carry_credential(io.BytesIO(text))  # it only can't be ruled out


def test_a_reference_names_its_place_and_what_is_bound():
    found = extract(block(URI) + b"\nx\n")
    assert found.reference == URI.decode()
    assert found.exclusions == ((0, len(block(URI)) + 1),)
    assert not found.store


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (block() + b"\n" + block() + b"\nx\n", SEVERAL),
        (block() + b"\nx\n" + block(), SEVERAL),
        (block() + b"\n" + block(URI) + b"\n", SEVERAL),
        (block() + b"\n\n\n\n" + block(URI) + b"\n\nx", SEVERAL),
        (block(b"") + b"\nx\n", BROKEN),
        (block(b"elsewhere") + b"\nx\n", BROKEN),
        (block(b"data:application/c2pa;base64,QQ=") + b"\nx\n", BROKEN),
        (block(b"data:application/c2pa;base64,Q!Q=") + b"\nx\n", BROKEN),
        (block()[:80] + b"\nx\n", BROKEN),
        (block()[40:] + b"\nx\n", BROKEN),
        (b"evil(); " + block() + b"\n\n\n\nx\n", BROKEN),
        (b"\n\n\n\nevil(); " + block() + b"\n\nx\n", BROKEN),
        (block() + b"\revil()\nx\n", BROKEN),
        (block().replace(b" data:", b"\rdata:") + b"\nx\n", BROKEN),
        (block() + b" */ evil()\nx\n", BROKEN),
        (block(mark=b"//") + b"\nx\n", BROKEN),
        (b"a: |\n  b\n  " + block(), BROKEN),
        (block(mark=b"/*") + b"\nx\n", BROKEN),
    ],
)
def test_several_and_broken_blocks_are_no_credential(text, code):
    found = extract(text)
    assert found.problem.code == code
    assert not found.store
    assert "C2PA 2.5 (A.9" in found.problem.explanation
    assert "manifest.structuredText." in found.problem.explanation


@pytest.mark.parametrize("suffix", [".js", ".css"])
def test_a_comment_whose_end_was_taken_away_is_no_block(suffix):
    """Or else it would silence the program up to the next comment, unnoticed."""
    whole = embedded(b"a\n/* b */\n", suffix)
    assert extract(whole, suffix).store
    assert problem(whole.replace(b" */\n", b"   \n", 1), suffix) == BROKEN


def test_what_others_put_in_without_a_blank_line_is_taken_out_as_it_is():
    line = block(mark=b"NOTE")
    text = b"WEBVTT\n\n" + line + b"\n1\n"
    assert extract(text, ".vtt").store == STORE
    assert FORMATS[".vtt"]._unlabelled(text) == b"WEBVTT\n\n1\n"


def test_no_byte_order_mark_can_be_added_to_a_labelled_text():
    """It would be in the line that the binding leaves out."""
    assert problem(BOM + block() + b"\nx\n") == BROKEN
    assert problem(BOM + block(URI) + b"\nx\n") == BROKEN
    assert FORMATS[".py"]._unlabelled(BOM + block() + b"\nx\n") == BOM + b"x\n"
    made = making.labeller().label_bytes(LONG, name="a.py").data
    shorter = BOM + made.replace(b"# -----", b"#-----", 1).replace(b"- data", b"-data", 1)
    shorter = shorter.replace(b" -----END", b"-----END", 1)
    assert len(shorter) == len(made)
    assert making.read(shorter, name="a.py").state is CredentialState.UNREADABLE


def test_ranges_that_overlap_are_refused():
    with pytest.raises(MalformedAssetError, match="ranges"):
        list(FORMATS[".py"].bound_bytes(io.BytesIO(LONG), ((0, 5), (4, 2))))


HOSTILE = [
    b"coding:latin-1,xxx",
    b"coding=latin-1.c2pa",
    b"https://example.com/coding:latin-1",
    b"https://example.com/?CODING=latin-1",
    b"https://example.com/?fileencoding=latin-1",
    b"https://example.com/-*-coding:latin-1-*-",
    b"https://example.com/*/evil()/*",
    b"https://example.com/-->evil",
    b"https://example.com/?>evil",
    b"https://example.com/\\u000aevil()",
    b"https://example.com/;evil",
    b"https://example.com/?a&evil",
    b"https://example.com/$evil",
    b"https://example.com/{{evil}}",
    b"https://example.com/isort:skip_file",
    b"https://example.com/pylint:disable=all",
    b"https://example.com/swiftlint:disable",
    b"https://example.com/SPDX-License-Identifier:MIT",
    b"https://example.com/NOLINTBEGIN",
    b"https://example.com/LCOV_EXCL_START",
    b"https://example.com/@ts-nocheck",
    b"https://example.com/#__PURE__",
    b"https://example.com/#noqa",
    b"https://#sourceMappingURL=a.map",
    b"https://@ts-nocheck",
    b"https://ignore_for_file:a",
    b"https://go:build",
    b"https://nolint:all",
    b"https://user@example.com/",
    b"http:evil",
    b"u:@misc(evil,year=1999)",
    b"javascript:evil()",
    b"vim:set",
    b"frozen_string_literal:true",
    b"!TEX.c2pa",
    b"%&latex.c2pa",
    b"//evil/a.c2pa",
    b"nosemgrep.c2pa",
    b"a.c2pa.py",
    "https://example.com/\u2028evil()".encode(),
]


@pytest.mark.parametrize(
    "kind",
    [kind for kind in TEXT_KINDS if kind.comments],
    ids=lambda kind: kind.languages[0].media_type,
)
def test_no_reference_is_anything_to_anybody(kind):
    """The binding leaves it out, so anybody can put another one in its place."""
    for comment in kind.comments:
        for hostile in HOSTILE:
            line = b" ".join((comment.prefix, BEGIN, hostile, END, comment.suffix)) + b"\n"
            found = extract(line + b"x\n" * 9, kind.languages[0].suffixes[0])
            assert found.problem.code == BROKEN, (comment, hostile)
            assert not found.exclusions


@pytest.mark.parametrize(
    "uri",
    [
        b"http://example.com",
        b"https://example.com:8080/a/b-c_d~e.c2pa?id=%2F+1,2",
        b"hills.py.c2pa",
        b"credentials/hills.c2pa",
    ],
)
def test_a_plain_reference_is_read(uri):
    assert extract(block(uri) + b"\nx\n").reference == uri.decode()


def test_no_store_declares_an_encoding():
    """Python would take the line's end for its name: ``coding=`` is base64."""
    store = STORE[:9] + base64.b64decode(b"Acoding=")
    line = block(b"data:application/c2pa;base64," + base64.b64encode(store))
    assert b"coding= " in line
    assert problem(line + b"\nx\n") == BROKEN


@pytest.mark.parametrize(
    ("suffix", "prefix"), [(".sql", b"--"), (".rst", b".."), (".vtt", b"NOTE")]
)
def test_what_is_no_comment_without_a_blank_is_no_block(suffix, prefix):
    line = block(mark=prefix) + b"\nx\n"
    assert extract(line, suffix).store == STORE
    assert problem(line.replace(b" ", b"", 1) + b" ", suffix) == BROKEN


@pytest.mark.parametrize("name", ["a.py", "a.rb"])
def test_an_encoding_declared_in_the_place_of_a_label_is_noticed(name):
    """The label beside the file, and in the line that it leaves out a reference of its length."""
    made = making.labeller().label_bytes(LONG, name=name).data
    found = extract(made)
    ((start, length),) = found.exclusions
    line = b"# " + BEGIN + b" coding:latin-1,%s " + END + b"\n"
    forged = line % (b"x" * (length - len(line) + 2)) + made[start + length :]
    assert (start, len(forged)) == (0, len(made))
    reading = making.read(forged, name=name, sidecar=found.store)
    assert reading.state is not CredentialState.VALID
    fair = line.replace(b"coding:latin-1,%s", b"%s.c2pa")
    fair = fair % (b"x" * (length - len(fair) + 2)) + made[start + length :]
    assert making.read(fair, name=name, sidecar=found.store).state is CredentialState.VALID


def test_a_uri_can_not_end_the_comment():
    assert problem(b"/* " + block(b"x:*/evil()/*", mark=b"").strip() + b" */\n", ".js") == BROKEN


@pytest.mark.parametrize("indent", [b"", b"  "])
def test_the_three_lines_of_the_standard_are_read(indent):
    lines = b"".join(indent + line + b"\n" for line in (BEGIN, DATA, END))
    head = b"---\n" if not indent else b"---\nc2pa: |\n"
    found = extract(head + lines + b"title: x\n---\nText\n", ".md")
    assert found.store == STORE
    assert found.exclusions == ((len(head), len(lines)),)
    assert problem(b"# " + lines, ".py") == BROKEN


def test_a_block_in_place_of_a_wrapper():
    text = b"x = 1\n" + _wrapper.encode(STORE)
    assert extract(text).store == STORE
    bound = FORMATS[".py"].bound_bytes(io.BytesIO(text), extract(text).exclusions)
    assert b"".join(bound) == b"x = 1\n"
    assert embedded(text) == embedded(b"x = 1\n")


def test_a_text_beyond_the_limit_is_not_read(monkeypatch):
    from credlabel_plugins.formats import _text, structured

    for module in (_text, structured):
        monkeypatch.setattr(module, "MAX_TEXT_BYTES", 2000)
    assert extract(LONG[:1990] + b"\n" * 20) is None
    assert problem(block() + LONG * 2) == "credlabel.text.too-long"
    with pytest.raises(LimitExceededError):
        embedded(LONG * 2)


_TOKENS = [
    BEGIN,
    END,
    b"# ",
    b" ",
    b"\n",
    b"\r\n",
    URI,
    block(),
    b"---\n",
    b"x",
    BOM,
    b"/* ",
    b" */",
]


@given(
    st.sampled_from([".py", ".md", ".js", ".vtt", ".rst", ".go"]),
    st.lists(st.sampled_from(_TOKENS) | st.binary(max_size=4), max_size=14).map(b"".join),
)
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_and_what_is_left_out_is_only_a_block(suffix, data):
    form, source = FORMATS[suffix], io.BytesIO(data)
    form.accepts(data)
    form.check_whole(source)
    form.embedding_price(source, "")
    found = form.extract(source)
    if found is not None:
        assert form.may_carry_credential(source)
        for start, length in found.exclusions:
            left_out = data[start : start + length]
            rest = left_out.replace(BEGIN, b"").replace(END, b"")
            assert len(left_out) - len(rest) == len(BEGIN + END)
            assert b"".join(form.bound_bytes(source, found.exclusions)) + left_out
    if form.embedding_objection(source) is None:
        assert form.extract(io.BytesIO(embedded(data, suffix))).store


@pytest.mark.parametrize(
    "data",
    [
        BEGIN,
        pytest.param(END, marks=pytest.mark.slow),
        pytest.param(BEGIN + END, marks=pytest.mark.slow),
        block() + b"\n",
        pytest.param(BEGIN + b" " * 50, marks=pytest.mark.slow),
        b"---\na: 1\n",
        b"\r",
        pytest.param(b"\n" + BEGIN, marks=pytest.mark.slow),
        b"k",
        b"<<a ",
        pytest.param(b"<<a\na\n", marks=pytest.mark.slow),
        b"<<a <<b\nb\n",
        b"exit\n#\n",
        b"exit\n",
        b")  ",
        block(b"https://example.com/" + b"a.c2pa" * 20) + b"\n",
    ],
)
def test_hostile_texts_take_linear_time(data):
    text = b"---\n" + data * ((1 << 20) // len(data))
    started = time.process_time()
    extract(text, ".md")
    for suffix in (".md", ".sh", ".pl", ".conf", ".js"):
        objection(text, suffix)
    assert time.process_time() - started < 10  # a square of it would be minutes


def test_front_matter_is_told_in_linear_time():
    started = time.process_time()
    assert front_matter(b"---\n" + b"k" * (4 << 20) + b"\n---\n") is None
    assert time.process_time() - started < 1


# ---------------------------------------------------------------------------- end to end, peers

BODIES = {
    "a.py": LONG,
    "b.py": b"#!/usr/bin/env python3\n" + LONG,
    "c.py": (b"#!/usr/bin/env python3\n" + LONG).replace(b"\n", b"\r\n"),
    "d.py": BOM + LONG[:-1],
    "a.js": LONG,
    "a.css": b"a { color: red }\n" * 40,
    "a.md": b"# Title\n\n" + LONG,
    "b.md": b"---\ntitle: x\n---\n" + LONG,
    "a.yaml": b"- 1\n" * 200,
    "a.toml": b"# a\n" * 200,
    "a.go": b"package a\n" + b"// a\n" * 200,
    "a.rst": b"Title\n=====\n\n" + LONG,
    "a.vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\nhi\n\n" * 20,
}
_ENCYPHER = {"js": "application/javascript", "css": "text/css", "md": "text/markdown"}
_ENCYPHER |= {"yaml": "application/yaml", "toml": "application/toml"}


def encypher(data, name):
    return encypher_c2pa.verify(
        data,
        _ENCYPHER.get(name.rpartition(".")[2], "text/x-python"),
        trust_pem=making.anchors().signers,
        no_default_trust=True,
        telemetry=False,
    )


@pytest.mark.parametrize("name", BODIES)
def test_a_label_is_valid_for_us_and_for_everybody_else(name):
    made = making.labeller().label_bytes(BODIES[name], name=name)
    assert made.receipt.tier == "embedded"
    assert making.read(made.data, name=name).state is CredentialState.VALID
    report = encypher(made.data, name)
    assert (report["validation_state"], report["hard_binding"]) == ("Trusted", "match")
    found = extract(made.data, "." + name.rpartition(".")[2])
    assert c2pa_text.extract_structured(made.data.decode()).manifest == found.store
    excluded = c2pa_structured_text.manifest_exclusion(made.data.decode())
    if name == "c.py":  # "the newline character" before the block: it takes CRLF for one
        excluded = (excluded[0] + 1, excluded[1] - 1)
    assert (excluded,) == found.exclusions


@pytest.mark.parametrize("name", BODIES)
def test_a_changed_byte_is_noticed(name):
    made = bytearray(making.labeller().label_bytes(BODIES[name], name=name).data)
    ((start, length),) = extract(bytes(made), "." + name.rpartition(".")[2]).exclusions
    at = start - 2 if start > 4 else start + length + 3
    made[at] ^= 1
    assert making.read(bytes(made), name=name).state is CredentialState.INVALID


def test_a_label_over_a_label_has_one_block_and_its_history():
    first = making.labeller().label_bytes(LONG, name="a.py").data
    second = making.labeller().label_bytes(first.replace(b"6 * 7", b"6 * 8"), name="a.py")
    assert second.data.count(BEGIN) == 1
    assert making.read(second.data, name="a.py").state is CredentialState.VALID


@pytest.mark.parametrize(
    ("suffix", "prefix", "after"),
    [(".py", "#", None), (".css", "/*", "*/"), (".md", "<!--", "-->")],
)
def test_what_peers_write_is_read(suffix, prefix, after):
    text = "a { }\n" * 3
    theirs = c2pa_structured_text.embed_manifest_embedded(text, STORE, prefix, after)
    found = extract(theirs.encode(), suffix)
    assert found.store == STORE
    assert found.exclusions == (c2pa_structured_text.manifest_exclusion(theirs),)
    reference = c2pa_text.encode_data_uri(STORE)
    for place in c2pa_text.Placement:
        made = c2pa_text.embed_structured(text, reference, prefix, after or "", place)
        found = extract(made.text.encode(), suffix)
        assert found.store == STORE
        assert found.exclusions == ((made.exclusion_start, made.exclusion_length),)
    theirs = c2pa_structured_text.embed_manifest_url(text, URI.decode(), prefix, after)
    assert extract(theirs.encode(), suffix).reference == URI.decode()


def test_peers_refuse_text_that_speaks_of_delimiters_so_it_gets_none():
    """2.5 counts blocks, not delimiters (14.5.2.4); encypher counts delimiters, as 2.4 did."""
    made = making.labeller().label_bytes(LONG, name="a.py").data
    talk = made + b"# " + BEGIN + b" is a delimiter\n"
    report = encypher(talk, "a.py")
    codes = [each["code"] for each in report["validation_results"]["failure"]]
    assert "manifest.structuredText.multipleReferences" in codes
    assert "marker lines" in objection(talk)
    assert making.labeller().label_bytes(LONG + talk[-47:], name="a.py").receipt.tier == "sidecar"


def test_a_codec_that_leaves_code_out_is_not_for_us():
    """Why c2pa-structured-text is a test's peer and no dependency: it hides what is between."""
    text = f"# {BEGIN.decode()} {URI.decode()}\nevil()\n# {END.decode()}\nx\n"
    start, length = c2pa_structured_text.manifest_exclusion(text)
    assert "evil()" in text[start : start + length]
    assert extract(text.encode()) is None or problem(text.encode()) == BROKEN


def test_a_text_that_names_its_sidecar_is_labelled_again(tmp_path):
    """The reference stays where it is, and what is bound leaves it out, as before."""
    line = b"# -----BEGIN C2PA MANIFEST----- a.py.c2pa -----END C2PA MANIFEST-----\n"
    path = tmp_path / "a.py"
    path.write_bytes(line + b"print(42)\n")
    bound = hashlib.sha256(b"print(42)\n").digest()
    store = Credentials().sign_binding(
        Claim(definition=making.definition(making.created())),
        signer=making.signer(),
        exclusions=((0, len(line)),),
        sha256=bound,
    )
    (tmp_path / "a.py.c2pa").write_bytes(store)
    assert making.scanner().scan(path).verdict.integrity == "intact"
    out = tmp_path / "out" / "a.py"
    assert making.labeller().label(path, out).relation == "edited"
    assert out.read_bytes() == path.read_bytes()
    assert making.scanner().scan(out).verdict.integrity == "intact"
    assert len(making.read_file(out).store["manifests"]) == 2
