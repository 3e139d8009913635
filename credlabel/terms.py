"""The standards' own words: C2PA labels, actions and status codes; IPTC digital source types.

C2PA terms are those of specification 2.5 (October 2026); digital source types are those of the
IPTC NewsCodes vocabulary and of C2PA's own two. Nothing here does anything.
"""

from __future__ import annotations

from typing import Final

from credlabel.model import Origin

SPEC_VERSION: Final = "2.4.0"
"""The version of the C2PA specification that credlabel's claims assert to follow."""

# ---------------------------------------------------------------------------- digital source types

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA: Final = "http://c2pa.org/digitalsourcetype/"

SOURCE_TYPES: Final[dict[str, tuple[str, Origin]]] = {
    # code: (URI prefix, the origin that it states)
    "digitalCapture": (IPTC, Origin.CAPTURED),
    "computationalCapture": (IPTC, Origin.CAPTURED),
    "negativeFilm": (IPTC, Origin.CAPTURED),
    "positiveFilm": (IPTC, Origin.CAPTURED),
    "print": (IPTC, Origin.CAPTURED),
    "humanEdits": (IPTC, Origin.HUMAN_MADE),
    "minorHumanEdits": (IPTC, Origin.HUMAN_MADE),  # retired by IPTC, still read
    "digitalCreation": (IPTC, Origin.HUMAN_MADE),
    "digitalArt": (IPTC, Origin.HUMAN_MADE),  # retired by IPTC, still read
    "trainedAlgorithmicMedia": (IPTC, Origin.GENERATED),
    "compositeWithTrainedAlgorithmicMedia": (IPTC, Origin.EDITED_WITH_AI),
    "algorithmicMedia": (IPTC, Origin.ALGORITHMIC),  # mathematics, no training data: not AI
    "dataDrivenMedia": (IPTC, Origin.ALGORITHMIC),
    "softwareImage": (IPTC, Origin.ALGORITHMIC),  # retired by IPTC; made by software, not AI
    "composite": (IPTC, Origin.COMPOSITE),
    "compositeCapture": (IPTC, Origin.COMPOSITE),
    "compositeSynthetic": (IPTC, Origin.COMPOSITE),
    "virtualRecording": (IPTC, Origin.COMPOSITE),
    # What these two show may have come from anywhere, so they state no origin.
    "algorithmicallyEnhanced": (IPTC, Origin.UNKNOWN),
    "screenCapture": (IPTC, Origin.UNKNOWN),
    "trainedAlgorithmicData": (C2PA, Origin.GENERATED),
    "empty": (C2PA, Origin.UNKNOWN),
}

TRAINED_ALGORITHMIC_MEDIA: Final = IPTC + "trainedAlgorithmicMedia"
EDITED_BY_MODEL: Final = IPTC + "compositeWithTrainedAlgorithmicMedia"
TRAINED_ALGORITHMIC_DATA: Final = C2PA + "trainedAlgorithmicData"
ALGORITHMIC_MEDIA: Final = IPTC + "algorithmicMedia"
COMPOSITE_SYNTHETIC: Final = IPTC + "compositeSynthetic"

_NEUTRAL: Final = frozenset(
    IPTC + code for code in ("composite", "compositeCapture", "virtualRecording")
)
"""Composites that need not have a part that a machine made."""


def source_type_uri(term: str) -> str | None:
    """Return the full ``http://`` URI of a digital source type, given as code or URI, or None.

    >>> source_type_uri("digitalCapture")
    'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'
    >>> source_type_uri("https://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")
    'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'
    """
    code = term.rstrip("/").rpartition("/")[2]
    known = SOURCE_TYPES.get(code)
    if known is None:
        return None
    uri = known[0] + code
    given = term.rstrip("/").replace("https://", "http://", 1)
    return uri if given in (code, uri) else None


def origin_of_source_type(term: str) -> Origin:
    """Return the origin that a digital source type states; ``unknown`` for a foreign term."""
    uri = source_type_uri(term)
    return Origin.UNKNOWN if uri is None else SOURCE_TYPES[uri.rpartition("/")[2]][1]


def origin_states_ai(origin: Origin, source_type: str) -> bool:
    """Return whether an origin says that a trained model made the content, or part of it.

    ``source_type`` is the full URI in which it is stated, or empty if it is stated otherwise: it
    tells composites apart.
    """
    if origin is Origin.COMPOSITE:
        return source_type not in _NEUTRAL
    return origin in (Origin.GENERATED, Origin.EDITED_WITH_AI)


def states_ai(source_type: str) -> bool:
    """Return whether a source type says that a trained model made the content, or part of it.

    >>> states_ai("compositeSynthetic"), states_ai("composite"), states_ai("algorithmicMedia")
    (True, False, False)
    """
    return origin_states_ai(origin_of_source_type(source_type), source_type_uri(source_type) or "")


# ---------------------------------------------------------------------------- C2PA labels

ACTIONS: Final = "c2pa.actions.v2"
AI_DISCLOSURE: Final = "c2pa.ai-disclosure"
DATA_HASH: Final = "c2pa.hash.data"
COLLECTION_HASH: Final = "c2pa.hash.collection.data"
PROVENANCE: Final = "org.credlabel.provenance"

CREATED: Final = "c2pa.created"
OPENED: Final = "c2pa.opened"
EDITED: Final = "c2pa.edited"
EDITED_METADATA: Final = "c2pa.edited.metadata"

PARENT_OF: Final = "parentOf"
COMPONENT_OF: Final = "componentOf"
INPUT_TO: Final = "inputTo"

TYPE_PROMPT: Final = "c2pa.types.generator.prompt"
TYPE_MODEL: Final = "c2pa.types.model"
TYPE_DATASET: Final = "c2pa.types.dataset"

MANIFEST_STORE_TYPE: Final = "application/c2pa"
SIDECAR_SUFFIX: Final = ".c2pa"

# Extended key usages that may sign claims. Bare library settings lack some of them, and then
# call real credentials of 2026 invalid.
SIGNING_EKUS: Final = (
    "1.3.6.1.5.5.7.3.4",  # emailProtection
    "1.3.6.1.5.5.7.3.36",  # documentSigning
    "1.3.6.1.5.5.7.3.8",  # timeStamping (for time-stamp certificates)
    "1.3.6.1.5.5.7.3.9",  # OCSPSigning (for OCSP responders)
    "1.3.6.1.4.1.311.76.59.1.9",  # Microsoft C2PA signing
    "1.3.6.1.4.1.62558.2.1",  # C2PA claim signing
)

# ---------------------------------------------------------------------------- status codes

UNTRUSTED: Final = "signingCredential.untrusted"
TRUSTED: Final = "signingCredential.trusted"
INACCESSIBLE: Final = "manifest.inaccessible"
HARD_BINDING_MISSING: Final = "claim.hardBindings.missing"

TAMPERING: Final = frozenset(
    {
        "assertion.dataHash.mismatch",
        "assertion.boxesHash.mismatch",
        "assertion.bmffHash.mismatch",
        "assertion.collectionHash.mismatch",
        "assertion.collectionHash.incorrectItemCount",
        "assertion.multiAssetHash.mismatch",
        "assertion.hashedURI.mismatch",
        "assertion.missing",
        "assertion.undeclared",
        "claimSignature.mismatch",
        "hashedURI.mismatch",
    }
)
"""Failures that say: these are not the bytes that were signed."""

EXPLANATIONS: Final[dict[str, str]] = {
    UNTRUSTED: "The signer is on no trust list in use; that alone makes nothing invalid.",
    TRUSTED: "The signer is on a trust list in use.",
    "signingCredential.invalid": "The signing certificate is not fit for signing claims.",
    "signingCredential.expired": (
        "The signing certificate was not valid at the time that can be proven."
    ),
    "signingCredential.revoked": "The signing certificate has been revoked.",
    "signingCredential.ocsp.skipped": "Revocation was not asked for online.",
    "signingCredential.ocsp.notRevoked": "The certificate was not revoked when it signed.",
    "signingCredential.ocsp.inaccessible": "The revocation service could not be reached.",
    "claimSignature.validated": "The signature of the claim is valid.",
    "claimSignature.insideValidity": "The claim was signed while the certificate was valid.",
    "claimSignature.outsideValidity": "The claim was signed when the certificate was not valid.",
    "claimSignature.mismatch": "The claim is not what its signature was made over.",
    "claimSignature.missing": "The claim has no signature.",
    "claim.missing": "The manifest has no claim.",
    "claim.malformed": "The claim does not follow the standard.",
    "claim.multiple": "The manifest has more than one claim.",
    HARD_BINDING_MISSING: "The claim is bound to no bytes, so it says nothing about this file.",
    "claim.hardBindings.multiple": "The claim has more than one hard binding.",
    "assertion.dataHash.match": "The bytes of the file are those that were signed.",
    "assertion.dataHash.mismatch": "The bytes of the file are not those that were signed.",
    "assertion.dataHash.malformed": (
        "The hard binding does not follow the standard, or not the file as it is now."
    ),
    "assertion.bmffHash.match": "The boxes of the file are those that were signed.",
    "assertion.bmffHash.mismatch": "The boxes of the file are not those that were signed.",
    "assertion.bmffHash.additionalExclusionsPresent": (
        "The hard binding leaves out more boxes than the standard asks for."
    ),
    "assertion.boxesHash.match": "The segments of the file are those that were signed.",
    "assertion.boxesHash.mismatch": "The segments of the file are not those that were signed.",
    "assertion.collectionHash.match": "The archive's entries are those that were signed.",
    "assertion.collectionHash.mismatch": "The archive's entries are not those that were signed.",
    "assertion.collectionHash.incorrectItemCount": (
        "The archive has other entries than those that were signed."
    ),
    "assertion.collectionHash.malformed": "The archive's binding does not follow the standard.",
    "assertion.hashedURI.match": "An assertion is what was signed.",
    "assertion.hashedURI.mismatch": "An assertion is not what was signed.",
    "assertion.missing": "An assertion that the claim lists is not there.",
    "assertion.undeclared": "An assertion is there that the claim does not list.",
    "assertion.action.malformed": "The list of actions does not follow the standard.",
    "ingredient.manifest.mismatch": "An ingredient's manifest is not what was signed.",
    "ingredient.manifest.missing": "An ingredient's manifest is not there.",
    "ingredient.claimSignature.validated": "An ingredient's signature is valid.",
    "timeStamp.validated": "The time-stamp fits the signature.",
    "timeStamp.trusted": "The time-stamp authority is on a trust list in use.",
    "timeStamp.untrusted": "The time-stamp authority is on no trust list in use.",
    "timeStamp.mismatch": "The time-stamp belongs to other bytes.",
    "timeStamp.malformed": "The time-stamp can't be read.",
    "timeStamp.outsideValidity": "The time-stamp was made when its certificate was not valid.",
    INACCESSIBLE: "The credential is kept elsewhere and was not fetched.",
    "algorithm.unsupported": "The credential uses an algorithm that is not known here.",
    "general.error": "The credential could not be checked.",
}
"""One plain sentence for each status code that files are commonly seen with."""
