"""Both case files, played in the matching core: the copied one, and ours derived from the rules."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from local.fidelity.cases import Case, CaseFileError, UnknownFeatureError, read_cases
from local.fidelity.run import in_core, report

HERE = Path(__file__).parent
COPIED = read_cases(HERE / "order_cases.json")
OURS = read_cases(HERE / "more_cases.json")
PLAY = in_core()
QUOTE = {"event": "quote", "bid": "100.00", "ask": "100.10"}
BUY = {"event": "submit", "ref": "o", "side": "buy", "type": "market", "qty": "1"}


def a_case(*steps: dict[str, Any], profile: str = "quote", **more: Any) -> Case:
    options, tags = more.pop("options", {}), tuple(more.pop("tags", ()))
    return Case("X", "", profile, tags, options, more.pop("account", None), steps, more)


def test_there_are_as_many_cases_as_are_claimed():
    assert len(COPIED) == 30
    assert len(OURS) > 150
    assert [key for key, times in Counter(each.case_id for each in OURS).items() if times > 1] == []


@pytest.mark.parametrize("case", [*COPIED, *OURS], ids=lambda case: case.case_id)
def test_a_case_goes_as_it_is_expected_to(case: Case):
    try:
        assert PLAY(case) == []
    except UnknownFeatureError:
        assert case.optional


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (a_case({"event": "split", "ratio": "2"}), "event split"),
        (a_case(QUOTE, {**BUY, "type": "market_if_touched"}), "type market_if_touched"),
        (a_case(QUOTE, {**BUY, "tif": "at_the_close"}), "tif at_the_close"),
        (a_case(QUOTE, {**BUY, "display_qty": "1"}), "submit with display_qty"),
        (a_case(QUOTE, {**BUY, "bracket": {"trail": {}}}), "bracket with trail"),
        (a_case({"event": "quote", "ask": "100.10"}), "a quote of one side"),
        (a_case(QUOTE, profile="book"), "profile book"),
        (a_case(QUOTE, options={"slippage": "1"}), "options with slippage"),
        (a_case(QUOTE, BUY, options={"calendar": "XLON"}), "calendar XLON"),
        (a_case(QUOTE, account={"fees": "per_share"}), "fees per_share"),
    ],
)
def test_what_is_not_offered_is_named(case: Case, text: str, capsys: pytest.CaptureFixture[str]):
    assert report([case], PLAY) == 1
    assert f"X not offered: {text}\n0 passed, 1 failed" in capsys.readouterr().out
    assert report([case._replace(tags=("optional:it",))], PLAY) == 1
    assert f"X left out (it): {text}\n0 passed, 0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        ({"status": "accepted"}, "o.status: expected accepted, got filled"),
        ({"filled_qty": "2"}, "o.filled_qty: expected 2, got 1"),
        ({"avg_price": "100.00"}, "o.avg_price: expected 100.00, got 100.100000"),
        ({"avg_price_min": "100.11"}, "o.avg_price_min: expected 100.11, got 100.100000"),
        ({"avg_price_max": "100.09"}, "o.avg_price_max: expected 100.09, got 100.100000"),
        ({"stop": "99.00"}, "o.stop: expected 99.00, got None"),
        ({"triggered": True}, "o.triggered: expected True, got false"),
        ({"colour": "red"}, "o.colour: expected red, got an expectation that is not known"),
    ],
)
def test_an_expectation_that_does_not_hold_is_told_in_one_line(expected: dict[str, Any], line: str):
    assert PLAY(a_case(QUOTE, {**BUY, "expect": {"o": expected}})) == [f"step 2 {line}"]


def test_the_order_of_fills_is_told_by_names():
    orders = [{**BUY, "ref": ref, "type": "limit", "limit": price} for ref, price in
              (("low", "98.00"), ("high", "99.00"))]  # fmt: skip
    through = {**QUOTE, "bid": "96.00", "ask": "97.00"}
    wrong = {"low": {"fill_seq": 1}, "high": {"fill_seq": 2}}
    assert PLAY(a_case(QUOTE, *orders, {**through, "expect": wrong})) == [
        "step 4 fill_seq: expected low, high, got high, low"
    ]


def test_a_refusal_is_asserted_only_where_the_case_speaks_of_it():
    cancel = {"event": "cancel", "ref": "o"}
    assert PLAY(a_case(QUOTE, BUY, cancel)) == []
    assert PLAY(a_case(QUOTE, BUY, {**cancel, "expect_refused": True})) == []
    [line] = PLAY(a_case(QUOTE, BUY, {**cancel, "expect_refused": False}))
    assert line.startswith("step 3 o: refused, ")
    resting = {**BUY, "type": "limit", "limit": "90.00"}
    assert PLAY(a_case(QUOTE, resting, {**cancel, "expect_refused": True})) == [
        "step 3 o: expected a refusal"
    ]


def test_an_average_without_end_may_be_written_to_some_decimals():
    shown = {**QUOTE, "ask_size": "1", "bid_size": "1"}
    next_quote = {**shown, "bid": "100.10", "ask": "100.20"}
    for wanted, lines in (("100.166667", 0), ("100.16667", 0), ("100.17", 1), ("100.16666", 1)):
        expect = {"o": {"avg_price": wanted, "filled_qty": "3"}}
        last = {**next_quote, "ask_size": "2", "expect": expect}
        case = a_case(shown, {**BUY, "qty": "3"}, last, options={"liquidity": "displayed"})
        assert len(PLAY(case)) == lines


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is not a case file"),
        ("{", "is not a case file"),
        ('{"cases": [{"id": "A"}]}', "is not a case file"),
        ('{"cases": ["A"]}', "is not a case file"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(text: str, says: str, tmp_path: Path):
    path = tmp_path / "cases.json"
    path.write_text(text)
    with pytest.raises(CaseFileError, match=says):
        read_cases(path)


def test_a_step_that_lacks_what_it_needs_fails_its_case_alone(capsys: pytest.CaptureFixture[str]):
    assert report([a_case({"event": "trade"}), a_case(QUOTE, BUY)], PLAY) == 1
    said = capsys.readouterr().out
    assert "X is not of the schema: KeyError('price')" in said
    assert "1 passed, 1 failed" in said


def test_numbers_are_read_as_they_are_written(tmp_path: Path):
    path = tmp_path / "cases.json"
    record = {"id": 1, "profile": "quote", "steps": [{**QUOTE, "bid": 0.1}]}
    path.write_text(json.dumps({"cases": [record]}))
    [case] = read_cases(path)
    assert str(case.steps[0]["bid"]) == "0.1"
    assert not isinstance(case.steps[0]["bid"], float)
