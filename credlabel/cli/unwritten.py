"""The marks that were asked for and could not be written into a file, told to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credlabel.files import show
from credlabel.labelling import marks_of
from credlabel.marking import DEFAULT_MARKS

if TYPE_CHECKING:
    from credlabel.labelling import LabelSettings
    from credlabel.model import Receipt
    from credlabel.plugins import PluginRegistry


def asked_marks(settings: LabelSettings, plugins: PluginRegistry) -> tuple[str, ...]:
    """Return the marks that the user, the configuration or the profile names; else none.

    Raises:
        ConfigError, PluginError: there is no such profile.
    """
    is_asked = settings.marks is not None or settings.profile
    return marks_of(settings, plugins) if is_asked else ()


def unwritten(receipt: Receipt, asked: tuple[str, ...]) -> list[str]:
    """Return which marks of ``asked`` the file was labelled without: a sentence for each reason.

    The marks of :data:`DEFAULT_MARKS` say the same in different places, so that one of them will
    do for the others.
    """
    written = set(asked) - receipt.omitted.keys()
    excused = () if written.isdisjoint(DEFAULT_MARKS) else DEFAULT_MARKS
    names: dict[str, list[str]] = {}
    for name, reason in receipt.omitted.items():
        if name in asked and name not in excused:
            names.setdefault(reason, []).append(name)
    return [f"Not marked with {', '.join(those)}. {show(why)}" for why, those in names.items()]
