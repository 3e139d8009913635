"""Plain text and data in text: what is told by name, what is embedded into, what is read."""

import base64
import hashlib
import io
import random
import time
import unicodedata

import pytest
from credlabel_plugins.formats import _searching, _text, _wrapper, text
from credlabel_plugins.formats.text import PlainText, TextData, credlabel_formats, is_for_people
from making import labeller, read
from signing import FakeSign

from credlabel.errors import CapacityError, LimitExceededError, MalformedAssetError
from credlabel.hookspecs import (
    CredentialCarrier,
    CredentialExtractor,
    CredentialProbe,
    EmbeddingGuard,
    EmbeddingPrice,
    TextKinds,
)
from credlabel.model import Model, Prompt, Provenance

PLAIN = PlainText()
DATA = [form for form in credlabel_formats() if isinstance(form, TextData)]
LONG = b"All that is gold does not glitter.\n" * 100
STORE = b"\0\0\0\x20jumb" + bytes(range(256))
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


class Fake(io.BytesIO):
    """A stream that seems to be as long as it says."""

    def __init__(self, data, size):
        super().__init__(data)
        self._size = size

    def seek(self, offset, whence=0):
        super().seek(offset, whence)
        return self._size if whence == 2 else offset


def embedded(data, sign=None):
    sink = io.BytesIO()
    PLAIN.embed(io.BytesIO(data), sink, sign or FakeSign())
    return sink.getvalue()


def extract(data, form=PLAIN):
    return form.extract(io.BytesIO(data))


def objection(data):
    return PLAIN.embedding_objection(io.BytesIO(data))


def price(name, data=LONG):
    return PLAIN.embedding_price(io.BytesIO(data), name)


# ---------------------------------------------------------------------------- what is what


def test_they_have_the_powers_that_they_need():
    for power in (TextKinds, CredentialProbe, EmbeddingGuard, CredentialExtractor):
        assert all(isinstance(form, power) for form in credlabel_formats())
    assert [isinstance(f, CredentialCarrier) for f in credlabel_formats()] == [True] + [False] * 3
    assert isinstance(PLAIN, EmbeddingPrice)
    assert PLAIN.family == "text"


def test_every_ending_means_a_type_that_its_format_claims():
    endings = [ending for form in credlabel_formats() for ending in form.suffixes]
    assert len(endings) == len(set(endings))
    for form in credlabel_formats():
        assert set(form.suffixes.values()) <= set(form.media_types)
        assert all(ending == ending.lower() and ending[0] == "." for ending in form.suffixes)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-32-be"])
@pytest.mark.parametrize("words", ["", "Grüße\n", "日本語 👍" * 900])
def test_wide_text_with_a_byte_order_mark_is_plain_text(encoding, words):
    head = ("\ufeff" * encoding.endswith("be") + words).encode(encoding)
    assert PLAIN.accepts(head[:4096]) == "text/plain"
    assert PLAIN.accepts(head[:4095]) == "text/plain"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"text",
        b"\xff",
        b"\xef\xbb\xbftext",
        b"{}",
        b"\xff\xfe\x01\0\x02\0",
        b"\xfe\xff\xdc\0\0x",
    ]
    + [b"\xff\xfe" + random.Random(n).randbytes(500) for n in range(5)],
)
def test_nothing_else_is_told_by_its_bytes(head):
    assert [form.accepts(head) for form in credlabel_formats()] == [None] * 4


def test_a_text_is_always_whole():
    for form in credlabel_formats():
        form.check_whole(io.BytesIO(b"no last line"))


# ---------------------------------------------------------------------------- objections


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbf", b"a", b"a\tb\r\n\f\v", "Ünï 日本 👩‍👩‍👧 \ufe0f\u0301".encode(), b"\x7f"]
    + [("ü" * 3 * (1 << 18) + "日" * n).encode() for n in range(3)],
)
def test_utf_8_is_embedded_into(data):
    assert objection(data) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("words", ["hi", "Grüße aus Köln.\n" * 99])
def test_wide_text_is_told_by_its_name(encoding, words):
    data = words.encode(encoding)
    assert f"is in {encoding[:6].upper()}, not in UTF-8" in objection(data)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("naïve café".encode("latin-1"), "an older 8-bit encoding"),
        ("Привет, мир".encode("cp1251"), "an older 8-bit encoding"),
        (b"a" * (1 << 20) + b"\xe9" + b"b" * 9, "an older 8-bit encoding"),
        (b"\xc0\xaf", "an older 8-bit encoding"),  # overlong
        (b"\xf5\x80\x80\x80", "an older 8-bit encoding"),
        (b"ok \xed\xa0\xbd\xed\xb8\x80", "surrogates"),
        ("日本".encode()[:-1], "cut short"),
        (b"a\0b", "byte 1 is a control character (0x00)"),
        (b"\x7fELF\x02\x01" + bytes(range(9, 99)), "control character"),
        (b"text \x1b[1mbold", "byte 5 is a control character (0x1b)"),
    ],
)
def test_what_is_no_utf_8_gets_a_sidecar_with_the_reason(data, part):
    assert part in objection(data)
    with pytest.raises(MalformedAssetError, match=r".{20}"):
        embedded(data)


def test_a_text_that_is_too_long_gets_a_sidecar(monkeypatch):
    source = Fake(b"", _text.MAX_EMBEDDING_BYTES + 1)
    assert "63 MiB" in PLAIN.embedding_objection(source)
    with pytest.raises(MalformedAssetError):
        PLAIN.embed(source, io.BytesIO(), FakeSign())
    monkeypatch.setattr(text, "MAX_TEXT_BYTES", 2000)
    with pytest.raises(CapacityError):
        embedded(LONG[:1500])


def test_letters_under_piles_of_marks_get_a_sidecar():
    data = ("a" + "\u0301\u0323" * 100).encode()
    assert "combining marks" in objection(data)
    assert objection(data + _wrapper.encode(STORE)) is not None
    with pytest.raises(LimitExceededError):
        embedded(data)
    # in order, they cost nothing
    assert objection(unicodedata.normalize("NFC", data.decode()).encode()) is None


def test_marks_that_a_wrapper_keeps_apart_are_counted_together():
    half = ("\u0301\u0323" * 50).encode()
    data = b"a" + half + _wrapper.encode(STORE) + half
    assert "combining marks" in objection(data)


@pytest.mark.parametrize("form", DATA)
def test_data_for_programs_gets_a_sidecar_with_the_reason(form):
    reason = form.embedding_objection(io.BytesIO(b"{}"))
    assert 40 < len(reason) < 140
    assert reason[-1] == "."


# ---------------------------------------------------------------------------- the price


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a.txt",
        "A.TXT",
        "x.text",
        "x.asc",
        "README",
        "readme",
        "LICENSE",
        "COPYING",
        "/a/NEWS",
        "LICENSE-MIT",
        "copying-lesser",
        "licence",
        "2026.01.notes.txt",
        "C:/x/AUTHORS",
    ],
)
def test_under_auto_what_people_read_is_embedded_into(name):
    assert is_for_people(name)
    assert price(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Makefile",
        ".env",
        "Dockerfile",
        "nginx.conf",
        "LICENSE-tool.sh",
        "go.mod",
        ".txtrc",
        "x.",
        "CMakeLists.txt",
        "requirements.txt",
        "dev-requirements.txt",
        "robots.txt",
        "install-sh",
    ],
)
def test_under_auto_what_programs_may_read_is_not(name):
    assert not is_for_people(name)
    assert "program" in price(name)
    assert "--text embed" in price(name)


@pytest.mark.parametrize("start", [b"#!/bin/sh\n", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"])
def test_nor_are_scripts_and_keys_whatever_their_name(start):
    assert "--text embed" in price("key.asc", start + LONG)


def test_under_auto_a_label_may_be_ten_times_as_long_as_the_text():
    least = text.TYPICAL_LABEL_BYTES // 10
    assert price("a.txt", b"x" * least) is None
    said = price("a.txt", b"x" * (least - 1))
    assert f"{text.TYPICAL_LABEL_BYTES / 1000:.1f} kB" in said
    assert f"a text of {(least - 1) / 1000:.1f} kB" in said
    assert "a text of 999 bytes" in price("a.txt", b"x" * 999)
    assert "--text embed" in said
    assert "0 bytes" in price("a.txt", b"")


def test_what_is_called_typical_is():
    about = Provenance(
        system="Painter",
        models=(Model(name="painter", version="3"),),
        prompts=(Prompt(text="Rolling hills at dawn."),),
    )
    made = labeller().label_bytes(LONG, name="a.txt", provenance=about)
    assert made.sidecar is None
    added = len(made.data) - len(LONG)
    assert added == pytest.approx(text.TYPICAL_LABEL_BYTES, rel=0.03)


# ---------------------------------------------------------------------------- a credential


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfwith a mark\r\nand CRLF\r\n",
        b"no last newline",
        "ends in an emoji ❤️".encode(),
        "\ufe00".encode() * 999,
        "ends in a mark\ufeff".encode(),
        "e\u0323\u0301 not in form C \u1100\u1161".encode(),
        LONG,
    ],
)
def test_a_text_is_kept_byte_for_byte_with_a_wrapper_at_its_end(data):
    sign = FakeSign()
    made = embedded(data, sign)
    assert made.startswith(data)
    found = extract(made)
    assert found.exclusions == ((len(data), len(made) - len(data)),)
    assert found.exclusions == sign.calls[-1][0]
    assert found.store == sign.made[-1]
    bound = b"".join(PLAIN.bound_bytes(io.BytesIO(made), found.exclusions))
    assert bound == unicodedata.normalize("NFC", data.decode()).encode()
    assert hashlib.sha256(bound).digest() == sign.calls[-1][1]
    assert PLAIN.may_carry_credential(io.BytesIO(made))
    assert not PLAIN.may_carry_credential(io.BytesIO(data))
    assert extract(data) is None


@pytest.mark.parametrize("place", [0, 17, len(LONG)])
def test_an_earlier_wrapper_is_replaced_wherever_it_stands(place):
    old = _wrapper.encode(b"old" * 500)
    made = embedded(LONG[:place] + old + LONG[place:])
    assert made == embedded(LONG)
    assert embedded(made) == made


def test_remains_of_wrappers_and_several_are_replaced_too():
    old = _wrapper.encode(b"old" * 500)
    assert embedded(old + LONG + old + old[:-40]) == embedded(LONG)


@pytest.mark.parametrize("form", DATA)
def test_a_wrapper_in_data_is_read_too(form):
    data = b'{"a": 1}\n' + _wrapper.encode(STORE)
    found = extract(data, form)
    assert found.store == STORE
    assert form.may_carry_credential(io.BytesIO(data))
    assert b"".join(form.bound_bytes(io.BytesIO(data), found.exclusions)) == b'{"a": 1}\n'


@pytest.mark.parametrize("shift", [0, 1, 17, len(_wrapper.BEGINNING) - 1, 34, 40])
def test_a_wrapper_across_blocks_is_suspected(shift):
    block = _searching._BLOCK
    for at in (block, 2 * block):
        data = b"x" * (at - shift) + _wrapper.BEGINNING
        assert PLAIN.may_carry_credential(io.BytesIO(data))
        assert not PLAIN.may_carry_credential(io.BytesIO(data[:-1]))


def test_in_a_text_that_is_too_long_a_wrapper_is_a_finding(monkeypatch):
    monkeypatch.setattr(text, "MAX_TEXT_BYTES", 1000)
    assert extract(b"x" * 1001) is None
    found = extract(b"x" * 1001 + _wrapper.encode(STORE))
    assert found.problem.code == "credlabel.text.too-long"
    with pytest.raises(LimitExceededError):
        _text.read_text(Fake(b"x" * ((64 << 20) + 1), (64 << 20) + 1))


def test_no_bytes_make_reading_fail():
    rng = random.Random(7)
    pieces = [b"\xef\xbb\xbf", _wrapper.BEGINNING, _wrapper.encode(STORE), b"\xff", b"\0", b"text"]
    for _ in range(300):
        data = b"".join(rng.choice(pieces) for _ in range(rng.randrange(6)))
        data = data[: rng.randrange(len(data) + 1)]
        for form in credlabel_formats():
            form.accepts(data)
            assert form.may_carry_credential(io.BytesIO(data)) or extract(data, form) is None
            form.embedding_objection(io.BytesIO(data))


PROGRAM = b"# -----BEGIN C2PA MANIFEST----- %s -----END C2PA MANIFEST-----\nprint(42)\n"
IN_BASE64 = b"data:application/c2pa;base64," + base64.b64encode(STORE)


@pytest.mark.parametrize("form", credlabel_formats(), ids=lambda form: form.media_types[0])
def test_a_labelled_program_under_another_name_is_no_text_without_a_credential(form):
    source = io.BytesIO(PROGRAM % IN_BASE64)
    assert form.may_carry_credential(source)
    found = form.extract(source).problem
    assert found.code == text.MISPLACED
    assert "such as NAME.py" in found.explanation


@pytest.mark.parametrize(
    "talk", [b"https://example.com/a.c2pa", IN_BASE64[:60], IN_BASE64[:44], b"", b"..."]
)
def test_talk_of_blocks_is_no_credential(talk):
    assert extract(PROGRAM % talk) is None
    assert objection(PROGRAM % talk) is None


def test_a_wrapper_wins_over_a_block_that_its_text_is_about():
    assert extract(PROGRAM % IN_BASE64 + _wrapper.encode(STORE)).store == STORE


@pytest.mark.parametrize("name", ["copy.txt", "upload", "a.py.bak", ""])
def test_a_labelled_program_is_not_labelled_twice(name):
    made = labeller().label_bytes(b"print(42)\n" * 200, name="a.py").data
    assert read(made, name=name).findings[0].code == text.MISPLACED
    with pytest.raises(MalformedAssetError, match="under its own name"):
        labeller().label_bytes(made, name=name)


def test_names_are_judged_in_linear_time():
    started = time.process_time()
    assert is_for_people("constraints" * 20_000) is False
    assert is_for_people("README." + "constraints.tx" * 20_000 + ".txt") is False
    assert time.process_time() - started < 1


def test_marks_are_looked_for_in_linear_time():
    """Stretches just short of too long; each character of one was tried as its beginning."""
    few = "a" + "\u0345\u0301\u0316" * (_text.MAX_MARKS // 3)
    started = time.process_time()
    for _ in _text.normalized((few * ((8 << 20) // len(few.encode()))).encode()):
        pass
    assert time.process_time() - started < 1  # an eighth of what a text may be


@pytest.mark.parametrize("mark", ["\u0301", "\u0344", "\u0f73", "\U0001d165"])
def test_as_many_marks_as_can_be_ordered_are_normalised(mark):
    whole = "x" + mark * (_text.MAX_MARKS - 1) + "\u0334"
    assert b"".join(_text.normalized(whole.encode())).decode() == unicodedata.normalize(
        "NFC", whole
    )
    with pytest.raises(LimitExceededError):
        list(_text.normalized(("a" + mark * _text.MAX_MARKS + "\u0334").encode()))


def test_what_is_no_utf_8_can_not_be_bound():
    with pytest.raises(MalformedAssetError):
        b"".join(PLAIN.bound_bytes(io.BytesIO(b"caf\xe9"), ()))


# ---------------------------------------------------------------------------- normalising


@pytest.mark.parametrize(
    "piece",
    [
        "e\u0301",
        "ก็",
        "क\u093c",
        "가\u11a8",
        "\u1100\u1161\u11a8",
        "か\u3099",
        "<\u0338",
        "\n\u0338",
        "\u0f71\u0f72",
        "\u0f73",
        "\u0344",
        "\U0001d15e",
        "\u212b",
        "日本",
        "😀\u0301",
        "\u09c7\u09be",
    ],
)
def test_normalising_in_blocks_is_normalising_as_a_whole(monkeypatch, piece):
    monkeypatch.setattr(_text, "_BLOCK", 32)
    for shift in range(8):
        whole = "x" * shift + piece * 30
        normal = b"".join(_text.normalized(whole.encode()))
        assert normal == unicodedata.normalize("NFC", whole).encode()


def test_no_character_composes_across_a_cut():
    composed = {
        chr(int(parts[1], 16))
        for parts in (unicodedata.decomposition(chr(c)).split() for c in range(0x30000))
        if len(parts) == 2 and parts[0][0] != "<"
    }
    composed |= {chr(c) for c in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    for character in map(chr, range(0x30000)):
        if _text._last_cut("\u0301" + character):
            first = unicodedata.normalize("NFD", character)[0]
            assert not unicodedata.combining(first)
            assert character not in composed


def seconds(piece, count):
    data = ("a" + piece * count).encode()
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        _text.normalization_objection(data)
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize(
    "piece",
    [
        "\u0301",
        "\u0301\u0323",
        "\u0f73",
        "\u0344",
        "e\u0323" + "\u0301\u0323" * 50,
        "\u0e33\u0e4d",
    ],
)
def test_normalising_takes_time_in_proportion_to_the_text(piece):
    count = 40_000 // len(piece)
    once, often = seconds(piece, count), seconds(piece, count * 8)
    assert often < 40 * once + 0.01  # the square would be 64 times
    assert often < 2
