"""Orders through a running platform's HTTP API: at a pace, or as fast as some clients can."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import aiohttp

from benchmarks.report import percentile

_ORDER = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
_PASSWORD = "customers of a benchmark"
_CASH = "100000000.00"
# Beyond this many unanswered orders a platform is not slow, it is down.
_MOST_IN_FLIGHT = 512
_PATIENCE_SECONDS = 60.0
_TERMINAL = {"EXECUTED", "FAILED", "CANCELLED"}


class Customer(NamedTuple):
    email: str
    account_id: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Sent(NamedTuple):
    """One POST: when it was due by the wall, how long its answer took from then on."""

    due: float
    seconds: float
    status: int
    order_id: str


class Passed(NamedTuple):
    """What became of the orders that were sent."""

    sent: Sequence[Sent]
    orders: Mapping[str, Mapping[str, Any]]

    @property
    def accepted(self) -> list[Sent]:
        return [each for each in self.sent if each.status == 202]

    @property
    def _executed(self) -> list[Sent]:
        known = self.orders.get
        return [
            each for each in self.accepted if known(each.order_id, {}).get("status") == "EXECUTED"
        ]

    @property
    def lost(self) -> int:
        """Orders that were taken and not executed."""
        return len(self.accepted) - len(self._executed)

    @property
    def executed_within(self) -> list[float]:
        """Seconds from each POST to the moment the order's execution bears."""
        return [
            moment(self.orders[each.order_id]["executed_at"]) - each.due for each in self._executed
        ]

    @property
    def ended_after(self) -> float:
        """Seconds from the first POST to the last execution."""
        executions = [moment(self.orders[each.order_id]["executed_at"]) for each in self._executed]
        return max(executions) - self.sent[0].due


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def latency(sent: Sequence[Sent]) -> tuple[float, float]:
    """p50 and p99 of the answers, in milliseconds."""
    took = [each.seconds * 1000 for each in sent]
    return percentile(took, 0.5), percentile(took, 0.99)


class Load:
    """Some customers with cash, and one HTTP session for all."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.customers: list[Customer] = []
        self.base = url + "/api/v1"
        self._next = 0

    async def register(self, count: int) -> None:
        stamp = time.time_ns()
        for n in range(count):
            email = f"bench-{stamp}-{n}@hub.example"
            person = {"email": email, "password": _PASSWORD, "name": "Bench"}
            account = (await self._ask("POST", "/auth/register", person))["account_id"]
            customer = await self._logged_in(Customer(email, account))
            path = f"/accounts/{account}/deposits"
            await self._ask("POST", path, {"amount": _CASH}, customer.headers)
            self.customers.append(customer)

    async def log_in(self) -> None:
        """All of them, again: a token lasts ten minutes."""
        self.customers = [await self._logged_in(each) for each in self.customers]

    async def _logged_in(self, customer: Customer) -> Customer:
        who = {"email": customer.email, "password": _PASSWORD}
        tokens = await self._ask("POST", "/auth/login", who)
        return customer._replace(token=tokens["access_token"])

    async def paced(self, rate: float, seconds: float) -> Passed:
        """One order every 1/rate seconds, whether or not the one before is answered."""
        began, wall = time.perf_counter(), time.time()
        bound = asyncio.Semaphore(_MOST_IN_FLIGHT)
        tasks = []
        for n in range(round(rate * seconds)):
            due = n / rate
            await asyncio.sleep(max(began + due - time.perf_counter(), 0))
            await bound.acquire()
            task = asyncio.create_task(self._order(began + due, wall + due))
            task.add_done_callback(lambda _: bound.release())
            tasks.append(task)
        return await self._passed(await asyncio.gather(*tasks))

    async def flooded(self, clients: int, seconds: float) -> Passed:
        """Each client sends its next order as soon as the last is answered."""
        end = time.perf_counter() + seconds
        sent: list[Sent] = []

        async def client() -> None:
            while (now := time.perf_counter()) < end:
                sent.append(await self._order(now, time.time()))

        await asyncio.gather(*(client() for _ in range(clients)))
        return await self._passed(sorted(sent))

    async def _order(self, due: float, wall: float) -> Sent:
        headers = self.customers[self._next % len(self.customers)].headers
        self._next += 1
        url = self.base + "/orders"
        async with self.session.post(url, json=_ORDER, headers=headers) as answer:
            body = await answer.json(content_type=None)
        took = time.perf_counter() - due
        return Sent(wall, took, answer.status, body.get("order_id", ""))

    async def _passed(self, sent: Sequence[Sent]) -> Passed:
        """Wait until every accepted order has come to an end, but not for ever."""
        wanted = {each.order_id for each in sent if each.status == 202}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            orders = {
                order["order_id"]: order
                for each in await asyncio.gather(*map(self._history, self.customers[: self._next]))
                for order in each
                if order["order_id"] in wanted
            }
            ended = sum(order["status"] in _TERMINAL for order in orders.values())
            if ended == len(wanted) or time.monotonic() > deadline:
                return Passed(sent, orders)
            await asyncio.sleep(0.5)

    async def _history(self, customer: Customer) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path: str | None = "/orders/history?limit=500"
        while path:
            page = await self._ask("GET", path, None, customer.headers)
            found += page["orders"]
            cursor = page["next_cursor"]
            path = f"/orders/history?limit=500&cursor={cursor}" if cursor else None
        return found

    async def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        async with self.session.request(
            method, self.base + path, json=body, headers=headers, raise_for_status=True
        ) as answer:
            parsed: dict[str, Any] = await answer.json()
            return parsed


@asynccontextmanager
async def customers_at(url: str, count: int) -> AsyncIterator[Load]:
    """So many customers, registered, logged in and rich."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        load = Load(session, url)
        await load.register(count)
        yield load
