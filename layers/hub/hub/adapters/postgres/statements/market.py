"""How instruments are searched, and calendars and bars are read."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from hub.adapters.postgres.statements.parts import LIMIT, given, text_of, unless_given
from hub.adapters.postgres.tables import (
    corporate_actions,
    daily_bars,
    exchange_sessions,
    instrument_symbols,
    instruments,
)

_SINCE = bindparam("b_since", type_=Date)
_UNTIL = bindparam("b_until", type_=Date)
_INSTRUMENT = given("instrument_id", instruments.c.instrument_id)


def search_instruments() -> Select[Any]:
    """By symbol. A filter that is NULL does not filter; letters match in either case."""
    symbol, name = instrument_symbols.c.symbol, instruments.c.name
    text, part = given("text", name), given("name", name)
    start, after = given("symbol", symbol), given("after", symbol)
    kind, exchange = given("kind", instruments.c.category), given("exchange", name)
    return (
        select(
            instruments.c.instrument_id,
            symbol,
            name,
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
        .where(
            unless_given(text, _within(text, name) | _within(text, symbol)),
            unless_given(part, _within(part, name)),
            unless_given(start, func.starts_with(symbol, func.upper(start))),
            unless_given(kind, instruments.c.category == kind),
            unless_given(exchange, instruments.c.exchange == exchange),
            unless_given(after, symbol > after),
        )
        .order_by(symbol)
        .limit(LIMIT)
    )


def _within(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[bool]:
    """Not LIKE, whose wildcards a customer may well type."""
    return func.strpos(
        func.lower(whole, type_=Text), func.lower(part, type_=Text)
    ) > literal_column("0")


def list_trading_days() -> Select[Any]:
    return (
        select(
            exchange_sessions.c.exchange,
            exchange_sessions.c.day,
            exchange_sessions.c.opens_at,
            exchange_sessions.c.closes_at,
            exchange_sessions.c.kind,
        )
        .where(
            exchange_sessions.c.exchange == given("exchange", exchange_sessions.c.exchange),
            exchange_sessions.c.day >= _SINCE,
            exchange_sessions.c.day <= _UNTIL,
        )
        .order_by(exchange_sessions.c.day)
        .limit(LIMIT)
    )


def list_daily_bars() -> Select[Any]:
    return (
        select(
            daily_bars.c.day,
            daily_bars.c.open,
            daily_bars.c.high,
            daily_bars.c.low,
            daily_bars.c.close,
            daily_bars.c.volume,
        )
        .where(
            daily_bars.c.instrument_id == _INSTRUMENT,
            daily_bars.c.day >= _SINCE,
            daily_bars.c.day <= _UNTIL,
        )
        .order_by(daily_bars.c.day)
        .limit(LIMIT)
    )


def list_actions() -> Select[Any]:
    """With the close of the ex date: against it a dividend is measured, or cannot be."""
    ex_date = and_(
        daily_bars.c.instrument_id == corporate_actions.c.instrument_id,
        daily_bars.c.day == corporate_actions.c.ex_day,
    )
    return (
        select(
            corporate_actions.c.kind,
            corporate_actions.c.ex_day,
            corporate_actions.c.new_shares,
            corporate_actions.c.old_shares,
            corporate_actions.c.amount,
            daily_bars.c.close,
        )
        .select_from(corporate_actions.outerjoin(daily_bars, ex_date))
        .where(
            corporate_actions.c.instrument_id == _INSTRUMENT,
            corporate_actions.c.ex_day > _SINCE,
            corporate_actions.c.ex_day <= _UNTIL,
            or_(corporate_actions.c.kind == text_of("split"), daily_bars.c.close.is_not(None)),
        )
        .order_by(corporate_actions.c.ex_day)
    )
