"""Files with several XMP packets say a property once, and have room for so many."""

from functools import partial

import pytest
from credlabel_plugins.formats import _xmp_packets
from credlabel_plugins.formats._fields import Fields
from credlabel_plugins.formats._xmp import read_packet
from credlabel_plugins.formats._xmp_packets import Packet, Room, change_packets
from credlabel_plugins.formats._xmp_writing import updated_packet

from credlabel.errors import LimitExceededError

LABEL = "TC260:AIGC"
KEPT = {"dc:source": ("theirs",)}


def with_structure():
    packet = updated_packet(None, KEPT | {LABEL: ("x",)})
    made = packet.replace(b">x</TC260:AIGC>", b' TC260:Label="1" TC260:ProduceID="7"/>')
    assert made != packet
    return made


def said(packet):
    fields = Fields()
    read_packet(packet, fields)
    return fields.freeze()


def changed(*packets):
    """The packets after a change of the label."""
    made = list(packets)
    main, *others = (
        Packet(data, partial(made.__setitem__, number)) for number, data in enumerate(packets)
    )
    change_packets({LABEL: ("new",)}, main, others, add=pytest.fail)
    return made


@pytest.mark.parametrize("form", [with_structure(), updated_packet(None, KEPT | {LABEL: ("x",)})])
def test_a_property_is_taken_out_of_other_packets_whatever_its_form(form):
    first, second = changed(form, form)
    kept = {"xmp:dc:source": ("theirs",)}
    assert said(first) == kept | {f"xmp:{LABEL}": ("new",)}
    assert said(second) == kept
    untouched = updated_packet(None, KEPT)
    assert changed(form, untouched)[1] is untouched


def test_small_packets_take_room_too(monkeypatch):
    monkeypatch.setattr(_xmp_packets, "MAX_TOTAL", 5000)
    room = Room()
    for _ in range(4):
        room.take(1)
    with pytest.raises(LimitExceededError):
        room.take(1)
    with pytest.raises(LimitExceededError):
        Room().take(_xmp_packets.MAX_VALUE + 1)
