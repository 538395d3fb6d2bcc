"""Placing orders: reserve and record in one statement, or change nothing at all.

One order, or those of a group, given as arrays; the first of them carries the reservation.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    true,
    union_all,
    update,
)

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    ORDER_COLUMNS,
    chained,
    given,
    insert_from,
    one_of,
    rows,
    text_of,
)
from hub.adapters.postgres.tables import (
    account_events,
    account_limits,
    accounts,
    audit_events,
    balances,
    ledger_entries,
    ledger_transactions,
    orders,
    outbox,
    positions,
)
from hub.domain.orders.order import OPEN

NOW = given("at", orders.c.created_at)
_COUNT: ColumnElement[int] = bindparam("b_count", type_=Integer)
_ACCOUNT = given("account_id", accounts.c.account_id)
_INSTRUMENT = given("instrument_id", positions.c.instrument_id)
_CASH = given("reserved_cash", orders.c.reserved_cash)


def place_buy() -> Select[Any]:
    """Columns: account_found (and open), placed, available (cash), broken_limit."""
    account = _locked_account()
    limit = _broken_limit(account, buying=True)
    available = balances.c.settled + balances.c.unsettled - balances.c.reserved
    hold = (
        update(balances)
        .where(
            balances.c.account_id == account.c.account_id,
            balances.c.currency == CURRENCY,
            available >= _CASH,
            ~exists(select(limit.c.name)),
        )
        .values(reserved=balances.c.reserved + _CASH)
        .returning(balances.c.account_id)
        .cte("hold")
    )
    has = select(available).where(
        balances.c.account_id == _ACCOUNT, balances.c.currency == CURRENCY
    )
    head = _head(hold)
    return _placed(account, limit, head, has, *_hold_postings(head, _CASH))


def place_sell() -> Select[Any]:
    """Columns: account_found, placed, available (shares that can be sold), broken_limit."""
    account = _locked_account()
    limit = _broken_limit(account, buying=False)
    quantity = given("reserved_quantity", orders.c.reserved_quantity)
    sellable = positions.c.quantity - positions.c.reserved
    hold = (
        update(positions)
        .where(
            positions.c.account_id == account.c.account_id,
            positions.c.instrument_id == _INSTRUMENT,
            sellable >= quantity,
            ~exists(select(limit.c.name)),
        )
        .values(reserved=positions.c.reserved + quantity)
        .returning(positions.c.account_id)
        .cte("hold")
    )
    has = select(sellable).where(
        positions.c.account_id == _ACCOUNT, positions.c.instrument_id == _INSTRUMENT
    )
    return _placed(account, limit, _head(hold), has)


def _locked_account() -> CTE:
    return (
        select(accounts.c.account_id)
        .where(
            accounts.c.account_id == _ACCOUNT,
            accounts.c.user_id == given("user_id", accounts.c.user_id),
            accounts.c.closed_at.is_(None),
        )
        .with_for_update()
        .cte("account")
    )


def _broken_limit(account: CTE, *, buying: bool) -> CTE:
    """The name of the account's limit that the order would break, if it would.

    What is held counts at the market's price, what is on its way at what it reserves.
    """
    value = given("order_value", account_limits.c.max_order_value)
    market_price = given("market_price", orders.c.market_price)
    held = select(positions.c.quantity * market_price).where(
        positions.c.account_id == account.c.account_id, positions.c.instrument_id == _INSTRUMENT
    )
    working = and_(
        orders.c.account_id == account.c.account_id, one_of(orders.c.state, tuple(sorted(OPEN)))
    )
    coming = select(func.sum(orders.c.reserved_cash)).where(
        working, orders.c.instrument_id == _INSTRUMENT
    )
    zero = literal_column("0", orders.c.market_price.type)
    exposure = (
        func.coalesce(held.scalar_subquery(), zero)
        + func.coalesce(coming.scalar_subquery(), zero)
        + value
    )
    count = select(func.count()).select_from(orders).where(working).scalar_subquery()
    tests = [
        (account_limits.c.max_order_value < value, text_of("max_order_value")),
        (account_limits.c.max_open_orders < count + _COUNT, text_of("max_open_orders")),
    ]
    if buying:
        tests.append(
            (account_limits.c.max_position_value < exposure, text_of("max_position_value"))
        )
    name = case(*tests)
    return (
        select(name.label("name"))
        .select_from(account_limits)
        .where(account_limits.c.account_id == account.c.account_id, name.is_not(None))
        .cte("broken_limit")
    )


def _head(hold: CTE) -> CTE:
    """Take the next places in the account's event log (one per order) and in its audit chain."""
    return (
        update(accounts)
        .where(accounts.c.account_id == hold.c.account_id)
        .values(
            event_sequence=accounts.c.event_sequence + _COUNT,
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


def _placed(account: CTE, limit: CTE, head: CTE, has: Select[Any], *more: CTE) -> Select[Any]:
    source = rows("order", orders, *ORDER_COLUMNS)
    order = insert_from(
        head.join(source, true()), orders, **{name: source.c[name] for name in ORDER_COLUMNS}
    ).cte("order_rows")
    # `sequence` of a step counts back from the last place that was taken.
    step = rows("step", account_events, "sequence", "order_id", "state_after", "detail")
    event = insert_from(
        head.join(step, true()),
        account_events,
        account_id=head.c.account_id,
        sequence=head.c.event_sequence - step.c.sequence,
        type=text_of("OrderSubmitted"),
        order_id=step.c.order_id,
        state_after=step.c.state_after,
        cause=text_of("submitted"),
        detail=step.c.detail,
        market_time=given("market_time", account_events.c.market_time),
        at=NOW,
    ).cte("event_rows")
    audit = insert_from(
        head,
        audit_events,
        account_id=head.c.account_id,
        sequence=head.c.audit_sequence,
        payload=given("audit_payload", audit_events.c.payload),
        hash=head.c.audit_hash,
        at=NOW,
    ).cte("audit_row")
    message = rows("message", outbox, "message_id", "body")
    messages = insert_from(
        head.join(message, true()),
        outbox,
        message_id=message.c.message_id,
        account_id=head.c.account_id,
        destination=given("destination", outbox.c.destination),
        body=message.c.body,
        created_at=NOW,
    ).cte("message_rows")
    return select(
        exists(select(account.c.account_id)).label("account_found"),
        exists(select(head.c.account_id)).label("placed"),
        has.scalar_subquery().label("available"),
        select(limit.c.name).scalar_subquery().label("broken_limit"),
    ).add_cte(order, event, audit, messages, *more)
