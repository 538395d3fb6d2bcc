"""Sales that wait for their settlement: one customer trades, and is copied row by row.

The copies have every row that a customer of the platform would have, under ids of their own, so
that the invariants hold over them too.
"""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
from sqlalchemy import Table

from benchmarks.trading import ORDER, Trading
from hub.adapters.postgres import tables
from hub.domain.kernel import AccountId
from hub.domain.orders.order import OrderType, Side

EACH = 5
_SHARES = Decimal(10)
# What is sold then has settled long before any platform's first day.
HOUR = datetime(2012, 5, 1, 15, tzinfo=UTC)
_TABLES = (
    tables.accounts,
    tables.balances,
    tables.positions,
    tables.orders,
    tables.executions,
    tables.settlement_obligations,
    tables.ledger_transactions,
    tables.ledger_entries,
    tables.account_events,
    tables.audit_events,
)
_IDS = {"account_id", "order_id", "execution_id", "transaction_id", "reference"}


class Sellers:
    """Accounts that have bought once and sold `EACH` times, to whom all of that is still owed."""

    def __init__(self, url: str, owner_url: str) -> None:
        """`url` is the application's."""
        self._url = url
        self._owner_url = owner_url

    def add(self, accounts: int) -> None:
        """So many more."""
        first = _seller(self._url)
        with psycopg.connect(self._owner_url, autocommit=True) as owner:
            owner.execute("SET session_replication_role = replica")
            for table in _TABLES:
                owner.execute(_copy(table), {"account_id": first, "copies": accounts - 1})
            owner.execute("VACUUM ANALYZE")

    def owed(self) -> int:
        """How many sales have not settled."""
        with psycopg.connect(self._owner_url) as owner:
            query = "SELECT count(*) FROM settlement_obligations WHERE settled_at IS NULL"
            row = owner.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def _seller(url: str) -> AccountId:
    trading = Trading(url, 1, HOUR)
    bought = ORDER._replace(quantity=_SHARES * EACH)
    sold = ORDER._replace(side=Side.SELL, type=OrderType.MARKET, limit_price=None, quantity=_SHARES)
    (account_id,) = {trading.executed(each) for each in (bought, *[sold] * EACH)}
    return account_id


def _copy(table: Table) -> bytes:
    names = [column.name for column in table.columns]
    values = [f"md5({each}::text || number)::uuid" if each in _IDS else each for each in names]
    return (
        f"INSERT INTO {table.name} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM {table.name},"
        " generate_series(1, %(copies)s::int) AS number"
        " WHERE account_id = %(account_id)s"
    ).encode()
