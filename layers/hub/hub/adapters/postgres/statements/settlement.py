"""What is owed to accounts, what of it has settled, and what was done with it before it had."""

from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub.adapters.postgres.statements.books import changed_accounts, changed_balances
from hub.adapters.postgres.statements.parts import (
    LIMIT,
    OWNER,
    given,
    insert_rows,
    rows,
    text_of,
    unless_given,
)
from hub.adapters.postgres.tables import (
    ID,
    account_events,
    accounts,
    audit_events,
    executions,
    good_faith_violations,
    instrument_symbols,
    ledger_entries,
    ledger_transactions,
    orders,
    outbox,
    positions,
    settlement_obligations,
)

_ACCOUNT_IDS = bindparam("b_account_ids", type_=ARRAY(ID))
_SINCE = bindparam("b_since", type_=Date)
_owed = settlement_obligations


def _due() -> Any:
    as_of = bindparam("b_as_of", type_=Date)
    return and_(_owed.c.settled_at.is_(None), _owed.c.settlement_date <= as_of)


def is_anything_due() -> Select[Any]:
    return select(select(_owed.c.account_id).where(_due()).exists().label("due"))


def list_due_ranges() -> Select[Any]:
    """The first account of each so many that are due."""
    size = bindparam("b_size", type_=Integer)
    due = select(_owed.c.account_id).where(_due()).distinct().subquery("due")
    number = func.row_number().over(order_by=due.c.account_id).label("number")
    numbered = select(due.c.account_id, number).subquery("numbered")
    return (
        select(numbered.c.account_id)
        .where(func.mod(numbered.c.number - literal_column("1"), size) == literal_column("0"))
        .order_by(numbered.c.account_id)
    )


def list_due_accounts() -> Select[Any]:
    first, before = given("first", _owed.c.account_id), given("before", _owed.c.account_id)
    return (
        select(_owed.c.account_id)
        .where(_due(), _owed.c.account_id >= first)
        .where(unless_given(before, _owed.c.account_id < before))
        .distinct()
        .order_by(_owed.c.account_id)
        .limit(LIMIT)
    )


def list_owed() -> Select[Any]:
    """All that some accounts are still owed, due or not."""
    return select(
        _owed.c.account_id, _owed.c.execution_id, _owed.c.amount, _owed.c.settlement_date
    ).where(_owed.c.account_id == func.any(_ACCOUNT_IDS), _owed.c.settled_at.is_(None))


def list_trades() -> Select[Any]:
    """Executions of some accounts since a day, with what purchases took of unsettled cash."""
    booked = and_(
        ledger_transactions.c.account_id == executions.c.account_id,
        ledger_transactions.c.kind == text_of("execution"),
        ledger_transactions.c.reference == executions.c.execution_id,
        executions.c.side == text_of("buy"),
    )
    taken = and_(
        ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id,
        ledger_entries.c.ledger == text_of("unsettled"),
    )
    nothing = literal_column("0", ledger_entries.c.amount.type)
    return (
        select(
            executions.c.account_id,
            executions.c.execution_id,
            executions.c.instrument_id,
            executions.c.side == text_of("sell"),
            executions.c.quantity,
            executions.c.trade_date,
            executions.c.executed_at,
            -func.coalesce(ledger_entries.c.amount, nothing),
            func.coalesce(_owed.c.amount, nothing),
            executions.c.settlement_date,
            _owed.c.settled_at,
        )
        .select_from(
            executions.outerjoin(_owed, _owed.c.execution_id == executions.c.execution_id)
            .outerjoin(ledger_transactions, booked)
            .outerjoin(ledger_entries, taken)
        )
        .where(executions.c.account_id == func.any(_ACCOUNT_IDS), executions.c.trade_date >= _SINCE)
        .order_by(executions.c.account_id, executions.c.executed_at, executions.c.execution_id)
    )


def list_held() -> Select[Any]:
    return select(positions.c.account_id, positions.c.instrument_id, positions.c.quantity).where(
        positions.c.account_id == func.any(_ACCOUNT_IDS)
    )


def write_settlement() -> Select[Any]:
    """Everything that a transaction of settlement changed, as rows given by arrays."""
    return select(literal_column("1")).add_cte(
        changed_accounts(),
        changed_balances(),
        _settled(),
        insert_rows("violation", good_faith_violations, *good_faith_violations.c.keys()),
        insert_rows("transaction", ledger_transactions, *ledger_transactions.c.keys()),
        insert_rows("entry", ledger_entries, *ledger_entries.c.keys()),
        insert_rows("event", account_events, *account_events.c.keys()),
        insert_rows("audit", audit_events, *audit_events.c.keys()),
        insert_rows("message", outbox, *outbox.c.keys()),
    )


def _settled() -> CTE:
    names = ("execution_id", "settled_at", "settled_amount")
    source = rows("settled", _owed, *names)
    return (
        update(_owed)
        .where(_owed.c.execution_id == source.c.execution_id, _owed.c.settled_at.is_(None))
        .values({name: source.c[name] for name in names[1:]})
        .returning(literal_column("1"))
        .cte("settled_obligations")
    )


def _mine() -> Any:
    account_id = given("account_id", accounts.c.account_id)
    return select(accounts.c.account_id).where(
        accounts.c.user_id == OWNER, unless_given(account_id, accounts.c.account_id == account_id)
    )


def list_settlements() -> Select[Any]:
    """Those that settle last come first. A filter that is NULL does not filter."""
    # The dialect does not state the type of this one, and NULL has none.
    settled = cast(bindparam("b_settled", type_=Boolean), Boolean)
    first, last = given("first", _owed.c.settlement_date), given("last", _owed.c.settlement_date)
    day, after = given("day", _owed.c.settlement_date), given("after", _owed.c.execution_id)
    place = tuple_(_owed.c.settlement_date, _owed.c.execution_id)
    return (
        select(
            _owed.c.execution_id,
            executions.c.order_id,
            _owed.c.account_id,
            orders.c.symbol,
            executions.c.quantity,
            executions.c.price,
            _owed.c.amount,
            _owed.c.currency,
            executions.c.trade_date,
            _owed.c.settlement_date,
            _owed.c.settled_at,
            _owed.c.settled_amount,
        )
        .select_from(
            _owed.join(executions, executions.c.execution_id == _owed.c.execution_id).join(
                orders, orders.c.order_id == executions.c.order_id
            )
        )
        .where(
            _owed.c.account_id.in_(_mine()),
            unless_given(settled, _owed.c.settled_at.is_not(None) == settled),
            unless_given(first, _owed.c.settlement_date >= first),
            unless_given(last, _owed.c.settlement_date <= last),
            unless_given(day, place < tuple_(day, after)),
        )
        .order_by(_owed.c.settlement_date.desc(), _owed.c.execution_id.desc())
        .limit(LIMIT)
    )


def list_violations() -> Select[Any]:
    """Newest first."""
    table = good_faith_violations
    day = given("day", table.c.sold_on)
    place = tuple_(table.c.sold_on, table.c.sale_id, table.c.purchase_id)
    last = tuple_(day, given("sale_id", table.c.sale_id), given("purchase_id", table.c.purchase_id))
    symbol = and_(
        instrument_symbols.c.instrument_id == table.c.instrument_id,
        instrument_symbols.c.valid_to.is_(None),
    )
    return (
        select(
            table.c.sale_id,
            table.c.purchase_id,
            table.c.account_id,
            instrument_symbols.c.symbol,
            table.c.quantity,
            table.c.unsettled_used,
            table.c.sold_on,
            table.c.clears_on,
            table.c.found_at,
        )
        .select_from(table.join(instrument_symbols, symbol))
        .where(table.c.account_id.in_(_mine()), unless_given(day, place < last))
        .order_by(table.c.sold_on.desc(), table.c.sale_id.desc(), table.c.purchase_id.desc())
        .limit(LIMIT)
    )
