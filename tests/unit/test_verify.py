"""Verification raises unless every policy passes, and passes nothing without one."""

import pytest
from making import anchors, labelled, sample, signer

from credlabel import Labeller, LabelSettings
from credlabel.errors import ConfigError, ExitCode, VerificationError
from credlabel.model import Decision
from credlabel.plugins import PluginRegistry
from credlabel.scan import Scanner, ScanSettings
from credlabel.verify import Verifier

REGISTRY = PluginRegistry.load()


class Says:
    def __init__(self, name, passed):
        self.name, self.passed = name, passed

    def decide(self, report):
        return Decision(policy=self.name, passed=self.passed, reason=f"Because of {self.name}.")


@pytest.fixture
def files(tmp_path):
    made = {"plain": sample("hills.jpg"), "marked": labelled("hills.jpg").data}
    bare = Labeller(signer(), settings=LabelSettings(marks=())).label_bytes(made["plain"]).data
    made["broken"] = bare[:-9] + b"x" + bare[-8:]
    made["broken but marked"] = made["marked"][:-9] + b"x" + made["marked"][-8:]
    for name, data in made.items():
        (tmp_path / f"{name}.jpg").write_bytes(data)
    return tmp_path


def test_no_policy_passes_nothing():
    with pytest.raises(ConfigError):
        Verifier([])
    with pytest.raises(ConfigError):
        Verifier(())


@pytest.mark.parametrize(
    "verdicts", [(True,), (True, True), (False,), (True, False), (False, True)]
)
def test_every_policy_has_to_pass_and_all_are_asked(files, verdicts):
    verifier = Verifier([Says(f"p{n}", passed) for n, passed in enumerate(verdicts)])
    if all(verdicts):
        report = verifier.verify(files / "plain.jpg")
    else:
        with pytest.raises(VerificationError) as caught:
            verifier.verify(files / "plain.jpg")
        report = caught.value.report
        assert caught.value.exit_code is ExitCode.VERDICT_FAILED
        for number, passed in enumerate(verdicts):
            assert (f"Because of p{number}." in str(caught.value)) == (not passed)
    assert tuple(decision.passed for decision in report.decisions) == verdicts


TRUSTING = Scanner(ScanSettings(trust=anchors()))


@pytest.mark.parametrize(
    ("name", "policy", "scanner", "passes"),
    [
        ("marked", "valid", None, True),
        ("marked", "disclosed", None, True),
        ("marked", "trusted", None, False),
        ("marked", "trusted", TRUSTING, True),
        ("plain", "valid", None, False),
        ("plain", "disclosed", None, False),
        ("plain", "trusted", TRUSTING, False),
        ("broken", "valid", None, False),
        ("broken", "disclosed", None, False),
        ("broken", "trusted", TRUSTING, False),
        ("broken but marked", "valid", None, False),
        ("broken but marked", "disclosed", None, True),  # as without the credential
        ("missing", "valid", None, False),
        ("missing", "disclosed", None, False),
    ],
)
def test_the_bundled_policies_on_real_files(files, name, policy, scanner, passes):
    verifier = Verifier([REGISTRY.policy(policy)], scanner=scanner)
    try:
        report = verifier.verify(files / f"{name}.jpg")
    except VerificationError as error:
        assert not passes
        assert f"{name}.jpg" in str(error)  # noqa: PT017
    else:
        assert passes
        assert [decision.passed for decision in report.decisions] == [True]
