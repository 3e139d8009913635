"""Labelled programs and documents do what they did: interpreters, compilers, parsers say so."""

import configparser
import io
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from credlabel_plugins.formats.structured import credlabel_formats
from docutils.core import publish_parts
from markdown_it import MarkdownIt
from signing import FakeSign

FORMATS = {suffix: form for form in credlabel_formats() for suffix in form.suffixes}
BOM = b"\xef\xbb\xbf"


class Signs(FakeSign):
    def __call__(self, *, exclusions, sha256):
        """Return a made-up store that begins like a real one."""
        return self._remember(b"\0\0\0\0" + super().__call__(exclusions=exclusions, sha256=sha256))


def labelled(source, suffix):
    form = FORMATS[suffix]
    assert form.embedding_objection(io.BytesIO(source)) is None
    sink = io.BytesIO()
    form.embed(io.BytesIO(source), sink, Signs())
    made = sink.getvalue()
    assert form.extract(io.BytesIO(made)).store
    assert made != source
    return made


def run(source, suffix, folder, commands):
    """Everything that the program says, and how it ends; where it lies is left out."""
    folder.mkdir()
    path = folder / f"Main{suffix}"
    path.write_bytes(source)
    path.chmod(0o755)
    said = []
    for command in commands:
        words = [word.format(path=path, folder=folder) for word in command.split()]
        if "/" not in words[0] and not shutil.which(words[0]):
            pytest.skip(f"{words[0]} is not installed")
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr.decode()
        said.append(done.stdout.replace(str(folder).encode(), b""))
    return said


def check_runs(source, suffix, tmp_path, *commands, says=b"42"):
    """The original and the labelled program say the same, with LF, with CRLF if it may be so."""
    before = run(source, suffix, tmp_path / "before", commands)
    assert says in before[-1]  # or else nothing would be compared
    made = labelled(source, suffix)
    assert run(made, suffix, tmp_path / "after", commands) == before
    return made


# ---------------------------------------------------------------------------- programs

PROGRAMS = {
    "python": (".py", b"print(6 * 7)\n", "python3 {path}"),
    "python without a last line end": (".py", b"print(6 * 7)", "python3 {path}"),
    "python with CRLF": (".py", b"def f():\r\n    return 42\r\nprint(f())\r\n", "python3 {path}"),
    "python with a shebang": (".py", b"#!/usr/bin/env python3\nprint(6 * 7)\n", "{path}"),
    "python with a shebang and no last line end": (
        ".py",
        b"#!/usr/bin/env python3\nif True:\n    print(6 * 7)",
        "{path}",
    ),
    "python with a BOM": (".py", BOM + b"print(6 * 7)\n", "python3 {path}"),
    "python with a coding line": (
        ".py",
        "# -*- coding: utf-8 -*-\nprint('ä42')\n".encode(),
        "python3 {path}",
    ),
    "python with a coding line below": (
        ".py",
        b"# Copyright\n# vim: set fileencoding=latin-1 :\nprint(len('\xc3\xa4') + 40)\n",
        "python3 {path}",
    ),
    "python from the future": (
        ".py",
        b'"""Doc."""\nfrom __future__ import annotations\nprint(__doc__, 42)\n',
        "python3 {path}",
    ),
    "node": (
        ".js",
        b"'use strict';\nconsole.log(6 * 7, (function(){return this})())\n",
        "node {path}",
    ),
    "node with a shebang": (".js", b"#!/usr/bin/env node\nconsole.log(42)", "{path}"),
    "node module": (".mjs", b"export const a = 42;\nconsole.log(a)\n", "node {path}"),
    "node with a docblock": (
        ".cjs",
        b"/** @jest-environment x */\nconsole.log(42)\n",
        "node {path}",
    ),
    "bash": (".sh", b"#!/bin/bash\nset -eu\necho $((6 * 7))\n", "{path}"),
    "bash with a here document": (".sh", b"#!/bin/bash\ncat <<X\n42\nX\n", "{path}"),
    "bash sourced": (".bash", b"echo 42\n", "bash {path}"),
    "ruby": (".rb", b"puts 6 * 7\n", "ruby {path}"),
    "ruby with a magic comment": (
        ".rb",
        b"# frozen_string_literal: true\nputs 42, 'a'.frozen?\n",
        "ruby {path}",
    ),
    "ruby with a coding line": (
        ".rb",
        b"# coding: us-ascii\nputs 42, __ENCODING__\n",
        "ruby {path}",
    ),
    "ruby with data": (
        ".rb",
        b"#!/usr/bin/env ruby\n# coding: us-ascii\nputs __ENCODING__, DATA.read\n__END__\n42\n",
        "{path}",
    ),
    "perl": (".pl", b"use strict;\nprint 6 * 7;\n", "perl {path}"),
    "perl with data": (".pl", b"#!/usr/bin/perl -w\nprint <DATA>;\n__DATA__\n42\n", "{path}"),
    "php": (".php", b"<?php\ndeclare(strict_types=1);\necho 6 * 7;\n", "php {path}"),
    "php with a shebang": (".php", b"#!/usr/bin/env php\n<?php\necho 42;", "{path}"),
    "lua": (".lua", b"print(6 * 7)\n", "lua5.4 {path}"),
    "lua with a shebang": (".lua", b"#!/usr/bin/lua5.4\nprint(6 * 7)", "lua5.4 {path}"),
    "sql": (
        ".sql",
        b"create table a (b);\ninsert into a values (42);\nselect * from a;\n",
        "sqlite3 :memory: -init {path} .exit",
    ),
    "c": (
        ".c",
        b'#include <stdio.h>\nint main(void) { printf("%d\\n", 6 * 7); return 0; }\n',
        "gcc -std=c90 -pedantic -Wall -Werror {path} -o {folder}/a\n{folder}/a",
    ),
    "r": (".r", b"x <- 6 * 7\ncat(x, '\\n')\n", "Rscript {path}"),
}


SLOW_TO_START = ("r", "c", "node module", "node with a docblock", "ruby with a coding line")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW_TO_START else [])
        for name in PROGRAMS
    ],
)
def test_programs_say_what_they_said(name, tmp_path):
    suffix, source, commands = PROGRAMS[name]
    check_runs(source, suffix, tmp_path, *commands.split("\n"))


# All that a reference may consist of.
REFERENCE = b"https://aAzZ09.-:80/" + bytes(
    each for each in range(33, 127) if chr(each).isalnum() or chr(each) in "._~/%?=+,-"
)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in SLOW_TO_START])
def test_programs_say_what_they_said_whatever_a_reference_says(name, tmp_path):
    """It can be changed without anybody's notice, and so it must not matter."""
    suffix, source, commands = PROGRAMS[name]
    before = run(source, suffix, tmp_path / "before", commands.split("\n"))
    made = labelled(source, suffix)
    referring = re.sub(rb"data:application/c2pa;base64,[^ ]+", lambda _: REFERENCE, made)
    assert FORMATS[suffix].extract(io.BytesIO(referring)).reference == REFERENCE.decode()
    assert run(referring, suffix, tmp_path / "after", commands.split("\n")) == before


def test_go_stays_formatted(tmp_path):
    made = labelled(GO, ".go")
    assert run(made, ".go", tmp_path / "after", ["gofmt -e {path}"]) == [made]


GO = b"""//go:build linux

// Package main is 42.
package main

// int six() { return 6; }
import "C"
import "fmt"

func main() { fmt.Println(C.six() * 7) }
"""
SLOW_PROGRAMS = {
    "c++": (
        ".cpp",
        b"#include <iostream>\nint main() { std::cout << 42; }\n",
        "g++ -std=c++98 -pedantic -Wall -Werror {path} -o {folder}/a\n{folder}/a",
    ),
    "c++ with CRLF": (
        ".cpp",
        b'#include <cstdio>\r\nint main() { std::puts("42"); }\r\n',
        "g++ -Wall -Werror {path} -o {folder}/a\n{folder}/a",
    ),
    "java": (
        ".java",
        b"class Main { public static void main(String[] a) { System.out.print(6 * 7); } }\n",
        "javac -Xlint:all -Werror -d {folder} {path}\njava -cp {folder} Main",
    ),
    "rust": (
        ".rs",
        b'#![deny(warnings)]\n//! Says 42.\nfn main() { println!("{}", 6 * 7); }\n',
        "rustc -o {folder}/a {path}\n{folder}/a",
    ),
    "go": (".go", GO, "go run {path}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW_PROGRAMS)
def test_compiled_programs_say_what_they_said(name, tmp_path):
    suffix, source, commands = SLOW_PROGRAMS[name]
    check_runs(source, suffix, tmp_path, *commands.split("\n"))


@pytest.mark.slow
def test_a_go_package_keeps_its_documentation(tmp_path):
    source = b"// Package a is 42.\npackage a\n"
    said = []
    for name, text in (("before", source), ("after", labelled(source, ".go"))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "go.mod").write_text("module example.com/a\n\ngo 1.19\n")
        (folder / "a.go").write_bytes(text)
        done = subprocess.run(["go", "doc", "-all"], cwd=folder, capture_output=True, check=True)
        said.append(done.stdout)
    assert b"Package a is 42." in said[0]
    assert said[0] == said[1]


@pytest.mark.slow
def test_a_latex_document_is_set_as_before(tmp_path):
    source = (
        b"%!TEX program = pdflatex\n\\documentclass{article}\n\\begin{document}\n42 \\cite{a}\n"
        b"\\bibliographystyle{plain}\\bibliography{refs}\n\\end{document}\n"
    )
    entry = b"@misc{a, title = {Forty-two}, year = 2026}\n"
    logs = []
    for name in ("before", "after"):
        folder = tmp_path / name
        folder.mkdir()
        is_made = name == "after"
        (folder / "refs.bib").write_bytes(entry)
        (folder / "Main.tex").write_bytes(labelled(source, ".tex") if is_made else source)
        latex = "pdflatex -interaction=batchmode Main"
        for command in (latex, "bibtex -terse Main", latex, latex):
            subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
        log = (folder / "Main.log").read_text("latin-1")
        logs.append([line for line in log.splitlines() if "Output written" in line])
        assert "Forty-two" in (folder / "Main.bbl").read_text()
    assert "1 page" in logs[0][0]
    assert logs[0] == logs[1]


# ---------------------------------------------------------------------------- settings

YAML = "puts YAML.load_stream(File.read(ARGV[0])).inspect"


@pytest.mark.parametrize(
    "source",
    [
        b"a: [1, 42]\n",
        b"%YAML 1.1\n---\na: 42\n...\n---\nb: 1\n",
        b"---\na: 42\n",
        b"#cloud-config\na: |\n  42\n   x\n",
        b"#!/usr/bin/env tool\r\na: 42\r\n",
        BOM + b"a: 42\n",
        b"#cloud-config\na: >-\n  42",
    ],
)
def test_yaml_means_what_it_meant(source, tmp_path):
    said = []
    for text in (source, labelled(source, ".yaml")):
        (tmp_path / "a.yaml").write_bytes(text)
        command = ["ruby", "-ryaml", "-e", YAML, str(tmp_path / "a.yaml")]
        said.append(subprocess.run(command, capture_output=True, check=True).stdout)
    assert b"42" in said[0]
    assert said[0] == said[1]


def test_toml_means_what_it_meant():
    source = b"[a]\nb = 42\n"
    assert tomllib.loads(labelled(source, ".toml").decode()) == tomllib.loads(source.decode())


@pytest.mark.parametrize("suffix", [".ini", ".cfg", ".conf"])
def test_ini_means_what_it_meant(suffix):
    source = "[a]\nb = 42\n  more\n"

    def read(text):
        parser = configparser.ConfigParser()
        parser.read_string(text)
        return {name: dict(section) for name, section in parser.items()}

    assert read(labelled(source.encode(), suffix).decode()) == read(source)


# ---------------------------------------------------------------------------- documents


@pytest.mark.parametrize(
    "source",
    [
        "# Title\n\nText.\n",
        "Text at once.\nMore\n===\n",
        "- a\n- b",
        "% Title\n% Author\n\n> quoted\n",
        "Title: metadata\n\nText\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "\ufeff# Title\n\n1. one\n",
        "```\ncode\n```\n",
        "    code\n",
        "[a]: http://x\n\n[a]\n",
    ],
)
def test_markdown_is_rendered_as_before(source):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(
        labelled(source.encode(), ".md").decode()
    )
    lines = [line for line in html.split("\n") if not line.startswith("<!-- -----BEGIN C2PA")]
    assert len(lines) == html.count("\n")  # the comment was a line of its own
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(source)
    assert "\n".join(lines).strip() == rendered.strip()


@pytest.mark.parametrize(
    ("fence", "matter", "reader"),
    [
        ("---", "title: 42\ntags: [a]\n", "yaml"),
        ("+++", 'title = "42"\n[a]\nb = 1\n', "toml"),
        ("---", "# only a comment\ntitle: 42\n", "yaml"),
    ],
)
def test_front_matter_means_what_it_meant(fence, matter, reader, tmp_path):
    source = f"{fence}\n{matter}{fence}\n\n# Text\n"
    made = labelled(source.encode(), ".md").decode()
    assert made.startswith(f"{fence}\n# -----BEGIN C2PA MANIFEST-----")
    head, _, rest = made.removeprefix(f"{fence}\n").partition(f"\n{fence}\n")
    assert rest == "\n# Text\n"
    if reader == "toml":
        assert tomllib.loads(head) == tomllib.loads(matter)
        return
    said = []
    for text in (head, matter):
        (tmp_path / "a.yaml").write_text(text)
        command = ["ruby", "-ryaml", "-e", YAML, str(tmp_path / "a.yaml")]
        said.append(subprocess.run(command, capture_output=True, check=True).stdout)
    assert said[0] == said[1]
    assert b"42" in said[0]


def test_the_standards_own_layout_of_front_matter_is_no_yaml(tmp_path):
    """Why we don't write three bare lines (A.9.4.2): no program could read the rest any more."""
    begin, end = (f"-----{word} C2PA MANIFEST-----" for word in ("BEGIN", "END"))
    (tmp_path / "a.yaml").write_text(
        f"{begin}\ndata:application/c2pa;base64,QQ==\n{end}\ntitle: x\n"
    )
    command = ["ruby", "-ryaml", "-e", YAML, str(tmp_path / "a.yaml")]
    assert b"not allowed" in subprocess.run(command, capture_output=True, check=False).stderr


@pytest.mark.parametrize(
    "source",
    [
        "Title\n=====\n\nText.\n",
        ".. note:: Text\n\nMore.\n",
        "\ufeffTitle\n=====\n\nText",
        "\nText.\n",
        ".. _a:\n\nText a_.\n",
    ],
)
def test_restructured_text_is_rendered_as_before(source):
    made = labelled(source.encode(), ".rst").decode("utf-8-sig")

    def body(text):
        settings = {"report_level": 1, "halt_level": 2, "strip_comments": True}
        return publish_parts(text, writer="html5", settings_overrides=settings)["html_body"]

    assert body(made) == body(source.removeprefix("\ufeff"))


def test_subtitles_are_what_they_were():
    """The parsing rules of WebVTT (6.1): a block that begins with NOTE has no "-->" in it."""
    source = b"WEBVTT - title\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n00:00.000 --> 00:01.000\r\nhi\r\n"
    made = labelled(source, ".vtt")
    blocks = made.decode().replace("\r\n", "\n").split("\n\n")
    assert blocks[0] == "WEBVTT - title"
    assert blocks[1].startswith("NOTE -----BEGIN C2PA MANIFEST-----")
    assert "-->" not in blocks[1]
    assert "\n" not in blocks[1]
    assert [blocks[0], *blocks[2:]] == source.decode().replace("\r\n", "\n").split("\n\n")


@pytest.mark.parametrize("suffix", [".xml", ".xhtml", ".rss", ".atom"])
def test_xml_can_have_no_block_since_no_parser_would_read_it(suffix, tmp_path):
    """XML 1.0, 2.5: "the string "--" must not occur within comments"; so it gets a sidecar."""
    begin, end = (f"-----{word} C2PA MANIFEST-----" for word in ("BEGIN", "END"))
    declaration, root = "<?xml version='1.0'?>\n", "<a/>\n"
    path = tmp_path / "a.xml"
    path.write_text(declaration + root)
    assert subprocess.run(["xmllint", "--noout", str(path)], check=False).returncode == 0
    block = f"<!-- {begin} data:application/c2pa;base64,QQ== {end} -->\n"
    path.write_text(declaration + block + root)
    done = subprocess.run(["xmllint", "--noout", str(path)], capture_output=True, check=False)
    assert b"Double hyphen within comment" in done.stderr
    source = io.BytesIO(Path(path).read_bytes())
    assert "two hyphens" in FORMATS[suffix].embedding_objection(source)
