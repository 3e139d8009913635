"""Signers, streams and errors as the library wants them, or gives them, when it signs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import c2pa

from credlabel import terms
from credlabel.credentials.reading import reason_of
from credlabel.credentials.values import Claim, Parent
from credlabel.errors import (
    MalformedAssetError,
    SignerUnavailableError,
    SigningError,
    TimestampError,
    UnsupportedMediaTypeError,
)
from credlabel.hookspecs import LocalSigner

if TYPE_CHECKING:
    from credlabel.hookspecs import Signer
    from credlabel.model import Json

_ALGORITHMS: Final = {a.name.lower(): a for a in c2pa.C2paSigningAlg}


class NativeSigner:
    """A signer as the library wants it, and what the signer said when it refused.

    For a callback the library reserves 9 kB more in each file, so a key that may leave its plugin
    is handed over instead.
    """

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self._local = threading.local()
        if isinstance(signer, LocalSigner):
            authority = signer.timestamp_uri.encode() if signer.timestamp_uri else None
            self.native = c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(
                    signer.algorithm.encode(),
                    signer.certificate_chain,
                    signer.private_key_pem(),
                    authority,
                )
            )
        else:
            self.native = c2pa.Signer.from_callback(
                self._sign,
                _ALGORITHMS[signer.algorithm],
                signer.certificate_chain.decode("ascii"),
                signer.timestamp_uri or None,
            )

    @property
    def refusals(self) -> list[Exception]:
        """What the signer has said in this thread: the library calls back where it was called."""
        refusals: list[Exception] = vars(self._local).setdefault("refusals", [])
        return refusals

    def _sign(self, data: bytes) -> bytes:
        try:
            return self.signer.sign(bytes(data))
        except Exception as error:
            self.refusals.append(error)
            raise


class Witness:
    """A stream that remembers the OSError which the library would turn into a parse error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.errors: list[OSError] = []

    def _call(self, name: str, *args: Any) -> Any:
        try:
            return getattr(self._stream, name)(*args)
        except OSError as error:
            self.errors.append(error)
            raise

    def read(self, size: int = -1) -> bytes:
        """Read from the stream."""
        return self._call("read", size)  # type: ignore[no-any-return]

    def write(self, data: bytes) -> int:
        """Write to the stream."""
        return self._call("write", data)  # type: ignore[no-any-return]

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move in the stream."""
        return self._call("seek", offset, whence)  # type: ignore[no-any-return]

    def tell(self) -> int:
        """Return the place in the stream."""
        return self._stream.tell()

    def flush(self) -> None:
        """Flush the stream."""
        self._call("flush")


def opening(parent: Parent, claim: Claim) -> Claim:
    """Return ``claim`` with ``parent`` as its parent ingredient, opened before all else."""
    ingredient, resources = _ingredient(parent)
    opened = {"action": terms.OPENED, "parameters": {"ingredientIds": ["parent"]}}
    definition = dict(claim.definition)
    definition["ingredients"] = [ingredient, *definition.get("ingredients", ())]
    definition["assertions"] = [
        assertion
        if assertion["label"] != terms.ACTIONS
        else {
            **assertion,
            "data": {
                **assertion["data"],
                "actions": [opened, *assertion["data"]["actions"]],
            },
        }
        for assertion in definition["assertions"]
    ]
    return Claim(definition=definition, resources={**claim.resources, **resources})


def _ingredient(parent: Parent) -> tuple[Json, dict[str, bytes]]:
    """Return the ingredient, and the resources that it names."""
    ingredient: Json = {
        "title": parent.reading.active.get("title") or "parent",
        "relationship": terms.PARENT_OF,
        "label": "parent",
        "format": parent.media_type,
    }
    if not parent.store:
        return ingredient, {}
    name = "parent.c2pa"
    ingredient["active_manifest"] = parent.reading.store["active_manifest"]
    ingredient["validation_results"] = parent.reading.store["validation_results"]
    ingredient["manifest_data"] = {"format": terms.MANIFEST_STORE_TYPE, "identifier": name}
    return ingredient, {name: parent.store}


def signing_error(error: c2pa.C2paError, refusals: list[Exception], signer: Signer) -> Exception:
    """Translate the library's error into ours: the key's fault, the network's, or the file's."""
    for refusal in refusals:
        if isinstance(refusal, SigningError):
            return refusal
        return SignerUnavailableError(f"The signer failed: {refusal}")
    text = reason_of(error)
    lowered = text.lower()
    if isinstance(error, c2pa.C2paError.NotSupported):
        return UnsupportedMediaTypeError("The library can't embed into this kind of file.")
    if signer.timestamp_uri and ("http" in lowered or "time" in lowered):
        return TimestampError(
            "The time-stamp authority did not answer usefully.",
            hint="Check that it can be reached, or sign without a time-stamp.",
        )
    if isinstance(error, c2pa.C2paError.Signature) or "certificate" in lowered:
        return SignerUnavailableError(
            f"The signing certificate can't be used: {text}",
            hint="'credlabel doctor' says what is wrong with it.",
        )
    return MalformedAssetError(f"The file can't be parsed for signing: {text}")
