"""What is read, and the few rows that stand alone."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    LIMIT,
    OWNER,
    TEXTS,
    given,
    unless_given,
)
from hub.adapters.postgres.tables import (
    ID,
    accounts,
    balances,
    daily_bars,
    exchange_sessions,
    instrument_symbols,
    instruments,
    market_clock,
    outbox,
    positions,
)


def list_accounts() -> Select[Any]:
    """Oldest first, after a place among them; open ones alone if that is asked for."""
    account_id = given("account_id", accounts.c.account_id)
    after = given("after", accounts.c.created_at)
    place = tuple_(accounts.c.created_at, accounts.c.account_id)
    last = tuple_(after, given("after_id", accounts.c.account_id))
    only_open = bindparam("b_only_open", type_=Boolean)
    return (
        select(
            accounts.c.account_id,
            accounts.c.name,
            accounts.c.kind,
            accounts.c.currency,
            accounts.c.created_at,
            balances.c.settled,
            balances.c.unsettled,
            balances.c.reserved,
            accounts.c.closed_at,
            accounts.c.reset_at,
        )
        .select_from(
            accounts.join(
                balances,
                and_(
                    balances.c.account_id == accounts.c.account_id, balances.c.currency == CURRENCY
                ),
            )
        )
        .where(
            accounts.c.user_id == OWNER,
            unless_given(account_id, accounts.c.account_id == account_id),
            unless_given(after, place > last),
            or_(~only_open, accounts.c.closed_at.is_(None)),
        )
        .order_by(accounts.c.created_at, accounts.c.account_id)
        .limit(LIMIT)
    )


def list_positions() -> Select[Any]:
    account_id = given("account_id", accounts.c.account_id)
    return (
        select(
            positions.c.account_id,
            positions.c.instrument_id,
            instrument_symbols.c.symbol,
            instruments.c.name,
            instruments.c.category,
            positions.c.quantity,
            positions.c.reserved,
            positions.c.cost,
            positions.c.realised,
        )
        .select_from(
            positions.join(accounts, accounts.c.account_id == positions.c.account_id)
            .join(instruments, instruments.c.instrument_id == positions.c.instrument_id)
            .join(
                instrument_symbols,
                and_(
                    instrument_symbols.c.instrument_id == positions.c.instrument_id,
                    instrument_symbols.c.valid_to.is_(None),
                ),
            )
        )
        .where(
            accounts.c.user_id == OWNER,
            unless_given(account_id, positions.c.account_id == account_id),
            positions.c.quantity > literal_column("0"),
        )
        .order_by(instrument_symbols.c.symbol, positions.c.account_id)
    )


def list_instruments() -> Select[Any]:
    return (
        select(
            instruments.c.instrument_id,
            instrument_symbols.c.symbol,
            instruments.c.name,
            instruments.c.category,
            instruments.c.exchange,
            instruments.c.currency,
        )
        .select_from(
            instruments.join(
                instrument_symbols,
                and_(
                    instrument_symbols.c.instrument_id == instruments.c.instrument_id,
                    instrument_symbols.c.valid_to.is_(None),
                ),
            )
        )
        .order_by(instrument_symbols.c.symbol)
    )


def list_sessions() -> Select[Any]:
    return (
        select(
            exchange_sessions.c.exchange,
            exchange_sessions.c.day,
            exchange_sessions.c.opens_at,
            exchange_sessions.c.closes_at,
        )
        .where(
            exchange_sessions.c.exchange == given("exchange", exchange_sessions.c.exchange),
            exchange_sessions.c.day >= bindparam("b_since", type_=Date),
            exchange_sessions.c.day <= bindparam("b_until", type_=Date),
        )
        .order_by(exchange_sessions.c.day)
    )


def find_market_clock() -> Select[Any]:
    return select(
        market_clock.c.market, market_clock.c.wall, market_clock.c.speed, market_clock.c.until
    ).where(market_clock.c.name == given("name", market_clock.c.name))


def list_last_closes() -> Select[Any]:
    """The last daily close of each symbol before a day, and when that session closed."""
    symbols = bindparam("b_symbols", type_=TEXTS)
    return (
        select(
            instrument_symbols.c.symbol,
            daily_bars.c.close,
            exchange_sessions.c.closes_at,
        )
        .ext(distinct_on(instrument_symbols.c.symbol))
        .select_from(
            instrument_symbols.join(
                daily_bars, daily_bars.c.instrument_id == instrument_symbols.c.instrument_id
            )
            .join(instruments, instruments.c.instrument_id == daily_bars.c.instrument_id)
            .join(
                exchange_sessions,
                and_(
                    exchange_sessions.c.exchange == instruments.c.exchange,
                    exchange_sessions.c.day == daily_bars.c.day,
                ),
            )
        )
        .where(
            instrument_symbols.c.symbol == func.any(symbols),
            instrument_symbols.c.valid_to.is_(None),
            exchange_sessions.c.closes_at <= given("moment", exchange_sessions.c.closes_at),
        )
        .order_by(instrument_symbols.c.symbol, exchange_sessions.c.closes_at.desc())
    )


def list_unsent() -> Select[Any]:
    return (
        select(outbox.c.message_id, outbox.c.account_id, outbox.c.destination, outbox.c.body)
        .where(outbox.c.created_at < given("moment", outbox.c.created_at))
        .order_by(outbox.c.created_at, outbox.c.message_id)
        .limit(LIMIT)
        .with_for_update(skip_locked=True)
    )


def find_message() -> Select[Any]:
    return select(outbox.c.account_id, outbox.c.body).where(
        outbox.c.message_id == given("message_id", outbox.c.message_id)
    )


def forget_messages() -> Delete:
    ids = bindparam("b_message_ids", type_=ARRAY(ID))
    return delete(outbox).where(outbox.c.message_id == func.any(ids))
