"""Bars: what a price did over a day, a week or a month, as traded or adjusted.

The rule of adjustment, which is that of the recorded prices' own adjusted close: a price of before
an ex date is divided by the split's ratio, and by 1 + dividend / close(ex date). Prices are stated
as of the last day that is seen, so that its bar is the same in every adjustment; what a later day
will split or pay is not known yet. Volumes change with splits alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from hub.domain.kernel import money

# Factors are products of many ratios: kept far beyond what a price shows, rounded once at the end.
_FACTORS = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])
_ONE = Decimal(1)
_WEEK = timedelta(days=7)


class Timeframe(StrEnum):
    DAY = "1Day"
    WEEK = "1Week"
    MONTH = "1Month"


class Adjustment(StrEnum):
    RAW = "raw"
    SPLIT = "split"
    ALL = "all"


class DailyBar(NamedTuple):
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


class Split(NamedTuple):
    """From `ex_day` on there are `new` shares where there were `old`."""

    ex_day: date
    new: int
    old: int


class Dividend(NamedTuple):
    """`amount` a share, paid to who held it before `ex_day`, which closed at `close`."""

    ex_day: date
    amount: Decimal
    close: Decimal


class Bar(NamedTuple):
    """`start` is the first day of the period; `first` and `last` are its sessions so far."""

    start: date
    first: date
    last: date
    sessions: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


def period_start(day: date, timeframe: Timeframe) -> date:
    """The day itself, its Monday, or the first of its month."""
    if timeframe is Timeframe.WEEK:
        return day - timedelta(days=day.weekday())
    if timeframe is Timeframe.MONTH:
        return day.replace(day=1)
    return day


def period_end(day: date, timeframe: Timeframe) -> date:
    """The last day of the period that holds `day`."""
    start = period_start(day, timeframe)
    if timeframe is Timeframe.WEEK:
        return start + _WEEK - timedelta(days=1)
    if timeframe is Timeframe.MONTH:
        return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start


def adjusted(
    bars: Sequence[DailyBar], actions: Iterable[Split | Dividend], adjustment: Adjustment
) -> list[DailyBar]:
    """The bars, oldest first, in terms of the last day that is seen; `actions` are all up to it."""
    wanted = [each for each in actions if _counts(each, adjustment)]
    later = sorted(wanted, key=lambda each: each.ex_day)
    found: list[DailyBar] = []
    price, volume = _ONE, _ONE
    for bar in reversed(bars):
        while later and later[-1].ex_day > bar.day:
            action = later.pop()
            price = _FACTORS.multiply(price, _price_factor(action))
            if isinstance(action, Split):
                shares = _FACTORS.divide(Decimal(action.new), Decimal(action.old))
                volume = _FACTORS.multiply(volume, shares)
        found.append(_times(bar, price, volume))
    return found[::-1]


def aggregated(bars: Iterable[DailyBar], timeframe: Timeframe) -> Iterator[Bar]:
    """Oldest first, as the daily bars are. A period without a session has no bar."""
    for start, days in groupby(bars, key=lambda bar: period_start(bar.day, timeframe)):
        held = list(days)
        yield Bar(
            start=start,
            first=held[0].day,
            last=held[-1].day,
            sessions=len(held),
            open=held[0].open,
            high=max(each.high for each in held),
            low=min(each.low for each in held),
            close=held[-1].close,
            volume=sum(each.volume for each in held),
        )


def _counts(action: Split | Dividend, adjustment: Adjustment) -> bool:
    if adjustment is Adjustment.RAW:
        return False
    return adjustment is Adjustment.ALL or isinstance(action, Split)


def _price_factor(action: Split | Dividend) -> Decimal:
    if isinstance(action, Split):
        return _FACTORS.divide(Decimal(action.old), Decimal(action.new))
    return _FACTORS.divide(action.close, _FACTORS.add(action.close, action.amount))


def _times(bar: DailyBar, price: Decimal, volume: Decimal) -> DailyBar:
    if price == _ONE == volume:
        return bar
    whole = _FACTORS.multiply(Decimal(bar.volume), volume).to_integral_value(ROUND_HALF_EVEN)
    return DailyBar(
        day=bar.day,
        open=money(_FACTORS.multiply(bar.open, price)),
        high=money(_FACTORS.multiply(bar.high, price)),
        low=money(_FACTORS.multiply(bar.low, price)),
        close=money(_FACTORS.multiply(bar.close, price)),
        volume=int(whole),
    )
