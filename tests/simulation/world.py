"""One world for many runs: real use cases on a real database, the rest in the seed's hand."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psycopg

from functions.operations import job_sweep_outbox
from functions.orders import (
    job_expire_orders,
    job_release_queued_orders,
    on_order_submitted,
    on_order_undelivered,
    step_announce_orders,
    step_execute_orders,
    step_price_orders,
)
from hub.adapters.redis.market_data import RedisMarketData
from hub.application.accounts.cash_moves import CashCommand
from hub.application.identity.register import RegisterCommand
from hub.application.orders.execute_orders import ExecuteOrdersCommand, OrderToProcess
from hub.application.orders.postpone_failed import PostponeFailed
from hub.application.orders.process_submitted import ProcessSubmitted
from hub.bootstrap import Hub
from hub.domain.kernel import HubError
from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from hub.settings import Settings
from local.kms import INDEX
from tests.fixtures.databases import DatabaseUrls
from tests.fixtures.ports import EPOCH, HeldKms, HeldMail, HeldObjects
from tests.fixtures.worlds import OPEN, Customer, KnownPasswords, order_command
from tests.simulation import customers, market, operators, recovery, settlement
from tests.simulation.books import Judge, Reset, drop_nets, prepare
from tests.simulation.chance import CALM, Chance, Fault, Rates
from tests.simulation.clock import SimulatedClock
from tests.simulation.database import Line, Watcher, Wire
from tests.simulation.machine import SimulatedMachine
from tests.simulation.outages import Outages
from tests.simulation.plan import CUSTOMERS, FIRST_CENTS, SYMBOLS, Act, Plan
from tests.simulation.scheduler import KilledError, Scheduler
from tests.simulation.seams import DEAD_LETTERS, InQueue, SimulatedQueues, SimulatedRedis, TaskIds

SLOTS = 6
_connect_really = psycopg.connect
LEADER = "leader"
_BEGIN = EPOCH + timedelta(hours=1)
_HANDLERS = (
    job_expire_orders,
    job_release_queued_orders,
    job_sweep_outbox,
    on_order_submitted,
    on_order_undelivered,
    step_announce_orders,
    step_execute_orders,
    step_price_orders,
    *recovery.HANDLERS,
    *settlement.HANDLERS,
)
_CONTEXT = SimpleNamespace(aws_request_id="simulation", function_name="simulation")
_CASH, _SHARES = "6000.00", "25"

Step = Callable[["World", Act], None]


class World:
    """`steps` says for each kind of act what it does: another part of the product adds its own."""

    def __init__(self, urls: DatabaseUrls, *, constraints: bool = True) -> None:
        logging.disable(logging.CRITICAL)
        self.urls = urls
        self.scheduler = Scheduler(SLOTS)
        self.clock = SimulatedClock(EPOCH)
        self.scheduler.begin(self.clock, Chance(0, CALM))
        self.ids = TaskIds(self.scheduler)
        self.redis = SimulatedRedis(self.scheduler)
        self._kms, self._key_shelf = HeldKms(), HeldObjects()
        self.queues = SimulatedQueues(self.scheduler, self._consume)
        self.machine = SimulatedMachine(self.scheduler)
        self.recoveries = recovery.SimulatedRecoveries(self.scheduler)
        self.outages = Outages(self.clock)
        self.answers = customers.Answers()
        self.cents: dict[str, int] = {}
        self.seen: list[str] = []
        self.steps = dict(STEPS)
        self.watcher = Watcher(urls.owner)
        self.owner = psycopg.connect(urls.owner, autocommit=True)
        self._patches: list[Any] = [patch.object(psycopg, "connect", self._connect)]
        self._patches += [patch.object(each, "hub", self.hub) for each in _HANDLERS]
        self._wires: dict[int, Wire] = {}
        self._connecting = 0
        self._read_reference()
        self._hubs = [self._wired(number) for number in range(SLOTS + 1)]
        prepare(self.owner)
        with self.in_place():
            self._people()
        self.constraints_dropped = 0 if constraints else drop_nets(self.owner)
        self.reset = Reset(self.owner, EPOCH + timedelta(minutes=30))
        self.judge = Judge(self.owner)

    def close(self) -> None:
        self.scheduler.end()
        for wire in self._wires.values():
            wire.close()
        self.watcher.close()
        self.owner.close()
        logging.disable(logging.NOTSET)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The product's handlers and its connections are this world's while the block runs."""
        with ExitStack() as stack:
            for each in self._patches:
                stack.enter_context(each)
            yield

    # How it is made

    def _read_reference(self) -> None:
        """Once and for all: what is read again after some time would be read at other steps."""
        hub = Hub(_settings(self.urls))
        instruments = {symbol: hub.instruments.find(symbol) for symbol in SYMBOLS}
        self._instruments = SimpleNamespace(find=instruments.get)
        sessions = [
            each.session
            for each in hub.calendars.days(
                "XNYS", datetime(2012, 5, 1, tzinfo=UTC).date(), OPEN.date() + timedelta(400), 400
            )
        ]
        calendar = Calendar(sessions)
        self._calendars = SimpleNamespace(around=lambda _exchange, _moment: calendar)
        self.calendar = calendar
        schedule = hub.fees.schedule("XNYS")
        self._fees = SimpleNamespace(schedule=lambda _market: schedule)
        hub.database.close()

    def _wired(self, number: int) -> Hub:
        hub = Hub(_settings(self.urls))
        parts: dict[str, Any] = {
            "clock": self.clock,
            "ids": self.ids,
            "publisher": self.queues,
            "passwords": KnownPasswords(),
            "notice_requests": HeldMail(),
            "kms": self._kms,
            "key_shelf": self._key_shelf,
            "instruments": self._instruments,
            "calendars": self._calendars,
            "fees": self._fees,
            "process_submitted": ProcessSubmitted(self.machine),
            "postpone_failed": PostponeFailed(self.queues),
            "recovery_runs": self.recoveries,
            "settlement_runs": settlement.SimulatedRuns(self.scheduler),
        }
        hub.__dict__.update(parts)
        hub.market_data = RedisMarketData(
            self.redis,  # type: ignore[arg-type]  # it answers MGET, which is all that is asked
            self.redis,  # type: ignore[arg-type]
            self.clock,
            self.redis.last_closes,
        )
        at_work = self.outages.around(hub.accounts_at_work)
        hub.__dict__["execute_orders"] = replace(hub.execute_orders, accounts_at_work=at_work)
        hub.__dict__["number"] = number
        return hub

    def _connect(self, url: str, **options: Any) -> Any:
        """In place of psycopg's own: a new line, on the wire of whoever asks."""
        if options.get("application_name") != "hub":
            return _connect_really(url, **options)
        number = self.hub().__dict__["number"]
        if number not in self._wires:
            wire = Wire.connect(url, **options)
            wire.scheduler = self.scheduler
            wire.is_blocked, wire.cancel_waiting = self.watcher.is_blocked, self.watcher.cancel
            self._wires[number] = wire
        return Line(self._wires[number], self.scheduler)

    def _people(self) -> None:
        self.redis.begin(OPEN)
        self.customers = [self._person(number) for number in range(CUSTOMERS)]
        self.queues.begin()
        self.scheduler.begin(self.clock, Chance(0, CALM))

    def _person(self, number: int) -> Customer:
        hub = self.hub()
        new = hub.register(
            RegisterCommand(f"customer{number}@example.com", "correct horse", "C", "t")
        )
        customer = Customer(new.customer.customer_id, new.account_id)
        self._deposit(customer, str(Decimal(_CASH) + Decimal(_SHARES) * 100))
        self.show("AAPL", FIRST_CENTS, FIRST_CENTS, 1_000_000)
        bought = hub.submit_order(
            order_command(customer, "buy", _SHARES, limit="100.00", client_order_id="first")
        ).order
        wanted = [OrderToProcess(bought.order_id, bought.account_id)]
        view = hub.price_orders(["AAPL"])
        executed = hub.execute_orders(ExecuteOrdersCommand(wanted, view, "t"))
        assert executed.failed == []
        hub.announce_orders(executed.messages)
        return customer

    def _deposit(self, customer: Customer, amount: str) -> None:
        self.hub().deposit_cash(
            CashCommand(customer.customer_id, customer.account_id, Decimal(amount), "first", "t")
        )

    # What tasks use

    def hub(self) -> Hub:
        """The use cases of the process that runs."""
        task = self.scheduler.running
        if task is None or task.slot is None:
            return self._hubs[0]
        return self._hubs[-1 if task.lane == LEADER else task.slot.number]

    def show(self, symbol: str, bid: int, ask: int, size: int, *, trade: bool = False) -> Quote:
        """The market's latest stands in Redis."""
        self.cents[symbol] = ask
        now = self.redis.market_time()
        traded = {
            "last_size": Decimal(size),
            "last_trade_id": f"t-{self.ids.new()[-8:]}",
            "last_time": now,
        }
        quote = Quote(
            quote_id=f"q-{self.ids.new()[-8:]}",
            symbol=symbol,
            bid=Decimal(bid) / 100,
            ask=Decimal(ask) / 100,
            last=Decimal(ask) / 100,
            bid_size=Decimal(size),
            ask_size=Decimal(size),
            time=now,
            **(traded if trade else {}),  # type: ignore[arg-type]
        )
        self.redis.show_quote(quote)
        return quote

    def _consume(self, batch: Sequence[InQueue]) -> None:
        """What SQS does with a function: it deletes what the answer does not name."""
        records = [_record(each) for each in batch]
        with suppress(KilledError), self.scheduler.process():
            self.scheduler.seam("received", Fault.KILL)
            undelivered = batch[0].message.destination == DEAD_LETTERS
            function = on_order_undelivered if undelivered else on_order_submitted
            answer = function.handler({"Records": records}, _CONTEXT)
            self.scheduler.seam("before acknowledge", Fault.KILL)
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            self.queues.acknowledge([each for each in batch if each.name not in failed])

    # Runs

    def begin(self, plan: Plan, rates: Rates, without: Sequence[str] = ()) -> Chance:
        """Everything as it was; the plan's acts stand ready."""
        self.reset()
        chance = Chance(plan.seed, rates, without)
        self.clock.pass_to(_BEGIN)
        self.scheduler.begin(self.clock, chance)
        self.ids.begin(plan.seed)
        self.redis.begin(OPEN)
        self.queues.begin()
        self.recoveries.begin()
        self.outages.begin()
        self.answers = customers.Answers()
        self.seen = []
        self.forget_leader()
        for symbol in SYMBOLS:
            self.show(symbol, FIRST_CENTS, FIRST_CENTS, 100_000)
        for act in plan.acts:
            self.plan(act)
        return chance

    def plan(self, act: Act) -> None:
        lane = LEADER if act.kind in {"market", "watch"} else ""
        work = self.steps[act.kind]
        at = self.clock.now() + timedelta(seconds=act.at)
        self.scheduler.spawn(act.name, lambda: work(self, act), at, lane)

    def forget_leader(self) -> None:
        """Another task leads now; it knows nothing of what the last one did."""
        self._hubs[-1].__dict__.pop("watch_resting_orders", None)

    def reach(self) -> customers.Reach:
        return customers.Reach(
            self.scheduler, self.hub, self.customers, self.answers, self.cents.__getitem__
        )


def _record(received: InQueue) -> dict[str, Any]:
    return {
        "messageId": received.name,
        "receiptHandle": received.name,
        "body": received.message.body,
        "attributes": {"ApproximateReceiveCount": str(received.deliveries)},
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{received.message.destination}",
    }


def _settings(urls: DatabaseUrls) -> Settings:
    texts = dict.fromkeys(Settings._fields, "")
    return Settings(
        **texts
        | {
            "database_url": urls.app,
            "database_iam": False,
            "database_proxy": False,
            "region": "us-east-1",
            "endpoints": {},
            "verifying_keys": {},
            "collar": Decimal("0.04"),
            "tolerance": Decimal("0.50"),
            "customer_rate": 0,
            "address_rate": 0,
            "personal_key": "personal-1",
            "index_key": INDEX,
            "venue": {},
            "venue_name": "paper",
        }  # type: ignore[arg-type]
    )


def _customers(work: Callable[[customers.Reach, Act], None]) -> Step:
    return lambda world, act: work(world.reach(), act)


def _job(handler: Callable[[Any, Any], Any]) -> Step:
    def run(world: World, _act: Act) -> None:
        world.scheduler.seam("job", Fault.KILL)
        with suppress(HubError):
            handler({}, _CONTEXT)

    return run


def _look(world: World, _act: Act) -> None:
    """What has been committed is right at any time."""
    world.seen += [f"meanwhile {name}: {count}" for name, count in world.judge.broken().items()]


def _outage(world: World, act: Act) -> None:
    """The books of one account, or of all, cannot be worked on by who executes orders."""
    whose = world.customers[act.customer].account_id if act.words["one"] else None
    world.outages.last(act.words["seconds"], whose)


STEPS: dict[str, Step] = {
    "submit": _customers(customers.submit),
    "group": _customers(customers.group),
    "cancel": _customers(customers.cancel),
    "replace": _customers(customers.replace),
    "deposit": _customers(customers.deposit),
    "close_position": _customers(customers.close_position),
    "cancel_all": _customers(customers.cancel_all),
    "market": market.event,
    "watch": market.watch,
    "refresh": market.watch,
    "sweep": _job(job_sweep_outbox.handler),
    "release": _job(job_release_queued_orders.handler),
    "expire": _job(job_expire_orders.handler),
    "look": _look,
    "operate": _customers(operators.operate),
    "outage": _outage,
    "settle": settlement.settle,
    "close": market.close,
    "open": market.open_again,
}
