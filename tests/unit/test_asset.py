"""What a file is, and where its credential is looked for: in it, beside it, elsewhere."""

from __future__ import annotations

import functools
import hashlib
import io
from types import MappingProxyType

import pytest
from making import created, definition, signer

from credlabel import terms
from credlabel.asset import AssetReader
from credlabel.credentials import (
    Claim,
    CollectionBinding,
    CredentialReading,
    Credentials,
    CredentialState,
    kept_elsewhere,
)
from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import ExtractedCollection, Extraction, hookimpl
from credlabel.model import Finding, FindingKind
from credlabel.plugins import PluginRegistry

BROKEN = Finding(code="x.broken", kind=FindingKind.FAILURE, explanation="There are remains.")
URI = "http://example.com/a.c2pa"


# ---------------------------------------------------------------------------- formats


class Plain:
    """A format that can only be recognised."""

    def __init__(self, kind="x/plain", start=b"PLAIN"):
        self.media_types = (kind,)
        self._start = start

    def accepts(self, head):
        return self.media_types[0] if head.startswith(self._start) else None

    def check_whole(self, source):
        pass


class Probed(Plain):
    def __init__(self, *args, may_carry):
        super().__init__(*args)
        self.may_carry = may_carry
        self.asked = 0

    def may_carry_credential(self, source):
        self.asked += 1
        assert source.tell() == 0
        return self.may_carry


class Kinds(Plain):
    suffixes = MappingProxyType({".kind": "x/kind"})

    def __init__(self, start=b"KIND"):
        super().__init__("x/text", start)
        self.media_types = ("x/text", "x/kind")


class Refined(Plain):
    def refine_media_type(self, source, media_type):
        assert media_type == "x/plain"
        source.seek(0)
        return "x/finer" if b"fine" in source.read() else media_type


class Extractor(Plain):
    """Says what it is told to say of a file."""

    def __init__(self, found=None, kind="x/plain"):
        super().__init__(kind)
        self.found = found
        self.asked = 0

    def extract(self, source):
        self.asked += 1
        assert source.tell() == 0
        return self.found

    def bound_bytes(self, source, exclusions):
        source.seek(0)
        data = source.read()
        for start, length in exclusions:
            data = data[:start] + data[start + length :]
        return [data]


class ProbedExtractor(Extractor):
    may_carry = False

    def may_carry_credential(self, source):
        return self.may_carry


class Archive(Plain):
    """A format for which the library reads, and a collector helps out."""

    def __init__(self, found):
        super().__init__("application/x-zip")
        self.found = found

    def extract_collection(self, source):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def registry(*formats):
    class Plugin:
        @hookimpl
        def credlabel_formats(self):
            return formats

    made = PluginRegistry()
    made.add(Plugin(), name="ours")
    assert made.formats == formats
    return made


class Library:
    """Stands in for the core's credentials: it remembers what it was asked."""

    readable_types = frozenset({"image/png", "application/x-zip"})

    def __init__(self, state="absent", *, fetched=None):
        self.asked = []
        self._state = CredentialState(state)
        self._fetched = fetched

    def read(self, source, *, media_type, manifest_store=None):
        self.asked.append(("read", media_type, manifest_store))
        assert source.tell() == 0
        is_detached = manifest_store is not None
        state = CredentialState.VALID if is_detached else self._state
        return CredentialReading(state=state, is_detached=is_detached)

    def read_bound(self, manifest_store, binding):
        self.asked.append(("read_bound", manifest_store, binding))
        return CredentialReading(state=CredentialState.VALID)

    def fetch(self, uri):
        self.asked.append(("fetch", uri))
        return self._fetched


def examined(form, library, *, data=b"PLAIN words", sidecar=None, precheck=True):
    reader = AssetReader(registry(form), library, precheck=precheck)
    source, reading = reader.examine(
        io.BytesIO(data), media_type=form.media_types[0], sidecar=sidecar
    )
    assert source.getvalue() == data
    return reading


# ---------------------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"words", "a.kind", "x/kind"),  # no format knows the bytes: the name tells
        (b"words", "A.KIND", "x/kind"),
        (b"words", "a.txt", "text/plain"),
        (b"words", "", "text/plain"),
        (b"\xff\0words", "a.kind", "application/octet-stream"),  # no text, whatever its name
        (b"", "a.kind", "application/octet-stream"),
        (b"KIND words", "a.kind", "x/kind"),  # the name of a text counts for more
        (b"KIND words", "a.else", "x/text"),
        (b"KIND words", "", "x/text"),
        (b"KIND\0words", "a.kind", "x/text"),  # but the bytes are no such text
        (b"PLAIN words", "a.kind", "x/plain"),  # what is no text is what its bytes say
        (b"PLAIN fine words", "a.kind", "x/finer"),
    ],
)
def test_the_bytes_tell_and_of_text_the_name(data, name, kind):
    reader = AssetReader(registry(Kinds(), Refined()), Library())
    source = io.BytesIO(data)
    source.seek(3)
    assert reader.identify(source, name) == kind


def test_without_a_refiner_the_beginning_is_all_that_counts():
    reader = AssetReader(registry(Plain()), Library())
    assert reader.identify(io.BytesIO(b"PLAIN fine"), "") == "x/plain"


# ---------------------------------------------------------------------------- the library's


@pytest.mark.parametrize("state", ["absent", "remote", "unreadable", "invalid", "valid"])
def test_a_type_that_the_library_reads_is_read_by_it(state):
    library = Library(state)
    reading = examined(Plain("image/png"), library)
    assert (reading.state, reading.is_detached) == (state, False)
    assert library.asked == [("read", "image/png", None)]


@pytest.mark.parametrize("precheck", [True, False])
@pytest.mark.parametrize("may_carry", [True, False])
def test_the_walk_of_the_container_spares_the_library(may_carry, precheck):
    library, form = Library("valid"), Probed("image/png", may_carry=may_carry)
    reading = examined(form, library, precheck=precheck)
    is_asked = may_carry or not precheck
    assert reading.state == ("valid" if is_asked else "absent")
    assert bool(library.asked) is is_asked
    assert form.asked == precheck


@pytest.mark.parametrize("state", ["absent", "remote", "unreadable"])
def test_where_nothing_is_in_the_file_the_sidecar_counts(state):
    library = Library(state)
    reading = examined(Plain("image/png"), library, sidecar=b"side")
    assert (reading.state, reading.is_detached) == ("valid", True)
    assert library.asked[1:] == [("read", "image/png", b"side")]


@pytest.mark.parametrize("state", ["invalid", "valid", "trusted"])
def test_a_credential_in_the_file_hides_the_sidecar(state):
    library = Library(state)
    reading = examined(Plain("image/png"), library, sidecar=b"side")
    assert (reading.state, reading.is_detached) == (state, False)
    assert len(library.asked) == 1


def test_the_sidecar_of_a_file_that_needs_no_walk_is_read():
    library = Library("valid")
    form = Probed("image/png", may_carry=False)
    assert examined(form, library, sidecar=b"side").is_detached
    assert library.asked == [("read", "image/png", b"side")]


def test_a_type_that_nobody_reads_has_a_sidecar_or_nothing():
    library = Library("valid")
    assert examined(Plain(), library).state == "absent"
    assert library.asked == []
    assert examined(Plain(), library, sidecar=b"side").is_detached
    assert library.asked == [("read", "application/octet-stream", b"side")]


def test_a_type_without_a_format_is_read_if_the_library_can():
    library = Library("valid")
    reader = AssetReader(registry(), library)
    for kind, state in (("image/png", "valid"), ("x/unknown", "absent")):
        assert reader.read_credential(io.BytesIO(b"x"), media_type=kind).state == state


def test_an_extractor_has_no_say_where_the_library_reads():
    form = Extractor(Extraction(store=b"else"), "image/png")
    assert examined(form, Library("valid")).state == "valid"
    assert form.asked == 0


def test_only_what_is_read_as_a_whole_is_taken_into_memory(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"PLAIN words")
    forms = [Probed("image/png", may_carry=False), Probed("x/plain", b"", may_carry=True)]
    for form, sidecar, is_taken in (
        (forms[0], None, False),
        (forms[1], None, False),
        (forms[0], b"side", True),
        (forms[1], b"side", True),
        (Extractor(), None, True),
    ):
        reader = AssetReader(registry(form), Library())
        with path.open("rb") as opened:
            source, _ = reader.examine(opened, media_type=form.media_types[0], sidecar=sidecar)
            assert (source is not opened) is is_taken


# ---------------------------------------------------------------------------- archives


COLLECTION = ExtractedCollection(store=b"store", entries={"a": ((0, 1),)}, directory=((1, 1),))


@pytest.mark.parametrize("state", ["invalid", "unreadable"])
def test_what_the_library_calls_altered_a_collector_may_read(state):
    library = Library(state)
    assert examined(Archive(COLLECTION), library).state == "valid"
    name, store, binding = library.asked[1]
    assert (name, store) == ("read_bound", b"store")
    assert isinstance(binding, CollectionBinding)
    assert (binding.collection, binding.media_type) == (COLLECTION, "application/x-zip")


@pytest.mark.parametrize("state", ["absent", "remote", "valid", "trusted"])
def test_where_the_library_has_no_doubt_a_collector_is_not_asked(state):
    library = Library(state)
    assert examined(Archive(ZeroDivisionError()), library).state == state
    assert len(library.asked) == 1


def test_a_collector_may_find_nothing_or_fail():
    assert examined(Archive(None), Library("invalid")).state == "absent"
    reading = examined(Archive(MalformedAssetError("It is cut.")), Library("invalid"))
    assert reading.state == "unreadable"
    (finding,) = reading.findings
    assert (finding.kind, finding.explanation) == (FindingKind.FAILURE, "It is cut.")
    assert finding.code == MalformedAssetError.code


def test_without_a_collector_doubt_stays():
    assert examined(Plain("application/x-zip"), Library("invalid")).state == "invalid"


# ---------------------------------------------------------------------------- extractors


@pytest.mark.parametrize("sidecar", [None, b"side"])
def test_a_store_that_an_extractor_finds_is_bound_where_it_was_found(sidecar):
    library = Library()
    form = Extractor(Extraction(b"store", ((0, 6),)))
    reading = examined(form, library, sidecar=sidecar)
    assert (reading.state, reading.is_detached) == ("valid", False)
    ((_, store, binding),) = library.asked
    assert (store, binding.exclusions) == (b"store", ((0, 6),))
    assert b"".join(binding.bound_bytes(binding.exclusions)) == b"words"


def test_where_an_extractor_finds_nothing_there_is_a_sidecar_or_nothing():
    for form in (Extractor(), ProbedExtractor(Extraction(b"store"))):
        library = Library()
        assert examined(form, library).state == "absent"
        assert library.asked == []
        reading = examined(form, library, sidecar=b"side")
        assert (reading.state, reading.is_detached) == ("valid", True)
        assert library.asked == [("read", "application/octet-stream", b"side")]


def test_an_extractor_is_not_asked_where_the_walk_finds_nothing():
    form = ProbedExtractor(Extraction(b"store"))
    examined(form, Library())
    assert form.asked == 0
    assert examined(form, Library(), precheck=False).state == "valid"
    form.may_carry = True
    assert examined(form, Library()).state == "valid"


def test_remains_are_no_credential_and_told():
    library = Library()
    reading = examined(Extractor(Extraction(problem=BROKEN)), library)
    assert (reading.state, reading.findings) == ("unreadable", (BROKEN,))
    assert library.asked == []


def test_beside_remains_the_sidecar_counts_and_they_are_told():
    library = Library()
    reading = examined(Extractor(Extraction(problem=BROKEN)), library, sidecar=b"side")
    assert (reading.state, reading.is_detached) == ("valid", True)
    assert reading.findings[-1] == BROKEN
    assert library.asked == [("read", "application/octet-stream", b"side")]


def test_a_reference_that_nobody_may_follow_is_told():
    library = Library()
    reading = examined(Extractor(Extraction(reference=URI)), library)
    assert reading == kept_elsewhere(URI)
    assert library.asked == [("fetch", URI)]


@pytest.mark.parametrize("exclusions", [(), ((0, 6),)])
def test_what_is_fetched_is_read_as_the_file_s_own(exclusions):
    library = Library(fetched=b"far")
    reading = examined(Extractor(Extraction(reference=URI, exclusions=exclusions)), library)
    assert (reading.state, reading.is_detached) == ("valid", False)
    how, *_ = library.asked[1]
    assert how == ("read_bound" if exclusions else "read")
    assert b"far" in library.asked[1]


@pytest.mark.parametrize("exclusions", [(), ((0, 6),)])
def test_a_sidecar_is_what_a_reference_refers_to(exclusions):
    library = Library(fetched=b"far")
    form = Extractor(Extraction(reference=URI, exclusions=exclusions))
    reading = examined(form, library, sidecar=b"side")
    assert (reading.state, reading.is_detached) == ("valid", True)
    ((how, *rest),) = library.asked
    assert how == ("read_bound" if exclusions else "read")
    assert b"side" in rest
    if exclusions:
        assert rest[1].exclusions == exclusions


# ---------------------------------------------------------------------------- with the library


@functools.cache
def store(data, exclusions=()):
    return Credentials().sign_binding(
        Claim(definition=definition(created())),
        signer=signer(),
        exclusions=exclusions,
        sha256=hashlib.sha256(data).digest(),
    )


def really(form, **options):
    return examined(form, Credentials(), **options)


def test_a_store_in_the_file_is_validated():
    form = Extractor(Extraction(store(b"words", ((0, 6),)), ((0, 6),)))
    assert really(form).state == "valid"
    assert really(form, data=b"PLAIN wards").state == "invalid"
    codes = {f.code for f in really(form, data=b"PLAIN wards").failures}
    assert codes == {terms.UNTRUSTED, "assertion.dataHash.mismatch"}
    form.found = Extraction(store(b"words", ((0, 6),)), ((0, 5),))
    codes = {f.code for f in really(form, data=b"PLAINwords").failures}
    assert codes == {terms.UNTRUSTED, "assertion.dataHash.malformed"}


@pytest.mark.parametrize("junk", [b"junk", b"\0\0\0\x20jumb" + bytes(24)])
def test_a_store_that_is_none_is_invalid(junk):
    assert really(Extractor(Extraction(junk, ((0, 6),)))).state == "invalid"


def test_a_sidecar_binds_the_whole_file_remains_or_not():
    whole = b"PLAIN words"
    for found in (None, Extraction(problem=BROKEN), Extraction(reference="a.c2pa")):
        reading = really(Extractor(found), sidecar=store(whole))
        assert (reading.state, reading.is_detached) == ("valid", True)
        changed = really(Extractor(found), data=b"PLAIN wards", sidecar=store(whole))
        assert (changed.state, changed.is_detached) == ("invalid", True)


def test_a_sidecar_may_leave_out_the_reference_to_it():
    form = Extractor(Extraction(reference="a.c2pa", exclusions=((0, 6),)))
    side = store(b"words", ((0, 6),))
    assert really(form, sidecar=side).state == "valid"
    assert really(form, data=b"plain words", sidecar=side).state == "valid"
    assert really(form, data=b"PLAIN wards", sidecar=side).state == "invalid"
    form.found = Extraction(reference="a.c2pa", exclusions=((0, 5),))
    assert really(form, data=b"PLAINwords", sidecar=side).state == "invalid"


def test_what_a_host_gives_is_validated(host):
    host.body = store(b"PLAIN words")
    form = Extractor(Extraction(reference=host.uri))
    assert examined(form, Credentials()).state == "remote"
    assert host.calls == []
    reading = examined(form, Credentials(allowed_hosts=(host.name,)))
    assert (reading.state, reading.is_detached) == ("valid", False)
    host.body = b"junk"
    assert examined(form, Credentials(allowed_hosts=(host.name,))).state == "invalid"
    host.status = 404
    assert examined(form, Credentials(allowed_hosts=(host.name,))).state == "remote"
