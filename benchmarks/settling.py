"""Settlement and relay as use cases of one process, on a database of the benchmark's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import NamedTuple

import psycopg

from benchmarks.sales import HOUR
from hub.adapters.postgres.connection import Database, DatabaseAddress
from hub.adapters.postgres.outbox import PostgresOutbox
from hub.adapters.postgres.settlement import PostgresSettlements, PostgresSettlementsAtWork
from hub.adapters.system import SystemClock, UuidV7Ids
from hub.application.books import Destination, domain_event
from hub.application.operations.sweep_outbox import SweepOutbox
from hub.application.ports.messages import Message
from hub.application.ports.settlement import AccountRange
from hub.application.relay import Relay
from hub.application.settlement.find_due_accounts import FindDueAccounts
from hub.application.settlement.settle_accounts import SettleAccounts, SettleAccountsCommand
from hub.domain.kernel import AccountId

DUE = HOUR + timedelta(days=7)


class Settled(NamedTuple):
    settled: int
    failed: int
    seconds: float


class TakesAll:
    """A publisher that nobody listens to."""

    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        return [each.message_id for each in messages]


def settle(url: str) -> Settled:
    """All that is due a week after the sales, page by page, as the steps of SettleTrades do."""
    with _database(url) as database:
        settlements = PostgresSettlements(database)
        books, outbox = PostgresSettlementsAtWork(database), PostgresOutbox(database)
        relay = Relay(TakesAll(), outbox)
        work = SettleAccounts(settlements, books, SystemClock(), UuidV7Ids(), relay)
        began, settled, failed = perf_counter(), 0, 0
        for found in FindDueAccounts(settlements)(DUE.date()):
            left: AccountRange | None = found
            while left is not None:
                done = work(SettleAccountsCommand(left, DUE.date(), DUE, "benchmark"))
                settled, failed = settled + done.settled, failed + len(done.failed)
                left = done.next
        return Settled(settled, failed, perf_counter() - began)


def leave_behind(url: str, messages: int) -> None:
    """Messages for the bus, whose functions died a minute ago."""
    body = domain_event("CashSettled", AccountId(UuidV7Ids().new()), {"amount": "1.00"})
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO outbox (message_id, account_id, destination, body, created_at)"
            " SELECT gen_random_uuid(), gen_random_uuid(), %s, %s, %s FROM generate_series(1, %s)",
            (Destination.BUS, body, datetime.now(UTC) - timedelta(minutes=1), messages),
        )


def sweep(url: str) -> int:
    """How many messages left the outbox."""
    with _database(url) as database:
        outbox = PostgresOutbox(database)
        return SweepOutbox(Relay(TakesAll(), outbox), outbox, SystemClock())()


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(DatabaseAddress(url))
    try:
        yield database
    finally:
        database.close()
