"""Files of every family, made here, and a signer to put real credentials into them."""

import datetime as dt
import functools
import io
import struct
import wave
import zipfile
import zlib

import pytest
from c2pa import Builder, C2paSignerInfo, Context, Signer
from credlabel_plugins.formats import bmff, flac, gif, jpeg, jxl, mp3, pdf, png, riff, svg, tiff
from credlabel_plugins.formats import zip as zip_module
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from PIL import Image

from credlabel.errors import MalformedAssetError

REMOTE = "https://example.com/manifest.c2pa"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF dcterms:%s="u"/></x:xmpmeta>'
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False},
}
ACTIONS = {
    "actions": [
        {
            "action": "c2pa.created",
            "digitalSourceType": (
                "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
            ),
        }
    ]
}
DEFINITION = {
    "claim_generator_info": [{"name": "test", "version": "1"}],
    "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": ACTIONS}],
}


# ---------------------------------------------------------------------------- builders


def picture(size=(96, 64), *, count=1):
    frames = [Image.effect_noise(size, 60).convert("RGB") for _ in range(count)]
    return frames[0], frames[1:]


def saved(kind, *, frames=1, size=(96, 64), **options):
    first, rest = picture(size, count=frames)
    out = io.BytesIO()
    if rest:
        options |= {"save_all": True, "append_images": rest}
    first.save(out, kind, **options)
    return out.getvalue()


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def movie(*, chunk=0, extra=b""):
    """A moov box with one track, whose only chunk lies at ``chunk``."""
    samples = box(
        b"stbl",
        box(b"stsd", bytes(8)),
        box(b"stts", bytes(8)),
        box(b"stsc", bytes(8)),
        box(b"stsz", bytes(12)),
        box(b"stco", bytes(4), struct.pack(">II", 1, chunk)),
    )
    data = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), box(b"url ", b"\0\0\0\1")))
    media = box(b"mdia", box(b"mdhd", bytes(24)), box(b"minf", data, samples))
    return box(
        b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"tkhd", bytes(84)), media), extra
    )


def film(brand=b"isom", *, index_first=True):
    head = box(b"ftyp", brand, bytes(4), brand)
    data = box(b"mdat", bytes(range(256)) * 16)
    if index_first:
        index = movie(chunk=len(head) + len(movie()) + 8)
        return head + index + data
    return head + data + movie(chunk=len(head) + 8)


def heif(*, xmp=None, brand=b"heic"):
    """A HEIF file with one picture item and perhaps an XMP item, in its mdat."""
    head = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    items = [(b"hvc1", b"\0", b"\x42" * 300)]
    if xmp is not None:
        items.append((b"mime", b"\0application/rdf+xml\0", xmp))

    def meta(start):
        entries, places, at = [], [], start
        for number, (kind, name, body) in enumerate(items, 1):
            entries.append(box(b"infe", b"\2\0\0\0", struct.pack(">HH", number, 0), kind, name))
            places.append(struct.pack(">HHHII", number, 0, 1, at, len(body)))
            at += len(body)
        count = struct.pack(">H", len(items))
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", bytes(4), b"\0\1"),
            box(b"iinf", bytes(4), count, *entries),
            box(b"iloc", bytes(4), b"\x44\0", count, *places),
        )

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(body for _, _, body in items))


def jxl_container(*boxes):
    return (
        box(b"JXL ", b"\r\n\x87\n")
        + box(b"ftyp", b"jxl ", bytes(4), b"jxl ")
        + b"".join(boxes)
        + box(b"jxlc", b"\xff\x0a" + bytes(range(256)) * 4)
    )


def mp3_frames(count=23):
    """Silent frames of MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * count


def id3(*frames, version=4, padding=0, flags=0):
    body = b""
    for name, data in frames:
        size = len(data)
        if version == 4:
            field = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
        else:
            field = size.to_bytes(4 if version == 3 else 3, "big")
        body += name + field + (b"\0\0" if version > 2 else b"") + data
    body += bytes(padding)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, flags]) + size + body


def crc(data, polynomial, bits):
    value = 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) & 1 else 0)
            value &= (1 << bits) - 1
    return value


def flac_file(*, frames=4, total=None, block=192):
    """Verbatim frames of 16-bit mono sound."""
    total = frames * block if total is None else total
    info = struct.pack(">HH", block, block) + bytes(6)
    info += (44100 << 44 | 0 << 41 | 15 << 36 | total).to_bytes(8, "big") + bytes(16)
    data = b"fLaC\x00" + len(info).to_bytes(3, "big") + info + b"\x81\0\0\x04" + bytes(4)
    for number in range(frames):
        head = b"\xff\xf8\x70\x08" + bytes([number]) + struct.pack(">H", block - 1)
        head += bytes([crc(head, 0x07, 8)])
        samples = b"".join(struct.pack(">h", (7919 * i * i) % 65536 - 32768) for i in range(block))
        frame = head + b"\x02" + samples
        data += frame + crc(frame, 0x8005, 16).to_bytes(2, "big")
    return data


def wav():
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(256)) * 16)
    return out.getvalue()


def chunk(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def avi():
    body = chunk(b"LIST", b"hdrl" + chunk(b"avih", bytes(56)))
    body += chunk(b"LIST", b"movi" + chunk(b"00dc", bytes(999)))
    return chunk(b"RIFF", b"AVI " + body + chunk(b"idx1", bytes(16)))


def directory(order, entries, *, following=0):
    """A classic TIFF directory of (tag, type, count, four bytes or a number)."""
    data = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in sorted(entries):
        field = value if isinstance(value, bytes) else struct.pack(order + "I", value)
        data += struct.pack(order + "HHI", tag, kind, count) + field.ljust(4, b"\0")
    return data + struct.pack(order + "I", following)


def raw_picture(make, *, order="<"):
    """A camera's raw picture: a preview first, the picture in a sub-directory."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    length = 2 + 12 * 5 + 4
    sub = 8 + length
    strips = sub + 2 + 12 * 3 + 4
    name = strips + 400
    long = functools.partial(struct.pack, order + "I")
    first = [
        (254, 4, 1, long(1)),
        (256, 4, 1, long(16)),
        (271, 2, len(make) + 1, name),
        (330, 4, 1, long(sub)),
        (0x9999, 7, 4, b"\1\2\3\4"),
    ]
    second = [(256, 4, 1, long(20)), (273, 4, 1, long(strips)), (279, 4, 1, long(400))]
    return (
        mark
        + long(8)
        + directory(order, first)
        + directory(order, second)
        + b"\x55" * 400
        + make
        + b"\0"
    )


def document(*objects, trailer=b"", version=b"1.7"):
    """A PDF of numbered objects (the first is the catalogue), with a cross-reference table."""
    data = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Root 1 0 R /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n"
    return data + end % (len(objects) + 1, trailer, start)


def stream(body, entries=b""):
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), entries, body)


PAGES = (
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>",
    stream(b"0 0 m 50 50 l S " * 40),
)


def archive(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, body in entries:
            kind = zipfile.ZIP_STORED if name == "mimetype" else compression
            packed.writestr(name, body, kind)
    return out.getvalue()


def content_types(main):
    return (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types"><Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    )


DRAWING = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn by hand -->\n'
    b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">'
    + b'<g><path d="M0 0L9 9"/></g>' * 40
    + b"</svg>"
)

FILES = {
    "jpeg": lambda: saved("JPEG"),
    "jpeg-progressive": lambda: saved("JPEG", progressive=True, size=(200, 160)),
    "png": lambda: saved("PNG"),
    "png-animated": lambda: saved("PNG", frames=3),
    "webp": lambda: saved("WEBP"),
    "webp-lossless": lambda: saved("WEBP", lossless=True),
    "webp-animated": lambda: saved("WEBP", frames=3),
    "wav": wav,
    "avi": avi,
    "gif": lambda: saved("GIF"),
    "gif-animated": lambda: saved("GIF", frames=3),
    "tiff": lambda: saved("TIFF"),
    "tiff-lzw": lambda: saved("TIFF", compression="tiff_lzw"),
    "tiff-pages": lambda: saved("TIFF", frames=3),
    "tiff-big": lambda: saved("TIFF", big_tiff=True),
    "dng": lambda: saved("TIFF", tiffinfo={50706: b"\1\4\0\0"}),
    "nef": lambda: raw_picture(b"NIKON CORPORATION"),
    "arw": lambda: raw_picture(b"SONY", order=">"),
    "avif": lambda: saved("AVIF"),
    "heic": heif,
    "heif": lambda: heif(brand=b"mif1"),
    "mp4": film,
    "mp4-index-last": lambda: film(index_first=False),
    "mov": lambda: film(b"qt  "),
    "mov-classic": lambda: film()[20:].replace(b"stco", b"free"),
    "m4a": lambda: film(b"M4A "),
    "m4v": lambda: film(b"M4V "),
    "jxl": jxl_container,
    "svg": lambda: DRAWING,
    "mp3": mp3_frames,
    "mp3-tagged": lambda: id3((b"TIT2", b"\0title"), version=3, padding=64) + mp3_frames(),
    "flac": flac_file,
    "pdf": lambda: document(b"<< /Type /Catalog /Pages 2 0 R >>", *PAGES),
    "docx": lambda: archive(
        (
            "[Content_Types].xml",
            content_types(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
            ),
        ),
        ("word/document.xml", "<w/>" * 500),
    ),
    "epub": lambda: archive(("mimetype", "application/epub+zip"), ("OPS/a.xhtml", "<html/>")),
    "zip": lambda: archive(("readme.txt", "hello " * 100)),
}


@functools.cache
def made_file(name):
    return FILES[name]()


# ---------------------------------------------------------------------------- signing


def new_name(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"),
        ]
    )


@functools.cache
def credentials():
    """A signing certificate under a CA of its own, and its key; both PEM."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    now = dt.datetime.now(dt.UTC)
    usages = "content_commitment key_encipherment data_encipherment key_agreement key_cert_sign"
    usage = x509.KeyUsage(
        digital_signature=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(usages.split(), False),
    )
    claim_signing = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
    extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, claim_signing])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(new_name("leaf"))
        .issuer_name(new_name("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .add_extension(usage, critical=True)
        .add_extension(extended, critical=False)
        .sign(authority, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


@functools.cache
def signed_file(name, *, remote=False):
    certificate, key = credentials()
    media_type = identify(made_file(name))
    builder = Builder(DEFINITION, context=Context.from_dict(SETTINGS))
    if remote:
        builder.set_no_embed()
        builder.set_remote_url(REMOTE)
    signer = Signer.from_info(C2paSignerInfo(b"es256", certificate, key, None))
    out = io.BytesIO()
    builder.sign(signer, media_type, io.BytesIO(made_file(name)), out)
    return out.getvalue()


# ---------------------------------------------------------------------------- what tests ask for

MODULES = (jpeg, png, riff, gif, tiff, bmff, jxl, svg, pdf, mp3, flac, zip_module)
FORMATS = tuple(module.credlabel_formats()[0] for module in MODULES)


def identify(data):
    """The one media type that any format gives; two answers fail."""
    answers = [kind for each in FORMATS if (kind := each.accepts(data[:4096]))]
    assert len(answers) < 2, answers
    return answers[0] if answers else None


def is_whole(form, data):
    try:
        form.check_whole(io.BytesIO(data))
    except MalformedAssetError:
        return False
    return True


def check_cuts(form, data, *, harmless=0):
    """A file is refused wherever it is cut, but for the last ``harmless`` bytes."""
    assert is_whole(form, data)
    length = len(data) - harmless
    places = {length * step // 41 for step in range(41)}
    places |= {length * 3 // 10, length * 9 // 10, length - 1}
    passed = [place for place in sorted(places) if is_whole(form, data[:place])]
    assert not passed


class Kit:
    """Everything above, for the tests; importlib mode has no other way to share it."""

    files = FILES
    formats = FORMATS
    xmp = XMP % b"title"
    remote_xmp = XMP % b"provenance"
    made = staticmethod(made_file)
    signed = staticmethod(signed_file)
    identify = staticmethod(identify)
    is_whole = staticmethod(is_whole)
    check_cuts = staticmethod(check_cuts)
    box = staticmethod(box)
    movie = staticmethod(movie)
    film = staticmethod(film)
    heif = staticmethod(heif)
    jxl = staticmethod(jxl_container)
    mp3 = staticmethod(mp3_frames)
    id3 = staticmethod(id3)
    flac = staticmethod(flac_file)
    chunk = staticmethod(chunk)
    directory = staticmethod(directory)
    document = staticmethod(document)
    stream = staticmethod(stream)
    pages = PAGES
    archive = staticmethod(archive)
    content_types = staticmethod(content_types)
    saved = staticmethod(saved)
    crc32 = staticmethod(zlib.crc32)

    @staticmethod
    def probe(form, data):
        return form.may_carry_credential(io.BytesIO(data))

    @staticmethod
    def objection(form, data):
        return form.embedding_objection(io.BytesIO(data))


@pytest.fixture(scope="session")
def kit():
    return Kit
