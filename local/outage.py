"""`./dev demo --outage`: orders meet a venue that is broken, and recover; one by a person's hand.

It starts a platform of its own in a temporary folder, whose queues and state machines wait by a
clock that jumps, and breaks it as an operator could: in the database, as its owner.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg

from hub.adapters.postgres.admins import set_admin
from hub.adapters.postgres.invariants import check
from hub.domain.orders.recovery import LADDER
from local.client import Client
from local.clock import JumpingClock
from local.options import Options, read_options
from local.platform import running
from local.progress import say
from local.runtime import Runtime
from local.services.errors import StartError
from local.services.ports import free_port
from local.services.postgres import Postgres
from local.state import StateFolder
from local.statemachines.execution import Execution

_ORDERS = 4
_SYMBOL = "AAPL"
_PATIENCE_SECONDS = 120.0
_VISIBILITY_SECONDS = 61.0
_WAITING, _ASKING = "Wait for next try", "Ask a person"
_PASSWORD = "a round of paper trades"  # noqa: S105  # of people who live for one demo
_BREAK = "REVOKE INSERT ON executions FROM hub_app"
_MEND = "GRANT INSERT ON executions TO hub_app"
# The venue is well again, but for one order; what a person states it takes.
_REFUSE_ONE = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the venue does not know this order'; END $$;
CREATE TRIGGER refuse_one BEFORE INSERT ON executions FOR EACH ROW
    WHEN (NEW.order_id = '{order_id}' AND NEW.quote_id NOT LIKE 'operator-%')
    EXECUTE FUNCTION refuse_one()
"""


def outage() -> int:
    """0 when every order has ended, one of them by hand, and every invariant holds."""
    # Whatever database is at hand otherwise: this one is to be broken.
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="hub-outage-", ignore_cleanup_errors=True) as name:
        folder = StateFolder(Path(name) / "state")
        folder.take()
        try:
            return asyncio.run(_run(_options(folder.path)))
        finally:
            folder.empty()
            folder.release()


def _options(state: Path) -> Options:
    names = ("--api-port", "--websocket-port", "--stream-port", "--grpc-port")
    ports = [word for name in names for word in (name, str(free_port()))]
    return read_options([*ports, "--no-demo", "--speed", "1"])._replace(state=state)


async def _run(options: Options) -> int:
    say("An outage, on a platform of its own; nothing of yours is touched")
    clock = JumpingClock()
    async with running(options, clock) as runtime:
        postgres = Postgres(options.state)
        assert postgres.running_url(), "the block runs while it does"
        story = _Story(options, runtime, clock, postgres.owner_url)
        await story.tell()
        return await asyncio.to_thread(_verify, postgres.owner_url)


class _Story:
    """What happens, in the order in which it is shown."""

    def __init__(
        self, options: Options, runtime: Runtime, clock: JumpingClock, owner_url: str
    ) -> None:
        self._runtime = runtime
        self._clock = clock
        self._owner_url = owner_url
        self._customer = Client(options.api_url)
        self._operator = Client(options.api_url)
        self._orders: list[str] = []

    async def tell(self) -> None:
        await asyncio.to_thread(self._introduce)
        await self._owner(_BREAK)
        say("\nBROKEN: the database refuses to record executions; orders are still taken")
        await asyncio.to_thread(self._send_orders)
        await self._until_stranded()
        await self._climb()
        await asyncio.to_thread(self._decide)
        await self._until(self._all_ended, "every order has ended")
        await asyncio.to_thread(self._show_ends)

    def _introduce(self) -> None:
        for client, name in ((self._customer, "customer"), (self._operator, "operator")):
            person = {"email": f"{name}@hub.example", "password": _PASSWORD, "name": name}
            made = client.post("/auth/register", person)
            if client is self._operator:
                set_admin(self._owner_url, made["user_id"], admin=True)
            client.log_in(f"{name}@hub.example", _PASSWORD)
            if client is self._customer:
                path = f"/accounts/{made['account_id']}/deposits"
                client.post(path, {"amount": "100000.00"})
        say("\nA customer with 100000.00 USD, and an operator who is an administrator")

    def _send_orders(self) -> None:
        for number in range(1, _ORDERS + 1):
            order = {
                "symbol": _SYMBOL,
                "side": "buy",
                "type": "market",
                "quantity": str(number),
                "time_in_force": "gtc",
            }
            self._orders.append(self._customer.post("/orders", order)["order_id"])
            say(f"  order {number}: buy {number} {_SYMBOL}, accepted as {self._orders[-1]}")

    async def _until_stranded(self) -> None:
        """Delivery after delivery fails; then the dead letters begin to climb."""
        say("\nThe queue delivers five times, a minute apart, then gives up:")
        while len(self._runs()) < _ORDERS:
            if self._deliveries_rest():
                self._clock.jump(_VISIBILITY_SECONDS)
            await asyncio.sleep(0.5)
        for queue in (await asyncio.to_thread(self._operator.get, "/admin/queues"))["queues"]:
            if queue["name"].startswith("orders"):
                told = f"{queue['waiting']} waiting, {queue['in_flight']} in flight"
                say(f"  {queue['name']:18} {told}")
        say(f"  {_ORDERS} orders have stranded, and each is on the ladder")

    async def _climb(self) -> None:
        for rung, delay in enumerate(LADDER, 1):
            await self._until(partial(self._rests_after, rung - 1), f"try {rung} is planned")
            if rung == 3:
                await self._mend_all_but_one()
            say(f"\n{_words(delay)} later: try {rung} of {len(LADDER)}")
            due = [run.position.entered for run in self._runs() if _tries(run) == rung - 1]
            if due:
                self._clock.jump((max(due) + delay - self._clock.now()).total_seconds())
            await self._until(partial(self._rests_after, rung), f"try {rung} is over")
            if rung == len(LADDER):
                await self._until(self._is_listed, "the order is in the manual list")
            await asyncio.to_thread(self._show_states)

    async def _mend_all_but_one(self) -> None:
        await self._owner(_MEND)
        await self._owner(_REFUSE_ONE.format(order_id=self._orders[-1]))
        say(f"\nMENDED: executions are recorded again, but order {_ORDERS} is still refused")

    def _decide(self) -> None:
        [listed] = self._operator.get("/admin/orders?state=manual")["orders"]
        order_id, recovery = listed["order"]["order_id"], listed["recovery"]
        say(f"\nTHE MANUAL LIST has one order, {order_id}:")
        say(f"  {recovery['failed_tries']} tries failed, the last by {recovery['reason']}")
        ask = self._operator.get(f"/market-data/{_SYMBOL}")["ask"]
        say(f"  the operator has word from the venue, and fills it by hand at {ask}")
        fill = {
            "quantity": str(_ORDERS),
            "price": ask,
            "reason": "the venue has confirmed it by telephone",
        }
        filled = self._operator.post(f"/admin/orders/{order_id}/fill", fill)
        say(f"  it is {filled['status']} now")

    def _show_states(self) -> None:
        troubled = self._operator.get("/admin/orders")["orders"]
        known = {each["order"]["order_id"]: each["recovery"] for each in troubled}
        for number, order_id in enumerate(self._orders, 1):
            status = self._customer.get(f"/orders/{order_id}/status")["status"]
            recovery = known.get(order_id)
            told = f", {recovery['state']}: {recovery['reason']}" if recovery else ""
            say(f"  order {number}: {status}{told}")

    def _show_ends(self) -> None:
        for title, order_id in (("first", self._orders[0]), ("last", self._orders[-1])):
            say(f"\nThe life of the {title} order:")
            for step in self._customer.get(f"/orders/{order_id}/timeline")["steps"]:
                detail = step["detail"]
                waits = f", in {detail['wait_seconds']} s" if "wait_seconds" in detail else ""
                price = f" {detail['quantity']} at {detail['price']}" if "price" in detail else ""
                say(f"  {step['at'][11:19]}  {step['event']}{price}{waits}")
        query = f"?order_id={self._orders[-1]}"
        for run in self._operator.get(f"/admin/executions{query}")["executions"]:
            say(f"\nRecoverOrder {run['name']}: {run['status']}")

    def _deliveries_rest(self) -> bool:
        """Whether no message is there to be delivered, and none is being processed."""
        queues, engine = self._runtime.queues, self._runtime.engine
        names = [name for name in queues.names() if "orders" in name]
        waiting = sum(queues.depth(name).visible for name in names)
        return not waiting and not engine.running(self._machine("ProcessOrder"))

    def _runs(self) -> list[Execution]:
        return self._runtime.engine.running(self._machine("RecoverOrder"))

    def _machine(self, name: str) -> str:
        arns = self._runtime.engine.machines
        return next(arn for arn in arns if arn.endswith(f":{name}"))

    async def _rests_after(self, tries: int) -> bool:
        """Whether every run waits, for a moment or a person, after so many tries in vain."""
        return all(
            run.position.state in {_WAITING, _ASKING} and _tries(run) >= tries
            for run in self._runs()
        )

    async def _is_listed(self) -> bool:
        found = await asyncio.to_thread(self._operator.get, "/admin/orders?state=manual")
        return bool(found["orders"])

    async def _all_ended(self) -> bool:
        found = [
            await asyncio.to_thread(self._customer.get, f"/orders/{order_id}/status")
            for order_id in self._orders
        ]
        query = f"/admin/executions?order_id={self._orders[-1]}"
        runs = (await asyncio.to_thread(self._operator.get, query))["executions"]
        return all(each["status"] == "EXECUTED" for each in found) and all(
            run["status"] == "SUCCEEDED" for run in runs
        )

    async def _until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await holds():
                    await asyncio.sleep(0.1)
                    # A task that was too slow is tried again, and that waits by this clock.
                    self._clock.jump(0.1)
        except TimeoutError:
            raise StartError(
                f"waited {_PATIENCE_SECONDS:.0f} s in vain for this: {what}",
                "run it again when the machine has less to do",
            ) from None

    async def _owner(self, statement: str) -> None:
        def run() -> None:
            with psycopg.connect(self._owner_url) as connection:
                connection.execute(statement.encode())

        await asyncio.to_thread(run)


def _tries(run: Execution) -> int:
    return int(run.position.variables.get("tries", 0))


def _verify(url: str) -> int:
    findings = check(url)
    broken = sum(finding.violations for finding in findings)
    say(f"\nThe books: {len(findings)} invariants checked, {broken} violations")
    return 1 if broken else 0


def _words(delay: timedelta) -> str:
    minutes = int(delay.total_seconds() // 60)
    hours = "an hour" if minutes == 60 else f"{minutes // 60} hours"
    return f"{minutes} minutes" if minutes < 60 else hours
