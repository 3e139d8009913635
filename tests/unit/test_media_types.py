"""What a file is, where no format plugin says: by its bytes, by its name only if it is text."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credlabel.media_types import guess_media_type, may_be_text


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"BM" + bytes(60), "a.bmp", "image/bmp"),
        (b"plain words", "", "text/plain"),
        (b"plain words", "a.jpg", "text/plain"),  # a name makes no picture of text
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"{}", "a.json", "application/json"),
        (b"{}", "A.JSON", "application/json"),
        (b"a {}", "a.css", "text/css"),
        (b"<p>", "a.html", "text/html"),
        (b"\0\1\2\3", "a.txt", "application/octet-stream"),  # nor text of bytes
        (b"\xff\xfe\x80\x81", "a.txt", "application/octet-stream"),
        (b"", "a.txt", "application/octet-stream"),
        ("é".encode() * 2000 + b"\xc3", "", "text/plain"),  # the head ends inside a character
        (b"\0\0\0\x20jumb\0\0\0\0jumd", "", "application/c2pa"),
    ],
)
def test_unrecognised_bytes_get_a_type_by_content_then_by_name(head, name, expected):
    assert guess_media_type(head, name) == expected


@given(st.binary(max_size=64), st.text(max_size=20))
def test_any_bytes_have_some_type(head, name):
    assert "/" in guess_media_type(head, name)


def test_the_system_s_own_table_of_endings_is_not_asked():
    """Reports are the same on every machine: elsewhere, ``.md`` may be in it or not."""
    assert guess_media_type(b"# hi", "a.md") == "text/plain"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"words", True),
        (b"a\tb\r\n\x0c\x1b[0m", True),
        ("é".encode("latin-1"), True),
        (b"\xff\xfe", True),
        (b"", False),
        (b"a\0b", False),
        (b"a\x01b\x7f", True),
        (os.urandom(4096) + b"\0", False),
    ],
)
def test_what_has_a_nul_in_it_is_no_text(head, expected):
    assert may_be_text(head) is expected
