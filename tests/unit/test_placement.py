"""Where a credential goes: inside, unless that costs too much or the user says otherwise."""

from __future__ import annotations

import hashlib
import io
from types import MappingProxyType

import pytest
from making import (
    KeySigner,
    created,
    definition,
    identity,
    lineage,
    read,
    sample,
    sign,
    signer,
)

from credlabel.credentials import (
    Claim,
    CredentialReading,
    Credentials,
    CredentialState,
    DataBinding,
    kept_elsewhere,
)
from credlabel.errors import (
    AlreadyLabelledError,
    CapacityError,
    MalformedAssetError,
    ReadBackError,
)
from credlabel.hookspecs import Extraction, hookimpl
from credlabel.imprint import Imprinter
from credlabel.labelling import LabelSettings
from credlabel.model import Finding, FindingKind, Provenance, Relation, Tier
from credlabel.placement import Place, Placer
from credlabel.plugins import PluginRegistry

EVERY = ("auto", "embed", "link", "sidecar")
ABSENT = CredentialReading(state=CredentialState.ABSENT)
STORE = {"active_manifest": "m", "manifests": {"m": {"title": "a"}}}
EMBEDDED = CredentialReading(state=CredentialState.VALID, store=STORE)
BESIDE = CredentialReading(state=CredentialState.VALID, store=STORE, is_detached=True)
ASKED, NAMED = "A sidecar was asked for.", "A sidecar that the file names was asked for."
MARK = b"\nLABEL "
LINK = b"\nSEE "


# ---------------------------------------------------------------------------- formats


class Page:
    """A text format with all powers: its label, or a link to it, is its last line."""

    media_types = ("x/page",)
    suffixes = MappingProxyType({".page": "x/page"})
    family = "text"
    objection = price = None

    def accepts(self, head):
        return "x/page" if head.startswith(b"PAGE") else None

    def check_whole(self, source):
        pass

    def embedding_objection(self, source):
        assert source.tell() == 0
        return self.objection

    def embedding_price(self, source, name):
        assert source.tell() == 0
        self.named = name
        return self.price

    @staticmethod
    def _text(source):
        source.seek(0)
        data = source.read()
        at = min(at if at >= 0 else len(data) for at in (data.find(MARK), data.find(LINK)))
        return data[:at], data[at:]

    def extract(self, source):
        text, line = self._text(source)
        if line.startswith(LINK):
            return Extraction(reference=line[len(LINK) :].decode())
        if line == MARK + b"?":
            problem = Finding(code="x", kind=FindingKind.FAILURE, explanation="It is cut.")
            return Extraction(problem=problem)
        if line:
            return Extraction(line[len(MARK) :], ((len(text), len(line)),))
        return None

    def bound_bytes(self, source, exclusions):
        return [self._text(source)[0]]

    def embed(self, source, sink, sign):
        text, _ = self._text(source)
        length, digest = 0, hashlib.sha256(text).digest()
        for _ in range(3):
            store = sign(exclusions=((len(text), length),), sha256=digest)
            if length == len(store) + len(MARK):
                sink.write(text + MARK + store)
                return
            length = len(store) + len(MARK)
        raise CapacityError("It does not fit.")

    def link(self, source, sink, reference):
        sink.write(self._text(source)[0] + LINK + reference.encode())


class Extractor:
    """Carries nothing, but reads what others put there."""

    media_types = ("x/page",)
    accepts, check_whole, extract = Page.accepts, Page.check_whole, Page.extract
    bound_bytes, _text = Page.bound_bytes, staticmethod(Page._text)


class Carrier(Extractor):
    """Carries, without a price, an objection or a link."""

    embed = Page.embed


class Bare:
    """Can only be recognised."""

    media_types = ("image/png",)
    accepts, check_whole = Page.accepts, Page.check_whole


def placer(form, kind="x/page"):
    return Placer(form, kind, Credentials())


def chosen(form, wanted="auto", *, existing=ABSENT, kind="x/page", data=b"PAGE", name="a b.page"):
    source = io.BytesIO(data)
    source.seek(2)
    return placer(form, kind).choose(source, name=name, wanted=wanted, existing=existing)


def page(**about):
    made = Page()
    for name, value in about.items():
        setattr(made, name, value)
    return made


# ---------------------------------------------------------------------------- choosing


@pytest.mark.parametrize("wanted", ["auto", "embed"])
@pytest.mark.parametrize("form", [Page(), Carrier()])
def test_it_goes_inside_wherever_that_destroys_nothing(form, wanted):
    assert chosen(form, wanted) == Place()


@pytest.mark.parametrize("form", [None, Bare()])
def test_what_the_library_embeds_needs_no_carrier(form):
    assert chosen(form, kind="image/png") == Place()
    assert chosen(form, "embed", kind="image/png") == Place()
    assert chosen(form, "sidecar", kind="image/png") == Place(reason=ASKED)
    assert chosen(form, "link", kind="image/png") == Place(reason=ASKED)


@pytest.mark.parametrize("wanted", EVERY)
@pytest.mark.parametrize("form", [None, Extractor()])
def test_where_nobody_embeds_it_goes_beside(form, wanted):
    assert chosen(form, wanted) == Place(reason="A credential can't be embedded into x/page.")


def test_the_price_counts_where_the_user_leaves_it_open():
    form = page(price="It would be dear.")
    assert chosen(form, "auto") == Place(reason="It would be dear.")
    assert form.named == "a b.page"
    assert chosen(form, "embed") == Place()


def test_a_sidecar_may_be_asked_for_and_a_link_to_it():
    assert chosen(Page(), "sidecar") == Place(reason=ASKED)
    assert chosen(Page(), "link") == Place(reason=NAMED, link="a%20b.page.c2pa")
    assert chosen(Carrier(), "link") == Place(reason=ASKED)  # it has no place for one
    assert chosen(Page(), "link", name="50% ü?#.page").link == "50%25%20%C3%BC%3F%23.page.c2pa"


@pytest.mark.parametrize("wanted", EVERY)
def test_an_objection_counts_for_more_than_any_wish(wanted):
    form = page(objection="It would break.")
    guarded = Place(reason="It would break.", is_guarded=True)
    assert chosen(form, wanted) == guarded
    assert chosen(form, wanted, existing=BESIDE) == guarded


@pytest.mark.parametrize("wanted", EVERY)
@pytest.mark.parametrize("state", ["valid", "trusted", "invalid"])
def test_what_is_embedded_stays_embedded_whatever_is_wanted(state, wanted):
    existing = CredentialReading(state=CredentialState(state))
    form = page(price="It would be dear.")
    assert chosen(form, wanted, existing=existing) == Place()
    assert chosen(Bare(), wanted, existing=existing, kind="image/png") == Place()


@pytest.mark.parametrize("wanted", EVERY)
def test_what_lies_beside_stays_beside_whatever_is_wanted(wanted):
    beside = Place(reason="Its earlier credential is in a sidecar, too.")
    assert chosen(Page(), wanted, existing=BESIDE) == beside
    assert chosen(Bare(), wanted, existing=BESIDE, kind="image/png") == beside
    remains = chosen(Page(), wanted, existing=BESIDE, data=b"PAGE" + MARK + b"?")
    assert remains == beside


@pytest.mark.parametrize("wanted", EVERY)
def test_a_file_that_names_its_sidecar_names_the_new_one(wanted):
    place = chosen(Page(), wanted, existing=BESIDE, data=b"PAGE" + LINK + b"old.c2pa")
    assert place.link == "a%20b.page.c2pa"
    assert place.reason == "Its earlier credential is in a sidecar, too."


@pytest.mark.parametrize("wanted", EVERY)
def test_an_embedded_credential_that_can_t_be_updated_is_not_hidden_behind_a_sidecar(wanted):
    for form, words in ((page(objection="It would break."), "break"), (Extractor(), "x/page")):
        with pytest.raises(AlreadyLabelledError, match=words) as caught:
            chosen(form, wanted, existing=EMBEDDED)
        assert "--on-existing skip" in caught.value.hint


@pytest.mark.parametrize("wanted", EVERY)
def test_a_credential_that_is_kept_elsewhere_is_not_replaced(wanted):
    existing = kept_elsewhere("https://example.com/x")
    with pytest.raises(AlreadyLabelledError, match=r"https://example\.com/x, not here") as caught:
        chosen(Page(), wanted, existing=existing)
    assert "as a b.page.c2pa" in caught.value.hint
    # The library takes such a reference over as an ingredient, by itself.
    assert chosen(Bare(), existing=existing, kind="image/png") == Place()


# ---------------------------------------------------------------------------- what was wanted


@pytest.mark.parametrize(
    ("settings", "name", "family", "wanted"),
    [
        ({}, "a.txt", "text", "auto"),
        ({}, "a.png", "", "auto"),
        ({"text": "sidecar"}, "a.txt", "text", "sidecar"),
        ({"text": "link", "zip": "embed"}, "a.docx", "zip", "embed"),
        ({"text": "link", "zip": "embed"}, "a.png", "", "auto"),
        ({"text": "embed", "placement": {"*.py": "sidecar"}}, "a.py", "text", "sidecar"),
        ({"text": "embed", "placement": {"*.py": "sidecar"}}, "a.pyc", "text", "embed"),
        ({"text": "sidecar", "placement": {"*.py": "auto"}}, "a.py", "text", "auto"),
        ({"zip": "embed", "placement": {"*.docx": "link"}}, "a.docx", "zip", "link"),
        ({"placement": {"*.png": "sidecar"}}, "a.png", "", "sidecar"),
        ({"placement": {"a.*": "link", "*.md": "embed"}}, "a.md", "text", "link"),
        ({"placement": {"*.md": "embed", "a.*": "link"}}, "a.md", "text", "embed"),
        ({"placement": {"*.MD": "embed"}}, "a.md", "text", "auto"),
        ({"placement": {"*": "sidecar"}}, "", "text", "sidecar"),
    ],
)
def test_a_pattern_counts_for_more_than_the_family_and_the_first_for_most(
    settings, name, family, wanted
):
    assert LabelSettings(**settings).placement_of(name, family) == wanted


# ---------------------------------------------------------------------------- the parent


def test_only_what_the_library_does_not_find_has_to_be_handed_over():
    source = io.BytesIO(b"PAGE" + MARK + b"store")

    def parent(form, existing, sidecar=None, kind="image/png"):
        source.seek(2)
        found = placer(form, kind).parent_of(source, existing, sidecar)
        assert found is None or (found.reading, found.media_type) == (existing, kind)
        return found and found.store

    for form in (None, Bare(), Page(), Extractor()):
        assert parent(form, BESIDE) is None
        assert parent(form, BESIDE, b"side") == b"side"
    for form in (None, Bare(), Extractor()):
        for existing in (ABSENT, EMBEDDED, kept_elsewhere("a")):
            assert parent(form, existing, b"side") is None
        # What the library can't parse is a parent without a credential.
        assert parent(form, ABSENT, kind="x/page") == b""
    assert parent(Page(), EMBEDDED, b"side") == b"store"
    assert parent(Page(), ABSENT) == parent(Page(), kept_elsewhere("a"), b"side") == b""


@pytest.mark.parametrize("data", [b"PAGE", b"PAGE" + LINK + b"a.c2pa", b"PAGE" + MARK + b"?"])
def test_history_that_can_t_be_had_is_not_lost_in_silence(data):
    with pytest.raises(AlreadyLabelledError, match="taken over as history"):
        placer(Page()).parent_of(io.BytesIO(data), EMBEDDED, None)


def test_a_credential_that_shows_nothing_can_t_be_history():
    broken = CredentialReading(state=CredentialState.INVALID)
    with pytest.raises(AlreadyLabelledError, match="taken over as history"):
        placer(Page()).parent_of(io.BytesIO(b"PAGE" + MARK + b"store"), broken, None)


# ---------------------------------------------------------------------------- putting it there


CLAIM = Claim(definition=definition(created()))


def put(form, data, *, kind="x/page", place=None, parent=None, original=None):
    source, sink = io.BytesIO(data), io.BytesIO()
    source.seek(3)
    store = placer(form, kind).put(
        source,
        sink,
        place=place or Place(),
        claim=CLAIM,
        signer=signer(),
        parent=parent,
        original=original,
    )
    return sink.getvalue(), store


def test_a_carrier_puts_it_inside():
    data, store = put(Page(), b"PAGE words")
    assert store is None
    assert data.startswith(b"PAGE words" + MARK)
    found = Page().extract(io.BytesIO(data))
    binding = DataBinding(found.exclusions, lambda ranges: [b"PAGE words"])
    assert Credentials().read_bound(found.store, binding).state == "valid"


def test_or_else_the_library_does():
    data, store = put(Bare(), sample("hills.png"), kind="image/png")
    assert store is None
    assert read(data).state == "valid"


@pytest.mark.parametrize("form", [None, Bare(), Page()])
def test_beside_the_file_it_binds_every_byte(form):
    data, store = put(form, b"PAGE words", place=Place(reason="So."))
    assert data == b"PAGE words"
    for content, state in ((data, "valid"), (b"PAGE wards", "invalid")):
        reading = Credentials().read(
            io.BytesIO(content), media_type="application/octet-stream", manifest_store=store
        )
        assert reading.state == state


def test_a_link_is_put_in_before_it_is_bound():
    place = Place(reason="So.", link="a.page.c2pa")
    data, store = put(Page(), b"PAGE words", place=place)
    assert data == b"PAGE words" + LINK + b"a.page.c2pa"
    reading = Credentials().read(
        io.BytesIO(data), media_type="application/octet-stream", manifest_store=store
    )
    assert reading.state == "valid"
    assert put(Carrier(), b"PAGE words", place=place)[0] == b"PAGE words"  # it has no place


def test_what_is_signed_is_a_sha_256_and_padding_is_nobody_s():
    class Careless(Carrier):
        def embed(self, source, sink, sign):
            sign(exclusions=(), sha256=b"short")

    with pytest.raises(ValueError, match="32 bytes"):
        put(Careless(), b"PAGE words")

    class Padded(Carrier):
        def embed(self, source, sink, sign):
            store = sign(exclusions=(), sha256=hashlib.sha256(b"").digest())
            assert sign.padded(store) == store
            sink.write(sign.padded(store, 50, 5))

    data, _ = put(Padded(), b"PAGE words")
    assert Credentials().read_bound(data, DataBinding((), lambda ranges: [])).state == "valid"


# ---------------------------------------------------------------------------- labelling


@pytest.fixture
def pages(monkeypatch):
    """A page format among the installed ones, whose price and objection a test may set."""
    form = Page()

    class Plugin:
        @hookimpl
        def credlabel_formats(self):
            return [form]

    load = PluginRegistry.load

    def load_with_ours(*args, **options):
        registry = load(*args, **options)
        registry.add(Plugin(), name="ours")
        return registry

    monkeypatch.setattr(PluginRegistry, "load", staticmethod(load_with_ours))
    return form


def imprint(data, *, sidecar=None, name="a b.page", system="Painter", who=None, **settings):
    sink = io.BytesIO()
    imprinter = Imprinter(who or signer(), settings=LabelSettings(**settings))
    made = imprinter.imprint(
        io.BytesIO(data), sink, name=name, provenance=Provenance(system=system), sidecar=sidecar
    )
    return sink.getvalue(), made


def test_a_file_that_names_its_sidecar_is_labelled_again_with_its_history(pages):
    once, first = imprint(b"PAGE words", placement={"*.page": "link"})
    assert once == b"PAGE words" + LINK + b"a%20b.page.c2pa"
    assert (first.tier, first.reason, first.reading.state) == (Tier.SIDECAR, NAMED, "valid")
    assert first.reading.is_detached
    twice, second = imprint(once, sidecar=first.store, system="Mixer", text="embed")
    assert twice == once
    assert (second.tier, second.relation) == (Tier.SIDECAR, Relation.EDITED)
    assert len(lineage(second.reading)) == 2
    elsewhere, third = imprint(once, sidecar=first.store, system="Mixer", name="c.page")
    assert elsewhere == b"PAGE words" + LINK + b"c.page.c2pa"
    assert third.reading.state == "valid"


def test_a_reference_without_its_sidecar_is_refused(pages):
    once, _ = imprint(b"PAGE words", text="link")
    for settings in ({}, {"text": "embed"}, {"text": "sidecar"}, {"on_existing": "refuse"}):
        with pytest.raises(AlreadyLabelledError):
            imprint(once, system="Mixer", **settings)
    far = b"PAGE words" + LINK + b"https://example.com/a.c2pa"
    with pytest.raises(AlreadyLabelledError, match=r"https://example\.com/a\.c2pa"):
        imprint(far)


def test_an_embedded_label_is_updated_where_it_is(pages):
    once, first = imprint(b"PAGE words")
    assert (first.tier, first.store) == (Tier.EMBEDDED, None)
    pages.price = "It would be dear."
    for wanted in EVERY:
        twice, second = imprint(once, system="Mixer", text=wanted)
        assert (second.tier, second.relation) == (Tier.EMBEDDED, Relation.EDITED)
        assert second.reading.state == "valid"
        assert len(lineage(second.reading)) == 2
        assert twice.startswith(b"PAGE words" + MARK)


def test_an_embedded_label_that_was_broken_is_history_all_the_same(pages):
    once, _ = imprint(b"PAGE words")
    changed = once.replace(b"words", b"wards")
    twice, second = imprint(changed, system="Mixer")
    assert twice.startswith(b"PAGE wards" + MARK)
    assert second.reading.state == "valid"
    assert len(lineage(second.reading)) == 2


def test_remains_of_a_label_are_no_history_and_refused(pages):
    with pytest.raises(MalformedAssetError, match="It is cut"):
        imprint(b"PAGE words" + MARK + b"?")


def test_the_price_decides_and_the_receipt_says_so(pages):
    pages.price = "It would be dear."
    data, made = imprint(b"PAGE words")
    assert data == b"PAGE words"
    assert (made.tier, made.reason) == (Tier.SIDECAR, "It would be dear.")
    assert imprint(b"PAGE words", text="embed")[1].tier is Tier.EMBEDDED
    globs = {"b*": "embed", "*.page": "sidecar"}
    assert imprint(b"PAGE words", text="embed", placement=globs)[1].reason == ASKED
    assert imprint(b"PAGE words", name="b.page", placement=globs)[1].tier is Tier.EMBEDDED


def test_somebody_else_s_embedded_label_becomes_history(pages):
    once, _ = imprint(b"PAGE words", who=KeySigner(identity("other")))
    twice, made = imprint(once)
    assert made.relation is Relation.EDITED
    assert twice != once
    assert len(lineage(made.reading)) == 2


def test_the_library_s_own_formats_are_left_to_it():
    theirs = sign(sample("hills.png"), "image/png", definition(created()))[0]
    data, made = imprint(theirs, name="hills.png", placement={"*.png": "sidecar"})
    assert made.tier is Tier.EMBEDDED
    assert len(lineage(read(data))) == 2
    data, made = imprint(sample("hills.png"), name="hills.png", placement={"*.png": "sidecar"})
    assert (made.tier, made.reason, data) == (Tier.SIDECAR, ASKED, sample("hills.png"))


def test_what_the_library_would_lose_is_found_out_before_anybody_has_it():
    class Forgetful:
        media_types = ("image/png",)
        texts = iter(({"id3:TXXX": ("a", "b"), "id3:TIT2": ("t",)}, {"id3:TIT2": ("t",), "x": ()}))

        def read_metadata(self, source):
            return next(self.texts)

    with pytest.raises(ReadBackError, match="would change id3:TXXX in the file"):
        placer(Forgetful(), "image/png").put(
            io.BytesIO(sample("hills.png")),
            io.BytesIO(),
            place=Place(),
            claim=CLAIM,
            signer=KeySigner(identity()),
            parent=None,
        )
