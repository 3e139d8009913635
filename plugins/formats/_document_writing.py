"""Changes what a document in a ZIP archive says about itself: which kinds can, and in which parts.

Only the parts that change are packed anew; signed, encrypted and protected documents stay as they
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from credlabel.errors import LabelError

from . import _epub_writing, _odf_writing, _ooxml_writing
from ._changes import check_single
from ._document_kinds import is_ebook, is_office_open, is_open_document
from ._document_parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    Texts = Mapping[str, tuple[str, ...]]


class _Kind(NamedTuple):
    """Documents that are alike in how they hold what they say about themselves."""

    includes: Callable[[str], bool]
    places: frozenset[str]
    edit: Callable[[Parts, Texts], None]


_KINDS: Final = (
    _Kind(is_office_open, _ooxml_writing.PLACES, _ooxml_writing.edit_ooxml),
    _Kind(is_open_document, _odf_writing.PLACES, _odf_writing.edit_odf),
    _Kind(is_ebook, _epub_writing.PLACES, _epub_writing.edit_epub),
)


def places_of(media_type: str) -> frozenset[str]:
    """Return the places whose fields can be written in such a document; none in an archive."""
    return next((kind.places for kind in _KINDS if kind.includes(media_type)), frozenset())


def write_fields(source: BinaryIO, sink: BinaryIO, media_type: str, changes: Texts) -> None:
    """Write ``source``, a document of this media type, to ``sink`` with ``changes``.

    Raises:
        AssetError, LabelError: it can't be done without damage.
    """
    check_single(changes)
    for kind in _KINDS:
        if kind.includes(media_type):
            parts = Parts(source)
            kind.edit(parts, changes)
            parts.write(sink)
            return
    raise LabelError("Such a document has no place for these fields.")
