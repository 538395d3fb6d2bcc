"""Placing an order: reserve and record in one statement, or change nothing at all."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    exists,
    literal_column,
    select,
    true,
    union_all,
    update,
)

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    chained,
    given,
    insert_from,
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

NOW = given("created_at", orders.c.created_at)
_ORDER_COLUMNS = (
    "order_id",
    "client_order_id",
    "request_hash",
    "instrument_id",
    "symbol",
    "side",
    "type",
    "time_in_force",
    "quantity",
    "limit_price",
    "state",
    "filled_quantity",
    "filled_value",
    "fills",
    "reserved_cash",
    "reserved_quantity",
    "market_price",
    "market_time",
    "created_at",
    "updated_at",
    "stop_price",
    "trail_price",
    "trail_percent",
    "water_mark",
)


def place_buy() -> Select[Any]:
    """Columns: account_found, placed, available (cash)."""
    account = _locked_account()
    cash = given("reserved_cash", orders.c.reserved_cash)
    available = balances.c.settled + balances.c.unsettled - balances.c.reserved
    hold = (
        update(balances)
        .where(
            balances.c.account_id == account.c.account_id,
            balances.c.currency == CURRENCY,
            available >= cash,
        )
        .values(reserved=balances.c.reserved + cash)
        .returning(balances.c.account_id)
        .cte("hold")
    )
    has = select(available).where(
        balances.c.account_id == given("account_id", accounts.c.account_id),
        balances.c.currency == CURRENCY,
    )
    head = _head(hold)
    return _placed(account, head, has, *_hold_postings(head, cash))


def place_sell() -> Select[Any]:
    """Columns: account_found, placed, available (shares that can be sold)."""
    account = _locked_account()
    quantity = given("reserved_quantity", orders.c.reserved_quantity)
    instrument = given("instrument_id", positions.c.instrument_id)
    sellable = positions.c.quantity - positions.c.reserved
    hold = (
        update(positions)
        .where(
            positions.c.account_id == account.c.account_id,
            positions.c.instrument_id == instrument,
            sellable >= quantity,
        )
        .values(reserved=positions.c.reserved + quantity)
        .returning(positions.c.account_id)
        .cte("hold")
    )
    has = select(sellable).where(
        positions.c.account_id == given("account_id", accounts.c.account_id),
        positions.c.instrument_id == instrument,
    )
    return _placed(account, _head(hold), has)


def _locked_account() -> CTE:
    return (
        select(accounts.c.account_id)
        .where(
            accounts.c.account_id == given("account_id", accounts.c.account_id),
            accounts.c.user_id == given("user_id", accounts.c.user_id),
        )
        .with_for_update()
        .cte("account")
    )


def _head(hold: CTE) -> CTE:
    """Take the next places in the account's event log and audit chain."""
    return (
        update(accounts)
        .where(accounts.c.account_id == hold.c.account_id)
        .values(
            event_sequence=accounts.c.event_sequence + literal_column("1"),
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


def _hold_postings(head: CTE, cash: ColumnElement[Any]) -> tuple[CTE, CTE]:
    """None where the order is worth less than the smallest money, and so reserves nothing."""
    transaction_id = given("transaction_id", ledger_transactions.c.transaction_id)
    zero = literal_column("0", orders.c.reserved_cash.type)
    something = select(literal_column("1")).where(cash > zero).subquery("something")
    held = head.join(something, true())
    transaction = insert_from(
        held,
        ledger_transactions,
        transaction_id=transaction_id,
        account_id=head.c.account_id,
        kind=text_of("reserve"),
        reference=given("order_id", orders.c.order_id),
        created_at=NOW,
    )
    sides = union_all(
        select(text_of("reserved").label("ledger"), cash.label("amount")),
        select(text_of("holds").label("ledger"), (-cash).label("amount")),
    ).subquery("sides")
    entries = insert_from(
        held.join(sides, true()),
        ledger_entries,
        transaction_id=transaction_id,
        account_id=head.c.account_id,
        ledger=sides.c.ledger,
        currency=CURRENCY,
        amount=sides.c.amount,
    )
    return transaction.cte("transaction_row"), entries.cte("entry_rows")


def _placed(account: CTE, head: CTE, has: Select[Any], *more: CTE) -> Select[Any]:
    order = insert_from(
        head,
        orders,
        account_id=head.c.account_id,
        **{name: given(name, orders.c[name]) for name in _ORDER_COLUMNS},
    ).cte("order_row")
    event = insert_from(
        head,
        account_events,
        account_id=head.c.account_id,
        sequence=head.c.event_sequence,
        type=text_of("OrderSubmitted"),
        order_id=given("order_id", orders.c.order_id),
        state_after=given("state", orders.c.state),
        cause=text_of("submitted"),
        detail=given("event_detail", account_events.c.detail),
        market_time=given("market_time", account_events.c.market_time),
        at=NOW,
    ).cte("event_row")
    audit = insert_from(
        head,
        audit_events,
        account_id=head.c.account_id,
        sequence=head.c.audit_sequence,
        payload=given("audit_payload", audit_events.c.payload),
        hash=head.c.audit_hash,
        at=NOW,
    ).cte("audit_row")
    message = insert_from(
        head,
        outbox,
        message_id=given("message_id", outbox.c.message_id),
        account_id=head.c.account_id,
        destination=given("destination", outbox.c.destination),
        body=given("message_body", outbox.c.body),
        created_at=NOW,
    ).cte("message_row")
    return select(
        exists(select(account.c.account_id)).label("account_found"),
        exists(select(head.c.account_id)).label("placed"),
        has.scalar_subquery().label("available"),
    ).add_cte(order, event, audit, message, *more)
