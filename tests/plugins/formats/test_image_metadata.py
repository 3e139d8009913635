"""What pictures and films say about themselves, wherever it stands and whoever wrote it."""

import functools
import io
import json
import random
import shutil
import struct
import subprocess
import time
import zlib

import pytest
from credlabel_plugins.formats import _exif, _fields, bmff, gif, jpeg, jxl, png, riff, svg, tiff
from credlabel_plugins.formats._exif import read_exif
from credlabel_plugins.formats._fields import Fields
from credlabel_plugins.formats._iptc import read_iim, read_resources
from credlabel_plugins.formats._xmp import read_packet

from credlabel.hookspecs import MetadataReader

MODULES = (jpeg, png, riff, gif, tiff, jxl, svg, bmff)
FORMATS = tuple(module.credlabel_formats()[0] for module in MODULES)
LABEL = '{"Label":"1","ContentProducer":"00119","ProduceID":"x"}'
PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="a tool">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<t:AIGC>{LABEL}</t:AIGC><dc:creator><rdf:Seq><rdf:li>Ann</rdf:li><rdf:li>Zoé</rdf:li></rdf:Seq>
</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>{" " * 2000}<?xpacket end="w"?>"""
SAID = {
    "xmp:x:xmptk": ("a tool",),
    "xmp:TC260:AIGC": (LABEL,),
    "xmp:dc:creator": ("Ann", "Zoé"),
}


def said(form, data):
    return form.read_metadata(io.BytesIO(data))


def form_of(data):
    (form,) = [each for each in FORMATS if each.accepts(data[:4096])]
    return form


def collected(reader, *arguments):
    fields = Fields()
    reader(*arguments, fields)
    return fields.freeze()


def described(*properties, extra=""):
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="" {extra}>'
        + "".join(properties)
        + "</rdf:Description></rdf:RDF>"
    )


def xmp(text):
    return collected(read_packet, text.encode() if isinstance(text, str) else text)


# ---------------------------------------------------------------------------- containers


def segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def with_segments(data, *segments):
    return data[:2] + b"".join(segments) + data[2:]


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunks(data, *chunks, behind=False):
    at = len(data) - 12 if behind else 33
    return data[:at] + b"".join(chunks) + data[at:]


def with_riff(data, *chunks):
    body = data[8:] + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def exif(tags, *, order="<", sub=(), gps=()):
    """A block of Exif: (tag, type, value) of the first directory, of Exif's own, of GPS's."""
    groups = [list(tags), list(sub), list(gps)]
    pointers = [(tag, group) for tag, group in ((0x8769, sub), (0x8825, gps)) if group]
    lengths = [2 + 12 * (len(groups[0]) + len(pointers)) + 4]
    lengths += [2 + 12 * len(group) + 4 for group in groups[1:]]
    starts = [8, 8 + lengths[0], 8 + lengths[0] + lengths[1]]
    groups[0] += [(tag, 4, starts[1 if tag == 0x8769 else 2]) for tag, _ in pointers]
    data_at, directories, values = 8 + sum(lengths), b"", b""
    for group in groups:
        directories += struct.pack(order + "H", len(group))
        for tag, kind, value in group:
            if isinstance(value, int):
                field, count = struct.pack(order + "I", value), 1
            elif len(value) <= 4:
                field, count = value.ljust(4, b"\0"), len(value)
            else:
                field, count = struct.pack(order + "I", data_at + len(values)), len(value)
                values += value
            directories += struct.pack(order + "HHI", tag, kind, count) + field
        directories += bytes(4)
    head = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"
    return head + directories + values


EXIF = exif([(0x010F, 2, b"Maker\0"), (0x0131, 2, b"Program 1\0")])
EXIF_SAID = {"exif:Make": ("Maker",), "exif:Software": ("Program 1",)}


def gif_extension(label, name, body):
    return bytes([0x21, label]) + name + body


CARRIERS = {
    "jpeg": lambda kit, packet: with_segments(
        kit.made("jpeg"), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)
    ),
    "png": lambda kit, packet: with_chunks(
        kit.made("png"), png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)
    ),
    "png-behind": lambda kit, packet: with_chunks(
        kit.made("png"),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet),
        behind=True,
    ),
    "png-compressed": lambda kit, packet: with_chunks(
        kit.made("png"),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)),
    ),
    "png-imagemagick": lambda kit, packet: with_chunks(
        kit.made("png"),
        png_chunk(
            b"zTXt",
            b"Raw profile type xmp\0\0"
            + zlib.compress(b"\nXMP profile\n%8d\n" % len(packet) + packet.hex("\n", 36).encode()),
        ),
    ),
    "webp": lambda kit, packet: with_riff(kit.made("webp"), kit.chunk(b"XMP ", packet)),
    "wav": lambda kit, packet: with_riff(kit.made("wav"), kit.chunk(b"_PMX", packet)),
    "avi": lambda kit, packet: with_riff(kit.made("avi"), kit.chunk(b"_PMX", packet)),
    "gif": lambda kit, packet: (
        kit.made("gif")[:-1]
        + b"\x21\xff\x0bXMP DataXMP"
        + packet
        + b"\1"
        + bytes(range(255, -1, -1))
        + b"\0\x3b"
    ),
    "tiff": lambda kit, packet: kit.saved("TIFF", tiffinfo={700: packet}),
    "tiff-big": lambda kit, packet: kit.saved("TIFF", big_tiff=True, tiffinfo={700: packet}),
    "heic": lambda kit, packet: kit.heif(xmp=packet),
    "avif": lambda kit, packet: kit.saved("AVIF", xmp=packet),
    "mp4": lambda kit, packet: (
        kit.made("mp4-index-last")
        + kit.box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), packet)
    ),
    "mov": lambda kit, packet: (
        kit.made("mov")[:20] + kit.movie(extra=kit.box(b"udta", kit.box(b"XMP_", packet)))
    ),
    "jxl": lambda kit, packet: kit.jxl(kit.box(b"xml ", packet)),
    "svg": lambda kit, packet: kit.made("svg").replace(
        b'height="10">', b'height="10"><metadata>' + packet.strip() + b"</metadata>"
    ),
}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: type(form).__name__)
def test_these_formats_have_the_power(form):
    assert isinstance(form, MetadataReader)


@pytest.mark.parametrize("name", CARRIERS)
def test_xmp_is_found_where_the_container_has_it(kit, name):
    data = CARRIERS[name](kit, PACKET.encode())
    assert said(form_of(data), data) == SAID


EXIF_CARRIERS = {
    "jpeg": lambda kit: with_segments(kit.made("jpeg"), segment(0xE1, b"Exif\0\0" + EXIF)),
    "png": lambda kit: with_chunks(kit.made("png"), png_chunk(b"eXIf", EXIF)),
    "png-odd": lambda kit: with_chunks(kit.made("png"), png_chunk(b"eXIf", b"Exif\0\0" + EXIF)),
    "webp": lambda kit: with_riff(kit.made("webp"), kit.chunk(b"EXIF", EXIF)),
    "webp-odd": lambda kit: with_riff(kit.made("webp"), kit.chunk(b"EXIF", b"Exif\0\0" + EXIF)),
    "tiff": lambda kit: kit.saved("TIFF", tiffinfo={271: "Maker", 305: "Program 1"}),
    "avif": lambda kit: kit.saved("AVIF", exif=b"Exif\0\0" + EXIF),
    "jxl": lambda kit: kit.jxl(kit.box(b"Exif", bytes(4), EXIF)),
    "jxl-offset": lambda kit: kit.jxl(kit.box(b"Exif", b"\0\0\0\6Exif\0\0", EXIF)),
    "cr3": lambda kit: (
        kit.box(b"ftyp", b"crx ", bytes(4))
        + kit.movie(
            extra=kit.box(
                b"uuid",
                bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"),
                kit.box(b"CMT1", EXIF),
            )
        )
    ),
}


@pytest.mark.parametrize("name", EXIF_CARRIERS)
def test_exif_is_found_where_the_container_has_it(kit, name):
    data = EXIF_CARRIERS[name](kit)
    assert said(form_of(data), data) == EXIF_SAID


def test_files_that_say_nothing_say_nothing(kit):
    for name in kit.files:
        for form in FORMATS:
            if form.accepts(kit.made(name)[:4096]):
                found = said(form, kit.made(name))
                # What the makers of these files wrote: the raw pictures their makers' names.
                assert not found or name in ("nef", "arw"), (name, found)


def test_jpeg_comments_and_bare_labels(kit):
    data = with_segments(
        kit.made("jpeg"),
        segment(0xFE, b"first"),
        b"\xff\xff",  # fill bytes
        segment(0xFE, "zweité".encode()),
        segment(0xFE, b"caf\xe9"),
        segment(0xE2, b"ICC_PROFILE\0AIGC{}"),
        segment(0xE3, b"junk\0AIGC" + LABEL.encode() + b"\0more}"),
        segment(0xE4, b"AIGC{not JSON\0more"),
    )
    assert said(jpeg.Jpeg(), data) == {
        "jpeg:comment": ("first", "zweité", "café"),
        "jpeg:AIGC": (LABEL, "{not JSON"),
    }


@pytest.mark.parametrize("marker", [0xE2, 0xE5, 0xEB, 0xFE])
def test_a_segment_that_begins_with_a_label_or_is_one(kit, marker):
    def found(body):
        data = with_segments(kit.made("jpeg"), segment(0xE2, b"MPF"), segment(marker, body))
        return said(jpeg.Jpeg(), data).get("jpeg:AIGC", ())

    whole = b'{"AIGC": %s}' % LABEL.encode()
    assert found(b"AIGC" + LABEL.encode()) == (LABEL,)
    assert found(b"AIGC" + LABEL.encode() + b"\0more") == (LABEL,)
    is_comment = marker == 0xFE  # which is told as such
    assert found(whole) == found(whole + b"\0") == (() if is_comment else (whole.decode(),))
    for other in (
        *(b"{", b"{}", LABEL.encode(), whole + b"more", b"[" + whole + b"]", b"{" * 60_000),
        *(b"not AIGC", b"AIG", b'"AIGC"'),
    ):
        assert found(other) == ()
    assert (found(b"ICC_PROFILE\0AIGC" + LABEL.encode()) == ()) == (marker != 0xE5)


def test_extended_xmp_counts_if_the_packet_names_it(kit):
    guid, other = b"A" * 32, b"B" * 32
    note = 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"'
    main = described(extra=note % guid.decode()).encode()
    rest = described(f"<dc:title>{'long ' * 20}</dc:title>").encode()

    def piece(name, offset, text):
        head = name + struct.pack(">II", len(rest), offset)
        return segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + head + text)

    extended = (piece(guid, 90, rest[90:]), piece(guid, 0, rest[:90]))
    stray = piece(other, 0, described("<dc:title>stray</dc:title>").encode())
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main)
    data = with_segments(kit.made("jpeg"), stray, *extended, packet)
    assert said(jpeg.Jpeg(), data)["xmp:dc:title"] == (("long " * 20).strip(),)
    data = with_segments(kit.made("jpeg"), *extended)
    assert said(jpeg.Jpeg(), data) == {}


def test_exif_over_64_kib_goes_on_in_a_second_segment(kit):
    whole = exif([(0x010E, 2, b"d" * 80_000 + b"\0"), (0x0131, 2, b"Program\0")])
    parts = (whole[:60_000], whole[60_000:])
    segments = (segment(0xE1, b"Exif\0\0" + part) for part in parts)
    found = said(jpeg.Jpeg(), with_segments(kit.made("jpeg"), *segments))
    assert found == {"exif:ImageDescription": ("d" * 80_000,), "exif:Software": ("Program",)}


def test_png_texts_in_all_three_chunks_before_and_behind_the_picture(kit):
    data = with_chunks(
        kit.made("png"),
        png_chunk(b"tEXt", b"Author\0J\xf6rg"),
        png_chunk(b"tEXt", b"parameters\0" + "雨, steps: 20".encode()),
        png_chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b'{"1": {}}')),
        png_chunk(b"iTXt", b"workflow\0\1\0en\0x\0" + zlib.compress("é".encode())),
    )
    data = with_chunks(data, png_chunk(b"tEXt", b"AIGC\0" + LABEL.encode()), behind=True)
    assert said(png.Png(), data) == {
        "png:Author": ("Jörg",),
        "png:parameters": ("雨, steps: 20",),
        "png:prompt": ('{"1": {}}',),
        "png:workflow": ("é",),
        "png:AIGC": (LABEL,),
    }


def test_a_text_given_twice_is_told_in_order(kit):
    data = with_chunks(
        kit.made("png"),
        *(png_chunk(b"tEXt", b"Comment\0" + text) for text in (b"b", b"a", b"a", b"b", b" ")),
    )
    assert said(png.Png(), data) == {"png:Comment": ("b", "a")}


def test_damaged_png_texts_are_left_out(kit):
    good = png_chunk(b"tEXt", b"Comment\0good")
    for bad in (
        png_chunk(b"zTXt", b"prompt\0\0no zlib"),
        png_chunk(b"zTXt", b"prompt\0"),
        png_chunk(b"iTXt", b"prompt"),
        png_chunk(b"iTXt", b"prompt\0\1\0\0"),
        png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nxyz"),
        png_chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
        png_chunk(b"tEXt", b"k" * 80 + b"\0too long a keyword"),
    ):
        assert said(png.Png(), with_chunks(kit.made("png"), bad, good)) == {
            "png:Comment": ("good",)
        }


@pytest.mark.parametrize("name", ["wav", "avi"])
def test_riff_info_and_bare_labels(kit, name):
    info = b"INFO" + kit.chunk(b"ISFT", b"Lavf\0\0") + kit.chunk(b"AIGC", LABEL.encode())
    data = with_riff(kit.made(name), kit.chunk(b"LIST", info), kit.chunk(b"AIGC", b'{"Label":2}'))
    expected = {"riff:ISFT": ("Lavf",), "riff:AIGC": (LABEL, '{"Label":2}')}
    assert said(riff.Riff(), data) == expected
    # What programs leave that write into a pipe.
    assert said(riff.Riff(), data[:4] + b"\xff\xff\xff\xff" + data[8:]) == expected


def test_gif_comments_are_joined(kit):
    comment = b"\x21\xfe" + b"\xff" + b"a" * 255 + b"\x02bc" + b"\0"
    data = kit.made("gif")[:-1] + comment + b"\x3b"
    assert said(gif.Gif(), data) == {"gif:comment": ("a" * 255 + "bc",)}
    assert said(gif.Gif(), data[:-1] + b"\x77") == {"gif:comment": ("a" * 255 + "bc",)}


def test_every_page_of_a_tiff_is_read(kit):
    data = bytearray(kit.saved("TIFF", frames=2, tiffinfo={305: "One"}))
    at = data.rindex(b"One")
    data[at : at + 3] = b"Two"
    assert said(tiff.Tiff(), bytes(data)) == {"exif:Software": ("One", "Two")}


def test_a_tiff_holds_iim_and_photoshops_resources(kit):
    iim = b"\x1c\x02\x74\x00\x03(c)\x00"
    resources = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim
    for tag in (33723, 34377):
        data = kit.saved("TIFF", tiffinfo={tag: iim if tag == 33723 else resources})
        assert said(tiff.Tiff(), data) == {"iptc:2:116": ("(c)",)}


def text_tag(kit, kind, text, *, well_known=1):
    return kit.box(kind, kit.box(b"data", struct.pack(">II", well_known, 0), text))


def keyed(kit, names, *tags):
    keys = b"".join(struct.pack(">I", 8 + len(name)) + b"mdta" + name for name in names)
    return (
        kit.box(b"hdlr", bytes(8), b"mdta", bytes(13))
        + kit.box(b"keys", bytes(4), struct.pack(">I", len(names)), keys)
        + kit.box(b"ilst", *tags)
    )


@pytest.mark.parametrize("place", ["udta", "bare", "full", "late"])
def test_film_tags_by_key(kit, place):
    inner = keyed(
        kit,
        [b"AIGC", b"com.apple.quicktime.software"],
        text_tag(kit, b"\0\0\0\1", LABEL.encode()),
        text_tag(kit, b"\0\0\0\2", "Prögram".encode("utf-16-be"), well_known=2),
        text_tag(kit, b"\0\0\0\2", b"\x89PNG", well_known=14),
    )
    meta = kit.box(b"meta", b"" if place == "bare" else bytes(4), inner)
    extra = kit.box(b"udta", meta) if place in ("udta", "late") else meta
    head = kit.made("mp4")[:20] + (kit.box(b"mdat", bytes(5000)) if place == "late" else b"")
    assert said(bmff.Bmff(), head + kit.movie(extra=extra)) == {
        "mp4:AIGC": (LABEL,),
        "mp4:com.apple.quicktime.software": ("Prögram",),
    }


def test_film_tags_by_four_letters_and_by_long_names(kit):
    freeform = kit.box(
        b"----",
        kit.box(b"mean", bytes(4), b"com.apple.iTunes"),
        kit.box(b"name", bytes(4), b"AIGC"),
        kit.box(b"data", struct.pack(">II", 1, 0), LABEL.encode()),
    )
    tags = kit.box(
        b"ilst",
        text_tag(kit, b"\xa9too", b"Lavf60"),
        text_tag(kit, b"AIGC", LABEL.encode(), well_known=0),
        text_tag(kit, b"trkn", b"\0\0\0\1\0\2\0\0", well_known=0),
        freeform,
    )
    meta = kit.box(b"meta", bytes(4), kit.box(b"hdlr", bytes(8), b"mdir", bytes(13)), tags)
    film = kit.made("m4a")[:20] + kit.movie(extra=kit.box(b"udta", meta))
    assert said(bmff.Bmff(), film) == {
        "mp4:©too": ("Lavf60",),
        "mp4:AIGC": (LABEL,),
        "mp4:----:com.apple.iTunes:AIGC": (LABEL,),
    }


def test_film_user_data(kit):
    def international(text):
        return struct.pack(">HH", len(text), 0x15C7) + text

    user_data = kit.box(
        b"udta",
        kit.box(b"\xa9swr", international(b"One") + international(b"J\x9arg")),
        kit.box(b"dscp", bytes(6), "Wörter".encode() + b"\0"),
        kit.box(b"AIGC", LABEL.encode()),
        bytes(4),
    )
    assert said(bmff.Bmff(), kit.made("mov")[:20] + kit.movie(extra=user_data)) == {
        "mp4:©swr": ("One", "Jörg"),
        "mp4:dscp": ("Wörter",),
        "mp4:AIGC": (LABEL,),
    }


def test_picture_items_in_pieces_and_in_the_index_itself(kit):
    packet = PACKET.encode()
    entry = kit.box(b"infe", b"\2\0\0\0\0\1\0\0mime\0application/rdf+xml\0")
    pieces = struct.pack(">HHHHIIII", 1, 1, 0, 2, 0, 100, 100, len(packet) - 100)
    meta = kit.box(
        b"meta",
        bytes(4),
        kit.box(b"hdlr", bytes(8), b"pict", bytes(13)),
        kit.box(b"iinf", bytes(4), b"\0\1", entry),
        kit.box(b"iloc", b"\1\0\0\0\x44\0\0\1", pieces),
        kit.box(b"idat", packet),
    )
    data = kit.made("heic")[: kit.made("heic").index(b"meta") - 4] + meta
    assert said(bmff.Bmff(), data) == SAID


def test_drawings_have_titles_and_rdf(kit):
    head = (
        b"<title>T <b>bold</b></title><desc> D </desc><g><title>tooltip</title></g>"
        b"<metadata><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        b"<cc:Work rdf:about=''><z:title>Z</z:title><dc:creator><cc:Agent><z:title>A</z:title>"
        b"</cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata>"
    )
    data = kit.made("svg").replace(
        b'height="10">', b'height="10" xmlns:z="http://purl.org/dc/elements/1.1/">' + head
    )
    expected = {
        "svg:title": ("T bold",),
        "svg:desc": ("D",),
        "xmp:dc:title": ("Z",),
        "xmp:dc:creator/dc:title": ("A",),
    }
    assert said(svg.Svg(), data) == expected
    text = data.decode().replace("UTF-8", "UTF-16")
    assert said(svg.Svg(), text.encode("utf-16")) == expected


# ---------------------------------------------------------------------------- XMP


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_packets_in_every_encoding(codec):
    text = PACKET if codec[-2:] not in ("16", "32") else PACKET.replace("\ufeff", "", 1)
    assert xmp(text.encode(codec)) == SAID


@pytest.mark.parametrize(
    "form",
    [
        "<e:p>a &lt; &quot;b&quot;</e:p>",
        '<e:p><![CDATA[a < ]]><![CDATA["b"]]></e:p>',
        '<e:p>\n  a &#60; "b"\n</e:p>',
        '<e:p><rdf:Bag><rdf:li>a &lt; "b"</rdf:li></rdf:Bag></e:p>',
        "<e:p><rdf:Alt><rdf:li xml:lang='x-default'>a &lt; \"b\"</rdf:li></rdf:Alt></e:p>",
        "<e:p rdf:resource='a &lt; &quot;b&quot;'/>",
        "<e:p rdf:parseType='Resource'><rdf:value>a &lt; \"b\"</rdf:value></e:p>",
        "<e:p><rdf:Description rdf:value='a &lt; \"b\"'/></e:p>",
        '<e:p><!-- c -->a &lt; "b"</e:p>',
    ],
)  # fmt: skip
def test_a_property_in_every_form(form):
    assert xmp(described(form)) == {"xmp:{urn:e:}p": ('a < "b"',)}


def test_properties_as_attributes():
    extra = "dc:format=\"image/png\" e:q='{&quot;a&quot;:1}'"
    assert xmp(described(extra=extra)) == {
        "xmp:dc:format": ("image/png",),
        "xmp:{urn:e:}q": ('{"a":1}',),
    }


@pytest.mark.parametrize(
    "form",
    [
        "<e:s><rdf:Description><e:a>1</e:a><e:b>2</e:b></rdf:Description></e:s>",
        "<e:s rdf:parseType='Resource'><e:a>1</e:a><e:b>2</e:b></e:s>",
        "<e:s e:a='1' e:b='2'/>",
        "<e:s><rdf:Seq><rdf:li e:a='1' e:b='2'/></rdf:Seq></e:s>",
        "<e:s><rdf:Bag><rdf:li><rdf:Description e:a='1' e:b='2'/></rdf:li></rdf:Bag></e:s>",
        "<e:s><e:a>1</e:a><e:b>2</e:b></e:s>",  # no RDF, but written
        "<e:s><e:Type><e:a>1</e:a><e:b>2</e:b></e:Type></e:s>",
    ],
)
def test_a_structure_in_every_form(form):
    assert xmp(described(form)) == {
        "xmp:{urn:e:}s/{urn:e:}a": ("1",),
        "xmp:{urn:e:}s/{urn:e:}b": ("2",),
    }


def test_prefixes_are_free_and_may_be_missing():
    packet = described(
        "<x:title xmlns:x='http://purl.org/dc/elements/1.1/'>t</x:title>",
        "<title xmlns='http://purl.org/dc/elements/1.1/'>u</title>",
        "<dc:p xmlns:dc='urn:other:'>o</dc:p><dc:title>v</dc:title><TC260:AIGC>w</TC260:AIGC>",
    )
    assert xmp(packet) == {
        "xmp:dc:title": ("t", "u", "v"),
        "xmp:{urn:other:}p": ("o",),
        "xmp:TC260:AIGC": ("w",),
    }


def test_several_packets_and_what_is_around_them():
    one, two = described("<e:p>1</e:p>"), described("<e:p>2</e:p>")
    begin = "<?xml version='1.0'?>"
    assert xmp(f"\0\0 junk {one}{begin}{two}\0\0 rest <") == {"xmp:{urn:e:}p": ("1", "2")}


def test_what_stands_before_an_error_counts():
    packet = described("<e:p>1</e:p><e:q>2</e:p>")
    assert xmp(packet) == {"xmp:{urn:e:}p": ("1",)}
    assert xmp(described("<e:p>a\x01b</e:p>").encode() + b"\xff") == {"xmp:{urn:e:}p": ("a b",)}
    assert xmp(described("<e:p>caf\xe9</e:p>").encode("latin-1")) == {
        "xmp:{urn:e:}p": ("caf\ufffd",)
    }


# ---------------------------------------------------------------------------- Exif


@pytest.mark.parametrize("order", "<>")
def test_exif_in_both_byte_orders(order):
    block = exif(
        [
            (0x010E, 2, "Wörter\0".encode()),
            (0x0110, 2, b"M1\0"),
            (0x013B, 2, b"J\xf6rg\0junk"),
            (0x8298, 2, b"A\0B\0"),
            (0x9C9C, 1, "Prömpt\0".encode("utf-16-le")),
            (0x0112, 3, b"\0\1"),
            (0x0131, 5, b"a ratio!"),
        ],
        order=order,
        sub=[(0x9003, 2, b"2026:01:01 00:00:00\0"), (0x010F, 2, b"x\0"), (0x8769, 4, 8)],
        gps=[(2, 5, bytes(24))],
    )
    assert collected(read_exif, block) == {
        "exif:ImageDescription": ("Wörter",),
        "exif:Model": ("M1",),
        "exif:Artist": ("Jörg",),
        "exif:Copyright": ("A\nB",),
        "exif:XPComment": ("Prömpt",),
        "exif:DateTimeOriginal": ("2026:01:01 00:00:00",),
        "exif:Make": ("x",),
        "exif:GPSInfo": ("present",),
    }


def test_an_empty_gps_directory_is_no_place():
    block = exif([(0x010F, 2, b"Maker\0")], gps=[(6, 5, bytes(8))])
    assert collected(read_exif, block) == {"exif:Make": ("Maker",)}


PROMPT = '雨, {"a": 1}\nSteps: 20'


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"UNICODE\0" + PROMPT.encode("utf-16-be"), PROMPT),
        (b"UNICODE\0" + PROMPT.encode("utf-16-le"), PROMPT),
        (b"UNICODE\0" + PROMPT.encode("utf-16"), PROMPT),
        (b"UNICODE\0" + PROMPT.encode("utf-16-be") + bytes(9), PROMPT),
        (b"UNICODE\0Steps: 20", "Steps: 20"),
        (b"ASCII\0\0\0" + PROMPT.encode(), PROMPT),
        (b"ASCII\0\0\0caf\xe9\0junk", "café"),
        (bytes(8) + PROMPT.encode(), PROMPT),
        (bytes(8) + b"Steps".decode().encode("utf-16-be"), "Steps"),
        (b"JIS\0\0\0\0\0" + "雨".encode("iso2022_jp"), "雨"),
        (b'{"AIGC":' + LABEL.encode() + b"}", '{"AIGC":' + LABEL + "}"),
        (b"UNICODE\0", None),
        (bytes(8) + b" " * 40, None),
        (b"", None),
    ],
)
def test_user_comments_however_they_are_written(order, value, expected):
    block = exif([], order=order, sub=[(0x9286, 7, value)])
    assert collected(read_exif, block).get("exif:UserComment") == (expected and (expected,))


def test_letters_of_east_asia_alone_are_read_in_the_order_of_the_block():
    text = "雨が降る日に傘をさして歩く人々" * 3
    for order, codec in (("<", "utf-16-le"), (">", "utf-16-be")):
        block = exif([], order=order, sub=[(0x9286, 7, b"UNICODE\0" + text.encode(codec))])
        assert collected(read_exif, block) == {"exif:UserComment": (text,)}


def test_directories_that_lead_nowhere_do_no_harm():
    for block in (
        b"II*\0",
        b"II*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        EXIF[:30],
        exif([(0x8769, 4, 0xFFFFFFFF)]),
        exif([(0x010E, 2, b"x" * 9)])[:26],
    ):
        assert collected(read_exif, block) == {}


# ---------------------------------------------------------------------------- IPTC


def data_set(record, number, value, *, extended=False):
    length = struct.pack(">HI", 0x8004, len(value)) if extended else struct.pack(">H", len(value))
    return bytes([0x1C, record, number]) + length + value


def test_iim_data_sets():
    data = (
        data_set(2, 0, b"\0\4")
        + data_set(2, 25, b"one")
        + data_set(2, 25, b"J\xf6rg")
        + data_set(2, 120, b"long", extended=True)
        + data_set(3, 10, b"other record")
    )
    expected = {"iptc:2:25": ("one", "Jörg"), "iptc:2:120": ("long",)}
    assert collected(read_iim, data) == expected
    assert collected(read_iim, data + b"\x1c\2\5\xff\xff") == expected
    padded = data + bytes(-len(data) % 4)
    swapped = b"".join(padded[at : at + 4][::-1] for at in range(0, len(padded), 4))
    assert collected(read_iim, swapped) == expected
    utf_8 = data_set(1, 90, b"\x1b%G") + data_set(2, 5, "é".encode())
    assert collected(read_iim, utf_8) == {"iptc:2:5": ("é",)}


def test_photoshops_resources_hold_three_kinds(kit):
    def resource(kind, body, name=b""):
        padded = bytes([len(name)]) + name + (b"" if len(name) & 1 else b"\0")
        tail = struct.pack(">I", len(body)) + body + b"\0" * (len(body) & 1)
        return b"8BIM" + struct.pack(">H", kind) + padded + tail

    data = (
        resource(0x03ED, bytes(16), b"even")
        + resource(0x0404, data_set(2, 5, b"title"), b"odd")
        + resource(0x0422, EXIF)
        + resource(0x0424, PACKET.encode())
    )
    expected = {"iptc:2:5": ("title",), **EXIF_SAID, **SAID}
    assert collected(read_resources, data) == expected
    halves = (segment(0xED, b"Photoshop 3.0\0" + part) for part in (data[:50], data[50:]))
    assert said(jpeg.Jpeg(), with_segments(kit.made("jpeg"), *halves)) == expected


# ---------------------------------------------------------------------------- limits


@pytest.mark.parametrize("tag", [0x8769, 0x8825])
def test_a_directory_is_followed_once_however_often_it_is_referred_to(monkeypatch, tag):
    calls = []
    original = _exif._read_directory if tag == 0x8769 else _exif._note_place
    name = original.__name__
    monkeypatch.setattr(_exif, name, lambda *args: (calls.append(args), original(*args)))
    entries = [(tag, 4, 8)] * 500  # to the directory that they are in
    collected(read_exif, exif([*entries, (0x0131, 2, b"a program")]))
    assert len(calls) == (2 if tag == 0x8769 else 1)


def test_blocks_of_exif_and_profiles_take_room_whatever_is_in_them(kit, monkeypatch):
    empty = exif([(0x0100, 4, 1)] * 50)
    profile = b"Raw profile type iptc\0\niptc\n600\n" + (b"1c0300" + b"0000") * 120
    last = png_chunk(b"tEXt", b"Comment\0" + b"x" * 900)
    for chunk in (png_chunk(b"eXIf", empty), png_chunk(b"tEXt", profile)):
        data = with_chunks(kit.made("png"), *[chunk] * 20, last)
        with monkeypatch.context() as patched:
            assert said(png.Png(), data) == {"png:Comment": ("x" * 900,)}
            patched.setattr(_fields, "MAX_TOTAL", 10_000)
            assert said(png.Png(), data) != {"png:Comment": ("x" * 900,)}


def test_a_directory_of_places_that_pages_share_takes_room_each_time(kit, monkeypatch):
    pages = 40
    entries = struct.pack("<HHII", 256, 4, 1, 1) + struct.pack("<HHII", 34853, 4, 1, 8)
    data = b"II*\0" + struct.pack("<I", 8 + 2 + 12 * 500 + 4) + struct.pack("<H", 500)
    data += b"".join(struct.pack("<HHII", 1000 + n, 4, 1, 1) for n in range(500)) + bytes(4)
    for number in range(pages):
        following = len(data) + 2 + 24 + 4 if number < pages - 1 else 0
        data += struct.pack("<H", 2) + entries + struct.pack("<I", following)
    calls = []
    original = tiff.directory_at
    monkeypatch.setattr(tiff, "directory_at", lambda *a: calls.append(a) or original(*a))
    said(tiff.Tiff(), data)
    assert len(calls) == pages
    calls.clear()
    monkeypatch.setattr(_fields, "MAX_TOTAL", 10_000)
    said(tiff.Tiff(), data)
    assert len(calls) < 8


def test_limits_of_what_is_collected(monkeypatch):
    fields = Fields()
    for number in range(_fields.MAX_FIELDS + 5):
        fields.add(f"n:{number}", "x")
    assert len(fields.freeze()) == _fields.MAX_FIELDS
    assert fields.room == 0
    monkeypatch.setattr(_fields, "MAX_VALUE", 100)
    fields = Fields()
    fields.add("n:a", "x" * 101)
    fields.add("n" * (_fields.MAX_NAME + 1), "x")
    fields.add("n:b", " \0")
    fields.add_all("n:c", ["1", "2"])
    assert fields.freeze() == {"n:a": ("x" * 100,), "n:c": ("1", "2")}
    assert (fields.first("n:c"), fields.first("n:d")) == ("1", "")
    monkeypatch.setattr(_fields, "MAX_TOTAL", 50)
    fields = Fields()
    fields.spend(10)
    fields.add("n:e", "y" * 200)
    assert fields.freeze() == {"n:e": ("y" * 40,)}
    assert fields.room == 0


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'

HOSTILE_PACKETS = {
    "entities": lambda: ENTITIES + described("<e:p>&b;</e:p>"),
    "fetched": lambda: '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + described("<e:p>1</e:p>"),
    "deep": lambda: described(
        "<e:p>" + "<rdf:Bag><rdf:li>" * 50_000 + "x" + "</rdf:li></rdf:Bag>" * 50_000 + "</e:p>"
    ),
    "long namespace": lambda: (
        f"<x xmlns:q='{'u' * 900_000}'>" + described("<q:a/>" * 300_000, "<q:b>1</q:b>" * 10_000)
    ),
    "many elements": lambda: described("<e:p/>" * 500_000),
    "many namespaces": lambda: described(
        "<e:p xmlns:n='u'>1</e:p>" * 100_000,
        extra=" ".join(f"xmlns:n{n}='u'" for n in range(15_000)),
    ),
    "many at once": lambda: described(extra=" ".join(f"xmlns:n{n}='u'" for n in range(100_000))),
    "many attributes": lambda: described(extra=" ".join(f"e:a{n}='1'" for n in range(100_000))),
    "many packets": lambda: "<a/>" * 500_000,
    "junk": lambda: "<" * 3_000_000,
}


@pytest.mark.parametrize("name", HOSTILE_PACKETS)
def test_hostile_packets_take_no_time(name):
    packet = HOSTILE_PACKETS[name]().encode()
    start = time.process_time()
    found = xmp(packet)
    assert time.process_time() - start < 2
    if name in ("entities", "fetched", "deep", "many namespaces"):
        assert not found


@functools.cache
def bomb():
    return zlib.compress(b" " * (5 << 20), 9)


def one_value_in_all_entries(tag, *, count=4000):
    entry = struct.pack("<HHII", tag, 2, 4 << 20, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entry * count + bytes(4_000_000)


def many_pages(kit, count):
    """Pages with nothing but image resources, all of them the same megabytes, and no resources."""
    end = 8 + 18 * count
    pages = [
        kit.directory("<", [(34377, 7, 4 << 20, end)], following=8 + 18 * number)
        for number in range(1, count)
    ]
    last = kit.directory("<", [(34377, 7, 4 << 20, end)])
    return b"II*\0\x08\0\0\0" + b"".join(pages) + last + bytes(4 << 20)


def films_in_films(kit):
    box = b""
    for _ in range(5000):
        box = struct.pack(">I4s", 8 + len(box), b"moov") + box
    return kit.made("mp4")[:20] + box


class Counting(io.BytesIO):
    """A stream that knows how many bytes were read from it."""

    count = 0

    def read(self, size=-1):
        data = super().read(size)
        self.count += len(data)
        return data


HOSTILE_FILES = {
    "bombs": lambda kit: with_chunks(
        kit.made("png"), *[png_chunk(b"zTXt", b"k" * 80 + b"\0\0" + bomb())] * 1000
    ),
    "broken bombs": lambda kit: with_chunks(
        kit.made("png"), *[png_chunk(b"zTXt", b"k\0\0" + bomb()[:3000] + b"broken" * 9)] * 3000
    ),
    "packed packets": lambda kit: with_chunks(
        kit.made("png"), *[png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb())] * 1000
    ),
    "one value, in Exif": lambda kit: with_chunks(
        kit.made("png"), png_chunk(b"eXIf", one_value_in_all_entries(0x9286))
    ),
    "one value, in a TIFF": lambda kit: many_pages(kit, 9900),
    "films in films": films_in_films,
    "dense entities": lambda _kit: (
        f'<!DOCTYPE svg [<!ENTITY e "{"a" * 240}">]><svg xmlns="http://www.w3.org/2000/svg">'
        f"<title>{'&e;' * 500_000}</title></svg>"
    ).encode(),
    "nothing but texts": lambda kit: (
        kit.made("mp4")[:20]
        + kit.movie(extra=kit.box(b"udta", kit.box(b"\xa9cmt", bytes(4 << 20))))
    ),
    "nothing but comments": lambda kit: kit.made("gif")[: 13 + 768] + b"\x21\xfe\x01a\0" * 300_000,
    "nothing but segments": lambda kit: with_segments(
        kit.made("jpeg"),
        *[segment(0xE1, b"Exif\0\0" + b"x" * 9999)] * 4000,
        segment(0xFE, b"late"),
    ),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_hostile_files_take_no_time(kit, name):
    data = HOSTILE_FILES[name](kit)
    source = Counting(data)
    start = time.process_time()
    found = form_of(data).read_metadata(source)
    assert time.process_time() - start < 2
    assert sum(len(text) for texts in found.values() for text in texts) <= _fields.MAX_TOTAL
    assert source.count < len(data) + 2 * _fields.MAX_TOTAL
    if name in ("dense entities", "nothing but segments"):
        assert not found


def test_damaged_files_never_raise(kit):
    chance = random.Random(4)
    originals = [carrier(kit, PACKET.encode()) for carrier in CARRIERS.values()]
    originals += [carrier(kit) for carrier in EXIF_CARRIERS.values()]
    for original in originals:
        form = form_of(original)
        for _ in range(60):
            data = bytearray(original)
            for _ in range(chance.choice((1, 3, 20))):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 0x3C, 0x7F, 0xFF))
            cut = chance.choice((len(data), chance.randrange(len(data))))
            said(form, bytes(data[:cut]))
            for other in FORMATS:
                said(other, bytes(data[: min(cut, 999)]))


def test_ordinary_pictures_cost_next_to_nothing(kit):
    for name in ("jpeg", "png", "webp", "avif", "heic", "mp4", "tiff"):
        source = io.BytesIO(kit.made(name))
        form = form_of(kit.made(name))
        best = min(_timed(form, source) for _ in range(20))
        assert best < 0.0005, name


def _timed(form, source):
    start = time.perf_counter()
    form.read_metadata(source)
    return time.perf_counter() - start


# ---------------------------------------------------------------------------- other people's files

NAMES = {
    "ImageDescription", "Make", "Model", "Software", "Artist", "UserComment", "XPComment",
    "XPTitle", "XPSubject", "XPAuthor", "XPKeywords", "ImageUniqueID", "LensModel",
    "HostComputer",
}  # fmt: skip
# What exiftool makes of numbers, dates and lists of bytes is its own.
OWN = {"CoverArt", "TrackNumber", "DiskNumber", "LensInfo", "About", "CodedCharacterSet"}


def wanted(key):
    group, _, name = key.partition(":")
    if name in OWN:
        return False
    if group.startswith(("IFD", "ExifIFD", "SubIFD")):
        return name in NAMES and group != "IFD1"
    return group.startswith("XMP-") or group in {"IPTC", "ItemList", "Keys"} or name == "Comment"


def texts_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str) and any(letter.isalpha() for letter in value):
        yield value


def letters(text):
    return "".join(c for c in text.replace("T", ":") if c.isalnum() and c != "\ufffd")


@pytest.mark.interop
def test_exiftool_finds_nothing_that_we_do_not(interop):
    tool = shutil.which("exiftool")
    if not tool:
        pytest.skip("exiftool is not installed")
    files = {}
    for path in sorted((interop / "files").rglob("*")):
        if path.is_file():
            with path.open("rb") as source:
                head = source.read(4096)
                form = next((form for form in FORMATS if form.accepts(head)), None)
                if form:
                    found = form.read_metadata(source)
                    files[str(path)] = {
                        letters(text) for texts in found.values() for text in texts
                    }
    options = [tool, "-j", "-G1", "-a", "-n", "-struct", "-charset", "filename=utf8", "-@", "-"]
    names = "\n".join(files).encode()
    out = subprocess.run(options, input=names, capture_output=True, check=False).stdout
    told = {each["SourceFile"]: each for each in json.loads(out)}
    missing = [
        (name, key, text)
        for name, ours in files.items()
        for key, value in told[name].items()
        if wanted(key)
        for text in texts_in(value)
        if letters(text) and letters(text) not in ours
    ]
    assert len(files) > 90
    assert not missing
