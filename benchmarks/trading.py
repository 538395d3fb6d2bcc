"""A database of customers who trade, for benchmarks of the order transactions alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path

import psycopg

from hub.adapters.postgres.accounts import PostgresAccounts
from hub.adapters.postgres.books import PostgresAccountsAtWork
from hub.adapters.postgres.connection import Database, DatabaseAddress
from hub.adapters.postgres.customers import PostgresCustomers
from hub.adapters.postgres.fees import PostgresFees
from hub.adapters.postgres.market import PostgresCalendars, PostgresInstruments
from hub.adapters.postgres.migrations.upgrade import upgrade
from hub.adapters.postgres.orders import PostgresOrders
from hub.adapters.postgres.outbox import PostgresOutbox
from hub.adapters.postgres.seed import seed
from hub.adapters.system import SystemClock, UuidV7Ids
from hub.application.accounts.cash_moves import CashCommand, CashMoves
from hub.application.accounts.deposit_cash import DepositCash
from hub.application.books import Cause, audit_payload
from hub.application.orders.execute_orders import (
    ExecuteOrders,
    ExecuteOrdersCommand,
    OrderToProcess,
)
from hub.application.orders.intake import Intake, VenueTerms
from hub.application.orders.submit_order import SubmitOrder, SubmitOrderCommand
from hub.application.ports.identity import Customer, NewCustomer
from hub.application.ports.market import MarketView
from hub.application.ports.messages import Message
from hub.application.ports.orders import Placed, RequestedOrders
from hub.application.ports.vault import Field
from hub.application.relay import Relay
from hub.domain.kernel import AccountId, CustomerId
from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from hub.domain.orders.entry_rules import EntryLimits, NewOrder
from hub.domain.orders.order import OrderType, Side, TimeInForce
from hub.domain.orders.venue import PAPER
from local.options import ROOT
from local.services.postgres import Postgres

SYMBOL = "AAPL"
TRADING_HOUR = datetime(2012, 6, 1, 15, tzinfo=UTC)
_CASH = Decimal(10_000_000)
ORDER = NewOrder(SYMBOL, Side.BUY, OrderType.LIMIT, TimeInForce.DAY, Decimal(10), Decimal("600.00"))


class Silent:
    """A publisher that takes nothing: messages stay in the outbox."""

    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        del messages
        return ()


class Unsealed:
    """A vault of glass: whom the benchmark's customers are is no secret."""

    def of(self, _customer_id: CustomerId) -> "Unsealed":
        return self

    def close(self, _field: Field, value: bytes) -> bytes:
        return value

    def mark(self, what: str, value: bytes) -> bytes:
        return what.encode() + value

    def open(self, _field: Field, sealed: bytes) -> bytes:
        return sealed


_TERMS = VenueTerms(EntryLimits(), PAPER)


@dataclass(frozen=True, slots=True)
class OpenMarket:
    """One symbol, quoted this very moment, in the middle of a session."""

    hour: datetime = TRADING_HOUR

    def view(self, symbols: Sequence[str]) -> MarketView:
        now = datetime.now(UTC)
        # As much as all orders of the run want: what is measured is their way, not their luck.
        size = Decimal(10**9)
        bid, ask = Decimal("560.95"), Decimal("561.05")
        quote = Quote("q-1", SYMBOL, bid, ask, bid, size, size, self.hour)
        return MarketView(MarketClock(self.hour, now), dict.fromkeys(symbols, quote))


@dataclass(frozen=True, slots=True)
class Requests(PostgresOrders):
    """Takes orders down, places none."""

    taken: list[RequestedOrders] = field(default_factory=list)

    def place(self, request: RequestedOrders) -> Placed:
        self.taken.append(request)
        return Placed(account_found=True, placed=True, available=_CASH, broken_limit=None)


class Trading:
    """Customers with cash in a database; makes orders of theirs, and commands to execute them."""

    def __init__(self, url: str, customers: int, hour: datetime = TRADING_HOUR) -> None:
        self.url = url
        self.clock, self.ids, self.market = SystemClock(), UuidV7Ids(), OpenMarket(hour)
        self._database = self.database()
        self._customers = [self._customer(n) for n in range(customers)]
        self._turn = cycle(self._customers)

    def database(self) -> Database:
        """A connection of its own, opened."""
        database = Database(DatabaseAddress(self.url))
        database.rows("SELECT 1")
        return database

    def requests(self, count: int, order: NewOrder = ORDER) -> list[RequestedOrders]:
        """What submitting orders of all customers in turn asks the database for."""
        orders = Requests(self._database)
        intake = Intake(
            PostgresInstruments(self._database),
            self.market,
            PostgresCalendars(self._database),
            PostgresFees(self._database),
            self.clock,
            self.ids,
            _TERMS,
        )
        accounts = PostgresAccounts(self._database)
        submit = SubmitOrder(orders, accounts, intake, self.ids, self._relay())
        for customer_id, account_id in islice(self._turn, count):
            submit(SubmitOrderCommand(customer_id, account_id, None, order, "trace"))
        return orders.taken

    def placed(self, count: int, order: NewOrder = ORDER) -> list[OrderToProcess]:
        """Orders that stand in the database and wait to be executed."""
        orders, requests = PostgresOrders(self._database), self.requests(count, order)
        for request in requests:
            if not orders.place(request).placed:
                raise RuntimeError("an order of the benchmark was refused")
        return [
            OrderToProcess(each.orders[0].order_id, each.orders[0].account_id) for each in requests
        ]

    def executed(self, order: NewOrder) -> AccountId:
        """An order of the next customer, whose account it gives, and its execution."""
        orders = self.placed(1, order)
        self.executing(self._database)(self.command(orders))
        return orders[0].account_id

    def executing(self, database: Database) -> ExecuteOrders:
        books, calendars = PostgresAccountsAtWork(database), PostgresCalendars(self._database)
        fees = PostgresFees(self._database)
        return ExecuteOrders(books, calendars, fees, self.clock, self.ids, _TERMS)

    def command(self, orders: Sequence[OrderToProcess]) -> ExecuteOrdersCommand:
        return ExecuteOrdersCommand(orders, self.market.view([SYMBOL]), "trace")

    def _relay(self) -> Relay:
        return Relay(Silent(), PostgresOutbox(self._database))

    def _customer(self, n: int) -> tuple[CustomerId, AccountId]:
        customer_id, account_id = CustomerId(self.ids.new()), AccountId(self.ids.new())
        cause = Cause(customer_id, "registered", self.clock.now())
        customer = Customer(customer_id, f"{n}-{customer_id}@hub.example", "Bench", "no password")
        PostgresCustomers(self._database, Unsealed()).register(
            NewCustomer(
                customer, customer_id.encode(), "none", account_id, cause, audit_payload(cause, {})
            )
        )
        accounts, books = PostgresAccounts(self._database), PostgresAccountsAtWork(self._database)
        moves = CashMoves(books, accounts, self.clock, self.ids, self._relay())
        DepositCash(moves)(CashCommand(customer_id, account_id, _CASH, None, "trace"))
        return customer_id, account_id


@contextmanager
def trading(folder: Path, customers: int) -> Iterator[tuple[Trading, str]]:
    """An embedded PostgreSQL with customers in it, and the URL of its owner. It ends after use."""
    postgres = Postgres(folder)
    try:
        postgres.start()
        upgrade(postgres.owner_url)
        seed(postgres.owner_url, ROOT / "data")
        made = Trading(postgres.url, customers)
        with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield made, postgres.owner_url
    finally:
        postgres.stop()
