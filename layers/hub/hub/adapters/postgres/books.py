"""Books of accounts in PostgreSQL: lock and load in one round trip, write and commit in another."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database, Row
from hub.adapters.postgres.orders import order_of
from hub.application.books import AccountBook, Books
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, OrderId

_BOOK_WIDTH = 12


@dataclass(frozen=True, slots=True)
class PostgresAccountsAtWork:
    database: Database

    @contextmanager
    def open(
        self, account_ids: Sequence[AccountId], order_ids: Sequence[OrderId]
    ) -> Iterator[Books]:
        wanted = {"b_account_ids": list(account_ids), "b_order_ids": list(order_ids)}
        load = [(compiled.LOCK_ACCOUNTS, wanted), (compiled.LOAD_BOOKS, wanted)]
        with self.database.transaction(load) as rows:
            books = _books(rows)
            yield books
            if changes := _changes(books):
                self.database.commit_with(compiled.WRITE_BOOKS, changes)


def _books(rows: Iterable[Row]) -> Books:
    books = Books({}, {})
    for row in rows:
        account = books.accounts.setdefault(row[0], _account(row))
        if row[_BOOK_WIDTH] is None:
            continue
        order = order_of(row[_BOOK_WIDTH:])
        books.orders[order.order_id] = order
        if row[8] is not None:
            account.positions[order.instrument_id] = Position(*row[8:12])
    return books


def _account(row: Row) -> AccountBook:
    return AccountBook(row[0], row[1], Balance(*row[5:8]), {}, row[2], row[3], row[4])


def _changes(books: Books) -> dict[str, Any]:
    """The arrays of the writing statement; nothing at all where nothing changed."""
    if not books.changed_accounts:
        return {}
    changed = [books.accounts[each] for each in sorted(books.changed_accounts)]
    held = [
        (account_id, instrument_id, *books.accounts[account_id].positions[instrument_id])
        for account_id, instrument_id in sorted(books.changed_positions)
    ]
    return {
        **_arrays(
            "account",
            "account_id event_sequence audit_sequence audit_hash",
            [(a.account_id, a.event_sequence, a.audit_sequence, a.audit_hash) for a in changed],
        ),
        **_arrays(
            "balance",
            "account_id settled unsettled reserved",
            [(account.account_id, *account.balance) for account in changed],
        ),
        **_arrays("position", "account_id instrument_id quantity reserved cost realised", held),
        **_order_arrays(books),
        **_record_arrays(books),
    }


def _order_arrays(books: Books) -> dict[str, Any]:
    return _arrays(
        "order",
        "order_id state filled_quantity filled_value fills reserved_cash reserved_quantity "
        "reason_code reason updated_at executed_at stop_price water_mark triggered_at",
        [
            (
                order.order_id,
                order.state.value,
                order.filled_quantity,
                order.filled_value,
                order.fills,
                order.reserved_cash,
                order.reserved_quantity,
                order.reason_code,
                order.reason,
                order.updated_at,
                order.executed_at,
                order.stop_price,
                order.water_mark,
                order.triggered_at,
            )
            for order in books.changed_orders.values()
        ],
    )


def _record_arrays(books: Books) -> dict[str, Any]:
    transactions = [
        (
            row.transaction_id,
            row.posting.account_id,
            row.posting.kind,
            row.posting.reference,
            row.at,
        )
        for row in books.postings
    ]
    entries = [
        (
            row.transaction_id,
            row.posting.account_id,
            entry.ledger.value,
            entry.currency,
            entry.amount,
        )
        for row in books.postings
        for entry in row.posting.entries
    ]
    return {
        **_arrays(
            "transaction", "transaction_id account_id kind reference created_at", transactions
        ),
        **_arrays("entry", "transaction_id account_id ledger currency amount", entries),
        **_arrays(
            "execution",
            "execution_id order_id fill_sequence account_id instrument_id side quantity price "
            "value settlement_date quote_id quote market_time executed_at",
            books.executions,
        ),
        **_arrays(
            "obligation",
            "execution_id account_id currency amount settlement_date",
            books.obligations,
        ),
        **_arrays(
            "event",
            "account_id sequence type order_id state_before state_after cause detail "
            "market_time at",
            books.events,
        ),
        **_arrays("audit", "account_id sequence payload hash at", books.audits),
        **_arrays("message", "message_id account_id destination body created_at", books.messages),
    }


def _arrays(name: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    names = columns.split()
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return {f"b_{name}_{column}": list(given) for column, given in zip(names, values, strict=True)}
