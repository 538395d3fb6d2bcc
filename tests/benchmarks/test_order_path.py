"""The parts of the order path's benchmark that only compute."""

import re

import pytest

from benchmarks import pgbench, plays
from benchmarks.load import Passed, Sent, latency
from benchmarks.order_path import compared, paced
from benchmarks.plays import Play
from benchmarks.transactions import EXECUTE, EXECUTE_AT_ONCE, PLACE
from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import numbered

REPORT = """pgbench (18.4)
latency average = 2.000 ms
statement latencies in milliseconds and failures:
         0.001           0 \\set n :n + 1
         0.500           0 SELECT b_a FROM bench_plays WHERE n = :n \\gset
         0.040           0 BEGIN;
         0.900           0 WITH account AS
         0.060           0 COMMIT;
"""


def test_a_transaction_is_the_sum_of_its_statements_without_the_fetching_of_its_play():
    assert pgbench.seconds_per_transaction(REPORT) == pytest.approx(0.001)


def test_a_report_without_statements_is_an_error():
    with pytest.raises(pgbench.PgbenchError):
        pgbench.seconds_per_transaction("pgbench: error: connection failed")


def test_a_script_fetches_the_next_play_and_leaves_meta_commands_bare():
    text = pgbench.script(["b_a", "b_b"], ["\\startpipeline", "SELECT :b_a", "\\endpipeline"])
    assert text.splitlines() == [
        "\\set n :n + 1",
        "SELECT b_a, b_b FROM bench_plays WHERE n = :n \\gset",
        "\\startpipeline",
        "SELECT :b_a;",
        "\\endpipeline",
    ]


def test_a_parameter_becomes_a_variable_and_the_absent_one_null():
    sql = "SELECT %(b_a)s::UUID, CAST(%(b_b)s AS NUMERIC(20, 6)), %(b_a)s::UUID"
    assert plays.pgbench_text(sql, {"b_b"}) == (
        "SELECT :b_a::UUID, CAST(NULL AS NUMERIC(20, 6)), :b_a::UUID"
    )


@pytest.mark.parametrize("sql", [*PLACE, *EXECUTE, *EXECUTE_AT_ONCE])
def test_pgbench_gets_the_products_statement_and_nothing_else(sql):
    as_variables = plays.pgbench_text(sql)
    assert re.sub(r"(?<!:):(b_\w+)", r"%(\1)s", as_variables) == sql.strip()


@pytest.mark.parametrize("name", ["PLACE_BUY", "LOCK_ACCOUNTS", "LOAD_BOOKS", "WRITE_BOOKS"])
def test_each_parameter_of_the_order_path_states_its_type(name):
    sql = getattr(compiled, name)
    assert set(plays.parameter_types(sql)) == set(numbered(sql)[1])


def test_a_parameter_without_a_type_is_an_error():
    with pytest.raises(ValueError, match="b_x"):
        plays.parameter_types("SELECT %(b_x)s")


def test_only_what_no_play_has_a_value_for_is_absent():
    given = [
        Play([("", {"a": None, "b": 1, "c": None})]),
        Play([("", {"a": 2, "b": 1, "c": None})]),
    ]
    assert plays.absent(given) == {"c"}


def test_one_statement_has_the_parameters_of_all_three():
    whole = EXECUTE_AT_ONCE[0]
    parts = (compiled.LOCK_ACCOUNTS, compiled.LOAD_BOOKS, compiled.WRITE_BOOKS)
    assert set(numbered(whole)[1]) == {name for part in parts for name in numbered(part)[1]}
    # One of its own, and the one inside what is loaded.
    assert whole.count("WITH ") - whole.count("WITH TIME ZONE") == 2


def test_a_batch_is_compared_with_as_many_single_statements_as_it_has_orders():
    ways = ("hub", "pgbench", "pipelined", "at once")
    took = {f"execute {way}": [0.001] for way in ways}
    took |= {f"execute 10 {way}": [0.005] for way in ways}
    took |= {"submit hub": [0.002], "submit pgbench": [0.001]}
    figures = {each.name: each for each in compared(took, 10)}
    assert figures["execute 10 / one statement per order"].value == 2.0
    assert figures["submit / the same under pgbench"].value == 0.5
    assert figures["submit / the same under pgbench"].met is False
    assert figures["execute 10 hub, best round"].value == 5000


def passed(*statuses):
    """Orders due at 1000 s and each a second later; executed a quarter of a second after."""
    sent = [Sent(1000.0 + n, 0.02 * (n + 1), status, f"o{n}") for n, status in enumerate(statuses)]
    executed = {"status": "EXECUTED", "executed_at": ""}
    orders = {
        each.order_id: {**executed, "executed_at": f"1970-01-01T00:16:4{n}.250000Z"}
        for n, each in enumerate(sent)
    }
    return Passed(sent, orders)


def test_an_order_is_executed_within_the_time_from_when_its_post_was_due():
    assert passed(202, 202).executed_within == [0.25, 0.25]
    assert passed(202, 202).ended_after == 1.25


def test_an_accepted_order_that_was_not_executed_is_lost_and_a_refused_one_is_not():
    found = passed(202, 503, 202)
    found.orders["o2"]["status"] = "PROCESSING"
    assert found.lost == 1
    figures = {each.name: each.value for each in paced("20/s", found)}
    assert figures["20/s: lost"] == 1
    assert figures["20/s: not accepted"] == 1


def test_an_accepted_order_that_nobody_knows_is_lost():
    assert Passed([Sent(0.0, 0.01, 202, "gone")], {}).lost == 1


def test_latencies_are_in_milliseconds():
    assert latency(passed(202, 202).sent) == (20.0, 40.0)
