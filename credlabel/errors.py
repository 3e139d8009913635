"""Every exception credlabel raises, with its exit code.

What is wrong with a *file* is data (a :class:`credlabel.model.Finding`); what is wrong with the
request, the keys or the machine is one of these::

    CredlabelError                    70
    ├── ConfigError                    4
    ├── PluginError                    5
    │   ├── PluginLoadError
    │   ├── PluginConflictError
    │   └── PluginContractError
    ├── AssetError                     6
    │   ├── UnsupportedMediaTypeError
    │   ├── MalformedAssetError
    │   └── LimitExceededError
    ├── LabelError                     7
    │   ├── AlreadyLabelledError
    │   ├── CapacityError
    │   └── ReadBackError
    ├── SigningError                   8
    │   ├── SignerUnavailableError
    │   ├── SigningKeyNotFoundError
    │   ├── SecretRequiredError
    │   └── TimestampError
    ├── VerificationError              1
    └── StoreError                     9

``str(error)`` is one sentence that says what is wrong; ``error.hint`` says what to do about it.
The command line shows both and never a trace.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from credlabel.model import Report


class ExitCode(IntEnum):
    """What a credlabel command exits with; part of the contract with other programs."""

    DONE = 0
    VERDICT_FAILED = 1
    USAGE = 2
    INCOMPLETE = 3
    CONFIG = 4
    PLUGIN = 5
    ASSET = 6
    LABEL = 7
    SIGNING = 8
    STORE = 9
    BUG = 70


class CredlabelError(Exception):
    """The root: anything credlabel refuses or can't do, in one sentence.

    Attributes:
        code: a stable, dotted name of the case, for programs (``credlabel.…``).
        exit_code: what the command line exits with.
        hint: what to do about it, or the empty string.
    """

    code: ClassVar[str] = "credlabel.error"
    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint: Final = hint


class ConfigError(CredlabelError):
    """The configuration, an option or a provenance file says something that can't be used."""

    code = "credlabel.config"
    exit_code = ExitCode.CONFIG


class PluginError(CredlabelError):
    """A plugin stands in the way of what was asked."""

    code = "credlabel.plugin"
    exit_code = ExitCode.PLUGIN


class PluginLoadError(PluginError):
    """A plugin could not be imported, or names a hook that does not exist."""

    code = "credlabel.plugin.load"


class PluginConflictError(PluginError):
    """Two plugins claim the same key, and the configuration does not say which to prefer."""

    code = "credlabel.plugin.conflict"


class PluginContractError(PluginError):
    """A plugin's provider does not do what its Protocol demands."""

    code = "credlabel.plugin.contract"


class AssetError(CredlabelError):
    """The asset can't be worked on."""

    code = "credlabel.asset"
    exit_code = ExitCode.ASSET


class UnsupportedMediaTypeError(AssetError):
    """Nothing installed can do this to a file of this media type."""

    code = "credlabel.asset.unsupported"


class MalformedAssetError(AssetError):
    """The file is truncated or does not follow its own format."""

    code = "credlabel.asset.malformed"


class LimitExceededError(AssetError):
    """Reading the file would cost more time, memory or size than the limits allow."""

    code = "credlabel.asset.limit"


class LabelError(CredlabelError):
    """A label could not be made; nothing was written."""

    code = "credlabel.label"
    exit_code = ExitCode.LABEL


class AlreadyLabelledError(LabelError):
    """The file carries credentials already, and the request was to refuse those."""

    code = "credlabel.label.exists"


class CapacityError(LabelError):
    """The file has no room for the mark that was asked for."""

    code = "credlabel.label.capacity"


class ReadBackError(LabelError):
    """What was written did not read back as what was meant, so it was thrown away."""

    code = "credlabel.label.readback"


class SigningError(CredlabelError):
    """The signature could not be made."""

    code = "credlabel.signing"
    exit_code = ExitCode.SIGNING


class SignerUnavailableError(SigningError):
    """The signer is not there, refuses, or its certificate can't be used."""

    code = "credlabel.signing.unavailable"


class SigningKeyNotFoundError(SigningError):
    """No signing key is found where the signer's URI says."""

    code = "credlabel.signing.key"


class SecretRequiredError(SigningError):
    """The key needs a passphrase or PIN that was not given."""

    code = "credlabel.signing.secret"


class TimestampError(SigningError):
    """The time-stamp authority did not answer, or not usefully."""

    code = "credlabel.signing.timestamp"


class VerificationError(CredlabelError):
    """The file does not pass the policies; ``report`` says which and why."""

    code = "credlabel.verification"
    exit_code = ExitCode.VERDICT_FAILED

    def __init__(self, message: str, *, report: Report, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.report: Final = report


class StoreError(CredlabelError):
    """The journal, the ledger or the disk under them can't be used."""

    code = "credlabel.store"
    exit_code = ExitCode.STORE
