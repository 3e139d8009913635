"""Ogg, Matroska and FLV files made by hand, small and fit to be played, and taken apart again."""

import functools
import struct
import zlib

# ---------------------------------------------------------------------------- Ogg

SILENCE = b"\xf8\xff\xfe"  # 20 ms of Opus


@functools.cache
def _table():
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x104C11DB7 if value >> 31 else 0)
        table.append(value)
    return table


def ogg_checksum(data):
    value, table = 0, _table()
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ table[value >> 24 ^ byte]
    return value


def ogg_page(packets, *, serial=7, number=0, granule=0, flags=0, goes_on=False):
    lacing = b""
    for packet in packets:
        lacing += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    lacing = lacing[:-1] if goes_on else lacing
    head = b"OggS\0" + struct.pack("<BqII", flags, granule, serial, number)
    tail = bytes([len(lacing)]) + lacing + b"".join(packets)
    return head + struct.pack("<I", ogg_checksum(head + bytes(4) + tail)) + tail


def ogg_pages(data):
    """Every page as (flags, granule, serial, number, is the checksum right, lacing, body)."""
    pages, at = [], 0
    while data[at : at + 4] == b"OggS":
        flags, granule, serial, number, checksum = struct.unpack_from("<BqIII", data, at + 5)
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        body = at + 27 + len(lacing)
        end = body + sum(lacing)
        zeroed = data[at : at + 22] + bytes(4) + data[at + 26 : end]
        is_right = ogg_checksum(zeroed) == checksum
        pages.append((flags, granule, serial, number, is_right, lacing, data[body:end]))
        at = end
    return pages


def ogg_packets(data, serial=7):
    packets, part = [], b""
    for page in ogg_pages(data):
        at = 0
        for length in page[5] if page[2] == serial else ():
            part += page[6][at : at + length]
            at += length
            if length < 255:
                packets.append(part)
                part = b""
    return packets


def vorbis_comments(*texts, vendor=b"encoder", rest=b""):
    made = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(texts))
    return made + b"".join(struct.pack("<I", len(text)) + text for text in texts) + rest


def opus(*texts, serial=7, rest=b"", pages=6, end=4):
    head = b"OpusHead\1\1" + struct.pack("<HIHB", 0, 48000, 0, 0)
    made = ogg_page([head], serial=serial, flags=2)
    made += ogg_page([b"OpusTags" + vorbis_comments(*texts, rest=rest)], serial=serial, number=1)
    for number in range(2, 2 + pages):
        flags = end if number == 1 + pages else 0
        sound = [SILENCE] * 5
        granule = (number - 1) * 4800
        made += ogg_page(sound, serial=serial, number=number, granule=granule, flags=flags)
    return made


def theora(*texts, serial=9):
    """Pages of a stream of pictures: those that begin it, its headers, and the others."""
    comments = b"\x81theora" + vorbis_comments(*texts)
    setup = b"\x82theora" + bytes(300)
    return (
        ogg_page([b"\x80theora\3\2\1" + bytes(32)], serial=serial, flags=2),
        ogg_page([comments, setup], serial=serial, number=1),
        ogg_page([bytes(40)], serial=serial, number=2, granule=1)
        + ogg_page([bytes(50)], serial=serial, number=3, granule=2, flags=4),
    )


def film_in_ogg(sound_texts=(), picture_texts=()):
    """Pictures and sound side by side."""
    first, headers, rest = theora(*picture_texts)
    pages = opus(*sound_texts)
    sound = [at for at in range(len(pages)) if pages.startswith(b"OggS", at)]
    tags = sound[2]
    return first + pages[: sound[1]] + headers + pages[sound[1] : tags] + rest + pages[tags:]


def flac_in_ogg(flac, *texts):
    """The frames of a FLAC file, each in a page, behind headers in pages of their own."""
    info, frames = flac[4:42], flac[50:]
    length = len(frames) // 4
    head = b"\x7fFLAC\1\0\0\1fLaC" + info
    comments = vorbis_comments(*texts)
    block = b"\x84" + len(comments).to_bytes(3, "big") + comments
    made = ogg_page([head], flags=2) + ogg_page([block], number=1)
    for index in range(4):
        frame = frames[index * length : (index + 1) * length]
        flags = 4 if index == 3 else 0
        made += ogg_page([frame], number=2 + index, granule=(index + 1) * 192, flags=flags)
    return made


# ---------------------------------------------------------------------------- Matroska

SEGMENT, SEEK_HEAD, INFO, TRACKS = "18538067", "114D9B74", "1549A966", "1654AE6B"
CLUSTER, CUES, TAGS, VOID = "1F43B675", "1C53BB6B", "1254C367", "EC"
OPEN = b"\x01\xff\xff\xff\xff\xff\xff\xff"


def ebml(kind, *parts, width=None):
    body = b"".join(parts)
    if width is None:
        width = next(n for n in range(1, 9) if len(body) < (1 << 7 * n) - 1)
    size = (len(body) | 1 << 7 * width).to_bytes(width, "big")
    return bytes.fromhex(kind) + size + body


def checked(kind, *parts):
    """An element with a checksum of what is in it."""
    body = b"".join(parts)
    return ebml(kind, ebml("BF", zlib.crc32(body).to_bytes(4, "little")), body)


def simple_tag(name, text, *more):
    return ebml("67C8", ebml("45A3", name.encode()), *more, ebml("4487", text.encode()))


def tag(*simple, target=b""):
    return ebml("7373", ebml("63C0", target), *simple)


def seek(kind, position):
    place = ebml("53AC", position.to_bytes(8, "big"))
    return ebml("4DBB", ebml("53AB", bytes.fromhex(kind)), place)


def matroska_head(doc_type="matroska"):
    return ebml(
        "1A45DFA3",
        *(ebml(kind, b"\1") for kind in ("4286", "42F7")),
        ebml("42F2", b"\4"),
        ebml("42F3", b"\x08"),
        ebml("4282", doc_type.encode()),
        ebml("4287", b"\4"),
        ebml("4285", b"\2"),
    )


def matroska_tracks(kind=2):
    sound = ebml(
        "E1", ebml("B5", struct.pack(">d", 8000)), ebml("9F", b"\1"), ebml("6264", b"\x10")
    )
    pictures = ebml("E0", ebml("B0", b"\x10"), ebml("BA", b"\x10"))
    entry = ebml(
        "AE",
        ebml("D7", b"\1"),
        ebml("73C5", b"\1"),
        ebml("83", bytes([kind])),
        ebml("86", b"A_PCM/INT/LIT" if kind == 2 else b"V_UNCOMPRESSED"),
        sound if kind == 2 else pictures,
    )
    return ebml(TRACKS, entry)


def cue(number, place):
    track = ebml("B7", ebml("F7", b"\1"), ebml("F1", place.to_bytes(8, "big")))
    return ebml("BB", ebml("B3", bytes([number * 50])), track)


def matroska_cluster(number, *more, is_open=False):
    sound = b"".join(struct.pack("<h", (97 * i * (number + 1)) % 9999) for i in range(400))
    body = ebml("E7", bytes([number * 50])), *more, ebml("A3", b"\x81\0\0\x80" + sound)
    if is_open:
        return bytes.fromhex(CLUSTER) + OPEN + b"".join(body)
    return ebml(CLUSTER, *body)


def matroska(
    *,
    doc_type="matroska",
    tags=b"",
    tags_last=b"",
    room=0,
    has_index=True,
    has_cues=True,
    is_open=False,
    kind=2,
    width=8,
    make=ebml,
    before=b"",
):
    """A file: index, room behind it, information, tracks, tags, clusters, cues, last tags."""
    info = make(
        INFO,
        ebml("2AD7B1", (1000000).to_bytes(3, "big")),
        ebml("7BA9", b"Hills"),
        ebml("4D80", b"hand"),
        ebml("5741", b"pen"),
    )
    tracks = matroska_tracks(kind)
    clusters = [matroska_cluster(number, is_open=is_open) for number in range(3)]
    void = ebml(VOID, bytes(room - 9), width=8) if room else b""

    def laid_out(index, cues):
        names = (None, index), (None, void), (INFO, info), (TRACKS, tracks), (TAGS, tags)
        parts = [(None, before), *names, *((CLUSTER, each) for each in clusters)]
        return [*parts, (CUES, cues), (TAGS, tags_last)]

    index = cues = b""
    for _ in range(3):  # the first two times for the lengths
        places, at = [], 0
        for name, part in laid_out(index, cues):
            if part:
                places.append((name, at))
            at += len(part)
        named = [(name, at) for name, at in places if name not in {None, CLUSTER}]
        index = make(SEEK_HEAD, *(seek(*each) for each in named)) if has_index else b""
        clusters_at = [at for name, at in places if name == CLUSTER]
        cues = make(CUES, *map(cue, range(3), clusters_at)) if has_cues else b""
    body = b"".join(part for _, part in laid_out(index, cues))
    if is_open:
        return matroska_head(doc_type) + bytes.fromhex(SEGMENT) + OPEN + body
    return matroska_head(doc_type) + ebml(SEGMENT, body, width=width)


def ebml_elements(data, at, end):
    """Every element as (kind, start, body, end)."""
    found = []
    while at < end:
        start = at
        width = 9 - data[at].bit_length()
        kind = data[at : at + width].hex().upper()
        at += width
        width = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + width], "big") ^ (1 << 7 * width)
        is_open = size == (1 << 7 * width) - 1
        at += width
        stop = end if is_open else at + size
        assert stop <= end
        found.append((kind, start, at, stop))
        at = stop
    return found


def matroska_elements(data):
    """The elements of the segment, and where it begins; it says how long it is."""
    head, segment = ebml_elements(data, 0, len(data))[:2]
    assert (head[0], segment[0]) == ("1A45DFA3", SEGMENT)
    return ebml_elements(data, segment[2], segment[3]), segment[2]


def check_matroska(data):
    """Everything that is named by its place is there, and every checksum is right."""
    elements, base = matroska_elements(data)
    kinds = {start - base: kind for kind, start, _, _ in elements}
    for kind, _, body, end in elements:
        if kind in {VOID, CLUSTER}:
            continue
        inside = ebml_elements(data, body, end)
        if inside and inside[0][0] == "BF":
            _, _, at, stop = inside[0]
            assert data[at:stop] == zlib.crc32(data[stop:end]).to_bytes(4, "little")
        if kind == SEEK_HEAD:
            for each in inside:
                if each[0] == "4DBB":
                    name, place = ebml_elements(data, each[2], each[3])
                    at = int.from_bytes(data[place[2] : place[3]], "big")
                    assert kinds[at] == data[name[2] : name[3]].hex().upper()
        if kind == CUES:
            for each in inside:
                if each[0] == "BB":
                    _, places = ebml_elements(data, each[2], each[3])
                    _, place = ebml_elements(data, places[2], places[3])
                    assert kinds[int.from_bytes(data[place[2] : place[3]], "big")] == CLUSTER
    return elements


def named_tags(data):
    """How many elements of tags the indexes name, those of a second index included."""
    elements, base = matroska_elements(data)
    starts = {start - base: (kind, body, end) for kind, start, body, end in elements}
    waiting = [each for each in elements if each[0] == SEEK_HEAD][:1]
    count, seen = 0, set()
    while waiting:
        _, start, body, end = waiting.pop()
        if start in seen:
            continue
        seen.add(start)
        for each in ebml_elements(data, body, end):
            if each[0] == "4DBB":
                _, place = ebml_elements(data, each[2], each[3])
                at = int.from_bytes(data[place[2] : place[3]], "big")
                kind, inner, stop = starts[at]
                count += kind == TAGS
                if kind == SEEK_HEAD:
                    waiting.append((kind, at + base, inner, stop))
    return count


# ---------------------------------------------------------------------------- FLV


def amf_name(name):
    return struct.pack(">H", len(name)) + name.encode()


def amf(value):
    match value:
        case bool():
            return bytes([1, value])
        case int() | float():
            return b"\0" + struct.pack(">d", value)
        case str():
            return b"\2" + struct.pack(">H", len(value.encode())) + value.encode()
        case list():
            return b"\x0a" + struct.pack(">I", len(value)) + b"".join(map(amf, value))
        case _:
            return b"\3" + b"".join(amf_name(n) + amf(v) for n, v in value.items()) + b"\0\0\x09"


def amf_array(properties):
    return b"\x08" + struct.pack(">I", len(properties)) + amf(properties)[1:]


def flv_tag(kind, body, time=0):
    made = bytes([kind]) + len(body).to_bytes(3, "big") + time.to_bytes(3, "big") + bytes(4) + body
    return made + struct.pack(">I", len(made))


def flv_sound(number):
    """100 ms of linear PCM, 5.5 kHz, 16 bits, mono."""
    sound = b"".join(struct.pack("<h", (97 * i * (number + 1)) % 9999) for i in range(551))
    return flv_tag(8, b"\x32" + sound, number * 100)


def flv(properties=None, *, array=True, more=b"", before=b""):
    """A film of sound alone; with ``keyframes`` among the properties, its index is right."""
    sound = [flv_sound(number) for number in range(5)]

    def metadata():
        if properties is None:
            return b""
        written = (amf_array if array else amf)(properties)
        return flv_tag(18, amf("onMetaData") + written)

    head = b"FLV\1\4\0\0\0\x09\0\0\0\0" + before
    for _ in range(2):
        at = len(head) + len(metadata()) + len(more)
        places = [at + sum(map(len, sound[:n])) for n in range(5)]
        if properties and "keyframes" in properties:
            times = [n / 10 for n in range(5)]
            properties["keyframes"] = {"filepositions": places, "times": times}
            properties["lastkeyframelocation"] = places[-1]
            properties["filesize"] = at + sum(map(len, sound))
    return head + metadata() + more + b"".join(sound)


def flv_tags(data):
    """Every tag as (kind, start, body); each says its length a second time behind it."""
    at, found = 13, []
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 4], "big")
        end = at + 11 + length
        assert data[end : end + 4] == struct.pack(">I", end - at)
        found.append((data[at], at, data[at + 11 : end]))
        at = end + 4
    return found
