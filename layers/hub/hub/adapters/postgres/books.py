"""Books of accounts in PostgreSQL: lock and load in one round trip, write and commit in another."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database, Row, Statement
from hub.adapters.postgres.order_rows import WRITTEN, order_of, row_of
from hub.application.books import AccountBook, AccountLimits, Books, Taken
from hub.application.ports.orders import QuotesAtWork
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, OrderId

_BOOK_WIDTH = 14


@dataclass(frozen=True, slots=True)
class PostgresAccountsAtWork:
    database: Database

    @contextmanager
    def open(
        self,
        account_ids: Sequence[AccountId],
        order_ids: Sequence[OrderId],
        quotes: QuotesAtWork | None = None,
    ) -> Iterator[Books]:
        wanted = {"b_account_ids": list(account_ids), "b_order_ids": list(order_ids)}
        load: list[Statement] = [(compiled.LOCK_ACCOUNTS, wanted)]
        if quotes is not None and quotes.quote_ids:
            named = {"b_quote_ids": list(quotes.quote_ids), "b_at": quotes.at}
            load.append((compiled.LOCK_QUOTES, named))
        load.append((compiled.LOAD_BOOKS, wanted))
        with self.database.transaction(load) as found:
            books = books_of(found[-1])
            if len(load) > 2:
                books.taken = {row[0]: Taken(row[1], row[2]) for row in found[1]}
            yield books
            if changes := changes_of(books):
                self.database.commit_with(compiled.WRITE_BOOKS, changes)
            else:
                self.database.give_up()


def books_of(rows: Iterable[Row]) -> Books:
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
    limits = AccountLimits(row[12], row[13])
    return AccountBook(row[0], row[1], Balance(*row[5:8]), {}, row[2], row[3], row[4], limits)


def changes_of(books: Books) -> dict[str, Any]:
    """The arrays of the writing statement; nothing at all where nothing changed."""
    if not books.changed_accounts:
        return {}
    changed = [books.accounts[each] for each in sorted(books.changed_accounts)]
    held = [
        (account_id, instrument_id, *books.accounts[account_id].positions[instrument_id])
        for account_id, instrument_id in sorted(books.changed_positions)
    ]
    return {
        **arrays(
            "account",
            "account_id event_sequence audit_sequence audit_hash",
            [(a.account_id, a.event_sequence, a.audit_sequence, a.audit_hash) for a in changed],
        ),
        **arrays(
            "balance",
            "account_id settled unsettled reserved",
            [(account.account_id, *account.balance) for account in changed],
        ),
        **arrays("position", "account_id instrument_id quantity reserved cost realised", held),
        **_order_arrays(books),
        **_record_arrays(books),
    }


_CHANGED = (
    "order_id state quantity filled_quantity filled_value fills reserved_cash reserved_quantity "
    "reason_code reason updated_at executed_at stop_price water_mark triggered_at replaced_by fees "
    "met_event routed_at sent_at"
)


def _order_arrays(books: Books) -> dict[str, Any]:
    names = _CHANGED.split()
    changed = [
        tuple(getattr(order, name) for name in names) for order in books.changed_orders.values()
    ]
    new = [row_of(order, books.request_hashes[each]) for each, order in books.new_orders.items()]
    return {
        **arrays("order", _CHANGED, changed),
        **arrays("new_order", WRITTEN, new),
        **arrays(
            "taken",
            "quote_id bought sold",
            [(quote_id, *taken) for quote_id, taken in books.changed_quotes.items()],
        ),
    }


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
        **arrays(
            "transaction", "transaction_id account_id kind reference created_at", transactions
        ),
        **arrays("entry", "transaction_id account_id ledger currency amount", entries),
        **arrays(
            "execution",
            "execution_id order_id fill_sequence account_id instrument_id side quantity price "
            "value fees trade_date settlement_date quote_id quote trade seed market_time "
            "executed_at",
            books.executions,
        ),
        **arrays(
            "obligation",
            "execution_id account_id currency amount settlement_date",
            books.obligations,
        ),
        **arrays(
            "event",
            "account_id sequence type order_id state_before state_after cause detail "
            "market_time at",
            books.events,
        ),
        **arrays("audit", "account_id sequence payload hash at", books.audits),
        **arrays("message", "message_id account_id destination body created_at", books.messages),
    }
