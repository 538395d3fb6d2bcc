"""Planted bugs: each takes one safety of the product away, and the simulation has to notice.

A mutant replaces one named thing while its runs last; the product's files stay as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from unittest.mock import patch

from functions.orders import on_order_submitted, on_order_undelivered
from hub.adapters.postgres import books as postgres_books
from hub.adapters.postgres import compiled
from hub.adapters.postgres.accounts import PostgresAccounts
from hub.adapters.postgres.books import PostgresAccountsAtWork
from hub.adapters.postgres.orders import PostgresOrders
from hub.adapters.postgres.recoveries import PostgresRecoveries
from hub.application import relay
from hub.application.books import Books, Taken
from hub.application.orders import booking, execute_orders, plan_retry, watch_resting_orders
from hub.application.orders.steps import Steps
from hub.application.orders.submit_order import SubmitOrder
from hub.application.ports.messages import Message
from hub.application.ports.settlement import SettledRow
from hub.application.settlement import settle_accounts
from hub.domain.orders import contingency
from hub.domain.orders.order import Order


class Mutant(NamedTuple):
    """`plant` makes the bug for as long as its block lasts."""

    name: str
    sentence: str
    plant: Callable[[], AbstractContextManager[Any]]


def _instead(target: Any, name: str, other: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(target, name, other)


def _reworded(name: str, before: str, after: str) -> Callable[[], AbstractContextManager[Any]]:
    """A statement with some of its words changed."""
    text: str = getattr(compiled, name)
    assert before in text, (name, before)
    return lambda: patch.object(compiled, name, text.replace(before, after))


_RESERVED = "reserved=(balances.reserved + CAST(%(b_reserved_cash)s AS NUMERIC(20, 6)))"
_AVAILABLE = (
    "AND (balances.settled + balances.unsettled) - balances.reserved >="
    " CAST(%(b_reserved_cash)s AS NUMERIC(20, 6))"
)
_place = PostgresOrders.place
_submit = SubmitOrder._place
_release = Steps.release
_record = Books.record
_consequences = contingency.consequences


def _placed_then_reserved(self: PostgresOrders, request: Any) -> Any:
    placed = _place(self, request)
    if placed.placed and request.orders[0].reserved_cash:
        self.database.rows(
            "UPDATE balances SET reserved = reserved + %(b_cash)s WHERE account_id = %(b_account)s",
            {
                "b_cash": request.orders[0].reserved_cash,
                "b_account": request.orders[0].account_id,
            },
        )
    return placed


@contextmanager
def _commit_before_reserve() -> Iterator[None]:
    text = compiled.PLACE_BUY.replace(_RESERVED, "reserved=balances.reserved")
    with (
        patch.object(compiled, "PLACE_BUY", text),
        patch.object(PostgresOrders, "place", _placed_then_reserved),
    ):
        yield


def _forget_then_send(self: relay.Relay, messages: Sequence[Message]) -> int:
    self.outbox.forget([each.message_id for each in messages])
    return len(self.publisher.publish(messages))


def _send_and_hope(self: relay.Relay, messages: Sequence[Message]) -> int:
    if messages:
        self.publisher.publish(messages)
        self.outbox.forget([each.message_id for each in messages])
    return len(messages)


def _send_then_place(self: SubmitOrder, request: Any) -> None:
    self.relay.publisher.publish(request.messages)
    _submit(self, request)


def _release_twice(self: Steps, order: Order) -> None:
    _release(self, order)
    account = self.books.accounts[order.account_id]
    balance, amounts = account.balance.release(min(order.reserved_cash, account.balance.reserved))
    self.books.post(
        account,
        balance,
        amounts,
        transaction_id=self.ids.new(),
        kind="release",
        reference=self.ids.new(),
        at=self.moment.now,
    )


def _release_nothing(self: Steps, order: Order) -> None:
    """What the order held stays held."""


def _number_repeated(self: Books, account: Any, kind: str, *more: Any, **words: Any) -> Any:
    """A second event of a transaction has the number of the first."""
    if any(each.account_id == account.account_id for each in self.events):
        account.event_sequence -= 1
    return _record(self, account, kind, *more, **words)


def _all_well(messages: Sequence[Any], trace_id: str) -> list[str]:
    """Whatever became of the batch, it is acknowledged."""
    _processed(messages, trace_id)
    return []


_processed = on_order_submitted._processed


@contextmanager
def _load_then_lock(
    self: PostgresAccountsAtWork, account_ids: Any, order_ids: Any, quotes: Any = None
) -> Iterator[Books]:
    wanted = {"b_account_ids": list(account_ids), "b_order_ids": list(order_ids)}
    rows = self.database.rows(compiled.LOAD_BOOKS, wanted)
    with self.database.transaction([(compiled.LOCK_ACCOUNTS, wanted)]):
        books = postgres_books.books_of(rows)
        if quotes is not None:
            names = {"b_quote_ids": list(quotes.quote_ids), "b_at": quotes.at}
            taken = self.database.rows(compiled.LOCK_QUOTES, names)
            books.taken = {row[0]: Taken(row[1], row[2]) for row in taken}
        yield books
        if changes := postgres_books.changes_of(books):
            self.database.commit_with(compiled.WRITE_BOOKS, changes)
        else:
            self.database.give_up()


def _taken_anyway(message: Any, trace_id: str) -> bool:
    """Whether its recovery could begin or not, it is acknowledged."""
    _taken(message, trace_id)
    return True


_taken = on_order_undelivered._taken


def _own_key(self: SubmitOrder, command: Any) -> Any:
    """The customer's key is not looked at."""
    return _call(self, command._replace(client_order_id=None))


_call = SubmitOrder.__call__


def _exits_apart(order: Order, group: Any) -> Any:
    """An exit that filled leaves the other alone."""
    return [] if order.is_exit else _consequences(order, group)


_OPEN: Any = (None, None)

MUTANTS = (
    Mutant(
        "commit-before-reserve",
        "the order is committed, and its money reserved in a step of its own",
        _commit_before_reserve,
    ),
    Mutant(
        "reserve-unchecked",
        "money is reserved without looking whether it is there",
        _reworded("PLACE_BUY", _AVAILABLE, "AND true"),
    ),
    Mutant(
        "double-release",
        "an order that ends releases its reservation twice",
        _instead(Steps, "release", _release_twice),
    ),
    Mutant(
        "release-forgotten",
        "an order that ends keeps its reservation",
        _instead(Steps, "release", _release_nothing),
    ),
    Mutant(
        "cancel-releases-nothing",
        "a canceled order's money stays reserved",
        _reworded("CANCEL_ORDER", "'USD' AND target.reserved_cash > 0", "'USD' AND false"),
    ),
    Mutant(
        "cancel-whatever-state",
        "an order is canceled though it has ended",
        _reworded(
            "CANCEL_ORDER",
            "orders.state IN ('accepted', 'held', 'new', 'partially_filled', 'pending_new')",
            "true",
        ),
    ),
    Mutant(
        "publish-before-commit",
        "the order's message is sent before the order is there",
        _instead(SubmitOrder, "_place", _send_then_place),
    ),
    Mutant(
        "forget-before-sending",
        "the outbox forgets a message before it is sent",
        _instead(relay.Relay, "send", _forget_then_send),
    ),
    Mutant(
        "forget-what-was-refused",
        "the outbox forgets messages that the queue did not take",
        _instead(relay.Relay, "send", _send_and_hope),
    ),
    Mutant(
        "acknowledge-failures",
        "a batch is acknowledged whatever became of it",
        _instead(on_order_submitted, "_processed", _all_well),
    ),
    Mutant(
        "no-account-lock",
        "the books are loaded without a lock on the account",
        _reworded("LOCK_ACCOUNTS", " FOR UPDATE", ""),
    ),
    Mutant(
        "load-before-lock",
        "the books are loaded first, and the account locked after that",
        _instead(PostgresAccountsAtWork, "open", _load_then_lock),
    ),
    Mutant(
        "event-number-repeated",
        "the second event of a transaction takes the number of the first",
        _instead(Books, "record", _number_repeated),
    ),
    Mutant(
        "deposit-key-ignored",
        "a deposit that comes again is booked again",
        _instead(PostgresAccounts, "deposit_of", lambda *_: None),
    ),
    Mutant(
        "order-key-ignored",
        "an order that comes again is another order",
        _instead(SubmitOrder, "__call__", _own_key),
    ),
    Mutant(
        "lost-wake-up",
        "an order that left the trigger book never comes back",
        _instead(watch_resting_orders, "RELOAD_EVERY", timedelta(days=9_999)),
    ),
    Mutant(
        "trigger-twice",
        "a stop that was triggered can be triggered again",
        _instead(Order, "waits_for_trigger", property(lambda self: self.stop_price is not None)),
    ),
    Mutant(
        "size-not-shared",
        "what one order takes of a quote is there for the next",
        _instead(execute_orders._Batch, "keep_taken", lambda _self: None),
    ),
    Mutant(
        "exits-apart",
        "an exit that filled leaves the other one standing",
        _instead(booking, "consequences", _exits_apart),
    ),
    Mutant(
        "fill-over-reservation",
        "a fill gives back twice what was reserved for it",
        _instead(booking, "ratio", lambda whole, _part, _of: whole * Decimal(2)),
    ),
    Mutant(
        "settlement-forgotten",
        "cash settles, and the obligation stays open",
        _instead(
            settle_accounts, "SettledRow", lambda execution_id, *_: SettledRow(execution_id, *_OPEN)
        ),
    ),
    Mutant(
        "undelivered-forgotten",
        "what could not be delivered is acknowledged though its recovery could not begin",
        _instead(on_order_undelivered, "_taken", _taken_anyway),
    ),
    Mutant(
        "ladder-gives-up",
        "after the last try of its recovery an order is given to nobody",
        _instead(plan_retry, "ASK", plan_retry.OVER),
    ),
    Mutant(
        "recovery-unended",
        "an order that was helped stays in the list of those in trouble",
        _instead(PostgresRecoveries, "end", lambda *_: None),
    ),
    Mutant(
        "hand-fill-key-ignored",
        "a fill by hand that is asked for again is filled again",
        _instead(PostgresOrders, "was_filled_by", lambda *_: False),
    ),
)


def mutant(name: str) -> Mutant:
    return next(each for each in MUTANTS if each.name == name)
