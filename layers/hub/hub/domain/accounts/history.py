"""What became of the money: daily marks of accounts, and the figures that follow from them.

A day's return is what the value at its close is above the value at the close before, with what
came in or went out in between counted as if it had been there all day. The returns of the days
follow from one another, so that neither deposits nor withdrawals make a gain: the time-weighted
return.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Context, Decimal, DivisionByZero, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

_ZERO, _ONE = Decimal(0), Decimal(1)
_DAYS_OF_A_YEAR = Decimal(252)
_STEP = Decimal("0.00000001")
_CONTEXT = Context(prec=40, traps=[InvalidOperation, DivisionByZero])


class Timeframe(StrEnum):
    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"


class Mark(NamedTuple):
    """At the close of `day`: the value of all, and what had been deposited less what had been
    withdrawn until then."""

    day: date
    equity: Decimal
    deposited: Decimal


class Performance(NamedTuple):
    """As shares of one, to eight decimals; None where there are too few days to tell.

    `volatility` is the sample deviation of daily returns over a year of 252 days; `max_drawdown`
    the deepest fall below an earlier height, zero or negative.
    """

    time_weighted_return: Decimal
    volatility: Decimal | None
    max_drawdown: Decimal
    days: int


def together(accounts: Iterable[Sequence[Mark]]) -> list[Mark]:
    """Several accounts as one: on a day without a mark an account is what it was before."""
    accounts = [list(marks) for marks in accounts]
    days = sorted({mark.day for marks in accounts for mark in marks})
    places, latest = [0] * len(accounts), [Mark(date.min, _ZERO, _ZERO)] * len(accounts)
    combined = []
    for day in days:
        for account, marks in enumerate(accounts):
            while places[account] < len(marks) and marks[places[account]].day <= day:
                latest[account] = marks[places[account]]
                places[account] += 1
        equity = sum((mark.equity for mark in latest), _ZERO)
        combined.append(Mark(day, equity, sum((mark.deposited for mark in latest), _ZERO)))
    return combined


def daily_returns(marks: Sequence[Mark]) -> list[Decimal]:
    """Of each mark but the first, against the one before it."""
    return [_return(before, after) for before, after in pairwise(marks)]


def _return(before: Mark, after: Mark) -> Decimal:
    invested = before.equity + after.deposited - before.deposited
    # Where there was nothing, nothing was gained.
    return _CONTEXT.divide(after.equity, invested) - _ONE if invested > 0 else _ZERO


def performance(marks: Sequence[Mark]) -> Performance:
    """From the first mark on, which is where it begins."""
    returns = daily_returns(marks)
    height, deepest, index = _ONE, _ZERO, _ONE
    for each in returns:
        index = _CONTEXT.multiply(index, _ONE + each)
        height = max(height, index)
        deepest = min(deepest, _CONTEXT.divide(index, height) - _ONE)
    return Performance(
        _rounded(index - _ONE), _volatility(returns), _rounded(deepest), len(returns)
    )


def _volatility(returns: Sequence[Decimal]) -> Decimal | None:
    if len(returns) < 2:
        return None
    count = Decimal(len(returns))
    mean = _CONTEXT.divide(sum(returns, _ZERO), count)
    squares = sum((_CONTEXT.power(each - mean, 2) for each in returns), _ZERO)
    variance = _CONTEXT.divide(squares, count - 1)
    return _rounded(_CONTEXT.sqrt(_CONTEXT.multiply(variance, _DAYS_OF_A_YEAR)))


def _rounded(figure: Decimal) -> Decimal:
    return figure.quantize(_STEP, context=_CONTEXT) + _ZERO


def last_of_each(marks: Iterable[Mark], timeframe: Timeframe) -> list[Mark]:
    """The last mark of each day, week (of the calendar) or month."""
    last = {_period(mark.day, timeframe): mark for mark in marks}
    return list(last.values())


def _period(day: date, timeframe: Timeframe) -> tuple[int, ...]:
    match timeframe:
        case Timeframe.DAY:
            return (day.toordinal(),)
        case Timeframe.WEEK:
            return day.isocalendar()[:2]
        case Timeframe.MONTH:
            return day.year, day.month
