"""How to label: what the user wishes, and what the profile of a law asks for beside it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import msgspec

from credlabel.errors import ConfigError
from credlabel.hookspecs import Profile
from credlabel.marking import Marks, default_marks
from credlabel.model import Situation
from credlabel.placement import Placement  # noqa: TC001 - msgspec asks for it
from credlabel.record import MADE_UP, require_fields

if TYPE_CHECKING:
    from credlabel.model import Provenance
    from credlabel.plugins import PluginRegistry


class LabelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to label.

    Attributes:
        on_existing: what to do with content that has credentials: ``update`` keeps them as the
            parent ingredient under a new label, ``skip`` leaves the content as it is, ``refuse``
            raises AlreadyLabelledError.
        prompts: ``digest`` records only the SHA-256 of prompts, ``text`` their text.
        text: where the credential of a text goes; ``auto`` embeds it if the text is worth it.
        zip: where that of an archive or office document goes; ``auto`` embeds it if the file
            does not grow too much.
        placement: the same by file name: a pattern such as ``*.py``, and where; the first that
            fits counts, for files of any kind.
        marks: the unsigned marks to write into the file, by the markers' names; those of the
            profile, or else *iptc* and *disclosure*, if None.
        profile: the policy of a law or standard whose marks are written, and whose fields the
            record has to have; none if empty.
        situation: whom the profile is applied to. A *platform* passes on what others made, so
            its labels state no origin of their own.
    """

    on_existing: Literal["update", "skip", "refuse"] = "update"
    prompts: Literal["digest", "text"] = "digest"
    text: Placement = "auto"
    zip: Literal["auto", "embed", "sidecar"] = "auto"
    placement: dict[str, Placement] = {}
    marks: tuple[str, ...] | None = None
    profile: str = ""
    situation: Situation = Situation()

    def placement_of(self, name: str, family: str) -> Placement:
        """Return where the user wants the credential of a file called ``name``.

        ``family`` is that of its format, where embedding has a price.
        """
        for pattern, wanted in self.placement.items():
            if fnmatchcase(name, pattern):
                return wanted
        of_family: dict[str, Placement] = {"text": self.text, "zip": self.zip}
        return of_family.get(family, "auto")


def marks_of(settings: LabelSettings, plugins: PluginRegistry) -> tuple[str, ...]:
    """Return the names of the markers to write with: the user's choice, or the profile's.

    Raises:
        ConfigError, PluginError: there is no such profile.
    """
    profile = _profile_of(settings, plugins)
    if settings.marks is not None:
        return settings.marks
    return profile.marks(settings.situation) if profile else default_marks(plugins)


def required_of(settings: LabelSettings, plugins: PluginRegistry) -> frozenset[str]:
    """Return the fields that the profile wants in the record.

    Raises:
        ConfigError, PluginError: there is no such profile.
    """
    profile = _profile_of(settings, plugins)
    return profile.required(settings.situation) if profile else frozenset()


def check_wishes(settings: LabelSettings, plugins: PluginRegistry, record: Provenance) -> None:
    """Return if labels can be written so at all: what would be refused for every file is an error.

    Raises:
        ConfigError, PluginError: there is no such mark or profile, or ``record`` leaves out what
            they need.
    """
    required = (
        required_of(settings, plugins) | Marks(plugins, marks_of(settings, plugins)).required
    )
    require_fields(record, required - MADE_UP, what=settings.profile or "these marks")


def _profile_of(settings: LabelSettings, plugins: PluginRegistry) -> Profile | None:
    if not settings.profile:
        return None
    found: object = plugins.policy(settings.profile)
    if not isinstance(found, Profile):
        raise ConfigError(
            f"The policy {settings.profile!r} says nothing about how to label.",
            hint="'credlabel plugins' lists the policies; the profiles are named after laws.",
        )
    return found
