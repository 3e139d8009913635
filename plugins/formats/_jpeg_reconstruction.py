"""What the JPEG needs that a JPEG XL picture can become again (ISO/IEC 18181-2, ``jbrd``)."""

from __future__ import annotations

from typing import Final

MAX_MARKERS: Final = 16_384
"""As in libjxl; of six bits each."""
MAX_HEAD_BYTES: Final = 64 << 10
"""Of the box, which has the markers and the segments first."""

_FIRST_MARKER: Final = 0xC0
_END: Final = 0xD9
_APPLICATION: Final = 0xE0
_FOUR_KINDS: Final = 3
_XMP: Final = 3  # after data of other kinds, a colour profile and Exif


class _Bits:
    """Numbers of some bits each, the lowest bit of a byte first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        """Return the next number, of 16 bits at most."""
        start, past = divmod(self._at, 8)
        self._at += count
        if self._at > 8 * len(self._data):
            raise ValueError("no bits are left")
        return int.from_bytes(self._data[start : start + 3], "little") >> past & (1 << count) - 1


def takes_xmp(head: bytes) -> bool:
    """Return whether the JPEG has its XMP from the picture, by how its ``jbrd`` box begins.

    Data that can't be understood may mean that it does.
    """
    try:
        return _XMP in _application_data(_Bits(head))
    except ValueError:
        return True


def _application_data(bits: _Bits) -> list[int]:
    """Return the kinds of the JPEG's application segments (18181-2, annex A)."""
    bits.take(1)  # whether it is gray
    count = 0
    for _ in range(MAX_MARKERS):
        marker = _FIRST_MARKER + bits.take(6)
        count += marker & 0xF0 == _APPLICATION
        if marker == _END:
            break
    kinds = []
    for _ in range(count):
        selector = bits.take(2)
        # 0, 1, one bit more for 2 and 3, two for 4 to 7.
        more = bits.take(selector - 1) if selector > 1 else 0
        kinds.append(selector + more if selector < _FOUR_KINDS else 4 + more)
        bits.take(16)  # its length
    return kinds
