"""Signers, samples and other people's credentials, made for the tests of the core."""

import functools
import io
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credlabel import terms
from credlabel.credentials import TrustAnchors
from credlabel.development import make_development_identity
from credlabel.label import Labeller
from credlabel.scan import Scanner

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "files"
GENERATED = terms.TRAINED_ALGORITHMIC_MEDIA
CAPTURED = terms.IPTC + "digitalCapture"
_OFFLINE = {
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False},
    "core": {"allowed_network_hosts": []},
    "builder": {"thumbnail": {"enabled": False}},
}


# ---------------------------------------------------------------------------- signers


class CallbackSigner:
    """A key that signs and never leaves: the least that a Signer is."""

    algorithm = "es256"
    timestamp_uri = None

    def __init__(self, identity):
        self._identity = identity
        self._key = serialization.load_pem_private_key(identity.key_pem, None)
        self.certificate_chain = identity.chain_pem

    def sign(self, data):
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


class KeySigner(CallbackSigner):
    """A key that may be handed to the core."""

    def private_key_pem(self):
        return self._identity.key_pem


@functools.cache
def identity(name="tests"):
    return make_development_identity(name=name, now=datetime.now(UTC))


@functools.cache
def signer(name="tests"):
    return KeySigner(identity(name))


def expired_signer():
    then = datetime.now(UTC) - timedelta(days=90)
    return KeySigner(make_development_identity(name="expired", now=then, days=30))


def anchors(name="tests"):
    return TrustAnchors(signers=identity(name).authority_pem.decode())


@functools.cache
def labeller():
    return Labeller(signer())


@functools.cache
def scanner():
    return Scanner()


# ---------------------------------------------------------------------------- files


@functools.cache
def sample(name):
    return (SAMPLES / name).read_bytes()


@functools.cache
def labelled(name, provenance=None):
    """A sample with a label of ours: Labelled."""
    return labeller().label_bytes(sample(name), name=name, provenance=provenance)


def read(data, *, name="", sidecar=None):
    """The whole credential of some bytes, as the scanner reads it."""
    source = io.BytesIO(data)
    media_type = scanner().identify(source, name)
    return scanner().read_credential(source, media_type=media_type, sidecar=sidecar)


def read_file(path):
    beside = path.with_name(path.name + ".c2pa")
    side = beside.read_bytes() if beside.exists() else None
    return read(path.read_bytes(), name=path.name, sidecar=side)


def actions_in(manifest):
    return [
        action
        for assertion in manifest["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]


def lineage(reading):
    """The manifests of a reading from the active one back, by its parents."""
    manifests = reading.store["manifests"]
    label = reading.store["active_manifest"]
    found = []
    while label:
        found.append(manifests[label])
        parents = [
            i for i in manifests[label].get("ingredients", ()) if i["relationship"] == "parentOf"
        ]
        label = parents[0].get("active_manifest") if parents else None
    return found


def chunk_after_header(png, kind, body):
    """A PNG with one more chunk behind its header."""
    import zlib

    made = len(body).to_bytes(4, "big") + kind + body
    made += zlib.crc32(kind + body).to_bytes(4, "big")
    return png[:33] + made + png[33:]


def with_remote_reference(jpeg, uri):
    """A whole JPEG whose XMP says that its manifest store is at ``uri``."""
    from credlabel.probe import remote_bait

    return jpeg[:2] + remote_bait(uri)[2:-2] + jpeg[2:]


def png_with_remote_reference(png, uri):
    packet = with_remote_reference(b"\xff\xd8\xff\xd9", uri)
    xml = packet[packet.index(b"<x:") : packet.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]
    return chunk_after_header(png, b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xml)


# ---------------------------------------------------------------------------- other people's


def created(source_type=GENERATED, **more):
    return {"action": "c2pa.created", "digitalSourceType": source_type, **more}


def definition(*actions, assertions=(), ingredients=()):
    made = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": list(actions)}}
    return {
        "claim_generator_info": [{"name": "somebody", "version": "1"}],
        "ingredients": list(ingredients),
        "assertions": [made, *assertions],
    }


def sign(data, media_type, claim, *, who="tests", resources=None, remote="", embed=True):
    """What c2pa-rs itself makes of ``claim``: the file and the manifest store."""
    builder = c2pa.Builder(claim, context=c2pa.Context.from_dict(_OFFLINE))
    if not embed:
        builder.set_no_embed()
    if remote:
        builder.set_remote_url(remote)
    for name, body in (resources or {}).items():
        builder.add_resource(name, io.BytesIO(body))
    key = identity(who)
    info = c2pa.C2paSignerInfo(b"es256", key.chain_pem, key.key_pem, None)
    sink = io.BytesIO()
    with c2pa.Signer.from_info(info) as native:
        store = builder.sign(native, media_type, io.BytesIO(data), sink)
    return sink.getvalue(), bytes(store)


# ---------------------------------------------------------------------------- damage


def mutations(data, rng, count):
    """Damaged copies of ``data``: cut, flipped, doubled, swapped, stretched."""
    for kind in itertools.islice(itertools.cycle(range(5)), count):
        made = bytearray(data)
        at = rng.randrange(len(made)) if made else 0
        span = rng.randrange(1, 64)
        match kind:
            case 0:
                del made[at:]
            case 1:
                for _ in range(rng.randrange(1, 8)):
                    if made:
                        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
            case 2:
                made[at:at] = made[at : at + span * 50]
            case 3:
                made[at : at + span] = rng.randbytes(span)
            case _:
                made[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f" * 4))
        yield bytes(made)
