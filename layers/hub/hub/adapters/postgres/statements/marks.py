"""Daily marks of accounts: who has none yet, and what those that are there say."""

from typing import Any

from sqlalchemy import (
    Date,
    Insert,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    LIMIT,
    OWNER,
    given,
    rows,
    text_of,
    unless_given,
)
from hub.adapters.postgres.tables import (
    account_marks,
    accounts,
    balances,
    instrument_symbols,
    ledger_entries,
    positions,
)

_DAY = bindparam("b_day", type_=Date)
_ONE: Any = literal_column("1")


def list_unmarked() -> Select[Any]:
    """A row for each position of each account, or one without, all of one moment."""
    after = given("after", accounts.c.account_id)
    mine = account_marks.c.account_id == accounts.c.account_id
    marked = exists(select(_ONE).where(mine, account_marks.c.day == _DAY))
    marked_since = exists(
        select(_ONE).where(mine, account_marks.c.marked_at > accounts.c.closed_at)
    )
    page = (
        select(accounts.c.account_id)
        .where(
            ~marked,
            or_(accounts.c.closed_at.is_(None), ~marked_since),
            unless_given(after, accounts.c.account_id > after),
        )
        .order_by(accounts.c.account_id)
        .limit(LIMIT)
        .subquery("page")
    )
    zero = literal_column("0", ledger_entries.c.amount.type)
    deposited = (
        select(-func.coalesce(func.sum(ledger_entries.c.amount), zero))
        .where(
            ledger_entries.c.account_id == page.c.account_id,
            ledger_entries.c.ledger == text_of("deposits"),
        )
        .scalar_subquery()
    )
    named = positions.join(
        instrument_symbols,
        and_(
            instrument_symbols.c.instrument_id == positions.c.instrument_id,
            instrument_symbols.c.valid_to.is_(None),
        ),
    )
    held = and_(
        positions.c.account_id == page.c.account_id,
        positions.c.quantity > literal_column("0"),
    )
    cash = and_(balances.c.account_id == page.c.account_id, balances.c.currency == CURRENCY)
    return (
        select(
            page.c.account_id,
            (balances.c.settled + balances.c.unsettled).label("cash"),
            deposited.label("deposited"),
            instrument_symbols.c.symbol,
            positions.c.quantity,
            positions.c.cost,
        )
        .select_from(page.join(balances, cash).outerjoin(named, held))
        .order_by(page.c.account_id)
    )


def add_marks() -> Insert:
    names = list(account_marks.c.keys())
    source = rows("mark", account_marks, *names)
    new = postgresql.insert(account_marks).from_select(
        names, select(*[source.c[name] for name in names]), include_defaults=False
    )
    return new.on_conflict_do_nothing()


def list_marks() -> Select[Any]:
    """From the last one before a day on, which is where what follows begins."""
    account_id = given("account_id", accounts.c.account_id)
    since = bindparam("b_since", type_=Date)
    earlier = account_marks.alias("earlier")
    begins = (
        select(func.max(earlier.c.day))
        .where(earlier.c.account_id == accounts.c.account_id, earlier.c.day < since)
        .scalar_subquery()
    )
    return (
        select(
            account_marks.c.account_id,
            account_marks.c.day,
            account_marks.c.equity,
            account_marks.c.deposited,
        )
        .select_from(
            accounts.join(account_marks, account_marks.c.account_id == accounts.c.account_id)
        )
        .where(
            accounts.c.user_id == OWNER,
            unless_given(account_id, accounts.c.account_id == account_id),
            account_marks.c.day >= func.coalesce(begins, since),
        )
        .order_by(account_marks.c.account_id, account_marks.c.day)
    )
