"""Settlement as an experiment: two runs at once and a third; and one that forgets what settled."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from benchmarks.sales import EACH, Sellers
from benchmarks.settling import settle
from benchmarks.trading import trading
from hub.adapters.postgres.invariants import check
from tests.proof.results import Effort, Figures, Result


def settled(effort: Effort) -> Result:
    sales = effort.sales // EACH * EACH
    with tempfile.TemporaryDirectory() as name, trading(Path(name), 1) as (made, owner_url):
        sellers = Sellers(made.url, owner_url)
        sellers.add(sales // EACH)
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(settle, [made.url] * 2))
        again = settle(made.url)
        figures: Figures = {
            "sales": sales,
            "settled by two runs at once": sum(each.settled for each in runs),
            "settled by a third": again.settled,
            "still owed": sellers.owed(),
            "violations of invariants": _violations(owner_url),
        }
        _forget(owner_url)
        settle(made.url)
        control = {"violations of invariants": _violations(owner_url)}
    holds = list(figures.values()) == [sales, sales, 0, 0, 0]
    return Result(figures, holds, control, control["violations of invariants"] >= sales)


def _violations(owner_url: str) -> int:
    return sum(each.violations for each in check(owner_url))


def _forget(owner_url: str) -> None:
    with psycopg.connect(owner_url) as owner:
        owner.execute("UPDATE settlement_obligations SET settled_at = NULL, settled_amount = NULL")
