"""Orders flow while parts of the platform are killed, then all of it: nothing is lost or double.

Every order that was answered 202 is in the books under its number once, and ends or rests.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from tests.e2e.platforms import Customer, Platform
from tests.services.processes import processes_of, the_keeper, the_server

CUSTOMERS = 20
EACH_AT_ONCE = 2
LOADED_SECONDS = 24.0
KILL_EVERY = 1.5
QUIET_WITHIN = 150.0
AT_REST = {"new", "filled", "canceled", "rejected", "expired"}


class Crowd:
    """Customers who send orders at once, each again under its number until it is answered."""

    def __init__(self, platform: Platform, customers: list[Customer], seed: int) -> None:
        self._base = f"http://127.0.0.1:{platform.api_port}/api/v1"
        self._customers = customers
        self._chance = random.Random(seed)
        self.taken: dict[str, str] = {}
        self.answers: Counter[int] = Counter()
        self.over = False

    async def trade(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            await asyncio.gather(
                *(
                    self._send_orders(session, customer, until)
                    for customer in self._customers
                    for _ in range(EACH_AT_ONCE)
                )
            )

    async def _send_orders(
        self, session: aiohttp.ClientSession, customer: Customer, until: float
    ) -> None:
        headers = {"Authorization": f"Bearer {customer.token}"}
        while time.monotonic() < until and not self.over:
            number = f"{customer.account_id}/{self._chance.getrandbits(64):x}"
            order = {**self._order(), "client_order_id": number}
            order_id = await self._take(session, headers, order)
            if order_id is None:
                continue
            self.taken[number] = order_id
            if self._chance.random() < 0.1:
                path = f"{self._base}/orders/{order_id}/cancel"
                await self._ask(session.put(path, headers=headers))

    async def _take(
        self, session: aiohttp.ClientSession, headers: dict[str, str], order: dict[str, str]
    ) -> str | None:
        """None for an order that a rule refused, or that was never answered."""
        while not self.over:
            request = session.post(f"{self._base}/orders", json=order, headers=headers)
            status, body = await self._ask(request)
            if status in {200, 202}:
                return str(body["order_id"])
            if status in {403, 422}:
                return None
            assert status == 0 or status >= 500, (status, body)
            await asyncio.sleep(0.1)
        return None

    async def _ask(self, request: Any) -> tuple[int, Any]:
        try:
            async with request as response:
                status, body = response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            status, body = 0, None
        self.answers[status] += 1
        return status, body

    def _order(self) -> dict[str, str]:
        kinds = [
            {"side": "buy", "type": "market"},
            {"side": "sell", "type": "market"},
            {"side": "buy", "type": "limit", "limit_price": "15.00", "time_in_force": "gtc"},
            {"side": "buy", "type": "limit", "limit_price": "20.00", "time_in_force": "ioc"},
        ]
        (kind,) = self._chance.choices(kinds, weights=[6, 2, 1, 1])
        return {"symbol": "MSFT", "quantity": str(self._chance.randint(1, 5)), **kind}


def an_environment(folder: Path) -> int:
    return random.choice(descendants(folder, "local.functions.forkserver")[1:])


def the_fork_server(folder: Path) -> int:
    return descendants(folder, "local.functions.forkserver")[0]


def a_backend(folder: Path) -> int:
    """Of a function's: postgres then ends all the others and recovers."""
    working = [pid for pid, words in processes_of(folder).items() if "postgres: hub_app" in words]
    return random.choice(working)


def descendants(folder: Path, words: str) -> list[int]:
    """The oldest first: the fork server, and then what it forked."""
    return sorted(
        (pid for pid, command in processes_of(folder).items() if words in command),
        key=lambda pid: Path(f"/proc/{pid}").stat().st_ctime_ns,
    )


VICTIMS: list[Callable[[Path], int]] = [
    an_environment,
    a_backend,
    lambda folder: the_server(folder, "-m stream"),
    an_environment,
    lambda folder: the_server(folder, "valkey"),
    the_fork_server,
    lambda folder: the_server(folder, "/bin/postgres -D"),
    an_environment,
    lambda folder: the_keeper(folder, "-m stream"),
    lambda folder: the_keeper(folder, "valkey"),
    lambda folder: the_keeper(folder, "/bin/postgres -D"),
]


async def kill_parts(folder: Path, every: float) -> int:
    """One after the other, each at its time; how many were hit."""
    killed = 0
    for find in VICTIMS:
        await asyncio.sleep(every)
        try:
            os.kill(await asyncio.to_thread(find, folder), signal.SIGKILL)
            killed += 1
        except (ValueError, IndexError, ProcessLookupError):
            continue  # it is just being started again
    return killed


async def until_quiet(platform: Platform) -> None:
    """No order is on its way any more, and nothing waits to be announced."""
    on_its_way = "SELECT state, count(*) FROM orders WHERE state <> ALL(%s) GROUP BY state"
    deadline = time.monotonic() + QUIET_WITHIN
    while True:
        with psycopg.connect(platform.database_url) as connection:
            found = connection.execute(on_its_way, (list(AT_REST),)).fetchall()
            waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()
        if not found and waiting == (0,):
            return
        assert time.monotonic() < deadline, (found, waiting)
        await asyncio.sleep(0.5)


def orders_by_number(platform: Platform) -> dict[str, str]:
    with psycopg.connect(platform.database_url) as connection:
        rows = connection.execute("SELECT client_order_id, order_id::text FROM orders").fetchall()
    numbers: dict[str, str] = dict(rows)
    assert len(numbers) == len(rows), "an order was taken twice"
    return numbers


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_parts_and_then_the_whole_are_killed(tmp_path):
    platform = Platform(tmp_path / "under kill" / "state", "--no-demo", "--speed", "10")
    try:
        await asyncio.to_thread(platform.start)
        customers = [
            await asyncio.to_thread(Customer, platform.api_port, cash="1000000.00")
            for _ in range(CUSTOMERS)
        ]
        crowd = Crowd(platform, customers, seed=7)
        trading = asyncio.create_task(crowd.trade(LOADED_SECONDS))
        killed = await kill_parts(platform.folder, KILL_EVERY)
        await trading
        assert killed >= len(VICTIMS) - 2
        assert len(crowd.taken) >= 500, crowd.answers
        assert not platform_ended(platform)

        # It has healed: a customer who comes now is served at once.
        newcomer = await asyncio.to_thread(Customer, platform.api_port, cash="1000.00")
        bought = (await asyncio.to_thread(newcomer.order, symbol="MSFT")).body
        done = await asyncio.to_thread(newcomer.ended, bought["order_id"], 80)
        assert done["status"] == "EXECUTED"

        trading = asyncio.create_task(crowd.trade(60))
        await asyncio.sleep(4)
        platform.kill()
        crowd.over = True
        await trading
        await asyncio.to_thread(platform.start)
        await until_quiet(platform)

        kept = orders_by_number(platform)
        assert {number: kept.get(number) for number in crowd.taken} == crowd.taken
        assert await asyncio.to_thread(platform.violations) == ""
        print(f"{len(kept)} orders, answers {dict(crowd.answers)}, {killed} kills")
    finally:
        platform.discard()


def platform_ended(platform: Platform) -> bool:
    assert platform.process is not None
    return platform.process.poll() is not None
