"""What one field of a file says about the generator that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.model import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETERS: Final = "the generator's own parameters"
NAME: Final = "the name of a generator"
EMPTY: Final[Mapping[str, str]] = {}


class Trace(NamedTuple):
    """What one field says.

    ``basis`` is what that rests on; ``settings`` are the seed, the sampler and so on.

    ``system`` is empty where the field's syntax is that of several generators; ``guess`` then
    names them.
    """

    place: str
    system: str
    basis: str = PARAMETERS
    origin: Origin = Origin.GENERATED
    guess: str = ""
    provider: str = ""
    version: str = ""
    identifier: str = ""
    models: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    negative_prompts: tuple[str, ...] = ()
    settings: Mapping[str, str] = EMPTY
