"""Fetching what a text says is elsewhere: only from a host that was named, and never further."""

from __future__ import annotations

import pytest

from credlabel.credentials import remote
from credlabel.credentials.remote import fetch


def test_a_host_that_was_named_is_asked_once(host):
    host.body = b"a store"
    assert fetch(host.uri, hosts=(host.name,)) == b"a store"
    assert host.calls == ["/manifest.c2pa"]


@pytest.mark.parametrize("hosts", [(), ("example.com",), ("127.0.0.1",), ("127.0.0.1:1",)])
def test_no_other_is_asked(host, hosts):
    assert fetch(host.uri, hosts=hosts) is None
    assert host.calls == []


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a.c2pa",
        "//{}/a",
        "file://{}/etc/passwd",
        "file:///etc/passwd",
        "ftp://{}/a",
        "http://user@{}/a",
        "http://[::1/a",
        "http://{}:99999/a",
        "http://example.com\\@{}/a",
        "http://{}/a b\r\nX: y",
        "data:,a",
    ],
)
def test_no_other_way_of_writing_it_leads_anywhere(host, uri):
    assert fetch(uri.format(host.name), hosts=(host.name, "", "example.com")) is None
    assert host.calls == []


@pytest.mark.parametrize(("status", "body"), [(404, b"no"), (200, b""), (302, b"x"), (500, b"x")])
def test_an_answer_of_no_use_is_none(host, status, body):
    host.status, host.body = status, body
    assert fetch(host.uri, hosts=(host.name,)) is None
    assert host.calls == ["/manifest.c2pa"]  # and no redirect was followed


def test_an_endless_answer_is_none(host, monkeypatch):
    monkeypatch.setattr(remote, "MAX_BYTES", 100)
    host.body = bytes(101)
    assert fetch(host.uri, hosts=(host.name,)) is None
    host.body = bytes(100)
    assert fetch(host.uri, hosts=(host.name,)) == bytes(100)


def test_a_host_that_is_not_there_is_none(host):
    host.close()
    assert fetch(host.uri, hosts=(host.name,)) is None


def test_a_proxy_is_not_asked_instead(host, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    host.body = b"a store"
    assert fetch(host.uri, hosts=(host.name,)) == b"a store"
