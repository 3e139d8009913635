"""The frozen values: Provenance, Evidence, Finding, Report, Receipt, and their JSON.

Every value that crosses a module boundary is one of these. They are immutable, compare by value,
encode to JSON with a fixed key order, and refuse unknown keys when decoded. The module is long,
since it is all of them, to be read in one place.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?(?!\n)$")]
"""A SHA-256 in lower-case hexadecimal, or the empty string where it is not known."""

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment: with its offset from UTC, since without one it is none."""

Name = Annotated[str, msgspec.Meta(min_length=1)]
"""What something or somebody is called; nobody is called nothing."""

Json = dict[str, Any]
"""A JSON object from somebody else's manifest or metadata, kept as it came."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The common ground of all values: frozen, keyword-only, defaults left out of the JSON."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A value whose every key stands in the JSON, because programs rely on finding it."""


# ---------------------------------------------------------------------------- provenance


class Model(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trained model that took part: its name, version, and where it is described."""

    name: Name
    version: str = ""
    uri: str = ""


class Prompt(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction given to the generator: its text, or only its digest (the default).

    ``sha256`` is the lower-case hexadecimal SHA-256 of the text's UTF-8 bytes.
    """

    text: str = ""
    sha256: Sha256 = ""


class Simulator(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A simulation program that produced the content or its data."""

    name: Name
    version: str = ""
    uri: str = ""


class SourceReference(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Source data that influenced the content: a name, a URI, and the digest if it is known."""

    name: Name
    uri: str = ""
    sha256: Sha256 = ""


class Filter(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter that the content or its source data went through (safety, quality, de-dup…)."""

    name: Name
    version: str = ""
    result: str = ""


class Review(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A human review that occurred: by whom, when, with which outcome."""

    reviewer: Name
    outcome: str = ""
    time: Time | None = None


class Provenance(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a label says: the one canonical record of how a file came to be.

    It can carry all that a dataset owes its readers: what generated it, which prompts or
    simulators, what source data influenced it, what filters were applied, which model versions
    were involved, and what human review occurred.

    >>> record = Provenance(system="Painter", models=(Model(name="painter", version="3"),))
    >>> record.models[0].version
    '3'

    Attributes:
        source_type: the IPTC or C2PA digital source type, as its full URI.
        provider: who runs the system that generated the content.
        system, system_version: the generator.
        created: when the content was generated.
        identifier: the provider's unique identifier of this content.
        verify_uri: where a reader can have the label checked.
    """

    source_type: str = ""
    provider: str = ""
    system: str = ""
    system_version: str = ""
    models: tuple[Model, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    simulators: tuple[Simulator, ...] = ()
    sources: tuple[SourceReference, ...] = ()
    filters: tuple[Filter, ...] = ()
    reviews: tuple[Review, ...] = ()
    created: Time | None = None
    identifier: str = ""
    verify_uri: str = ""


# ---------------------------------------------------------------------------- reading


class Origin(StrEnum):
    """Where content came from, as far as the evidence says. No evidence is ``unknown``."""

    GENERATED = "generated"
    EDITED_WITH_AI = "edited-with-ai"
    COMPOSITE = "composite"
    SIMULATED = "simulated"
    ALGORITHMIC = "algorithmic"
    CAPTURED = "captured"
    HUMAN_MADE = "human-made"
    UNKNOWN = "unknown"


class Integrity(StrEnum):
    """Whether the bytes are those that were signed. ``none``: nothing was signed."""

    INTACT = "intact"
    TAMPERED = "tampered"
    UNVERIFIABLE = "unverifiable"
    NONE = "none"


class Trust(StrEnum):
    """Whether the signer is on a trust list. *Untrusted* is not *invalid*."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    NONE = "none"


class Layer(StrEnum):
    """The layers a mark can live in. ``sidecar``: the credential is in a file beside this one."""

    CREDENTIAL = "credential"
    METADATA = "metadata"
    WATERMARK = "watermark"
    FINGERPRINT = "fingerprint"
    SIDECAR = "sidecar"


class Strength(StrEnum):
    """How far evidence carries: a signature > anybody's typing > a statistical guess."""

    SIGNED = "signed"
    ASSERTED = "asserted"
    INFERRED = "inferred"


class FindingKind(StrEnum):
    """The standard's three kinds of validation status (C2PA 2.5, section 14)."""

    SUCCESS = "success"
    INFORMATIONAL = "informational"
    FAILURE = "failure"


class Finding(Answer, frozen=True, kw_only=True):
    """One thing observed about a file: a status code and a plain sentence.

    Codes are the C2PA standard's, verbatim; those of credlabel's own start with ``credlabel.``.
    ``subject`` says what inside the file it is about (a JUMBF URI), where there is such a thing.
    """

    code: str
    kind: FindingKind
    explanation: str
    subject: str = ""


class Basis(StrEnum):
    """What kind of statement evidence rests on.

    ``mark``: something put there to tell the origin. ``declaration``: somebody's own words about
    it. ``trace``: what a generator or a camera leaves behind without meaning to tell.
    """

    MARK = "mark"
    DECLARATION = "declaration"
    TRACE = "trace"


class Evidence(Answer, frozen=True, kw_only=True):
    """What one layer of one file says about its origin, and how strong that is.

    ``score`` and ``false_positive_rate`` (both 0 to 1) are given for inferred evidence only.
    """

    detector: str
    kind: Layer
    strength: Strength
    origin: Origin
    basis: Basis = Basis.MARK
    details: Json = {}
    provenance: Provenance | None = None
    score: float | None = None
    false_positive_rate: float | None = None


class Digest(Value, frozen=True, kw_only=True):
    """The digests of a file's bytes, in lower-case hexadecimal."""

    sha256: str


class Subject(Value, frozen=True, kw_only=True):
    """The file a report is about. ``digest`` is absent where it was not computed."""

    name: str
    media_type: str
    size: int
    digest: Digest | None = None


class Triage(IntEnum):
    """How a platform has to label content by the Chinese Measures (Art. 6), best reason first.

    1: a mark says that it is generated. 2: only a declaration does. 3: only traces do, or a guess.
    """

    GENERATED = 1
    POSSIBLE = 2
    SUSPECTED = 3


class Verdict(Answer, frozen=True, kw_only=True):
    """What all evidence amounts to, on separate axes that are never averaged.

    ``strength`` is that of the strongest evidence for ``origin``; ``conflicts`` lists in words
    where layers contradict each other. ``triage`` is absent where nothing says that a trained
    model made the content.
    """

    origin: Origin
    strength: Strength | None
    integrity: Integrity
    trust: Trust
    marks: tuple[Layer, ...]
    conflicts: tuple[str, ...] = ()
    triage: Triage | None = None


class Role(StrEnum):
    """Who is asked: who runs the generator, who uses it, or who passes content on."""

    PROVIDER = "provider"
    DEPLOYER = "deployer"
    PLATFORM = "platform"


class Situation(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a law is applied to, and when: what its duties and thresholds depend on.

    Attributes:
        role: who is asked.
        as_of: the day for which it is asked; the law as it will be if there is none.
        placed_on_market: when the system that generates was first offered.
        monthly_users: how many use it; None counts as above every threshold.
        is_signatory: whether voluntary codes are binding, having been signed.
    """

    role: Role = Role.PROVIDER
    as_of: date | None = None
    placed_on_market: date | None = None
    monthly_users: int | None = None
    is_signatory: bool = False


class Exemption(Value, frozen=True, kw_only=True):
    """Why a duty does not apply to a file: a code of the register, and a sentence."""

    code: str
    reason: str


class Compliance(StrEnum):
    """What becomes of one clause. Nothing found is not the same as something wrong."""

    COMPLIANT = "compliant"
    NOT_COMPLIANT = "not compliant"
    NOT_FOUND = "not found"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


class Clause(Answer, frozen=True, kw_only=True):
    """One requirement of a law or standard, as it was read.

    Attributes:
        identifier: how the text itself counts it: ``Art. 50(2)``.
        requirement: what it asks for, in a sentence.
        source: where the text is.
        read: the day on which it was read.
        is_primary: whether the text itself was read, and no report about it. One that was not
            can warn, and never fail.
        is_binding: whether it is law, and no voluntary code or recommendation.
        is_decidable: whether a file alone can show it. What concerns the making of files, or two
            versions of one, warns and does not fail.
    """

    identifier: str
    requirement: str
    source: str
    read: date
    is_primary: bool
    is_binding: bool
    is_decidable: bool = True


class Assessment(Answer, frozen=True, kw_only=True):
    """What becomes of one clause for one file, and why in a sentence."""

    clause: Clause
    compliance: Compliance
    reason: str


class Decision(Answer, frozen=True, kw_only=True):
    """What one policy makes of a report: passed or not, and why in a sentence.

    ``assessments`` are those of a policy that goes clause by clause.
    """

    policy: str
    passed: bool
    reason: str
    assessments: tuple[Assessment, ...] = ()


class Report(Answer, frozen=True, kw_only=True):
    """Everything credlabel found out about one file.

    Reports of the same file under the same settings are equal byte for byte.
    """

    subject: Subject
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def to_json(self) -> bytes:
        """Return the report as one line of JSON, without the newline."""
        return encode(self)


# ---------------------------------------------------------------------------- writing


class Tier(StrEnum):
    """Where a label's credential lives, best first."""

    EMBEDDED = "embedded"
    SIDECAR = "sidecar"


class Relation(StrEnum):
    """What labelling did to the file's history."""

    CREATED = "created"
    EDITED = "edited"
    UNCHANGED = "unchanged"


class Receipt(Answer, frozen=True, kw_only=True):
    """What was written for one label: proof for the caller, row for the ledger.

    ``output`` and ``sidecar`` are paths as text; ``reason`` says why the tier is not *embedded*,
    or why nothing was changed. ``signer`` is the signing certificate's subject. ``metadata`` are
    the fields that were written and read back, by place and name; ``omitted`` says for each mark
    that could not be written why.
    """

    source: str
    output: str
    sidecar: str
    media_type: str
    tier: Tier
    relation: Relation
    manifest: str
    signer: str
    timestamped: bool
    marks: tuple[Layer, ...]
    source_digest: Digest
    output_digest: Digest
    reason: str = ""
    metadata: dict[str, tuple[str, ...]] = {}
    omitted: dict[str, str] = {}


# ---------------------------------------------------------------------------- JSON

_encoder = msgspec.json.Encoder()


def encode(value: msgspec.Struct) -> bytes:
    """Return ``value`` as compact JSON with its fields in their declared order."""
    return _encoder.encode(value)


def schema(kind: type[msgspec.Struct]) -> Json:
    """Return the JSON Schema (2020-12) of ``kind``'s JSON."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(kind),
    }
