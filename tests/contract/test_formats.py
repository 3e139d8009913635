"""What a Format owes: it knows its own, tells whole from cut, and overlooks no credential."""

from __future__ import annotations

import io
import time

import pytest
from contracts import has, providers, registry
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credlabel import Labeller
from credlabel.errors import MalformedAssetError
from credlabel.hookspecs import (
    CredentialProbe,
    EmbeddingGuard,
    Format,
    MediaTypeRefiner,
    TextKinds,
)
from credlabel.labelling import LabelSettings
from credlabel.model import Tier
from credlabel.plugins import HEAD_BYTES

FORMATS = providers("credlabel_formats")
MAX_SECONDS = 50e-6
KINDS = {
    "avi": "video/avi",
    "avif": "image/avif",
    "dng": "image/x-adobe-dng",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "epub": "application/epub+zip",
    "exmp": "application/x-exmp",
    "flac": "audio/flac",
    "flv": "video/x-flv",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heic",  # by its brand, whatever its name
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "m4v": "video/x-m4v",
    "mkv": "video/matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "svg": "image/svg+xml",
    "tiff": "image/tiff",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/x-zip",
}
"""What the samples are by their first bytes, whatever their names."""
NO_FORMAT = {"bin"}
HEADS = [
    bytes.fromhex(text)
    for text in (
        "ffd8ffe0 0010 4a46494600",
        "89504e470d0a1a0a 0000000d 49484452",
        "52494646 ffffffff 57454250",
        "00000018 66747970 61766966 00000000",
        "49492a00 08000000 ffff",
        "4d4d002a ffffffff",
        "255044462d312e37 0a25",
        "504b0304 ffff ffff",
        "494433 04 00 00 7f7f7f7f fffb",
        "664c6143 80000022",
        "474946383961 ffff ffff",
        "0000000c 4a584c20 0d0a870a",
        "ff0a ffff",
        "3c3f786d6c 20 3c737667",
        "efbbbf 3c73766720",
        "45584d50 4d414445 ffffffff",
    )
]


@pytest.fixture(scope="session")
def labelled(files, dev_signer):
    """Each sample with a credential in it, where one can be embedded."""
    labeller = Labeller(dev_signer, settings=LabelSettings(text="embed", zip="embed"))
    made = [(each, labeller.label_bytes(each.data, name=each.name)) for each in files]
    return [
        each._replace(data=label.data)
        for each, label in made
        if label.receipt.tier is Tier.EMBEDDED
    ]


def own(form, files):
    """Return those of the files that are of this format's types."""
    return [each for each in files if each.kind in form.media_types]


# ---------------------------------------------------------------------------- recognising


def heads():
    """Any bytes: made at random, or of some format's beginning and then at random."""
    return st.one_of(
        st.binary(max_size=HEAD_BYTES),
        st.builds(
            lambda head, cut, rest: head[: len(head) - cut] + rest,
            st.sampled_from(HEADS),
            st.integers(0, 4),
            st.binary(max_size=HEAD_BYTES - 32),
        ),
    )


def seconds(form, head):
    start = time.perf_counter()
    form.accepts(head)
    return time.perf_counter() - start


def recognises_anything(form, head):
    """Any beginning gets an answer, the same one each time, of the format's own types, fast."""
    first = form.accepts(head)
    assert first is None or first in form.media_types
    assert form.accepts(head) == first
    # The best of several, since other programs run on this machine, too.
    assert min(seconds(form, head) for _ in range(7)) < MAX_SECONDS


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, deadline=None)
@example(head=b"")
@example(head=b"\0" * HEAD_BYTES)
@example(head=b"\xff" * HEAD_BYTES)
@example(head=b"<" * HEAD_BYTES)
@example(head=b" " * HEAD_BYTES)
@given(head=heads())
def test_any_beginning_is_answered_stably_and_fast(form, head):
    recognises_anything(form, head)


def test_media_types_are_nobody_else_s_and_well_formed():
    claimed = [kind for form in FORMATS for kind in form.values[0].media_types]
    assert len(claimed) == len(set(claimed))
    for kind in claimed:
        assert kind == kind.lower().strip()
        assert kind.count("/") == 1


def test_a_format_s_keys_are_its_media_types_and_its_endings():
    keys = registry().providers("credlabel_formats")
    for key, form in keys.items():
        assert key in (form.suffixes if key.startswith(".") else form.media_types)
    for form in registry().formats:
        wanted = {*form.media_types, *(form.suffixes if isinstance(form, TextKinds) else ())}
        assert {key for key, each in keys.items() if each is form} == wanted


def test_every_sample_is_of_exactly_one_format_and_of_its_kind(files):
    for each in files:
        answers = [
            (form.values[0], form.values[0].accepts(each.data[:HEAD_BYTES])) for form in FORMATS
        ]
        answers = [(form, kind) for form, kind in answers if kind]
        if each.ending in KINDS:
            assert [kind for _, kind in answers] == [each.kind] == [KINDS[each.ending]], each.name
        elif each.ending in NO_FORMAT:
            assert (answers, registry().format_of(each.kind)) == ([], None), each.name
        else:  # a text is of the kind that its name says, and its bytes say that or nothing
            assert len(answers) <= 1, each.name
            assert all(isinstance(form, TextKinds) for form, _ in answers), each.name
            assert each.kind == registry().identify_text(each.name), each.name
            assert isinstance(registry().format_of(each.kind), TextKinds), each.name


def test_what_is_told_by_its_bytes_keeps_its_kind_under_another_name(files, kind_of):
    for each in files:
        if each.ending in KINDS:
            for name in ("", "a.bin", "a.jpg", "a"):
                assert kind_of(each.data, name) == each.kind, each.name


def test_every_format_has_a_sample(files):
    for form in FORMATS:
        assert own(form.values[0], files), form.id


# ---------------------------------------------------------------------------- whole or cut


def tells_whole_from_cut(form, data):
    """A whole file passes, wherever the stream stood; half of one is refused in a sentence.

    But half of a text is a text.
    """
    for position in (0, 3):
        source = io.BytesIO(data)
        source.seek(position)
        form.check_whole(source)
        assert source.getvalue() == data
    if isinstance(form, TextKinds):
        return
    with pytest.raises(MalformedAssetError) as caught:
        form.check_whole(io.BytesIO(data[: len(data) // 2]))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("form", FORMATS)
def test_whole_samples_pass_and_their_halves_do_not(form, files):
    for each in own(form, files):
        tells_whole_from_cut(form, each.data)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, deadline=None)
@given(data=heads())
def test_other_bytes_are_refused_and_nothing_worse(form, data):
    try:
        form.check_whole(io.BytesIO(data))
    except MalformedAssetError as error:
        assert str(error)  # noqa: PT017 - most are refused, some happen to be whole


# ---------------------------------------------------------------------------- credentials


def overlooks_nothing(form, unlabelled, labelled):
    """No credential is no reason to look; one that is there is always one."""
    assert form.may_carry_credential(io.BytesIO(unlabelled)) is False
    if labelled is not None:
        assert form.may_carry_credential(io.BytesIO(labelled)) is True


@pytest.mark.parametrize("form", has(CredentialProbe))
def test_the_probe_knows_labelled_from_unlabelled(form, files, labelled):
    found = {each.name: each.data for each in labelled}
    for each in own(form, files):
        overlooks_nothing(form, each.data, found.get(each.name))


def test_enough_samples_are_labelled_for_that_to_mean_something(labelled):
    assert {each.ending for each in labelled} >= {
        *("jpg", "png", "webp", "gif", "tiff", "svg", "mp4", "mp3", "wav", "pdf"),
        *("docx", "xlsx", "pptx", "epub", "zip", "txt", "md", "html", "py"),
    }


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_labelled_is_still_whole_and_of_its_kind(form, files, labelled, kind_of):
    before = {each.name: each.data for each in files}
    for each in own(form, labelled):
        assert each.data != before[each.name]
        assert kind_of(each.data, each.name) == each.kind
        form.check_whole(io.BytesIO(each.data))


@pytest.mark.parametrize("form", has(CredentialProbe))
@settings(max_examples=40, deadline=None)
@given(data=heads())
def test_the_probe_answers_for_any_bytes(form, data):
    assert form.may_carry_credential(io.BytesIO(data)) in (True, False)


# ---------------------------------------------------------------------------- other powers


def guards(form, data):
    """An objection is a sentence, and None is none."""
    objection = form.embedding_objection(io.BytesIO(data))
    assert objection is None or (isinstance(objection, str) and objection.endswith("."))


def test_somebody_guards():
    assert has(EmbeddingGuard)


@pytest.mark.parametrize("form", has(EmbeddingGuard))
def test_a_guard_objects_in_a_sentence_or_not_at_all(form, files, labelled):
    for each in (*own(form, files), *own(form, labelled)):
        guards(form, each.data)


@pytest.mark.parametrize("form", has(EmbeddingGuard))
@settings(max_examples=30, deadline=None)
@given(data=heads())
def test_a_guard_answers_for_any_bytes(form, data):
    guards(form, data)


@pytest.mark.parametrize("form", has(MediaTypeRefiner))
def test_a_refiner_leaves_its_own_as_they_are(form, files):
    for each in own(form, files):
        assert form.refine_media_type(io.BytesIO(each.data), each.kind) == each.kind


@pytest.mark.parametrize("form", has(MediaTypeRefiner))
@settings(max_examples=40, deadline=None)
@given(data=heads())
def test_a_refiner_names_a_type_that_somebody_claims_for_any_bytes(form, data):
    for kind in form.media_types:
        assert registry().format_of(form.refine_media_type(io.BytesIO(data), kind))


# ---------------------------------------------------------------------------- it can fail


class Good:
    media_types = ("x/good",)

    def accepts(self, head):
        return "x/good" if head[:4] == b"GOOD" else None

    def check_whole(self, source):
        source.seek(0)
        if not source.read().endswith(b"."):
            raise MalformedAssetError("It is cut short.")

    def may_carry_credential(self, source):
        source.seek(0)
        return b"LABEL" in source.read()

    def embedding_objection(self, source):
        return "No."


class TakesForeignTypes(Good):
    def accepts(self, head):
        return "image/png"


class Raises(Good):
    def accepts(self, head):
        return head[9999]


class Fickle(Good):
    turns = 0

    def accepts(self, head):
        self.turns += 1
        return "x/good" if self.turns % 2 else None


class Slow(Good):
    def accepts(self, head):
        sum(range(20_000))


class TakesHalves(Good):
    def check_whole(self, source):
        pass


class StartsWhereItStands(Good):
    def check_whole(self, source):
        if source.read(4) != b"GOOD":
            raise MalformedAssetError("It is damaged.")


class Blind(Good):
    def may_carry_credential(self, source):
        return False


class Anxious(Good):
    def may_carry_credential(self, source):
        return True


class Curt(Good):
    def embedding_objection(self, source):
        return True


def test_a_good_format_passes():
    assert isinstance(Good(), Format)
    recognises_anything(Good(), b"GOOD")
    tells_whole_from_cut(Good(), b"GOOD content.")
    overlooks_nothing(Good(), b"GOOD", b"GOOD LABEL")
    guards(Good(), b"GOOD")


@pytest.mark.parametrize("bad", [TakesForeignTypes, Raises, Fickle, Slow])
def test_a_bad_format_does_not_recognise(bad):
    with pytest.raises((AssertionError, IndexError)):
        recognises_anything(bad(), b"GOOD")


@pytest.mark.parametrize("bad", [TakesHalves, StartsWhereItStands])
def test_a_bad_format_does_not_tell_whole_from_cut(bad):
    with pytest.raises((AssertionError, MalformedAssetError, pytest.fail.Exception)):
        tells_whole_from_cut(bad(), b"GOOD content.")


@pytest.mark.parametrize("bad", [Blind, Anxious])
def test_a_bad_probe_is_noticed(bad):
    with pytest.raises(AssertionError):
        overlooks_nothing(bad(), b"GOOD", b"GOOD LABEL")


def test_a_bad_guard_is_noticed():
    with pytest.raises(AssertionError):
        guards(Curt(), b"GOOD")
