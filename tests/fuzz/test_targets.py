"""The two fuzz targets over samples and damaged copies, for a few seconds of every run.

``tests/fuzz/atheris_run.py`` runs them guided by coverage, on demand.
"""

import random

import pytest
from making import SAMPLES, labelled, mutations, sample
from targets import fuzz_label, fuzz_scan

NAMES = sorted(path.name for path in SAMPLES.iterdir())
EACH = 12


@pytest.mark.parametrize("name", NAMES)
def test_scanning_damaged_files(name):
    rng = random.Random(f"scan {name}")
    for source in (sample(name), labelled(name).data):
        fuzz_scan(source)
        for data in mutations(source, rng, EACH):
            fuzz_scan(data)


@pytest.mark.parametrize("name", NAMES)
def test_labelling_damaged_files(name):
    rng = random.Random(f"label {name}")
    for source in (sample(name), labelled(name).data):
        fuzz_label(source)
        for data in mutations(source, rng, EACH):
            fuzz_label(data)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_many_more_damaged_files(name):
    rng = random.Random()
    for data in mutations(labelled(name).data, rng, 1500):
        fuzz_scan(data)
        fuzz_label(data)


def test_the_targets_can_fail(monkeypatch):
    from credlabel.scan import Scanner

    def fail(*args, **options):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Scanner, "identify", fail)
    for target in (fuzz_scan, fuzz_label):
        with pytest.raises(RuntimeError):
            target(b"x")
