"""Trials of the real thing: does a signer sign, is the network off, does an authority answer.

Misspelt settings of the C2PA library are accepted in silence, so that the network is off has to
be seen, not believed.
"""

from __future__ import annotations

import io
import socket
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from credlabel import terms
from credlabel.credentials import Claim, Credentials, CredentialState
from credlabel.errors import ReadBackError
from credlabel.manifest import claim_of
from credlabel.model import Provenance

if TYPE_CHECKING:
    from credlabel.hookspecs import Signer

_ANSWER_SECONDS: Final = 5.0
_LISTEN_SECONDS: Final = 0.3


def signs_and_reads_back(signer: Signer) -> None:
    """Sign a few bytes in memory and read them back.

    Raises:
        SigningError: the signer can't. ReadBackError: what it signed does not verify.
    """
    content = io.BytesIO(b"credlabel doctor")
    claim: Claim = claim_of(
        Provenance(source_type=terms.C2PA + "empty"), title="trial", edits=False
    )
    credentials = Credentials()
    kind = "application/octet-stream"
    store = credentials.sign_detached(content, media_type=kind, claim=claim, signer=signer)
    content.seek(0)
    reading = credentials.read(content, media_type=kind, manifest_store=store)
    if reading.state is not CredentialState.VALID:
        codes = ", ".join(finding.code for finding in reading.failures)
        raise ReadBackError(f"A trial label did not verify ({codes}).")


def fetches_nothing() -> bool:
    """Return whether reading a file that names a remote manifest leaves the network alone.

    The file names a port of this machine on which this function listens.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_LISTEN_SECONDS)
        called = threading.Event()

        def listen() -> None:
            try:
                connection, _ = server.accept()
            except TimeoutError:
                return
            called.set()
            connection.close()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        bait = remote_bait(f"http://127.0.0.1:{server.getsockname()[1]}/planted")
        Credentials().read(io.BytesIO(bait), media_type="image/jpeg")
        listener.join()
    return not called.is_set()


def remote_bait(uri: str) -> bytes:
    """Return a JPEG (of no picture) whose XMP says that its manifest store is at ``uri``."""
    packet = (
        b"http://ns.adobe.com/xap/1.0/\0"
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
        b'dcterms:provenance="' + uri.encode() + b'"/></rdf:RDF></x:xmpmeta>'
    )
    length = (len(packet) + 2).to_bytes(2, "big")
    return b"\xff\xd8\xff\xe1" + length + packet + b"\xff\xd9"


def timestamp_authority_answers(uri: str) -> bool:
    """Return whether anything listens where the time-stamp authority should be."""
    try:
        parts = urlsplit(uri)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=_ANSWER_SECONDS):
            return True
    except (OSError, ValueError):  # ValueError: that is no address
        return False
