"""A day's executions, cash and positions, and how they compared with the venue's."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import distinct_on

from hub.adapters.postgres.statements.parts import given, rows, text_of
from hub.adapters.postgres.tables import (
    executions,
    ledger_entries,
    ledger_transactions,
    positions,
    reconciliation_breaks,
    reconciliations,
)

_DAY = bindparam("b_day", type_=Date)
_FIRST, _LAST = bindparam("b_first", type_=Date), bindparam("b_last", type_=Date)
_BUYS = executions.c.side == text_of("buy")


def _signed(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    """What came in; negative where it went out."""
    return case((_BUYS, amount), else_=-amount)


def list_executed() -> Select[Any]:
    return (
        select(
            executions.c.execution_id,
            executions.c.account_id,
            executions.c.instrument_id,
            _signed(executions.c.quantity),
            executions.c.price,
            -_signed(executions.c.value) - executions.c.fees,
            executions.c.settlement_date,
            executions.c.market_time,
        )
        .where(executions.c.trade_date == _DAY)
        .order_by(executions.c.execution_id)
    )


def list_cash_moved() -> Select[Any]:
    """By the ledger: what the day's executions moved for each account."""
    booked = and_(
        ledger_transactions.c.account_id == executions.c.account_id,
        ledger_transactions.c.kind == text_of("execution"),
        ledger_transactions.c.reference == executions.c.execution_id,
    )
    cash = and_(
        ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id,
        ledger_entries.c.ledger.in_([text_of("settled"), text_of("unsettled")]),
    )
    return (
        select(executions.c.account_id, func.sum(ledger_entries.c.amount))
        .select_from(executions.join(ledger_transactions, booked).join(ledger_entries, cash))
        .where(executions.c.trade_date == _DAY)
        .group_by(executions.c.account_id)
    )


def list_held_after() -> Select[Any]:
    """Positions as they stand, less what was traded after the day."""
    both = union_all(
        select(positions.c.account_id, positions.c.instrument_id, positions.c.quantity),
        select(
            executions.c.account_id, executions.c.instrument_id, -_signed(executions.c.quantity)
        ).where(executions.c.trade_date > _DAY),
    ).subquery("both")
    return select(both.c.account_id, both.c.instrument_id, func.sum(both.c.quantity)).group_by(
        both.c.account_id, both.c.instrument_id
    )


def list_traded_until() -> Select[Any]:
    """What executions alone add up to, with those of the day."""
    return (
        select(
            executions.c.account_id,
            executions.c.instrument_id,
            func.sum(_signed(executions.c.quantity)),
        )
        .where(executions.c.trade_date <= _DAY)
        .group_by(executions.c.account_id, executions.c.instrument_id)
    )


def count_executed() -> Select[Any]:
    return (
        select(executions.c.trade_date, func.count())
        .where(executions.c.trade_date >= _FIRST, executions.c.trade_date <= _LAST)
        .group_by(executions.c.trade_date)
    )


def list_reconciled() -> Select[Any]:
    return select(
        reconciliations.c.day, reconciliations.c.files, reconciliations.c.executions
    ).where(
        reconciliations.c.venue == given("venue", reconciliations.c.venue),
        reconciliations.c.day >= _FIRST,
        reconciliations.c.day <= _LAST,
    )


def record_reconciliation() -> Select[Any]:
    """The comparison and its breaks; nothing where there is one of the same files."""
    new = (
        postgresql.insert(reconciliations)
        .values({each.name: given(each.name, each) for each in reconciliations.c})
        .on_conflict_do_nothing()
        .returning(reconciliations.c.reconciliation_id)
        .cte("new")
    )
    names = [each.name for each in reconciliation_breaks.c if each.name != "reconciliation_id"]
    source = rows("break", reconciliation_breaks, *names)
    breaks = (
        insert(reconciliation_breaks)
        .from_select(
            ["reconciliation_id", *names],
            select(new.c.reconciliation_id, *[source.c[name] for name in names]).select_from(
                new.join(source, literal_column("true"))
            ),
            include_defaults=False,
        )
        .returning(literal_column("1"))
        .cte("breaks")
    )
    return select(new.c.reconciliation_id).add_cte(breaks)


def list_reconciliations() -> Select[Any]:
    """The last one of a day with each venue."""
    table = reconciliations
    return (
        select(*[each for each in table.c if each.name != "breaks"])
        .ext(distinct_on(table.c.venue))
        .where(table.c.day == _DAY)
        .order_by(table.c.venue, table.c.at.desc(), table.c.reconciliation_id.desc())
    )


def list_breaks() -> Select[Any]:
    table = reconciliation_breaks
    names = ("kind", "account_id", "subject", "ours", "theirs")
    return (
        select(*[table.c[name] for name in names])
        .where(table.c.reconciliation_id == given("reconciliation_id", table.c.reconciliation_id))
        .order_by(table.c.number)
    )
