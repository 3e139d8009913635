"""Manifest stores box by box: made from nothing, or with a signature that was not asked for."""

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


def box(kind, body):
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def superbox(label, *children):
    description = box(b"jumd", bytes(16) + b"\3" + label + b"\0")
    return box(b"jumb", description + b"".join(children))


def with_cose(cose):
    """A store that is nothing but boxes around a signature."""
    signature = superbox(b"c2pa.signature", box(b"cbor", cose))
    return superbox(b"c2pa", superbox(b"urn:c2pa:x", signature))


def cose_sign1(protected, signature=b""):
    return cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps(protected), {}, None, signature]))


def parts_of(store):
    """The active COSE_Sign1: it is the last content of its kind in a store."""
    return cbor2.loads(store[store.rindex(b"cbor\xd2") + 4 :]).value


def signed_again(store, certificates, key):
    """A store with one manifest whose claim is signed with another P-256 key, unseen by anybody.

    ``certificates`` are DER; what the library would refuse to sign with will do.
    """
    claim = _content_after(store, b"c2pa.claim")
    chain = certificates[0] if len(certificates) == 1 else list(certificates)
    protected = cbor2.dumps({1: -7, 33: chain})
    der = key.sign(cbor2.dumps(["Signature1", protected, b"", claim]), ec.ECDSA(hashes.SHA256()))
    signature = b"".join(each.to_bytes(32, "big") for each in utils.decode_dss_signature(der))
    start = store.rindex(b"c2pa.signature\0") - 33
    cose = cose_sign1({1: -7, 33: chain}, signature)
    active = superbox(b"c2pa.signature", box(b"cbor", cose))
    size = int.from_bytes(store[start : start + 4], "big")
    active = active[:16] + store[start + 16 : start + 32] + active[32:]  # the kind of box
    made = bytearray(store[:start] + active + store[start + size :])
    outer = int.from_bytes(store[8:12], "big") + 8
    for at in (0, outer):
        length = int.from_bytes(store[at : at + 4], "big") + len(active) - size
        made[at : at + 4] = length.to_bytes(4, "big")
    return bytes(made)


def _content_after(store, label):
    at = store.index(b"cbor", store.index(label)) - 4
    return store[at + 8 : at + int.from_bytes(store[at : at + 4], "big")]
