"""What a portfolio costs: fifty positions, read by one customer and by a hundred at once.

Everything goes through a platform of the benchmark's own: HTTP, authorizer, function, database and
cache. `SELECT 1` through the same path is the readiness route, which asks both stores one question.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import psycopg
from redis import Redis

from benchmarks.load import Customer, Load, customers_at
from benchmarks.own_platform import own_platform
from benchmarks.report import Figure, Report, percentile
from hub.adapters.redis.market_data import QUOTE_KEY
from hub.domain.market.quote import Quote, quote_record
from local.services.ports import HOST, known_ports
from local.services.postgres import Postgres

_POSITIONS = 50
_SOAKING = 10
_SUMMARY, _REFERENCE = "/portfolio/summary", "/health/ready"
# A token lasts ten minutes.
_LOGGED_IN = 300.0
_NOTES = (
    "Closed loop: each customer asks again as soon as they are answered. The reference, which asks",
    "for no token, runs at the same number right after. Executions are rows made for the purpose.",
)
_HOLD = (
    (
        "INSERT INTO instruments (instrument_id, name, category, exchange, currency)"
        " SELECT gen_random_uuid(), 'B' || n, 'funds', 'XNYS', 'USD'"
        " FROM generate_series(1, %(positions)s) n"
    ),
    (
        "INSERT INTO instrument_symbols (symbol, valid_from, instrument_id)"
        " SELECT name, '2000-01-01', instrument_id FROM instruments WHERE category = 'funds'"
    ),
    (
        "INSERT INTO positions (account_id, instrument_id, quantity, reserved, cost, realised)"
        " SELECT account_id, instrument_id, 3, 0, 270, 0"
        " FROM accounts CROSS JOIN instruments WHERE category = 'funds'"
    ),
    "ANALYZE",
)
_EXECUTE = (
    # Rows of which the books know nothing: what is measured is only whether they are read.
    "SET session_replication_role = replica",
    (
        "INSERT INTO executions (execution_id, order_id, fill_sequence, account_id, instrument_id,"
        " side, quantity, price, value, fees, trade_date, settlement_date, quote_id, quote,"
        " market_time, executed_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), n, account_id, instrument_id,"
        " side, quantity, price, value, fees, trade_date, settlement_date, quote_id, quote,"
        " market_time, executed_at"
        " FROM (SELECT * FROM executions LIMIT 1) one CROSS JOIN generate_series(2, %(count)s) n"
    ),
    "ANALYZE executions",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench portfolio")
    add = parser.add_argument
    add("--customers", default="1,10,50,100", help="how many ask at once (1,10,50,100)")
    add("--seconds", type=float, default=5, help="how long each number of them asks (5)")
    add("--executions", type=int, default=1_000_000, help="rows that it has to be flat to (1e6)")
    add("--soak", type=float, default=0, help="minutes of ten customers, for growth (0)")
    given = parser.parse_args(list(words))
    with own_platform() as own:
        assert own.state is not None
        figures = asyncio.run(_through(own.url, own.state, given))
    return Report(figures, _NOTES)


async def _through(url: str, state: Path, given: argparse.Namespace) -> list[Figure]:
    levels = [int(each) for each in given.customers.split(",")]
    async with customers_at(url, max(levels)) as load:
        await asyncio.to_thread(_hold, state)
        # Environments that start are started.
        await _asked(load, _SUMMARY, max(levels), 2)
        await _asked(load, _REFERENCE, max(levels), 1)
        figures = []
        for customers in levels:
            figures += compared(
                customers,
                await _asked(load, _SUMMARY, customers, given.seconds),
                await _asked(load, _REFERENCE, customers, given.seconds),
            )
        await load.flooded(1, 0.5)
        figures += await _flat(load, state, given)
        if given.soak:
            figures += await _soak(load, state, given.soak * 60)
        return figures


class Asked(NamedTuple):
    """Milliseconds of each answer, and how many were none."""

    took: list[float]
    failed: list[int]


async def _asked(load: Load, path: str, customers: int, seconds: float) -> Asked:
    asked = Asked([], [])
    end = time.perf_counter() + seconds

    async def ask(customer: Customer) -> None:
        while (began := time.perf_counter()) < end:
            async with load.session.get(load.base + path, headers=customer.headers) as answer:
                await answer.read()
            if answer.ok:
                asked.took.append((time.perf_counter() - began) * 1000)
            else:
                asked.failed.append(answer.status)

    await asyncio.gather(*(ask(each) for each in load.customers[:customers]))
    return asked


def compared(customers: int, summary: Asked, reference: Asked) -> list[Figure]:
    """The target is the p99 of the summary, in milliseconds."""
    p50, p99 = percentile(summary.took, 0.5), percentile(summary.took, 0.99)
    bound, worst = percentile(reference.took, 0.5), percentile(reference.took, 0.99)
    return [
        Figure(f"{customers} at once: p50", round(p50, 2), "ms"),
        Figure(f"{customers} at once: p99", round(p99, 2), "ms", most=50),
        Figure(f"{customers} at once: refused", len(summary.failed), most=0),
        Figure(f"{customers} at once: SELECT 1, p50", round(bound, 2), "ms"),
        Figure(f"{customers} at once: SELECT 1 / summary, p50", round(bound / p50, 3)),
        Figure(f"{customers} at once: SELECT 1 / summary, p99", round(worst / p99, 3)),
    ]


async def _flat(load: Load, state: Path, given: argparse.Namespace) -> list[Figure]:
    """The first customer's: all the executions are theirs. Beside each the reference, since what
    else the machine does changes from the one to the other."""
    medians, beside = [], []
    for count in (1000, given.executions):
        await asyncio.to_thread(_execute, state, count)
        asked = await _asked(load, _SUMMARY, 1, given.seconds)
        reference = await _asked(load, _REFERENCE, 1, given.seconds)
        medians.append(percentile(asked.took, 0.5))
        beside.append(medians[-1] / percentile(reference.took, 0.5))
    return [
        Figure("1,000 executions: p50", round(medians[0], 2), "ms"),
        Figure(f"{given.executions:,} executions: p50", round(medians[1], 2), "ms"),
        Figure(
            "growth with executions, beside SELECT 1", round(beside[1] / beside[0], 3), most=1.2
        ),
    ]


async def _soak(load: Load, state: Path, seconds: float) -> list[Figure]:
    await load.log_in()
    await _asked(load, _SUMMARY, _SOAKING, min(seconds, 30))
    before = await asyncio.to_thread(_held, state)
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        await load.log_in()
        await _asked(load, _SUMMARY, _SOAKING, min(left, _LOGGED_IN))
    after = await asyncio.to_thread(_held, state)
    return [
        Figure("soak: memory before", round(before[0] / 2**20, 1), "MB"),
        Figure("soak: growth of memory", round(after[0] / before[0], 3), most=1.05),
        Figure("soak: connections before", before[1]),
        # What else runs meanwhile, by its schedules, opens some of its own.
        Figure("soak: connections more", after[1] - before[1], most=8),
    ]


def _owner_url(state: Path) -> str:
    postgres = Postgres(state)
    postgres.running_url()
    return postgres.owner_url


def _hold(state: Path) -> None:
    """Every customer holds all of fifty instruments, which have quotes."""
    with psycopg.connect(_owner_url(state), autocommit=True) as connection:
        for statement in _HOLD:
            connection.execute(statement, {"positions": _POSITIONS})
    now, price, size = datetime.now(UTC), Decimal(100), Decimal(1000)
    with Redis(host=HOST, port=known_ports(state)["valkey"]) as redis:
        for n in range(1, _POSITIONS + 1):
            quote = Quote(f"B{n}-1", f"B{n}", price, price, price, size, size, now)
            redis.set(QUOTE_KEY + quote.symbol, json.dumps(quote_record(quote)))


def _execute(state: Path, count: int) -> None:
    """As many rows as `count` in the table of executions."""
    with psycopg.connect(_owner_url(state), autocommit=True) as connection:
        for statement in _EXECUTE:
            connection.execute(statement, {"count": count} if "%" in statement else None)


def _held(state: Path) -> tuple[int, int]:
    """Bytes of memory of all processes of the platform, and connections to its database."""
    with psycopg.connect(_owner_url(state)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hub'"
        ).fetchone()
    return sum(memory_of_all(str(state)).values()), int(row[0]) if row else 0


def memory_of_all(mark: str) -> dict[int, int]:
    """Bytes by process, of those whose environment has `mark` in it, and of all their children."""
    parents, memory, known = dict[int, int](), dict[int, int](), set[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            number = int(folder.name)
            # The name before it, in brackets, may have spaces.
            parents[number] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            memory[number] = int((folder / "statm").read_text().split()[1]) * 4096
            if mark.encode() in (folder / "environ").read_bytes():
                known.add(number)
    while more := {each for each, parent in parents.items() if parent in known} - known:
        known |= more
    return {each: memory[each] for each in known if each in memory}
