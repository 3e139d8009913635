"""The XMP packets of a file that may have several: one is updated, the others agree with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LimitExceededError

from ._fields import MAX_TOTAL, MAX_VALUE, Fields
from ._xmp import is_said_by, read_packet
from ._xmp_writing import updated_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


_LEAST: Final = 1024  # that a packet counts, or a file could have any number of them


class Room:
    """What the packets of a file may have in bytes: they are held, and parsed several times."""

    def __init__(self) -> None:
        self._left = MAX_TOTAL

    def take(self, size: int) -> None:
        """Return if there is room for one more packet.

        Raises:
            LimitExceededError: there is not.
        """
        self._left -= max(size, _LEAST)
        if size > MAX_VALUE or self._left < 0:
            raise LimitExceededError("The file's metadata is too large to be changed.")


class Packet(NamedTuple):
    """A packet, and what puts another in its place."""

    data: bytes
    replace: Callable[[bytes], None]


def change_packets(
    changes: Mapping[str, tuple[str, ...]],
    main: Packet | None,
    others: Iterable[Packet],
    *,
    add: Callable[[bytes], None],
) -> None:
    """Make the ``main`` packet say ``changes``, or a new one, which ``add`` puts into the file.

    The properties are removed from the ``others``, so that no two packets contradict each other.

    Raises:
        LabelError, AssetError: a packet can't be updated.
    """
    made = updated_packet(main.data if main else None, changes)
    if main is None:
        if made:
            add(made)
    elif made != main.data:
        main.replace(made)
    for packet in others:
        fields = Fields()
        read_packet(packet.data, fields)
        told = fields.freeze()
        names = (n for n in changes if any(is_said_by(field, f"xmp:{n}") for field in told))
        if gone := dict.fromkeys(names, ()):
            packet.replace(updated_packet(packet.data, gone))
