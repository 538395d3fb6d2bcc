"""`./dev chaos`: a platform under load of which something is killed every few seconds.

Whatever was answered 202 has to be in its books in the end, once.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import psycopg

from local.progress import say
from local.services.postgres import Postgres
from tests.e2e.crowd import VICTIMS, Crowd, kill, until_quiet
from tests.e2e.platforms import Customer, Platform

CUSTOMERS = 20
_CASH = "10000000.00"
_THE_WHOLE = "the whole platform"
_THE_DATABASE = ["PostgreSQL", "a database connection"]
_QUIET_WITHIN = 300.0
# Sessions last ten minutes here; customers log in again well before.
_LOG_IN_EVERY = 240.0


class Kill(NamedTuple):
    name: str
    at: float


class Report(NamedTuple):
    """`lost` were answered 202 and are not in the books; `doubled` are there twice.

    `longest_gap` is for how many seconds no order was taken, `recoveries` the longest such time
    after a kill of each kind, until the next kill; `drained_after` how long it took from the last
    order until all was at rest.
    """

    minutes: float
    seed: int
    kills: Counter[str]
    answers: Counter[int]
    accepted: int
    lost: int
    doubled: int
    broken: str
    longest_gap: float
    recoveries: dict[str, float]
    drained_after: float

    @property
    def holds(self) -> bool:
        return not self.lost and not self.doubled and not self.broken


class Wanted(NamedTuple):
    """`careless`: PostgreSQL answers before it has written, which is the control experiment."""

    minutes: float
    rate: float
    every: float
    seed: int
    careless: bool


def chaos(words: Sequence[str]) -> int:
    """0 when nothing was lost or doubled, and every invariant holds."""
    report = asyncio.run(run(_parsed(words)))
    say(told(report))
    return 0 if report.holds else 1


def _parsed(words: Sequence[str]) -> Wanted:
    parser = argparse.ArgumentParser("./dev chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=50.0, help="orders a second (50)")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between kills (4)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--careless",
        action="store_true",
        help="PostgreSQL answers before it has written: orders must get lost",
    )
    given = parser.parse_args(words)
    return Wanted(given.minutes, given.rate, given.every, given.seed, given.careless)


async def run(wanted: Wanted) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder) / "chaos" / "state", "--no-demo", "--speed", "5")
        try:
            await asyncio.to_thread(platform.start)
            if wanted.careless:
                _be_careless(platform)
            return await _under_chaos(platform, wanted)
        finally:
            await asyncio.to_thread(platform.discard)


def _be_careless(platform: Platform) -> None:
    """For every connection that is made from now on."""
    with psycopg.connect(_owner_url(platform), autocommit=True) as owner:
        owner.execute("ALTER ROLE hub_app SET synchronous_commit = off")


def _owner_url(platform: Platform) -> str:
    server = Postgres(platform.folder)
    server.running_url()
    return server.owner_url


async def _under_chaos(platform: Platform, wanted: Wanted) -> Report:
    customers = [
        await asyncio.to_thread(Customer, platform.api_port, cash=_CASH) for _ in range(CUSTOMERS)
    ]
    crowd = Crowd(platform, customers, wanted.seed)
    began = time.monotonic()
    trading = asyncio.create_task(crowd.trade_at(wanted.rate, wanted.minutes * 60))
    entering = asyncio.create_task(_log_in(customers))
    kills = await _kill_until(began + wanted.minutes * 60, platform, wanted)
    await trading
    entering.cancel()
    drained_after = await until_quiet(platform, _QUIET_WITHIN)
    kept = await asyncio.to_thread(_kept, platform)
    gaps = [later - earlier for earlier, later in pairwise(crowd.moments)]
    return Report(
        minutes=wanted.minutes,
        seed=wanted.seed,
        kills=Counter(each.name for each in kills),
        answers=crowd.answers,
        accepted=len(crowd.taken),
        lost=sum(kept.get(number) != [order] for number, order in crowd.taken.items()),
        doubled=sum(len(orders) > 1 for orders in kept.values()),
        broken=await asyncio.to_thread(platform.violations),
        longest_gap=max(gaps, default=0.0),
        recoveries=recoveries(kills, crowd.moments),
        drained_after=drained_after,
    )


def recoveries(kills: Sequence[Kill], moments: Sequence[float]) -> dict[str, float]:
    """By kind of kill the longest time without an order taken, of which a part is after the kill
    and before the next one."""
    found: dict[str, float] = {}
    for this, following in pairwise([*kills, Kill("the end", float("inf"))]):
        for before, after in pairwise(moments):
            if before < following.at and after > this.at:
                found[this.name] = max(found.get(this.name, 0.0), after - before)
    return found


async def _kill_until(end: float, platform: Platform, wanted: Wanted) -> list[Kill]:
    """Once a minute it is the whole platform, which is started again here as a supervisor would."""
    dice, kills = random.Random(wanted.seed), list[Kill]()
    whole_at = time.monotonic() + 45
    while True:
        await asyncio.sleep(dice.uniform(0.5, 1.5) * wanted.every)
        if time.monotonic() > end:
            return kills
        at = time.monotonic()
        if at > whole_at:
            await asyncio.to_thread(_kill_whole, platform)
            whole_at = time.monotonic() + 60
            kills.append(Kill(_THE_WHOLE, at))
            continue
        name = dice.choice(_THE_DATABASE if wanted.careless else list(VICTIMS))
        if await kill(platform.folder, VICTIMS[name]):
            kills.append(Kill(name, at))


def _kill_whole(platform: Platform) -> None:
    platform.kill()
    platform.start()


async def _log_in(customers: Sequence[Customer]) -> None:
    while True:
        await asyncio.sleep(_LOG_IN_EVERY)
        for customer in customers:
            try:
                await asyncio.to_thread(customer.log_in)
            except (AssertionError, OSError):
                continue  # it is down at present; the token lasts until the next time


def _kept(platform: Platform) -> dict[str, list[str]]:
    with psycopg.connect(platform.database_url) as connection:
        rows = connection.execute("SELECT client_order_id, order_id::text FROM orders").fetchall()
    kept: dict[str, list[str]] = {}
    for number, order_id in rows:
        kept.setdefault(number, []).append(order_id)
    return kept


def told(report: Report) -> str:
    kills = ", ".join(f"{count} {name}" for name, count in report.kills.most_common())
    rate = report.accepted / report.minutes / 60
    longest = sorted(report.recoveries.items(), key=lambda each: -each[1])
    without = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in longest)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(report.answers.items()))
    return (
        f"  {report.minutes:g} minutes, seed {report.seed}: {report.kills.total()} kills\n"
        f"  killed: {kills}\n"
        f"  answers: {answers} (0: none)\n"
        f"  accepted {report.accepted} ({rate:.1f}/s),"
        f" lost {report.lost}, doubled {report.doubled}\n"
        f"  longest time without an order taken {report.longest_gap:.1f} s,"
        f" at rest {report.drained_after:.1f} s after the last\n"
        f"  longest without one after the kill of: {without}\n"
        f"  {report.broken or 'All invariants hold: 0 violations.'}"
    )


if __name__ == "__main__":
    raise SystemExit(chaos(sys.argv[1:]))
