"""Canceling an open order: release, record and announce in one statement, or change nothing."""

from typing import Any

from sqlalchemy import CTE, Select, case, func, literal_column, select, true, union_all, update

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    chained,
    given,
    insert_from,
    one_of,
    text_of,
)
from hub.adapters.postgres.tables import (
    account_events,
    accounts,
    audit_events,
    balances,
    ledger_entries,
    ledger_transactions,
    orders,
    outbox,
    positions,
)
from hub.domain.orders.order import CANCELABLE

NOW = given("at", orders.c.updated_at)
_ORDER_ID = given("order_id", orders.c.order_id)
_PENDING = text_of("pending_new")
_ACCEPTED = text_of("accepted")
_CANCELED = text_of("canceled")


def cancel_order() -> Select[Any]:
    """Columns: account_id, body. No row: the order was not there to be canceled."""
    account = _locked_account()
    target = _locked_order(account)
    head = _head(target)
    message = _message(head, target)
    return select(message.c.account_id, message.c.body).add_cte(
        _canceled(target),
        _released_cash(target),
        _released_shares(target),
        *_release_postings(head, target),
        _events(head, target),
        _audit(head),
    )


def _locked_account() -> CTE:
    """The order's account, if it is the customer's: locked before anything else is looked at."""
    owner = select(orders.c.account_id).where(orders.c.order_id == _ORDER_ID).scalar_subquery()
    return (
        select(accounts.c.account_id)
        .where(
            accounts.c.account_id == owner,
            accounts.c.user_id == given("user_id", accounts.c.user_id),
        )
        .with_for_update()
        .cte("account")
    )


def _locked_order(account: CTE) -> CTE:
    """The order as it stands once the account is ours: locking re-reads it."""
    return (
        select(
            orders.c.order_id,
            orders.c.account_id,
            orders.c.instrument_id,
            orders.c.symbol,
            orders.c.state,
            orders.c.reserved_cash,
            orders.c.reserved_quantity,
        )
        .where(
            orders.c.order_id == _ORDER_ID,
            orders.c.account_id == account.c.account_id,
            one_of(orders.c.state, tuple(sorted(CANCELABLE))),
            # With an order of a group others have to go, and one at a venue is for that to end:
            # see the books.
            orders.c.group_id.is_(None),
            orders.c.routed_at.is_(None),
        )
        .with_for_update(of=orders)
        .cte("target")
    )


def _canceled(target: CTE) -> CTE:
    return (
        update(orders)
        .where(orders.c.order_id == target.c.order_id)
        .values(
            state=_CANCELED,
            reserved_cash=literal_column("0"),
            reserved_quantity=literal_column("0"),
            updated_at=NOW,
        )
        .returning(literal_column("1"))
        .cte("canceled")
    )


def _released_cash(target: CTE) -> CTE:
    return (
        update(balances)
        .where(
            balances.c.account_id == target.c.account_id,
            balances.c.currency == CURRENCY,
            target.c.reserved_cash > literal_column("0"),
        )
        .values(reserved=balances.c.reserved - target.c.reserved_cash)
        .returning(literal_column("1"))
        .cte("released_cash")
    )


def _released_shares(target: CTE) -> CTE:
    return (
        update(positions)
        .where(
            positions.c.account_id == target.c.account_id,
            positions.c.instrument_id == target.c.instrument_id,
            target.c.reserved_quantity > literal_column("0"),
        )
        .values(reserved=positions.c.reserved - target.c.reserved_quantity)
        .returning(literal_column("1"))
        .cte("released_shares")
    )


def _head(target: CTE) -> CTE:
    """Take places in the account's event log (two for an order nobody acknowledged yet)."""
    steps = case((target.c.state == _PENDING, literal_column("2")), else_=literal_column("1"))
    return (
        update(accounts)
        .where(accounts.c.account_id == target.c.account_id)
        .values(
            event_sequence=accounts.c.event_sequence + steps,
            audit_sequence=accounts.c.audit_sequence + literal_column("1"),
            audit_hash=chained(given("audit_payload", audit_events.c.payload)),
        )
        .returning(
            accounts.c.account_id,
            accounts.c.event_sequence,
            accounts.c.audit_sequence,
            accounts.c.audit_hash,
        )
        .cte("head")
    )


def _release_postings(head: CTE, target: CTE) -> tuple[CTE, CTE]:
    holding = head.join(target, target.c.reserved_cash > literal_column("0"))
    transaction = insert_from(
        holding,
        ledger_transactions,
        transaction_id=given("transaction_id", ledger_transactions.c.transaction_id),
        account_id=head.c.account_id,
        kind=text_of("release"),
        reference=target.c.order_id,
        created_at=NOW,
    )
    signs = union_all(
        select(text_of("reserved").label("ledger"), literal_column("-1").label("sign")),
        select(text_of("holds").label("ledger"), literal_column("1").label("sign")),
    ).subquery("signs")
    entries = insert_from(
        holding.join(signs, true()),
        ledger_entries,
        transaction_id=given("transaction_id", ledger_transactions.c.transaction_id),
        account_id=head.c.account_id,
        ledger=signs.c.ledger,
        currency=CURRENCY,
        amount=target.c.reserved_cash * signs.c.sign,
    )
    return transaction.cte("transaction_row"), entries.cte("entry_rows")


def _events(head: CTE, target: CTE) -> CTE:
    """The steps of the order: one that was not acknowledged yet is acknowledged on the way out."""
    acknowledged = select(
        (head.c.event_sequence - literal_column("1")).label("sequence"),
        text_of("OrderAcknowledged").label("type"),
        _PENDING.label("state_before"),
        _ACCEPTED.label("state_after"),
        text_of("acknowledged").label("cause"),
    ).where(target.c.state == _PENDING)
    left = case((target.c.state == _PENDING, _ACCEPTED), else_=target.c.state)
    canceled = select(
        head.c.event_sequence.label("sequence"),
        text_of("OrderCanceled").label("type"),
        left.label("state_before"),
        _CANCELED.label("state_after"),
        text_of("canceled").label("cause"),
    ).select_from(head.join(target, true()))
    steps = union_all(acknowledged, canceled).subquery("steps")
    return insert_from(
        head.join(target, true()).join(steps, true()),
        account_events,
        account_id=head.c.account_id,
        sequence=steps.c.sequence,
        type=steps.c.type,
        order_id=target.c.order_id,
        state_before=steps.c.state_before,
        state_after=steps.c.state_after,
        cause=steps.c.cause,
        detail=literal_column("'{}'::jsonb"),
        market_time=given("market_time", account_events.c.market_time),
        at=NOW,
    ).cte("event_rows")


def _audit(head: CTE) -> CTE:
    return insert_from(
        head,
        audit_events,
        account_id=head.c.account_id,
        sequence=head.c.audit_sequence,
        payload=given("audit_payload", audit_events.c.payload),
        hash=head.c.audit_hash,
        at=NOW,
    ).cte("audit_row")


def _message(head: CTE, target: CTE) -> CTE:
    """The announcement; it is worded here because only here the account is known."""
    detail = func.json_build_object(
        text_of("order_id"),
        target.c.order_id,
        text_of("state"),
        _CANCELED,
        text_of("symbol"),
        target.c.symbol,
    )
    body = func.json_build_object(
        text_of("type"),
        text_of("OrderCanceled"),
        text_of("version"),
        literal_column("1"),
        text_of("account_id"),
        target.c.account_id,
        text_of("detail"),
        detail,
    )
    return (
        insert_from(
            head.join(target, true()),
            outbox,
            message_id=given("message_id", outbox.c.message_id),
            account_id=head.c.account_id,
            destination=given("destination", outbox.c.destination),
            body=body.cast(outbox.c.body.type),
            created_at=NOW,
        )
        .returning(outbox.c.account_id, outbox.c.body)
        .cte("message_row")
    )
