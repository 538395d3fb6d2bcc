"""What an order costs: its transactions against pgbench, and its way through the platform."""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from benchmarks.load import Passed, customers_at, latency
from benchmarks.own_platform import Platform, own_platform
from benchmarks.report import Figure, Report, percentile, ratio
from benchmarks.trading import trading
from benchmarks.transactions import Lanes
from hub.adapters.postgres.invariants import check
from local.services.postgres import Postgres

BATCH = 10
_CUSTOMERS = 500
_CLIENTS = 16
_NOTES = (
    "Transactions: one client; a ratio of 1.0 is as fast as what stands behind the slash, more is",
    "faster; the median of rounds that each ran both. Platform: POSTs are timed from the moment",
    "they were due; an order counts as executed at its executed_at, when its transaction began.",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench order_path")
    add = parser.add_argument
    add("--part", choices=("transactions", "platform"), help="only this part")
    add("--rounds", type=int, default=7, help="how often each transaction lane runs (7)")
    add("--transactions", type=int, default=300, help="transactions per lane and round (300)")
    add("--url", help="a platform that runs (the benchmark starts its own)")
    add("--seconds", type=float, default=30, help="how long orders come at a pace (30)")
    given = parser.parse_args(list(words))
    reports = []
    if given.part != "platform":
        reports.append(transactions(given.rounds, given.transactions))
    if given.part != "transactions":
        reports.append(platform(given.url, given.seconds))
    figures = [figure for report in reports for figure in report.figures]
    details = {name: found for report in reports for name, found in report.details.items()}
    return Report(figures, _NOTES, details)


def platform(url: str | None, seconds: float) -> Report:
    """Orders through HTTP, by a platform of our own or the one at `url`."""
    if url:
        return Report(asyncio.run(_through(Platform(url.rstrip("/"), None), seconds)))
    with own_platform() as own:
        return Report(asyncio.run(_through(own, seconds)))


async def _through(target: Platform, seconds: float) -> list[Figure]:
    async with customers_at(target.url, 20) as load:
        await load.paced(20, 3)  # what is started on first use is started
        calm = await load.paced(20, seconds)
        steady = await load.paced(100, seconds)
        flood = await load.flooded(_CLIENTS, seconds / 3)
    figures = [
        *paced("20/s", calm, within=500),
        *paced("100/s", steady),
        Figure("100/s: orders/s, first POST to last execution", _rate(steady), least=99),
        Figure(f"{_CLIENTS} clients: orders/s, first POST to last execution", _rate(flood)),
        Figure(f"{_CLIENTS} clients: POST p50", round(latency(flood.sent)[0], 1), "ms"),
        Figure(f"{_CLIENTS} clients: POST p99", round(latency(flood.sent)[1], 1), "ms"),
        Figure(f"{_CLIENTS} clients: lost", flood.lost, most=0),
    ]
    if target.state is not None:
        sent = [calm, steady, flood]
        figures += await asyncio.to_thread(_in_database, target.state, sent)
    return figures


def paced(name: str, passed: Passed, within: float | None = None) -> list[Figure]:
    """`within` is the target of the executions' p99, in milliseconds."""
    p50, p99 = latency(passed.sent)
    took = [seconds * 1000 for seconds in passed.executed_within]
    return [
        Figure(f"{name}: POST p50", round(p50, 1), "ms"),
        Figure(f"{name}: POST p99", round(p99, 1), "ms"),
        Figure(f"{name}: executed within p50", round(percentile(took, 0.5), 1), "ms"),
        Figure(f"{name}: executed within p99", round(percentile(took, 0.99), 1), "ms", most=within),
        Figure(f"{name}: not accepted", len(passed.sent) - len(passed.accepted), most=0),
        Figure(f"{name}: lost", passed.lost, most=0),
    ]


def _rate(passed: Passed) -> float:
    count = len(passed.accepted) - passed.lost
    return round(count / passed.ended_after, 1)


def _in_database(state: Path, sent: Sequence[Passed]) -> list[Figure]:
    """What the API said against what the books say."""
    url = Postgres(state).running_url()
    wanted = [each.order_id for passed in sent for each in passed.accepted]
    with psycopg.connect(url) as connection:
        filled = connection.execute(
            "SELECT count(*) FROM orders JOIN executions USING (order_id)"
            " WHERE order_id = ANY(%s::uuid[]) AND orders.state = 'filled'",
            (wanted,),
        ).fetchone()
    broken = sum(finding.violations for finding in check(url))
    assert filled is not None
    return [
        Figure("accepted orders missing in the database", len(wanted) - filled[0], most=0),
        Figure("violations of invariants after the load", broken, most=0),
    ]


def transactions(rounds: int, count: int) -> Report:
    """Every lane in every round, in an order that chance gives."""
    took: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name, trading(Path(name), _CUSTOMERS) as (made, owner):
        with psycopg.connect(owner, autocommit=True) as connection:
            lanes = Lanes(made, connection, count).all(BATCH)
            for _ in range(rounds):
                for lane in random.sample(list(lanes), len(lanes)):
                    took.setdefault(lane, []).append(lanes[lane]())
        broken = sum(finding.violations for finding in check(owner))
    figures = [*compared(took, BATCH), Figure("violations of invariants", broken, most=0)]
    return Report(figures, (), {"seconds per transaction by round": took})


def compared(took: Mapping[str, Sequence[float]], batch: int) -> list[Figure]:
    """Ratios, and the microseconds of the best round of each lane."""
    many = f"execute {batch}"
    # The bound is one order per statement; a batch is compared by what one order of it takes.
    bound = [seconds * batch for seconds in took["execute at once"]]
    pairs = (
        ("submit / the same under pgbench", took["submit pgbench"], took["submit hub"], 0.6),
        ("execute / the same under pgbench", took["execute pgbench"], took["execute hub"], 0.6),
        ("execute / pgbench, pipelined", took["execute pipelined"], took["execute hub"], None),
        ("execute / one statement", took["execute at once"], took["execute hub"], None),
        (f"{many} / one statement per order", bound, took[f"{many} hub"], 0.7),
        (f"{many} / the same under pgbench", took[f"{many} pgbench"], took[f"{many} hub"], None),
        (f"{many} / one statement", took[f"{many} at once"], took[f"{many} hub"], None),
    )
    figures = []
    for name, reference, ours, least in pairs:
        found = ratio(reference, ours)
        figures.append(Figure(name, round(found.median, 3), least=least))
        figures.append(Figure(f"  best rounds of {name}", round(found.best, 3)))
    times = [
        Figure(f"{lane}, best round", round(min(each) * 1e6), "us") for lane, each in took.items()
    ]
    return [*figures, *sorted(times)]
