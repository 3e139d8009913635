"""A second opinion on labelled PDFs: what pypdf does not read as before is not written."""

import io

import pytest
from credlabel_plugins.formats import pdf as plugin
from credlabel_plugins.formats._pdf_witness import check_read_as_before
from making import labelled, labeller, sample

from credlabel.errors import ReadBackError


def check(before, after):
    check_read_as_before(io.BytesIO(before), io.BytesIO(after))


def test_a_labelled_document_reads_as_before():
    check(sample("hills.pdf"), labelled("hills.pdf").data)


def without_its_pages(data):
    at = data.rindex(b"/Pages")
    return data[:at] + b"/Pagez" + data[at + 6 :]


@pytest.mark.parametrize(
    "damage",
    [
        without_its_pages,
        lambda data: data.replace(
            b"/AFRelationship /C2PA_Manifest", b"/AFRelationship /Data" + b" " * 9
        ),
        lambda data: data.replace(b"/Count 1", b"/Count 7"),
        lambda data: data[: len(sample("hills.pdf")) // 2],
    ],
    ids=["no pages", "no credential", "other pages", "cut"],
)
def test_one_that_reads_otherwise_is_noticed(damage):
    made = labelled("hills.pdf").data
    assert damage(made) != made
    with pytest.raises(ReadBackError, match="does not read as the original does"):
        check(sample("hills.pdf"), damage(made))


def test_the_original_alone_lacks_the_credential():
    with pytest.raises(ReadBackError):
        check(sample("hills.pdf"), sample("hills.pdf"))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no document"])
def test_what_can_t_be_read_in_the_first_place_is_not_judged(data):
    check(data, data)


def test_nothing_is_labelled_against_its_word(monkeypatch):
    def refuse(source, sink):
        raise ReadBackError("No.")

    monkeypatch.setattr(plugin, "check_read_as_before", refuse)
    with pytest.raises(ReadBackError, match="No"):
        labeller().label_bytes(sample("hills.pdf"), name="a.pdf")
