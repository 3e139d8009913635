"""Marks in Markdown: keys of the front matter, what stays, what YAML and others make of it."""

import io
import json
import random
import subprocess
import time

import making
import pytest
from credlabel_plugins.formats import structured
from credlabel_plugins.formats._yaml_keys import MAX_LENGTH, read_keys
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from credlabel.credentials import CredentialState
from credlabel.errors import AssetError, LabelError, LimitExceededError, MalformedAssetError
from credlabel.hookspecs import MetadataWriter
from credlabel.label import Labeller
from credlabel.labelling import LabelSettings

MARKDOWN = next(
    form for form in structured.credlabel_formats() if form.media_types[0] == structured.MARKDOWN
)
LABEL = {
    "Label": "1",
    "ContentProducer": "001191110102MAD55U9H0F10002",
    "ProduceID": "it's: # {a}",
    "ReservedCode1": "",
}
LABEL_TEXT = json.dumps(LABEL, separators=(",", ":"))
ALL = {"markdown:AIGC": (LABEL_TEXT,), "markdown:ai_disclosure": ("ai-generated",)}
LINES = """AIGC:
  Label: '1'
  ContentProducer: '001191110102MAD55U9H0F10002'
  ProduceID: 'it''s: # {a}'
  ReservedCode1: ''
ai_disclosure: 'ai-generated'
"""
OLD = 'AIGC:\n    Label: "2"\n\n    # of somebody\n    ContentProducer: x\n'
BODY = "# Title\n\nText \u00e4 and more.\n"


def written(text, changes):
    sink = io.BytesIO()
    MARKDOWN.write_metadata(
        io.BytesIO(text.encode() if isinstance(text, str) else text), sink, changes
    )
    return sink.getvalue().decode()


def read(text):
    return dict(MARKDOWN.read_metadata(io.BytesIO(text.encode())))


def keys(text):
    """What the keys say, without the sections as they are written."""
    return {name: texts for name, texts in read(text).items() if "front-matter" not in name}


def matter(text):
    """The front matter as PyYAML reads it, every value a text."""
    yaml = pytest.importorskip("yaml")
    assert text.startswith("---")
    return yaml.load(text.split("\n---", 1)[0].removeprefix("---"), yaml.BaseLoader)


# ---------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("a: b # c", "b"),
        ("a: b#c", "b#c"),
        ("a : b:c", "b:c"),
        ("'a': 'it''s' # c", "it's"),
        ('"\\x61": "\\u00e4\\n\\/\\"" ', '\u00e4\n/"'),
        ("a: 2026-01-01", "2026-01-01"),
        ("a:\n  b: 'c'\n  # d\n\n  'e f': g", '{"b":"c","e f":"g"}'),
        ('a: {"b": "c", "d": 1}', '{"b":"c","d":"1"}'),
        ('a: \'{"b":"c"}\'', '{"b":"c"}'),
        ("a:\n  b:", '{"b":""}'),
        ("a: {b: c d, 'e': \"f\" , g: } # h", '{"b":"c d","e":"f","g":""}'),
        ("a:\n  b: {c: d}", '{"b":"{\\"c\\":\\"d\\"}"}'),
        ("a:", None),
        ("a: {b: c, b: d}", None),
        ("a: {b: [c]}", None),
        ("a: {b: c} d", None),
        ("a: {b: c", None),
        ("a: {" + "b: c, " * 20_000, None),
        ("a: |\n  b", None),
        ("a: b\n  c", None),
        ("a: 'b'c", None),
        ('a: "\\ud800"', None),
        ('a: "\\q"', None),
        ('a: {"b": ["c"]}', None),
        ('a: {"b": "\\ud800"}', None),
        ("a: " + "[" * 99_999, None),
        ("a: {" + '"b":{' * 99_999, None),
        ("a: *b", None),
        ("a: b: c", None),
        ("a:\n- b", None),
        ("a:\n  b: c\n  b: d", None),
        ("a:\n  b:\n    c: d", None),
    ],
)
def test_keys_are_told(section, text):
    found = read(f"---\n{section}\n---\n{BODY}")
    assert found.get("markdown:a", (None,)) == (text,)
    assert found["markdown:front-matter"] == (section.strip(),)


def test_only_yaml_has_keys_and_no_key_is_told_as_the_section():
    assert list(read("+++\na = 1\n+++\n")) == ["markdown:front-matter"]
    assert read("---\nfront-matter: x\n---\n") == {"markdown:front-matter": ("front-matter: x",)}


def test_labels_elsewhere_are_told_and_prose_is_not():
    assert keys(f"{BODY}\n{OLD}") == {"markdown:AIGC": ('{"Label":"2","ContentProducer":"x"}',)}
    assert keys(f"---\na: b\n---\n{BODY}\nAIGC: what is it?\n") == {"markdown:a": ("b",)}


# ---------------------------------------------------------------------------- writing


def test_it_writes_marks():
    assert isinstance(MARKDOWN, MetadataWriter)
    assert MARKDOWN.writable_places("text/markdown") == {"markdown"}
    writers = [f for f in structured.credlabel_formats() if isinstance(f, MetadataWriter)]
    assert [form.media_types for form in writers] == [("text/markdown",)]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("body", [BODY, "\n" + BODY, BODY + "---\n\nA rule\n\n---\n"])
def test_a_text_without_front_matter_gets_one(mark, newline, body):
    text = mark + body.replace("\n", newline)
    made = written(text, ALL)
    assert made == mark + f"---\n{LINES}---\n{body}".replace("\n", newline)
    assert keys(made) == ALL
    assert matter(made.removeprefix("\ufeff")) == {"AIGC": LABEL, "ai_disclosure": "ai-generated"}
    assert written(made, ALL) == made
    assert written(made, dict.fromkeys(ALL, ())) == text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", LINES),
        ("title: x\n", "title: x\n" + LINES),
        ("# a\n\ntags:\n- a\n- b\n\n# c\n", "# a\n\ntags:\n- a\n- b\n\n# c\n" + LINES),
        (f"a: |\n  AIGC: b\n\n{OLD}\n# c\nd: [e,\n  f]\n", None),
        ("a:\n- {b: c}\nAIGC: {Label: '2'}\nd: e\n", None),
        ("a: &b\n  AIGC: c\n'AIGC' :\n- b\nd: *b\n", None),
        ('AIGC: x # c\na: "b\n  AIGC: c"\nAIGC:\n  Label: 3\n', None),
    ],
)
def test_a_key_is_added_or_replaced_and_all_others_stay(before, after, newline):
    text = f"---\n{before}---\n{BODY}".replace("\n", newline)
    made = written(text, ALL)
    if after is not None:
        assert made == f"---\n{after}---\n{BODY}".replace("\n", newline)
    old = matter(text) or {}
    assert matter(made) == {**old, "AIGC": LABEL, "ai_disclosure": "ai-generated"}
    assert list(matter(made))[:-1] == [*old, *["AIGC"] * ("AIGC" not in old)]
    assert {name: read(made)[name] for name in ALL} == ALL
    assert written(made, ALL) == made
    gone = written(made, dict.fromkeys(ALL, ()))
    assert (
        matter(gone) == {name: value for name, value in old.items() if name != "AIGC"}
        if (set(old) - {"AIGC"})
        else gone == BODY.replace("\n", newline)
    )


def test_what_is_around_a_replaced_key_stays_byte_for_byte():
    text = f"---\ntitle:   'x'\t\n{OLD}\n# c\nlast:    y\n---\n{BODY}"
    assert written(text, {"markdown:AIGC": ('{"Label":"1"}',)}) == text.replace(
        OLD, "AIGC:\n  Label: '1'\n"
    )
    assert written(text, {"markdown:AIGC": ()}) == text.replace(OLD, "")


@pytest.mark.parametrize(
    "value",
    [
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        'it\'s "quoted"',
        "true",
        "1",
        "~",
        " a ",
        "#a",
        "a: b # c",
        "two\nlines\r\n\tand \\n",
        "\u0085\u2028\u2029\ufeff\u00a0\u200b",
        "\u4e00\U0001f600",
        "- a",
        "---",
        "{a}",
        '{"a": "b"}',
        "-----BEGIN C2PA MANIFEST----- x -----END C2PA MANIFEST-----",
        "\x7f",
        "a" * 20_000,
    ],
)
def test_any_text_reads_back_for_us_and_for_yaml(value):
    made = written(BODY, {"markdown:ai_disclosure": (value,)})
    assert read(made)["markdown:ai_disclosure"] == (value,)
    assert matter(made) == {"ai_disclosure": value}
    assert MARKDOWN.embedding_objection(io.BytesIO(made.encode())) is None


@pytest.mark.parametrize("name", ["yes", "1", "a b", "\u4e00", "a: b", "-", "'", "AIGC2", "a.b"])
def test_any_name_reads_back(name):
    changes = {f"markdown:{name}": ("x",)}
    made = written(BODY, changes)
    assert keys(made) == changes
    assert matter(made) == {name: "x"}


@given(st.text(), st.text())
@settings(deadline=None)
def test_what_can_be_written_reads_back(name, value):
    changes = {f"markdown:{name}": (value,)}
    try:
        made = written(BODY, changes)
    except LabelError:
        return
    assert keys(made) == (changes if value else {})
    assert made == BODY or matter(made) == {name: value}


@pytest.mark.parametrize(
    "changes",
    [
        {"markdown:front-matter": ("x",)},
        {"markdown:": ("x",)},
        {"xmp:a": ("x",)},
        {"markdown:a": ("x", "y")},
        {"markdown:a": ("\ud800",)},
        {"markdown:a": (" ",)},
        {"markdown:AIGC": ("x",)},
        {"markdown:AIGC": ('{"Label": "1"}',)},
        {"markdown:AIGC": ('{"Label":1}',)},
        {"markdown:AIGC": ("[" * 99_999,)},
        {"markdown:AIGC": ('{"a":' * 99_999,)},
    ],
)
def test_what_would_not_read_back_is_refused(changes):
    with pytest.raises(LabelError):
        written(BODY, changes)


# ---------------------------------------------------------------------------- what is left alone


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\n\nA rule, not a fence\n\n---\n", "fence, or a rule"),
        ("---\ntitle: x\n", "fence, or a rule"),
        ("+++\ntitle = 'x'\n", "fence, or a rule"),
        ("+++\ntitle = 'x'\n+++\n", "TOML"),
        ('{"title": "x"}\n\n# Title\n', "title block"),
        ("% Title\n% Author\n\nText\n", "title block"),
        ("\ufeffTitle: x\nAuthor: y\n\nText\n", "title block"),
        ("---\na: 'b\nAIGC: c'\n---\n", "goes on at the margin"),
        ("---\na: [b,\nAIGC: c]\n---\n", "goes on at the margin"),
        ("---\na:\n- 'b\nAIGC: c'\n---\n", "goes on at the margin"),
        ("---\na: 'b\n---\n", "never closed"),
        ("---\na: {b\n---\n", "never closed"),
        ("---\na: b\n-----BEGIN C2PA MANIFEST-----\nx: y\n---\n", "never closed"),
        ("---\na: b\u2028AIGC: c\n---\n", "line breaks"),
        ("---\na: b\rAIGC: c\n---\n", "line breaks"),
        ("---\n# a\n  b: c\n---\n", "has no key"),
        ("---\na: b\nc\n---\n", "without a key"),
        ("---\na: b\n" + "#" * MAX_LENGTH + "\n---\n", "too long"),
        (b"caf\xe9\n", "8-bit"),
        (b"\xff\xfea\0", "UTF-16"),
    ],
)
def test_what_can_not_surely_be_changed_is_left_alone_and_says_why(text, reason):
    with pytest.raises((LabelError, MalformedAssetError), match=reason):
        written(text, ALL)


def test_a_text_beyond_the_limit_is_left_alone(monkeypatch):
    from credlabel_plugins.formats import _text

    monkeypatch.setattr(_text, "MAX_TEXT_BYTES", 10)
    with pytest.raises(LimitExceededError):
        written(BODY, ALL)


# ---------------------------------------------------------------------------- labels elsewhere


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{BODY}\n{OLD}", f"{BODY}\n"),
        (f"{BODY}\n---\n{OLD}---\n", f"{BODY}\n"),
        (f"{BODY}\n---\n{OLD}...\n\n", f"{BODY}\n"),
        (f"{BODY}```yaml\n{OLD}```\n", BODY),
        (f"{BODY}\n~~~~\n---\n{OLD}---\n~~~~", f"{BODY}\n"),
        (f"\n```yaml\n{OLD}```\n{BODY}", f"\n{BODY}"),
        (f"\ufeff```\n---\n{OLD}---\n```\n{BODY}", f"\ufeff{BODY}"),
        (f"```\n{OLD}```\n{BODY}\n{OLD}", f"{BODY}\n"),
        (f"---\na: b\n---\n\n```\n{OLD}```\n{BODY}", f"---\na: b\n---\n\n{BODY}"),
        (f"---\na: b\n---\n{BODY}\n{OLD}", f"---\na: b\n---\n{BODY}\n"),
        (f"---\n{OLD}---\n{BODY}\n{OLD}", f"---\n{OLD}---\n{BODY}\n"),
        (OLD, ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_there_is_one_label_in_a_file(text, left, newline):
    changes = {"markdown:AIGC": (LABEL_TEXT,)}
    made = written(text.replace("\n", newline), changes)
    assert (
        made
        == written(left.replace("\n", newline) or "", changes).replace(
            "\n", newline if not left else "\n"
        )
        or not left
    )
    assert read(made)["markdown:AIGC"] == (LABEL_TEXT,)
    assert made.count("AIGC") == 1
    assert written(made, changes) == made


@pytest.mark.parametrize(
    "text",
    [
        f"Heading\n---\n{OLD}---\n",
        f"{BODY}\n{OLD}---\n",
        f"---\na: b\n---\n{OLD}---\n",
        f"{BODY}\n```\ntitle: x\n{OLD}```\n",
        f"```\n{OLD}title: x\n```\n{BODY}",
        f"{BODY}\n```\n{OLD}~~~\n",
    ],
)
def test_a_label_that_holds_on_to_something_is_left_alone(text):
    assert read(text)["markdown:AIGC"]
    with pytest.raises(LabelError, match="by hand"):
        written(text, ALL)
    made = written(text, {"markdown:ai_disclosure": ("mixed",)})
    assert read(made)["markdown:AIGC"] == read(text)["markdown:AIGC"]


@pytest.mark.parametrize("text", ["---\n%s---\nText\n", "Text\n\n%s", "```\n%s```\nText\n"])
def test_a_label_that_is_not_understood_is_not_replaced_nor_doubled(text):
    text %= "AIGC:\n  Label: '1'\n  ContentProducer: Acme: Painter\n"
    assert "markdown:AIGC" not in read(text)
    with pytest.raises(LabelError, match="not understood"):
        written(text, ALL)


# ---------------------------------------------------------------------------- oracles


def test_the_text_renders_as_before():
    """As one does that knows front matter, and takes it off."""
    text = f"---\ntitle: x\n---\n{BODY}"
    for each in (text, BODY):
        made = written(each, ALL)
        assert made.endswith(f"---\n{BODY}")
        assert MarkdownIt().render(made.split("---\n", 2)[2]) == MarkdownIt().render(BODY)


_SMALL = (
    "a b AIGC x_y :_ : -_ - N N N N__ N__ N____ ' \" '' \\ [ ] { } ,_ _# #_ > | |- &x_ *x !t_ "
)
_SMALL += "?_ title:_ AIGC:_ NAIGC:_ N__b:_ Ntags:_ it's N-_ NN % 1 \\n \\x41 RN"
PIECES = _SMALL.replace("_", "\0").replace("N", "\n").replace("R", "\r").split(" ")
PIECES = [piece.replace("\0", " ") for piece in PIECES]


@pytest.mark.slow
def test_keys_are_those_of_yaml():
    """Where PyYAML reads a map and nothing is in doubt, both find the same and can change it."""
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    chance, compared = random.Random(7), 0
    for _ in range(60_000):
        section = chance.choice(("", "title: ", "title: "))
        section += "".join(chance.choices(PIECES, k=chance.randrange(1, 24))) + "\n"
        found = read_keys(section)
        if found.problem:
            continue
        try:
            whole = yaml.load(section, loader)
        except yaml.YAMLError:
            continue
        names = [key.name for key in found.keys]
        assert names == list(whole or {}) or len(set(names)) < len(names), section
        if len(set(names)) < len(names):
            continue
        for key in found.keys:
            value = whole[key.name]
            if isinstance(value, dict):
                value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            assert key.text is None or key.text == value, section
            rest = {name: value for name, value in whole.items() if name != key.name}
            try:
                assert (yaml.load(section[: key.start] + section[key.end :], loader) or {}) == rest
            except yaml.YAMLError as error:
                assert "alias" in str(error)  # noqa: PT017 - of what was taken away
        more = yaml.load(section + "ZZ: '1'\n", loader)
        assert more == {**(whole or {}), "ZZ": "1"}, section
        compared += 1
    assert compared > 2000


@pytest.mark.parametrize(
    "piece",
    [
        "a: b\n",
        "'' ",
        '"" ',
        "- ",
        " ",
        "\\",
        "{a: ",
        "#",
        "? ",
        *(
            pytest.param(piece, marks=pytest.mark.slow)
            for piece in (": ", "[", "a:\n  b: c\n", "|\n")
        ),
    ],
)
def test_front_matter_is_read_in_linear_time(piece):
    section = "a: " + piece * (MAX_LENGTH // len(piece) - 4)
    started = time.process_time()
    read_keys(section)
    read_keys(section.replace("\n", "\n "))
    assert time.process_time() - started < 4


@given(st.lists(st.sampled_from((*PIECES, "---\n", OLD, "```\n", "\ufeff"))).map("".join))
@settings(deadline=None)
def test_no_text_raises_anything_else(text):
    try:
        made = written(text, ALL)
    except (AssetError, LabelError):
        return
    assert {name: read(made)[name] for name in ALL} == ALL
    assert written(made, ALL) == made


@pytest.mark.interop
def test_other_peoples_texts_take_marks_and_give_them_back(interop):
    taken = 0
    for path in sorted((interop / "files").rglob("*.md")):
        data = path.read_bytes()
        made = written(data, ALL)
        assert made.endswith(data.decode())
        assert written(made, dict.fromkeys(ALL, ())).encode() == data
        taken += 1
    assert taken > 5


# ---------------------------------------------------------------------------- end to end


@pytest.mark.parametrize("text", [BODY * 30, f"---\ntitle: x\n---\n{BODY * 30}"])
def test_a_marked_text_is_signed_and_marked_again(text):
    made = making.labeller().label_bytes(written(text, ALL).encode(), name="a.md")
    assert made.receipt.tier == "embedded"
    assert making.read(made.data, name="a.md").state is CredentialState.VALID
    assert made.data.startswith(b"---\n# -----BEGIN C2PA MANIFEST-----")
    assert {name: read(made.data.decode())[name] for name in ALL} == ALL
    again = written(made.data, {"markdown:AIGC": ('{"Label":"2"}',)})
    comment = made.data[: made.data.index(b"AIGC")].decode()
    assert again.startswith(comment.split("title")[0])
    anew = making.labeller().label_bytes(again.encode(), name="a.md").data
    assert anew.count(b"BEGIN C2PA") == 1
    assert making.read(anew, name="a.md").state is CredentialState.VALID
    assert read(anew.decode())["markdown:AIGC"] == ('{"Label":"2"}',)


def test_a_labelled_text_without_front_matter_is_marked_and_signed_again():
    """Its credential is in the first line, which the front matter takes."""
    text = (BODY * 30).encode()
    unmarked = Labeller(making.signer(), settings=LabelSettings(marks=()))
    made = written(unmarked.label_bytes(text, name="a.md").data, ALL)
    assert made.splitlines()[8].startswith("<!-- -----BEGIN C2PA MANIFEST-----")
    anew = making.labeller().label_bytes(made.encode(), name="a.md").data
    assert anew.count(b"BEGIN C2PA") == 1
    assert making.read(anew, name="a.md").state is CredentialState.VALID
    assert anew.endswith(b"---\n" + text)


def test_three_lines_of_a_credential_in_front_matter_stay():
    """C2PA 2.5, A.9.4.2: they are no YAML, but are taken for what they are."""
    block = (
        "-----BEGIN C2PA MANIFEST-----\nhttps://example.com/a.c2pa\n-----END C2PA MANIFEST-----\n"
    )
    text = f"---\n{block}title: x\n---\n{BODY}"
    assert written(text, ALL) == text.replace("x\n", f"x\n{LINES}", 1)


def test_exiftool_reads_the_file_as_text_still(tmp_path):
    """It knows no front matter."""
    (tmp_path / "a.md").write_text(written(BODY, ALL))
    command = ["exiftool", "-j", "-G1", "-a", "a.md"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    (found,) = json.loads(done.stdout)
    assert found["File:MIMEType"] == "text/plain"
