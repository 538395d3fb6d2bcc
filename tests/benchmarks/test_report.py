"""The figures of benchmarks: targets, percentiles, ratios, and how they are shown."""

import json

import pytest

from benchmarks.report import Figure, Report, flattened, percentile, ratio, record, table


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 0.6, least=0.6), True),
        (Figure("a", 0.59, least=0.6), False),
        (Figure("a", 500, most=500), True),
        (Figure("a", 501, most=500), False),
        (Figure("a", 1), None),
    ],
)
def test_a_target_is_met_at_its_very_value(figure, met):
    assert figure.met is met


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(each) for each in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile(values, 1.0) == 100
    assert percentile([7.0], 0.01) == 7


def test_no_values_have_no_percentile():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_ratio_above_one_says_that_the_thing_is_faster_than_its_reference():
    compared = ratio([2.0, 3.0, 8.0], [4.0, 3.0, 4.0])
    assert compared.median == 1.0
    assert compared.best == pytest.approx(2 / 3)


def test_rounds_that_did_not_measure_both_are_not_compared():
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0, 2.0], [1.0])


def test_the_table_marks_a_missed_target_and_says_what_it_was():
    shown = table("Title", Report([Figure("share", 0.5, least=0.6), Figure("time", 12, "ms")]))
    assert shown.splitlines()[0] == "Title"
    assert "MISSED at least 0.6" in shown
    assert shown.count("ok") == 0


def test_the_record_is_json_and_holds_value_target_and_verdict():
    kept = json.loads(json.dumps(record("order_path", Report([Figure("p99", 0.0, "ms", most=5)]))))
    assert kept["figures"]["p99"] == {"value": 0.0, "unit": "ms", "most": 5, "met": True}


def test_nested_findings_become_figures_named_by_the_way_to_them():
    found = list(flattened({"warm": {"p50": 1, "p99": 2.5}, "start": 3}))
    assert [(each.name, each.value) for each in found] == [
        ("warm p50", 1.0),
        ("warm p99", 2.5),
        ("start", 3.0),
    ]
