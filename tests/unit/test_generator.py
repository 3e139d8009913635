"""The pretended generator: small, whole, unmarked files, the same from the same seed."""

import hashlib
import io

import pytest
from making import labeller, scanner
from PIL import Image

from credlabel import generator
from credlabel.model import Relation, Tier


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generator.generate(tmp_path_factory.mktemp("made") / "new" / "folder", seed=3)


def digests(paths):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.slow
def test_the_same_seed_makes_the_same_files(made, tmp_path):
    again = generator.generate(tmp_path, seed=3)
    assert digests(again) == digests(made)
    other = digests(generator.generate(tmp_path, seed=4))
    assert other.keys() == digests(made).keys()
    assert not set(other.values()) & set(digests(made).values())


def test_the_paths_returned_are_all_and_sorted(made):
    assert list(made) == sorted(made[0].parent.iterdir())
    assert len(made) >= 11


def test_every_file_is_small(made):
    for path in made:
        assert 0 < path.stat().st_size <= 60_000, path.name


def test_every_file_is_unmarked_and_can_be_labelled(made):
    tiers = {}
    for path in made:
        report = scanner().scan(path)
        assert report.findings == report.evidence == ()
        receipt = labeller().label_bytes(path.read_bytes(), name=path.name).receipt
        assert receipt.relation is Relation.CREATED
        tiers[path.suffix] = receipt.tier
    beside = {suffix for suffix, tier in tiers.items() if tier is Tier.SIDECAR}
    assert beside == {".txt", ".json", ".csv"}


def test_its_pictures_are_pictures(made):
    for path in made:
        if path.suffix in (".jpg", ".png", ".webp", ".tiff", ".gif", ".avif"):
            with Image.open(path) as picture:
                picture.load()


def test_its_page_is_a_document():
    import pypdf

    document = pypdf.PdfReader(io.BytesIO(generator.page(5, "Title")), strict=True)
    assert len(document.pages) == 1
    assert "None of these places exists." in document.pages[0].extract_text()
    assert document.metadata.title == "Title"
