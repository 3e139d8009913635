"""The trials of ``credlabel doctor`` find out what is so, and say no where it is not."""

import io
import socket

import pytest
from making import CallbackSigner, KeySigner, expired_signer, identity, scanner, signer

from credlabel import probe
from credlabel.credentials import Credentials, CredentialState
from credlabel.errors import CredlabelError, SignerUnavailableError, TimestampError


@pytest.mark.parametrize("kind", [KeySigner, CallbackSigner])
def test_a_signer_that_works_is_passed(kind):
    probe.signs_and_reads_back(kind(identity()))


def test_signers_that_do_not_work_are_not_passed():
    class Nonsense(CallbackSigner):
        def sign(self, data):
            return super().sign(data + b"!")

    with pytest.raises(CredlabelError):
        probe.signs_and_reads_back(Nonsense(identity()))
    with pytest.raises(SignerUnavailableError):
        probe.signs_and_reads_back(expired_signer())
    down = KeySigner(identity())
    down.timestamp_uri = "http://127.0.0.1:1/"
    with pytest.raises(TimestampError):
        probe.signs_and_reads_back(down)
    probe.signs_and_reads_back(signer())


def test_nothing_is_fetched(socket_enabled):
    assert probe.fetches_nothing()


def test_the_canary_notices_when_something_is_fetched(socket_enabled, monkeypatch):
    settings = Credentials()._settings([])
    settings["verify"]["remote_manifest_fetch"] = True
    del settings["core"]["allowed_network_hosts"]
    monkeypatch.setattr(Credentials, "_settings", lambda *_: settings)
    assert not probe.fetches_nothing()


def test_the_bait_is_bait():
    uri = "https://example.com/m.c2pa"
    reading = Credentials().read(io.BytesIO(probe.remote_bait(uri)), media_type="image/jpeg")
    assert (reading.state, reading.remote_uri) == (CredentialState.REMOTE, uri)
    report = scanner().scan_bytes(probe.remote_bait(uri))
    assert [finding.code for finding in report.findings] == ["manifest.inaccessible"]


def test_an_authority_answers_or_does_not(socket_enabled):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert probe.timestamp_authority_answers(f"http://127.0.0.1:{port}/tsa")
    assert not probe.timestamp_authority_answers(f"http://127.0.0.1:{port}/tsa")


@pytest.mark.parametrize("uri", ["", "nonsense", "http://", "http://127.0.0.1:99999/"])
def test_no_address_is_a_problem(socket_enabled, uri):
    assert not probe.timestamp_authority_answers(uri)
