"""The unsigned layers of a label: watermarks in the payload, then marks in the metadata.

Markers say a record in fields of metadata; the file's format writes the fields of all of them at
once. What can't be written into a file is left out, and told with the reason: an unmarked file
with a credential is better than none. So is what a plugin with a bug was to write: a hostile file
may bring it to light, and then only that file goes without.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import msgspec

from credlabel.errors import (
    AssetError,
    ConfigError,
    CredlabelError,
    LabelError,
    PluginError,
    ReadBackError,
)
from credlabel.hookspecs import MetadataMarker, MetadataWriter
from credlabel.model import Layer

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterator

    from credlabel.hookspecs import Asset, Marker, Metadata
    from credlabel.model import Provenance
    from credlabel.plugins import PluginRegistry

DEFAULT_MARKS: Final = ("iptc", "disclosure")
"""What a label writes unless the user or a profile says otherwise: what everybody reads."""

_SPOOL_BYTES: Final = 64 << 20
"""Content on its way waits in memory up to this size, larger content in an unnamed file."""
_Fields = dict[str, dict[str, tuple[str, ...]]]
"""Fields of metadata with their texts, by the marker's name."""

_REFUSALS: Final = (AssetError, LabelError, PluginError)


def default_marks(plugins: PluginRegistry) -> tuple[str, ...]:
    """Return the default marks of which there are markers; their plugins may be disabled."""
    known = {marker.name for marker in plugins.markers}
    return tuple(name for name in DEFAULT_MARKS if name in known)


class MarkPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written into one file.

    Attributes:
        fields: for each marker by name, the fields that say the record.
        omitted: why a mark can't be written, by the marker's name.
        is_done: the file says all of it already.
    """

    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    omitted: dict[str, str] = {}
    is_done: bool = True


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the layers, the fields of metadata, and what was left out and why."""

    layers: tuple[Layer, ...] = ()
    metadata: dict[str, tuple[str, ...]] = {}
    omitted: dict[str, str] = {}


class Marks:
    """Plans and writes the marks of the markers that are named.

    Args:
        plugins: offer the markers, and know the formats.
        names: the markers' names; the user's word, so an unknown one is an error.

    Raises:
        ConfigError: there is no marker of such a name.
    """

    def __init__(self, plugins: PluginRegistry, names: tuple[str, ...]) -> None:
        self._plugins = plugins
        known = {marker.name: marker for marker in plugins.markers}
        for name in names:
            if name not in known:
                raise ConfigError(
                    f"There is no mark called {name!r}; there are: {', '.join(known) or 'none'}.",
                    hint="'credlabel plugins' lists what is loaded and what was refused.",
                )
        chosen = [known[name] for name in dict.fromkeys(names)]
        self._watermarkers = [m for m in chosen if not isinstance(m, MetadataMarker)]
        self._markers = [m for m in chosen if isinstance(m, MetadataMarker)]

    @property
    def required(self) -> frozenset[str]:
        """The fields of the record without which these marks can't be written."""
        return frozenset[str]().union(*(marker.required for marker in self._markers))

    # ------------------------------------------------------------------ planning

    def plan(self, asset: Asset, record: Provenance) -> MarkPlan:
        """Return what to write into ``asset`` to say ``record``.

        Raises:
            ConfigError: the record holds what a mark has no way to say.
        """
        if not self._markers:
            return MarkPlan(is_done=not self._watermarkers)
        fields: _Fields = {}
        omitted: dict[str, str] = {}
        found: object = self._plugins.format_of(asset.media_type)
        places = frozenset[str]()
        if isinstance(found, MetadataWriter):
            with _blaming(_format_name(found)):
                places = found.writable_places(asset.media_type)
        for marker in self._markers:
            try:
                with _blaming(f"The marker {marker.name}"):
                    said = dict(marker.fields(asset, places, record))
            except (LabelError, PluginError) as error:
                omitted[marker.name] = str(error)
                continue
            if said:
                fields[marker.name] = said
            else:
                omitted[marker.name] = (
                    f"It has no place in {asset.media_type}, or the record nothing to say there."
                    if places
                    else f"There is no place for metadata in {asset.media_type}."
                )
        wanted = _merged(fields)
        return MarkPlan(
            fields=fields,
            omitted=omitted,
            is_done=not self._watermarkers
            and all(asset.metadata.get(name, ()) == texts for name, texts in wanted.items()),
        )

    # ------------------------------------------------------------------ writing

    def write(
        self,
        stack: contextlib.ExitStack,
        source: BinaryIO,
        *,
        media_type: str,
        plan: MarkPlan,
        record: Provenance,
        objection: str = "",
    ) -> tuple[BinaryIO, Marked]:
        """Return the content with every mark in it, in a stream that ``stack`` closes.

        ``objection`` says why the payload must not be changed, if so.
        """
        layers = []
        omitted = dict(plan.omitted)
        for marker in self._watermarkers:
            if objection:
                omitted[marker.name] = objection
                continue
            try:
                source, layer = _watermarked(stack, marker, source, media_type, record)
            except _REFUSALS as error:
                omitted[marker.name] = str(error)
            else:
                layers.append(layer)
        found: object = self._plugins.format_of(media_type)
        if not plan.fields or not isinstance(found, MetadataWriter):
            return source, Marked(layers=tuple(layers), omitted=omitted)
        source, written, refused = _with_fields(stack, found, source, plan.fields)
        if written:
            layers.append(Layer.METADATA)
        return source, Marked(
            layers=tuple(dict.fromkeys(layers)),
            metadata=_merged(written),
            omitted=omitted | refused,
        )


def check_marks(marked: Marked, metadata: Metadata) -> None:
    """Return if ``metadata``, as read back, says all that was written.

    Raises:
        ReadBackError: something is missing, or was changed on its way.
    """
    for name, texts in marked.metadata.items():
        if metadata.get(name, ()) != texts:
            raise ReadBackError(f"The mark {name} does not read back as it was written.")


def spooled(stack: contextlib.ExitStack) -> BinaryIO:
    """Return a new stream for content on its way, which is gone when ``stack`` is left."""
    spool = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOL_BYTES))  # noqa: SIM115
    return cast("BinaryIO", spool)


def _watermarked(
    stack: contextlib.ExitStack,
    marker: Marker,
    source: BinaryIO,
    media_type: str,
    record: Provenance,
) -> tuple[BinaryIO, Layer]:
    """Return the content with a watermark, and what layer that is.

    Raises:
        AssetError, LabelError: it can't have it. PluginError: the marker has a bug.
    """
    with _blaming(f"The marker {marker.name}"):
        if not marker.accepts(media_type):
            raise LabelError(f"It has no place in {media_type}.")
        sink = spooled(stack)
        source.seek(0)
        return sink, marker.mark(source, sink, record).kind


def _with_fields(
    stack: contextlib.ExitStack, found: MetadataWriter, source: BinaryIO, fields: _Fields
) -> tuple[BinaryIO, _Fields, dict[str, str]]:
    """Return the content with fields, by marker, and which were written, and why others not."""
    try:
        return _rewritten(stack, found, source, _merged(fields)), fields, {}
    except _REFUSALS:  # one of them may be at fault, or all
        written: _Fields = {}
        refused = {}
        for name, said in fields.items():
            try:
                source = _rewritten(stack, found, source, said)
            except _REFUSALS as error:
                refused[name] = str(error)
            else:
                written[name] = said
        return source, written, refused


def _rewritten(
    stack: contextlib.ExitStack, found: MetadataWriter, source: BinaryIO, fields: Metadata
) -> BinaryIO:
    sink = spooled(stack)
    source.seek(0)
    with _blaming(_format_name(found)):
        found.write_metadata(source, sink, fields)
    return sink


def _format_name(found: object) -> str:
    return f"The format {type(found).__name__}"


@contextmanager
def _blaming(plugin: str) -> Iterator[None]:
    """Make a bug of a plugin an error that names it; a disk that fails is none.

    Raises:
        PluginError: what ran raised what the seam does not allow.
    """
    try:
        yield
    except (CredlabelError, OSError):
        raise
    except Exception as error:
        raise PluginError(f"{plugin} failed: {error!r:.200}") from error


def _merged(fields: _Fields) -> dict[str, tuple[str, ...]]:
    merged: dict[str, tuple[str, ...]] = {}
    for name, said in fields.items():
        for field, texts in said.items():
            if merged.setdefault(field, texts) != texts:
                raise ConfigError(
                    f"The mark {name} and another that was chosen both write {field}.",
                    hint="Leave one of them out of --marks.",
                )
    return merged
