"""The trailer of Samsung's phones: what is read of it, and that nothing else costs anything."""

import io
import random
import struct
import subprocess

import pytest
from credlabel_plugins.formats._fields import Fields
from credlabel_plugins.formats._samsung_trailer import MAX_BYTES, collect_trailer
from PIL import Image

PEG, EDIT = (0x0D91, "PEg_Info"), (0x0BA1, "PhotoEditor_Re_Edit_Data")
TOLD = b'{"genImageVersion":"v1","connectorType":"srvg","genAIType":5}'


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


def trailer(*blocks):
    data, starts = b"", []
    for (kind, name), content in blocks:
        starts.append(len(data))
        data += struct.pack("<HHI", 0, kind, len(name)) + name.encode() + content
    ends = [*starts[1:], len(data)]
    directory = b"SEFH" + struct.pack("<II", 107, len(blocks))
    for ((kind, _), _), start, end in zip(blocks, starts, ends, strict=True):
        directory += struct.pack("<HHII", 0, kind, len(data) - start, end - start)
    return data + directory + struct.pack("<I", len(directory)) + b"SEFT"


def read(data):
    fields = Fields()
    collect_trailer(io.BytesIO(data), fields)
    return fields.freeze()


def test_the_blocks_about_editing_are_read():
    data = jpeg() + trailer(
        ((0x0A01, "Image_UTC_Data"), b"1732356000000"),
        (PEG, TOLD),
        (EDIT, b'{"originalPath":"/x"}'),
        ((0x0BA1, "Original_Path_Hash_Key"), b"abc/7"),
    )
    assert read(data) == {
        "samsung:PEg_Info": (TOLD.decode(),),
        "samsung:PhotoEditor_Re_Edit_Data": ('{"originalPath":"/x"}',),
    }


def test_an_independent_reader_reads_the_same_trailer(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg() + trailer(((0x0A01, "Image_UTC_Data"), b"1732356000000"), (PEG, TOLD)))
    done = subprocess.run(["exiftool", "-v3", path], capture_output=True, check=True)
    assert b"1732356000000" in done.stdout
    assert b"genImageVersion" in done.stdout


class Counted(io.BytesIO):
    reads = 0

    def read(self, size=-1, /):
        self.reads += 1
        return super().read(size)


def test_a_picture_without_trailer_costs_one_small_read():
    fields, source = Fields(), Counted(jpeg())
    collect_trailer(source, fields)
    assert fields.freeze() == {}
    assert source.reads == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SEFT",
        b"\0\0\0\0SEFT",
        struct.pack("<I", 0xFFFFFFFF) + b"SEFT",
        b"SEFH" + bytes(8) + struct.pack("<I", 12) + b"SEFT",
        b"SEFX" + bytes(8) + struct.pack("<I", 12) + b"SEFT",
        b"x" * 30 + struct.pack("<I", 29) + b"SEFT",
        trailer((PEG, b"x" * MAX_BYTES)),
    ],
)
def test_what_is_broken_or_huge_says_nothing(data):
    assert read(data) == {}


def test_damage_anywhere_is_survived():
    whole = jpeg() + trailer((PEG, TOLD), (EDIT, b"{}"))
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[-chance.randrange(1, 200)] = chance.randrange(256)
        read(bytes(damaged[: chance.randrange(len(whole) - 200, len(whole) + 1)]))
        read(bytes(damaged))


def test_many_blocks_take_no_long_time():
    directory = b"SEFH" + bytes(8) + struct.pack("<HHII", 0, 0x0D91, 1 << 31, 1 << 20) * 1000
    read(bytes(1000) + directory + struct.pack("<I", len(directory)) + b"SEFT")
