"""Settlement: executions a second by how many there are, alone and by SettleTrades; the relay."""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from benchmarks.own_platform import Platform, own_platform
from benchmarks.report import Figure, Report
from benchmarks.sales import EACH, Sellers
from benchmarks.settling import leave_behind, settle, sweep
from benchmarks.trading import trading
from hub.adapters.postgres.admins import set_admin
from hub.adapters.postgres.invariants import check
from local.client import Client
from local.services.postgres import Postgres

SIZES = (1_000, 10_000, 100_000)
_WITHIN = 900.0
_PASSWORD = "settles what is due at once"  # of a platform that lasts for this run
_NOTES = (
    f"Each account has sold {EACH} times. Alone: the use case in one process, without a bus.",
    "SettleTrades: from the request of an administrator until nothing is owed, by the local state",
    "machine and its functions. Relay: until the outbox is empty.",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench settlement")
    parser.add_argument("--part", choices=("alone", "platform"), help="only this part")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="how many executions")
    parser.add_argument("--messages", type=int, default=10_000, help="of the relay (10000)")
    given = parser.parse_args(list(words))
    figures: list[Figure] = []
    if given.part != "platform":
        with tempfile.TemporaryDirectory() as name, trading(Path(name), 1) as (made, owner):
            figures += alone(made.url, owner, given.sizes, given.messages)
    if given.part != "alone":
        with own_platform() as platform:
            figures += by_platform(platform, given.sizes, given.messages)
    return Report(figures, _NOTES)


def alone(url: str, owner_url: str, sizes: Sequence[int], messages: int) -> list[Figure]:
    sellers, figures = Sellers(url, owner_url), []
    for size in sizes:
        sellers.add(size // EACH)
        done = settle(url)
        if (done.settled, done.failed) != (size, 0):
            raise RuntimeError(f"of {size} executions {done.settled} settled")
        figures.append(Figure(f"alone, {size}: executions/s", round(size / done.seconds)))
    sweep(url)
    leave_behind(url, messages)
    took = _seconds(lambda: sweep(url))
    figures.append(Figure("relay alone: messages/s", round(messages / took)))
    return [*figures, _violations("alone", owner_url)]


def by_platform(platform: Platform, sizes: Sequence[int], messages: int) -> list[Figure]:
    assert platform.state is not None
    server = Postgres(platform.state)
    sellers, figures = Sellers(server.running_url(), server.owner_url), []
    administrator = _administrator(platform, server.owner_url)
    for size in sizes:
        sellers.add(size // EACH)
        owed = sellers.owed()
        took = _seconds(lambda: _settle_by(administrator, sellers))
        figures.append(Figure(f"SettleTrades, {size}: executions/s", round(owed / took)))
        _wait_until(lambda: _is_told(server.owner_url))
    leave_behind(server.url, messages)
    took = _seconds(lambda: _wait_until(lambda: _is_told(server.owner_url)))
    figures.append(Figure("relay by the platform: messages/s", round(messages / took)))
    return [*figures, _violations("SettleTrades", server.owner_url)]


def _settle_by(administrator: Client, sellers: Sellers) -> None:
    administrator.post("/admin/settlements/run", {})
    _wait_until(lambda: not sellers.owed())


def _administrator(platform: Platform, owner_url: str) -> Client:
    client, email = Client(platform.url), f"admin-{time.time_ns()}@hub.example"
    client.post("/auth/register", {"email": email, "password": _PASSWORD, "name": "Admin"})
    set_admin(owner_url, email, admin=True)
    client.log_in(email, _PASSWORD)
    return client


def _is_told(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as owner:
        return owner.execute("SELECT FROM outbox LIMIT 1").fetchone() is None


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not at rest after {_WITHIN:.0f} s")
        time.sleep(0.05)


def _violations(name: str, owner_url: str) -> Figure:
    broken = sum(each.violations for each in check(owner_url))
    return Figure(f"violations of invariants, {name}", broken, most=0)
