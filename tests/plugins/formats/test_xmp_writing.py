"""Packets are changed where it was asked for, and nowhere else."""

import random
import re
import time

import pytest
from credlabel_plugins.formats._fields import Fields
from credlabel_plugins.formats._xmp import read_packet
from credlabel_plugins.formats._xmp_writing import updated_packet

from credlabel.errors import AssetError, LabelError, MalformedAssetError

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
EXT = 'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
TC = 'xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
AIGC = "TC260:AIGC"
LABEL = '{"Label":"1","ProduceID":"<&>\'"}'
WRITTEN = '{"Label":"1","ProduceID":"&lt;&amp;&gt;\'"}'
QUOTED = WRITTEN.replace('"', "&quot;").replace("'", "&#39;")
TITLE = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">é &amp; è</rdf:li></rdf:Alt></dc:title>'


def said(packet):
    fields = Fields()
    read_packet(packet, fields)
    return {name.removeprefix("xmp:"): texts for name, texts in fields.freeze().items()}


def described(inner, attributes='rdf:about=""'):
    description = f"<rdf:Description {attributes}>{inner}</rdf:Description>"
    return f"<rdf:RDF {RDF} {TC} {DC} {EXT}>{description}</rdf:RDF>"


def wrapped(rdf, *, end="w", padding="\n" + " " * 500):
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="a tool">'
        f"<!-- kept -->{rdf}</x:xmpmeta>{padding}<?xpacket end='{end}'?>"
    ).encode()


def check(packet, changes, **options):
    """The packet with changes that read back, alone and without a further change."""
    before = said(packet)
    made = updated_packet(packet, changes, **options)
    assert updated_packet(made, changes, **options) == made
    asked = tuple(name + "/" for name in changes)
    expected = {name: texts for name, texts in before.items() if not f"{name}/".startswith(asked)}
    assert said(made) == expected | {name: texts for name, texts in changes.items() if texts}
    return made


def test_a_packet_is_made_where_there_is_none():
    made = updated_packet(None, {AIGC: (LABEL,), "photoshop:Credit": ("Zoé",)})
    assert made.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert made.endswith(b'\n<?xpacket end="w"?>')
    assert said(made) == {AIGC: (LABEL,), "photoshop:Credit": ("Zoé",)}
    assert f"<TC260:AIGC>{WRITTEN}</TC260:AIGC>".encode() in made


def test_a_packet_of_blanks_gives_way_to_one_of_its_length():
    made = updated_packet(bytes(4000), {AIGC: (LABEL,)})
    assert len(made) == 4000
    assert said(made) == {AIGC: (LABEL,)}


@pytest.mark.parametrize("packet", [None, b"", bytes(9)])
def test_nothing_is_made_to_say_nothing(packet):
    assert updated_packet(packet, {AIGC: ()}) == (packet or b"")


FORMS = {
    "element": (described(f"<t:AIGC>old</t:AIGC>{TITLE}"), f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}"),
    "cdata": (described("<t:AIGC><![CDATA[{<o>}]]></t:AIGC>"), f"<t:AIGC>{WRITTEN}</t:AIGC>"),
    "empty": (described("<t:AIGC />"), f"<t:AIGC >{WRITTEN}</t:AIGC>"),
    "own namespace": (
        described('<q:AIGC xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0/">old</q:AIGC>'),
        f'<q:AIGC xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0/">{WRITTEN}</q:AIGC>',
    ),
    "attribute": (
        described(TITLE, "rdf:about='' t:AIGC = \"old\" dc:source='s'"),
        f"rdf:about='' t:AIGC = \"{QUOTED}\" dc:source='s'>",
    ),
    "attribute in apostrophes": (
        f"<rdf:RDF {RDF} {TC}><rdf:Description t:AIGC='old' rdf:about=''/></rdf:RDF>",
        f"<rdf:Description t:AIGC='{QUOTED}' rdf:about=''/>",
    ),
    "array": (
        described(
            f"<t:AIGC><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></t:AIGC>{TITLE}"
        ),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "resource": (
        described(f'<t:AIGC rdf:resource="u:old"/>{TITLE}'),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "structure": (
        described(f'<t:AIGC rdf:parseType="Resource"><t:a>1</t:a></t:AIGC>{TITLE}'),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "structure alone": (
        described('<t:AIGC rdf:parseType="Resource"><t:Label>1</t:Label></t:AIGC>'),
        f'rdf:about=""><t:AIGC>{WRITTEN}</t:AIGC></rdf:Description>',
    ),
    "structure as a node": (
        described(
            "<t:AIGC><rdf:Description><t:a>1</t:a><t:AIGC>2</t:AIGC></rdf:Description></t:AIGC>"
        ),
        f"<t:AIGC>{WRITTEN}</t:AIGC></rdf:Description>",
    ),
    "structure as a node in short": (
        described(f'<t:AIGC><rdf:Description t:AIGC="/>" t:b="2"/></t:AIGC>{TITLE}'),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "structure in short": (
        described(
            "<q:AIGC q:Label='1'\n xmlns:q='http://www.tc260.org.cn/ns/AIGC/1.0/' xml:lang='zh'"
            f' t:AIGC="\' t:no=\'/>" rdf:ID="i" />{TITLE}'
        ),
        (
            "<q:AIGC\n xmlns:q='http://www.tc260.org.cn/ns/AIGC/1.0/' xml:lang='zh'"
            f" >{WRITTEN}</q:AIGC>{TITLE}"
        ),
    ),
    "structures in an array": (
        described(
            '<t:AIGC><rdf:Seq><rdf:li rdf:parseType="Resource"><t:a>1</t:a></rdf:li>'
            f'<rdf:li t:a="2"/></rdf:Seq></t:AIGC>{TITLE}'
        ),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "value with qualifiers": (
        described(
            '<t:AIGC rdf:parseType="Resource"><rdf:value>old</rdf:value><t:q>1</t:q></t:AIGC>'
        ),
        f"<t:AIGC>{WRITTEN}</t:AIGC></rdf:Description>",
    ),
    "value with qualifiers in short": (
        described(f'<t:AIGC rdf:value="old" t:q="1"></t:AIGC>{TITLE}'),
        f"<t:AIGC>{WRITTEN}</t:AIGC>{TITLE}",
    ),
    "undeclared prefix": (
        "<rdf:RDF><rdf:Description><TC260:AIGC>old</TC260:AIGC></rdf:Description></rdf:RDF>",
        f"<rdf:RDF><rdf:Description><TC260:AIGC>{WRITTEN}</TC260:AIGC></rdf:Description></rdf:RDF>",
    ),
    "node": (
        f'<rdf:RDF {RDF}><e:Thing xmlns:e="urn:e:" {TC}><t:AIGC>old</t:AIGC></e:Thing></rdf:RDF>',
        f"<t:AIGC>{WRITTEN}</t:AIGC></e:Thing></rdf:RDF>",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_text_is_replaced_where_it_stands(name):
    rdf, expected = FORMS[name]
    for packet in (wrapped(rdf), rdf.encode(), wrapped(rdf, end="r", padding="")):
        made = check(packet, {AIGC: (LABEL,)})
        assert expected.encode() in made
        before, _, behind = made.partition(expected.encode())
        assert packet.startswith(before)
        assert behind.partition(b"</x:xmpmeta>")[0] in packet


@pytest.mark.parametrize("name", sorted(FORMS.keys() - {"empty"}))
def test_a_property_goes_with_all_that_is_in_it(name):
    rdf, _ = FORMS[name]
    for packet in (wrapped(rdf), rdf.encode()):
        made = check(packet, {AIGC: ()})
        assert b"AIGC" not in made.replace(b"/ns/AIGC/", b"")
        assert (TITLE.encode() in made) == (TITLE in rdf)


def test_the_text_that_is_there_already_stays_without_fields_below():
    """The value of a structure is read as its text, and that may be the text asked for."""
    structure = '<t:AIGC rdf:value="same"><t:q>1</t:q></t:AIGC>'
    made = check(wrapped(described(structure)), {AIGC: ("same",)})
    assert b"<t:AIGC>same</t:AIGC>" in made
    twice = described(f"<t:AIGC>same</t:AIGC>{TITLE}<t:AIGC t:q='1'/>")
    assert (
        twice.replace("<t:AIGC t:q='1'/>", "") in check(wrapped(twice), {AIGC: ("same",)}).decode()
    )


def test_a_description_that_loses_all_takes_what_is_new():
    """Even where it stands without blanks before it."""
    old, new = "Iptc4xmpExt:AISystemUsed", "Iptc4xmpExt:AIPromptInformation"
    packet = described("", f'rdf:about="uuid:1" {old}="x"').encode()
    made = check(packet, {old: (), new: ("y",)})
    assert made.count(b"<rdf:Description") == 1


def test_a_property_whose_name_begins_alike_stays():
    others = (
        "<t:AIGCs>1</t:AIGCs><t:AIGCs t:a='2'/>"
        "<dc:source t:AIGC='3'/><dc:relation><rdf:Description t:AIGC='4'/></dc:relation>"
    )
    made = check(wrapped(described(f"<t:AIGC t:a='5'/>{others}")), {AIGC: ()})
    assert f">{others}<".encode() in made


ODD = {
    "in haste": f"<rdf:RDF {RDF} {TC}><t:AIGC>old</t:AIGC></rdf:RDF>",
    "in haste with others": (
        f"<rdf:RDF {RDF} {TC} {DC}><t:AIGC dc:source='s'>old</t:AIGC><t:AIGC t:b='1'/></rdf:RDF>"
    ),
    "self-closing": f"<rdf:RDF {RDF}/>",
    "empty RDF": f"<rdf:RDF {RDF}></rdf:RDF>",
    "other prefix for RDF": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "no prefix for RDF": (
        '<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<Description about="x" {DC} dc:source="s"/></RDF>'
    ),
    "prefix of another": (
        f'<rdf:RDF {RDF} xmlns:TC260="urn:e:"><rdf:Description rdf:about="">'
        "<TC260:AIGC>not ours</TC260:AIGC></rdf:Description></rdf:RDF>"
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_can_not_be_replaced_is_removed_and_added(name):
    made = check(wrapped(ODD[name]), {AIGC: (LABEL,)})
    assert made.count(b"<TC260:AIGC>{") == 1
    again = check(made, {AIGC: ()})
    assert b"TC260.org" not in again
    assert (
        b"Description rdf:about" not in again.replace(ODD[name].encode(), b"")
        or "dc:" in ODD[name]
    )


def test_it_is_said_once():
    """In all the descriptions, in all forms, in packets one behind the other."""
    twice = described(f"<t:AIGC>a</t:AIGC>{TITLE}", 'rdf:about="" t:AIGC="b"')
    packet = wrapped(twice) + wrapped(twice)
    made = check(packet, {AIGC: (LABEL,)})
    assert made.count(b"AIGC=") + made.count(b"<t:AIGC>") == 1
    none = check(packet, {AIGC: ()})
    assert b":AIGC" not in none
    assert said(none)["dc:title"] == ("é & è",)
    prefixes = f'{TC.replace("xmlns:t", "xmlns:u")} rdf:about="" t:AIGC="a" u:AIGC="b"'
    made = check(wrapped(described("", prefixes)), {AIGC: (LABEL,)})
    assert made.count(b"AIGC=") == 1


def test_new_ones_take_the_subject_of_the_others():
    about = 'rdf:about="uuid:&lt;1&gt;"'
    made = check(wrapped(described(TITLE, about)), {AIGC: (LABEL,), "xmp:CreatorTool": ("x",)})
    assert made.count(about.encode()) == 2
    assert made.count(b"<rdf:Description") == 2


def test_later_ones_join_the_description_that_declares_their_namespace():
    made = check(wrapped(described(TITLE)), {"Iptc4xmpExt:AISystemUsed": ("x",)})
    assert made.count(b"<rdf:Description") == 1
    made = updated_packet(made, {AIGC: ("y",), "Iptc4xmpExt:AISystemVersionUsed": ("2",)})
    assert made.count(b"<rdf:Description") == 2


def test_adding_and_removing_leaves_no_trace():
    packet = wrapped(described(TITLE), padding="")
    changes = {AIGC: (LABEL,), "Iptc4xmpExt:AISystemUsed": ("x",)}
    made = updated_packet(packet, changes)
    assert len(made) > len(packet)
    back = updated_packet(made, dict.fromkeys(changes, ()))
    assert re.sub(rb"\s+<\?xpacket end", b"<?xpacket end", back) == packet
    bare = described(TITLE).encode()
    assert updated_packet(updated_packet(bare, changes), dict.fromkeys(changes, ())) == bare


def test_descriptions_of_others_stay_even_where_little_is_left():
    kept = "<rdf:Description rdf:about=''><!-- a word --><t:AIGC>x</t:AIGC></rdf:Description>"
    made = check(wrapped(f"<rdf:RDF {RDF} {TC}>{kept}</rdf:RDF>"), {AIGC: ()})
    assert b"<rdf:Description rdf:about=''><!-- a word --></rdf:Description>" in made
    typed = "<rdf:Description rdf:about='' rdf:type='u'><t:AIGC>x</t:AIGC></rdf:Description>"
    made = check(wrapped(f"<rdf:RDF {RDF} {TC}>{typed}</rdf:RDF>"), {AIGC: ()})
    assert b"rdf:type='u'" in made


@pytest.mark.parametrize(
    ("blanks", "padding", "same"),
    [(4000, 0, True), (4000, 3000, True), (400, 3000, False), (40, 0, False)],
)
def test_blanks_give_way(blanks, padding, same):
    packet = wrapped(described(TITLE), padding="\n" + " " * blanks)
    made = check(packet, {AIGC: (LABEL,)}, padding=padding)
    assert (len(made) == len(packet)) == same
    left = len(made.rpartition(b"<?xpacket end")[0]) - len(
        made.rpartition(b"<?xpacket end")[0].rstrip()
    )
    assert left >= max(1, padding)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("has_mark", [False, True])
def test_wide_letters_stay_wide(codec, has_mark):
    mark = "\ufeff".encode(codec) if has_mark else b""
    packet = mark + wrapped(described(f"<t:AIGC>old</t:AIGC>{TITLE}")).decode().encode(codec)
    made = check(packet, {AIGC: (LABEL,), "photoshop:Credit": ("画",)})
    assert len(made) == len(packet)
    assert made.startswith(mark)
    assert "a tool" in made.decode(codec)


def test_damaged_letters_stay():
    """Packets with bytes of Latin-1, with NULs and control characters are about."""
    packet = wrapped(described(f"<dc:source>\x01 caf\x00</dc:source>{TITLE}"))
    packet = packet.replace("é".encode(), b"\xe9") + bytes(7)
    made = updated_packet(packet, {AIGC: (LABEL,)})
    assert said(made)[AIGC] == (LABEL,)
    assert b"\xe9 &amp; " in made
    assert b"<dc:source>\x01 caf\0</dc:source>" in made
    assert made.endswith(bytes(7))


def test_other_encodings_get_references():
    packet = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + described(TITLE).encode()
    assert b"<TC260:AIGC>&#233;</TC260:AIGC>" in check(packet, {AIGC: ("é",)})


@pytest.mark.parametrize(
    ("rdf", "words"),
    [
        ("<rdf:RDF><a></rdf:RDF>", "no sound XML"),
        ("<rdf:RDF>&unknown;</rdf:RDF>", "no sound XML"),
        ("<e>no RDF</e>", "no RDF"),
        ("<!-- ", "no sound XML"),
        ("text alone", "no RDF"),
    ],
)
def test_damaged_packets_are_left_alone(rdf, words):
    with pytest.raises(MalformedAssetError, match=words):
        updated_packet(rdf.encode(), {AIGC: ("x",)})


def test_document_types_are_refused():
    packet = b'<!DOCTYPE x [<!ENTITY a "b">]>' + described("<dc:source>&a;</dc:source>").encode()
    with pytest.raises(MalformedAssetError, match="document type"):
        updated_packet(packet, {AIGC: ("x",)})


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (AIGC, ("a", "b")),
        (AIGC, ("",)),
        (AIGC, (" a",)),
        (AIGC, ("a\x00b",)),
        (AIGC, ("\ud800",)),
        (AIGC, ("\ufffe",)),
        ("unknown:name", ("a",)),
        ("{http://purl.org/dc/elements/1.1/}source", ("a",)),
        ("AIGC", ("a",)),
        ("TC260:A B", ("a",)),
        ("rdf:li", ("a",)),
        ("dc:creator/dc:name", ("a",)),
        ("{urn:x}a/b", ("a",)),
        ("{urn:x}a/{urn:x}b", ("a",)),
        ("{urn:x}a/{urn:x}b", ()),
    ],
)
def test_what_is_no_simple_property_is_refused(name, texts):
    with pytest.raises(LabelError):
        updated_packet(wrapped(described(TITLE)), {name: texts})


def test_namespaces_without_a_usual_prefix():
    made = check(
        wrapped(described(TITLE)), {"{urn:e:}a": ("1",), "{urn:e:}b": ("2",), "{urn:f:}a": ("3",)}
    )
    assert made.count(b'="urn:e:"') == 1


OWN = 'xmlns:o="http://e.com/a/"'
OWN_FORMS = {
    "element": f"<o:AIGC {OWN}>x</o:AIGC>",
    "default namespace": '<AIGC xmlns="http://e.com/a/">x</AIGC>',
    "structure": f'<o:AIGC {OWN} rdf:parseType="Resource"><o:a>1</o:a><t:AIGC>2</t:AIGC></o:AIGC>',
    "structure in short": f'<o:AIGC {OWN} o:AIGC="1" t:AIGC="2"/>',
    "value": f'<o:AIGC {OWN} rdf:value="1" o:q="2"/>',
}


@pytest.mark.parametrize("name", OWN_FORMS)
def test_a_namespace_without_a_usual_prefix_may_hold_slashes(name):
    others = (
        "<p:AIGC xmlns:p='http://e.com/'>1</p:AIGC><p:AIGC xmlns:p='http://e.com/a/b/'>2</p:AIGC>"
        "<t:AIGC>3</t:AIGC><dc:source><rdf:Description o:AIGC='4' xmlns:o='http://e.com/a/'/>"
        "</dc:source>"
    )
    packet = wrapped(described(OWN_FORMS[name] + others))
    gone = check(packet, {"{http://e.com/a/}AIGC": ()})
    assert f'rdf:about="">{others}</rdf:Description>'.encode() in gone
    made = check(packet, {"{http://e.com/a/}AIGC": ("new",)})
    assert f"AIGC>{others}".encode() in made
    assert made.count(b">new</") == 1
    other = check(packet, {AIGC: ()})
    assert f"{OWN_FORMS[name]}{others.replace('<t:AIGC>3</t:AIGC>', '')}".encode() in other


def test_an_attribute_of_a_namespace_without_a_usual_prefix():
    packet = wrapped(described(TITLE, f'{OWN} rdf:about="" o:AIGC="x" t:AIGC="y"'))
    name = "{http://e.com/a/}AIGC"
    assert f'{OWN} rdf:about="" t:AIGC="y">'.encode() in check(packet, {name: ()})
    assert f'{OWN} rdf:about="" o:AIGC="z" t'.encode() in check(packet, {name: ("z",)})


def test_hostile_packets_are_refused_in_time():
    head = f"<rdf:RDF {RDF} {TC}>"
    for body in (
        "<rdf:Description>" * 300,
        "<rdf:Description t:AIGC='x'/>" * 90_000,
        "<rdf:Description t:AIGC='x'>"
        + " " * 100_000
        + "<t:AIGC/>" * 90_000
        + "</rdf:Description>",
        "<t:AIGC>" * 90,
        "<a " + " ".join(f"a{n}='>'" for n in range(20_000)) + "/>",
        f"<a>{'x' * 5_000_000}</a>",
        "<rdf:RDF/>" * 90_000,
    ):
        start = time.perf_counter()
        try:
            made = updated_packet(f"{head}{body}</rdf:RDF>".encode(), {AIGC: ("x",)})
        except (AssetError, LabelError):
            pass
        else:
            assert said(made)[AIGC] == ("x",)
        assert time.perf_counter() - start < 5


def test_damage_is_refused_or_done_right():
    rng = random.Random(5)
    packet = wrapped(
        described(
            f"<t:AIGC>old</t:AIGC>{TITLE}<t:AIGC t:a='1' rdf:value='2'/>"
            "<t:AIGC rdf:parseType='Resource'><t:b>3</t:b></t:AIGC>",
            'rdf:about="" dc:source="s"',
        ),
        padding=" ",
    )
    done = 0
    for _ in range(1500):
        data = bytearray(packet)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.choice(
                (b"<", b">", b"/", b'"', b"\0", b"&", b":")
            )
        try:
            check(bytes(data), {AIGC: rng.choice((("new",), ()))})
        except (AssetError, LabelError):
            continue
        done += 1
    assert 10 < done < 1400
