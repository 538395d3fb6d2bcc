"""Customers who trade while parts of their platform are killed, and what it kept of that."""

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

from tests.e2e.platforms import Customer, Platform
from tests.services.processes import processes_of, the_keeper, the_server

MOST_IN_FLIGHT = 100
# Seconds until a request without an answer is sent again: the first time, and at most.
_PAUSE, _LONGEST_PAUSE = 0.1, 1.6
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
        # When orders were taken, by the monotonic clock.
        self.moments: list[float] = []

    async def trade(self, seconds: float, each_at_once: int) -> None:
        """As fast as the answers come."""
        until = time.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            await asyncio.gather(
                *(
                    self._send_orders(session, customer, until)
                    for customer in self._customers
                    for _ in range(each_at_once)
                )
            )

    async def trade_at(self, rate: float, seconds: float) -> None:
        """So many orders a second, whether or not those before are answered; up to a bound, where
        more would only wait in the platform's door."""
        began, bound = time.monotonic(), asyncio.Semaphore(MOST_IN_FLIGHT)
        sending = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
                if self.over or time.monotonic() > began + seconds:
                    break
                await bound.acquire()
                customer = self._customers[number % len(self._customers)]
                task = asyncio.create_task(self._send_order(session, customer))
                task.add_done_callback(lambda _: bound.release())
                sending.append(task)
            await asyncio.gather(*sending)

    async def _send_orders(
        self, session: aiohttp.ClientSession, customer: Customer, until: float
    ) -> None:
        while time.monotonic() < until and not self.over:
            await self._send_order(session, customer)

    async def _send_order(self, session: aiohttp.ClientSession, customer: Customer) -> None:
        number = f"{customer.account_id}/{self._chance.getrandbits(64):x}"
        order = {**self._order(), "client_order_id": number}
        order_id = await self._take(session, customer, order)
        if order_id is None:
            return
        self.taken[number] = order_id
        self.moments.append(time.monotonic())
        if self._chance.random() < 0.1:
            path = f"{self._base}/orders/{order_id}/cancel"
            await self._ask(session.put(path, headers=_headers(customer)))

    async def _take(
        self, session: aiohttp.ClientSession, customer: Customer, order: dict[str, str]
    ) -> str | None:
        """None for an order that a rule refused, or that was never answered.

        It is sent again more and more seldom, so that what recovers has the processors.
        """
        pause = _PAUSE
        while not self.over:
            url = f"{self._base}/orders"
            status, body = await self._ask(
                session.post(url, json=order, headers=_headers(customer))
            )
            if status in {200, 202}:
                return str(body["order_id"])
            if status in {403, 422}:
                return None
            assert status == 0 or status >= 500, (status, body)
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE)
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


def _headers(customer: Customer) -> dict[str, str]:
    return {"Authorization": f"Bearer {customer.token}"}


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


Victim = Callable[[Path], int]
VICTIMS: dict[str, Victim] = {
    "a function": an_environment,
    "a database connection": a_backend,
    "the stream task": lambda folder: the_server(folder, "-m stream"),
    "Valkey": lambda folder: the_server(folder, "valkey"),
    "the fork server": the_fork_server,
    "PostgreSQL": lambda folder: the_server(folder, "/bin/postgres -D"),
    "the stream task's keeper": lambda folder: the_keeper(folder, "-m stream"),
    "Valkey's keeper": lambda folder: the_keeper(folder, "valkey"),
    "PostgreSQL's keeper": lambda folder: the_keeper(folder, "/bin/postgres -D"),
}


async def kill(folder: Path, victim: Victim) -> bool:
    """Whether it was there to be killed: it may just be being started again."""
    try:
        os.kill(await asyncio.to_thread(victim, folder), signal.SIGKILL)
    except (ValueError, IndexError, ProcessLookupError, FileNotFoundError):
        return False
    return True


async def until_quiet(platform: Platform, within: float) -> float:
    """Seconds until no order is on its way any more, and nothing waits to be announced."""
    on_its_way = "SELECT state, count(*) FROM orders WHERE state <> ALL(%s) GROUP BY state"
    began = time.monotonic()
    while True:
        with psycopg.connect(platform.database_url) as connection:
            found = connection.execute(on_its_way, (list(AT_REST),)).fetchall()
            waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()
        if not found and waiting == (0,):
            return time.monotonic() - began
        assert time.monotonic() < began + within, (found, waiting)
        await asyncio.sleep(0.5)


def orders_by_number(platform: Platform) -> dict[str, str]:
    with psycopg.connect(platform.database_url) as connection:
        rows = connection.execute("SELECT client_order_id, order_id::text FROM orders").fetchall()
    numbers: dict[str, str] = dict(rows)
    assert len(numbers) == len(rows), "an order was taken twice"
    return numbers
