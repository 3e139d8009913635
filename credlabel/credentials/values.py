"""What credentials are read as and made from: trust, states, readings, claims."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from credlabel.model import Finding, FindingKind, Json


class TrustAnchors(msgspec.Struct, frozen=True, kw_only=True):
    """Who is trusted, as PEM text: issuers of signing certificates, and time-stamp authorities."""

    signers: str = ""
    timestamps: str = ""


class CredentialState(StrEnum):
    """What reading a file for a credential came to.

    ``unreadable`` says that the library could not parse the file: it is no statement about marks.
    """

    ABSENT = "absent"
    REMOTE = "remote"
    UNREADABLE = "unreadable"
    INVALID = "invalid"
    VALID = "valid"
    TRUSTED = "trusted"


class CredentialReading(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest store as read: its state, its JSON, its findings.

    ``store`` is the library's JSON (``active_manifest``, ``manifests``); ``texts`` holds the
    prompts that are embedded in the active manifest, by resource identifier. ``is_detached`` says
    that the store came from outside the file.
    """

    state: CredentialState
    findings: tuple[Finding, ...] = ()
    store: Json = {}
    texts: dict[str, str] = {}
    remote_uri: str = ""
    is_detached: bool = False

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that the standard calls failures."""
        return tuple(f for f in self.findings if f.kind is FindingKind.FAILURE)

    @property
    def active(self) -> Json:
        """The active manifest's JSON, or an empty object."""
        manifests = self.store.get("manifests")
        label = self.store.get("active_manifest")
        if not isinstance(manifests, dict) or not isinstance(label, str):
            return {}
        active = manifests.get(label)
        return active if isinstance(active, dict) else {}

    @property
    def is_present(self) -> bool:
        """Whether a manifest store was found at all, good or bad."""
        return self.state in (
            CredentialState.INVALID,
            CredentialState.VALID,
            CredentialState.TRUSTED,
        )


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be signed: a manifest definition and the resources it names."""

    definition: Json
    resources: dict[str, bytes] = {}


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """What the library can't find in the file by itself, to become the ``parentOf`` ingredient.

    Attributes:
        store: the earlier credential; empty if there was none, or none that is at hand.
        reading: the earlier content's.
        media_type: the earlier content's.
    """

    store: bytes
    reading: CredentialReading
    media_type: str
