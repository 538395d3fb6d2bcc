"""The page of proofs says what held, and whether the control failed as it has to."""

from typing import Any

from tests.proof.program import page


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
        "seconds": 9,
        "experiments": {"Trial": experiment},
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
