"""One flipped bit is noticed anywhere but in the bytes that the standard leaves out of the hash.

What is skipped, and why:

- The ranges that the hard binding itself lists as exclusions: the manifest store with its
  container's wrapping, and in TIFF and DNG the one number that says where it lies. A hash can't
  cover itself. That these are no larger than what labelling added is tested, too. Inside, some
  bytes are free (padding of the signature, box labels): there a flip may go unnoticed, but what
  the label says must stay the same.
- In BMFF files (MP4, HEIC, AVIF…) the top-level boxes ``ftyp``, ``uuid``, ``mfra``, ``free`` and
  ``skip``, which C2PA 2.5 leaves out of ``c2pa.hash.bmff.v3``.

A sidecar's hash has no exclusions: no byte of its file is skipped.
"""

import io
import json
import random

import c2pa
import pytest
from making import SAMPLES, labelled, read, sample, scanner

from credlabel.hookspecs import CredentialCarrier

NAMES = sorted(path.name for path in SAMPLES.iterdir())
EMBEDDED = [name for name in NAMES if labelled(name).sidecar is None]
BESIDE = [name for name in NAMES if name not in EMBEDDED]
FLIPS = 150
LEFT_OUT = (b"ftyp", b"uuid", b"mfra", b"free", b"skip")


def flipped(data, at, rng):
    made = bytearray(data)
    made[at] ^= 1 << rng.randrange(8)
    return bytes(made)


def sampled(offsets, rng):
    return sorted(rng.sample(offsets, min(FLIPS, len(offsets))))


def skipped(made):
    """The (start, length) ranges of a labelled file that its hard binding leaves out."""
    carrier = scanner().plugins.format_of(made.receipt.media_type)
    if isinstance(carrier, CredentialCarrier):
        return list(carrier.extract(io.BytesIO(made.data)).exclusions)
    with c2pa.Reader(made.receipt.media_type, io.BytesIO(made.data)) as reader:
        store = json.loads(reader.detailed_json())
    assertions = store["manifests"][store["active_manifest"]]["assertion_store"]
    if "c2pa.hash.data" in assertions:
        return [(e["start"], e["length"]) for e in assertions["c2pa.hash.data"]["exclusions"]]
    (binding,) = (assertions[label] for label in assertions if "bmff" in label)
    assert {e["xpath"] for e in binding["exclusions"]} == {f"/{b.decode()}" for b in LEFT_OUT}
    return [(at, length) for at, length, kind in boxes(made.data) if kind in LEFT_OUT]


def boxes(data):
    at = 0
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        yield at, length or len(data) - at, kind
        at += length or len(data)


def outside(made):
    left_out = set()
    for start, length in skipped(made):
        left_out |= set(range(start, start + length))
    return [at for at in range(len(made.data)) if at not in left_out], sorted(left_out)


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_flip_outside_the_store_is_never_intact(name):
    made, rng = labelled(name), random.Random(name)
    hashed, _ = outside(made)
    assert len(hashed) > 100
    for at in sampled(hashed, rng):
        report = scanner().scan_bytes(flipped(made.data, at, rng), name=name)
        assert report.verdict.integrity != "intact", at


@pytest.mark.parametrize("name", EMBEDDED)
def test_no_more_is_left_out_than_labelling_added(name):
    made = labelled(name)
    _, left_out = outside(made)
    before = (
        sum(n for _, n, kind in boxes(sample(name)) if kind in LEFT_OUT) if is_bmff(made) else 0
    )
    assert len(left_out) - before <= len(made.data) - len(sample(name))


def is_bmff(made):
    return made.data[4:8] == b"ftyp"


@pytest.mark.parametrize("name", BESIDE)
def test_a_flip_in_a_file_with_a_sidecar_is_never_intact(name):
    made, rng = labelled(name), random.Random(name)
    for at in sampled(range(len(made.data)), rng):
        damaged = flipped(made.data, at, rng)
        report = scanner().scan_bytes(damaged, name=name, sidecar=made.sidecar)
        assert report.verdict.integrity == "tampered", at


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.pdf", "hills.mp4", "hills.txt"])
def test_a_flip_inside_the_store_changes_nothing_that_is_said_and_signed(name):
    made, rng = labelled(name), random.Random(name)
    where = made.sidecar or made.data
    inside = range(len(where)) if made.sidecar else outside(made)[1]
    said, *_ = scanner().scan_bytes(made.data, name=name, sidecar=made.sidecar).evidence
    noticed = 0
    for at in sampled(inside, rng):
        damaged = flipped(where, at, rng)
        data, side = (made.data, damaged) if made.sidecar else (damaged, None)
        report = scanner().scan_bytes(data, name=name, sidecar=side)
        if report.verdict.integrity == "intact":
            says, *_ = report.evidence
            assert says.provenance == said.provenance
            assert says.origin == said.origin
            assert says.details["input_sha256"] == said.details["input_sha256"]
        else:
            noticed += 1
    assert noticed > FLIPS // 3


@pytest.mark.parametrize("name", ["hills.jpg", "hills.png", "hills.wav", "hills.txt", "hills.pdf"])
def test_bytes_put_before_or_after_are_noticed(name):
    made = labelled(name)
    for damaged in (made.data + b"\0", made.data + made.data, made.data[:-1]):
        report = scanner().scan_bytes(damaged, name=name, sidecar=made.sidecar)
        assert report.verdict.integrity != "intact"


def test_a_store_moved_to_another_file_does_not_fit():
    (start, length), *_ = skipped(labelled("hills.jpg"))
    segment = labelled("hills.jpg").data[start : start + length]
    other = bytearray(sample("hills.jpg"))
    other[-30] ^= 1  # another picture
    moved = bytes(other[:start]) + segment + bytes(other[start:])
    assert read(moved).is_present
    assert scanner().scan_bytes(moved).verdict.integrity == "tampered"
