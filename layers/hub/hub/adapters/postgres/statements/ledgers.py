"""What the ledger of an account tells: its activities, and its transactions entry by entry."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.sql.selectable import FromClause

from hub.adapters.postgres.statements.parts import (
    LIMIT,
    OWNER,
    TEXTS,
    given,
    one_of,
    text_of,
    unless_given,
)
from hub.adapters.postgres.tables import (
    accounts,
    executions,
    ledger_entries,
    ledger_transactions,
    orders,
)
from hub.domain.accounts.activity import LINES

_PLACE = (ledger_transactions.c.created_at, ledger_transactions.c.transaction_id)
_BEFORE = given("before", ledger_transactions.c.created_at)
_LAST = (_BEFORE, given("before_id", ledger_transactions.c.transaction_id))


def list_activities() -> Select[Any]:
    """Newest first: what moved cash or shares; a transaction may be told in several lines."""
    told, amounts = _told(), _amounts()
    kinds = bindparam("b_kinds", type_=TEXTS)
    place = tuple_(*_PLACE, told.c.line)
    last = tuple_(*_LAST, bindparam("b_before_line", type_=Integer))
    execution = and_(
        told.c.of == text_of("execution"),
        executions.c.execution_id == ledger_transactions.c.reference,
    )
    return (
        select(
            ledger_transactions.c.transaction_id,
            told.c.activity,
            told.c.line,
            ledger_transactions.c.created_at,
            ledger_transactions.c.reference,
            amounts.c.settled,
            amounts.c.unsettled,
            amounts.c.fees,
            executions.c.order_id,
            orders.c.symbol,
            executions.c.side,
            executions.c.quantity,
            executions.c.price,
            executions.c.settlement_date,
            executions.c.market_time,
        )
        .select_from(
            ledger_transactions.join(told, told.c.of == ledger_transactions.c.kind)
            .join(amounts, true())
            .outerjoin(executions, execution)
            .outerjoin(orders, orders.c.order_id == executions.c.order_id)
        )
        .where(
            *_of_the_owner(),
            unless_given(kinds, told.c.activity == func.any(kinds)),
            or_(told.c.activity != text_of("fee"), amounts.c.fees != literal_column("0")),
            unless_given(_BEFORE, place < last),
        )
        .order_by(*[each.desc() for each in (*_PLACE, told.c.line)])
        .limit(LIMIT)
    )


def list_ledger() -> Select[Any]:
    """Newest first: a page of transactions, a row for each entry of them."""
    kinds = bindparam("b_kinds", type_=TEXTS)
    ledger = given("ledger", ledger_entries.c.ledger)
    touches = exists(
        select(literal_column("1")).where(
            ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id,
            ledger_entries.c.ledger == ledger,
        )
    )
    page = (
        select(
            *_PLACE,
            ledger_transactions.c.kind,
            ledger_transactions.c.reference,
        )
        .where(
            *_of_the_owner(),
            unless_given(kinds, ledger_transactions.c.kind == func.any(kinds)),
            unless_given(ledger, touches),
            unless_given(_BEFORE, tuple_(*_PLACE) < tuple_(*_LAST)),
        )
        .order_by(*[each.desc() for each in _PLACE])
        .limit(LIMIT)
        .subquery("page")
    )
    return (
        select(
            page.c.transaction_id,
            page.c.kind,
            page.c.reference,
            page.c.created_at,
            ledger_entries.c.ledger,
            ledger_entries.c.currency,
            ledger_entries.c.amount,
        )
        .select_from(
            page.join(ledger_entries, ledger_entries.c.transaction_id == page.c.transaction_id)
        )
        .order_by(page.c.created_at.desc(), page.c.transaction_id.desc(), ledger_entries.c.ledger)
    )


def _of_the_owner() -> tuple[ColumnElement[bool], ...]:
    """The account, if it is the customer's, and the range of time."""
    account_id = given("account_id", accounts.c.account_id)
    after = given("after", ledger_transactions.c.created_at)
    until = given("until", ledger_transactions.c.created_at)
    mine = select(accounts.c.account_id).where(
        accounts.c.account_id == account_id, accounts.c.user_id == OWNER
    )
    return (
        ledger_transactions.c.account_id == mine.scalar_subquery(),
        unless_given(after, ledger_transactions.c.created_at > after),
        unless_given(until, ledger_transactions.c.created_at <= until),
    )


def _told() -> Subquery:
    return union_all(
        *[
            select(
                text_of(line.of).label("of"),
                text_of(line.activity).label("activity"),
                literal_column(str(place), Integer).label("line"),
            )
            for place, line in enumerate(LINES)
        ]
    ).subquery("told")


def _amounts() -> FromClause:
    amount = func.sum(ledger_entries.c.amount)

    def of(ledger: str) -> ColumnElement[Any]:
        zero = literal_column("0", ledger_entries.c.amount.type)
        mine = amount.filter(one_of(ledger_entries.c.ledger, (ledger,)))
        return func.coalesce(mine, zero).label(ledger)

    return (
        select(of("settled"), of("unsettled"), of("fees"))
        .where(ledger_entries.c.transaction_id == ledger_transactions.c.transaction_id)
        .lateral("amounts")
    )
