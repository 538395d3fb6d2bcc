"""Writes data/us_stocks_actions.csv: the splits and cash dividends that the daily prices imply.

The prices come as traded, beside a close adjusted for everything that was paid or split later.
With f = adjusted / traded, f changes between two days only where the second is an ex date:
f(ex) / f(before) is the ratio of a split, or 1 + dividend / close(ex).
`python -m tools.build_actions`, when the prices are others.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent.parent / "data"
PRICES = DATA / "us_stocks_daily.csv.gz"
TARGET = DATA / "us_stocks_actions.csv"
COLUMNS = ("symbol", "ex_day", "kind", "new_shares", "old_shares", "amount")

_NOISE = Decimal("1e-9")
_CENT = Decimal("0.01")
# No dividend of these five came near: the largest is an eighth of the price.
_SMALLEST_SPLIT = Decimal("1.2")
_MOST_SHARES = 10


class Print(NamedTuple):
    day: str
    close: Decimal
    adjusted: Decimal

    @property
    def factor(self) -> Decimal:
        return self.adjusted / self.close


class Action(NamedTuple):
    symbol: str
    ex_day: str
    kind: str
    new_shares: int | None
    old_shares: int | None
    amount: Decimal | None


def prints() -> dict[str, list[Print]]:
    found: dict[str, list[Print]] = {}
    with gzip.open(PRICES, "rt", encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            day = Print(row["Date"], Decimal(row["Close"]), Decimal(row["Adj Close"]))
            found.setdefault(row["Ticker"], []).append(day)
    return found


def actions() -> Iterator[Action]:
    for symbol, days in prints().items():
        for before, ex in pairwise(days):
            step = ex.factor / before.factor
            if abs(step - 1) > _NOISE:
                yield _action(symbol, ex, step)


def _action(symbol: str, ex: Print, step: Decimal) -> Action:
    """Raises ValueError where a change is neither a split nor a dividend in whole cents."""
    if step >= _SMALLEST_SPLIT or step <= 1 / _SMALLEST_SPLIT:
        terms = Fraction(step).limit_denominator(_MOST_SHARES)
        if abs(step - Decimal(terms.numerator) / terms.denominator) > _NOISE:
            raise ValueError(f"{symbol} {ex.day}: {step} is no ratio of small numbers")
        return Action(symbol, ex.day, "split", terms.numerator, terms.denominator, None)
    amount = (step - 1) * ex.close
    cents = amount.quantize(_CENT)
    if cents <= 0 or abs(amount - cents) > _NOISE:
        raise ValueError(f"{symbol} {ex.day}: {amount} is no dividend in whole cents")
    return Action(symbol, ex.day, "dividend", None, None, cents)


def text() -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(actions())
    return out.getvalue()


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="ascii")
