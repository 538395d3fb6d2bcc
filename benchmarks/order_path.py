"""What an order costs: its transactions against pgbench, and its way through the platform."""

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from benchmarks.report import Figure, Report, ratio
from benchmarks.trading import trading
from benchmarks.transactions import Lanes
from hub.adapters.postgres.invariants import check

BATCH = 10
_CUSTOMERS = 500
_NOTES = (
    "Ratios: 1.0 is as fast as the reference, more is faster. The median of the rounds that ran",
    "both; in brackets of the name, what it is compared with. All with one client.",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench order_path")
    add = parser.add_argument
    add("--rounds", type=int, default=7, help="how often each transaction lane runs (7)")
    add("--transactions", type=int, default=300, help="transactions per lane and round (300)")
    given = parser.parse_args(list(words))
    return transactions(given.rounds, given.transactions)


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
    return Report(figures, _NOTES, {"seconds per transaction by round": took})


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
