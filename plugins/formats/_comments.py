"""The table of text formats: how each writes a comment, and where a manifest block goes.

C2PA 2.5, A.9.4.1: the block is one comment line, at the beginning of the file; where the format
reserves the first line for something else, at the end. A format without comments can't have one.
"""

from __future__ import annotations

import re
from typing import Final

from ._refusals import (
    LOOKS_LIKE_JSON,
    NO_BRACE,
    NO_MARKUP,
    OPEN_END,
    OUTSIDE_OF_PHP,
    PROLOG,
    SIGNED,
    TEMPLATE,
    VAULT,
)
from ._text_kind import Comment, Language, Place, TextKind

HASH: Final = Comment(b"#")
_SLASHES: Final = Comment(b"//")
_BLOCK: Final = Comment(b"/*", b"*/")
_KEPT: Final = Comment(b"/*!", b"*/")  # minifiers leave those where they are
_MARKUP: Final = Comment(b"<!--", b"-->")

_DASHES: Final = Comment(b"--", needs_blank=True)  # in MySQL, and "--+" is no mere comment

_SHELL: Final = TextKind(
    (
        Language(
            "text/x-shellscript",
            (".sh", ".bash", ".zsh", ".ksh"),
            (b"sh", b"bash", b"dash", b"zsh", b"ksh"),
        ),
    ),
    (HASH,),
    reserved=re.compile(rb"#!|#compdef|#autoload"),
    refusals=(NO_MARKUP, OPEN_END),
)
_HASHED: Final = TextKind(
    (
        Language("text/x-python", (".py", ".pyw", ".pyi"), (b"python", b"pypy")),
        Language("application/yaml", (".yaml", ".yml")),
        Language("application/toml", (".toml",)),
        Language("text/x-ruby", (".rb", ".rake", ".gemspec"), (b"ruby",)),
        Language("text/x-perl", (".pl", ".pm"), (b"perl",)),
        Language("text/x-r", (".r",), (b"Rscript", b"R")),
        Language("text/x-julia", (".jl",), (b"julia",)),
        Language("text/x-powershell", (".ps1", ".psm1", ".psd1"), (b"pwsh",)),
        Language("text/x-config", (".cfg", ".conf")),
        Language("text/x-java-properties", (".properties",)),
        Language("text/x-elixir", (".ex", ".exs"), (b"elixir",)),
        Language("text/x-nim", (".nim",)),
        Language("text/x-tcl", (".tcl",), (b"tclsh", b"wish")),
        Language("text/x-cmake", (".cmake",)),
        Language("text/x-makefile", (".mk", ".mak")),
        Language("text/x-terraform", (".tf", ".tfvars", ".hcl")),
        Language("application/graphql", (".graphql", ".gql")),
    ),
    (HASH,),
    # PEP 263, and Ruby likewise: an encoding is declared in line 1, or in line 2.
    reserved=re.compile(rb"#!|#cloud-|(?:[^\n]*+\n)?[ \t\f]*+#[^\n]*?coding[:=]"),
    # What follows in Perl and Ruby is data, or documentation.
    closed=re.compile(rb"^(?:__(?:END|DATA)__\r?$|=[a-zA-Z])", re.MULTILINE),
    refusals=(NO_MARKUP, LOOKS_LIKE_JSON, PROLOG, VAULT, TEMPLATE, SIGNED),
)
_C_LIKE: Final = TextKind(
    (
        Language(
            "text/x-c++",
            (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ino", ".cu", ".cuh"),
        ),
        Language("text/x-java", (".java",)),
        Language("text/x-csharp", (".cs", ".csx")),
        Language("text/x-rust", (".rs",)),
        Language("text/x-kotlin", (".kt", ".kts")),
        Language("text/x-swift", (".swift",)),
        Language("text/x-scala", (".scala", ".sbt")),
        Language("text/x-dart", (".dart",)),
        Language("text/x-protobuf", (".proto",)),
    ),
    (_SLASHES, _BLOCK, _KEPT),
    # "#![" begins an attribute in Rust; "///" begins scripts in Java.
    reserved=re.compile(rb"#!(?!\s*\[)|///|//\s*swift-tools-version"),
    refusals=(NO_MARKUP, NO_BRACE),
)
_JAVASCRIPT: Final = TextKind(
    (
        Language(
            "text/javascript",
            (".js", ".mjs", ".cjs"),
            (b"node", b"nodejs", b"deno", b"bun"),
        ),
        Language("text/x-typescript", (".ts", ".mts", ".cts"), (b"ts-node", b"tsx")),
        Language("text/jsx", (".jsx",)),
        Language("text/tsx", (".tsx",)),
    ),
    (_KEPT, _BLOCK, _SLASHES),
    reserved=re.compile(rb"#!|/\*\*"),  # tools look for a docblock in the first comment
    has_front_matter=True,
    refusals=(NO_MARKUP, LOOKS_LIKE_JSON),
)
_PROGRAMS: Final = (
    _HASHED,
    _SHELL,
    _C_LIKE,
    _JAVASCRIPT,
    TextKind(
        (Language("text/x-c", (".c", ".h")),),
        (_BLOCK, _SLASHES, _KEPT),
        refusals=(NO_MARKUP, NO_BRACE),
    ),
    TextKind(
        # A comment before "package" is the package's documentation, so the beginning is taken;
        # and gofmt wants a blank line before one at the end.
        (Language("text/x-go", (".go",)),),
        (_SLASHES, _BLOCK, _KEPT),
        place=Place.LAST_LINE,
        needs_blank_line=True,
        refusals=(NO_MARKUP, NO_BRACE),
    ),
    TextKind(
        (Language("application/x-php", (".php",), (b"php",)),),
        (_SLASHES, HASH, _BLOCK),
        place=Place.LAST_LINE,
        refusals=(OUTSIDE_OF_PHP,),
    ),
    TextKind(
        (
            Language("application/sql", (".sql",)),
            Language("text/x-lua", (".lua",), (b"lua", b"luajit")),
            Language("text/x-haskell", (".hs",), (b"runghc", b"runhaskell")),
        ),
        (_DASHES,),
        reserved=re.compile(rb"#!"),
    ),
    TextKind(
        (
            Language("text/x-ini", (".ini",)),
            Language("text/x-lisp", (".lisp", ".lsp", ".el", ".scm", ".clj")),
        ),
        (Comment(b";"),),
        # Emacs looks for a mode, and for how variables are bound, in the first line; and for more
        # within a few kilobytes from the end.
        reserved=re.compile(rb"#!|[^\n]*-\*-"),
        closed=re.compile(rb"^;+[ \t]*Local Variables:", re.MULTILINE | re.IGNORECASE),
        refusals=(NO_MARKUP,),
    ),
)

_DOCUMENTS: Final = (
    TextKind(
        (Language("text/markdown", (".md", ".markdown", ".mkd")),),
        (_MARKUP,),
        # A title block of Pandoc or MultiMarkdown has to come first; so has JSON.
        reserved=re.compile(rb"[%{]|[A-Za-z][\w \-]{0,40}:\s"),
        has_front_matter=True,
    ),
    TextKind(
        (Language("text/prs.fallenstein.rst", (".rst",)),),
        (Comment(b"..", needs_blank=True),),
        needs_blank_line=True,
    ),
    TextKind(
        (Language("text/asciidoc", (".adoc", ".asciidoc")),), (_SLASHES,), has_front_matter=True
    ),
    TextKind(
        (Language("application/x-tex", (".tex", ".ltx", ".sty")),),
        (Comment(b"%"),),
        reserved=re.compile(rb"%&"),
    ),
    TextKind(
        (
            Language("text/css", (".css",)),
            Language("text/x-scss", (".scss",)),
            Language("text/x-less", (".less",)),
        ),
        (_KEPT, _BLOCK),
        reserved=re.compile(rb'@charset "'),
        has_front_matter=True,
        refusals=(NO_MARKUP, NO_BRACE),
    ),
    TextKind(
        (Language("text/vtt", (".vtt",)),),
        (Comment(b"NOTE", needs_blank=True),),
        place=Place.AFTER_HEADER,
        needs_blank_line=True,
    ),
)

_UNWRITABLE: Final = (
    TextKind(
        (
            Language("application/x-subrip", (".srt",)),
            Language("application/x-bibtex", (".bib",)),
        ),
        (),
        objection=(
            "SubRip and BibTeX have no comments: a player would show one, and a bibliography could"
            " read it."
        ),
    ),
    TextKind(
        (
            Language("application/xml", (".xml", ".xsd")),
            Language("application/xhtml+xml", (".xhtml", ".xht")),
            Language("application/rss+xml", (".rss",)),
            Language("application/atom+xml", (".atom",)),
            Language("application/xslt+xml", (".xsl", ".xslt")),
            Language("application/rdf+xml", (".rdf",)),
            Language("application/gpx+xml", (".gpx",)),
            Language("application/mathml+xml", (".mml",)),
            Language("application/vnd.google-earth.kml+xml", (".kml",)),
        ),
        (_MARKUP,),
        objection=(
            "C2PA's marker lines have two hyphens in a row, which XML forbids in comments: with"
            " them inside, no XML parser could read the file any more."
        ),
    ),
    TextKind(
        (Language("application/ttml+xml", (".ttml", ".dfxp")),),
        (),
        objection="A credential inside TTML is not yet something that credlabel can write.",
    ),
)

TEXT_KINDS: Final = (*_PROGRAMS, *_DOCUMENTS, *_UNWRITABLE)
"""Every text format that the structured method is for, or could be if it had comments."""
