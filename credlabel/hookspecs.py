"""The seam: hook specifications and the Protocols that plugins implement.

A plugin is a module (or an object) registered under the entry-point group ``credlabel``. It
implements any of the hooks below with the :data:`hookimpl` marker. Every hook takes no arguments
(but those that say so) and returns an iterable of *providers*; they are collected from every
plugin, whatever the order of installation, and indexed by the key that each provider names. Two
providers with one key are a conflict, which the configuration resolves with ``prefer``.

Streams, not paths: a provider is handed an open, seekable binary stream and never a file name.
It may leave the stream at any position. No plugin but a signer ever sees a key.

The file is long, since it is the whole contract, to be read in one place.

Example::

    from credlabel.hookspecs import hookimpl

    @hookimpl
    def credlabel_detectors():
        return [MyDetector()]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Final,
    NamedTuple,
    Protocol,
    TextIO,
    runtime_checkable,
)

import pluggy

if TYPE_CHECKING:
    import click

    from credlabel.model import (
        Assessment,
        Decision,
        Evidence,
        Exemption,
        Finding,
        Json,
        Provenance,
        Report,
        Situation,
    )

PROJECT: Final = "credlabel"
hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


# ---------------------------------------------------------------------------- formats


@runtime_checkable
class Format(Protocol):
    """A container family: how to recognise it, and how to tell whether a file of it is whole.

    Attributes:
        media_types: every media type that ``accepts`` may return, the commonest first. Each is a
            key: no two formats may claim one media type.
    """

    media_types: tuple[str, ...]

    def accepts(self, head: bytes) -> str | None:
        """Return the media type of a file that begins with ``head`` (up to 4 KiB), or None.

        Must be cheap and must not raise, whatever the bytes.
        """

    def check_whole(self, source: BinaryIO) -> None:
        """Return if the file is complete by its own structure.

        Raises:
            MalformedAssetError: the file is cut short or contradicts its own structure; the
                message is a sentence for the user.
        """


@runtime_checkable
class MediaTypeRefiner(Protocol):
    """Optional power of a Format: tell apart what the first bytes can't (FLAC behind a tag)."""

    def refine_media_type(self, source: BinaryIO, media_type: str) -> str:
        """Return the media type after looking into the file; ``media_type`` in doubt.

        Must not raise, whatever the bytes.
        """


@runtime_checkable
class CredentialProbe(Protocol):
    """Optional power of a Format: tell cheaply that a file can't hold a credential."""

    def may_carry_credential(self, source: BinaryIO) -> bool:
        """Return False only if walking the container proves that there is none.

        That is: no manifest store, and no reference to a remote one. In doubt (also: malformed)
        return True. Must not raise.
        """


@runtime_checkable
class EmbeddingGuard(Protocol):
    """Optional power of a Format: say when embedding would destroy something in the file."""

    def embedding_objection(self, source: BinaryIO) -> str | None:
        """Return a sentence why this file must get a sidecar instead, or None to embed."""


@runtime_checkable
class TextKinds(Protocol):
    """Optional power of a Format: kinds of text, which only the file's name tells apart.

    Attributes:
        suffixes: lower-case endings of names, with the dot, and the media type that each means
            where the bytes are text. Each is a key: no two formats may claim one ending.
    """

    suffixes: Mapping[str, str]


@runtime_checkable
class EmbeddingPrice(Protocol):
    """Optional power of a Format: embedding costs something, so it is the user's to choose.

    Attributes:
        family: the setting that chooses, ``text`` or ``zip``.
    """

    family: str

    def embedding_price(self, source: BinaryIO, name: str) -> str | None:
        """Return a sentence why *auto* puts the credential beside this file, or None to embed.

        ``name`` is the file's, which may tell what programs will read it.
        """


class Extraction(NamedTuple):
    """What an extractor found in a file: a store, or a reference, or the remains of either."""

    store: bytes = b""
    """The manifest store that the file carries."""
    exclusions: tuple[tuple[int, int], ...] = ()
    """(start, length) in bytes of what the hard binding has to leave out."""
    reference: str = ""
    """The URI where the manifest store is kept, if the file only says that."""
    problem: Finding | None = None
    """Why what is there counts as no credential: it is broken, or there are several."""


class SignBinding(Protocol):
    """The core's callback that signs one hard binding and returns the manifest store.

    A signature may ask a time-stamp authority or a key service, so sign a few times at the most:
    once to learn about how long the store gets, then with the exclusion that it will have, and
    make up with padding for what chance takes away.
    """

    def __call__(self, *, exclusions: tuple[tuple[int, int], ...], sha256: bytes) -> bytes:
        """Return the manifest store over bytes that hash to ``sha256`` without ``exclusions``.

        It has no padding.
        """

    def padded(self, store: bytes, *counts: int) -> bytes:
        """Return ``store`` with one or two paddings of so many zeros, which nothing signs.

        Writing down how many takes up to three bytes for each padding, besides its name.
        """


@runtime_checkable
class CredentialExtractor(Protocol):
    """Optional power of a Format: find a manifest store where c2pa-rs does not look.

    The plugin says where the store is and which bytes are bound; the core checks the hard binding
    over those, and has c2pa-rs check signature, trust and assertions. Where c2pa-rs can read what
    it can't write, it does all of the reading.
    """

    def extract(self, source: BinaryIO) -> Extraction | None:
        """Return what the file carries, or None. Must not raise, whatever the bytes."""

    def bound_bytes(
        self, source: BinaryIO, exclusions: tuple[tuple[int, int], ...]
    ) -> Iterable[bytes]:
        """Yield the bytes that a data hash covers, without ``exclusions``, in the form it has.

        Raises:
            AssetError: they can't be had in that form (normalising them would take too long).
        """


@runtime_checkable
class CredentialCarrier(CredentialExtractor, Protocol):
    """Optional power of a Format: carry a manifest store where c2pa-rs can't put one."""

    def embed(self, source: BinaryIO, sink: BinaryIO, sign: SignBinding) -> None:
        """Write ``source`` with a manifest store to ``sink``, in place of one that it carries.

        ``sign`` may be called until the store fits where it has to go.

        Raises:
            AssetError, LabelError: it can't be done; ``sink`` holds nothing of use.
        """


@runtime_checkable
class CredentialLink(Protocol):
    """Optional power of a Format: let the file name the place where its credential is."""

    def link(self, source: BinaryIO, sink: BinaryIO, reference: str) -> None:
        """Write ``source`` to ``sink`` with one reference to ``reference``, a relative URI.

        Raises:
            AssetError: it has no place for one.
        """


class ExtractedCollection(NamedTuple):
    """The manifest store of an archive, and which bytes each of its hashes covers."""

    store: bytes
    entries: Mapping[str, tuple[tuple[int, int], ...]]
    """The (start, length) ranges of each entry, by the URI that the binding has for it."""
    directory: tuple[tuple[int, int], ...]
    """The (start, length) ranges of the archive's directory."""


@runtime_checkable
class CollectionCarrier(Protocol):
    """Optional power of a Format: archives bound entry by entry, also those c2pa-rs can't read."""

    def extract_collection(self, source: BinaryIO) -> ExtractedCollection | None:
        """Return the archive's manifest store with what it binds, or None if it has none.

        Raises:
            AssetError: the archive is malformed or goes beyond the limits.
        """


Metadata = Mapping[str, tuple[str, ...]]
"""What a container says about itself: texts by place and name, such as ``png:parameters``."""


@runtime_checkable
class MetadataReader(Protocol):
    """Optional power of a Format: read what the container says about itself.

    The names are ``PLACE:NAME``, by the place where the container has them:

    - ``xmp:dc:creator``: XMP, by the usual prefix of the namespace, or ``xmp:{URI}name`` of one
      that has none; each item of an array; fields of a structure as ``xmp:a:name/b:field``;
    - ``exif:Software``: Exif, by the standard's name of the tag;
    - ``iptc:2:116``: IPTC-IIM, by record and data set;
    - ``png:parameters``, ``jpeg:comment``, ``gif:comment``, ``id3:COMM``, ``vorbis:NAME``,
      ``riff:ISFT``, ``mp4:key``, ``matroska:NAME``, ``flv:NAME``, ``samsung:NAME``: fields of
      the container's own;
    - ``id3:TXXX:name``: ID3 calls its frame for a text of any name TXXX (ID3v2.4, 4.2.6);
    - ``pdf:Producer``, ``ooxml:core:creator``, ``ooxml:app:Application``, ``ooxml:custom:name``,
      ``odf:generator``, ``odf:user:name``, ``epub:generator``, ``epub:meta:p:name``: of
      documents;
    - ``html:meta:name``, ``html:jsonld``; ``html:root:name``, an attribute of the page's own, and
      ``html:attribute:name``, of an element in it;
    - ``markdown:name``, a key of the front matter, and ``markdown:front-matter``, all of it.
    """

    def read_metadata(self, source: BinaryIO) -> Metadata:
        """Return the texts by place and name, in the file's order where a name has several.

        Must not raise, whatever the bytes: what can't be read is left out. Bounded in time, in
        the length of a text and in their number.
        """


@runtime_checkable
class MetadataWriter(MetadataReader, Protocol):
    """Optional power of a Format: change what the container says about itself."""

    def writable_places(self, media_type: str) -> frozenset[str]:
        """Return the places (``xmp``, ``png``, ``ooxml:custom``…) whose fields it can write.

        A field ``PLACE:NAME`` can be written if its PLACE is among them; in ``xmp``, those are
        the simple properties, and no arrays or structures.
        """

    def write_metadata(self, source: BinaryIO, sink: BinaryIO, changes: Metadata) -> None:
        """Write ``source`` to ``sink`` so that each name of ``changes`` has exactly its texts.

        A name with no texts is removed. The payload and every other field stay as they are, and
        ``read_metadata`` of the result tells the changes word for word. Content that says so
        already is copied.

        Raises:
            AssetError, LabelError: it can't be done without damage; the message, a sentence, says
            why. ``sink`` holds nothing of use.
        """


class Asset:
    """A file as detectors and markers see it.

    Attributes:
        name: the file's, perhaps empty.
        media_type: the file's.
        size: in bytes.
    """

    def __init__(
        self,
        name: str,
        media_type: str,
        size: int,
        *,
        read: Callable[[], Metadata] = dict,
        detect: Callable[[], tuple[Evidence, ...]] = tuple,
    ) -> None:
        self.name = name
        self.media_type = media_type
        self.size = size
        self._read = read
        self._detect = detect

    @cached_property
    def metadata(self) -> Metadata:
        """What the container says about itself, read once, when somebody asks; or nothing."""
        return self._read()

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """What all detectors said of it before it was marked; to a detector, nothing."""
        return self._detect()


# ---------------------------------------------------------------------------- marks


@runtime_checkable
class MetadataMarker(Protocol):
    """Says a record in fields of metadata, which the file's format writes. Key: ``name``.

    Attributes:
        required: the fields of the record without which the mark can't be written.
    """

    name: str
    required: frozenset[str]

    def fields(self, asset: Asset, places: frozenset[str], provenance: Provenance) -> Metadata:
        """Return the fields to write into ``asset``, whose format can write ``places``.

        None at all means that it has no place for the mark. ``asset`` tells what it says already:
        a mark is updated, and never written a second time.

        Raises:
            LabelError: the mark must not be written into this file; the message says why.
            ConfigError: the record holds what the mark has no way to say.
        """


@runtime_checkable
class Marker(Protocol):
    """Puts one unsigned layer into the payload of a file: a watermark. Key: ``name``."""

    name: str

    def accepts(self, media_type: str) -> bool:
        """Return whether this marker has a place for its mark in files of ``media_type``."""

    def mark(self, source: BinaryIO, sink: BinaryIO, provenance: Provenance) -> Evidence:
        """Write ``source`` with the mark to ``sink`` and return what a detector would find.

        Raises:
            AssetError: the file can't take the mark.
        """


@runtime_checkable
class Detector(Protocol):
    """Finds evidence of one kind in a file. Key: ``name``.

    Two details mean something to the core, beside what they tell people: ``conflicts`` is a list
    of sentences on what contradicts each other, naming both sides; ``covers`` is a list of the
    origins that the mark has one word for, so that it contradicts none of them.
    """

    name: str

    def detect(self, asset: Asset, source: BinaryIO) -> Iterable[Evidence]:
        """Return what the file says; nothing, or weak evidence, for bad content.

        Must not raise for anything that the bytes contain.
        """


# ---------------------------------------------------------------------------- keys


@runtime_checkable
class Signer(Protocol):
    """A key that signs claims, wherever it lives.

    Attributes:
        algorithm: a C2PA signing algorithm: ``es256 es384 es512 ps256 ps384 ps512 ed25519``.
        certificate_chain: PEM, the signing certificate first, then intermediates, no root.
        timestamp_uri: the RFC 3161 time-stamp authority to ask, or None.
    """

    algorithm: str
    certificate_chain: bytes
    timestamp_uri: str | None

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data`` (hashing included; ECDSA as raw r‖s or DER).

        Raises:
            SigningError: the key refuses or can't be reached.
        """


@runtime_checkable
class LocalSigner(Signer, Protocol):
    """Optional power of a Signer: hand its private key to the core, which signs with it.

    A label is then 9 kB smaller: around a callback, c2pa-rs reserves that much for nothing.
    """

    def private_key_pem(self) -> bytes:
        """Return the private key, unencrypted, as PKCS#8 PEM."""


class Secrets(Protocol):
    """Asks the application for a passphrase or PIN, once per name."""

    def __call__(self, name: str, prompt: str) -> str | None:
        """Return the secret called ``name``, asked for with ``prompt``, or None."""


@runtime_checkable
class SignerProvider(Protocol):
    """Opens signers for some URI schemes. Key: each of ``schemes``."""

    schemes: tuple[str, ...]

    def open(self, uri: str, secrets: Secrets) -> Signer:
        """Return the signer that ``uri`` names.

        Raises:
            SigningError: no key there, a secret is missing, or the certificate is unusable.
        """


# ---------------------------------------------------------------------------- judgement, output


@runtime_checkable
class Policy(Protocol):
    """Decides about a report. Key: ``name``. Pure: the report is all it may look at."""

    name: str

    def decide(self, report: Report) -> Decision:
        """Return the decision. Less evidence must never turn a fail into a pass."""


@runtime_checkable
class Profile(Protocol):
    """Optional power of a Policy: what a law or a standard asks for, clause by clause.

    As a policy, it decides for a provider at the present state of the law.

    Attributes:
        title: the law's or standard's own name.
    """

    name: str
    title: str

    def marks(self, situation: Situation) -> tuple[str, ...]:
        """Return the names of the markers whose marks a label needs."""

    def required(self, situation: Situation) -> frozenset[str]:
        """Return the fields of the record without which a label does not do."""

    def exemption(self, report: Report, situation: Situation) -> Exemption | None:
        """Return why nothing is asked for of such a file, or None."""

    def assess(self, report: Report, situation: Situation) -> tuple[Assessment, ...]:
        """Return what becomes of each clause for one file, always all of them in one order."""


@runtime_checkable
class Reporter(Protocol):
    """Writes reports in one format. Key: ``name``."""

    name: str

    def write(self, reports: Iterable[Report], out: TextIO) -> None:
        """Write every report to ``out`` as it arrives, without holding them all."""


class Store(Protocol):
    """A journal or ledger back end."""

    def append(self, row: Json) -> None:
        """Append one row durably.

        Raises:
            StoreError: it could not be written.
        """

    def rows(self) -> Iterable[Json]:
        """Return every row, oldest first."""

    def close(self) -> None:
        """Release what the store holds."""


@runtime_checkable
class StoreProvider(Protocol):
    """Opens stores for some URI schemes. Key: each of ``schemes``."""

    schemes: tuple[str, ...]

    def open(self, uri: str) -> Store:
        """Return the store that ``uri`` names.

        Raises:
            StoreError: it can't be opened.
        """


# ---------------------------------------------------------------------------- the hooks


@hookspec
def credlabel_formats() -> Iterable[Format]:  # type: ignore[empty-body]
    """Return formats. Called once, when the registry is loaded. Key: media type."""


@hookspec
def credlabel_markers() -> Iterable[MetadataMarker | Marker]:  # type: ignore[empty-body]
    """Return markers. Called once, when the registry is loaded. Key: name."""


@hookspec
def credlabel_detectors() -> Iterable[Detector]:  # type: ignore[empty-body]
    """Return detectors. Called once, when the registry is loaded. Key: name."""


@hookspec
def credlabel_signers() -> Iterable[SignerProvider]:  # type: ignore[empty-body]
    """Return signer providers. Called once, when the registry is loaded. Key: URI scheme."""


@hookspec
def credlabel_policies() -> Iterable[Policy]:  # type: ignore[empty-body]
    """Return policies. Called once, when the registry is loaded. Key: name."""


@hookspec
def credlabel_reporters() -> Iterable[Reporter]:  # type: ignore[empty-body]
    """Return reporters. Called once, when the registry is loaded. Key: name."""


@hookspec
def credlabel_stores() -> Iterable[StoreProvider]:  # type: ignore[empty-body]
    """Return store providers. Called once, when the registry is loaded. Key: URI scheme."""


@hookspec
def credlabel_commands(cli: click.Group) -> None:
    """Add commands to ``cli``. Called when the command line starts; may replace no built-in."""


@hookspec(firstresult=True)
def credlabel_secret(name: str, prompt: str) -> str | None:
    """Return the secret called ``name``, or None to let others try. Stops at the first answer.

    ``prompt`` is a sentence to show a person. The answer must never be logged.
    """


@hookspec
def credlabel_event(event: dict[str, Any]) -> None:
    """Take notice of an event: ``event["kind"]`` is labelled, quarantined, held or refused.

    Called after the fact, in the process that did the work; an exception is logged, never fatal.
    """
