"""The page of proofs says what held, whether the control failed as it has to, and what broke."""

from typing import Any

import pytest

from benchmarks.report import Figure, Report, record
from tests.proof.page import page
from tests.proof.program import tried
from tests.proof.results import Effort, Experiment, Result


def proof_of(*, holds: bool, control_fails: bool) -> dict[str, Any]:
    experiment = {
        "promise": "nothing is lost",
        "command": "./dev try",
        "seconds": 3,
        "holds": holds,
        "figures": {"with nets": {"seeds": 5}, "bare": {"seeds": 6, "found": None}},
        "control": "a planted bug is found",
        "control_fails": control_fails,
        "control_figures": {"lost": 7},
    }
    return {
        "date": "2026-01-05",
        "commit": "abc",
        "python": "3.11",
        "cores": 2,
        "seconds": 9,
        "experiments": {"Trial": experiment},
        "measures": {},
    }


def test_what_holds_stands_beside_its_control():
    text = page(proof_of(holds=True, control_fails=True))
    assert "Promise: nothing is lost. It holds." in text
    assert "a planted bug is found (and fails, as it has to)." in text
    assert "| | with nets | bare |" in text
    assert "| seeds | 5 | 6 |" in text
    assert "| lost | 7 |" in text


def test_a_broken_promise_and_a_blind_experiment_are_not_passed_over():
    text = page(proof_of(holds=False, control_fails=False))
    assert "**It does not hold**" in text
    assert "**and holds, too**" in text


def test_the_figures_of_a_benchmark_stand_beside_their_targets():
    report = Report([Figure("lost", 0, most=0), Figure("p99", 812.0, "ms", most=500)], ["As told."])
    measured = {
        "command": "./dev bench x",
        "beside": "a bound",
        "seconds": 4,
        **record("x", report),
    }
    text = page({**proof_of(holds=True, control_fails=True), "measures": {"Way": measured}})
    assert "By `./dev bench x`, 4 s; beside a bound." in text
    assert "| lost | 0  | at most 0 |" in text
    assert "| p99 | 812 ms | **missed**: at most 500 |" in text


def test_a_part_that_breaks_is_told_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture):
    def broken(_effort: Effort) -> Result:
        raise TimeoutError("not at rest")

    done = tried(Experiment("Trial", "p", "c", "./dev try", 1, broken), Effort(1, 1.0, 1, 1))

    assert done == {"failed": "TimeoutError: not at rest", "seconds": 0}
    assert "Trial did not come to its end" in caplog.text
    proof = proof_of(holds=True, control_fails=True)
    text = page({**proof, "experiments": {"Broken": done, **proof["experiments"]}})
    assert "**It did not come to its end**, after 0 s: TimeoutError: not at rest" in text
    assert "| lost | 7 |" in text
