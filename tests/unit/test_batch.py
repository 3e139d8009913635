"""Many files at once: every errand gets its receipt or its refusal, and none is run twice."""

import os
import pickle

import jobs
import pytest
from making import sample, scanner

from credlabel import batch
from credlabel.batch import Errand, LabelJob, LabelPool, Refusal, refusal_of
from credlabel.errors import (
    ConfigError,
    ExitCode,
    LabelError,
    MalformedAssetError,
    SignerUnavailableError,
)
from credlabel.home import Home
from credlabel.keys import KeyStore
from credlabel.model import Provenance, Receipt
from credlabel.sandbox import Limits


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    from datetime import UTC, datetime

    home = Home(tmp_path_factory.mktemp("home") / "home")
    key = KeyStore(home, clock=lambda: datetime.now(UTC)).ensure_development()
    return LabelJob(signer=key.uri, provenance=Provenance(system="Painter"))


def errands(folder, *names):
    made = []
    for name in names:
        source = folder / name
        if not source.exists():
            source.write_bytes(sample("hills.jpg"))
        made.append(Errand(source=str(source), destination=str(folder / "out" / name)))
    return made


def test_every_errand_gets_its_receipt_in_order(tmp_path, job):
    asked = errands(tmp_path, *(f"{n}.jpg" for n in range(12)))
    with LabelPool(job, workers=2) as pool:
        found = list(pool.label(asked))
    assert [errand for errand, _ in found] == asked
    for errand, receipt in found:
        assert isinstance(receipt, Receipt)
        assert receipt.output == errand.destination
        report = scanner().scan(errand.destination)
        assert report.verdict.integrity == "intact"
        assert report.evidence[0].provenance.system == "Painter"


def test_a_file_at_fault_is_a_refusal_and_the_rest_go_on(tmp_path, job):
    (tmp_path / "b.jpg").write_bytes(sample("hills.jpg")[:500])
    os.mkfifo(tmp_path / "c.jpg")
    asked = errands(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    asked.append(Errand(source=str(tmp_path / "missing"), destination=str(tmp_path / "x")))
    asked.append(asked[0])
    with LabelPool(job, workers=1) as pool:
        answers = [answer for _, answer in pool.label(asked)]
    assert [isinstance(answer, Receipt) for answer in answers] == [1, 0, 0, 1, 0, 0]
    for refusal in answers[1], answers[2], answers[4]:
        assert (refusal.exit_code, refusal.is_file_at_fault) == (ExitCode.ASSET, True)
    assert "exists already" in answers[5].message
    assert answers[5].exit_code is ExitCode.LABEL


def test_a_worker_that_dies_takes_nobody_with_it_and_nothing_is_done_twice(
    tmp_path, job, monkeypatch
):
    # Handed over in a batch, the others would be tried again, and found to exist already.
    monkeypatch.setattr(batch, "_prepare", jobs.prepare_deadly_labeller)
    asked = errands(tmp_path, "a.jpg", "b.jpg", "deadly.jpg", "c.jpg", "d.jpg")
    with LabelPool(job, workers=1) as pool:
        answers = [answer for _, answer in pool.label(asked)]
    assert [isinstance(answer, Receipt) for answer in answers] == [1, 1, 0, 1, 1]
    assert "SIGKILL" in answers[2].message
    assert answers[2].code == "credlabel.label.stopped"


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_stopped(tmp_path, job):
    big = tmp_path / "big.txt"
    with big.open("wb") as sparse:
        sparse.truncate(50_000_000_000)
    limits = Limits(seconds=2, seconds_per_gigabyte=0)
    with LabelPool(job, workers=1, limits=limits) as pool:
        (answer,) = (a for _, a in pool.label(errands(tmp_path, "big.txt")))
    assert isinstance(answer, Refusal)
    assert not list((tmp_path / "out").iterdir())  # its draft went with the worker


def test_a_signer_that_can_not_be_opened_refuses_each(tmp_path):
    asked = errands(tmp_path, "a.jpg", "b.jpg")
    for uri, code in (("file:/nowhere/key.pem", 8), ("carrier-pigeon:x", 5)):
        with LabelPool(LabelJob(signer=uri), workers=1) as pool:
            answers = [answer for _, answer in pool.label(asked)]
        assert [answer.exit_code for answer in answers] == [code, code]
        assert not any(answer.is_file_at_fault for answer in answers)
    assert not (tmp_path / "out").exists()


def test_a_secret_reaches_the_worker_and_no_log(tmp_path, job):
    secret = LabelJob(signer="file:/x", secrets={"file:/x": "hunter2"})
    assert "hunter2" not in repr(secret)
    assert "hunter2" not in str(secret)
    assert pickle.loads(pickle.dumps(secret)).secrets == {"file:/x": "hunter2"}


@pytest.mark.parametrize(
    ("error", "is_file_at_fault", "exit_code"),
    [
        (MalformedAssetError("Cut short."), True, ExitCode.ASSET),
        (LabelError("It exists."), True, ExitCode.LABEL),
        (SignerUnavailableError("No token."), False, ExitCode.SIGNING),
        (ConfigError("Wrong."), False, ExitCode.CONFIG),
        (OSError(28, "No space left on device"), False, ExitCode.STORE),
        (OSError("odd"), False, ExitCode.STORE),
    ],
)
def test_a_bad_file_is_told_from_a_bad_moment(error, is_file_at_fault, exit_code):
    refusal = refusal_of(error)
    assert (refusal.is_file_at_fault, refusal.exit_code) == (is_file_at_fault, exit_code)
    assert refusal.message.endswith(".")
    assert refusal.code.startswith("credlabel.")
